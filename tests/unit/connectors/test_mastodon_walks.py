"""How the Mastodon connector walks: windows, paging, cursors, coverage, look-ups, counts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.mastodon import Token
from connectors.base import Evidence, Kind, Page, Presence, Target, Window
from connectors.errors import (
    AccountGone,
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from tests.support.mastodon_stage import NOW, Stage, coverages, items, newest, notes
from tests.support.x_stage import Switchboard

DAY = timedelta(days=1)
OWN = (Kind.POST, Kind.REPLY, Kind.REPOST)


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


def target(item_id: str, kind: Kind = Kind.POST) -> Target:
    return Target(kind=kind, id=item_id)


def test_a_full_walk_reads_everything_and_covers_it_without_a_hole(stage: Stage) -> None:
    ids = stage.sim.seed(95)
    pages = stage.poll()
    assert sorted(i.id for i in items(pages, Kind.POST)) == sorted(ids)
    covers = coverages(pages)
    assert covers[0].until is None
    assert [c.until for c in covers[1:]] == [c.since for c in covers[:-1]]
    assert covers[-1].since is None
    assert len(items(pages, Kind.COMMENT)) == 19
    assert {c.thread_id for c in coverages(pages, Kind.COMMENT)} == set(ids)
    assert pages[-1].done is None  # the cursor starts afresh


def test_a_walk_that_is_cut_off_goes_on_where_it_stopped(stage: Stage) -> None:
    ids = stage.sim.seed(95)
    stage.sim.manners.limits["api"] = 14
    got: list[Page] = []
    waits: list[datetime | None] = []
    for _ in range(12):
        try:
            cursor = got[-1].cursor if got else None
            for page in stage.connector().poll(Window.FULL, cursor=cursor, since=None):
                got.append(page)
            break
        except RateLimited as error:
            waits.append(error.until)
            stage.sim.time.advance(minutes=5)
    assert waits == [NOW + timedelta(minutes=5 * (n + 1)) for n in range(len(waits))]
    assert waits
    assert sorted({i.id for i in items(got, Kind.POST)}) == sorted(ids)
    assert len(items(got, Kind.POST)) == len(ids)
    assert coverages(got)[-1].since is None


def test_a_short_or_empty_page_that_goes_on_is_not_the_end(stage: Stage) -> None:
    ids = stage.sim.seed(50)
    place = f'<https://x.example/?max_id={ids[5]}>; rel="next"'
    stage.sim.plan("/statuses", Fault(status=200, body="[]", headers={"Link": place}), skip=1)
    pages = stage.poll()
    assert {i.id for i in items(pages, Kind.POST)} == set(ids[:5])


def test_new_walks_read_what_came_since_and_only_one_page_the_first_time(stage: Stage) -> None:
    stage.sim.seed(90)
    first = stage.poll(Window.NEW)
    assert len(items(first, Kind.POST)) == 40
    assert coverages(first) == []
    fresh = [stage.sim.publish(f"New {number}") for number in range(45)]
    second = stage.poll(Window.NEW, after=first)
    assert [i.id for i in items(second, Kind.POST)] == fresh[::-1]
    assert items(stage.poll(Window.NEW, after=second), *OWN) == []


def test_a_new_walk_that_is_cut_off_loses_nothing(stage: Stage) -> None:
    first = stage.poll(Window.NEW, replies="no")
    stage.sim.publish("zero")
    first = stage.poll(Window.NEW, after=first, replies="no")
    fresh = [stage.sim.publish(f"New {number}") for number in range(90)]
    walk = stage.connector(replies="no").poll(Window.NEW, cursor=first[-1].cursor, since=None)
    cut = [next(walk), next(walk)]
    rest = stage.poll(Window.NEW, after=cut, replies="no")
    assert {i.id for i in items(cut + rest, Kind.POST)} == set(fresh)


def test_mentions_are_read_once(stage: Stage) -> None:
    mention = stage.sim.publish("@springfieldpd hello", by="lisa", mention=True)
    first = stage.poll(Window.NEW)
    assert newest(first, mention).kind is Kind.COMMENT
    again = stage.sim.publish("@springfieldpd again", by="lisa", mention=True)
    second = stage.poll(Window.NEW, after=first)
    assert [i.id for i in items(second, Kind.COMMENT)] == [again]


def test_a_recent_walk_goes_back_to_its_day_and_covers_to_there(stage: Stage) -> None:
    stage.sim.seed(90, days=90)
    since = NOW - 10 * DAY
    pages = stage.poll(Window.RECENT, since=since)
    assert len(stage.asked("/statuses")) < 20
    assert coverages(pages)[-1].since == since
    assert len(items(pages, Kind.POST)) == 40


def test_a_server_that_does_not_page_ends_the_walk_and_says_so(stage: Stage) -> None:
    stage.sim.manners.pages = False
    ids = stage.sim.seed(30)
    pages = stage.poll()
    assert {i.id for i in items(pages, Kind.POST)} == set(ids[-20:])
    oldest = newest(pages, ids[10]).published
    assert oldest is not None
    assert [c.since for c in coverages(pages)] == [oldest.utc]
    assert "does not page: it lists the newest 20 posts only" in notes(pages)
    [profile] = items(pages, Kind.PROFILE)
    assert "pinned" not in profile.extra  # the question was not understood, its answer is no list
    new = stage.poll(Window.NEW)
    fresh = stage.sim.publish("Fresh")
    assert fresh in {i.id for i in items(stage.poll(Window.NEW, after=new))}


def test_nothing_is_concluded_when_the_accounts_own_token_is_gone(stage: Stage) -> None:
    stage.sim.publish("For followers", visibility="private")
    first = stage.poll()
    assert coverages(first)
    second = stage.poll(after=first, signed=False)
    assert [cover for page in second for cover in page.covers] == []
    assert "earlier walks read with the account's own token" in notes(second)


def test_an_empty_list_is_no_proof_against_the_count(stage: Stage) -> None:
    stage.sim.publish("For followers", visibility="private")
    pages = stage.poll(signed=False)
    assert coverages(pages) == []
    assert "lists no posts but counts 1" in notes(pages)


def test_a_list_out_of_order_covers_nothing(stage: Stage) -> None:
    first, second = stage.sim.publish("a", at=NOW - DAY), stage.sim.publish("b")
    rows = stage.sim.world.statuses
    rows[second].created, rows[first].created = NOW - 2 * DAY, NOW
    pages = stage.poll()
    assert coverages(pages) == []
    assert "newest first" in notes(pages)


def test_more_replies_than_a_visitor_is_shown_are_not_covered(stage: Stage) -> None:
    post = stage.sim.publish("Post")
    for number in range(65):
        stage.sim.comment(post, f"Reply {number}")
    visitor = stage.poll(signed=False)
    assert len(items(visitor, Kind.COMMENT)) == 60
    assert coverages(visitor, Kind.COMMENT) == []
    assert "at most 60 replies" in notes(visitor)
    own = stage.poll()
    assert len(items(own, Kind.COMMENT)) == 65
    assert [c.thread_id for c in coverages(own, Kind.COMMENT)] == [post]


def test_replies_still_being_fetched_are_noted(stage: Stage) -> None:
    stage.sim.comment(stage.sim.publish("Post"), "Hm?")
    stage.sim.manners.still_fetching = True
    assert "still fetching replies" in notes(stage.poll())


@pytest.mark.parametrize("many", [True, False])
def test_a_lookup_tells_what_is_there_from_what_is_gone(stage: Stage, many: bool) -> None:
    sim = stage.sim
    sim.manners.answers_many = many
    there, gone = sim.publish("There"), sim.publish("Gone")
    others = [sim.publish(f"Other {number}") for number in range(25)]
    sim.delete(gone)
    targets = [target(each) for each in (there, gone, *others)]
    found = {f.target.id: f for f in stage.connector().lookup(targets)}
    assert found[there].presence is Presence.PRESENT
    assert (found[gone].presence, found[gone].evidence) == (Presence.GONE, Evidence.UNKNOWN)
    assert found[gone].statement == '404 "Record not found"'
    assert {found[each].presence for each in others} == {Presence.PRESENT}
    assert len(stage.asked("/api/v1/statuses/")) == (1 if many else 27)


def test_a_lookup_of_the_profile(stage: Stage) -> None:
    me = target(stage.sim.agency.id, Kind.PROFILE)
    [found] = stage.connector().lookup([me])
    assert found.presence is Presence.PRESENT
    stage.sim.agency.suspended = True
    [found] = stage.connector().lookup(
        [
            me,
        ]
    )
    assert (found.presence, found.evidence) == (Presence.UNREACHABLE, Evidence.ACCOUNT_CLOSED)


def test_a_lookup_that_is_not_allowed_says_nothing_of_the_items(stage: Stage) -> None:
    post = stage.sim.publish("There")
    stage.sim.manners.open_to_visitors = False
    with pytest.raises(PermissionLost, match="give the credential access_token"):
        list(stage.connector(signed=False).lookup([target(post)]))


def test_the_count_is_not_exact(stage: Stage) -> None:
    stage.sim.seed(3)
    count = stage.connector().count()
    assert count is not None
    assert (count.by_kind, count.exact) == ({Kind.POST: 3}, False)


def test_check_says_whose_token_it_is(stage: Stage) -> None:
    stage.sim.publish("Post")
    check = stage.connector().check()
    assert check.ok
    assert check.identity.startswith("@springfieldpd@city.example (Springfield Police Department")
    assert "the access token belongs to the account itself" in check.statements
    assert "mentions by the public can be read" in check.statements
    stage.sim.tokens.append(Token("lisas", stage.sim.who("lisa").id))
    other = stage.connector(token="lisas").check()
    assert not other.ok
    assert any("belongs to @lisa" in each for each in other.statements)
    visitor = stage.connector(signed=False).check()
    assert visitor.ok
    assert any("no access token" in each for each in visitor.statements)


def test_a_token_without_a_scope_names_it(stage: Stage) -> None:
    sim = stage.sim
    sim.publish("Post")
    few = Token("few", sim.agency.id, frozenset({"read:accounts", "read:statuses"}))
    sim.tokens = [few]
    connector = stage.connector(token="few")
    pages = list(connector.poll(Window.FULL, cursor=None, since=None))
    assert "they take the scope read:notifications" in notes(pages)
    assert any("read:notifications" in each for each in connector.check().statements)
    sim.tokens = [Token("few", sim.agency.id, frozenset({"read:accounts"}))]
    with pytest.raises(PermissionLost, match="read:statuses"):
        list(connector.poll(Window.FULL, cursor=None, since=None))


def test_a_suspended_an_absent_and_a_foreign_account_are_told_apart(stage: Stage) -> None:
    stage.sim.agency.suspended = True
    with pytest.raises(AccountGone, match="has suspended"):
        stage.poll()
    with pytest.raises(AccountGone, match="has no account"):
        stage.connector(address="@nobody@city.example").check()
    stage.sim.plan("/api/", Fault(status=404, body="<h1>Not here</h1>"), times=9)
    with pytest.raises(Misconfigured, match="set the option api"):
        stage.connector(signed=False).check()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(status=401, body='{"error":"The access token was revoked"}'), AuthFailed, "revoked"),
        (Fault(status=422), AuthFailed, "refuses the access token"),
        (Fault(status=403, body='{"error":"Your login is currently disabled"}'), PermissionLost,
         "currently disabled"),
        (Fault(status=403, body="<h1>Forbidden</h1>"), Transient, "firewall"),
        (Fault(status=410, body='{"error":"Gone"}'), Permanent, "Gone"),
        (Fault(status=503, body='{"error":"Remote data"}'), Transient, "503"),
        (Fault(status=200, body="<html>"), BadAnswer, "should bring JSON"),
        (Fault(status=200, body="[]"), BadAnswer, "should have brought an object"),
        (Fault(break_json=True), BadAnswer, "JSON"),
    ],
)  # fmt: skip
def test_errors_say_what_they_mean(
    stage: Stage, fault: Fault, error: type[ConnectorError], words: str
) -> None:
    stage.sim.plan("verify_credentials", fault)
    with pytest.raises(error, match=words) as caught:
        stage.poll()
    assert type(caught.value) is error
    assert caught.value.exchange


def test_a_rate_limit_names_the_time_or_the_delay(stage: Stage) -> None:
    reset = {"X-RateLimit-Reset": "2026-11-24T12:05:00.123456Z"}
    stage.sim.plan("/statuses", Fault(status=429, headers=reset))
    with pytest.raises(RateLimited) as caught:
        stage.poll()
    assert caught.value.until is not None
    assert caught.value.until.replace(microsecond=0) == NOW + timedelta(minutes=5)
    stage.sim.plan("/statuses", Fault(status=429, headers={"Retry-After": "30"}))
    with pytest.raises(RateLimited) as caught:
        stage.poll()
    assert caught.value.after == 30.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": 17}, '"id" as int'),
        ({"created_at": "yesterday"}, "not a time"),
        ({"created_at": "2026-01-01T00:00:00"}, "not a time with its zone"),
        ({"content": None}, "without its text"),
        ({"media_attachments": "none"}, "list of objects"),
        ({"created_at": None}, "without its time"),
    ],
)
def test_an_odd_status_is_a_bad_answer_that_names_the_field(
    stage: Stage, changed: dict[str, object], words: str
) -> None:
    account = {"id": stage.sim.agency.id, "acct": "springfieldpd"}
    good = {"id": "1", "created_at": "2026-01-01T00:00:00Z", "content": "x", "account": account}
    stage.sim.plan("/statuses", Fault(status=200, body=json.dumps([{**good, **changed}])), skip=1)
    with pytest.raises(BadAnswer, match=words):
        stage.poll()


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("springfieldpd@city.example", "@springfieldpd@city.example"),
        ("https://city.example/@springfieldpd", "@springfieldpd@city.example"),
        ("https://city.example/users/springfieldpd", "@springfieldpd@city.example"),
        ("https://city.example/springfieldpd/", "@springfieldpd@city.example"),
    ],
)
def test_addresses_are_handles_or_profiles(stage: Stage, address: str, identity: str) -> None:
    assert stage.connector(address=address).check().identity.startswith(f"{identity} (")


@pytest.mark.parametrize(
    "address", ["springfieldpd", "@@", "https://city.example/", "@a b@city.example", "ftp://x/@y"]
)
def test_other_addresses_are_refused(stage: Stage, address: str) -> None:
    with pytest.raises(Misconfigured, match="is not an account on Mastodon"):
        stage.connector(address=address)


def test_options_and_the_token_are_checked_before_anything_is_sent(stage: Stage) -> None:
    with pytest.raises(Misconfigured, match="it can be yes or no"):
        stage.connector(replies="maybe")
    with pytest.raises(Misconfigured, match="not sent over plain http"):
        stage.connector(api="http://city.example")
    with pytest.raises(Misconfigured, match="which is no address"):
        stage.connector(api="ftp://city.example")


def test_a_token_is_not_followed_to_another_host(stage: Stage) -> None:
    there = stage.sim.url.replace("127.0.0.1", "localhost") + "/api/v1/instance"
    stage.sim.plan("verify_credentials", Fault(status=302, headers={"Location": there}))
    with pytest.raises(Misconfigured, match="another host"):
        stage.poll()
    assert "Authorization" not in stage.sim.seen[-1].headers


def test_a_foreign_cursor_starts_afresh(stage: Stage) -> None:
    post = stage.sim.publish("Post")
    connector = stage.connector()
    pages = list(connector.poll(Window.FULL, cursor={"form": 9, "max_id": "1"}, since=None))
    assert newest(pages, post)
