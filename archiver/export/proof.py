"""The proof/ folder of a package: each item's place in the ledger, the ledger's lines, the
checkpoint over them with its time stamps; and last the signed manifest of the whole package.

`write` comes before the certificate is written, `seal` after everything else: the manifest
names every file but itself, its signature and its time stamps. Who signs and who stamps is the
caller's business. Nothing in proof/ tells what was redacted or withheld: of such items the
salted leaf alone is there. Where there was no salt, the place is left out, and the line says why.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archiver.errors import ExportError
from archiver.export.base import Production, Released, Withheld
from archiver.files import sha256_of
from archiver.model.queries.checkpoints import Checkpoint, ProvedLine
from archiver.values import Place

FORM = "archiver-manifest-1"
FOLDER = "proof"
MANIFEST, SIGNATURE = "manifest.json", "manifest.p7s"
RELEASE, REDACT, WITHHOLD = "release", "redact", "withhold"
UNPROVED = "unproved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFile:
    """A time stamp as it goes into the package: DER, and the PEM of its authority's root."""

    answer: bytes
    certificates: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the ledger has to say. `lines` gives its lines of these numbers, each with its path
    to the checkpoint; `signatory` is the PEM of who will sign, empty for an unsigned package."""

    checkpoint: Checkpoint
    stamps: tuple[StampFile, ...]
    lines: Callable[[Iterable[int]], Iterable[ProvedLine]]
    signatory: bytes


def write(production: Production, data: Path, *, evidence: Evidence) -> dict[str, int]:
    """Write the items with their places, the ledger and the checkpoint below `data`; returns
    how many items there are in all and of each outcome, and how many have no place, if any.

    Raises: ExportError when an item has no place, one that is redacted or withheld would
    reveal what it was, or the checkpoint does not cover an item's line.
    """
    folder = data / FOLDER
    folder.mkdir()
    wanted, counts = _write_items(production, folder)
    _write_ledger(folder, wanted, evidence)
    (folder / "checkpoint.json").write_bytes(evidence.checkpoint.statement())
    for number, stamp in enumerate(evidence.stamps, start=1):
        (folder / f"checkpoint-{number}.tsr").write_bytes(stamp.answer)
        (folder / f"authority-{number}.pem").write_bytes(stamp.certificates)
    if evidence.signatory:
        (folder / "signer.pem").write_bytes(evidence.signatory)
    return counts


def seal(
    production: Production,
    data: Path,
    *,
    counts: dict[str, int],
    sign: Callable[[Path], bytes | None],
    stamp: Callable[[bytes], Sequence[bytes]],
) -> str:
    """Write the manifest of everything below `data`, have it signed and stamped; returns its
    hex SHA-256. `sign` gives None for an unsigned package, `stamp` DER time stamps.

    Raises: ExportError when something is no plain file, or the package is signed though it
    was begun as unsigned, or the other way round.
    """
    folder = data / FOLDER
    is_signed = (folder / "signer.pem").exists()
    manifest = folder / MANIFEST
    text = _canonical(
        {
            "agency": production.agency,
            "counts": counts,
            "files": list(_files(data)),
            "form": FORM,
            "made_at": _iso(production.made_at),
            "made_by": production.made_by,
            "production": production.name,
            "request": production.request,
            "signed": is_signed,
        }
    )
    manifest.write_bytes(text)
    signature = sign(manifest)
    if (signature is not None) != is_signed:
        raise ExportError(
            "the package was begun as "
            f"{'signed' if is_signed else 'unsigned'} and would not end so; nothing was delivered"
        )
    if signature is not None:
        (folder / SIGNATURE).write_bytes(signature)
    for number, answer in enumerate(stamp(text), start=1):
        (folder / f"manifest-{number}.tsr").write_bytes(answer)
    return hashlib.sha256(text).hexdigest()


def _write_items(production: Production, folder: Path) -> tuple[set[int], dict[str, int]]:
    wanted: set[int] = set()
    counted: Counter[str] = Counter()
    both: Iterator[Released | Withheld] = heapq.merge(
        production.items(), production.kept_back(), key=_position
    )
    with (folder / "items.jsonl").open("wb") as file:
        for position, item in enumerate(both, start=1):
            if item.position != position:
                raise ExportError(
                    f"the staged items are not numbered 1, 2, ...: {item.position} stands where "
                    f"{position} should; stage the production again"
                )
            line = _item(item)
            if line["place"] is None:
                counted[UNPROVED] += 1
            else:
                wanted.add(line["place"]["line"])
            counted[line["outcome"]] += 1
            file.write(_canonical(line) + b"\n")
    counts = {name: counted[name] for name in (RELEASE, REDACT, WITHHOLD)}
    if (counts[REDACT], counts[WITHHOLD]) != (production.redacted, production.withheld):
        raise ExportError(
            f"{counts[REDACT]} redacted and {counts[WITHHOLD]} withheld items are staged, "
            f"{production.redacted} and {production.withheld} were decided; stage it again"
        )
    unproved = {UNPROVED: counted[UNPROVED]} if counted[UNPROVED] else {}
    return wanted, {"items": sum(counts.values()), **counts, **unproved}


def _position(item: Released | Withheld) -> int:
    return item.position


def _item(item: Released | Withheld) -> dict[str, Any]:
    if item.place is None and not item.unproved:
        raise ExportError(f"item {item.position} has no place in the ledger; stage it again")
    line: dict[str, Any] = {"position": item.position, "place": _place(item.place), "bates": None}
    if item.unproved:
        line[UNPROVED] = item.unproved
    if isinstance(item, Withheld):
        line |= {"outcome": WITHHOLD, "record": None, "version": None, "code": item.code,
                 "citation": item.citation}  # fmt: skip
    else:
        published = _iso(item.published_at) if item.published_at else ""
        line |= {"outcome": REDACT if item.redacted else RELEASE, "bates": item.bates,
                 "record": item.record_id, "version": item.version,
                 "published": published}  # fmt: skip
        if item.redacted:
            line["cuts"] = [{"code": each.code, "citation": each.citation} for each in item.cuts]
    if item.place is not None:
        _check_preimage(item, item.place, line["outcome"])
    return line


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    told = asdict(place)
    del told["salted"]  # shows in the preimage
    return told


def _check_preimage(item: Released | Withheld, place: Place, outcome: str) -> None:
    if outcome != RELEASE and place.preimage is not None:
        raise ExportError(
            f"item {item.position} is not released whole, but its place tells what it was; "
            "nothing was delivered"
        )
    if outcome == RELEASE and place.preimage is None:
        raise ExportError(f"what item {item.position} was sealed as is gone; run: archiver verify")


def _write_ledger(folder: Path, wanted: set[int], evidence: Evidence) -> None:
    beyond = [each for each in wanted if each > evidence.checkpoint.seq]
    if beyond:
        raise ExportError(
            f"the checkpoint does not cover ledger line {min(beyond)}; make a new one with: "
            "archiver checkpoint make"
        )
    told = 0
    with (folder / "ledger.jsonl").open("wb") as file:
        for each in evidence.lines(sorted(wanted)):
            line = asdict(each.entry) | {
                "at": _iso(each.entry.at),
                "index": each.index,
                "size": each.size,
                "path": list(each.path),
            }
            file.write(_canonical(line) + b"\n")
            told += 1
    if told != len(wanted):
        raise ExportError("lines of the ledger are missing; run: archiver verify")


def _files(data: Path) -> Iterator[dict[str, Any]]:
    """Every file below `data` but those that come after the manifest, by path."""
    found = {}
    for path in data.rglob("*"):
        name = path.relative_to(data).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ExportError(f"{path} is no plain file; a package holds nothing else")
        if path.is_file() and not _is_after(name):
            found[name] = path
    for name, path in sorted(found.items()):
        yield {"path": name, "size": path.stat().st_size, "sha256": sha256_of(path)}


def _is_after(name: str) -> bool:
    return name in (f"{FOLDER}/{MANIFEST}", f"{FOLDER}/{SIGNATURE}") or (
        name.startswith(f"{FOLDER}/manifest-") and name.endswith(".tsr")
    )


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
