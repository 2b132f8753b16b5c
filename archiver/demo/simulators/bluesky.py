"""Bluesky to test and demonstrate with: the directory of DIDs, a PDS and an app view in one.

Usage:
    sky = BlueskySimulator()
    loopback.serve(sky)
    post = sky.publish("Road closed")
    sky.reply(post, "Which road?", by="lisa")
The account's address is `sky.handle`; the options `appview` and `plc` are the served address.
Switches: `index` False keeps the app view from learning of anything new; `unseen` are posts that
it does not show; an account's `status` closes it; `limited` makes every answer a 429.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.bluesky_repo import Json, Repo, cid_of, cid_text, tid

POST, REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"
PROFILE, GATE = "app.bsky.actor.profile", "app.bsky.feed.threadgate"
_WORDS = {"deactivated": "RepoDeactivated", "takendown": "RepoTakendown"}


class XrpcError(Exception):
    """An answer that the server gives instead of data."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.name, self.message, self.status = name, message, status


@dataclass
class Person:
    """An account of the simulated network. `status` empty: it is active."""

    did: str
    handle: str
    repo: Repo
    status: str = ""
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)


class BlueskySimulator(Simulator):
    """Serves the network; see the module."""

    name = "bluesky"
    handle = "police.springfield.example"
    app_password = "abcd-efgh-ijkl-mnop"  # noqa: S105 - of a simulated account

    def __init__(self, time_: SimulatedTime | None = None) -> None:
        super().__init__(time_)
        self.people: dict[str, Person] = {}
        self._number = 0
        self.agency = self.who(self.handle)
        self.index = True
        self.unseen: set[str] = set()
        self.labels: dict[str, list[str]] = {}
        self.limited = False
        self._views: dict[str, Json] = {}

    # -- the world --------------------------------------------------------------------------

    def who(self, handle: str) -> Person:
        """The account with this handle; a bare name is one of the public's."""
        full = handle if "." in handle else f"{handle}.bsky.example"
        for person in self.people.values():
            if person.handle == full:
                return person
        did = f"did:plc:{'abcdefghijklmnopqrstuvwxyz234567'[len(self.people)] * 24}"
        self.people[did] = Person(did, full, Repo(did))
        self.people[did].repo.commit(self._tid())
        return self.people[did]

    def publish(self, text: str, *, by: str = "", **more: object) -> str:
        """A post; `more` are further fields of the record. Returns its address."""
        record = {"$type": POST, "text": text, "createdAt": self._now(), **more}
        return self.put(POST, record, by=by)

    def reply(self, parent: str, text: str, *, by: str = "", **more: object) -> str:
        """A reply to a post or reply."""
        above = self.record(parent)
        root = above["reply"]["root"] if isinstance(above.get("reply"), dict) else None  # type: ignore[index]
        strong = self.strong(parent)
        return self.publish(text, by=by, reply={"root": root or strong, "parent": strong}, **more)

    def repost(self, subject: str, *, by: str = "") -> str:
        """A repost."""
        record: Json = {"$type": REPOST, "subject": self.strong(subject)}
        record["createdAt"] = self._now()
        return self.put(REPOST, record, by=by)

    def put(self, collection: str, record: Json, *, key: str = "", by: str = "") -> str:
        """Write a record, or replace the one with this key."""
        person = self.who(by or self.handle)
        key = key or self._tid()
        person.repo.records[f"{collection}/{key}"] = record
        person.repo.commit(self._tid())
        self._learn()
        return f"at://{person.did}/{collection}/{key}"

    def edit(self, uri: str, **changed: object) -> None:
        """Replace fields of a record: its address stays, its hash changes."""
        did, collection, key = uri.removeprefix("at://").split("/")
        record = {**self.record(uri), **changed}
        self.put(collection, record, key=key, by=self.people[did].handle)

    def delete(self, uri: str) -> None:
        """Take a record away."""
        did, path = _split(uri)
        del self.people[did].repo.records[path]
        self.people[did].repo.commit(self._tid())
        self._learn()

    def gate(self, post: str, *hidden: str) -> None:
        """Set the reply rules of an own thread."""
        rules: Json = {"$type": GATE, "post": post, "createdAt": self._now()}
        self.put(GATE, {**rules, "hiddenReplies": list(hidden)}, key=post.rpartition("/")[2])

    def file(self, content: bytes, mime: str, *, by: str = "") -> Json:
        """Put a file up; returns how a record refers to it."""
        cid = cid_text(cid_of(content, 0x55))
        self.who(by or self.handle).files[cid] = content, mime
        return {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": len(content)}

    def record(self, uri: str) -> Json:
        """A record as it is now."""
        did, path = _split(uri)
        return self.people[did].repo.records[path]

    def strong(self, uri: str) -> Json:
        """A reference to a record as it is now."""
        did, path = _split(uri)
        return {"uri": uri, "cid": self.people[did].repo.cid(path)}

    def hidden(self, post: str) -> list[str]:
        """The replies that the rules of a thread hide."""
        path = f"{GATE}/{post.rpartition('/')[2]}"
        found = self.agency.repo.records.get(path, {}).get("hiddenReplies", [])
        assert isinstance(found, list)
        return found

    def _now(self) -> str:
        return self.time.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _tid(self) -> str:
        self._number += 1
        return tid(self.time.now(), self._number % 1024)

    def _learn(self) -> None:
        """The app view indexes what there is."""
        if not self.index:
            return
        self._views = {
            f"at://{person.did}/{path}": {"cid": person.repo.cid(path), **record}
            for person in self.people.values()
            for path, record in person.repo.records.items()
        }

    # -- the servers ------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        if self.limited:
            error = XrpcError("RateLimitExceeded", "Rate Limit Exceeded", 429)
            reset = str(int(self.time.now().timestamp()) + 120)
            headers = {"ratelimit-limit": "3000", "ratelimit-remaining": "0"}
            return _error(error, {**headers, "ratelimit-reset": reset})
        if request.path.startswith("/did:"):
            return self._document(request.path[1:])
        method = request.path.removeprefix("/xrpc/")
        answer = self._methods().get((request.method, method))
        try:
            if answer is None:
                raise XrpcError("MethodNotImplemented", "Method Not Implemented", 501)
            return answer(request)
        except XrpcError as error:
            return _error(error)

    def _methods(self) -> Mapping[tuple[str, str], Callable[[Request], Response]]:
        get, post = "GET", "POST"
        return {
            (get, "com.atproto.identity.resolveHandle"): self._resolve,
            (get, "com.atproto.sync.getLatestCommit"): self._latest,
            (get, "com.atproto.sync.getRepoStatus"): self._status,
            (get, "com.atproto.sync.getRepo"): self._export,
            (get, "com.atproto.sync.getBlob"): self._blob,
            (get, "com.atproto.repo.listRecords"): self._list,
            (get, "com.atproto.repo.getRecord"): self._get,
            (post, "com.atproto.server.createSession"): self._session,
            (post, "com.atproto.repo.deleteRecord"): self._delete,
            (post, "com.atproto.repo.putRecord"): self._put,
            (get, "app.bsky.feed.getPosts"): self._posts,
            (get, "app.bsky.feed.getPostThread"): self._thread,
        }

    def _document(self, did: str) -> Response:
        person = self.people.get(did)
        if person is None:
            return _json({"message": f"DID not registered: {did}"}, 404)
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
                   "serviceEndpoint": self.url}  # fmt: skip
        return _json({"id": did, "alsoKnownAs": [f"at://{person.handle}"], "service": [service]})

    def _resolve(self, request: Request) -> Response:
        for person in self.people.values():
            if person.handle == request.args.get("handle"):
                return _json({"did": person.did})
        raise XrpcError("InvalidRequest", "Unable to resolve handle")

    def _open(self, did: str) -> Person:
        person = self.people.get(did)
        if person is None:
            raise XrpcError("RepoNotFound", f"Could not find repo for DID: {did}")
        if person.status:
            raise XrpcError(_WORDS[person.status], f"Repo has been {person.status}: {did}")
        return person

    def _latest(self, request: Request) -> Response:
        repo = self._open(request.args["did"]).repo
        return _json({"cid": cid_text(repo.head), "rev": repo.rev})

    def _status(self, request: Request) -> Response:
        person = self.people.get(request.args["did"])
        if person is None:
            raise XrpcError("RepoNotFound", f"Could not find repo for DID: {request.args['did']}")
        if person.status:
            return _json({"did": person.did, "active": False, "status": person.status})
        return _json({"did": person.did, "active": True, "rev": person.repo.rev})

    def _export(self, request: Request) -> Response:
        repo = self._open(request.args["did"]).repo
        data = repo.export(request.args.get("since", ""))
        return Response(data, mimetype="application/vnd.ipld.car")

    def _blob(self, request: Request) -> Response:
        found = self._open(request.args["did"]).files.get(request.args["cid"])
        if found is None:
            raise XrpcError("BlobNotFound", "Blob not found")
        return Response(found[0], mimetype=found[1])

    def _list(self, request: Request) -> Response:
        person = self.people.get(request.args["repo"])
        if person is None or person.status:
            raise XrpcError("InvalidRequest", f"Could not find repo: {request.args['repo']}")
        collection, before = request.args["collection"], request.args.get("cursor", "~")
        keys = [key for key in person.repo.keys(collection) if key < before]
        keys = keys[: int(request.args.get("limit", "50"))]
        rows = [self._row(person, f"{collection}/{key}") for key in keys]
        return _json({"records": rows, **({"cursor": keys[-1]} if keys else {})})

    def _get(self, request: Request) -> Response:
        person = self._open(request.args["repo"])
        path = f"{request.args['collection']}/{request.args['rkey']}"
        if path not in person.repo.records:
            where = f"at://{person.did}/{path}"
            raise XrpcError("RecordNotFound", f"Could not locate record: {where}")
        return _json(self._row(person, path))

    def _row(self, person: Person, path: str) -> Json:
        cid, value = person.repo.cid(path), person.repo.records[path]
        return {"uri": f"at://{person.did}/{path}", "cid": cid, "value": value}

    def _session(self, request: Request) -> Response:
        given = request.get_json()
        if (given["identifier"], given["password"]) != (self.agency.did, self.app_password):
            raise XrpcError("AuthenticationRequired", "Invalid identifier or password", 401)
        tokens = {"accessJwt": "simulated-access-jwt-1", "refreshJwt": "simulated-refresh-jwt-1"}
        return _json({**tokens, "did": self.agency.did, "handle": self.agency.handle})

    def _changing(self, request: Request) -> tuple[str, dict[str, object]]:
        if request.headers.get("Authorization") != "Bearer simulated-access-jwt-1":
            raise XrpcError("AuthMissing", "Authentication Required", 401)
        body = request.get_json()
        path = f"{body['collection']}/{body['rkey']}"
        repo = self.agency.repo
        now = repo.cid(path) if path in repo.records else None
        if "swapRecord" in body and body["swapRecord"] != now:
            raise XrpcError("InvalidSwap", f"Record was at {now}")
        return path, body

    def _delete(self, request: Request) -> Response:
        path, _ = self._changing(request)
        if path not in self.agency.repo.records:
            return _json({})
        self.delete(f"at://{self.agency.did}/{path}")
        return _json({"commit": self._commit()})

    def _put(self, request: Request) -> Response:
        path, body = self._changing(request)
        collection, key = path.split("/")
        record = body["record"]
        assert isinstance(record, dict)
        uri = self.put(collection, record, key=key)
        return _json({**self.strong(uri), "commit": self._commit()})

    def _commit(self) -> Json:
        return {"cid": cid_text(self.agency.repo.head), "rev": self.agency.repo.rev}

    # -- the app view -----------------------------------------------------------------------

    def _shown(self, uri: str) -> bool:
        did = uri.removeprefix("at://").partition("/")[0]
        return uri in self._views and uri not in self.unseen and not self.people[did].status

    def _replies(self, uri: str) -> Sequence[str]:
        found = []
        for each, record in self._views.items():
            reply = record.get("reply")
            if isinstance(reply, dict) and reply["parent"]["uri"] == uri and self._shown(each):
                found.append(each)
        return found

    def _view(self, uri: str) -> Json:
        person = self.people[uri.removeprefix("at://").partition("/")[0]]
        record = {name: each for name, each in self._views[uri].items() if name != "cid"}
        src = "did:plc:moderationmoderationmode"
        labels = [
            {"src": src, "uri": uri, "val": val, "cts": "2026-11-24T12:00:00.000Z"}
            for val in self.labels.get(uri, [])
        ]
        return {
            "uri": uri,
            "cid": self._views[uri]["cid"],
            "author": {"did": person.did, "handle": person.handle},
            "record": record,
            "replyCount": len(self._replies(uri)),
            "likeCount": 3,
            "labels": labels,
            "indexedAt": "2026-11-24T12:00:00.000Z",
        }

    def _posts(self, request: Request) -> Response:
        uris = request.args.getlist("uris")
        if len(uris) > 25:
            raise XrpcError("InvalidRequest", "Error: uris must not have more than 25 elements")
        return _json({"posts": [self._view(uri) for uri in uris if self._shown(uri)]})

    def _thread(self, request: Request) -> Response:
        uri, depth = request.args["uri"], int(request.args.get("depth", "6"))
        if not self._shown(uri):
            raise XrpcError("NotFound", f"Post not found: {uri}")
        body: Json = {"thread": self._node(uri, depth)}
        gate = uri.replace(POST, GATE)
        if gate in self._views:
            record = {name: each for name, each in self._views[gate].items() if name != "cid"}
            body["threadgate"] = {"uri": gate, "cid": self._views[gate]["cid"], "record": record}
        return _json(body)

    def _node(self, uri: str, depth: int) -> Json:
        node: Json = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self._view(uri)}
        if depth:
            node["replies"] = [self._node(each, depth - 1) for each in self._replies(uri)]
        return node


def _split(uri: str) -> tuple[str, str]:
    did, _, path = uri.removeprefix("at://").partition("/")
    return did, path


def _json(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def _error(error: XrpcError, headers: Mapping[str, str] | None = None) -> Response:
    response = _json({"error": error.name, "message": error.message}, error.status)
    response.headers.update(headers or {})
    return response
