"""The form of a person: login, name, roles and departments, as typed."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from archiver.desk.access import Role
from archiver.errors import UsageError
from archiver.web.typed import lines_of


class PersonForm(BaseModel):
    """What was typed. `other`: departments that have no account yet, one a line."""

    login: str = ""
    name: str = ""
    role: list[str] = Field(default_factory=list)
    department: list[str] = Field(default_factory=list)
    other: str = ""

    def roles(self) -> list[Role]:
        """The roles. Raises: UsageError for a word that is none."""
        try:
            return [Role(each) for each in self.role]
        except ValueError as error:
            raise UsageError(f"there are these roles: {', '.join(Role)}") from error

    def departments(self) -> list[str]:
        """All that were ticked or typed; none: all departments."""
        return [*self.department, *lines_of(self.other)]


def form_of(
    roles: Iterable[str], departments: Iterable[str], known: Iterable[str], *, login: str, name: str
) -> PersonForm:
    """The form as somebody's roles and departments fill it; `known` departments have a box."""
    there, given = set(known), list(departments)
    return PersonForm(
        login=login,
        name=name,
        role=list(roles),
        department=[each for each in given if each in there],
        other="\n".join(each for each in given if each not in there),
    )
