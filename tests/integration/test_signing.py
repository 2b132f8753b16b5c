"""The agency's signature: it holds for openssl, and nothing is ever silently unsigned."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.credentials import CredentialStore
from archiver.desk.signing import KEY, OWNER, PASSWORD, Signer
from archiver.errors import ExportError
from archiver.secrets import Secrets
from config.settings import Signing
from tests.support.clock import NOON
from tests.support.time_authority import Authority


@pytest.fixture
def agency(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "agency", "Springfield Police")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_bytes(b'{"files":[]}\r\nand a line end that must stay as it is\n')
    return path


def signer(tmp_path: Path, **settings: object) -> Signer:
    return Signer(
        Signing.model_validate(settings), CredentialStore(tmp_path / "home", {}), Secrets()
    )


def give(tmp_path: Path, name: str, text: str) -> Path:
    path = CredentialStore(tmp_path / "home", {}).place(OWNER, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def holds(der: bytes, content: Path, root: Path) -> bool:
    """What an opposing expert types."""
    file = content.with_suffix(".p7s")
    file.write_bytes(der)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(file),
               "-content", str(content), "-CAfile", str(root), "-no-CApath", "-purpose", "any",
               "-out", "/dev/null"]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_openssl_verifies_the_signature_and_refuses_other_bytes(
    tmp_path: Path, agency: Authority, manifest: Path
) -> None:
    made = signer(tmp_path, certificate=agency.leaf, key=agency.key).sign(manifest, at=NOON)
    assert made is not None
    assert made.subject == "CN=Springfield Police"
    assert len(made.fingerprint) == 64
    assert made.certificates == agency.leaf.read_bytes()
    assert holds(made.der, manifest, agency.root)
    stranger = Authority(tmp_path / "stranger", "Somebody Else")
    assert not holds(made.der, manifest, stranger.root)
    manifest.write_bytes(manifest.read_bytes().replace(b"\r\n", b"\n"))
    assert not holds(made.der, manifest, agency.root)


def test_the_key_may_be_a_credential_with_a_password(tmp_path: Path, manifest: Path) -> None:
    agency = Authority(tmp_path / "guarded", "Springfield Police", password=b"correct horse")
    give(tmp_path, KEY, agency.key.read_text())
    mine = signer(tmp_path, certificate=agency.leaf)
    with pytest.raises(ExportError, match="its password"):
        mine.sign(manifest, at=NOON)
    give(tmp_path, PASSWORD, "correct horse")
    made = mine.sign(manifest, at=NOON)
    assert made is not None
    assert holds(made.der, manifest, agency.root)


def test_a_program_may_sign(tmp_path: Path, agency: Authority, manifest: Path) -> None:
    command = ["openssl", "cms", "-sign", "-binary", "-signer", str(agency.leaf), "-inkey",
               str(agency.key), "-outform", "DER"]  # fmt: skip
    made = signer(tmp_path, certificate=agency.leaf, command=command).sign(manifest, at=NOON)
    assert made is not None
    assert holds(made.der, manifest, agency.root)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit('the device is locked')", "the device is locked"),
        ("pass", "did not sign"),
        ("import sys; sys.stdout.write('no signature')", "does not hold"),
    ],
)
def test_a_program_that_fails_leaves_nothing_signed(
    tmp_path: Path, agency: Authority, manifest: Path, script: str, said: str
) -> None:
    command = [sys.executable, "-c", script]
    with pytest.raises(ExportError, match=said):
        signer(tmp_path, certificate=agency.leaf, command=command).sign(manifest, at=NOON)


def test_a_program_that_is_not_there_is_named(
    tmp_path: Path, agency: Authority, manifest: Path
) -> None:
    mine = signer(tmp_path, certificate=agency.leaf, command=["/no/such/signer"])
    with pytest.raises(ExportError, match="/no/such/signer could not be run"):
        mine.sign(manifest, at=NOON)


def test_a_program_that_signs_for_somebody_else_is_refused(
    tmp_path: Path, agency: Authority, manifest: Path
) -> None:
    other = Authority(tmp_path / "other", "Somebody Else")
    command = ["openssl", "cms", "-sign", "-binary", "-signer", str(other.leaf), "-inkey",
               str(other.key), "-outform", "DER"]  # fmt: skip
    with pytest.raises(ExportError, match="not by the certificate"):
        signer(tmp_path, certificate=agency.leaf, command=command).sign(manifest, at=NOON)


def test_another_bodys_key_is_refused(tmp_path: Path, agency: Authority, manifest: Path) -> None:
    other = Authority(tmp_path / "other", "Somebody Else")
    with pytest.raises(ExportError, match="not that of the certificate"):
        signer(tmp_path, certificate=agency.leaf, key=other.key).sign(manifest, at=NOON)


def test_a_key_that_others_can_read_is_refused(
    tmp_path: Path, agency: Authority, manifest: Path
) -> None:
    mine = signer(tmp_path, certificate=agency.leaf, key=agency.key)
    for mode in (0o644, 0o640, 0o604):
        agency.key.chmod(mode)
        with pytest.raises(ExportError, match="can be read by others; run: chmod 600"):
            mine.sign(manifest, at=NOON)
    agency.key.chmod(stat.S_IRUSR)
    assert mine.sign(manifest, at=NOON) is not None


def test_a_credential_that_others_can_read_is_refused(
    tmp_path: Path, agency: Authority, manifest: Path
) -> None:
    give(tmp_path, KEY, agency.key.read_text()).chmod(0o644)
    with pytest.raises(ExportError, match="can be read by others"):
        signer(tmp_path, certificate=agency.leaf).sign(manifest, at=NOON)


def test_without_a_key_nothing_is_signed(tmp_path: Path, agency: Authority, manifest: Path) -> None:
    with pytest.raises(ExportError, match="no key to sign with"):
        signer(tmp_path, certificate=agency.leaf).sign(manifest, at=NOON)
    with pytest.raises(ExportError, match=r"gone\.key cannot be read"):
        signer(tmp_path, certificate=agency.leaf, key=tmp_path / "gone.key").sign(manifest, at=NOON)
    with pytest.raises(ExportError, match=r"gone\.pem cannot be read"):
        signer(tmp_path, certificate=tmp_path / "gone.pem", key=agency.key).sign(manifest, at=NOON)


def test_a_certificate_that_has_ended_is_refused(tmp_path: Path, manifest: Path) -> None:
    old = Authority(
        tmp_path / "old",
        "Springfield Police",
        valid=(datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)),
    )
    mine = signer(tmp_path, certificate=old.leaf, key=old.key)
    with pytest.raises(ExportError, match="is valid from 2020"):
        mine.sign(manifest, at=NOON)


def test_unsigned_must_be_asked_for_and_only_where_nothing_is_configured(
    tmp_path: Path, agency: Authority, manifest: Path
) -> None:
    bare = signer(tmp_path)
    assert not bare.configured
    with pytest.raises(ExportError, match="signing is not configured"):
        bare.sign(manifest, at=NOON)
    assert bare.sign(manifest, at=NOON, unsigned=True) is None
    mine = signer(tmp_path, certificate=agency.leaf, key=agency.key)
    assert mine.configured
    with pytest.raises(ExportError, match="cannot be unsigned"):
        mine.sign(manifest, at=NOON, unsigned=True)
