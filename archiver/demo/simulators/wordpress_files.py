"""Small real pictures for the WordPress simulator."""

from __future__ import annotations

import struct
import zlib

SIDE = 64  # pixels


def picture(seed: int) -> bytes:
    """A PNG of one colour that depends on `seed`."""
    colour = bytes(((seed * 53) % 256, (seed * 101) % 256, (seed * 197) % 256))
    lines = (b"\0" + colour * SIDE) * SIDE
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(lines))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checked)
