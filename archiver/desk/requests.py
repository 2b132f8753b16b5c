"""Requests for records: intake, route, deadline, pauses, letters, freeze, and closing.

A request is routed as the agency's policy says: data about a person to the data practices
authority, questions of the media to the communications director. While it is open, what it
touches is frozen by a hold of its own. Every act has the agency-local day that the law counts
from, is in the request's history and in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.hold_order import HoldOrder
from archiver.desk.holds import Holds
from archiver.desk.request_clock import RequestClock, extended, extension, met
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import requests
from archiver.model.queries.requests import ProductionLine, RequestEntry, RequestEvent
from config.settings import Agency
from config.settings import Requests as RequestSettings
from retention.deadlines import Deadline, next_due
from retention.facts import HoldKind, Scope


class RequestKind(StrEnum):
    """Who asks, which decides the route and the law."""

    PUBLIC = "public"
    DATA_SUBJECT = "data-subject"  # a person asks for data about themselves
    MEDIA = "media"
    LITIGATION = "litigation"  # subpoena, discovery
    INTERNAL = "internal"
    FORCE = "force-and-misconduct"  # California's records of force and misconduct


class Channel(StrEnum):
    """How a request came."""

    MAIL = "mail"
    LETTER = "letter"
    PHONE = "phone"
    IN_PERSON = "in-person"
    FORM = "form"
    SOCIAL_MEDIA = "social-media"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A request as it came in. `received_at` is aware UTC. Of the media the policy wants the
    questions (`text`), the `deadline` of the press and a contact."""

    requester: str
    text: str
    received_at: datetime
    kind: RequestKind = RequestKind.PUBLIC
    channel: Channel = Channel.MAIL
    organisation: str = ""
    contact: str = ""
    press_deadline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStanding:
    """A request with its clock. `next` is the deadline that comes first and is not met yet."""

    entry: RequestEntry
    deadlines: tuple[Deadline, ...]
    next: Deadline | None
    late: bool
    paused: bool
    history: tuple[RequestEvent, ...] = field(default=(), repr=False)
    productions: tuple[ProductionLine, ...] = ()


class Requests:
    """The use cases of requests."""

    def __init__(
        self,
        database: Database,
        agency: Agency,
        settings: RequestSettings,
        clock: Clock,
        *,
        holds: Holds,
        home: Path,
    ) -> None:
        self._database = database
        self._agency = agency
        self._settings = settings
        self._clock = clock
        self._holds = holds
        self._home = home

    def open(self, intake: Intake, *, by: str) -> RequestStanding:
        """Take a request in and route it.

        Raises: UsageError when something is missing, or it was received tomorrow.
        """
        now = self._clock.now()
        self._check(intake, by, now)
        received = intake.received_at.astimezone(self._agency.zone).date()
        route = self._route(intake.kind)
        with self._database.write() as connection:
            number = requests.next_number(connection, received.year)
            requests.add(
                connection,
                {
                    "number": number,
                    "kind": intake.kind.value,
                    "requester": intake.requester.strip(),
                    "organisation": intake.organisation.strip(),
                    "contact": intake.contact.strip(),
                    "channel": intake.channel.value,
                    "text": intake.text.strip(),
                    "received_at": intake.received_at,
                    "received_on": received.isoformat(),
                    "state": "open",
                    "routed_to": route,
                    "opened_by": by,
                    "opened_at": now,
                },
            )
            entry = self._known(connection, number)
            detail = {"kind": intake.kind.value, "route": route}
            if intake.press_deadline:
                detail["press_deadline"] = intake.press_deadline
            self._write(connection, entry, by, "received", detail, day=received)
            return self._standing(connection, entry)

    def acknowledge(self, number: str, *, by: str, estimate: date | None = None) -> RequestStanding:
        """Keep that the requester was told that it came, with a day when to expect the answer."""
        detail = {"estimate": estimate.isoformat()} if estimate else {}
        return self._act(number, by, "acknowledged", detail)

    def route(self, number: str, to: str, *, by: str, reason: str) -> RequestStanding:
        """Hand it to somebody else. Raises: UsageError without a name or a reason."""
        if not to.strip() or not reason.strip():
            raise UsageError("say to whom the request is handed, and why")
        with self._database.write() as connection:
            entry = self._open(connection, number, by)
            requests.change(connection, entry.id, routed_to=to.strip())
            self._write(connection, entry, by, "routed", {"to": to.strip(), "reason": reason})
            return self._standing(connection, self._known(connection, number))

    def pause(self, number: str, *, by: str, reason: str) -> RequestStanding:
        """Stop the clock (a question to the requester, a fee to be paid) from today on.

        Raises: RefusedError when it stands already; UsageError without a reason.
        """
        return self._clock_act(number, by, reason, stop=True)

    def resume(self, number: str, *, by: str, reason: str) -> RequestStanding:
        """Let the clock run again from tomorrow. Raises: RefusedError when it runs."""
        return self._clock_act(number, by, reason, stop=False)

    def extend(self, number: str, days: int, *, by: str, reason: str) -> RequestStanding:
        """Extend the deadline as far as the law lets, with the reason that the letter gives.

        Raises: RefusedError when the law gives no such extension; UsageError.
        """
        if days < 1 or not reason.strip():
            raise UsageError("say by how many days (1 or more) the deadline is extended, and why")
        with self._database.write() as connection:
            entry = self._open(connection, number, by)
            standing = self._standing(connection, entry)
            rule = extension(standing.deadlines)
            most = rule.extension_days if rule else 0
            so_far = extended(standing.history)
            if so_far + days > most:
                raise RefusedError(
                    f"{number} cannot be extended by {days} days: "
                    + (
                        f"the law allows {most} in all and {so_far} are used"
                        if most
                        else "the deadlines in force know no extension; counsel may put one into "
                        "deadlines.yaml"
                    )
                )
            self._write(connection, entry, by, "extended", {"days": days, "reason": reason})
            return self._standing(connection, entry)

    def meet(self, number: str, kind: str, *, by: str, how: str) -> RequestStanding:
        """Keep that a deadline was met, and how. Raises: NotFoundError naming the deadlines."""
        with self._database.write() as connection:
            entry = self._open(connection, number, by)
            kinds = [each.rule.kind for each in self._standing(connection, entry).deadlines]
            if kind not in kinds:
                raise NotFoundError(
                    f'"{kind}" is no deadline of {number}; there are: {", ".join(kinds) or "none"}'
                )
            self._write(connection, entry, by, "met", {"deadline": kind, "how": how})
            return self._standing(connection, entry)

    def note(self, number: str, text: str, *, by: str) -> RequestStanding:
        """Keep a remark. Raises: UsageError when it is empty."""
        if not text.strip():
            raise UsageError("the remark is empty")
        return self._act(number, by, "noted", {"text": text.strip()})

    def freeze(self, number: str, scope: Scope, *, by: str) -> RequestStanding:
        """Keep everything that the request touches until it is closed, also what comes later.

        Raises: as `Holds.place` and `Holds.widen`.
        """
        with self._database.read() as connection:
            entry = self._open(connection, number, by)
        if entry.hold:
            self._holds.widen(entry.hold, actor=by, reason=f"request {number}", scope=scope)
        else:
            order = HoldOrder(
                matter=f"Request {number}",
                issuer=by,
                scope=scope,
                kind=HoldKind.REQUEST,
                name=f"request-{number}",
            )
            placed = self._holds.place(order)
            with self._database.write() as connection:
                requests.change(connection, entry.id, hold_id=placed.entry.id)
        return self._act(number, by, "frozen", {"hold": entry.hold or f"request-{number}"})

    def close(self, number: str, outcome: str, *, by: str) -> tuple[RequestStanding, str]:
        """Close it and release its freeze. The second value says what keeps the freeze, if
        something does (it then must be released by hand).

        Raises: UsageError without an outcome; RefusedError when it is closed already.
        """
        if not outcome.strip():
            raise UsageError("say how the request ended: produced, denied, withdrawn, ...")
        with self._database.write() as connection:
            entry = self._open(connection, number, by)
            requests.change(connection, entry.id, state="closed")
            self._write(connection, entry, by, "closed", {"outcome": outcome.strip()})
        stays = ""
        if entry.hold:
            try:
                self._holds.release(entry.hold, actor=by, reason=f"request {number} is closed")
            except RefusedError as refusal:
                stays = str(refusal)
        return self.get(number), stays

    def keep_letter(self, number: str, *, by: str, letter: str, sha256: str) -> None:
        """Keep that a letter was written."""
        self._act(number, by, "letter", {"letter": letter, "sha256": sha256})

    def get(self, number: str) -> RequestStanding:
        """The request with its clock, history and productions. Raises: NotFoundError."""
        with self._database.read() as connection:
            return self._standing(connection, self._known(connection, number))

    def all(self, *, open_only: bool = False) -> list[RequestStanding]:
        """Requests, those that are due first on top; closed ones last."""
        law = RequestClock(self._agency, self._home)
        made: dict[str, list[ProductionLine]] = defaultdict(list)
        with self._database.read() as connection:
            entries = requests.all_requests(connection, open_only=open_only)
            acts = requests.events_of_all(connection, open_only=open_only)
            for each in requests.index_of_productions(connection):
                made[each.request].append(each)
        found = [
            self._stands(law, entry, acts.get(entry.id, ()), made[entry.number])
            for entry in entries
        ]
        return sorted(found, key=_urgency)

    def foreseen(self, kind: RequestKind, received: date) -> tuple[Deadline, ...]:
        """The deadlines that a request of this kind would have if it is received on this
        agency-local day. Nothing is written."""
        return RequestClock(self._agency, self._home).deadlines(kind.value, received)

    def productions(self) -> list[ProductionLine]:
        """The index of productions: what was given out, to which request, when."""
        with self._database.read() as connection:
            return requests.index_of_productions(connection)

    def today(self) -> date:
        """The agency-local day."""
        return self._clock.now().astimezone(self._agency.zone).date()

    def _check(self, intake: Intake, by: str, now: datetime) -> None:
        if not by.strip():
            raise UsageError("say who takes the request in")
        if not intake.requester.strip() or not intake.text.strip():
            raise UsageError('a request has a requester ("anonymous" is one) and a text')
        if intake.received_at > now:
            raise UsageError("a request cannot have been received in the future")
        if intake.kind is RequestKind.MEDIA:
            asked = {
                "a contact": intake.contact,
                "the deadline of the press": intake.press_deadline,
            }
            missing = [what for what, value in asked.items() if not value.strip()]
            if missing:
                raise UsageError(f"a request of the media also has {' and '.join(missing)}")

    def _route(self, kind: RequestKind) -> str:
        if kind is RequestKind.MEDIA:
            return self._settings.communications_director
        if kind is RequestKind.DATA_SUBJECT:
            return self._settings.data_practices_authority
        return self._settings.records_clerk

    def _clock_act(self, number: str, by: str, reason: str, *, stop: bool) -> RequestStanding:
        if not reason.strip():
            raise UsageError("say why the clock stops or runs again; the requester may ask")
        with self._database.write() as connection:
            entry = self._open(connection, number, by)
            if stop is (entry.state == "paused"):
                raise RefusedError(f"the clock of {number} {'stands' if stop else 'runs'} already")
            requests.change(connection, entry.id, state="paused" if stop else "open")
            action = "paused" if stop else "resumed"
            self._write(connection, entry, by, action, {"reason": reason})
            return self._standing(connection, self._known(connection, number))

    def _act(
        self, number: str, by: str, action: str, detail: dict[str, object] | dict[str, str]
    ) -> RequestStanding:
        with self._database.write() as connection:
            entry = self._open(connection, number, by)
            self._write(connection, entry, by, action, dict(detail))
            return self._standing(connection, self._known(connection, number))

    def _write(
        self,
        connection: Connection,
        entry: RequestEntry,
        by: str,
        action: str,
        detail: dict[str, object] | dict[str, str],
        *,
        day: date | None = None,
    ) -> None:
        requests.write_event(
            connection,
            request_id=entry.id,
            number=entry.number,
            at=self._clock.now(),
            day=day or self.today(),
            actor=by,
            action=action,
            detail=dict(detail),
        )

    def _open(self, connection: Connection, number: str, by: str) -> RequestEntry:
        if not by.strip():
            raise UsageError("say who does it")
        entry = self._known(connection, number)
        if entry.state == "closed":
            raise RefusedError(f"{number} is closed; open a new request that refers to it")
        return entry

    def _known(self, connection: Connection, number: str) -> RequestEntry:
        entry = requests.find(connection, number)
        if entry is None:
            there = [each.number for each in requests.all_requests(connection)][-5:]
            raise NotFoundError(
                f'there is no request "{number}"; the newest are: {", ".join(there) or "none yet"}'
            )
        return entry

    def _standing(self, connection: Connection, entry: RequestEntry) -> RequestStanding:
        return self._stands(
            RequestClock(self._agency, self._home),
            entry,
            requests.events(connection, entry.id),
            requests.index_of_productions(connection, entry.id),
        )

    def _stands(
        self,
        law: RequestClock,
        entry: RequestEntry,
        history: Sequence[RequestEvent],
        productions: Sequence[ProductionLine],
    ) -> RequestStanding:
        found = law.deadlines(entry.kind, entry.received_on, history)
        ahead = None if entry.state == "closed" else next_due(found, met(history))
        return RequestStanding(
            entry=entry,
            deadlines=found,
            next=ahead,
            late=ahead is not None and ahead.due is not None and ahead.due < self.today(),
            paused=entry.state == "paused",
            history=tuple(history),
            productions=tuple(productions),
        )


def _urgency(standing: RequestStanding) -> tuple[bool, date, str]:
    due = standing.next.due if standing.next else None
    return standing.entry.state == "closed", due or date.max, standing.entry.number
