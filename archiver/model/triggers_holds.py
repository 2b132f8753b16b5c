"""What the database itself keeps of holds, also against an administrator with a SQL shell.

A hold can be changed in one way only: released, once, after the event that says so was
written down. What it has matched can be neither changed nor removed. An account of which an
open hold has matched a record cannot be closed.
"""

from __future__ import annotations

from archiver.model.tables_retention import hold_matches, holds
from archiver.model.triggers import guards

_RELEASE = ("tail_days", "released_on", "released_by")
_FROZEN = tuple(c.name for c in holds.columns if c.name not in _RELEASE)
_SAID = "EXISTS (SELECT 1 FROM hold_events WHERE hold_id = OLD.id AND action = 'released')"
_HELD = """EXISTS (SELECT 1 FROM hold_matches JOIN holds ON holds.id = hold_matches.hold_id
    JOIN records ON records.id = hold_matches.record_id
    WHERE holds.released_on IS NULL AND records.account_id = OLD.id)"""
_CLOSES = "NEW.state = 'closed' AND OLD.state <> 'closed'"
_ONLY_RELEASED = "holds is evidence: UPDATE is refused by the database, but for one release"
_IS_HELD = "accounts: a hold is open on it, closing is refused by the database"


def statements(dialect: str) -> list[str]:
    """The DDL, for "sqlite" or "postgresql"."""
    made = guards(dialect, (hold_matches,), ())
    return [*made, *(_sqlite() if dialect == "sqlite" else _postgresql())]


def _wrong(differs: str) -> str:
    """What makes an UPDATE of a hold anything but its one release."""
    changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in _FROZEN)
    return (
        "OLD.released_on IS NOT NULL OR NEW.released_on IS NULL OR NEW.released_by IS NULL "
        f"OR NEW.tail_days < 0 OR {changed} OR NOT {_SAID}"
    )


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER holds_only_release BEFORE UPDATE ON holds WHEN {_wrong('IS NOT')} "
        f"BEGIN SELECT RAISE(ABORT, '{_ONLY_RELEASED}'); END",
        f"CREATE TRIGGER accounts_held BEFORE UPDATE ON accounts WHEN {_CLOSES} AND {_HELD} "
        f"BEGIN SELECT RAISE(ABORT, '{_IS_HELD}'); END",
    ]


def _postgresql() -> list[str]:
    return [
        "CREATE FUNCTION archiver_hold_release() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_wrong('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{_ONLY_RELEASED}'; END IF; "
        "RETURN NEW; END $$",
        "CREATE TRIGGER holds_only_release BEFORE UPDATE ON holds "
        "FOR EACH ROW EXECUTE FUNCTION archiver_hold_release()",
        "CREATE FUNCTION archiver_account_held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_CLOSES} AND {_HELD} THEN RAISE EXCEPTION '{_IS_HELD}'; END IF; "
        "RETURN NEW; END $$",
        "CREATE TRIGGER accounts_held BEFORE UPDATE ON accounts "
        "FOR EACH ROW EXECUTE FUNCTION archiver_account_held()",
    ]
