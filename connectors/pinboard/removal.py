"""Deletes bookmarks, one at a time, with a reading before and after.

| what   | call                     | proof                       |
|--------|--------------------------|-----------------------------|
| delete | posts/delete?url=ADDRESS | posts/get, before and after |

Pinboard keeps no trash. Making a bookmark private would take posts/add, which writes the whole
bookmark anew; that is not done here.
"""

from __future__ import annotations

from connectors.base import Account, Credentials, Kind, Presence, Target
from connectors.errors import BadAnswer, Permanent
from connectors.pinboard.api import Answer, Api
from connectors.pinboard.bookmarks import item_of, text
from connectors.pinboard.lookup import Sight, look, masked
from connectors.recorded_http import Http
from connectors.removals import Compare, Removable, Removal, Removed, Whose, compared
from connectors.writing import looked_after, written

REMOVALS = (
    Removable(
        removal=Removal.DELETE,
        kinds=frozenset({Kind.POST}),
        whose=frozenset({Whose.OWN}),
        means="gone for good: Pinboard keeps no trash",
    ),
)
_DONE, _NOT_FOUND = "done", "item not found"


class BookmarkRemover:
    """Removes what belongs to one account, with the token for removals."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._account = account
        self._http = http
        self._credentials = credentials.removing()
        self._made: Api | None = None

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why Pinboard would not do it. Costs one look-up."""
        why = _never(target, removal)
        if why:
            return why
        seen = look(self._api(), target)
        return "" if seen.row is not None else _nothing_there(seen)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it once.

        Raises: Permanent when Pinboard would not do it, Changed by what `compare` says,
            Unsettled when it may have been done.
        """
        why = _never(target, removal)
        if why:
            raise Permanent(why)
        api = self._api()
        before = look(api, target)
        if before.row is None:
            return _gone_before(before, target)
        same = compared(item_of(before.row, api.user, before.finding.exchange), compare)
        answer = api.change("posts/delete", {"url": text(before.row, "href")})
        said = _said(answer)
        with looked_after(f"the deletion of {target.id}", exchange=answer.exchange):
            after = look(api, target).finding
        gone = after.presence is Presence.GONE
        found = "no longer finds it" if gone else "still finds it right after; look it up again"
        return Removed(
            target=target,
            removal=removal,
            exchange=answer.exchange,
            done=gone,
            statement=f'Pinboard answered "{said}", and {found}',
            looked=(before.finding.exchange, after.exchange),
            compared=same,
        )

    def _api(self) -> Api:
        if self._made is None:
            self._made = Api(self._account, self._http, self._credentials)
        return self._made


def _never(target: Target, removal: Removal) -> str:
    """Why it is out of the question, whatever Pinboard says of the bookmark."""
    if target.kind is not Kind.POST:
        return f"Pinboard's API has no way to delete a {target.kind}; change it on the site"
    if removal is not Removal.DELETE:
        return (
            "Pinboard's API cannot hide a bookmark without writing all of it anew; make it "
            "private on the site, or delete it"
        )
    if masked(target):
        return (
            "its address holds something secret that the archive masks, so it cannot be named to "
            "Pinboard; delete it on the site"
        )
    return ""


def _nothing_there(seen: Sight) -> str:
    return f"Pinboard does not have it ({seen.finding.statement}): there is nothing to delete"


def _said(answer: Answer) -> str:
    """Pinboard's words. Raises: Permanent when they are a refusal."""
    with written("posts/delete"):
        said = text(answer.thing(), "result_code") or text(answer.thing(), "result")
        if not said:
            raise BadAnswer("posts/delete answered without a result", exchange=answer.exchange)
    if said not in (_DONE, _NOT_FOUND):
        raise Permanent(f'Pinboard refuses to delete it: "{said}"', exchange=answer.exchange)
    return said


def _gone_before(seen: Sight, target: Target) -> Removed:
    finding = seen.finding
    return Removed(
        target=target,
        removal=Removal.DELETE,
        exchange=finding.exchange,
        done=True,
        statement=f"Pinboard did not have it even before ({finding.statement}); nothing was sent",
        already=True,
        looked=(finding.exchange,),
    )
