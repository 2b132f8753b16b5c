"""Time stamps of RFC 3161: asking an authority for one, and verifying what it answered.

What is kept is the authority's whole answer (TimeStampResp, DER), as `openssl ts` reads it. A
fresh answer is verified by the library and by the openssl program; a kept one by the library
alone. The library refuses answers whose certificates are not in DER order, which real
authorities send: there the program decides.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archiver import __version__
from archiver.errors import ArchiverError
from archiver.outbound import permitted

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
_LARGEST = 256 * 1024  # bytes of an answer; a usual one has 2 to 8 KB
_OPENSSL_SECONDS = 60
_TIME_LINE = "Time stamp:"


class TimestampError(ArchiverError):
    """A time stamp could not be had, or does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A verified time stamp. `answer` is DER; `at` is the authority's time, aware UTC."""

    answer: bytes
    at: datetime


def fetch(url: str, message: bytes, *, ca_file: Path, timeout: float = 20.0) -> Stamp:
    """Have the SHA-256 of a message stamped; `timeout` is in seconds, for connecting and for
    each read.

    Raises: TimestampError when the authority cannot be reached, refuses, or answers with a
    stamp that does not hold under `ca_file`.
    """
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    query = request.as_bytes()
    answer = _post(url, query, timeout)
    parsed = _parsed(answer)
    if parsed is not None:
        roots, between = _certificates(ca_file)
        _by_library(parsed, message, roots=roots, between=between, nonce=request.nonce)
    at = _by_openssl(answer, ["-queryfile"], query, ca_file)
    if parsed is not None:
        at = parsed.tst_info.gen_time.astimezone(UTC)
    return Stamp(answer=answer, at=at)


def verify(answer: bytes, message: bytes, *, ca_file: Path) -> Stamp:
    """Does a kept stamp hold for this message?

    Raises: TimestampError when it does not, or `ca_file` cannot be read.
    """
    parsed = _parsed(answer)
    if parsed is None:
        return Stamp(answer=answer, at=_by_openssl(answer, ["-data"], message, ca_file))
    roots, between = _certificates(ca_file)
    _by_library(parsed, message, roots=roots, between=between, nonce=None)
    return Stamp(answer=answer, at=parsed.tst_info.gen_time.astimezone(UTC))


def _post(url: str, query: bytes, timeout: float) -> bytes:
    headers = {"Content-Type": QUERY, "Accept": REPLY, "User-Agent": f"archiver/{__version__}"}
    where = f"the time-stamping authority at {urlsplit(url).hostname or url}"
    with permitted("timestamp"), requests.Session() as session:
        session.trust_env = False  # no password from a .netrc file, no proxy by accident
        try:
            with session.post(
                url, data=query, headers=headers, timeout=timeout, allow_redirects=False,
                stream=True,
            ) as response:  # fmt: skip
                status = response.status_code
                body = response.raw.read(_LARGEST + 1, decode_content=True)
        except requests.RequestException as error:
            raise TimestampError(f"{where} could not be reached: {type(error).__name__}") from error
        except OSError as error:
            raise TimestampError(f"{where} broke off its answer: {error}") from error
    if status != 200:
        raise TimestampError(f"{where} answered {status}; a time stamp was expected")
    if len(body) > _LARGEST:
        raise TimestampError(f"{where} answered with more than {_LARGEST} bytes")
    return bytes(body)


def _parsed(answer: bytes) -> TimeStampResponse | None:
    """None when the library cannot read it, which says nothing about whether it holds."""
    try:
        parsed = decode_timestamp_response(answer)
        # The parts that may be out of order are read only when they are asked for.
        _ = parsed.tst_info.gen_time, parsed.signed_data.certificates
    except ValueError:
        return None
    return parsed


def _certificates(
    ca_file: Path,
) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """The roots (issued by themselves) and the others."""
    try:
        found = x509.load_pem_x509_certificates(ca_file.read_bytes())
    except (OSError, ValueError) as error:
        raise TimestampError(
            f"the certificates of a time-stamping authority in {ca_file} cannot be read: {error}"
        ) from error
    roots = [each for each in found if each.issuer == each.subject]
    if not roots:
        raise TimestampError(f"{ca_file} holds no root certificate; add the authority's root")
    return roots, [each for each in found if each not in roots]


def _by_library(
    parsed: TimeStampResponse,
    message: bytes,
    *,
    roots: list[x509.Certificate],
    between: list[x509.Certificate],
    nonce: int | None,
) -> None:
    verifier = VerifierBuilder(roots=roots, intermediates=between, nonce=nonce).build()
    try:
        verifier.verify_message(parsed, message)
    except (VerificationError, ValueError) as error:
        raise TimestampError(f"the time stamp does not hold: {error}") from error


def _by_openssl(answer: bytes, how: Sequence[str], content: bytes, ca_file: Path) -> datetime:
    """The time in the stamp, after the program has verified it as of that time."""
    with tempfile.TemporaryDirectory(prefix="archiver-stamp-") as folder:
        file, other = Path(folder) / "answer.tsr", Path(folder) / "content"
        file.write_bytes(answer)
        other.write_bytes(content)
        at = _time_in(_openssl(["ts", "-reply", "-in", str(file), "-text"]))
        moment = str(int(at.timestamp()))
        _openssl(
            ["ts", "-verify", "-in", str(file), *how, str(other), "-CAfile", str(ca_file),
             "-attime", moment]
        )  # fmt: skip
    return at


def _openssl(arguments: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            ["openssl", *arguments],  # noqa: S607 - where the system has it
            capture_output=True,
            timeout=_OPENSSL_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise TimestampError("time stamps need the program openssl; install it") from error
    except subprocess.TimeoutExpired as error:
        raise TimestampError("openssl did not end; the time stamp is not verified") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).decode("utf-8", "replace").split("\n")
        said = next((each for each in lines if "error:" in each), lines[0]).strip()
        raise TimestampError(f"the time stamp does not hold: openssl says {said}")
    return done.stdout.decode("utf-8", "replace")


def _time_in(text: str) -> datetime:
    """The line "Time stamp: Nov 24 17:20:06 2026 GMT", with or without a fraction."""
    for line in text.splitlines():
        if line.startswith(_TIME_LINE):
            words = line.removeprefix(_TIME_LINE).split()
            moment, _, fraction = words[2].partition(".")
            months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
            hour, minute, second = (int(each) for each in moment.split(":"))
            micro = int((fraction + "000000")[:6])
            return datetime(
                int(words[3]), months.index(words[0]) + 1, int(words[1]),
                hour, minute, second, micro, tzinfo=UTC,
            )  # fmt: skip
    raise TimestampError("the authority gave no time stamp; it refused the request")
