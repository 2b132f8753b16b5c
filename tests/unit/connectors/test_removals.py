"""What every connector that deletes or hides must keep, and how the others say that they cannot.

One suite over all platforms; what is special to one stands in test_removals_<platform>.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Fault
from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc.limits import HttpLimits
from archiver.warc.recorder import Recorder
from connectors.base import Account, Credentials, Item, Kind, Presence, Target
from connectors.errors import (
    AuthFailed,
    Changed,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
    Unsettled,
)
from connectors.registry import BUILT_IN, Guarded, connect, connector_class
from connectors.removals import Removal, Removed, Remover, Whose
from tests.support.clock import FakeClock
from tests.support.plain_http import PlainHttp
from tests.support.removal_scene import Case, Scene, put_up
from tests.support.removal_scenes import scenes
from tests.support.x_stage import Switchboard

MAKERS = scenes()
ALL = [(name, case) for name, make in MAKERS.items() for case in make().cases]
# One deletion and one hiding of each platform, for the faults.
SOME = [(name, case) for name, case in ALL if case in {"own post", "hide"}]
# YouTube answers without a body, so that there is nothing in it to be broken.
LOST = [(*each, Fault(cut_after=3)) for each in SOME]
LOST += [(*each, Fault(break_json=True)) for each in SOME if each[0] != "youtube"]
PROVEN = [each for each in SOME if each != ("x", "hide")]  # of which X has no reading

BARE = ("bluesky", "repost")


def staged(board: Switchboard, platform: str) -> Scene:
    return put_up(board, MAKERS[platform]())


@contextmanager
def recorded(folder: Path) -> Iterator[Recorder]:
    """The product's recorder, which repeats reads five times and must not repeat changes."""
    with Recorder(
        secrets=Secrets(),
        policy=AddressPolicy(["127.0.0.1"]),
        spool=folder,
        clock=FakeClock(),
        limits=HttpLimits(retries=5, first_pause=0.0),
    ) as recorder:
        yield recorder


def presence_of(connector: Guarded, target: Target) -> Presence:
    [finding] = connector.lookup([target])
    return finding.presence


def do(connector: Guarded, case: Case) -> Removed:
    return connector.remove(case.target, case.removal)


@pytest.mark.parametrize(("platform", "name"), ALL)
def test_a_removal_changes_the_world_and_is_proven(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case, http = scene.cases[name], PlainHttp()
    connector = scene.connect(http)
    assert case.state() != case.wanted
    assert connector.can_remove(case.target, case.removal) == ""
    assert scene.writes() == []

    removed = do(connector, case)

    assert case.state() == case.wanted
    assert (removed.done, removed.already) == (True, False)
    assert (removed.target, removed.removal) == (case.target, case.removal)
    assert removed.statement
    assert len(scene.writes()) == 1
    made = {f"exchange-{number + 1}" for number in range(len(http.exchanges))}
    assert {removed.exchange, *removed.looked} <= made
    if case.removal is Removal.DELETE:
        assert presence_of(scene.connect(), case.target) is Presence.GONE


@pytest.mark.parametrize(("platform", "name"), ALL)
def test_what_was_removed_before_is_not_removed_again(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    do(scene.connect(), case)
    before = len(scene.writes())
    silent = {
        "facebook": "was deleted, or the token lacks a permission",
        "youtube": "does not show it to the credential for removals",
    }
    if platform in silent and case.removal is Removal.DELETE:
        # They say the same of what is deleted and of what a token may not see.
        with pytest.raises(Permanent, match=silent[platform]):
            do(scene.connect(), case)
    else:
        again = do(scene.connect(), case)
        assert again.done
        assert again.already or platform == "x"  # hiding on X shows in no reading
    if not (platform == "x" and case.removal is not Removal.DELETE):
        assert len(scene.writes()) == before
    assert case.state() == case.wanted


@pytest.mark.parametrize(("platform", "name"), ALL)
def test_only_a_change_uses_the_credentials_for_removals(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    reader = scene.connect(removing=False)
    assert "made to read" in reader.can_remove(case.target, case.removal)
    with pytest.raises(Misconfigured, match="made to read"):
        do(reader, case)
    assert reader.check().ok
    assert presence_of(reader, case.target)
    marks = scene.marks("remover_")
    assert not [seen for seen in scene.sim.seen if marks & scene.signed(seen)]
    do(scene.connect(), case)
    [write] = scene.writes()
    assert marks & scene.signed(write)
    assert not scene.marks("") & scene.signed(write)


@pytest.mark.parametrize(("platform", "name"), SOME)
def test_without_the_permission_the_error_names_it(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    given = {**scene.reading_only(), **scene.unable}
    named = {
        ("x", "own post"): "Read and write .*tweet.write",
        ("x", "hide"): "Read and write .*tweet.moderate.write",
        ("facebook", "own post"): "pages_manage_posts",
        ("facebook", "hide"): "pages_manage_engagement",
        ("mastodon", "own post"): "write:statuses",
        ("wordpress", "own post"): "role Editor .*delete_others_posts",
        ("wordpress", "hide"): "role Editor .*moderate_comments",
        ("youtube", "own post"): "Removals need the scope youtube.force-ssl",
        ("youtube", "hide"): "authorise the app again with the scope youtube.force-ssl",
        ("bluesky", "own post"): "createSession: 401 .*Invalid identifier or password",
        ("bluesky", "hide"): "createSession: 401 .*Invalid identifier or password",
        ("pinboard", "own post"): "posts/get answered 401 .*the token is refused",
    }
    # Bluesky and Pinboard give no credential that may do less: it is taken or refused as a whole.
    expected = AuthFailed if platform in {"bluesky", "pinboard"} else PermissionLost
    before = case.state()
    with pytest.raises(expected, match=named[platform, name]) as caught:
        do(scene.connect(credentials=given), case)
    assert caught.value.exchange
    assert case.state() == before


@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("platform", "name"), SOME)
def test_a_server_fault_leaves_it_unsettled_and_is_never_repeated(
    board: Switchboard, tmp_path: Path, platform: str, name: str, status: int, recording: bool
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    with recorded(tmp_path) as recorder:
        connector = scene.connect(recorder if recording else PlainHttp())
        assert connector.can_remove(case.target, case.removal) == ""
        scene.fail_changes(Fault(status=status, body="<h1>Bad</h1>"))
        with pytest.raises(Unsettled, match="look"):
            do(connector, case)
    assert len(scene.writes()) == 1
    assert case.state() != case.wanted


@pytest.mark.parametrize(("platform", "name", "fault"), LOST)
def test_a_lost_answer_is_unsettled_and_a_lookup_settles_it(
    board: Switchboard, tmp_path: Path, platform: str, name: str, fault: Fault
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    with recorded(tmp_path) as recorder:
        connector = scene.connect(recorder)
        scene.fail_changes(fault)
        with pytest.raises(Unsettled) as caught:
            do(connector, case)
        assert caught.value.exchange
    assert case.state() == case.wanted  # it was done all the same
    assert len(scene.writes()) == 1
    if case.removal is Removal.DELETE:
        assert presence_of(scene.connect(), case.target) is Presence.GONE
    elif platform != "x":
        assert presence_of(scene.connect(), case.target) is Presence.HIDDEN


@pytest.mark.parametrize(("platform", "name"), PROVEN)
def test_a_proof_that_fails_after_the_change_leaves_it_unsettled(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    scene.fail_reads_after_a_change(Fault(status=429, body="{}"))
    with pytest.raises(Unsettled, match="accepted by the platform") as caught:
        do(scene.connect(), case)
    assert caught.value.exchange
    assert case.state() == case.wanted


@pytest.mark.parametrize(("platform", "name"), ALL)
def test_what_is_not_as_archived_is_not_changed(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case, shown = scene.cases[name], list[Item]()

    def compare(item: Item) -> str:
        shown.append(item)
        return "it was edited"

    before = case.state()
    with pytest.raises(Changed, match="it was edited") as caught:
        scene.connect().remove(case.target, case.removal, compare=compare)
    assert caught.value.exchange
    assert (scene.writes(), case.state()) == ([], before)
    [item] = shown
    # A repost on Bluesky has the address and the hash of what it shows, and no text.
    assert (item.id, item.text != "") == (case.target.id, (platform, name) != BARE)
    removed = scene.connect().remove(case.target, case.removal, compare=lambda _: "")
    assert (removed.done, removed.compared) == (True, True)
    assert case.state() == case.wanted


def test_a_site_that_is_read_signed_out_gives_nothing_to_compare(board: Switchboard) -> None:
    scene = staged(board, "wordpress")
    own = {n: v for n, v in scene.credentials.items() if n.startswith("remover_")}
    case = scene.cases["own post"]
    connector = scene.connect(credentials=own)
    removed = connector.remove(case.target, case.removal, compare=lambda _: "it differs")
    assert (removed.done, removed.compared) == (True, False)


@pytest.mark.parametrize(("platform", "name"), SOME)
def test_nothing_sent_is_no_unsettled_change(
    board: Switchboard, tmp_path: Path, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    scene.sim.url = "http://127.0.0.1:1"
    with recorded(tmp_path) as recorder:
        for http in (PlainHttp(), recorder):
            with pytest.raises(Transient) as caught:
                do(scene.connect(http), scene.cases[name])
            assert not isinstance(caught.value, Unsettled)


@pytest.mark.parametrize(("platform", "name"), SOME)
def test_a_rate_limit_means_that_nothing_was_done(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    reset = {"x-rate-limit-reset": "1795500000", "x-rate-limit-remaining": "0", "Retry-After": "60"}
    scene.fail_changes(Fault(status=429, headers=reset, body="{}"))
    with pytest.raises(RateLimited):
        do(scene.connect(), case)
    assert case.state() != case.wanted


@pytest.mark.parametrize(("platform", "name"), SOME)
def test_a_redirected_change_is_not_taken_for_done(
    board: Switchboard, tmp_path: Path, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    scene.fail_changes(Fault(status=302, headers={"Location": f"{board.url}/"}))
    with recorded(tmp_path) as recorder, pytest.raises(ConnectorError):
        do(scene.connect(recorder), case)
    assert scene.writes() == [scene.sim.seen[-1]]
    assert case.state() != case.wanted


@pytest.mark.parametrize("platform", MAKERS)
def test_what_the_platform_does_not_have_is_refused_without_a_request_to_change(
    board: Switchboard, platform: str
) -> None:
    scene = staged(board, platform)
    connector = scene.connect()
    offered = connector.capabilities.removals
    for kind in Kind:
        for removal in Removal:
            if any(kind in each.kinds and removal is each.removal for each in offered):
                continue
            of_kind = [case.target for case in scene.cases.values() if case.target.kind is kind]
            target = of_kind[0] if of_kind else Target(kind=kind, id="990099")
            why = connector.can_remove(target, removal)
            assert why, (kind, removal)
            with pytest.raises(Permanent) as caught:
                connector.remove(target, removal)
            assert str(caught.value) == why
    assert scene.writes() == []


@pytest.mark.parametrize("platform", MAKERS)
def test_every_offered_removal_has_a_case_here(platform: str) -> None:
    tried = {(case.target.kind, case.removal) for case in MAKERS[platform]().cases.values()}
    for each in connector_class(platform).capabilities.removals:
        assert each.means
        assert each.whose <= set(Whose)
        assert any(kind in each.kinds and each.removal is removal for kind, removal in tried)


@pytest.mark.parametrize(("platform", "name"), SOME)
def test_a_connection_for_reading_does_not_even_hold_the_second_set(
    board: Switchboard, platform: str, name: str
) -> None:
    scene = staged(board, platform)
    case = scene.cases[name]
    scene.fail_changes(Fault(status=429, headers={"Retry-After": "60"}, body="{}"))
    inner = scene.connect(removing=False)._inner  # past the guard
    assert isinstance(inner, Remover)
    with pytest.raises(ConnectorError):
        inner.remove(case.target, case.removal)
    assert not [seen for seen in scene.sim.seen if scene.marks("remover_") & scene.signed(seen)]


def test_what_goes_along_is_told_before(board: Switchboard) -> None:
    for platform, gone in (
        ("facebook", "gone"), ("wordpress", "post-trashed"), ("youtube", "gone"),
    ):  # fmt: skip
        scene = staged(board, platform)
        offered = scene.connect().capabilities.removals
        [deletion] = [each for each in offered if each.removal is Removal.DELETE]
        below = scene.cases["comment"]
        assert below.target.kind in deletion.along
        post = scene.cases["hide post" if platform == "facebook" else "own post"].target
        assert scene.connect().remove(post, Removal.DELETE).done
        assert below.state() == gone


def test_a_connector_without_removals_says_so() -> None:
    account = Account(slug="news", platform="feed", address="https://news.example/feed/")
    feed = connect(account, PlainHttp(), Credentials({}), removing=True)
    target = Target(kind=Kind.POST, id="1")
    assert feed.capabilities.removals == ()
    why = feed.can_remove(target, Removal.DELETE)
    assert why.startswith("Feed or podcast: nothing can be deleted or hidden from here")
    with pytest.raises(Misconfigured, match="do it where it was published"):
        feed.remove(target, Removal.DELETE)
    removers = {name for name in BUILT_IN if connector_class(name).capabilities.removals}
    assert removers == set(MAKERS)


@pytest.mark.parametrize("platform", MAKERS)
def test_no_credential_for_removals_reaches_a_text(board: Switchboard, platform: str) -> None:
    scene = staged(board, platform)
    given = {v for n, v in scene.credentials.items() if n.startswith("remover_")} - {"web"}
    secret = {each.rpartition(":")[2] for each in given}  # of name:KEY the key
    # Not every platform lets something be hidden; any other case will do then.
    last = list(scene.cases.values())[-1]
    done = do(scene.connect(), scene.cases.get("hide", last))
    scene.fail_changes(Fault(status=403, body="{}"))
    with pytest.raises(ConnectorError) as caught:
        do(scene.connect(), scene.cases["own post"])
    told = f"{done!r} {caught.value} {caught.value.__cause__} {Credentials(scene.credentials)!r}"
    assert not [each for each in secret if each in told]
