"""How fast segments are checked, beside fastwarc's own verification and warcio's.

    python -m benchmarks.bench_verify [--megabytes 40] [--rounds 3]

"fastwarc" walks a file and verifies every block and payload digest, as `fastwarc check -p`
does; ours does the same and also hashes the file and looks at its end. The last rows check
two segments, one after the other and in two processes that are already running.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as Warcio  # type: ignore[import-untyped]

from archiver.warc.check import check_segment
from benchmarks.bench_warc_write import ours as write
from benchmarks.warc_data import items, pages, photos


def ours(path: Path) -> bool:
    """The product's check."""
    report = check_segment(path)
    if not report.ok:
        raise SystemExit(f"the benchmark's own segment does not hold: {report.problems}")
    return True


def fastwarc(path: Path) -> None:
    """fastwarc's own verification of block and payload digests."""
    for record in ArchiveIterator(str(path), parse_http=False, inplace=True):
        has_payload = "WARC-Payload-Digest" in record.headers
        holds = record.verify_block_digest(not has_payload)
        if has_payload:
            record.parse_http()
            holds = record.verify_payload_digest(True) and holds
        if not holds:
            raise SystemExit("fastwarc says that the benchmark's own segment does not hold")


def warcio(path: Path) -> None:
    """warcio's check."""
    with path.open("rb") as file:
        for record in Warcio(file, check_digests="raise"):
            while record.raw_stream.read(1 << 20):
                pass


def timed(action: Callable[[], object], rounds: int) -> float:
    """Seconds of the best round."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - begin)
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    kinds = {"20 KB pages": pages, "2 KB items": items, "200 KB photos": photos}
    print(f"{'':14} {'checker':12} {'MB/s':>8} {'of fastwarc':>12}")
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(2, mp_context=context) as pool,
    ):
        for number, (kind, make) in enumerate(kinds.items()):
            answers = make(int(options.megabytes * 1_000_000))
            payload = sum(len(answer.body) for answer in answers)
            pair = [Path(folder) / f"{number}-{each}.warc.gz" for each in "ab"]
            for path in pair:
                write(answers, path)
            first = pair[0]
            alone = timed(lambda path=first: fastwarc(path), options.rounds)  # type: ignore[misc]
            for way in (warcio, fastwarc, ours):
                seconds = timed(lambda way=way, path=first: way(path), options.rounds)  # type: ignore[misc]
                _row(kind, way.__name__, payload / seconds, alone / seconds)
            list(pool.map(ours, pair))
            for name, run in (
                ("2, one proc", lambda pair=pair: [ours(path) for path in pair]),
                ("2, two procs", lambda pair=pair: list(pool.map(ours, pair))),
            ):
                seconds = timed(run, options.rounds)
                _row(kind, name, 2 * payload / seconds, 2 * alone / seconds)


def _row(kind: str, name: str, rate: float, ratio: float) -> None:
    print(f"{kind:14} {name:12} {rate / 1e6:8.1f} {ratio:11.0%}")


if __name__ == "__main__":
    main()
