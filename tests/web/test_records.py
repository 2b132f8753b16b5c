"""Search and the page of a record: what is shown, to whom, and what of it is in the ledger."""

# ruff: noqa: F811 - fixtures are imported by their names

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from archiver.desk.access import Role
from tests.support.record_scene import FILM, Written
from tests.support.review_scene import add_request
from tests.support.stage import boards  # noqa: F401
from tests.support.web import Client, Web, plain
from tests.web.record_fixtures import town, written  # noqa: F401

TYPING = {"HX-Request": "true", "HX-Trigger": "q"}


def number(web: Web, platform_id: str, family: str = "post") -> int:
    """The number of a record."""
    with web.archive.database.read() as connection:
        return int(
            connection.execute(
                text("SELECT id FROM records WHERE platform_id = :id AND family = :family"),
                {"id": platform_id, "family": family},
            ).scalar_one()
        )


def file_of(web: Web, name: str) -> str:
    """The address of the file that was uploaded under this name."""
    with web.archive.database.read() as connection:
        row = connection.execute(
            text(
                "SELECT v.record_id, v.number, m.position FROM version_media m "
                "JOIN versions v ON v.id = m.version_id WHERE m.alt_text = :alt"
            ),
            {"alt": f"The file {name}"},
        ).one()
    return f"/records/{row.record_id}/media/{row.number}/{row.position}"


def logged(web: Web, kind: str) -> list[dict[str, Any]]:
    """The ledger's lines of this kind."""
    with web.archive.database.read() as connection:
        query = text("SELECT body FROM ledger WHERE kind = :kind ORDER BY seq")
        return [json.loads(row.body) for row in connection.execute(query, {"kind": kind})]


def asked(web: Web) -> list[str]:
    """The questions in the ledger."""
    return [each["query"] for each in logged(web, "search")]


def results(client: Client, address: str) -> str:
    """What stands under the heading of results."""
    return client.page(address).partition(" Results ")[2]


# -- search --------------------------------------------------------------------------------------


def test_hits_show_what_was_asked_for_and_how_the_record_stands(town: Web) -> None:
    page = town.as_(Role.CLERK).get("/records?q=plow").text
    assert page.count("<mark>plows</mark>") == 2  # both versions
    told = plain(page)
    assert "2 found" in told
    for mark in ("edited", "on hold", "earlier version", "version 1 of 2", "WordPress"):
        assert mark in told


def test_a_deleted_record_is_found_and_marked(town: Web) -> None:
    assert "deleted" in results(town.as_(Role.CLERK), "/records?q=bridge")


def test_a_click_narrows_and_a_chip_takes_the_limit_away(town: Web) -> None:
    client = town.as_(Role.CLERK)
    page = client.get("/records?q=the").text
    link = re.search(r'href="(/records\?q=the&amp;f=account%3Aspd-x)"', page)
    assert link
    narrowed = client.get(link[1].replace("&amp;", "&")).text
    assert "Account: spd-x" in plain(narrowed)
    assert "Prize draw" not in narrowed
    assert '<a href="/records?q=the">' in narrowed


def test_alternatives_are_narrowed_as_a_whole(town: Web) -> None:
    client = town.as_(Role.CLERK)
    assert "1 found" in client.page("/records?q=bridge+OR+plow&f=account:spd-x")


def test_a_question_that_cannot_be_read_is_answered_and_kept(town: Web) -> None:
    answer = town.as_(Role.CLERK).get('/records?q="snow plow&f=account:spd-x')
    assert answer.status_code == 400
    assert "the quotation mark is not closed" in answer.text
    assert 'value="&#34;snow plow"' in answer.text
    assert "Account: spd-x" in plain(answer.text)


def test_a_question_for_what_is_not_there_says_what_there_is(town: Web) -> None:
    answer = town.as_(Role.CLERK).get("/records?q=account:nowhere")
    assert answer.status_code == 400
    assert "police-blog" in answer.text


@pytest.mark.parametrize(
    "odd",
    ["%00", "a%00b", "%ED%A0%80", "on:9999", "before:0001-01-01", "after:9999-12-31", "*", "%22%22",
     "%F0%9F%9A%A7", "x" * 5_000, "(" * 60, "'%3B--", "-a"],
)  # fmt: skip
def test_odd_questions_are_answered_in_a_sentence(town: Web, odd: str) -> None:
    client = town.as_(Role.CLERK)
    for address in (f"/records?q={odd}", f"/records?q=snow&f={odd}", f"/records?order={odd}"):
        assert client.get(address).status_code in (200, 400), address
        live = client.get(address, headers=TYPING).status_code
        assert live == (400 if "%00" in odd else 200), address  # null is in no address


def test_nothing_found_says_what_to_try(town: Web) -> None:
    told = town.as_(Role.CLERK).page("/records?q=zebra&f=kind:post")
    assert "No record that is held answers this" in told
    assert "Search without the limits" in told


def test_pages_follow_each_other_without_gap_or_repetition(web: Web) -> None:
    client = web.as_(Role.CLERK)
    address, seen = "/records?q=notice&order=oldest", []
    for _ in range(20):
        page = client.get(address).text
        seen += re.findall(r'<h3><a href="(/records/[^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
    else:
        raise AssertionError("the pages have no end")
    with web.archive.database.read() as connection:
        total = web.site.search.page("notice").total
        del connection
    assert len(seen) == len(set(seen)) == total > 40


@pytest.mark.parametrize("after", ["x", "-1", "9" * 19, "9" * 30, "٣"])
def test_a_made_up_cursor_is_answered_in_a_sentence(town: Web, after: str) -> None:
    answer = town.as_(Role.CLERK).get(f"/records?q=snow&after={after}")
    assert answer.status_code == 400
    assert "is no cursor" in answer.text


def test_a_person_of_one_department_finds_nothing_of_another(town: Web) -> None:
    everybody = town.as_(Role.CLERK)
    assert "library" in results(everybody, "/records?q=noon")
    police = town.as_(Role.CLERK, name="Lou Police", departments=("Police",))
    assert "Nothing found" in police.page("/records?q=noon")
    assert "Nothing found" in police.page("/records?q=account:library")
    page = police.get("/records?q=snow").text
    assert "Library" not in page
    assert "f=account%3Alibrary" not in page
    nobody = town.as_(Role.CLERK, name="Hans Fire", departments=("Fire",))
    assert "Nothing found" in nobody.page("/records?q=-zebra")


def test_who_may_not_look_at_holds_learns_nothing_of_them(town: Web) -> None:
    client = town.as_(Role.COMMUNICATIONS)
    assert "on hold" not in client.page("/records?q=plow")
    for question in ("is:held", "hold:smith", "snow -hold:smith", "request:2026-0001"):
        answer = client.get(f"/records?q={quote(question)}")
        assert answer.status_code == 403, question
        assert "it takes one of the roles" in answer.text


# -- what is in the ledger -----------------------------------------------------------------------


def test_a_search_is_one_line_also_over_several_pages(web: Web) -> None:
    client = web.as_(Role.CLERK)
    page = client.get("/records?q=notice").text
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    client.page(following[1].replace("&amp;", "&"))
    assert logged(web, "search") == [{"by": "Lisa Simpson", "query": "notice"}]


def test_another_page_of_a_question_that_was_not_asked_is_a_line(web: Web) -> None:
    web.as_(Role.CLERK).get("/records?q=notice&after=9223372036854775806")
    assert asked(web) == ["notice"]


def test_typing_leaves_one_line_when_it_rests(town: Web) -> None:
    client = town.as_(Role.CLERK)
    for question in ("s", "sn", "snow", "snow p", "snow plow", "snow plo"):
        answer = client.get(f"/records?q={quote(question)}", headers=TYPING)
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert 'hx-post="/records/rested"' in answer.text
    assert asked(town) == []
    assert client.post("/records/rested").status_code == 204
    assert asked(town) == ["snow plow"]


def test_typing_something_else_leaves_what_was_typed_before(town: Web) -> None:
    client = town.as_(Role.CLERK)
    for question in ("mayor", "ma", "", "bridge"):
        client.get(f"/records?q={question}", headers=TYPING)
    assert asked(town) == ["mayor"]
    client.get("/records/1")
    assert asked(town) == ["mayor", "bridge"]


def test_typing_that_ends_in_a_page_is_one_line(town: Web) -> None:
    client = town.as_(Role.CLERK)
    client.get("/records?q=sno", headers=TYPING)
    client.page("/records?q=snow")
    assert asked(town) == ["snow"]


def test_what_was_left_resting_is_written_with_the_next_question_of_whomever(town: Web) -> None:
    town.as_(Role.CLERK).get("/records?q=snow", headers=TYPING)
    town.clock.advance(seconds=11)
    town.as_(Role.LEGAL).get("/records?q=ice", headers=TYPING)
    assert logged(town, "search") == [{"by": "Lisa Simpson", "query": "snow"}]


def test_what_rests_is_written_when_the_program_ends(town: Web) -> None:
    client = town.as_(Role.CLERK)
    client.get("/records?q=snow", headers=TYPING)
    town.close()
    assert asked(town) == ["snow"]


def test_typing_a_mistake_keeps_what_was_found(town: Web) -> None:
    answer = town.as_(Role.CLERK).get('/records?q="snow', headers=TYPING)
    assert answer.status_code == 200
    assert answer.headers["hx-retarget"] == "#said"
    assert "the quotation mark is not closed" in answer.text


def test_going_back_in_the_browser_gets_a_whole_page(town: Web) -> None:
    headers = {**TYPING, "HX-History-Restore-Request": "true"}
    assert "<html" in town.as_(Role.CLERK).get("/records?q=snow", headers=headers).text


def test_every_look_at_a_record_is_a_line(town: Web, written: tuple[Path, Written]) -> None:
    record = number(town, written[1].edited)
    client = town.as_(Role.CLERK)
    client.page(f"/records/{record}?version=1")
    client.page(f"/records/{record}")
    by = "Lisa Simpson"
    assert logged(town, "look") == [
        {"by": by, "record": record, "version": 1},
        {"by": by, "record": record, "version": 2},
    ]


def test_a_file_belongs_to_the_look_at_its_record_or_is_one_itself(town: Web) -> None:
    client = town.as_(Role.CLERK)
    address = file_of(town, "scene.png")
    record = address.split("/")[2]
    client.get(address)
    assert [each.get("file") for each in logged(town, "look")] == [0]
    client.page(f"/records/{record}")
    client.get(address)
    assert len(logged(town, "look")) == 2
    town.clock.advance(minutes=11)
    client.get(address)
    assert len(logged(town, "look")) == 3


# -- saved searches ------------------------------------------------------------------------------


def test_a_search_is_saved_with_its_limits_recalled_and_forgotten(town: Web) -> None:
    client = town.as_(Role.CLERK)
    led = client.done("/records/searches", q="snow OR ice", f="account:spd-x", name="winter")
    assert led == "/records?q=snow+OR+ice&f=account%3Aspd-x"
    page = client.get("/records").text
    assert "(snow OR ice) account:spd-x" in page
    assert 'href="/records?q=%28snow%20OR%20ice%29%20account%3Aspd-x"' in page
    client.done("/records/searches/forget", name="winter")
    assert "No search is saved yet" in client.page("/records")


def test_what_was_typed_stays_when_a_search_cannot_be_saved(town: Web) -> None:
    client = town.as_(Role.CLERK)
    client.done("/records/searches", q="snow", name="winter")
    for fields, said in (
        ({"q": "ice", "name": "winter"}, "already"),
        ({"q": "ice", "name": " "}, "Give the search a name"),
        ({"q": "", "name": "all"}, "cannot be saved"),
        ({"q": '"ice', "name": "broken"}, "quotation mark"),
    ):
        answer = client.post("/records/searches", **fields)
        assert answer.status_code == 422, fields
        assert said in answer.text
        assert f'name="name" type="text" value="{fields["name"]}"' in answer.text
        assert fields["q"].replace('"', "&#34;") in answer.text
    client.done("/records/searches", q="ice", name="winter", replacing="yes")
    assert town.site.search.recall("winter").query == "ice"


def test_forgetting_what_is_not_saved_is_answered_in_a_sentence(town: Web) -> None:
    answer = town.as_(Role.CLERK).post("/records/searches/forget", name="nothing")
    assert answer.status_code == 404


# -- the record ----------------------------------------------------------------------------------


def test_the_record_is_shown_with_its_versions_and_what_changed(
    town: Web, written: tuple[Path, Written]
) -> None:
    client = town.as_(Role.CLERK)
    page = client.get(f"/records/{number(town, written[1].edited)}").text
    told = plain(page)
    assert "Chief of Police" in told
    assert "CST" in told  # times carry their zone
    assert "What changed from version 1 to version 2" in told
    assert re.search(r"<del><span class=\"unseen\">\[removed: </span>nine<", page)
    assert re.search(r"<ins><span class=\"unseen\">\[added: </span>ten<", page)
    assert "smith" in told
    assert "Smith v. Springfield" in told
    assert "Not evaluated yet" in told
    assert re.search(r"\d{8}T\d{6}Z-police-blog-\w+\.warc\.gz", told)
    assert 'rel="noreferrer noopener"' in page


def test_an_earlier_version_says_that_it_is_one(town: Web, written: tuple[Path, Written]) -> None:
    record = number(town, written[1].edited)
    told = town.as_(Role.CLERK).page(f"/records/{record}?version=1")
    assert "You see version 1 of 2" in told
    assert "Snow plows start at nine on Main Street." in told
    assert "This is the first version that was captured" in told


def test_what_vanished_is_told_with_its_bounds(town: Web, written: tuple[Path, Written]) -> None:
    told = town.as_(Role.CLERK).page(f"/records/{number(town, written[1].deleted)}")
    assert "No longer on the platform" in told
    assert "It happened after" in told
    assert "and not later than" in told
    assert "Evidence:" in told


def test_the_thread_leads_up_and_down(town: Web, written: tuple[Path, Written]) -> None:
    client = town.as_(Role.CLERK)
    ids = {
        "post": number(town, written[1].post),
        "comment": number(town, written[1].comment, "comment"),
        "reply": number(town, written[1].reply, "comment"),
    }
    page = client.get(f"/records/{ids['comment']}").text
    thread = page.partition('<ol class="thread">')[2].partition("</ol>")[0]
    order = re.findall(r'href="/records/(\d+)"|aria-current="(true)"', thread)
    assert order == [(str(ids["post"]), ""), ("", "true"), (str(ids["reply"]), "")]


def test_requests_that_contain_it_are_named(town: Web, written: tuple[Path, Written]) -> None:
    add_request(town.archive, "2026-0007")
    record = number(town, written[1].deleted)
    found = list(town.site.search.all_ids("bridge"))
    town.site.review.sets.freeze("2026-0007", "bridge", found, by="Lisa Simpson")
    assert "2026-0007 result set 1, version 1" in town.as_(Role.CLERK).page(f"/records/{record}")
    told = town.as_(Role.COMMUNICATIONS).page(f"/records/{record}")
    assert "2026-0007" not in told
    assert "Holds" not in told.replace("on hold", "")


@pytest.mark.parametrize("wrong", ["nothing", "999999", "0", "١", "9" * 40, "1%2F..%2F2"])
def test_a_record_that_is_not_there_is_answered_in_a_sentence(town: Web, wrong: str) -> None:
    answer = town.as_(Role.CLERK).get(f"/records/{wrong}")
    assert answer.status_code == 404


@pytest.mark.parametrize(("version", "status"), [("7", 404), ("x", 400), ("-1", 400)])
def test_a_version_that_is_not_there_is_answered_in_a_sentence(
    town: Web, version: str, status: int
) -> None:
    assert town.as_(Role.CLERK).get(f"/records/1?version={version}").status_code == status


def test_a_record_of_another_department_is_refused_everywhere(
    town: Web, written: tuple[Path, Written]
) -> None:
    record = number(town, written[1].library)
    client = town.as_(Role.CLERK, name="Lou Police", departments=("Police",))
    for answer in (
        client.get(f"/records/{record}"),
        client.get(f"/records/{record}/media/1/0"),
        client.post(f"/records/{record}/verify"),
    ):
        assert answer.status_code == 403
        assert "belongs to the department &#34;Library&#34;" in answer.text
        assert "noon" not in answer.text
    assert logged(town, "look") == []


# -- verification --------------------------------------------------------------------------------


def test_verify_reads_and_computes_again_and_says_when(
    town: Web, written: tuple[Path, Written]
) -> None:
    record = number(town, written[1].edited)
    told = plain(town.as_(Role.AUDITOR).post(f"/records/{record}/verify", version="1").text)
    assert "Version 1 is what was captured" in told
    assert "November 28, 2026" in told
    assert told.count("holds") >= 4
    assert logged(town, "record verified") == [
        {"by": "Waylon Smithers", "record": record, "version": 1, "faults": []}
    ]


def test_who_verifies_without_reading_sees_no_content(
    town: Web, written: tuple[Path, Written]
) -> None:
    record = number(town, written[1].edited)
    answer = town.as_(Role.ADMINISTRATOR).post(f"/records/{record}/verify")
    assert answer.status_code == 200
    assert "is what was captured" in answer.text
    assert "plow" not in answer.text
    assert "Chief" not in answer.text


def test_a_damaged_file_is_found(town: Web, written: tuple[Path, Written]) -> None:
    record = number(town, written[1].edited)
    with town.archive.database.read() as connection:
        row = connection.execute(
            text(
                "SELECT e.segment, e.response_offset, e.response_length FROM versions v "
                "JOIN exchanges e ON e.id = v.exchange_id WHERE v.record_id = :id AND number = 1"
            ),
            {"id": record},
        ).one()
    path = town.archive.vault.path(row.segment)
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[row.response_offset + row.response_length // 2] ^= 0xFF
    path.write_bytes(content)
    told = plain(town.as_(Role.CLERK).post(f"/records/{record}/verify", version="1").text)
    assert "Version 1 does not hold" in told
    assert "fault" in told
    assert logged(town, "record verified")[0]["faults"]


def test_a_changed_version_is_found(town: Web, written: tuple[Path, Written]) -> None:
    record = number(town, written[1].post)
    with town.archive.database.write() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'versions'")
        ).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(
            text(
                "UPDATE versions SET canonical = replace(canonical, 'filled', 'emptied'), "
                "digest = digest WHERE record_id = :id"
            ),
            {"id": record},
        )
    told = plain(town.as_(Role.CLERK).post(f"/records/{record}/verify").text)
    assert "does not hold" in told
    assert "was noted: changed" in told


# -- what is hostile -----------------------------------------------------------------------------


def test_captured_markup_is_shown_without_anything_that_acts(
    town: Web, written: tuple[Path, Written]
) -> None:
    page = town.as_(Role.CLERK).get(f"/records/{number(town, written[1].pirate)}").text
    begin = page.index('<div class="captured"')
    body = page[begin : page.index("<details>", begin)].partition(">")[2]
    assert "Free gifts" in body
    assert "a gift" in body
    for wrong in ("<script", "onerror", "onclick", "<svg", "javascript:", "<iframe", "<form",
                  "<input", "<style", "style=", "<img", "href=", "<h2", "window.ran"):  # fmt: skip
        assert wrong not in body, wrong
    assert "<code>https://thief.example/gift</code>" in page
    assert 'href="https://thief.example' not in page
    assert 'src="https://thief.example' not in page


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("scene.png", "image/png"),
        ("film.mp4", "video/mp4"),
        ("pirate.gif", "image/gif"),
        ("pirate.svg", ""),
        ("pirate.png", ""),
        ("pirate.html", ""),
        ("pirate.pdf", ""),
    ],
)
def test_a_captured_file_is_given_out_so_that_nothing_in_it_can_run(
    town: Web, name: str, kind: str
) -> None:
    answer = town.as_(Role.CLERK).get(file_of(town, name))
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == (kind or "application/octet-stream")
    assert headers["content-disposition"].startswith("inline" if kind else "attachment")
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    ending = headers["content-disposition"].rpartition(".")[2].strip('"')
    assert ending not in ("svg", "html", "xhtml", "xml")


@pytest.mark.parametrize(
    ("asked_for", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=100-", 100, len(FILM) - 1),
        ("bytes=-50", len(FILM) - 50, len(FILM) - 1),
        ("bytes=5-999999999", 5, len(FILM) - 1),
        ("bytes=-999999999", 0, len(FILM) - 1),
    ],
)
def test_a_film_is_given_out_in_stretches(town: Web, asked_for: str, first: int, last: int) -> None:
    address = file_of(town, "film.mp4")
    answer = town.as_(Role.CLERK).get(address, headers={"Range": asked_for})
    assert answer.status_code == 206
    assert answer.content == FILM[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(FILM)}"
    assert answer.headers["content-length"] == str(last - first + 1)
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("asked_for", ["bytes=999999999-", "bytes=9-3", "bytes=-0"])
def test_a_stretch_that_is_not_there_is_refused(town: Web, asked_for: str) -> None:
    answer = town.as_(Role.CLERK).get(file_of(town, "film.mp4"), headers={"Range": asked_for})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(FILM)}"


@pytest.mark.parametrize("asked_for", ["bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", ""])
def test_what_is_no_stretch_gets_the_whole_file(town: Web, asked_for: str) -> None:
    answer = town.as_(Role.CLERK).get(file_of(town, "film.mp4"), headers={"Range": asked_for})
    assert answer.status_code == 200
    assert answer.content == FILM


@pytest.mark.parametrize("path", ["1/media/1/7", "1/media/9/0", "1/media/x/0", "x/media/1/0"])
def test_a_file_that_is_not_there_is_answered_in_a_sentence(town: Web, path: str) -> None:
    assert town.as_(Role.CLERK).get(f"/records/{path}").status_code == 404


def test_a_file_that_was_changed_is_not_given_out(town: Web) -> None:
    address = file_of(town, "scene.png")
    record = address.split("/")[2]
    with town.archive.database.read() as connection:
        row = connection.execute(
            text(
                "SELECT e.segment, e.response_offset, e.response_length FROM versions v "
                "JOIN version_media m ON m.version_id = v.id JOIN media f ON f.sha256 = m.sha256 "
                "JOIN exchanges e ON e.id = f.exchange_id WHERE v.record_id = :id"
            ),
            {"id": record},
        ).one()
    path = town.archive.vault.path(row.segment)
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[row.response_offset + row.response_length - 20] ^= 0xFF
    path.write_bytes(content)
    answer = town.as_(Role.CLERK).get(address)
    assert answer.status_code == 500
    assert b"PNG" not in answer.content
