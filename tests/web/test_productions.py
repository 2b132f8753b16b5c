"""Productions at the page: made end to end, resumed, refused, taken away, checked, handed over."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest

from archiver.desk.access import Role
from archiver.desk.productions import Wish
from archiver.desk.review_rules import Outcome
from archiver.errors import ExportError
from archiver.model.queries import ledger
from archiver.web.produce_form import pieces, refusal
from archiver.web.production_work import check_key
from tests.support.stage import Board, boards  # noqa: F401 - a fixture
from tests.support.web import Client, Web, plain
from tests.support.web_requests import (
    CLERK,
    COUNSEL,
    PARKS,
    POLICE,
    decided,
    finish,
    fixed,
    jobs,
    parks_feed,
    take_in,
    withheld,
    word_redacted,
)

QUICK = {"formats": ["json", "log"], "unsigned": "yes", "set_number": "1"}
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


def ready(web: Web, query: str = "account:podcast is:current") -> str:
    """A request whose set is decided and looked at; its number."""
    number = take_in(web)
    fixed(web, number, query)
    decided(web, number)
    return number


def made(web: Web, number: str) -> str:
    """Make a production without the page; its name."""
    wish = Wish(formats=("json", "log"), unsigned=True)
    return web.archive.productions.make(number, 1, by=CLERK, wish=wish).folder


def cut_off(web: Web, number: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A production whose process ended before it was sealed; its name."""
    prover = web.archive.productions._prover

    def dies(*_: object, **__: object) -> None:
        raise ExportError("the lights went out")

    with monkeypatch.context() as patch:
        patch.setattr(prover, "seal", dies)
        with pytest.raises(ExportError, match="lights"):
            made(web, number)
    [row] = web.archive.productions.all()
    assert row.state == "begun"
    return row.folder


def downloads(web: Web) -> list[dict[str, object]]:
    """The lines of the ledger about what was taken."""
    with web.archive.database.read() as connection:
        return [
            json.loads(each.body) for each in ledger.lines(connection) if each.kind == "download"
        ]


def make(clerk: Client, web: Web, number: str, **changed: object) -> str:
    """Make one at the page and wait; the page of the work, or the production's."""
    where = clerk.done(f"/requests/{number}/produce", **{**QUICK, **changed})
    assert where == f"/requests/{number}/produce/progress"
    finish(web, number)
    return where


def test_a_package_is_made_at_the_page_taken_as_a_zip_and_valid_after_unpacking(
    web: Web, tmp_path: Path
) -> None:
    number = ready(web)
    withheld(web, number, 2)
    clerk = web.as_(Role.CLERK)
    form = clerk.page(f"/requests/{number}/produce")
    assert "Signing is not set up" in form
    assert "All 6 decided" in form
    where = make(clerk, web, number, title="The podcast")
    answer = clerk.get(where)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/productions/{number}-1"
    part = clerk.get(where, headers={"hx-request": "true"})
    assert part.headers["hx-redirect"] == f"/productions/{number}-1"
    page = clerk.page(f"/productions/{number}-1")
    for said in ("Finished, not delivered", "SPD-000001", "1 withheld", "Not signed", "json, log"):
        assert said in page
    zipped = clerk.get(f"/productions/{number}-1/package")
    assert zipped.headers["content-type"] == "application/zip"
    assert int(zipped.headers["content-length"]) == len(zipped.content)
    assert f'"{number}-1.zip"' in zipped.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as file:
        assert file.testzip() is None
        file.extractall(tmp_path)
    unpacked = tmp_path / f"{number}-1"
    assert bagit.Bag(str(unpacked)).validate()
    verify = [sys.executable, "-I", str(unpacked / "data" / "verify.py"), "--allow-unsigned"]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    assert downloads(web) == [
        {"production": f"{number}-1", "what": "the whole package", "by": CLERK}
    ]
    history = web.archive.requests.get(number).history
    assert [each.action for each in history][-2:] == ["production made", "production downloaded"]
    assert {each.actor for each in history[-2:]} == {CLERK}


def test_while_it_is_made_the_page_tells_each_step(web: Web) -> None:
    number = ready(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}/produce/progress"
    seen: list[tuple[str, str]] = []
    prove = web.archive.productions._prover.prove

    def watched(*given: object, **named: object) -> None:
        part = clerk.get(here, headers={"hx-request": "true"})
        seen.append((part.text, plain(part.text)))
        prove(*given, **named)  # type: ignore[arg-type]

    web.archive.productions._prover.prove = watched  # type: ignore[method-assign]
    make(clerk, web, number)
    [(markup, words)] = seen
    assert "<html" not in markup
    assert 'hx-trigger="every 1s"' in markup
    assert "Begun by Lisa Simpson" in words
    assert "3 of 7 steps done" in words
    assert "JSON ✓ done" in words
    assert "Proof and certificate at work" in words
    assert "Reading the whole package again waiting" in words
    assert "<progress" in markup


def test_what_is_undecided_is_named_and_nothing_is_begun(web: Web) -> None:
    number = ready(web)
    web.site.review.reviews.decide(number, 1, 3, Outcome.UNDECIDED, by=CLERK, reason="new facts")
    clerk = web.as_(Role.CLERK)
    page = clerk.get(f"/requests/{number}/produce")
    assert "1 item is undecided" in plain(page.text)
    assert "<button disabled>" in page.text
    page_of_work = clerk.get(make(clerk, web, number))
    assert page_of_work.status_code == 200
    assert "undecided: item 3" in plain(page_of_work.text).lower()
    assert f"/requests/{number}/sets/1/items/3" in page_of_work.text
    assert "No number was given out" in plain(page_of_work.text)
    assert web.archive.productions.all() == []
    assert "The last production was not made" in clerk.page(f"/requests/{number}")


def test_a_repeat_of_what_was_taken_out_is_refused_and_may_be_accepted_with_a_reason(
    web: Web,
) -> None:
    number = ready(web, "account:spd-x is:current kind:post")
    word = word_redacted(web, number, 1)
    clerk = web.as_(Role.CLERK)
    refused = clerk.get(make(clerk, web, number, title="My bridge"))
    assert "What was taken out is still to be read" in plain(refused.text)
    assert f"/requests/{number}/sets/1/items/2" in refused.text
    assert word not in plain(refused.text)
    again = clerk.get(f"/requests/{number}/produce?again=1").text
    assert 'value="My bridge"' in again
    assert web.archive.productions.all() == []
    half = clerk.post(f"/requests/{number}/produce", **QUICK, repeat_text=word)
    assert half.status_code == 422
    assert "with the reason why" in plain(half.text)
    assert word in half.text
    make(clerk, web, number, repeat_text=word, repeat_reason="a common word")
    [row] = web.archive.productions.all()
    assert row.state == "done"
    assert "a common word" in clerk.page(f"/requests/{number}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unsigned": ""}, "confirm that this is wanted"),
        ({"formats": []}, "at least one format"),
        ({"formats": ["docx"]}, 'no format "docx"'),
        ({"formats": ["nara", "json"]}, "nara needs json and media"),
        ({"set_number": "9"}, "no result set 9"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_what_was_typed(
    web: Web, changed: dict[str, object], said: str
) -> None:
    number = ready(web)
    typed = {**QUICK, "title": "My bridge", **changed}
    answer = web.as_(Role.CLERK).post(f"/requests/{number}/produce", **typed)
    assert answer.status_code == 422
    assert said in plain(answer.text).replace("&#34;", '"')
    assert 'value="My bridge"' in answer.text


def test_one_that_was_cut_off_is_shown_so_and_resumed_at_the_page(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ready(web)
    name = cut_off(web, number, monkeypatch)
    clerk = web.as_(Role.CLERK)
    assert "Interrupted" in clerk.page("/productions?state=begun")
    page = clerk.page(f"/productions/{name}")
    assert "goes on at the first step that is not" in page
    form = clerk.get(f"/requests/{number}/produce")
    assert "was interrupted" in plain(form.text)
    assert "<button disabled>" in form.text
    assert clerk.get(f"/productions/{name}/package").status_code == 403
    where = clerk.done(f"/productions/{name}/resume")
    finish(web, number)
    assert clerk.get(where).headers["location"] == f"/productions/{name}"
    [row] = web.archive.productions.all()
    assert row.state == "done"
    assert "there is nothing to resume" in clerk.page(clerk.done(f"/productions/{name}/resume"))


def test_one_that_fails_after_its_numbers_were_given_out_leads_to_its_page(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ready(web)

    def dies(*_: object, **__: object) -> None:
        raise ExportError("the disk is full; go on with: archiver produce resume 2026-0001")

    monkeypatch.setattr(web.archive.productions._prover, "bag", dies)
    clerk = web.as_(Role.CLERK)
    page = clerk.page(make(clerk, web, number))
    assert "The disk is full." in page
    assert "archiver produce" not in page
    assert f"Go to {number}-1, to resume or abandon it" in page
    assert "The disk is full." in clerk.page(f"/productions/{number}-1")


def test_a_package_is_read_again_and_the_outcome_stays_in_the_history(web: Web) -> None:
    number = ready(web)
    name = made(web, number)
    counsel, here = web.as_(Role.LEGAL), f"/productions/{name}"
    where = counsel.done(f"{here}/check")
    assert where == f"{here}#check"
    assert jobs(web).wait(check_key(name), seconds=60)
    assert counsel.get(f"{here}/check", headers={"hx-request": "true"}).headers["hx-refresh"]
    page = counsel.page(here)
    assert "Everything holds." in page
    assert "EVERYTHING HOLDS" in page  # in the verifier's own words
    package = web.site.home / "productions" / name / name
    file = next((package / "data" / "json").rglob("*.jsonl"))
    file.write_bytes(file.read_bytes().replace(b"e", b"3", 1))
    counsel.done(f"{here}/check")
    assert jobs(web).wait(check_key(name), seconds=60)
    page = counsel.page(here)
    assert "It does not hold." in page
    acts = [each for each in web.archive.requests.get(number).history if "check" in each.action]
    assert [(each.actor, each.detail["holds"]) for each in acts] == [
        (COUNSEL, True), (COUNSEL, False),
    ]  # fmt: skip


def test_single_files_are_looked_at_and_taken_and_nothing_outside_of_the_package(
    web: Web,
) -> None:
    number = ready(web)
    name = made(web, number)
    clerk, here = web.as_(Role.CLERK), f"/productions/{name}"
    page = clerk.page(f"{here}/files")
    assert "verify.py" in page
    assert "READ-ME.html" in page
    assert "certificate/" in page
    answer = clerk.get(f"{here}/files/data/READ-ME.html")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.startswith("<!")
    assert downloads(web) == [{"production": name, "what": "data/READ-ME.html", "by": CLERK}]
    for path in ("data/none.txt", "..%2f..%2farchiver.yaml", "%2fetc%2fpasswd", "data"):
        assert clerk.get(f"{here}/files/{path}").status_code == 404, path
    for folder in ("../..", "/etc", "data/READ-ME.html", "none"):
        assert clerk.get(f"{here}/files", params={"folder": folder}).status_code == 404, folder
    assert len(downloads(web)) == 1
    auditor = web.as_(Role.AUDITOR)
    assert "Taking files out is for those who make productions" in auditor.page(f"{here}/files")
    assert auditor.get(f"{here}/package").status_code == 403
    assert "Download as ZIP" not in auditor.page(here)


def test_what_was_decided_otherwise_since_is_not_handed_out(web: Web) -> None:
    number = ready(web)
    name = made(web, number)
    withheld(web, number, 1)
    clerk = web.as_(Role.CLERK)
    for path in ("package", "files/data/verify.py"):
        answer = clerk.get(f"/productions/{name}/{path}")
        assert answer.status_code == 403
        assert "decided otherwise" in plain(answer.text)
    answer = clerk.post(f"/productions/{name}/deliver", to="Marge", how="disc")
    assert answer.status_code == 422
    assert "decided otherwise" in plain(answer.text)
    assert 'value="disc"' in answer.text
    assert downloads(web) == []


def test_handing_over_and_giving_up_are_kept_with_their_words(web: Web) -> None:
    number = ready(web)
    first = made(web, number)
    clerk = web.as_(Role.CLERK)
    assert "Its numbers stay used" in clerk.page(f"/productions/{first}/abandon")
    answer = clerk.post(f"/productions/{first}/abandon", reason=" ")
    assert answer.status_code == 422
    clerk.done(f"/productions/{first}/abandon", reason="a wrong title")
    page = clerk.page(f"/productions/{first}")
    assert "a wrong title" in page
    assert "Abandoned" in page
    second = made(web, number)
    empty = clerk.post(f"/productions/{second}/deliver", to="Marge Simpson", how=" ")
    assert empty.status_code == 422
    assert "Marge Simpson" in empty.text
    clerk.done(f"/productions/{second}/deliver", to="Marge Simpson", how="download")
    page = clerk.page(f"/productions/{second}")
    assert "to Marge Simpson, by download" in page
    assert "Delivered" in page
    answer = clerk.post(f"/productions/{second}/abandon", reason="too late")
    assert answer.status_code == 422
    assert "was delivered" in plain(answer.text)
    listed = web.as_(Role.AUDITOR).page("/productions")
    assert listed.index(second) < listed.index(first)
    assert first not in web.as_(Role.AUDITOR).page("/productions?state=delivered")


def test_who_is_limited_to_departments_sees_of_others_productions_only_that_they_are(
    web: Web,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with parks_feed(web, boards) as slug:
        both = ready(web, f"(account:podcast OR account:{slug}) is:current")
        theirs = ready(web, f"account:{slug} is:current")
        mixed, own = made(web, both), made(web, theirs)
        limited = web.as_(Role.CLERK, name="Ned Flanders", departments=(PARKS,))
        page = limited.page("/productions")
        assert mixed in page
        assert page.count("holds records of other departments") == 1
        page = limited.page(f"/productions/{mixed}")
        assert "its content is not for you" in page
        assert "Download as ZIP" not in page
        for path in ("package", "files", "files/data/verify.py", "abandon"):
            answer = limited.get(f"/productions/{mixed}/{path}")
            assert answer.status_code == 403, path
            assert POLICE in plain(answer.text)
        for act in ("resume", "check", "deliver", "abandon"):
            assert limited.post(f"/productions/{mixed}/{act}").status_code == 403, act
        refused = limited.post(f"/requests/{both}/produce", **QUICK)
        assert refused.status_code == 422
        assert POLICE in plain(refused.text)
        assert "Download as ZIP" in limited.page(f"/productions/{own}")
        assert limited.get(f"/productions/{own}/package").status_code == 200
        assert [each["production"] for each in downloads(web)] == [own]


def test_what_is_not_being_made_leads_back(web: Web) -> None:
    number = ready(web)
    clerk = web.as_(Role.CLERK)
    answer = clerk.get(f"/requests/{number}/produce/progress")
    assert answer.headers["location"] == f"/requests/{number}"
    for path in ("/productions/first", "/productions/2026-0001-7", "/requests/1/produce/progress"):
        assert clerk.get(path).status_code == 404, path
    assert "Nothing was produced yet" in clerk.page("/productions")


def test_numbers_of_items_in_a_refusal_are_found_in_its_text() -> None:

    text = "undecided: item 3, 12 and 5 more; item 4 (text) repeats the text of item 7"
    found = pieces(text)
    assert "".join(each for each, _ in found) == text
    assert [item for _, item in found if item] == [3, 12, 4, 7]
    staged = "X was staged before item 3 was decided otherwise"
    assert pieces(staged) == [(staged, 0)]


def test_a_long_refusal_is_a_list_with_what_to_do_behind_it() -> None:
    found = refusal("Still to be read: item 2 (text); item 3 (text); and 9 more. Redact it there.")
    assert found.lead == [("Still to be read: ", 0)]
    assert [[item for _, item in each if item] for each in found.points] == [[2], [3], []]
    assert found.tail == [("Redact it there.", 0)]
    assert refusal("undecided: item 3.").points == []
