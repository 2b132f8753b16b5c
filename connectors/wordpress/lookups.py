"""Asks a site about single things by id: still there, hidden, in the trash, or gone.

How WordPress answers, and what is concluded:

| answer                                            | finding                                  |
|---------------------------------------------------|------------------------------------------|
| status publish, approved                          | present                                  |
| status private, draft, pending, future; hold, spam | hidden                                  |
| status trash (signed in only)                     | gone, by the agency's own deletion       |
| 401 rest_forbidden, rest_cannot_read, signed out  | hidden: it exists, but is not public; it |
|                                                   | may be in the trash                      |
| 403 with such a code, signed in                   | unreachable: this user may not read it   |
| 404 rest_post_invalid_id, rest_comment_invalid_id | gone, nobody says by whom                |

A login wall or firewall answers with other codes or none; that raises and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import requests

from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.recorded_http import exchange_of
from connectors.wordpress.items import COMMENT_STATES, POST_STATES
from connectors.wordpress.refusals import error_of, refusal_of
from connectors.wordpress.shapes import mapping, number, rows, text
from connectors.wordpress.site import Site, read
from connectors.wordpress.sources import Source

NOT_THERE = frozenset({"rest_post_invalid_id", "rest_comment_invalid_id"})
NOT_SHOWN = frozenset({"rest_forbidden", "rest_cannot_read", "rest_cannot_read_post"})
IN_VIEW = frozenset({"publish", "inherit", "approved"})
AT_ONCE = 100
_COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})
_FILES = frozenset({Kind.MEDIA})


def find(site: Site, sources: Sequence[Source], targets: Sequence[Target]) -> Iterator[Finding]:
    """One finding per target: first many ids in one request, then the missing one by one."""
    families: Mapping[Kind, tuple[list[Source], list[Target]]] = {
        Kind.COMMENT: ([s for s in sources if s.kinds == _COMMENTS], []),
        Kind.MEDIA: ([s for s in sources if s.kinds == _FILES], []),
        Kind.POST: ([s for s in sources if not s.kinds & (_COMMENTS | _FILES)], []),
    }
    for target in targets:
        if target.kind is Kind.PROFILE:
            _index, exchange = site.index()
            yield Finding(target=target, presence=Presence.PRESENT, exchange=exchange)
        elif target.kind in _COMMENTS:
            families[Kind.COMMENT][1].append(target)
        else:
            families[Kind.MEDIA if target.kind is Kind.MEDIA else Kind.POST][1].append(target)
    for lists, wanted in families.values():
        for start in range(0, len(wanted), AT_ONCE):
            yield from _find_some(site, lists, wanted[start : start + AT_ONCE])


def _find_some(
    site: Site, sources: Iterable[Source], targets: Sequence[Target]
) -> Iterator[Finding]:
    missing = {target.id: target for target in targets if target.id.isdecimal()}
    for target in targets:
        if target.id not in missing:  # no id of WordPress's: nothing to ask for
            yield Finding(
                target=target,
                presence=Presence.UNREACHABLE,
                exchange="",
                evidence=Evidence.UNKNOWN,
                statement=f'"{target.id}" is not an id that WordPress gives',
            )
    for source in sources:
        if not missing:
            return
        params = {
            **source.params,
            "include": ",".join(missing),
            "per_page": str(AT_ONCE),
            "_fields": "id,status",
        }
        params.pop("_embed", None)
        answer = site.ask(source.route, params)
        for row in rows(answer.body, f"{site.address} {source.route}", answer.exchange):
            found = missing.pop(str(number(row, "id")), None)
            if found is not None:
                yield _by_status(found, text(row, "status"), answer.exchange)
    for target in missing.values():
        yield _find_one(site, sources, target)


def _find_one(site: Site, sources: Iterable[Source], target: Target) -> Finding:
    """Ask every list: one that holds another type says "invalid id" of a thing that exists."""
    gone: Finding | None = None
    for source in _likeliest_first(sources, target):
        route = f"{source.route}/{target.id}"
        response = site.send(route)
        if response.status_code == 200:
            answer = read(response, f"{site.address} {route}")
            return _by_status(target, text(mapping(answer.body), "status"), answer.exchange)
        finding = _by_refusal(site, target, response, route)
        if finding.presence is not Presence.GONE:
            return finding
        gone = gone or finding
    if gone is None:
        raise LookupError(f"no list could hold {target.kind} {target.id}")
    return gone


def _likeliest_first(sources: Iterable[Source], target: Target) -> list[Source]:
    return sorted(sources, key=lambda source: target.kind not in source.kinds)


def _by_status(target: Target, status: str, exchange: str) -> Finding:
    states = COMMENT_STATES if target.kind in _COMMENTS else POST_STATES
    statement = f'status "{status}"' if status else ""
    if not status or status in IN_VIEW:
        return Finding(
            target=target, presence=Presence.PRESENT, exchange=exchange, statement=statement
        )
    if states.get(status) is states["trash"]:
        presence, evidence = Presence.GONE, Evidence.OWN_DELETION
    else:
        presence, evidence = Presence.HIDDEN, Evidence.HIDDEN
    return Finding(
        target=target, presence=presence, exchange=exchange, evidence=evidence, statement=statement
    )


def _by_refusal(site: Site, target: Target, response: requests.Response, route: str) -> Finding:
    refusal = refusal_of(response)
    if refusal.status == 404 and refusal.code in NOT_THERE:
        presence, evidence = Presence.GONE, Evidence.UNKNOWN
    elif site.signed and refusal.status == 403 and refusal.code in NOT_SHOWN:
        presence, evidence = Presence.UNREACHABLE, Evidence.PERMISSION_LOST
    elif not site.signed and refusal.status == 401 and refusal.code in NOT_SHOWN:
        presence, evidence = Presence.HIDDEN, Evidence.HIDDEN
    else:
        raise error_of(response, f"{site.address} {route}", signed=site.signed)
    return Finding(
        target=target,
        presence=presence,
        exchange=exchange_of(response),
        evidence=evidence,
        statement=str(refusal),
    )
