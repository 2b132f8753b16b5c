"""The fields of a question as conditions on `s`, a row of `search_rows`.

Values travel as parameters; only numbers that we looked up ourselves stand in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from archiver.errors import UsageError
from archiver.model.queries.search_text import Params
from archiver.model.search_query import Dates, Departments, Field, Name, Which
from connectors.base import Kind

FEW = 2_000  # records that are looked up first, so that nothing is walked for them
_IS = {
    # No EXISTS: PostgreSQL would take it for a join, and for one that leaves hardly any row.
    "current": "(SELECT r.version_id FROM records r WHERE r.id = s.record_id) = s.version_id",
    "superseded": "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id "
    "AND r.version_id <> s.version_id)",
    "edited": "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id AND r.versions > 1)",
    "deleted": "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id AND r.presence = 'gone')",
    "vanished": "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id "
    "AND r.presence NOT IN ('present', 'destroyed'))",
    "hidden": "(EXISTS (SELECT 1 FROM versions v WHERE v.id = s.version_id "
    "AND v.visibility <> 'public') OR EXISTS (SELECT 1 FROM records r "
    "WHERE r.id = s.record_id AND r.presence IN ('hidden', 'withheld')))",
    "public": "EXISTS (SELECT 1 FROM versions v WHERE v.id = s.version_id "
    "AND v.visibility = 'public')",
    "present": "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id "
    "AND r.presence = 'present')",
    "held": "EXISTS (SELECT 1 FROM hold_matches m JOIN holds h ON h.id = m.hold_id "
    "WHERE m.record_id = s.record_id AND h.released_on IS NULL)",
    "reply": "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id AND r.parent_id <> '')",
}
_MEDIA = "EXISTS (SELECT 1 FROM version_media m WHERE m.version_id = s.version_id{kinds})"
_HAS = {
    "media": _MEDIA.format(kinds=""),
    "picture": _MEDIA.format(kinds=" AND m.kind IN ('image', 'photo', 'picture')"),
    "video": _MEDIA.format(kinds=" AND m.kind IN ('video', 'animated_gif')"),
    "link": "s.marks LIKE '%xqu%'",
    "hashtag": "s.marks LIKE '%xqh%'",
    "text-in-picture": "EXISTS (SELECT 1 FROM version_media m JOIN media_texts t "
    "ON t.sha256 = m.sha256 WHERE m.version_id = s.version_id AND t.source = 'ocr' "
    "AND t.text <> '')",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def condition(connection: Connection, node: Field, params: Params) -> str:
    """Raises: UsageError when it names an account, hold or request that does not exist."""
    return _MADE[node.name](connection, node, params)


def few_records(connection: Connection, node: Field) -> list[int] | None:
    """The records of a field that may well reach only a few; None: it reaches many."""
    params = Params()
    if node.name is Name.FROM:
        by_handle, by_name = (
            _author_is(connection, column, node, params) for column in ("handle", "name")
        )
        query = f"SELECT id FROM records r WHERE {by_handle} UNION SELECT id FROM records r WHERE {by_name}"  # noqa: E501, S608 - our own names
    elif node.name is Name.HOLD:
        query = f"SELECT record_id FROM hold_matches WHERE hold_id = {_hold(connection, node)}"  # noqa: S608
    elif node.name is Name.TAG:
        query = f"SELECT record_id FROM tags t WHERE {_is_or_begins('t.tag', node, params)} AND attached"  # noqa: S608, E501
    else:
        return None
    limited = text(f"SELECT * FROM ({query}) q LIMIT {FEW + 1}").bindparams(*params.made)  # noqa: S608
    found = list(connection.execute(limited).scalars())
    return found if len(found) <= FEW else None


def within(column: str, node: Dates, zone: ZoneInfo) -> str:
    """Is a date, on the scale of version ids, in the range?"""
    low = _begin(node.first, zone)
    high = _begin(node.last + timedelta(days=1), zone) if node.last else None
    first = 0 if low is None else max(0, _scaled(low))
    clause = f"{column} >= {first}"
    return clause if high is None else f"{clause} AND {column} < {_scaled(high)}"


def _scaled(moment: datetime) -> int:
    return ((moment - _EPOCH) // timedelta(milliseconds=1)) << 20


def dates(node: Dates, params: Params, zone: ZoneInfo) -> str:
    """A range of days, agency-local, both included."""
    low = _begin(node.first, zone)
    high = _begin(node.last + timedelta(days=1), zone) if node.last else None
    if node.which is Which.PUBLISHED:
        ids = within("s.version_id", node, zone)
        return f"((s.published IS NULL AND {ids}) OR {within('s.published', node, zone)})"
    if node.which is Which.VANISHED:
        moment = _between("coalesce(d.not_after, d.at)", low, high, params)
        return (  # what was found in the record itself is no disappearance
            "EXISTS (SELECT 1 FROM findings d WHERE d.record_id = s.record_id "  # noqa: S608
            f"AND d.stage IN ('confirmed', 'stated') AND d.presence <> 'present' AND {moment})"
        )
    column = "v.captured_at"
    if node.which is Which.EDITED:
        column = "coalesce(v.edited_at, CASE WHEN v.number > 1 THEN v.not_after END)"
    moment = _between(column, low, high, params)
    return f"EXISTS (SELECT 1 FROM versions v WHERE v.id = s.version_id AND {moment})"  # noqa: S608


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone).astimezone(UTC) if day else None


def _between(column: str, low: datetime | None, high: datetime | None, params: Params) -> str:
    clauses = [f"{column} IS NOT NULL"]
    if low is not None:
        clauses.append(f"{column} >= {params.add(low)}")
    if high is not None:
        clauses.append(f"{column} < {params.add(high)}")
    return " AND ".join(clauses)


def _wrong(node: Field, said: str) -> UsageError:
    return UsageError(f"column {node.column} of the question: {said}")


def _accounts(connection: Connection, node: Field, _: Params) -> str:
    column = {Name.ACCOUNT: "slug", Name.PLATFORM: "platform", Name.DEPARTMENT: "department"}
    rows = connection.execute(text(f"SELECT id, {column[node.name]} FROM accounts")).all()  # noqa: S608
    wanted = node.value.casefold()
    found = [
        row[0]
        for row in rows
        if row[1].casefold() == wanted or (node.prefix and row[1].casefold().startswith(wanted))
    ]
    if not found:
        raise _wrong(
            node,
            f'there is no {node.name} "{node.value}" among the accounts; there are '
            f"{_listed([row[1] for row in rows])}",
        )
    return f"s.account_id IN ({', '.join(str(each) for each in found)})"


def departments(connection: Connection, node: Departments) -> str:
    """Of accounts of these departments; where there are none, nothing."""
    rows = connection.execute(text("SELECT id, department FROM accounts")).all()
    own = ", ".join(str(row.id) for row in rows if row.department in node.names)
    return f"s.account_id IN ({own or 'NULL'})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted({n for n in names if n})) or "none yet"


def _kind(_: Connection, node: Field, params: Params) -> str:
    known = [each.value for each in Kind]
    if node.value not in known:
        raise _wrong(node, f'kind: knows {", ".join(known)}, not "{node.value}"')
    return f"s.kind = {params.add(node.value)}"


def _author(connection: Connection, node: Field, params: Params) -> str:
    by_handle, by_name = (
        _author_is(connection, column, node, params) for column in ("handle", "name")
    )
    return (
        "EXISTS (SELECT 1 FROM records r WHERE r.id = s.record_id "  # noqa: S608
        f"AND ({by_handle} OR {by_name}))"
    )


def _author_is(connection: Connection, column: str, node: Field, params: Params) -> str:
    own = f"lower(r.author_{column})"
    value = params.add(node.value)
    if not node.prefix:
        return f"{own} = lower({value})"
    if connection.dialect.name != "sqlite":  # whose order is that of some language
        return f"starts_with({own}, lower({value}))"
    return f"({own} >= lower({value}) AND {own} < lower({value}) || '\U0010ffff')"


def _is_or_begins(column: str, node: Field, params: Params) -> str:
    """Is a column what was asked for, or does it begin so? No character is a wildcard."""
    value = params.add(node.value)
    return (
        f"substr({column}, 1, length({value})) = {value}" if node.prefix else f"{column} = {value}"
    )


def _series(_: Connection, node: Field, params: Params) -> str:
    """By its whole id, or by what follows a slash in it."""
    value = params.add(("" if node.prefix else "%/") + _literal(node.value.lower()))
    more = params.add(("%/" if node.prefix else "") + _literal(node.value.lower()))
    star = " || '%'" if node.prefix else ""
    same = [f"lower(t.series) LIKE {each}{star} ESCAPE '!'" for each in (value, more)]
    return (
        "EXISTS (SELECT 1 FROM standings t WHERE t.record_id = s.record_id "  # noqa: S608
        f"AND ({' OR '.join(same)}))"
    )


def _literal(value: str) -> str:
    """As LIKE ... ESCAPE '!' understands it."""
    return re.sub(r"([!%_])", r"!\1", value)


def _hold(connection: Connection, node: Field) -> int:
    query = text("SELECT id FROM holds WHERE name = :name OR CAST(id AS TEXT) = :name")
    found = connection.execute(query, {"name": node.value}).scalar()
    if found is None:
        names = connection.execute(text("SELECT name FROM holds")).scalars().all()
        raise _wrong(node, f'there is no hold "{node.value}"; there are {_listed(names)}')
    return int(found)


def _on_hold(connection: Connection, node: Field, _: Params) -> str:
    return (
        "EXISTS (SELECT 1 FROM hold_matches m "  # noqa: S608
        f"WHERE m.hold_id = {_hold(connection, node)} AND m.record_id = s.record_id)"
    )


def _in_request(connection: Connection, node: Field, _: Params) -> str:
    query = text("SELECT id FROM requests WHERE number = :number")
    found = connection.execute(query, {"number": node.value}).scalar()
    if found is None:
        raise _wrong(node, f'there is no request "{node.value}": write its number, as 2026-0001')
    return (
        "EXISTS (SELECT 1 FROM result_sets t JOIN result_items i ON i.set_id = t.id "  # noqa: S608
        f"WHERE t.request_id = {int(found)} AND i.version_id = s.version_id)"
    )


def _tagged(_: Connection, node: Field, params: Params) -> str:
    return (
        "EXISTS (SELECT 1 FROM tags t WHERE t.record_id = s.record_id AND t.attached "  # noqa: S608
        f"AND {_is_or_begins('t.tag', node, params)} AND NOT EXISTS (SELECT 1 FROM tags n "
        "WHERE n.record_id = t.record_id AND n.tag = t.tag AND n.id > t.id))"
    )


def _language(_: Connection, node: Field, params: Params) -> str:
    """`es` is also es-MX, however a platform writes that: "es_MX", "es-mx"."""
    own = "replace(lower(v.language), '_', '-')"
    wanted = node.value.replace("_", "-")
    value, wider = (params.add(each) for each in (wanted, _literal(wanted)))
    star = "%" if node.prefix else "-%"
    return (
        "EXISTS (SELECT 1 FROM versions v WHERE v.id = s.version_id "  # noqa: S608
        f"AND ({own} = {value} OR {own} LIKE {wider} || '{star}' ESCAPE '!'))"
    )


_MADE: dict[Name, Callable[[Connection, Field, Params], str]] = {
    Name.FROM: _author,
    Name.ACCOUNT: _accounts,
    Name.PLATFORM: _accounts,
    Name.DEPARTMENT: _accounts,
    Name.KIND: _kind,
    Name.HAS: lambda _, node, __: _HAS[node.value.lower()],
    Name.IS: lambda _, node, __: _IS[node.value.lower()],
    Name.SERIES: _series,
    Name.HOLD: _on_hold,
    Name.REQUEST: _in_request,
    Name.TAG: _tagged,
    Name.LANGUAGE: _language,
}
