"""Setting up a Facebook account: addresses, options, and what `accounts test` tells."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_world import PAGE_ID
from connectors.base import Account, Credentials
from connectors.errors import Misconfigured
from connectors.facebook.page import page_of
from connectors.registry import connect
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.facebook.stage import connector

JSON = {"Content-Type": "application/json; charset=UTF-8"}


# Settings


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("742001", "742001"),
        (" SpringfieldPD ", "SpringfieldPD"),
        ("https://www.facebook.com/SpringfieldPD", "SpringfieldPD"),
        ("https://www.facebook.com/SpringfieldPD/?ref=page", "SpringfieldPD"),
        ("facebook.com/SpringfieldPD/", "SpringfieldPD"),
        ("https://www.facebook.com/profile.php?id=61550001", "61550001"),
        ("https://www.facebook.com/people/Springfield-Police/61550001/", "61550001"),
        ("https://www.facebook.com/Springfield-Police-742001001", "742001001"),
    ],
)
def test_the_page_is_found_in_its_address(address: str, page: str) -> None:
    assert page_of(address) == page


@pytest.mark.parametrize("address", ["", "https://www.facebook.com/", "Springfield Police"])
def test_an_address_without_a_page_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="names no Facebook Page"):
        page_of(address)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("version", "26"),
        ("tagged", "maybe"),
        ("visitor_posts", "1"),
        ("posts_at_once", "0"),
        ("posts_at_once", "101"),
        ("posts_at_once", "many"),
    ],
)
def test_a_wrong_option_is_refused_by_name(
    facebook: FacebookSimulator, option: str, value: str
) -> None:
    with pytest.raises(Misconfigured, match=option):
        connector(facebook, None, **{option: value})


def test_the_registry_knows_the_connector_and_asks_for_its_token(
    facebook: FacebookSimulator,
) -> None:
    account = Account(
        slug="spd", platform="facebook", address=PAGE_ID, options={"api": facebook.url}
    )
    with pytest.raises(Misconfigured, match="page_token"):
        connect(account, PlainHttp(), Credentials({}))
    made = connect(account, PlainHttp(), Credentials({"page_token": facebook.token}))
    assert made.check().ok


def test_the_library_is_imported_even_where_warnings_are_errors(tmp_path: Path) -> None:
    lines = "import requests, warnings; warnings.simplefilter('error'); import connectors.facebook"
    run = subprocess.run(
        [sys.executable, "-X", f"pycache_prefix={tmp_path}", "-c", lines],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


# Check


def test_check_names_the_page_and_what_the_token_allows(facebook: FacebookSimulator) -> None:
    check = connector(facebook).check()
    assert check.ok
    assert check.identity == (
        f"Springfield Police Department ({PAGE_ID}) https://www.facebook.com/SpringfieldPD"
    )
    assert check.expires is None
    assert check.statements == (
        "The token does not expire, until it is revoked or the password is changed.",
    )


def test_check_tells_when_the_token_ends_and_what_is_missing(facebook: FacebookSimulator) -> None:
    facebook.expires_at = int(datetime(2027, 1, 15, 9, 30, tzinfo=UTC).timestamp())
    facebook.scopes -= {"pages_read_user_content", "pages_manage_metadata"}
    check = connector(facebook).check()
    assert not check.ok
    assert check.expires == datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
    assert check.statements == (
        "Permission pages_read_user_content is missing: visitors' posts and comments cannot be "
        "read.",
        "Permission pages_manage_metadata is missing: Facebook cannot announce changes by "
        "webhook; polling still works.",
        "The token ends on 2027-01-15 09:30 UTC; make a new one before.",
    )


def test_check_tells_that_facebook_answers_with_another_version(
    facebook: FacebookSimulator,
) -> None:
    facebook.answered_version = "v27.0"
    (first, *_) = connector(facebook).check().statements
    assert "v27.0 instead of v26.0" in first


def test_check_passes_when_facebook_does_not_describe_the_token(
    facebook: FacebookSimulator,
) -> None:
    body = {"error": {"message": "You must be a developer", "type": "X", "code": 100}}
    facebook.plan("debug_token", Fault(status=400, headers=JSON, body=json.dumps(body)))
    check = connector(facebook).check()
    assert check.ok
    assert "does not tell what the token allows" in check.statements[0]


def test_check_sees_a_token_of_another_page(facebook: FacebookSimulator) -> None:
    body = {"data": {"is_valid": True, "type": "PAGE", "profile_id": "1", "scopes": []}}
    facebook.plan("debug_token", Fault(status=200, headers=JSON, body=json.dumps(body)))
    check = connector(facebook).check()
    assert not check.ok
    assert "The token belongs to the Page 1, not 742001." in check.statements


def test_check_sees_a_token_that_is_no_page_token_and_no_longer_valid(
    facebook: FacebookSimulator,
) -> None:
    facebook.page.profile["is_published"] = False
    data = {"is_valid": False, "type": "USER", "error": {"message": "Logged out"}}
    facebook.plan("debug_token", Fault(status=200, headers=JSON, body=json.dumps({"data": data})))
    check = connector(facebook).check()
    assert not check.ok
    assert check.statements[:3] == (
        "The Page is not published: only people with a role on it see it.",
        "The token is not valid: Logged out",
        "The token is a user token; a Page token shows more, above all who wrote a comment.",
    )


def test_check_answers_no_when_the_token_is_refused(facebook: FacebookSimulator) -> None:
    facebook.expire_token()
    check = connector(facebook).check()
    assert not check.ok
    assert "expired" in check.statements[0]


def test_check_answers_no_when_the_page_is_out_of_sight(facebook: FacebookSimulator) -> None:
    facebook.unseen.add(PAGE_ID)
    check = connector(facebook).check()
    assert not check.ok
    assert "gives one answer for all" in check.statements[0]
