"""Work in the background: one of a key at a time, and every end is told."""

from __future__ import annotations

import threading

import pytest

from archiver.desk.jobs import KEPT, Job, Jobs, Tell
from archiver.errors import BusyError, CaptureError, RefusedError
from connectors.errors import AuthFailed
from tests.support.clock import FakeClock


def ended(jobs: Jobs, key: str) -> Job:
    """The job, once it has ended."""
    assert jobs.wait(key, seconds=30)
    job = jobs.get(key)
    assert job is not None
    return job


def test_a_job_tells_how_far_it_is_and_what_came_of_it() -> None:
    clock = FakeClock()
    jobs = Jobs(clock)
    there, go = threading.Event(), threading.Event()

    def work(tell: Tell) -> str:
        tell(3, 7)
        there.set()
        assert go.wait(30)
        return "all of it"

    job = jobs.start("capture", work, by="Lisa", subject="podcast")
    assert there.wait(30)
    assert (job.running, job.done, job.total, job.subject) == (True, 3, 7, "podcast")
    with pytest.raises(BusyError, match="Lisa began it"):
        jobs.start("capture", work, by="Kent")
    clock.advance(seconds=5)
    go.set()
    done = ended(jobs, "capture")
    assert (done.result, done.error, done.ended) == ("all of it", None, clock.now())
    assert jobs.start("capture", lambda _: "again", by="Kent").by == "Kent"
    assert ended(jobs, "capture").result == "again"


@pytest.mark.parametrize("error", [RefusedError("a hold"), AuthFailed("the token is refused")])
def test_what_ends_a_job_early_is_kept(error: Exception) -> None:
    jobs = Jobs(FakeClock())

    def work(_: Tell) -> None:
        raise error

    jobs.start("plan", work, by="Lisa")
    assert ended(jobs, "plan").error is error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_ends_a_job_too() -> None:
    jobs = Jobs(FakeClock())

    def work(_: Tell) -> None:
        raise ZeroDivisionError

    jobs.start("plan", work, by="Lisa")
    job = ended(jobs, "plan")
    assert isinstance(job.error, CaptureError)
    assert "unexpected fault" in str(job.error)


def test_old_jobs_are_forgotten() -> None:
    jobs = Jobs(FakeClock())
    for number in range(KEPT + 2):
        jobs.start(f"plan {number}", lambda _: None, by="Lisa")
        ended(jobs, f"plan {number}")
    jobs.start("last", lambda _: None, by="Lisa")
    assert jobs.get("plan 0") is None
    assert jobs.get(f"plan {KEPT + 1}") is not None
    assert jobs.wait("nothing", seconds=0)
