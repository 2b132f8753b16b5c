"""Deletes on a server, one thing at a time, with a reading before and after.

| what                     | call                                   | proof           |
|--------------------------|----------------------------------------|-----------------|
| delete an own post/reply | DELETE /api/v1/statuses/:id            | look-up by id   |
| take back a repost       | POST /api/v1/statuses/:shown/unreblog  | look-up by id   |

Files go with the post at once (`delete_media`, Mastodon 4.4 and later; older servers keep them
for about a day). Nothing of others can be deleted or hidden. The readings are made with the
token that reads, where there is one: a token for removals need not see more than whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import Account, Credentials, Finding, Item, Kind, Presence, Target
from connectors.errors import Permanent
from connectors.mastodon.answers import answer_of, id_of, object_of
from connectors.mastodon.items import is_by, is_private_message, status_item
from connectors.mastodon.lookup import find_status, finding_of
from connectors.mastodon.server import TOKEN, Server
from connectors.recorded_http import Http
from connectors.removals import Compare, Removable, Removal, Removed, Whose, compared
from connectors.writing import looked_after

OWN = frozenset({Kind.POST, Kind.REPLY, Kind.REPOST})
REMOVALS = (
    Removable(
        removal=Removal.DELETE,
        kinds=OWN,
        whose=frozenset({Whose.OWN}),
        means="gone for good, with its history, its files and the reposts of it; other servers "
        "are asked to delete their copies; a repost is taken back",
        along=frozenset({Kind.REPOST}),
    ),
)
_SCOPE = "write:statuses"


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the server shows of the target before anything is done."""

    finding: Finding
    item: Item | None  # None where the server does not show it
    own: bool
    shown_id: str  # of what a repost shows; empty for everything else
    private: bool


class StatusRemover:
    """Removes what belongs to one account. Reads with `reader`, changes with the other set."""

    def __init__(
        self, reader: Server, account: Account, http: Http, credentials: Credentials
    ) -> None:
        self._account = account
        self._http = http
        self._credentials = credentials.removing()
        self._reader = reader
        self._made: Server | None = None
        self._me = ""

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why the server would not do it."""
        why = self._never(target, removal)
        return why or self._refusal(self._see(target))

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it once.

        Raises: Permanent when the server would not do it, Changed by what `compare` says,
            Unsettled when it may have been done.
        """
        why = self._never(target, removal)
        if why:
            raise Permanent(why)
        seen = self._see(target)
        if seen.finding.presence is Presence.GONE:
            return _gone_before(seen, target)
        why = self._refusal(seen)
        if why:
            raise Permanent(why, exchange=seen.finding.exchange)
        same = seen.item is not None and compared(seen.item, compare)
        exchange, said = self._send(target, seen)
        with looked_after(f"the deletion of {target.id}", exchange=exchange):
            after = find_status(self._reading(), target)
        gone = after.presence is Presence.GONE
        proof = f"no longer finds it ({after.statement})" if gone else "still shows it by its id"
        return Removed(
            target=target,
            removal=removal,
            exchange=exchange,
            done=gone,
            statement=f"the server {said}; it {proof}",
            looked=(seen.finding.exchange, after.exchange),
            compared=same,
        )

    def _send(self, target: Target, seen: _Sight) -> tuple[str, str]:
        """The exchange, and what the server said in it."""
        writer = self._writer()
        if seen.shown_id:
            answer = writer.change("POST", f"v1/statuses/{seen.shown_id}/unreblog", scope=_SCOPE)
            return answer.exchange, "took the repost back"
        answer = writer.change(
            "DELETE", f"v1/statuses/{target.id}", {"delete_media": "true"}, scope=_SCOPE
        )
        return answer.exchange, "accepted the deletion"

    def _see(self, target: Target) -> _Sight:
        me = self._whoami()
        response = self._reading().send(f"v1/statuses/{target.id}")
        finding = finding_of(self._reading(), target, response)
        if finding.presence is not Presence.PRESENT:
            return _Sight(finding, None, own=False, shown_id="", private=False)
        answer = answer_of(response)
        status = answer.thing()
        shown = object_of(status, "reblog")
        author = id_of(object_of(status, "account"))
        return _Sight(
            finding,
            status_item(status, answer.exchange, account_id=author),
            own=is_by(status, me),
            shown_id=id_of(shown) if shown else "",
            private=is_private_message(status),
        )

    def _refusal(self, seen: _Sight) -> str:
        finding = seen.finding
        if finding.presence is Presence.GONE:
            return f"the server does not find it ({finding.statement}): there is nothing to delete"
        if seen.item is None:
            return f"the server does not show it to this reader ({finding.statement})"
        if not seen.own:
            return (
                f"the server lets nobody delete other people's posts; this one is by "
                f"{seen.item.author.handle}, the credentials for removals belong to the account "
                f"{self._me}; report it to the server's moderators instead"
            )
        if seen.private:
            return "it is a private message, and those are not archived"
        return ""

    def _never(self, target: Target, removal: Removal) -> str:
        """Why it is out of the question, whatever the server says of the thing."""
        if removal is not Removal.DELETE:
            return f"Mastodon has no way to {removal} a post, one's own or anybody else's"
        if target.kind not in OWN:
            return (
                f"Mastodon lets nobody delete a {target.kind} of somebody else; report it to the "
                "server's moderators instead"
            )
        if not target.id.isalnum():
            return f'"{target.id}" is not an id that a server gives'
        if not self._credentials.get(TOKEN):
            return (
                f"deleting takes the credential remover_{TOKEN} (or {TOKEN}) with the scope "
                f"{_SCOPE}"
            )
        return ""

    def _whoami(self) -> str:
        if not self._me:
            self._me = id_of(self._writer().owner())
        return self._me

    def _reading(self) -> Server:
        return self._reader if self._reader.signed else self._writer()

    def _writer(self) -> Server:
        if self._made is None:
            self._made = Server(self._account, self._http, self._credentials)
        return self._made


def _gone_before(seen: _Sight, target: Target) -> Removed:
    """The server does not tell whether it was deleted before or never existed."""
    finding = seen.finding
    return Removed(
        target=target,
        removal=Removal.DELETE,
        exchange=finding.exchange,
        done=True,
        statement=f"the server did not find it even before ({finding.statement}); nothing was sent",
        already=True,
        looked=(finding.exchange,),
    )
