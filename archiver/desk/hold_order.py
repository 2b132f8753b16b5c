"""What must be said to place a hold, and what of it can be checked against the archive.

A misspelt account or department is refused, not taken as a scope that reaches nothing. An
author may be named by id or by handle; one that is not known yet is taken as an id, so that
a hold can wait for the first word of somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from archiver.errors import NotFoundError, UsageError
from archiver.model.custodians import is_faulty, merged
from archiver.model.database import Connection
from archiver.model.queries import hold_matches, registry
from retention.facts import HoldKind, Scope
from retention.hold import could_reach, limited
from retention.words import needle

REVIEW_AFTER = timedelta(days=180)
# After a denied request Wisconsin keeps what was asked for sixty days (ninety for a requester
# in custody); where no law says so, it is only longer than needed. Wis. Stat. 19.35(5).
TAIL_DAYS = {HoldKind.REQUEST: 60}

_WHY = {
    HoldKind.LITIGATION: "Litigation is pending or reasonably anticipated.",
    HoldKind.REQUEST: "A public-records request is pending.",
    HoldKind.AUDIT: "An audit is pending or announced.",
    HoldKind.INVESTIGATION: "An investigation is under way.",
    HoldKind.SCHEDULE: "The retention schedule of these records is being changed.",
    HoldKind.DATA_SUBJECT: "A person whose data these are has asked for them to be kept.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder:
    """An order to keep. Days are agency-local; `custodians` are added to those of the
    accounts in the scope. Empty texts are filled with the words for the kind."""

    matter: str
    issuer: str
    scope: Scope
    kind: HoldKind = HoldKind.LITIGATION
    reason: str = ""
    custodians: tuple[str, ...] = ()
    anticipated_on: date | None = None
    review_on: date | None = None
    notice: str = ""
    name: str = ""


def completed(connection: Connection, order: HoldOrder, *, today: date) -> HoldOrder:
    """The order with all that was left open, its scope as the archive knows it.

    Raises: UsageError when something is missing or impossible; NotFoundError when the scope
    names what is not there.
    """
    for what, value in (("the matter", order.matter), ("who issues it", order.issuer)):
        if not value.strip():
            raise UsageError(f"a hold also needs {what}")
    anticipated = order.anticipated_on
    if anticipated is None and order.kind is HoldKind.LITIGATION:
        anticipated = today
    if anticipated is not None and anticipated > today:
        raise UsageError(f"litigation cannot have been anticipated on {anticipated}: that is ahead")
    review = order.review_on or today + REVIEW_AFTER
    if review <= today:
        raise UsageError(f"the review on {review} would lie in the past; name a later day")
    scope = resolved(connection, order.scope)
    people = merged([*named(order.custodians), *distinct(_custodians(connection, scope))])
    whole = replace(
        order,
        matter=" ".join(order.matter.split()),
        issuer=" ".join(order.issuer.split()),
        scope=scope,
        reason=order.reason.strip() or _WHY[order.kind],
        custodians=people,
        anticipated_on=anticipated,
        review_on=review,
        name=order.name or _name(order.matter),
    )
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,80}", whole.name):
        raise UsageError(f'"{whole.name}" is no name for a hold: use a-z, 0-9 and "-", with --name')
    return replace(whole, notice=order.notice.strip() or notice_text(whole))


def resolved(connection: Connection, scope: Scope) -> Scope:
    """The scope with the registry's spellings and the authors' ids.

    Raises: UsageError when it reaches nothing by itself; NotFoundError.
    """
    empty = [word for word in (*scope.words, *scope.authors) if not needle(word)]
    if empty:
        raise UsageError(f'"{empty[0]}" has no letter or figure to look for')
    if not (limited(scope) or scope.picks or scope.everything):
        raise UsageError(
            "a hold must say what it reaches: accounts, departments, authors, words, days or "
            "picks; for the whole archive say --everything"
        )
    if scope.since and scope.until and scope.since > scope.until:
        raise UsageError(f"no day lies between {scope.since} and {scope.until}; change them round")
    entries = registry.all_accounts(connection)
    departments = {e.department.casefold(): e.department for e in entries}
    missing = sorted(scope.picks - hold_matches.existing(connection, sorted(scope.picks)))
    if missing:
        raise NotFoundError(f"there is no record number {missing[0]}; nothing was placed")
    return replace(
        scope,
        accounts=distinct(_known("account", scope.accounts, {e.slug: e.slug for e in entries})),
        departments=distinct(_known("department", scope.departments, departments)),
        authors=distinct(
            each for name in scope.authors for each in hold_matches.authors(connection, name)
        ),
        words=distinct(scope.words),
    )


def named(custodians: Iterable[str]) -> tuple[str, ...]:
    """The custodians as given, each once.

    Raises: UsageError for one whose mail address cannot be used.
    """
    people = distinct(custodians)
    for each in people:
        if is_faulty(each):
            raise UsageError(
                f'"{each}" has no mail address that can be used; write "Name <name@example.org>", '
                "or the name alone"
            )
    return people


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of their first coming; blanks around them do not count."""
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))


def notice_text(order: HoldOrder) -> str:
    """The notice to the custodians, where counsel has not written one."""
    return (
        f"Duty to preserve records: {order.matter}\n\n"
        f"{order.reason} You must keep everything that may bear on this matter: posts, "
        "comments, replies, private messages, pictures and films on the agency's social media "
        "accounts, and any drafts, notes and copies you have. Do not delete, hide, edit or "
        "close anything, and switch off whatever deletes by itself, also if a retention "
        "schedule would allow it.\n\n"
        f"This reaches: {in_words(order.scope)}.\n\n"
        "The archive keeps what it has captured and goes on to do so; it does not have what "
        "is only in your hands. The duty lasts until you are told in writing that it is over. "
        "Please confirm that you have read this and will do so. "
        f"Questions go to: {order.issuer}."
    )


def in_words(scope: Scope) -> str:
    """A scope as people read it."""
    if scope.everything:
        return "every record of the archive, present and future"
    limits = [
        f"{label} {' or '.join(values)}"
        for label, values in (
            ("account", scope.accounts),
            ("department", scope.departments),
            ("author", scope.authors),
            ("with", tuple(f'"{word}"' for word in scope.words)),
        )
        if values
    ]
    if scope.since:
        limits.append(f"from {scope.since}")
    if scope.until:
        limits.append(f"up to {scope.until}")
    parts = ["records: " + ", ".join(limits)] if limits else []
    if scope.picks:
        parts.append(f"{len(scope.picks)} picked record{'s' if len(scope.picks) > 1 else ''}")
    return ", and ".join(parts)


def _known(what: str, given: Iterable[str], there_are: dict[str, str]) -> list[str]:
    found = []
    for name in given:
        spelling = there_are.get(name.strip()) or there_are.get(name.strip().casefold())
        if spelling is None:
            listed = ", ".join(sorted(there_are.values())) or "none"
            raise NotFoundError(f'there is no {what} "{name}"; there are: {listed}')
        found.append(spelling)
    return found


def _custodians(connection: Connection, scope: Scope) -> list[str]:
    """Of the accounts that the scope could reach."""
    return [
        entry.custodian
        for entry in registry.all_accounts(connection)
        if could_reach(scope, account=entry.slug, department=entry.department)
    ]


def _name(matter: str) -> str:
    """From the matter; one that has too few letters of that kind gives a general name."""
    name = re.sub(r"[^a-z0-9]+", "-", matter.casefold()).strip("-")[:60].strip("-")
    return name if len(name) > 1 else f"hold-{name}".strip("-")
