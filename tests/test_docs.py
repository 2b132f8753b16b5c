"""The documents say what the program does: every command, setting, platform and exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archiver.cli.app import app
from connectors.registry import connector_class, platforms
from tests.support.cli_reference import (
    DOCS,
    PAGES,
    commands,
    described,
    exit_codes,
    sections,
    settings_of,
)

ROOT = DOCS.parent
COMMANDS = {path: command for path, command in commands() if path}
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
_CALL = re.compile(r"^(?:\$ )?(?:[\w./]*/)?archiver (?=\S)([^#\n|&;>]+)", re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_current(name: str) -> None:
    """Run `python -m tests.support.cli_reference` after a change."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_command_is_in_the_reference() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert len(COMMANDS) > 20
    for path in COMMANDS:
        assert f"\n## archiver {' '.join(path)}\n" in page


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    silent = [row for row in described(command) if row.endswith("|  |")]
    assert silent == []


def test_every_setting_is_in_the_reference_with_its_meaning() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    for section, model in sections():
        for name, _, meaning in settings_of(model):
            assert meaning, f"{section}.{name} has no docstring"
            assert f"| `{section}.{name}` |" in page


def test_every_exit_code_is_in_the_reference() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    for code in exit_codes():
        assert re.search(rf"^\| {code} \| \w", page, re.MULTILINE)


@pytest.mark.parametrize("platform", sorted(platforms()))
def test_every_platform_has_a_page_with_its_credentials_and_options(platform: str) -> None:
    page = (DOCS / "platforms" / f"{platform}.md").read_text(encoding="utf-8")
    made = connector_class(platform)
    for name in (*(c.name for c in made.credentials), *(o.name for o in made.options)):
        assert re.search(rf"\b{name}\b", page), name


def test_the_readme_leads_to_every_platform() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for platform in platforms():
        assert f"docs/platforms/{platform}.md" in readme


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = [
        target
        for target, _ in _LINK.findall(text)
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_commands_and_options_that_exist_are_shown(page: Path) -> None:
    known = {" ".join(path) for path in COMMANDS}
    for call in _calls(page.read_text(encoding="utf-8")):
        words = [word for word in call.split() if not word.startswith("$")]
        while words and words[0].startswith("--"):  # a global option, perhaps with its value
            words = words[2 if words[0] in ("--home", "--config") else 1 :]
        if not words or words[0] in ("COMMAND", "--help"):
            continue
        name = next((n for k in (3, 2, 1) if (n := " ".join(words[:k])) in known), "")
        assert name, call
        command = COMMANDS.get((*name.split(), "for"), COMMANDS[tuple(name.split())])
        options = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)}
        for flag in re.findall(r"(?<=\s)--[a-z-]+", f" {call}"):
            assert flag in options | {"--help", "--home", "--config", "--version"}, call


def _calls(text: str) -> list[str]:
    """The arguments of every `archiver ...` in code, with continued lines joined."""
    blocks = re.findall(r"^(?: {4}|\t).*$", text.replace("\\\n", " "), re.MULTILINE)
    quoted = [q for q in re.findall(r"`([^`\n]+)`", text) if q.startswith("archiver ")]
    lines = [line.strip() for line in blocks] + quoted
    return [m[1].strip() for line in lines if (m := _CALL.match(line)) and m[1].strip()]


def test_the_program_has_no_command_without_a_place_in_the_help() -> None:
    assert all(not getattr(command, "hidden", False) for command in COMMANDS.values())
    assert {path[0] for path in COMMANDS} >= {g.name for g in app.registered_groups if g.name}
