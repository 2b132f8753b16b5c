"""Every setting: its unit, its default, and that the example file tells the truth about it."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, ValidationError

import config.settings
import config.settings_web
from config.load import load
from config.settings import Capture, Intervals, Mail, Sections

EXAMPLE = files("config") / "examples" / "archiver.yaml"
FOR_SPRINGFIELD = {  # not the defaults
    "agency.name",
    "agency.timezone",
    "agency.approvers",
    "agency.records_officers",
}


def every_setting(model: type[BaseModel] = Sections, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting by its dotted name, with its field; groups are entered."""
    for name, field in model.model_fields.items():
        inner = _group(field.annotation)
        if inner is None:
            yield path + name, field
        else:
            yield from every_setting(inner, f"{path}{name}.")


def _group(annotation: Any) -> type[BaseModel] | None:
    choices = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    for each in (annotation, *choices):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _value(sections: BaseModel, path: str) -> object:
    here: object = sections
    for part in path.split("."):
        here = getattr(here, part)
    return here


def _uncommented() -> dict[str, Any]:
    """The example with the settings that stand in comments, as an operator would open them."""
    lines = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        bare = line.strip().removeprefix("#").removeprefix(" ")
        is_setting = line.startswith("  #") and ":" in bare.split("#")[0]
        lines.append(line.replace("# ", "", 1) if is_setting else line)
    values: dict[str, Any] = yaml.safe_load("\n".join(lines))
    return values


def _has(values: Any, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True


@pytest.mark.parametrize("path", [path for path, _ in every_setting()])
def test_the_example_names_every_setting(path: str) -> None:
    assert _has(_uncommented(), path)


@pytest.mark.parametrize(
    "path",
    [
        p
        for p, _ in every_setting()
        if p not in FOR_SPRINGFIELD and not p.startswith(("alarms.m", "web.oidc."))
    ],
)
def test_the_example_shows_the_defaults(path: str, tmp_path: Path) -> None:
    shown = tmp_path / "archiver.yaml"
    shown.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    sections = load(home=tmp_path, file=shown).sections
    if path == "alarms.webhook.url":
        assert sections.alarms.webhook is None
    else:
        assert _value(sections, path) == _value(Sections(), path)


def test_the_example_with_everything_opened_is_in_order(tmp_path: Path) -> None:
    shown = tmp_path / "archiver.yaml"
    shown.write_text(yaml.safe_dump(_uncommented()), encoding="utf-8")
    sections = load(home=tmp_path, file=shown).sections
    assert sections.alarms.mail == Mail(
        host="mail.springfield.example",
        user="archiver",
        sender="archiver@springfield.example",
        recipients=("records@springfield.example",),
        escalate_to=("chief@springfield.example",),
    )
    assert sections.vault.path == Path("/srv/archiver/vault")
    assert sections.alarms.webhook is not None


def test_every_setting_says_what_it_means() -> None:
    sources = (inspect.getsource(each) for each in (config.settings, config.settings_web))
    silent = []
    for node in (node for source in sources for node in ast.parse(source).body):
        if isinstance(node, ast.ClassDef) and node.name != "Sections":
            for here, following in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(here, ast.AnnAssign) and not (
                    isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                ):
                    silent.append(f"{node.name}.{ast.unparse(here.target)}")
    assert silent == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h 30m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("2 W", timedelta(days=14)),
        (" 5 m ", timedelta(minutes=5)),
        (45, timedelta(seconds=45)),
        (timedelta(minutes=3), timedelta(minutes=3)),
    ],
)
def test_durations(written: object, meant: timedelta) -> None:
    assert Intervals.model_validate({"new": written}).new == meant


@pytest.mark.parametrize("written", ["", "5", "5 minutes", "m", "3x", "1h and 3m", "-5m", "1h,3m"])
def test_what_is_no_duration_is_refused_with_examples(written: str) -> None:
    with pytest.raises(ValidationError, match='"90s", "15m", "1h 30m"'):
        Intervals.model_validate({"new": written})


@pytest.mark.parametrize("written", ["0s", 0, -5])
def test_a_duration_is_longer_than_nothing(written: object) -> None:
    with pytest.raises(ValidationError, match="longer than nothing"):
        Capture.model_validate({"read_timeout": written})


def test_a_delay_may_be_nothing_but_not_less() -> None:
    assert Capture.model_validate({"confirm_after": "0s"}).confirm_after == timedelta()
    with pytest.raises(ValidationError, match="not be negative"):
        Capture.model_validate({"confirm_after": -1})


def test_a_duration_that_no_calendar_holds_is_refused() -> None:
    with pytest.raises(ValidationError, match="too long"):
        Intervals.model_validate({"full": "99999999999d"})


@pytest.mark.parametrize("name", ["new", "recent", "full", "watch"])
def test_no_window_is_walked_more_often_than_each_second(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} must be at least one second"):
        Intervals.model_validate({name: "0.5s"})
    assert getattr(Intervals.model_validate({name: "1s"}), name) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (4096, 4096),
        ("4096", 4096),
        ("500 MB", 500_000_000),
        ("500mb", 500_000_000),
        ("1.5 kB", 1500),
        ("2 GiB", 2 * 2**30),
        ("64MiB", 64 * 2**20),
        ("3 KiB", 3072),
    ],
)
def test_sizes(written: object, meant: int) -> None:
    assert Capture.model_validate({"media_max": written}).media_max == meant


@pytest.mark.parametrize("written", ["", "5 zb", "64M", "-4", "many", "5 i"])
def test_what_is_no_size_is_refused_with_examples(written: str) -> None:
    with pytest.raises(ValidationError, match='"500 MB", "2 GiB"'):
        Capture.model_validate({"media_max": written})


@pytest.mark.parametrize("written", [0, -1, "0", "0 MB"])
def test_a_size_is_larger_than_nothing(written: object) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Capture.model_validate({"media_max": written})


@pytest.mark.parametrize("written", ["1.5s", "90s", "15m", "1h 30m", "7d", "365d", "1d 1h 1m 1s"])
def test_a_duration_is_shown_as_it_is_written(written: str) -> None:
    length = Capture.model_validate({"confirm_after": written})
    shown = length.model_dump(mode="json")["confirm_after"]
    assert shown == {"90s": "1m 30s"}.get(written, written)
    assert Capture.model_validate({"confirm_after": shown}) == length


def test_what_is_shown_can_be_read_again() -> None:
    assert Sections.model_validate(Sections().model_dump(mode="json")) == Sections()


def test_an_editor_that_knows_the_schema_takes_the_example() -> None:
    schema = Sections.model_json_schema()
    jsonschema.validate(_uncommented(), schema)
    with pytest.raises(jsonschema.ValidationError, match="workrs"):
        jsonschema.validate({"capture": {"workrs": 3}}, schema)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Capture().workers = 9  # type: ignore[misc]
