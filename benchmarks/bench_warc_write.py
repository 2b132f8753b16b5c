"""How fast segments are written, beside warcio's writer and beside the bare work.

    python -m benchmarks.bench_warc_write [--megabytes 20] [--rounds 3]

Each row writes the same exchanges (request and response) and makes the file durable. "bare
work" is isal level 2 (or storing, for photos) of the same blocks, a SHA-256 of each and of
each payload, and an fsync: what no writer can undercut. The best of the rounds counts; compare
ratios, not absolutes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from archiver.clock import SystemClock
from archiver.warc.writer import SegmentWriter
from benchmarks.warc_data import Answer, items, pages, photos

Way = Callable[[Sequence[Answer], Path], float]


def ours(answers: Sequence[Answer], path: Path) -> float:
    """The product's writer."""
    exchanges = [answer.recorded() for answer in answers]
    begin = time.perf_counter()
    writer = SegmentWriter(path, info={"software": "benchmark"}, clock=SystemClock())
    for exchange in exchanges:
        writer.exchange(exchange)
    writer.seal()
    return time.perf_counter() - begin


def warcio(answers: Sequence[Answer], path: Path) -> float:
    """warcio's writer as it comes: zlib level 9, sha1."""
    heads = [
        (_parsed(each.response_head, "HTTP/1.1"), _parsed(each.request_head, ""))
        for each in answers
    ]
    begin = time.perf_counter()
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        for answer, (response_head, request_head) in zip(answers, heads, strict=True):
            response = writer.create_warc_record(
                answer.url,
                "response",
                payload=io.BytesIO(answer.body),
                http_headers=response_head,
            )
            request = writer.create_warc_record(
                answer.url,
                "request",
                payload=io.BytesIO(),
                http_headers=request_head,
                warc_headers_dict={
                    "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")
                },
            )
            writer.write_record(response)
            writer.write_record(request)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - begin


def _parsed(head: bytes, protocol: str) -> StatusAndHeaders:
    first, *lines = head.decode().strip().split("\r\n")
    status = first.split(" ", 1)[1] if protocol else first
    pairs = [tuple(line.split(": ", 1)) for line in lines]
    return StatusAndHeaders(status, pairs, protocol=protocol, is_http_request=not protocol)


def bare(answers: Sequence[Answer], path: Path) -> float:
    """Nothing but the work: digests, gzip members, one fsync."""
    blocks = [(each.request_head, each.response_head + each.body) for each in answers]
    begin = time.perf_counter()
    with path.open("wb") as file:
        for answer, (request, response) in zip(answers, blocks, strict=True):
            hashlib.sha256(request).hexdigest()
            file.write(isal_zlib.compress(request, 2, 31))
            hashlib.sha256(answer.body).hexdigest()
            hashlib.sha256(response).hexdigest()
            if answer.mime.startswith("image/"):
                file.write(zlib.compress(response, 0, 31))
            else:
                file.write(isal_zlib.compress(response, 2, 31))
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - begin


def measure(way: Way, answers: Sequence[Answer], folder: Path, rounds: int) -> tuple[float, int]:
    """Seconds of the best round, and the size of the file."""
    best, size = float("inf"), 0
    for _ in range(rounds):
        path = folder / "segment.warc.gz"
        best = min(best, way(answers, path))
        size = path.stat().st_size
        path.unlink()
    return best, size


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    total = int(options.megabytes * 1_000_000)
    kinds = {"20 KB pages": pages, "2 KB items": items, "200 KB photos": photos}
    titles = ("", "writer", "MB/s", "exch/s", "x warcio", "of bare", "size")
    print("{:14} {:10} {:>7} {:>8} {:>9} {:>8} {:>7}".format(*titles))
    with tempfile.TemporaryDirectory() as folder:
        for kind, make in kinds.items():
            answers = make(total)
            payload = sum(len(answer.body) for answer in answers)
            rows = {
                way.__name__: measure(way, answers, Path(folder), options.rounds)
                for way in (warcio, ours, bare)
            }
            for name, (seconds, size) in rows.items():
                print(
                    f"{kind:14} {name:10} {payload / seconds / 1e6:7.1f} "
                    f"{len(answers) / seconds:8,.0f} {rows['warcio'][0] / seconds:8.2f}x "
                    f"{rows['bare'][0] / seconds:7.0%} {size / payload:7.1%}"
                )


if __name__ == "__main__":
    main()
