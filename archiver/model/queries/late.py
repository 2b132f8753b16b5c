"""What a step still has to say when later steps of its account were committed before it.

That happens when a commit failed, capture went on, and the sealed file is committed at the
next start. Its states were real and are kept; but what was captured since is the present.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from archiver.model.manifest import FindingDraft, RunManifest, VersionDraft
from archiver.model.queries.known import Holding, Key, holdings
from archiver.model.tables import runs


def is_late(connection: Connection, manifest: RunManifest, account_id: int) -> bool:
    """Was a later step of the account committed?"""
    later = select(runs.c.id).where(
        runs.c.account_id == account_id, runs.c.ended_at > manifest.ended_at
    )
    return connection.execute(later.limit(1)).first() is not None


def only_news(connection: Connection, manifest: RunManifest, account_id: int) -> RunManifest:
    """The manifest without what is known by now, and with its states as past ones."""
    keys: set[Key] = {(v.family, v.platform_id) for v in manifest.versions}
    keys |= {(f.family, f.platform_id) for f in manifest.findings}
    keys |= {(s.family, s.platform_id) for s in manifest.sightings}
    held = holdings(connection, account_id, keys, with_states=True)
    versions = [_past(v, held.get((v.family, v.platform_id))) for v in manifest.versions]
    return replace(
        manifest,
        versions=[version for version in versions if version is not None],
        findings=[f for f in manifest.findings if _stands(f, held.get((f.family, f.platform_id)))],
        sightings=[
            sight
            for sight in manifest.sightings
            if (record := held.get((sight.family, sight.platform_id))) is None
            or record.last_seen < sight.at
        ],
    )


def _past(version: VersionDraft, held: Holding | None) -> VersionDraft | None:
    if held is None:
        return version
    if version.digest in held.digests:
        return None
    return replace(version, superseded=True)


def _stands(finding: FindingDraft, held: Holding | None) -> bool:
    return held is None or (
        held.last_seen < finding.at and held.presence not in (finding.presence, finding.stage)
    )
