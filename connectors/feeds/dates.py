"""Dates as feeds write them: kept as given, and turned into UTC where that can be done.

Own reading instead of feedparser's, because feedparser guesses: it takes "1762178530" for
the year 1762, drops the time of "20261103T140210Z", turns 30 February into 2 March, and
does part of it with the machine's clock and zone. A date that is wrong is worse than none.

A date without a zone is read in the zone handed in (the account's option `timezone`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from connectors.base import Stamp

_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d|\d{8})"
    r"(?:[Tt ]\s*(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?"
    r"\s*(?P<zone>[Zz]|[+-]\d\d:?\d\d|[+-]\d\d|UTC|GMT)?)?"
)
_ZONES = {"AKST": "-0900", "AKDT": "-0800", "HST": "-1000", "CET": "+0100", "CEST": "+0200"}
_ZONE_NAME = re.compile(r"\b(" + "|".join(_ZONES) + r")\s*$")
_SCRIPT_DATE = re.compile(  # what JavaScript's Date prints
    r"(\w{3}) (\w{3}) (\d\d) (\d{4}) (\d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \(.*\))?"
)
_OLDEST_YEAR = 1900  # programs write year 1 or -1 for "no date"


def stamp(given: str, zone: tzinfo) -> Stamp | None:
    """The moment that `given` names, or None when it cannot be understood."""
    moment = _moment(given.strip(), zone)
    return None if moment is None else Stamp(given, moment)


def _moment(given: str, zone: tzinfo) -> datetime | None:
    try:
        found = _ISO.fullmatch(given)
        moment = _from_iso(found) if found else _from_mail_form(given)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment if moment.year >= _OLDEST_YEAR else None


def _from_iso(found: re.Match[str]) -> datetime:
    day = datetime.strptime(found["day"].replace("-", ""), "%Y%m%d")  # noqa: DTZ007  zone follows
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError("no such time of day")
    part = int(((found["part"] or "") + "000000")[:6])
    moment = day + timedelta(
        hours=hour, minutes=minute, seconds=min(second, 59), microseconds=part
    )  # a leap second is kept in its minute
    given = (found["zone"] or "").upper()
    if not given:
        return moment
    if given in {"Z", "UTC", "GMT"}:
        return moment.replace(tzinfo=UTC)
    digits = given[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return (moment - (offset if given[0] == "+" else -offset)).replace(tzinfo=UTC)


def _from_mail_form(given: str) -> datetime:
    found = _SCRIPT_DATE.fullmatch(given)
    if found:
        given = f"{found[1]}, {found[3]} {found[2]} {found[4]} {found[5]} {found[6]}"
    given = _ZONE_NAME.sub(lambda name: _ZONES[name[1]], given)
    given = re.sub(r":60\b", ":59", given)
    moment = parsedate_to_datetime(given)
    if moment.tzinfo is None and given.endswith("-0000"):
        return moment.replace(tzinfo=UTC)  # RFC 5322: the time is UTC, the place unknown
    return moment
