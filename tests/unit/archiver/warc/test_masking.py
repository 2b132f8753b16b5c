"""No secret reaches a record, the disk, a log or an error, however it is written."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import requests

from archiver.clock import SystemClock
from archiver.secrets import Secrets
from archiver.warc.limits import HttpLimits
from archiver.warc.recorded import Recorded
from archiver.warc.recorder import Recorder
from archiver.warc.writer import SegmentWriter
from tests.unit.archiver.warc.conftest import MakeRecorder
from tests.unit.archiver.warc.wire import Say, WireServer, chunked, ok

SECRET = "EAAB/s3cr+et=Tökén&9"
RAW = SECRET.encode()
SPELLINGS = {
    "raw": RAW,
    "percent": quote(SECRET, safe="").encode(),
    "percent, slash kept": quote(SECRET).encode(),
    "percent lower": re.sub("%..", lambda hit: hit[0].lower(), quote(SECRET, safe="")).encode(),
    "plus": quote_plus(SECRET).encode(),
    "percent twice": quote(quote(SECRET, safe=""), safe="").encode(),
    "percent throughout": "".join(f"%{byte:02X}" for byte in RAW).encode(),
    "json": json.dumps(SECRET)[1:-1].encode(),
    "json, slash escaped": json.dumps(SECRET)[1:-1].replace("/", "\\/").encode(),
    "json throughout": "".join(f"\\u{ord(sign):04x}" for sign in SECRET).encode(),
    "json in json": json.dumps(json.dumps(SECRET)[1:-1].replace("/", "\\/"))[1:-1].encode(),
    "html": SECRET.replace("&", "&amp;").encode(),
    "latin-1": SECRET.encode("latin-1"),
    "base64": base64.b64encode(RAW),
    "base64url": base64.urlsafe_b64encode(RAW),
    "basic 0": base64.b64encode(b"abc" + RAW),
    "basic 1": base64.b64encode(b"user:" + RAW + b"!")[4:],
    "basic 2": base64.b64encode(b"me" + RAW + b"!!"),
}
OTHER_HEADERS = ("Content-Type: application/json",)


@pytest.fixture
def recorder(make_recorder: MakeRecorder, secrets: Secrets) -> Recorder:
    secrets.add(SECRET)
    return make_recorder()


def fetched(recorder: Recorder, answer: Say) -> Recorded:
    with WireServer(lambda _: answer) as server:
        recorder.session().get(server.url)
        (kept,) = recorder.take()
    return kept


def stored(kept: Recorded) -> bytes:
    return kept.response_head + b"".join(kept.body.pieces())


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_is_masked_with_as_many_bytes(recorder: Recorder, spelling: bytes) -> None:
    body = b'{"next":"https://x/?after=1&t=' + spelling + b'","more":true}'
    kept = fetched(recorder, ok(body, *OTHER_HEADERS))
    masked = kept.body.content or b""
    assert spelling not in masked
    assert len(masked) == len(body)
    assert masked.startswith(b'{"next":"https://x/?after=1&t=')
    assert masked.endswith(b'","more":true}')
    assert kept.scrubbed == ("response-body",)


def test_request_line_headers_and_body_are_masked(recorder: Recorder) -> None:
    with WireServer(lambda _: ok()) as server:
        recorder.session().post(
            server.url + "/path",
            params={"t": SECRET},
            data={"password": SECRET, "text": "kept"},
            headers={"X-Note": base64.b64encode(RAW).decode(), "Referer": "https://kept/"},
        )
        (kept,) = recorder.take()
        sent = server.heard[0]
    assert len(kept.request_head + kept.request_body) == len(sent)
    assert b"&text=kept" in kept.request_body
    assert b"Referer: https://kept/" in kept.request_head
    assert kept.scrubbed == ("request-line", "request-header:x-note", "request-body")
    assert kept.url.startswith(server.url + "/path?t=*")
    assert quote_plus(SECRET).encode() not in kept.request_head + kept.request_body


def test_location_and_cookies_of_the_answer_are_masked(recorder: Recorder) -> None:
    answer = ok(
        b"", f"Location: /next?x={quote(SECRET)}", "Set-Cookie: sid=unknown; Path=/", "X-Kept: yes"
    )
    kept = fetched(recorder, answer)
    assert kept.header("Location") == "/next?x=" + "*" * len(quote(SECRET))
    assert set(kept.header("Set-Cookie")) == {"*", " "}
    assert kept.header("X-Kept") == "yes"
    assert kept.scrubbed == ("response-header:location", "response-header:set-cookie")


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Access-Token", "X-Auth-Token"],
)
def test_headers_that_are_secret_by_nature_are_masked_whole(
    make_recorder: MakeRecorder, name: str
) -> None:
    recorder = make_recorder()  # it knows no secret at all
    with WireServer(lambda _: ok()) as server:
        recorder.session().get(server.url, headers={name: "Scheme never-registered"})
        (kept,) = recorder.take()
    assert b"never-registered" not in kept.request_head
    assert f"{name}: ****** ".encode() in kept.request_head


def test_a_token_in_a_parameter_is_masked_though_nobody_registered_it(
    make_recorder: MakeRecorder,
) -> None:
    body = json.dumps(
        {"access_token": "fresh", "paging": {"next": "https://x/?access_token=f1&a=b"}}
    )
    with WireServer(lambda _: ok(body.encode())) as server:
        recorder = make_recorder()
        recorder.session().get(server.url + "/oauth?client_secret=never&x=1")
        (kept,) = recorder.take()
    assert b"client_secret=*****&x=1" in kept.request_head
    masked = json.loads(kept.body.content or b"")
    assert masked == {"access_token": "*****", "paging": {"next": "https://x/?access_token=**&a=b"}}


def test_a_token_registered_after_its_answer_is_masked_in_that_answer(
    make_recorder: MakeRecorder,
) -> None:
    recorder = make_recorder()
    with WireServer(lambda _: ok(b'{"page_key":"PAGE-KEY-1234"}')) as server:
        recorder.mask(recorder.session().get(server.url).json()["page_key"])
        (kept,) = recorder.take()
    assert kept.body.content == b'{"page_key":"*************"}'


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_secret_across_chunks_is_masked_and_the_framing_stays(
    recorder: Recorder, size: int
) -> None:
    content = b"before " + RAW + b" after"
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    answer = chunked(pieces)
    kept = fetched(recorder, answer)
    assert b"".join(kept.payload_chunks()) == b"before " + b"*" * len(RAW) + b" after"
    assert len(stored(kept)) == len(answer.pieces[0])
    assert kept.truncated == ""


@pytest.mark.parametrize("framed", [False, True], ids=["with a length", "in chunks"])
def test_a_secret_across_the_pieces_of_a_large_body_is_masked(
    recorder: Recorder, *, framed: bool
) -> None:
    body = bytearray(b"." * (3 << 20))
    places = [(1 << 20) - 5, (2 << 20) - len(RAW) + 1, (3 << 20) - len(RAW)]
    for place in places:
        body[place : place + len(RAW)] = RAW
    pieces = [bytes(body[at : at + 65_521]) for at in range(0, len(body), 65_521)]
    kept = fetched(recorder, chunked(pieces) if framed else ok(bytes(body)))
    content = b"".join(kept.payload_chunks())
    assert len(content) == len(body)
    assert content.count(b"*") == len(places) * len(RAW)
    assert RAW not in content
    assert kept.truncated == ""


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("framed", [False, True], ids=["with a length", "in chunks"])
def test_a_compressed_body_with_a_secret_is_packed_anew(
    recorder: Recorder, encoding: str, *, framed: bool
) -> None:
    content = json.dumps({"text": "springfield " * 300, "next": SECRET}).encode()
    packed = gzip.compress(content) if encoding == "gzip" else zlib.compress(content)
    header = f"Content-Encoding: {encoding}"
    kept = fetched(
        recorder, chunked([packed[:40], packed[40:]], header) if framed else ok(packed, header)
    )
    assert kept.scrubbed == ("response-body-repacked",)
    decoded = b"".join(kept.payload_chunks())
    assert json.loads(decoded)["next"].strip("*") == ""
    assert len(decoded) == len(content)
    assert kept.truncated == ""
    if not framed:
        assert kept.header("Content-Length") == str(kept.body.size)


def test_a_compressed_body_without_a_secret_stays_as_it_was(recorder: Recorder) -> None:
    packed = gzip.compress(b"nothing to hide" * 100)
    kept = fetched(recorder, ok(packed, "Content-Encoding: gzip"))
    assert (kept.body.content, kept.scrubbed) == (packed, ())


def test_a_compressed_body_that_breaks_off_is_masked_as_far_as_it_came(
    make_recorder: MakeRecorder, secrets: Secrets
) -> None:
    secrets.add(SECRET)
    recorder = make_recorder(limits=HttpLimits(retries=0))
    packed = gzip.compress(RAW + b" and more " * 50_000, 0)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    half = Say((head.encode() + packed[:80_000],), close=True)
    with WireServer(lambda _: half) as server, pytest.raises(requests.RequestException):
        recorder.session().get(server.url)
    (kept,) = recorder.take()
    content = b"".join(kept.payload_chunks())
    assert content.startswith(b"*" * len(RAW) + b" and more ")
    assert kept.truncated == "disconnect"


def test_a_body_that_only_claims_to_be_compressed_is_searched_as_it_is(
    make_recorder: MakeRecorder, secrets: Secrets
) -> None:
    secrets.add(SECRET)
    recorder = make_recorder(limits=HttpLimits(retries=0))
    answer = ok(b"plain " + RAW, "Content-Encoding: gzip")
    with WireServer(lambda _: answer) as server, pytest.raises(requests.RequestException):
        recorder.session().get(server.url)
    (kept,) = recorder.take()
    assert kept.body.content == b"plain " + b"*" * len(RAW)


def test_what_follows_a_compressed_body_is_searched_too(recorder: Recorder) -> None:
    packed = gzip.compress(b"content")
    kept = fetched(recorder, ok(packed + b"junk " + RAW, "Content-Encoding: gzip"))
    assert kept.body.content == packed + b"junk " + b"*" * len(RAW)
    assert b"".join(kept.payload_chunks()) == b"content"


def test_more_than_may_be_unpacked_is_not_kept_unsearched(
    make_recorder: MakeRecorder, secrets: Secrets
) -> None:
    secrets.add(SECRET)
    recorder = make_recorder(limits=HttpLimits(max_body=100_000))
    bomb = gzip.compress(bytes(200_000) + RAW)
    with WireServer(lambda _: ok(bomb, "Content-Encoding: gzip")) as server:
        response = recorder.session().get(server.url, stream=True)
        assert response.raw.read(decode_content=False) == bomb
        (kept,) = recorder.take()
    assert (b"".join(kept.payload_chunks()), kept.truncated) == (bytes(100_000), "length")


def test_user_information_in_an_address_is_not_kept(recorder: Recorder) -> None:
    with WireServer(lambda _: ok()) as server:
        recorder.session().get(f"http://clerk:{quote(SECRET, safe='')}@127.0.0.1:{server.port}/a#b")
        (kept,) = recorder.take()
    assert kept.url == f"http://127.0.0.1:{server.port}/a"
    assert b"Authorization: ***** *" in kept.request_head


@pytest.fixture
def log(secrets: Secrets) -> Iterator[io.StringIO]:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(secrets.log_filter())
    root, talkative = logging.getLogger(), logging.getLogger("urllib3")
    levels = root.level, talkative.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    talkative.setLevel(logging.DEBUG)  # another test may have quieted it
    yield text
    root.removeHandler(handler)
    root.setLevel(levels[0])
    talkative.setLevel(levels[1])


def test_no_byte_on_the_disk_and_no_line_of_the_log_holds_a_secret(
    recorder: Recorder, secrets: Secrets, log: io.StringIO, tmp_path: Path
) -> None:
    everything = b"\n".join(SPELLINGS.values())
    answers = iter(
        [
            ok(everything, f"X-Echo: {quote(SECRET)}", "Set-Cookie: a=" + quote(SECRET)),
            ok(gzip.compress(everything), "Content-Encoding: gzip"),
            chunked([everything[:91], everything[91:100], everything[100:]]),
            ok(everything * 6_000),
        ]
    )
    writer = SegmentWriter(tmp_path / "a.warc.gz", info={}, clock=SystemClock())
    with WireServer(lambda _: next(answers, Say((), close=True))) as server:
        session = recorder.session()
        session.auth = ("clerk", SECRET)
        for _ in range(4):
            session.post(server.url, params={"t": SECRET}, data=everything, headers={"X-T": RAW})
        with pytest.raises(requests.ConnectionError) as caught:
            session.post(server.url + "/gone", params={"t": SECRET})
    try:
        raise ValueError(f"about {SECRET}") from caught.value
    except ValueError:
        logging.getLogger("a.library").exception("failed with %s", {"token": SECRET})
    for kept in recorder.take():
        writer.exchange(kept)
        assert not secrets.contains(repr(kept).encode() + repr(kept.ref()).encode())
    writer.seal()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    unpacked = gzip.decompress((tmp_path / "a.warc.gz").read_bytes())
    texts = [on_disk, unpacked, log.getvalue().encode(), str(caught.value).encode()]
    assert b"POST /gone?t=*" in unpacked
    assert "http://127.0.0.1" in log.getvalue()  # urllib3 did speak
    for text in texts:
        assert not secrets.contains(text)
        for spelling in SPELLINGS.values():
            assert spelling not in text


def test_the_written_record_says_where_it_was_masked_and_still_checks(
    recorder: Recorder, tmp_path: Path
) -> None:
    kept = fetched(recorder, ok(gzip.compress(RAW), "Content-Encoding: gzip"))
    path = tmp_path / "a.warc.gz"
    writer = SegmentWriter(path, info={"software": "Archiver"}, clock=SystemClock())
    writer.exchange(kept)
    writer.seal()
    assert b"WARC-Archiver-Masked: response-body-repacked\r\n" in gzip.decompress(path.read_bytes())
    command = [str(Path(sys.executable).with_name("warcio")), "check", str(path)]
    assert subprocess.run(command, check=False).returncode == 0
