"""Sentences of the archive as a page says them: without the commands that a terminal would need.

What the desk says names a command as the remedy; at a page there is a button beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archiver.web.site import Site

_LEAD = (
    r",? then run|[;,] to try now,? run|[;.]? ?(?:After the annual review )?an approver runs"
    r"|[;.,]? ?see(?: the log of the service and)?|; its state is in|,? and look at|[;,] run"
)
_COMMAND = re.compile(rf"(?:{_LEAD})?:?\s*\(?\barchiver [a-z][^.;)]*\)?", re.IGNORECASE)
_PROGRAM = re.compile(r"\bArchiver [a-z]")


def without_commands(text: str) -> str:
    """The text as one or more whole sentences, commands and what leads to them cut out."""

    def cut(found: re.Match[str]) -> str:
        # "Archiver waits as the platform asks" is no command.
        return found.group() if _PROGRAM.search(found.group()) else ""

    plain = _COMMAND.sub(cut, text).strip(" ;,:")
    first = plain.partition(" ")[0]  # a name or an address stays as it is written
    return plain[:1].upper() + plain[1:] if first.isalpha() else plain


def sentences_of(site: Site) -> Callable[[object], str]:
    """How errors of this site are said: without secrets, without commands."""
    return lambda error: without_commands(site.archive.secrets.scrub_text(str(error)))
