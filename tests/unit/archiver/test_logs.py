"""What the log looks like, and that no secret gets into it by any way."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from archiver import logs
from archiver.secrets import Secrets
from config.settings import Log

TOKEN = "EAAG-m0st/secret+token=="
HERE = "archiver.capture.step"

Begin = Callable[..., io.StringIO]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts logging into a stream; everything is as it was before afterwards."""
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in logs.CHATTY}

    def start(stream: io.StringIO | None = None, **settings: str) -> io.StringIO:
        out = stream or io.StringIO()
        logs.start(Log.model_validate(settings), Secrets(TOKEN), stream=out)
        return out

    yield start
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_without_a_terminal_each_line_is_a_json_object_with_its_fields(begin: Begin) -> None:
    out = begin()
    about = {"account": "x-pd", "action": "captured", "new_versions": 3}
    logging.getLogger(HERE).info("captured: %s", "3 new\nlines", extra=about)
    (line,) = lines(out)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info",
        "message": "captured: 3 new\nlines",
        "action": "captured",
        "account": "x-pd",
        "logger": HERE,
        "new_versions": 3,
    }


def test_on_a_terminal_lines_are_text_unless_json_is_asked_for(begin: Begin) -> None:
    out = begin(Terminal())
    logging.getLogger(HERE).warning("seen", extra={"action": "looked"})
    assert "seen" in out.getvalue()
    assert not out.getvalue().startswith("{")
    out = begin(Terminal(), form="json")
    logging.getLogger(HERE).warning("seen")
    assert lines(out)[0]["message"] == "seen"


def test_text_can_be_asked_for_without_a_terminal_and_has_no_colours(begin: Begin) -> None:
    out = begin(form="text")
    logging.getLogger(HERE).warning("seen", extra={"action": "looked"})
    assert "action=looked" in out.getvalue()
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_spelling_of_a_secret_gets_into_a_line_by_any_way(begin: Begin, form: str) -> None:
    out = begin(form=form, level="debug")
    log = logging.getLogger("urllib3.connectionpool")
    spellings = [
        TOKEN,
        quote(TOKEN, safe=""),
        json.dumps(TOKEN),
        base64.b64encode(f"user:{TOKEN}".encode()).decode(),
    ]
    for each in spellings:
        log.debug("GET /?access=%s", each)
        log.info(f"in the message itself: {each}")  # noqa: G004 - libraries do it
        log.warning("field", extra={"deep": {"list": [each]}, each: 1})
        text = f"could not reach https://host/?key={each}"
        try:
            raise ConnectionError(text)
        except ConnectionError:
            log.exception("failed")
    text = out.getvalue()
    assert text.count("could not reach") == len(spellings)
    assert not Secrets(TOKEN).contains(text.encode())
    assert "m0st" not in text


def test_an_exception_is_told_with_its_cause_and_without_local_variables(begin: Begin) -> None:
    out = begin()
    contents = "the text of a private message"
    try:
        try:
            int("x" + contents[:0])
        except ValueError as error:
            raise RuntimeError("not a number") from error
    except RuntimeError:
        logging.getLogger(HERE).exception("broke", extra={"action": "capture broke"})
    (line,) = lines(out)
    assert "RuntimeError: not a number" in str(line["exception"])
    assert "ValueError" in str(line["exception"])
    assert line["action"] == "capture broke"
    assert contents not in out.getvalue()


@pytest.mark.parametrize("name", logs.CHATTY)
def test_libraries_say_only_warnings_unless_all_is_asked_for(begin: Begin, name: str) -> None:
    out = begin(level="info")
    logging.getLogger(name).info("chatter")
    logging.getLogger(f"{name}.part").info("chatter")
    logging.getLogger(name).warning("something is wrong")
    assert [line["message"] for line in lines(out)] == ["something is wrong"]
    out = begin(level="debug")
    logging.getLogger(f"{name}.part").debug("chatter")
    assert [line["message"] for line in lines(out)] == ["chatter"]


def test_the_level_of_the_settings_is_kept(begin: Begin) -> None:
    out = begin(level="warning")
    logging.getLogger(HERE).info("not this")
    logging.getLogger(HERE).warning("but this")
    assert [line["message"] for line in lines(out)] == ["but this"]


def test_starting_twice_does_not_say_things_twice(begin: Begin) -> None:
    first, second = begin(), begin()
    logging.getLogger(HERE).info("once")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1
