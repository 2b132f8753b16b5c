"""The WordPress connector: sign-in, discovery, refusals, lookups, counts, items' contents."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.wordpress_files import picture
from connectors.base import Account, Credentials, Evidence, Kind, Presence, Target, Window
from connectors.errors import (
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.wordpress import WordPress
from connectors.wordpress.content_media import media_in
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.wordpress_stage import PASSWORD, Stage, covered, items_of, staged


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as made:
        yield made


@pytest.fixture
def stage(loopback: Loopback) -> Stage:
    return staged(loopback)


# -- finding the site and signing in ----------------------------------------------------------


def test_check_names_the_site_and_the_user(stage: Stage) -> None:
    check = stage.connector().check()
    assert check.ok
    assert check.identity == f"Springfield Police Department ({stage.site.url})"
    assert check.statements == ('signed in as "Records Section"',)


def test_check_says_what_a_lesser_account_cannot_read(stage: Stage) -> None:
    stage.site.users["records"].role = "author"
    check = stage.connector().check()
    assert not check.ok
    assert any("held, marked as spam" in statement for statement in check.statements)


def test_check_without_credentials_says_what_is_captured(stage: Stage) -> None:
    check = stage.connector(user=None).check()
    assert check.ok
    assert "only what every visitor can see" in check.statements[0]


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("pretty", [True, False])
def test_the_api_is_found_with_and_without_permalinks_and_link_header(
    stage: Stage, link: bool, pretty: bool
) -> None:
    stage.site.publish("One", "x")
    stage.site.link_header, stage.site.pretty_permalinks = link, pretty
    assert [item.title for item in items_of(stage.walk())] == ["One"]


def test_the_option_api_spares_the_search(stage: Stage) -> None:
    stage.walk(api=f"{stage.site.url}/?rest_route=/")
    assert all("rest_route" in url for url in stage.http.exchanges)


def test_a_site_without_the_api_is_named_so(stage: Stage) -> None:
    stage.site.link_header = stage.site.pretty_permalinks = False
    stage.site.plan("/", Fault(status=404, body="<h1>Not found</h1>"), times=3)
    with pytest.raises(Misconfigured, match="no WordPress REST API"):
        stage.connector().check()


def test_wrong_credentials_are_refused_without_showing_them(stage: Stage) -> None:
    with pytest.raises(AuthFailed, match="invalid application password") as caught:
        stage.connector(password="wrong horse").check()
    assert "wrong horse" not in str(caught.value)
    assert caught.value.exchange


def test_a_stripped_authorization_header_is_explained(stage: Stage) -> None:
    stage.site.strip_authorization = True
    for ask in (stage.connector().check, stage.walk, stage.connector().count):
        with pytest.raises(AuthFailed, match="strips the Authorization header"):
            ask()


def test_half_credentials_are_refused(stage: Stage) -> None:
    account = Account(slug="news", platform="wordpress", address=stage.site.url)
    with pytest.raises(Misconfigured, match="both credentials"):
        WordPress(account, PlainHttp(), Credentials({"user": "records"}))


def test_the_password_goes_to_the_api_only_and_its_encoding_is_masked(stage: Stage) -> None:
    stage.site.publish("One", "x")
    stage.walk()
    home = [seen for seen in stage.site.seen if seen.path == "/"]
    assert home
    assert not any("Authorization" in seen.headers for seen in home)
    encoded = base64.b64encode(f"records:{PASSWORD}".encode()).decode()
    sent = {s.headers.get("Authorization") for s in stage.site.seen if "wp-json" in s.path}
    assert sent == {f"Basic {encoded}"}
    assert encoded in stage.http.masked


def test_the_password_is_not_sent_over_plain_http_beyond_this_machine() -> None:
    account = Account(
        slug="news",
        platform="wordpress",
        address="http://springfieldpd.example",
        options={"api": "http://springfieldpd.example/wp-json/"},
    )
    http = PlainHttp()
    credentials = Credentials({"user": "records", "application_password": PASSWORD})
    with pytest.raises(Misconfigured, match="plain http"):
        WordPress(account, http, credentials).check()
    assert http.exchanges == []


def test_an_api_on_another_host_does_not_get_the_password(stage: Stage, loopback: Loopback) -> None:
    other = WordPressSimulator()
    loopback.serve(other)
    link = {"Link": f'<{other.url}/wp-json/>; rel="https://api.w.org/"'}
    stage.site.plan("/", Fault(status=200, headers=link))
    with pytest.raises(Misconfigured, match="on another host"):
        stage.connector().check()
    assert other.seen == []


# -- refusals and damage ----------------------------------------------------------------------


def test_maintenance_mode_is_transient(stage: Stage) -> None:
    stage.site.maintenance = True
    with pytest.raises(Transient, match="maintenance") as caught:
        stage.connector(api=f"{stage.site.url}/wp-json/").check()
    assert caught.value.again


@pytest.mark.parametrize("body", ["<h1>Forbidden</h1>", '{"error":"blocked","code":1020}', ""])
@pytest.mark.parametrize("status", [401, 403, 406])
def test_what_stands_in_front_of_a_site_is_told_apart_from_a_site_without_the_api(
    stage: Stage, status: int, body: str
) -> None:
    stage.site.link_header = False
    stage.site.plan("/", Fault(status=status, body=body), times=9)
    with pytest.raises(Transient, match="in front of the site refuses: let the archiver's") as hit:
        stage.connector().check()
    assert hit.value.exchange


def test_an_api_that_the_site_itself_shuts_is_a_matter_of_permission(stage: Stage) -> None:
    stage.site.link_header = False
    body = '{"code":"rest_login_required","message":"Sign in.","data":{"status":403}}'
    stage.site.plan("/wp-json/", Fault(status=403, body=body), times=9)
    with pytest.raises(PermissionLost, match=r'403 rest_login_required "Sign in\."'):
        stage.connector().check()


def test_a_firewalls_page_is_transient_and_says_what_to_do(stage: Stage) -> None:
    stage.site.login_wall = True
    with pytest.raises(Transient, match="firewall or login wall") as caught:
        stage.walk(api=f"{stage.site.url}/wp-json/")
    assert caught.value.again


@pytest.mark.parametrize(
    ("given", "after", "until"),
    [
        ("120", 120.0, None),
        ("Fri, 20 Nov 2026 16:00:00 GMT", None, datetime(2026, 11, 20, 16, tzinfo=UTC)),
        ("", None, None),
    ],
)
def test_slow_down_carries_the_time(
    stage: Stage, given: str, after: float | None, until: datetime | None
) -> None:
    headers = {"Retry-After": given} if given else {}
    stage.site.plan("/wp/v2/posts", Fault(status=429, headers=headers))
    with pytest.raises(RateLimited) as caught:
        stage.walk()
    assert (caught.value.after, caught.value.until) == (after, until)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(status=403, body='{"code":"rest_x","message":"No."}'), PermissionLost, "rest_x"),
        (Fault(status=404, body='{"code":"rest_no_route","message":"No."}'), Permanent, "no_route"),
        (Fault(status=500, body="oops"), Transient, "500"),
        (Fault(break_json=True), BadAnswer, "should bring JSON"),
        (Fault(status=200, body="<html>Welcome</html>"), BadAnswer, "<html>Welcome"),
        (Fault(status=200, body='{"a":1}'), BadAnswer, "should bring a list"),
        (Fault(status=200, body='[{"title":"x"}]'), BadAnswer, "without an id"),
        (Fault(status=200, body="[3]"), BadAnswer, "without an id"),
    ],
)
def test_what_goes_wrong_is_named(
    stage: Stage, fault: Fault, error: type[ConnectorError], words: str
) -> None:
    stage.site.plan("/wp/v2/pages", fault, times=3, skip=1)  # the first one only counts
    with pytest.raises(error, match=words) as caught:
        stage.walk()
    assert caught.value.exchange
    assert type(caught.value) is error


def test_php_messages_before_the_json_are_skipped_and_reported(stage: Stage) -> None:
    stage.site.publish("One", "x")
    stage.site.php_noise = True
    pages = stage.walk()
    assert [item.title for item in items_of(pages)] == ["One"]
    assert any("PHP" in note for page in pages for note in page.notes)


def test_a_custom_type_that_is_refused_is_a_note_and_stops_nothing(stage: Stage) -> None:
    stage.site.types["notice"] = "notices"
    post = stage.site.publish("One", "x")
    stage.site.comment(post, "Thanks")
    refusal = Fault(status=403, body='{"code":"rest_cannot_view","message":"No."}')
    stage.site.plan("/wp/v2/notices", refusal, times=9)
    for window in (Window.FULL, Window.NEW):
        pages = stage.walk(window)
        assert [item.kind for item in items_of(pages)] == [Kind.POST, Kind.COMMENT]
        assert Kind.POST not in covered(pages)
        assert any('"notice" cannot be read' in note for page in pages for note in page.notes)


# -- lookups and counts -----------------------------------------------------------------------


def test_lookup_signed_in_tells_hidden_trashed_and_gone_apart(stage: Stage) -> None:
    site = stage.site
    site.types["notice"] = "notices"
    here, private, trashed, gone = (site.publish(name, "x") for name in "abcd")
    notice = site.publish("Notice", "x", type="notice")
    site.hide(private)
    site.trash(trashed)
    site.delete(gone)
    held, spam, binned = (site.comment(here, s, status=s) for s in ("hold", "spam", "trash"))
    wanted = {
        (Kind.POST, here): (Presence.PRESENT, None),
        (Kind.POST, private): (Presence.HIDDEN, Evidence.HIDDEN),
        (Kind.POST, trashed): (Presence.GONE, Evidence.OWN_DELETION),
        (Kind.POST, gone): (Presence.GONE, Evidence.UNKNOWN),
        (Kind.POST, notice): (Presence.PRESENT, None),
        (Kind.COMMENT, held): (Presence.HIDDEN, Evidence.HIDDEN),
        (Kind.COMMENT, spam): (Presence.HIDDEN, Evidence.HIDDEN),
        (Kind.COMMENT, binned): (Presence.GONE, Evidence.OWN_DELETION),
        (Kind.REPLY, 999): (Presence.GONE, Evidence.UNKNOWN),
    }
    targets = [Target(kind=kind, id=str(number)) for kind, number in wanted]
    found = list(stage.connector().lookup(targets))
    assert {(f.target.kind, int(f.target.id)): (f.presence, f.evidence) for f in found} == wanted
    assert all(finding.exchange for finding in found)
    by_id = {finding.target.id: finding.statement for finding in found}
    assert by_id[str(gone)] == '404 rest_post_invalid_id "Invalid post ID."'


def test_lookup_signed_out_calls_a_withdrawn_post_hidden_not_gone(stage: Stage) -> None:
    site = stage.site
    site.types["notice"] = "notices"
    private, trashed, gone = (site.publish(name, "x") for name in "abc")
    notice = site.publish("d", "x", type="notice")
    comment = site.comment(private, "x")
    site.hide(private)
    site.hide(notice)
    site.trash(trashed)
    site.delete(gone)
    posts = (private, trashed, gone, notice)
    targets = [Target(kind=Kind.POST, id=str(number)) for number in posts]
    targets.append(Target(kind=Kind.COMMENT, id=str(comment)))
    found = list(stage.connector(user=None).lookup(targets))
    presences = {(f.target.kind, int(f.target.id)): f.presence for f in found}
    assert presences == {
        (Kind.POST, private): Presence.HIDDEN,
        (Kind.POST, trashed): Presence.HIDDEN,
        (Kind.POST, gone): Presence.GONE,
        (Kind.POST, notice): Presence.HIDDEN,
        (Kind.COMMENT, comment): Presence.HIDDEN,
    }
    hidden = next(f for f in found if f.presence is Presence.HIDDEN)
    assert "401 rest_" in hidden.statement


def test_a_wall_before_the_site_is_no_finding(stage: Stage) -> None:
    post = stage.site.publish("One", "x")
    stage.site.hide(post)
    wall = Fault(status=401, body='{"code":"rest_login_required","message":"Members only."}')
    stage.site.plan(f"/posts/{post}", wall)
    with pytest.raises(PermissionLost, match="Members only"):
        list(stage.connector(user=None).lookup([Target(kind=Kind.POST, id=str(post))]))


def test_lookup_of_no_id_and_of_the_site_itself(stage: Stage) -> None:
    targets = [Target(kind=Kind.POST, id="x1"), Target(kind=Kind.PROFILE, id="site")]
    found = {f.target.id: f.presence for f in stage.connector().lookup(targets)}
    assert found == {"x1": Presence.UNREACHABLE, "site": Presence.PRESENT}


def test_counts_are_exact_signed_in_and_agree_with_a_full_walk(stage: Stage) -> None:
    stage.site.seed(12)
    stage.site.trash(stage.site.publish("Trashed", "x"))
    counts = stage.connector().count()
    assert counts is not None
    assert counts.exact
    walked: dict[Kind, int] = {}
    for item in items_of(stage.walk()):
        if not item.superseded:
            walked[item.kind] = walked.get(item.kind, 0) + 1
    assert {kind: n for kind, n in counts.by_kind.items() if n} == walked


def test_counts_are_not_exact_signed_out(stage: Stage) -> None:
    counts = stage.connector(user=None).count()
    assert counts is not None
    assert not counts.exact


# -- what items hold --------------------------------------------------------------------------


def test_raw_text_is_kept_and_media_of_the_content_are_found(stage: Stage) -> None:
    file = stage.site.upload("scene.png", picture(3), "image/png", alt_text="The scene")
    url = f"{stage.site.url}/wp-content/uploads/2026/11/scene.png"
    text = f'<!-- wp:image --><img src="{url}?x=1" alt="At night"/><!-- /wp:image -->'
    stage.site.publish("One", text, featured=file)
    [post] = items_of(stage.walk(), Kind.POST)
    [media] = items_of(stage.walk(), Kind.MEDIA)
    assert post.text == text
    assert post.author.name == "Chief of Police"
    [ref] = post.media
    assert (ref.url, ref.alt_text, ref.size) == (url, "The scene", len(picture(3)))
    assert media.media[0].key == ref.key
    assert media.media[0].change_token


def test_a_replaced_file_changes_the_token_but_not_the_key(stage: Stage) -> None:
    file = stage.site.upload("scene.png", picture(3), "image/png")
    [before] = items_of(stage.walk(), Kind.MEDIA)
    stage.time.advance(hours=1)
    stage.site.replace_file(file, picture(4))
    [after] = items_of(stage.walk(), Kind.MEDIA)
    assert before.media[0].key == after.media[0].key
    assert before.media[0].change_token != after.media[0].change_token


def test_media_in_html() -> None:
    html = (
        '<a href="/wp-content/uploads/report.pdf">Report</a> <a href="/about/">About</a>'
        '<a href="https://other.example/x.pdf">Elsewhere</a>'
        '<img src="data:image/png;base64,AAAA"><img src="https://cdn.example/a.jpg?w=9" alt="A">'
        '<video poster="/p.jpg"><source src="/v.mp4" type="video/mp4"></video>'
        '<audio src="/s.mp3"></audio><img src="http://[broken">'
    )
    found = media_in([html, html], "https://pd.example/news/")
    assert [(ref.key, ref.kind, ref.alt_text) for ref in found] == [
        ("pd.example/wp-content/uploads/report.pdf", "document", ""),
        ("cdn.example/a.jpg", "image", "A"),
        ("pd.example/p.jpg", "image", ""),
        ("pd.example/v.mp4", "video", ""),
        ("pd.example/s.mp3", "audio", ""),
    ]
