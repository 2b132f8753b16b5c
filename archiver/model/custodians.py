"""Custodians as they are written down: a free name, with a mail address in angle brackets if
there is one: "Records Clerk <clerk@springfield.example>"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr

_WHOLE = re.compile(r"[^@\s]+@[^@\s]+")


def address_of(person: str) -> str:
    """The mail address; empty if there is none that can be used."""
    # A name is no address header ("Wiggum, Clancy" would be two), so only what is in the
    # brackets, or stands alone, is read as one.
    given = person[person.rfind("<") :] if "<" in person else person.strip()
    if not _WHOLE.fullmatch(given.strip("<>")):
        return ""
    return parseaddr(given)[1]


def name_of(person: str) -> str:
    """The name without the address; the address where there is nothing else."""
    name = person.partition("<")[0].strip().strip('"').strip()
    return name or address_of(person) or person.strip()


def is_faulty(person: str) -> bool:
    """Is a mail address meant that cannot be used?"""
    return not address_of(person) and any(each in person for each in "@<>")


def merged(people: Iterable[str]) -> tuple[str, ...]:
    """Each once; a bare name goes where the same name stands with an address. Two addresses
    of one name are two people."""
    once = tuple(dict.fromkeys(people))
    reachable = {name_of(each).casefold() for each in once if address_of(each)}
    return tuple(
        each for each in once if address_of(each) or name_of(each).casefold() not in reachable
    )
