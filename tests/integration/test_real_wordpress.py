"""The WordPress connector against a real WordPress."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

from archiver.demo.simulators.wordpress_files import picture
from connectors.base import (
    Account,
    Credentials,
    Evidence,
    Item,
    Kind,
    Page,
    Presence,
    Target,
    Visibility,
    Window,
)
from connectors.errors import AuthFailed, Permanent, PermissionLost
from connectors.removals import Removal
from connectors.wordpress import WordPress
from tests.support.plain_http import PlainHttp
from tests.support.wordpress_site import (
    WordPressSite,
    wordpress_site,  # noqa: F401 - a fixture
)

pytestmark = [pytest.mark.wordpress, pytest.mark.xdist_group("wordpress")]
Json = dict[str, object]


@pytest.fixture
def site(wordpress_site: WordPressSite) -> WordPressSite:  # noqa: F811
    wordpress_site.clear()
    return wordpress_site


def connector(site: WordPressSite, user: str | None = "records", **options: str) -> WordPress:
    account = Account(slug="news", platform="wordpress", address=site.url, options=options)
    secrets = {}
    if user is not None:
        password = site.users[user].application_password
        secrets = {"user": user, "application_password": password}
    return WordPress(account, PlainHttp(), Credentials(secrets))


def walk(
    site: WordPressSite,
    window: Window = Window.FULL,
    *,
    after: list[Page] | None = None,
    since: datetime | None = None,
    user: str | None = "records",
    **options: str,
) -> list[Page]:
    cursor = after[-1].cursor if after else None
    return list(connector(site, user, **options).poll(window, cursor=cursor, since=since))


def items(pages: list[Page], *kinds: Kind) -> list[Item]:
    return [item for page in pages for item in page.items if item.kind in kinds]


def covered(pages: list[Page]) -> set[Kind]:
    return {kind for page in pages for cover in page.covers for kind in cover.kinds}


def number(answer: Json) -> int:
    found = answer["id"]
    assert isinstance(found, int)
    return found


def publish(site: WordPressSite, title: str, content: str = "<p>x</p>", **fields: object) -> int:
    given = {"title": title, "content": content, "status": "publish", **fields}
    return number(site.api("POST", "wp/v2/posts", fields=given))


def comment(site: WordPressSite, post: int, text: str, **fields: object) -> int:
    return number(
        site.api("POST", "wp/v2/comments", fields={"post": post, "content": text, **fields})
    )


# -- the connector ----------------------------------------------------------------------------


def test_check_tells_an_editor_from_an_author(site: WordPressSite) -> None:
    check = connector(site).check()
    assert (check.ok, check.identity) == (True, f"Springfield Police Department ({site.url})")
    assert not connector(site, "officer").check().ok
    assert connector(site, None).check().ok


def test_posts_edits_and_revisions_come_as_they_were_saved(site: WordPressSite) -> None:
    post = publish(site, "Road closed", "<p>First & foremost</p>")
    for text in ("<p>Second</p>", "<p>Third “quoted”</p>"):
        site.api("POST", f"wp/v2/posts/{post}", fields={"content": text})
    pages = walk(site)
    current, earlier = items(pages, Kind.POST)
    assert (current.text, current.superseded) == ("<p>Third “quoted”</p>", False)
    assert (earlier.text, earlier.superseded) == ("<p>Second</p>", True)
    assert current.version_key != earlier.version_key != ""
    assert current.id == earlier.id == str(post)
    assert current.author.name == "chief"
    assert current.published is not None
    assert abs(current.published.utc - datetime.now(UTC)) < timedelta(minutes=5)
    assert covered(pages) == {Kind.POST, Kind.PAGE, Kind.MEDIA, Kind.COMMENT, Kind.REPLY}


def test_a_change_past_wordpress_is_seen_by_a_full_walk(site: WordPressSite) -> None:
    post = publish(site, "One", "first")
    first = walk(site)
    site.sql(f"UPDATE wp_posts SET post_content = 'tampered' WHERE ID = {post}")
    [item] = items(walk(site, after=first), Kind.POST)
    assert (item.text, item.edited) == ("tampered", None)


def test_every_status_and_the_trash_are_walked_in_one_list(site: WordPressSite) -> None:
    wanted = {
        publish(site, "Public"): Visibility.PUBLIC,
        publish(site, "Locked", password="pass"): Visibility.PRIVATE,
        publish(site, "Private", status="private"): Visibility.PRIVATE,
        publish(site, "Draft", status="draft"): Visibility.DRAFT,
        publish(site, "Pending", status="pending"): Visibility.PENDING,
        publish(site, "Later", status="future", date_gmt="2090-01-01T00:00:00"): Visibility.PENDING,
    }
    trashed = publish(site, "Trashed")
    site.api("DELETE", f"wp/v2/posts/{trashed}")
    wanted[trashed] = Visibility.TRASHED
    pages = walk(site, per_page="3")
    found = {int(i.id): i.visibility for i in items(pages, Kind.POST) if not i.superseded}
    assert found == wanted
    assert Kind.POST in covered(pages)


def test_comments_replies_and_their_statuses(site: WordPressSite) -> None:
    post, other = publish(site, "Stays"), publish(site, "Goes")
    first = comment(site, post, "Thanks")
    reply = comment(site, post, "Indeed", parent=first)
    deep = comment(site, post, "Really", parent=reply)
    wanted = {first: Visibility.PUBLIC, reply: Visibility.PUBLIC, deep: Visibility.PUBLIC}
    for status, visibility in (("hold", Visibility.PENDING), ("spam", Visibility.SPAM)):
        wanted[comment(site, post, status, status=status)] = visibility
    binned = comment(site, post, "binned")
    site.api("DELETE", f"wp/v2/comments/{binned}")
    wanted[binned] = Visibility.TRASHED
    wanted[comment(site, other, "with its post")] = Visibility.TRASHED
    site.api("DELETE", f"wp/v2/posts/{other}")

    pages = walk(site, per_page="3")

    found = {int(item.id): item for item in items(pages, Kind.COMMENT, Kind.REPLY)}
    assert {key: item.visibility for key, item in found.items()} == wanted
    assert (found[deep].kind, found[deep].parent_id) == (Kind.REPLY, str(reply))
    assert (found[first].kind, found[first].parent_id) == (Kind.COMMENT, str(post))
    assert found[deep].thread_id == str(post)
    assert {Kind.COMMENT, Kind.REPLY} <= covered(pages)


def test_uploads_are_media_and_are_found_in_posts(site: WordPressSite) -> None:
    upload = site.upload("scene.png", picture(7), "image/png")
    site.api(
        "POST",
        f"wp/v2/media/{number(upload)}",
        fields={"alt_text": "The scene", "caption": "At night"},
    )
    url = str(upload["source_url"])
    text = f'<!-- wp:image --><figure><img src="{url}" alt="x"/></figure><!-- /wp:image -->'
    publish(site, "One", text, featured_media=number(upload))
    pages = walk(site)
    [media], [post] = items(pages, Kind.MEDIA), items(pages, Kind.POST)
    assert (media.text, media.media[0].alt_text) == ("At night", "The scene")
    assert [ref.url for ref in post.media] == [url]
    assert post.media[0].size == len(picture(7))
    assert requests.get(post.media[0].url, timeout=30).content == picture(7)


def test_custom_types_and_pages_are_read(site: WordPressSite) -> None:
    page = number(
        site.api(
            "POST", "wp/v2/pages", fields={"title": "About", "content": "x", "status": "publish"}
        )
    )
    notice = number(
        site.api(
            "POST", "wp/v2/notices", fields={"title": "Boil", "content": "x", "status": "publish"}
        )
    )
    found = {(i.kind, i.id, i.extra.get("type")) for i in items(walk(site), Kind.POST, Kind.PAGE)}
    assert found == {(Kind.PAGE, str(page), None), (Kind.POST, str(notice), "notice")}


def test_new_finds_edits_backdated_posts_and_comments_beside_a_scheduled_post(
    site: WordPressSite,
) -> None:
    olds = [publish(site, f"Post {n}", date_gmt=f"2020-01-{n + 1:02}T00:00:00") for n in range(25)]
    publish(site, "Parade", status="future", date_gmt="2090-01-01T00:00:00")
    first = walk(site, Window.NEW)
    back = publish(site, "From 2012", date_gmt="2012-01-01T00:00:00")
    site.api("POST", f"wp/v2/posts/{olds[0]}", fields={"content": "changed"})
    late = comment(site, olds[1], "Late")
    second = walk(site, Window.NEW, after=first)
    found = {item.id: item for item in items(second, Kind.POST, Kind.COMMENT)}
    assert {str(back), str(olds[0]), str(late)} <= set(found)
    assert found[str(olds[0])].text == "changed"
    assert str(olds[2]) not in found


def test_recent_is_limited_by_the_day_of_publication(site: WordPressSite) -> None:
    old = publish(site, "Old", date_gmt="2020-01-01T00:00:00")
    new = publish(site, "New")
    since = datetime.now(UTC) - timedelta(days=7)
    pages = walk(site, Window.RECENT, since=since)
    ids = {item.id for item in items(pages, Kind.POST)}
    assert str(new) in ids
    assert str(old) not in ids
    assert {cover.since for page in pages for cover in page.covers} == {since}


def test_deletions_during_a_walk_make_it_skip_nothing(site: WordPressSite) -> None:
    ids = [publish(site, f"Post {n}") for n in range(24)]
    seen: set[str] = set()
    doomed = ids[18:]
    for page in connector(site, per_page="6").poll(Window.FULL, cursor=None, since=None):
        seen.update(item.id for item in page.items)
        if doomed and str(ids[-1]) in seen:
            for post in doomed:
                site.api("DELETE", f"wp/v2/posts/{post}?force=true")
            doomed = []
    assert {str(each) for each in ids[:18]} <= seen


def test_an_authors_account_covers_nothing_that_the_site_holds_back(site: WordPressSite) -> None:
    publish(site, "Chief's draft", status="draft")
    author = connector(site, "officer", types="post")
    cursor = {"v": 1, "total": 0}  # a walk begun before: counting comments is refused as well
    with pytest.raises(PermissionLost, match="not allowed to edit comments"):
        list(author.poll(Window.FULL, cursor=cursor, since=None))
    walked = author.poll(Window.FULL, cursor=cursor, since=None)
    first_two = [next(walked), next(walked)]
    assert items(first_two, Kind.POST) == []
    assert Kind.POST not in covered(first_two)
    assert "an Editor's account sees all" in first_two[1].notes[0]


def test_lookups(site: WordPressSite) -> None:
    here, private, trashed, gone = (publish(site, name) for name in "abcd")
    notice = number(
        site.api(
            "POST", "wp/v2/notices", fields={"title": "n", "content": "x", "status": "publish"}
        )
    )
    site.api("POST", f"wp/v2/posts/{private}", fields={"status": "private"})
    site.api("DELETE", f"wp/v2/posts/{trashed}")
    site.api("DELETE", f"wp/v2/posts/{gone}?force=true")
    held = comment(site, here, "held", status="hold")
    wanted = {
        (Kind.POST, here): (Presence.PRESENT, None),
        (Kind.POST, private): (Presence.HIDDEN, Evidence.HIDDEN),
        (Kind.POST, trashed): (Presence.GONE, Evidence.OWN_DELETION),
        (Kind.POST, gone): (Presence.GONE, Evidence.UNKNOWN),
        (Kind.POST, notice): (Presence.PRESENT, None),
        (Kind.COMMENT, held): (Presence.HIDDEN, Evidence.HIDDEN),
        (Kind.COMMENT, 99999): (Presence.GONE, Evidence.UNKNOWN),
    }
    targets = [Target(kind=kind, id=str(each)) for kind, each in wanted]
    found = connector(site).lookup(targets)
    assert {(f.target.kind, int(f.target.id)): (f.presence, f.evidence) for f in found} == wanted
    wanted[Kind.POST, trashed] = (Presence.HIDDEN, Evidence.HIDDEN)  # the public cannot tell
    found = connector(site, None).lookup(targets)
    assert {(f.target.kind, int(f.target.id)): (f.presence, f.evidence) for f in found} == wanted


def test_counts_agree_with_a_full_walk(site: WordPressSite) -> None:
    post = publish(site, "One")
    site.api("DELETE", f"wp/v2/posts/{publish(site, 'Two')}")
    first = comment(site, post, "a")
    comment(site, post, "b", parent=first)
    site.upload("scene.png", picture(7), "image/png")
    counts = connector(site).count()
    assert counts is not None
    assert counts.exact
    assert counts.by_kind == {
        Kind.POST: 2,
        Kind.PAGE: 0,
        Kind.MEDIA: 1,
        Kind.COMMENT: 1,
        Kind.REPLY: 1,
    }


def test_signed_out_only_the_public_view_is_read(site: WordPressSite) -> None:
    post = publish(site, "Public", "<p>x</p>")
    publish(site, "Draft", status="draft")
    comment(site, post, "Seen")
    comment(site, post, "Held", status="hold")
    pages = walk(site, user=None)
    assert [i.title or i.text for i in items(pages, Kind.POST, Kind.COMMENT)] == [
        "Public",
        "<p>Seen</p>\n",
    ]


def test_a_wrong_password_is_refused(site: WordPressSite) -> None:
    account = Account(slug="news", platform="wordpress", address=site.url)
    secrets = Credentials({"user": "records", "application_password": "not this one"})
    wrong = WordPress(account, PlainHttp(), secrets)
    with pytest.raises(AuthFailed):
        wrong.check()
    with pytest.raises(AuthFailed):
        list(wrong.poll(Window.NEW, cursor=None, since=None))


def test_the_api_is_found_by_query_when_permalinks_are_plain(site: WordPressSite) -> None:
    publish(site, "One")
    pages = walk(site, api=f"{site.url}/index.php?rest_route=/")
    assert [item.title for item in items(pages, Kind.POST)] == ["One"]


# -- removals ---------------------------------------------------------------------------------


def state(site: WordPressSite, route: str) -> str:
    """The status WordPress itself gives, or "gone"."""
    answer = site.send("GET", f"wp/v2/{route}?context=edit")
    return "gone" if answer.status_code == 404 else str(answer.json()["status"])


def test_posts_pages_and_comments_go_into_the_trash_and_come_no_second_time(
    site: WordPressSite,
) -> None:
    post, other = publish(site, "Goes"), publish(site, "Stays")
    page = number(site.api("POST", "wp/v2/pages", fields={"title": "p", "status": "publish"}))
    notice = number(site.api("POST", "wp/v2/notices", fields={"title": "n", "status": "publish"}))
    first, below = comment(site, other, "Idiots"), comment(site, post, "Along")
    reply = comment(site, other, "Really", parent=first)
    remover = connector(site)
    for kind, each, route in (
        (Kind.POST, post, "posts"),
        (Kind.PAGE, page, "pages"),
        (Kind.POST, notice, "notices"),
        (Kind.COMMENT, first, "comments"),
        (Kind.REPLY, reply, "comments"),
    ):
        target = Target(kind=kind, id=str(each))
        assert remover.can_remove(target, Removal.DELETE) == ""
        removed = remover.remove(target, Removal.DELETE)
        assert (removed.done, removed.already) == (True, False), removed
        assert removed.statement == (
            'WordPress answered status "trash"; read again, it is in the trash'
        )
        assert state(site, f"{route}/{each}") == "trash"
        again = remover.remove(target, Removal.DELETE)
        assert (again.done, again.already) == (True, True)
    assert state(site, f"comments/{below}") == "post-trashed"
    assert state(site, f"posts/{other}") == "publish"


def test_only_the_option_deletes_for_good_and_files_no_other_way(site: WordPressSite) -> None:
    post = publish(site, "Goes")
    said = comment(site, publish(site, "Stays"), "Goes")
    file = number(site.upload("scene.png", picture(7), "image/png"))
    media = Target(kind=Kind.MEDIA, id=str(file))
    with pytest.raises(Permanent, match="delete_for_good"):
        connector(site).remove(media, Removal.DELETE)
    assert state(site, f"media/{file}") == "inherit"
    remover = connector(site, delete_for_good="yes")
    for kind, each, route in (
        (Kind.POST, post, "posts"),
        (Kind.COMMENT, said, "comments"),
        (Kind.MEDIA, file, "media"),
    ):
        removed = remover.remove(Target(kind=kind, id=str(each)), Removal.DELETE)
        assert removed.done, removed
        assert "WordPress answered deleted" in removed.statement
        assert state(site, f"{route}/{each}") == "gone"


def test_posts_and_comments_are_hidden_and_shown_again(site: WordPressSite) -> None:
    post = publish(site, "One", date_gmt="2020-02-03T04:05:06")
    origin = {"author_ip": "203.0.113.9", "author_user_agent": "Old browser"}
    said = comment(site, post, "Idiots", **origin)
    tried = [(Kind.POST, post, f"posts/{post}", "publish", {"hide_posts_as": "private"})]
    tried.append((Kind.POST, post, f"posts/{post}", "publish", {"hide_posts_as": "draft"}))
    for status in ("hold", "spam", "trash"):
        options = {"hide_comments_as": status}
        tried.append((Kind.COMMENT, said, f"comments/{said}", "approved", options))
    for kind, each, route, shown, options in tried:
        target, remover = Target(kind=kind, id=str(each)), connector(site, **options)
        assert remover.remove(target, Removal.HIDE).done
        assert [state(site, route)] == list(options.values())
        assert remover.remove(target, Removal.HIDE).already  # and WordPress is not asked
        assert remover.remove(target, Removal.UNHIDE).done
        assert state(site, route) == shown
    assert site.api("GET", f"wp/v2/posts/{post}")["date_gmt"] == "2020-02-03T04:05:06"
    kept = site.api("GET", f"wp/v2/comments/{said}?context=edit")
    assert {name: kept[name] for name in origin} == origin  # WordPress would note our own
    later = publish(site, "Later", status="future", date_gmt="2090-01-01T00:00:00")
    assert connector(site).remove(Target(kind=Kind.POST, id=str(later)), Removal.HIDE).done
    assert state(site, f"posts/{later}") == "private"


def test_an_author_may_remove_nothing_of_others(site: WordPressSite) -> None:
    post = publish(site, "Chief's")
    said = comment(site, post, "Idiots")
    author = connector(site, "officer")
    for kind, each, right in (
        (Kind.POST, post, "delete_others_posts"),
        (Kind.COMMENT, said, "moderate_comments"),
    ):
        target = Target(kind=kind, id=str(each))
        assert right in author.can_remove(target, Removal.DELETE)
        with pytest.raises(PermissionLost, match="role Editor"):
            author.remove(target, Removal.DELETE)
    assert state(site, f"posts/{post}") == "publish"
    assert state(site, f"comments/{said}") == "approved"


def test_removals_use_their_own_credentials(site: WordPressSite) -> None:
    post = publish(site, "Goes")
    secrets = {
        "user": "officer",
        "application_password": site.users["officer"].application_password,
        "remover_user": "records",
        "remover_application_password": site.users["records"].application_password,
    }
    account = Account(slug="news", platform="wordpress", address=site.url)
    both = WordPress(account, PlainHttp(), Credentials(secrets))
    assert not both.check().ok  # an author reads
    assert both.remove(Target(kind=Kind.POST, id=str(post)), Removal.DELETE).done
