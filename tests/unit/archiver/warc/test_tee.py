"""However a caller reads, what he reads is noted, and nothing else."""

from __future__ import annotations

import http.client
import io
import shutil
from collections.abc import Callable

import pytest
import requests

from archiver.warc.limits import HttpLimits
from archiver.warc.recorder import Recorder
from archiver.warc.tape import Tape
from tests.unit.archiver.warc.conftest import MakeRecorder, ObedientClock
from tests.unit.archiver.warc.wire import Say, WireServer, chunked, ok

BODY = b"".join(b"line %d\n" % number for number in range(20_000))


def wire(response: requests.Response) -> http.client.HTTPResponse:
    """The answer below urllib3, for callers that go there."""
    below = response.raw._fp
    assert isinstance(below, http.client.HTTPResponse)
    return below


def copied(response: requests.Response) -> bytes:
    target = io.BytesIO()
    shutil.copyfileobj(response.raw, target, 999)
    return target.getvalue()


def filled(response: requests.Response) -> bytes:
    buffer = bytearray(len(BODY) + 10)
    size = 0
    while step := wire(response).readinto(memoryview(buffer)[size:]):
        size += step
    return bytes(buffer[:size])


def peeked(response: requests.Response) -> bytes:
    begin = wire(response).peek(5)
    assert BODY.startswith(begin)
    return bytes(response.raw.read())


READERS: dict[str, Callable[[requests.Response], bytes]] = {
    "content": lambda response: response.content,
    "raw.read": lambda response: bytes(response.raw.read()),
    "raw.read1": lambda response: b"".join(iter(response.raw.read1, b"")),
    "iter_content": lambda response: b"".join(response.iter_content(None)),
    "iter_lines": lambda response: b"".join(line + b"\n" for line in response.iter_lines()),
    "copyfileobj": copied,
    "readinto": filled,
    "readlines": lambda response: b"".join(iter(wire(response).readline, b"")),
    "peek": peeked,
}


@pytest.mark.parametrize("framed", [False, True], ids=["with a length", "in chunks"])
@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_every_way_of_reading_is_noted(
    recorder: Recorder, read: Callable[[requests.Response], bytes], *, framed: bool
) -> None:
    answer = chunked([BODY[:70_000], BODY[70_000:]]) if framed else ok(BODY)
    with WireServer(lambda _: answer) as server:
        response = recorder.session().get(server.url, stream=True)
        assert read(response) == BODY
        response.close()
        (kept,) = recorder.take()
    assert kept.response_head + (kept.body.content or b"") == answer.pieces[0]
    assert kept.truncated == ""


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"5;x"])
def test_a_silence_in_the_head_or_in_a_chunk_size_is_a_timeout(
    make_recorder: MakeRecorder, start: bytes
) -> None:
    recorder = make_recorder(limits=HttpLimits(read_timeout=0.05, retries=0))
    pieces = (start,)
    if start == b"5;x":
        pieces = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + start,)
    with WireServer(lambda _: Say(pieces, stall=True)) as server:
        with pytest.raises((requests.Timeout, requests.ConnectionError)):
            recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert kept.status == (200 if start == b"5;x" else 0)
    assert kept.truncated == ("disconnect" if kept.status else "")


def test_a_file_that_is_posted_is_noted_as_it_was_sent(recorder: Recorder) -> None:
    with WireServer(lambda _: ok()) as server:
        recorder.session().post(server.url, data=io.BytesIO(BODY))
        (kept,) = recorder.take()
    assert kept.request_body == BODY
    assert kept.request_head + kept.request_body == server.heard[0]


def test_a_connection_outside_of_an_exchange_is_refused(
    tmp_path_factory: pytest.TempPathFactory, clock: ObedientClock
) -> None:
    tape = Tape(clock=clock, spool=tmp_path_factory.mktemp("spool"))
    with pytest.raises(LookupError, match="past its session"):
        tape.current()
