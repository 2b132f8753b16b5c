"""From settings to a working archive: the one file that names concrete classes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archiver import outbound
from archiver.capture.run import Captures
from archiver.clock import Clock, SystemClock
from archiver.credentials import CredentialStore
from archiver.desk import disposition_setup, review_setup
from archiver.desk.accounts import Accounts
from archiver.desk.checkpoints import Checkpoints
from archiver.desk.deletions import Deletions
from archiver.desk.dispositions import Dispositions
from archiver.desk.holds import Holds
from archiver.desk.maximums import Maximums
from archiver.desk.production_proof import Prover
from archiver.desk.productions import Productions
from archiver.desk.requests import Requests
from archiver.desk.retention import Retention
from archiver.desk.signing import Signer
from archiver.errors import StoreError
from archiver.files import make_folder
from archiver.model.database import Database, open_database
from archiver.notify.base import Notifier
from archiver.notify.journal import JournalNotifier
from archiver.notify.mail import MailNotifier, MailServer
from archiver.notify.webhook import WebhookNotifier
from archiver.secrets import Secrets
from archiver.vault.base import Vault
from archiver.vault.local import LocalVault
from config.load import Settings
from config.settings import Alarms


@dataclass(frozen=True, kw_only=True)
class Archive:
    """An open archive."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    secrets: Secrets
    credentials: CredentialStore
    captures: Captures
    accounts: Accounts
    retention: Retention
    maximums: Maximums
    holds: Holds
    deletions: Deletions
    dispositions: Dispositions
    requests: Requests
    checkpoints: Checkpoints
    signer: Signer
    productions: Productions
    channels: tuple[Notifier, ...]


def initialise(settings: Settings) -> None:
    """Make a new archive: home, vault, database. An existing one is left as it is.

    Raises: StoreError when a place cannot be used.
    """
    make_folder(settings.home)
    for folder in (settings.vault_path, settings.spool_path, settings.locks_path):
        make_folder(folder)
    credentials = settings.home / "credentials"
    make_folder(credentials, mode=0o700)
    open_database(settings.database_url, create=True).close()


@contextmanager
def opened(
    settings: Settings,
    *,
    clock: Clock | None = None,
    trust: Path | None = None,
    secrets: Secrets | None = None,
) -> Iterator[Archive]:
    """The archive of these settings, closed at the end.

    From here on no part of this process may open a network connection past the recorder.

    Raises: StoreError when there is none, or it cannot be used.
    """
    outbound.install()
    # A step holds some ten thousand plain values until it commits; the interpreter's default
    # would search them for cycles over and over.
    gc.set_threshold(20_000, 10, 10)
    moment = clock or SystemClock()
    if not settings.vault_path.is_dir():
        raise StoreError(
            f'there is no vault at {settings.vault_path}; "archiver init" makes one, and a '
            "vault that should be there must be mounted first"
        )
    database = open_database(settings.database_url)
    secrets = secrets or Secrets()
    credentials = CredentialStore(settings.home)
    vault = LocalVault(settings.vault_path)
    sections = settings.sections
    captures = Captures(
        database=database,
        vault=vault,
        credentials=credentials,
        secrets=secrets,
        clock=moment,
        agency=sections.agency,
        settings=sections.capture,
        spool=settings.spool_path,
        locks=settings.locks_path,
        trust=trust,
    )
    try:
        channels = _channels(sections.alarms, credentials, secrets)
        retention = Retention(database, sections.agency, moment, settings.home)
        holds = Holds(
            database,
            sections.agency,
            moment,
            channels,
            letters=next((each for each in channels if isinstance(each, MailNotifier)), None),
        )
        checkpoints = Checkpoints(database, moment, sections.proof)
        signer = Signer(sections.signing, credentials, secrets)
        yield Archive(
            settings=settings,
            clock=moment,
            database=database,
            vault=vault,
            secrets=secrets,
            credentials=credentials,
            captures=captures,
            accounts=Accounts(database, sections.agency, moment),
            retention=retention,
            maximums=Maximums(database, sections.agency, moment, settings.home, retention),
            holds=holds,
            deletions=Deletions(database, vault, captures, moment, rules=sections.moderation),
            dispositions=disposition_setup.made(
                database,
                vault,
                moment,
                sections.agency,
                home=settings.home,
                spool=settings.spool_path,
                lock=captures.lock,
            ),
            checkpoints=checkpoints,
            signer=signer,
            productions=Productions(
                database,
                moment,
                sections.agency,
                sections.requests,
                base=settings.home / "productions",
                locks=settings.locks_path,
                prover=Prover(database, moment, points=checkpoints, signer=signer),
                # The agency's own files are read when they are needed, not by every command.
                staging=lambda: (
                    review_setup.made(
                        database,
                        vault,
                        moment,
                        home=settings.home,
                        agency=sections.agency,
                        second_review=sections.requests.second_review,
                    ).staging
                ),
            ),
            requests=Requests(
                database,
                sections.agency,
                sections.requests,
                moment,
                holds=holds,
                home=settings.home,
            ),
            channels=channels,
        )
    finally:
        database.close()


def _channels(
    alarms: Alarms, credentials: CredentialStore, secrets: Secrets
) -> tuple[Notifier, ...]:
    """The log, and whatever else the settings name. Their secrets belong to "archiver"."""
    made: list[Notifier] = [JournalNotifier()]
    if alarms.mail is None and alarms.webhook is None:
        return tuple(made)
    own = credentials.of("archiver")
    secrets.add(*own.values())
    if alarms.mail is not None:
        mail = alarms.mail
        server = MailServer(
            host=mail.host,
            port=mail.port,
            starttls=mail.starttls,
            user=mail.user,
            password=own.get("mail-password", ""),
        )
        made.append(
            MailNotifier(
                server,
                sender=mail.sender,
                recipients=mail.recipients,
                escalate_to=mail.escalate_to,
            )
        )
    if alarms.webhook is not None:
        made.append(WebhookNotifier(alarms.webhook.url, secret=own.get("webhook-secret", "")))
    return tuple(made)
