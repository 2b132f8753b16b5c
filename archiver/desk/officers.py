"""Who may decide for the agency on the law: the records officers that the settings name."""

from __future__ import annotations

from archiver.errors import RefusedError
from config.settings import Agency


def records_officer(agency: Agency, name: str, *, may: str) -> str:
    """The officer's name as the settings spell it. Case and blanks make nobody another one.

    Raises: RefusedError, naming what only an officer may do and who they are.
    """
    for each in agency.records_officers:
        if _person(each) == _person(name):
            return each
    who = ", ".join(agency.records_officers) or "nobody yet"
    raise RefusedError(
        f'"{name}" may not {may}; agency.records_officers in the settings names: {who}'
    )


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()
