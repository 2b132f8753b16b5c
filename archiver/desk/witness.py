"""What the sealed files say of versions and findings, to hold the database's rows against.

A segment ends with the manifest of its run. The ledger holds the hash of the file, so a row
that was changed in the database, by whomever, no longer agrees with its file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archiver.model.manifest import FindingDraft, RunManifest, VersionDraft
from archiver.model.queries.segments import StoredFinding, StoredVersion

Media = tuple[tuple[str, str], ...]  # key and hash, in their order
_DISPOSED: Media = (("", "disposed"),)  # of a tombstone; its media list is as gone as its text


@dataclass
class Witness:
    """Collects the manifests, as hashes, and then hears the rows."""

    _versions: dict[str, dict[bytes, Media]] = field(default_factory=dict)  # by run
    _findings: dict[str, set[bytes]] = field(default_factory=dict)
    _recovered: dict[tuple[int, int], str] = field(default_factory=dict)

    def hear(self, manifest: RunManifest) -> None:
        """Take in what a sealed file says."""
        self._versions[manifest.run_id] = {
            _version_print(v, v.exchange): _DISPOSED
            if v.disposed_by
            else tuple((m.key, m.sha256) for m in v.media)
            for v in manifest.versions
        }
        self._findings[manifest.run_id] = {_finding_print(f) for f in manifest.findings}
        for each in manifest.recoveries:
            self._recovered[each.version_id, each.position] = each.media.sha256

    def faults(
        self,
        run_id: str,
        versions: Sequence[StoredVersion],
        media: Mapping[int, Sequence[tuple[str, str]]],
    ) -> Iterator[str]:
        """One sentence for each version of a run that is not as its file says. A run whose
        file could not be read says nothing; that the file is amiss is told elsewhere."""
        told = self._versions.get(run_id)
        if told is None:
            return
        for version in versions:
            what = f"{version.family} {version.platform_id}"
            listed = told.get(_version_print(version, version.exchange))
            if listed is None:
                yield f"{what}: a stored version is not as the sealed file of its run says"
            elif not self._same_media(version.id, listed, media.get(version.id, ())):
                yield f"{what}: the media list of a version is not as the sealed files say"

    def finding_faults(self, findings: Sequence[StoredFinding]) -> Iterator[str]:
        """The same for findings, of any runs."""
        for each in findings:
            told = self._findings.get(each.run_id)
            if told is not None and _finding_print(each) not in told:
                what = f"{each.family} {each.platform_id}"
                yield f"{what}: a finding is not as the sealed file of its run says"

    def _same_media(self, version_id: int, told: Media, stored: Sequence[tuple[str, str]]) -> bool:
        if told is _DISPOSED:
            return not any(key or sha256 for key, sha256 in stored)
        if len(told) != len(stored):
            return False
        for position, ((key, sha256), (its_key, its_sha256)) in enumerate(
            zip(told, stored, strict=True)
        ):
            later = self._recovered.get((version_id, position), "") if not sha256 else ""
            if key != its_key or its_sha256 not in (sha256, later or sha256):
                return False
        return True


def _version_print(version: VersionDraft | StoredVersion, exchange: str) -> bytes:
    return _print(
        version.family,
        version.platform_id,
        version.version_key,
        version.digest,
        version.salt,
        version.captured_at,
        version.edited_at,
        version.not_before,
        version.not_after,
        version.visibility,
        version.language,
        version.title,
        version.words,
        version.canonical,
        version.native,
        exchange,
    )


def _finding_print(finding: FindingDraft | StoredFinding) -> bytes:
    return _print(
        finding.family,
        finding.platform_id,
        finding.stage,
        finding.presence,
        finding.evidence,
        finding.statement,
        finding.at,
        finding.not_before,
        finding.not_after,
    )


def _print(*values: str | datetime | None) -> bytes:
    digest = hashlib.sha256()
    for value in values:
        text = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value or ""
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(raw) + raw)
    return digest.digest()
