"""The agency's own sign-in: OpenID Connect, by authorization code with PKCE.

Who comes back is let in only if the answer belongs to a visit that this browser began (state), was
not used yet, and carries an ID token that the provider signed for this archive and this visit
(signature, issuer, audience, end, nonce). The person must have been invited: at the first sign-in
the login decides, and the provider's own name for them (the subject) is kept; from then on the
subject decides, and another subject with the same login is refused.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from requests import RequestException

from archiver.clock import Clock
from archiver.credentials import CredentialStore
from archiver.desk.people import LOGGED, PersonState
from archiver.desk.secret_box import OWNER, SecretBox
from archiver.desk.sign_in import SignIn, SignInRefusedError
from archiver.errors import StoreError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, people
from archiver.model.queries.people import Person
from archiver.outbound import permitted
from archiver.secrets import Secrets
from config.settings_web import OpenId

SECRET = "oidc-secret"  # noqa: S105 - the name of a credential
LASTS = timedelta(minutes=10)  # from leaving to coming back
WAIT = 10.0  # seconds for an answer of the provider
LEEWAY = 60  # seconds that two clocks may differ
# Signatures that only the provider can make: none by a shared secret, and never "none".
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_BASIC, _POST = "client_secret_basic", "client_secret_post"
_AGAIN = (
    "this sign-in does not belong to this browser, was used already or took too long; begin it "
    "again"
)
_DOWN = (
    "the agency's sign-in does not answer as it should; try again in a few minutes, or sign in "
    "with your password"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A visit to the provider that is under way. `at` is aware UTC, as ISO text."""

    state: str
    nonce: str
    verifier: str
    following: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where the browser goes, and what it keeps until it comes back (encrypted)."""

    address: str
    ticket: str


class AgencySignIn:
    """The use cases. One for each process: it remembers which tickets were used."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: OpenId,
        sign_in: SignIn,
        *,
        box: SecretBox,
        credentials: CredentialStore,
        secrets: Secrets,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._sign_in = sign_in
        self._box = box
        self._credentials = credentials
        self._secrets = secrets
        self._lock = threading.Lock()
        self._used: dict[str, datetime] = {}

    def begin(self, *, back: str, following: str) -> Begun:
        """Leave for the provider. `back`: the address it shall send to; `following`: where to go
        on in the archive.

        Raises: SignInRefusedError when the provider does not answer as it should.
        """
        ticket = Ticket(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            following=following,
            at=self._clock.now().isoformat(),
        )
        with self._asking(back) as asking:
            address = asking.session.create_authorization_url(
                asking.metadata["authorization_endpoint"],
                state=ticket.state,
                nonce=ticket.nonce,
                code_verifier=ticket.verifier,
            )[0]
        return Begun(address=address, ticket=self._box.lock(json.dumps(asdict(ticket))))

    def finish(
        self, ticket: str, answer: Mapping[str, str], *, back: str, where: str
    ) -> tuple[str, str]:
        """Come back with the provider's answer; returns the cookie of the new session, and where
        to go on.

        Raises: SignInRefusedError, with a sentence for the person.
        """
        opened = self._opened(ticket, answer.get("state", ""))
        if answer.get("error"):
            log.warning("the agency's sign-in refused somebody: %s", answer["error"][:80])
            raise SignInRefusedError("the agency's sign-in did not let you in; try again there")
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:  # RFC 9207
            raise SignInRefusedError(_AGAIN)
        claims = self._claims(opened, answer.get("code", ""), back)
        person = self._person(claims, where)
        return self._sign_in.with_proof(person, "oidc", where=where), opened.following

    # -- the visit ----------------------------------------------------------------------------

    def _opened(self, ticket: str, state: str) -> Ticket:
        """The ticket, once. Raises: SignInRefusedError."""
        now = self._clock.now()
        try:
            opened = Ticket(**json.loads(self._box.unlock(ticket)))
        except StoreError as error:  # nothing of ours, or of an earlier key
            raise SignInRefusedError(_AGAIN) from error
        young = now - datetime.fromisoformat(opened.at) < LASTS
        if not young or not secrets.compare_digest(state.encode(), opened.state.encode()):
            raise SignInRefusedError(_AGAIN)
        with self._lock:
            self._used = {key: until for key, until in self._used.items() if until > now}
            if opened.state in self._used:
                raise SignInRefusedError(_AGAIN)
            self._used[opened.state] = now + LASTS
        return opened

    def _claims(self, ticket: Ticket, code: str, back: str) -> dict[str, Any]:
        """What the provider says of the person, verified. Raises: SignInRefusedError."""
        with self._asking(back) as asking:
            token = asking.session.fetch_token(
                asking.metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=ticket.verifier,
            )
            found = _document(asking.session, asking.metadata["jwks_uri"])
            keys = KeySet.import_key_set(cast(KeySetSerialization, found))
            claims = self._verified(token, keys, ticket)
            if self._settings.login_claim not in claims and "userinfo_endpoint" in asking.metadata:
                more = _document(asking.session, asking.metadata["userinfo_endpoint"], signed=True)
                if more.get("sub") != claims["sub"]:  # OpenID Connect Core, 5.3.2
                    raise SignInRefusedError(_DOWN)
                claims = {**more, **claims}
        return claims

    def _verified(self, token: Mapping[str, Any], keys: KeySet, ticket: Ticket) -> dict[str, Any]:
        """The claims of the ID token. Raises: JoseError."""
        decoded = jwt.decode(str(token.get("id_token", "")), keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "nonce": {"essential": True, "value": ticket.nonce},
            },
            params={
                "nonce": ticket.nonce,
                "client_id": self._settings.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY)
        return dict(decoded.claims)

    @contextmanager
    def _asking(self, back: str) -> Iterator[_Asking]:
        """Speak to the provider inside the block.

        Raises: SignInRefusedError for whatever it answers wrongly, or not at all.
        """
        secret = self._credentials.of(OWNER).get(SECRET, "")
        if secret:
            self._secrets.add(secret)
        issuer = self._settings.issuer
        session = OAuth2Session(
            self._settings.client_id,
            secret or None,
            scope="openid profile email",
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method=_BASIC if secret else "none",
            default_timeout=WAIT,
        )
        try:
            with permitted("sign-in"), session:
                metadata = _document(session, f"{issuer}/.well-known/openid-configuration")
                if metadata.get("issuer") != issuer:
                    raise RequestException(f"the provider calls itself {metadata.get('issuer')}")
                methods = metadata.get("token_endpoint_auth_methods_supported", [_BASIC])
                if secret and _BASIC not in methods:
                    session.token_endpoint_auth_method = _POST
                yield _Asking(session=session, metadata=metadata)
        except (RequestException, AuthlibBaseError, JoseError, KeyError, ValueError) as error:
            told = self._secrets.scrub_text(f"{type(error).__name__}: {error}")
            log.warning("the agency's sign-in failed: %s", told, extra={"action": "oidc failed"})
            raise SignInRefusedError(_DOWN) from error

    # -- the person ---------------------------------------------------------------------------

    def _person(self, claims: Mapping[str, Any], where: str) -> Person:
        """Raises: SignInRefusedError when nobody was invited under this login, or somebody else
        has it."""
        issuer, subject = self._settings.issuer, str(claims["sub"])
        login = str(claims.get(self._settings.login_claim, "")).strip().casefold()
        with self._database.write() as connection:
            person = people.identified(connection, issuer, subject)
            if person is None:
                person = self._first_time(connection, claims, login, where)
                people.bind(
                    connection, person.id, issuer=issuer, subject=subject, at=self._clock.now()
                )
            if person.state == PersonState.INVITED:
                people.change(
                    connection, person.id, state=PersonState.ACTIVE, invitation="", failures=0
                )
            again = people.by_id(connection, person.id)
        assert again is not None
        return again

    def _first_time(
        self, connection: Connection, claims: Mapping[str, Any], login: str, where: str
    ) -> Person:
        verified = claims.get("email_verified") in (True, "true")
        if self._settings.login_claim == "email" and login and not verified:
            raise SignInRefusedError(
                "the agency's sign-in has not verified your mail address; ask those who run it"
            )
        person = people.by_login(connection, login) if login else None
        if person is None or person.state == PersonState.DISABLED:
            raise SignInRefusedError(
                "nobody was invited to the archive with your login; ask an administrator of the "
                "archive"
            )
        if people.is_bound(connection, person.id, self._settings.issuer):
            raise SignInRefusedError(
                "your login belongs to another account of the agency's sign-in; an administrator "
                "of the archive must invite you again"
            )
        body = {"act": "agency sign-in bound", "login": login, "actor": person.name, "from": where}
        ledger.append(connection, at=self._clock.now(), kind=LOGGED, body=body)
        return person


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """The provider, while one speaks to it."""

    session: OAuth2Session
    metadata: Mapping[str, Any]


def _document(session: OAuth2Session, address: str, *, signed: bool = False) -> dict[str, Any]:
    """A JSON object of the provider; `signed`: asked for with the person's token.

    Raises: RequestException.
    """
    answer = session.request("GET", address, withhold_token=not signed, allow_redirects=False)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise RequestException(f"{address} is no JSON object")
    return found
