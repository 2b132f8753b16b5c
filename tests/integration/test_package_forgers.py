"""A forger without the agency's key: he makes every hash right that is not signed. What he can do
to a signed package is found; of an unsigned one the verifier says what remains open."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.export.verify import verify
from tests.support.package import Keys, make_package, mend
from tests.support.time_authority import Authority, TimeAuthority

Forgery = Callable[[Path], None]


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


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewrite(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text(
        "".join(json.dumps(e, sort_keys=True, separators=(",", ":")) + "\n" for e in lines)
    )


def _page(bag: Path) -> None:
    page = bag / "data/pdf/production.pdf"
    page.write_bytes(page.read_bytes() + b"Nothing was withheld.")
    mend(bag)


def _text_in_json(bag: Path) -> None:
    path = bag / "data/json/items.jsonl"
    lines = rows(path)
    lines[0]["text"] = "Notice 0: the bridge is open"
    rewrite(path, lines)
    mend(bag)


def _last_item_dropped(bag: Path) -> None:
    for name in ("proof/items.jsonl", "json/items.jsonl"):
        rewrite(bag / "data" / name, rows(bag / "data" / name)[:-1])
    mend(bag)


def _item_dropped_and_all_renumbered(bag: Path) -> None:
    for name in ("proof/items.jsonl", "json/items.jsonl"):
        lines = rows(bag / "data" / name)[1:]
        for line in lines:
            line["position"] = int(str(line["position"])) - 1
        rewrite(bag / "data" / name, lines)
    mend(bag)


def _ledger_cut_short(bag: Path) -> None:
    path = bag / "data/proof/ledger.jsonl"
    rewrite(path, rows(path)[:-1])
    mend(bag)


def _checkpoint_of_fewer_lines(bag: Path) -> None:
    path = bag / "data/proof/checkpoint.json"
    point = json.loads(path.read_text())
    point["seq"] -= 1
    path.write_text(json.dumps(point, sort_keys=True, separators=(",", ":")))
    mend(bag)


def _note_beside_the_data(bag: Path) -> None:
    (bag / "CORRECTION.pdf").write_bytes(b"%PDF-1.7 The agency withdraws item 1.")
    _tags(bag)


def _hidden_note(bag: Path) -> None:
    (bag / ".note").write_bytes(b"hidden")
    _tags(bag)


def _somebody_elses_name(bag: Path) -> None:
    info = bag / "bag-info.txt"
    info.write_text("Source-Organization: Shelbyville Police\n" + info.read_text())
    _tags(bag)


def _tags(bag: Path) -> None:
    """The bag's own hashes of its tag files, made right."""
    for each in bag.glob("tagmanifest-*.txt"):
        each.unlink()
    names = [p for p in sorted(bag.iterdir()) if p.is_file()]
    kinds = [p.name[len("manifest-") : -4] for p in names if p.name.startswith("manifest-")]
    for kind in kinds:
        lines = [f"{hashlib.new(kind, p.read_bytes()).hexdigest()}  {p.name}\n" for p in names]
        (bag / f"tagmanifest-{kind}.txt").write_text("".join(lines))


def _way_out_of_the_bag(bag: Path) -> None:
    listing = next(bag.glob("manifest-*.txt"))
    listing.write_text(listing.read_text() + "0" * 64 + "  data/../../etc/passwd\n")
    _tags(bag)


def _listed_twice(bag: Path) -> None:
    listing = next(bag.glob("manifest-*.txt"))
    text = listing.read_text()
    listing.write_text(text + text.splitlines(keepends=True)[0])
    _tags(bag)


def _other_line_ends(bag: Path) -> None:
    listing = next(bag.glob("manifest-*.txt"))
    listing.write_bytes(listing.read_bytes().replace(b"\n", b"\r\n"))
    _tags(bag)


def _link(bag: Path) -> None:
    (bag / "data/more.html").symlink_to(bag / "data/verify.py")


FORGERIES: tuple[tuple[Forgery, str], ...] = (
    (_page, "the signature does not hold"),
    (_text_in_json, "has another text than was sealed"),
    (_last_item_dropped, "the signature does not hold"),
    (_item_dropped_and_all_renumbered, "the signature does not hold"),
    (_ledger_cut_short, "its line is not in proof/ledger.jsonl"),
    (_checkpoint_of_fewer_lines, "proof/checkpoint-1.tsr does not hold"),
    (_note_beside_the_data, "CORRECTION.pdf was added beside data/, where nothing is signed"),
    (_hidden_note, ".note was added beside data/"),
    (_somebody_elses_name, "Source-Organization is not what proof/manifest.json says"),
    (_way_out_of_the_bag, "which is missing"),
    (_listed_twice, "is listed twice"),
    (_other_line_ends, "a line is not as it must be"),
    (_link, "data/more.html is no plain file"),
)


@pytest.mark.parametrize(("forge", "said"), FORGERIES, ids=[each[0].__name__ for each in FORGERIES])
def test_a_forger_without_the_key_is_found(
    bag: Path, keys: Keys, forge: Forgery, said: str
) -> None:
    forge(bag)
    assert said in "\n".join(verify(bag, keys.roots).wrong)


def test_an_unsigned_package_says_what_a_forger_may_have_done(keys: Keys, tmp_path: Path) -> None:
    bag = make_package(tmp_path / "unsigned", keys, signed=False)
    report = verify(bag, keys.roots, allow_unsigned=True)
    assert report.wrong == []
    assert any("left items out" in each for each in report.open)
