"""Review: what becomes of each item of a frozen set, by whom, and who looked a second time.

A decision is never changed, only followed by another one; the newest counts. Nothing is
decided by the program: earlier decisions and patterns are suggested, a person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from secrets import token_hex

from archiver.clock import Clock
from archiver.desk.exemptions import Catalogue
from archiver.desk.held_media import HeldMedia
from archiver.desk.result_sets import CLOSED, request_of, set_of
from archiver.desk.review_rules import Outcome, check_marks, check_shape
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.export.redaction_picture import size_of
from archiver.model.database import Connection, Database
from archiver.model.queries import review
from archiver.model.queries.precedents import precedents
from archiver.model.queries.result_sets import ResultSet
from archiver.model.queries.review import Decision, HeldMedium, Pick, SetItem
from archiver.values import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the review of a set is. `checked` counts decisions that somebody else agreed
    with, `disputed` those that somebody else did not."""

    size: int
    release: int
    withhold: int
    redact: int
    undecided: int
    checked: int
    disputed: int

    @property
    def waiting(self) -> int:
        """How many decisions nobody else has looked at."""
        return self.size - self.undecided - self.checked - self.disputed


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What was decided for the same version in another request: a suggestion, no more.
    `usable` is False when its exemption cannot be used any more."""

    position: int
    request: str
    decision: Decision
    usable: bool


class Reviews:
    """The use cases of review."""

    def __init__(
        self, database: Database, clock: Clock, exemptions: Catalogue, media: HeldMedia
    ) -> None:
        self._database = database
        self._clock = clock
        self._exemptions = exemptions
        self._media = media

    def items(
        self,
        request_number: str,
        set_number: int,
        *,
        pick: Pick | None = None,
        after: int = 0,
        limit: int = 0,
    ) -> Iterator[SetItem]:
        """Items of a set with their decisions, by position. Raises: NotFoundError."""
        with self._database.read() as connection:
            found = set_of(connection, request_number, set_number)
            yield from review.items(
                connection, found.id, found.request_id, pick=pick, after=after, limit=limit
            )

    def item(self, request_number: str, set_number: int, position: int) -> SetItem:
        """One item of a set. Raises: NotFoundError."""
        with self._database.read() as connection:
            return _item(connection, set_of(connection, request_number, set_number), position)

    def media(self, item: SetItem) -> Sequence[HeldMedium]:
        """The media files of an item, in their order."""
        with self._database.read() as connection:
            return review.media_of(connection, [item.version_id]).get(item.version_id, [])

    def decide(
        self,
        request_number: str,
        set_number: int,
        position: int,
        outcome: Outcome,
        *,
        by: str,
        code: str = "",
        reason: str = "",
        marks: Sequence[Mark] = (),
        seen: int | None = None,
    ) -> Decision:
        """Decide on one item. `seen` is the id of the decision that the person had before
        their eyes, 0 for none; None: they do not say.

        Raises: NotFoundError; UsageError when the decision is not complete or a mark is not
            inside the item; RefusedError when the code cannot be used, the request is closed,
            or somebody has decided since.
        """
        _named(by)
        check_shape(outcome, code, reason, marks, self._exemptions)
        with self._database.read() as connection:
            found = _open_set(connection, request_number, set_number)
            item = _item(connection, found, position)
            held = review.media_of(connection, [item.version_id]).get(item.version_id, [])
        check_marks(item, marks, held, self._size)
        with self._database.write() as connection:
            _unchanged(_item(connection, found, position), seen)
            review.add_decisions(
                connection,
                found.request_id,
                [item.version_id],
                outcome=outcome.value,
                code=code,
                reason=reason,
                marks=marks,
                bulk="",
                actor=by,
                at=self._clock.now(),
            )
            decided = _item(connection, found, position).decision
        assert decided is not None
        return decided

    def decide_many(
        self,
        request_number: str,
        set_number: int,
        pick: Pick,
        outcome: Outcome,
        *,
        by: str,
        code: str = "",
        reason: str = "",
        expected: int = 0,
    ) -> int:
        """The same decision for all items that the pick finds; returns how many. Redactions
        are decided one by one, except that of the author. `expected` is how many the person
        was told, 0: nobody was.

        Raises: as `decide`; UsageError when the pick finds nothing, or another number.
        """
        _named(by)
        marks = (Mark(what="author", code=code),) if outcome is Outcome.REDACT else ()
        check_shape(outcome, "" if marks else code, reason, marks, self._exemptions)
        with self._database.write() as connection:
            found = _open_set(connection, request_number, set_number)
            chosen = [
                each.version_id
                for each in review.items(connection, found.id, found.request_id, pick=pick)
            ]
            if not chosen:
                raise UsageError("no item of the set is meant; nothing was decided")
            _as_told(len(chosen), expected)
            return review.add_decisions(
                connection,
                found.request_id,
                chosen,
                outcome=outcome.value,
                code="" if marks else code,
                reason=reason,
                marks=marks,
                bulk=f"bulk-{token_hex(6)}",
                actor=by,
                at=self._clock.now(),
            )

    def check(
        self,
        request_number: str,
        set_number: int,
        pick: Pick,
        *,
        agrees: bool,
        by: str,
        note: str = "",
        seen: int | None = None,
        expected: int = 0,
    ) -> int:
        """The second look at the decisions on all items that the pick finds; returns how many.
        `seen` and `expected` as in `decide` and `decide_many`.

        Raises: RefusedError when one of them was decided by the same person, or anew since it
            was seen; UsageError when nothing decided is meant, another number than was told,
            or a dispute has no note; NotFoundError.
        """
        _named(by)
        if not agrees and not note.strip():
            raise UsageError("say what is wrong with the decision")
        with self._database.write() as connection:
            found = _open_set(connection, request_number, set_number)
            chosen = []
            for item in review.items(connection, found.id, found.request_id, pick=pick):
                if item.decision is None or item.decision.outcome == Outcome.UNDECIDED:
                    continue
                _unchanged(item, seen)
                if _person(item.decision.actor) == _person(by):
                    raise RefusedError(
                        f"{by} decided item {item.position}; somebody else must look at it"
                    )
                chosen.append(item.decision.id)
            if not chosen:
                raise UsageError("no decided item is meant; there is nothing to look at")
            _as_told(len(chosen), expected)
            review.add_checks(
                connection, chosen, agrees=agrees, note=note, actor=by, at=self._clock.now()
            )
        return len(chosen)

    def progress(
        self, request_number: str, set_number: int, *, pick: Pick | None = None
    ) -> Progress:
        """How far the review is, of the whole set or of what a pick (not by versions) finds.

        Raises: NotFoundError.
        """
        with self._database.read() as connection:
            found = set_of(connection, request_number, set_number)
            tallies = review.tallies(connection, found.id, found.request_id, pick=pick)
        outcomes: Counter[str] = Counter()
        looks: Counter[str] = Counter()
        for outcome, look, number in tallies:
            outcomes[outcome] += number
            if outcome != Outcome.UNDECIDED:
                looks[look] += number
        return Progress(
            size=found.size if pick is None else outcomes.total(),
            release=outcomes[Outcome.RELEASE],
            withhold=outcomes[Outcome.WITHHOLD],
            redact=outcomes[Outcome.REDACT],
            undecided=outcomes[Outcome.UNDECIDED],
            checked=looks["agreed"],
            disputed=looks["disputed"],
        )

    def earlier(
        self, request_number: str, set_number: int, *, positions: Collection[int] | None = None
    ) -> list[Earlier]:
        """What was decided for the same versions in other requests, by position; of the whole
        set or of these positions. Nothing of it is applied. Raises: NotFoundError."""
        with self._database.read() as connection:
            found = set_of(connection, request_number, set_number)
            return [
                Earlier(
                    position=position,
                    request=number,
                    decision=decision,
                    usable=all(self._usable(code) for code in codes_of(decision)),
                )
                for position, number, decision in precedents(
                    connection, found.id, found.request_id, positions=positions
                )
            ]

    def fit(self, item: SetItem, marks: Sequence[Mark]) -> None:
        """Do all these marks lie inside the item? Raises: UsageError, naming what is outside."""
        check_marks(item, marks, self.media(item), self._size)

    def _usable(self, code: str) -> bool:
        try:
            return self._exemptions.of(code).usable
        except NotFoundError:
            return False

    def _size(self, medium: HeldMedium) -> tuple[int, int]:
        if not medium.segment:
            raise ValueError(f"its bytes are not held: {medium.status}")
        return size_of(self._media.whole(medium))


def codes_of(decision: Decision) -> tuple[str, ...]:
    """The exemptions that a decision rests on, each once."""
    named: Iterable[str] = (decision.code, *(mark.code for mark in decision.marks))
    return tuple(dict.fromkeys(code for code in named if code))


def _open_set(connection: Connection, request_number: str, set_number: int) -> ResultSet:
    if request_of(connection, request_number).state == CLOSED:
        raise RefusedError(f"request {request_number} is closed; its review cannot be changed")
    return set_of(connection, request_number, set_number)


def _item(connection: Connection, found: ResultSet, position: int) -> SetItem:
    pick = Pick(position=position)
    for each in review.items(connection, found.id, found.request_id, pick=pick):
        return each
    raise NotFoundError(f"result set {found.number} has no item {position}; it has {found.size}")


def _unchanged(item: SetItem, seen: int | None) -> None:
    now = item.decision
    if seen is None or (now.id if now else 0) == seen:
        return
    who = f"{now.actor} decided" if now else "somebody took back the decision on"
    raise RefusedError(
        f"{who} item {item.position} since this was opened; look at it again, then decide"
    )


def _as_told(found: int, expected: int) -> None:
    if expected and found != expected:
        raise UsageError(
            f"{found:,} items are meant now, and not {expected:,}: somebody else worked on the "
            "set; look at the list again"
        )


def _named(by: str) -> None:
    if not by.strip():
        raise UsageError("say who decides")


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()
