"""A news site beside the filled archive of the web tests: things on it vanish, change and can be
removed, since its simulator is still there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.wordpress_world import User
from archiver.desk.jobs import Jobs
from archiver.model.queries.registry import AccountEntry
from connectors.base import Window
from tests.support.archive import approved, give_credentials
from tests.support.stage import Board, SharedTime, Stage
from tests.support.web import Web

SLUG = "news-site"
NAME = "Springfield news"
PARKS = "Parks"
REMOVER = "wxyz WXYZ stuv STUV"


@dataclass
class News:
    """The site, the archive that captures it, and what is on it by its platform ids."""

    web: Web
    stage: Stage
    site: WordPressSimulator
    entry: AccountEntry
    post: int
    other: int
    rude: int
    kind: int

    def capture(self, window: Window = Window.FULL) -> None:
        """Capture it, and hold that it went well."""
        self.stage.capture(SLUG, window)

    def record(self, platform_id: int, family: str = "post") -> int:
        """The number of a record of this site."""
        [row] = self.stage.rows(
            "SELECT r.id FROM records r JOIN accounts a ON a.id = r.account_id "
            "WHERE a.slug = :slug AND r.platform_id = :id AND r.family = :family",
            slug=SLUG,
            id=str(platform_id),
            family=family,
        )
        return int(row.id)

    def happen(self) -> None:
        """A post is deleted for good and found missing twice, a comment is edited in silence,
        another one hidden and shown again."""
        self.site.delete(self.other)
        self.site.edit_comment(self.kind, "Thank you, really!")
        self.site.moderate(self.rude, "hold")
        self.stage.later(minutes=5)
        self.capture()
        self.site.moderate(self.rude, "approved")
        self.stage.later(minutes=15)
        self.capture()

    def give_remover(self) -> None:
        """A second Editor for removals, with the credentials in their place."""
        self.site.users["web"] = User(7, "web", "Web team", "editor", REMOVER)
        give_credentials(
            self.web.archive, SLUG, remover_user="web", remover_application_password=REMOVER
        )

    def wait(self, key: str) -> None:
        """Wait for a job of the pages to end."""
        assert self.web.app.state.kept[Jobs].wait(key, seconds=60), key


@pytest.fixture
def news(web: Web, boards: tuple[Board, ...]) -> Iterator[News]:
    """A captured site of the department Parks."""
    site = WordPressSimulator(SharedTime(web.clock))
    board = boards[1]
    site.url, board.current = board.url, site
    entry = approved(web.archive, "wordpress", site.url, slug=SLUG, name=NAME, department=PARKS)
    user = site.users["records"]
    give_credentials(
        web.archive, SLUG, user=user.login, application_password=user.application_password
    )
    post = site.publish("Road closed", "<p>Elm Street is closed until Friday.</p>")
    other = site.publish("Fireworks", "<p>Fireworks at nine.</p>")
    made = News(
        web=web,
        stage=Stage(web.archive, web.clock, boards),
        site=site,
        entry=entry,
        post=post,
        other=other,
        rude=site.comment(post, "You are all idiots"),
        kind=site.comment(post, "Thank you"),
    )
    made.capture()
    yield made
    board.current = None
