"""A town's page with as many items as wanted, and its capture into an archive: real exchanges
over HTTP, real sealed segments, real pictures.

Threads of ten: a post of the police, comments of residents, and a reply. One comment in two
hundred names somebody with a telephone number (`telephone`), another one is a witness's
(`is_witness`): the first is to be redacted, the second withheld. No two of them are alike.
"""

from __future__ import annotations

import json
import multiprocessing
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from archiver.capture.context import Context
from archiver.capture.walk import Walk
from archiver.model.queries import registry
from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc.recorder import Recorder
from archiver.wiring import Archive
from connectors.base import (
    Account,
    Author,
    Check,
    Counts,
    Credentials,
    CredentialSpec,
    Cursor,
    Finding,
    Item,
    Kind,
    MediaRef,
    OptionSpec,
    Page,
    Stamp,
    Target,
    Window,
)
from connectors.capabilities import Capabilities
from connectors.recorded_http import Http, exchange_of
from connectors.registry import Guarded
from tests.support.staged_pictures import photo

SLUG = "town"
PAGE = 100  # items
THREAD = 10
EVERY = 200  # items to one that is redacted and one that is withheld
START = datetime(2020, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(minutes=30)  # two items: 100,000 are five years and eight months
PICTURE = (1600, 1200)
WORDS = [
    begin + end
    for begin in ("snow", "road", "park", "lost", "stop", "call", "fire", "tip", "council")
    for end in ("ing", "ed", "s", "less", "side", "way", "er", "out", "fall", "line")
]
LETTERS = (
    "Crews work until Friday; the left lane stays open.",
    "¿Hasta qué hora está abierto?",
    "Thank you \N{POLICE CAR} he is home.",
    "Council meets Tuesday in Room 204.",
)


def telephone(number: int) -> str:
    """Whose number the item of this number tells; empty for most."""
    return f"Quillfeather 612-{number:07d}" if number % EVERY == EVERY // 2 + 5 else ""


def is_witness(number: int) -> bool:
    """Is the item of this number by a witness?"""
    return number % EVERY == EVERY // 4 + 5


def pictured(number: int, items: int, pictures: int) -> bool:
    """Has the item of this number a picture, when so many are spread over so many items?"""
    return (number + 1) * pictures // items > number * pictures // items


def item_of(number: int, items: int, pictures: int) -> dict[str, Any]:
    """An item as the platform's API sends it, about 2 KB."""
    chance, place = random.Random(number), number % THREAD
    words = " ".join(chance.choices(WORDS, k=12 + chance.randrange(40)))
    call = f" Call {telephone(number)} about it." if telephone(number) else ""
    return {
        "id": _id(number),
        "kind": "post" if not place else "reply" if place == 6 else "comment",
        "parent": "" if not place else _id(number - 1 if place == 6 else number - place),
        "thread": _id(number - place),
        "text": f"{LETTERS[number % 4]} {words}.{call}",
        "author": _author(number),
        "created": (START + number * BETWEEN).isoformat(),
        "url": f"https://social.example/town/{_id(number)}",
        "picture": f"/pictures/{number}.jpg" if pictured(number, items, pictures) else "",
        "metrics": {"likes": chance.randrange(500), "replies": chance.randrange(50)},
        "entities": [
            {"start": n, "end": n + 7, "type": "mention", "id": chance.randrange(10**9)}
            for n in range(18)
        ],
        "lang": "en",
    }


def _id(number: int) -> str:
    return f"48{number:011d}"


def _author(number: int) -> dict[str, str]:
    if number % THREAD == 0:
        return {"id": "501", "name": "Springfield Police", "handle": "springfieldpd"}
    if is_witness(number):
        return {"id": f"9{number:08d}", "name": "", "handle": f"witness{number:07d}"}
    who = number * 7919 % 9973
    return {"id": f"7{who:08d}", "name": f"Resident {who}", "handle": f"resident{who:05d}"}


@contextmanager
def town(items: int, pictures: int) -> Iterator[str]:
    """The address of the running platform."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(items, pictures, theirs), daemon=True
    )
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        server.terminate()
        server.join()


def _serve(items: int, pictures: int, pipe: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/items":
                begin = int(parse_qs(asked.query)["page"][0]) * PAGE
                listed = range(begin, min(begin + PAGE, items))
                found = {"items": [item_of(number, items, pictures) for number in listed]}
                self._answer("application/json", json.dumps(found).encode())
            else:
                number = int(asked.path.rpartition("/")[2].removesuffix(".jpg"))
                self._answer("image/jpeg", photo(number, PICTURE))

        def _answer(self, mime: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", mime)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()


class Town:
    """The connector of the platform."""

    platform: ClassVar[str] = "town"
    title: ClassVar[str] = "Town"
    capabilities: ClassVar[Capabilities] = Capabilities(
        comments=True, edits="compare", hidden_state=False, counts=False
    )
    credentials: ClassVar[tuple[CredentialSpec, ...]] = ()
    options: ClassVar[tuple[OptionSpec, ...]] = ()

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        del credentials
        self._session = http.session()
        self._base = account.address
        self._items = int(account.option("items"))

    def check(self) -> Check:
        """It is there."""
        return Check(ok=True, identity=SLUG)

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        """All pages."""
        del window, since
        first = int(str((cursor or {}).get("page", 0)))
        for number in range(first, -(-self._items // PAGE)):
            response = self._session.get(f"{self._base}/items?page={number}")
            exchange = exchange_of(response)
            yield Page(
                items=[self._item(each, exchange) for each in response.json()["items"]],
                exchanges=(exchange,),
                cursor={"page": number + 1},
                total=self._items,
            )

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """Nothing is ever looked up: everything is listed."""
        del targets
        return iter(())

    def count(self) -> Counts | None:
        """Not told."""
        return None

    def _item(self, each: Mapping[str, Any], exchange: str) -> Item:
        picture, author = each["picture"], each["author"]
        media = (
            MediaRef(key=picture, url=self._base + picture, kind="image", alt_text="A street"),
        )
        return Item(
            kind=Kind(each["kind"]),
            id=each["id"],
            exchange=exchange,
            native=each,
            author=Author(author["id"], author["handle"], author["name"]),
            text=each["text"],
            language=each["lang"],
            parent_id=each["parent"],
            thread_id=each["thread"],
            published=Stamp(each["created"], datetime.fromisoformat(each["created"])),
            permalink=each["url"],
            media=media if picture else (),
            metrics=each["metrics"],
        )


def captured(archive: Archive, address: str, items: int) -> None:
    """Capture the whole town at this address into the archive, under the account `SLUG`."""
    sections = archive.settings.sections
    with archive.database.write() as connection:
        account_id = registry.add(connection, _entry(address))
    recorder = Recorder(
        secrets=Secrets(),
        policy=AddressPolicy(sections.capture.allow_addresses),
        spool=archive.settings.spool_path,
        clock=archive.clock,
    )
    account = Account(
        slug=SLUG, platform=SLUG, address=address, options={"items": str(items)}
    )  # fmt: skip
    context = Context(
        account_id=account_id,
        account=account,
        window=Window.FULL,
        database=archive.database,
        vault=archive.vault,
        recorder=recorder,
        secrets=archive.secrets,
        clock=archive.clock,
        settings=sections.capture,
        zone=sections.agency.zone,
        spool=archive.settings.spool_path,
    )
    connector = Guarded(Town(account, recorder, Credentials({})))
    outcome = Walk(context, connector, stop=lambda: False, tell=lambda _: None).run()
    if not outcome.finished or outcome.new_versions != items:
        raise SystemExit(f"{outcome.new_versions} of {items} items were captured")


def _entry(address: str) -> dict[str, object]:
    texts = ("business_case", "basis", "basis_detail", "terms_reviewed_by", "terms_reviewed_on",
             "proposed_by")  # fmt: skip
    return {
        "slug": SLUG, "platform": SLUG, "address": address, "options": {}, "state": "approved",
        "proposed_at": datetime.now(UTC), "name": "Springfield Police", "department": "Police",
        "custodian": "City Clerk", **dict.fromkeys(texts, ""),
    }  # fmt: skip
