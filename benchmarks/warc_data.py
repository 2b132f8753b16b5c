"""Data for the WARC benchmarks: the same bytes in every run, shaped like what platforms send."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archiver.warc.body import Body
from archiver.warc.recorded import Recorded

_START = datetime(2026, 11, 3, 14, 2, 10, 123456, tzinfo=UTC)
_SYLLABLES = [first + second for first in "bcdfghklmnprstvz" for second in "aeiou"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to be stored."""

    url: str
    mime: str
    body: bytes

    @property
    def request_head(self) -> bytes:
        """The request that brought it."""
        path = self.url.partition("example")[2]
        return (
            f"GET {path} HTTP/1.1\r\nHost: api.platform.example\r\nUser-Agent: Archiver/0.1\r\n"
            "Accept-Encoding: gzip\r\nAccept: */*\r\nConnection: keep-alive\r\n"
            f"Authorization: {'*' * 60}\r\n\r\n"
        ).encode()

    @property
    def response_head(self) -> bytes:
        """The head of the answer."""
        return (
            "HTTP/1.1 200 OK\r\nDate: Tue, 03 Nov 2026 14:02:10 GMT\r\n"
            f"Content-Type: {self.mime}\r\n"
            f"Content-Length: {len(self.body)}\r\nx-rate-limit-limit: 900\r\n"
            "x-rate-limit-remaining: 817\r\nCache-Control: no-cache, no-store\r\n"
            "Server: envoy\r\nConnection: keep-alive\r\n\r\n"
        ).encode()

    def recorded(self) -> Recorded:
        """As the recorder hands it out."""
        return Recorded(
            id="exchange",
            method="GET",
            url=self.url,
            status=200,
            started_at=_START,
            seconds=0.2,
            ip="203.0.113.7",
            request_head=self.request_head,
            request_body=b"",
            response_head=self.response_head,
            body=Body.of(self.body),
            protocols=("http/1.1",),
        )


def pages(total: int) -> list[Answer]:
    """JSON pages of some 20 KB, `total` bytes in all."""
    return list(_answers(total, 20_000, "https://api.platform.example/2/users/1/tweets?page="))


def items(total: int) -> list[Answer]:
    """JSON answers of some 2 KB, `total` bytes in all."""
    return list(_answers(total, 2_000, "https://api.platform.example/2/tweets/"))


def photos(total: int) -> list[Answer]:
    """Media of 200 KB that do not compress, `total` bytes in all."""
    rng = random.Random(3)
    size = 200_000
    return [
        Answer(
            f"https://media.platform.example/{number}.jpg",
            "image/jpeg",
            b"\xff\xd8\xff\xe0" + rng.randbytes(size),
        )
        for number in range(total // size)
    ]


def _answers(total: int, size: int, prefix: str) -> Iterator[Answer]:
    rng = random.Random(size)
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(4_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    number = 0
    while total > 0:
        posts: list[dict[str, object]] = []
        length = 60
        while length < size:
            post = _post(rng, words, weights)
            posts.append(post)
            length += len(json.dumps(post)) + 2
        body = json.dumps({"data": posts, "meta": {"next_token": f"{rng.getrandbits(128):x}"}})
        total -= len(body)
        number += 1
        yield Answer(f"{prefix}{number}", "application/json; charset=utf-8", body.encode())


def _post(rng: random.Random, words: list[str], weights: list[float]) -> dict[str, object]:
    moment = _START - timedelta(seconds=rng.randrange(10**8))
    key = str(rng.randrange(10**18, 2 * 10**18))
    return {
        "id": key,
        "edit_history_tweet_ids": [key],
        "conversation_id": key,
        "author_id": "783214",
        "created_at": moment.isoformat(timespec="milliseconds"),
        "lang": "en",
        "text": " ".join(rng.choices(words, weights, k=rng.randint(8, 45))),
        "entities": {"urls": [{"url": f"https://t.example/{rng.getrandbits(48):x}", "start": 3}]},
        "attachments": {"media_keys": [f"3_{rng.randrange(10**18)}"]},
        "public_metrics": {
            name: int(rng.paretovariate(1)) for name in ("like_count", "repost_count", "views")
        },
    }
