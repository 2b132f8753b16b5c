"""Asks the platform about what a walk did not list, and about what was missed before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta

from archiver.capture.context import Context
from archiver.capture.reconcile import emptied, judge, target_of, with_their_post
from archiver.capture.step import Step
from archiver.model.manifest import FindingDraft
from archiver.model.queries import health, known, registry
from archiver.model.queries.known import Holding, Key, Range
from connectors.base import Finding, Presence, Target, family
from connectors.errors import ConnectorError
from connectors.registry import Guarded

BATCH = 100
CONTROLS = 2
CONFIRMED = "emptying confirmed"  # the act of desk.accounts that lets look-ups go on
CONFIRMATION_LASTS = timedelta(days=2)
PER_WALK = 2000  # more look-ups than this wait for the next walk


class Lookup:
    """Asks for one finished walk. `seen` is what its last step listed, `began` its start."""

    def __init__(
        self,
        context: Context,
        connector: Guarded,
        step: Step,
        *,
        began: datetime,
        seen: Set[Key],
    ) -> None:
        self._context = context
        self._connector = connector
        self._step = step
        self._began = began
        self._seen = seen
        self._missing: frozenset[Key] = frozenset()

    def missing(self, ranges: Sequence[Range]) -> None:
        """Look up what the walk covered and did not list.

        What the platform will not answer now stays as it was and is asked again next time;
        the run log says so.
        """
        context = self._context
        kinds = {kind for each in ranges for kind in each.kinds}
        threads: dict[Key, str] = {}
        with context.database.read() as connection:
            covered = sum(known.covered_count(connection, context.account_id, r) for r in ranges)
            held = known.present_count(connection, context.account_id, kinds)
            for each in ranges:
                threads |= known.missing(
                    connection, context.account_id, each, walk_began=self._began
                )
        keys = {key: thread for key, thread in threads.items() if key not in self._seen}
        self._missing = frozenset(keys)
        along = with_their_post(keys)
        doubtful = emptied(missing=len(keys) - along, covered=covered - along, held=held - along)
        if doubtful and not self._confirmed():
            self._alarm_emptied(missing=len(keys), covered=covered)
            return
        self._close("emptied")
        if keys:
            self._ask(dict.fromkeys(list(keys)[:PER_WALK]))
        else:
            self._close("control missing")

    def _confirmed(self) -> bool:
        """Did a person lately confirm that so much was really removed?"""
        context = self._context
        with context.database.read() as connection:
            at = registry.last_event(connection, context.account_id, CONFIRMED)
        return at is not None and context.clock.now() - at < CONFIRMATION_LASTS

    def suspected(self) -> None:
        """Look up again what was missed once, long enough ago.

        Not while the account as a whole is in doubt.
        """
        context = self._context
        before = context.clock.now() - context.settings.confirm_after
        with context.database.read() as connection:
            doubted = health.is_alarmed(connection, context.account_id, "emptied")
            keys = known.suspected(connection, context.account_id, before=before)
        waiting = [(key, missed) for key, missed in keys.items() if key not in self._seen]
        if waiting and not doubted:
            self._ask(dict(waiting[:PER_WALK]))

    def _ask(self, missed: Mapping[Key, datetime | None]) -> None:
        """Look records up; the values are when they were first missed, None for just now."""
        if not self._connector.capabilities.lookup:
            self._step.note(
                f"{len(missed)} records were not listed; this platform has no look-up by id"
            )
            return
        by_family: dict[str, list[Key]] = defaultdict(list)
        for key in missed:
            by_family[key[0]].append(key)
        for name, group in by_family.items():
            for start in range(0, len(group), BATCH):
                batch = {key: missed[key] for key in group[start : start + BATCH]}
                error = self._batch(name, batch)
                if error is not None:
                    self._step.note(
                        f"looking up missing records stopped: {error.code}; asked again later"
                    )
                    return

    def _batch(self, name: str, missed: Mapping[Key, datetime | None]) -> ConnectorError | None:
        """Ask for some records of a family. What was answered before an error counts."""
        context = self._context
        with context.database.read() as connection:
            held = known.holdings(connection, context.account_id, missed, with_states=False)
        controls = self._controls(name)
        targets = [target_of(h) for h in (*controls.values(), *held.values())]
        answers, error = self._answers(targets)
        recorded = context.recorder.take()
        asked = not controls or any(key in answers for key in controls)
        holds = asked and _controls_hold(self._connector, answers, controls)
        if asked and controls:
            if holds:
                self._close("control missing")
            elif any(key in self._seen for key in controls):
                self._alarm_control(name)
        if not holds:
            self._step.note(f"no known {name} could be found either: nothing was concluded")
        drafts = list(
            _judged(self._step, answers, held, missed, controls_hold=holds, at=context.clock.now())
        )
        shown = {answers[key].exchange for key in controls if key in answers} if drafts else set()
        self._step.found(drafts, recorded, shown=shown)
        return error

    def _controls(self, name: str) -> dict[Key, Holding]:
        """Records that should be there: best those that this very walk has listed."""
        account, missing = self._context.account_id, self._missing
        with self._context.database.read() as connection:
            found = known.controls(connection, account, name, most=len(missing) + 10 * CONTROLS)
            found = [key for key in found if key not in missing]
            found.sort(key=lambda key: key not in self._seen)
            return known.holdings(connection, account, found[:CONTROLS], with_states=False)

    def _answers(
        self, targets: Sequence[Target]
    ) -> tuple[dict[Key, Finding], ConnectorError | None]:
        answers: dict[Key, Finding] = {}
        try:
            for finding in self._connector.lookup(targets):
                answers[family(finding.target.kind), finding.target.id] = finding
        except ConnectorError as error:
            return answers, error
        return answers, None

    def _close(self, kind: str) -> None:
        """The fault is over, if it was there."""
        context = self._context
        with context.database.read() as connection:
            if not health.is_alarmed(connection, context.account_id, kind):
                return
        with context.database.write() as connection:
            health.close_alarms(
                connection, account_id=context.account_id, kinds=(kind,), at=context.clock.now()
            )

    def _alarm_emptied(self, *, missing: int, covered: int) -> None:
        text = (
            f"{missing} of {covered} records of {self._context.account.slug} were not listed any "
            "more, all at once; nothing was marked as gone. Check the account and its "
            "permissions on the platform. If they were really removed: archiver accounts "
            f"confirm-emptying {self._context.account.slug}"
        )
        self._step.note(text)
        self._raise("emptied", text)

    def _alarm_control(self, name: str) -> None:
        self._raise(
            "control missing",
            f"{self._context.account.slug}: a {name} that should be there cannot be looked up; "
            "missing records cannot be told from a lost permission. Check the credential's "
            "permissions.",
        )

    def _raise(self, kind: str, text: str) -> None:
        context = self._context
        now = context.clock.now()
        with context.database.write() as connection:
            health.open_alarm(
                connection, account_id=context.account_id, kind=kind, text=text, since=now, at=now
            )


def _judged(
    step: Step,
    answers: Mapping[Key, Finding],
    held: Mapping[Key, Holding],
    missed: Mapping[Key, datetime | None],
    *,
    controls_hold: bool,
    at: datetime,
) -> Iterable[FindingDraft]:
    for key, holding in held.items():
        finding = answers.get(key)
        if finding is None:
            step.note(f"the platform did not answer about {key[0]} {key[1]}")
            continue
        judged = judge(
            finding, holding, controls_hold=controls_hold, at=at, missed_at=missed.get(key)
        )
        if judged.seen:
            step.seen_by_lookup(key, at)
        if judged.draft is not None:
            yield judged.draft


def _controls_hold(
    connector: Guarded, answers: Mapping[Key, Finding], controls: Mapping[Key, Holding]
) -> bool:
    if not controls:
        return not connector.capabilities.control_lookup
    there = (Presence.PRESENT, Presence.HIDDEN)
    return any(answers[key].presence in there for key in controls if key in answers)
