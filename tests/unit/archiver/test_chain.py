"""The hash chain betrays every change of a line, of its place and of its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.ledger.chain import GENESIS, Entry, entry, faults

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def chain(length: int) -> list[Entry]:
    lines: list[Entry] = []
    for number in range(1, length + 1):
        lines.append(
            entry(
                seq=number,
                at=NOON + timedelta(minutes=number),
                kind="run",
                body={"versions": number, "run": f"run-{number}"},
                previous=lines[-1].hash if lines else GENESIS,
            )
        )
    return lines


@pytest.mark.parametrize("length", [0, 1, 2, 20])
def test_an_untouched_chain_holds(length: int) -> None:
    assert list(faults(chain(length))) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"body": '{"run":"run-3","versions":4}'},
        {"kind": "audit"},
        {"at": NOON + timedelta(minutes=3, microseconds=1)},
        {"hash": "0" * 64},
    ],
)
def test_a_changed_line_is_named(changed: dict[str, object]) -> None:
    lines = chain(5)
    lines[2] = replace(lines[2], **changed)  # type: ignore[arg-type]
    assert "ledger line 3 was changed" in list(faults(lines))


def test_a_line_rewritten_with_its_own_hash_no_longer_fits_the_next_one() -> None:
    lines = chain(5)
    lines[2] = entry(
        seq=3, at=lines[2].at, kind="run", body={"versions": 0}, previous=lines[1].hash
    )
    assert list(faults(lines)) == ["ledger line 4 does not follow from the line before it"]


def test_a_missing_line_is_named() -> None:
    lines = chain(5)
    del lines[2]
    assert "ledger line 3 is missing; line 4 follows" in list(faults(lines))


def test_a_missing_first_line_is_named() -> None:
    assert "ledger line 1 is missing; line 2 follows" in list(faults(chain(3)[1:]))


def test_exchanged_lines_are_found() -> None:
    lines = chain(4)
    lines[1], lines[2] = lines[2], lines[1]
    assert list(faults(lines))


def test_a_cut_off_end_is_not_found_by_the_chain_alone() -> None:
    """Stated in the verifier's documentation: that needs a copy of the last hash elsewhere."""
    assert list(faults(chain(5)[:3])) == []


def test_the_zone_in_which_a_time_is_written_does_not_matter() -> None:
    line = chain(1)[0]
    moved = replace(line, at=line.at.astimezone(timezone(timedelta(hours=-6))))
    assert list(faults([moved])) == []


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=5))
def test_the_order_of_keys_does_not_matter(body: dict[str, object]) -> None:
    backwards = dict(reversed(body.items()))
    made = [
        entry(seq=1, at=NOON, kind="x", body=each, previous=GENESIS) for each in (body, backwards)
    ]
    assert made[0] == made[1]
    assert list(faults(made[:1])) == []
