"""The form that proposes an account: what was typed, kept as it is, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from starlette.datastructures import FormData

from archiver.desk.accounts import Basis, Proposal
from archiver.errors import UsageError

OPTION = "option_"
FIELDS = (
    "platform", "address", "name", "department", "custodian", "business_case",
    "terms_reviewed_by", "terms_reviewed_on", "basis", "basis_detail", "slug",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountForm:
    """What was typed, field by field; options by their names."""

    typed: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """What was typed in a field."""
        return self.typed.get(name, default)

    def proposal(self, *, by: str) -> Proposal:
        """The proposal. Raises: UsageError for a day or a basis that is none."""
        day = self.get("terms_reviewed_on")
        try:
            reviewed_on = date.fromisoformat(day)
        except ValueError as error:
            raise UsageError(
                f'"{day}" is no day; say when the terms were reviewed, as 2026-01-31'
            ) from error
        try:
            basis = Basis(self.get("basis"))
        except ValueError as error:
            raise UsageError("say why the account is under the records rules") from error
        return Proposal(
            platform=self.get("platform"),
            address=self.get("address"),
            name=self.get("name"),
            department=self.get("department"),
            custodian=self.get("custodian"),
            business_case=self.get("business_case"),
            terms_reviewed_by=self.get("terms_reviewed_by"),
            terms_reviewed_on=reviewed_on,
            proposed_by=by,
            basis=basis,
            basis_detail=self.get("basis_detail"),
            options={name: value for name, value in self.options.items() if value},
            slug=self.get("slug"),
        )


def form_of(given: FormData) -> AccountForm:
    """What was sent; files and other fields are left out."""
    sent = {name: value.strip() for name, value in given.items() if isinstance(value, str)}
    return AccountForm(
        typed={name: sent[name] for name in FIELDS if name in sent},
        options={
            name.removeprefix(OPTION): value
            for name, value in sent.items()
            if name.startswith(OPTION)
        },
    )
