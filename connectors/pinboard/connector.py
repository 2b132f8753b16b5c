"""The Pinboard connector: which of the parts serves which question of the capture engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from connectors.base import (
    Account,
    Check,
    Counts,
    Credentials,
    CredentialSpec,
    Cursor,
    Finding,
    Kind,
    OptionSpec,
    Page,
    Target,
    Window,
)
from connectors.capabilities import Capabilities
from connectors.errors import Misconfigured
from connectors.pinboard.api import API, Api
from connectors.pinboard.bookmarks import text, total_of
from connectors.pinboard.lookup import find
from connectors.pinboard.removal import REMOVALS, BookmarkRemover
from connectors.pinboard.state import state_of
from connectors.pinboard.walk import Plan, Walk
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed

PER_CALL = 20_000  # some 8 MB; a larger account takes five minutes more for each further call
LEAST, MOST = 100, 100_000  # the upper limit is the API's own


class Pinboard:
    """Reads the bookmarks of one account, and removes from them what it is told to."""

    platform: ClassVar[str] = "pinboard"
    title: ClassVar[str] = "Pinboard (Delicious v1 API)"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=False,
        edits="compare",
        hidden_state=True,
        counts=True,
        control_lookup=True,
        removals=REMOVALS,
        cannot=(
            "states between two polls: Pinboard keeps neither earlier states nor edit times",
            "who removed a bookmark, or why",
            "notes, saved copies of the pages, and the account's own settings",
            "news more often than every five minutes, and large accounts in several calls "
            "five minutes apart",
            "hiding: the API can make a bookmark private only by writing all of it anew",
            "a token that may only read: Pinboard has one for everything",
        ),
        terms="Pinboard asks for at most one call in three seconds and one posts/all in five "
        "minutes",
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = (
        CredentialSpec(name="token", meaning="the account's API token, name:KEY"),
        CredentialSpec(
            name="remover_token",
            meaning="for removals only: the API token again, kept by those who delete",
            required=False,
        ),
    )
    options: ClassVar[tuple[OptionSpec, ...]] = (
        OptionSpec(
            name="api",
            meaning="base address of another server with the Delicious v1 API in JSON",
            default=API,
        ),
        OptionSpec(
            name="per_call",
            meaning=f"bookmarks asked for at once, {LEAST} to {MOST}",
            default=str(PER_CALL),
        ),
    )

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        """Raises: Misconfigured for a bad name, token or option."""
        self._per_call = _per_call(account)
        self._api = Api(account, http, credentials.reading())
        self._remover = BookmarkRemover(account, http, credentials)

    def check(self) -> Check:
        """Whose token it is, and how much there is. Raises: ConnectorError."""
        changed = text(self._api.ask("posts/update").thing(), "update_time")
        dates = self._api.ask("posts/dates")
        self._api.own(dates)
        total = total_of(dates)
        statements = [
            f"The token is good; {total} bookmarks, last changed at {changed or 'no time given'}.",
            "A token allows everything, also changes; Archiver makes none outside a guarded "
            "deletion.",
        ]
        if total > self._per_call:
            calls = -(-total // self._per_call)
            statements.append(
                f"Each walk over all takes {calls} calls, five minutes apart; a larger per_call "
                "makes them fewer."
            )
        return Check(ok=True, identity=self._api.user, statements=tuple(statements))

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """Walk newest first; see `connectors.pinboard.walk`. `since` counts for RECENT only."""
        limit = since if window is Window.RECENT else None
        plan = Plan(window=window, since=limit, per_call=self._per_call)
        yield from Walk(self._api, plan, state_of(cursor)).pages()

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Ask for each bookmark by the address it points at."""
        yield from find(self._api, targets)

    def count(self) -> Counts | None:
        """The sum of posts/dates. Whether private bookmarks are in it is not documented."""
        answer = self._api.ask("posts/dates")
        self._api.own(answer)
        return Counts(
            by_kind={Kind.POST: total_of(answer)},
            exact=False,
            exchanges=(answer.exchange,),
            note="as posts/dates counts them; it is not documented that private ones are counted",
        )

    def can_remove(self, target: Target, removal: Removal) -> str:
        """See `connectors.removals.Remover`."""
        return self._remover.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """See `connectors.removals.Remover`."""
        return self._remover.remove(target, removal, compare=compare)


def _per_call(account: Account) -> int:
    given = account.option("per_call", str(PER_CALL))
    if not (given.isascii() and given.isdecimal() and LEAST <= int(given) <= MOST):
        raise Misconfigured(f'{account.slug}: per_call is "{given}", but must be {LEAST} to {MOST}')
    return int(given)
