"""The one door through which archived content leaves the database, cut into its triggers.

A row may be blanked only while its record is an item in state "going" of a batch that is
executing, and on no open hold; digests, leaves, times and identities never change. An exchange
may be moved only from a segment to the one that replaces it in such a batch. A payload goes
only when no version names it and its exchange has lost its bytes. Batches take legal steps
only, and none is executed that nobody but its proposer approved.

What this cannot keep: an administrator who writes a whole false batch, approvals and all, into
the tables. The ledger then has no line that announces it, and `archiver verify` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Table

from archiver.model import tables
from archiver.model.tables_disposition import replacements
from archiver.model.tables_retention import batch_items, batches
from archiver.model.triggers import guards

_BLANKED = {
    "versions": ("language", "title", "words", "canonical", "native", "salt"),
    "findings": ("statement",),
}
_MEDIA_BLANKED = ("key", "url", "alt_text", "token", "etag")
_MOVED = (
    "segment", "url", "request_id", "request_offset", "request_length", "response_id",
    "response_offset", "response_length", "block_sha256", "payload_sha256",
)  # fmt: skip
_LEGAL = {
    "proposed": ("reviewed", "withdrawn"),
    "reviewed": ("approved", "withdrawn"),
    "approved": ("executing", "withdrawn"),
    "executing": ("executed",),
    "executed": ("certified",),
}
_EXECUTING = "EXISTS (SELECT 1 FROM batches b WHERE b.id = {id} AND b.state = 'executing')"


def statements(dialect: str) -> list[str]:
    """The DDL, for "sqlite" or "postgresql"."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    made = _dropped(dialect)
    made += guards(dialect, (replacements,), ())
    for name, verb, wrong in _rules(differs):
        made += _trigger(dialect, name, verb, wrong)
    return made


def renewed(dialect: str, table: str, verb: str) -> list[str]:
    """The DDL that puts one of these triggers anew, after its table got another column."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    trigger = f"{table}_disposed_{verb.lower()}"
    dropped = [f"DROP TRIGGER {trigger}"]
    if dialect != "sqlite":
        dropped = [f"DROP TRIGGER {trigger} ON {table}", f"DROP FUNCTION archiver_{trigger}()"]
    made = [_trigger(dialect, *rule) for rule in _rules(differs) if rule[:2] == (table, verb)]
    return dropped + [statement for each in made for statement in each]


def _dropped(dialect: str) -> list[str]:
    """The triggers of the first tables that refused without exception."""
    old = [(f"{name}_no_update", name) for name in ("versions", "findings", "exchanges", "runs")]
    old += [("media_no_delete", "media"), ("version_media_once", "version_media")]
    if dialect == "sqlite":
        return [f"DROP TRIGGER {trigger}" for trigger, _ in old]
    return [f"DROP TRIGGER {trigger} ON {table}" for trigger, table in old]


def _rules(differs: str) -> Iterable[tuple[str, str, str]]:
    """Table, verb, and when it is refused."""
    for name, blanked in _BLANKED.items():
        table = tables.metadata.tables[name]
        wrong = [f"NOT ({going('OLD.record_id')})", _other(table, blanked, differs)]
        yield name, "UPDATE", _any([*wrong, *(f"NEW.{column} <> ''" for column in blanked)])
    yield "version_media", "UPDATE", _media_rule(differs)
    yield "exchanges", "UPDATE", _exchange_rule(differs)
    yield "runs", "UPDATE", _run_rule(differs)
    yield (
        "media",
        "DELETE",
        (
            "EXISTS (SELECT 1 FROM version_media v WHERE v.sha256 = OLD.sha256) OR NOT EXISTS "
            "(SELECT 1 FROM exchanges e JOIN replacements p ON p.successor = e.segment "
            "JOIN batches b ON b.id = p.batch_id WHERE e.id = OLD.exchange_id "
            "AND e.response_id IS NULL AND b.state = 'executing')"
        ),
    )
    yield "replacements", "INSERT", "NOT (" + _EXECUTING.format(id="NEW.batch_id") + ")"
    yield "batches", "INSERT", "NEW.state <> 'proposed'"
    yield "batches", "UPDATE", _batch_rule(differs)
    yield (
        "batch_items",
        "INSERT",
        (
            "NEW.state <> 'proposed' OR NOT EXISTS "
            "(SELECT 1 FROM batches b WHERE b.id = NEW.batch_id AND b.state = 'proposed')"
        ),
    )
    yield "batch_items", "UPDATE", _item_rule(differs)


def going(record_id: str) -> str:
    """SQL: is this record being destroyed by a batch, and on no open hold?"""
    return (  # made of column names of this module
        "EXISTS (SELECT 1 FROM batch_items i JOIN batches b ON b.id = i.batch_id "  # noqa: S608
        f"WHERE i.record_id = {record_id} AND i.state = 'going' AND b.state = 'executing') "
        "AND NOT EXISTS (SELECT 1 FROM hold_matches m JOIN holds h ON h.id = m.hold_id "
        f"WHERE m.record_id = {record_id} AND h.released_on IS NULL)"
    )


def _other(table: Table, but: Iterable[str], differs: str) -> str:
    """Does anything change apart from these columns?"""
    kept = [column.name for column in table.columns if column.name not in set(but)]
    return _any(f"NEW.{name} {differs} OLD.{name}" for name in kept)


def _any(clauses: Iterable[str]) -> str:
    return " OR ".join(clauses)


def _media_rule(differs: str) -> str:
    """Filled in once, when the bytes came later; or blanked with its record."""
    fixed = ("version_id", "position", "key", "kind", "alt_text")
    filled = f"OLD.sha256 IS NULL AND NOT ({_any(f'NEW.{n} {differs} OLD.{n}' for n in fixed)})"
    record = "(SELECT v.record_id FROM versions v WHERE v.id = OLD.version_id)"
    same = _other(tables.version_media, (*_MEDIA_BLANKED, "sha256"), differs)
    empty = " AND ".join(f"NEW.{name} = ''" for name in _MEDIA_BLANKED)
    blanked = f"{going(record)} AND NOT ({same}) AND {empty} AND NEW.sha256 IS NULL"
    return f"NOT (({filled}) OR ({blanked}))"


def _exchange_rule(differs: str) -> str:
    """Moved to the segment that replaces its own; its address goes with its last record."""
    replaced = (
        "EXISTS (SELECT 1 FROM replacements p JOIN batches b ON b.id = p.batch_id "
        "WHERE p.segment = OLD.segment AND p.successor = NEW.segment AND b.state = 'executing')"
    )
    return _any(
        [
            f"NOT {replaced}",
            _other(tables.exchanges, _MOVED, differs),
            "(NEW.url <> OLD.url AND NOT (NEW.url = '' AND NEW.request_id IS NULL "
            "AND NEW.response_id IS NULL))",
        ]
    )


def _run_rule(differs: str) -> str:
    """Only the log of addresses, while a record of the account goes."""
    busy = (
        "EXISTS (SELECT 1 FROM batch_items i JOIN batches b ON b.id = i.batch_id "
        "JOIN records r ON r.id = i.record_id WHERE r.account_id = OLD.account_id "
        "AND i.state = 'going' AND b.state = 'executing')"
    )
    return _any([f"NOT {busy}", _other(tables.runs, ("exchanges",), differs)])


def _batch_rule(differs: str) -> str:
    changes = ("state", "override", "certificate_sha256")
    legal = _any(_steps(_LEGAL))
    second = (
        "EXISTS (SELECT 1 FROM batch_events e WHERE e.batch_id = OLD.id AND e.action = 'approved' "
        "AND lower(trim(e.actor)) <> lower(trim(OLD.proposed_by)))"
    )
    return _any(
        [
            _other(batches, changes, differs),
            f"(NEW.state <> OLD.state AND NOT ({legal}))",
            f"(NEW.state = 'executing' AND NOT {second})",
            "(OLD.certificate_sha256 IS NOT NULL "
            f"AND NEW.certificate_sha256 {differs} OLD.certificate_sha256)",
        ]
    )


def _steps(legal: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for before, after in legal.items():
        listed = ", ".join(f"'{each}'" for each in after)
        yield f"(OLD.state = '{before}' AND NEW.state IN ({listed}))"


def _item_rule(differs: str) -> str:
    executing = _EXECUTING.format(id="OLD.batch_id")
    buried = "EXISTS (SELECT 1 FROM tombstones t WHERE t.record_id = OLD.record_id)"
    legal = _any(
        [
            "(OLD.state = 'proposed' AND NEW.state IN ('excluded', 'held'))",
            f"(OLD.state = 'proposed' AND NEW.state = 'going' AND {executing})",
            "(OLD.state = 'going' AND NEW.state IN ('excluded', 'held'))",
            f"(OLD.state = 'going' AND NEW.state = 'done' AND {executing} AND {buried})",
        ]
    )
    return _any([_other(batch_items, ("state", "reason"), differs), f"NOT ({legal})"])


def _trigger(dialect: str, table: str, verb: str, wrong: str) -> list[str]:
    name = f"{table}_disposed_{verb.lower()}"
    said = f"{table} is evidence: {verb} is refused by the database"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        ]
    back = "OLD" if verb == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION archiver_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {wrong} THEN RAISE EXCEPTION '{said}'; END IF; RETURN {back}; END $$",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION archiver_{name}()",
    ]
