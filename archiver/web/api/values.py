"""What answers and bodies of the interface are made of. Times are UTC, days the agency's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)


class Answer(BaseModel):
    """Made of a value of the desk by its attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Body(BaseModel):
    """What a program sends. A field that is not known is refused: it may be a slip that matters."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Refusal(Answer):
    """Why it was not done, as one sentence."""

    error: str


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_utc)]
MomentGiven = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC), le=datetime(LAST_DAY.year, 1, 1, tzinfo=UTC)
    ),
]
# A day that is given; the days of answers are as they are.
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
# PostgreSQL takes no NUL in a text.
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Words = Annotated[str, StringConstraints(max_length=50_000, pattern=r"^[^\x00]*$")]
