"""Deletes and hides on Bluesky, one thing at a time, with a reading before and after.

| what                         | call                                    | swap: only if still   |
|------------------------------|-----------------------------------------|-----------------------|
| delete an own record         | com.atproto.repo.deleteRecord           | the record's hash     |
| hide, show a reply by others | com.atproto.repo.putRecord (threadgate) | the hash of the rules |

A server takes the deletion of what is not there without complaint, so only the readings tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests

from connectors.base import Credentials, Item, Kind, Target
from connectors.bluesky.faults import RecordMissing, SwapRefused
from connectors.bluesky.identity import Identity
from connectors.bluesky.repository import Repository
from connectors.bluesky.shapes import POST, THREADGATE, Json, Name, mapping, name_of, text, texts
from connectors.bluesky.threads import AppView
from connectors.bluesky.xrpc import Answer
from connectors.errors import AuthFailed, BadAnswer, Changed, Misconfigured, Permanent
from connectors.recorded_http import Http
from connectors.removals import Compare, Removable, Removal, Removed, Whose, compared
from connectors.writing import looked_after

_OWN = frozenset({Kind.POST, Kind.REPLY, Kind.REPOST})
MOST_HIDDEN = 300

REMOVALS = (
    Removable(
        removal=Removal.DELETE,
        kinds=_OWN,
        whose=frozenset({Whose.OWN}),
        means="out of the account's repository for good; replies to it stay, copies that others "
        "made of it are out of reach",
    ),
    Removable(
        removal=Removal.HIDE,
        kinds=frozenset({Kind.COMMENT}),
        whose=frozenset({Whose.PUBLIC}),
        means='among the "hidden replies", where everybody can still open it; only in threads '
        "that the account began",
    ),
    Removable(
        removal=Removal.UNHIDE,
        kinds=frozenset({Kind.COMMENT}),
        whose=frozenset({Whose.PUBLIC}),
        means="among the replies again",
    ),
)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The reply rules of a thread as they are; `cid` empty when there are none."""

    value: Json
    cid: str
    exchange: str

    @property
    def hidden(self) -> list[str]:
        return texts(self.value.get("hiddenReplies"))


class Remover:
    """Removes what belongs to one account, signed in with its app password for removals."""

    def __init__(
        self,
        session: requests.Session,
        http: Http,
        me: Identity,
        view: AppView,
        credentials: Credentials,
    ) -> None:
        self._repository = Repository(session, me)
        self._http = http
        self._view = view
        self._password = credentials.removing().get("app_password")
        self._token = ""

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why it would not be done."""
        why = self._never(target, removal)
        if why:
            return why
        if removal is Removal.DELETE:
            before, _ = self._seen(_named(target))
            return "" if before else "the account's server does not have it: nothing to delete"
        return self._not_hideable(target, removal)

    def remove(self, target: Target, removal: Removal, *, compare: Compare | None) -> Removed:
        """Do it once.

        Raises: Permanent when it would not be done, Changed when it is not what was archived,
            Unsettled when it may have been done.
        """
        why = self._never(target, removal)
        if why:
            raise Permanent(why)
        if removal is Removal.DELETE:
            return self._delete(target, compare)
        return self._rule(target, removal, compare)

    def _delete(self, target: Target, compare: Compare | None) -> Removed:
        name = _named(target)
        before, exchange = self._seen(name)
        if before is None:
            return _removed(
                target, Removal.DELETE, exchange, "it was not there before", already=True
            )
        same = compared(self._repository.item(before.body, exchange, {}), compare)
        body = {
            "repo": name.did,
            "collection": name.collection,
            "rkey": name.key,
            "swapRecord": text(before.body, "cid"),
        }
        sent = self._change("com.atproto.repo.deleteRecord", body)
        with looked_after(f"the deletion of {target.id}", exchange=sent.exchange):
            after, last = self._seen(name)
        said = "the account's server took the deletion, and "
        said += "no longer has it" if after is None else "still has it"
        looked = (exchange, last)
        return _removed(
            target, Removal.DELETE, sent.exchange, said,
            done=after is None, looked=looked, compared=same,
        )  # fmt: skip

    def _rule(self, target: Target, removal: Removal, compare: Compare | None) -> Removed:
        hide = removal is Removal.HIDE
        root = name_of(target.thread_id)
        assert root is not None  # asked by _never
        before = self._rules(root)
        if (target.id in before.hidden) is hide:
            state = "hidden" if hide else "not hidden"
            return _removed(
                target, removal, before.exchange, f"it was {state} before", already=True
            )
        why = self._not_hideable(target, removal)
        if why:
            raise Permanent(why)
        same, shown = self._compared(target, compare)
        rest = [uri for uri in before.hidden if uri != target.id]
        rules = dict(before.value) or self._new_rules(root)
        rules["hiddenReplies"] = [*rest, target.id] if hide else rest
        body = {
            "repo": root.did,
            "collection": THREADGATE,
            "rkey": root.key,
            "record": rules,
            "swapRecord": before.cid or None,
        }
        sent = self._change("com.atproto.repo.putRecord", body)
        with looked_after(f"the {removal} of {target.id}", exchange=sent.exchange):
            after = self._rules(root)
        done = (target.id in after.hidden) is hide
        state = "hide it" if target.id in after.hidden else "do not hide it"
        said = f"the account's server took the new reply rules; read again, they {state}"
        looked = (before.exchange, *shown, after.exchange)
        return _removed(
            target, removal, sent.exchange, said, done=done, looked=looked, compared=same
        )

    def _compared(self, target: Target, compare: Compare | None) -> tuple[bool, tuple[str, ...]]:
        if compare is None:
            return False, ()
        views, exchanges = self._view.views([target.id])
        if target.id not in views:
            return False, exchanges
        item: Item = self._view.comment(
            views[target.id], exchanges[0], thread=target.thread_id, hidden=set()
        )
        return compared(item, compare), exchanges

    def _never(self, target: Target, removal: Removal) -> str:
        """Why it is out of the question, whatever state the thing is in."""
        me, name = self._repository.me, name_of(target.id)
        if target.kind not in _OWN | {Kind.COMMENT} or name is None:
            return f"Bluesky has no way to {removal} the {target.kind} {target.id} from here"
        if not self._password:
            return "removing anything on Bluesky takes the credential remover_app_password"
        mine = name.did == me.did
        if removal is Removal.DELETE:
            return "" if mine else "nobody but its author can delete it; hide it instead"
        if mine or target.kind is not Kind.COMMENT:
            return "Bluesky hides only what others reply; delete an own record instead"
        root = name_of(target.thread_id)
        if root is None or (root.did, root.collection) != (me.did, POST):
            return "it stands in a thread that the account did not begin"
        return ""

    def _not_hideable(self, target: Target, removal: Removal) -> str:
        root = name_of(target.thread_id)
        assert root is not None  # asked by _never
        post, _ = self._seen(root)
        if post is None:
            return "the post that began the thread is no longer there"
        if "reply" in mapping(post.body.get("value")):
            return "it stands in a thread that the account did not begin"
        if removal is Removal.HIDE and len(self._rules(root).hidden) >= MOST_HIDDEN:
            return f"Bluesky hides at most {MOST_HIDDEN} replies of a thread"
        return ""

    def _seen(self, name: Name) -> tuple[Answer | None, str]:
        try:
            answer = self._repository.record(name.collection, name.key)
        except RecordMissing as error:
            return None, error.exchange
        return answer, answer.exchange

    def _rules(self, root: Name) -> _Rules:
        answer, exchange = self._repository.gate(THREADGATE, root.key)
        if answer is None:
            return _Rules({}, "", exchange)
        return _Rules(mapping(answer.body.get("value")), text(answer.body, "cid"), exchange)

    def _new_rules(self, root: Name) -> dict[str, object]:
        """Rules that let everybody reply, as the thread had none; by the server's own time."""
        answer = self._repository.latest()
        try:
            now = parsedate_to_datetime(answer.served)
        except ValueError as error:
            raise BadAnswer(
                "the server does not tell its time", exchange=answer.exchange
            ) from error
        written = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {"$type": THREADGATE, "post": str(root), "createdAt": written}

    def _change(self, method: str, body: Json) -> Answer:
        token = self._signed_in()
        try:
            return self._repository.server.change(method, body, token=token)
        except SwapRefused as error:
            raise Changed(
                f"it changed at this very moment, so nothing was done ({error})",
                exchange=error.exchange,
            ) from error

    def _signed_in(self) -> str:
        if self._token:
            return self._token
        me, password = self._repository.me, self._password
        if password is None:
            raise Misconfigured("the credential remover_app_password is missing")
        asked = {"identifier": me.did, "password": password}
        answer = self._repository.server.change("com.atproto.server.createSession", asked)
        tokens = [text(answer.body, name) for name in ("accessJwt", "refreshJwt")]
        self._http.mask(*(each for each in tokens if each))
        if text(answer.body, "did") != me.did or not tokens[0]:
            raise AuthFailed(
                "the app password belongs to another account", exchange=answer.exchange
            )
        self._token = tokens[0]
        return self._token


def _named(target: Target) -> Name:
    name = name_of(target.id)
    assert name is not None  # asked by _never
    return name


def _removed(
    target: Target,
    removal: Removal,
    exchange: str,
    statement: str,
    *,
    done: bool = True,
    already: bool = False,
    looked: tuple[str, ...] = (),
    compared: bool = False,
) -> Removed:
    return Removed(
        target=target,
        removal=removal,
        exchange=exchange,
        done=done,
        statement=f"{statement}; nothing was sent" if already else statement,
        already=already,
        looked=looked or (exchange,),
        compared=compared,
    )
