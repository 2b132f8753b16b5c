"""A worker ends with the process that started it, even when that one is killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SECONDS = 60
# A pool as the formats have it, with a worker that never ends by itself.
POOL = """
import multiprocessing, os, signal
from concurrent.futures import ProcessPoolExecutor
from archiver.export.pool_worker import end_with_parent

def work():
    print(os.getpid(), flush=True)
    signal.pause()

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        1, mp_context=context, initializer=end_with_parent, max_tasks_per_child=1
    ) as pool:
        pool.submit(work).result()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process ends")
def test_the_worker_of_a_killed_process_ends(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        watched = os.pidfd_open(worker)
        try:
            assert not select.select([watched], [], [], 0)[0]
            parent.kill()
            assert parent.wait() == -signal.SIGKILL
            ended, _, _ = select.select([watched], [], [], SECONDS)
            if not ended:
                os.kill(worker, signal.SIGKILL)
            assert ended
        finally:
            os.close(watched)
