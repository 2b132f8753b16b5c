"""The terms of deleting and hiding on a platform: what there is, whose, and how it went.

Optional for a connector. Whether something may be removed is none of its business: that was
decided before it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from connectors.base import Item, Kind, Target
from connectors.errors import Changed

Compare = Callable[[Item], str]
"""Is handed what the platform shows right before a change; gives back why that is not what was
archived, or nothing."""


class Removal(StrEnum):
    """What can be done to an item on the platform."""

    DELETE = "delete"
    HIDE = "hide"  # from the public; the platform keeps it
    UNHIDE = "unhide"  # show it to the public again


class Whose(StrEnum):
    """Who wrote an item."""

    OWN = "own"  # the agency
    PUBLIC = "public"  # anybody else


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """The platform has this removal for items of these kinds by these people.

    `means` says what it does there, in words ("into the trash"). `along` are the kinds of
    other items that may go with it without being named, as comments do with their post.
    """

    removal: Removal
    kinds: frozenset[Kind]
    whose: frozenset[Whose]
    means: str
    along: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The platform's answer to a removal.

    `done`: the item is now in the state that was asked for, as far as the platform tells.
    `already`: it was so before, and nothing was sent. `exchange` shows the answer, `looked`
    the readings before and after that prove it, where the platform lets them be made.
    `statement` is one sentence that quotes the platform. `compared`: the reading right before
    had the content, and it was what was archived.
    """

    target: Target
    removal: Removal
    exchange: str
    done: bool
    statement: str
    already: bool = False
    looked: tuple[str, ...] = ()
    compared: bool = False


def compared(item: Item, compare: Compare | None) -> bool:
    """Has the content just read been compared? False when nobody asked for it.

    Raises: Changed when it is not what was archived.
    """
    if compare is None:
        return False
    why = compare(item)
    if why:
        raise Changed(why, exchange=item.exchange)
    return True


@runtime_checkable
class Remover(Protocol):
    """A connector that can also delete or hide. Optional.

    It does what it is told, once: a write is never repeated.
    """

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty when the platform would do it, else one sentence why not. Changes nothing.

        Raises: ConnectorError when the platform does not answer the question.
        """
        ...

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Do it, and read before and after.

        What the reading before shows is given to `compare` before anything is sent; where the
        platform's answer has no content, `Removed.compared` stays False.
        An item that is in the state already is `done` and nothing is sent. After Unsettled
        or a crash look the item up; what became of it is not asked by removing it again.

        Raises: Permanent with what `can_remove` says, Changed with what `compare` says,
            PermissionLost naming what is missing, Unsettled when it may have been done all the
            same.
        """
        ...
