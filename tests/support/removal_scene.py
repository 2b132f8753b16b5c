"""Platforms with things on them that can be deleted or hidden, and what became of these."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archiver.demo.simulators.base import Fault, Seen, SimulatedTime, Simulator
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.mastodon import MastodonSimulator
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.wordpress_files import picture
from archiver.demo.simulators.wordpress_world import User
from archiver.demo.simulators.x import XSimulator
from connectors.base import Account, Credentials, Kind, Target
from connectors.recorded_http import Http
from connectors.registry import Guarded, connect
from connectors.removals import Removal
from tests.support.plain_http import PlainHttp
from tests.support.x_stage import Switchboard

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WEB_TEAM = "wxyz WXYZ stuv STUV"
OFFICER = "lmno LMNO pqrs PQRS"
READS = frozenset({"GET", "HEAD"})


def by_its_method(seen: Seen) -> bool:
    """Would the request change something, as far as its method tells?"""
    return seen.method not in READS


def credentials_in(seen: Seen) -> set[str]:
    """What a request shows of the credentials it was made with."""
    header = seen.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    if kind == "Basic":
        return set(base64.b64decode(value).decode().split(":"))
    return {value, *re.findall(r'oauth_token="([^"]+)"', value)} - {""}


@dataclass(frozen=True, slots=True)
class Case:
    """One removal of one thing; `state` asks the world, `wanted` is what it must be after."""

    target: Target
    removal: Removal
    state: Callable[[], str]
    wanted: str


@dataclass(slots=True)
class Scene:
    """A platform with both sets of credentials and cases by name.

    `servers` are the options that take the platform's address. `unable` are credentials for
    removals with which the platform changes nothing; without, those that read are such. `changes`
    tells whether a request would change something, `signed` which credentials stand behind it.
    """

    platform: str
    sim: Simulator
    address: str
    credentials: Mapping[str, str]
    cases: dict[str, Case] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    servers: Sequence[str] = ("api",)
    unable: Mapping[str, str] = field(default_factory=dict)
    changes: Callable[[Seen], bool] = by_its_method
    signed: Callable[[Seen], set[str]] = credentials_in

    def connect(
        self,
        http: Http | None = None,
        *,
        removing: bool = True,
        credentials: Mapping[str, str] | None = None,
        **options: str,
    ) -> Guarded:
        """A connector with both sets of credentials, or with the given ones."""
        servers = dict.fromkeys(self.servers, self.sim.url)
        account = Account(
            slug="spd",
            platform=self.platform,
            address=self.address or self.sim.url,
            options={**servers, **self.options, **options},
        )
        given = Credentials(self.credentials if credentials is None else credentials)
        return connect(account, http or PlainHttp(), given, removing=removing)

    def reading_only(self) -> dict[str, str]:
        """The credentials without those for removals."""
        return {n: v for n, v in self.credentials.items() if not n.startswith("remover_")}

    def marks(self, prefix: str) -> set[str]:
        """The values that show which set a request was made with: "" or "remover_"."""
        names = (
            "access_token", "page_token", "application_password", "app_password", "token",
            "refresh_token",
        )  # fmt: skip
        return {self.credentials[n] for each in names if (n := prefix + each) in self.credentials}

    def fail_changes(self, fault: Fault) -> None:
        """From now on changes meet this fault; readings go through."""
        self.sim._planned = lambda path: fault if self._changing() else None  # type: ignore[method-assign]

    def fail_reads_after_a_change(self, fault: Fault) -> None:
        """Once a change was made, readings meet this fault."""

        def planned(path: str) -> Fault | None:
            return fault if self.writes() and not self._changing() else None

        self.sim._planned = planned  # type: ignore[method-assign]

    def before_a_change(self, happens: Callable[[], object]) -> None:
        """Let something happen on the platform right before a change arrives there."""

        def planned(path: str) -> Fault | None:
            if self._changing():
                happens()
            return None

        self.sim._planned = planned  # type: ignore[method-assign]

    def _changing(self) -> bool:
        return self.changes(self.sim.seen[-1])

    def writes(self) -> list[Seen]:
        """The requests that would change something."""
        return [seen for seen in self.sim.seen if self.changes(seen)]


def put_up(board: Switchboard, scene: Scene) -> Scene:
    """The scene, with its platform behind the server."""
    scene.sim.url = board.url
    board.current = scene.sim
    return scene


def x_scene(vocabulary: str = "classic") -> Scene:
    """X, with an own post, reply and repost, and two replies by the public."""
    sim = XSimulator(SimulatedTime(NOON), vocabulary=vocabulary)
    sim.repost(sim.publish("Thank you all", by="mayor"))
    post = sim.publish("Road closed")
    reply = sim.publish("Until Friday", reply_to=post)
    rude, hidden = sim.comment(post, "Idiots", by="moe"), sim.comment(post, "Boo", by="nelson")
    sim.hide(hidden)
    repost = sim.world.of(sim.agency.id)[-1].newest.id

    def state(post_id: str) -> Callable[[], str]:
        def found() -> str:
            chain = sim.world.chain(post_id)
            return "gone" if chain is None else "hidden" if chain.hidden else "public"

        return found

    tokens = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    own = {f"remover_{name}": sim.remover.as_files()[name] for name in tokens}
    wanted = (
        ("own post", Kind.POST, post, Removal.DELETE, "gone"),
        ("own reply", Kind.REPLY, reply, Removal.DELETE, "gone"),
        ("repost", Kind.REPOST, repost, Removal.DELETE, "gone"),
        ("hide", Kind.COMMENT, rude, Removal.HIDE, "hidden"),
        ("unhide", Kind.COMMENT, hidden, Removal.UNHIDE, "public"),
    )
    cases = {
        name: Case(Target(kind=kind, id=each), removal, state(each), after)
        for name, kind, each, removal, after in wanted
    }
    return Scene("x", sim, "@springfieldpd", {**sim.credentials.as_files(), **own}, cases)


def mastodon_scene() -> Scene:
    """A Mastodon account with an own post, a reply and a repost."""
    sim = MastodonSimulator(SimulatedTime(NOON))
    shown = sim.publish("Thank you all", by="mayor")
    post, second = sim.publish("Road closed"), sim.publish("Two")
    reply = sim.publish("Until Friday", reply_to=sim.comment(second, "When?"))
    repost = sim.repost(shown)
    wanted = (
        ("own post", Kind.POST, post),
        ("own reply", Kind.REPLY, reply),
        ("repost", Kind.REPOST, repost),
    )

    def state(status_id: str) -> Callable[[], str]:
        return lambda: "public" if status_id in sim.world.statuses else "gone"

    cases = {
        name: Case(Target(kind=kind, id=each), Removal.DELETE, state(each), "gone")
        for name, kind, each in wanted
    }
    tokens = {"access_token": sim.token.value, "remover_access_token": sim.remover.value}
    return Scene("mastodon", sim, "@springfieldpd@city.example", tokens, cases)


def facebook_scene() -> Scene:
    """A Page with posts by itself and by a visitor, comments and a reply."""
    sim = FacebookSimulator(SimulatedTime(NOON))
    page = sim.page
    post, second, third = page.publish("Road closed"), page.publish("Two"), page.publish("Three")
    visit = page.visit("Where is my bike?")
    rude, worse, hidden = (page.comment(post, word) for word in ("Idiots", "Worse", "Boo"))
    reply = page.comment(rude, "Really")
    page.hide(hidden)
    page.hide(third)

    def state(thing_id: str) -> Callable[[], str]:
        def found() -> str:
            thing = page.posts.get(thing_id) or page.find_comment(thing_id)
            return "gone" if thing is None else "hidden" if thing.hidden else "public"

        return found

    wanted = (
        ("own post", Kind.POST, second, Removal.DELETE, "gone"),
        ("visitor's post", Kind.POST, visit, Removal.DELETE, "gone"),
        ("comment", Kind.COMMENT, worse, Removal.DELETE, "gone"),
        ("reply", Kind.REPLY, reply, Removal.DELETE, "gone"),
        ("hide", Kind.COMMENT, rude, Removal.HIDE, "hidden"),
        ("hide post", Kind.POST, post, Removal.HIDE, "hidden"),
        ("unhide", Kind.COMMENT, hidden, Removal.UNHIDE, "public"),
        ("unhide post", Kind.POST, third, Removal.UNHIDE, "public"),
    )
    cases = {
        name: Case(Target(kind=kind, id=each), removal, state(each), after)
        for name, kind, each, removal, after in wanted
    }
    tokens = {"page_token": sim.token, "remover_page_token": sim.remover_token}
    return Scene("facebook", sim, sim.page_id, tokens, cases)


def wordpress_scene() -> Scene:
    """A site with a post, a page, a file and comments in several statuses."""
    sim = WordPressSimulator(SimulatedTime(NOON))
    sim.users["web"] = User(7, "web", "Web team", "editor", WEB_TEAM)
    sim.users["officer"] = User(8, "officer", "Officer", "author", OFFICER)
    post, page = sim.publish("Road closed", "x"), sim.publish("About", "x", type="page")
    seen, private = sim.publish("Seen", "x"), sim.publish("Private", "x", status="private")
    sim.upload("scene.png", picture(7), "image/png")
    rude, worse = sim.comment(post, "Idiots"), sim.comment(post, "Worse")
    held = sim.comment(post, "Held", status="hold")
    reply = sim.comment(post, "Really", parent=rude)

    def state(kind: Kind, thing_id: int) -> Callable[[], str]:
        def found() -> str:
            things = sim.comments if kind in {Kind.COMMENT, Kind.REPLY} else sim.posts
            return things[thing_id].status if thing_id in things else "gone"

        return found

    wanted = (
        ("own post", Kind.POST, post, Removal.DELETE, "trash"),
        ("page", Kind.PAGE, page, Removal.DELETE, "trash"),
        ("comment", Kind.COMMENT, worse, Removal.DELETE, "trash"),
        ("reply", Kind.REPLY, reply, Removal.DELETE, "trash"),
        ("hide", Kind.COMMENT, rude, Removal.HIDE, "hold"),
        ("hide post", Kind.POST, seen, Removal.HIDE, "private"),
        ("unhide", Kind.COMMENT, held, Removal.UNHIDE, "approved"),
        ("unhide post", Kind.POST, private, Removal.UNHIDE, "publish"),
    )
    cases = {
        name: Case(Target(kind=kind, id=str(each)), removal, state(kind, each), after)
        for name, kind, each, removal, after in wanted
    }
    given = {
        "user": "records",
        "application_password": sim.users["records"].application_password,
        "remover_user": "web",
        "remover_application_password": WEB_TEAM,
    }
    unable = {"remover_user": "officer", "remover_application_password": OFFICER}
    return Scene("wordpress", sim, "", given, cases, servers=(), unable=unable)
