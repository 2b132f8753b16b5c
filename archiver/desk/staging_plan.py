"""The plan of a production: which items in which order, and what must not be found in them.

Order: by thread, threads by their earliest item, items of a thread by the time of their
state. Made from the newest decisions; while one is missing there is no plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from archiver.desk.exemptions import Catalogue
from archiver.desk.leak_check import Protected
from archiver.desk.leak_readings import words
from archiver.desk.plain_text import plain_text
from archiver.desk.review import codes_of
from archiver.desk.review_rules import Outcome
from archiver.errors import ArchiverError, RefusedError
from archiver.export.redaction_text import Span, inside
from archiver.model.queries.staging import Judged
from archiver.values import Mark

Thread = tuple[int, str]  # account and platform id of the root


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An item of the production. `order` counts all items 1, 2, ...; `released` counts those
    that are released and is 0 for the others; `position` is that in the set."""

    order: int
    released: int
    position: int
    record_id: int
    version_id: int
    account_id: int
    thread: Thread
    outcome: str
    decision_id: int
    code: str
    reason: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """An author who is redacted: of which item, under which names, by which exemption."""

    version_id: int
    handle: str
    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. `silenced` are the redacted authors of each thread. `opaque` gives the
    word that stands for the platform id of an item that is withheld, or whose author is
    redacted, so that its answers still find it; `grounds` the exemption behind each word."""

    items: Sequence[Planned]
    protected: Sequence[Protected]
    silenced: Mapping[Thread, Sequence[Silenced]]
    opaque: Mapping[tuple[int, str], str]
    grounds: Mapping[str, str]

    @property
    def released(self) -> int:
        """How many items are released."""
        return sum(1 for each in self.items if each.released)


@dataclass(slots=True)
class _Draft:
    rows: list[tuple[int, Judged]] = field(default_factory=list)
    protected: list[Protected] = field(default_factory=list)
    silenced: dict[Thread, list[Silenced]] = field(default_factory=dict)
    hidden: dict[tuple[int, str], str] = field(default_factory=dict)
    faults: dict[str, list[int]] = field(default_factory=dict)


def made(
    judged: Iterable[Judged],
    exemptions: Catalogue,
    *,
    second_review: bool,
    is_own: Callable[[Judged], bool],
) -> Plan:
    """The plan. `is_own` says whether the agency itself wrote an item: its name is no secret.

    Raises: RefusedError, naming the items that are undecided, not looked at a second time,
        in dispute, destroyed, or under an exemption that cannot be used.
    """
    draft = _Draft()
    for item in judged:
        for fault in _faults(item, exemptions, second_review=second_review):
            draft.faults.setdefault(fault, []).append(item.position)
        if not draft.faults:
            _take(draft, item, is_own)
    if draft.faults:
        raise RefusedError("; ".join(_told(*each) for each in draft.faults.items()))
    items = tuple(_ordered(draft.rows))
    opaque = _opaque(items, draft)
    return Plan(
        items=items,
        protected=draft.protected,
        silenced=draft.silenced,
        opaque=opaque,
        grounds={word: draft.hidden[key] for key, word in opaque.items()},
    )


def _faults(item: Judged, exemptions: Catalogue, *, second_review: bool) -> Iterator[str]:
    decision = item.decision
    if decision is None or decision.outcome == Outcome.UNDECIDED:
        yield "undecided"
        return
    if decision.agrees is False:
        yield "in dispute after the second review"
    elif second_review and decision.agrees is None:
        yield "not reviewed by a second person"
    if not item.state and decision.outcome != Outcome.WITHHOLD:
        yield "destroyed by a disposition, so there is nothing to release"
    for code in codes_of(decision):
        try:
            exemptions.usable(code)
        except ArchiverError:
            yield f'withheld under "{code}", which cannot be used (archiver exemptions list)'
    if any(not _fits(mark, item) for mark in decision.marks):
        yield "marked outside their text"


def _fits(mark: Mark, item: Judged) -> bool:
    if mark.what not in ("text", "title"):
        return True
    text = plain_text(item.state) if mark.what == "text" else item.title
    return inside(Span(mark.start, mark.end, mark.code), text)


def _told(fault: str, positions: Sequence[int]) -> str:
    shown = ", ".join(str(each) for each in positions[:20])
    more = f" and {len(positions) - 20:,} more" if len(positions) > 20 else ""
    return f"{fault}: item {shown}{more}"


def _take(draft: _Draft, item: Judged, is_own: Callable[[Judged], bool]) -> None:
    decision = item.decision
    assert decision is not None
    draft.rows.append((item.version_id, _slim(item)))
    key = (item.account_id, item.platform_id)
    cut = next((mark for mark in decision.marks if mark.what == "author"), None)
    ground = decision.code if decision.outcome == Outcome.WITHHOLD else cut.code if cut else ""
    draft.hidden[key] = ground if draft.hidden.get(key, ground) else ""
    if decision.outcome == Outcome.WITHHOLD:
        draft.protected += _withheld(item, decision.code, own=is_own(item))
    for mark in decision.marks:
        draft.protected += _redacted(item, mark)
    if cut is not None:
        draft.silenced.setdefault(_thread(item), []).append(
            Silenced(
                version_id=item.version_id,
                handle=item.author_handle.lstrip("@"),
                name=item.author_name,
                code=cut.code,
            )
        )


def _withheld(item: Judged, code: str, *, own: bool) -> Iterator[Protected]:
    made = partial(Protected, position=item.position, code=code, record=item.record_id)
    yield made(text=plain_text(item.state), what="text", whole=True)
    yield made(text=item.title, what="title", whole=True)
    if not own:
        names = words(f"{item.author_handle} {item.author_name}")
        yield made(text=item.author_handle.lstrip("@"), what="handle", words=names, record=0)
    yield made(text=item.platform_id, what="place", quiet=True, record=0)


def _redacted(item: Judged, mark: Mark) -> Iterator[Protected]:
    secret: frozenset[str] = frozenset()
    if mark.what in ("text", "title"):
        whole = plain_text(item.state) if mark.what == "text" else item.title
        texts = [whole[mark.start : mark.end]]
        secret = words(texts[0]) - words(f"{whole[: mark.start]} {whole[mark.end :]}")
    elif mark.what == "author":
        texts = [item.author_handle.lstrip("@"), item.author_name, item.author_id]
        secret = words(" ".join(texts))
    else:
        listed = item.state.get("media", [])
        texts = [str(listed[mark.media].get("alt", ""))] if mark.media < len(listed) else []
    record = item.record_id if mark.what in ("text", "title") else 0
    for text in texts:
        yield Protected(text=text, position=item.position, what=mark.what, code=mark.code,
                        record=record, words=secret)  # fmt: skip
    if mark.what == "author":
        yield Protected(text=item.platform_id, position=item.position, what="place",
                        code=mark.code, quiet=True)  # fmt: skip


def _slim(item: Judged) -> Judged:
    """Without what makes it large: a plan has a hundred thousand."""
    return Judged(
        position=item.position,
        record_id=item.record_id,
        version_id=item.version_id,
        account_id=item.account_id,
        platform_id=item.platform_id,
        thread_id=item.thread_id,
        kind=item.kind,
        author_id="",
        author_handle="",
        author_name="",
        title="",
        state={},
        decision=item.decision,
    )


def _thread(item: Judged) -> Thread:
    return (item.account_id, item.thread_id or item.platform_id)


def _ordered(rows: Sequence[tuple[int, Judged]]) -> Iterator[Planned]:
    begins: dict[Thread, int] = {}
    for version_id, item in rows:
        thread = _thread(item)
        begins[thread] = min(version_id, begins.get(thread, version_id))
    ordered = sorted(rows, key=lambda row: (begins[_thread(row[1])], _thread(row[1]), row[0]))
    released = 0
    for order, (version_id, item) in enumerate(ordered, start=1):
        decision = item.decision
        assert decision is not None
        goes_out = decision.outcome != Outcome.WITHHOLD
        released += goes_out
        yield Planned(
            order=order,
            released=released if goes_out else 0,
            position=item.position,
            record_id=item.record_id,
            version_id=version_id,
            account_id=item.account_id,
            thread=_thread(item),
            outcome=decision.outcome,
            decision_id=decision.id,
            code=decision.code,
            reason=decision.reason,
            marks=decision.marks,
        )


def _opaque(items: Sequence[Planned], draft: _Draft) -> dict[tuple[int, str], str]:
    names = {item.version_id: (item.account_id, item.platform_id) for _, item in draft.rows}
    found: dict[tuple[int, str], str] = {}
    for each in items:
        key = names[each.version_id]
        if draft.hidden[key]:
            found.setdefault(key, f"item-{each.order}")
    return found
