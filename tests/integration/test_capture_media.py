"""Media: fetched once, verified by their hash, named when they could not be fetched."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from archiver.demo.simulators.base import Fault
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


# -- media ------------------------------------------------------------------------------------


def test_one_payload_under_two_addresses_is_stored_once(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    images = [site.upload(f"{name}.png", picture(3), "image/png") for name in ("a", "b")]
    stage.capture("wp")
    sha256 = hashlib.sha256(picture(3)).hexdigest()
    assert stage.value("SELECT count(*) FROM media WHERE sha256 = :s", s=sha256) == 1
    assert stage.payload(sha256).kind == "response"
    [path] = stage.segments()
    kinds = [r.kind for r, _, _ in iterate(path) if r.uri.endswith(".png")]
    assert sorted(kinds) == ["request", "request", "response", "revisit"]
    assert_revisits_resolve(path, [path])
    for image in images:
        [media] = stage.media(stage.versions(str(image), "media")[0].id)
        assert media.sha256 == sha256

    stage.later(minutes=5)
    site.upload("c.png", picture(3), "image/png")
    stage.capture("wp")
    assert stage.payload(sha256).kind == "response"  # still the record that has the bytes
    assert stage.payload(sha256).content == picture(3)
    assert_revisits_resolve(stage.segments()[-1], stage.segments())
    stage.assert_verifies()


def assert_revisits_resolve(path: Path, among: list[Path]) -> None:
    """Every revisit of the file names a response that lies in one of the files, as warcio
    reads them, with the same payload digest."""
    responses = {}
    for each in among:
        with each.open("rb") as handle:
            for record in ArchiveIterator(handle, check_digests="raise"):
                if record.rec_type == "response":
                    headers = record.rec_headers
                    responses[headers.get_header("WARC-Record-ID")] = (
                        headers.get_header("WARC-Payload-Digest"),
                        headers.get_header("WARC-Target-URI"),
                        headers.get_header("WARC-Date"),
                    )
    revisits = 0
    with path.open("rb") as handle:
        for record in ArchiveIterator(handle):
            if record.rec_type == "revisit":
                headers = record.rec_headers
                revisits += 1
                assert responses[headers.get_header("WARC-Refers-To")] == (
                    headers.get_header("WARC-Payload-Digest"),
                    headers.get_header("WARC-Refers-To-Target-URI"),
                    headers.get_header("WARC-Refers-To-Date"),
                )
    assert revisits > 0


def test_a_replaced_enclosure_is_a_version_found_by_the_full_walk(stage: Stage) -> None:  # noqa: F811
    feed = stage.feed(podcast=True)
    episode = feed.publish("Episode 1", "<p>Burglary</p>")
    stage.capture("feed")
    stage.later(days=1)
    feed.edit(episode, html="<p>Burglary arrest</p>")
    stage.later(minutes=10)
    stage.capture("feed")
    stage.later(days=1)
    feed.replace_file(episode)
    stage.later(days=1)
    assert stage.capture("feed", Window.RECENT).new_versions == 0
    stage.later(days=1)

    stage.capture("feed")

    *_, before, after = stage.versions(episode)
    assert before.digest == after.digest
    [old], [new] = stage.media(before.id), stage.media(after.id)
    assert old.sha256 != new.sha256
    assert stage.payload(old.sha256).content != stage.payload(new.sha256).content
    # The file was last seen as it was when its bytes were stored, whatever was listed since.
    assert at(after.not_before) < "2026-11-26 12:10:00"
    assert at(after.not_after) == stage.clock.now().strftime("%Y-%m-%d %H:%M:%S")
    stage.later(days=1)
    assert stage.capture("feed").new_versions == 0
    stage.assert_verifies()


def test_a_media_file_that_failed_is_named_and_fetched_later(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    post = page.page.publish("Look", photos=["Evidence"])
    page.plan("/media/", Fault(status=500), times=100)
    stage.capture("fb")
    [version] = stage.versions(post)
    [media] = stage.media(version.id)
    assert (media.status, media.sha256) == ("failed", None)

    page._faults.clear()
    stage.later(minutes=15)
    outcome = stage.capture("fb", Window.RECENT)

    assert outcome.new_versions == 0
    [media] = stage.media(version.id)
    content = page.page.posts[post].files[0].content
    assert media.status == "captured"
    assert stage.payload(media.sha256).content == content
    assert len(stage.versions(post)) == 1
    assert stage.last_run().new_media >= 1
    stage.assert_verifies()


def test_a_media_server_that_talks_nonsense_does_not_stop_the_walk(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    posts = [page.page.publish(f"Look {n}", photos=["Evidence"]) for n in range(4)]
    faults = (
        Fault(headers={"Content-Encoding": "gzip"}),
        Fault(headers={"Content-Encoding": "br"}),
        Fault(cut_after=10),
        Fault(status=302, headers={"Location": "ftp://127.0.0.1/file"}),
    )
    for post, fault in zip(posts, faults, strict=True):
        page.plan(page.page.posts[post].files[0].id, fault, times=20)
    outcome = stage.capture("fb")
    assert outcome.finished
    found = [stage.media(stage.versions(post)[0].id)[0] for post in posts]
    assert [m.sha256 for m in found] == [None] * 4
    assert {m.status for m in found} <= {"failed", "address refused"}
    stage.assert_verifies()


def test_a_media_file_over_the_limit_is_noted_and_not_kept(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with make_stage(tmp_path, boards, media_max=1000) as on:
        site = on.wordpress()
        big = site.upload("big.png", b"\x89PNG" + bytes(5000), "image/png")
        small = site.upload("small.png", picture(1), "image/png")
        assert len(picture(1)) < 1000
        on.capture("wp")
        [media] = on.media(on.versions(str(big), "media")[0].id)
        assert (media.status, media.sha256) == ("too large", None)
        [media] = on.media(on.versions(str(small), "media")[0].id)
        assert media.status == "captured"


def test_text_that_no_database_takes_is_captured_all_the_same(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    odd = "NUL \0, half a pair \ud83d, and \ufffe"
    post = page.publish(odd, photos=[odd])
    comment = page.comment(post, odd)
    assert stage.capture("fb").finished
    [version] = stage.versions(post)
    assert json.loads(version.canonical)["text"] == odd  # the original is kept
    assert "\0" not in version.words
    stage.later(minutes=5)
    assert stage.capture("fb").new_versions == 0
    assert len(stage.versions(comment, "comment")) == 1
    stage.assert_verifies()


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_absurd_dates_do_not_stop_a_capture(stage: Stage, year: int) -> None:  # noqa: F811
    feed = stage.feed()
    post = feed.publish("From another time", "<p>x</p>", at=NOON.replace(year=year))
    feed.publish("From now", "<p>y</p>")
    assert stage.capture("feed").finished
    assert len(stage.versions(post)) == 1


def test_a_credential_in_the_address_of_a_file_reaches_neither_file_nor_table(
    stage: Stage,  # noqa: F811
) -> None:
    site = stage.wordpress()
    password = site.users["records"].application_password
    image = site.upload(f"{password}.png", picture(1), "image/png", alt_text=password)
    site.publish("Notice", f"<p>{password}</p>", featured=image)
    stage.capture("wp")
    assert stage.media(stage.versions(str(image), "media")[0].id)[0].status == "captured"
    dump = "\n".join(
        str(tuple(row))
        for (table,) in stage.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        for row in stage.rows(f'SELECT * FROM "{table}"')
    )
    stored = [record.block for path in stage.segments() for record, _, _ in iterate(path)]
    for spelled in (password, password.replace(" ", "%20"), password.replace(" ", "+")):
        assert spelled not in dump
        assert not any(spelled.encode() in block for block in stored)
    stage.assert_verifies()
    stage.later(minutes=5)
    assert stage.capture("wp").new_versions == 0


def test_a_dead_media_host_is_not_asked_for_every_file(stage: Stage) -> None:  # noqa: F811
    feed = stage.feed()
    posts = [
        feed.publish(f"Notice {n}", f'<p><img src="http://127.0.0.1:9/{n}.png"></p>')
        for n in range(9)
    ]
    outcome = stage.capture("feed")
    assert outcome.finished
    for post in posts:
        [media] = stage.media(stage.versions(post)[0].id)
        assert (media.status, media.sha256) == ("failed", None)
    asked = {line["get"] for line in json.loads(stage.last_run().exchanges) if ":9/" in line["get"]}
    assert len(asked) == 3
