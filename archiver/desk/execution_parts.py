"""Cuts an execution into parts, so that neither memory nor a transaction grows with the batch.

A part has records of one account that were captured about the same time, since those lie in
the same segments: each segment is then written anew once, or a few times at the borders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archiver.model.database import Connection
from archiver.model.queries import destruction

RECORDS = 5_000  # of one part
SEGMENTS = 200  # that the records of one part were captured into


def parts(connection: Connection, record_ids: Sequence[int]) -> list[tuple[int, ...]]:
    """The records in the order of account and capture, in parts. A record with more segments
    than a part may have is a part of its own."""
    found: list[tuple[int, ...]] = []
    part: list[int] = []
    account, names = 0, set[str]()
    for record_id, account_id, lies_in in _by_capture(connection, record_ids):
        wider = names | lies_in
        full = len(part) >= RECORDS or len(wider) > SEGMENTS or account_id != account
        if part and full:
            found.append(tuple(part))
            part, wider = [], set(lies_in)
        account, names = account_id, wider
        part.append(record_id)
    return [*found, tuple(part)] if part else found


def _by_capture(
    connection: Connection, record_ids: Sequence[int]
) -> Iterable[tuple[int, int, set[str]]]:
    known = destruction.captured_into(connection, record_ids)
    rows = [(record_id, account, names) for record_id, (account, names) in known.items()]
    return sorted(rows, key=lambda row: (row[1], min(row[2], default=""), row[0]))
