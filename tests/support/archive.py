"""Builders for tests that need a whole archive: its settings, itself, accounts in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from archiver.clock import Clock
from archiver.desk.accounts import Proposal
from archiver.model.queries.registry import AccountEntry
from archiver.wiring import Archive, initialise, opened
from config.load import Settings, load

APPROVER = "Chief Wiggum"
PROPOSER = "Officer Lou"
LOOPBACK = "127.0.0.0/8"


def make_settings(
    tmp_path: Path, *, sections: Mapping[str, Mapping[str, Any]] | None = None, **capture: Any
) -> Settings:
    """Settings of an archive in `tmp_path / "home"` that may capture from loopback.

    Keywords go into the section `capture` (`intervals={"new": "2s"}`), `sections` replaces
    settings of the others (`{"alarms": {"repeat_every": "1m"}}`). They are read from a real
    file, `archiver.yaml` in the home folder, so that a subprocess finds them too.
    """
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    values: dict[str, dict[str, Any]] = {
        "agency": {"name": "Springfield Police Department", "approvers": [APPROVER]},
        "capture": {"allow_addresses": [LOOPBACK], **capture},
    }
    for name, changed in (sections or {}).items():
        values[name] = {**values.get(name, {}), **changed}
    file = home / "archiver.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return load(home=home, file=file)


@contextmanager
def make_archive(
    tmp_path: Path,
    *,
    clock: Clock | None = None,
    trust: Path | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    **capture: Any,
) -> Iterator[Archive]:
    """A new archive in `tmp_path / "home"`, open inside the block; see `make_settings`.

    From then on the test process refuses connections outside `outbound.permitted`.
    """
    settings = make_settings(tmp_path, sections=sections, **capture)
    initialise(settings)
    with opened(settings, clock=clock, trust=trust) as archive:
        yield archive


def propose(archive: Archive, platform: str, address: str, **changed: Any) -> AccountEntry:
    """Propose an account with all that a proposal needs; keywords replace its fields."""
    fields: dict[str, Any] = {
        "platform": platform,
        "address": address,
        "name": f"Springfield Police on {platform}",
        "department": "Police",
        "custodian": "Records Clerk",
        "business_case": "Public safety notices",
        "terms_reviewed_by": "City Attorney",
        "terms_reviewed_on": date(2026, 1, 5),
        "proposed_by": PROPOSER,
        **changed,
    }
    return archive.accounts.propose(Proposal(**fields))


def approved(archive: Archive, platform: str, address: str, **changed: Any) -> AccountEntry:
    """Propose an account and have it approved."""
    entry = propose(archive, platform, address, **changed)
    return archive.accounts.approve(entry.slug, approver=APPROVER)


def give_credentials(archive: Archive, slug: str, **values: str) -> None:
    """Put an account's secrets where a person would: one file each, mode 0600."""
    for name, value in values.items():
        path = archive.credentials.place(slug, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(value, encoding="utf-8")
        path.chmod(0o600)
