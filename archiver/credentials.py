"""Where an account's secrets come from; they are never in the settings or the database.

Looked for, in this order: systemd's credentials directory ($CREDENTIALS_DIRECTORY) as
`<account>.<name>`; then `<home>/credentials/<account>/<name>`. One secret a file, mode 0600;
a line end at its end is not part of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from archiver.errors import UsageError
from connectors.base import REMOVER


class CredentialStore:
    """Reads secrets when they are needed, so that a renewed one is used at the next run."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        given = (os.environ if environment is None else environment).get("CREDENTIALS_DIRECTORY")
        self._systemd = Path(given) if given else None
        self._folder = home / "credentials"

    def of(self, owner: str, *, removing: bool = False) -> dict[str, str]:
        """All secrets of an account (by slug) or of the program ("archiver").

        Those that may delete or hide on the platform (`remover_...`) are not even opened
        unless `removing`: the daemon needs no right to them.

        Raises: UsageError when a file can be read by others or cannot be read at all.
        """
        found: dict[str, str] = {}
        own = self._folder / owner
        if own.is_dir():
            for path in sorted(own.iterdir()):
                if path.is_file() and (removing or not path.name.startswith(REMOVER)):
                    found[path.name] = _read(path, check_mode=True)
        if self._systemd is not None and self._systemd.is_dir():
            for path in sorted(self._systemd.glob(f"{owner}.*")):
                name = path.name.removeprefix(f"{owner}.")
                if removing or not name.startswith(REMOVER):
                    found[name] = _read(path, check_mode=False)
        return found

    def place(self, owner: str, name: str) -> Path:
        """Where a person puts a secret."""
        return self._folder / owner / name


def _read(path: Path, *, check_mode: bool) -> str:
    try:
        if check_mode and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UsageError(f"{path} can be read by others; run: chmod 600 {path}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the credential {path} cannot be read: {error}") from error
    return text.rstrip("\r\n")
