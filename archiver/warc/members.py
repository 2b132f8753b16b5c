"""gzip members, one per record: packed fast, or stored where packing gains nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

try:
    from isal import isal_zlib as _engine

    _LEVEL = 2
except ImportError:  # there is no wheel for every machine; zlib packs as well, but slower
    import zlib as _engine  # type: ignore[no-redef]

    _LEVEL = 6

_GZIP = 31
_PACKED_ALREADY = frozenset(
    {
        "application/gzip",
        "application/pdf",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-bzip2",
        "application/x-gzip",
        "application/x-xz",
        "application/zip",
        "application/zstd",
    }
)
_UNPACKED_MEDIA = frozenset(
    {"image/svg+xml", "image/bmp", "image/x-ms-bmp", "audio/wav", "audio/x-wav", "audio/aiff"}
)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def is_packed_already(mime: str) -> bool:
    """Is content of this media type compressed in itself?"""
    if mime in _PACKED_ALREADY:
        return True
    return mime.startswith(("image/", "video/", "audio/")) and mime not in _UNPACKED_MEDIA


def member(data: bytes, *, stored: bool) -> bytes:
    """One gzip member."""
    if stored:
        return zlib.compress(data, 0, _GZIP)
    return _pack(data, _LEVEL, _GZIP)


def member_pieces(pieces: Iterable[bytes], *, stored: bool) -> Iterator[bytes]:
    """One gzip member of a content that is too large for the memory."""
    engine: _Compressor
    if stored:
        engine = zlib.compressobj(0, zlib.DEFLATED, _GZIP)
    else:
        engine = _engine.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        packed = engine.compress(piece)
        if packed:
            yield packed
    yield engine.flush()


_pack: Callable[[bytes, int, int], bytes] = _engine.compress
