"""Work that comes back: one at a time, whatever it raises, and never after its end."""

from __future__ import annotations

import threading

import pytest

from archiver.dispatch.chore import Chore
from archiver.secrets import Secrets

WITHIN = 10.0
TOKEN = "sesame-open"


def test_a_round_that_is_not_over_is_not_joined_by_a_second_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began, may_end = threading.Semaphore(0), threading.Event()

    def work() -> None:
        began.release()
        may_end.wait(WITHIN)

    chore = Chore("watch", work, Secrets())
    chore()
    assert began.acquire(timeout=WITHIN)
    chore()
    assert "watch still runs" in caplog.text
    may_end.set()
    chore.end(WITHIN)
    assert not began.acquire(blocking=False)


def test_a_fault_is_logged_without_secrets_and_the_next_round_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds = threading.Semaphore(0)

    def work() -> None:
        rounds.release()
        raise ValueError(f"cannot open with {TOKEN}")

    chore = Chore("watch", work, Secrets(TOKEN))
    for _ in range(2):
        chore()
        assert rounds.acquire(timeout=WITHIN)
        for thread in threading.enumerate():
            if thread.name == "watch":
                thread.join(WITHIN)
    assert caplog.text.count("cannot open with ***********") == 2
    assert TOKEN not in caplog.text


def test_after_its_end_nothing_starts_and_the_end_waits_only_so_long() -> None:
    began, may_end = threading.Semaphore(0), threading.Event()

    def work() -> None:
        began.release()
        may_end.wait(WITHIN)

    chore = Chore("watch", work, Secrets())
    chore()
    assert began.acquire(timeout=WITHIN)
    chore.end(0.0)
    may_end.set()
    chore.end(WITHIN)
    chore()
    assert not began.acquire(blocking=False)


def test_it_can_be_ended_before_it_ever_ran() -> None:
    ran = threading.Event()
    chore = Chore("watch", ran.set, Secrets())
    chore.end(WITHIN)
    chore()
    assert not ran.is_set()


def test_ending_while_it_is_being_started_never_fails() -> None:
    faults: list[BaseException] = []
    for _ in range(200):
        chore = Chore("watch", lambda: None, Secrets())
        starter = threading.Thread(target=chore)
        starter.start()
        try:
            chore.end(WITHIN)
        except RuntimeError as error:
            faults.append(error)
        starter.join(WITHIN)
    assert faults == []
