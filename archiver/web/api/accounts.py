"""How capture is doing, the registry of accounts, and proposing one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.account_view import AccountLine, account_lines
from archiver.desk.accounts import Basis, Proposal
from archiver.model.queries.registry import AccountEntry
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer, Body, Day, Line, Moment, Words
from archiver.web.site import site_of

router = APIRouter(tags=["accounts"])
Anybody = Annotated[Viewer, needs_token(Permission.STATUS)]
Reader = Annotated[Viewer, needs_token(Permission.ACCOUNTS)]
Proposer = Annotated[Viewer, needs_token(Permission.ACCOUNTS_PROPOSE)]


class AccountStatus(Answer):
    """How one account is being captured."""

    account: str = Field(description="Its short name.")
    name: str
    platform: str
    department: str
    state: str = Field(description="proposed, approved, suspended or closed")
    condition: str = Field(description="One or two words; “well” when nothing is wrong.")
    minutes_at_risk: int = Field(description="Since when posts may have been missed; 0: none.")
    last_success: Moment | None


class Status(Answer):
    """How everything is doing."""

    at: Moment
    well: int = Field(description="Approved accounts that are captured well.")
    approved: int
    accounts: list[AccountStatus]


class Account(Answer):
    """An account in the registry."""

    slug: str = Field(description="Its short name.")
    name: str
    platform: str
    address: str
    options: dict[str, str]
    department: str
    custodian: str
    business_case: str
    basis: str = Field(description="Why it is under the records rules.")
    basis_detail: str
    terms_reviewed_by: str
    terms_reviewed_on: str = Field(description="A day of the agency, 2026-01-31.")
    state: str
    proposed_by: str
    proposed_at: Moment
    approved_by: str | None
    approved_at: Moment | None
    approval_ends: Moment | None


class AccountList(Answer):
    """All accounts, by short name."""

    accounts: list[Account]


class AccountProposal(Body):
    """What must be said to propose an account. An approver decides; until then it is not
    captured."""

    platform: Line
    address: Line
    name: Line
    department: Line
    custodian: Line
    business_case: Words
    terms_reviewed_by: Line
    terms_reviewed_on: Day
    basis: Basis = Basis.OFFICIAL
    basis_detail: Line = ""
    options: dict[Line, Line] = Field(default_factory=dict)
    slug: Line = Field("", description="Its short name; empty: made of platform and address.")


@router.get("/status")
def status(request: Request, who: Anybody) -> Status:
    """How the capture of every account is doing."""
    del who
    archive = site_of(request).archive
    lines = [_status(each) for each in account_lines(archive.database, archive.clock)]
    return Status(
        at=archive.clock.now(),
        well=sum(each.condition in ("well", "backfilling") for each in lines),
        approved=sum(each.state == "approved" for each in lines),
        accounts=lines,
    )


@router.get("/accounts")
def accounts(request: Request, who: Reader) -> AccountList:
    """The registry."""
    del who
    found = site_of(request).archive.accounts.all()
    return AccountList(accounts=[_account(each) for each in found])


@router.get("/accounts/{slug}")
def account(request: Request, who: Reader, slug: str) -> Account:
    """One account."""
    del who
    return _account(site_of(request).archive.accounts.get(slug))


@router.post("/accounts", status_code=201)
def propose_account(request: Request, who: Proposer, given: AccountProposal) -> Account:
    """Propose an account, in the name of the token's person."""
    proposal = Proposal(
        platform=given.platform,
        address=given.address,
        name=given.name,
        department=given.department,
        custodian=given.custodian,
        business_case=given.business_case,
        terms_reviewed_by=given.terms_reviewed_by,
        terms_reviewed_on=given.terms_reviewed_on,
        proposed_by=who.name,
        basis=given.basis,
        basis_detail=given.basis_detail,
        options=given.options,
        slug=given.slug,
    )
    return _account(site_of(request).archive.accounts.propose(proposal))


def _account(entry: AccountEntry) -> Account:
    return Account.model_validate(entry)


def _status(line: AccountLine) -> AccountStatus:
    entry = line.entry
    return AccountStatus(
        account=entry.slug,
        name=entry.name,
        platform=entry.platform,
        department=entry.department,
        state=entry.state,
        condition=line.condition,
        minutes_at_risk=line.at_risk,
        last_success=line.last_success,
    )
