"""What a platform can give and what can be removed from it: printed, and asked by the capture."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.removals import Removable


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can give; printed as a table, and asked by the capture engine.

    `edits`: "history" (the platform keeps old states), "time" (only when it was edited) or
    "compare" (an edit is seen only by comparing). `control_lookup`: a missing item cannot
    be told from a lost permission, so a known item must be looked up along with it.
    `statistics_exact`: `count` is a proof. `media_replaceable`: bytes may change under the
    same address. `terms`: what the platform's terms demand that records law contradicts.
    `removals`: which removals exist; none where the connector is no `Remover`.
    """

    comments: bool
    edits: str
    hidden_state: bool
    counts: bool
    counts_exact: bool = False
    control_lookup: bool = False
    media_replaceable: bool = False
    lookup: bool = True
    removals: tuple[Removable, ...] = ()
    cannot: tuple[str, ...] = ()
    terms: str = ""
