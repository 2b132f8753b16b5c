"""Reads YAML by line: each value is asked for by name and type, every mistake is noted.

A schedule file is law and is written by people, so the plain subset of YAML is read: no
anchors, no tags, one document. Values are text until a field asks for another type, so that an
id such as 012016 or 90329 stays what was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

import yaml

from retention.schedule_values import Problem

Choice = TypeVar("Choice", bound=StrEnum)

LARGEST = 1_000_000  # characters; the longest shipped file has a thirtieth of it
_DEEPEST = 20
_NULL = "tag:yaml.org,2002:null"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def root(text: str, found: list[Problem]) -> Group | None:
    """The outermost group of a file; None, with a note in `found`, where it cannot be read."""
    if len(text) > LARGEST:
        found.append(Problem(line=1, text=f"the file has more than {LARGEST:,} characters"))
        return None
    try:
        _plain_yaml(text, found)
        node = None if found else yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(f"{error.problem or error.context}".split())
        found.append(
            Problem(
                line=1 if mark is None else mark.line + 1,
                text=f"this is not well-formed YAML: {said}; look at the indentation, the quotes "
                "and the colons here and in the line above",
            )
        )
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found.append(Problem(line=line, text="a character here is not allowed; remove it"))
        return None
    except ValueError:  # PyYAML, of an escape such as "\U00110000"
        found.append(Problem(line=1, text="an escape names a character that does not exist"))
        return None
    if found:
        return None
    if not isinstance(node, yaml.MappingNode):
        hint = 'a schedule file starts with lines such as "form: 1"; see docs/schedules.md'
        found.append(Problem(line=1, text=hint))
        return None
    return Group(node, "the file", found)


def _plain_yaml(text: str, found: list[Problem]) -> None:
    """Refuse what lets a small file grow without end or mean what it does not show."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            found.append(Problem(line=line, text="anchors (& and *) are not read; write it out"))
        elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
            found.append(Problem(line=line, text="tags (!) are not read; remove it"))
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            found.append(Problem(line=line, text=f"this is nested deeper than {_DEEPEST} levels"))
            return


def quoted(value: str) -> str:
    """A value as a sentence can show it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return f'"{line if len(line) <= 60 else line[:59] + "…"}"'


class Group:
    """Named values of a file. `where` names the group in sentences. Ask for every field that
    may stand here, then call `finish`, which notes the fields that nobody asked for."""

    def __init__(self, node: yaml.MappingNode, where: str, found: list[Problem]) -> None:
        self.where = where
        self.line = node.start_mark.line + 1
        self.found = found
        self._asked: list[str] = []
        self._values: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        for key, value in node.value:
            self._take(key, value)

    def _take(self, key: yaml.Node, value: yaml.Node) -> None:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            self.problem("a field has a plain name", line=line)
        elif key.value in self._lines:
            self.problem(f"{quoted(key.value)} stands twice; keep one of them", line=line)
        else:
            self._lines[key.value] = line
            if value.tag != _NULL:
                self._values[key.value] = value

    def problem(self, text: str, field: str = "", *, line: int = 0) -> None:
        """Note a mistake, at the line of a field where one is named."""
        at = line or self._lines.get(field, self.line)
        self.found.append(Problem(line=at, text=f"{self.where}: {text}"))

    def has(self, field: str) -> bool:
        """Whether something is written there."""
        return field in self._values

    def finish(self) -> None:
        """Note every field that nobody asked for."""
        for name, line in self._lines.items():
            if name in self._asked:
                continue
            close = difflib.get_close_matches(name, self._asked, n=1)
            hint = f'did you mean "{close[0]}"' if close else "known are " + ", ".join(self._asked)
            self.problem(f"there is no field {quoted(name)}; {hint}", line=line)

    def _ask(self, field: str, *, required: bool) -> yaml.Node | None:
        self._asked.append(field)
        node = self._values.get(field)
        if node is None and required:
            self.problem(f'"{field}" is missing; add it', field)
        return node

    def text(self, field: str, *, required: bool = False) -> str:
        """Text on one line; empty where nothing is written."""
        node = self._ask(field, required=required)
        return self._text(node, field) if node is not None else ""

    def _text(self, node: yaml.Node, field: str) -> str:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            self.problem(f'"{field}" must be text, not a list or a group', line=line)
            return ""
        said = " ".join(str(node.value).split())
        if not said.isprintable():
            self.problem(f'"{field}" holds a character that cannot be seen; remove it', line=line)
            return ""
        return said

    def texts(self, field: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        node = self._ask(field, required=required)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            said = self._text(node, field)
            return (said,) if said else ()
        return tuple(said for each in node.value if (said := self._text(each, field)))

    def choice(self, field: str, choices: type[Choice], *, required: bool = False) -> Choice | None:
        """One of the words of an enumeration."""
        said = self.text(field, required=required)
        return self.chosen(said, field, choices) if said else None

    def chosen(self, said: str, field: str, choices: type[Choice]) -> Choice | None:
        """The member that a word names; noted where there is none."""
        words = [each.value for each in choices]
        if said in words:
            return choices(said)
        close = difflib.get_close_matches(said, words, n=1)
        hint = f'did you mean "{close[0]}"' if close else "write one of " + ", ".join(words)
        self.problem(f'"{field}" cannot be {quoted(said)}; {hint}', field)
        return None

    def choices(self, field: str, choices: type[Choice]) -> tuple[Choice, ...]:
        """A list of words of an enumeration."""
        said = [self.chosen(each, field, choices) for each in self.texts(field)]
        return tuple(each for each in said if each is not None)

    def day(self, field: str) -> date | None:
        """A day, YYYY-MM-DD."""
        said = self.text(field)
        if not said:
            return None
        try:
            if not _DAY.fullmatch(said):
                raise ValueError
            return date.fromisoformat(said)
        except ValueError:
            self.problem(
                f'"{field}" cannot be {quoted(said)}; write a day of the calendar as 2026-11-30',
                field,
            )
            return None

    def number(self, field: str, *, most: int = 9999) -> int | None:
        """A whole number from nought to `most`."""
        said = self.text(field)
        if not said:
            return None
        if re.fullmatch(r"[0-9]{1,6}", said) and int(said) <= most:
            return int(said)
        self.problem(f'"{field}" cannot be {quoted(said)}; write a number up to {most}', field)
        return None

    def flag(self, field: str) -> bool:
        """true or false; false where nothing is written."""
        said = self.text(field)
        if said not in ("", "true", "false"):
            self.problem(f'"{field}" cannot be {quoted(said)}; write true or false', field)
        return said == "true"

    def group(self, field: str, *, required: bool = False, where: str = "") -> Group | None:
        """The named values below a field."""
        node = self._ask(field, required=required)
        if node is None:
            return None
        return self._group(node, field, where or f"{self.where}, {field}")

    def _group(self, node: yaml.Node, field: str, where: str) -> Group | None:
        if isinstance(node, yaml.MappingNode):
            return Group(node, where, self.found)
        self.problem(
            f'"{field}" must be a group of fields, each on its own line, such as "name: value"',
            line=node.start_mark.line + 1,
        )
        return None

    def groups(self, field: str, *, required: bool = False) -> Sequence[Group]:
        """The groups of a list."""
        node = self._ask(field, required=required)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.problem(f'"{field}" must be a list; start each of its parts with a dash', field)
            return ()
        if required and not node.value:
            self.problem(f'"{field}" is an empty list; write at least one', field)
        made = [
            self._group(each, field, f"{self.where}, {field} no. {number}")
            for number, each in enumerate(node.value, start=1)
        ]
        return [group for group in made if group is not None]

    def is_group(self, field: str) -> bool:
        """Whether a group stands there, rather than one word."""
        return isinstance(self._values.get(field), yaml.MappingNode)
