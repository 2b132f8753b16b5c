"""The scenes of all platforms that can remove, and those whose requests tell less by themselves:
Bluesky and YouTube sign in first, Pinboard changes by GET."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Seen, SimulatedTime
from archiver.demo.simulators.bluesky import BlueskySimulator
from archiver.demo.simulators.pinboard import PinboardSimulator
from archiver.demo.simulators.youtube import YouTubeSimulator
from archiver.demo.simulators.youtube_door import READONLY, Grant
from connectors.base import Kind, Target
from connectors.removals import Removal
from tests.support.removal_scene import (
    NOON,
    Case,
    Scene,
    by_its_method,
    credentials_in,
    facebook_scene,
    mastodon_scene,
    wordpress_scene,
    x_scene,
)

ROADS, DRAFT = "https://springfield.example/roads?a=1&b=2", "https://springfield.example/draft"


def scenes() -> Mapping[str, Callable[[], Scene]]:
    """How to make a fresh scene of each platform that can remove."""
    return {
        "bluesky": bluesky_scene,
        "facebook": facebook_scene,
        "mastodon": mastodon_scene,
        "pinboard": pinboard_scene,
        "wordpress": wordpress_scene,
        "x": x_scene,
        "youtube": youtube_scene,
    }


def bluesky_scene() -> Scene:
    """A Bluesky account with an own post, reply and repost, and two replies by the public."""
    sim = BlueskySimulator(SimulatedTime(NOON))
    repost = sim.repost(sim.publish("Thank you all", by="mayor"))
    post, thread = sim.publish("Wrong street"), sim.publish("Road closed")
    reply = sim.reply(thread, "Until Friday")
    rude, hidden = sim.reply(thread, "Idiots", by="moe"), sim.reply(thread, "Boo", by="nelson")
    sim.gate(thread, hidden)

    def state(uri: str) -> Callable[[], str]:
        def found() -> str:
            did, _, path = uri.removeprefix("at://").partition("/")
            there = path in sim.people[did].repo.records
            return "gone" if not there else "hidden" if uri in sim.hidden(thread) else "public"

        return found

    def signed(seen: Seen) -> set[str]:
        """The password stands in the body of the sign-in, and its token then stands for it."""
        mine = seen.path.endswith("createSession") or "Authorization" in seen.headers
        return {sim.app_password} if mine else set()

    wanted = (
        ("own post", Kind.POST, post, Removal.DELETE, "gone"),
        ("own reply", Kind.REPLY, reply, Removal.DELETE, "gone"),
        ("repost", Kind.REPOST, repost, Removal.DELETE, "gone"),
        ("hide", Kind.COMMENT, rude, Removal.HIDE, "hidden"),
        ("unhide", Kind.COMMENT, hidden, Removal.UNHIDE, "public"),
    )
    cases = {
        name: Case(Target(kind=kind, id=each, thread_id=thread), removal, state(each), after)
        for name, kind, each, removal, after in wanted
    }
    return Scene(
        "bluesky",
        sim,
        sim.handle,
        {"remover_app_password": sim.app_password},
        cases,
        servers=("appview", "plc"),
        unable={"remover_app_password": "wxyz-wxyz-wxyz-wxyz"},
        changes=lambda seen: by_its_method(seen) and not seen.path.endswith("createSession"),
        signed=signed,
    )


class _TwoTokens(PinboardSimulator):
    """Takes a second token as well, which tells what the first cannot: which set was used."""

    remover = "springfieldpd:7D793037A0760186574B"

    def respond(self, request: Request) -> Response:
        first = self.key
        if request.args.get("auth_token") == self.remover:
            self.key = self.remover.partition(":")[2]
        try:
            return super().respond(request)
        finally:
            self.key = first


def pinboard_scene() -> Scene:
    """A Pinboard account with a public and a private bookmark."""
    sim = _TwoTokens(SimulatedTime(NOON))
    given = (
        ("own post", ROADS, sim.add(ROADS, "Roads", note="Closed until Friday")),
        ("private post", DRAFT, sim.add(DRAFT, "Draft", note="Not yet", shared=False)),
    )

    def state(address: str) -> Callable[[], str]:
        return lambda: "there" if sim.has(address) else "gone"

    cases = {
        name: Case(
            Target(kind=Kind.POST, id=hash_, permalink=address),
            Removal.DELETE,
            state(address),
            "gone",
        )
        for name, address, hash_ in given
    }
    return Scene(
        "pinboard",
        sim,
        sim.user,
        {"token": sim.token, "remover_token": sim.remover},
        cases,
        unable={"remover_token": "springfieldpd:9E107D9D372BB6826BD8"},
        changes=lambda seen: seen.path.endswith("posts/delete"),
        signed=lambda seen: {seen.query["auth_token"]},
    )


def youtube_scene() -> Scene:
    """A YouTube channel with videos, own comments and comments by the public."""
    sim = YouTubeSimulator(SimulatedTime(NOON))
    unable = Grant("1//simulated-refresh-token-looks", scopes=frozenset({READONLY}))
    sim.door.grants.append(unable)
    post, seen_, private = (
        sim.publish(title, text=f"{title}.", privacy=privacy)
        for title, privacy in (("Wrong date", "public"), ("Seen", "public"), ("Not", "private"))
    )
    comment, rude, held = (sim.comment(post, word, by=by) for word, by in
                           (("At ten", ""), ("Idiots", "moe"), ("Sorry", "nelson")))  # fmt: skip
    reply = sim.comment(post, "Really", by="", to=rude)
    sim.moderate(held, "heldForReview")

    def state(thing: str) -> Callable[[], str]:
        def found() -> str:
            if thing in sim.videos:
                return sim.videos[thing].privacy
            return sim.comments[thing].status if thing in sim.comments else "gone"

        return found

    def signed(seen: Seen) -> set[str]:
        """An access token stands for the refresh token; who was given one has asked for it."""
        tokens, shown = sim.door._tokens, credentials_in(seen)
        asked = seen.path == "/token"
        return {
            grant.refresh_token for each, (grant, _) in tokens.items() if asked or each in shown
        }

    wanted = (
        ("own post", Kind.POST, post, Removal.DELETE, "gone"),
        ("comment", Kind.COMMENT, comment, Removal.DELETE, "gone"),
        ("reply", Kind.REPLY, reply, Removal.DELETE, "gone"),
        ("hide", Kind.COMMENT, rude, Removal.HIDE, "heldForReview"),
        ("hide post", Kind.POST, seen_, Removal.HIDE, "private"),
        ("unhide", Kind.COMMENT, held, Removal.UNHIDE, "published"),
        ("unhide post", Kind.POST, private, Removal.UNHIDE, "public"),
    )
    cases = {
        name: Case(
            Target(kind=kind, id=each, thread_id="" if kind is Kind.POST else post),
            removal,
            state(each),
            after,
        )
        for name, kind, each, removal, after in wanted
    }
    own = {f"remover_{name}": value for name, value in sim.remover.as_files().items()}
    return Scene(
        "youtube",
        sim,
        sim.channel_id,
        {**sim.owner.as_files(), **own},
        cases,
        servers=("api", "token_api"),
        unable={f"remover_{name}": value for name, value in unable.as_files().items()},
        changes=lambda seen: by_its_method(seen) and seen.path != "/token",
        signed=signed,
    )
