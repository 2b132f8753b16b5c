"""What an account's platform can give, and which credentials are there: names, never values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from archiver.credentials import CredentialStore
from archiver.errors import UsageError
from archiver.model.database import Database
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.watch import credential_expiries
from connectors.base import REMOVER, CredentialSpec, OptionSpec
from connectors.capabilities import Capabilities
from connectors.errors import Misconfigured
from connectors.registry import connector_class, platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform that can be captured."""

    name: str
    title: str
    capabilities: Capabilities
    credentials: tuple[CredentialSpec, ...]
    options: tuple[OptionSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A credential that the platform can use, and whether it is there. `removing`: it is for
    deleting and hiding only."""

    spec: CredentialSpec
    present: bool
    removing: bool
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The credentials of an account. `problem` says why they could not be looked at; `expires` is
    when the platform says that they end (aware UTC)."""

    credentials: tuple[Held, ...]
    problem: str
    expires: datetime | None


@lru_cache(maxsize=64)  # looking for other people's connectors reads every installed package
def platform(name: str) -> Platform:
    """The platform of this name. Raises: UsageError, naming those that there are."""
    try:
        connector = connector_class(name)
    except Misconfigured as error:
        raise UsageError(str(error)) from error
    return Platform(
        name=name,
        title=connector.title,
        capabilities=connector.capabilities,
        credentials=tuple(connector.credentials),
        options=tuple(connector.options),
    )


@lru_cache(maxsize=1)
def all_platforms() -> tuple[Platform, ...]:
    """Every platform that can be loaded, by title."""
    found = []
    for name in platforms():
        try:
            found.append(platform(name))
        except UsageError:  # somebody else's connector that does not load
            continue
    return tuple(sorted(found, key=lambda each: each.title))


def access_of(
    database: Database,
    store: CredentialStore,
    entry: AccountEntry,
    specs: Sequence[CredentialSpec],
) -> Access:
    """Which credentials are there. Those for removals are not opened, only looked for."""
    problem = ""
    try:
        there = set(store.of(entry.slug))
    except UsageError as error:
        there, problem = set(), str(error)
    with database.read() as connection:
        expires = credential_expiries(connection).get(entry.id)
    return Access(
        credentials=tuple(
            Held(
                spec=spec,
                present=spec.name in there or store.place(entry.slug, spec.name).is_file(),
                removing=spec.name.startswith(REMOVER),
                place=str(store.place(entry.slug, spec.name)),
            )
            for spec in specs
        ),
        problem=problem,
        expires=expires,
    )
