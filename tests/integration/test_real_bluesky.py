"""The Bluesky connector against a real server of the AT Protocol (PLC directory and PDS)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import requests

from archiver import outbound
from archiver.demo.simulators.wordpress_files import picture
from archiver.wiring import Archive
from connectors.base import (
    Account,
    Credentials,
    Cursor,
    Evidence,
    Item,
    Kind,
    Page,
    Presence,
    Target,
    Window,
)
from connectors.bluesky import Bluesky
from connectors.errors import AccountGone, AuthFailed, Changed, Permanent
from connectors.removals import Removal
from tests.support.archive import approved, make_archive
from tests.support.bluesky_network import Network, Owner, network
from tests.support.plain_http import PlainHttp

pytestmark = [pytest.mark.xdist_group("bluesky")]
POST, REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def servers() -> Iterator[Network]:
    with network() as running:
        yield running


@pytest.fixture
def owner(servers: Network) -> Owner:
    return servers.owner(f"springfield{next(_numbers)}")


def connector(owner: Owner, address: str = "", **secrets: str) -> Bluesky:
    options = {"pds": owner.network.pds, "plc": owner.network.plc, "replies": "no"}
    account = Account(
        slug="spd", platform="bluesky", address=address or f"@{owner.handle}", options=options
    )
    return Bluesky(account, PlainHttp(), Credentials(secrets))


def walk(owner: Owner, window: Window = Window.FULL, cursor: Cursor | None = None) -> list[Page]:
    return list(connector(owner).poll(window, cursor=cursor, since=None))


def items(pages: Sequence[Page], *kinds: Kind) -> list[Item]:
    return [item for page in pages for item in page.items if item.kind in kinds]


def target(uri: str, kind: Kind = Kind.POST) -> Target:
    return Target(kind=kind, id=uri)


def test_the_server_is_found_by_the_did_alone(owner: Owner) -> None:
    account = Account(
        slug="spd",
        platform="bluesky",
        address=owner.did,
        options={"plc": owner.network.plc, "replies": "no"},
    )
    check = Bluesky(account, PlainHttp(), Credentials({})).check()
    assert check.ok
    assert owner.handle in check.identity
    assert owner.network.pds in check.statements[0]


def test_a_handle_that_leads_nowhere_is_named(owner: Owner) -> None:
    with pytest.raises(AccountGone, match="leads to no account"):
        connector(owner, "nobody.test").check()


def test_posts_replies_and_reposts_come_newest_first_over_several_pages(owner: Owner) -> None:
    first = owner.create(POST, text="0", langs=["en"])
    strong = {"uri": first, "cid": owner.put(first, text="zero", langs=["en"])}
    made = [owner.create(POST, text=str(number)) for number in range(1, 103)]
    reply = owner.create(POST, text="More", reply={"root": strong, "parent": strong})
    repost = owner.create(REPOST, subject=strong)
    pages = walk(owner)
    found = items(pages, Kind.POST, Kind.REPLY)
    assert [item.id for item in found] == [reply, *reversed(made), first]
    assert (found[0].kind, found[0].parent_id, found[-1].text) == (Kind.REPLY, first, "zero")
    assert [item.id for item in items(pages, Kind.REPOST)] == [repost]
    assert {kind for p in pages for c in p.covers for kind in c.kinds} == {
        Kind.POST, Kind.REPLY, Kind.REPOST,
    }  # fmt: skip
    counts = connector(owner).count()
    assert counts is not None
    assert counts.exact
    assert counts.by_kind == {Kind.POST: 103, Kind.REPLY: 1, Kind.REPOST: 1, Kind.PROFILE: 1}


def test_news_are_read_from_the_export_and_are_what_a_listing_shows(owner: Owner) -> None:
    old = owner.create(POST, text="Road closed", langs=["en", "es"])
    [before, *_] = walk(owner, Window.NEW)
    blob = owner.upload(picture(3), "image/png")
    embed = {"$type": "app.bsky.embed.images", "images": [{"alt": "A map", "image": blob}]}
    new = owner.create(POST, text="With a map", embed=embed)
    cid = owner.put(old, text="Road open", langs=["en", "es"])
    owner.create("app.bsky.feed.threadgate", new.rpartition("/")[2], post=new, allow=[])
    owner.create("app.bsky.actor.profile", "self", displayName="Springfield PD")
    [page] = walk(owner, Window.NEW, before.cursor)
    listed = {item.id: item for item in items(walk(owner), Kind.POST, Kind.PROFILE)}
    assert {item.id for item in page.items} == {old, new, owner.did}
    for item in page.items:
        assert (item.extra, item.text, item.media) == (
            listed[item.id].extra, listed[item.id].text, listed[item.id].media,
        )  # fmt: skip
    assert listed[old].version_key == cid
    assert listed[new].extra["threadgate"]
    [medium] = listed[new].media
    with outbound.permitted("notify"):
        assert requests.get(medium.url, timeout=30).content == picture(3)
    [quiet] = walk(owner, Window.NEW, page.cursor)
    assert quiet.items == []


def test_a_missing_record_is_gone_and_a_closed_account_unreachable(owner: Owner) -> None:
    kept, lost = owner.create(POST, text="Kept"), owner.create(POST, text="Lost")
    owner.delete(lost)
    there, gone = connector(owner).lookup([target(kept), target(lost)])
    assert there.presence is Presence.PRESENT
    assert (gone.presence, gone.evidence) == (Presence.GONE, Evidence.UNKNOWN)
    assert "RecordNotFound" in gone.statement
    owner.call("com.atproto.server.deactivateAccount")
    by_did = connector(owner, owner.did)
    [closed] = by_did.lookup([target(kept)])
    assert (closed.presence, closed.evidence) == (Presence.UNREACHABLE, Evidence.ACCOUNT_CLOSED)
    assert not by_did.check().ok
    for window in Window:
        with pytest.raises(AccountGone, match="deactivated"):
            list(connector(owner, owner.did).poll(window, cursor=None, since=None))


def test_an_app_password_deletes_what_was_archived_and_nothing_else(owner: Owner) -> None:
    uri = owner.create(POST, text="Wrong street")
    remover = connector(owner, remover_app_password=owner.app_password())
    with pytest.raises(Changed, match="another text"):
        remover.remove(target(uri), Removal.DELETE, compare=lambda _: "it shows another text")
    assert remover.can_remove(target(uri), Removal.DELETE) == ""
    removed = remover.remove(target(uri), Removal.DELETE, compare=lambda _: "")
    assert (removed.done, removed.already, removed.compared) == (True, False, True)
    again = remover.remove(target(uri), Removal.DELETE)
    assert (again.done, again.already) == (True, True)
    wrong = connector(owner, remover_app_password="aaaa-bbbb-cccc-dddd")
    other = owner.create(POST, text="Stays")
    with pytest.raises(AuthFailed, match="Invalid identifier or password"):
        wrong.remove(target(other), Removal.DELETE)


def test_a_reply_by_others_is_hidden_and_shown_again(servers: Network, owner: Owner) -> None:
    post = owner.create(POST, text="Road closed")
    citizen = servers.owner(f"citizen{next(_numbers)}")
    strong = {"uri": post, "cid": owner.put(post, text="Road closed.")}
    reply = citizen.create(POST, text="Idiots", reply={"root": strong, "parent": strong})
    comment = Target(kind=Kind.COMMENT, id=reply, thread_id=post, parent_id=post)
    remover = connector(owner, remover_app_password=owner.app_password())
    with pytest.raises(Permanent, match="nobody but its author"):
        remover.remove(comment, Removal.DELETE)
    for removal, presence in (
        (Removal.HIDE, Presence.HIDDEN),
        (Removal.UNHIDE, Presence.PRESENT),
        (Removal.HIDE, Presence.HIDDEN),
    ):
        assert remover.remove(comment, removal).done
        assert remover.remove(comment, removal).already
        [found] = connector(owner).lookup([comment])
        assert found.presence is presence
    [item] = items(walk(owner), Kind.POST)
    assert reply in str(item.extra["threadgate"])


@pytest.fixture
def archive(tmp_path: Path, owner: Owner) -> Iterator[Archive]:
    with make_archive(tmp_path, confirm_after="1s") as made:
        options = {"pds": owner.network.pds, "plc": owner.network.plc, "replies": "no"}
        approved(made, "bluesky", owner.handle, slug="spd", options=options)
        yield made


def test_an_edit_is_a_version_and_a_deletion_a_finding(archive: Archive, owner: Owner) -> None:
    def capture(window: Window) -> int:
        outcome = archive.captures.capture("spd", window)
        assert outcome.error is None, outcome.error_text
        return outcome.new_versions

    blob = owner.upload(picture(5), "image/png")
    embed = {"$type": "app.bsky.embed.images", "images": [{"alt": "A map", "image": blob}]}
    post = owner.create(POST, text="Road closed", embed=embed)
    lost = owner.create(POST, text="Lost")
    for number in range(3):
        owner.create(POST, text=f"Other {number}")
    assert capture(Window.NEW) == 6
    assert (capture(Window.FULL), capture(Window.NEW)) == (0, 0)
    owner.put(post, text="Road open", embed=embed)
    assert (capture(Window.NEW), capture(Window.FULL)) == (1, 0)
    owner.delete(lost)
    capture(Window.FULL)
    archive.clock.sleep(1.1)
    capture(Window.FULL)
    with archive.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT platform_id, presence FROM records").all()
        digest = hashlib.sha256(picture(5)).hexdigest()
        held = connection.exec_driver_sql("SELECT size FROM media WHERE sha256 = ?", (digest,))
        assert held.one()[0] == len(picture(5))
    assert dict(tuple(row) for row in rows)[lost] == "gone"
