"""A real PostgreSQL on loopback, from Debian's packages, in a temporary folder of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

_numbers = itertools.count(1)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "Debian's package postgresql is missing; make system-packages installs it"
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_server(command: list[str], folder: Path) -> None:
    """The server refuses to run as root; as root it runs as its own user."""
    if os.getuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a running server's empty database; the server and all of it are gone
    afterwards."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()
    try:
        _as_server([str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "archiver",
                    "-E", "UTF8", "--locale=C.UTF-8"], folder)  # fmt: skip
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        _as_server([*control, "-o", options, "start"], folder)
        try:
            yield f"postgresql+psycopg://archiver@127.0.0.1:{port}/postgres"
        finally:
            _as_server([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a running server's empty database."""
    with running_server() as url:
        yield url


@contextmanager
def fresh_database(dialect: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of its own; empty for SQLite in the home folder."""
    if dialect == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgresql")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"archive_{next(_numbers)}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    admin.dispose()
