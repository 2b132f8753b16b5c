"""Captures one window of one account: permission, lock, connector, walk.

Refuses what is not approved. Two captures of one account never run at once, in whatever
process they are. What the connector raises ends this capture only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archiver.capture.context import Context
from archiver.capture.step import new_run_id
from archiver.capture.walk import Outcome, Progress, Walk
from archiver.clock import Clock
from archiver.credentials import CredentialStore
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.files import locked, make_folder
from archiver.model.database import Database
from archiver.model.queries import health, registry
from archiver.model.queries.commit import note_failure
from archiver.model.queries.registry import AccountEntry
from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.vault.base import Vault
from archiver.warc.limits import HttpLimits
from archiver.warc.recorder import Recorder
from config.settings import Agency, Capture
from connectors import registry as connectors
from connectors.base import Account, Check, Counts, Credentials, Window
from connectors.errors import ConnectorError, Misconfigured

log = logging.getLogger(__name__)


def _never() -> bool:
    return False


def _silent(progress: Progress) -> None:
    del progress


@dataclass(frozen=True, kw_only=True)
class Captures:
    """Everything that captures need, whichever account they are of."""

    database: Database
    vault: Vault
    credentials: CredentialStore
    secrets: Secrets
    clock: Clock
    agency: Agency
    settings: Capture
    spool: Path
    locks: Path
    trust: Path | None = None  # a CA bundle instead of the usual authorities

    def capture(
        self,
        slug: str,
        window: Window,
        *,
        since: datetime | None = None,
        stop: Callable[[], bool] = _never,
        tell: Callable[[Progress], None] = _silent,
        watch: Callable[[Recorder], AbstractContextManager[None]] | None = None,
    ) -> Outcome:
        """Walk the window once. A platform's fault is in the outcome, not raised.

        With `since` (aware UTC) a RECENT walk reaches back at least so far. `watch` is entered
        with the recorder while the walk runs, so that a stop can end waiting reads.

        Raises: RefusedError when the account is not approved now, BusyError when it is being
        captured already, StoreError when our own disk or database fails.
        """
        entry = self.approved(slug)
        with self.lock(slug):
            return self.capture_locked(
                entry, window, since=since, stop=stop, tell=tell, watch=watch
            )

    def capture_locked(
        self,
        entry: AccountEntry,
        window: Window,
        *,
        since: datetime | None = None,
        stop: Callable[[], bool] = _never,
        tell: Callable[[Progress], None] = _silent,
        watch: Callable[[Recorder], AbstractContextManager[None]] | None = None,
    ) -> Outcome:
        """As `capture`, for one who has found the account approved and holds its lock."""
        recorder = self._recorder()
        try:
            connector = self._connect(entry, recorder)
        except (Misconfigured, ConnectorError) as error:
            recorder.close()
            return self._unusable(entry, window, error)
        context = self._context(entry, window, recorder, connector)
        if window is Window.FULL:
            self._renew_expiry(entry, connector)
        walk = Walk(context, connector, stop=stop, tell=tell, since=since)
        if watch is None:
            return walk.run()
        with watch(recorder):
            return walk.run()

    @contextmanager
    def at_work(
        self, entry: AccountEntry, *, removing: bool
    ) -> Iterator[tuple[connectors.Guarded, Context]]:
        """A connector for single acts, and the context of a step that keeps them. Only with
        `removing` does it get the credentials for removals. The caller holds the account's lock.

        Raises: ConnectorError, its text scrubbed.
        """
        recorder = self._recorder()
        try:
            connector = self._connect(entry, recorder, removing=removing)
            yield connector, self._context(entry, Window.RECENT, recorder, connector)
        except ConnectorError as error:
            self.secrets.scrub_error(error)
            raise
        finally:
            recorder.close()

    def check(self, slug: str) -> Check:
        """Try an account's credentials; also one that is only proposed.

        Raises: ConnectorError, its text scrubbed, when the platform cannot be reached.
        """
        entry = self._entry(slug)
        with self.connected(slug) as connector:
            found = connector.check()
        with self.database.write() as connection:
            health.keep_expiry(connection, entry.id, found.expires)
        return found

    def count(self, slug: str) -> Counts | None:
        """What the platform says exists, or None when it does not tell.

        Raises: ConnectorError, its text scrubbed, when the platform cannot be reached.
        """
        with self.connected(slug) as connector:
            return connector.count()

    @contextmanager
    def connected(self, slug: str) -> Iterator[connectors.Guarded]:
        """The account's connector, for a question that captures nothing."""
        entry = self._entry(slug)
        recorder = self._recorder()
        try:
            yield self._connect(entry, recorder)
        except ConnectorError as error:
            self.secrets.scrub_error(error)
            raise
        finally:
            recorder.close()

    def approved(self, slug: str) -> AccountEntry:
        """The account, if it may be captured now.

        Raises: NotFoundError, or RefusedError that says what is missing.
        """
        entry = self._entry(slug)
        if entry.state != "approved":
            raise RefusedError(
                f"{slug} is {entry.state}, not approved; an approver runs: "
                f"archiver accounts approve {slug} --by NAME"
            )
        if entry.approval_ends is not None and entry.approval_ends <= self.clock.now():
            ended = entry.approval_ends.astimezone(self.agency.zone).date()
            raise RefusedError(
                f"the approval of {slug} ended on {ended} for its annual review; an approver "
                f"runs: archiver accounts approve {slug} --by NAME"
            )
        return entry

    def _entry(self, slug: str) -> AccountEntry:
        with self.database.read() as connection:
            entry = registry.find(connection, slug)
        if entry is None:
            raise NotFoundError(f'there is no account "{slug}"')
        return entry

    def lock(self, slug: str) -> AbstractContextManager[None]:
        """The account's lock; BusyError when it is held."""
        return locked(
            self.locks / f"account-{slug}.lock",
            busy=f"{slug} is being captured already; its state is in: archiver status",
        )

    def _recorder(self) -> Recorder:
        make_folder(self.spool)
        settings = self.settings
        return Recorder(
            secrets=self.secrets,
            policy=AddressPolicy(settings.allow_addresses),
            spool=self.spool,
            clock=self.clock,
            limits=HttpLimits(
                connect_timeout=settings.connect_timeout.total_seconds(),
                read_timeout=settings.read_timeout.total_seconds(),
                total_time=settings.exchange_timeout.total_seconds(),
                max_body=settings.answer_max,
                retries=settings.retries,
            ),
            verify=self.trust,
        )

    def _context(
        self,
        entry: AccountEntry,
        window: Window,
        recorder: Recorder,
        connector: connectors.Guarded,
    ) -> Context:
        return Context(
            account_id=entry.id,
            account=_account(entry),
            window=window,
            database=self.database,
            vault=self.vault,
            recorder=recorder,
            secrets=self.secrets,
            clock=self.clock,
            settings=self.settings,
            zone=self.agency.zone,
            spool=self.spool,
            replaceable_media=connector.capabilities.media_replaceable,
        )

    def _connect(
        self, entry: AccountEntry, recorder: Recorder, *, removing: bool = False
    ) -> connectors.Guarded:
        try:
            credentials = Credentials(self.credentials.of(entry.slug, removing=removing))
            specs = connectors.connector_class(entry.platform).credentials
            self.secrets.add(*credentials.secrets(specs))
        except UsageError as error:  # a fault of this account, which its state must show
            raise Misconfigured(str(error)) from error
        return connectors.connect(_account(entry), recorder, credentials, removing=removing)

    def _renew_expiry(self, entry: AccountEntry, connector: connectors.Guarded) -> None:
        """Ask until when the credential holds, so that people are told in time."""
        if not self.credentials.of(entry.slug):
            return
        try:
            expires = connector.check().expires
        except ConnectorError as error:  # the walk itself will show what is wrong
            log.info("the credential's end is not known: %s", error.code)
            return
        with self.database.write() as connection:
            health.keep_expiry(connection, entry.id, expires)

    def _unusable(self, entry: AccountEntry, window: Window, error: ConnectorError) -> Outcome:
        """The connector could not even be made: that is a failure of the account, kept so."""
        text = self.secrets.scrub_text(str(error))
        now = self.clock.now()
        with self.database.write() as connection:
            note_failure(
                connection,
                run_id=new_run_id(entry.slug, now),
                account_id=entry.id,
                window=window.value,
                at=now,
                code=error.code,
                text=text,
            )
            health.failed(connection, entry.id, at=now, code=error.code, text=text)
        return Outcome(window=window, error=error, error_text=text)


def _account(entry: AccountEntry) -> Account:
    return Account(
        slug=entry.slug,
        platform=entry.platform,
        address=entry.address,
        options=dict(entry.options),
    )
