"""Writes docs/cli.md and docs/settings.md from the program itself.

    python -m tests.support.cli_reference

`tests/test_docs.py` fails while they are not what this would write.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import archiver.errors
from archiver.cli.app import app
from archiver.cli.main import run  # every command is known after this import
from archiver.errors import ArchiverError
from config.settings import Sections

assert callable(run)
DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_BYTES = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
_OTHER_CODES = {
    0: "All is well.",
    7: "A capture ended without success, or an alarm is open; what was stored stays valid.",
    70: "A fault that nobody foresaw; the sentence names a file to report it with.",
    130: "Stopped by the person at the keyboard.",
    141: "Whoever read the output went away.",
}


# --- commands


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that call it, groups included, in the order of the help."""
    root = typer.main.get_command(app)
    yield (), root
    yield from _beneath((), root)


def _beneath(path: tuple[str, ...], group: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in sorted(group.commands.items()):
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from _beneath((*path, name), command)


def usage_of(path: tuple[str, ...], command: Any) -> str:
    """How the command is written, in one line."""
    words = ["archiver", *path]
    for each in command.params:
        if each.param_type_name == "argument":
            name = each.name.upper()
            words.append(name if each.required else f"[{name}]")
        elif each.required:
            words.append(f"{_flag(each)} {each.name.upper()}")
    if hasattr(command, "commands"):
        words.append("COMMAND")
    return " ".join(words)


def described(command: Any) -> list[str]:
    """The command's arguments and options as rows of a table."""
    rows = []
    for each in command.params:
        is_argument = each.param_type_name == "argument"
        name = each.name.upper() if is_argument else _flag(each)
        rows.append(f"| `{name}` | {_default(each)} | {_meaning(each)} |")
    return rows


def _flag(option: Any) -> str:
    return str(max(option.opts, key=len))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "*must be given*"
    value = getattr(parameter.default, "value", parameter.default)  # of an enumeration
    return "" if value in (None, "", False) or callable(value) else f"`{value}`"


def _meaning(parameter: Any) -> str:
    default = parameter.default
    choices = [each.value for each in type(default)] if isinstance(default, Enum) else []
    listed = f" One of: {', '.join(choices)}." if choices else ""
    return f"{parameter.help or ''}{listed}".strip()


def exit_codes() -> dict[int, str]:
    """Every exit code and what it means; those of errors from their docstrings."""
    found = dict(_OTHER_CODES)
    for _name, each in inspect.getmembers(archiver.errors, inspect.isclass):
        # Of several errors with one code, the general one.
        own = "exit_code" in vars(each)
        if issubclass(each, ArchiverError) and own and each.exit_code not in found:
            found[each.exit_code] = " ".join((each.__doc__ or "").split())
    return dict(sorted(found.items()))


def cli_page() -> str:
    """docs/cli.md."""
    parts = [
        "# Commands",
        "Made from the commands themselves by `python -m tests.support.cli_reference`.",
        "Every command takes `--home` and `--config` before its name. Whatever lists takes "
        "`--json`; times are then UTC in ISO 8601. Shell completion: `archiver "
        "--install-completion`.",
        "## Exit codes",
        "\n".join(
            ["| code | meaning |", "|---|---|"]
            + [f"| {code} | {meaning} |" for code, meaning in exit_codes().items()]
        ),
        "An error is one sentence on standard error; wrong settings are one sentence each.",
    ]
    for path, command in commands():
        parts += [f"## {' '.join(('archiver', *path))}", f"    {usage_of(path, command)}"]
        parts.append(" ".join((command.help or "").split()))
        if command.params:
            head = ["| argument or option | default | meaning |", "|---|---|---|"]
            parts.append("\n".join(head + described(command)))
    return "\n\n".join(parts) + "\n"


# --- settings


def settings_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, str]]:
    """The fields of a section, each with the docstring below it."""
    meanings = _meanings(model)
    for name, field in model.model_fields.items():
        yield name, field, meanings.get(name, "")


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    tree = ast.parse(inspect.getsource(model))
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef))
    found = {}
    for here, following in pairwise(body):
        if isinstance(here, ast.AnnAssign) and isinstance(following, ast.Expr):
            assert isinstance(following.value, ast.Constant)
            found[ast.unparse(here.target)] = " ".join(str(following.value.value).split())
    return found


def group_of(annotation: Any) -> type[BaseModel] | None:
    """The section behind an annotation, if it is one."""
    union = get_origin(annotation) in (Union, types.UnionType)
    for each in (annotation, *(get_args(annotation) if union else ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def sections(
    model: type[BaseModel] = Sections, path: str = ""
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section with its dotted name, the inner ones after their outer one."""
    for name, field in model.model_fields.items():
        inner = group_of(field.annotation)
        if inner is not None:
            yield path + name, inner
            yield from sections(inner, f"{path}{name}.")


def written(value: object, field: FieldInfo) -> str:
    """A default as an operator would write it."""
    if value is PydanticUndefined:
        return "*must be set*"
    if value is None or value in ("", ()):
        return "*empty*"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, timedelta):
        return f"`{_with_unit(int(value.total_seconds()), _UNITS)}`"
    if isinstance(value, int) and field.annotation is int and value >= _BYTES[-1][1]:
        return f"`{_with_unit(value, _BYTES, ' ')}`"
    return f"`{value}`"


def _with_unit(value: int, units: tuple[tuple[str, int], ...], gap: str = "") -> str:
    for unit, size in units:
        if value and value % size == 0:
            return f"{value // size}{gap}{unit}"
    return str(value)


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return " One of: " + ", ".join(f"`{each}`" for each in get_args(field.annotation)) + "."


def settings_page() -> str:
    """docs/settings.md."""
    parts = [
        "# Settings",
        "Made from `config/settings.py` by `python -m tests.support.cli_reference`.",
        "One file, YAML or TOML; `archiver config example` prints a complete one, `archiver "
        "config check` names every mistake, `archiver config schema` is for editors. It is "
        "looked for in this order: `--config`; `$ARCHIVER_CONFIG`; `archiver.yaml`, `.yml` or "
        "`.toml` in the home folder; `/etc/archiver/archiver.yaml`.",
        "The environment overrides the file: `ARCHIVER_CAPTURE__WORKERS=8` is "
        "`capture.workers`, `ARCHIVER_CAPTURE__INTERVALS__NEW=5m` is "
        "`capture.intervals.new`; lists are written as JSON. All data lies in the home folder: "
        "`--home`, `$ARCHIVER_HOME`, `$STATE_DIRECTORY`, or the user's data folder. Passwords "
        "and tokens are not settings: `archiver accounts propose` says into which file each "
        "goes.",
        "Durations are written `90s`, `15m`, `1h 30m`, `7d` or `2w`, sizes `500 MB` (millions) or "
        "`2 GiB`.",
    ]
    for path, model in sections():
        parts += [f"## {path}", " ".join((model.__doc__ or "").split())]
        rows = ["| setting | default | meaning |", "|---|---|---|"]
        for name, field, meaning in settings_of(model):
            if group_of(field.annotation) is not None:
                default = f"see [{path}.{name}](#{path.replace('.', '')}{name})"
            else:
                default = written(field.default, field)
            rows.append(f"| `{path}.{name}` | {default} | {meaning}{_choices(field)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


PAGES = {"cli.md": cli_page, "settings.md": settings_page}


def main() -> None:
    """Write both pages."""
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
