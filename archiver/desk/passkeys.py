"""Passkeys (WebAuthn): signing in by a device that has verified its person.

A challenge is good once and for some minutes, and is kept here until it is answered. The device
must have verified its person (fingerprint, face, PIN), so a passkey stands for password and second
factor together. A counter that did not rise means a copied key: it is refused. Bound to the host
name that people reach the archive by; an address of numbers has none.
"""

from __future__ import annotations

import logging
import secrets
import threading
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from archiver.clock import Clock
from archiver.desk.people import LOGGED, PersonState
from archiver.desk.sign_in import SignedIn, SignIn, SignInRefusedError
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import ledger, passkeys, people
from archiver.model.queries.passkeys import PasskeyRow
from archiver.model.queries.people import Person

LASTS = timedelta(minutes=5)
MOST_OPEN = 20_000  # challenges at a time; older ones are forgotten
MOST_KEYS = 10  # of one person
LONGEST_LABEL = 100
_MARK = "passkey:"  # a session's challenge: a passkey that is being made
_WRONG = (
    "the device gave no passkey that is known here, or it took too long; try again, or sign in "
    "with your password"
)

log = logging.getLogger(__name__)


class Passkeys:
    """The use cases. One for each process: it keeps the challenges. `address`: how people reach the
    page; `name`: what devices call the archive."""

    def __init__(
        self, database: Database, clock: Clock, sign_in: SignIn, *, address: str, name: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._sign_in = sign_in
        self._origin = address
        self._host = urlsplit(address).hostname or ""
        self._name = name
        self._lock = threading.Lock()
        self._open: dict[bytes, datetime] = {}

    @property
    def possible(self) -> bool:
        """Has the archive a host name that a passkey can be bound to?"""
        try:
            ip_address(self._host)
        except ValueError:
            return bool(self._host)
        return False

    def of(self, person_id: int) -> list[PasskeyRow]:
        """A person's, oldest first."""
        with self._database.read() as connection:
            return passkeys.of(connection, person_id)

    # -- making one ---------------------------------------------------------------------------

    def offer(self, session: SignedIn) -> str:
        """What the device makes a passkey of, as JSON. Raises: RefusedError where none can be."""
        self._require()
        challenge = secrets.token_bytes(32)
        self._sign_in.challenge(session, _MARK + bytes_to_base64url(challenge))
        held = [
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential))
            for each in self.of(session.person.id)
        ]
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=self._name,
            user_id=f"person {session.person.id}".encode(),
            user_name=session.person.login,
            user_display_name=session.person.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=held,
        )
        return webauthn.options_to_json(options)

    def add(self, session: SignedIn, label: str, answer: str, *, where: str) -> None:
        """Keep the passkey that the device made.

        Raises: UsageError without a name; RefusedError when the answer does not belong to the
        offer, or there are too many.
        """
        self._require()
        name = " ".join(label.split())
        if not 1 <= len(name) <= LONGEST_LABEL:
            raise UsageError("name the device that the passkey is on, in at most 100 characters")
        kept = session.row.challenge
        if not kept.startswith(_MARK):
            raise RefusedError("no passkey is being made; begin again")
        self._sign_in.challenge(session, "")  # once
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(kept.removeprefix(_MARK)),
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            log.warning("a passkey was refused: %s", error)
            raise RefusedError("the device made no passkey that can be used; try again") from error
        credential = bytes_to_base64url(made.credential_id)
        with self._database.write() as connection:
            if len(passkeys.of(connection, session.person.id)) >= MOST_KEYS:
                raise RefusedError(f"there are {MOST_KEYS} passkeys already; remove one first")
            if passkeys.named(connection, credential):
                raise RefusedError("this passkey is kept already")
            passkeys.add(
                connection,
                {
                    "person_id": session.person.id,
                    "credential": credential,
                    "public_key": bytes_to_base64url(made.credential_public_key),
                    "uses": made.sign_count,
                    "label": name,
                    "at": self._clock.now(),
                },
            )
            self._log(connection, "passkey added", session.person, where, name)

    def remove(self, session: SignedIn, passkey_id: int, *, where: str) -> PasskeyRow:
        """Take one of one's own away. Raises: NotFoundError."""
        with self._database.write() as connection:
            held = passkeys.of(connection, session.person.id)
            row = next((each for each in held if each.id == passkey_id), None)
            if row is None:
                raise NotFoundError(f"you have no passkey {passkey_id}")
            passkeys.remove(connection, row.id)
            self._log(connection, "passkey removed", session.person, where, row.label)
        return row

    # -- signing in ---------------------------------------------------------------------------

    def ask(self) -> str:
        """What a device proves a passkey for, as JSON. Raises: RefusedError where none can be."""
        self._require()
        challenge = secrets.token_bytes(32)
        now = self._clock.now()
        with self._lock:
            self._open = {key: until for key, until in self._open.items() if until > now}
            while len(self._open) >= MOST_OPEN:
                del self._open[next(iter(self._open))]
            self._open[challenge] = now + LASTS
        options = webauthn.generate_authentication_options(
            rp_id=self._host,
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    def sign_in(self, answer: str, *, where: str) -> str:
        """Sign in by a device's answer; returns the cookie of the new session.

        Raises: SignInRefusedError, whatever was wrong.
        """
        try:
            person = self._proved(answer)
        except (WebAuthnException, ValueError) as error:
            log.warning("a passkey was refused: %s", error)
            raise SignInRefusedError(_WRONG) from error
        return self._sign_in.with_proof(person, "passkey", where=where)

    def _proved(self, answer: str) -> Person:
        """Raises: SignInRefusedError; WebAuthnException or ValueError for what is no answer."""
        given = parse_authentication_credential_json(answer)
        challenge = parse_client_data_json(given.response.client_data_json).challenge
        with self._lock:
            until = self._open.pop(challenge, None)
        if until is None or until <= self._clock.now():
            raise SignInRefusedError(_WRONG)
        with self._database.write() as connection:
            row = passkeys.named(connection, bytes_to_base64url(given.raw_id))
            person = people.by_id(connection, row.person_id) if row else None
            if row is None or person is None or person.state != PersonState.ACTIVE:
                raise SignInRefusedError(_WRONG)
            proof = webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(row.public_key),
                credential_current_sign_count=row.uses,
                require_user_verification=True,
            )
            passkeys.used(connection, row.id, uses=proof.new_sign_count)
        return person

    def _require(self) -> None:
        if not self.possible:
            raise RefusedError(
                "passkeys are bound to a host name, and this page is reached by an address of "
                "numbers; whoever runs the archive sets web.address"
            )

    def _log(
        self, connection: Connection, act: str, person: Person, where: str, label: str
    ) -> None:
        body = {"act": act, "login": person.login, "actor": person.name, "from": where,
                "label": label}  # fmt: skip
        ledger.append(connection, at=self._clock.now(), kind=LOGGED, body=body)
