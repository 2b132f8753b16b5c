"""The canonical form: one spelling for one state, and nothing in it that changes by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.normalise import (
    canonical,
    digest_of,
    draft,
    native_json,
    plain,
    read,
    storable,
    words,
)
from connectors.base import Author, Item, Kind, Markup, MediaRef, Stamp, Visibility

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ANY = st.text(st.characters(codec=None), max_size=60)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=8,
)


def make_item(**changed: object) -> Item:
    fields = {
        "kind": Kind.POST,
        "id": "17",
        "exchange": "x",
        "native": {"id": "17"},
        "author": Author("501", "spd", "Springfield Police"),
        "title": "Road",
        "text": "Road closed",
        "language": "en",
        "thread_id": "17",
        "published": Stamp("2026-11-24T12:00:00Z", NOON),
        "permalink": "https://example/17",
        "media": (MediaRef(key="m1", url="https://cdn.example/1?sig=a", alt_text="A road"),),
        "metrics": {"likes": 1},
        "extra": {"tags": ["a", "b"]},
        **changed,
    }
    return Item(**fields)  # type: ignore[arg-type]


def digest(item: Item) -> str:
    return digest_of(canonical(item))


MEDIA = MediaRef(key="m1", url="https://cdn.example/1?sig=a", alt_text="A road")


@pytest.mark.parametrize(
    "changed",
    [
        {"metrics": {"likes": 2}},
        {"author": Author("501", "spd2", "SPD")},
        {"permalink": "https://example/new/17"},
        {"edited": Stamp("x", NOON)},
        {"native": {"id": "17", "likes": 2}},
        {"exchange": "y"},
        {"media": (replace(MEDIA, url="https://cdn.example/1?sig=b", size=7, mime="image/png"),)},
        {"published": Stamp("12:00 noon", NOON.astimezone(timezone(timedelta(hours=-6))))},
        {"version_key": "2"},
        {"superseded": True},
    ],
)
def test_what_changes_by_itself_makes_no_version(changed: dict[str, object]) -> None:
    assert digest(make_item(**changed)) == digest(make_item())


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Road open"},
        {"title": "Roads"},
        {"language": "es"},
        {"markup": Markup.HTML},
        {"kind": Kind.REPOST},
        {"visibility": Visibility.HIDDEN},
        {"author": Author("502")},
        {"parent_id": "1"},
        {"thread_id": "1"},
        {"published": Stamp("", NOON + timedelta(microseconds=1))},
        {"published": None},
        {"media": ()},
        {"media": (replace(MEDIA, alt_text="Another road"),)},
        {"media": (replace(MEDIA, key="m2"),)},
        {"media": (replace(MEDIA, change_token="2"),)},
        {"media": (MEDIA, replace(MEDIA, key="m2"))},
        {"extra": {"tags": ["b", "a"]}},
    ],
)
def test_what_a_thing_says_and_is_makes_a_version(changed: dict[str, object]) -> None:
    assert digest(make_item(**changed)) != digest(make_item())


@given(ANY, ANY, st.dictionaries(ANY, JSON, max_size=4))
def test_every_text_has_exactly_one_spelling(
    text: str, title: str, extra: dict[str, object]
) -> None:
    item = make_item(text=text, title=title, extra=extra)
    backwards = make_item(text=text, title=title, extra=dict(reversed(extra.items())))
    form = canonical(item)
    assert form.isascii()
    assert canonical(backwards) == form
    held = json.loads(form)
    assert (held["text"], held["title"], held["extra"]) == (text, title, extra)
    assert json.dumps(held, sort_keys=True, separators=(",", ":")) == form


@given(ANY, ANY)
def test_different_texts_have_different_digests(one: str, other: str) -> None:
    same = digest(make_item(text=one)) == digest(make_item(text=other))
    assert same == (one == other)


def test_precomposed_and_combined_letters_are_different_states() -> None:
    """What the platform sent is kept as it was; only the search words are made alike."""
    one, other = make_item(text="caf\u00e9"), make_item(text="cafe\u0301")
    assert digest(one) != digest(other)
    assert words(one) == words(other)


# -- what goes into the database --------------------------------------------------------------


@given(ANY)
def test_a_storable_text_fits_every_database(text: str) -> None:
    stored = storable(text)
    stored.encode("utf-8")
    assert "\0" not in stored
    assert len(stored) == len(text)
    assert storable(stored) == stored


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_an_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert storable(text) == text


@given(JSON)
def test_the_platforms_own_json_is_kept_exactly(value: object) -> None:
    text = native_json(make_item(native={"value": value}))
    text.encode("utf-8")
    assert "\0" not in text
    assert json.loads(text) == {"value": value}


@given(ANY)
def test_a_draft_of_any_text_can_be_stored(text: str) -> None:
    item = make_item(
        text=text, title=text, id=text, parent_id=text, version_key=text, permalink=text,
        language=text, author=Author(text, text, text),
        media=(MediaRef(key=text, url=text, alt_text=text),),
    )  # fmt: skip
    made = draft(read(item, seen_at=NOON), not_before=None, not_after=NOON)
    for name in type(made).__dataclass_fields__:
        value = getattr(made, name)
        if isinstance(value, str):
            value.encode("utf-8")
            assert "\0" not in value, name


def test_a_credential_echoed_by_the_platform_is_masked_before_the_digest() -> None:
    item = make_item(text="key s3cret", native={"text": "key s3cret"}, permalink="https://x/s3cret")
    reading = read(item, seen_at=NOON, scrub=lambda text: text.replace("s3cret", "******"))
    made = draft(reading, not_before=None, not_after=NOON)
    assert "s3cret" not in repr(made)
    assert digest_of(made.canonical) == made.digest


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Road</p><p>closed</p>", "Road closed"),
        ("Road<br>closed", "Road closed"),
        ("<p>un<b>break</b>able</p>", "unbreakable"),
        ("Tom &amp; Jerry &#8211; caf&eacute;", "Tom & Jerry – café"),
        ('<img src="x" alt="A scene">', "A scene"),
        ("<script>var x = 'closed';</script>open", "open"),
        ("<style>p { color: red }</style><template>no</template>yes", "yes"),
        ("a < b and c > d", "a < b and c > d"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("<!-- not this -->this", "this"),
        ("", ""),
    ],
)
def test_the_words_of_html(html: str, expected: str) -> None:
    assert plain(html) == expected


@given(ANY)
def test_no_html_however_broken_stops_the_reader(html: str) -> None:
    plain(html)
    plain(f"<p {html}<script>{html}")


def test_alternative_texts_are_searched_too() -> None:
    assert words(make_item()) == "Road closed\nA road"
    assert words(make_item(text="<p>Road</p>", markup=Markup.HTML)) == "Road\nA road"
