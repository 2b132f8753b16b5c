"""Secrets are found where people put them, and only those that are needed are opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.credentials import CredentialStore
from archiver.errors import UsageError


def put(home: Path, name: str, text: str, mode: int = 0o600) -> Path:
    place = CredentialStore(home, {}).place("news", name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


def test_a_line_end_is_not_part_of_a_secret(tmp_path: Path) -> None:
    put(tmp_path, "password", "abcd efgh\n")
    assert CredentialStore(tmp_path, {}).of("news") == {"password": "abcd efgh"}


def test_a_secret_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    place = put(tmp_path, "password", "x", 0o644)
    with pytest.raises(UsageError, match=f"chmod 600 {place}"):
        CredentialStore(tmp_path, {}).of("news")


def test_what_may_delete_is_not_opened_for_reading(tmp_path: Path) -> None:
    put(tmp_path, "password", "x")
    put(tmp_path, "remover_password", "y", 0o644)  # would be refused if it were opened
    assert CredentialStore(tmp_path, {}).of("news") == {"password": "x"}
    with pytest.raises(UsageError):
        CredentialStore(tmp_path, {}).of("news", removing=True)


def test_systemds_credentials_come_over_the_folders(tmp_path: Path) -> None:
    put(tmp_path, "password", "old")
    loaded = tmp_path / "loaded"
    loaded.mkdir()
    (loaded / "news.password").write_text("new")
    (loaded / "news.remover_password").write_text("delete")
    (loaded / "other.password").write_text("other")
    store = CredentialStore(tmp_path, {"CREDENTIALS_DIRECTORY": str(loaded)})
    assert store.of("news") == {"password": "new"}
    assert store.of("news", removing=True) == {"password": "new", "remover_password": "delete"}
