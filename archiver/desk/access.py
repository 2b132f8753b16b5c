"""Who may do what: roles, what each may, and whose records one sees.

Pure rules over plain values. Two-person rules (approving what oneself proposed, releasing one's own
hold, checking one's own redaction) stand with the acts themselves, where no door can be walked
around. The administrator runs the program and sees no content.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from archiver.errors import RefusedError


class Permission(StrEnum):
    """One kind of act. The value is also the name of an API token's scope."""

    OWN = "own"  # one's own sign-in and settings: everybody
    STATUS = "status"  # health of capture: everybody
    RECORDS = "records"  # search and look at what is held
    SEARCHES = "searches"  # save a search for everybody
    VERIFY = "verify"  # re-read evidence
    ACCOUNTS = "accounts"  # look at the registry
    ACCOUNTS_PROPOSE = "accounts:propose"
    ACCOUNTS_APPROVE = "accounts:approve"
    CAPTURE = "capture"  # capture once, now
    FINDINGS = "findings"  # what vanished, gaps, alarms
    HOLDS = "holds"
    HOLDS_PLACE = "holds:place"  # place, widen, notify, release
    REQUESTS = "requests"
    REQUESTS_WORK = "requests:work"  # intake, letters, freeze
    REVIEW = "review"  # decide on items
    PRODUCE = "produce"  # make, download, deliver
    RETENTION = "retention"
    RETENTION_STATE = "retention:state"  # state events, personal matters, decisions on maximums
    RETENTION_ADOPT = "retention:adopt"
    DISPOSITION_PROPOSE = "disposition:propose"
    DISPOSITION_APPROVE = "disposition:approve"
    DISPOSITION_EXECUTE = "disposition:execute"
    REMOVALS = "removals"  # look at guarded deletions
    REMOVE = "remove"  # delete or hide on a platform
    AUDIT = "audit"  # the ledger
    PEOPLE = "people"  # users and roles
    PORTAL = "portal"  # what the open archive shows


class Role(StrEnum):
    """What a person is to the archive; one may have several."""

    ADMINISTRATOR = "administrator"
    CLERK = "clerk"
    LEGAL = "legal"
    OFFICER = "officer"
    COMMUNICATIONS = "communications"
    AUDITOR = "auditor"


_P = Permission
_EVERYBODY = frozenset({_P.OWN, _P.STATUS, _P.ACCOUNTS})
_READERS = _EVERYBODY | {
    _P.RECORDS, _P.FINDINGS, _P.VERIFY, _P.HOLDS, _P.REQUESTS, _P.RETENTION, _P.REMOVALS,
}  # fmt: skip

MAY: Mapping[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: _EVERYBODY
    | {_P.VERIFY, _P.ACCOUNTS_PROPOSE, _P.CAPTURE, _P.AUDIT, _P.PEOPLE},
    Role.CLERK: _READERS
    | {
        _P.SEARCHES, _P.ACCOUNTS_PROPOSE, _P.CAPTURE, _P.REQUESTS_WORK, _P.REVIEW, _P.PRODUCE,
        _P.DISPOSITION_PROPOSE, _P.RETENTION_STATE,
    },
    Role.LEGAL: _READERS
    | {
        _P.SEARCHES, _P.HOLDS_PLACE, _P.REQUESTS_WORK, _P.REVIEW, _P.PRODUCE, _P.RETENTION_STATE,
        _P.DISPOSITION_APPROVE, _P.AUDIT,
    },
    Role.OFFICER: _READERS
    | {
        _P.SEARCHES, _P.ACCOUNTS_PROPOSE, _P.ACCOUNTS_APPROVE, _P.CAPTURE, _P.REVIEW,
        _P.RETENTION_STATE, _P.RETENTION_ADOPT, _P.DISPOSITION_PROPOSE, _P.DISPOSITION_APPROVE,
        _P.DISPOSITION_EXECUTE, _P.AUDIT, _P.PORTAL,
    },
    Role.COMMUNICATIONS: _EVERYBODY
    | {
        _P.RECORDS, _P.SEARCHES, _P.FINDINGS, _P.ACCOUNTS_PROPOSE, _P.ACCOUNTS_APPROVE, _P.CAPTURE,
        _P.REMOVALS, _P.REMOVE, _P.PORTAL,
    },
    Role.AUDITOR: _READERS | {_P.AUDIT},
}  # fmt: skip
"""What each role may. The auditor reads all and changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks or acts. `departments` empty: those of all. `scopes`: what a program's token is
    narrowed to; None for a person."""

    name: str
    roles: frozenset[Role]
    departments: frozenset[str] = frozenset()
    scopes: frozenset[Permission] | None = None

    def may(self, permission: Permission) -> bool:
        """Does one of the roles carry it, and the token too?"""
        if self.scopes is not None and permission not in self.scopes:
            return False
        return any(permission in MAY[role] for role in self.roles)

    def sees(self, department: str) -> bool:
        """May content of this department's accounts be looked at?"""
        return not self.departments or department in self.departments

    def require(self, permission: Permission) -> None:
        """Raises: RefusedError, naming the roles that may."""
        if not self.may(permission):
            raise RefusedError(
                f'"{self.name}" may not do this ({permission}); it takes one of the roles: '
                f"{', '.join(roles_with(permission))}"
            )

    def require_department(self, department: str) -> None:
        """Raises: RefusedError when content of this department is not for this person."""
        if not self.sees(department):
            raise RefusedError(
                f'this belongs to the department "{department}"; "{self.name}" sees '
                f"{', '.join(sorted(self.departments))}. An administrator can change that"
            )


def roles_with(permission: Permission) -> list[str]:
    """The roles that may, in the order of their list."""
    return [role.value for role in Role if permission in MAY[role]]


def folded(name: str) -> str:
    """A name as two-person rules compare it: case and blanks make nobody another one."""
    return " ".join(name.split()).casefold()


def permissions_of(roles: Collection[Role]) -> frozenset[Permission]:
    """All that these roles may."""
    return frozenset().union(*(MAY[role] for role in roles))
