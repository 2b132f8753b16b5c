"""The reasons of a decision, in the order in which a person would tell them."""

from __future__ import annotations

from datetime import date

from retention.agency import AgencySettings
from retention.case import Case
from retention.claim import Outcome
from retention.facts import Hold, Reason, Series, Standing
from retention.hold import last_bound_day
from retention.period import Term


def reasons_of(case: Case, standing: Standing, agency: AgencySettings) -> tuple[Reason, ...]:
    """Every reason: what claims it, how long, by what authority, what stops it, who decided."""
    reasons = list(case.claims.reasons)
    reasons += [
        Reason(text=f"{key}: no loaded schedule has this series; kept until that is repaired.")
        for key in case.claims.unresolved
    ]
    for each in case.outcomes:
        reasons += _outcome_reasons(each, agency)
        if each.series.renegotiated:
            text = f"{each.series.key} is being renegotiated, which stops its dispositions."
            reasons.append(Reason(text=text, citation=each.series.citation))
    reasons += case.not_in_force
    reasons += [_hold_reason(hold) for hold in case.holds]
    reasons += _maximum_reasons(case)
    if standing is Standing.UNSCHEDULED:
        reasons.append(Reason(text="No series schedules its disposition: it is kept."))
    return tuple(reasons)


def _outcome_reasons(result: Outcome, agency: AgencySettings) -> list[Reason]:
    """How long one series keeps it, and by whose authority longer than the schedule says."""
    series = result.series
    reasons = [_series_reason(series, _sentence(result.own))]
    if result.least != result.own:
        sources = [each.authority for each in agency.overlays if each.series == series.key]
        sources += [each.citation for each in agency.floors]
        reasons.append(
            Reason(
                text=f"{series.key}: longer here: {_sentence(result.least)}",
                citation="; ".join(sources),
            )
        )
    if result.most is not None:
        reasons.append(_series_reason(series, f"must be gone by {result.most}"))
    return reasons


def _sentence(least: Term) -> str:
    return f"keep: {least.why}" if least.last_day is None else f"keep through {least.last_day}"


def _series_reason(series: Series, text: str) -> Reason:
    return Reason(
        text=f"{series.title} ({series.key}): {text}",
        citation=series.citation,
        source=series.source,
    )


def _hold_reason(hold: Hold) -> Reason:
    last = last_bound_day(hold)
    until = "its end is not in sight" if last is None else f"it binds through {last}"
    return Reason(text=f"Held by {hold.id} ({hold.kind}, {hold.matter}): {until}.")


def _maximum_reasons(case: Case) -> list[Reason]:
    """What becomes of a maximum, and who decided what."""
    reasons = [
        Reason(
            text=f"{each.who} decided on {each.on} to {'destroy' if each.destroy else 'keep'} "
            f"it under the maximum of {each.series} ({each.document})."
        )
        for each in case.answers
    ]
    if case.must_go_by is not None:
        reasons.append(Reason(text=_maximum_text(case, case.must_go_by)))
    return reasons


def _maximum_text(case: Case, last: date) -> str:
    over = last < case.day
    text = f"It {'should have' if over else 'must be'} gone by {last}"
    if case.holds or case.renegotiated:
        return f"{text}, but a hold stands above a maximum."
    if case.ordered_on is None and (case.scheduled_on is None or case.scheduled_on > last):
        return f"{text}, and another period runs longer: a named person must decide."
    return f"{text}: a named person must see to it." if over else f"{text}."
