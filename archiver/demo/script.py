"""What happens in Springfield: the scenes of the demo, and what the archive must show of each.

Each scene changes the simulated world and says what the archive has to hold afterwards; the
demo waits until it does, so that it shows and proves at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archiver.demo.agency import World
from archiver.demo.simulators.base import Fault
from archiver.model.database import Database
from archiver.model.queries import browse


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What must be held: a record whose words contain `words`, in this state."""

    account: str
    words: str
    versions: int = 1
    presence: str = "present"
    visibility: str = "public"

    def holds(self, database: Database) -> bool:
        """Does the archive show it?"""
        with database.read() as connection:
            found = browse.list_records(connection, account=self.account, words=self.words, limit=5)
        return any(
            r.versions >= self.versions
            and r.presence == self.presence
            and r.visibility == self.visibility
            for r in found
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One thing that happens, told in a sentence."""

    where: str
    what: str
    act: Callable[[], object]
    expect: Expect | None = None


def scenes(world: World) -> Iterator[Scene]:
    """The script, in order. A scene may use what an earlier one made."""
    yield from _x(world)
    yield from _facebook(world)
    yield from _wordpress(world)
    yield from _feed(world)


def _x(world: World) -> Iterator[Scene]:
    made: dict[str, str] = {}
    x = world.x

    def post() -> None:
        made["road"] = x.publish(
            "Road closed: Evergren Terrace at 7th.", media=[x.photo("A closed road")]
        )

    def edit() -> None:
        made["road"] = x.edit(made["road"], "Road closed: Evergreen Terrace at 7th.")

    def answer() -> None:
        made["reply"] = x.comment(made["road"], "Finally! My tires are ruined.", by="moe")

    def tip() -> None:
        made["tip"] = x.publish("Unverified tip about a gas leak downtown. Details follow.")

    yield Scene(
        where="X", what='the agency posts "Road closed: Evergren Terrace", with a picture',
        act=post, expect=Expect(account="x-springfieldpd", words="road closed 7th"),
    )  # fmt: skip
    yield Scene(
        where="X", what="somebody mends the spelling of the street",
        act=edit, expect=Expect(account="x-springfieldpd", words="Evergreen Terrace", versions=2),
    )  # fmt: skip
    yield Scene(
        where="X", what="Moe replies", act=answer,
        expect=Expect(account="x-springfieldpd", words="tires ruined"),
    )  # fmt: skip
    yield Scene(
        where="X", what="the agency posts an unverified tip", act=tip,
        expect=Expect(account="x-springfieldpd", words="gas leak downtown"),
    )  # fmt: skip
    yield Scene(
        where="X", what="somebody deletes the tip on the platform, past the archive",
        act=lambda: x.delete(made["tip"]),
        expect=Expect(account="x-springfieldpd", words="gas leak downtown", presence="gone"),
    )  # fmt: skip


def _facebook(world: World) -> Iterator[Scene]:
    made: dict[str, str] = {}
    page = world.facebook.page
    account = "facebook-page"

    def post() -> None:
        made["coffee"] = page.publish(
            "Coffee with a Cop, Saturday at 9.", photos=["A cup of coffee"]
        )

    def talk() -> None:
        made["comment"] = page.comment(made["coffee"], "You never answer the phone!")
        made["reply"] = page.comment(made["comment"], "I called about the raccoon thrice.")

    def outage() -> None:
        world.facebook.plan("/", Fault(status=500, body="{}"), times=3)
        page.publish("Lost: one greyhound, answers to the name of Santa's Little Helper.")

    yield Scene(
        where="Facebook", what='the agency announces "Coffee with a Cop"', act=post,
        expect=Expect(account=account, words="coffee cop saturday"),
    )  # fmt: skip
    yield Scene(
        where="Facebook", what="a neighbour comments, and another replies",
        act=talk,
        expect=Expect(account=account, words="called raccoon thrice"),
    )  # fmt: skip
    yield Scene(
        where="Facebook", what="the neighbour edits the comment",
        act=lambda: page.edit(made["comment"], "You never answer the phone! Edit: thank you."),
        expect=Expect(account=account, words="never answer thank", versions=2),
    )  # fmt: skip
    yield Scene(
        where="Facebook", what="somebody hides the comment",
        act=lambda: page.hide(made["comment"]),
        expect=Expect(account=account, words="never answer", versions=3, visibility="hidden"),
    )  # fmt: skip
    yield Scene(
        where="Facebook", what="the reply disappears",
        act=lambda: page.delete(made["reply"]),
        expect=Expect(account=account, words="called raccoon thrice", presence="gone"),
    )  # fmt: skip
    yield Scene(
        where="Facebook", what="the Graph API has an outage; the next walks make it good",
        act=outage,
        expect=Expect(account=account, words="lost greyhound"),
    )  # fmt: skip


def _wordpress(world: World) -> Iterator[Scene]:
    made: dict[str, int] = {}
    site = world.wordpress
    account = "wordpress"

    def post() -> None:
        made["snow"] = site.publish("Snow routes", "<p>Parking ban from <b>Monday</b>.</p>")

    yield Scene(
        where="WordPress", what="a notice about snow routes goes up", act=post,
        expect=Expect(account=account, words="parking ban monday"),
    )  # fmt: skip
    yield Scene(
        where="WordPress", what="the notice is edited",
        act=lambda: site.edit(made["snow"], content="<p>Parking ban from <b>Tuesday</b>.</p>"),
        expect=Expect(account=account, words="parking ban tuesday", versions=2),
    )  # fmt: skip
    yield Scene(
        where="WordPress", what="the notice is put into the trash",
        act=lambda: site.trash(made["snow"]),
        expect=Expect(account=account, words="parking ban", versions=3, visibility="trashed"),
    )  # fmt: skip


def _feed(world: World) -> Iterator[Scene]:
    yield Scene(
        where="Podcast", what="an episode is published",
        act=lambda: world.feed.publish("Episode 12: Traffic", "<p>Sergeant on traffic.</p>"),
        expect=Expect(account="podcast", words="episode sergeant traffic"),
    )  # fmt: skip
