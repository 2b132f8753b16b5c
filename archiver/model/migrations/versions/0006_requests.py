"""Requests, review, productions, checkpoints; and a salt in every leaf of the Merkle trees."""

import sqlalchemy as sa
from alembic import op

from archiver.model.tables import Json, Utc
from archiver.model.tables_requests import APPEND_ONLY_REQUESTS, NEVER_DELETED_REQUESTS
from archiver.model.triggers import guards
from archiver.model.triggers_disposition import renewed

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    salt = sa.Column("salt", sa.String(length=32), nullable=False, server_default="")
    op.add_column("versions", salt)
    _create_tables()
    dialect = op.get_bind().dialect.name
    made = guards(dialect, APPEND_ONLY_REQUESTS, NEVER_DELETED_REQUESTS)
    for statement in [*renewed(dialect, "versions", "UPDATE"), *made]:
        op.execute(sa.text(statement.replace(":", r"\:")))


def _create_tables() -> None:
    op.create_table(
        "requests",
        sa.Column("id", _ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("received_on", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("routed_to", sa.Text(), nullable=False),
        sa.Column("hold_id", _ID),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_requests_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_requests_number")),
    )
    op.create_table(
        "request_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_request_events_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_events")),
    )
    op.create_index(op.f("ix_request_events_request_id"), "request_events", ["request_id"])
    op.create_table(
        "result_sets",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_result_sets_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_sets")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_result_sets_request_id_number")),
    )
    op.create_table(
        "result_items",
        sa.Column("set_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record_id", _ID, nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["result_sets.id"], name=op.f("fk_result_items_set_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_result_items_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_result_items_version_id")
        ),
        sa.PrimaryKeyConstraint("set_id", "position", name=op.f("pk_result_items")),
        sa.UniqueConstraint("set_id", "version_id", name=op.f("uq_result_items_set_id_version_id")),
    )
    op.create_index(op.f("ix_result_items_record_id"), "result_items", ["record_id"])
    op.create_table(
        "review_decisions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("marks", Json, nullable=False),
        sa.Column("bulk", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_review_decisions_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_review_decisions_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decisions")),
    )
    op.create_index(
        op.f("ix_review_decisions_request_id_version_id_id"),
        "review_decisions",
        ["request_id", "version_id", "id"],
    )
    op.create_table(
        "review_checks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["review_decisions.id"], name=op.f("fk_review_checks_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_checks")),
    )
    op.create_index(op.f("ix_review_checks_decision_id"), "review_checks", ["decision_id"])
    op.create_table(
        "productions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("set_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc()),
        sa.Column("manifest_sha256", sa.String(length=64)),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_productions_request_id")
        ),
        sa.ForeignKeyConstraint(["set_id"], ["result_sets.id"], name=op.f("fk_productions_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_productions")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_productions_request_id_number")),
    )
    op.create_index(op.f("ix_productions_prefix_last"), "productions", ["prefix", "last"])
    op.create_table(
        "production_items",
        sa.Column("production_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("bates", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["production_id"], ["productions.id"], name=op.f("fk_production_items_production_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_production_items_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["review_decisions.id"], name=op.f("fk_production_items_decision_id")
        ),
        sa.PrimaryKeyConstraint("production_id", "position", name=op.f("pk_production_items")),
    )
    op.create_index(op.f("ix_production_items_version_id"), "production_items", ["version_id"])
    op.create_table(
        "saved_searches",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index(op.f("ix_saved_searches_name"), "saved_searches", ["name"])
    op.create_table(
        "media_texts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_media_texts_sha256")),
        sa.PrimaryKeyConstraint("sha256", "source", name=op.f("pk_media_texts")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("id", _ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoints")),
        sa.UniqueConstraint("seq", name=op.f("uq_checkpoints_seq")),
    )
    op.create_table(
        "checkpoint_tokens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("checkpoint_id", _ID, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("stamped_at", Utc(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"], ["checkpoints.id"], name=op.f("fk_checkpoint_tokens_checkpoint_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_tokens")),
    )
    op.create_index(
        op.f("ix_checkpoint_tokens_checkpoint_id"), "checkpoint_tokens", ["checkpoint_id"]
    )


def downgrade() -> None:
    raise NotImplementedError("evidence is not migrated backwards; restore a backup instead")
