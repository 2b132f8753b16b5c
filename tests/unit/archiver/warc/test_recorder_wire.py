"""What passes over the wire is what is recorded, byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import trustme

from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc.recorder import Recorder
from connectors.recorded_http import Http, exchange_of
from tests.unit.archiver.warc.conftest import MakeRecorder, ObedientClock
from tests.unit.archiver.warc.wire import Say, WireServer, chunked, ok


def test_a_recorder_is_what_connectors_are_given(recorder: Recorder) -> None:
    http: Http = recorder
    assert isinstance(http.session(), requests.Session)


def test_request_and_response_are_kept_byte_for_byte(recorder: Recorder) -> None:
    answer = ok(b'{"id":"1"}', "Content-Type: application/json", "X-Odd:  two  spaces ")
    with WireServer(lambda _: answer) as server:
        response = recorder.session().get(server.url + "/posts?page=1")
        (kept,) = recorder.take()
    assert response.json() == {"id": "1"}
    assert exchange_of(response) == kept.id
    assert kept.request_head + kept.request_body == server.heard[0]
    assert kept.response_head + (kept.body.content or b"") == answer.pieces[0]
    assert (kept.method, kept.status, kept.ip) == ("GET", 200, "127.0.0.1")
    assert kept.url == server.url + "/posts?page=1"
    assert (kept.truncated, kept.scrubbed, kept.failure) == ("", (), "")


def test_the_run_log_line_carries_the_digest_of_the_stored_body(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(b"text")) as server:
        recorder.session().get(server.url)
        (kept,) = recorder.take()
    line = kept.ref()
    assert (line.id, line.status, line.payload_size) == (kept.id, 200, 4)
    assert line.payload_sha256 == hashlib.sha256(b"text").hexdigest()
    assert line.started_at.tzinfo is not None


def test_a_compressed_body_is_kept_compressed_and_can_be_hashed_decoded(
    recorder: Recorder,
) -> None:
    packed = gzip.compress(b'{"text":"' + b"springfield " * 500 + b'"}')
    with WireServer(lambda _: ok(packed, "Content-Encoding: gzip")) as server:
        response = recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert kept.body.content == packed
    assert kept.decoded == (hashlib.sha256(response.content).hexdigest(), len(response.content))


def test_chunk_framing_is_kept_verbatim_with_extensions_and_trailers(recorder: Recorder) -> None:
    body = b"4;name=value\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Checksum: 1\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with WireServer(lambda _: Say((head, body[:7], body[7:]))) as server:
        response = recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert response.text == "Wikipedia"
    assert kept.body.content == body
    assert b"".join(kept.payload_chunks()) == b"Wikipedia"
    assert kept.truncated == ""


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_is_whole(recorder: Recorder, status: str) -> None:
    head = f"HTTP/1.1 {status}\r\nETag: x\r\n\r\n".encode()
    with WireServer(lambda _: Say((head,))) as server:
        recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert (kept.status, kept.body.size, kept.truncated) == (int(status[:3]), 0, "")


def test_the_answer_to_head_is_whole_without_its_body(recorder: Recorder) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    with WireServer(lambda _: Say((head,))) as server:
        recorder.session().head(server.url)
        (kept,) = recorder.take()
    assert (kept.method, kept.body.size, kept.truncated) == ("HEAD", 0, "")


def test_a_body_that_ends_with_the_connection_is_whole(recorder: Recorder) -> None:
    with WireServer(lambda _: Say((b"HTTP/1.0 200 OK\r\n\r\nall of it",), close=True)) as server:
        recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert (kept.body.content, kept.truncated) == (b"all of it", "")


def test_an_interim_answer_does_not_hide_the_final_one(recorder: Recorder) -> None:
    answer = Say((b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", *ok(b"done").pieces))
    with WireServer(lambda _: answer) as server:
        recorder.session().post(server.url, data=b"x=1")
        (kept,) = recorder.take()
    assert kept.response_head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert kept.body.content == b"done"


@pytest.mark.parametrize("as_stream", [False, True], ids=["in one piece", "as a stream"])
def test_what_is_posted_is_recorded(recorder: Recorder, *, as_stream: bool) -> None:
    form = b"text=hello&visibility=public"
    with WireServer(lambda _: ok(b"{}")) as server:
        data = iter((form[:5], form[5:])) if as_stream else form
        recorder.session().post(server.url, data=data)
        (kept,) = recorder.take()
    assert kept.request_head + kept.request_body == server.heard[0]
    assert (form in kept.request_body) is not as_stream


def test_each_hop_of_a_redirect_is_an_exchange(recorder: Recorder) -> None:
    def answer(request: bytes) -> Say:
        if request.startswith(b"GET /old"):
            return ok(b"moved", "Location: /new", status="301 Moved Permanently")
        return ok(b"here")

    with WireServer(answer) as server:
        response = recorder.session().get(server.url + "/old")
        old, new = recorder.take()
    assert [exchange_of(hop) for hop in response.history] == [old.id]
    assert exchange_of(response) == new.id
    assert (old.status, old.body.content) == (301, b"moved")
    assert (new.status, new.body.content) == (200, b"here")


def test_a_kept_alive_connection_gives_each_exchange_its_own_bytes(recorder: Recorder) -> None:
    with WireServer(lambda request: ok(request.split()[1])) as server:
        session = recorder.session()
        first = session.get(server.url + "/1")
        before = recorder.take()
        second = session.get(server.url + "/2")
        after = recorder.take()
        assert server.connections == 1
    assert [each.id for each in before] == [exchange_of(first)]
    assert [each.id for each in after] == [exchange_of(second)]
    assert [each.body.content for each in before + after] == [b"/1", b"/2"]


def test_four_threads_on_one_session_get_all_their_own_records(recorder: Recorder) -> None:
    with WireServer(lambda request: ok(request.split()[1] * 50)) as server:
        session = recorder.session()

        def fetch(number: int) -> tuple[str, int]:
            return exchange_of(session.get(f"{server.url}/{number}")), number

        with ThreadPoolExecutor(4) as pool:
            asked = dict(pool.map(fetch, range(120)))
        kept = recorder.take()
    assert {each.id for each in kept} == set(asked)
    for each in kept:
        path = f"/{asked[each.id]}".encode()
        assert each.request_head.split()[1] == path
        assert each.body.content == path * 50


def test_a_thread_started_later_is_recorded_too(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(b"x")) as server:
        session = recorder.session()
        thread = threading.Thread(target=session.get, args=(server.url,))
        thread.start()
        thread.join()
        assert len(recorder.take()) == 1


def test_a_large_body_never_shows_on_the_disk(recorder: Recorder, spool: Path) -> None:
    body = bytes(range(256)) * 12_000  # 3 MB
    with WireServer(lambda _: ok(body)) as server:
        response = recorder.session().get(server.url, stream=True)
        for _ in response.iter_content(1 << 16):
            assert list(spool.iterdir()) == []
        (kept,) = recorder.take()
    assert kept.body.content is None
    assert b"".join(kept.body.pieces()) == body
    assert kept.decoded == (hashlib.sha256(body).hexdigest(), len(body))
    assert list(spool.iterdir()) == []


def test_a_streamed_answer_counts_as_finished_when_it_was_read(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(b"z" * 200_000)) as server:
        response = recorder.session().get(server.url, stream=True)
        assert recorder.take() == []
        assert len(response.content) == 200_000
        (kept,) = recorder.take()
    assert (kept.id, kept.truncated) == (exchange_of(response), "")


def test_a_literal_origin_is_rewritten_and_only_as_a_whole(recorder: Recorder) -> None:
    with WireServer(lambda _: ok()) as server:
        session = recorder.session(rewrite={"https://api.twitter.com": server.url})
        session.get("https://api.twitter.com/2/users/me")
        (kept,) = recorder.take()
        assert kept.url == server.url + "/2/users/me"
        with pytest.raises(requests.ConnectionError):
            session.get("https://api.twitter.com.invalid/2/users/me")


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_tls_is_recorded_in_the_clear(
    make_recorder: MakeRecorder,
    authority: trustme.CA,
    server_tls: ssl.SSLContext,
    tmp_path: Path,
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    recorder = make_recorder(verify=bundle)
    answer = chunked([gzip.compress(json.dumps({"a": 1}).encode())], "Content-Encoding: gzip")
    with WireServer(lambda _: answer, tls=server_tls) as server:
        session = recorder.session()
        for _ in range(2):
            assert session.get(server.url, timeout=5).json() == {"a": 1}
        first, second = recorder.take()
        assert server.connections == 1
    for kept in (first, second):
        assert kept.request_head == server.heard[0]
        assert kept.response_head + (kept.body.content or b"") == answer.pieces[0]
        assert kept.protocols[0] == "http/1.1"
        assert kept.protocols[1].startswith("tls/1.")


def test_an_unknown_authority_is_refused_whatever_caller_and_environment_say(
    make_recorder: MakeRecorder,
    server_tls: ssl.SSLContext,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    recorder = make_recorder()
    with WireServer(lambda _: ok(), tls=server_tls) as server:
        session = recorder.session()
        session.verify = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(server.url, verify=False)
        (kept,) = recorder.take()  # and it was not tried again
    assert (kept.status, kept.failure, kept.request_head) == (0, "SSLError", b"")


def test_proxies_of_the_environment_are_ignored(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with WireServer(lambda _: ok(b"direct")) as server:
        assert recorder.session().get(server.url).text == "direct"


def test_the_session_says_honestly_who_asks_and_for_gzip_only(recorder: Recorder) -> None:
    with WireServer(lambda _: ok()) as server:
        recorder.session().get(server.url, headers={"Accept-Encoding": "br, zstd"})
    assert b"\r\nUser-Agent: Archiver/" in server.heard[0]
    assert b"\r\nAccept-Encoding: gzip\r\n" in server.heard[0]


def test_two_recorders_do_not_mix(clock: ObedientClock, spool: Path) -> None:
    policy = AddressPolicy(["127.0.0.1"])
    one, two = (
        Recorder(secrets=Secrets(), policy=policy, spool=spool, clock=clock) for _ in range(2)
    )
    with WireServer(lambda request: ok(request.split()[1])) as server, one, two:
        one.session().get(server.url + "/one")
        two.session().get(server.url + "/two")
        assert [each.body.content for each in one.take()] == [b"/one"]
        assert [each.body.content for each in two.take()] == [b"/two"]
