"""A manifest read back is the one that was written, whatever stood in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.normalise import storable
from archiver.errors import EvidenceError
from archiver.model.manifest import (
    FORM,
    FindingDraft,
    MediaDraft,
    MediaRecovery,
    RunManifest,
    Sighting,
    VersionDraft,
    WalkState,
    from_json,
    to_json,
)
from archiver.values import ExchangeRef, RecordRef

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def make_media(**changed: object) -> MediaDraft:
    fields = {
        "key": "photo-1",
        "url": "https://cdn.example/1.png",
        "kind": "image",
        "alt_text": "Évidence",
        "token": "",
        "status": "captured",
        "sha256": "ab" * 32,
        "size": 12,
        "mime": "image/png",
        "etag": '"x"',
        "exchange": "exchange-1",
        **changed,
    }
    return MediaDraft(**fields)  # type: ignore[arg-type]


def make_version(**changed: object) -> VersionDraft:
    fields = {
        "family": "post",
        "platform_id": "17",
        "kind": "post",
        "parent_id": "",
        "thread_id": "17",
        "author_id": "501",
        "author_handle": "springfieldpd",
        "author_name": "Springfield Police",
        "permalink": "https://example/17",
        "published_at": NOON,
        "digest": "cd" * 32,
        "version_key": "",
        "superseded": False,
        "edited_at": None,
        "not_before": NOON,
        "not_after": NOON + timedelta(minutes=1),
        "captured_at": NOON + timedelta(minutes=1),
        "visibility": "public",
        "language": "en",
        "title": "",
        "words": "Road closed",
        "canonical": "{}",
        "native": "{}",
        "exchange": "exchange-1",
        "media": (make_media(),),
        **changed,
    }
    return VersionDraft(**fields)  # type: ignore[arg-type]


def make_manifest(**changed: object) -> RunManifest:
    ref = RecordRef(
        record_id="urn:uuid:1",
        segment="s.warc.gz",
        offset=1,
        length=2,
        block_sha256="ef" * 32,
        payload_sha256=None,
    )
    fields = {
        "form": FORM,
        "run_id": "20261124T120000Z-wp-00000000",
        "account": "wp",
        "platform": "wordpress",
        "address": "https://example/",
        "window": "full",
        "started_at": NOON,
        "ended_at": NOON + timedelta(seconds=3),
        "pages": 1,
        "items": 1,
        "walk": WalkState(
            cursor={"after": "x", "n": [1, None, {"deep": True}]},
            open=True,
            began=NOON,
            coverage=[{"kinds": ["post"], "thread": "", "since": None, "until": None}],
            done=1,
            total=None,
        ),
        "versions": [make_version()],
        "recoveries": [MediaRecovery(version_id=1 << 62, position=0, media=make_media())],
        "findings": [
            FindingDraft(
                family="post",
                platform_id="9",
                stage="suspected",
                presence="gone",
                evidence="unknown",
                statement="404",
                exchange="exchange-1",
                at=NOON,
                not_before=None,
                not_after=NOON,
            )
        ],
        "sightings": [Sighting(family="post", platform_id="17", at=NOON, metrics={"likes": 3})],
        "exchanges": [
            ExchangeRef(
                id="exchange-1",
                method="GET",
                url="https://example/",
                status=200,
                started_at=NOON,
                seconds=0.25,
                payload_sha256="12" * 32,
                payload_size=3,
                request=ref,
                response=replace(ref, payload_sha256="12" * 32),
            )
        ],
        "notes": ["a note"],
        **changed,
    }
    return RunManifest(**fields)  # type: ignore[arg-type]


def test_a_manifest_survives_its_own_text() -> None:
    manifest = make_manifest()
    assert from_json(to_json(manifest)) == manifest


@given(st.text(st.characters(codec=None), max_size=80))
def test_every_text_that_can_be_stored_survives(text: str) -> None:
    text = storable(text)
    manifest = make_manifest(
        versions=[make_version(words=text, title=text, media=(make_media(alt_text=text),))],
        notes=[text],
    )
    assert from_json(to_json(manifest)) == manifest


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_survives(moment: datetime) -> None:
    manifest = make_manifest(versions=[make_version(published_at=moment, not_before=moment)])
    assert from_json(to_json(manifest)) == manifest


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"nonsense", to_json(make_manifest())[:-10], b"\xff\xfe"]
)
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(EvidenceError, match="does not have the expected form"):
        from_json(text)


def test_the_form_of_a_newer_version_is_refused() -> None:
    body = json.loads(to_json(make_manifest()))
    body["form"] = FORM + 1
    with pytest.raises(EvidenceError, match="made by a newer version of Archiver"):
        from_json(json.dumps(body).encode())


def test_the_leaf_is_over_identity_state_and_media() -> None:
    leaf = make_version().leaf()
    assert leaf == make_version(words="others", captured_at=NOON).leaf()
    for changed in (
        {"family": "comment"},
        {"platform_id": "18"},
        {"version_key": "2"},
        {"digest": "00" * 32},
        {"media": ()},
        {"media": (make_media(sha256=""),)},
        {"media": (make_media(), make_media(key="photo-2"))},
    ):
        assert make_version(**changed).leaf() != leaf


def test_news_is_a_version_a_finding_or_a_recovered_file() -> None:
    empty = make_manifest(versions=[], findings=[], recoveries=[])
    assert not empty.has_news
    whole = make_manifest()
    for name in ("versions", "findings", "recoveries"):
        assert replace(empty, **{name: getattr(whole, name)}).has_news
