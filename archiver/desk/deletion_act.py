"""Does one removal on the platform, or finds out what became of one, and keeps what shows it.

Rules:
1. A change is sent once. Whether it was carried out is looked up, not tried again; only what
   no look-up can tell (hiding, where the platform has no field for it) is sent again, which
   changes nothing when it was done.
2. What was sent and answered, and the readings before and after, go into a segment of a run of
   its own, together with the findings that rest on them.
3. Nothing is sent when the platform shows, right before, other content than was archived.
4. A finding names who did it, on whose order, and why. A thing that the platform still lists,
   in its trash or as hidden, is not called gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archiver.capture.context import Context
from archiver.capture.normalise import storable
from archiver.capture.step import Step
from archiver.desk.deletion_checks import Bundle, target_of
from archiver.desk.deletion_content import comparison
from archiver.model.manifest import FindingDraft, WalkState
from archiver.model.queries import known, removal_copies, removals
from archiver.model.queries.known import Key
from archiver.model.queries.removals import Request, Thing
from connectors.base import Evidence, Finding, Kind, Presence, Target, family
from connectors.errors import Changed, ConnectorError, Permanent, Unsettled
from connectors.registry import Guarded
from connectors.removals import Compare, Removal, Removed

PURPOSE = "removal"  # stands in the run log where walks have their window
_CONTROLS = 2
_VERB = {Removal.DELETE: "deleted", Removal.HIDE: "hidden", Removal.UNHIDE: "shown again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of it; `done` None: it is not known yet."""

    done: bool | None
    statement: str
    exchange: str = ""
    new: bool = True  # False: it was so before, nothing was changed
    changed: bool = False  # what the platform shows is not what was archived; nothing was sent


class Act:
    """One removal with its step. `sent` is when it was handed to the connector (aware UTC)."""

    def __init__(
        self, connector: Guarded, context: Context, bundle: Bundle, request: Request, sent: datetime
    ) -> None:
        self._connector = connector
        self._context = context
        self._bundle = bundle
        self._request = request
        self._removal = Removal(request.removal)
        self._sent = sent
        self._step = Step(context, purpose=PURPOSE)

    def carry_out(self) -> Ended:
        """Do it and look it up. A clear refusal of the platform is an end, too.

        Raises: StoreError when our own disk or database refuses.
        """
        return self._kept(self._sent_once)

    def settle(self) -> Ended:
        """Look up what became of it; nothing is sent.

        Raises: StoreError when our own disk or database refuses.
        """
        return self._kept(self._looked_up)

    def send_again(self) -> Ended:
        """Bring what no look-up can tell into a known state by sending it once more.

        Raises: StoreError when our own disk or database refuses.
        """
        return self._kept(self._sent_again)

    def _kept(self, doing: Callable[[], tuple[Ended, list[FindingDraft]]]) -> Ended:
        try:
            ended, drafts = doing()
            recorded = self._context.recorder.take()
            self._step.found(drafts, recorded, shown={each.id for each in recorded})
            began = self._context.clock.now()
            self._step.commit(WalkState(cursor={}, open=False, began=began, coverage=[]))
        except BaseException:
            self._step.abandon()
            raise
        return ended

    def _sent_once(self) -> tuple[Ended, list[FindingDraft]]:
        target = target_of(self._bundle.record)
        try:
            removed = self._connector.remove(target, self._removal, compare=self._compare())
        except Unsettled as error:
            ended, drafts = self._looked_up() if self._tells() else self._sent_again()
            text = f"{self._clean(error)}; {ended.statement}"
            return replace(ended, statement=text, exchange=error.exchange), drafts
        except ConnectorError as error:
            changed = isinstance(error, Changed)
            said = Ended(
                done=False, statement=self._clean(error), exchange=error.exchange, changed=changed
            )
            return said, []
        return self._answered(removed, likeness=self._likeness(removed))

    def _sent_again(self) -> tuple[Ended, list[FindingDraft]]:
        """Of what was sent before. A clear refusal of a thing says what became of it; that the
        platform does not answer, or not to these credentials, says nothing."""
        target = target_of(self._bundle.record)
        try:
            removed = self._connector.remove(target, self._removal)
        except ConnectorError as error:
            done = False if isinstance(error, Permanent) else None
            text = f"it was sent again, which harms nothing: {self._clean(error)}"
            return Ended(done=done, statement=text, exchange=error.exchange), []
        ended, drafts = self._answered(removed, likeness="")
        text = f"its answer was lost, so it was sent again; {ended.statement}"
        return replace(ended, statement=text), drafts

    def _compare(self) -> Compare | None:
        """None for showing again, which takes nothing away."""
        if self._removal is Removal.UNHIDE:
            return None
        with self._context.database.read() as connection:
            [archived] = removal_copies.copies(connection, [self._bundle.record.version_id])
        return comparison(archived, self._context.secrets.scrub_text)

    def _answered(self, removed: Removed, *, likeness: str) -> tuple[Ended, list[FindingDraft]]:
        answers, fault = self._answers([target_of(each) for each in self._bundle.things])
        mine = answers.get(self._bundle.record.key)
        done, remark = removed.done, f"; the look-up afterwards failed: {fault}" if fault else ""
        if done and mine is not None and self._verdict(mine, sure=True) is False:
            done, remark = False, f"; but a look-up found it {mine.presence} afterwards"
        ended = Ended(
            done=done,
            statement=storable(removed.statement + remark + likeness),
            exchange=removed.exchange,
            new=not removed.already,
        )
        return ended, self._drafts(answers, ended) if done and ended.new else []

    def _likeness(self, removed: Removed) -> str:
        """Was what is gone what was archived? In words for the statement."""
        if removed.already or self._removal is Removal.UNHIDE:
            return ""
        if removed.compared:
            return "; right before, it showed the content of the newest archived version"
        return (
            "; its answers right before gave no content that could be compared with the newest "
            "archived version"
        )

    def _looked_up(self) -> tuple[Ended, list[FindingDraft]]:
        controls = self._controls()
        asked = [*controls, *(target_of(each) for each in self._bundle.things)]
        answers, fault = self._answers(asked)
        mine = answers.get(self._bundle.record.key)
        if mine is None:
            why = fault or "the platform did not answer about it"
            return Ended(done=None, statement=f"it could not be looked up: {why}"), []
        sure = not self._connector.capabilities.control_lookup or any(
            (found := answers.get((family(each.kind), each.id))) is not None
            and found.presence in (Presence.PRESENT, Presence.HIDDEN)
            for each in controls
        )
        done = self._verdict(mine, sure=sure)
        if not self._tells():
            return Ended(
                done=None,
                statement="this platform has no reading that tells whether it was carried out; "
                "sending it again does: archiver removals settle",
                exchange=mine.exchange,
            ), []
        quoted = f" ({mine.statement})" if mine.statement else ""
        ended = Ended(
            done=done,
            statement=storable(f"a look-up found it {mine.presence}{quoted}"),
            exchange=mine.exchange,
        )
        return ended, self._drafts(answers, ended) if done else []

    def _verdict(self, found: Finding, *, sure: bool) -> bool | None:
        """Does the answer show what was asked for? None: it shows neither this nor that.
        `sure`: a missing thing is no lost permission."""
        presence, trashed = found.presence, found.evidence is Evidence.OWN_DELETION
        if presence is Presence.UNREACHABLE:
            return None
        if self._removal is Removal.DELETE:
            return (True if sure or trashed else None) if presence is Presence.GONE else False
        if self._removal is Removal.HIDE and self._tells():
            return presence is Presence.HIDDEN or trashed
        if self._removal is Removal.UNHIDE and self._tells():
            return presence is Presence.PRESENT
        return None

    def _tells(self) -> bool:
        """Does a look-up show whether the removal was carried out?"""
        return self._removal is Removal.DELETE or self._connector.capabilities.hidden_state

    def _controls(self) -> list[Target]:
        """Things that should be there, and do not go along."""
        mine = {each.key for each in self._bundle.things}
        account = self._context.account_id
        with self._context.database.read() as connection:
            keys: list[Key] = []
            for name in dict.fromkeys((self._bundle.record.family, "post", "profile")):
                most = len(mine) + _CONTROLS
                keys += known.controls(connection, account, name, most=most)
            chosen = [key for key in keys if key not in mine][:_CONTROLS]
            held = known.holdings(connection, account, chosen, with_states=False)
        return [
            Target(
                kind=Kind(each.kind),
                id=each.platform_id,
                permalink=each.permalink,
                parent_id=each.parent_id,
                thread_id=each.thread_id,
            )
            for each in held.values()
        ]

    def _answers(self, targets: Sequence[Target]) -> tuple[dict[Key, Finding], str]:
        answers: dict[Key, Finding] = {}
        try:
            for finding in self._connector.lookup(targets):
                answers[family(finding.target.kind), finding.target.id] = finding
        except ConnectorError as error:
            return answers, self._clean(error)
        return answers, ""

    def _drafts(self, answers: Mapping[Key, Finding], ended: Ended) -> list[FindingDraft]:
        """What is found about everything that is gone or hidden now, and was not found yet."""
        things = self._bundle.things if self._removal is Removal.DELETE else (self._bundle.record,)
        with self._context.database.read() as connection:
            told = removals.found_since(connection, [t.id for t in things], self._sent)
        return list(self._made([t for t in things if t.id not in told], answers, ended))

    def _made(
        self, things: Sequence[Thing], answers: Mapping[Key, Finding], ended: Ended
    ) -> Iterator[FindingDraft]:
        request, now = self._request, self._context.clock.now()
        rule = f"; rule: {request.rule}" if request.rule else ""
        by = f"{request.actor} through Archiver, request {request.request}; {request.reason}{rule}"
        for each in things:
            answer = answers.get(each.key)
            named = each is self._bundle.record
            if not named and (answer is None or answer.presence is not Presence.GONE):
                continue
            stage, presence, evidence = self._state(answer)
            what = (
                _VERB[self._removal] if named else f"went with {self._bundle.record.name}, deleted"
            )
            said = ended.statement if named else (answer.statement if answer else "")
            yield FindingDraft(
                family=each.family,
                platform_id=each.platform_id,
                stage=stage,
                presence=presence,
                evidence=evidence,
                statement=storable(f"{what} by {by}" + (f". {said}" if said else "")),
                exchange=(ended.exchange if named else "") or (answer.exchange if answer else ""),
                at=now,
                not_before=self._sent,
                not_after=now,
            )

    def _state(self, answer: Finding | None) -> tuple[str, str, str]:
        """Stage, presence and evidence. "state": it is listed still, and says so itself."""
        trashed = answer is not None and answer.evidence is Evidence.OWN_DELETION
        if self._removal is Removal.UNHIDE:
            return "back again", "present", ""
        if trashed:
            return "state", "trashed", Evidence.OWN_DELETION.value
        if self._removal is Removal.DELETE:
            return "confirmed", Presence.GONE.value, Evidence.OWN_DELETION.value
        return "state", Presence.HIDDEN.value, Evidence.HIDDEN.value

    def _clean(self, error: ConnectorError) -> str:
        return storable(self._context.secrets.scrub_text(str(error)))
