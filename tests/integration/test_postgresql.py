"""The same archive on PostgreSQL: capture, versions, search, refusals, verification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.desk.verify import verify
from archiver.model.queries import browse
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture
def stage(
    postgresql: str,  # noqa: F811
    tmp_path: Path,
) -> Iterator[tuple[Archive, WordPressSimulator]]:
    site = WordPressSimulator()
    site.seed(20)
    with (
        Loopback() as loopback,
        make_archive(tmp_path, sections={"database": {"url": postgresql}}) as archive,
    ):
        address = loopback.serve(site)
        approved(archive, "wordpress", address, slug="news")
        editor = site.users["records"]
        give_credentials(
            archive, "news", user=editor.login, application_password=editor.application_password
        )
        yield archive, site


def test_an_archive_on_postgresql_captures_searches_refuses_and_verifies(
    stage: tuple[Archive, WordPressSimulator],
) -> None:
    archive, site = stage
    post = site.publish("Snow routes", "<p>Parking ban from <b>Monday</b>.</p>")
    assert archive.captures.capture("news", Window.FULL).error is None
    site.edit(post, content="<p>Parking ban from <b>Tuesday</b>.</p>")
    outcome = archive.captures.capture("news", Window.NEW)
    assert outcome.new_versions >= 1
    with archive.database.read() as connection:
        found = browse.list_records(connection, words="parking Tuesday")
        assert [r.platform_id for r in found] == [str(post)]
        assert len(browse.versions_of(connection, found[0].id)) == 2
        assert browse.list_runs(connection)[0].outcome == "news"
    for statement in ("DELETE FROM versions", "UPDATE ledger SET kind = 'x'", "TRUNCATE findings"):
        with (
            pytest.raises(DBAPIError, match="refused by the database"),
            archive.database.write() as connection,
        ):
            connection.execute(text(statement))
    assert verify(archive.database, archive.vault, processes=1).problems == []
