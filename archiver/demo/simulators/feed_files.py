"""Small real files for the simulated site: a PNG picture and an MP3 of silence."""

from __future__ import annotations

import struct
import zlib

_FRAME = b"\xff\xfb\x90\x64" + bytes(413)  # one silent MPEG-1 layer III frame, 128 kbit/s


def png(number: int) -> bytes:
    """An 8 by 8 picture in one colour; another number, another colour."""
    colour = bytes((number * 37 % 256, number * 91 % 256, number // 256 % 256))
    rows = b"".join(b"\x00" + colour * 8 for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def mp3(number: int) -> bytes:
    """Half a second of silence, named by a tag; another number, other bytes."""
    name = f"Episode {number}".encode("latin-1").ljust(30, b"\x00")
    return _FRAME * 20 + b"TAG" + name + bytes(95)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
