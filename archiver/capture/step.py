"""One step of a walk: takes pages in, keeps what proves something new, commits it whole.

Order of writes (see docs/architecture.md): the exchanges and the manifest go into a WARC in
the spool; the file is fsynced, closed and placed in the vault; then one transaction writes
versions, cursor, run and ledger line. A step without news makes no file; its run row keeps
the digest of every exchange all the same.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from archiver.capture.context import Context
from archiver.capture.diff import Change, Known, after, bounds, change, removal_stated
from archiver.capture.evidence_file import EvidenceFile
from archiver.capture.media import MediaFetcher
from archiver.capture.normalise import Reading, digest_of, draft, read, storable
from archiver.model.manifest import (
    FORM,
    FindingDraft,
    MediaDraft,
    MediaRecovery,
    RunManifest,
    Sighting,
    VersionDraft,
    WalkState,
    from_json,
    to_json,
)
from archiver.model.queries import health, known
from archiver.model.queries.commit import Committed, commit
from archiver.model.queries.dispositions import DESTROYED
from archiver.model.queries.known import Holding, Key
from archiver.secrets import Secrets
from archiver.warc.limits import CaptureStopped
from archiver.warc.recorded import Recorded
from connectors.base import Finding, Item, Page, Window, family
from connectors.errors import BadAnswer, ConnectorError


def new_run_id(slug: str, at: datetime) -> str:
    """A name for a run that no other has: when, which account, and a random part."""
    return f"{at.strftime('%Y%m%dT%H%M%SZ')}-{slug}-{random.token_hex(4)}"


class Step:
    """Collects pages until it is committed. Not thread-safe; used by one walk.

    `purpose` stands in the run log instead of the window, for a step that is no part of a walk:
    it moves no cursor and says nothing about how captures are doing.
    """

    def __init__(self, context: Context, *, purpose: str = "") -> None:
        self._context = context
        self._purpose = purpose
        self.started_at = context.clock.now()
        self.run_id = new_run_id(context.account.slug, self.started_at)
        self.pages = 0
        self.items = 0
        self._file = EvidenceFile(context, self.run_id)
        self._versions: list[VersionDraft] = []
        self._recoveries: list[MediaRecovery] = []
        self._findings: list[FindingDraft] = []
        self._sightings: dict[Key, Sighting] = {}
        self._notes: dict[str, None] = {}
        self._overlay: dict[Key, Known] = {}
        self._media = MediaFetcher(
            recorder=context.recorder,
            sink=self._file,
            held_by=self._held_by,
            wanted=context.settings.media,
            max_bytes=context.settings.media_max,
        )

    @property
    def full(self) -> bool:
        """Is it time to commit?"""
        settings = self._context.settings
        return self.pages >= settings.step_pages or self._file.size >= settings.step_bytes

    @property
    def started(self) -> bool:
        """Is there anything that a commit would tell?"""
        return bool(self.pages or self._file.refs or self._findings)

    def note(self, text: str) -> None:
        """Keep a remark for the run log."""
        self._notes[storable(text)] = None

    def absorb(self, page: Page, recorded: Sequence[Recorded]) -> None:
        """Take a page in: fetch media of what is new, store the exchanges that prove it.

        Raises: BadAnswer when an item names an exchange that was not made for this page.
        """
        by_id = {r.id: r for r in recorded}
        self._file.log(recorded)
        self.pages += 1
        self.items += len(page.items)
        for text in page.notes:
            self.note(text)
        readings = [self._read(item, by_id) for item in page.items]
        held = self._known(readings)
        for each in sorted(readings, key=lambda r: not r.superseded):
            self._take(each, held.get(each.key), by_id)
        for finding in page.findings:
            self.stated(finding, by_id)

    def _read(self, item: Item, by_id: Mapping[str, Recorded]) -> Reading:
        recorded = by_id.get(item.exchange)
        if recorded is None:
            raise BadAnswer(f"{item.kind} {item.id} names an exchange that is not of its page")
        # Only an answer in which the recorder masked something can have put a credential
        # into an item.
        scrub = self._context.secrets.scrub_text if recorded.scrubbed else None
        return read(item, seen_at=recorded.started_at, scrub=scrub)

    def _known(self, readings: Sequence[Reading]) -> dict[Key, Known]:
        keys = {r.key for r in readings}
        with self._context.database.read() as connection:
            stored = known.holdings(
                connection,
                self._context.account_id,
                keys - self._overlay.keys(),
                with_states=True,
            )
        fresh = {key: _as_known(holding) for key, holding in stored.items()}
        return {**fresh, **{key: self._overlay[key] for key in keys & self._overlay.keys()}}

    def _take(self, each: Reading, held: Known | None, by_id: Mapping[str, Recorded]) -> None:
        held = self._overlay.get(each.key, held)
        if _was_destroyed(each, held):
            return  # still listed, as it was: not to be stored again
        if not each.superseded and held is not None and held.presence not in ("present", ""):
            self._back_again(each, held, by_id)
            held = self._overlay[each.key]
        kind = change(each, held)
        if kind is not Change.SAME:
            self._add(each, held, kind, by_id)
        elif held is not None and not each.superseded:
            self._look_after_media(each, held, by_id)
        if not each.superseded:  # last: a stop while media are fetched leaves no half sight
            self._sightings[each.key] = Sighting(
                family=each.key[0],
                platform_id=each.key[1],
                at=each.seen_at,
                metrics=dict(each.item.metrics),
            )

    def _add(
        self,
        each: Reading,
        held: Known | None,
        kind: Change,
        by_id: Mapping[str, Recorded],
        *,
        within: tuple[datetime | None, datetime] | None = None,
    ) -> None:
        item = each.item
        not_before, not_after = within or bounds(
            kind,
            held,
            edited_at=item.edited.utc if item.edited else None,
            published_at=item.published.utc if item.published else None,
            seen_at=each.seen_at,
        )
        media = self._media.media_of(item, held) if item.media else ()
        whole = draft(each, not_before=not_before, not_after=not_after, media=media)
        self._file.store(by_id[whole.exchange])
        self._versions.append(whole)
        evidence = removal_stated(whole, held)
        if evidence is not None and held is not None:
            self._find(
                whole.family,
                whole.platform_id,
                stage="state",
                presence=whole.visibility,
                evidence=evidence.value,
                statement=f"the platform lists it as {whole.visibility}",
                exchange=whole.exchange,
                at=whole.captured_at,
                not_before=held.last_seen,
            )
        self._overlay[whole.family, whole.platform_id] = after(whole, held)

    def _back_again(self, each: Reading, held: Known, by_id: Mapping[str, Recorded]) -> None:
        self._file.store(by_id[each.item.exchange])
        self._find(
            *each.key,
            stage="back again",
            presence="present",
            evidence="",
            statement=f"listed again after it was {held.presence}",
            exchange=each.item.exchange,
            at=each.seen_at,
            not_before=held.last_seen,
        )
        self._overlay[each.key] = replace(held, presence="present")

    def _look_after_media(self, each: Reading, held: Known, by_id: Mapping[str, Recorded]) -> None:
        """Fetch what failed before; notice a file that was replaced under its address."""
        watch = self._context.replaceable_media and self._context.window is Window.FULL
        replaced = []
        for position, ref in enumerate(each.item.media):
            before = held.media.get(storable(ref.key))
            if before is None:
                continue
            if not before.sha256 and held.version_id:
                found = self._media.again(ref, before)
                if found is not None:
                    self._recoveries.append(
                        MediaRecovery(version_id=held.version_id, position=position, media=found)
                    )
            elif watch and self._media.replaced(ref, before) is not None:
                replaced.append(before)
        if replaced:
            self._replace_media(each, held, replaced, by_id)

    def _replace_media(
        self,
        each: Reading,
        held: Known,
        replaced: Sequence[MediaDraft],
        by_id: Mapping[str, Recorded],
    ) -> None:
        """A version with the new files. Listing an item does not look at its files, so the
        time bound is when the former bytes were stored, not when the item was last listed."""
        with self._context.database.read() as connection:
            stored = [known.media_stored_at(connection, m.sha256) for m in replaced]
        gone = {m.key for m in replaced}
        kept = {key: m for key, m in held.media.items() if key not in gone}
        since = min((moment for moment in stored if moment is not None), default=None)
        within = (since, each.seen_at)
        self._add(each, replace(held, media=kept), Change.EDIT, by_id, within=within)

    def stated(self, finding: Finding, by_id: Mapping[str, Recorded]) -> None:
        """Take in what the platform said by itself about an item (a tombstone)."""
        if finding.exchange in by_id:
            self._file.store(by_id[finding.exchange])
        target = finding.target
        with self._context.database.read() as connection:
            key = (family(target.kind), target.id)
            held = known.holdings(
                connection, self._context.account_id, [key], with_states=False
            ).get(key)
        if held is None:
            self.note(f"the platform tells of {target.kind} {target.id}, which was never captured")
            return
        told = any((f.family, f.platform_id) == key for f in self._findings)
        if told or held.presence == finding.presence.value:
            return
        self._find(
            held.family,
            held.platform_id,
            stage="confirmed",
            presence=finding.presence.value,
            evidence=finding.evidence.value if finding.evidence else "",
            statement=storable(finding.statement),
            exchange=finding.exchange,
            at=self._context.clock.now(),
            not_before=held.last_seen,
        )

    def found(
        self,
        drafts: Sequence[FindingDraft],
        recorded: Sequence[Recorded],
        *,
        shown: Set[str],
    ) -> None:
        """Take in the outcome of look-ups, with the exchanges that show it; `shown` are others
        that it rests on."""
        self._file.log(recorded)
        wanted = {d.exchange for d in drafts} | shown
        for each in recorded:
            if each.id in wanted:
                self._file.store(each)
        self._findings += drafts

    def seen_by_lookup(self, key: Key, at: datetime) -> None:
        """A look-up showed that the record is there: that is a sighting."""
        self._sightings.setdefault(key, Sighting(family=key[0], platform_id=key[1], at=at))

    def failed(self, recorded: Sequence[Recorded], *, keep: bool) -> None:
        """Take in the exchanges of a failure; `keep` stores them as evidence of it."""
        self._file.log(recorded)
        if keep:
            for each in recorded:
                self._file.store(each)

    def _find(
        self,
        family_: str,
        platform_id: str,
        *,
        stage: str,
        presence: str,
        evidence: str,
        statement: str,
        exchange: str,
        at: datetime,
        not_before: datetime | None,
    ) -> None:
        self._findings.append(
            FindingDraft(
                family=family_,
                platform_id=platform_id,
                stage=stage,
                presence=presence,
                evidence=evidence,
                statement=statement,
                exchange=exchange,
                at=at,
                not_before=not_before,
                not_after=at,
            )
        )

    def _held_by(self, sha256: str) -> str | None:
        with self._context.database.read() as connection:
            return known.media_exchange(connection, sha256)

    def commit(
        self,
        walk: WalkState,
        *,
        error: ConnectorError | None = None,
        error_text: str = "",
        not_before: datetime | None = None,
    ) -> Committed:
        """Make the step true: seal the file, place it, write the transaction.

        Raises: StoreError when the disk or the database refuses; nothing is then lost that
        was committed before, and a placed file is committed at the next start.
        """
        context = self._context
        manifest = RunManifest(
            form=FORM,
            run_id=self.run_id,
            account=context.account.slug,
            platform=context.account.platform,
            address=context.account.address,
            window=self._purpose or context.window.value,
            started_at=self.started_at,
            ended_at=context.clock.now(),
            pages=self.pages,
            items=self.items,
            walk=walk,
            versions=self._versions,
            recoveries=self._recoveries,
            findings=self._findings,
            sightings=list(self._sightings.values()),
            exchanges=list(self._file.refs.values()),
            notes=list(self._notes),
            error_code=error.code if error else "",
            error_text=error_text,
        )
        manifest, text = _without_secrets(manifest, context.secrets)
        segment = self._file.seal(text)
        with context.database.write() as connection:
            done = commit(
                connection,
                manifest,
                account_id=context.account_id,
                segment=segment,
                zone=context.zone,
            )
            if self._purpose:
                return done
            if error is None:
                health.succeeded(connection, context.account_id, at=manifest.ended_at)
            elif not isinstance(error, CaptureStopped):  # our own stop is no fault of theirs
                health.failed(
                    connection,
                    context.account_id,
                    at=manifest.ended_at,
                    code=error.code,
                    text=error_text,
                    not_before=not_before,
                )
        return done

    def abandon(self) -> None:
        """Drop what was not committed; it will be captured again."""
        self._file.abandon()


def _without_secrets(manifest: RunManifest, secrets: Secrets) -> tuple[RunManifest, bytes]:
    """The manifest and its text; a credential in it, in the address of a file, say, is masked
    in both."""
    text = to_json(manifest)
    clean = secrets.scrub_bytes(text)
    if clean is text:
        return manifest, text
    masked = from_json(clean)
    versions = [replace(v, digest=digest_of(v.canonical)) for v in masked.versions]
    masked = replace(masked, versions=versions)
    return masked, to_json(masked)


def _as_known(holding: Holding) -> Known:
    return Known(
        record_id=holding.record_id,
        digest=holding.digest,
        visibility=holding.visibility,
        presence=holding.presence,
        last_seen=holding.last_seen,
        states=holding.states,
        digests=holding.digests,
        media=holding.media,
        version_id=holding.version_id,
    )


def _was_destroyed(each: Reading, held: Known | None) -> bool:
    """Is it a state of a record that a disposition destroyed? Only its digest is left."""
    return held is not None and held.presence == DESTROYED and change(each, held) is Change.SAME
