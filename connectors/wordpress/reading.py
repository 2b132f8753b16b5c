"""Turns listed rows into items, with the revisions of those that were edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import Item, Kind
from connectors.errors import BadAnswer, Permanent, PermissionLost
from connectors.wordpress.items import (
    comment_item,
    is_autosave,
    media_item,
    post_item,
    revision_count,
    revision_item,
    same_content,
)
from connectors.wordpress.shapes import Row, moment, number, rows, text
from connectors.wordpress.site import Answer, Site
from connectors.wordpress.sources import Source

OVERLAP = timedelta(hours=1)  # a save may become visible later than its own time says
MAX_REVISION_PAGES = 200


@dataclass(slots=True)
class Batch:
    """What one slice of a list brought."""

    items: list[Item] = field(default_factory=list)
    exchanges: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def heard(self, answer: Answer) -> None:
        """Remember an exchange, and what is wrong with it."""
        self.exchanges.append(answer.exchange)
        if answer.noise:
            self.notes.append(
                "the site lets PHP print messages before its answers; they were skipped "
                "(display_errors should be off)"
            )


def read_rows(
    site: Site, source: Source, listed: Iterable[Row], answer: Answer, deep: Callable[[Row], bool]
) -> Batch:
    """The items of some rows; `deep` says of which the revisions are wanted."""
    batch = Batch()
    batch.heard(answer)
    for row in listed:
        item = _item(source, row, answer.exchange)
        if site.signed and revision_count(row) > 0 and deep(row):
            _add_history(site, source, row, item, batch)
        else:
            batch.items.append(item)
    return batch


def saved_since(row: Row, mark: str) -> bool:
    """Was it saved after the mark (a `modified_gmt`), or so shortly before that it may have
    been missed? True when there is no mark."""
    known, saved = moment(mark), moment(text(row, "modified_gmt"))
    return known is None or saved is None or saved >= known - OVERLAP


def later_mark(mark: str, listed: Iterable[Row], served: datetime | None) -> str:
    """The newest `modified_gmt` of some rows that can be trusted, or the mark as it was.

    A scheduled post carries its future date as `modified_gmt`; taken as a mark, it would hide
    every save until then.
    """
    newest = mark
    for row in listed:
        given = text(row, "modified_gmt")
        saved = moment(given)
        if saved is None or text(row, "status") == "future":
            continue
        if served is not None and saved > served:
            continue
        known = moment(newest)
        if known is None or saved > known:
            newest = given
    return newest


def _item(source: Source, row: Row, exchange: str) -> Item:
    if source.kind is Kind.COMMENT:
        return comment_item(row, exchange)
    if source.kind is Kind.MEDIA:
        return media_item(row, exchange)
    return post_item(row, exchange, kind=source.kind)


def _add_history(site: Site, source: Source, row: Row, item: Item, batch: Batch) -> None:
    """Add the item and its earlier states.

    Each save leaves a revision with the *new* content, so the newest one is the present
    state: it gives the item its version key and is not a version of its own, unless the two
    differ (the database was changed past WordPress).
    """
    try:
        history = [
            each for each in _revisions(site, source, row, batch) if not is_autosave(each[0])
        ]
    except (PermissionLost, Permanent) as error:
        batch.items.append(item)
        batch.notes.append(f"the revisions of {item.permalink} cannot be read: {error}")
        return
    if history and same_content(history[0][0], row):
        item = replace(item, version_key=f"rev-{number(history[0][0], 'id')}")
        history = history[1:]
    else:
        item = replace(item, version_key="")
    batch.items.append(item)
    batch.items.extend(revision_item(each, ex, current=item) for each, ex in history)


def _revisions(site: Site, source: Source, row: Row, batch: Batch) -> list[tuple[Row, str]]:
    route = f"{source.route}/{number(row, 'id')}/revisions"
    found: dict[int, tuple[Row, str]] = {}
    for page in range(1, MAX_REVISION_PAGES + 1):
        answer = site.ask(route, {"context": "edit", "per_page": "100", "page": str(page)})
        batch.heard(answer)
        listed = rows(answer.body, f"{site.address} {route}", answer.exchange)
        for each in listed:
            found.setdefault(number(each, "id"), (each, answer.exchange))
        if len(listed) < 100 or page >= (answer.pages or page + 1):
            return [found[key] for key in sorted(found, reverse=True)]
    raise BadAnswer(f"{site.address} {route}: the list of revisions has no end")
