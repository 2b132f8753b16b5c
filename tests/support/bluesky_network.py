"""A real server of the AT Protocol (PLC directory and PDS) as a process beside the tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from archiver import outbound
from tests.support.npm import BLUESKY, installed

SCRIPT = Path(__file__).with_suffix(".mjs")
PASSWORD = "a password of tests"


@dataclass
class Owner:
    """An account on the server, signed in as its owner."""

    network: Network
    did: str
    handle: str
    token: str

    def call(self, method: str, **body: object) -> dict[str, Any]:
        """Change something as the owner."""
        return self.network.call(method, body, token=self.token)

    def create(self, collection: str, rkey: str = "", **record: object) -> str:
        """Make a record; returns its address."""
        key = {"rkey": rkey} if rkey else {}
        value = {"$type": collection, "createdAt": "2026-11-24T12:00:00.000Z", **record}
        made = self.call(
            "com.atproto.repo.createRecord",
            repo=self.did, collection=collection, record=value, **key,
        )  # fmt: skip
        return str(made["uri"])

    def put(self, uri: str, **record: object) -> str:
        """Replace a record; returns its new hash."""
        collection, rkey = uri.removeprefix(f"at://{self.did}/").split("/")
        value = {"$type": collection, "createdAt": "2026-11-24T12:00:00.000Z", **record}
        made = self.call(
            "com.atproto.repo.putRecord",
            repo=self.did, collection=collection, rkey=rkey, record=value,
        )  # fmt: skip
        return str(made["cid"])

    def delete(self, uri: str) -> None:
        """Take a record away."""
        collection, rkey = uri.removeprefix(f"at://{self.did}/").split("/")
        self.call("com.atproto.repo.deleteRecord", repo=self.did, collection=collection, rkey=rkey)

    def upload(self, content: bytes, mime: str) -> dict[str, Any]:
        """Put a file up; returns how a record refers to it."""
        answer = self.network.send(
            "com.atproto.repo.uploadBlob",
            data=content,
            headers={"Content-Type": mime, "Authorization": f"Bearer {self.token}"},
        )
        blob: dict[str, Any] = answer["blob"]
        return blob

    def app_password(self) -> str:
        """A new app password."""
        made = self.call("com.atproto.server.createAppPassword", name=os.urandom(4).hex())
        return str(made["password"])


@dataclass
class Network:
    """The running servers: origins of the PDS and of the directory."""

    pds: str
    plc: str

    def owner(self, name: str) -> Owner:
        """A new account with the handle NAME.test."""
        handle = f"{name}.test"
        body = {"handle": handle, "email": f"{name}@example.test", "password": PASSWORD}
        made = self.call("com.atproto.server.createAccount", body)
        return Owner(self, made["did"], handle, made["accessJwt"])

    def call(self, method: str, body: Mapping[str, object], *, token: str = "") -> dict[str, Any]:
        """Send a change."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.send(method, json=body, headers=headers)

    def send(self, method: str, **how: Any) -> dict[str, Any]:
        with outbound.permitted("notify"):
            answer = requests.post(f"{self.pds}/xrpc/{method}", timeout=60, **how)
        assert answer.ok, f"{method}: {answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


@contextmanager
def network() -> Iterator[Network]:
    """The servers run while the block lasts; nothing of them stays."""
    node = shutil.which("node")
    assert node, "node is missing; install the Debian package nodejs"
    modules = installed(*BLUESKY)
    folder = Path(tempfile.mkdtemp(prefix="bluesky-"))
    log = folder / "log"
    environment = {**os.environ, "TMPDIR": str(folder), "LOG_ENABLED": "false"}
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [node, str(SCRIPT), str(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        try:
            said = process.stdout.readline()
            while said and not said.startswith("up "):
                said = process.stdout.readline()
            assert said, f"the servers did not come up:\n{log.read_text()[-2000:]}"
            yield Network(**json.loads(said.removeprefix("up ")))
        finally:
            process.stdin.close()
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)
