"""What was destroyed is in no index of search, in no spelling; what stays is found as before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.desk.search import Search
from archiver.model.search_words import MarkKind, encoded, stems_of
from tests.support.canaries import Search as Canaries
from tests.support.disposal import (
    OFFICER,
    approved_batch,
    evaluated,
    everything_in,
    make_disposal,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

WORD = "Quebrachozwiebacks"  # its English stem is another word
TAG = "zwiebackmenagerie"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        yield made


def hits(stage: Stage) -> list[object]:
    """Every place that has the word, its stem, or the tag as it is indexed."""
    stem = stems_of(WORD, spanish=False).removeprefix("en:")
    tag = encoded(MarkKind.HASHTAG, TAG)
    canaries = Canaries({"word": WORD.lower(), "stem": stem, "tag": TAG, "indexed": tag})
    found: list[object] = [*canaries.home(stage.archive.settings.home)]
    for where, cell in everything_in(stage):
        found += canaries.data(cell, where)
    return found


def test_a_destroyed_record_leaves_every_index(stage: Stage) -> None:
    site = stage.wordpress()
    long_ago = stage.clock.now() - timedelta(days=365 * 3)
    site.publish("Old notice", f"<p>{WORD} of the pool. #{TAG} @{TAG}</p>", at=long_ago)
    for number in range(5):
        site.publish(f"Notice {number}", "<p>The pools open. #pool</p>")
    stage.capture("wp")
    evaluated(stage)
    search = Search(stage.database, stage.archive.settings.sections.agency, stage.clock)
    assert [search.page(q).total for q in (WORD, f"#{TAG}", "pool", "")] == [
        1,
        1,
        6,
        7,
    ]  # the profile too
    assert hits(stage) != []
    batch = approved_batch(stage.archive)
    stage.archive.dispositions.execute(batch.batch, by=OFFICER)
    assert hits(stage) == []
    assert [search.page(q).total for q in (WORD, f"#{TAG}", "pool", "")] == [0, 0, 5, 6]
