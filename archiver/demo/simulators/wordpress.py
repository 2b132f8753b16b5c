"""A WordPress site to test and demonstrate with: the REST API, the pages, the files.

Answers as WordPress 6 does: discovery through the `Link` header, application passwords,
contexts, `X-WP-Total`, paging by offset and by page, and its error bodies. Switches bend it
as real sites are bent: `strip_authorization`, `maintenance`, `php_noise`, `login_wall`,
`pretty_permalinks`, `link_header`, `show_totals`, `keep_order`, `ignore_offset`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime
from archiver.demo.simulators.wordpress_changes import (
    Caller,
    RestError,
    change_comment,
    change_post,
    editable,
)
from archiver.demo.simulators.wordpress_json import STATUSES, Json, Rendering
from archiver.demo.simulators.wordpress_world import Comment, Post, User, WordPressWorld

Listed = TypeVar("Listed", Post, Comment)
PHP_NOISE = (
    "<br />\n<b>Warning</b>:  Undefined array key 0 in <b>/srv/www/plug-in.php</b> on line "
    "<b>12</b><br />\n"
)


class WordPressSimulator(WordPressWorld):
    """Serves the world; see the module."""

    def __init__(self, time_: SimulatedTime | None = None) -> None:
        super().__init__(time_)
        self.strip_authorization = False
        self.maintenance = False
        self.php_noise = False
        self.login_wall = False
        self.pretty_permalinks = True
        self.show_totals = True
        self.keep_order = True  # False: a plug-in sorts as it likes
        self.link_header = True
        self.ignore_offset = False  # a cache before the site may know only part of the address

    def respond(self, request: Request) -> Response:
        response = self._respond(request)
        response.date = self.time.now()
        return response

    def _respond(self, request: Request) -> Response:
        if self.maintenance:
            page = "<!DOCTYPE html><p>Briefly unavailable for scheduled maintenance.</p>"
            return Response(page, 503, {"Retry-After": "600"}, mimetype="text/html")
        if self.login_wall:
            return Response("<h1>Forbidden</h1>", 403, mimetype="text/html")
        path = request.path
        if "rest_route" in request.args:
            return self._rest(request, request.args["rest_route"])
        if path.startswith("/wp-json") and self.pretty_permalinks:
            return self._rest(request, path.removeprefix("/wp-json"))
        if path.startswith("/wp-content/uploads/"):
            return self._file(path.removeprefix("/wp-content/uploads/"))
        return self._page(path.strip("/"))

    # -- pages and files ------------------------------------------------------------------

    def _page(self, slug: str) -> Response:
        posts = [p for p in self.posts.values() if p.status == "publish" and p.file is None]
        shown = [p for p in posts if slug in {"", p.slug}]
        blocks = "".join(f"<h1>{p.title}</h1>\n{p.content}\n" for p in reversed(shown))
        page = f"<!DOCTYPE html><title>{self.site_name}</title>\n{blocks}"
        response = Response(page, 200 if shown or not slug else 404, mimetype="text/html")
        if self.link_header:
            root = "/wp-json/" if self.pretty_permalinks else "/index.php?rest_route=/"
            response.headers["Link"] = f'<{self.url}{root}>; rel="https://api.w.org/"'
        return response

    def _file(self, path: str) -> Response:
        for post in self.posts.values():
            if post.file is not None and post.file.path == path:
                return Response(post.file.content, mimetype=post.file.mime)
        return Response("Not Found", 404, mimetype="text/html")

    # -- the REST API ---------------------------------------------------------------------

    def _rest(self, request: Request, route: str) -> Response:
        try:
            body, headers = self._answer(request, route.strip("/").split("/"))
        except RestError as error:
            return _json(error.body, status=error.status)
        if fields := request.args.get("_fields"):
            wanted = set(fields.split(","))
            body = (
                [_only(each, wanted) for each in body]
                if isinstance(body, list)
                else _only(body, wanted)
            )
        if not self.show_totals:
            headers = {}
        return _json(body, headers=headers, noise=PHP_NOISE if self.php_noise else "")

    def _answer(self, request: Request, parts: list[str]) -> tuple[object, Mapping[str, str]]:
        user = self._signed_in(request)
        edit = request.args.get("context") == "edit"
        embed = frozenset(request.args.get("_embed", "").split(","))
        rendering = Rendering(self, edit=edit, embed=embed)
        if parts == [""]:
            return self._index(), {}
        if parts[:2] != ["wp", "v2"]:
            raise _no_route()
        if edit and user is None:
            raise _not_signed_in(parts)
        if request.method not in {"GET", "HEAD"}:
            return self._changed(request, parts[2:], user), {}
        match parts[2:]:
            case ["types"]:
                return {name: rendering.type(name) for name in self.types}, {}
            case ["statuses"]:
                names = STATUSES if user is not None else ("publish",)
                return {name: rendering.status(name) for name in names}, {}
            case ["users", "me"] if user is not None:
                return rendering.user(user) | {"capabilities": _capabilities(user)}, {}
            case ["comments"]:
                return self._comment_list(request, rendering, user)
            case ["comments", number]:
                return rendering.comment(self._one_comment(_whole(number), user, edit=edit)), {}
            case [base] if base in self.types.values():
                return self._post_list(request, rendering, user, base)
            case [base, number] if base in self.types.values():
                return rendering.post(self._one_post(_whole(number), user, base, edit=edit)), {}
            case [base, number, "revisions"] if base in self.types.values():
                return self._revisions(request, rendering, user, self._of(base, _whole(number)))
        raise _no_route()

    def _changed(self, request: Request, parts: list[str], user: User | None) -> Json:
        given = request.get_json(silent=True) if request.is_json else None
        fields = given if isinstance(given, dict) else {}
        force = request.args.get("force") == "true"
        match parts:
            case ["comments", number]:
                return change_comment(
                    self,
                    self._one_comment(_whole(number), user),
                    user,
                    request.method,
                    force=force,
                    fields=fields,
                    caller=Caller(request.remote_addr or "", request.user_agent.string),
                )
            case [base, number] if base in self.types.values():
                post = self._of(base, _whole(number))
                return change_post(self, post, user, request.method, force=force, fields=fields)
        raise _no_route()

    def _index(self) -> Json:
        authorization = f"{self.url}/wp-admin/authorize-application.php"
        return {
            "name": self.site_name,
            "description": self.tagline,
            "url": self.url,
            "home": self.url,
            "gmt_offset": self.utc_offset.total_seconds() / 3600,
            "timezone_string": "",
            "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": {
                "application-passwords": {"endpoints": {"authorization": authorization}}
            },
            "site_logo": 0,
            "site_icon_url": "",
        }

    def _signed_in(self, request: Request) -> User | None:
        given = request.authorization
        if given is None or given.type != "basic" or self.strip_authorization:
            return None
        user = self.users.get(given.username or "")
        if user is None or not user.application_password:
            raise RestError(401, "invalid_username", "Unknown username.")
        wanted = user.application_password.replace(" ", "")
        if (given.password or "").replace(" ", "") != wanted:
            message = "The provided password is an invalid application password."
            raise RestError(401, "incorrect_password", message)
        return user

    def _post_list(
        self, request: Request, rendering: Rendering, user: User | None, base: str
    ) -> tuple[object, Mapping[str, str]]:
        args = request.args
        default = "inherit" if base == "media" else "publish"
        states = set(args.get("status", default).split(","))
        if user is None and states != {default}:
            problem = {"status": "Status is forbidden."}
            raise RestError(
                400, "rest_invalid_param", "Invalid parameter(s): status", params=problem
            )
        found = [
            post
            for post in self.posts.values()
            if self.types[post.type] == base
            and post.status in states
            and _included(post.id, args)
            and _later(post.date, args.get("after"))
            and _later(post.modified, args.get("modified_after"))
        ]
        page, headers = self._cut(found, args)
        return [rendering.post(post) for post in page], headers

    def _comment_list(
        self, request: Request, rendering: Rendering, user: User | None
    ) -> tuple[object, Mapping[str, str]]:
        args = request.args
        status = args.get("status", "approve")
        if user is None and (status != "approve" or args.get("type", "comment") != "comment"):
            raise RestError(401, "rest_forbidden_param", "Query parameter not permitted: status")
        states = {"approve": {"approved"}, "all": {"approved", "hold"}}.get(status, {status})
        found = [
            comment
            for comment in self.comments.values()
            if (status == "any" or comment.status in states)
            and _included(comment.id, args)
            and ("parent" not in args or str(comment.parent) in args["parent"].split(","))
            and _later(comment.date, args.get("after"))
        ]
        page, headers = self._cut(found, args)
        return [rendering.comment(each) for each in page if self._readable(each, user)], headers

    def _cut(
        self, found: list[Listed], args: Mapping[str, str]
    ) -> tuple[list[Listed], Mapping[str, str]]:
        per_page, page = int(args.get("per_page", "10")), int(args.get("page", "1"))
        if not 1 <= per_page <= 100:
            problem = {"per_page": "per_page must be between 1 (inclusive) and 100 (inclusive)"}
            raise RestError(
                400, "rest_invalid_param", "Invalid parameter(s): per_page", params=problem
            )
        order = (lambda e: e.id) if args.get("orderby") == "id" else (lambda e: (e.date, e.id))
        found.sort(key=order, reverse=args.get("order", "desc") == "desc")
        if not self.keep_order:
            found.sort(key=lambda e: (e.id % 3, e.id))
        total, pages = len(found), -(-len(found) // per_page)
        if page > max(pages, 1):
            message = "The page number requested is larger than the number of pages available."
            raise RestError(400, "rest_post_invalid_page_number", message)
        start = int(args.get("offset", (page - 1) * per_page))
        if self.ignore_offset:
            start = 0
        if start >= total and not any(isinstance(each, Comment) for each in found):
            total = pages = 0  # past its end, WordPress does not count a list of posts
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        return found[start : start + per_page], headers

    def _revisions(
        self, request: Request, rendering: Rendering, user: User | None, post: Post
    ) -> tuple[object, Mapping[str, str]]:
        if user is None:
            message = "Sorry, you are not allowed to view revisions of this post."
            raise RestError(401, "rest_cannot_read", message)
        per_page, page = int(request.args.get("per_page", "10")), int(request.args.get("page", "1"))
        total = len(post.revisions)
        shown = post.revisions[(page - 1) * per_page : page * per_page]
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(-(-total // per_page))}
        return [rendering.revision(post, each) for each in shown], headers

    def _of(self, base: str, number: int) -> Post:
        post = self.posts.get(number)
        if post is None or self.types[post.type] != base:
            raise RestError(404, "rest_post_invalid_id", "Invalid post ID.")
        return post

    def _one_post(self, number: int, user: User | None, base: str, *, edit: bool) -> Post:
        post = self._of(base, number)
        if edit:
            editable(post, user, code="rest_forbidden_context", doing="edit")
        if user is None and post.status not in {"publish", "inherit"}:
            raise RestError(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
        return post

    def _one_comment(self, number: int, user: User | None, *, edit: bool = False) -> Comment:
        comment = self.comments.get(number)
        if comment is None:
            raise RestError(404, "rest_comment_invalid_id", "Invalid comment ID.")
        if not self._readable(comment, user):
            message = "Sorry, you are not allowed to read this comment."
            raise RestError(401, "rest_cannot_read", message)
        if edit:
            editable(comment, user, code="rest_forbidden_context", doing="edit")
        return comment

    def _readable(self, comment: Comment, user: User | None) -> bool:
        post = self.posts[comment.post]
        public = post.status == "publish" and not post.password and comment.status == "approved"
        return public or user is not None


def _json(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None, noise: str = ""
) -> Response:
    response = Response(noise + json.dumps(body), status, mimetype="application/json")
    response.headers.update(headers or {})
    return response


def _only(body: object, wanted: Iterable[str]) -> object:
    if not isinstance(body, dict):
        return body
    return {name: body[name] for name in wanted if name in body}


def _no_route() -> RestError:
    message = "No route was found matching the URL and request method."
    return RestError(404, "rest_no_route", message)


def _not_signed_in(parts: list[str]) -> RestError:
    if parts[2:] == ["users", "me"]:
        return RestError(401, "rest_not_logged_in", "You are not currently logged in.")
    return RestError(401, "rest_forbidden_context", "Sorry, you are not allowed to edit this.")


def _whole(given: str) -> int:
    if not given.isdecimal():
        raise _no_route()
    return int(given)


def _included(number: int, args: Mapping[str, str]) -> bool:
    return "include" not in args or str(number) in args["include"].split(",")


def _later(when: datetime, given: str | None) -> bool:
    if given is None:
        return True
    limit = datetime.fromisoformat(given)
    return when > (limit.replace(tzinfo=UTC) if limit.tzinfo is None else limit)


def _capabilities(user: User) -> dict[str, bool]:
    if user.role not in {"administrator", "editor"}:
        return {"read": True, "edit_posts": True}
    rights = ("edit_posts", "edit_others_posts", "read_private_posts", "edit_others_pages")
    return dict.fromkeys((*rights, "moderate_comments", "read"), True)
