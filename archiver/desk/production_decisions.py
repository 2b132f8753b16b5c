"""Holds a production against what was decided last: a second thought stops what is under way."""

from __future__ import annotations

from archiver.errors import RefusedError
from archiver.model.database import Connection
from archiver.model.queries.production_decisions import overtaken
from archiver.model.queries.productions import DELIVERED, ProductionRow


def still_decided_so(connection: Connection, row: ProductionRow) -> None:
    """Is everything in the production still decided as it was staged?

    One that was delivered is out of the house; there is nothing left to stop.

    Raises: RefusedError, naming the items, when it is not.
    """
    found = [] if row.state == DELIVERED else overtaken(connection, row.id)
    if found:
        named = ", ".join(str(each) for each in found[:20]) + (" ..." if found[20:] else "")
        raise RefusedError(
            f"{row.folder} was staged before item {named} was decided otherwise "
            "or put in dispute; abandon it and make a new production"
        )
