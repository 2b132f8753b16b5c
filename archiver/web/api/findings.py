"""What was found: vanished, hidden and returned things, edits, gaps and alarms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.findings import MOST_PAGES, Filter, Findings
from archiver.model.queries.found import Sort
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer, Day, Moment
from archiver.web.kept import kept
from archiver.web.site import Site

router = APIRouter(tags=["findings"])
Reader = Annotated[Viewer, needs_token(Permission.FINDINGS)]
Page = Annotated[int, Query(ge=1, le=MOST_PAGES, description="From 1.")]
Slug = Annotated[str, Query(max_length=100, description="An account's short name; empty: all.")]
Since = Annotated[Day | None, Query(description="A day of the agency, included.")]
Until = Since


class Finding(Answer):
    """That a record vanished, was hidden or came back, with how sure that is."""

    id: int
    record_id: int
    account: str
    kind: str
    platform_id: str
    author: str
    published_at: Moment | None
    at: Moment
    stage: str
    presence: str
    evidence: str
    statement: str
    not_before: Moment | None
    not_after: Moment | None
    now: str = Field(description="How the record stands today.")
    visibility: str


class FindingPage(Answer):
    """A page of findings; `more`: another one follows."""

    findings: list[Finding]
    page: int
    more: bool


class Edit(Answer):
    """A state that followed another one; `edited_at` only when the platform announced it."""

    record_id: int
    account: str
    kind: str
    platform_id: str
    author: str
    number: int = Field(description="Of the version that came after.")
    captured_at: Moment
    edited_at: Moment | None
    not_before: Moment | None
    not_after: Moment | None
    words: str
    before: str


class EditPage(Answer):
    """A page of edits; `more`: another one follows."""

    edits: list[Edit]
    page: int
    more: bool


class Gap(Answer):
    """A stretch in which something may have been missed; `recovered` counts what was captured of
    it since, null while it is open."""

    account: str
    kind: str
    began: Moment
    ended: Moment | None
    reason: str
    recovered: int | None


class GapPage(Answer):
    """A page of the gap register; `more`: another one follows."""

    gaps: list[Gap]
    page: int
    more: bool


class Alarm(Answer):
    """A fault that somebody is or was told of. Without an account: of the whole archive."""

    account: str
    kind: str
    text: str
    at_risk_since: Moment
    opened_at: Moment
    closed_at: Moment | None


class AlarmPage(Answer):
    """A page of alarms, open ones first; `more`: another one follows."""

    alarms: list[Alarm]
    page: int
    more: bool


@router.get("/findings")
def findings(
    request: Request,
    who: Reader,
    sort: Sort = Sort.VANISHED,
    account: Slug = "",
    since: Since = None,
    until: Until = None,
    page: Page = 1,
    still: bool = False,
) -> FindingPage:
    """Findings of a sort, newest first; `still`: only of what stands so even now."""
    wanted = Filter(account=account, since=since, until=until, page=page)
    listed = _desk(request).presence(who, wanted, sort, still=still)
    rows = [Finding.model_validate(each) for each in listed.rows]
    return FindingPage(findings=rows, page=listed.page, more=listed.more)


@router.get("/edits")
def edits(
    request: Request,
    who: Reader,
    account: Slug = "",
    since: Since = None,
    until: Until = None,
    page: Page = 1,
    silent: bool = True,
) -> EditPage:
    """Edits by the date of the state; `silent`: only those that the platform did not announce."""
    wanted = Filter(account=account, since=since, until=until, page=page)
    listed = _desk(request).edits(who, wanted, silent=silent)
    rows = [Edit.model_validate(each) for each in listed.rows]
    return EditPage(edits=rows, page=listed.page, more=listed.more)


@router.get("/gaps")
def gaps(
    request: Request,
    who: Reader,
    account: Slug = "",
    since: Since = None,
    until: Until = None,
    page: Page = 1,
    only_open: bool = False,
) -> GapPage:
    """The gap register."""
    wanted = Filter(account=account, since=since, until=until, page=page)
    listed = _desk(request).gaps(who, wanted, only_open=only_open)
    rows = [Gap.model_validate(each) for each in listed.rows]
    return GapPage(gaps=rows, page=listed.page, more=listed.more)


@router.get("/alarms")
def alarms(request: Request, who: Reader, account: Slug = "", page: Page = 1) -> AlarmPage:
    """Alarms, open ones first."""
    listed = _desk(request).alarms(who, Filter(account=account, page=page))
    rows = [Alarm.model_validate(each) for each in listed.rows]
    return AlarmPage(alarms=rows, page=listed.page, more=listed.more)


def _desk(request: Request) -> Findings:
    def made(site: Site) -> Findings:
        archive = site.archive
        zone = archive.settings.sections.agency.zone
        return Findings(archive.database, archive.clock, zone)

    return kept(request, Findings, made)
