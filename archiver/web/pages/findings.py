"""Findings: what vanished, was hidden, came back or was edited; gaps, missing files and alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.findings import Filter, Findings
from archiver.desk.watch_rules import (
    CREDENTIAL_AHEAD,
    LEAST_FREE_BYTES,
    LEAST_FREE_SHARE,
    REVIEW_AHEAD,
)
from archiver.errors import UsageError
from archiver.export.differences import changed
from archiver.model.queries.found import Sort
from archiver.web.gate import Visitor, inside, needs
from archiver.web.kept import kept
from archiver.web.render import go_on
from archiver.web.sentences import without_commands
from archiver.web.site import Site, site_of
from archiver.web.typed import day_of, number_of

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.FINDINGS)]
# The auditor reads findings and changes nothing; who decides on items says that they looked.
Looker = Annotated[Visitor, needs(Permission.REVIEW)]
Text = Annotated[str, Form()]
TABS = ("vanished", "hidden", "returned", "edits", "gaps", "files", "alarms", "watch")
RECENT = timedelta(days=90)
LONGEST = 400  # characters of a snippet


@router.get("/findings")
def findings(
    request: Request,
    who: Reader,
    tab: str = "vanished",
    account: str = "",
    since: str | None = None,
    until: str = "",
    only: str = "",
    page: str = "1",
) -> Response:
    """One list of them."""
    site = site_of(request)
    desk = _desk(request)
    tab = tab if tab in TABS else "vanished"
    if since is None:  # an empty one was cleared by somebody who wants all
        since = _recent(site) if tab == "edits" else ""
    typed = {"account": account, "since": since, "until": until, "only": only}
    listed, said = None, ""
    try:
        wanted = Filter(
            account=account.strip(),
            since=day_of(since, "From"),
            until=day_of(until, "To"),
            page=number_of(page, 1),
        )
        listed = _listed(desk, who, tab, wanted, only)
    except UsageError as error:
        said = without_commands(str(error))
    return site.render.page(
        request,
        "findings.html.j2",
        status=422 if said else 200,
        tab=tab,
        tabs=TABS,
        typed=typed,
        listed=listed,
        looked=desk.looked_at() if tab == "vanished" else frozenset(),
        pairs=[(each.slug, each.name) for each in desk.accounts(who.viewer)],
        said=said,
        query=lambda **changed: _query(tab, typed, **changed),
        sentence=without_commands,
        pieces=lambda before, after: changed(before[:LONGEST], after[:LONGEST]),
        longest=LONGEST,
        watch=_watched(site),
    )


@router.post("/findings/{finding}/looked-at")
def looked_at(
    request: Request, who: Looker, finding: str, note: Text = "", back: Text = "/findings"
) -> Response:
    """Say that one has looked at a finding."""
    _desk(request).look(number_of(finding), who.viewer, note=note)
    return go_on(who, inside(back), "Marked as looked at; the audit log has it.")


def _listed(desk: Findings, who: Visitor, tab: str, wanted: Filter, only: str) -> Any:
    """The rows of a tab; their kind depends on it. Raises: UsageError."""
    viewer = who.viewer
    if tab == "edits":
        return desk.edits(viewer, wanted, silent=only != "all")
    if tab == "gaps":
        return desk.gaps(viewer, wanted, only_open=only == "open")
    if tab == "files":
        return desk.files(viewer, wanted)
    if tab == "alarms":
        return desk.alarms(viewer, wanted)
    if tab == "watch":
        return None
    return desk.presence(viewer, wanted, Sort(tab), still=only == "still", unseen=only == "unseen")


def _query(tab: str, typed: dict[str, str], **changed: object) -> str:
    """The address of this list with something changed."""
    values = {"tab": tab, **typed, **changed}
    return "?" + urlencode({k: v for k, v in values.items() if v or k == "since"})


def _recent(site: Site) -> str:
    """The day from which edits are shown at first: looking through all of them takes long."""
    zone = site.archive.settings.sections.agency.zone
    return (site.archive.clock.now().astimezone(zone).date() - RECENT).isoformat()


def _watched(site: Site) -> dict[str, object]:
    """By what the watch judges, for people."""
    sections = site.archive.settings.sections
    return {
        "new": round(sections.capture.intervals.new.total_seconds() / 60, 1),
        "confirm": round(sections.capture.confirm_after.total_seconds() / 60, 1),
        "review_days": REVIEW_AHEAD.days,
        "credential_days": CREDENTIAL_AHEAD.days,
        "free_bytes": LEAST_FREE_BYTES,
        "free_percent": round(LEAST_FREE_SHARE * 100),
        "channels": [each.name for each in site.archive.channels],
    }


def _desk(request: Request) -> Findings:
    return kept(
        request,
        Findings,
        lambda site: Findings(
            site.archive.database,
            site.archive.clock,
            site.archive.settings.sections.agency.zone,
        ),
    )
