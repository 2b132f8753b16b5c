"""No credential reaches a record, a row, a log line or a terminal, in whatever spelling.

The simulated platforms echo the credentials back wherever real ones do: in `paging.next`, in
Location and Set-Cookie, in error texts, in what people post. Captures of all windows run,
good ones and failing ones, while every library logs as much as it can. Then everything that
was written is searched.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest
from werkzeug.wrappers import Request, Response

from archiver import logs
from archiver.cli.main import run
from archiver.demo.simulators.base import Fault, Loopback, SimulatedTime, Simulator
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.wordpress_world import User
from archiver.demo.simulators.x import XSimulator
from archiver.demo.simulators.x_door import Credentials
from archiver.model.queries import browse
from archiver.wiring import Archive
from config.settings import Log
from connectors.base import Window
from connectors.registry import connector_class
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.canaries import Hit, Search, spellings
from tests.support.clock import NOON, FakeClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LIBRARIES = ("tweepy", "urllib3", "requests_oauthlib", "oauthlib", "facebook", "requests")
UNEXPECTED = 70  # the exit code of a fault that nobody foresaw
UNREGISTERED = "notACredential8K3Q"  # the same search must find this one


class Echo(Simulator):
    """Puts a platform behind a talkative proxy: cookies, headers and gzip around its answers."""

    def __init__(self, inner: Simulator, told: Iterable[str]) -> None:
        super().__init__(inner.time)
        self.name = inner.name
        self.inner = inner
        self._told = list(told)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = Response.from_app(self.inner, environ)
        for number, secret in enumerate(self._told):
            encoded = base64.b64encode(f"user-{number}:{secret}".encode()).decode()
            response.headers.add("Set-Cookie", f"s{number}={quote(secret, safe='')}; Path=/")
            response.headers.add(f"X-Seen-{number}", json.dumps(secret))
            response.headers.add(f"X-Session-{number}", encoded)
        body = response.get_data()
        whole = response.headers.get("Content-Length", str(len(body))) == str(len(body))
        if whole and "gzip" in Request(environ).headers.get("Accept-Encoding", ""):
            response.set_data(gzip.compress(body))
            response.headers["Content-Encoding"] = "gzip"
        return response(environ, start_response)


@dataclass
class Stage:
    """One platform with its planted credentials and what can be done to it."""

    platform: str
    inner: Simulator
    credentials: Mapping[str, str]
    address: Callable[[str], str]
    options: Callable[[str], Mapping[str, str]]
    publish: Callable[[str], object]
    change: Callable[[], object]
    path: str  # part of the address of what is asked first
    derived: Mapping[str, str] = field(default_factory=dict)

    def canaries(self) -> dict[str, str]:
        """What must not be found: credentials, what follows from them, every signature."""
        names = {c.name for c in connector_class(self.platform).credentials if not c.secret}
        found = {
            f"{self.platform} {name}": value
            for name, value in self.credentials.items()
            if name not in names
        }
        found |= {f"{self.platform} {name}": value for name, value in self.derived.items()}
        for number, seen in enumerate(self.inner.seen):
            header = seen.headers.get("Authorization", "")
            for signature in re.findall(r'oauth_signature="([^"]+)"', header):
                found[f"signature {number}"] = unquote(signature)
            if header.startswith("Basic "):
                found["basic"] = header.removeprefix("Basic ")
        return found


def _x(time: SimulatedTime) -> Stage:
    given = Credentials(
        bearer_token='AAAA%2Fcanarybearer0001/er+tok="q\\u',
        consumer_key="canaryconsumerkey01/+=&é",
        consumer_secret='canaryconsumersecret/+="\\ %',
        access_token="501-canaryaccesstoken/+é=",
        access_token_secret="canaryaccesssecret1/+'&<>",
    )
    sim = XSimulator(time, credentials=given)
    sim.seed(8)
    tip = sim.publish("A tip that is deleted later")
    return Stage(
        platform="x",
        inner=sim,
        credentials=given.as_files(),
        address=lambda url: "@springfieldpd",
        options=lambda url: {"api": url},
        publish=sim.publish,
        change=lambda: sim.delete(tip),
        path="/2/",
    )


def _facebook(time: SimulatedTime) -> Stage:
    token = 'EAABcanarypagetoken1/+="q\\t&x=1%2F'
    secret = "canaryappsecret0001/+é<&"
    sim = FacebookSimulator(time, token=token, app_secret=secret)
    sim.page.seed(8)
    post = sim.page.publish("A post that is deleted later")
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    return Stage(
        platform="facebook",
        inner=sim,
        credentials={"page_token": token, "app_secret": secret},
        address=lambda url: sim.page_id,
        options=lambda url: {"api": url, "posts_at_once": "2"},
        publish=sim.page.publish,
        change=lambda: sim.page.delete(post),
        path="/v26.0/",
        derived={"appsecret_proof": proof},
    )


def _wordpress(time: SimulatedTime) -> Stage:
    word = 'cana rywo rdpr essp assw /+="é\\'
    login = "canarylogin@springfield.example"
    sim = WordPressSimulator(time)
    sim.users[login] = User(7, login, "Records Section", "administrator", word)
    sim.seed(8)
    post = sim.publish("Later deleted", "<p>A notice</p>")
    return Stage(
        platform="wordpress",
        inner=sim,
        credentials={"user": login, "application_password": word},
        address=lambda url: url,
        options=lambda url: {"per_page": "3"},
        publish=lambda text: sim.publish("Notice", f"<p>{text}</p>"),
        change=lambda: sim.delete(post),
        path="/wp-json/wp/v2/",
    )


def _feed(time: SimulatedTime) -> Stage:
    user, word = "canaryfeeduser1/é", 'canaryfeedword01/+="\\ é&'
    sim = FeedSite(time, paging="next", window=3, user=(user, word))
    sim.seed(8)
    post = sim.publish("Later deleted", "<p>A notice</p>")
    return Stage(
        platform="feed",
        inner=sim,
        credentials={"username": user, "password": word},
        address=lambda url: f"{url}/feed.json",
        options=lambda url: {},
        publish=lambda text: sim.publish("Notice", f"<p>{text}</p>"),
        change=lambda: sim.delete(post),
        path="/feed.json",
    )


STAGES = {"x": _x, "facebook": _facebook, "wordpress": _wordpress, "feed": _feed}


@pytest.fixture
def libraries_talk() -> Iterator[None]:
    """Every library logs whatever it can; what was set before comes back."""
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in LIBRARIES}
    handlers, level = list(root.handlers), root.level
    yield
    for name, was in before.items():
        logging.getLogger(name).setLevel(was)
    for added in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(added)
    root.setLevel(level)
    logging.captureWarnings(False)


def _faults(stage: Stage, url: str) -> Iterator[Fault]:
    """What goes wrong, each with the credentials in it as platforms put them there."""
    secrets = list(stage.credentials.values())
    told = json.dumps({"error": {"message": f"Malformed token {secrets}", "code": 190}})
    query = "&".join(f"k{n}={quote(s, safe='')}" for n, s in enumerate(secrets))
    for status in (400, 401, 403, 404, 429, 500, 503):
        yield Fault(status=status, body=told, headers={"Content-Type": "application/json"})
    yield Fault(status=302, headers={"Location": f"{url}{stage.path}?{query}"})
    yield Fault(status=302, headers={"Location": f"http://127.0.0.1:9/{quote(secrets[0])}?{query}"})
    yield Fault(status=301, headers={"Location": f"ftp://{quote(secrets[-1], safe='')}@h/{query}"})
    yield Fault(status=200, body=f"<html>{secrets}</html>")
    yield Fault(cut_after=40)
    yield Fault(break_json=True)


def _capture_everything(archive: Archive, slug: str, stage: Stage, url: str) -> None:
    """All windows, good and bad, and the questions that capture nothing."""
    for window in (Window.FULL, Window.NEW, Window.RECENT):
        assert archive.captures.capture(slug, window).error is None
    stage.change()
    for _ in range(2):  # missed, and looked up again
        assert archive.captures.capture(slug, Window.RECENT).error is None
        assert archive.captures.capture(slug, Window.FULL).error is None
    archive.captures.count(slug)
    failed = 0
    for number, fault in enumerate(_faults(stage, url)):
        stage.inner.plan("/", fault, times=50)
        stage.publish(f"Notice number {number}")
        failed += archive.captures.capture(slug, tuple(Window)[number % 3]).error is not None
        stage.inner._faults.clear()  # the fault is over
    assert failed >= 10


@pytest.mark.parametrize("platform", sorted(STAGES))
@pytest.mark.usefixtures("libraries_talk")
def test_no_credential_is_written_anywhere(
    platform: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = STAGES[platform](SimulatedTime(NOON))
    log = tmp_path / "log.jsonl"
    with (
        Loopback() as loopback,
        log.open("w", encoding="utf-8") as stream,
        make_archive(tmp_path, clock=FakeClock(), retries=1, keep_all=True) as archive,
    ):
        logs.start(Log(level="debug", form="json"), archive.secrets, stream=stream)
        for name in LIBRARIES:
            logging.getLogger(name).setLevel(logging.DEBUG)
        url = loopback.serve(Echo(stage.inner, stage.credentials.values()))
        stage.inner.url = url
        entry = approved(archive, platform, stage.address(url), options=stage.options(url))
        give_credentials(archive, entry.slug, **stage.credentials)
        for secret in stage.credentials.values():
            stage.publish(f"We lost our key: {secret} was it, {UNREGISTERED}")
        _capture_everything(archive, entry.slug, stage, url)
        home = archive.settings.home
        printed = _look_at_everything(home, entry.slug, capfd)
        loopback.close()
        assert archive.captures.capture(entry.slug, Window.NEW).error is not None
        while_open = Search(stage.canaries()).home(home)
    search = Search(stage.canaries())
    hits = [*while_open, *search.home(home), *search.data(log.read_bytes(), "the log")]
    assert [*hits, *search.data(printed, "the terminal")] == []
    _the_search_works(home, printed)


def _look_at_everything(home: Path, slug: str, capfd: pytest.CaptureFixture[str]) -> bytes:
    """Whatever the command line shows of it."""
    for command in (
        ["status"], ["runs"], ["findings"], ["gaps"], ["records", "list"], ["accounts", "list"],
        ["accounts", "show", slug], ["accounts", "test", slug], ["verify", "--processes", "1"],
        ["config", "show"], ["audit", slug], ["capture", slug],
        *(["records", "show", str(number)] for number in range(1, 12)),
    ):  # fmt: skip
        for form in ([], ["--json"]) if command[0] in ("status", "runs", "records") else ([],):
            assert run(["--home", str(home), *command, *form]) != UNEXPECTED
    seen = capfd.readouterr()
    return (seen.out + seen.err).encode()


def _the_search_works(home: Path, printed: bytes) -> None:
    """What no one registered is there, and the very same search finds it."""
    control = Search({"control": UNREGISTERED})
    places = " ".join(hit.where for hit in control.home(home))
    for expected in (".warc.gz (unpacked)", "response record, decoded", "versions.words"):
        assert expected in places
    assert "archiver.db" in places
    assert control.data(printed, "the terminal")


@pytest.mark.parametrize("spelling", spellings('c4nary/+="é\\ %<&'))
def test_every_spelling_can_be_found(spelling: str, tmp_path: Path) -> None:
    secret = 'c4nary/+="é\\ %<&'
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "leak").write_bytes(b"x" + spellings(secret)[spelling] + b"y")
    found = Search({"planted": secret}).home(tmp_path)
    assert Hit("planted", spelling, "spool/leak (as it is)") in found


def test_a_login_name_that_is_an_ordinary_word_stays_in_the_records(tmp_path: Path) -> None:
    sim = WordPressSimulator(SimulatedTime(NOON))
    sim.publish("Ask for it", "<p>Whom to ask for public records</p>")
    user = sim.users["records"]
    with Loopback() as loopback, make_archive(tmp_path, clock=FakeClock()) as archive:
        entry = approved(archive, "wordpress", loopback.serve(sim))
        give_credentials(
            archive, entry.slug, user=user.login, application_password=user.application_password
        )
        assert archive.captures.capture(entry.slug, Window.FULL).error is None
        assert "public records" in _words(archive)


def _words(archive: Archive) -> str:
    with archive.database.read() as connection:
        return " ".join(line.words for line in browse.list_records(connection))
