"""The plain text of a version: what a reviewer reads, marks spans in, and the public gets."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from archiver.capture.normalise import plain, storable
from connectors.base import Markup


def plain_text(state: Mapping[str, Any]) -> str:
    """The text of a canonical form, without markup; alternative texts are not part of it.
    Empty for a destroyed version, whose form is empty."""
    text = str(state.get("text", ""))
    if state.get("markup") == Markup.HTML.value:
        text = plain(text)
    return storable(unicodedata.normalize("NFC", text))
