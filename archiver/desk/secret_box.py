"""Encrypts what must be kept and read again: the secrets of second factors.

The key is the credential `web-key` of "archiver": a file beside the archive or in the service
manager's credentials, never in the database. Whoever has the database alone can read nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

from archiver.credentials import CredentialStore
from archiver.errors import StoreError
from archiver.files import make_folder
from archiver.secrets import Secrets

OWNER, NAME = "archiver", "web-key"


class SecretBox:
    """Encrypts and decrypts with one key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        try:
            self._box = Fernet(key)
        except ValueError as error:
            raise StoreError(
                f"the credential {NAME} is damaged; restore it from a backup. Without it people "
                "with a second factor must be invited again"
            ) from error

    def lock(self, text: str) -> str:
        """Encrypted, as ASCII."""
        return self._box.encrypt(text.encode()).decode()

    def unlock(self, locked: str) -> str:
        """What was encrypted.

        Raises: StoreError when it was encrypted with another key.
        """
        try:
            return self._box.decrypt(locked.encode()).decode()
        except InvalidToken as error:
            raise StoreError(
                f"the credential {NAME} is not the one that this archive's second factors were "
                "encrypted with; restore it from a backup"
            ) from error


def opened(credentials: CredentialStore, secrets: Secrets) -> SecretBox:
    """The box of the archive; its key is made at the first use.

    Raises: StoreError when the key cannot be read, written, or is damaged.
    """
    held: Mapping[str, str] = credentials.of(OWNER)
    key = held.get(NAME, "") or _made(credentials)
    secrets.add(key)
    return SecretBox(key)


def _made(credentials: CredentialStore) -> str:
    key = Fernet.generate_key().decode()
    place = credentials.place(OWNER, NAME)
    try:
        make_folder(place.parent, mode=0o700)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was faster
        return credentials.of(OWNER)[NAME]
    except OSError as error:
        raise StoreError(
            f"the key of the web page cannot be written to {place}: {error}"
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
