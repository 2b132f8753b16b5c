"""Texts that were read out of media: which media have none yet, and the texts themselves.

A text goes into its table and into the search index of every version that has the medium in
one transaction. It is derived: it goes with its medium, and can be read again at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, or_, select

from archiver.model.queries import search_index
from archiver.model.queries.review import HeldMedium
from archiver.model.tables import exchanges, media, version_media
from archiver.model.tables_requests import media_texts
from archiver.model.tables_search import search_rows

OCR = "ocr"  # source: text in a picture
SPEECH = search_index.SPEECH  # source: captions of a film
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/bmp")
CAPTIONS = ("text/vtt", "application/x-subrip", "application/srt", "text/srt")
_VAGUE = ("text/plain", "application/octet-stream", "")  # what servers say of captions, too
_ENDS = (".vtt", ".srt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of the media of a source: how many are held, how many of them were read, and how many
    of those had words."""

    source: str
    held: int
    read: int
    with_text: int


def _wanted(source: str) -> ColumnElement[bool]:
    if source == OCR:
        return media.c.mime.in_(PICTURES)
    address = func.lower(version_media.c.url)
    by_name = [address.like(f"%{end}{rest}") for end in _ENDS for rest in ("", "?%")]
    return or_(media.c.mime.in_(CAPTIONS), and_(media.c.mime.in_(_VAGUE), or_(*by_name)))


def unread(connection: Connection, source: str, *, after: str, limit: int) -> list[HeldMedium]:
    """The next media of a source to read, by digest, behind the digest `after`."""
    done = exists().where(
        media_texts.c.sha256 == media.c.sha256, media_texts.c.source == source
    )  # fmt: skip
    query: Select[Any] = (
        select(
            media.c.sha256,
            media.c.size,
            media.c.mime,
            exchanges.c.segment,
            exchanges.c.response_offset,
            exchanges.c.response_length,
        )
        .join(version_media, version_media.c.sha256 == media.c.sha256)
        .join(exchanges, exchanges.c.id == media.c.exchange_id)
        .where(
            _wanted(source),
            ~done,
            media.c.sha256 > after,
            exchanges.c.response_offset.is_not(None),
        )
        .group_by(
            media.c.sha256,
            media.c.size,
            media.c.mime,
            exchanges.c.segment,
            exchanges.c.response_offset,
            exchanges.c.response_length,
        )
        .order_by(media.c.sha256)
        .limit(limit)
    )
    return [_held(row) for row in connection.execute(query)]


def _held(row: Any) -> HeldMedium:
    return HeldMedium(
        position=0,
        kind="",
        alt_text="",
        status="captured",
        sha256=row.sha256,
        size=row.size,
        mime=row.mime,
        segment=row.segment,
        offset=row.response_offset,
        length=row.response_length,
    )


def keep(
    connection: Connection,
    sha256: str,
    *,
    source: str,
    language: str,
    text: str,
    engine: str,
    at: datetime,
) -> bool:
    """Keep what was read out of a medium (nothing: it was tried) and index it; False when the
    medium was destroyed meanwhile, or was read by somebody else. `text` is one line."""
    there = select(media.c.sha256).where(media.c.sha256 == sha256).with_for_update(read=True)
    done = select(media_texts.c.at).where(
        media_texts.c.sha256 == sha256, media_texts.c.source == source
    )
    if connection.execute(there).first() is None or connection.execute(done).first() is not None:
        return False
    connection.execute(
        insert(media_texts).values(
            sha256=sha256, source=source, language=language, text=text, engine=engine, at=at
        )
    )
    if text:
        having = select(version_media.c.version_id).where(version_media.c.sha256 == sha256)
        search_index.renew(connection, list(connection.execute(having.distinct()).scalars()))
    return True


def catch_up(connection: Connection) -> int:
    """Index the texts of media that came to a version later than the text was read, as when a
    file that could not be fetched at first is fetched later; returns of how many versions."""
    within = func.instr if connection.dialect.name == "sqlite" else func.strpos
    query = (
        select(version_media.c.version_id)
        .join(media_texts, media_texts.c.sha256 == version_media.c.sha256)
        .join(search_rows, search_rows.c.version_id == version_media.c.version_id)
        .where(media_texts.c.text != "", within(search_rows.c.pictures, media_texts.c.text) == 0)
        .distinct()
    )
    return search_index.renew(connection, list(connection.execute(query).scalars()))


def tally(connection: Connection, source: str) -> Tally:
    """How far reading has come."""
    held = select(func.count(media.c.sha256.distinct())).join(
        version_media, version_media.c.sha256 == media.c.sha256
    )
    read = select(func.count()).select_from(media_texts).where(media_texts.c.source == source)
    return Tally(
        source=source,
        held=connection.execute(held.where(_wanted(source))).scalar_one(),
        read=connection.execute(read).scalar_one(),
        with_text=connection.execute(read.where(media_texts.c.text != "")).scalar_one(),
    )
