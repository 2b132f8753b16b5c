"""The pictures and clips that a simulated X serves: small, real files made from a number."""

from __future__ import annotations

import struct
import zlib
from hashlib import sha256

from werkzeug.wrappers import Request, Response

BIT_RATES = (256_000, 2_176_000)


def picture(number: int, side: int) -> bytes:
    """A real PNG of one colour, `side` pixels square."""
    colour = sha256(str(number).encode()).digest()[:3]
    rows = zlib.compress((b"\0" + colour * side) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def clip(number: int, bit_rate: int) -> bytes:
    """The boxes of an MP4 file; its content tells number and bit rate apart."""
    body = f"clip {number} at {bit_rate}".encode()
    kind = b"isom\0\0\2\0isommp41"
    return (
        struct.pack(">I", 8 + len(kind))
        + b"ftyp"
        + kind
        + struct.pack(">I", 8 + len(body))
        + b"mdat"
        + body
    )


def served_file(request: Request) -> Response:
    """The file at an address; photos are reduced unless the original is asked for."""
    parts = request.path.strip("/").removesuffix(".png").split("/")
    match parts:
        case ["media", number] if number.isdigit():
            side = 64 if request.args.get("name") == "orig" else 16
            return Response(picture(int(number), side), mimetype="image/png")
        case ["profile" | "banner", number] if number.removesuffix("_normal").isdigit():
            side = 8 if number.endswith("_normal") else 48
            data = picture(1000 + int(number.removesuffix("_normal")), side)
            return Response(data, mimetype="image/png")
        case ["video", number, name] if number.isdigit() and name in _CLIPS:
            return Response(clip(int(number), _CLIPS[name]), mimetype="video/mp4")
    return Response("no such file", status=404, mimetype="text/plain")


_CLIPS = {f"{rate}.mp4": rate for rate in (0, *BIT_RATES)}
