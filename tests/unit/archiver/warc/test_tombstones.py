"""The manifest after a disposition: no word of what went, and every proof still holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from archiver.ledger import merkle
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
from archiver.warc.tombstones import leaf_of, tombstoned_manifest

AT = datetime(2026, 11, 3, 14, 2, 10, 123456, tzinfo=UTC)
CANARY = "quebracho-4711"


def media(word: str) -> MediaDraft:
    return MediaDraft(
        key=f"https://cdn.example/{word}.jpg",
        url=f"https://cdn.example/{word}.jpg?sig=1",
        kind="image",
        alt_text=word,
        token=word,
        status="held",
        sha256="ab" * 32,
        size=12,
        mime="image/jpeg",
        etag=word,
        exchange="e2",
    )


def version(platform_id: str, word: str, family: str = "post") -> VersionDraft:
    return VersionDraft(
        family=family,
        platform_id=platform_id,
        kind="post",
        parent_id=word,
        thread_id=word,
        author_id=word,
        author_handle=word,
        author_name=word,
        permalink=f"https://city.example/{word}",
        published_at=AT,
        digest=platform_id * 8,
        version_key="rev-1",
        superseded=True,
        edited_at=None,
        not_before=AT,
        not_after=AT,
        captured_at=AT,
        visibility="public",
        language="en",
        title=word,
        words=word,
        canonical=word,
        native=f'{{"text": "{word}"}}',
        exchange="e1",
        media=(media(word), replace(media(word), sha256="")),
    )


def ref(record_id: str) -> RecordRef:
    return RecordRef(
        record_id=record_id, segment="old", offset=1, length=2, block_sha256="c", payload_sha256="d"
    )


def exchange(name: str, *, stored: bool = True) -> ExchangeRef:
    return ExchangeRef(
        id=name,
        method="GET",
        url=f"https://city.example/{CANARY if name == 'e2' else name}",
        status=200,
        started_at=AT,
        seconds=0.123456789,
        payload_sha256="e",
        payload_size=5,
        request=ref(f"{name}-request") if stored else None,
        response=ref(f"{name}-response") if stored else None,
    )


def manifest() -> RunManifest:
    finding = FindingDraft(
        family="post",
        platform_id="1",
        stage="confirmed",
        presence="absent",
        evidence="platform",
        statement=CANARY,
        exchange="e1",
        at=AT,
        not_before=None,
        not_after=AT,
    )
    return RunManifest(
        form=FORM,
        run_id="run",
        account="police",
        platform="feeds",
        address="https://city.example/feed",
        window="",
        started_at=AT,
        ended_at=AT,
        pages=1,
        items=3,
        walk=WalkState(cursor={"a": 1}, open=False, began=AT, coverage=[]),
        versions=[version("1", CANARY), version("2", "st\u00e4ys"), version("1", "other", "page")],
        recoveries=[
            MediaRecovery(version_id=7, position=0, media=media(CANARY)),
            MediaRecovery(version_id=8, position=0, media=media("stays")),
        ],
        findings=[finding, replace(finding, platform_id="2", statement="stays")],
        sightings=[
            Sighting(family="post", platform_id="1", at=AT, metrics={"likes": 3}),
            Sighting(family="post", platform_id="2", at=AT, metrics={"likes": 4}),
        ],
        exchanges=[exchange("e1"), exchange("e2"), exchange("e3", stored=False)],
    )


def cut(text: bytes, **more: Any) -> bytes:
    return tombstoned_manifest(text, {("post", "1")}, batch="B-7", recovered={7}, **more)


def test_no_word_of_a_disposed_version_is_left_and_the_rest_is_as_it_was() -> None:
    before = manifest()
    text = cut(to_json(before), moved={})
    assert CANARY.encode() not in text
    after = from_json(text)
    assert after.versions[1:] == before.versions[1:]
    assert after.findings[1:] == before.findings[1:]
    assert after.sightings[1:] == before.sightings[1:]
    assert after.recoveries[1:] == before.recoveries[1:]
    assert (after.walk, after.notes, after.run_id) == (before.walk, [], "run")
    assert after.exchanges[2] == before.exchanges[2]


def test_a_tombstone_keeps_identity_dates_digest_and_leaf() -> None:
    before = manifest()
    text = cut(to_json(before))
    after, old = from_json(text).versions[0], before.versions[0]
    for name in ("family", "platform_id", "digest", "version_key", "superseded", "captured_at"):
        assert getattr(after, name) == getattr(old, name)
    assert (after.published_at, after.words, after.canonical, after.native) == (AT, "", "", "")
    assert after.media == ()
    told = orjson.loads(text)["versions"]
    assert told[0]["disposed_by"] == "B-7"
    leaves = sorted(leaf_of(each) for each in told)
    assert merkle.root(leaves) == merkle.root(sorted(each.leaf() for each in before.versions))


def test_a_second_disposition_leaves_the_first_ones_tombstones_alone() -> None:
    once = orjson.loads(cut(to_json(manifest())))
    twice = orjson.loads(
        tombstoned_manifest(orjson.dumps(once), {("post", "1"), ("post", "2")}, batch="B-8")
    )
    assert twice["versions"][0] == once["versions"][0]
    assert twice["versions"][1]["disposed_by"] == "B-8"


def test_exchanges_follow_their_records_and_lose_their_address_with_the_last_one() -> None:
    new = replace(ref("e1-response"), record_id="new", segment="fresh", offset=99)
    after = from_json(cut(to_json(manifest()), moved={"e1-response": new}))
    assert (after.exchanges[0].request, after.exchanges[0].response) == (None, new)
    assert after.exchanges[0].url == "https://city.example/e1"
    assert (after.exchanges[1].request, after.exchanges[1].response) == (None, None)
    assert after.exchanges[1].url == ""
    assert after.exchanges[0].seconds == 0.123456789
