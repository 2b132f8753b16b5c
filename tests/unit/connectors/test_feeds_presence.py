"""Looking up feed entries: what proves a removal, and what proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.feeds import FeedSite
from connectors.base import Account, Credentials, Evidence, Finding, Kind, Presence, Target
from connectors.errors import RateLimited, Transient
from connectors.feeds import Feed
from tests.support.plain_http import PlainHttp


@pytest.fixture
def site() -> Iterator[FeedSite]:
    with Loopback() as loopback:
        site = FeedSite()
        loopback.serve(site)
        yield site


def ask(site: FeedSite, *targets: Target) -> list[Finding]:
    account = Account(slug="spd", platform="feed", address=site.url + "/feed.rss")
    return list(Feed(account, PlainHttp(), Credentials({})).lookup(targets))


def post_target(site: FeedSite, post: str) -> Target:
    return Target(kind=Kind.POST, id=post, permalink=site.permalink(post))


def test_a_page_that_answers_is_present(site: FeedSite) -> None:
    (finding,) = ask(site, post_target(site, site.publish("One", "x")))
    assert (finding.presence, finding.evidence) == (Presence.PRESENT, None)
    assert finding.exchange


def test_404_is_gone_without_a_reason_and_410_is_a_statement(site: FeedSite) -> None:
    one, two = site.publish("One", "x"), site.publish("Two", "y")
    site.delete(one)
    site.delete(two, gone=True)
    first, second = ask(site, post_target(site, one), post_target(site, two))
    assert (first.presence, first.evidence) == (Presence.GONE, Evidence.UNKNOWN)
    assert (second.presence, second.evidence) == (Presence.GONE, Evidence.PLATFORM)
    assert second.statement == "410 Gone"


def test_a_redirect_to_a_login_is_no_deletion(site: FeedSite) -> None:
    post = site.publish("One", "x")
    site.hide(post)
    (finding,) = ask(site, post_target(site, post))
    assert (finding.presence, finding.evidence) == (Presence.UNREACHABLE, Evidence.UNKNOWN)
    assert "/login" in finding.statement


def test_a_redirect_to_the_home_page_is_no_deletion(site: FeedSite) -> None:
    post = site.publish("One", "x")
    target = Target(kind=Kind.POST, id=post, permalink=f"{site.url}/old/{post}")
    site.plan("/old/", Fault(status=301, headers={"Location": "/"}))
    (finding,) = ask(site, target)
    assert finding.presence is Presence.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "presence", "evidence"),
    [
        (401, Presence.UNREACHABLE, Evidence.PERMISSION_LOST),
        (403, Presence.UNREACHABLE, Evidence.PERMISSION_LOST),
        (400, Presence.UNREACHABLE, Evidence.UNKNOWN),
        (405, Presence.UNREACHABLE, Evidence.UNKNOWN),
        (451, Presence.WITHHELD, Evidence.WITHHELD),
    ],
)
def test_a_refusal_is_no_deletion(
    site: FeedSite, status: int, presence: Presence, evidence: Evidence
) -> None:
    target = Target(kind=Kind.POST, id="x", permalink=f"{site.url}/p/x")
    site.plan("/p/x", Fault(status=status))
    (finding,) = ask(site, target)
    assert (finding.presence, finding.evidence) == (presence, evidence)


def test_a_comment_is_looked_for_in_its_page(site: FeedSite) -> None:
    post = site.publish("One", "x")
    kept, removed = site.comment(post, "Ned", "a"), site.comment(post, "Moe", "b")
    site.remove_comment(post, removed)
    targets = [
        Target(kind=Kind.COMMENT, id=c, permalink=c, thread_id=post) for c in (kept, removed)
    ]
    first, second = ask(site, *targets)
    assert first.presence is Presence.PRESENT
    assert second.presence is Presence.UNREACHABLE
    assert "no place #comment-" in second.statement


def test_an_entry_without_a_page_is_looked_for_in_the_feed_once(site: FeedSite) -> None:
    post = site.publish("One", "x")
    targets = [
        Target(kind=Kind.POST, id=post),
        Target(kind=Kind.POST, id="hash:0", permalink=site.url + "/"),
    ]
    first, second = ask(site, *targets)
    assert first.presence is Presence.PRESENT
    assert (second.presence, second.evidence) == (Presence.UNREACHABLE, Evidence.UNKNOWN)
    assert [seen.path for seen in site.seen] == ["/feed.rss"]


def test_the_profile_is_the_feed_itself(site: FeedSite) -> None:
    (finding,) = ask(site, Target(kind=Kind.PROFILE, id=site.url + "/feed.rss"))
    assert finding.presence is Presence.PRESENT


def test_one_page_that_fails_does_not_hide_the_others(site: FeedSite) -> None:
    post = site.publish("One", "x")
    broken = Target(kind=Kind.POST, id="b", permalink=f"{site.url}/broken")
    site.plan("/broken", Fault(status=500))
    account = Account(slug="spd", platform="feed", address=site.url + "/feed.rss")
    answers = Feed(account, PlainHttp(), Credentials({})).lookup([broken, post_target(site, post)])
    assert next(answers).target.id == post
    with pytest.raises(Transient, match="1 of 2 entries"):
        next(answers)


def test_a_rate_limit_stops_the_lookup_at_once(site: FeedSite) -> None:
    targets = [Target(kind=Kind.POST, id=str(n), permalink=f"{site.url}/p/{n}") for n in range(3)]
    site.plan("/p/", Fault(status=429), times=3)
    with pytest.raises(RateLimited):
        ask(site, *targets)
    assert len(site.seen) == 1


def test_the_password_is_not_given_to_the_site_of_a_page(site: FeedSite) -> None:
    with Loopback() as loopback:
        other = FeedSite()
        loopback.serve(other)
        account = Account(slug="spd", platform="feed", address=site.url + "/feed.rss")
        feed = Feed(account, PlainHttp(), Credentials({"username": "desk", "password": "secret"}))
        targets = [
            Target(kind=Kind.POST, id=u, permalink=u + "/p/1") for u in (site.url, other.url)
        ]
        assert len(list(feed.lookup(targets))) == 2
    assert "Authorization" in site.seen[0].headers
    assert "Authorization" not in other.seen[0].headers
