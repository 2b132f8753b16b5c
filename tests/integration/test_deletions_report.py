"""The neutrality report: who removed what under which rule, and what alike was left standing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.desk.removal_report import neutrality
from connectors.removals import Removal
from tests.integration.test_deletions_cut_off import stage_on_postgresql  # noqa: F401 - a fixture
from tests.support.deletions import LOU, delete, hide, order, page_with_remover
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture
from tests.support.stage import (
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)


def the_report_counts_and_compares(on: Stage) -> None:
    page = page_with_remover(on)
    post = page.page.publish("Buy pills, not bad ones: ÄRGER")
    words = ("Buy PILLS now: Ärger!", "ok: buy pills NOW  ärger", "buy pills nowadays", "Boo")
    first, alike, other, boo = (page.page.comment(post, each) for each in words)
    on.capture("fb")
    on.later(hours=1)
    hide(on, first, rule="business")
    began = on.archive.clock.now()
    on.later(hours=1)
    delete(on, boo, family="comment", rule="obscene", actor="Sgt. Kim")
    shown = order(on, first, Removal.UNHIDE, family="comment", reason="a mistake")
    on.archive.deletions.carry_out(shown)
    own = page.page.publish("Posted by mistake")
    on.capture("fb")
    on.later(hours=1)
    delete(on, own)  # the agency's own is no moderation

    found = neutrality(on.archive.database)
    assert {(t.rule.partition(":")[0], t.moderator, t.account, t.deleted, t.hidden, t.shown_again)
            for t in found.tallies} == {
        ("business", LOU, "fb", 0, 1, 0),
        ("obscene", "Sgt. Kim", "fb", 1, 0, 0),
        ("", LOU, "fb", 0, 0, 1),
    }  # fmt: skip
    assert {each.removal.platform_id: each.standing for each in found.compared} == {
        first: (on.record(alike, "comment").id,),
        boo: (),
    }
    assert on.record(other, "comment").id not in {
        n for c in found.compared for n in c.standing or ()
    }
    assert not found.cut
    late = neutrality(on.archive.database, since=began + timedelta(minutes=30))
    assert {each.removal.platform_id for each in late.compared} == {boo}
    early = neutrality(on.archive.database, until=began + timedelta(minutes=30))
    assert {each.removal.platform_id for each in early.compared} == {first}


def test_the_report_counts_and_compares(stage: Stage) -> None:  # noqa: F811
    the_report_counts_and_compares(stage)


@pytest.mark.xdist_group("postgresql")
def test_on_postgresql_the_report_counts_and_compares(
    stage_on_postgresql: Stage,  # noqa: F811
) -> None:
    the_report_counts_and_compares(stage_on_postgresql)


def test_what_has_no_words_is_not_compared(stage: Stage) -> None:  # noqa: F811
    page = page_with_remover(stage)
    post = page.page.publish("Road closed")
    smile, _same = page.page.comment(post, "🙂"), page.page.comment(post, "🙂")
    stage.capture("fb")
    stage.later(hours=1)
    hide(stage, smile)
    [each] = neutrality(stage.archive.database).compared
    assert (each.standing, each.count) == (None, None)
