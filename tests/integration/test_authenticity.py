"""The certificate of authenticity says what was verified, what was not, and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest

from archiver.export import authenticity
from archiver.export.authenticity import Facts, Stamped
from archiver.export.base import CaptureDay, Production, Reread
from tests.support.clock import NOON
from tests.support.package import stage

FACTS = Facts(
    counts={"items": 12, "release": 7, "redact": 3, "withhold": 2},
    checkpoint_seq=77,
    checkpoint_root="ab" * 32,
    stamps=(Stamped(authority="https://time.example", at=NOON),),
    missing=(),
    signer=("CN=Springfield Police", "cd" * 32),
    checked=Reread(
        at=NOON - timedelta(hours=1),
        items=10,
        exchanges=5,
        records=10,
        files=3,
        unread=0,
        originals=4,
    ),
    tools={"Archiver": "1.2.3", "OpenSSL": "3.0.19"},
)


@pytest.fixture
def production(tmp_path: Path) -> Production:
    made, _ = stage(tmp_path)
    days = (
        CaptureDay(account="spd-x", day="2026-11-23", runs=96, failed=1, new_versions=3),
        CaptureDay(
            account="spd-x", day="2026-11-24", runs=50, failed=0, new_versions=1, gaps=("outage",)
        ),
    )
    return replace(made, capture_log=days)


def said(production: Production, facts: Facts) -> str:
    return "\n".join(authenticity.content(production, facts)["statements"])


def test_it_is_filled_from_the_facts(production: Production) -> None:
    text = said(production, FACTS)
    assert "It covers 12 items: 7 released whole, 3 released with redactions, 2 withheld" in text
    assert "from 2026-11-23 to 2026-11-24 has 146 runs, of which 1 failed, and 1 gaps" in text
    assert "exchanges that 10 released items were read from were read from the archive" in text
    assert "5 exchanges in 10 WARC records; and so were 3 media files" in text
    assert "On 2026-11-24 11:00:00 UTC the SHA-256 hash of each" in text
    assert "The archive as a whole was not verified on this occasion" in text
    assert "holds no exchange" not in text
    assert "does NOT prove" not in text
    assert "The ledger's first 77 lines, among them those of all items of this production" in text
    assert f"have the hash tree root {'ab' * 32}" in text
    assert "by the time-stamping authority https://time.example on 2026-11-24 12:00:00 UTC" in text
    assert "certificate of CN=Springfield Police" in text
    assert "with: Archiver 1.2.3, OpenSSL 3.0.19." in text


def test_it_claims_nothing_that_was_not_verified(production: Production) -> None:
    bare = replace(
        FACTS, stamps=(), missing=("https://time.example",), signer=("", ""), checked=None
    )
    text = said(replace(production, capture_log=()), bare)
    assert "THIS PACKAGE IS NOT SIGNED" in text
    assert "The evidence behind the released items was not read again" in text
    assert "No time-stamping authority has confirmed" in text
    assert "No time stamp of https://time.example could be had" in text
    assert "This package has no log of captures" in text
    for claim in ("hash of each had been", "is signed with", "the stamp was verified"):
        assert claim not in text
    assert FACTS.checked is not None
    unread = said(production, replace(FACTS, checked=replace(FACTS.checked, unread=2)))
    assert "Of 2 items the archive holds no exchange." in unread
    unproved = said(production, replace(FACTS, counts={**FACTS.counts, "unproved": 3}))
    assert (
        "Of 3 of these items the package does NOT prove that they stood in the ledger" in unproved
    )
    assert "those of all items of this production that have a place in proof/" in unproved


def test_it_has_the_form_of_the_statute_and_names_the_rules(production: Production) -> None:
    made = authenticity.content(production, FACTS)
    assert [each["rule"] for each in made["rules"]] == [
        "Federal Rule of Evidence 902(13)", "Federal Rule of Evidence 902(14)",
        "Federal Rule of Evidence 902(11)", "28 U.S.C. 1746",
    ]  # fmt: skip
    assert made["declaration"] == (
        "I declare under penalty of perjury that the foregoing is true and correct."
    )
    assert authenticity.declaration(within_the_united_states=False) == (
        "I declare under penalty of perjury under the laws of the United States of America that "
        "the foregoing is true and correct."
    )


# WeasyPrint leaves the file of its colour profile open.
@pytest.mark.filterwarnings("ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning")
def test_the_files_say_the_same_and_are_the_same_each_time(
    production: Production, tmp_path: Path
) -> None:
    odd = replace(production, agency='Springfield <b>"Police"</b>')
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        authenticity.write(odd, folder, facts=FACTS)
    names = sorted(path.name for path in first.iterdir())
    assert names == [f"certificate-of-authenticity.{end}" for end in ("html", "json", "pdf")]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    page = (first / names[0]).read_text()
    assert "Springfield &lt;b&gt;&quot;Police&quot;&lt;/b&gt;" in page
    assert "Executed on (date):" in page
    assert "Signature:" in page
    assert json.loads((first / names[1]).read_text())["agency"] == odd.agency
    with pikepdf.open(first / names[2]) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata.pdfa_status == "3B"
        assert "/OutputIntents" in pdf.Root
        assert str(pdf.docinfo["/Title"]).startswith("Certificate of authenticity")
