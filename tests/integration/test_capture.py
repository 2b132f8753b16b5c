"""What the capture engine makes of what platforms show: records, versions, media, run log."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.demo.simulators.wordpress_files import picture
from archiver.warc.reader import iterate
from connectors.base import (
    Window,
)
from tests.support.clock import NOON
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
    make_stage,
    stage,  # noqa: F401 - a fixture
)


def at(stamp: object) -> str:
    """A stored time without its fraction."""
    return str(stamp)[:19]


# -- first capture and no news ----------------------------------------------------------------


def test_a_first_capture_keeps_records_versions_and_media_bytes(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    image = site.upload("scene.png", picture(7), "image/png", alt_text="A scene")
    post = site.publish("Road closed", "<p>Main St.</p>", featured=image)
    comment = site.comment(post, "Thank you.")
    reply = site.comment(post, "Agreed.", parent=comment)

    outcome = stage.capture("wp")

    assert outcome.finished
    assert outcome.new_records == outcome.new_versions == 5  # with the site and the attachment
    [version] = stage.versions(str(post))
    [media] = stage.media(version.id)
    assert (media.status, media.alt_text) == ("captured", "A scene")
    assert media.sha256 == hashlib.sha256(picture(7)).hexdigest()
    assert stage.payload(media.sha256).content == picture(7)
    assert stage.record(str(reply), "comment").parent_id == str(comment)
    assert stage.record(str(comment), "comment").thread_id == str(post)
    assert "Main St." in version.words
    assert hashlib.sha256(version.canonical.encode()).hexdigest() == version.digest
    stage.assert_verifies()


def test_the_exchange_that_proves_a_version_is_in_the_warc(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    post = site.publish("Road closed", "<p>Main St.</p>")
    stage.capture("wp")
    [version] = stage.versions(str(post))
    [exchange] = stage.rows("SELECT * FROM exchanges WHERE id = :id", id=version.exchange_id)
    [path] = stage.segments()
    lying = {offset: record for record, offset, _ in iterate(path)}
    assert b"Main St." in lying[exchange.response_offset].content
    assert lying[exchange.request_offset].kind == "request"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == stage.value(
        "SELECT sha256 FROM segments"
    )


def test_without_news_there_is_no_file_but_a_run_with_every_digest(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    site.seed(6)
    stage.capture("wp")
    before = stage.segments()
    lines = stage.value("SELECT count(*) FROM ledger")
    stage.later(minutes=15)
    seen_before = len(site.seen)

    outcome = stage.capture("wp")

    assert (outcome.new_versions, outcome.new_findings) == (0, 0)
    assert stage.segments() == before
    run = stage.last_run()
    assert (run.outcome, run.segment) == ("nothing new", None)
    logged = json.loads(run.exchanges)
    assert len(logged) == len(site.seen) - seen_before > 3
    assert all(len(line["sha256"]) == 64 and not line["stored"] for line in logged)
    assert stage.value("SELECT count(*) FROM ledger") == lines


def test_keep_all_stores_every_exchange_also_without_news(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with make_stage(tmp_path, boards, keep_all=True) as on:
        site = on.wordpress()
        site.seed(4)
        on.capture("wp")
        on.later(minutes=15)
        seen_before = len(site.seen)
        on.capture("wp")
        run = on.last_run()
        assert run.outcome == "nothing new"
        assert run.segment is not None
        assert len(json.loads(run.exchanges)) == len(site.seen) - seen_before
        assert all(line["stored"] for line in json.loads(run.exchanges))
        stored = on.value("SELECT count(*) FROM exchanges WHERE run_id = :run", run=run.id)
        assert stored == len(site.seen) - seen_before
        on.assert_verifies()


@pytest.mark.parametrize("platform", ["x", "facebook", "feed"])
def test_every_platform_is_stable_when_nothing_changes(stage: Stage, platform: str) -> None:  # noqa: F811
    if platform == "x":
        slug = "spd-x"
        stage.x().seed(30)
    elif platform == "facebook":
        slug = "fb"
        stage.facebook().page.seed(25)
    else:
        slug = "feed"
        stage.feed(paging="next", window=4).seed(12, comments=3)
    stage.capture(slug, Window.NEW)  # on X, only this walk reads mentions
    stage.capture(slug)
    first = stage.rows(
        "SELECT sum(new_versions) new_versions, sum(new_records) new_records FROM runs"
    )[0]
    assert first.new_versions >= first.new_records > 10
    for window in (Window.NEW, Window.RECENT, Window.FULL):
        stage.later(hours=1)
        again = stage.capture(slug, window)
        assert (again.new_records, again.new_versions, again.new_findings) == (0, 0, 0), window
    stage.assert_verifies()


# -- edits ------------------------------------------------------------------------------------


def test_an_edit_makes_a_version_and_overwrites_nothing(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    post = page.publish("Road closed on Main")
    stage.capture("fb")
    [before] = stage.versions(post)
    stage.later(minutes=20)
    seen = stage.clock.now()
    stage.capture("fb")
    stage.later(minutes=20)
    page.edit(post, "Road open on Main")

    stage.capture("fb", Window.RECENT)

    first, second = stage.versions(post)
    assert first == before
    assert "Road open" in second.words
    assert (at(second.not_before), at(second.not_after)) == (
        seen.strftime("%Y-%m-%d %H:%M:%S"),
        stage.clock.now().strftime("%Y-%m-%d %H:%M:%S"),
    )
    assert second.edited_at is None  # Facebook tells no edit time
    record = stage.record(post)
    assert (record.version_id, record.versions) == (second.id, 2)


def test_there_and_back_is_three_versions(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    post = page.publish("A")
    for text_ in ("A", "B", "A"):
        page.edit(post, text_)
        stage.capture("fb")
        stage.later(minutes=20)
    versions = stage.versions(post)
    assert [v.words for v in versions] == ["A", "B", "A"]
    assert stage.record(post).digest == versions[2].digest == versions[0].digest
    assert stage.capture("fb").new_versions == 0


def test_edits_of_a_comment_and_of_its_visibility_are_versions(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    comment = page.comment(page.publish("Road closed"), "You fools")
    stage.capture("fb")
    stage.later(minutes=5)
    page.edit(comment, "You fine people")
    stage.capture("fb")
    stage.later(minutes=5)
    page.hide(comment)
    stage.capture("fb")
    stage.later(minutes=5)
    page.hide(comment, hidden=False)
    stage.capture("fb")
    versions = stage.versions(comment, "comment")
    assert [(v.words, v.visibility) for v in versions] == [
        ("You fools", "public"),
        ("You fine people", "public"),
        ("You fine people", "hidden"),
        ("You fine people", "public"),
    ]


def test_alternative_texts_and_the_list_of_media_are_content(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    post = page.publish("Two pictures", photos=["left", "right"])
    stage.capture("fb")
    stage.later(minutes=5)
    page.posts[post].files[0].alt_text = "the left one"
    stage.capture("fb")
    stage.later(minutes=5)
    removed = page.posts[post].files.pop()
    stage.capture("fb")
    versions = stage.versions(post)
    lists = [[m.alt_text for m in stage.media(v.id)] for v in versions]
    assert lists == [["left", "right"], ["the left one", "right"], ["the left one"]]
    held = {m.sha256 for v in versions for m in stage.media(v.id)}
    assert hashlib.sha256(removed.content).hexdigest() in held
    fetched = [s.path for s in page_requests(stage) if s.path.startswith("/media/")]
    assert len(fetched) == len(set(fetched))  # what is held is not fetched again
    stage.assert_verifies()


def page_requests(on: Stage) -> list:  # type: ignore[type-arg]
    """All requests to the first platform."""
    simulator = on.boards[0].current
    assert simulator is not None
    return simulator.seen


def test_counts_make_no_version_but_are_kept_per_day(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    post = x.publish("Road closed")
    stage.capture("spd-x")
    for _ in range(2):
        stage.later(days=1)
        x.like(post, 5)
        assert stage.capture("spd-x").new_versions == 0
    record = stage.record(post)
    counts = stage.rows(
        "SELECT day, counts FROM metrics WHERE record_id = :id ORDER BY day", id=record.id
    )
    assert [json.loads(c.counts)["likes"] for c in counts] == [0, 5, 10]
    assert [c.day for c in counts] == ["2026-11-24", "2026-11-25", "2026-11-26"]


def test_an_edit_chain_has_the_exact_times_that_x_tells(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    post = x.publish("Road clsoed", at=NOON - timedelta(hours=3))
    x.edit(post, "Road closed", at=NOON - timedelta(hours=3) + timedelta(minutes=10))
    stage.capture("spd-x")
    first, second = stage.versions(post)
    assert (first.words, second.words) == ("Road clsoed", "Road closed")
    assert (first.superseded, second.superseded) == (1, 0)
    assert second.edited_at == second.not_before == second.not_after
    assert at(second.edited_at) == "2026-11-24 09:10:00"
    assert at(first.not_before) == "2026-11-24 09:00:00"
    assert stage.record(post).version_id == second.id


def test_an_edit_of_a_known_post_on_x_gets_its_own_time(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    post = x.publish("One")
    stage.capture("spd-x")
    stage.later(minutes=10)
    x.edit(post, "Two")
    stage.later(minutes=10)
    x.edit(post, "Three")
    stage.later(minutes=10)
    stage.capture("spd-x", Window.RECENT)
    versions = stage.versions(post)
    assert {(v.words, at(v.not_after)) for v in versions} == {
        ("One", "2026-11-24 12:00:00"),
        ("Two", "2026-11-24 12:10:00"),
        ("Three", "2026-11-24 12:20:00"),
    }
    assert stage.record(post).digest == next(v.digest for v in versions if v.words == "Three")


def test_a_withholding_is_not_dated_by_an_older_edit(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    post = x.publish("One", at=NOON - timedelta(minutes=40))
    x.edit(post, "Two", at=NOON - timedelta(minutes=30))
    stage.capture("spd-x")
    stage.later(minutes=20)
    x.withhold(post, ["DE"])
    stage.capture("spd-x")
    newest = stage.versions(post)[-1]
    assert newest.visibility == "withheld"
    assert (at(newest.not_before), at(newest.not_after)) == (
        "2026-11-24 12:00:00",
        "2026-11-24 12:20:00",
    )


def test_revisions_of_a_site_become_versions_with_their_times(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    post = site.publish("Notice", "<p>one</p>")
    for text_ in ("<p>two</p>", "<p>three</p>"):
        stage.later(minutes=10)
        site.edit(post, content=text_)
    stage.later(minutes=10)
    stage.capture("wp")
    versions = stage.versions(str(post))
    assert "three" in versions[-1].words
    assert {v.words.split()[-1] for v in versions} >= {"two", "three"}
    stage.later(minutes=10)
    assert stage.capture("wp").new_versions == 0


def test_a_changed_profile_is_a_version(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    stage.capture("spd-x")
    stage.later(minutes=10)
    x.agency.description = "Monitored around the clock."
    stage.capture("spd-x", Window.NEW)
    versions = stage.versions(x.agency.id, "profile")
    assert len(versions) == 2
    assert "Monitored around" in versions[1].words
