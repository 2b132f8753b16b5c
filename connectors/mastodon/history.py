"""Earlier states of edited statuses: the server's own history, each with its true time."""

from __future__ import annotations

from datetime import datetime

from connectors.base import Item
from connectors.mastodon.answers import answer_of, moment_of
from connectors.mastodon.faults import NOT_THERE, in_json, said_in
from connectors.mastodon.items import edit_item, key_of, published_of
from connectors.mastodon.server import Server

_REFUSED = NOT_THERE | {401, 403}


class Histories:
    """Reads histories for one walk.

    `read_until` (aware UTC) is when an earlier, finished walk began: of an edit before that
    the history was read then, and it costs a request each time. None: read all.
    """

    def __init__(self, server: Server, read_until: datetime | None) -> None:
        self._server = server
        self._read_until = read_until
        self._offered = True
        self.exchanges: list[str] = []
        self.notes: list[str] = []

    def with_history(self, current: Item) -> list[Item]:
        """The item, after all its earlier states that the server still tells, oldest first.

        Raises: ConnectorError when the server fails; a refusal is only noted.
        """
        edited = current.edited
        if edited is None or not self._offered:
            return [current]
        if self._read_until is not None and edited.utc < self._read_until:
            return [current]
        response = self._server.send(f"v1/statuses/{current.id}/history")
        if response.status_code in _REFUSED:
            self._offered = in_json(response)  # otherwise it is not there at all
            self.notes.append(
                "the server does not give the earlier states of edited posts "
                f"({said_in(response)}); only the present ones are kept"
            )
            return [current]
        if response.status_code != 200:
            raise self._server.error(response, scope="read:statuses")
        answer = answer_of(response)
        self.exchanges.append(answer.exchange)
        found = []
        for place, entry in enumerate(answer.things()):
            # The newest entry is the present state; one made since this walk met the status
            # comes with the next walk.
            if published_of({**entry, "id": current.id}).utc < edited.utc:
                found.append(edit_item(entry, answer.exchange, current=current, first=place == 0))
        return [each for each in found if each.version_key != key_of(edited)] + [current]

    def taken(self) -> tuple[list[str], list[str]]:
        """The exchanges and notes since the last time."""
        exchanges, notes = self.exchanges, self.notes
        self.exchanges, self.notes = [], []
        return exchanges, notes


def moment_in(text: str) -> datetime | None:
    """A time kept in a cursor."""
    return moment_of(text) if text else None
