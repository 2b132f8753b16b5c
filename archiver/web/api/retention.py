"""Why a record is kept, or may go."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.retention_look import RetentionLook
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer
from archiver.web.kept import kept
from archiver.web.site import Site, site_of

router = APIRouter(tags=["retention"])
Reader = Annotated[Viewer, needs_token(Permission.RETENTION)]
RecordNumber = Annotated[int, Path(ge=1, le=2**53)]


class Reason(Answer):
    """One step of the reasoning, with its authority where there is one."""

    text: str
    citation: str
    source: str


class Explanation(Answer):
    """The decision on a record as of today. `eligible_on` null: it cannot be foreseen."""

    record_id: int
    day: date
    standing: str
    series: list[str]
    eligible_on: date | None
    must_go_by: date | None
    action: str = Field(description="What happens when the period is over.")
    manner: str
    holds: list[str]
    reasons: list[Reason]
    tags: list[str]


@router.get("/retention/records/{record}")
def explain(request: Request, who: Reader, record: RecordNumber) -> Explanation:
    """Where a record stands under the law, with every reason."""
    _, department = _look(request).record(str(record))
    who.require_department(department)
    found = site_of(request).archive.retention.explain(str(record))
    decision = found.decision
    return Explanation(
        record_id=found.record.id,
        day=decision.day,
        standing=decision.standing.value,
        series=list(decision.series),
        eligible_on=decision.eligible_on,
        must_go_by=decision.must_go_by,
        action=decision.action.value,
        manner=decision.manner.value,
        holds=list(decision.holds),
        reasons=[Reason.model_validate(each) for each in decision.reasons],
        tags=sorted(found.tags),
    )


def _look(request: Request) -> RetentionLook:
    def made(site: Site) -> RetentionLook:
        archive = site.archive
        agency = archive.settings.sections.agency
        return RetentionLook(archive.database, agency, archive.clock, site.home)

    return kept(request, RetentionLook, made)
