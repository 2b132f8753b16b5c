"""The whole engine against a real WordPress: what its editors do is what the archive holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from archiver import outbound
from archiver.capture.walk import Outcome
from archiver.demo.simulators.wordpress_files import picture
from archiver.desk.audit import audit
from archiver.desk.verify import verify
from archiver.model.queries import browse
from archiver.model.queries.browse import RecordLine, VersionView
from archiver.warc.reader import open_content
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.wordpress_site import (
    WordPressSite,
    wordpress_site,  # noqa: F401 - a fixture
)

pytestmark = [pytest.mark.wordpress, pytest.mark.xdist_group("wordpress")]


@dataclass
class Newsroom:
    """The site, and the archive of it."""

    site: WordPressSite
    archive: Archive
    slug: str

    def do(self, method: str, route: str, **fields: object) -> int:
        """Let an editor do something; returns the id in WordPress's answer."""
        with outbound.permitted("notify"):
            answer = self.site.api(method, route, fields=fields)
        return int(str(answer["id"]))

    def capture(self, window: Window = Window.NEW) -> Outcome:
        outcome = self.archive.captures.capture(self.slug, window)
        assert outcome.error is None, outcome.error_text
        return outcome

    def record(self, kind: str, number: int) -> RecordLine:
        with self.archive.database.read() as connection:
            found = browse.list_records(connection, kind=kind, limit=1000)
        return next(r for r in found if r.platform_id == str(number))

    def versions(self, kind: str, number: int) -> list[VersionView]:
        line = self.record(kind, number)
        with self.archive.database.read() as connection:
            return browse.versions_of(connection, line.id)

    def texts(self, kind: str, number: int) -> list[str]:
        return [str(v.state["text"]) for v in self.versions(kind, number)]


@pytest.fixture
def newsroom(wordpress_site: WordPressSite, tmp_path: Path) -> Iterator[Newsroom]:  # noqa: F811
    with outbound.permitted("notify"):
        wordpress_site.clear()
    with make_archive(tmp_path, confirm_after="1s") as archive:
        entry = approved(archive, "wordpress", wordpress_site.url, slug="news")
        editor = wordpress_site.users["records"]
        give_credentials(
            archive, "news", user=editor.login, application_password=editor.application_password
        )
        yield Newsroom(wordpress_site, archive, entry.slug)


def test_posts_edits_comments_and_trash_become_versions_and_findings(newsroom: Newsroom) -> None:
    post = newsroom.do(
        "POST", "wp/v2/posts", title="Snow routes", content="<p>From Monday.</p>", status="publish"
    )
    comment = newsroom.do("POST", "wp/v2/comments", post=post, content="Which streets?")
    reply = newsroom.do("POST", "wp/v2/comments", post=post, parent=comment, content="All of them.")
    newsroom.capture()
    newsroom.do("POST", f"wp/v2/posts/{post}", content="<p>From Tuesday.</p>")
    newsroom.do("POST", f"wp/v2/comments/{comment}", content="Which streets, please?")
    newsroom.capture(Window.RECENT)
    newsroom.do("DELETE", f"wp/v2/posts/{post}")
    newsroom.capture(Window.FULL)

    current = [t for t in newsroom.texts("post", post) if t]
    assert current[0] == "<p>From Monday.</p>"
    assert "<p>From Tuesday.</p>" in current
    assert newsroom.record("post", post).visibility == "trashed"
    assert newsroom.texts("comment", comment)[:2] == ["Which streets?", "Which streets, please?"]
    answer = newsroom.record("reply", reply)
    assert answer.parent_id == str(comment)
    with newsroom.archive.database.read() as connection:
        findings = browse.list_findings(connection, record_id=newsroom.record("post", post).id)
    assert [(f.stage, f.presence, f.evidence) for f in findings] == [
        ("state", "trashed", "own deletion")
    ]


def test_what_is_deleted_for_ever_is_looked_up_twice_before_it_is_called_gone(
    newsroom: Newsroom,
) -> None:
    kept = newsroom.do("POST", "wp/v2/posts", title="Kept", content="x", status="publish")
    for number in range(3):
        newsroom.do("POST", "wp/v2/posts", title=f"Other {number}", content="y", status="publish")
    lost = newsroom.do("POST", "wp/v2/posts", title="Lost", content="z", status="publish")
    newsroom.capture(Window.FULL)
    with outbound.permitted("notify"):
        newsroom.site.api("DELETE", f"wp/v2/posts/{lost}", fields={"force": True})
    newsroom.capture(Window.FULL)
    assert newsroom.record("post", lost).presence == "suspected"
    newsroom.archive.clock.sleep(1.1)
    newsroom.capture(Window.FULL)
    assert newsroom.record("post", lost).presence == "gone"
    assert newsroom.record("post", kept).presence == "present"


def test_uploaded_files_are_in_the_evidence_byte_for_byte(newsroom: Newsroom) -> None:
    content = picture(7)
    with outbound.permitted("notify"):
        uploaded = newsroom.site.upload("station.png", content, "image/png")
    source = str(uploaded["source_url"])
    newsroom.do(
        "POST",
        "wp/v2/posts",
        title="Open day",
        content=f'<p><img src="{source}" alt="The station"></p>',
        status="publish",
    )
    newsroom.capture(Window.FULL)
    digest = hashlib.sha256(content).hexdigest()
    archive = newsroom.archive
    with archive.database.read() as connection:
        row = connection.exec_driver_sql(
            "SELECT e.segment, e.response_offset, e.response_length FROM media m "
            "JOIN exchanges e ON e.id = m.exchange_id WHERE m.sha256 = ?",
            (digest,),
        ).one()
    with open_content(archive.vault.path(row[0]), row[1], row[2]) as pieces:
        assert b"".join(pieces) == content


def test_an_audit_agrees_with_wordpresss_own_counts(newsroom: Newsroom) -> None:
    for number in range(5):
        post = newsroom.do(
            "POST", "wp/v2/posts", title=f"Post {number}", content="x", status="publish"
        )
        newsroom.do("POST", "wp/v2/comments", post=post, content=f"Comment {number}")
    newsroom.capture(Window.FULL)
    report = audit(newsroom.archive.captures, newsroom.slug)
    assert report.complete
    assert report.exact
    totals = {t.kind: (t.ours, t.platform) for t in report.totals}
    assert totals["post"] == (5, 5)
    assert totals["comment"][0] == totals["comment"][1] == 5


def test_everything_written_is_read_by_readers_that_others_wrote(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.do("POST", "wp/v2/posts", title=f"P {number}", content="x", status="publish")
    newsroom.capture(Window.FULL)
    archive = newsroom.archive
    assert verify(archive.database, archive.vault, processes=1).problems == []
    for name in archive.vault.names():
        with archive.vault.open(name) as handle:
            for record in ArchiveIterator(handle, check_digests="raise"):
                record.content_stream().read()
        with archive.vault.open(name) as handle:
            for each in FastIterator(handle, parse_http=False):
                assert each.verify_block_digest()
