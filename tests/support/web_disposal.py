"""A filled archive behind the page whose records are due: an adopted schedule, years later."""

from __future__ import annotations

import html
import re

from archiver.desk.access import Role
from archiver.desk.jobs import Jobs
from tests.support.disposal import OWN, SCHEDULE, SERIES, write_law
from tests.support.web import NAMES, Client, Web

OFFICER = NAMES[Role.OFFICER]
YEARS = 3.0
WHERE = "/dispositions/1"
KEY = "disposition 1"
ACCOUNT = "spd-facebook"

MAXIMUM = """\
      - id: {id}
        title: {id}
        status: verified
        verified: {{how: agency-document, source: Resolution 1, seen: 2026-11}}
        citation: Resolution 1, item {id}
        rules:
          - {{cutoff: created, period: {period}, {more}disposition: destroy}}
"""
WITH_MAXIMUM = (
    "form: 1\noverlay: true\njurisdiction: TX\nname: City of Springfield\nschedules:\n"
    '  - id: city\n    title: City\n    edition: "1"\n    level: local\n    series:\n'
    + MAXIMUM.format(
        id="drones", period="1 year", more="maximum: {period: 2 years, after: cutoff}, "
    )
    + MAXIMUM.format(id="cases", period="9 years", more="")
    + "classification:\n  - {id: all, series: [city/drones, city/cases], everything: true}\n"
)
COUNCIL = """\
procedure:
  text: The city agrees to everything.
  confidence: verified
  citation: City Charter 9
  source: https://springfield.example/charter
  steps:
    - {step: governing-body, per: act, whom: city council, wait: 10 days}
    - {step: attorney, per: series, whom: city attorney}
"""


def made_due(
    web: Web, text: str = OWN, *, schedules: tuple[str, ...] = (SCHEDULE,), years: float = YEARS
) -> None:
    """The law is written and adopted, years pass, and an officer confirms the day."""
    archive = web.archive
    write_law(archive, text)
    for each in schedules:
        archive.retention.adoptions.adopt(
            each, officer=OFFICER, on=archive.clock.now().date(), document="Resolution 2026-1"
        )
    web.clock.advance(days=365 * years)
    evaluated(web)


def evaluated(web: Web) -> None:
    """Where every record stands today; an officer confirms the day."""
    web.archive.retention.evaluate(confirmed_by=OFFICER)


def waited(web: Web, key: str) -> None:
    """Until the work in the background of this key is over."""
    jobs = web.app.state.kept[Jobs]
    assert isinstance(jobs, Jobs)
    assert jobs.wait(key, seconds=60), f"{key} is not over"


def records_on(client: Client, path: str, *, following: str = "Next page") -> list[int]:
    """The numbers of all records that a list shows, over all its pages."""
    found: list[int] = []
    where = path
    while where:
        answer = client.get(where)
        assert answer.status_code == 200
        body = answer.text.partition("<main")[2]
        found += [
            int(each) for each in re.findall(r'<th scope="row"[^>]*><a href="[^"]*?(\d+)"', body)
        ]
        link = re.search(rf'<a href="([^"]+)">{following}', body)
        where = link.group(1).replace("&amp;", "&") if link else ""
        if where.startswith("?"):
            where = path.partition("?")[0] + where
    return found


def text_of(answer: object) -> str:
    """The text of an answer, entities read."""
    return html.unescape(getattr(answer, "text", ""))


def proposed(web: Web, *, role: Role = Role.CLERK, series: str = SERIES) -> Client:
    """Disposition 1, of one account; returns who proposed it."""
    client = web.as_(role)
    assert client.done("/dispositions", series=series, account=ACCOUNT) == WHERE
    return client


def approved(web: Web, *, series: str = SERIES) -> Client:
    """Disposition 1, reviewed and approved by a second person; returns the officer."""
    clerk = proposed(web, series=series)
    clerk.done(f"{WHERE}/review")
    web.as_(Role.LEGAL).done(f"{WHERE}/approve")
    assert state(web) == "approved"
    return web.as_(Role.OFFICER)


def state(web: Web) -> str:
    """Of disposition 1."""
    return web.archive.dispositions.get(1).row.state


def phrase(web: Web) -> str:
    """What must be typed to execute it."""
    return f"destroy {len(web.archive.dispositions.get(1).batch.remaining)}"


def executed(web: Web, officer: Client) -> None:
    """Let this officer execute it, its brakes overridden; it may be refused in the background."""
    officer.done(f"{WHERE}/execute", typed=phrase(web), override="All of it is due")
    waited(web, KEY)
