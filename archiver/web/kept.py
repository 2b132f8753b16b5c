"""Things that live as long as the application: made when a page first needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request

from archiver.desk.jobs import Jobs
from archiver.web.site import Site, site_of

T = TypeVar("T")
_LOCK = threading.Lock()


def kept(request: Request, kind: type[T], make: Callable[[Site], T]) -> T:
    """The application's one object of a class."""
    state = request.app.state
    with _LOCK:
        if not hasattr(state, "kept"):
            state.kept = {}
        held = state.kept.get(kind)
        if held is None:
            held = state.kept[kind] = make(site_of(request))
    assert isinstance(held, kind)
    return held


def jobs_of(request: Request) -> Jobs:
    """The background work of the pages."""
    return kept(request, Jobs, lambda site: Jobs(site.archive.clock))
