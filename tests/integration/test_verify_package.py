"""The verifier that goes into a package passes on a whole one and finds whatever was done to it."""

from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest

from archiver.errors import ExportError
from archiver.export import proof
from archiver.export.base import ITEMS, Production, staged
from archiver.export.native import JsonExporter
from archiver.export.originals import MediaExporter
from archiver.export.table import TableExporter
from archiver.export.verify import verify
from tests.support.package import (
    Keys,
    bag_up,
    evidence_of,
    make_package,
    mend,
    post,
    preimage,
    sign_by,
    stage,
)
from tests.support.time_authority import Authority, TimeAuthority

Lines = list[dict[str, object]]
Change = Callable[[Path], None]
PROOF, JSON = "data/proof/items.jsonl", "data/json/items.jsonl"
TABLE, MANIFEST = "data/table/index.csv", "data/proof/manifest.json"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    return Keys(Authority(folder / "agency", "Springfield Police"), TimeAuthority(folder / "tsa"))


@pytest.fixture(scope="module")
def whole(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_package(tmp_path_factory.mktemp("package"), keys)


@pytest.fixture
def bag(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "bag"))


def wrong(bag: Path, keys: Keys | None, *, allow_unsigned: bool = False) -> str:
    """What the verifier finds, one a line."""
    roots = keys.roots if keys else []
    return "\n".join(verify(bag, roots, allow_unsigned=allow_unsigned).wrong)


def read(path: Path) -> Lines:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, lines: Lines) -> None:
    """As `archiver.export.proof` writes them."""
    path.write_text("".join(json.dumps(e, sort_keys=True, separators=(",", ":")) + "\n"
                            for e in lines))  # fmt: skip


# --- a whole package


def test_a_whole_package_holds(bag: Path, keys: Keys) -> None:
    report = verify(bag, keys.roots)
    assert report.wrong == []
    assert report.open == []
    steps = [each.split(":")[0] for each in report.done]
    assert steps == ["files", "bag", "manifest", "order", "ledger", "places", "content",
                     "table", "time stamps", "signature"]  # fmt: skip
    assert "7 items say what was sealed" in "\n".join(report.done)
    bagit.Bag(str(bag)).validate()


def run(bag: Path, *options: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """As an opposing expert runs it: the file of the package, nothing installed."""
    command = [python, "-I", "-S", str(bag / "data" / "verify.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_it_runs_from_the_package_alone(bag: Path, keys: Keys) -> None:
    trusted = [f"--ca={root}" for root in keys.roots]
    done = run(bag, *trusted)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("EVERYTHING HOLDS")
    assert "that the platform told the truth" in done.stdout
    assert "Springfield Police" in done.stdout
    (bag / "data" / "pdf" / "production.pdf").write_bytes(b"%PDF-1.7 another")
    done = run(bag, *trusted)
    assert done.returncode == 1
    assert "WRONG proof/manifest.json: data/pdf/production.pdf was changed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_it_needs_the_standard_library_of_python_3_8_only(bag: Path) -> None:
    source = (bag / "data" / "verify.py").read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert all(each.split(".")[0] in sys.stdlib_module_names for each in names), names
    # The oldest Python whose library mypy knows: what came later is not used.
    command = [sys.executable, "-m", "mypy", "--config-file=", "--python-version=3.10",
               "--cache-dir=/dev/null", "--strict", str(bag / "data" / "verify.py")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_without_certificates_to_trust_it_says_what_that_means(bag: Path) -> None:
    report = verify(bag, [])
    assert report.wrong == []
    assert any("no --ca was given" in each for each in report.open)


def test_certificates_of_somebody_else_do_not_do(bag: Path, keys: Keys, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "Somebody Else")
    report = "\n".join(verify(bag, [stranger.root, keys.time.ca_file]).wrong)
    assert "the signature does not hold" in report
    report = "\n".join(verify(bag, [keys.agency.root]).wrong)
    assert "proof/checkpoint-1.tsr does not hold" in report
    assert "give the root of its authority with --ca" in report


def _fingerprint(authority: Authority) -> str:
    done = subprocess.run(
        ["openssl", "x509", "-in", str(authority.leaf), "-noout", "-fingerprint", "-sha256"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()  # "sha256 Fingerprint=AB:CD:..."


def test_the_expected_signer_is_told_by_the_fingerprint_however_it_is_written(
    bag: Path, keys: Keys
) -> None:
    written = _fingerprint(keys.agency)
    bare = written.partition("=")[2]
    for form in (written, bare, bare.lower(), bare.replace(":", ""), f"SHA-256: {bare}"):
        done = run(bag, *(f"--ca={root}" for root in keys.roots), "--signer", form)
        assert (done.returncode, done.stderr) == (0, ""), form
        assert ", the expected signer" in done.stdout
    # Without a root to trust it is this that ties the package to the agency.
    report = verify(bag, [], signer=bare)
    assert report.wrong == []
    (said,) = report.open
    assert "the certificates of the time stamps are only consistent" in said


def test_another_signer_than_the_expected_one_is_wrong_whoever_vouches_for_it(
    bag: Path, keys: Keys, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", "Springfield Police")
    for roots in (keys.roots, []):
        found = "\n".join(verify(bag, roots, signer=_fingerprint(stranger)).wrong)
        assert found.startswith("another than the expected signer signed")
        assert _fingerprint(keys.agency).partition("=")[2].replace(":", "").lower() in found
    done = run(bag, "--signer", _fingerprint(stranger))
    assert done.returncode == 1
    assert "WRONG another than the expected signer signed" in done.stdout
    forger = Keys(stranger, TimeAuthority(tmp_path / "t", named="Forger"))
    _sign_again(bag, forger)
    expected = _fingerprint(keys.agency)
    assert "another than the expected signer" in "\n".join(verify(bag, [], signer=expected).wrong)


def test_a_missing_signature_is_not_that_of_the_expected_signer(
    keys: Keys, bag: Path, tmp_path: Path
) -> None:
    expected = _fingerprint(keys.agency)
    unsigned = make_package(tmp_path / "unsigned", keys, signed=False, count=5)
    (bag / "data/proof/manifest.p7s").unlink()
    bag_up(bag)
    for each in (unsigned, bag):
        found = verify(each, keys.roots, allow_unsigned=True, signer=expected).wrong
        assert any("is not signed; a signature by the certificate" in e for e in found)
    assert run(unsigned, "--allow-unsigned").returncode == 0
    assert run(unsigned, "--allow-unsigned", "--signer", expected).returncode == 1


def test_what_is_no_fingerprint_is_refused_before_anything_is_read(bag: Path) -> None:
    for given in ("Springfield Police", "ab" * 20, "ab" * 33):
        done = run(bag, "--signer", given)
        assert done.returncode == 2
        assert "is no SHA-256 fingerprint" in done.stderr


def test_an_unsigned_package_is_refused_unless_it_is_allowed(keys: Keys, tmp_path: Path) -> None:
    bag = make_package(tmp_path, keys, signed=False, count=5)
    assert "the package is not signed" in wrong(bag, keys)
    report = verify(bag, keys.roots, allow_unsigned=True)
    assert report.wrong == []
    assert "the package is not signed, and says so" in report.open


def test_a_package_that_lost_its_signature_is_not_an_unsigned_one(bag: Path, keys: Keys) -> None:
    (bag / "data/proof/manifest.p7s").unlink()
    bag_up(bag)
    assert "the package is not signed" in wrong(bag, keys, allow_unsigned=True)


def test_nothing_of_redacted_and_withheld_items_is_in_the_package(bag: Path) -> None:
    raw = b"".join(path.read_bytes() for path in bag.rglob("*") if path.is_file())
    lines = read(bag / PROOF)
    outcomes = [each["outcome"] for each in lines]
    assert [outcomes.count(each) for each in ("release", "redact", "withhold")] == [7, 3, 2]
    for number, line in enumerate(lines):
        item = post(number)
        pre = preimage(item)
        told = [each.encode() in raw for each in (f"Notice {number}:", pre["digest"], pre["salt"])]
        assert told == [line["outcome"] == "release"] * 3
        assert isinstance(line["place"], dict)
        assert (line["place"]["preimage"] is None) == (line["outcome"] != "release")


def test_it_reads_what_the_exporters_write(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    data = tmp_path / "bag" / "data"
    for exporter in (JsonExporter(), TableExporter(), MediaExporter()):
        folder = data / exporter.name
        folder.mkdir(parents=True)
        exporter.write(production, folder, lambda _: None)
    counts = proof.write(production, data, evidence=evidence_of(lines, keys))
    proof.seal(
        production,
        data,
        counts=counts,
        sign=lambda path: sign_by(keys.agency, path),
        stamp=lambda text: [keys.time.stamp(text)],
    )
    bag_up(data.parent)
    report = verify(data.parent, keys.roots)
    assert (report.wrong, report.open) == ([], [])
    assert "content: 7 items say what was sealed" in report.done
    assert "table: 10 rows agree" in report.done


# --- 200 random corruptions


def _files(bag: Path) -> list[Path]:
    return sorted(path for path in bag.rglob("*") if path.is_file())


def _flip(bag: Path, chance: random.Random) -> str:
    path = chance.choice(_files(bag))
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content))
    content[at] ^= chance.randint(1, 255)
    path.write_bytes(content)
    return f"byte {at} of {path.relative_to(bag)} was flipped"


def _remove(bag: Path, chance: random.Random) -> str:
    path = chance.choice(_files(bag))
    path.unlink()
    return f"{path.relative_to(bag)} was removed"


def _add(bag: Path, chance: random.Random) -> str:
    folder = chance.choice([bag, *sorted(path for path in bag.rglob("*") if path.is_dir())])
    (folder / "added.bin").write_bytes(chance.randbytes(chance.randint(0, 40)))
    return f"a file was added to {folder.relative_to(bag)}"


def _cut(bag: Path, chance: random.Random) -> str:
    path = chance.choice(_files(bag))
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])
    return f"{path.relative_to(bag)} was cut short"


def _edit_mended(bag: Path, chance: random.Random, edit: Callable[[Lines, int], None]) -> None:
    """The same edit in proof and JSON; all unsigned hashes made right again."""
    proved, told = read(bag / PROOF), read(bag / JSON)
    at = chance.randrange(len(told) - 1)
    bates = told[at]["bates"]
    edit(told, at)
    edit(proved, next(i for i, each in enumerate(proved) if each["bates"] == bates))
    write(bag / PROOF, proved)
    write(bag / JSON, told)
    mend(bag)


def _drop_item(bag: Path, chance: random.Random) -> str:
    def drop(lines: Lines, at: int) -> None:
        del lines[at]

    _edit_mended(bag, chance, drop)
    return "an item was taken out and the unsigned hashes made right"


def _swap_items(bag: Path, chance: random.Random) -> str:
    def swap(lines: Lines, at: int) -> None:
        other = (at + 1) % len(lines)
        lines[at], lines[other] = lines[other], lines[at]

    _edit_mended(bag, chance, swap)
    return "two items changed places and the unsigned hashes were made right"


def _forge_date(bag: Path, chance: random.Random) -> str:
    day = f"2026-10-{chance.randint(10, 28)}"

    def forge(lines: Lines, at: int) -> None:
        lines[at]["published"] = f"{day}T09:00:00.000000+00:00"
        if lines[at].get("canonical"):
            form = json.loads(str(lines[at]["canonical"]))
            form["published"] = f"{day}T09:00:00.000000+00:00"
            lines[at]["canonical"] = json.dumps(form, sort_keys=True, separators=(",", ":"))

    _edit_mended(bag, chance, forge)
    return f"a date was forged to {day} and the unsigned hashes made right"


def _add_item(bag: Path, chance: random.Random) -> str:
    def add(lines: Lines, at: int) -> None:
        lines.append({**lines[at], "bates": "SPD-000900", "position": len(lines) + 1})

    _edit_mended(bag, chance, add)
    return "an item was added and the unsigned hashes made right"


KINDS = (_flip,) * 12 + (_remove, _remove, _add, _cut, _drop_item, _swap_items, _forge_date,
                         _add_item)  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_each_of_200_random_corruptions_is_found(
    whole: Path, keys: Keys, tmp_path: Path, part: int
) -> None:
    for number in range(50):
        seed = part * 50 + number
        chance = random.Random(seed)
        bag = Path(shutil.copytree(whole, tmp_path / f"bag-{seed}"))
        what = KINDS[seed % len(KINDS)](bag, chance)
        assert wrong(bag, keys), f"corruption {seed} was not found: {what}"
        shutil.rmtree(bag)


# --- a forger with keys of his own: what is left is the ledger and its time stamp


def _sign_again(bag: Path, forger: Keys) -> None:
    mend(bag)
    manifest = bag / MANIFEST
    (bag / "data/proof/manifest.p7s").write_bytes(sign_by(forger.agency, manifest))
    (bag / "data/proof/manifest-1.tsr").write_bytes(forger.time.stamp(manifest.read_bytes()))
    bag_up(bag)


def _forged(lines: Lines, at: int, **changed: object) -> Lines:
    lines[at] = {**lines[at], **changed}
    return lines


def _json_date(bag: Path) -> None:
    write(bag / JSON, _forged(read(bag / JSON), 0, published="2026-11-01T00:00:00Z"))


def _all_dates(bag: Path) -> None:
    moment = "2026-11-01T00:00:00.000000+00:00"
    told = read(bag / JSON)
    form = json.loads(str(told[0]["canonical"])) | {"published": moment}
    text = json.dumps(form, sort_keys=True, separators=(",", ":"))
    write(bag / JSON, _forged(told, 0, published=moment, canonical=text))
    write(bag / PROOF, _forged(read(bag / PROOF), 0, published=moment))


def _table_date(bag: Path) -> None:
    text = (bag / TABLE).read_text(encoding="utf-8-sig")
    (bag / TABLE).write_text(text.replace("2026-11-2", "2026-11-0", 1), encoding="utf-8-sig")


def _table_order(bag: Path) -> None:
    head, first, second, *rest = (bag / TABLE).read_text(encoding="utf-8-sig").splitlines()
    lines = "\n".join([head, second, first, *rest])
    (bag / TABLE).write_text(lines + "\n", encoding="utf-8-sig")


def _record_number(bag: Path) -> None:
    write(bag / JSON, _forged(read(bag / JSON), 0, record=7))


def _author(bag: Path) -> None:
    write(bag / JSON, _forged(read(bag / JSON), 0, author={"id": "somebody"}))


def _original_of_a_redacted_item(bag: Path) -> None:
    told = read(bag / JSON)
    at = next(i for i, each in enumerate(told) if each["redactions"])
    write(bag / JSON, _forged(told, at, canonical='{"text":"secret"}'))


def _fewer_items(bag: Path) -> None:
    write(bag / JSON, read(bag / JSON)[:-1])


def _no_place(bag: Path) -> None:
    write(bag / PROOF, _forged(read(bag / PROOF), 0, place=None))


def _numbering(bag: Path) -> None:
    for name in (PROOF, JSON):
        lines = read(bag / name)
        lines[0]["bates"], lines[1]["bates"] = lines[1]["bates"], lines[0]["bates"]
        write(bag / name, lines)


def _positions(bag: Path) -> None:
    write(bag / PROOF, _forged(read(bag / PROOF), 2, position=9))


def _picture(bag: Path) -> None:
    picture = min((bag / "data/media").iterdir())
    picture.write_bytes(b"another picture")


def _leaf_of_another(bag: Path) -> None:
    lines = read(bag / PROOF)
    write(bag / PROOF, _forged(lines, 0, place=lines[1]["place"]))


def _line_changed(bag: Path) -> None:
    path = bag / "data/proof/ledger.jsonl"
    lines = read(path)
    lines[0]["at"] = "2026-01-01T00:00:00.000000+00:00"
    write(path, lines)


def _line_of_nobody(bag: Path) -> None:
    path = bag / "data/proof/ledger.jsonl"
    write(path, read(path)[1:])


def _checkpoint(bag: Path) -> None:
    path = bag / "data/proof/checkpoint.json"
    said = json.loads(path.read_text()) | {"at": "2026-01-01T00:00:00.000000+00:00"}
    path.write_text(json.dumps(said, sort_keys=True, separators=(",", ":")))


FORGERIES: tuple[tuple[Change, str], ...] = (
    (_json_date, "json/items.jsonl: SPD-000041 was published at another time"),
    (_all_dates, "SPD-000041: its canonical form is not the one that was sealed"),
    (_table_date, "table/index.csv: SPD-000041 was published at another time"),
    (_table_order, "table/index.csv has other items, or another order"),
    (_record_number, "json/items.jsonl: SPD-000041 has another record"),
    (_author, "SPD-000041: json/items.jsonl has another author than was sealed"),
    (_original_of_a_redacted_item, "is redacted, but json/items.jsonl has the original"),
    (_fewer_items, "json/items.jsonl has other items"),
    (_no_place, "item 1 has no place in the ledger and does not say why"),
    (_numbering, "SPD-000041 does not follow SPD-42"),
    (_positions, "item 9 stands where item 3 should"),
    (_picture, "SPD-000041: media/p0-0.png is not what was released"),
    (_leaf_of_another, "two items stand in one place of the ledger"),
    (_line_changed, "ledger line 2 was changed"),
    (_line_of_nobody, "its line is not in proof/ledger.jsonl"),
    (_checkpoint, "proof/checkpoint-1.tsr does not hold"),
)


@pytest.mark.parametrize(("forge", "said"), FORGERIES, ids=[each[0].__name__ for each in FORGERIES])
def test_a_forger_who_signs_anew_is_still_found(
    bag: Path, tmp_path: Path, forge: Change, said: str
) -> None:
    """No certificate is trusted: the package must contradict itself, or the time stamp."""
    forger = Keys(
        Authority(tmp_path / "f", "Springfield Police"),
        TimeAuthority(tmp_path / "t", named="Forger"),
    )
    forge(bag)
    _sign_again(bag, forger)
    shutil.copy(forger.time.ca_file, bag / "data/proof/authority-2.pem")
    _sign_again(bag, forger)
    found = wrong(bag, None)
    assert said in found
    assert "manifest" not in found  # signature, stamp and all hashes agree


def test_a_forger_who_changes_nothing_is_found_by_whom_the_expert_trusts(
    bag: Path, keys: Keys, tmp_path: Path
) -> None:
    forger = Keys(
        Authority(tmp_path / "f", "Springfield Police"),
        TimeAuthority(tmp_path / "t", named="Forger"),
    )
    _sign_again(bag, forger)
    found = wrong(bag, keys)
    assert "the signature does not hold" in found
    assert "proof/manifest-1.tsr does not hold" in found


# --- a package that must not be made


def _restaged(production: Production, change: Callable[[int, bytes], bytes]) -> None:
    path = production.staging / ITEMS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(number, line) for number, line in enumerate(lines)))


def _write(production: Production, folder: Path, evidence: proof.Evidence) -> dict[str, int]:
    data = folder / "data"
    data.mkdir()
    return proof.write(production, data, evidence=evidence)


def test_an_item_that_would_tell_too_much_is_not_written(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    items = list(production.items())
    whole = next(each for each in items if not each.redacted)
    redacted = next(each for each in items if each.redacted)
    leak = staged(replace(redacted, place=whole.place))
    _restaged(production, lambda number, line: leak if number == items.index(redacted) else line)
    with pytest.raises(ExportError, match="its place tells what it was"):
        _write(production, tmp_path, evidence_of(lines, keys))


def test_an_item_without_a_place_is_not_written(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    bare = staged(replace(next(iter(production.items())), place=None))
    _restaged(production, lambda number, line: line if number else bare)
    with pytest.raises(ExportError, match="has no place in the ledger"):
        _write(production, tmp_path, evidence_of(lines, keys))


def test_items_that_are_missing_from_the_staging_are_noticed(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    _restaged(production, lambda number, line: line if number else b"")
    with pytest.raises(ExportError, match="not numbered 1, 2"):
        _write(production, tmp_path, evidence_of(lines, keys))
    shutil.rmtree(tmp_path / "data")
    production, lines = stage(tmp_path / "again")
    with pytest.raises(ExportError, match="3 were decided"):
        _write(replace(production, withheld=3), tmp_path, evidence_of(lines, keys))


def test_a_checkpoint_that_is_too_old_is_refused(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    with pytest.raises(ExportError, match="does not cover ledger line 4"):
        _write(production, tmp_path, evidence_of(lines[:3], keys))


def test_a_package_never_ends_as_unsigned_that_began_as_signed(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    counts = _write(production, tmp_path, evidence_of(lines, keys))
    with pytest.raises(ExportError, match="begun as signed"):
        proof.seal(
            production, tmp_path / "data", counts=counts, sign=lambda _: None, stamp=lambda _: []
        )


def test_what_is_no_plain_file_is_not_sealed(keys: Keys, tmp_path: Path) -> None:
    production, lines = stage(tmp_path)
    counts = _write(production, tmp_path, evidence_of(lines, keys, signed=False))
    (tmp_path / "data" / "link").symlink_to("/etc/hostname")
    with pytest.raises(ExportError, match="is no plain file"):
        proof.seal(
            production, tmp_path / "data", counts=counts, sign=lambda _: None, stamp=lambda _: []
        )
