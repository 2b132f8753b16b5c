"""The agency's signature on a production: CMS, detached, over one file, by an X.509 certificate.

The key is never in the archive: it is a file that nobody else can read, a credential, or in
the hands of a program (a hardware security module). Signing fails closed: when it is configured
and fails there is no production; when it is not, a production must be asked for as unsigned.
Every signature is verified with openssl before it is handed out, whoever made it.
"""

from __future__ import annotations

import stat
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from archiver.credentials import CredentialStore
from archiver.errors import ExportError, UsageError
from archiver.secrets import Secrets
from config.settings import Signing

OWNER = "archiver"
KEY, PASSWORD = "signing-key", "signing-key-password"
_SECONDS = 120  # a person may have to touch a device
_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A detached CMS signature in DER, and the certificate behind it: its subject, the hex
    SHA-256 of its DER form, and its PEM with those in between."""

    der: bytes
    subject: str
    fingerprint: str
    certificates: bytes


@dataclass(frozen=True, slots=True)
class Signatory:
    """The certificate that productions are signed with, before anything is signed."""

    subject: str
    fingerprint: str
    chain: tuple[x509.Certificate, ...]

    @property
    def certificates(self) -> bytes:
        """All certificates, PEM."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.chain)


class Signer:
    """Signs files as the settings say."""

    def __init__(self, settings: Signing, credentials: CredentialStore, secrets: Secrets) -> None:
        self._settings = settings
        self._credentials = credentials
        self._secrets = secrets

    @property
    def configured(self) -> bool:
        """Is there a certificate to sign with?"""
        return self._settings.certificate is not None

    def signatory(self, *, at: datetime, unsigned: bool = False) -> Signatory | None:
        """Who will sign, or None when `unsigned` was asked for and nothing is configured. For
        the start of a production, so that it does not fail after hours.

        Raises: ExportError when signing is not possible, and nobody asked for `unsigned`.
        """
        if self._settings.certificate is None:
            if unsigned:
                return None
            raise ExportError(
                "signing is not configured (signing.certificate); set it up, or ask for the "
                "production to be unsigned, which its certificate will state"
            )
        if unsigned:
            raise ExportError(
                "signing is configured, so a production cannot be unsigned; take the settings "
                "of signing out first"
            )
        chain = _chain(self._settings.certificate)
        own = chain[0]
        if not own.not_valid_before_utc <= at <= own.not_valid_after_utc:
            raise ExportError(
                f"the certificate in {self._settings.certificate} is valid from "
                f"{own.not_valid_before_utc} to {own.not_valid_after_utc}; get a new one"
            )
        return Signatory(
            subject=own.subject.rfc4514_string(),
            fingerprint=own.fingerprint(hashes.SHA256()).hex(),
            chain=chain,
        )

    def sign(self, path: Path, *, at: datetime, unsigned: bool = False) -> Signature | None:
        """Sign a file; None when `unsigned` was asked for and nothing is configured.

        Raises: ExportError when the signature could not be made, or does not hold.
        """
        who = self.signatory(at=at, unsigned=unsigned)
        if who is None:
            return None
        der = self._by_program(path) if self._settings.command else self._by_key(path, who)
        _hold(path, der, who)
        return Signature(
            der=der,
            subject=who.subject,
            fingerprint=who.fingerprint,
            certificates=who.certificates,
        )

    def _by_key(self, path: Path, who: Signatory) -> bytes:
        key = self._key()
        if _public(key.public_key()) != _public(who.chain[0].public_key()):
            raise ExportError("the signing key is not that of the certificate; nothing was signed")
        builder = PKCS7SignatureBuilder().set_data(_content(path))
        builder = builder.add_signer(who.chain[0], key, hashes.SHA256())
        for each in who.chain[1:]:
            builder = builder.add_certificate(each)
        return builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])

    def _key(self) -> _Key:
        file = self._settings.key
        try:
            held = self._credentials.of(OWNER)
        except UsageError as error:
            raise ExportError(f"nothing was signed: {error}") from error
        if file is None and KEY not in held:
            raise ExportError(
                "there is no key to sign with; set signing.key, signing.command, or put it into "
                f"{self._credentials.place(OWNER, KEY)}"
            )
        self._secrets.add(*(held[name] for name in (KEY, PASSWORD) if name in held))
        text = _private(file) if file is not None else held[KEY].encode()
        password = held[PASSWORD].encode() if PASSWORD in held else None
        try:
            key = load_pem_private_key(text, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ExportError(
                "the signing key cannot be read: it must be PEM, and its password, if it has one, "
                f"the credential {PASSWORD}"
            ) from error
        if not isinstance(key, _Key):
            raise ExportError("the signing key is neither RSA nor on an elliptic curve")
        return key

    def _by_program(self, path: Path) -> bytes:
        command = self._settings.command
        try:
            with path.open("rb") as content:
                done = subprocess.run(  # noqa: S603 - the operator's own program
                    command, stdin=content, capture_output=True, timeout=_SECONDS, check=False
                )
        except OSError as error:
            raise ExportError(f"{command[0]} could not be run to sign: {error}") from error
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"{command[0]} did not sign within {_SECONDS} seconds") from error
        if done.returncode != 0 or not done.stdout:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
            raise ExportError(f"{command[0]} did not sign (exit {done.returncode}): {said}")
        return done.stdout


def _chain(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise ExportError(f"the signing certificate {file} cannot be read: {error}") from error


def _private(file: Path) -> bytes:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ExportError(f"{file} can be read by others; run: chmod 600 {file}")
        return file.read_bytes()
    except OSError as error:
        raise ExportError(f"the signing key {file} cannot be read: {error.strerror}") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path} cannot be read to be signed: {error.strerror}") from error


def _public(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ExportError("the certificate's key is neither RSA nor on an elliptic curve")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _hold(path: Path, der: bytes, who: Signatory) -> None:
    """Does the signature hold over the file, and is it by the configured certificate?"""
    with tempfile.TemporaryDirectory(prefix="archiver-signature-") as folder:
        file, own = Path(folder) / "signature.p7s", Path(folder) / "own.pem"
        file.write_bytes(der)
        own.write_bytes(who.chain[0].public_bytes(Encoding.PEM))
        # -nointern: only our certificate may have made it, not one that it brought along.
        command = [
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(file),
            "-content", str(path), "-certfile", str(own), "-nointern", "-noverify",
            "-out", str(Path(folder) / "content"),
        ]  # fmt: skip
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are ours
                command, capture_output=True, timeout=_SECONDS, check=False
            )
        except OSError as error:
            raise ExportError(
                f"signing needs the program openssl, to verify what was signed: {error}"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ExportError("openssl did not end; the signature is not verified") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
        raise ExportError(
            "the signature does not hold over the file, or is not by the certificate in "
            f"signing.certificate; nothing was delivered ({said})"
        )
