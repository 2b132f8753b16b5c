"""What the seam makes of faults during a change, whatever connector makes it."""

from __future__ import annotations

import pytest
import requests

from connectors.base import Account, Credentials
from connectors.errors import ConnectorError, Permanent, Transient, Unsettled
from connectors.registry import Guarded, connector_class
from connectors.removals import Removed
from connectors.writing import written
from tests.support.plain_http import PlainHttp
from tests.support.removal_scene import put_up, x_scene
from tests.support.x_stage import Switchboard


def test_a_change_that_finds_no_connection_was_not_made() -> None:
    session = PlainHttp().session()
    with pytest.raises(requests.ConnectionError), written("the change"):
        session.delete("http://127.0.0.1:1/2/tweets/1")
    with pytest.raises(Unsettled, match="the change was sent"), written("the change"):
        raise requests.ConnectionError("reset by peer")


def test_the_second_set_stands_in_for_the_first_only_in_removals() -> None:
    both = Credentials({"user": "a", "password": "b", "secret": "c", "remover_password": "d"})
    assert both.reading().names() == {"user", "password", "secret"}
    assert both.reading().get("password") == "b"
    removing = both.removing()
    assert removing.names() == {"user", "password", "secret"}
    assert [removing.get(n) for n in ("user", "password", "secret")] == ["a", "d", "c"]
    assert both.reading().removing().get("password") == "b"


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (requests.ConnectionError("reset by peer"), Unsettled),
        (requests.ReadTimeout("too slow"), Unsettled),
        (requests.ConnectTimeout("no way there"), Transient),
        (KeyError("id"), Unsettled),
        (Permanent("no"), Permanent),
    ],
)
def test_whatever_a_plug_in_raises_during_a_change_is_told_apart(
    board: Switchboard, raised: Exception, expected: type[ConnectorError]
) -> None:
    scene = put_up(board, x_scene())
    case, inner = scene.cases["own post"], connector_class("x")

    class PlugIn(inner):  # type: ignore[misc, valid-type]
        def remove(self, *_: object, **__: object) -> Removed:
            raise raised

    account = Account(slug="x", platform="x", address="@springfieldpd")
    made = PlugIn(account, PlainHttp(), Credentials(scene.credentials))
    with pytest.raises(expected) as caught:
        Guarded(made, removing=True).remove(case.target, case.removal)
    assert type(caught.value) is expected
