"""The open archive: what the agency chose to show to everybody, and what never is.

Chosen is an account as a whole; a record can be left out of it. Whatever else a person might see,
the public sees only what `model/queries/portal.py` lets through: so a page cannot show more by
mistake. The public asks by words alone: the fields of the full query language would tell of holds
and requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from archiver.clock import Clock
from archiver.desk.access import Viewer
from archiver.desk.held_media import HeldMedia
from archiver.desk.query_language import parse
from archiver.errors import NotFoundError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import browse, ledger, portal, registry, review, search
from archiver.model.queries.portal import Choice
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.review import HeldMedium
from archiver.vault.base import Vault
from config.settings import Agency

LOGGED = "portal"
MOST_WORDS = 12
LEFT_OUT_SHOWN = 200
_LARGEST = 2**63 - 1  # of an id
_WORD = re.compile(r"[#@]?\w[\w'’-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing as the public sees it. Times are UTC."""

    record_id: int
    account: str
    account_name: str
    platform: str
    author: str
    handle: str
    published_at: datetime | None
    edited: bool
    title: str
    words: str
    language: str
    permalink: str
    media: tuple[HeldMedium, ...]


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page of pieces, newest first; `following`: where the next one begins, or empty."""

    pieces: tuple[Piece, ...]
    following: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """An account, and whether it is shown: None when nobody chose yet."""

    entry: AccountEntry
    choice: Choice | None


class Portal:
    """The use cases of the open archive, for those who choose and for the public."""

    def __init__(self, database: Database, vault: Vault, agency: Agency, clock: Clock) -> None:
        self._database = database
        self._zone = agency.zone
        self._clock = clock
        self._media = HeldMedia(vault)

    # -- choosing ---------------------------------------------------------------------------

    def choices(self, viewer: Viewer | None = None) -> list[AccountChoice]:
        """Every account of the registry; with `viewer`, of the departments that they see."""
        with self._database.read() as connection:
            chosen = portal.account_choices(connection)
            return [
                AccountChoice(entry=each, choice=chosen.get(each.id))
                for each in registry.all_accounts(connection)
                if viewer is None or viewer.sees(each.department)
            ]

    def left_out(self) -> list[tuple[Choice, str]]:
        """The newest records that somebody left out, with the platform's id."""
        with self._database.read() as connection:
            return portal.left_out(connection, limit=LEFT_OUT_SHOWN)

    def choose_account(
        self, slug: str, *, shown: bool, reason: str, by: str, viewer: Viewer | None = None
    ) -> None:
        """Show an account to the public, or not any more.

        Raises: NotFoundError; UsageError without a reason; RefusedError when `viewer` does not see
        its department.
        """
        self._reason(reason)
        with self._database.write() as connection:
            entry = registry.find(connection, slug)
            if entry is None:
                raise NotFoundError(f'there is no account "{slug}" in the registry')
            if viewer is not None:
                viewer.require_department(entry.department)
            self._add(connection, {"account": slug}, shown, reason, by, account_id=entry.id)

    def choose_record(
        self, record: str, *, shown: bool, reason: str, by: str, viewer: Viewer | None = None
    ) -> int:
        """Leave a record out, or let it in again; it is shown only where its account is. `record`:
        its number (#7), platform id or address. Returns its number.

        Raises: NotFoundError; UsageError without a reason; RefusedError as `choose_account`.
        """
        self._reason(reason)
        with self._database.write() as connection:
            line = browse.find_record(connection, record)
            if line is None:
                raise NotFoundError(f'there is no record "{record}"')
            entry = registry.find(connection, line.account)
            if viewer is not None and entry is not None:
                viewer.require_department(entry.department)
            self._add(connection, {"record": line.id}, shown, reason, by, record_id=line.id)
            return line.id

    def _reason(self, reason: str) -> None:
        if not reason.strip():
            raise UsageError("say why; it stands in the audit log")

    def _add(
        self,
        connection: Connection,
        what: dict[str, object],
        shown: bool,
        reason: str,
        by: str,
        **key: int,
    ) -> None:
        now = self._clock.now()
        portal.add(connection, shown=shown, reason=reason.strip(), actor=by, at=now, **key)
        body = {**what, "act": "shown" if shown else "not shown", "reason": reason, "actor": by}
        ledger.append(connection, at=now, kind=LOGGED, body=body)

    # -- what the public sees ----------------------------------------------------------------

    def accounts(self) -> list[AccountEntry]:
        """The accounts that are shown."""
        return [each.entry for each in self.choices() if each.choice and each.choice.shown]

    def page(
        self, words: str = "", *, account: str = "", size: int = 20, after: str = ""
    ) -> OpenPage:
        """What is shown and has all these words, newest first."""
        behind = int(after) if after.isdecimal() and len(after) < 20 else None
        if behind is not None and behind > _LARGEST:
            behind = None
        with self._database.read() as connection:
            plan = search.plan(connection, parse(_plain(words)), self._zone)
            ids = portal.page(connection, plan, limit=size + 1, after=behind, account=account)
            pieces = self._pieces(connection, ids[:size])
        return OpenPage(tuple(pieces), str(ids[size - 1]) if len(ids) > size else "")

    def piece(self, record_id: int) -> Piece:
        """One thing. Raises: NotFoundError when it is not shown, whatever the reason."""
        with self._database.read() as connection:
            version = portal.is_shown(connection, record_id)
            if version is None:
                raise NotFoundError("there is no such page in the open archive")
            return self._pieces(connection, [version])[0]

    def file(self, record_id: int, position: int) -> tuple[HeldMedium, Iterator[bytes]]:
        """A media file of a thing that is shown.

        Raises: NotFoundError when it is not shown or not held; EvidenceError while it is read.
        """
        for medium in self.piece(record_id).media:
            if medium.position == position and medium.segment:
                return medium, self._media.pieces(medium)
        raise NotFoundError("there is no such file in the open archive")

    def _pieces(self, connection: Connection, ids: Sequence[int]) -> list[Piece]:
        media = review.media_of(connection, ids) if ids else {}
        names = {each.slug: each.name for each in registry.all_accounts(connection)}
        return [
            Piece(
                record_id=each.record_id,
                account=each.account,
                account_name=names[each.account],
                platform=each.platform,
                author=each.author,
                handle=each.handle,
                published_at=each.published_at,
                edited=each.versions > 1,
                title=each.title,
                words=each.words,
                language=each.language,
                permalink=each.permalink,
                media=tuple(media.get(each.version_id, ())),
            )
            for each in search.found(connection, ids)
        ]


def _plain(words: str) -> str:
    """The words alone, each as it is: no fields, no operators."""
    return " ".join(f'"{each}"' for each in _WORD.findall(words)[:MOST_WORDS])
