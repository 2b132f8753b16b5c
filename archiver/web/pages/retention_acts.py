"""What people state about records: events, tags, series by hand, answers to maximums."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.errors import ArchiverError, NotFoundError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.pages.retention import allowed, explain_page, look_of
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.typed import day_of, lines_of, said_by
from retention.facts import Event

router = APIRouter()
Stating = Annotated[Visitor, needs(Permission.RETENTION_STATE)]
Text = Annotated[str, Form()]
NEXT = "It counts from the next evaluation."


@router.get("/retention/declare")
def ask_declare(request: Request, who: Stating, tag: str = "") -> Response:
    """The form for an event of all records with a tag, such as the end of a case."""
    del who
    return _declare_form(request, {"tag": tag})


@router.post("/retention/declare")
def declare(
    request: Request,
    who: Stating,
    record: Text = "",
    tag: Text = "",
    event: Text = "",
    day: Text = "",
    reason: Text = "",
    back: Text = "",
) -> Response:
    """State that an event happened, to a record or to all with a tag; or that it did not."""
    typed = {"tag": tag, "event": event, "day": day, "reason": reason, "back": back}
    if record:
        allowed(request, who, record)
    try:
        if event not in set(Event):
            raise UsageError("choose what happened")
        on = day_of(day, "Day")
        if (on is None) != bool(back):
            raise UsageError("name the day on which it happened, or say that it has not, not both")
        done = site_of(request).archive.retention.acts.declare(
            Event(event), on, record=record, tag=tag, by=who.name, reason=reason
        )
    except (UsageError, RefusedError) as error:
        if record:
            return explain_page(request, who, record, act="declare", typed=typed, problem=error)
        return _declare_form(request, typed, error)
    act = "taken back" if back else "declared"
    where = _explained(record) if record else "/retention"
    return go_on(who, where, f"It is {act} for {done.records:,} records. {NEXT}")


@router.post("/retention/classify")
def classify(
    request: Request, who: Stating, record: Text = "", series: Text = "", reason: Text = ""
) -> Response:
    """Put a record into other series than the rules say."""
    allowed(request, who, record)
    try:
        site_of(request).archive.retention.acts.classify(
            record, lines_of(series), by=who.name, reason=reason
        )
    except (UsageError, RefusedError) as error:
        typed = {"series": series, "reason": reason}
        return explain_page(request, who, record, act="classify", typed=typed, problem=error)
    return go_on(who, _explained(record), f"The record is classified by hand. {NEXT}")


@router.post("/retention/unclassify")
def unclassify(request: Request, who: Stating, record: Text = "", reason: Text = "") -> Response:
    """Leave a record to the rules again."""
    allowed(request, who, record)
    try:
        site_of(request).archive.retention.acts.unclassify(record, by=who.name, reason=reason)
    except (UsageError, RefusedError) as error:
        typed = {"reason": reason}
        return explain_page(request, who, record, act="unclassify", typed=typed, problem=error)
    return go_on(who, _explained(record), f"The record is classified by the rules again. {NEXT}")


@router.post("/retention/tag")
def tag(
    request: Request,
    who: Stating,
    record: Text = "",
    words: Text = "",
    reason: Text = "",
    place: Text = "",
) -> Response:
    """Attach a case number to a record, or a fact that a series asks for."""
    allowed(request, who, record)
    try:
        site_of(request).archive.retention.acts.tag(
            record, words, by=who.name, reason=reason, place=place
        )
    except (UsageError, RefusedError) as error:
        typed = {"words": words, "reason": reason, "place": place}
        return explain_page(request, who, record, act="tag", typed=typed, problem=error)
    return go_on(who, _explained(record), f"The record carries the tag. {NEXT}")


@router.post("/retention/untag")
def untag(
    request: Request, who: Stating, record: Text = "", words: Text = "", reason: Text = ""
) -> Response:
    """Take a tag off."""
    allowed(request, who, record)
    try:
        site_of(request).archive.retention.acts.untag(record, words, by=who.name, reason=reason)
    except (UsageError, RefusedError) as error:
        typed = {"words": words, "reason": reason}
        return explain_page(request, who, record, act="untag", typed=typed, problem=error)
    return go_on(who, _explained(record), f"The tag is taken off. {NEXT}")


@router.post("/retention/answer")
def answer(
    request: Request,
    who: Stating,
    record: Text = "",
    series: Text = "",
    say: Text = "",
    document: Text = "",
    reason: Text = "",
) -> Response:
    """A records officer's answer to a maximum: destroy, keep, or the answer taken back."""
    allowed(request, who, record)
    maximums = site_of(request).archive.maximums
    try:
        if say == "back":
            done = maximums.take_back(record, series=series, who=who.name, reason=reason)
        elif say in ("destroy", "keep"):
            done = maximums.answer(
                record,
                series=series,
                destroy=say == "destroy",
                who=who.name,
                document=document,
                reason=reason,
            )
        else:
            raise UsageError("say whether it may go, or is kept")
    except (UsageError, RefusedError) as error:
        typed = {"series": series, "say": say, "document": document, "reason": reason}
        return explain_page(request, who, record, act="answer", typed=typed, problem=error)
    held = f" It is held by {', '.join(done.holds)}, and so it stays." if done.holds else ""
    return go_on(who, _explained(record), f"The answer is kept.{held} {NEXT}")


def _explained(record: str) -> str:
    return f"/retention/explain?record={quote(record, safe='')}"


def _declare_form(
    request: Request, typed: dict[str, str], error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "retention_declare.html.j2",
        status=(404 if isinstance(error, NotFoundError) else 422) if error else 200,
        said=said_by(site, error),
        typed=typed,
        events=list(Event),
        today=look_of(site).today(),
    )
