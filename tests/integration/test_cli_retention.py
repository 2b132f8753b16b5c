"""`archiver retention states|show|check|diff` as a records officer gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.desk.schedules import coverage, editions, floors, library
from archiver.errors import NotFoundError
from tests.support.archive import make_settings
from tests.support.terminal import Terminal

SHIPPED = Path(__file__).parents[2] / "config" / "schedules"
OWN = """\
form: 1
overlay: true
jurisdiction: WA
name: City of Springfield
schedules:
  - id: wa-core
    extends: true
    edition: CORE 4.0 (May 2017)
    series:
      - id: GS50-01-12 Rev. 3
        status: verified
        verified: {how: agency-document, source: Resolution 9, seen: 2026-11}
        citation: Resolution 9
        rules:
          - cutoff: {later_of: [received, withdrawn]}
            period: 5 years
            disposition: review
"""


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    for name in ("ARCHIVER_HOME", "ARCHIVER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(make_settings(tmp_path).home, capsys, monkeypatch)


def _own(terminal: Terminal, text: str, name: str = "springfield.yaml") -> Path:
    path = terminal.home / "schedules" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --- states


def test_states_fits_a_terminal_of_eighty_columns(terminal: Terminal) -> None:
    terminal.width(80)
    printed = terminal("retention", "states")
    assert (printed.code, printed.err) == (0, "")
    assert max(len(line) for line in printed.out.splitlines()) <= 80
    rows = {line[:2]: line.split() for line in printed.out.splitlines()}
    assert rows["OR"][2:5] == ["13", "0", "verified"]
    assert rows["OH"][2:5] == ["0", "13", "verified"]
    assert len([row for row in rows if row.isupper()]) == 23


def test_states_needs_no_archive(terminal: Terminal) -> None:
    assert terminal("retention", "states").code == 0
    assert not (terminal.home / "archiver.db").exists()


def test_one_state_says_what_is_missing_and_where_to_read_it(terminal: Terminal) -> None:
    printed = terminal("retention", "states", "wa")
    assert "verified  GS50-01-12 Rev. 3  Communications" in printed.out
    assert "to read   GS2010-001  Communications - Non-Executive" in printed.out
    assert "missing Period, cutoff and disposition" in printed.out
    assert "read it at https://test.co.jefferson.wa.us/" in printed.out
    assert "Open questions" in printed.out


def test_states_as_json_is_complete(terminal: Terminal) -> None:
    found = {each["jurisdiction"]: each for each in terminal("retention", "states", "--json").json}
    assert found["VA"]["verified"] == 0
    assert len(found["VA"]["missing"]) == 16
    assert all(each["read_at"].startswith("https://") for each in found["VA"]["missing"])
    one = terminal("retention", "states", "VA", "--json").json
    assert one == found["VA"]


@pytest.mark.parametrize(
    ("given", "said"), [("Washingtn", "did you mean WA"), ("ZZ", "known are AZ, CA")]
)
def test_an_unknown_state_is_answered_with_the_known(
    terminal: Terminal, given: str, said: str
) -> None:
    printed = terminal("retention", "states", given)
    assert printed.code == 2
    assert said in printed.sentence()


def test_a_state_may_be_named_in_full(terminal: Terminal) -> None:
    printed = terminal("retention", "states", "north carolina")
    assert printed.out.startswith("North Carolina (NC)")


# --- show


def test_show_reads_like_the_law(terminal: Terminal) -> None:
    out = terminal("retention", "show", "WI").out
    assert "expires 2028-08-27" in out
    assert "2. notice (State Historical Society, in writing), each time, then wait 60 days" in out
    assert "60 days after a denial (90 if the requester" in out
    virginia = terminal("retention", "show", "VA").out
    assert "at most 6 months after the period: records with identifying information" in virginia
    assert "not verified: kept" in out


def test_show_one_series_gives_rule_citation_and_source(terminal: Terminal) -> None:
    out = terminal("retention", "show", "OR", "166-200-0350(16)").out
    assert "rule 5 years after created, or audited, whichever is earlier; then destroy" in out
    assert "citation OAR 166-200-0350(16)" in out
    assert "read mirror-of-official, 2026-11" in out
    assert "source https://oregon.public.law/rules/oar_166-200-0350" in out


def test_show_an_unread_series_says_that_it_disposes_of_nothing(terminal: Terminal) -> None:
    out = terminal("retention", "show", "NC", "RC 1515.5").out
    assert "status unverified: disposes of nothing" in out
    assert "rule not verified: kept" in out


def test_show_of_a_misspelt_series_suggests_the_right_one(terminal: Terminal) -> None:
    printed = terminal("retention", "show", "WA", "GS50-01-12")
    assert printed.code == 2
    assert 'did you mean "GS50-01-12 Rev. 3"?' in printed.sentence()
    printed = terminal("retention", "show", "WA", "zzz")
    assert "see: archiver retention show WA" in printed.sentence()


def test_show_as_json_holds_the_rules(terminal: Terminal) -> None:
    found = terminal("retention", "show", "WA", "GS50-01-12 Rev. 3", "--json").json
    assert found[0]["series"]["rules"][0]["cutoff"]["events"] == ["received", "withdrawn"]
    assert terminal("retention", "show", "WA", "--json").json["jurisdiction"] == "WA"


# --- check


def test_check_says_that_a_file_is_in_order(terminal: Terminal) -> None:
    path = _own(terminal, OWN)
    printed = terminal("retention", "check", str(path))
    assert (printed.code, printed.out, printed.err) == (0, f"{path} is in order.\n", "")


def test_check_explains_every_mistake_by_line(terminal: Terminal) -> None:
    text = OWN.replace("form: 1", "form: 7").replace("5 years", "5 yrs")
    path = _own(terminal, text)
    printed = terminal("retention", "check", str(path))
    first, second, total = printed.out.splitlines()
    assert printed.code == 2
    assert first.startswith(f"{path}, line 1: ")
    assert second.startswith(f"{path}, line 16: ")
    assert total == "2 mistakes."
    assert [each["line"] for each in terminal("retention", "check", str(path), "--json").json] == [
        1,
        16,
    ]


def test_check_refuses_to_shorten_the_law(terminal: Terminal) -> None:
    path = _own(terminal, OWN.replace("5 years", "1 year"))
    printed = terminal("retention", "check", str(path))
    assert printed.code == 2
    assert "line 10:" in printed.out
    assert "RCW 40.14.070; DAN GS50-01-12" in printed.out


def test_check_looks_at_a_file_against_those_that_come_before_it(terminal: Terminal) -> None:
    _own(terminal, OWN, "10-first.yaml")
    second = _own(terminal, OWN.replace("5 years", "3 years"), "20-second.yaml")
    assert "5 years after the later of" in terminal("retention", "check", str(second)).out
    elsewhere = terminal.home / "draft.yaml"
    elsewhere.write_text(OWN.replace("5 years", "3 years"), encoding="utf-8")
    assert terminal("retention", "check", str(elsewhere)).code == 0


def test_check_names_a_faulty_file_that_comes_before(terminal: Terminal) -> None:
    first = _own(terminal, OWN.replace("form: 1", "form: 2"), "10-first.yaml")
    second = _own(terminal, OWN, "20-second.yaml")
    printed = terminal("retention", "check", str(second))
    assert printed.code == 2
    assert printed.sentence().startswith(f"{first}, line 1: ")


def test_check_of_what_is_no_readable_file_says_so(terminal: Terminal, tmp_path: Path) -> None:
    printed = terminal("retention", "check", str(tmp_path / "none.yaml"))
    assert printed.code == 2
    assert "cannot be read: No such file" in printed.sentence()
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"form: 1\nname: Pe\xf1a\n")
    assert "save it as UTF-8" in terminal("retention", "check", str(latin)).sentence()


def test_check_of_a_state_that_is_not_shipped_names_the_known(terminal: Terminal) -> None:
    path = _own(terminal, OWN.replace("jurisdiction: WA", "jurisdiction: ZZ"))
    printed = terminal("retention", "check", str(path))
    assert 'nothing is shipped for "ZZ"; known are AZ' in printed.out


# --- the agency's own files


def test_the_agency_s_own_file_is_in_force(terminal: Terminal) -> None:
    before = terminal("retention", "show", "WA").out
    _own(terminal, OWN)
    after = terminal("retention", "show", "WA").out
    assert "5 years after the later of received and withdrawn; then review" in after
    assert "with changes of City of Springfield" in after
    digests = [
        next(line for line in text.splitlines() if "digest" in line) for text in (before, after)
    ]
    assert digests[0] != digests[1]


def test_what_is_adopted_is_the_edition_as_it_is_in_force(terminal: Terminal) -> None:
    before = library(terminal.home)
    path = _own(terminal, OWN)
    after = library(terminal.home)
    assert (before.own, after.own) == ((), (path,))
    assert coverage(after, "WA").overlaid_by == (path,)
    old = {each.schedule: each for each in editions(before.of("WA"))}
    new = {each.schedule: each for each in editions(after.of("WA"))}
    assert old["wa-core"].edition == new["wa-core"].edition
    assert old["wa-core"].digest != new["wa-core"].digest
    assert old["wa-state-general"] == new["wa-state-general"]
    file, schedule = after.schedule("wi-municipal")
    assert file.jurisdiction == "WI"
    assert {each.expires for each in editions(file)} == {schedule.expires, None}
    with pytest.raises(NotFoundError, match='no schedule "wi-muni"'):
        after.schedule("wi-muni")


def test_a_floor_is_only_what_a_statute_sets_for_every_record(terminal: Terminal) -> None:
    held = library(terminal.home)
    [floor] = floors(held.of("CA"))
    assert (floor.period.years, floor.citation) == (2, "Cal. Gov. Code 34090")
    assert [state for state in held.files if floors(held.of(state))] == ["CA"]


def test_a_faulty_file_of_the_agency_stops_what_needs_the_law(terminal: Terminal) -> None:
    path = _own(terminal, OWN.replace("5 years", "5 yrs").replace("form: 1", "form: 2"))
    printed = terminal("retention", "states")
    assert printed.code == 2
    assert printed.sentence().startswith(f"{path}, line 1: ")
    assert printed.sentence().endswith(
        "(and 1 more); nothing is decided until it is corrected, "
        f"see: archiver retention check {path}"
    )


# --- diff


def test_diff_lists_what_a_new_edition_changes(terminal: Terminal, tmp_path: Path) -> None:
    shipped = (SHIPPED / "or.yaml").read_text(encoding="utf-8")
    new = tmp_path / "new.yaml"
    text = shipped.replace("period: 30 days", "period: 10 days", 1)
    text = text.replace("period: 25 years", "period: 30 years", 1)
    new.write_text(text.replace("166-200-0255(2)", "166-200-0255(9)", 1), encoding="utf-8")
    printed = terminal("retention", "diff", "OR", str(new))
    kinds = [line.split()[0] for line in printed.out.splitlines() if line[0] != " "]
    assert printed.code == 0
    assert sorted(kinds) == ["added", "lengthened", "removed", "shortened"]
    assert "before 30 days after created; then destroy" in printed.out
    found = terminal("retention", "diff", "OR", str(new), "--json").json
    assert {each["kind"] for each in found["series"]} == set(kinds)


def test_diff_of_the_same_says_so(terminal: Terminal) -> None:
    printed = terminal("retention", "diff", "OR", "or")
    assert printed.out == "No series and no step of the procedure differs.\n"


def test_diff_sees_a_change_of_the_procedure(terminal: Terminal, tmp_path: Path) -> None:
    shipped = (SHIPPED / "wi.yaml").read_text(encoding="utf-8")
    new = tmp_path / "new.yaml"
    new.write_text(shipped.replace("wait: 60 days", "wait: 30 days"), encoding="utf-8")
    out = terminal("retention", "diff", "WI", str(new)).out
    assert "changed  procedure" in out
    assert "then wait 30 days" in out


def test_two_states_are_not_compared(terminal: Terminal) -> None:
    printed = terminal("retention", "diff", "WA", "OR")
    assert printed.code == 2
    assert "two editions of one state" in printed.sentence()


def test_diff_of_a_faulty_file_says_where(terminal: Terminal, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("form: 1\n", encoding="utf-8")
    printed = terminal("retention", "diff", "WA", str(faulty))
    assert printed.code == 2
    assert "archiver retention check" in printed.sentence()
