"""The scene that `staged()` writes by default: one of each thing that befalls a public page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from archiver.export.base import Cut, Released, ReleasedFile, Sighted, Withheld
from tests.support import staged as build

HOSTILE = (
    '<script>alert("x")</script> <img src=http://evil.example/a.png onerror=alert(1)> '
    "</article></body> &lt;b&gt; {{ 7*7 }} {% raw %} \u202egnp.exe\u202c %PDF-1.7 \u0000 ]]> <!--"
)
EMOJI = "Happy holidays 🎄👮🏽\u200d♀️ 👨\u200d👩\u200d👧\u200d👦 🇺🇸 ❤️"
ARABIC = "الشارع الرئيسي مغلق اليوم، شكراً لصبركم"
CHINESE = "主街今天关闭，感谢您的耐心等待。"
SPANISH = "¿Cuándo abrirán la calle? ¡Mañana por la mañana, señora Ibáñez!"
_DAY = datetime(2025, 11, 3, 16, 0, tzinfo=UTC)
_REDACTED_AUTHOR = "[redacted: PRIV]"


def _cut(field: str = "text", code: str = "PRIV") -> Cut:
    if code == "PRIV":
        return Cut(
            field=field,
            code="PRIV",
            citation=build.PRIVATE.citation,
            label=build.PRIVATE.label,
        )
    return Cut(
        field=field,
        code="MINOR",
        citation="Springfield Data Rule 7.1 (made up for tests)",
        label="Name or likeness of a minor",
    )


def items(folder: Path) -> Iterator[Released]:
    """The scene's items in order, numbered as they come; their files are put into `folder`."""
    numbers = count(1)
    for part in (_thread(folder), _edits(), _fates(), _redactions(folder), _pictures(folder),
                 _odds()):  # fmt: skip
        for facts in part:
            yield build.released(next(numbers), **facts)


def kept_back() -> tuple[Withheld, ...]:
    """Two items that are not released, one of them without its day."""
    return (
        build.withheld(1),
        build.withheld(2, kind="comment", date="", reason="Names a child."),
    )


def _thread(folder: Path) -> Iterator[dict[str, Any]]:
    """A post with comments, replies and avatars."""
    thread = {"thread_id": "t1"}
    avatar = build.a_file(folder, 1, "badge.png", kind="avatar", alt_text="The department's badge")
    photo = build.a_file(folder, 2, "photo.jpg", alt_text="Main Street with a closed lane")
    yield {**thread, "platform_id": "t1", "published_at": _DAY, "files": (avatar, photo),
           "text": "Main Street closes at 9 a.m. for repairs.\n\nPlease use Elm Street. #traffic",
           "metrics": {"likes": 41, "shares": 12, "comments": 4}}  # fmt: skip
    said: tuple[tuple[str, str, str, str, str, str], ...] = (
        ("c1", "t1", "comment", "Pat Example", "en", "When will it open again?"),
        ("r1", "c1", "reply", "Springfield Police", "en", "Tomorrow morning, Pat."),
        ("c2", "t1", "comment", "Lucía Ibáñez", "es", SPANISH),
        ("r2", "c2", "reply", "Springfield Police", "es", "Mañana a las 9. ¡Gracias!"),
        ("c3", "t1", "comment", "مريم", "ar", ARABIC),
    )
    for number, (key, parent, kind, name, language, text) in enumerate(said, 1):
        yield {**thread, "platform_id": key, "parent_id": parent, "kind": kind, "text": text,
               "author_name": name, "author_handle": "", "language": language,
               "published_at": _DAY + timedelta(minutes=9 * number)}  # fmt: skip


def _edits() -> Iterator[dict[str, Any]]:
    """Three versions of one post: one by the platform's own time, one between two sights."""
    texts = (
        "The council meets Tuesday at 6 p.m. in Room 204.",
        "The council meets Tuesday at 7 p.m. in Room 204.",
        "The council meets Wednesday at 7 p.m. in Room 310. The agenda is online.",
    )
    times: tuple[dict[str, Any], ...] = (
        {},
        {"edited_at": _DAY + timedelta(hours=30)},
        {"not_before": _DAY + timedelta(hours=40), "not_after": _DAY + timedelta(hours=41)},
    )
    for version, (text, when) in enumerate(zip(texts, times, strict=True), 1):
        yield {"record_id": 77, "platform_id": "e1", "thread_id": "e1", "version": version,
               "versions": 3, "current": version == 3, "text": text,
               "published_at": _DAY + timedelta(hours=24),
               "captured_at": _DAY + timedelta(hours=24 + 10 * version), **when}  # fmt: skip


def _sighted(stage: str, presence: str, evidence: str, statement: str) -> Sighted:
    return Sighted(
        at=_DAY + timedelta(days=3),
        stage=stage,
        presence=presence,
        evidence=evidence,
        statement=statement,
        not_before=_DAY + timedelta(days=2, hours=20),
        not_after=_DAY + timedelta(days=3),
    )


def _fates() -> Iterator[dict[str, Any]]:
    """Hidden, gone, suspected, withheld by the platform, unreachable, and back again."""
    day = _DAY + timedelta(days=2)
    hidden = _sighted("state", "hidden", "hidden", "the platform lists it as hidden")
    gone = _sighted("confirmed", "gone", "author", "This post was deleted by its author.")
    doubt = _sighted("suspected", "gone", "unknown", "")
    back = _sighted("back again", "present", "", "listed again after it was hidden")
    fates: tuple[tuple[str, str, str, tuple[Sighted, ...]], ...] = (
        ("hidden", "hidden", "A comment that the moderator hid.", (hidden,)),
        ("public", "gone", "A comment that its author deleted.", (doubt, gone)),
        ("public", "suspected", "A comment that was missed once.", (doubt,)),
        ("withheld", "withheld", "A post kept from readers in one country.", ()),
        ("public", "unreachable", "A post of an account that became private.", ()),
        ("public", "present", "A post that came back.", (hidden, back)),
    )
    for number, (visibility, presence, text, findings) in enumerate(fates, 1):
        yield {"kind": "comment" if "comment" in text else "post", "platform_id": f"f{number}",
               "thread_id": "f1", "parent_id": "" if number == 1 else "f1",
               "visibility": visibility, "presence": presence, "text": text,
               "findings": findings, "published_at": day + timedelta(minutes=number)}  # fmt: skip


def _redactions(folder: Path) -> Iterator[dict[str, Any]]:
    """Text, title, author, a region of a picture, a whole file, and two codes in one text."""
    day = _DAY + timedelta(days=5)
    boxed = build.a_file(folder, 1, "scan.png", redacted=True, alt_text="A form, one line boxed")
    gone = ReleasedFile(position=1, kind="image", path="", mime="image/jpeg", size=0, sha256="",
                        alt_text="", redacted=True, why="withheld whole: MINOR")  # fmt: skip
    yield {"text": "Please call [redacted: PRIV] about the lost dog.", "cuts": (_cut(),)}
    yield {"text": "[redacted: MINOR] scored twice; write to [redacted: PRIV].",
           "cuts": (_cut(code="MINOR"), _cut())}  # fmt: skip
    yield {"author_name": _REDACTED_AUTHOR, "author_handle": "", "author_id": "",
           "permalink": "", "platform": "x", "cuts": (_cut("author"),),
           "text": "I saw it from my window."}  # fmt: skip
    yield {"files": (boxed,), "cuts": (_cut("media 1"),), "text": "The filled form:"}
    yield {"files": (gone,), "cuts": (_cut("media 1", "MINOR"),), "text": "Our youth team."}
    for version in (1, 2):
        yield {"record_id": 88, "platform_id": "e2", "thread_id": "e2", "version": version,
               "versions": 2, "current": version == 2, "published_at": day,
               "captured_at": day + timedelta(hours=version), "title": "Lost [redacted: PRIV]",
               "text": f"Version {version}: ask [redacted: PRIV].",
               "cuts": (_cut(), _cut("title"))}  # fmt: skip


def _pictures(folder: Path) -> Iterator[dict[str, Any]]:
    """Every colour model, a broken file, a video, and one that was never captured."""
    names = ("turned.jpg", "badge.png", "print.jpg", "moving.gif", "scan.png", "huge.png",
             "broken.jpg")  # fmt: skip
    files = tuple(
        build.a_file(folder, number, name, alt_text="" if name == "print.jpg" else f"See {name}")
        for number, name in enumerate(names, 1)
    )
    missing = ReleasedFile(position=2, kind="video", path="", mime="video/mp4", size=0, sha256="",
                           alt_text="", redacted=False, why="too large to capture")  # fmt: skip
    yield {"text": "Pictures of the parade", "files": files[:4], "platform_id": "m1"}
    yield {"text": "More pictures", "files": files[4:], "platform_id": "m2"}
    yield {"text": "The clip", "platform_id": "m3",
           "files": (build.a_file(folder, 1, "clip.mp4"), missing)}  # fmt: skip


def _odds() -> Iterator[dict[str, Any]]:
    """Hostile text, scripts of the world, nothing at all, and a very long one."""
    yield {"text": HOSTILE, "title": "<h1>Title</h1>", "author_name": "Bobby </a><script>",
           "permalink": "javascript:alert(1)", "platform": "wordpress", "kind": "page"}  # fmt: skip
    yield {"text": EMOJI, "platform": "x", "author_handle": "springfieldpd"}
    yield {"text": CHINESE, "language": "zh"}
    yield {"text": "", "title": "", "language": "", "metrics": {}}
    yield {"text": "[redacted: FAKE] is what the writer typed.", "published_at": None}
    yield {"text": "A long story. " * 700 + "x" * 400, "permalink": ""}
