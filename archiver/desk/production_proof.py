"""The last steps of a production: proof, certificate, first page, seal, bag, and the check by
the verifier that goes into the package."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.checkpoints import Checkpoints
from archiver.desk.production_folder import ProductionFolder
from archiver.desk.signing import Signer
from archiver.errors import EvidenceError, ExportError
from archiver.export import authenticity, bag, proof, verify
from archiver.export.authenticity import Facts, Stamped
from archiver.export.base import Production
from archiver.export.package_notes import package_notes
from archiver.export.proof import Evidence, StampFile
from archiver.export.readme import write_readme
from archiver.ledger import timestamp
from archiver.ledger.timestamp import TimestampError
from archiver.model.database import Database
from archiver.model.queries import checkpoints
from archiver.model.queries.checkpoints import ProvedLine
from config.settings import Authority

_LIBRARIES = ("weasyprint", "bagit", "xlsxwriter", "cryptography")
_VERIFY_SECONDS = 4 * 3600


class Prover:
    """Proves, signs, seals and checks packages."""

    def __init__(
        self, database: Database, clock: Clock, *, points: Checkpoints, signer: Signer
    ) -> None:
        self._database = database
        self._clock = clock
        self._points = points
        self._signer = signer

    def ready(self, *, unsigned: bool) -> None:
        """Could a production be signed now? Raises: ExportError."""
        self._signer.signatory(at=self._clock.now(), unsigned=unsigned)

    def prove(
        self, folder: ProductionFolder, production: Production, *, unsigned: bool, contact: str,
        formats: Sequence[str],
    ) -> None:  # fmt: skip
        """Write proof/, certificate/, the first page and verify.py.

        Raises: ExportError when an item has no place in the ledger or nothing can be signed.
        """
        folder.afresh("proof", "certificate")
        point, tokens, _ = self._points.current()
        if point is None:
            raise ExportError("the ledger is empty; there is nothing to prove a production with")
        who = self._signer.signatory(at=self._clock.now(), unsigned=unsigned)
        files = {each.url: each.ca_file for each in self._points.authorities}
        held = [each for each in tokens if each.authority in files]

        def lines(numbers: Iterable[int]) -> Iterable[ProvedLine]:
            with self._database.read() as connection:
                yield from checkpoints.proved_lines(connection, numbers, checkpoint=point)

        counts = proof.write(
            production,
            folder.data,
            evidence=Evidence(
                checkpoint=point,
                stamps=tuple(
                    StampFile(answer=e.answer, certificates=_read(files[e.authority])) for e in held
                ),
                lines=lines,
                signatory=who.certificates if who else b"",
            ),
        )
        missing = sorted(set(files) - {each.authority for each in held})
        (folder.data / "certificate").mkdir()
        authenticity.write(
            production,
            folder.data / "certificate",
            facts=Facts(
                counts=counts,
                checkpoint_seq=point.seq,
                checkpoint_root=point.root,
                stamps=tuple(Stamped(authority=e.authority, at=e.stamped_at) for e in held),
                missing=tuple(missing),
                signer=(who.subject, who.fingerprint) if who else ("", ""),
                checked=production.reread,
                tools=_tools(),
            ),
        )
        there = [*formats, "proof", "certificate"]
        notes = package_notes(production, counts, formats)
        write_readme(production, folder.data, formats=there, contact=contact, notes=notes)
        shutil.copyfile(verify.__file__, folder.data / "verify.py")
        signer = who.fingerprint if who else ""
        folder.mark("proof", counts=counts, missing=missing, signer=signer)

    def seal(self, folder: ProductionFolder, production: Production, *, unsigned: bool) -> None:
        """Write the manifest of everything, signed and stamped.

        Raises: ExportError when it is not signed as it was begun; TimestampError when an
        authority that the certificate does not call missing gives no stamp.
        """
        _unsealed(folder)
        facts = folder.facts("proof")

        def sign(path: Path) -> bytes | None:
            made = self._signer.sign(path, at=self._clock.now(), unsigned=unsigned)
            return made.der if made else None

        asked = [each for each in self._points.authorities if each.url not in facts["missing"]]
        sha256 = proof.seal(
            production,
            folder.data,
            counts=facts["counts"],
            sign=sign,
            stamp=_stamping(asked),
        )
        folder.mark("seal", manifest_sha256=sha256)

    def bag(self, folder: ProductionFolder, production: Production) -> None:
        """Make the package a bag. Raises: ExportError."""
        bag.write(production, folder.package)
        folder.mark("bag")

    def check(self, folder: ProductionFolder, *, unsigned: bool) -> None:
        """Read the whole package again, with bagit and with the package's own verifier.

        Raises: ExportError, EvidenceError when anything does not hold.
        """
        authorities = [each.ca_file for each in self._points.authorities]
        # Whom the certificate names: the key may have been changed between two steps.
        signer = folder.facts("proof").get("signer", "")
        said = check_package(folder.package, trusted=authorities, unsigned=unsigned, signer=signer)
        folder.mark("check", said=said)


def check_package(
    package: Path, *, trusted: Sequence[Path], unsigned: bool, signer: str = ""
) -> str:
    """What the verifier in a package says of it; `trusted` are PEM files with roots, `signer`
    is the SHA-256 fingerprint of the only certificate that may have signed, empty: any.

    Raises: ExportError when it is no valid bag; EvidenceError when the verifier finds fault.
    """
    bag.validate(package)
    command = [sys.executable, "-I", str(Path(verify.__file__)), "--bag", str(package)]
    command += [part for each in trusted for part in ("--ca", str(each))]
    command += ["--allow-unsigned"] if unsigned else []
    command += ["--signer", signer] if signer else []
    done = subprocess.run(  # noqa: S603 - our own verifier, not the one in the package
        command, capture_output=True, text=True, check=False, timeout=_VERIFY_SECONDS
    )
    if done.returncode != 0:
        wrong = [line for line in done.stdout.splitlines() if line.startswith("WRONG")]
        first = wrong[0].removeprefix("WRONG").strip() if wrong else done.stderr.strip()[-300:]
        raise EvidenceError(f"{package} does not verify: {len(wrong)} faults, first: {first}")
    return done.stdout


def _stamping(authorities: Sequence[Authority]) -> Callable[[bytes], list[bytes]]:
    def stamp(message: bytes) -> list[bytes]:
        try:
            return [
                timestamp.fetch(each.url, message, ca_file=each.ca_file).answer
                for each in authorities
            ]
        except TimestampError as error:
            raise ExportError(
                f"the manifest was not stamped, so nothing was sealed: {error}"
            ) from error

    return stamp


def _unsealed(folder: ProductionFolder) -> None:
    """Take away what a sealing that was cut off left, or the manifest would list stale files."""
    left = [*folder.data.glob("proof/manifest*")]
    folder.afresh(*(each.relative_to(folder.data).as_posix() for each in left))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ExportError(f"the authority's certificates {file} cannot be read") from error


def _tools() -> dict[str, str]:
    told = {name: version(name) for name in _LIBRARIES}
    done = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=False)  # noqa: S607
    return {"Archiver": version("public-records-archiver"), "Python": platform.python_version(),
            "openssl": done.stdout.strip(), **told}  # fmt: skip
