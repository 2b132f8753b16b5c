"""What a page says instead of the sentences that name a command."""

from __future__ import annotations

import pytest

from archiver.web.sentences import without_commands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "the account is proposed, not approved; an approver runs: "
            "archiver accounts approve spd-x --by NAME",
            "The account is proposed, not approved",
        ),
        (
            "spd-x is being captured already; its state is in: archiver status",
            "spd-x is being captured already",
        ),
        (
            "3 failures in a row. Renew the credential, then run: archiver accounts test spd-x",
            "3 failures in a row. Renew the credential",
        ),
        (
            "It is tried again at least hourly; to try now, run: archiver capture spd-x",
            "It is tried again at least hourly",
        ),
        (
            "capture the account again (archiver capture) and look at: archiver findings",
            "Capture the account again",
        ),
        ("archiver accounts test fb", ""),
        (
            "Archiver waits as the platform asks; longer intervals ask less of it.",
            "Archiver waits as the platform asks; longer intervals ask less of it.",
        ),
        ("http://news.example/x: 403", "http://news.example/x: 403"),
    ],
)
def test_commands_and_what_leads_to_them_are_cut_out(text: str, said: str) -> None:
    assert without_commands(text) == said
