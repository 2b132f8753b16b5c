"""Platforms with credentials for removals, and orders to delete and hide on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archiver.demo.simulators.base import Simulator
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.wordpress_world import User
from archiver.demo.simulators.x import XSimulator
from archiver.desk.deletion_checks import RemovalOrder
from archiver.desk.deletion_steps import Settled
from archiver.desk.hold_order import HoldOrder
from archiver.errors import RefusedError
from archiver.warc.reader import read_record
from connectors.removals import Removal
from retention.facts import Scope
from tests.support.archive import give_credentials
from tests.support.stage import Stage

LOU = "Officer Lou"
RULE = "unlawful"
READS = frozenset({"GET", "HEAD"})


def x_with_remover(on: Stage) -> XSimulator:
    """An X account with a second set of tokens that may change things."""
    x = on.x()
    give_credentials(on.archive, "spd-x", **remover_files(x.remover.as_files()))
    return x


def remover_files(given: Any) -> dict[str, str]:
    """The four tokens under the names of the set for removals."""
    return {f"remover_{name}": value for name, value in given.items() if name != "bearer_token"}


def page_with_remover(on: Stage) -> FacebookSimulator:
    """A Facebook Page with a second token that may change things."""
    page = on.facebook()
    give_credentials(on.archive, "fb", remover_page_token=page.remover_token)
    return page


def site_with_remover(on: Stage) -> WordPressSimulator:
    """A WordPress site with a second Editor for removals."""
    site = on.wordpress()
    site.users["web"] = User(7, "web", "Web team", "editor", "wxyz WXYZ stuv STUV")
    give_credentials(
        on.archive, "wp", remover_user="web", remover_application_password="wxyz WXYZ stuv STUV"
    )
    return site


def order(on: Stage, thing: object, removal: Removal, **changed: str) -> RemovalOrder:
    """An order about the record with this platform id."""
    family = changed.pop("family", "post")
    fields: dict[str, Any] = {"actor": LOU, "reason": "posted by mistake", **changed}
    number = on.record(str(thing), family).id
    return RemovalOrder(wanted=f"#{number}", removal=removal, **fields)


def delete(on: Stage, thing: object, **changed: str) -> Settled:
    """Delete the thing on its platform, as Officer Lou."""
    return on.archive.deletions.carry_out(order(on, thing, Removal.DELETE, **changed))


def hide(on: Stage, thing: object, **changed: str) -> Settled:
    """Hide a comment on its platform, with the rule that it breaks."""
    fields = {"family": "comment", "reason": "a threat", "rule": RULE, **changed}
    return on.archive.deletions.carry_out(order(on, thing, Removal.HIDE, **fields))


def refused(act: Callable[[], object]) -> str:
    """The words of the refusal that this must meet."""
    with pytest.raises(RefusedError) as caught:
        act()
    assert caught.value.exit_code == 3
    return str(caught.value)


def writes(platform: Simulator) -> list[str]:
    """The requests that would change the platform."""
    return [f"{seen.method} {seen.path}" for seen in platform.seen if seen.method not in READS]


def taken(on: Stage) -> list[str]:
    """The steps of all requests, as taken."""
    return [row.step for row in on.rows("SELECT step FROM removals ORDER BY id")]


def told(on: Stage) -> list[str]:
    """What the ledger says about removals, in order."""
    return [
        row.kind
        for row in on.rows("SELECT kind FROM ledger WHERE kind LIKE 'removal%' ORDER BY seq")
    ]


def assert_kept(on: Stage, method: str) -> None:
    """The exchange that changed the platform is in the vault, in a run of its own."""
    [row] = on.rows(
        "SELECT e.*, r.window AS purpose FROM exchanges e JOIN runs r ON r.id = e.run_id "
        "WHERE e.method = :method",
        method=method,
    )
    assert row.purpose == "removal"
    path = on.archive.vault.path(row.segment)
    request = read_record(path, row.request_offset, row.request_length)
    assert request.block.startswith(method.encode())
    done = on.rows("SELECT exchange_id FROM removals WHERE step = 'done'")
    assert [each.exchange_id for each in done] == [row.id]
    assert on.rows("SELECT * FROM cursors WHERE window = 'removal'") == []
    on.assert_verifies()


def hold(on: Stage, record: int) -> str:
    """Place a hold on one record; returns its name."""
    placed = on.archive.holds.place(
        HoldOrder(
            matter="Smith v. Springfield",
            issuer="City Attorney",
            scope=Scope(picks=frozenset({record})),
        )
    )
    return placed.entry.name
