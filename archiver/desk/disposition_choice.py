"""Which records can stand in one disposition: what is done with them must be one thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from archiver.errors import RefusedError, UsageError
from archiver.model.database import Connection
from archiver.model.queries import due
from archiver.model.queries.due import Candidate
from retention.facts import Action


class ToBeDone(Protocol):
    """A record, or some alike, with what is done with it."""

    @property
    def action(self) -> Action: ...
    @property
    def manner(self) -> str: ...


def refuse_mixed(chosen: Sequence[ToBeDone]) -> None:
    """Raises: UsageError when the records need different actions or manners."""
    kinds = sorted({(each.action.value, each.manner) for each in chosen})
    if len(kinds) > 1:
        listed = "; ".join(f"{action} ({manner})" for action, manner in kinds)
        raise UsageError(
            f"the records need different actions: {listed}; propose one series at a time"
        )


def refuse_without_copy(connection: Connection, chosen: Sequence[Candidate], copy: str) -> None:
    """An original that a trusted reproduction replaces goes only while that is kept: a person
    has stated of each record that it was reproduced, and `copy` names the document that says
    where the reproduction is.

    Raises: UsageError without the document, or with one where nothing is replaced;
    RefusedError when nobody has stated that a record was reproduced.
    """
    if chosen[0].action is not Action.REPLACE:
        if copy.strip():
            raise UsageError("only originals that a trusted copy replaces have one; leave it out")
        return
    if not copy.strip():
        raise UsageError(
            "these records go because a trusted copy of them is kept: name the document that says "
            "where, with --copy"
        )
    known = due.reproduced(connection, [each.record_id for each in chosen])
    missing = sorted({each.record_id for each in chosen} - known)
    if missing:
        raise RefusedError(
            f"nobody has stated that record {missing[0]} was reproduced in a trusted system "
            f"({len(missing)} in all); see: archiver retention declare --help"
        )
