"""Secrets are found in every spelling, and nothing else is touched."""

from __future__ import annotations

import base64
import io
import json
import logging
import pickle
import threading
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import UsageError
from archiver.secrets import Secrets

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=4, max_size=40)


@pytest.mark.parametrize("short", ["a", "abc"])
def test_a_secret_that_is_too_short_is_refused_without_showing_it(short: str) -> None:
    with pytest.raises(UsageError, match=f"{len(short)} characters") as caught:
        Secrets(short)
    assert repr(short) not in str(caught.value)


def test_without_secrets_nothing_changes() -> None:
    data = b"plain \xff bytes"
    assert Secrets("").scrub_bytes(data) is data


def test_a_mask_has_as_many_bytes_as_the_secret() -> None:
    assert Secrets("s3cret").scrub_bytes(b"x s3cret y") == b"x ****** y"


@given(TEXTS, st.binary(max_size=20), st.binary(max_size=20))
def test_no_common_encoder_hides_a_secret(secret: str, before: bytes, after: bytes) -> None:
    secrets = Secrets(secret)
    raw = secret.encode()
    for spelled in (
        raw,
        quote(secret).encode(),
        quote(secret, safe="").lower().encode() if secret.islower() else raw,
        quote_plus(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
        base64.b64encode(raw),
        base64.urlsafe_b64encode(raw),
        "".join(f"%{byte:02x}" for byte in raw).encode(),
    ):
        data = before + b" " + spelled + b" " + after
        assert secrets.contains(data)
        masked = secrets.scrub_bytes(data)
        assert len(masked) == len(data)
        assert not secrets.contains(masked) or set(secret) == {"*"}


@given(TEXTS, st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_inside_base64_is_found_at_every_alignment(
    secret: str, before: bytes, after: bytes
) -> None:
    secrets = Secrets(secret)
    spelled = base64.b64encode(before + secret.encode() + after)
    masked = secrets.scrub_bytes(spelled)
    assert len(masked) == len(spelled)
    assert b"*" in masked
    rest = masked.replace(b"*", b"A")
    assert secret.encode() not in base64.b64decode(rest) or secret.strip("\0") == ""


def test_composed_and_decomposed_letters_are_the_same_secret() -> None:
    secrets = Secrets("Tökén-9")  # composed
    for form in ("To\u0308ke\u0301n-9", "Tökén-9"):
        assert secrets.scrub_text(form).strip("*") == ""


def test_overlapping_secrets_are_both_masked() -> None:
    assert Secrets("abcd", "cdefgh").scrub_bytes(b"-abcdefgh-") == b"-********-"
    assert Secrets("aaaa").scrub_bytes(b"-aaaaaaa-") == b"-*******-"


def test_text_with_odd_characters_survives() -> None:
    secrets = Secrets("s3cret")
    assert secrets.scrub_text("€ s3cret \ud800") == "€ ****** \ud800"


def test_ordinary_text_is_not_masked() -> None:
    text = 'The access_token page; "token": "x"; next_token=abc; pagination_token=7'
    assert Secrets("s3cret").scrub_text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET /?access_token=abc&x=1", "GET /?access_token=***&x=1"),
        ('{"refresh_token": "abc", "x": 1}', '{"refresh_token": "***", "x": 1}'),
        ("a&client_secret=abc", "a&client_secret=***"),
        ("'api_key': 'abc'", "'api_key': '***'"),
        (
            'OAuth x="1", oauth_signature="a%3D", y="2"',
            'OAuth x="1", oauth_signature="****", y="2"',
        ),
    ],
)
def test_values_that_are_secret_by_their_name_are_masked(text: str, masked: str) -> None:
    assert Secrets().scrub_text(text) == masked


def test_secrets_are_not_printed_and_not_serialised() -> None:
    secrets = Secrets("s3cret")
    assert repr(secrets) == "Secrets(1 values)"
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(secrets)


def test_threads_may_register_while_others_scrub() -> None:
    secrets = Secrets()
    values = [f"secret-number-{number:03}" for number in range(60)]
    threads = [
        threading.Thread(target=secrets.add, args=values[start : start + 20])
        for start in (0, 20, 40)
    ]
    for thread in threads:
        thread.start()
    for _ in range(50):
        secrets.scrub_bytes(b"text secret-number-001 text")
    for thread in threads:
        thread.join()
    masked = secrets.scrub_text(" ".join(values))
    assert set(masked) == {"*", " "}


def test_an_error_and_all_it_came_from_are_scrubbed() -> None:
    secrets = Secrets("s3cret")
    try:
        try:
            raise OSError(5, "with s3cret inside")
        except OSError as first:
            raise ValueError(first, "s3cret") from first
    except ValueError as error:
        secrets.scrub_error(error)
        texts = str(error) + str(error.__cause__)
    assert "s3cret" not in texts
    assert "******" in texts


def test_log_lines_their_values_and_their_tracebacks_are_scrubbed() -> None:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(message)s %(url)s %(parts)s"))
    handler.addFilter(Secrets("s3cret").log_filter())
    logger = logging.Logger("a.library")
    logger.addHandler(handler)
    extra = {"url": "https://x/?t=s3cret", "parts": [{"t": "s3cret"}, 7, None]}
    try:
        raise ValueError("about s3cret")
    except ValueError:
        logger.exception("failed for %s", "s3cret", extra=extra)
    logger.warning("%(t)s", {"t": b"s3cret"}, extra=extra)
    written = text.getvalue()
    assert "s3cret" not in written
    assert "ValueError: about ******" in written
    assert "failed for ******\n" in written
    assert written.count("https://x/?t=****** [{'t': '******'}, 7, None]") == 2


def test_structured_events_are_scrubbed() -> None:
    event = {
        "event": "x s3cret",
        "n": 1,
        "why": ValueError("s3cret"),
        "list": ("s3cret", b"s3cret"),
    }
    scrubbed = Secrets("s3cret").processor(None, "info", event)
    assert scrubbed == {"event": "x ******", "n": 1, "why": "******", "list": ["******", b"******"]}
