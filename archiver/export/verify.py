#!/usr/bin/env python3
"""Verifies a production of public records by itself: nothing but this file, Python 3.8 or newer,
and the program openssl (1.1.1 or newer) is needed, and no connection to anybody.

    python3 verify.py [--ca FILE ...] [--signer FINGERPRINT] [--bag FOLDER] [--allow-unsigned]

--ca             PEM file with a root certificate that YOU trust: the one behind the agency's
                 signature, those of the time-stamping authorities. May be given several times.
                 Without it, signature and time stamps are only held against the certificates that
                 came with the package, which whoever forged it could have made too.
--signer         SHA-256 fingerprint (64 hexadecimal digits, with colons or without) of the
                 certificate that the agency signs with, as the agency makes it known by another
                 way than this package. If another certificate signed, or none, that is wrong.
--bag            the folder with bagit.txt; by default the one that this file lies in.
--allow-unsigned accept a package that says of itself that it is not signed.

It exits with 0 when everything holds, with 1 when anything does not. If you do not trust the
package, take this file from the project's own publication instead of from the package.
"""

# ruff: noqa: B905, UP017 - the strict of zip came with Python 3.10, datetime.UTC with 3.11
from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from pathlib import Path
from typing import Any

MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, csv.Error,
             RecursionError)  # fmt: skip
AT_ONCE = 1000  # files that wait to be hashed: of a package's 200,000 they took more than all else
HEX64 = re.compile("[0-9a-f]{64}")
TAG_FILE = re.compile("bagit[.]txt|bag-info[.]txt|(tag)?manifest-[a-z0-9]+[.]txt")
PEM = re.compile(b"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
RELEASE, REDACT, WITHHOLD = "release", "redact", "withhold"
UNSIGNED = (
    "without a signature, whoever had the package in hand may have left items out, changed pages, "
    "tables, logs, redacted items and the certificate, and made all hashes anew: the ledger holds "
    "only what was sealed of items that are released whole"
)
CANNOT = (
    "that the platform told the truth: what it said was recorded, not why;",
    "that nothing was missed between two captures, or that the request's search was right;",
    "that the agency had not made up records before the time that the time stamps show;",
    "what stands behind redactions and withheld items: only that they stood in the ledger;",
    "that pages for reading (PDF, HTML, spreadsheets) look like what the platform showed: they "
    "are held by the signed manifest, not by the ledger;",
    "that the signature is the agency's because its certificate has that name: give the "
    "fingerprint that the agency makes known with --signer.",
)  # fmt: skip


class Report:
    """What was verified, what is wrong, what could not be verified."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.wrong: list[str] = []
        self.open: list[str] = []

    def step(self, name: str, check: Callable[[], str]) -> None:
        """Run one check. What is so broken that it cannot be read is wrong, too."""
        before = len(self.wrong)
        try:
            said = check()
        except MALFORMED as error:
            self.wrong.append(f"{name}: cannot be read ({type(error).__name__}: {error})")
            return
        if len(self.wrong) == before and said:
            self.done.append(f"{name}: {said}")

    def show(self) -> None:
        """Print it."""
        for mark, lines in (("ok    ", self.done), ("OPEN  ", self.open), ("WRONG ", self.wrong)):
            for each in lines[:200]:
                print(mark + each)  # noqa: T201 - a program of its own
            if len(lines) > 200:
                print(f"{mark}... and {len(lines) - 200} more")  # noqa: T201
        print("\nThis cannot be proved from a package:")  # noqa: T201
        for each in CANNOT:
            print("  - " + each)  # noqa: T201
        verdict = "EVERYTHING HOLDS" if not self.wrong else f"{len(self.wrong)} THINGS ARE WRONG"
        if not self.wrong and self.open:
            verdict += f", but {len(self.open)} points are open (see above)"
        print("\n" + verdict)  # noqa: T201


class Package:
    """A bag and what its files turned out to be: hash by path below the bag."""

    def __init__(self, bag: Path, report: Report) -> None:
        self.bag, self.report = bag, report
        self.hashes: dict[str, dict[str, str]] = {}
        self.sizes: dict[str, int] = {}

    def path(self, name: str) -> Path:
        return self.bag / "data" / name

    def has(self, name: str) -> bool:
        return "data/" + name in self.hashes

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The objects of a JSON Lines file."""
        with self.path(name).open("rb") as file:
            for raw in file:
                yield parsed(raw)

    def items(self) -> Iterator[dict[str, Any]]:
        """All items in their order, read anew each time: there may be a hundred thousand."""
        return self.lines("proof/items.jsonl")

    def released(self) -> Iterator[dict[str, Any]]:
        """Those that are not withheld."""
        return (each for each in self.items() if each["outcome"] != WITHHOLD)

    def wrong(self, text: str) -> None:
        self.report.wrong.append(text)


def parsed(raw: bytes) -> dict[str, Any]:
    """A JSON object in which no key stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    value = json.loads(raw.decode("utf-8"), object_pairs_hook=once)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


# --- the bag


def algorithms(bag: Path) -> list[str]:
    """Those that the bag has manifests of, and always SHA-256."""
    found = {"sha256"}
    for path in bag.glob("*manifest-*.txt"):
        match = re.fullmatch("(?:tag)?manifest-([a-z0-9]+)[.]txt", path.name)
        if match and match.group(1) in hashlib.algorithms_available:
            found.add(match.group(1))
    return sorted(found)


def hash_all(package: Package) -> str:
    """Read every file once."""
    names = []
    for folder, folders, files in os.walk(str(package.bag)):
        for name in sorted(folders + files):
            path = Path(folder) / name
            inside = path.relative_to(package.bag).as_posix()
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                package.wrong(f"{inside} is no plain file")
            elif path.is_file():
                names.append(inside)
    kinds = algorithms(package.bag)

    def one(name: str) -> tuple[dict[str, str], int]:
        digests, size = {kind: hashlib.new(kind) for kind in kinds}, 0
        with (package.bag / name).open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                size += len(piece)
                for digest in digests.values():
                    digest.update(piece)
        return {kind: digest.hexdigest() for kind, digest in digests.items()}, size

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            for name, (digests, size) in zip(some, pool.map(one, some)):
                package.hashes[name], package.sizes[name] = digests, size
    return f"{len(names)} files, {sum(package.sizes.values())} bytes"


def check_bag(package: Package) -> str:
    """BagIt (RFC 8493): every manifest of every algorithm, both ways, and the totals."""
    declared = (package.bag / "bagit.txt").read_bytes()
    if not re.fullmatch(
        b"BagIt-Version: (0[.]97|1[.]0)\r?\nTag-File-Character-Encoding: UTF-8\r?\n?", declared
    ):
        package.wrong("bagit.txt does not declare a bag")
    payload = {name for name in package.hashes if name.startswith("data/")}
    tags = {n for n in package.hashes if n not in payload and not n.startswith("tagmanifest-")}
    for name in sorted(n for n in package.hashes if n not in payload):
        if not TAG_FILE.fullmatch(name):
            package.wrong(f"{name} was added beside data/, where nothing is signed")
    kinds = []
    for prefix, wanted in (("manifest-", payload), ("tagmanifest-", tags)):
        found = [n for n in package.hashes if n.startswith(prefix) and n.endswith(".txt")]
        if not found:
            package.wrong(f"the bag has no {prefix}ALGORITHM.txt")
        kinds.append({name[len(prefix) :] for name in found})
        for name in found:
            check_listing(package, name, wanted)
    if kinds[0] != kinds[1]:
        package.wrong("the bag's manifests and tagmanifests are not of the same algorithms")
    text = (package.bag / "bag-info.txt").read_text(encoding="utf-8")
    totals = re.findall("(?m)^Payload-Oxum: *([0-9]+)[.]([0-9]+) *$", text)
    size = sum(package.sizes[name] for name in payload)
    if totals != [(str(size), str(len(payload)))]:
        package.wrong(f"bag-info.txt: Payload-Oxum is not {size}.{len(payload)}")
    return f"{len(payload)} payload files are those that the bag's manifests list"


def check_listing(package: Package, name: str, wanted: set[str]) -> None:
    kind = name.rpartition("-")[2][: -len(".txt")]
    if kind not in algorithms(package.bag):
        package.wrong(f"{name}: the hash {kind} is not known here")
        return
    raw = (package.bag / name).read_bytes().decode("utf-8")
    if not raw.endswith("\n"):
        package.wrong(f"{name} does not end with a whole line")
    listed: set[str] = set()
    for line in raw.split("\n")[:-1]:
        match = re.fullmatch("([0-9a-f]+) {1,2}([^ \r\n][^\r\n]*)", line)
        if match is None:
            package.wrong(f"{name}: a line is not as it must be: {line[:120]!r}")
            continue
        path = match.group(2)
        if path not in wanted:
            path = re.sub("%0[Dd]", "\r", re.sub("%0[Aa]", "\n", path)).replace("%25", "%")
        if path in listed:
            package.wrong(f"{name}: {path} is listed twice")
        listed.add(path)
        if path not in wanted:
            package.wrong(f"{name} lists {path}, which is missing")
        elif package.hashes[path][kind] != match.group(1):
            package.wrong(f"{name}: {path} was changed")
    for path in sorted(wanted - listed):
        package.wrong(f"{name}: {path} was added, it is not listed")


def is_after_manifest(name: str) -> bool:
    return name in ("proof/manifest.json", "proof/manifest.p7s") or bool(
        re.fullmatch("proof/manifest-[0-9]+[.]tsr", name)
    )


def check_manifest(package: Package) -> str:
    """proof/manifest.json, which the signature is over, against the files, both ways."""
    raw = package.path("proof/manifest.json").read_bytes()
    said = parsed(raw)
    if said["form"] != "archiver-manifest-1" or canonical(said).encode("ascii") != raw:
        package.wrong("proof/manifest.json is not in its canonical form")
    check_info(package, said)
    listed = {each["path"]: each for each in said["files"]}
    if [each["path"] for each in said["files"]] != sorted(listed):
        package.wrong("proof/manifest.json does not list each file once, by path")
    held = {n[5:] for n in package.hashes if n.startswith("data/") and not is_after_manifest(n[5:])}
    for name in sorted(held - listed.keys()):
        package.wrong(f"proof/manifest.json: data/{name} was added")
    for name in sorted(listed.keys() - held):
        package.wrong(f"proof/manifest.json: data/{name} is missing")
    for name in sorted(held & listed.keys()):
        real = package.hashes["data/" + name]["sha256"], package.sizes["data/" + name]
        if real != (listed[name]["sha256"], listed[name]["size"]):
            package.wrong(f"proof/manifest.json: data/{name} was changed")
    counts: dict[str, int] = {RELEASE: 0, REDACT: 0, WITHHOLD: 0}
    unproved = 0
    for item in package.items():
        counts[item["outcome"]] += 1
        unproved += item["place"] is None
    counts["items"] = sum(counts.values())
    if unproved:
        counts["unproved"] = unproved
    if said["counts"] != counts:
        package.wrong("proof/items.jsonl has not the items that proof/manifest.json counts")
    return "{} files; production {} of {}, made {} by {}".format(
        len(listed), said["production"], said["agency"], said["made_at"], said["made_by"],
    )  # fmt: skip


def check_info(package: Package, said: dict[str, Any]) -> None:
    """What bag-info.txt, which is not signed, says of the production."""
    text = (package.bag / "bag-info.txt").read_text(encoding="utf-8")
    for label, name in (
        ("Source-Organization", "agency"),
        ("External-Identifier", "production"),
        ("Contact-Name", "made_by"),
    ):
        for value in re.findall(f"(?mi)^{label}[ \\t]*:[ \\t]*(.*)$", text):
            if value.strip() != re.sub("[\r\n]", "", said[name]).strip():
                package.wrong(f"bag-info.txt: {label} is not what proof/manifest.json says")


# --- the ledger


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of_path(leaf: str, index: int, size: int, path: Sequence[str]) -> str:
    """RFC 6962 section 2.1.1. An empty text when this cannot be a path of such a tree."""
    if not (0 <= index < size and all(HEX64.fullmatch(each) for each in (leaf, *path))):
        return ""
    here, beside = hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest(), list(reversed(path))
    while size > 1:
        if index ^ 1 < size:
            if not beside:
                return ""
            other = bytes.fromhex(beside.pop())
            here = node(other, here) if index & 1 else node(here, other)
        index, size = index >> 1, (size + 1) >> 1
    return "" if beside else here.hex()


def check_ledger(package: Package, runs: dict[int, dict[str, Any]]) -> str:
    """Each line's own hash, and its path to the checkpoint."""
    raw = package.path("proof/checkpoint.json").read_bytes()
    point = parsed(raw)
    if point["form"] != "archiver-checkpoint-1" or canonical(point).encode("ascii") != raw:
        package.wrong("proof/checkpoint.json is not in its canonical form")
    for line in package.lines("proof/ledger.jsonl"):
        seq = line["seq"]
        parts = [line["previous"], str(seq), line["at"], line["kind"], line["body"]]
        if hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest() != line["hash"]:
            package.wrong(f"ledger line {seq} was changed")
        if (line["index"], line["size"]) != (seq - 1, point["seq"]):
            package.wrong(f"ledger line {seq} stands in another place than its path says")
        if root_of_path(line["hash"], line["index"], line["size"], line["path"]) != point["root"]:
            package.wrong(f"ledger line {seq} does not lead to the checkpoint")
        if seq == point["seq"] and line["hash"] != point["head"]:
            package.wrong(f"ledger line {seq} is not the checkpoint's last one")
        if seq in runs or (runs and seq < max(runs)):
            package.wrong(f"ledger line {seq} is not in its order")
        if line["kind"] != "run":
            package.wrong(f"ledger line {seq} speaks of no capture")
        runs[seq] = parsed(line["body"].encode("utf-8"))
    return "{} lines lead to the checkpoint over {} lines".format(len(runs), point["seq"])


def leaf_of(pre: dict[str, Any]) -> str:
    parts = [pre["family"], pre["platform_id"], pre["version_key"], pre["digest"]]
    parts += ["{} {}".format(each["key"], each["sha256"]) for each in pre["media"]]
    if pre["salt"]:
        parts.append("salt " + pre["salt"])
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def check_places(package: Package, runs: dict[int, dict[str, Any]]) -> str:
    """Each item's leaf, and its path to the root that the ledger has of its capture."""
    used: set[int] = set()
    taken: set[tuple[int, int]] = set()
    count = 0
    unproved: dict[str, int] = {}
    for item in package.items():
        place, what = item["place"], "item {}".format(item["position"])
        if place is None:
            reason = item.get("unproved")
            if not (isinstance(reason, str) and reason):
                package.wrong(f"{what} has no place in the ledger and does not say why")
            unproved[str(reason)] = unproved.get(str(reason), 0) + 1
            continue
        run, pre = runs.get(place["line"]), place["preimage"]
        used.add(place["line"])
        count += 1
        taken.add((place["line"], place["index"]))
        if run is None:
            package.wrong(f"{what}: its line is not in proof/ledger.jsonl")
            continue
        if (run["root"], run["versions"]) != (place["root"], place["size"]):
            package.wrong(f"{what}: the ledger knows another root of its capture")
        if root_of_path(place["leaf"], place["index"], place["size"], place["path"]) != run["root"]:
            package.wrong(f"{what}: its leaf does not lead to the root of its capture")
        if (item["outcome"] == RELEASE) != (pre is not None):
            package.wrong(f"{what}: only items that are released whole tell their preimage")
        elif pre is not None and leaf_of(pre) != place["leaf"]:
            package.wrong(f"{what}: what it was sealed as does not give its leaf")
    if used != set(runs):
        package.wrong("proof/ledger.jsonl has lines that no item stands in")
    if len(taken) != count:
        package.wrong("two items stand in one place of the ledger")
    for reason, number in sorted(unproved.items()):
        shown = "".join(each for each in reason if each.isprintable())[:300]
        package.report.open.append(
            f"that {number} items stand in the ledger is not proved here, of each because {shown}"
        )
    return f"{count} items stand in the ledger"


# --- the items


def check_order(package: Package) -> str:
    """Positions 1, 2, ...; Bates numbers that rise, of released items only."""
    last: tuple[str, int] | None = None
    number = 0
    for number, item in enumerate(package.items(), start=1):
        if item["position"] != number:
            package.wrong("item {!r} stands where item {} should".format(item["position"], number))
        if item["outcome"] not in (RELEASE, REDACT, WITHHOLD):
            package.wrong("item {} has the outcome {!r}".format(number, item["outcome"]))
        if item["outcome"] == WITHHOLD:
            if item["bates"] is not None:
                package.wrong(f"item {number} is withheld and has a Bates number")
            continue
        match = re.fullmatch("(.*?)([0-9]+)", item["bates"] or "")
        if match is None:
            package.wrong(f"item {number} has no Bates number")
            continue
        here = (match.group(1), int(match.group(2)))
        if last is not None and (here[0] != last[0] or here[1] <= last[1]):
            package.wrong("{} does not follow {}{}".format(item["bates"], *last))
        last = here
    return f"{number} items in their order"


def moment(text: Any) -> datetime | None:
    """A time with a zone; None of an empty text. Raises: ValueError for any other."""
    if text in (None, ""):
        return None
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.](\d{1,6}))? ?(?:Z|UTC|([+-])(\d\d):?(\d\d))",
        text,
    )
    if match is None:
        raise ValueError(f"{text!r} is no time with a zone")
    day, clock, fraction, sign, hours, minutes = match.groups()
    there = datetime.strptime(f"{day} {clock} +0000", "%Y-%m-%d %H:%M:%S %z")
    there += timedelta(microseconds=int((fraction or "").ljust(6, "0")))
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    there = there + ahead if sign == "-" else there - ahead
    return there.astimezone(timezone.utc)


def check_json(package: Package) -> str:
    """json/items.jsonl against the proof, and the released content against the ledger."""
    if not package.has("json/items.jsonl"):
        package.report.open.append(
            "there is no json/items.jsonl: what the items say is not held against the ledger"
        )
        return ""
    media = {name[5:] for name in package.hashes if name.startswith("data/media/")}
    whole = late = 0
    for item, row in paired(package, package.lines("json/items.jsonl"), "json/items.jsonl"):
        compare(package, item, row, row["published"], "json/items.jsonl")
        if item["outcome"] == RELEASE:
            whole += item["place"] is not None
            late += check_content(package, item, row, media)
        elif any(row[name] for name in ("canonical", "native", "digest")):
            package.wrong(
                "{} is redacted, but json/items.jsonl has the original".format(item["bates"])
            )
    if late:
        package.report.open.append(
            f"{late} media files were fetched later than the item: their hashes are in the signed "
            "manifest, not in the item's leaf"
        )
    return f"{whole} items say what was sealed"


def paired(
    package: Package, rows: Iterable[dict[str, Any]], file: str
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each released item with its row, as long as both have the same one."""
    for item, row in zip_longest(package.released(), rows):
        if item is None or row is None or row["bates"] != item["bates"]:
            package.wrong(f"{file} has other items, or another order, than proof/items.jsonl")
            return
        yield item, row


def compare(
    package: Package, item: dict[str, Any], row: dict[str, Any], published: Any, file: str
) -> None:
    """Position, record, version and date."""
    for name in ("position", "record", "version"):
        if str(row[name]) != str(item[name]):
            package.wrong("{}: {} has another {}".format(file, item["bates"], name))
    if moment(published) != moment(item["published"]):
        package.wrong("{}: {} was published at another time".format(file, item["bates"]))


def storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def check_content(
    package: Package, item: dict[str, Any], row: dict[str, Any], media: set[str]
) -> int:
    """Canonical form, its digest, its date, its media; returns how many files came later."""
    what, text = item["bates"], row["canonical"]
    pre = item["place"] and item["place"]["preimage"]
    digest = pre["digest"] if pre else row["digest"]
    if hashlib.sha256(text.encode("ascii", "replace")).hexdigest() != digest:
        package.wrong(f"{what}: its canonical form is not the one that was sealed")
        return 0
    form = parsed(text.encode("ascii"))
    if moment(form["published"]) != moment(item["published"]):
        package.wrong(f"{what} was published at another time than its canonical form says")
    if pre and storable(form["id"]) != pre["platform_id"]:
        package.wrong(f"{what}: its canonical form is of another thing")
    for name in ("kind", "id", "parent", "thread", "title", "language", "visibility"):
        if row[name] != storable(form[name]):
            package.wrong(f"{what}: json/items.jsonl has another {name} than was sealed")
    if form["markup"] == "plain" and nfc(row["text"]) != nfc(storable(form["text"])):
        package.wrong(f"{what}: json/items.jsonl has another text than was sealed")
    if row["author"]["id"] != storable(form["author"]):
        package.wrong(f"{what}: json/items.jsonl has another author than was sealed")
    if pre and [each["key"] for each in form["media"]] != [each["key"] for each in pre["media"]]:
        package.wrong(f"{what}: its media are not those that were sealed")
    return check_files(package, item, row["files"], media)


def check_files(
    package: Package, item: dict[str, Any], files: Sequence[dict[str, Any]], media: set[str]
) -> int:
    pre = item["place"] and item["place"]["preimage"]
    sealed = {each["sha256"] for each in pre["media"]} if pre else set()
    late = 0
    for file in files:
        if not file["sha256"]:
            continue
        if pre is None:
            pass  # only the signed manifest speaks of it
        elif file["sha256"] not in sealed and "" in sealed:
            late += 1
        elif file["sha256"] not in sealed:
            package.wrong("{}: a media file is not one that was sealed".format(item["bates"]))
        real = package.hashes.get("data/" + file["path"])
        if media and file["path"] and (real is None or real["sha256"] != file["sha256"]):
            package.wrong("{}: {} is not what was released".format(item["bates"], file["path"]))
    return late


def check_table(package: Package) -> str:
    """The index of the table, if there is one as CSV."""
    name = "table/index.csv"
    if not package.has(name):
        return ""
    csv.field_size_limit(1 << 30)
    rows = 0
    with package.path(name).open(encoding="utf-8-sig", newline="") as file:
        for item, row in paired(package, csv.DictReader(file, strict=True), name):
            compare(package, item, row, row["published_utc"], name)
            if None in row or None in row.values():
                package.wrong(
                    "{}: {} has not as many cells as the head".format(name, item["bates"])
                )
            rows += 1
    return f"{rows} rows agree"


# --- signature and time stamps


class Openssl:
    """The program, and the certificates that it may trust."""

    def __init__(self, folder: Path, trusted: Sequence[Path]) -> None:
        self.folder = folder
        self.trusted = folder / "trusted.pem"
        self.trusted.write_bytes(b"\n".join(each.read_bytes() for each in trusted))
        self.given = bool(trusted)
        said = self.run("version")[1].split()
        if len(said) < 2 or said[0] != "OpenSSL":
            raise OSError("OpenSSL 1.1.1 or newer is needed, this is {}".format(" ".join(said)))
        self.modern = int(said[1].split(".")[0]) >= 3

    def run(self, *arguments: str) -> tuple[bool, str]:
        """Did it succeed, and what did it say?"""
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            ["openssl", *arguments],  # noqa: S607 - where the system has it
            capture_output=True, check=False,
        )  # fmt: skip
        good = done.returncode == 0
        return good, (done.stdout if good else done.stderr).decode("utf-8", "replace")


def stamped_at(openssl: Openssl, file: Path) -> datetime:
    """The time in a stamp, in UTC. Raises: ValueError when it has none."""
    good, said = openssl.run("ts", "-reply", "-in", str(file), "-text")
    match = re.search(r"Time stamp: (\w+ +\d+ [\d:]+)(?:[.]\d+)? (\d{4}) GMT", said)
    if not good or match is None:
        raise ValueError("it is no granted time stamp")
    return datetime.strptime(" ".join(match.groups()) + " +0000", "%b %d %H:%M:%S %Y %z")


def check_stamps(package: Package, openssl: Openssl, times: dict[str, list[datetime]]) -> str:
    """Each time stamp over the file that it is for, as of its own time."""
    said = []
    for subject in ("checkpoint", "manifest"):
        pattern = f"data/proof/{subject}-[0-9]+[.]tsr"
        names = sorted(n[5:] for n in package.hashes if re.fullmatch(pattern, n))
        for name in names:
            at = stamped_at(openssl, package.path(name))
            good, why = verify_stamp(package, openssl, subject, name, at)
            if good:
                times.setdefault(subject, []).append(at)
                said.append(f"{name} {at:%Y-%m-%d %H:%M:%S} UTC")
            else:
                package.wrong(f"{name} does not hold: {why}")
        if not names:
            package.report.open.append(f"the {subject} has no time stamp of an authority")
    return ", ".join(said)


def verify_stamp(
    package: Package, openssl: Openssl, subject: str, name: str, at: datetime
) -> tuple[bool, str]:
    anchors = openssl.trusted
    if not openssl.given:
        anchors = openssl.folder / "package.pem"
        own = [
            n for n in sorted(package.hashes) if re.fullmatch("data/proof/authority-.*[.]pem", n)
        ]
        anchors.write_bytes(b"\n".join((package.bag / n).read_bytes() for n in own))
    good, why = openssl.run(
        "ts", "-verify", "-in", str(package.path(name)),
        "-data", str(package.path(f"proof/{subject}.json")),
        "-CAfile", str(anchors), "-attime", str(int(at.timestamp())),
    )  # fmt: skip
    lines = [each for each in why.splitlines() if "error" in each.lower()] or [why.strip()]
    hint = " (give the root of its authority with --ca)" if openssl.given else ""
    return good, f"openssl says {lines[0].strip()}{hint}"


def fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as somebody writes it, in 64 small digits. Raises: ValueError."""
    digits = re.sub("(?i)^sha-?256( fingerprint)? *[:=] *", "", text.strip())
    digits = re.sub("[: ]", "", digits).lower()
    if not HEX64.fullmatch(digits):
        raise ValueError(f"{text!r} is no SHA-256 fingerprint: it has 64 hexadecimal digits")
    return digits


def fingerprints(file: Path) -> list[str]:
    """The fingerprints of the certificates in a PEM file."""
    found = PEM.findall(file.read_bytes())
    return [hashlib.sha256(base64.b64decode(each)).hexdigest() for each in found]


def check_signature(
    package: Package,
    openssl: Openssl,
    times: dict[str, list[datetime]],
    *,
    allow_unsigned: bool,
    expected: str,
) -> str:
    """The agency's signature over proof/manifest.json."""
    said = parsed(package.path("proof/manifest.json").read_bytes())
    if not package.has("proof/manifest.p7s"):
        if expected:
            package.wrong(
                f"the package is not signed; a signature by the certificate {expected} was expected"
            )
        elif said["signed"] or not allow_unsigned:
            package.wrong("the package is not signed; see --allow-unsigned")
        else:
            package.report.open += ["the package is not signed, and says so", UNSIGNED]
        return ""
    signer = openssl.folder / "signer.pem"
    command = ["cms", "-verify", "-binary", "-inform", "DER",
               "-in", str(package.path("proof/manifest.p7s")),
               "-content", str(package.path("proof/manifest.json")),
               "-signer", str(signer), "-out", os.devnull]  # fmt: skip
    if openssl.given:
        command += ["-CAfile", str(openssl.trusted), "-purpose", "any", "-no-CApath"]
        command += ["-no-CAstore"] if openssl.modern else []
        if times.get("manifest"):  # a certificate that ended since was good when it was used
            command += ["-attime", str(int(min(times["manifest"]).timestamp()))]
    else:
        command += ["-noverify"]
    good, why = openssl.run(*command)
    if not good:
        package.wrong(
            "the signature does not hold: openssl says {}".format(" ".join(why.split())[:300])
        )
        return ""
    who = openssl.run("x509", "-in", str(signer), "-noout", "-subject", "-fingerprint", "-sha256")
    name = ", ".join(who[1].split("\n")[:2])
    signed = fingerprints(signer)
    if expected and expected not in signed:
        package.wrong(
            "another than the expected signer signed: expected was the certificate with the "
            f"SHA-256 fingerprint {expected}, it is signed by {name} ({', '.join(signed)})"
        )
        return ""
    return f"by {name}" + (", the expected signer" if expected else "")


def verify(
    bag: Path, trusted: Sequence[Path], *, allow_unsigned: bool = False, signer: str = ""
) -> Report:
    """Verify a bag; the report says what holds. `signer` is the fingerprint of the only
    certificate that may have signed; empty: any. Raises: ValueError when it is none."""
    expected = fingerprint(signer) if signer else ""
    report = Report()
    package = Package(bag, report)
    runs: dict[int, dict[str, Any]] = {}
    times: dict[str, list[datetime]] = {}
    report.step("files", lambda: hash_all(package))
    report.step("bag", lambda: check_bag(package))
    report.step("manifest", lambda: check_manifest(package))
    report.step("order", lambda: check_order(package))
    report.step("ledger", lambda: check_ledger(package, runs))
    report.step("places", lambda: check_places(package, runs))
    report.step("content", lambda: check_json(package))
    report.step("table", lambda: check_table(package))
    with tempfile.TemporaryDirectory() as folder:
        try:
            openssl = Openssl(Path(folder), trusted)
        except OSError as error:
            report.wrong.append(f"signature and time stamps cannot be verified: {error}")
            return report
        report.step("time stamps", lambda: check_stamps(package, openssl, times))
        report.step(
            "signature",
            lambda: check_signature(
                package, openssl, times, allow_unsigned=allow_unsigned, expected=expected
            ),
        )
    if not trusted:
        what = "the time stamps" if expected else "the signature and of the time stamps"
        report.open.append(
            f"no --ca was given: the certificates of {what} are only consistent with the package "
            "itself; compare their fingerprints with those that are made known"
        )
    return report


def main(arguments: Iterable[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ca", action="append", type=Path, default=[], metavar="FILE")
    parser.add_argument("--bag", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--allow-unsigned", action="store_true")
    parser.add_argument("--signer", default="", metavar="FINGERPRINT")
    given = parser.parse_args(list(arguments))
    if given.signer:
        try:
            fingerprint(given.signer)
        except ValueError as error:
            parser.error(f"--signer: {error}")
    report = verify(given.bag, given.ca, allow_unsigned=given.allow_unsigned, signer=given.signer)
    report.show()
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
