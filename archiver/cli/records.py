"""`archiver records`: look at what is held."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import minute, out, print_json, short, table, when
from archiver.errors import NotFoundError, UsageError
from archiver.model.queries import browse
from archiver.model.queries.browse import FindingLine, RecordLine, VersionView
from archiver.model.queries.holds import open_holds_on

records = typer.Typer(help="Look at what is held.", no_args_is_help=True)
app.add_typer(records, name="records")

ONLY = ("edited", "vanished", "hidden")


@records.command(name="list")
def list_records(
    context: typer.Context,
    words: Annotated[str, typer.Argument(help="Words that must occur in some version.")] = "",
    account: Annotated[str, typer.Option(help="Only this account.")] = "",
    kind: Annotated[str, typer.Option(help="post, comment, reply, page, profile, ...")] = "",
    only: Annotated[str, typer.Option(help="edited, vanished or hidden")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Records in their current state, newest first."""
    if only and only not in ONLY:
        raise UsageError(f'--only knows {", ".join(ONLY)}, not "{only}"')
    with options(context).archive() as archive, archive.database.read() as connection:
        found = browse.list_records(
            connection, account=account, kind=kind, only=only, words=words, limit=limit
        )
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["no.", "published", "account", "kind", "state", "v.", "text"],
        [
            (
                r.id,
                minute(r.published_at, zone),
                r.account,
                r.kind,
                _state(r),
                r.versions,
                short(f"{r.author or 'unknown'}: {_in_short(r)}", 100),
            )
            for r in found
        ],
        empty="Nothing is held that fits.",
        wraps=True,
    )


def _in_short(record: RecordLine) -> str:
    """Title and words, without saying the title twice."""
    if record.words.startswith(record.title):
        return record.words
    return f"{record.title} {record.words}"


def _state(record: RecordLine) -> Text:
    if record.presence != "present":
        return Text(record.presence, style="red")
    style = "yellow" if record.visibility != "public" else ""
    return Text(record.visibility, style=style)


@records.command()
def show(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="Its number, platform id or web address.")],
    as_json: AsJson = False,
) -> None:
    """One record: its thread, every version with what changed, and where each lies."""
    with options(context).archive() as archive, archive.database.read() as connection:
        line = browse.find_record(connection, record)
        if line is None:
            raise NotFoundError(f'no record has the number, platform id or address "{record}"')
        thread = browse.thread_of(connection, line)
        versions = browse.versions_of(connection, line.id)
        findings = browse.list_findings(connection, record_id=line.id)
        counts = browse.newest_metrics(connection, line.id)
        held = open_holds_on(connection, [line.id], day=archive.holds.today()).get(line.id, [])
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(
            {"record": line, "thread": thread, "versions": versions, "findings": findings,
             "counts": counts, "holds": held}
        )  # fmt: skip
        return
    _head(line, zone)
    for hold in held:
        out.print(Text(f"held by {hold.id} ({hold.kind.value}: {hold.matter})", "bold red"))
    if len(thread) > 1:
        out.rule("thread", align="left")
        for each in _nested(thread):
            out.print(each)
    before: VersionView | None = None
    for version in versions:
        _version(version, before, zone)
        before = version
    for finding in findings:
        _finding(finding, zone)
    if counts:
        out.print(Text("counted: " + ", ".join(f"{n} {k}" for k, n in counts.items()), "dim"))


def _head(line: RecordLine, zone: ZoneInfo) -> None:
    out.print(
        Text.assemble(
            (f"{line.kind} {line.platform_id}", "bold"),
            f" by {line.author or 'unknown'} on {line.account}\n",
            f"published {when(line.published_at, zone) or 'at an unknown time'}; now ",
            _state(line),
            f"; last seen {when(line.last_seen, zone)}\n{line.permalink}",
        )
    )


def _nested(thread: Sequence[RecordLine]) -> list[Text]:
    """The thread as an outline: each answer under what it answers, oldest first."""
    ids = {r.platform_id for r in thread}
    answers: dict[str, list[RecordLine]] = defaultdict(list)
    for each in thread:
        known = each.parent_id in ids and each.parent_id != each.platform_id
        answers[each.parent_id if known else ""].append(each)
    lines: list[Text] = []
    told: set[int] = set()
    waiting = [(each, 0) for each in reversed(answers[""])]
    while waiting:
        here, depth = waiting.pop()
        if here.id not in told:
            told.add(here.id)
            lines.append(_spoken(here, depth))
            waiting += [(each, depth + 1) for each in reversed(answers[here.platform_id])]
    # Two things that claim to answer each other belong under nothing.
    return lines + [_spoken(each, 0) for each in thread if each.id not in told]


def _spoken(record: RecordLine, depth: int) -> Text:
    at_rest = record.presence == "present" and record.visibility == "public"
    return Text.assemble(
        "  " * depth,
        (f"{record.author or 'unknown'}: ", "bold"),
        short(record.words, 100),
        ("" if at_rest else f" [{_state(record)}]", "red"),
    )


def _version(version: VersionView, before: VersionView | None, zone: ZoneInfo) -> None:
    out.rule(f"version {version.number}: {_time(version, zone)}", align="left")
    old = _said(before) if before else ""
    colour = out.color_system is not None
    said = _said(version)
    out.print(word_diff(old, said, colour=colour) if before else Text(said))
    if before and before.visibility != version.visibility:
        out.print(Text(f"visibility: {before.visibility} -> {version.visibility}", "yellow"))
    for m in version.media:
        size = f", {m['size']:,} bytes, sha256 {m['sha256']}" if m["sha256"] else ""
        out.print(Text(f"{m['kind']}: {m['status']}{size} {m['alt_text']}".strip(), "cyan"))
    if not version.state:
        destroyed = f"destroyed by a disposition; its digest was sha256 {version.digest}"
        out.print(Text(destroyed, "bold"))
        return
    out.print(
        Text(
            f"lies in {version.segment} at {version.offset} ({version.length} bytes); "
            f"sha256 {version.digest}",
            "dim",
        )
    )


def _time(version: VersionView, zone: ZoneInfo) -> str:
    if version.edited_at is not None:
        return f"edited {when(version.edited_at, zone)}, as the platform says"
    if version.number == 1 or version.not_before is None:
        return f"captured {when(version.captured_at, zone)}"
    return f"came between {when(version.not_before, zone)} and {when(version.not_after, zone)}"


def _said(version: VersionView) -> str:
    title = str(version.state.get("title") or "")
    text = str(version.state.get("text") or "")
    return f"{title}\n{text}" if title else text


def word_diff(old: str, new: str, *, colour: bool = True) -> Text:
    """The new text with what was taken out struck through and what was put in underlined.

    Without colour, the signs that wdiff uses: [-out-] and {+in+}.
    """
    a, b = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (old, new))
    made = Text()
    for tag, i, j, k, m in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        gone, come = "".join(a[i:j]), "".join(b[k:m])
        if tag == "equal":
            made.append(come)
            continue
        if gone:
            made.append(gone if colour else f"[-{gone}-]", style="red strike")
        if come:
            made.append(come if colour else f"{{+{come}+}}", style="green underline")
    return made


def _finding(finding: FindingLine, zone: ZoneInfo) -> None:
    bounds = (
        f"after {when(finding.not_before, zone)}, not later than {when(finding.not_after, zone)}"
    )
    basis = f" on the evidence: {finding.evidence}" if finding.evidence else ""
    out.print(
        Text.assemble(
            (f"{finding.stage}: {finding.presence}", "red"), f"{basis} ({bounds})",
            f" - {finding.statement}" if finding.statement else "",
        )
    )  # fmt: skip
