"""A real WordPress on loopback, from Debian's packages, in a temporary folder of its own.

Test modules (or a conftest.py) import the session-scoped fixture `wordpress_site`. The site
brings its own database server (on a socket in the folder, no network), its own copy of
WordPress and PHP's built-in web server; nothing of it outlives the session. It has the custom
content type "notice", three users (chief: administrator, records: editor, officer: author)
with application passwords, and no content.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from archiver import outbound

FILES = Path(__file__).with_name("wordpress_files")
WORDPRESS = Path("/usr/share/wordpress")
WAIT = 60.0  # seconds for a server to come up on a busy machine
PROGRAMS = ("php", "mariadbd", "mariadb-install-db", "mariadb")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A user of the test site."""

    login: str
    id: int
    application_password: str


@dataclass(frozen=True, slots=True)
class WordPressSite:
    """The running site: `url` without a trailing slash, `users` by login."""

    url: str
    folder: Path
    users: Mapping[str, SignIn]

    def api(
        self,
        method: str,
        route: str,
        *,
        fields: Mapping[str, object] | None = None,
        user: str = "chief",
    ) -> dict[str, object]:
        """Do something through WordPress's own REST API; returns its answer.

        Raises: AssertionError with WordPress's own words when it refuses.
        """
        answer = self.send(method, route, user=user, json=fields)
        assert answer.ok, f"{method} {route}: {answer.status_code} {answer.text[:500]}"
        body = answer.json()
        assert isinstance(body, dict)
        return body

    def send(
        self,
        method: str,
        route: str,
        *,
        user: str | None = "chief",
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One REST request as `user`, or signed out when that is None."""
        with outbound.permitted("recorder"), requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                f"{self.url}/wp-json/{route}",
                auth=(user, self.users[user].application_password) if user else None,
                json=json,
                data=data,
                headers=dict(headers or {}),
                params=dict(params or {}),
                timeout=30,
            )

    def upload(self, name: str, content: bytes, mime: str) -> dict[str, object]:
        """Put a file into the media library."""
        headers = {"Content-Type": mime, "Content-Disposition": f'attachment; filename="{name}"'}
        answer = self.send("POST", "wp/v2/media", data=content, headers=headers)
        assert answer.status_code == 201, answer.text[:500]
        body = answer.json()
        assert isinstance(body, dict)
        return body

    def sql(self, statement: str) -> str:
        """Change the database behind WordPress's back."""
        done = subprocess.run(
            [
                "mariadb",
                "--no-defaults",
                f"--socket={self.folder / 'db.sock'}",
                "--user=root",
                "--batch",
                "--skip-column-names",
                "wordpress",
            ],
            input=statement,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def clear(self) -> None:
        """Delete all content, so that tests do not see each other's."""
        tables = ("posts", "postmeta", "comments", "commentmeta", "term_relationships")
        self.sql("".join(f"DELETE FROM wp_{table};" for table in tables))


@pytest.fixture(scope="session")
def wordpress_site() -> Iterator[WordPressSite]:
    """The real site, for the whole test session."""
    missing = [name for name in PROGRAMS if _program(name) is None]
    if missing or not WORDPRESS.is_dir():
        pytest.fail(
            "the real WordPress is not installed; run sh tests/support/system-packages.sh "
            f'or leave these tests out with -m "not wordpress" (missing: {missing})'
        )
    folder = Path(tempfile.mkdtemp(prefix="wp-site-"))
    running: list[subprocess.Popen[bytes]] = []
    try:
        yield _bring_up(folder, running)
    finally:
        for process in reversed(running):
            _stop(process)
        shutil.rmtree(folder)


def _bring_up(folder: Path, running: list[subprocess.Popen[bytes]]) -> WordPressSite:
    running.append(_start_database(folder))
    root = folder / "site"
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    _lay_out(root, folder, url)
    users = _install(root, f"127.0.0.1:{port}")
    running.append(_start_php(root, port, folder))
    return WordPressSite(url, folder, users)


def _start_database(folder: Path) -> subprocess.Popen[bytes]:
    data = folder / "db"
    as_user = [f"--user={_account()}"]
    install = _run(
        [
            str(_program("mariadb-install-db")),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *as_user,
        ]
    )
    assert data.is_dir(), install
    process = _start(
        [
            str(_program("mariadbd")),
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={folder / 'db.sock'}",
            f"--pid-file={folder / 'db.pid'}",
            "--skip-networking",
            "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0",
            *as_user,
        ],
        folder / "db.log",
    )
    client = ["mariadb", "--no-defaults", f"--socket={folder / 'db.sock'}", "--user=root"]

    def answers() -> bool:
        create = [*client, "--execute", "CREATE DATABASE IF NOT EXISTS wordpress"]
        return subprocess.run(create, capture_output=True, check=False).returncode == 0

    _wait_for(answers, process, folder / "db.log")
    return process


def _lay_out(root: Path, folder: Path, url: str) -> None:
    shutil.copytree(WORDPRESS, root, ignore=shutil.ignore_patterns(".htaccess", "wp-content"))
    content = root / "wp-content"
    theme = content / "themes" / "springfield"
    theme.mkdir(parents=True)
    (theme / "style.css").write_text("/*\nTheme Name: Springfield\n*/\n")
    shutil.copy(FILES / "theme_index.php", theme / "index.php")
    (content / "mu-plugins").mkdir()
    shutil.copy(FILES / "notices.php", content / "mu-plugins" / "notices.php")
    (content / "uploads").mkdir()
    shutil.copy(FILES / "install.php", root / "install-site.php")
    shutil.copy(FILES / "router.php", folder / "router.php")
    settings: dict[str, str | bool | int] = {
        "DB_NAME": "wordpress",
        "DB_USER": "root",
        "DB_PASSWORD": "",
        "DB_HOST": f"localhost:{folder / 'db.sock'}",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_HOME": url,
        "WP_SITEURL": url,
        "WP_CONTENT_DIR": str(content),
        "WP_CONTENT_URL": f"{url}/wp-content",
        "WP_ENVIRONMENT_TYPE": "local",  # application passwords without TLS
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "DISABLE_WP_CRON": True,
        "AUTOMATIC_UPDATER_DISABLED": True,
        "WP_DEFAULT_THEME": "springfield",
        **{name: secrets.token_hex(32) for name in _SALTS},
    }
    lines = [
        f"define({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()
    ]
    (root / "wp-config.php").write_text(
        "<?php\n"
        + "\n".join(lines)
        + "\n$table_prefix = 'wp_';\n"
        + "if ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }\n"
        + "require_once ABSPATH . 'wp-settings.php';\n"
    )


_SALTS = (
    "AUTH_KEY",
    "SECURE_AUTH_KEY",
    "LOGGED_IN_KEY",
    "NONCE_KEY",
    "AUTH_SALT",
    "SECURE_AUTH_SALT",
    "LOGGED_IN_SALT",
    "NONCE_SALT",
)
_PHP = ("-d", "sendmail_path=/bin/true", "-d", "display_errors=0", "-d", "memory_limit=256M")


def _install(root: Path, host: str) -> dict[str, SignIn]:
    environment = {**os.environ, "SITE_HOST": host, "SITE_PASSWORD": secrets.token_urlsafe(18)}
    printed = _run(["php", *_PHP, str(root / "install-site.php")], env=environment)
    (root / "install-site.php").unlink()
    signins = json.loads(printed)
    return {
        login: SignIn(login, int(found["id"]), str(found["application_password"]))
        for login, found in signins.items()
    }


def _start_php(root: Path, port: int, folder: Path) -> subprocess.Popen[bytes]:
    command = ["php", *_PHP, "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{port}"]
    process = _start(
        [*command, "-t", str(root), str(folder / "router.php")],
        folder / "php.log",
        env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3"},
    )

    def answers() -> bool:
        with outbound.permitted("recorder"), socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    _wait_for(answers, process, folder / "php.log")
    return process


def _start(
    command: list[str], log: Path, *, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(  # a group of its own: PHP's workers end with it
            command, stdout=output, stderr=subprocess.STDOUT, env=env, start_new_session=True
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def _wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + WAIT
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"{process.args!r} did not come up:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _run(command: list[str], *, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-1000:]} {done.stderr[-2000:]}"
    return done.stdout


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


def _account() -> str:
    return "root" if os.geteuid() == 0 else os.environ.get("USER", str(os.geteuid()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
