"""Deletes and hides on a WordPress site, one thing at a time, with a reading before and after.

| what                         | call                                          | then it is      |
|------------------------------|-----------------------------------------------|-----------------|
| delete                       | DELETE /{type}/{id}, /comments/{id}           | in the trash    |
| delete, delete_for_good=yes  | the same with ?force=true                     | gone            |
| hide a post                  | POST status=private (or draft)                | seen by editors |
| hide a comment               | POST status=hold (or spam; trash: as delete)  | seen by editors |
| show again                   | POST status=publish, status=approve           | public          |

Changing a comment's status by POST, WordPress also notes the caller's IP address and user agent
as its author's (WP_REST_Comments_Controller::prepare_item_for_database). The author's own are
therefore sent along as they were read, or the change would destroy them.

A file in the media library has no trash and no way to be hidden: its address works whatever
its status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from connectors.base import Account, Credentials, Item, Kind, Target
from connectors.errors import (
    Misconfigured,
    Permanent,
    PermissionLost,
    Transient,
    Unsettled,
)
from connectors.recorded_http import Http, exchange_of
from connectors.removals import Compare, Removable, Removal, Removed, Whose, compared
from connectors.wordpress.items import comment_item, media_item, post_item
from connectors.wordpress.lookups import NOT_THERE
from connectors.wordpress.refusals import Refusal, error_of, refusal_of
from connectors.wordpress.shapes import Row, mapping, text
from connectors.wordpress.site import Site, read
from connectors.wordpress.sources import EMBED, sources_of
from connectors.writing import looked_after, written

_POSTS = frozenset({Kind.POST, Kind.PAGE})
_COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})
_FILES = frozenset({Kind.MEDIA})
_IN_TRASH = frozenset({"trash", "post-trashed"})
_SHOWN = {False: "publish", True: "approved"}  # of posts, of comments
_ORIGIN = ("author_ip", "author_user_agent")
_PUBLISHED_LATER = "future"
_ANYBODY = frozenset({Whose.OWN, Whose.PUBLIC})

REMOVALS = (
    Removable(
        removal=Removal.DELETE,
        kinds=_POSTS | _COMMENTS | _FILES,
        whose=_ANYBODY,
        means="into the site's trash, which WordPress empties after 30 days; for good with the "
        "option delete_for_good, and files only so; a post with all its comments",
        along=_COMMENTS,
    ),
    Removable(
        removal=Removal.HIDE,
        kinds=_POSTS | _COMMENTS,
        whose=_ANYBODY,
        means="seen by the site's editors only: a post as private or draft, a comment as held, "
        "spam or in the trash",
    ),
    Removable(
        removal=Removal.UNHIDE,
        kinds=_POSTS | _COMMENTS,
        whose=_ANYBODY,
        means="published, approved",
    ),
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """Where the target is and in which status; `gone` quotes WordPress when it is not there."""

    route: str
    status: str
    exchange: str
    gone: str = ""
    origin: Mapping[str, str] = field(default_factory=dict)  # of a comment
    row: Row = field(default_factory=dict)


class SiteRemover:
    """Removes what stands on one site, signed in with the credentials for removals."""

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        self._account = account
        self._http = http
        self._credentials = credentials.removing()
        self._signed = credentials.reading().get("application_password") is not None
        self._for_good = _one_of(account, "delete_for_good", ("no", "yes")) == "yes"
        self._hidden_post = _one_of(account, "hide_posts_as", ("private", "draft"))
        self._hidden_comment = _one_of(account, "hide_comments_as", ("hold", "spam", "trash"))
        self._made: Site | None = None

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty, or why the site would not do it."""
        why = self._never(target, removal)
        if why:
            return why
        try:
            return _refusal(self._see(target), target, removal)
        except PermissionLost as error:
            return str(error)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it once.

        Raises: Permanent when the site would not do it, Changed by what `compare` says,
            Unsettled when it may have been done.
        """
        why = self._never(target, removal)
        if why:
            raise Permanent(why)
        before = self._see(target)
        already = self._already(before, target, removal)
        if already:
            return _so_before(before, target, removal, already)
        why = _refusal(before, target, removal)
        if why:
            raise Permanent(why, exchange=before.exchange)
        # Signed out, the archive has the printed text, and here is the written one.
        same = self._signed and compared(_item(before, target), compare)
        exchange, said = self._send(before, target, removal)
        with looked_after(f"the removal of {target.kind} {target.id}", exchange=exchange):
            after = self._see(target, route=before.route)
        state = self._already(after, target, removal)
        return Removed(
            target=target,
            removal=removal,
            exchange=exchange,
            done=bool(state),
            statement=f"WordPress answered {said}; read again, it is "
            + (state or f'"{after.status}", and so not what was asked for'),
            looked=(before.exchange, after.exchange),
            compared=same,
        )

    def _send(self, before: _Sight, target: Target, removal: Removal) -> tuple[str, str]:
        """The exchange and WordPress's words."""
        site = self._site()
        status = self._status(target, removal)
        if removal is Removal.DELETE:
            force = {"force": "true"} if self._for_good else {}
            response = site.change("DELETE", before.route, params=force)
        elif status == "trash":
            # By POST, a site whose trash is switched off would delete it for good.
            response = site.change("DELETE", before.route)
        else:
            fields = {"status": status, **before.origin}
            response = site.change("POST", before.route, fields=fields)
        where = f"{site.address} {before.route}"
        refusal = refusal_of(response)
        if response.status_code == 410 and refusal.code == "rest_already_trashed":
            return exchange_of(response), str(refusal)
        if response.status_code not in {200, 201}:
            raise _fault(response, refusal, where, target)
        with written(f"{removal} {before.route}"):
            body = mapping(read(response, where).body)
        deleted = "deleted" if body.get("deleted") is True else ""
        status = text(body, "status")
        return exchange_of(response), deleted or f'status "{status}"'

    def _status(self, target: Target, removal: Removal) -> str:
        if removal is Removal.UNHIDE:
            return "approve" if target.kind in _COMMENTS else "publish"
        return self._hidden_comment if target.kind in _COMMENTS else self._hidden_post

    def _already(self, seen: _Sight, target: Target, removal: Removal) -> str:
        """In words, the state that was asked for, when it is in that state; else empty."""
        shown = _SHOWN[target.kind in _COMMENTS]
        if seen.gone:
            return f"not there ({seen.gone})" if removal is Removal.DELETE else ""
        if removal is Removal.DELETE:
            trashed = seen.status in _IN_TRASH and not self._for_good
            return "in the trash" if trashed else ""
        visible = seen.status == shown
        if removal is Removal.UNHIDE:
            return "visible to everybody" if visible else ""
        waits = seen.status == _PUBLISHED_LATER  # not visible yet, but soon
        return "" if visible or waits else f'not public (status "{seen.status}")'

    def _see(self, target: Target, *, route: str = "") -> _Sight:
        """Ask each list that could hold it for all of it, or only `route`, for its status.

        Raises: PermissionLost when this user may not edit it.
        """
        site = self._site()
        found: _Sight | None = None
        part = {"_fields": "id,status"} if route else {"_embed": EMBED}
        for each in [route] if route else self._routes(target):
            with _answered(each):
                response = site.send(each, {"context": "edit", **part})
            where = f"{site.address} {each}"
            if response.status_code == 200:
                answer = read(response, where)
                row = mapping(answer.body)
                origin = {name: text(row, name) for name in _ORIGIN if text(row, name)}
                status = text(row, "status")
                return _Sight(each, status, answer.exchange, origin=origin, row=row)
            refusal = refusal_of(response)
            if refusal.status != 404 or refusal.code not in NOT_THERE:
                raise _fault(response, refusal, where, target)
            found = found or _Sight(each, "", exchange_of(response), gone=str(refusal))
        if found is None:
            raise Permanent(f"{site.address} has no list that could hold a {target.kind}")
        return found

    def _routes(self, target: Target) -> Iterator[str]:
        with _answered("the site's content types"):
            sources = sources_of(self._site(), self._account.option("types"))
        family = next(group for group in (_COMMENTS, _FILES, _POSTS) if target.kind in group)
        fitting = [source for source in sources if source.kinds <= family]
        for source in sorted(fitting, key=lambda source: target.kind not in source.kinds):
            yield f"{source.route}/{target.id}"

    def _never(self, target: Target, removal: Removal) -> str:
        """Why it is out of the question, whatever state the thing is in."""
        if target.kind not in _POSTS | _COMMENTS | _FILES or not target.id.isdecimal():
            return (
                f"WordPress's API has no way to delete or hide the {target.kind} {target.id}; "
                "change it in the site's administration"
            )
        if target.kind in _FILES and removal is not Removal.DELETE:
            return (
                "WordPress cannot hide a file: its address works whatever its status; "
                "delete it instead"
            )
        if target.kind in _FILES and not self._for_good:
            return (
                "WordPress keeps no trash for files, so they can only be deleted for good; set "
                "the option delete_for_good=yes to allow that"
            )
        if self._credentials.get("application_password") is None:
            return (
                "changing the site takes the credentials remover_user and "
                "remover_application_password (or user and application_password)"
            )
        return ""

    def _site(self) -> Site:
        if self._made is None:
            self._made = Site(self._account, self._http, self._credentials)
        return self._made


def _item(seen: _Sight, target: Target) -> Item:
    """What the site shows, as a walk would have it."""
    if target.kind in _COMMENTS:
        return comment_item(seen.row, seen.exchange)
    if target.kind in _FILES:
        return media_item(seen.row, seen.exchange)
    return post_item(seen.row, seen.exchange, kind=target.kind)


@contextmanager
def _answered(what: str) -> Iterator[None]:
    """A reading that fails is no change that fails: nothing is unsettled by it."""
    try:
        yield
    except requests.RequestException as error:
        raise Transient(f"no proper answer about {what}: {error}") from error


def _refusal(seen: _Sight, target: Target, removal: Removal) -> str:
    """Why a thing in this state cannot be removed so."""
    if seen.gone:
        return f"the site does not have it ({seen.gone}): there is nothing to {removal}"
    if removal is Removal.UNHIDE and seen.status == "post-trashed":
        return "the comment went into the trash with its post; restore the post in WordPress"
    if removal is Removal.UNHIDE and target.kind in _POSTS:
        if seen.status == "trash":
            return "the post is in the trash; restore it in WordPress, which makes it a draft"
        if seen.status == _PUBLISHED_LATER:
            return "the post is not hidden but planned for later; publish it in WordPress"
    return ""


def _fault(response: requests.Response, refusal: Refusal, where: str, target: Target) -> Exception:
    """What a refused change or reading means. A fault of the server leaves a change open."""
    exchange = exchange_of(response)
    if refusal.code == "rest_trash_not_supported":
        return Permanent(
            f"{where}: {refusal}: the site has its trash switched off, so that it can only be "
            "deleted for good; set the option delete_for_good=yes to allow that",
            exchange=exchange,
        )
    error = error_of(response, where, signed=True)
    if isinstance(error, PermissionLost):
        right = "moderate_comments" if target.kind in _COMMENTS else "delete_others_posts"
        return PermissionLost(
            f"{error}. The user of the removals needs the role Editor (capability {right})",
            exchange=exchange,
        )
    if response.status_code >= 500 and response.request.method != "GET":
        return Unsettled(f"{error}; the change may have been made, look it up", exchange=exchange)
    return error


def _so_before(seen: _Sight, target: Target, removal: Removal, state: str) -> Removed:
    return Removed(
        target=target,
        removal=removal,
        exchange=seen.exchange,
        done=True,
        statement=f"it was {state} already; nothing was sent",
        already=True,
        looked=(seen.exchange,),
    )


def _one_of(account: Account, option: str, allowed: tuple[str, ...]) -> str:
    given = account.option(option, allowed[0])
    if given not in allowed:
        raise Misconfigured(
            f'{account.slug}: {option} is "{given}", but must be {" or ".join(allowed)}'
        )
    return given
