"""The open archive shows what was chosen, and nothing else, by no way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from archiver.desk.access import Role
from archiver.desk.portal import Portal
from archiver.web.open_archive import make_open_archive
from tests.support.web import Web, plain

BY = "Agnes Skinner"


@pytest.fixture
def portal(web: Web) -> Portal:
    archive = web.archive
    return Portal(archive.database, archive.vault, archive.settings.sections.agency, archive.clock)


@pytest.fixture
def public(web: Web) -> Iterator[TestClient]:
    app = make_open_archive(web.site)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def ids(web: Web, where: str, **values: object) -> list[int]:
    query = (
        "SELECT r.id FROM records r JOIN accounts a ON a.id = r.account_id "
        f"WHERE {where} ORDER BY r.version_id DESC"
    )
    with web.archive.database.read() as connection:
        return list(connection.execute(text(query), values).scalars())


def everything(public: TestClient) -> set[int]:
    """The ids of all that can be paged through."""
    found: set[int] = set()
    where, seen = "/", set[str]()
    while where:
        assert where not in seen, "the pages lead in a circle"
        seen.add(where)
        page = public.get(where).text
        found |= {int(each) for each in re.findall(r'href="/records/(\d+)"', page)}
        following = re.search(r"after=(\d+)", page)
        where = f"/?after={following[1]}" if following else ""
    return found


def test_nothing_is_shown_until_somebody_chose(web: Web, public: TestClient) -> None:
    assert everything(public) == set()
    for record in ids(web, "1 = 1"):
        assert public.get(f"/records/{record}").status_code == 404


def test_of_a_chosen_account_only_its_own_public_posts_are_shown(
    web: Web, public: TestClient, portal: Portal
) -> None:
    portal.choose_account("spd-facebook", shown=True, reason="council resolution 7", by=BY)
    posts = set(ids(web, "a.slug = 'spd-facebook' AND r.kind = 'post'"))
    assert len(posts) == 12
    assert everything(public) == posts
    for record in ids(web, "a.slug = 'spd-facebook' AND r.kind IN ('comment', 'reply')"):
        assert public.get(f"/records/{record}").status_code == 404
    portal.choose_account("spd-facebook", shown=False, reason="taken back", by=BY)
    assert everything(public) == set()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET visibility = 'hidden' WHERE id = :id",
        "UPDATE records SET presence = 'gone' WHERE id = :id",
    ],
)
def test_what_is_hidden_or_gone_is_not_shown(
    web: Web, public: TestClient, portal: Portal, change: str
) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution", by=BY)
    record = ids(web, "a.slug = 'spd-x' AND r.kind = 'post'")[0]
    assert public.get(f"/records/{record}").status_code == 200
    with web.archive.database.write() as connection:
        connection.execute(text(change), {"id": record})
    assert public.get(f"/records/{record}").status_code == 404
    assert record not in everything(public)


@pytest.mark.parametrize("outcome", ["withhold", "redact"])
def test_what_a_review_withheld_or_redacted_is_never_shown(
    web: Web, public: TestClient, portal: Portal, outcome: str
) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution", by=BY)
    record = ids(web, "a.slug = 'spd-x' AND r.kind = 'post'")[0]
    decide(web, record, outcome)
    assert public.get(f"/records/{record}").status_code == 404
    assert public.get(f"/records/{record}/media/0").status_code == 404
    portal.choose_record(f"#{record}", shown=True, reason="somebody insists", by=BY)
    assert public.get(f"/records/{record}").status_code == 404
    decide(web, record, "release")
    assert public.get(f"/records/{record}").status_code == 200


def decide(web: Web, record: int, outcome: str) -> None:
    """A decision of a review on the present version of a record."""
    with web.archive.database.write() as connection:
        version = connection.execute(
            text("SELECT version_id FROM records WHERE id = :id"), {"id": record}
        ).scalar_one()
        made = connection.execute(text("SELECT id FROM requests")).scalar()
        now = "2026-11-24 12:00:00.000000"
        if made is None:
            connection.execute(
                text(
                    "INSERT INTO requests VALUES (1, '2026-0001', 'public records', 'K', '', '', "
                    "'mail', 'all', :now, '2026-11-24', 'open', '', NULL, 'x', :now)"
                ),
                {"now": now},
            )
            connection.execute(
                text("INSERT INTO result_sets VALUES (1, 1, 1, '', 'x', :now, 1, 'd')"),
                {"now": now},
            )
            connection.execute(
                text("INSERT INTO result_items VALUES (1, 1, :record, :version)"),
                {"record": record, "version": version},
            )
        connection.execute(
            text(
                "INSERT INTO review_decisions (request_id, version_id, outcome, code, reason, "
                "marks, bulk, actor, at) VALUES (1, :version, :outcome, 'X', '', '[]', '', 'y', "
                ":now)"
            ),
            {"version": version, "outcome": outcome, "now": now},
        )


def test_a_record_is_left_out_and_let_in_again(web: Web, public: TestClient) -> None:
    officer = web.as_(Role.OFFICER)
    officer.done("/portal/accounts/spd-x", shown="yes", reason="resolution 7")
    record = ids(web, "a.slug = 'spd-x' AND r.kind = 'post'")[0]
    officer.done("/portal/records", record=f"#{record}", reason="a victim's address")
    assert record not in everything(public)
    assert "a victim's address" in officer.page("/portal").replace("&#39;", "'")
    officer.done("/portal/records", record=f"#{record}", shown="yes", reason="it was none")
    assert record in everything(public)
    refused = officer.post("/portal/records", record="#999999", reason="x")
    assert refused.status_code == 404
    assert 'value="#999999"' in refused.text
    assert officer.post("/portal/accounts/spd-x", shown="", reason=" ").status_code == 400


def test_who_is_limited_to_departments_chooses_for_those_alone(web: Web) -> None:
    limited = web.as_(Role.COMMUNICATIONS, name="Troy McClure", departments=("Parks",))
    assert "Springfield Police" not in limited.page("/portal").replace(
        "Springfield Police Department", ""
    )
    refused = limited.post("/portal/accounts/spd-x", shown="yes", reason="mine")
    assert refused.status_code == 403
    record = ids(web, "a.slug = 'spd-x'")[0]
    assert limited.post("/portal/records", record=f"#{record}", reason="x").status_code == 403


def test_a_file_that_a_review_withheld_is_not_shown_elsewhere_either(
    web: Web, public: TestClient, portal: Portal
) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution", by=BY)
    shared = (
        "a.slug = 'spd-x' AND r.kind = 'post' AND EXISTS (SELECT 1 FROM version_media m JOIN "
        "version_media o ON o.sha256 = m.sha256 AND o.version_id <> m.version_id "
        "JOIN records q ON q.version_id = o.version_id AND q.kind = 'post' "
        "WHERE m.version_id = r.version_id)"
    )
    both = ids(web, shared)
    if len(both) < 2:  # no two posts share a picture in this archive: let them
        one, two = ids(
            web,
            "a.slug = 'spd-x' AND r.kind = 'post' AND EXISTS (SELECT 1 FROM version_media m "
            "WHERE m.version_id = r.version_id AND m.sha256 IS NOT NULL)",
        )[:2]
        with web.archive.database.write() as connection:
            guards = connection.execute(
                text(
                    "SELECT name FROM sqlite_master "
                    "WHERE type = 'trigger' AND tbl_name = 'version_media'"
                )
            ).scalars()
            for name in list(guards):
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(
                text(
                    "UPDATE version_media SET sha256 = (SELECT m.sha256 FROM version_media m JOIN "
                    "records r ON r.version_id = m.version_id WHERE r.id = :one LIMIT 1) WHERE "
                    "version_id = (SELECT version_id FROM records WHERE id = :two)"
                ),
                {"one": one, "two": two},
            )
        both = [one, two]
    assert public.get(f"/records/{both[1]}").status_code == 200
    decide(web, both[0], "withhold")
    assert public.get(f"/records/{both[1]}").status_code == 404


def test_the_public_asks_by_words_and_learns_nothing_else(
    web: Web, public: TestClient, portal: Portal
) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution", by=BY)
    with web.archive.database.read() as connection:
        words = connection.execute(
            text(
                "SELECT v.words FROM versions v JOIN records r ON r.version_id = v.id "
                "JOIN accounts a ON a.id = r.account_id WHERE a.slug = 'spd-x' "
                "AND r.kind = 'post' ORDER BY v.id DESC"
            )
        ).scalars()
        word = max(re.findall(r"[A-Za-z]{5,}", next(iter(words))), key=len)
    assert len(re.findall("<article", public.get("/", params={"q": word}).text)) >= 1
    for asked in (
        "hold:litigation",
        "request:2026-0001",
        "series:x",
        'a"b',
        "NOT",
        "(",
        "a OR",
        "*",
    ):
        answer = public.get("/", params={"q": asked})
        assert answer.status_code == 200
        assert "hold" not in plain(answer.text).replace(asked, "")
    assert public.get("/", params={"after": "9" * 30}).status_code == 200


def test_it_sets_no_cookie_takes_nothing_and_a_picture_cannot_run(
    web: Web, public: TestClient, portal: Portal
) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution", by=BY)
    for path in ("/", "/about", "/feed.atom", "/robots.txt", "/records/0"):
        answer = public.get(path)
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert public.post("/", data={"q": "x"}).status_code in (404, 405)
    [record, *_] = ids(
        web,
        "a.slug = 'spd-x' AND r.kind = 'post' AND EXISTS (SELECT 1 FROM version_media m "
        "WHERE m.version_id = r.version_id AND m.sha256 IS NOT NULL)",
    )
    page = public.get(f"/records/{record}").text
    picture = re.search(r'src="(/records/\d+/media/\d+)"', page)
    assert picture
    answer = public.get(picture[1])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_feed_is_well_formed_and_holds_the_newest(
    web: Web, public: TestClient, portal: Portal
) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution", by=BY)
    answer = public.get("/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    tree = ElementTree.fromstring(answer.text)
    entries = tree.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 30


def test_choosing_stands_in_the_ledger(web: Web, portal: Portal) -> None:
    portal.choose_account("spd-x", shown=True, reason="resolution 7", by=BY)
    with web.archive.database.read() as connection:
        body = connection.execute(
            text("SELECT body FROM ledger WHERE kind = 'portal' ORDER BY seq DESC LIMIT 1")
        ).scalar_one()
    assert "resolution 7" in body
    assert BY in body
