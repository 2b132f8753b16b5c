"""What a fault means when it breaks off a change: nothing was done, or nobody knows.

A read that fails is simply made again later. A change that fails after it was sent may have
been carried out with only its answer lost; sending it again, or believing that it failed,
would both be wrong. Such a fault comes out as `Unsettled`, and a look-up settles it. What the
platform clearly refuses stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from connectors.errors import ConnectorError, Transient, Unsettled

_BREAKS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.TooManyRedirects,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.JSONDecodeError,
)


@contextmanager
def written(what: str) -> Iterator[None]:
    """Wraps the sending of a change and the reading of its answer; `what` names it in words.

    Raises: Unsettled for a fault after it was sent that is no clear refusal.
    """
    try:
        yield
    except Unsettled:
        raise
    except (Transient, *_BREAKS) as error:
        if never_sent(error):
            raise
        raise Unsettled(
            f"{what} was sent, but the platform gave no proper answer ({error}); look the item "
            "up to see whether it was done",
            exchange=_exchange(error),
        ) from error


@contextmanager
def looked_after(what: str, *, exchange: str) -> Iterator[None]:
    """Wraps the reading that proves a change which the platform says it made in `exchange`.

    Raises: Unsettled when that reading fails: the change is likely, but not proven.
    """
    try:
        yield
    except (ConnectorError, requests.RequestException) as error:
        raise Unsettled(
            f"{what} was accepted by the platform, but the reading that would prove it failed "
            f"({error}); look the item up",
            exchange=exchange,
        ) from error


def never_sent(error: BaseException) -> bool:
    """Is it certain that no connection came about, so that nothing was sent?"""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, requests.ConnectTimeout | NewConnectionError | ConnectTimeoutError):
            return True
        waiting += [each.__cause__, getattr(each, "reason", None)]
        waiting += [arg for arg in each.args if isinstance(arg, BaseException)]
    return False


def _exchange(error: BaseException) -> str:
    """The recorder's name of the exchange that failed, where the error or its cause has it."""
    each: BaseException | None = error
    while each is not None:
        name = getattr(each, "exchange", "")
        if isinstance(name, str) and name:
            return name
        each = each.__cause__
    return ""
