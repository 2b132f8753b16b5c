"""People and their tokens at the page: invited, changed, disabled; what each role may."""

from __future__ import annotations

import json
import re

import pytest

from archiver.desk.access import MAY, Permission, Role
from archiver.desk.people import PersonState
from archiver.desk.sign_in import SignInRefusedError
from archiver.desk.tokens import TokenRefusedError, Tokens
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries import ledger
from archiver.web.pages.people import MATTERS
from tests.support.web import Client, Web, plain

PASSWORD = "seven quiet harbours"
CODE = re.compile(r"<code>((?:[a-z2-9]{5}-){3}[a-z2-9]{5})</code>")
SECRET = re.compile(r'<code id="token">(archiver_[\w-]+)</code>')
ADMIN = "Frank Grimes"


def invite(client: Client, **fields: object) -> str:
    """Invite at the page; returns the code it shows."""
    given = {"login": "ned@spd.example", "name": "Ned Flanders", "role": ["clerk"], **fields}
    answer = client.post("/people/new", **given)
    assert answer.status_code == 200, plain(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    found = CODE.search(answer.text)
    assert found
    return found[1]


def number(web: Web, login: str = "ned@spd.example") -> int:
    return web.site.people.get(login).id


def acts(web: Web) -> list[dict[str, object]]:
    """What the ledger says of people, oldest first."""
    with web.archive.database.read() as connection:
        bodies = [json.loads(e.body) for e in ledger.lines(connection) if e.kind == "people"]
    return [each for each in bodies if not str(each["act"]).startswith("signed in")]


def test_somebody_invited_signs_in_with_the_code_that_is_shown_once(web: Web) -> None:
    client = web.as_(Role.ADMINISTRATOR)
    code = invite(client, department=["Parks"], other="Fire\n\n Water ")
    made = web.site.people.get("ned@spd.example")
    assert made.roles == ("clerk",)
    assert made.departments == ("Fire", "Parks", "Water")
    assert made.created_by == ADMIN
    shown = client.page(f"/people/{made.id}")
    assert "invited" in shown
    assert code not in shown
    assert web.site.sign_in.accept(code, PASSWORD, where="test")
    listed = client.page("/people")
    assert "Ned Flanders ned@spd.example active Records clerk Fire, Parks, Water none" in listed
    assert acts(web)[-2]["act"] == "invited"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"login": "a"}, "cannot be signed in with"),
        ({"name": ""}, "the name is missing"),
        ({"role": []}, "give at least one role"),
        ({"role": ["king"]}, "there are these roles"),
        ({"login": "frank.grimes"}, "somebody's login already"),
        ({"name": "FRANK  Grimes"}, "somebody's name already"),
    ],
)
def test_an_invitation_that_cannot_be_is_told_and_what_was_typed_stays(
    web: Web, fields: dict[str, object], said: str
) -> None:
    given = {"login": "ned", "name": "Ned", "role": ["legal"], "other": "Water", **fields}
    answer = web.as_(Role.ADMINISTRATOR).post("/people/new", **given)
    assert answer.status_code == 422
    assert said.lower() in plain(answer.text.replace("&#39;", "'")).lower()
    assert f'value="{given["login"]}"' in answer.text
    assert f'value="{given["name"]}"' in answer.text
    assert ">Water</textarea>" in answer.text
    if given["role"] == ["legal"]:
        assert 'value="legal" checked' in answer.text


def test_roles_and_departments_change_at_the_next_request(web: Web) -> None:
    admin, clerk = web.as_(Role.ADMINISTRATOR), web.as_(Role.CLERK)
    assert clerk.get("/records").status_code == 200
    person = web.person(Role.CLERK)
    admin.done(f"/people/{person.id}/change", role=["administrator"], other="Water")
    assert clerk.get("/records").status_code == 403
    assert web.site.people.get(person.login).departments == ("Water",)
    assert "Water</textarea>" in admin.get(f"/people/{person.id}").text
    refused = admin.post(f"/people/{person.id}/change", role=[], other="Fire")
    assert refused.status_code == 422
    assert ">Fire</textarea>" in refused.text


def test_nobody_changes_or_disables_themselves(web: Web) -> None:
    client = web.as_(Role.ADMINISTRATOR)
    own = f"/people/{web.person(Role.ADMINISTRATOR).id}"
    assert "Nobody changes their own roles" in client.page(own)
    for path, said in (("change", "changes their own"), ("disable", "disables themselves")):
        answer = client.post(f"{own}/{path}", role=["clerk"], reason="tired")
        assert answer.status_code == 422
        assert said in plain(answer.text)


def test_disabling_takes_a_reason_and_ends_sessions_and_tokens_for_good(web: Web) -> None:
    admin, clerk = web.as_(Role.ADMINISTRATOR), web.as_(Role.CLERK)
    person = web.person(Role.CLERK)
    tokens = Tokens(web.archive.database, web.clock)
    made = tokens.make(person, "export", scopes=[Permission.RECORDS], days=5)
    here = f"/people/{person.id}"
    assert "signed out everywhere" in admin.page(f"{here}/disable")
    assert "say why" in plain(admin.post(f"{here}/disable").text).lower()
    assert admin.done(f"{here}/disable", reason="has left") == here
    assert clerk.get("/records").status_code == 303
    with pytest.raises(TokenRefusedError):
        tokens.viewer(made.secret)
    assert acts(web)[-1]["reason"] == "has left"
    assert "disabled" in admin.page("/people")
    answer = admin.post(f"{here}/invite-again")
    assert answer.status_code == 422
    assert "enable them first" in plain(answer.text)
    code = CODE.search(admin.post(f"{here}/enable").text)
    assert code
    web.site.sign_in.accept(code[1], PASSWORD, where="test")
    with pytest.raises(TokenRefusedError):
        tokens.viewer(made.secret)
    assert admin.post(f"{here}/enable").status_code == 422


def test_inviting_again_gives_a_new_code_and_ends_the_old_one(web: Web) -> None:
    client = web.as_(Role.ADMINISTRATOR)
    old = invite(client)
    answer = client.post(f"/people/{number(web)}/invite-again")
    new = CODE.search(answer.text)
    assert new
    assert new[1] != old
    with pytest.raises(SignInRefusedError):
        web.site.sign_in.accept(old, PASSWORD, where="test")
    web.clock.advance(days=8)
    assert "invitation expired" in web.as_(Role.ADMINISTRATOR).page("/people")


@pytest.mark.parametrize("where", ["9999", "nobody", "-1", "1²", "9" * 30])
def test_somebody_who_is_not_there_is_not_found(web: Web, where: str) -> None:
    client = web.as_(Role.ADMINISTRATOR)
    assert client.get(f"/people/{where}").status_code == 404
    assert client.post(f"/people/{where}/disable", reason="x").status_code == 404


def test_the_table_of_roles_has_every_permission_in_words_once(web: Web) -> None:
    grouped = [each for _, some in MATTERS for each in some]
    assert sorted(grouped) == sorted(Permission)
    page = web.as_(Role.ADMINISTRATOR).page("/people/roles")
    row = " ".join("yes" if Permission.HOLDS_PLACE in MAY[role] else "no" for role in Role)
    assert f"Place, widen and release holds, give notices {row}" in page
    assert page.count("yes") == sum(len(MAY[role]) for role in Role)


# -- tokens -------------------------------------------------------------------------------------


def test_a_token_is_shown_once_listed_and_revoked(web: Web) -> None:
    client = web.as_(Role.CLERK)
    answer = client.post("/own/tokens", label=" nightly  export ", scope=["records"], days="30")
    found = SECRET.search(answer.text)
    assert found
    assert found[1] not in client.get("/own").text
    assert "nightly export" in client.page("/own")
    tokens = Tokens(web.archive.database, web.clock)
    viewer = tokens.viewer(found[1])
    assert viewer.name == client.name
    assert viewer.may(Permission.RECORDS)
    assert not viewer.may(Permission.HOLDS)
    (row,) = tokens.of(web.person(Role.CLERK).id)
    assert row.used_at == web.clock.now()
    assert row.label == "nightly export"
    with web.archive.database.read() as connection:
        assert found[1] not in "".join(line.body for line in ledger.lines(connection))
    assert client.done(f"/own/tokens/{row.id}/revoke") == "/own"
    assert "revoked" in client.page("/own")
    with pytest.raises(TokenRefusedError):
        tokens.viewer(found[1])
    assert [each["act"] for each in acts(web)[-2:]] == ["token made", "token revoked"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"label": " "}, "what the token is for"),
        ({"scope": []}, "at least one thing"),
        ({"days": "366"}, "1 to 365 days"),
        ({"days": "0"}, "1 to 365 days"),
        ({"days": "soon"}, "1 to 365 days"),
        ({"scope": ["holds:place"]}, "may not do themselves"),
        ({"scope": ["people"]}, "may not do themselves"),
        ({"scope": ["everything"]}, "from the list"),
    ],
)
def test_a_token_that_cannot_be_is_told_and_what_was_typed_stays(
    web: Web, fields: dict[str, object], said: str
) -> None:
    given = {"label": "export", "scope": ["records"], "days": "7", **fields}
    answer = web.as_(Role.CLERK).post("/own/tokens", **given)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert f'value="{given["days"]}"' in answer.text


def test_a_token_is_never_more_than_its_person_is_now(web: Web) -> None:
    person = web.person(Role.LEGAL, Role.CLERK)
    tokens = Tokens(web.archive.database, web.clock)
    scopes = [Permission.HOLDS_PLACE, Permission.RECORDS]
    made = tokens.make(person, "x", scopes=scopes, days=1)
    web.site.people.change(person.login, roles=[Role.CLERK], departments=["Parks"], by="x")
    viewer = tokens.viewer(made.secret)
    assert not viewer.may(Permission.HOLDS_PLACE)
    assert viewer.may(Permission.RECORDS)
    with pytest.raises(RefusedError, match="Parks"):
        viewer.require_department("Police")
    web.clock.advance(days=1)
    with pytest.raises(TokenRefusedError, match="not known"):
        tokens.viewer(made.secret)


def test_a_token_ends_when_its_person_is_invited_again(web: Web) -> None:
    person = web.person(Role.CLERK)
    tokens = Tokens(web.archive.database, web.clock)
    made = tokens.make(person, "x", scopes=[Permission.RECORDS], days=1)
    invited = web.site.people.invite_again(person.login, by="x")
    assert invited.person.state == PersonState.INVITED
    with pytest.raises(TokenRefusedError):
        tokens.viewer(made.secret)
    with pytest.raises(RefusedError, match="not active"):
        tokens.make(invited.person, "y", scopes=[Permission.RECORDS], days=1)
    web.site.sign_in.accept(invited.code, PASSWORD, where="x")
    with pytest.raises(TokenRefusedError):  # it may have been made by whoever made this needed
        tokens.viewer(made.secret)


def test_there_are_only_so_many_tokens_and_each_is_its_persons_own(web: Web) -> None:
    clerk, counsel = web.person(Role.CLERK), web.person(Role.LEGAL)
    tokens = Tokens(web.archive.database, web.clock)
    made = [tokens.make(clerk, str(each), scopes=[Permission.STATUS], days=1) for each in range(20)]
    with pytest.raises(UsageError, match="20 tokens already"):
        tokens.make(clerk, "one more", scopes=[Permission.STATUS], days=1)
    with pytest.raises(NotFoundError):
        tokens.revoke(made[0].row.id, counsel, by=counsel.name)
    assert web.as_(Role.LEGAL).post(f"/own/tokens/{made[0].row.id}/revoke").status_code == 404
    admin = web.as_(Role.ADMINISTRATOR)
    admin.done(f"/people/{clerk.id}/tokens/{made[0].row.id}/revoke")
    tokens.make(clerk, "one more", scopes=[Permission.STATUS], days=1)
    assert acts(web)[-2]["actor"] == ADMIN


@pytest.mark.parametrize("code", ["\u0663" * 6, "\x87", "", "12345678901"])
def test_a_code_that_cannot_be_one_is_refused(web: Web, code: str) -> None:
    assert web.as_(Role.CLERK).post("/sign-in/factor", code=code).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/requests/new/clock?kind=public&received=9999-12-31T23:59%2B14:00",
        "/requests/new/clock?kind=public&received=0001-01-01T00:00%2B14:00",
        "/findings?until=9999-12-31",
        "/findings?since=0001-01-01",
        "/audit-log?until=9999-12-31",
    ],
)
def test_a_day_that_cannot_be_meant_is_told(web: Web, path: str) -> None:
    answer = web.as_(Role.LEGAL).get(path)
    assert answer.status_code in (200, 422)
    assert "cannot be meant" in plain(answer.text)
