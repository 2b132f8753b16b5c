"""The tables of people and what they sign in with, and of what is published.

Append-only (triggers refuse UPDATE and DELETE): portal_choices. Never deleted: people. No
password, token or code is kept: only what it is checked against. The secret of a second factor
is kept encrypted, with a key that is not in the database.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text

from archiver.model.tables import Id, Json, Utc, metadata

# Who may use the web page. The name is what every act and the ledger are signed with: it is
# nobody else's, and it never changes.
people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("login", String(200), nullable=False, unique=True),  # lower case
    Column("name", String(200), nullable=False),
    Column("name_key", String(200), nullable=False, unique=True),  # folded: case makes no other
    Column("roles", Json, nullable=False),  # desk.access.Role
    Column("departments", Json, nullable=False),  # empty: all
    Column("state", String(20), nullable=False),  # invited, active, disabled
    Column("password", Text, nullable=False),  # argon2; empty: signs in another way
    Column("totp", Text, nullable=False),  # encrypted; empty: no second factor by codes
    Column("totp_used", BigInteger, nullable=False),  # the last step of time that was used
    Column("invitation", String(64), nullable=False),  # SHA-256 of a one-time code; or empty
    Column("invitation_ends", Utc),
    Column("failures", BigInteger, nullable=False),  # in a row
    Column("locked_until", Utc),
    Column("language", String(10), nullable=False),  # of the page; empty: the browser's
    Column("created_by", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("last_seen", Utc),
)

# Whom the agency's own sign-in (OpenID Connect) names.
identities = Table(
    "identities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("at", Utc, nullable=False),
    Index(None, "issuer", "subject", unique=True),
)

# Passkeys (WebAuthn).
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("credential", String(400), nullable=False, unique=True),  # base64url
    Column("public_key", Text, nullable=False),  # base64url
    Column("uses", BigInteger, nullable=False),  # the authenticator's own counter
    Column("label", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

# Who is signed in, from when to when. Ended ones are removed.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", String(64), nullable=False, unique=True),  # SHA-256 of the cookie
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("how", String(20), nullable=False),  # password, passkey, oidc
    Column("complete", Boolean, nullable=False),  # False: the second factor is still asked for
    Column("challenge", Text, nullable=False),  # of a passkey or OIDC that is under way
    Column("begun_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
)

# Tokens for programs, with what they may do.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("token", String(64), nullable=False, unique=True),  # SHA-256
    Column("scopes", Json, nullable=False),  # desk.access.Permission
    Column("made_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("used_at", Utc),
    Column("revoked_at", Utc),
)

# What the open archive shows: a whole account, or not; a single record left out again, or let
# in again. The newest row of an account, or of a record, counts.
portal_choices = Table(
    "portal_choices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), index=True),
    Column("record_id", ForeignKey("records.id"), index=True),
    Column("shown", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

APPEND_ONLY_PEOPLE = (portal_choices,)
NEVER_DELETED_PEOPLE = (people,)
