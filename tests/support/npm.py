"""Packages of npm that tests run: installed once, each in a folder of its own in the cache.

    python -m tests.support.npm     installs them all, as `make test` does before the tests

A first installation takes minutes: longer than a single test may.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from platformdirs import user_cache_path

SECONDS = 900
OPENID_PROVIDER = ("oidc-provider", "9.13.3")
BLUESKY = ("@atproto/dev-env", "0.3.215")  # the last one that runs on Node 20


def installed(package: str, version: str) -> Path:
    """The `node_modules` folder that has this version of the package.

    Raises: AssertionError when npm is missing or cannot install it.
    """
    npm = shutil.which("npm")
    assert npm, "npm is missing; install the Debian packages nodejs and npm"
    folder = user_cache_path("archiver-tests") / "npm" / f"{package.replace('/', '+')}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file():
            made = subprocess.run(
                [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder),
                 f"{package}@{version}"],
                capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr[-2000:]
            done.touch()
    return folder / "node_modules"


if __name__ == "__main__":
    for each in (OPENID_PROVIDER, BLUESKY):
        installed(*each)
