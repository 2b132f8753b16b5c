"""What the seam itself promises."""

from __future__ import annotations

import pickle

import pytest
import requests

from connectors.base import Credentials, CredentialSpec, Kind, family
from connectors.recorded_http import exchange_of

LOGIN = CredentialSpec(name="user", meaning="a login", secret=False)
PASSWORD = CredentialSpec(name="password", meaning="a password")


def test_a_login_name_is_not_masked_but_undeclared_values_are() -> None:
    given = Credentials({"user": "records", "password": "hunter2hunter2", "other": "surprise"})
    assert given.secrets([LOGIN, PASSWORD]) == ("hunter2hunter2", "surprise")


def test_credentials_neither_print_nor_serialise_their_values() -> None:
    given = Credentials({"password": "hunter2hunter2"})
    assert "hunter2" not in f"{given!r} {given}"
    with pytest.raises(TypeError):
        pickle.dumps(given)


def test_an_empty_credential_counts_as_not_given() -> None:
    assert Credentials({"password": ""}).names() == frozenset()


def test_every_kind_has_a_family() -> None:
    assert {family(kind) for kind in Kind} == {
        "post", "story", "comment", "message", "media", "profile",
    }  # fmt: skip


def test_a_response_from_elsewhere_has_no_exchange() -> None:
    with pytest.raises(LookupError):
        exchange_of(requests.Response())
