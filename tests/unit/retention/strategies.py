"""Random records, series, holds and settings for property tests; also for comparing the
database's translation with the pure rules."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from retention.agency import AgencySettings, Fill, Floor, Overlay
from retention.calendars import FiscalYearEnd
from retention.facts import (
    Action,
    Cutoff,
    Event,
    Hold,
    HoldKind,
    Manner,
    Period,
    PeriodKind,
    RecordFacts,
    Roll,
    Rule,
    Scope,
    Series,
    YearUnit,
)

patient = settings(deadline=None, max_examples=120)  # a shared machine is slow at times
FIRST, LAST = date(2019, 1, 1), date(2029, 12, 31)
EVENTS = (Event.CREATED, Event.RECEIVED, Event.WITHDRAWN, Event.CLOSED, Event.AUDITED)
CONDITIONS = ("historical", "excepted")
# Days around leap days and year ends are wanted more often than chance gives them.
EDGES = [
    date(year, month, day) + timedelta(days=more)
    for year in range(2020, 2029)
    for month, day in ((2, 28), (12, 31), (9, 30), (6, 30))
    for more in (0, 1)
]
days = st.one_of(st.sampled_from(EDGES), st.dates(FIRST, LAST))

lengths = st.builds(
    Period,
    kind=st.just(PeriodKind.LENGTH),
    years=st.integers(0, 3),
    months=st.sampled_from([0, 0, 1, 6]),
    days=st.sampled_from([0, 0, 1, 90]),
    unit=st.sampled_from(YearUnit),
)
periods = st.one_of(
    lengths,
    lengths,
    lengths,
    st.builds(Period, kind=st.sampled_from(PeriodKind), years=st.integers(0, 2)),
)
cutoffs = st.builds(
    Cutoff,
    events=st.lists(st.sampled_from(EVENTS), min_size=0, max_size=2, unique=True).map(tuple),
    later=st.booleans(),
    roll=st.sampled_from(Roll),
)
rules = st.builds(
    Rule,
    cutoff=cutoffs,
    period=periods,
    action=st.one_of(st.just(Action.DESTROY), st.sampled_from(Action)),
    manner=st.sampled_from(Manner),
    condition=st.sampled_from(["", "", *CONDITIONS]),
    or_event=st.sampled_from([None, None, Event.AUDITED, Event.CLOSED]),
    earlier=st.booleans(),
    maximum=st.one_of(st.none(), lengths),
    maximum_after_minimum=st.booleans(),
)


def series_called(name: str, **fixed: bool) -> st.SearchStrategy[Series]:
    """A random series of this id."""
    return st.builds(
        Series,
        schedule=st.just("s"),
        edition=st.just("1"),
        id=st.just(name),
        title=st.just(name),
        citation=st.just(f"Code {name}"),
        source=st.just("example.gov"),
        verified=st.just(fixed["verified"]) if "verified" in fixed else st.booleans(),
        renegotiated=st.just(False) if "verified" in fixed else st.booleans(),
        rules=st.lists(rules, min_size=1, max_size=3).map(tuple),
    )


all_series = st.tuples(
    series_called("a", verified=True), series_called("b", verified=True), series_called("c")
)
facts = st.builds(
    RecordFacts,
    record_id=st.just(1),
    account=st.sampled_from(["pd", "fire"]),
    platform=st.just("x"),
    kind=st.just("post"),
    department=st.sampled_from(["", "police"]),
    author_id=st.sampled_from(["", "77"]),
    words=st.sampled_from(["", "Jones was here", "no names"]),
    events=st.dictionaries(st.sampled_from(EVENTS), days),
    assertions=st.frozensets(
        st.sampled_from([*CONDITIONS, "appraised: no archival value", "appraised: keep"])
    ),
    visible=st.booleans(),
)
scopes = st.builds(
    Scope,
    accounts=st.sampled_from([(), ("pd",)]),
    departments=st.sampled_from([(), ("police",)]),
    authors=st.sampled_from([(), ("77",)]),
    words=st.sampled_from([(), ("jones",)]),
    since=st.one_of(st.none(), days),
    until=st.one_of(st.none(), days),
    picks=st.sampled_from([frozenset(), frozenset({1})]),
    everything=st.booleans(),
)
holds = st.builds(
    Hold,
    id=st.sampled_from(["H1", "H2", "H3"]),
    kind=st.sampled_from(HoldKind),
    matter=st.just("m"),
    scope=scopes,
    placed=days,
    released=st.one_of(st.none(), days),
    tail_days=st.sampled_from([0, 60]),
    lapses=st.one_of(st.none(), days),
    notice_given=st.one_of(st.none(), days),
)
overlays = st.builds(
    Overlay,
    series=st.sampled_from(["s/a", "s/b", "s/c"]),
    period=periods,
    authority=st.just("Policy"),
    added=st.booleans(),
)
settings_of_agencies = st.builds(
    AgencySettings,
    fiscal_years=st.sampled_from(
        [
            (),
            (FiscalYearEnd(month=9, day=30),),
            (
                FiscalYearEnd(month=9, day=30),
                FiscalYearEnd(month=12, day=31, since=date(2024, 1, 1)),
            ),
        ]
    ),
    blanks=st.sampled_from(
        [{}, {"s/a": Fill(period=Period(kind=PeriodKind.LENGTH, years=1), policy="P")}]
    ),
    overlays=st.lists(overlays, max_size=2).map(tuple),
    floors=st.sampled_from(
        [(), (Floor(period=Period(kind=PeriodKind.LENGTH, years=2), citation="Floor"),)]
    ),
)
