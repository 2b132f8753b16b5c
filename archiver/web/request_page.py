"""The page of one request, with everything about it; and what an act on it leads back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.request_clock import extended, extension
from archiver.desk.request_steps import steps, to_look_at
from archiver.desk.requests import RequestStanding
from archiver.desk.review import Progress
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries.result_sets import ResultSet
from archiver.web.gate import Visitor
from archiver.web.kept import jobs_of
from archiver.web.production_work import key_of
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.typed import said_by


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """A frozen set and how far its review is. `waiting`: decided, and not agreed with yet."""

    found: ResultSet
    review: Progress
    waiting: int


def address_of(number: str) -> str:
    """Where a request is."""
    return f"/requests/{quote(number, safe='')}"


def request_page(
    request: Request,
    number: str,
    *,
    act: str = "",
    typed: Mapping[str, str] | None = None,
    said: str = "",
    status: int = 200,
) -> Response:
    """The page. `act` is the form that stands open, with what was typed and what is wrong.

    Raises: NotFoundError.
    """
    site = site_of(request)
    standing = site.archive.requests.get(number)
    second = site.archive.settings.sections.requests.second_review
    sets = sets_of(site, number)
    newest = sets[-1].review if sets else None
    return site.render.page(
        request,
        "request.html.j2",
        status=status,
        standing=standing,
        entry=standing.entry,
        today=site.archive.requests.today(),
        steps=steps(standing, newest, second_review=second),
        sets=sets,
        second_review=second,
        frozen=_frozen(site, standing),
        extension=extension(standing.deadlines),
        used=extended(standing.history),
        job=jobs_of(request).get(key_of(number)),
        act=act,
        typed=dict(typed or {}),
        said=said,
    )


def done(
    request: Request,
    who: Visitor,
    number: str,
    work: Callable[[], object],
    *,
    act: str,
    notice: str,
    typed: Mapping[str, str],
) -> Response:
    """Do something about a request and go back to its page; refused, the page says why, with
    the form as it was filled. Raises: NotFoundError."""
    try:
        work()
    except NotFoundError:
        raise
    except (UsageError, RefusedError) as error:
        return request_page(
            request, number, act=act, typed=typed, said=said_by(site_of(request), error), status=422
        )
    return go_on(who, address_of(number), notice)


def sets_of(site: Site, number: str) -> list[SetLine]:
    """The sets of a request, oldest first. Raises: NotFoundError."""
    found: list[SetLine] = []
    for each in site.review.sets.all(number):
        review = site.review.reviews.progress(number, each.number)
        found.append(SetLine(found=each, review=review, waiting=to_look_at(review)))
    return found


def _frozen(site: Site, standing: RequestStanding) -> int:
    """How many records the request's freeze keeps."""
    hold = standing.entry.hold
    return sum(each.records for each in site.archive.holds.reach(hold)) if hold else 0
