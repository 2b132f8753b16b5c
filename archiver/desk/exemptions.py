"""The catalogue of exemptions: on which ground an item, or a part of it, may be withheld.

What is shipped stands in `config/exemptions`, one file a jurisdiction. An entry that was not
read in its source is shipped as a lead only, and cannot be used before the agency has
confirmed it. The agency's own file, `exemptions.yaml` in the home folder, confirms such
entries, changes them and adds others:

    form: 1
    exemptions:
      - {code: TX-147, confirmed_by: City Attorney, confirmed_on: 2026-11-24}
      - {code: CITY-1, label: ..., citation: ..., confirmed_by: ..., confirmed_on: ...}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archiver.errors import ArchiverError, NotFoundError, RefusedError

FILE = "exemptions.yaml"  # in the home folder
_OWN = "agency"


class ExemptionFileError(ArchiverError):
    """The agency's exemption file has mistakes."""

    exit_code = 2
    http_status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One ground to withhold. `verified`: its text was read at `source`. `confirmed_by` and
    `confirmed_on` (an agency-local day): who in the agency stands for it. `withholds` is
    False for entries that say what is public or how to release: they are told, and no
    item can be withheld on them. `condition` must hold for it to apply at all, `look_again`
    says when it ends."""

    jurisdiction: str
    code: str
    label: str
    citation: str
    source: str = ""
    verified: bool = False
    withholds: bool = True
    condition: str = ""
    look_again: str = ""
    note: str = ""
    confirmed_by: str = ""
    confirmed_on: date | None = None

    @property
    def usable(self) -> bool:
        """May a reviewer withhold on it?"""
        return self.withholds and (self.verified or bool(self.confirmed_by))


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Shipped(_Form):
    code: str = Field(min_length=1, max_length=60)
    label: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    source: str = ""
    verified: bool
    withholds: bool = True
    condition: str = ""
    look_again: str = ""
    note: str = ""


class _ShippedFile(_Form):
    form: Literal[1]
    jurisdiction: str = Field(pattern=r"^[A-Z]{2}$")
    name: str
    exemptions: tuple[_Shipped, ...] = Field(min_length=1)


class _Own(_Form):
    """An entry of the agency: what it leaves out stays as it is shipped."""

    code: str = Field(min_length=1, max_length=60)
    label: str = ""
    citation: str = ""
    source: str = ""
    condition: str = ""
    look_again: str = ""
    note: str = ""
    confirmed_by: str = Field(min_length=1)
    confirmed_on: date


class _OwnFile(_Form):
    form: Literal[1]
    exemptions: tuple[_Own, ...]


class Catalogue:
    """All exemptions by their code."""

    def __init__(self, entries: Iterable[Exemption]) -> None:
        self._entries: Mapping[str, Exemption] = {each.code: each for each in entries}

    def all(self, *, jurisdiction: str = "") -> tuple[Exemption, ...]:
        """Everything, or one jurisdiction's with the agency's own; by jurisdiction and code."""
        wanted = jurisdiction.upper()
        found = [
            each
            for each in self._entries.values()
            if not wanted or each.jurisdiction in (wanted, _OWN)
        ]
        return tuple(sorted(found, key=lambda each: (each.jurisdiction, each.code)))

    def of(self, code: str) -> Exemption:
        """The exemption of this code. Raises: NotFoundError."""
        found = self._entries.get(code)
        if found is None:
            raise NotFoundError(
                f'there is no exemption "{code}" in the catalogue; see: archiver exemptions list'
            )
        return found

    def usable(self, code: str) -> Exemption:
        """The exemption of this code, if something may be withheld on it.

        Raises: NotFoundError; RefusedError when nobody has confirmed it, or when it is no
            ground to withhold.
        """
        found = self.of(code)
        if not found.withholds:
            raise RefusedError(f'"{code}" ({found.label}) is no ground to withhold anything')
        if not found.usable:
            raise RefusedError(
                f'"{code}" was not read in its source; the agency must confirm it first, in '
                f"{FILE} of the home folder (confirmed_by, confirmed_on)"
            )
        return found


def catalogue(home: Path) -> Catalogue:
    """The exemptions in force for the archive in `home`. Raises: ExemptionFileError."""
    made = {each.code: each for each in shipped()}
    path = home / FILE
    if path.exists():
        for own in _read_own(path):
            made[own.code] = _laid_over(own, made.get(own.code), path)
    return Catalogue(made.values())


@cache
def shipped() -> tuple[Exemption, ...]:
    """What comes with the program. Read once for the process: it does not change."""
    found: list[Exemption] = []
    for each in (files("config") / "exemptions").iterdir():
        if each.name.endswith(".yaml"):
            file = _ShippedFile.model_validate(yaml.safe_load(each.read_text(encoding="utf-8")))
            found += [
                Exemption(jurisdiction=file.jurisdiction, **entry.model_dump())
                for entry in file.exemptions
            ]
    return tuple(sorted(found, key=lambda each: (each.jurisdiction, each.code)))


def _read_own(path: Path) -> tuple[_Own, ...]:
    try:
        return _OwnFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).exemptions
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ExemptionFileError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ExemptionFileError(f"{path}: {where}: {first['msg']}") from None


def _laid_over(own: _Own, before: Exemption | None, path: Path) -> Exemption:
    if before is None and not (own.label and own.citation):
        raise ExemptionFileError(
            f'{path}: "{own.code}" is in no shipped catalogue, so it needs a label and a citation'
        )
    base = before or Exemption(
        jurisdiction=_OWN, code=own.code, label=own.label, citation=own.citation
    )
    changed = bool(own.citation) and own.citation != base.citation
    return Exemption(
        jurisdiction=base.jurisdiction,
        code=own.code,
        label=own.label or base.label,
        citation=own.citation or base.citation,
        source=own.source or base.source,
        verified=base.verified and not changed,
        withholds=base.withholds,
        condition=own.condition or base.condition,
        look_again=own.look_again or base.look_again,
        note=own.note or base.note,
        confirmed_by=own.confirmed_by,
        confirmed_on=own.confirmed_on,
    )
