"""The parts of review of an archive, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.exemptions import Catalogue, catalogue
from archiver.desk.held_exchanges import HeldExchanges
from archiver.desk.held_media import HeldMedia
from archiver.desk.result_sets import ResultSets
from archiver.desk.review import Reviews
from archiver.desk.sensitive import Patterns, patterns
from archiver.desk.staging import Staging
from archiver.model.database import Database
from archiver.model.queries.places import places
from archiver.vault.base import Vault
from config.settings import Agency


@dataclass(frozen=True, kw_only=True)
class ReviewDesk:
    """Frozen sets, their review, what helps with it, and staging."""

    exemptions: Catalogue
    sets: ResultSets
    reviews: Reviews
    media: HeldMedia
    patterns: Patterns
    staging: Staging


def made(
    database: Database,
    vault: Vault,
    clock: Clock,
    *,
    home: Path,
    agency: Agency,
    second_review: bool,
) -> ReviewDesk:
    """The desk of the archive in `home`.

    Raises: ExemptionFileError, UsageError when the agency's own files have mistakes.
    """
    exemptions = catalogue(home)
    media = HeldMedia(vault)
    return ReviewDesk(
        exemptions=exemptions,
        sets=ResultSets(database, agency, clock),
        reviews=Reviews(database, clock, exemptions, media),
        media=media,
        patterns=patterns(home),
        staging=Staging(
            database,
            agency,
            clock,
            exemptions=exemptions,
            media=media,
            held=HeldExchanges(vault),
            second_review=second_review,
            places=places,
        ),
    )
