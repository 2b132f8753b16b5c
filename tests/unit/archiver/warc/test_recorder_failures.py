"""What goes wrong is recorded as well, and never looks like something that went right."""

from __future__ import annotations

import gc
import gzip
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from archiver.errors import StoreError, UsageError
from archiver.warc.limits import AnswerTooLarge, AnswerTooSlow, CaptureStopped, HttpLimits
from archiver.warc.recorder import Recorder
from connectors.errors import AddressRefused, BadAnswer
from tests.unit.archiver.warc.conftest import MakeRecorder, ObedientClock
from tests.unit.archiver.warc.wire import Say, WireServer, chunked, ok

ONCE = HttpLimits(retries=0)
HALF = Say((b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this",), close=True)


def in_turn(*answers: Say) -> Callable[[bytes], Say]:
    """Answers, one after the other; the last one stays."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_every_refused_connection_is_an_exchange(recorder: Recorder, clock: ObedientClock) -> None:
    with pytest.raises(requests.ConnectionError):
        recorder.session().get(f"http://127.0.0.1:{unused_port()}/")
    kept = recorder.take()
    assert [(each.status, each.failure) for each in kept] == [(0, "ConnectionError")] * 4
    assert clock.slept == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]  # 0.5, 1 and 2 seconds in naps


def test_no_answer_at_all_keeps_the_request(make_recorder: MakeRecorder) -> None:
    recorder = make_recorder(limits=ONCE)
    with WireServer(lambda _: Say((), close=True)) as server:
        with pytest.raises(requests.ConnectionError):
            recorder.session().get(server.url + "/x")
        (kept,) = recorder.take()
    assert kept.request_head == server.heard[0]
    assert (kept.status, kept.response_head, kept.failure) == (0, b"", "ConnectionError")


def test_half_a_head_is_no_answer(make_recorder: MakeRecorder) -> None:
    recorder = make_recorder(limits=ONCE)
    with WireServer(lambda _: Say((b"HTTP/1.1 20",), close=True)) as server:
        with pytest.raises(requests.ConnectionError):
            recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert (kept.status, kept.response_head) == (0, b"")


def test_a_body_that_breaks_off_is_marked_and_asked_for_again(recorder: Recorder) -> None:
    with WireServer(in_turn(HALF, ok(b"whole"))) as server:
        assert recorder.session().get(server.url).content == b"whole"
        half, whole = recorder.take()
    assert (half.body.content, half.truncated) == (b"only this", "disconnect")
    assert half.failure == "ChunkedEncodingError"
    assert (whole.body.content, whole.truncated) == (b"whole", "")


def test_chunks_that_break_off_are_marked(make_recorder: MakeRecorder) -> None:
    recorder = make_recorder(limits=ONCE)
    with WireServer(lambda _: chunked([b"one", b"two"], end=b"")) as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert kept.body.content == b"3\r\none\r\n3\r\ntwo\r\n"
    assert kept.truncated == "disconnect"


@pytest.mark.parametrize("answer", [ok(b"z" * 300_000), chunked([b"z" * 1000] * 300)])
def test_a_body_the_caller_gave_up_is_marked(recorder: Recorder, answer: Say) -> None:
    with WireServer(lambda _: answer) as server:
        response = recorder.session().get(server.url, stream=True)
        next(response.iter_content(1000))
        response.close()
        (kept,) = recorder.take()
    assert 1000 <= kept.body.size < 300_000
    assert kept.truncated == "unspecified"


def test_reading_stops_at_the_limit(make_recorder: MakeRecorder) -> None:
    recorder = make_recorder(limits=HttpLimits(max_body=50_000))
    with WireServer(lambda _: ok(b"z" * 300_000)) as server:
        with pytest.raises(AnswerTooLarge, match="50,000"):
            recorder.session().get(server.url)
        (kept,) = recorder.take()  # and it was not tried again
        assert (kept.body.size, kept.truncated) == (50_000, "length")
        bigger = recorder.session(max_body=300_000)
        assert len(bigger.get(server.url).content) == 300_000
        (kept,) = recorder.take()
        assert kept.truncated == ""


@pytest.mark.parametrize("stream", [False, True])
def test_a_decompression_bomb_is_not_unpacked(make_recorder: MakeRecorder, *, stream: bool) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    recorder = make_recorder(limits=HttpLimits(max_body=1_000_000))
    with WireServer(lambda _: ok(bomb, "Content-Encoding: gzip")) as server:
        session = recorder.session()
        with pytest.raises(AnswerTooLarge):
            _ = session.get(server.url, stream=stream).content
        (kept,) = recorder.take()
    assert kept.truncated == "length"
    assert sum(len(piece) for piece in kept.payload_chunks()) <= 1_000_000


def test_an_answer_that_trickles_is_given_up(
    make_recorder: MakeRecorder, clock: ObedientClock
) -> None:
    clock.step = 1.0  # each look at the clock costs a second
    recorder = make_recorder(limits=HttpLimits(total_time=12.0))
    trickle = chunked([b"x"] * 50)
    with WireServer(lambda _: trickle) as server:
        with pytest.raises(AnswerTooSlow):
            recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert kept.truncated == "time"


def test_silence_is_a_timeout_whatever_the_caller_wants(make_recorder: MakeRecorder) -> None:
    recorder = make_recorder(limits=HttpLimits(read_timeout=0.05, retries=0))
    with WireServer(lambda _: Say((), stall=True)) as server:
        for wanted in (None, 300, (5, 300)):
            with pytest.raises(requests.ReadTimeout):
                recorder.session().get(server.url, timeout=wanted)
    assert [each.failure for each in recorder.take()] == ["ReadTimeout"] * 3


def test_a_short_retry_after_is_waited_for(recorder: Recorder, clock: ObedientClock) -> None:
    busy = ok(b"slow down", "Retry-After: 7", status="429 Too Many Requests")
    with WireServer(in_turn(busy, ok(b"fine"))) as server:
        assert recorder.session().get(server.url).content == b"fine"
        first, second = recorder.take()
    assert sum(clock.slept) == 7
    assert (first.status, first.body.content, second.status) == (429, b"slow down", 200)


def test_a_retry_date_counts_from_now(recorder: Recorder, clock: ObedientClock) -> None:
    date = "Retry-After: Tue, 03 Nov 2026 14:02:15 GMT"
    with WireServer(in_turn(ok(b"", date, status="503 Busy"), ok(b"fine"))) as server:
        assert recorder.session().get(server.url).content == b"fine"
    assert 4.7 <= sum(clock.slept) <= 5


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"", "Retry-After: 900", status="429 Too Many Requests"),
        ok(b"", "Retry-After: 900", status="503 Service Unavailable"),
        ok(b"", status="429 Too Many Requests"),
        ok(b"", "Retry-After: soon", status="429 Too Many Requests"),
        ok(b"", status="404 Not Found"),
        ok(b"", status="500 Internal Server Error"),
    ],
)
def test_what_waiting_does_not_help_goes_to_the_caller_at_once(
    recorder: Recorder, clock: ObedientClock, answer: Say
) -> None:
    with WireServer(lambda _: answer) as server:
        assert not recorder.session().get(server.url).ok
    assert len(recorder.take()) == 1
    assert clock.slept == []


def test_a_server_that_stays_busy_is_given_to_the_caller_in_the_end(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(b"", status="502 Bad Gateway")) as server:
        assert recorder.session().get(server.url, stream=True).status_code == 502
        kept = recorder.take()
    assert [(each.status, each.truncated) for each in kept] == [(502, "")] * 4


def test_a_post_is_never_repeated(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(b"", status="503 Busy")) as server:
        assert recorder.session().post(server.url, data=b"delete it").status_code == 503
        assert len(server.heard) == 1


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_encoding_that_cannot_be_searched_is_refused(recorder: Recorder, encoding: str) -> None:
    with WireServer(lambda _: ok(b"\x0b\x02", f"Content-Encoding: {encoding}")) as server:
        with pytest.raises(BadAnswer, match="encoding"):
            recorder.session().get(server.url)
        (kept,) = recorder.take()
    assert (kept.body.size, kept.truncated) == (0, "unspecified")


def test_no_other_adapter_can_be_mounted(recorder: Recorder) -> None:
    session = recorder.session()
    with pytest.raises(UsageError, match="rewrite"):
        session.mount("https://api.twitter.com", requests.adapters.HTTPAdapter())
    with pytest.raises(TypeError):
        session.adapters["https://"] = requests.adapters.HTTPAdapter()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
    ],
)
def test_an_inner_address_is_refused_in_every_spelling(
    make_recorder: MakeRecorder, address: str
) -> None:
    recorder = make_recorder(allowed=())
    with WireServer(lambda _: ok(b"inner")) as server:
        with pytest.raises(AddressRefused, match="no public address"):
            recorder.session().get(address.format(port=server.port))
        assert server.connections == 0
    (kept,) = recorder.take()
    assert (kept.status, kept.failure) == (0, "AddressRefused")


def test_a_redirect_to_an_inner_address_is_refused(make_recorder: MakeRecorder) -> None:
    recorder = make_recorder(allowed=("127.0.0.1/32",))
    away = ok(b"", "Location: http://127.0.0.2/secret", status="302 Found")
    refused_one = pytest.raises(AddressRefused, match=r"127\.0\.0\.2")
    with WireServer(lambda _: away) as server, refused_one:
        recorder.session().get(server.url)
    hop, refused = recorder.take()
    assert (hop.status, refused.status) == (302, 0)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_a_redirect_out_of_http_is_refused(recorder: Recorder, target: str) -> None:
    away = ok(b"", f"Location: {target}", status="302 Found")
    with WireServer(lambda _: away) as server, pytest.raises(AddressRefused, match="scheme"):
        recorder.session().get(server.url)


def test_a_proxy_is_refused(recorder: Recorder) -> None:
    with WireServer(lambda _: ok()) as server:
        with pytest.raises(AddressRefused, match="proxy"):
            recorder.session().get("http://127.0.0.1/", proxies={"http": server.url})
        assert server.connections == 0


def test_abort_wakes_a_thread_that_waits_for_bytes(recorder: Recorder) -> None:
    raised: list[BaseException] = []
    reading = threading.Event()
    start = Say((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",), stall=True)

    def fetch(url: str) -> None:
        response = recorder.session().get(url, stream=True)
        reading.set()
        try:
            _ = response.content
        except (requests.RequestException, CaptureStopped) as error:
            raised.append(error)

    with WireServer(lambda _: start) as server:
        thread = threading.Thread(target=fetch, args=(server.url,))
        thread.start()
        assert reading.wait(5)
        recorder.abort()
        thread.join(5)
        assert not thread.is_alive()
        with pytest.raises(CaptureStopped):
            recorder.session().get(server.url)
    assert len(raised) == 1
    (kept,) = recorder.take()
    assert kept.truncated == "disconnect"


def test_abort_ends_a_wait_before_the_next_attempt(
    recorder: Recorder, clock: ObedientClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "sleep", lambda _seconds: recorder.abort())
    busy = ok(b"", "Retry-After: 20", status="503 Busy")
    with WireServer(lambda _: busy) as server:
        with pytest.raises(CaptureStopped):
            recorder.session().get(server.url)
        assert len(server.heard) == 1


def test_a_stream_that_was_forgotten_is_marked(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(b"z" * 300_000)) as server:
        response = recorder.session().get(server.url, stream=True)
        next(response.iter_content(100))
        del response
        gc.collect()
        (kept,) = recorder.take()
    assert kept.truncated == "unspecified"


def test_a_full_disk_is_a_clear_error_and_not_a_network_error(
    make_recorder: MakeRecorder, spool: Path
) -> None:
    recorder = make_recorder()
    spool.rmdir()
    full = pytest.raises(StoreError, match="free some space")
    with WireServer(lambda _: ok(bytes(2_000_000))) as server, full:
        recorder.session().get(server.url)


def test_closing_drops_what_was_not_taken(recorder: Recorder) -> None:
    with WireServer(lambda _: ok(bytes(2_000_000))) as server:
        recorder.session().get(server.url)
    recorder.close()
    assert recorder.take() == []
