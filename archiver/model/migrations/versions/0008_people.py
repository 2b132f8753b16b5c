"""People, what they sign in with, and what the open archive shows."""

import sqlalchemy as sa
from alembic import op

from archiver.model.tables import Json, Utc
from archiver.model.tables_people import APPEND_ONLY_PEOPLE, NEVER_DELETED_PEOPLE
from archiver.model.triggers import guards

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", _ID, nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("departments", Json, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("totp", sa.Text(), nullable=False),
        sa.Column("totp_used", sa.BigInteger(), nullable=False),
        sa.Column("invitation", sa.String(length=64), nullable=False),
        sa.Column("invitation_ends", Utc()),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", Utc()),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("last_seen", Utc()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("login", name=op.f("uq_people_login")),
        sa.UniqueConstraint("name_key", name=op.f("uq_people_name_key")),
    )
    _create_keys()
    _create_portal()
    dialect = op.get_bind().dialect.name
    for statement in guards(dialect, APPEND_ONLY_PEOPLE, NEVER_DELETED_PEOPLE):
        op.execute(sa.text(statement.replace(":", r"\:")))


def _person(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_person_id")
    return (
        sa.Column("person_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=name),
    )


def _create_keys() -> None:
    op.create_table(
        "identities",
        sa.Column("id", _ID, nullable=False),
        *_person("identities"),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
    )
    op.create_index(
        op.f("ix_identities_issuer_subject"), "identities", ["issuer", "subject"], unique=True
    )
    op.create_table(
        "passkeys",
        sa.Column("id", _ID, nullable=False),
        *_person("passkeys"),
        sa.Column("credential", sa.String(length=400), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        *_person("sessions"),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("begun_at", Utc(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token", name=op.f("uq_sessions_token")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", _ID, nullable=False),
        *_person("api_tokens"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.Column("used_at", Utc()),
        sa.Column("revoked_at", Utc()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token", name=op.f("uq_api_tokens_token")),
    )
    for table in ("identities", "passkeys", "sessions", "api_tokens"):
        op.create_index(op.f(f"ix_{table}_person_id"), table, ["person_id"])


def _create_portal() -> None:
    op.create_table(
        "portal_choices",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID),
        sa.Column("record_id", _ID),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_portal_choices_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_portal_choices_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_choices")),
    )
    for column in ("account_id", "record_id"):
        op.create_index(op.f(f"ix_portal_choices_{column}"), "portal_choices", [column])
