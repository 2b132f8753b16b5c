"""Deletes and hides on X, one thing at a time, with a reading before and after.

| what                      | call                                            | proof            |
|---------------------------|-------------------------------------------------|------------------|
| delete an own post, reply | DELETE /2/tweets/{id}                           | look-up by id    |
| take back a repost        | DELETE /2/users/{id}/retweets/{source_tweet_id} | look-up by id    |
| hide, show a reply        | PUT /2/tweets/{tweet_id}/hidden                 | X's answer alone |

X has no field that says whether a reply is hidden, so hiding again is sent again, which
changes nothing. It says `"deleted": false` instead of failing, and takes a deletion of what
is not there without complaint; only the look-ups tell what happened. The look-up before brings
the newest version, too, which is compared with what was archived.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.base import (
    REMOVER,
    Account,
    Author,
    Credentials,
    Finding,
    Item,
    Kind,
    Presence,
    Target,
)
from connectors.errors import BadAnswer, Permanent, PermissionLost
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed, compared
from connectors.writing import looked_after, written
from connectors.x.answers import Answer, Json, chain_of, id_of, references_of, text_of
from connectors.x.api import OAUTH1, Api
from connectors.x.gather import gather, items_in, look_up
from connectors.x.lookup import found_in

_POSTS = frozenset({Kind.POST, Kind.REPLY, Kind.REPOST, Kind.COMMENT})
_SCOPES = {"DELETE": "tweet.write", "PUT": "tweet.moderate.write"}  # as OAuth 2.0 calls them
_ABOUT_OTHERS = (
    "X lets nobody delete other people's replies; hide it instead, if it stands below a post "
    "of the account"
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What X says of the target before anything is done."""

    finding: Finding
    post: Json
    me: str  # whom the credentials for removals belong to
    starter: str  # who began its conversation; empty where X does not tell
    looked: tuple[str, ...]
    item: Item | None = None  # its newest version; None where X does not show it

    @property
    def author(self) -> str:
        return text_of(self.post, "author_id")


class XRemover:
    """Removes what belongs to one account. Reads with `reader`, changes with the other set."""

    def __init__(self, reader: Api, account: Account, http: Http, credentials: Credentials) -> None:
        self._reader = reader
        self._account = account
        self._http = http
        self._credentials = credentials.removing()
        self._made: Api | None = None
        self._me = ""

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why X would not do it. Costs a look-up or two."""
        why = self._never(target)
        return why or _refusal(self._see(target), removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it once.

        Raises: Permanent when X would not do it, Changed by what `compare` says, Unsettled when
            it may have been done.
        """
        why = self._never(target)
        if why:
            raise Permanent(why)
        seen = self._see(target)
        if seen.finding.presence is Presence.GONE and removal is Removal.DELETE:
            return _gone_before(seen, target)
        why = _refusal(seen, removal)
        if why:
            raise Permanent(why, exchange=seen.finding.exchange)
        same = seen.item is not None and compared(seen.item, compare)
        if removal is Removal.DELETE:
            return replace(self._delete(target, seen), compared=same)
        return replace(self._hide(target, removal, seen), compared=same)

    def _delete(self, target: Target, seen: _Sight) -> Removed:
        source = references_of(seen.post).get("retweeted", "")
        if source:
            answer = self._change("DELETE", f"/2/users/{seen.me}/retweets/{source}")
            word, wanted = "retweeted", False
        else:
            answer = self._change("DELETE", f"/2/tweets/{target.id}")
            word, wanted = "deleted", True
        said = _said(answer, word)
        with looked_after(f"the deletion of {target.id}", exchange=answer.exchange):
            after = _look(self._reader, target)[0]
        gone = after.presence is Presence.GONE
        statement = f'X answered "{word}": {str(said).lower()}'
        if gone:
            statement += f", and no longer finds it ({after.statement})"
        else:
            statement += f", but a look-up right after found it {after.presence}"
            statement += f" ({after.statement})" if after.statement else ""
            statement += "; look it up again" if said is wanted else "; it was not deleted"
        return Removed(
            target=target,
            removal=Removal.DELETE,
            exchange=answer.exchange,
            done=gone,
            statement=statement,
            looked=(*seen.looked, after.exchange),
        )

    def _hide(self, target: Target, removal: Removal, seen: _Sight) -> Removed:
        """By the id of its newest version, the one that stands among the replies."""
        hidden = removal is Removal.HIDE
        newest = chain_of(seen.post)[-1]
        answer = self._change("PUT", f"/2/tweets/{newest}/hidden", {"hidden": hidden})
        said = _said(answer, "hidden")
        return Removed(
            target=target,
            removal=removal,
            exchange=answer.exchange,
            done=said is hidden,
            statement=f'X answered "hidden": {str(said).lower()}; it has no field that would '
            "prove it by a reading",
            looked=seen.looked,
        )

    def _change(self, method: str, route: str, body: Json | None = None) -> Answer:
        try:
            return self._writer().change(method, route, body)
        except PermissionLost as error:
            raise PermissionLost(
                f"{error}. This takes the app permission Read and write (OAuth 2.0: "
                f"{_SCOPES[method]}); if the app lacks it, switch it on and make the access "
                "token anew, since an older one keeps what it was made with",
                exchange=error.exchange,
            ) from error

    def _never(self, target: Target) -> str:
        """Why it is out of the question, whatever X says of the item."""
        if target.kind not in _POSTS:
            return f"X has no way to delete or hide a {target.kind}; change it on the site itself"
        if not target.id.isdigit():
            return f'"{target.id}" is not an id that X gives'
        if not all(self._credentials.get(name) for name in OAUTH1):
            return (
                "removing anything on X takes the four OAuth 1.0a credentials "
                f"({', '.join(REMOVER + name for name in OAUTH1)}, or the same ones without "
                f"{REMOVER}); a bearer token cannot do it"
            )
        return ""

    def _see(self, target: Target) -> _Sight:
        me = self._whoami()
        finding, post, item = self._shown(target, me)
        looked = [finding.exchange]
        starter = text_of(post, "author_id")
        conversation = text_of(post, "conversation_id")
        if conversation and conversation not in chain_of(post):
            first = Target(kind=Kind.POST, id=conversation)
            found, root = _look(self._reader, first)
            looked.append(found.exchange)
            starter = text_of(root, "author_id")
        return _Sight(finding, post, me, starter, tuple(looked), item)

    def _shown(self, target: Target, me: str) -> tuple[Finding, Json, Item | None]:
        answer = look_up(self._reader, [target.id])
        finding, post = _found(answer, target)
        if not post:
            return finding, post, None
        items = list(items_in(gather(self._reader, answer), [post], Author(me)))
        newest = next((each for each in items if not each.superseded), None)
        return finding, post, newest

    def _whoami(self) -> str:
        if not self._me:
            self._me = id_of(self._writer().users("me", "/2/users/me", {}).thing())
        return self._me

    def _writer(self) -> Api:
        if self._made is None:
            self._made = Api(self._account, self._http, self._credentials)
        return self._made


def _look(api: Api, target: Target) -> tuple[Finding, Json]:
    return _found(look_up(api, [target.id]), target)


def _found(answer: Answer, target: Target) -> tuple[Finding, Json]:
    [finding] = found_in(answer, [target])
    post = next((post for post in answer.things() if id_of(post) == target.id), {})
    return finding, post


def _refusal(seen: _Sight, removal: Removal) -> str:
    finding = seen.finding
    if finding.presence is Presence.GONE:
        return f"X does not find it ({finding.statement}): there is nothing to {removal}"
    if finding.presence is Presence.UNREACHABLE:
        return f"X does not show it to these credentials ({finding.statement})"
    if removal is Removal.DELETE:
        return "" if seen.author == seen.me else _not_mine(seen)
    return _not_hideable(seen)


def _not_mine(seen: _Sight) -> str:
    return (
        f"{_ABOUT_OTHERS}; this one is by the user {seen.author}, the credentials for removals "
        f"belong to the user {seen.me}"
    )


def _not_hideable(seen: _Sight) -> str:
    if seen.author == seen.me:
        return "X hides only what others reply to the account's posts; delete an own post instead"
    if seen.starter and seen.starter != seen.me:
        return (
            "it stands in a conversation that the account did not begin, and X lets only the one "
            "who began it hide replies; report it to X instead"
        )
    return ""


def _gone_before(seen: _Sight, target: Target) -> Removed:
    """X does not tell whether it was deleted before or never existed."""
    finding = seen.finding
    return Removed(
        target=target,
        removal=Removal.DELETE,
        exchange=finding.exchange,
        done=True,
        statement=f"X did not find it even before ({finding.statement}); nothing was sent",
        already=True,
        looked=seen.looked,
    )


def _said(answer: Answer, word: str) -> bool:
    value = answer.thing().get(word)
    with written("the change"):
        if not isinstance(value, bool):
            raise BadAnswer(f'X answered without "{word}"', exchange=answer.exchange)
    return value
