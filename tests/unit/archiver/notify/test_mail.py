"""Notices by mail, against a real SMTP server on loopback."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from archiver import outbound
from archiver.notify.base import NotifyError, Severity
from archiver.notify.mail import MailNotifier, MailServer
from tests.unit.archiver.notify.test_base import make_notice

PASSWORD = "c0rrect-horse"


class Mailbox:
    """Keeps what the server takes; addresses at refused.example are not taken."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802  the library's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.endswith("@refused.example"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 kept"

    def message(self) -> EmailMessage:
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        return parsed


def _authenticate(
    server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


AUTHORITY = trustme.CA()


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def secure(mailbox: Mailbox) -> Iterator[MailServer]:
    """A server that takes mail only after STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=_free_port(), tls_context=context,
        require_starttls=True, authenticator=_authenticate, auth_required=True,
    )  # fmt: skip
    with outbound.permitted("notify"):  # it calls itself, to see that it is there
        controller.start()
    yield MailServer(
        host="127.0.0.1", port=controller.port, user="archiver", password=PASSWORD, trust=_trust()
    )
    controller.stop()


@pytest.fixture
def plain(mailbox: Mailbox) -> Iterator[MailServer]:
    """A server without TLS."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    with outbound.permitted("notify"):  # it calls itself, to see that it is there
        controller.start()
    yield MailServer(host="127.0.0.1", port=controller.port, starttls=False, timeout=5)
    controller.stop()


def make_mail(
    server: MailServer, *recipients: str, escalate_to: tuple[str, ...] = ()
) -> MailNotifier:
    return MailNotifier(
        server,
        sender="Springfield archive <archive@springfieldpd.example>",
        recipients=recipients or ("clerk@springfieldpd.example",),
        escalate_to=escalate_to,
    )


def test_mail_goes_out_encrypted_and_logged_in(secure: MailServer, mailbox: Mailbox) -> None:
    make_mail(secure).send(make_notice())
    message = mailbox.message()
    assert mailbox.envelopes[0].mail_from == "archive@springfieldpd.example"
    assert mailbox.envelopes[0].rcpt_tos == ["clerk@springfieldpd.example"]
    subject = "[Archiver] ALARM: springfield-x: springfield-x was not captured"
    assert message["Subject"] == subject
    assert message["From"] == "Springfield archive <archive@springfieldpd.example>"
    assert message["Date"].datetime.isoformat() == "2026-11-03T14:02:00+00:00"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Importance"] == "high"
    assert message.get_content().replace("\r\n", "\n") == "No answer for two hours.\n"


def test_a_wrong_password_is_a_failure_that_does_not_tell_it(secure: MailServer) -> None:
    wrong = MailServer(
        host=secure.host, port=secure.port, user="archiver", password="wr0ng", trust=secure.trust
    )
    with pytest.raises(NotifyError, match="535") as caught:
        make_mail(wrong).send(make_notice())
    assert "wr0ng" not in str(caught.value)
    assert "wr0ng" not in repr(wrong)


def test_a_certificate_that_is_not_trusted_is_refused(secure: MailServer, mailbox: Mailbox) -> None:
    stranger = MailServer(host=secure.host, port=secure.port, user="archiver", password=PASSWORD)
    with pytest.raises(NotifyError, match="certificate"):
        make_mail(stranger).send(make_notice())
    assert mailbox.envelopes == []


def test_a_server_without_encryption_is_refused_when_it_is_asked_for(
    plain: MailServer, mailbox: Mailbox
) -> None:
    wanted = MailServer(host=plain.host, port=plain.port, starttls=True)
    with pytest.raises(NotifyError, match="STARTTLS"):
        make_mail(wanted).send(make_notice())
    assert mailbox.envelopes == []


def test_an_awkward_notice_makes_a_proper_mail(plain: MailServer, mailbox: Mailbox) -> None:
    subject = "Señal\r\nBcc: everybody@example.org " + "perdida " * 60
    body = "x" * 5000 + "\n.\n" + "Ünïcode 🚓 \udc80"
    make_mail(plain).send(make_notice(subject=subject, body=body))
    content = mailbox.envelopes[0].content
    assert isinstance(content, bytes)
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert content.isascii()
    message = mailbox.message()
    assert message["Bcc"] is None
    assert len(message["Subject"]) <= 200
    text = message.get_content().replace("\r\n", "\n")
    assert text.startswith("[Archiver] ALARM: springfield-x: Señal Bcc: everybody")
    assert text.endswith("x" * 5000 + "\n.\nÜnïcode 🚓 ?\n")


def test_escalations_reach_more_people(plain: MailServer, mailbox: Mailbox) -> None:
    mail = make_mail(
        plain, "clerk@springfieldpd.example", escalate_to=("chief@springfieldpd.example",)
    )
    for severity in (Severity.WARNING, Severity.ESCALATION):
        mail.send(make_notice(severity=severity))
    assert [len(each.rcpt_tos) for each in mailbox.envelopes] == [1, 2]


def test_notices_about_one_trouble_are_threaded(plain: MailServer, mailbox: Mailbox) -> None:
    mail = make_mail(plain)
    for subject in ("first", "first", "second"):
        mail.send(make_notice(subject=subject))
    parsed = [message_from_bytes(e.content or b"") for e in mailbox.envelopes]  # type: ignore[arg-type]
    ids = [each["Message-ID"] for each in parsed]
    assert ids[0] == ids[1] != ids[2]
    assert len({each["References"] for each in parsed}) == 1


def test_a_refused_recipient_is_reported_and_the_others_have_it(
    plain: MailServer, mailbox: Mailbox
) -> None:
    mail = make_mail(plain, "clerk@springfieldpd.example", "gone@refused.example")
    with pytest.raises(NotifyError, match=r"gone@refused\.example"):
        mail.send(make_notice())
    assert mailbox.envelopes[0].rcpt_tos == ["clerk@springfieldpd.example"]
    with pytest.raises(NotifyError, match="every recipient"):
        make_mail(plain, "gone@refused.example").send(make_notice())


def test_a_server_that_is_away_or_silent_is_a_failure() -> None:
    with pytest.raises(NotifyError, match=r"127\.0\.0\.1:9"):
        make_mail(MailServer(host="127.0.0.1", port=9, timeout=2)).send(make_notice())
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = MailServer(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.2)
        with pytest.raises(NotifyError, match=r"within 0\.2 seconds"):
            make_mail(server).send(make_notice())


def test_a_password_never_goes_unencrypted_to_another_machine(
    plain: MailServer, mailbox: Mailbox
) -> None:
    """ "127.1" leads to this machine, but it is not a name by which that is known for sure."""
    server = MailServer(
        host="127.1", port=plain.port, starttls=False, user="archiver", password=PASSWORD
    )
    with pytest.raises(NotifyError, match="unencrypted") as caught:
        make_mail(server).send(make_notice())
    assert PASSWORD not in str(caught.value)
    assert mailbox.envelopes == []


@pytest.mark.parametrize("address", ["nobody", "two@@example.org", ""])
def test_an_address_that_is_none_is_a_failure(plain: MailServer, address: str) -> None:
    with pytest.raises(NotifyError, match="not valid"):
        MailNotifier(plain, sender="archive@example.org", recipients=(address,)).send(make_notice())
