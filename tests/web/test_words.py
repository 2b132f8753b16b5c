"""Every word of the pages is there in every language, with the same places to fill in."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from archiver.desk.access import Role
from archiver.web.words import LANGUAGES
from tests.support.messages import translated, wanted
from tests.support.web import Web, plain

OTHERS = sorted(set(LANGUAGES) - {"en"})


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]", text))


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_untranslated(language: str) -> None:
    held = translated(language)
    missing = []
    for message in wanted():
        if not message.id:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        there = held.get(key)
        if there is None or not all(_forms(there)):
            missing.append(key)
    assert missing == [], "run: python -m tests.support.messages, and translate what is empty"


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_the_same_places(language: str) -> None:
    wrong = []
    for message in translated(language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        allowed = set().union(*(_places(each) for each in ids))
        wrong += [form for form in _forms(message) if not _places(form) <= allowed]
    assert wrong == []


def test_the_page_speaks_the_language_that_browser_or_person_asks_for(web: Web) -> None:
    client = web.as_()
    spanish = client.http.get("/sign-in", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    assert '<html lang="es">' in spanish.text
    assert "Iniciar sesión" in plain(spanish.text)
    clerk = web.as_(Role.CLERK)
    clerk.done("/own/language", language="es")
    assert "Mi configuración" in clerk.page("/own")
    clerk.done("/own/language", language="")
    assert "My settings" in clerk.page("/own")
