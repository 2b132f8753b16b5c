"""The legal steps of a disposition, and no others.

    proposed -> reviewed -> approved -> executing -> executed -> certified
    (withdrawn: from any stage before the execution, or when nothing remains to be done)

Each function takes a batch and returns the next state of it, or raises `IllegalStep` and says
what must come first. Records can be dropped up to the moment in which each is destroyed, and
never added. A batch executes once, and only under the schedules that it was made with.

Not here: the deed. `archiver` destroys one record after another and says so with `mark_gone`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from retention.approvals import IN_THE_HOUSE, Given, StepState, free_from, next_place, route, states
from retention.batch import Batch, Signed, Stage
from retention.brakes import Brakes, check_brakes, same_person
from retention.calendars import WorkingCalendar
from retention.errors import IllegalStep, Unnamed
from retention.facts import Approval, PerWhat, Step
from retention.guard import Verdict
from retention.today import Today, clock_refusal

_BEFORE = (Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED)


def propose(
    batch_id: str,
    *,
    digest: str,
    by: Signed,
    records: Mapping[int, str],
    series: tuple[str, ...],
    steps: Iterable[Approval],
) -> Batch:
    """A new batch of records (id to account) under the schedules of this digest."""
    _named(by, "Proposing a disposition")
    if not records or not digest or not series:
        raise IllegalStep("A disposition needs records, their series and the schedules' digest.")
    return Batch(
        id=batch_id, digest=digest, proposed=by, records=dict(records), series=series,
        route=route(steps),
    )  # fmt: skip


def drop(batch: Batch, record_id: int, reason: str) -> Batch:
    """Takes a record out, with the reason: a reviewer's no, or a hold that reached it."""
    _at(batch, *_BEFORE, Stage.EXECUTING)
    if record_id not in batch.remaining:
        raise IllegalStep(f"Record {record_id} is not in batch {batch.id}.")
    if record_id in batch.gone:
        raise IllegalStep(f"Record {record_id} of batch {batch.id} is destroyed already.")
    if not reason.strip():
        raise Unnamed(f"Taking record {record_id} out of batch {batch.id} needs a reason.")
    return replace(batch, dropped={**batch.dropped, record_id: reason})


def review(batch: Batch, by: Signed) -> Batch:
    """A named person has looked at the list."""
    _at(batch, Stage.PROPOSED)
    _named(by, "Reviewing a disposition")
    if not batch.remaining:
        raise IllegalStep(f"All records of batch {batch.id} were excluded; withdraw it.")
    return replace(batch, stage=Stage.REVIEWED, reviewed=by)


def approve(
    batch: Batch,
    given: Given,
    *,
    today: date,
    register: Iterable[Given] = (),
    calendar: WorkingCalendar,
) -> Batch:
    """The next step of the route is given. After the last one the batch is approved."""
    _at(batch, Stage.REVIEWED)
    known = tuple(register)
    found = states(batch.route, batch.given, known, series=batch.series, calendar=calendar)
    place = next_place(found)
    if place is None:
        raise IllegalStep(f"Batch {batch.id} has all its approvals; settle it.")
    _check_given(batch, given, batch.route[place], found[:place], today)
    batch = replace(batch, given=(*batch.given, replace(given, place=place)))
    return settle(batch, register=known, calendar=calendar)


def settle(batch: Batch, *, register: Iterable[Given] = (), calendar: WorkingCalendar) -> Batch:
    """The batch is approved if no step is missing: what was missing may have come into the
    register meanwhile. Otherwise it stays as it is."""
    _at(batch, Stage.REVIEWED)
    found = states(batch.route, batch.given, register, series=batch.series, calendar=calendar)
    return replace(batch, stage=Stage.APPROVED) if next_place(found) is None else batch


def start(
    batch: Batch,
    *,
    today: Today,
    digest: str,
    verdicts: Mapping[int, Verdict],
    brakes: Brakes,
    register: Iterable[Given] = (),
    calendar: WorkingCalendar,
    override: Signed | None = None,
) -> Batch:
    """The execution begins. `verdicts` are the guard's, made in the same transaction; a
    record without one that allows it is dropped. If none remains the batch is withdrawn."""
    _at(batch, Stage.APPROVED)
    if (doubt := clock_refusal(today)) is not None:
        raise IllegalStep(doubt.text)
    if digest != batch.digest:
        raise IllegalStep(
            f"The schedules have changed since batch {batch.id} was made; propose it again."
        )
    found = states(batch.route, batch.given, register, series=batch.series, calendar=calendar)
    begins = free_from(found)
    if begins is None or today.day < begins:
        raise IllegalStep(f"Batch {batch.id} must wait: {_waits(found, today.day)}.")
    for record_id in sorted(batch.remaining):
        reason = _refusal(verdicts.get(record_id))
        if reason:
            batch = drop(batch, record_id, reason)
    if not batch.remaining:
        return replace(batch, stage=Stage.WITHDRAWN)
    check_brakes(batch, brakes, override)
    return replace(batch, stage=Stage.EXECUTING, override=override)


def mark_gone(batch: Batch, record_id: int) -> Batch:
    """One record was destroyed (or transferred). Saying it again changes nothing."""
    _at(batch, Stage.EXECUTING)
    if record_id not in batch.remaining:
        raise IllegalStep(f"Record {record_id} is not to go in batch {batch.id}.")
    return replace(batch, gone=batch.gone | {record_id})


def finish(batch: Batch) -> Batch:
    """All that was to go is gone, or was dropped on the way."""
    _at(batch, Stage.EXECUTING)
    left = len(batch.remaining - batch.gone)
    if left:
        raise IllegalStep(f"Batch {batch.id} is not finished: {left} records are still there.")
    return replace(batch, stage=Stage.EXECUTED)


def certify(batch: Batch, by: Signed) -> Batch:
    """The certificate is made; `by.reason` names it."""
    _at(batch, Stage.EXECUTED)
    _named(by, "Certifying a disposition")
    return replace(batch, stage=Stage.CERTIFIED, certified=by)


def withdraw(batch: Batch) -> Batch:
    """Nothing of it is carried out."""
    _at(batch, *_BEFORE)
    return replace(batch, stage=Stage.WITHDRAWN)


def _check_given(
    batch: Batch, given: Given, wanted: Approval, before: tuple[StepState, ...], today: date
) -> None:
    if given.step is not wanted.step or given.whom != wanted.whom:
        whom = f" ({wanted.whom})" if wanted.whom else ""
        raise IllegalStep(f"Batch {batch.id} needs {wanted.step}{whom} next, not {given.step}.")
    if wanted.per is PerWhat.SERIES and given.series not in batch.series:
        raise IllegalStep(f"Say for which series of batch {batch.id} {given.step} agrees.")
    if not given.by.strip():
        raise Unnamed(f"An approval by {given.step} needs the name of a person.")
    if given.step not in IN_THE_HOUSE and not given.document.strip():
        raise Unnamed(f"An approval by {given.step} needs its document.")
    if given.on > today:
        raise IllegalStep(f"An approval cannot be dated {given.on}: today is {today}.")
    if wanted.per is PerWhat.ACT and given.on < batch.proposed.on:
        raise IllegalStep(f"Batch {batch.id} was only proposed on {batch.proposed.on}.")
    begins = free_from(before)
    if begins is None or given.on < begins:
        raise IllegalStep(f"Batch {batch.id} must wait: {_waits(before, given.on)}.")
    _check_second(batch, given)


def _check_second(batch: Batch, given: Given) -> None:
    """The second person proposed nothing and gave no other approval in the house."""
    others = [each for each in batch.given if each.step in IN_THE_HOUSE]
    if given.step is Step.SECOND_PERSON:
        taken = [batch.proposed.by, *(each.by for each in others)]
    elif given.step in IN_THE_HOUSE:
        taken = [each.by for each in others if each.step is Step.SECOND_PERSON]
    else:
        return
    if any(same_person(given.by, each) for each in taken):
        raise IllegalStep(
            f"{given.by} has a part in batch {batch.id} already; a second person must approve."
        )


def _waits(found: tuple[StepState, ...], day: date) -> str:
    """What is waited for, in words."""
    late = [each for each in found if each.free_from is None or each.free_from > day]
    return "; ".join(
        f"{each.approval.step}"
        + (
            " is missing"
            if each.done is None
            else " has a waiting time in working days, and which days those are is not known: set "
            "agency.state, or agency.holidays, in the settings"
        )
        if each.free_from is None
        else f"the time after {each.approval.step} ends before {each.free_from}"
        for each in late
    )


def _refusal(verdict: Verdict | None) -> str:
    if verdict is None:
        return "the guard was not asked"
    if verdict.allowed:
        return ""
    return " ".join(each.text for each in verdict.reasons) or "the guard refused it"


def _at(batch: Batch, *stages: Stage) -> None:
    if batch.stage not in stages:
        raise IllegalStep(
            f"Batch {batch.id} is {batch.stage}; this is possible only while it is "
            f"{' or '.join(stages)}."
        )


def _named(signed: Signed, what: str) -> None:
    if not signed.by.strip():
        raise Unnamed(f"{what} takes a named person.")
