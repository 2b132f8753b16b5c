"""Is it still there? What the server of its author says of a record asked for by name.

The repository is the truth, the app view only shows it. A reply that the app view no longer
shows is asked for on its author's own server: not there it is gone, there it is withheld.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import requests

from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.bluesky.faults import RecordMissing, evidence_of
from connectors.bluesky.identity import Directory, Identity
from connectors.bluesky.repository import Repository
from connectors.bluesky.shapes import POST, THREADGATE, Name, mapping, name_of, text, texts
from connectors.bluesky.threads import AppView
from connectors.errors import (
    AccountGone,
    AddressRefused,
    ConnectorError,
    Permanent,
    RateLimited,
    Transient,
)

_TAKEN_DOWN = frozenset({"takendown", "suspended"})


class Lookup:
    """Answers for the targets of one call. `view` None: replies by others only at their
    authors' servers."""

    def __init__(
        self, session: requests.Session, directory: Directory, view: AppView | None, me: Identity
    ) -> None:
        self._session = session
        self._directory = directory
        self._view = view
        self._me = me
        self._servers: dict[str, Repository | Finding] = {}
        self._hidden: dict[str, tuple[frozenset[str], str]] = {}

    def findings(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """One finding per target that could be asked.

        Raises: RateLimited at once; after all others were asked, Transient for those whose
            server did not answer.
        """
        comments = [t for t in targets if t.kind is Kind.COMMENT]
        shown: dict[str, str] = {}
        if self._view is not None and comments:
            views, exchanges = self._view.views([t.id for t in comments])
            places = {t.id: number // 25 for number, t in enumerate(comments)}
            shown = {t.id: exchanges[places[t.id]] for t in comments if t.id in views}
        failed: list[ConnectorError] = []
        for target in targets:
            try:
                yield self._finding(target, shown.get(target.id, ""))
            except RateLimited:
                raise
            except (ConnectorError, requests.RequestException) as error:
                failed.append(error if isinstance(error, ConnectorError) else Transient(str(error)))
        if failed:
            raise Transient(
                f"{len(failed)} of {len(targets)} records could not be asked for; the first: "
                f"{failed[0]}",
                exchange=failed[0].exchange,
            ) from failed[0]

    def _finding(self, target: Target, shown: str) -> Finding:
        if target.kind is Kind.PROFILE:
            place = self._place(target, target.id)
            if isinstance(place, Finding):
                return place
            return Finding(
                target=target, presence=Presence.PRESENT, exchange=place.status().exchange
            )
        name = name_of(target.id)
        if name is None:
            return _unreachable(target, "", Evidence.UNKNOWN, f'"{target.id}" is no record')
        if target.kind is Kind.COMMENT:
            return self._comment(target, name, shown)
        return self._there(target, name)

    def _comment(self, target: Target, name: Name, shown: str) -> Finding:
        hidden, exchange = self._hidden_in(target.thread_id)
        if target.id in hidden:
            return Finding(
                target=target,
                presence=Presence.HIDDEN,
                exchange=exchange,
                evidence=Evidence.HIDDEN,
                statement="the account's reply rules hide it",
            )
        if shown:
            return Finding(target=target, presence=Presence.PRESENT, exchange=shown)
        found = self._there(target, name)
        if found.presence is not Presence.PRESENT or self._view is None:
            return found
        return Finding(
            target=target,
            presence=Presence.WITHHELD,
            exchange=found.exchange,
            evidence=Evidence.WITHHELD,
            statement="it is in its author's repository, but the app view does not show it",
        )

    def _there(self, target: Target, name: Name) -> Finding:
        place = self._place(target, name.did)
        if isinstance(place, Finding):
            return place
        try:
            answer = place.record(name.collection, name.key)
        except RecordMissing as error:
            return Finding(
                target=target,
                presence=Presence.GONE,
                exchange=error.exchange,
                evidence=Evidence.UNKNOWN,
                statement=str(error),
            )
        return Finding(target=target, presence=Presence.PRESENT, exchange=answer.exchange)

    def _place(self, target: Target, did: str) -> Repository | Finding:
        """The repository of an account, or why none of its records can be reached."""
        if did not in self._servers:
            self._servers[did] = self._opened(target, did)
        known = self._servers[did]
        if isinstance(known, Repository):
            return known
        return _unreachable(target, known.exchange, known.evidence, known.statement)

    def _opened(self, target: Target, did: str) -> Repository | Finding:
        try:
            own = did == self._me.did
            source = Repository(self._session, self._me if own else self._directory.of(did))
            answer = source.status()
        except (AccountGone, AddressRefused) as error:
            return _unreachable(target, error.exchange, evidence_of(error), str(error))
        except Permanent:  # a server that does not tell the status may tell the record
            return source
        if answer.body.get("active") is not False:
            return source
        status = text(answer.body, "status")
        evidence = Evidence.PLATFORM if status in _TAKEN_DOWN else Evidence.ACCOUNT_CLOSED
        words = f"its server says that the account is {status or 'not active'}"
        return _unreachable(target, answer.exchange, evidence, words)

    def _hidden_in(self, thread: str) -> tuple[frozenset[str], str]:
        """The replies that the rules of an own thread hide, and the exchange."""
        name = name_of(thread)
        if name is None or name.did != self._me.did or name.collection != POST:
            return frozenset(), ""
        if thread not in self._hidden:
            source = Repository(self._session, self._me)
            answer, exchange = source.gate(THREADGATE, name.key)
            value = mapping(answer.body.get("value")) if answer else {}
            self._hidden[thread] = frozenset(texts(value.get("hiddenReplies"))), exchange
        return self._hidden[thread]


def _unreachable(
    target: Target, exchange: str, evidence: Evidence | None, statement: str
) -> Finding:
    return Finding(
        target=target,
        presence=Presence.UNREACHABLE,
        exchange=exchange,
        evidence=evidence or Evidence.UNKNOWN,
        statement=statement,
    )
