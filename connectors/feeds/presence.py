"""Is an entry still there? Its page is asked, because a feed forgets what is old.

A page that is there is no proof for everything: a redirect to the home page or to a login
is no answer, and an entry that is only a place in a page (`#comment-7`) is looked for there.
A site that shows "not found" with status 200 cannot be told from one that has the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.errors import ConnectorError, RateLimited, Transient, UsageCapped
from connectors.feeds.fetch import Answer, Fetcher, refuse
from connectors.feeds.items import Identities
from connectors.feeds.media import anchors

_LOGIN = re.compile(
    r"(?i)(wp-login\.php|(^|/)(log-?in|sign-?in|auth|sso|cas|saml2?|oauth2?|account/login|"
    r"accounts/login|user/login|session/new)(/|\.\w+)?$)"
)

_PASSING = frozenset({408, 421, 425, 429})  # about this request or moment, not about the page


class Lookup:
    """Answers for the targets of one call."""

    def __init__(self, address: str, fetcher: Fetcher) -> None:
        self._address = address
        self._fetcher = fetcher
        self._listed: tuple[Answer, frozenset[str]] | None = None

    def findings(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """One finding per target that could be asked.

        Raises: RateLimited at once; after all others were asked, Transient for those
            whose site did not answer.
        """
        failed: list[ConnectorError] = []
        for target in targets:
            try:
                yield self._finding(target)
            except (RateLimited, UsageCapped):
                raise
            except ConnectorError as error:
                failed.append(error)
        if failed:
            raise Transient(
                f"{len(failed)} of {len(targets)} entries could not be asked for; the first: "
                f"{failed[0]}",
                exchange=failed[0].exchange,
            ) from failed[0]

    def _finding(self, target: Target) -> Finding:
        address = self._address if target.kind is Kind.PROFILE else target.permalink
        if not address or _is_home(address):
            return self._in_feed(target)
        answer = self._fetcher.get(address, {"Accept": "text/html, */*;q=0.8"})
        status = answer.status
        words = f"{status} {answer.response.reason or ''}".strip()
        if status == 410:
            return _found(target, Presence.GONE, answer, Evidence.PLATFORM, "410 Gone")
        if status == 404:
            return _found(target, Presence.GONE, answer, Evidence.UNKNOWN, words)
        if status in {401, 403}:
            return _found(target, Presence.UNREACHABLE, answer, Evidence.PERMISSION_LOST, words)
        if status == 451:
            return _found(target, Presence.WITHHELD, answer, Evidence.WITHHELD, words)
        if 400 <= status < 500 and status not in _PASSING:
            return _found(target, Presence.UNREACHABLE, answer, Evidence.UNKNOWN, words)
        if status != 200:
            raise refuse(answer)
        if target.kind is Kind.PROFILE:
            return _found(target, Presence.PRESENT, answer)
        return _of_page(target, address, answer)

    def _in_feed(self, target: Target) -> Finding:
        """An entry without a page of its own (some feeds link only to the home page):
        present as long as the feed lists it."""
        if self._listed is None:
            answer = self._fetcher.get(self._address)
            if answer.status != 200:
                raise refuse(answer)
            ids = Identities(()).of(self._fetcher.feed(answer))
            self._listed = (answer, frozenset(ids))
        answer, listed = self._listed
        if target.id in listed:
            return _found(target, Presence.PRESENT, answer)
        words = "the feed does not list it now, and it has no page of its own"
        return _found(target, Presence.UNREACHABLE, answer, Evidence.UNKNOWN, words)


def _is_home(address: str) -> bool:
    """The home page is always there; it says nothing about an entry."""
    parts = urlsplit(address)
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def _of_page(target: Target, address: str, answer: Answer) -> Finding:
    asked, reached = urlsplit(address), urlsplit(answer.response.url)
    if answer.response.history and (_is_home(answer.response.url) or _LOGIN.search(reached.path)):
        words = f"redirected to {reached.scheme}://{reached.netloc}{reached.path}"
        return _found(target, Presence.UNREACHABLE, answer, Evidence.UNKNOWN, words)
    if asked.fragment:
        names = anchors(answer.response.text)
        if not {asked.fragment, unquote(asked.fragment)} & names:
            words = f"the page answers, but has no place #{asked.fragment}"
            return _found(target, Presence.UNREACHABLE, answer, Evidence.UNKNOWN, words)
    return _found(target, Presence.PRESENT, answer)


def _found(
    target: Target,
    presence: Presence,
    answer: Answer,
    evidence: Evidence | None = None,
    statement: str = "",
) -> Finding:
    return Finding(
        target=target,
        presence=presence,
        exchange=answer.exchange,
        evidence=evidence,
        statement=statement,
    )
