"""What all parts of one capture share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from archiver.clock import Clock
from archiver.model.database import Database
from archiver.secrets import Secrets
from archiver.vault.base import Vault
from archiver.warc.recorder import Recorder
from config.settings import Capture
from connectors.base import Account, Window


@dataclass(frozen=True, kw_only=True)
class Context:
    """One capture of one window of one account."""

    account_id: int
    account: Account
    window: Window
    database: Database
    vault: Vault
    recorder: Recorder
    secrets: Secrets
    clock: Clock
    settings: Capture
    zone: ZoneInfo
    spool: Path
    replaceable_media: bool = False
