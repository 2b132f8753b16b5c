"""The Springfield Police Department: its four simulated accounts, its archive, its staff."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.x import XSimulator
from archiver.desk.access import Role
from archiver.desk.accounts import Accounts, Proposal
from archiver.desk.people import Invited, People
from archiver.desk.portal import Portal
from archiver.wiring import Archive
from config.load import Settings, load

APPROVER = "Chief Clancy Wiggum"
PROPOSER = "Officer Lou"
OFFICER = "Clerk Agnes Skinner"
SETTINGS = {
    "agency": {
        "name": "Springfield Police Department",
        "timezone": "America/Chicago",
        "approvers": [APPROVER, "Kent Brockman"],
        "records_officers": [OFFICER],
        "state": "IL",
    },
    "requests": {"bates_prefix": "SPD"},
    "capture": {
        "allow_addresses": ["127.0.0.0/8"],  # the simulators are on loopback
        "intervals": {"new": "3s", "watch": "2s", "recent": "4s", "full": "30s"},
        "confirm_after": "4s",
    },
    "alarms": {"repeat_every": "30s"},
    # So that nobody needs a telephone to look around. An agency leaves this on.
    "web": {"second_factor": False, "port": 0},
    "portal": {"enabled": True, "port": 0, "contact": "records@springfield.example"},
}
STAFF = (
    ("frank", "Frank Grimes", (Role.ADMINISTRATOR,)),
    ("lisa", "Lisa Simpson", (Role.CLERK,)),
    ("lionel", "Lionel Hutz", (Role.LEGAL,)),
    ("agnes", OFFICER, (Role.OFFICER,)),
    ("kent", "Kent Brockman", (Role.COMMUNICATIONS,)),
    ("waylon", "Waylon Smithers", (Role.AUDITOR,)),
    ("clancy", APPROVER, (Role.COMMUNICATIONS, Role.OFFICER)),
)
"""Login, name and roles of who works with the web page; two may release each other's work."""


@dataclass
class World:
    """The simulated platforms, seeded with the past."""

    wordpress: WordPressSimulator = field(default_factory=WordPressSimulator)
    x: XSimulator = field(default_factory=XSimulator)
    facebook: FacebookSimulator = field(default_factory=FacebookSimulator)
    feed: FeedSite = field(default_factory=lambda: FeedSite(podcast=True, paging="none"))

    def seed(self, posts: int) -> None:
        """Give every platform a past of about so many posts."""
        self.wordpress.seed(posts)
        self.x.seed(posts * 2)
        self.facebook.page.seed(posts)
        self.feed.seed(10)

    def serve(self, loopback: Loopback) -> None:
        """Put the platforms on loopback."""
        for simulator in (self.wordpress, self.x, self.facebook, self.feed):
            loopback.serve(simulator)


def settings_in(home: Path) -> Settings:
    """Write the demo's settings file and read it."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "archiver.yaml"
    file.write_text(yaml.safe_dump(SETTINGS, sort_keys=False), encoding="utf-8")
    return load(home=home, file=file)


def new_home(parent: Path) -> Path:
    """A fresh folder for one showing; the simulated past begins anew each time."""
    return parent / time.strftime("%Y%m%d-%H%M%S")


def register(archive: Archive, world: World) -> None:
    """Propose the four accounts, put their credentials in place, have them approved."""
    wordpress_user = world.wordpress.users["records"]
    for slug, platform, address, options, secrets in (
        (
            "wordpress",
            "wordpress",
            world.wordpress.url,
            {},
            {
                "user": wordpress_user.login,
                "application_password": wordpress_user.application_password,
            },
        ),
        (
            "x-springfieldpd",
            "x",
            "springfieldpd",
            {"api": world.x.url},
            dict(world.x.credentials.as_files()),
        ),
        (
            "facebook-page",
            "facebook",
            world.facebook.page_id,
            {"api": world.facebook.url},
            {"page_token": world.facebook.token},
        ),
        ("podcast", "feed", f"{world.feed.url}/feed.rss", {}, {}),
    ):
        _keep_secrets(archive, slug, secrets)
        _approve(archive.accounts, slug, platform, address, options)


def invite_staff(archive: Archive) -> list[Invited]:
    """A one-time code for everybody; the open archive shows two accounts to begin with."""
    shown = Portal(archive.database, archive.vault, archive.settings.sections.agency, archive.clock)
    for slug in ("x-springfieldpd", "wordpress"):
        shown.choose_account(slug, shown=True, reason="chosen for the demo", by=OFFICER)
    people = People(archive.database, archive.clock)
    return [people.invite(login, name, roles=roles, by="demo") for login, name, roles in STAFF]


def _keep_secrets(archive: Archive, slug: str, secrets: dict[str, str]) -> None:
    for name, value in secrets.items():
        place = archive.credentials.place(slug, name)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.touch(mode=0o600)
        place.write_text(value, encoding="utf-8")


def _approve(
    accounts: Accounts, slug: str, platform: str, address: str, options: dict[str, str]
) -> None:
    accounts.propose(
        Proposal(
            slug=slug,
            platform=platform,
            address=address,
            options=options,
            name=f"Springfield Police on {platform}",
            department="Police",
            custodian="Records Section",
            business_case="Public safety notices and answers to the public",
            terms_reviewed_by="City Attorney",
            terms_reviewed_on=date(2026, 1, 5),
            proposed_by=PROPOSER,
        )
    )
    accounts.approve(slug, approver=APPROVER)
