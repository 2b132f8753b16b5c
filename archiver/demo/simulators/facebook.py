"""A Facebook Page behind the Graph API v26.0: stateful, strict about tokens, fields and limits.

Usage:
    facebook = FacebookSimulator()
    loopback.serve(facebook)
    post = facebook.page.publish("Road closed")
The account's address is `facebook.page_id`, its token `facebook.token`, its option `api` the
served address.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.facebook_changes import GraphFault, changed, missing
from archiver.demo.simulators.facebook_fields import (
    BadSyntaxError,
    Node,
    NoSuchFieldError,
    parse,
    project,
)
from archiver.demo.simulators.facebook_nodes import Nodes, Row, signature
from archiver.demo.simulators.facebook_world import PAGE_ID, PageWorld, Post

VERSION = "v26.0"
SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
)
CHANGING = ("pages_manage_posts", "pages_manage_engagement")
_LISTS = {
    "published_posts": ("published_posts",),
    "visitor_posts": ("visitor_posts",),
    "tagged": ("tagged",),
    "scheduled_posts": ("scheduled_posts",),
    "feed": ("published_posts", "visitor_posts", "tagged"),
}
_DEFAULT = "id,message,created_time"


class FacebookSimulator(Simulator):
    """One Page on the Graph API. Change `scopes`, `usage`, `token_fault` ... to provoke.

    `remover_token` is a second token of the same Page, with `remover_scopes`.
    """

    name = "facebook"
    page_id = PAGE_ID

    def __init__(
        self,
        time_: SimulatedTime | None = None,
        *,
        token: str = "EAABsimulatedPageToken0001",  # noqa: S107 - of a simulated Page
        app_secret: str = "",
    ) -> None:
        super().__init__(time_)
        self.page = PageWorld(self.time, self.lock)
        self.token = token
        self.app_secret = app_secret  # when set, every call must prove it
        self.scopes = set(SCOPES)
        self.remover_token = "EAABsimulatedPageToken0002"  # noqa: S105 - of a simulated Page
        self.remover_scopes = {*SCOPES, *CHANGING}
        self._granted = self.scopes  # of the token of the present request
        self.expires_at = 0  # epoch seconds; 0 is never
        self.unseen: set[str] = set()  # ids the token may no longer see
        self.page_closed = False
        self.usage = 10  # percent of the call allowance
        self.regain_minutes = 0
        self.most_at_once = 100  # posts; above, the Graph asks to reduce the amount
        self.answered_version = VERSION
        self.token_fault: GraphFault | None = None

    def expire_token(self) -> None:
        """From now on the token counts as expired."""
        self.token_fault = GraphFault(
            "Error validating access token: Session has expired on Tuesday.", 190, 463, status=401
        )

    def respond(self, request: Request) -> Response:
        """Answer as the Graph, or as the CDN for paths under /media."""
        if request.path.startswith("/media/"):
            return self._media(request)
        try:
            body, status = self._graph(request), 200
        except GraphFault as fault:
            body, status = _error(fault), fault.status
        response = Response(json.dumps(body), status, content_type="application/json")
        flat = {"call_count": self.usage, "total_time": 5, "total_cputime": 5}
        business = {
            **flat,
            "type": "pages",
            "estimated_time_to_regain_access": self.regain_minutes,
        }
        response.headers["X-App-Usage"] = json.dumps(flat)
        response.headers["X-Business-Use-Case-Usage"] = json.dumps({"77": [business]})
        response.headers["facebook-api-version"] = self.answered_version
        return response

    def _graph(self, request: Request) -> dict[str, object]:
        args = {**request.args.to_dict(), **request.form.to_dict()}
        self._authorise(request, args)
        parts = [part for part in request.path.split("/") if part]
        if not parts or not parts[0].startswith("v"):
            raise GraphFault("Unknown path components", 2500)
        nodes = Nodes(
            self.page,
            base=self.url,
            version=VERSION,
            token=self.token,
            now=int(self.time.now().timestamp()),
        )
        try:
            if request.method != "GET":
                return self._changed(request.method, parts[1:], args)
            return self._route(parts[1:], args, nodes)
        except NoSuchFieldError as error:
            raise GraphFault(f"(#100) Tried accessing nonexisting field ({error})", 100) from None
        except BadSyntaxError as error:
            raise GraphFault(f"Syntax error in the field list: {error}", 2500) from None
        except (binascii.Error, UnicodeDecodeError):
            raise GraphFault("(#100) Invalid paging cursor", 100) from None

    def _route(self, path: list[str], args: Mapping[str, str], nodes: Nodes) -> dict[str, object]:
        fields = parse(args.get("fields", _DEFAULT))
        if path == ["debug_token"]:
            return self._debug_token(args)
        if not path:
            ids = [each for each in args.get("ids", "").split(",") if each]
            return {each: project(self._node(each, nodes), fields) for each in ids}
        node = self._node(path[0], nodes)
        if len(path) == 1:
            default = parse("id,name") if "name" in node and "fields" not in args else fields
            return project(node, default)
        rows = self._rows(str(node["id"]), path[1], args, nodes)
        answer = nodes.edge(rows, fields, args, "/".join(path))
        if args.get("summary"):
            answer["summary"] = {"total_count": len(rows)}
        return answer

    def _node(self, node_id: str, nodes: Nodes) -> Node:
        page = node_id in (PAGE_ID, "me", str(self.page.profile["username"]))
        if page and not self.page_closed and (node_id == "me" or PAGE_ID not in self.unseen):
            return nodes.page()
        if not page and node_id not in self.unseen:
            post = self.page.posts.get(node_id)
            if post is not None:
                return nodes.post(post)
            comment = self.page.find_comment(node_id)
            if comment is not None:
                return nodes.comment(comment, self.page.posts[comment.post_id])
            file = self.page.files().get(node_id)
            if file is not None:
                return nodes.file(file)
        raise missing(node_id, "get")

    def _rows(self, node_id: str, edge: str, args: Mapping[str, str], nodes: Nodes) -> list[Row]:
        if node_id == PAGE_ID and edge in _LISTS:
            if edge != "scheduled_posts":
                self._need("pages_read_engagement")
            if edge in ("visitor_posts", "tagged"):
                self._need("pages_read_user_content")
            self._check_limit(args)
            rows = nodes.post_rows(_LISTS[edge], hidden=args.get("include_hidden") == "true")
            return [row for row in rows if row.node["id"] not in self.unseen]
        post = self.page.posts.get(node_id)
        if post is not None and edge == "attachments":
            return nodes.attachment_rows(post)
        if edge == "comments":
            return self._comments(node_id, post, args, nodes)
        raise GraphFault(f"(#100) Tried accessing nonexisting field ({edge})", 100)

    def _comments(
        self, node_id: str, post: Post | None, args: Mapping[str, str], nodes: Nodes
    ) -> list[Row]:
        self._need("pages_read_user_content")
        if post is not None:
            rows = nodes.comment_rows(post, args)
        else:
            comment = self.page.find_comment(node_id)
            assert comment is not None  # the node was found before its edge is asked
            rows = nodes.comment_rows(self.page.posts[comment.post_id], args, under=node_id)
        return [row for row in rows if row.node["id"] not in self.unseen]

    def _need(self, scope: str) -> None:
        if scope not in self._granted:
            raise GraphFault(
                f"(#10) This endpoint requires the '{scope}' permission or the 'Page Public "
                "Content Access' feature.",
                10,
                status=403,
            )

    def _check_limit(self, args: Mapping[str, str]) -> None:
        limit = int(args.get("limit", "25"))
        if limit > 100:
            raise GraphFault("(#100) The limit is too high", 100)
        if limit > self.most_at_once:
            raise GraphFault(
                "Please reduce the amount of data you're asking for, then retry your request",
                1,
                status=500,
            )

    def _authorise(self, request: Request, args: dict[str, str]) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = args.pop("access_token", given)
        proof = args.pop("appsecret_proof", "")
        if not given:
            raise GraphFault("An access token is required to request this resource.", 104)
        if given not in (self.token, self.remover_token):
            raise GraphFault(f"Malformed access token {given}", 190, status=401)
        self._granted = self.scopes if given == self.token else self.remover_scopes
        if self.token_fault is not None:
            raise self.token_fault
        if self.app_secret:
            right = hmac.new(self.app_secret.encode(), given.encode(), hashlib.sha256).hexdigest()
            if proof != right:
                what = "Invalid appsecret_proof provided in the API argument"
                missing = "API calls from the server require an appsecret_proof argument"
                raise GraphFault(what if proof else missing, 100, kind="GraphMethodException")
        if self.usage >= 100:
            raise GraphFault(
                "There have been too many calls to this Page account. Wait a bit and try again.",
                80001,
                status=403,
            )

    def _changed(self, method: str, path: list[str], args: Mapping[str, str]) -> dict[str, object]:
        if len(path) != 1 or path[0] in self.unseen:
            raise missing(path[0] if path else "", method.lower())
        return changed(self.page, method, path[0], args, self._need)

    def _debug_token(self, args: Mapping[str, str]) -> dict[str, object]:
        known = args.get("input_token") == self.token
        data: dict[str, object] = {"is_valid": known, "scopes": sorted(self.scopes)}
        if known:
            data |= {
                "app_id": "5550001",
                "type": "PAGE",
                "application": "Springfield Records",
                "expires_at": self.expires_at,
                "data_access_expires_at": 0,
                "profile_id": PAGE_ID,
                "user_id": "5001",
            }
        return {"data": data}

    def _media(self, request: Request) -> Response:
        """The CDN: whoever has an address that has not expired gets the bytes."""
        name = request.path.rpartition("/")[2]
        expires = int(request.args.get("oe", "0"), 16)
        valid = hmac.compare_digest(request.args.get("oh", ""), signature(name, expires))
        if not valid or expires < self.time.now().timestamp():
            return Response("URL signature expired", 403, content_type="text/plain")
        file = self.page.files().get(name.partition("_")[0])
        if file is None:
            return Response("Content not found", 404, content_type="text/plain")
        return Response(file.content, content_type=file.mime)


def _error(fault: GraphFault) -> dict[str, object]:
    error: dict[str, object] = {
        "message": fault.message,
        "type": fault.kind,
        "code": fault.code,
        "fbtrace_id": "Asimulated1",
    }
    if fault.subcode is not None:
        error["error_subcode"] = fault.subcode
    return {"error": error}
