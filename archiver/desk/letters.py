"""Letters to the requester, made from templates and the request's own facts.

A text file `letters/<name>.txt` in the home folder takes the place of the shipped one. It is
a Jinja2 template, run in a sandbox; a name that it uses and that is not given is an error and
not an empty place in the letter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from archiver.desk.requests import RequestStanding
from archiver.errors import NotFoundError, UsageError

LETTERS = ("acknowledgement", "clarification", "extension", "production", "denial", "closing")


def write_letter(
    name: str,
    standing: RequestStanding,
    *,
    agency: str,
    today: str,
    writer: str,
    home: Path,
    facts: Mapping[str, object] | None = None,
) -> tuple[str, str]:
    """The letter's text and its SHA-256. `facts` are those that only this letter has: the
    `reason` of a denial, an `estimate`, the number of an `instalment`.

    Raises: NotFoundError for an unknown letter; UsageError when a fact is missing.
    """
    given = {"estimate": "", "instalment": 0, **(facts or {})}
    values = {**_told(standing), "agency": agency, "today": today, "writer": writer, **given}
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    try:
        text = environment.from_string(_template(name, home)).render(values)
    except TemplateError as error:
        raise UsageError(
            f'the letter "{name}" could not be written: {error.message or error}'
        ) from error
    return text, hashlib.sha256(text.encode("utf-8")).hexdigest()


def _template(name: str, home: Path) -> str:
    if name not in LETTERS:
        raise NotFoundError(f'there is no letter "{name}"; there are: {", ".join(LETTERS)}')
    own = home / "letters" / f"{name}.txt"
    if own.is_file():
        return own.read_text("utf-8")
    return files("config").joinpath(f"letters/{name}.txt").read_text("utf-8")


def _told(standing: RequestStanding) -> dict[str, object]:
    entry = standing.entry
    due = standing.next
    extended = [each for each in standing.history if each.action == "extended"]
    told: dict[str, object] = {
        "number": entry.number,
        "requester": entry.requester,
        "organisation": entry.organisation,
        "received": entry.received_on.isoformat(),
        "text": entry.text,
        "paused": standing.paused,
        "due": due.due.isoformat() if due and due.due else "",
        "citation": due.rule.citation if due else "",
        "extended": sum(int(each.detail["days"]) for each in extended),
        "productions": [
            {
                "number": each.number,
                "bates": f"{each.prefix}{each.first:06d} to {each.prefix}{each.last:06d}",
                "sha256": each.manifest_sha256,
            }
            for each in standing.productions
            if each.state in ("done", "delivered")
        ],
    }
    why = [each.detail for each in standing.history if "reason" in each.detail]
    if why:
        told["reason"] = why[-1]["reason"]
    closed = [each.detail for each in standing.history if each.action == "closed"]
    if closed:
        told["outcome"] = closed[-1]["outcome"]
    return told
