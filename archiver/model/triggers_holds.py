"""What the database itself keeps of holds, also against an administrator with a SQL shell.

A hold can be changed in one way only: released, once, after the event that says so was
written down. What it has matched can be neither changed nor removed. While a hold is open, an
account of which it has matched a record cannot be closed, and a deletion of such a record on
its platform cannot be cleared: the last fence, behind the decision and the transaction. The
tail of a released hold is theirs to keep; the database asks no clock. What destruction may
touch is in `triggers_disposition`.
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
_RECORD_HELD = """EXISTS (SELECT 1 FROM hold_matches JOIN holds ON holds.id = hold_matches.hold_id
    WHERE holds.released_on IS NULL AND hold_matches.record_id = NEW.record_id)"""
_CLOSES = "NEW.state = 'closed' AND OLD.state <> 'closed'"
_CLEARS = "NEW.removal = 'delete' AND NEW.step = 'cleared'"
_RECORD_STAYS = "a hold is open on the record, its removal is refused by the database"
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
        f"CREATE TRIGGER {name} BEFORE {act} ON {table} WHEN {wrong} "
        f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        for name, act, table, wrong, refusal in _fences("IS NOT")
    ]


def _postgresql() -> list[str]:
    made = []
    for name, act, table, wrong, refusal in _fences("IS DISTINCT FROM"):
        made.append(
            f"CREATE FUNCTION archiver_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {wrong} THEN RAISE EXCEPTION '{refusal}'; END IF; RETURN NEW; END $$"
        )
        made.append(
            f"CREATE TRIGGER {name} BEFORE {act} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION archiver_{name}()"
        )
    return made


def _fences(differs: str) -> list[tuple[str, str, str, str, str]]:
    """Name, act, table, when it is refused, and in what words."""
    return [
        ("holds_only_release", "UPDATE", "holds", _wrong(differs), _ONLY_RELEASED),
        ("accounts_held", "UPDATE", "accounts", f"{_CLOSES} AND {_HELD}", _IS_HELD),
        ("removals_held", "INSERT", "removals", f"{_CLEARS} AND {_RECORD_HELD}", _RECORD_STAYS),
    ]
