"""A small package made by hand: real ledger, real time stamps, real signature, and just enough
files around them. Independent of the exporters, whose files it imitates in the smallest form."""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import bagit  # type: ignore[import-untyped]

import archiver.export.verify as verifier
from archiver.capture.normalise import canonical, digest_of
from archiver.credentials import CredentialStore
from archiver.desk.signing import Signer
from archiver.export import proof
from archiver.export.base import (
    FILES,
    ITEMS,
    WITHHELD,
    Cut,
    Production,
    Released,
    ReleasedFile,
    Withheld,
    staged,
)
from archiver.ledger.chain import GENESIS, Entry, entry
from archiver.ledger.merkle import Tree
from archiver.model.manifest import leaf_of
from archiver.model.queries.checkpoints import Checkpoint, ProvedLine
from archiver.secrets import Secrets
from archiver.values import Place
from config.settings import Signing
from connectors.base import Author, Item, Kind, MediaRef, Stamp
from tests.support.clock import NOON
from tests.support.time_authority import Authority, TimeAuthority

PICTURE = b"\x89PNG\r\n\x1a\nnot much of a picture"
CITATION = "Springfield Code 1-2"
logging.getLogger("bagit").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Keys:
    """Who signs and who stamps."""

    agency: Authority
    time: TimeAuthority

    @property
    def roots(self) -> list[Path]:
        """What an opposing expert trusts."""
        return [self.agency.root, self.time.ca_file]


@dataclass(frozen=True)
class _Sealed:
    """A post, as the archive holds it."""

    item: Item
    form: str
    pre: dict[str, Any]
    place: Place


def post(number: int) -> Item:
    """Item `number` + 1 of the package, as it was captured."""
    published = NOON - timedelta(days=number, microseconds=7)
    pictures = (MediaRef(key=f"pic-{number}", url="https://x.example/p.png", kind="image"),)
    return Item(
        kind=Kind.POST,
        id=f"p{number}",
        exchange=f"exchange-{number}",
        author=Author(id="spd", handle="springfieldpd", name="Springfield Police"),
        text=f"Notice {number}: the bridge is closed \N{POLICE CAR}",
        native={},
        published=Stamp(published.isoformat(), published),
        media=pictures if number % 3 == 0 else (),
    )


def _sealed(count: int) -> tuple[list[_Sealed], list[Entry]]:
    """Posts in runs of five each, and the ledger that tells of them."""
    lines: list[Entry] = []
    found: list[_Sealed] = []

    def tell(kind: str, body: dict[str, object]) -> None:
        lines.append(
            entry(
                seq=len(lines) + 1, at=NOON + timedelta(minutes=len(lines)), kind=kind, body=body,
                previous=lines[-1].hash if lines else GENESIS,
            )
        )  # fmt: skip

    for start in range(0, count, 5):
        tell("account approved", {"account": "spd-x"})
        items = [post(number) for number in range(start, min(start + 5, count))]
        pres = [preimage(item) for item in items]
        leaves = [_leaf(pre) for pre in pres]
        ordered = sorted([*leaves, "ab" * 32])  # the last is of a destroyed neighbour
        tree = Tree(ordered)
        body: dict[str, object] = {"account": "spd-x", "run": f"run-{start}", "segment": "s.warc",
                "sha256": "0" * 64, "versions": len(ordered), "root": tree.root}  # fmt: skip
        tell("run", body)
        for item, pre, leaf in zip(items, pres, leaves, strict=True):
            index = ordered.index(leaf)
            place = Place(
                leaf=leaf, path=tree.path(index), index=index, size=tree.size, root=tree.root,
                line=len(lines), preimage=pre,
            )  # fmt: skip
            found.append(_Sealed(item, canonical(item), pre, place))
    tell("hold placed", {"hold": 1})
    return found, lines


def preimage(item: Item) -> dict[str, Any]:
    """What the leaf of a post is computed from."""
    sha256 = hashlib.sha256(PICTURE + item.id.encode()).hexdigest()
    return {
        "family": "post",
        "platform_id": item.id,
        "version_key": "",
        "digest": digest_of(canonical(item)),
        "media": [{"key": each.key, "sha256": sha256} for each in item.media],
        "salt": hashlib.sha256(item.id.encode()).hexdigest()[:32],
    }


def _leaf(pre: dict[str, Any]) -> str:
    return leaf_of(
        identity=(pre["family"], pre["platform_id"], pre["version_key"]),
        digest=pre["digest"],
        media=[(each["key"], each["sha256"]) for each in pre["media"]],
        salt=pre["salt"],
    )


def _released(position: int, bates: int, held: _Sealed) -> Released:
    item = held.item
    assert item.published is not None
    files = tuple(
        ReleasedFile(
            position=number, kind="image", path=f"{item.id}-{number}.png", mime="image/png",
            size=len(PICTURE) + len(item.id), sha256=each["sha256"], alt_text="", redacted=False,
        )
        for number, each in enumerate(held.pre["media"])
    )  # fmt: skip
    return Released(
        position=position, bates=f"SPD-{bates:06}", record_id=100 + position, version=1, versions=1,
        current=True, account="spd-x", account_name="Springfield Police", account_address="spd",
        department="Police", custodian="Clerk", platform="x", kind="post", platform_id=item.id,
        parent_id="", thread_id="", author_id="spd", author_handle="springfieldpd",
        author_name="Springfield Police", permalink="", published_at=item.published.utc,
        edited_at=None, not_before=None, not_after=None, captured_at=NOON, visibility="public",
        presence="present", language="", title="", text=item.text, files=files,
        digest=held.pre["digest"], canonical=held.form, place=held.place,
    )  # fmt: skip


def _redacted(whole: Released) -> Released:
    assert whole.place is not None
    cut = Cut(field="text", code="PRIV", citation=CITATION, label="Privacy")
    return replace(
        whole, text="[redacted: PRIV]", cuts=(cut,), files=(), digest="", canonical="",
        place=replace(whole.place, preimage=None),
    )  # fmt: skip


def _withheld(position: int, held: _Sealed) -> Withheld:
    return Withheld(
        position=position, kind="post", platform="x", account="spd-x", date="", code="INV",
        citation=CITATION, label="Investigation", reason="open",
        place=replace(held.place, preimage=None),
    )  # fmt: skip


def stage(folder: Path, count: int = 12) -> tuple[Production, list[Entry]]:
    """A staged production: every fourth item is redacted, every fifth withheld."""
    held, lines = _sealed(count)
    staging = folder / "staging"
    (staging / FILES).mkdir(parents=True)
    kinds = {"whole": 0, "redacted": 0, "withheld": 0}
    bates = 41
    with (staging / ITEMS).open("wb") as items, (staging / WITHHELD).open("wb") as kept:
        for position, each in enumerate(held, start=1):
            if position % 5 == 0:
                kinds["withheld"] += 1
                kept.write(staged(_withheld(position, each)))
                continue
            item = _released(position, bates, each)
            bates += 1
            if position % 4 == 0:
                item = _redacted(item)
            for file in item.files:
                (staging / FILES / file.path).write_bytes(PICTURE + item.platform_id.encode())
            kinds["redacted" if item.redacted else "whole"] += 1
            items.write(staged(item))
    production = Production(
        agency="Springfield Police", zone=ZoneInfo("America/Chicago"), request="2026-0001",
        number=1, title="The bridge", query="bridge", made_at=NOON, made_by="Clerk Lisa",
        released=kinds["whole"] + kinds["redacted"], redacted=kinds["redacted"],
        withheld=kinds["withheld"], staging=staging,
    )  # fmt: skip
    return production, lines


def checkpoint_of(lines: Sequence[Entry]) -> Checkpoint:
    """A checkpoint over all these lines."""
    tree = Tree(line.hash for line in lines)
    return Checkpoint(id=1, seq=len(lines), head=lines[-1].hash, root=tree.root, at=NOON)


def evidence_of(lines: Sequence[Entry], keys: Keys, *, signed: bool = True) -> proof.Evidence:
    """What the ledger says of them."""
    tree = Tree(line.hash for line in lines)
    point = checkpoint_of(lines)

    def proved(wanted: Iterable[int]) -> Iterator[ProvedLine]:
        for seq in wanted:
            yield ProvedLine(
                entry=lines[seq - 1], index=seq - 1, size=tree.size, path=tree.path(seq - 1)
            )

    stamp = proof.StampFile(
        answer=keys.time.stamp(point.statement()), certificates=keys.time.ca_file.read_bytes()
    )
    return proof.Evidence(
        checkpoint=point,
        stamps=(stamp,),
        lines=proved,
        signatory=keys.agency.leaf.read_bytes() if signed else b"",
    )


def make_package(folder: Path, keys: Keys, *, signed: bool = True, count: int = 12) -> Path:
    """A whole bag; returns its folder."""
    production, lines = stage(folder, count)
    bag = folder / "bag"
    data = bag / "data"
    for name in ("json", "table", "media", "pdf"):
        (data / name).mkdir(parents=True)
    write_json(production, data)
    write_table(production, data)
    for file in sorted((production.staging / FILES).iterdir()):
        shutil.copy(file, data / "media" / file.name)
    (data / "pdf" / "production.pdf").write_bytes(b"%PDF-1.7\n" + b"x" * 4000)
    shutil.copy(verifier.__file__, data / "verify.py")
    counts = proof.write(production, data, evidence=evidence_of(lines, keys, signed=signed))

    def sign(path: Path) -> bytes | None:
        return sign_by(keys.agency, path) if signed else None

    proof.seal(production, data, counts=counts, sign=sign, stamp=lambda m: [keys.time.stamp(m)])
    bag_up(bag)
    return bag


def sign_by(agency: Authority, path: Path) -> bytes:
    """A signature by these keys."""
    settings = Signing(certificate=agency.leaf, key=agency.key)
    made = Signer(settings, CredentialStore(path.parent, {}), Secrets()).sign(path, at=NOON)
    assert made is not None
    return made.der


def write_json(production: Production, data: Path) -> None:
    """The released items as JSON Lines."""
    with (data / "json" / "items.jsonl").open("w") as file:
        for item in production.items():
            files = [{"path": f"media/{e.path}", "sha256": e.sha256} for e in item.files]
            row = {
                "position": item.position, "bates": item.bates, "record": item.record_id,
                "version": item.version, "published": _text(item.published_at),
                "kind": item.kind, "id": item.platform_id, "parent": item.parent_id,
                "thread": item.thread_id, "author": {"id": item.author_id},
                "title": item.title, "language": item.language, "visibility": item.visibility,
                "text": item.text, "files": files, "redactions": [e.code for e in item.cuts],
                "digest": item.digest, "canonical": item.canonical, "native": item.native,
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")


def _text(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_table(production: Production, data: Path) -> None:
    """The index as CSV, with a byte order mark as spreadsheets want it."""
    with (data / "table" / "index.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["bates", "position", "record", "version", "published_utc", "text"])
        for item in production.items():
            writer.writerow(
                [item.bates, item.position, item.record_id, item.version,
                 _text(item.published_at), item.text]
            )  # fmt: skip


def bag_up(bag: Path) -> None:
    """Write the bag's own files, in place; an existing bag's are made anew."""
    data = bag / "data"
    inner = bag.parent / "payload"
    data.rename(inner)
    shutil.rmtree(bag)
    bag.mkdir()
    for each in sorted(inner.iterdir()):
        each.rename(bag / each.name)
    inner.rmdir()
    bagit.make_bag(str(bag), {"Source-Organization": "Springfield Police"},
                   checksums=["sha256", "sha512"])  # fmt: skip


def mend(bag: Path) -> None:
    """What a forger can do without keys: make all unsigned hashes right again."""
    data = bag / "data"
    path = data / "proof" / "manifest.json"
    said = json.loads(path.read_bytes())
    said["files"] = list(proof._files(data))
    with (data / "proof" / "items.jsonl").open() as file:
        lines = [json.loads(line) for line in file]
    outcomes = [each["outcome"] for each in lines]
    bare = sum(1 for each in lines if each["place"] is None)
    said["counts"] = {"items": len(outcomes), **{
        each: outcomes.count(each) for each in ("release", "redact", "withhold")},
        **({"unproved": bare} if bare else {})}  # fmt: skip
    path.write_bytes(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
    bag_up(bag)
