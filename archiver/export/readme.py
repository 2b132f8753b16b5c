"""READ-ME.html: the first page that the receiver of a package opens.

What each folder is, how to open it, how to verify it, what the marks mean, whom to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from archiver.export import wording
from archiver.export.base import Production
from archiver.export.cover import templates
from archiver.export.output import written

NAME = "READ-ME.html"
FOLDERS: tuple[tuple[str, str, str], ...] = (
    ("pdf", "The items for reading and printing, with Bates numbers.", "Any PDF reader."),
    ("html", "The items for reading on screen, without any connection.",
     "Open html/index.html in a browser."),
    ("table", "The items as a table, to sort and filter.",
     "index.xlsx in a spreadsheet program; index.csv in any other program."),
    ("json", "The items for programs, exact to the character, with their schema; the same as "
     "ActivityStreams 2.0.", "Programs; any text editor shows them."),
    ("media", "Pictures, films and sound of the items, each once, and who had which (index.csv).",
     "Viewers and players."),
    ("loadfile", "Load files for review platforms: production.dat, .opt, .xml, with texts and "
     "natives.", "Import in the platform; UTF-8, times in UTC."),
    ("warc", "The released records for replay: their pages, their data, their files, where each "
     "was recorded, and the original exchanges of which everything is released.",
     "A web archive player, for example ReplayWeb.page."),
    ("nara", "Metadata and finding aid for a transfer to archives.",
     "Any text editor; columns are parted by |."),
    ("log", "What was withheld or redacted and why (exemption log), and that capture ran "
     "(capture log).", "exemption-log.html in a browser; the .csv files in a spreadsheet program."),
    ("proof", "Manifest, signature, time stamps and what proves each item's place.",
     "verify.py reads it."),
    ("certificate", "Certificate of authenticity.", "Any PDF reader."),
)  # fmt: skip


def write_readme(
    production: Production,
    data: Path,
    *,
    formats: Collection[str],
    contact: str,
    notes: Sequence[str] = (),
) -> Path:
    """Write the page into the folder data/ of the package, over an earlier one; gives its path.

    `formats` are the folders that the package has; `contact` is whom the receiver asks, in words;
    `notes` are sentences about this very production.

    Raises: ExportError when the disk refuses.
    """
    page = templates().get_template("read-me.html.j2")
    text = page.render(
        production=production,
        folders=[folder for folder in FOLDERS if folder[0] in formats],
        made=wording.both(production.made_at, production.zone),
        contact=contact,
        notes=notes,
        visible=wording.visible,
    )
    with written(production, NAME):
        (data / NAME).write_text(text, encoding="utf-8", newline="\n")
    return data / NAME
