"""Generated requests, as the document says and against it: no server error, no answer that the
document does not know, no markup of a request in a page. FUZZ_REQUESTS sets how many."""

from __future__ import annotations

import logging
import os

import pytest

from archiver.desk.access import Role
from archiver.desk.requests import Intake
from tests.support.web import NAMES, Web
from tests.web.fuzz import fuzz_api, fuzz_pages
from tests.web.programs import program

log = logging.getLogger(__name__)
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "120"))
pytestmark = pytest.mark.timeout(60 + REQUESTS)


@pytest.fixture
def busy(web: Web) -> Web:
    """An archive in which there is something of each kind."""
    intake = Intake(requester="Ned", text="All of it", received_at=web.clock.now())
    number = web.archive.requests.open(intake, by=NAMES[Role.CLERK]).entry.number
    assert number == "2026-0001"
    hits = web.site.search.page("", size=20).hits
    pairs = [(each.record_id, each.version_id) for each in hits]
    web.site.review.sets.freeze(number, "", pairs, by=NAMES[Role.CLERK])
    program(web, Role.LEGAL).write("/holds", matter="x", scope={"accounts": ["spd-x"]})
    web.archive.retention.evaluate()
    return web


def test_the_interface_answers_as_its_document_says(busy: Web) -> None:
    found = fuzz_api(busy, program(busy, *Role).secret, requests=REQUESTS)
    log.info("the interface: %s", found)
    assert not found.wrong, "\n\n".join(f"{kind}\n{what}" for kind, what in found.wrong.items())
    assert found.sent >= REQUESTS
    assert len(found.statuses) >= 4


def test_the_pages_answer_whatever_is_asked(busy: Web) -> None:
    found = fuzz_pages(busy, requests=REQUESTS)
    log.info("the pages: %s", found)
    assert not found.wrong, "\n\n".join(f"{kind}\n{what}" for kind, what in found.wrong.items())
    assert found.sent >= REQUESTS
    assert len(found.statuses) >= 4
