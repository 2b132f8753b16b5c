"""Notices by mail, over an encrypted connection.

The password is sent only inside TLS, unless the server is on this machine. Notices about
the same trouble are threaded; the same notice sent twice has the same Message-ID.
"""

from __future__ import annotations

import hashlib
import ipaddress
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime, parseaddr

from archiver.notify.base import Notice, NotifyError, Severity
from archiver.outbound import permitted

_IMPLICIT_TLS = 465
_MAX_SUBJECT = 200  # characters; the rest of a longer one stands in the body


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in. With `starttls`, a server that does not offer it is refused.

    Port 465 means TLS from the first byte. `timeout` is in seconds, for every step.
    `trust` replaces the system's certificate authorities.
    """

    host: str
    port: int = 587
    starttls: bool = True
    user: str = ""
    password: str = ""
    timeout: float = 20.0
    trust: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


class MailNotifier:
    """Sends notices to `recipients`, and escalations also to `escalate_to`."""

    name = "mail"

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        recipients: Sequence[str],
        escalate_to: Sequence[str] = (),
    ) -> None:
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)
        self._escalate_to = tuple(escalate_to)

    def send(self, notice: Notice) -> None:
        """Hand the mail to the server.

        Raises: NotifyError when the server does not take it for every recipient.
        """
        recipients = self._recipients
        if notice.severity is Severity.ESCALATION:
            recipients += tuple(r for r in self._escalate_to if r not in recipients)
        self._hand_in(self._message(notice, recipients))

    def send_to(self, notice: Notice, address: str) -> None:
        """Hand in a mail to this address alone; a settings' recipient does not get it.

        Raises: NotifyError when the address is none, or the server does not take it.
        """
        self._hand_in(self._message(notice, (address,), personal=True))

    def _hand_in(self, message: EmailMessage) -> None:
        try:
            with permitted("notify"), self._connected() as connection:
                refused = connection.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise NotifyError(f"{self._where()}: {self._reason(error)}") from error
        if refused:
            names = ", ".join(sorted(refused))
            raise NotifyError(f"{self._where()} refused the recipients {names}; others have it")

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        trust = server.trust or ssl.create_default_context()
        if server.port == _IMPLICIT_TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=trust
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.starttls and server.port != _IMPLICIT_TLS:
                connection.starttls(context=trust)
            if server.user:
                self._log_in(connection)
        except (smtplib.SMTPException, OSError):
            connection.close()
            raise
        return connection

    def _log_in(self, connection: smtplib.SMTP) -> None:
        server = self._server
        encrypted = isinstance(connection.sock, ssl.SSLSocket)
        if not encrypted and not _is_loopback(server.host):
            raise smtplib.SMTPException(
                "the password would go over the network unencrypted; set starttls or port 465"
            )
        connection.login(server.user, server.password)

    def _message(
        self, notice: Notice, recipients: Sequence[str], *, personal: bool = False
    ) -> EmailMessage:
        message = EmailMessage(policy=LINES)
        subject = _clean(" ".join(notice.subject.split()))
        about = f" {notice.account}:" if notice.account else ""
        title = f"[Archiver] {notice.severity.value.upper()}:{about} {subject}"
        message["Subject"] = title[:_MAX_SUBJECT]
        try:
            message["From"] = _address(self._sender)
            message["To"] = [_address(each) for each in recipients]
        except (ValueError, IndexError) as error:
            where = "of the sender or the recipient" if personal else "in the settings"
            raise NotifyError(f"a mail address {where} is not valid: {error}") from error
        message["Date"] = format_datetime(notice.at)
        domain = message["From"].addresses[0].domain or "localhost"
        thread = f"<{_name(notice.key)}@{domain}>"
        alone = recipients if personal else ()  # each person's letter is a mail of its own
        number = _name(notice.key, notice.at.isoformat(), title, *alone)
        message["Message-ID"] = f"<{number}@{domain}>"
        message["References"] = thread
        message["Auto-Submitted"] = "auto-generated"
        if notice.severity is not Severity.WARNING:
            message["Importance"] = "high"
        text = notice.body if len(title) <= _MAX_SUBJECT else f"{title}\n\n{notice.body}"
        message.set_content(_clean(text).rstrip("\n") + "\n", cte="quoted-printable")
        return message

    def _where(self) -> str:
        return f"the mail server {self._server.host}:{self._server.port}"

    def _reason(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            reply = error.smtp_error
            words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
            text = f"it answered {error.smtp_code} {words}"
        elif isinstance(error, smtplib.SMTPRecipientsRefused):
            text = f"it refused every recipient: {', '.join(sorted(error.recipients))}"
        elif isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected):
            wait = f"{self._server.timeout:g} seconds"
            text = f"it did not answer within {wait}, or closed the connection"
        else:
            text = str(error) or type(error).__name__
        secret = self._server.password
        return " ".join((text.replace(secret, "*****") if secret else text).split())


def _address(given: str) -> Address:
    name, address = parseaddr(given)
    if "@" not in address:
        raise ValueError(f"{given!r} has no @")
    return Address(display_name=name, addr_spec=address)


def _clean(text: str) -> str:
    """Without halves of characters, which a damaged post may hold and mail cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _name(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
