"""A real time-stamping authority: `openssl ts -reply` with keys of its own, behind HTTP."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Simulator
from archiver.ledger.timestamp import QUERY, REPLY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/leaf.pem
signer_key = {folder}/leaf.key
{certs}
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
NEVER, EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Authority:
    """A root and one certificate under it, as files: root.pem, leaf.pem, leaf.key."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        stamps: bool = False,
        valid: tuple[datetime, datetime] = (NEVER, EVER),
        password: bytes | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.root, self.leaf = folder / "root.pem", folder / "leaf.pem"
        self.key = folder / "leaf.key"
        top, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate(f"{name} root", top, f"{name} root", top, ca=True, valid=valid)
        leaf = _certificate(name, own, f"{name} root", top, stamps=stamps, valid=valid)
        self.root.write_bytes(root.public_bytes(Encoding.PEM))
        self.leaf.write_bytes(leaf.public_bytes(Encoding.PEM))
        guard = BestAvailableEncryption(password) if password else NoEncryption()
        self.key.touch(mode=0o600)
        self.key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, guard))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
    stamps: bool = False,
    valid: tuple[datetime, datetime],
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


class TimeAuthority(Simulator):
    """Stamps what is posted to it. `out_of_order`: sends its root too, as real ones do, which
    openssl does not put into DER order. `says`: answers this instead, as when it is broken."""

    name = "time authority"

    def __init__(
        self, folder: Path, *, out_of_order: bool = False, named: str = "Springfield Time"
    ) -> None:
        self.keys = Authority(folder, named, stamps=True)
        self.ca_file = self.keys.root
        self.says: Response | None = None
        self.asked = 0
        self._lock = threading.Lock()
        self._folder = folder
        certs = f"certs = {self.ca_file}" if out_of_order else ""
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder, certs=certs))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        self.asked += 1
        if self.says is not None:
            return self.says(environ, start_response)
        assert request.content_type == QUERY
        answer = self.answer(request.get_data())
        return Response(answer, content_type=REPLY)(environ, start_response)

    def answer(self, query: bytes) -> bytes:
        """What the authority answers to a TimeStampReq."""
        with self._lock:
            file = self._folder / "query.tsq"
            file.write_bytes(query)
            return _openssl(
                "ts", "-reply", "-config", str(self._folder / "tsa.cnf"), "-queryfile", str(file)
            )

    def stamp(self, message: bytes) -> bytes:
        """A stamp on a message, without a nonce."""
        file = self._folder / "message"
        file.write_bytes(message)
        return self.answer(_openssl("ts", "-query", "-data", str(file), "-sha256", "-cert"))


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


def soon(**units: float) -> datetime:
    """A time near the machine's own, which the program openssl goes by."""
    return datetime.now(UTC) + timedelta(**units)
