"""The form of a hold: what it is about, what it reaches, who must keep."""

from __future__ import annotations

from pydantic import BaseModel, Field

from archiver.desk.hold_order import HoldOrder
from archiver.desk.holds import Holds
from archiver.errors import UsageError
from archiver.web.typed import day_of, lines_of
from retention.facts import HoldKind, Scope


class ScopeForm(BaseModel):
    """What a hold reaches, as typed. In the texts each line is one entry."""

    account: list[str] = Field(default_factory=list)
    department: list[str] = Field(default_factory=list)
    author: str = ""
    word: str = ""
    since: str = ""
    until: str = ""
    pick: str = ""
    everything: str = ""
    custodian: str = ""
    reason: str = ""

    def scope(self, holds: Holds) -> Scope:
        """The scope. Raises: UsageError for a day that is none; NotFoundError for a record that
        is not held."""
        return Scope(
            accounts=tuple(self.account),
            departments=tuple(self.department),
            authors=lines_of(self.author),
            words=lines_of(self.word),
            since=day_of(self.since, "Published from"),
            until=day_of(self.until, "Published up to"),
            picks=holds.picked(lines_of(self.pick)),
            everything=bool(self.everything),
        )

    def hidden(self) -> list[tuple[str, str]]:
        """Every field with its value, to be carried to the next page unseen."""
        found: list[tuple[str, str]] = []
        for name, value in self.model_dump().items():
            found += [(name, each) for each in (value if isinstance(value, list) else [value])]
        return found


class HoldForm(ScopeForm):
    """A whole order, as typed."""

    matter: str = ""
    kind: str = HoldKind.LITIGATION.value
    anticipated: str = ""
    review: str = ""
    notice: str = ""

    def order(self, holds: Holds, *, issuer: str) -> HoldOrder:
        """The order. Raises: UsageError; NotFoundError."""
        if self.kind not in {each.value for each in HoldKind}:
            raise UsageError("choose where the duty to keep comes from")
        return HoldOrder(
            matter=self.matter,
            issuer=issuer,
            scope=self.scope(holds),
            kind=HoldKind(self.kind),
            reason=self.reason,
            custodians=lines_of(self.custodian),
            anticipated_on=day_of(self.anticipated, "Anticipated since"),
            review_on=day_of(self.review, "Review on"),
            notice=self.notice,
        )
