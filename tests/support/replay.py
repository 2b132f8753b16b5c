"""Programs of others that judge web archives: `wacz` and pywb's `wayback`.

pywb pins old versions of what this project uses, so both stay in an environment of their own,
`referees` inside the one that runs the tests.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = Path(sys.prefix) / "referees" / "bin"


def program(name: str) -> Path:
    """Where a referee is; the test is skipped, saying how to get it, when it is missing."""
    path = PROGRAMS / name
    if not path.exists():
        pytest.skip(f"{path} is missing; make the environment with: pywb, wacz")
    return path


def wacz_accepts(path: Path) -> tuple[bool, str]:
    """Does `wacz validate` find nothing wrong, and what does it say?"""
    done = subprocess.run(
        [program("wacz"), "validate", "-f", path],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    said = done.stdout + done.stderr
    return done.returncode == 0 and "invalid" not in said.lower(), said


@contextmanager
def wayback(folder: Path, *archives: Path) -> Iterator[str]:
    """pywb on a free port of loopback with a collection "released"; gives its address."""
    subprocess.run([program("wb-manager"), "init", "released"], cwd=folder, check=True,
                   capture_output=True, timeout=60)  # fmt: skip
    subprocess.run([program("wb-manager"), "add", "released", *archives], cwd=folder, check=True,
                   capture_output=True, timeout=60)  # fmt: skip
    process = subprocess.Popen(
        [PROGRAMS / "python", "-u", "-c", _SERVER],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    timer = threading.Timer(100, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        said = (re.fullmatch(r"port (\d+)\n", line) for line in process.stdout)
        found = next((match for match in said if match), None)
        assert found, "pywb did not start"
        yield f"http://127.0.0.1:{found[1]}/released"
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


# The port is chosen by the system and told when the server listens: nothing needs to wait.
_SERVER = """
from gevent.monkey import patch_all
patch_all()
from gevent.pywsgi import WSGIServer
from pywb.apps.frontendapp import FrontEndApp
server = WSGIServer(("127.0.0.1", 0), FrontEndApp(), log=None)
server.start()
print("port", server.server_port)
server.serve_forever()
"""
