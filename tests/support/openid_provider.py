"""The real OpenID Connect provider of `openid_provider.mjs`, as a process beside the test."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.npm import OPENID_PROVIDER, installed

CLIENT, SECRET = "archive", "a secret of tests, long enough for everybody"
SCRIPT = Path(__file__).with_suffix(".mjs")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@dataclass
class Provider:
    """It runs while the block lasts, or until it is stopped."""

    issuer: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """It answers no more."""
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def provider(redirect: str, *, port: int) -> Iterator[Provider]:
    """The provider on this port, for the one client whose address of return this is."""
    node = shutil.which("node")
    assert node, "node is missing; install the Debian package nodejs"
    modules = installed(*OPENID_PROVIDER)
    with subprocess.Popen(
        [node, str(SCRIPT), str(modules), str(port), redirect, CLIENT, SECRET],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        while said and said != "up\n":  # it gives advice first
            said = process.stdout.readline()
        assert said, "the provider did not come up"
        made = Provider(f"http://127.0.0.1:{port}", process)
        try:
            yield made
        finally:
            made.stop()
