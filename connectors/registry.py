"""Which connector serves which platform: built-ins in a table, others' by entry point.

Other people's connectors register under the entry-point group `archiver.connectors`; the
policy says that a site which is not on the list is in scope as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from importlib.metadata import entry_points

import requests

from connectors.base import (
    Account,
    Check,
    Connector,
    Counts,
    Credentials,
    Cursor,
    Finding,
    Page,
    Target,
    Window,
)
from connectors.errors import (
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    Transient,
    Unsettled,
)
from connectors.recorded_http import Http
from connectors.removals import Compare, Removal, Removed, Remover
from connectors.writing import never_sent

BUILT_IN: Mapping[str, str] = {
    "bluesky": "connectors.bluesky:Bluesky",
    "facebook": "connectors.facebook:FacebookPage",
    "feed": "connectors.feeds:Feed",
    "mastodon": "connectors.mastodon:Mastodon",
    "pinboard": "connectors.pinboard:Pinboard",
    "wordpress": "connectors.wordpress:WordPress",
    "x": "connectors.x:X",
    "youtube": "connectors.youtube:YouTube",
}
GROUP = "archiver.connectors"


def platforms() -> Mapping[str, str]:
    """Platform names and where their connectors live; built-ins cannot be replaced."""
    others = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    return {**others, **BUILT_IN}


def connector_class(platform: str) -> type[Connector]:
    """The connector of a platform.

    Raises: Misconfigured when there is none, or when it cannot be loaded.
    """
    known = platforms()
    if platform not in known:
        names = ", ".join(sorted(known))
        raise Misconfigured(f'there is no platform "{platform}"; known are: {names}')
    module, _, name = known[platform].partition(":")
    try:
        loaded: type[Connector] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Misconfigured(f'the connector for "{platform}" cannot be loaded: {error}') from error
    return loaded


class Guarded:
    """A connector from which only connector errors come, also out of its iterations."""

    def __init__(self, inner: Connector, *, removing: bool = False) -> None:
        self._inner = inner
        self._removing = removing
        self.platform = inner.platform
        self.capabilities = inner.capabilities

    def check(self) -> Check:
        with _translated():
            return self._inner.check()

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        with _translated():
            yield from self._inner.poll(window, cursor=cursor, since=since)

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        with _translated():
            yield from self._inner.lookup(targets)

    def count(self) -> Counts | None:
        with _translated():
            return self._inner.count()

    def can_remove(self, target: Target, removal: Removal) -> str:
        """Empty when the platform would do it, else why not. See `connectors.removals.Remover`."""
        if not isinstance(self._inner, Remover):
            return self._reads_only()
        if not self._removing:
            return self._made_to_read()
        with _translated():
            return self._inner.can_remove(target, removal)

    def remove(
        self, target: Target, removal: Removal, *, compare: Compare | None = None
    ) -> Removed:
        """Delete or hide on the platform. See `connectors.removals.Remover`.

        Raises: Misconfigured when the connector cannot, or was connected to read only.
        """
        if not isinstance(self._inner, Remover):
            raise Misconfigured(self._reads_only())
        if not self._removing:
            raise Misconfigured(self._made_to_read())
        with _translated_write():
            return self._inner.remove(target, removal, compare=compare)

    def _made_to_read(self) -> str:
        return (
            f"this connection to {self.platform} was made to read; nothing is deleted or hidden "
            "through it"
        )

    def _reads_only(self) -> str:
        return (
            f"{self._inner.title}: nothing can be deleted or hidden from here; do it where it "
            "was published"
        )


def connect(
    account: Account, http: Http, credentials: Credentials, *, removing: bool = False
) -> Guarded:
    """The guarded connector of an account.

    Only with `removing` may it change anything on the platform, and only then does it get
    the credentials for removals. Without, they do not reach it even when they were given.

    Raises: Misconfigured for an unknown platform or missing credentials.
    """
    made = connector_class(account.platform)
    missing = [c.name for c in made.credentials if c.required and credentials.get(c.name) is None]
    if missing:
        raise Misconfigured(
            f"{account.slug} lacks the credential {', '.join(missing)}; "
            f"docs/platforms/{account.platform}.md tells how to get it"
        )
    usable = credentials if removing else credentials.reading()
    with _translated():
        return Guarded(made(account, http, usable), removing=removing)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn whatever a library or a plug-in raises into a connector error.

    The text of a foreign exception may carry an address with a token in it; the caller
    scrubs every text before it is kept, and only the kind of the fault is decided here.
    """
    try:
        yield
    except (ConnectorError, GeneratorExit):
        raise
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise Transient(f"no proper answer from the platform: {error}") from error
    except (requests.exceptions.ContentDecodingError, requests.exceptions.JSONDecodeError) as error:
        raise BadAnswer(f"the answer is damaged: {error}") from error
    except requests.RequestException as error:
        raise Permanent(f"the request could not be made: {error}") from error
    except Exception as error:
        raise ConnectorError(f"the connector failed: {type(error).__name__}: {error}") from error


@contextmanager
def _translated_write() -> Iterator[None]:
    """As `_translated`, for a change: what breaks it off leaves open whether it was made."""
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        if never_sent(error):
            raise Transient(f"no connection to the platform: {error}") from error
        raise Unsettled(
            f"the connector failed while it changed something ({type(error).__name__}: {error}); "
            "look the item up to see whether it was done"
        ) from error
