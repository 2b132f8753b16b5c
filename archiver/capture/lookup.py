"""Asks the platform about what a walk did not list, and about what was missed before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

from archiver.capture.context import Context
from archiver.capture.reconcile import emptied, judge, target_of
from archiver.capture.step import Step
from archiver.model.manifest import FindingDraft
from archiver.model.queries import health, known
from archiver.model.queries.known import Holding, Key, Range
from connectors.base import Finding, Presence, family
from connectors.errors import ConnectorError
from connectors.registry import Guarded

BATCH = 100
CONTROLS = 2
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

    def missing(self, ranges: Sequence[Range]) -> None:
        """Look up what the walk covered and did not list.

        What the platform will not answer now stays as it was and is asked again next time;
        the run log says so.
        """
        context = self._context
        with context.database.read() as connection:
            covered = sum(known.covered_count(connection, context.account_id, r) for r in ranges)
            keys: dict[Key, None] = {}
            for each in ranges:
                for key in known.missing(
                    connection, context.account_id, each, walk_began=self._began
                ):
                    if key not in self._seen:
                        keys[key] = None
        if not keys:
            self._all_well()
        elif emptied(missing=len(keys), covered=covered):
            self._alarm_emptied(missing=len(keys), covered=covered)
        else:
            self._ask(list(keys)[:PER_WALK])

    def suspected(self) -> None:
        """Look up again what was missed once, long enough ago."""
        context = self._context
        before = context.clock.now() - context.settings.confirm_after
        with context.database.read() as connection:
            keys = known.suspected(connection, context.account_id, before=before)
        waiting = [key for key in keys if key not in self._seen]
        if waiting:
            self._ask(waiting[:PER_WALK])

    def _ask(self, keys: Sequence[Key]) -> None:
        if not self._connector.capabilities.lookup:
            self._step.note(
                f"{len(keys)} records were not listed; this platform has no look-up by id"
            )
            return
        by_family: dict[str, list[Key]] = defaultdict(list)
        for key in keys:
            by_family[key[0]].append(key)
        for name, group in by_family.items():
            for start in range(0, len(group), BATCH):
                try:
                    self._batch(name, group[start : start + BATCH])
                except ConnectorError as error:
                    self._step.failed(self._context.recorder.take(), keep=False)
                    self._step.note(
                        f"looking up missing records stopped: {error.code}; asked again later"
                    )
                    return

    def _batch(self, name: str, keys: Sequence[Key]) -> None:
        context = self._context
        with context.database.read() as connection:
            held = known.holdings(connection, context.account_id, keys, with_states=False)
            candidates = known.controls(
                connection, context.account_id, name, most=len(held) + CONTROLS
            )
            control_keys = [key for key in candidates if key not in held][:CONTROLS]
            controls = known.holdings(
                connection, context.account_id, control_keys, with_states=False
            )
        targets = [target_of(h) for h in (*held.values(), *controls.values())]
        answers = {(family(f.target.kind), f.target.id): f for f in self._connector.lookup(targets)}
        recorded = context.recorder.take()
        holds = _controls_hold(self._connector, answers, controls)
        if not holds:
            self._step.note(f"no known {name} could be found either: nothing was concluded")
            if controls:
                self._alarm_control(name)
        drafts = _judged(self._step, answers, held, controls_hold=holds, at=context.clock.now())
        self._step.found(list(drafts), recorded)

    def _all_well(self) -> None:
        context = self._context
        with context.database.write() as connection:
            health.close_alarms(
                connection,
                account_id=context.account_id,
                kinds=("emptied", "control missing"),
                at=context.clock.now(),
            )

    def _alarm_emptied(self, *, missing: int, covered: int) -> None:
        text = (
            f"{missing} of {covered} records of {self._context.account.slug} were not listed any "
            "more, all at once; nothing was marked as gone. Check the account and its "
            "permissions on the platform."
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
    *,
    controls_hold: bool,
    at: datetime,
) -> Iterable[FindingDraft]:
    for key, holding in held.items():
        finding = answers.get(key)
        if finding is None:
            step.note(f"the platform did not answer about {key[0]} {key[1]}")
            continue
        judged = judge(finding, holding, controls_hold=controls_hold, at=at)
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
