"""What the log says and how: one JSON object a line for the journal, text on a terminal.

Everything goes through the standard library's `logging`, also what other libraries say.
Whatever a line holds, secrets are masked in it after it was rendered; exceptions are told
without the values of local variables.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from archiver.secrets import Secrets
from config.settings import Log

CHATTY = (
    "alembic",
    "apscheduler",
    "facebook",
    "oauthlib",
    "requests_oauthlib",
    "tweepy",
    "urllib3",
)
_Event = MutableMapping[str, Any]
_OWN_FIELDS = ("action", "account", "window")  # told first, in this order


def start(settings: Log, secrets: Secrets, *, stream: TextIO | None = None) -> None:
    """Send all logging to `stream` (standard error), in the form that the settings ask for.

    Calling it again replaces what was set before.
    """
    out = stream or sys.stderr
    as_json = settings.form == "json" or (settings.form == "auto" and not out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(secrets, as_json=as_json, colors=out.isatty()))
    root = logging.getLogger()
    for before in [h for h in root.handlers if getattr(h, "of_archiver", False)]:
        root.removeHandler(before)
    handler.of_archiver = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    level = settings.level.upper()
    root.setLevel(level)
    for name in CHATTY:
        quiet = logging.NOTSET if settings.level == "debug" else logging.WARNING
        logging.getLogger(name).setLevel(quiet)
    logging.captureWarnings(True)


def _formatter(secrets: Secrets, *, as_json: bool, colors: bool) -> logging.Formatter:
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_repeats,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.StackInfoRenderer(),
        secrets.processor,
        _json_line if as_json else _text_line(colors=colors),
    ]
    return _Masking(secrets, foreign_pre_chain=before, processors=after)


def _without_repeats(_logger: Any, _name: str, event: _Event) -> _Event:
    """Other handlers leave their rendering in the record; it is not a field of the line."""
    for field in ("message", "asctime"):
        event.pop(field, None)
    return event


class _Masking(structlog.stdlib.ProcessorFormatter):
    """Renders a line, then masks what is secret in the whole of it."""

    def __init__(self, secrets: Secrets, **processors: Any) -> None:
        super().__init__(**processors)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return self._secrets.scrub_text(super().format(record))


_render_json = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def _json_line(logger: Any, name: str, event: _Event) -> str | bytes:
    """The line with its fields in a fixed order; the message is called so."""
    ordered = {"time": event.pop("time", ""), "level": event.pop("level", "")}
    ordered["message"] = event.pop("event", "")
    for field in _OWN_FIELDS:
        if field in event:
            ordered[field] = event.pop(field)
    return _render_json(logger, name, {**ordered, **event})


def _text_line(*, colors: bool) -> Callable[[Any, str, _Event], str]:
    render = structlog.dev.ConsoleRenderer(
        colors=colors,
        exception_formatter=structlog.dev.plain_traceback,
        timestamp_key="time",
        pad_event_to=0,
    )

    def line(logger: Any, name: str, event: _Event) -> str:
        return render(logger, name, event)

    return line
