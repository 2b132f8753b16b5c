"""Telling custodians that they must preserve, and asking again those who have not confirmed.

A custodian who is written down with a mail address gets the notice there, alone; everybody
else is handed the text by a person. The recipients of alarms get it too, with all names. Who
was written to, whose server refused it and who has no address is in the hold's history. A
mail is sent before it is written down: after a crash in between it comes twice, never not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from archiver.desk.hold_book import HoldBook, for_act, open_hold
from archiver.desk.hold_reviews import REMIND_AFTER
from archiver.desk.hold_standing import NOTICE_GIVEN, REMINDED, HoldStanding, is_custodian
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.custodians import address_of, name_of
from archiver.model.queries import holds
from archiver.model.queries.holds import HoldEntry
from archiver.notify.base import Delivery, Fanout, Notice, Notifier, NotifyError, Severity
from archiver.notify.journal import JournalNotifier

BY_ITSELF = "Archiver"  # reminds without a person's command


class Letters(Protocol):
    """A way to write to one person."""

    def send_to(self, notice: Notice, address: str) -> None:
        """Deliver the notice to this mail address only. Raises: NotifyError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How the letters went. `no_address` are those who have none; `not_reached` has the reason
    for each. Where no mail is set up, nobody is written to."""

    written_to: tuple[str, ...]
    no_address: tuple[str, ...]
    not_reached: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """As the hold's history keeps it."""
        return {
            "written_to": list(self.written_to),
            "no_address": list(self.no_address),
            "not_reached": [list(each) for each in self.not_reached],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice that was given to `custodians`, or a reminder. `delivery` is what the channels
    did, `letters` who was written to; whoever of `by_hand` is given the text by a person."""

    text: str
    custodians: tuple[str, ...]
    letters: Written
    delivery: Delivery = field(default_factory=lambda: Delivery(sent=(), failed=()))

    @property
    def by_hand(self) -> tuple[str, ...]:
        """Who was not written to."""
        return tuple(each for each in self.custodians if each not in self.letters.written_to)


class HoldNotices:
    """Giving notice, reminding, acknowledging."""

    def __init__(
        self, book: HoldBook, channels: Sequence[Notifier], letters: Letters | None
    ) -> None:
        self._book = book
        self._channels = [each for each in channels if not isinstance(each, JournalNotifier)]
        self._letters = letters

    def give(self, name: str, *, actor: str, text: str = "") -> Told:
        """Give all custodians notice, at their own addresses and through every channel.

        Raises: NotifyError when there are channels or addresses and none took it; UsageError
        when there is nobody to tell; RefusedError when the hold is released.
        """
        with self._book.database.read() as connection:
            entry = open_hold(connection, name, actor)
        if not entry.custodians:
            raise UsageError(f"{name} has no custodian; add one: archiver holds widen --custodian")
        words = text.strip() or entry.notice
        subject = f"Duty to preserve records: {entry.matter}"
        letters = self._write_to(entry.custodians, entry, subject, words)
        delivery = Fanout(self._channels).send(
            self._notice(
                entry,
                subject,
                f"For: {', '.join(entry.custodians)}\n\n{words}{_who_has_it(letters)}",
            )
        )
        _check_told(letters, delivery)
        missed = {person for person, _ in letters.not_reached}
        detail = {
            "custodians": [each for each in entry.custodians if each not in missed],
            "channels": list(delivery.sent),
            "failed": [list(each) for each in delivery.failed],
            "text": words,
            **letters.as_json(),
        }
        self._keep(name, actor, NOTICE_GIVEN, detail)
        return Told(text=words, custodians=entry.custodians, letters=letters, delivery=delivery)

    def remind(self, name: str, *, actor: str) -> Told:
        """Write again to the custodians who were told and have not confirmed.

        Raises: UsageError when there is none; NotifyError when nobody could be reached.
        """
        with self._book.database.read() as connection:
            open_hold(connection, name, actor)
            standing = self._book.standing(connection, name)
        if not standing.waiting_for:
            raise UsageError(f"nobody who was told of {name} has still to confirm it")
        return self._remind(standing, standing.waiting_for, actor)

    def remind_due(self) -> list[str]:
        """Remind everybody who has an address, was asked a week ago and has not confirmed; for
        the daemon. One sentence for each hold whose reminders could not be sent."""
        if self._letters is None:
            return []
        due = []
        with self._book.database.read() as connection:
            for entry in holds.all_holds(connection):
                if entry.released_on is None:
                    standing = self._book.standing(connection, entry.name)
                    due.append((standing, self._due(standing)))
        problems = []
        for standing, people in due:
            try:
                told = self._remind(standing, people, BY_ITSELF) if people else None
            except (NotifyError, RefusedError) as error:
                problems.append(f"{standing.entry.name}: {error}")
            else:
                missed = told.letters.not_reached if told else ()
                problems += [f"{standing.entry.name}: {who}: {why}" for who, why in missed]
        return problems

    def acknowledge(self, name: str, custodian: str, *, actor: str = "") -> HoldStanding:
        """Keep that a custodian has confirmed the notice. `actor`: who enters it.

        Raises: UsageError when there is nothing to confirm; NotFoundError.
        """
        with self._book.database.write() as connection:
            entry = for_act(connection, name, actor or custodian)
            person = is_custodian(entry, custodian)
            if person is None:
                raise NotFoundError(
                    f"{custodian} is no custodian of {name}; they are: "
                    f"{', '.join(entry.custodians) or 'none'}"
                )
            before = self._book.standing(connection, name)
            if person in before.untold:
                raise UsageError(f"{person} was given no notice yet: archiver holds notice {name}")
            if person not in before.waiting_for:
                raise UsageError(f"{person} has acknowledged {name} already")
            self._book.write(
                connection,
                entry,
                actor=actor or person,
                action="acknowledged",
                detail={"custodian": person},
            )
            return self._book.standing(connection, name)

    def _due(self, standing: HoldStanding) -> tuple[str, ...]:
        latest = self._book.clock.now() - REMIND_AFTER
        return tuple(
            each
            for each in standing.waiting_for
            if address_of(each) and standing.asked_at[each] <= latest
        )

    def _remind(self, standing: HoldStanding, people: Sequence[str], actor: str) -> Told:
        entry = standing.entry
        first = min(self._book.day_of(standing.told_at[each]) for each in people)
        words = (
            f"You were given this notice, on {first} or later, and have not confirmed it. "
            f"Please do so now.\n\n{standing.notice}"
        )
        subject = f"Reminder, please confirm your duty to preserve records: {entry.matter}"
        letters = self._write_to(people, entry, subject, words)
        _check_told(letters, Delivery(sent=(), failed=()))
        self._keep(entry.name, actor, REMINDED, {"custodians": list(people), **letters.as_json()})
        return Told(text=words, custodians=tuple(people), letters=letters)

    def _write_to(
        self, people: Sequence[str], entry: HoldEntry, subject: str, words: str
    ) -> Written:
        """A letter to each who has an address, if mail is set up."""
        written: list[str] = []
        failed: list[tuple[str, str]] = []
        for person in people:
            address = address_of(person)
            if self._letters is None or not address:
                continue
            notice = self._notice(entry, subject, f"For: {name_of(person)}\n\n{words}")
            try:
                self._letters.send_to(notice, address)
            except NotifyError as error:
                failed.append((person, str(error)))
            else:
                written.append(person)
        return Written(
            written_to=tuple(written),
            no_address=tuple(each for each in people if not address_of(each)),
            not_reached=tuple(failed),
        )

    def _notice(self, entry: HoldEntry, subject: str, body: str) -> Notice:
        return Notice(
            severity=Severity.WARNING,
            subject=subject,
            body=body,
            key=f"hold-{entry.name}",
            at=self._book.clock.now(),
        )

    def _keep(self, name: str, actor: str, action: str, detail: dict[str, object]) -> None:
        with self._book.database.write() as connection:
            entry = for_act(connection, name, actor)
            self._book.write(connection, entry, actor=actor, action=action, detail=detail)


def _who_has_it(letters: Written) -> str:
    """For the recipients of alarms: to whom the text must still be given."""
    if not letters.written_to and not letters.not_reached:
        return ""
    lines = [
        ("Written to at their own address", letters.written_to),
        ("Could not be written to", tuple(person for person, _ in letters.not_reached)),
        ("No address, hand it to", letters.no_address),
    ]
    told = [f"{label}: {', '.join(people)}." for label, people in lines if people]
    return "\n\n" + "\n".join(told)


def _check_told(letters: Written, delivery: Delivery) -> None:
    """Raises: NotifyError when something was tried and nothing of it went out."""
    reasons = [why for _, why in (*letters.not_reached, *delivery.failed)]
    if reasons and not delivery.told and not letters.written_to:
        raise NotifyError(f"nobody was told: {'; '.join(dict.fromkeys(reasons))}")
