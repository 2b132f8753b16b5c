"""Whose account it is: from a handle to its DID, and from the DID to the server that hosts it.

A handle can be given away; the DID stays for good. What a handle leads to counts only when the
DID's document names the handle in turn. DIDs of the methods plc and web are read, as the AT
Protocol knows no others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import requests

from connectors.base import Account
from connectors.bluesky.faults import statement_of
from connectors.bluesky.shapes import Json, objects, text, texts
from connectors.bluesky.xrpc import Server, origin_of, read
from connectors.errors import AccountGone, BadAnswer, Misconfigured, Permanent, Transient
from connectors.recorded_http import exchange_of

APPVIEW = "https://public.api.bsky.app"
PLC = "https://plc.directory"
_DID = re.compile(r"did:(?:plc:[a-z0-9]+|web:[A-Za-z0-9.-]+(?:%3A[0-9]+)?)")
_HANDLE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_PROFILE = re.compile(r"(?:https?://[^/]+/profile/|at://|@)")
_SERVICE = "AtprotoPersonalDataServer"


@dataclass(frozen=True, slots=True)
class Identity:
    """An account: its DID, the handle it claims now, and the origin of its server (PDS)."""

    did: str
    handle: str
    pds: str
    exchange: str


class Directory:
    """Answers who is who. Remembers what it was told while it lives."""

    def __init__(self, account: Account, session: requests.Session) -> None:
        self.address = _plain(account)
        self.appview = _origin(account, "appview", APPVIEW)
        self._plc = _origin(account, "plc", PLC)
        self._pds = _origin(account, "pds", "")
        self._session = session
        self._known: dict[str, Identity] = {}

    def own(self) -> Identity:
        """The account itself, by its address, asked anew.

        Raises: AccountGone when there is none, Misconfigured when the handle leads to an account
            that does not claim it.
        """
        if self.address.startswith("did:"):
            return self.of(self.address, own=True)
        found = self.of(self._resolved(), own=True)
        if found.handle != self.address:
            raise Misconfigured(
                f"@{self.address} leads to {found.did}, which calls itself "
                f"@{found.handle or 'nothing'}; if that is the account, set its address to the DID",
                exchange=found.exchange,
            )
        return found

    def of(self, did: str, *, own: bool = False) -> Identity:
        """The account with this DID; `own` lets the option `pds` name its server.

        Raises: AccountGone when the DID is not registered or was given up.
        """
        if did not in self._known:
            document, exchange = self._document(did)
            pds = (self._pds if own else "") or _server_in(document)
            if not pds:
                raise AccountGone(f"the document of {did} names no server", exchange=exchange)
            handles = [n.removeprefix("at://") for n in texts(document.get("alsoKnownAs"))]
            handle = next((h.lower() for h in handles if _HANDLE.fullmatch(h.lower())), "")
            self._known[did] = Identity(did, handle, pds, exchange)
        return self._known[did]

    def _resolved(self) -> str:
        server = Server(self._session, self._pds or self.appview)
        try:
            answer = server.ask("com.atproto.identity.resolveHandle", {"handle": self.address})
        except Permanent as error:
            raise AccountGone(
                f"@{self.address} leads to no account ({error}); if it was renamed, set its "
                "address anew",
                exchange=error.exchange,
            ) from error
        did = text(answer.body, "did")
        if not _DID.fullmatch(did):
            raise BadAnswer(f"@{self.address} leads to {did!r}", exchange=answer.exchange)
        return did

    def _document(self, did: str) -> tuple[Json, str]:
        if not _DID.fullmatch(did):
            raise Permanent(f"{did!r} is not a DID that Bluesky uses")
        response = self._session.get(self._place(did), headers={"Accept": "application/json"})
        exchange, where = exchange_of(response), f"the document of {did}"
        if response.status_code in {404, 410}:
            said = statement_of(response)
            raise AccountGone(
                f"{did} is not registered, or was given up ({said})", exchange=exchange
            )
        if response.status_code != 200:
            raise Transient(f"{where}: {statement_of(response)}", exchange=exchange)
        document = read(response, where).body
        if text(document, "id") != did:
            raise BadAnswer(f"{where} is about another account", exchange=exchange)
        return document, exchange

    def _place(self, did: str) -> str:
        if did.startswith("did:plc:"):
            return f"{self._plc}/{did}"
        host = unquote(did.removeprefix("did:web:"))
        scheme = "http" if host.partition(":")[0] == "localhost" else "https"
        return f"{scheme}://{host}/.well-known/did.json"


def _server_in(document: Json) -> str:
    for service in objects(document.get("service")):
        if text(service, "type") == _SERVICE and text(service, "id").endswith("#atproto_pds"):
            return origin_of(text(service, "serviceEndpoint"))
    return ""


def _plain(account: Account) -> str:
    """The handle or DID in whatever form people give it."""
    given = _PROFILE.sub("", account.address.strip(), count=1).partition("/")[0]
    plain = given if given.startswith("did:") else given.lower()
    if not (_DID.fullmatch(plain) or _HANDLE.fullmatch(plain)):
        raise Misconfigured(
            f'{account.slug}: "{account.address}" is neither a handle such as '
            "@police.springfield.gov nor a DID such as did:plc:abc"
        )
    return plain


def _origin(account: Account, option: str, default: str) -> str:
    given = account.option(option, default)
    found = origin_of(given) if given else ""
    if given and not found:
        raise Misconfigured(f'{account.slug}: the option {option} is "{given}", not an address')
    return found
