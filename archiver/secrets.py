"""Secret values and every spelling of them, so that none reaches a record, a log or an error.

A secret is found raw, percent-encoded (also twice), JSON- or HTML-escaped, in any mixture of
these, and in base64, alone or inside a longer text ("user:secret"), in both alphabets. Values
of parameters that are secret by their name (`access_token=...`) are masked even when nobody
registered them. A mask has as many bytes as what it covers, so lengths and framing stay true.

Not covered: a secret that is encrypted, compressed or split by markup; the recorder unpacks
compressed bodies before it looks.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
import traceback
import unicodedata
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from archiver.errors import UsageError

SHORTEST = 4
_LONGEST_NAMED = 4096  # bytes of a parameter value masked for its name
_LONGEST_SPELLING = 24  # bytes one character of a secret may take, escaped
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_PLAIN_RUN = re.compile(rb"[A-Za-z0-9.~]+")
_BASE64 = rb"[A-Za-z0-9+/_-]"

_NAMED = re.compile(
    rb"[\"'?&#\s](?:access_token|refresh_token|id_token|auth_token|oauth_token|input_token|"
    rb"fb_exchange_token|api_key|apikey|client_secret|app_secret|oauth_token_secret|"
    rb"oauth_signature|appsecret_proof)"
    rb"(?:[\"']\s{0,8}:\s{0,8}[\"']|=[\\\"']{0,4})([^\"'&\s\\<>]{1,%d})" % _LONGEST_NAMED
)
_IN_EVERY_NAME = (b"_token", b"api_key", b"apikey", b"_secret", b"_signature", b"_proof")


class Secrets:
    """A thread-safe registry of secret values.

    >>> secrets = Secrets("s3cr/et")
    >>> secrets.scrub_text("GET /?t=s3cr%2Fet")
    'GET /?t=*********'
    """

    def __init__(self, *values: str) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._needles: tuple[_Needle, ...] = ()
        self._reach = _LONGEST_NAMED + 64
        self.add(*values)

    def add(self, *values: str) -> None:
        """Register secrets; known ones and empty ones change nothing.

        Raises: UsageError when one is too short: masking it would mask ordinary text.
        """
        fresh = {value for value in values if value}
        for value in fresh:
            if len(value) < SHORTEST:
                raise UsageError(
                    f"a secret of {len(value)} characters cannot be kept out of the records; "
                    f"use one of at least {SHORTEST} characters"
                )
        with self._lock:
            if fresh <= self._values:
                return
            self._values |= fresh
            found = {needle for value in fresh for needle in _needles(value)}
            self._needles = tuple(found.union(self._needles))
            self._reach = max(self._reach, *(needle.reach for needle in found))

    @property
    def reach(self) -> int:
        """How many bytes one find may span; pieces of a stream must overlap by as many."""
        return self._reach

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where to mask: (start, end) pairs, ordered; overlapping ones are possible."""
        found = []
        if any(piece in data for piece in _IN_EVERY_NAME):
            found = [match.span(1) for match in _NAMED.finditer(data)]
        for needle in self._needles:
            found += needle.spans(data)
        return sorted(found)

    def scrub_bytes(self, data: bytes) -> bytes:
        """The same number of bytes with every secret masked by asterisks."""
        spans = self.spans(data)
        if not spans:
            return data
        masked = bytearray(data)
        for start, end in spans:
            masked[start:end] = b"*" * (end - start)
        return bytes(masked)

    def scrub_text(self, text: str) -> str:
        """The text with every secret masked."""
        raw = text.encode("utf-8", "surrogatepass")
        scrubbed = self.scrub_bytes(raw)
        return text if scrubbed is raw else scrubbed.decode("utf-8", "surrogatepass")

    def contains(self, data: bytes) -> bool:
        """Is a registered secret in there, in any spelling?"""
        return any(True for needle in self._needles for _ in needle.spans(data))

    def scrub_value(self, value: object) -> object:
        """Scrub texts inside a value of a log line; containers are copied."""
        if isinstance(value, str):
            return self.scrub_text(value)
        if isinstance(value, bytes):
            return self.scrub_bytes(value)
        if isinstance(value, Mapping):
            return {self.scrub_value(key): self.scrub_value(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.scrub_value(each) for each in value]
        if value is None or isinstance(value, int | float):
            return value
        return self.scrub_text(str(value))

    def scrub_error(self, error: BaseException) -> None:
        """Mask the texts of an exception and of all that it was raised from, in place."""
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            each = waiting.pop()
            if each is None or id(each) in seen:
                continue
            seen.add(id(each))
            waiting += [each.__cause__, each.__context__]
            waiting += [arg for arg in each.args if isinstance(arg, BaseException)]
            if any(self._leaks(arg) for arg in each.args):
                each.args = tuple(
                    self.scrub_text(str(arg)) if self._leaks(arg) else arg for arg in each.args
                )
            if isinstance(each, OSError) and isinstance(each.strerror, str):
                each.strerror = self.scrub_text(each.strerror)

    def _leaks(self, value: object) -> bool:
        text = str(value)
        return self.scrub_text(text) != text

    def log_filter(self) -> logging.Filter:
        """A filter for the handlers of the root logger; it scrubs what any library logs."""
        return _ScrubbingFilter(self)

    def processor(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """The same as a structlog processor; put it after the one that formats exceptions."""
        return {key: self.scrub_value(value) for key, value in event.items()}

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)} values)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not serialised")


class _ScrubbingFilter(logging.Filter):
    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            # Formatters print the traceback themselves, unscrubbed: it goes into the text.
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        elif record.exc_text:
            text += "\n" + record.exc_text
        record.exc_info, record.exc_text, record.args = None, None, None
        record.msg = text
        for name, value in list(vars(record).items()):
            if value is not None and not isinstance(value, int | float):
                setattr(record, name, self._secrets.scrub_value(value))
        return True


@dataclass(frozen=True, slots=True)
class _Needle:
    """A pattern, and the literal text that every match contains, where there is one.

    Looking for a literal is a hundred times faster than matching a pattern, and nearly all
    bytes hold no secret.
    """

    pattern: re.Pattern[bytes]
    anchor: bytes
    reach: int

    def spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        if not self.anchor:
            yield from self._matches(data, 0, len(data))
            return
        at = data.find(self.anchor)
        while at >= 0:
            start, end = max(0, at - self.reach), at + self.reach
            while 0 <= at < end:
                end = at + self.reach
                at = data.find(self.anchor, at + 1)
            yield from self._matches(data, start, end)

    def _matches(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        match = self.pattern.search(data, start, end)
        while match is not None:
            yield match.span()
            # From the next byte, not from the end: the secret may overlap with itself.
            match = self.pattern.search(data, match.start() + 1, end)


def _needles(secret: str) -> Iterator[_Needle]:
    """Needles for all ways in which a secret may be written."""
    for form in {secret, *(unicodedata.normalize(name, secret) for name in ("NFC", "NFD"))}:
        raw = form.encode("utf-8", "surrogatepass")
        reach = _LONGEST_SPELLING * len(raw) + 2
        plain = b"".join(_written(character) for character in form)
        yield _Needle(re.compile(plain), _longest_plain_run(raw), reach)
        for literal in _escaped_throughout(form):
            yield _Needle(re.compile(re.escape(literal)), literal, reach)
        for alignment in range(3):
            yield from _in_base64(raw, alignment, reach)


def _longest_plain_run(raw: bytes) -> bytes:
    """The longest piece that no common encoder changes."""
    runs: list[bytes] = _PLAIN_RUN.findall(raw)
    return max(runs, key=len, default=b"")


def _written(character: str) -> bytes:
    """A pattern for one character as encoders commonly write it: plain unless it must not be."""
    raw = character.encode("utf-8", "surrogatepass")
    if len(raw) == 1 and raw[0] in _UNRESERVED:
        return re.escape(raw)
    ways: list[bytes] = [re.escape(raw), _escaped(character)]
    if len(raw) == 1:
        if character in '/"\\':
            ways.append(rb"\\{1,3}" + re.escape(raw))
        if character == " ":
            ways.append(rb"\+")
    elif ord(character) <= 0xFF:
        ways.append(re.escape(character.encode("latin-1")))  # as headers are sent
    entity = {"&": b"&amp;", "<": b"&lt;", ">": b"&gt;", '"': b"&quot;", "'": b"&apos;"}
    if character in entity:
        ways.append(entity[character])
    longest_first = sorted(ways, key=len, reverse=True)
    return b"(?:" + b"|".join(longest_first) + b")"


def _escaped(character: str) -> bytes:
    """A pattern for one character written as a percent, JSON or HTML escape."""
    raw = character.encode("utf-8", "surrogatepass")
    percent = b"".join(b"%(?:25){0,2}" + _hex(byte, 2) for byte in raw)
    unicode_ = b"".join(rb"\\{1,3}u" + _hex(unit, 4) for unit in _utf16(character))
    html = rb"&#(?:0{0,4}%d|[xX]0{0,4}%s);" % (ord(character), _hex(ord(character), 1))
    return b"(?:" + b"|".join((percent, unicode_, html)) + b")"


def _escaped_throughout(text: str) -> set[bytes]:
    """The text with each and every character escaped, as some encoders do."""
    raw = text.encode("utf-8", "surrogatepass")
    ways = set()
    for digits in ("02x", "02X"):
        for sign in ("%", "%25", "\\x"):
            ways.add("".join(f"{sign}{byte:{digits}}" for byte in raw))
        for sign in ("\\u", "\\\\u"):
            ways.add("".join(f"{sign}{unit:04{digits[-1]}}" for unit in _utf16(text)))
        ways.add("".join(f"&#x{ord(character):{digits[-1]}};" for character in text))
    ways.add("".join(f"&#{ord(character)};" for character in text))
    return {way.encode("ascii") for way in ways}


def _utf16(text: str) -> list[int]:
    units = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]


def _hex(number: int, digits: int) -> bytes:
    """Hexadecimal digits in either case."""
    return b"".join(
        b"[%c%c]" % (digit, digit - 32) if digit >= ord("a") else b"%c" % digit
        for digit in b"%0*x" % (digits, number)
    )


def _in_base64(raw: bytes, alignment: int, reach: int) -> Iterator[_Needle]:
    """The secret inside a base64 text in which `alignment` bytes (modulo 3) precede it.

    The characters at both ends also carry bits of the neighbours: any character stands there.
    """
    bits = 8 * (alignment + len(raw))
    first, last = -(-8 * alignment // 6), bits // 6
    for encode in _ALPHABETS:
        core = encode(bytes(alignment) + raw)[first:last]
        before = _BASE64 if alignment else b""
        after = _BASE64 if bits % 6 else b""
        spelled = b"".join(_written(character) for character in core.decode("ascii"))
        yield _Needle(re.compile(before + spelled + after), _longest_plain_run(core), reach)


_ALPHABETS: tuple[Callable[[bytes], bytes], ...] = (
    base64.standard_b64encode,
    base64.urlsafe_b64encode,
)
