"""Executes dispositions in processes that are killed at a chosen point, as by kill -9.

    python -m tests.support.disposing [RECORDS]    one "HOME MOMENT BATCH POINT" a line of input

MOMENT is what the clock says, in ISO form; RECORDS is how many a part may have. Prints the
exit code of each run (negative: the signal that ended it).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver.desk import execution, execution_copies, execution_parts
from archiver.model.queries import dispositions, erasure
from archiver.vault.local import LocalVault
from archiver.wiring import opened
from config.load import load
from tests.support.clock import FakeClock
from tests.support.disposal import OFFICER, SECOND

Stop = Callable[[], None]
# Where it ends: in whose name, before or after the call, and at which call.
POINTS: dict[str, tuple[Any, str, str, int]] = {
    "after the announcement": (execution.Execution, "_carry_out", "before", 1),
    "while a segment is written anew": (execution_copies, "check_segment", "before", 1),
    "before a copy is placed": (LocalVault, "put", "before", 1),
    "when the first copy is placed": (LocalVault, "put", "after", 1),
    "when the second copy is placed": (LocalVault, "put", "after", 2),
    "in the transaction, first": (erasure, "replace_segment", "before", 1),
    "in the transaction, midway": (erasure, "erase", "after", 1),
    "in the transaction, late": (erasure, "bury", "after", 1),
    "before what a part replaced is removed": (execution.Execution, "_remove_old", "before", 2),
    "after the transaction": (execution.Execution, "_finish", "before", 1),
    "before an old segment is removed": (LocalVault, "remove", "before", 1),
    "when the first old segment is removed": (LocalVault, "remove", "after", 1),
    "before the database is compacted": (erasure, "compact", "before", 1),
    "after the database is compacted": (erasure, "compact", "after", 1),
    "before the last word": (dispositions, "set_state", "before", 2),
}
# Where one ends that goes on with an execution that was cut off.
RESUMED: dict[str, tuple[Any, str, str, int]] = {
    "before the last word of what was resumed": (dispositions, "set_state", "before", 1),
}


def ends_at(point: str, stop: Stop) -> Callable[[], None]:
    """Let `stop` be called at this point; returns what puts everything back."""
    owner, name, when, number = {**POINTS, **RESUMED}[point]
    real = getattr(owner, name)
    calls = 0

    def ending(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == number:
            stop()
        result = real(*arguments, **named)
        if when == "after" and calls == number:
            stop()
        return result

    setattr(owner, name, ending)
    return lambda: setattr(owner, name, real)


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _execute(home: Path, moment: datetime, batch: int, point: str) -> None:
    ends_at(point, _killed)
    settings = load(home=home, file=home / "archiver.yaml")
    with opened(settings, clock=FakeClock(moment)) as archive:
        archive.dispositions.execute(
            batch, by=OFFICER, override_by=SECOND, override_reason="the whole account is due"
        )


def main() -> None:
    """Serve until standard input ends."""
    if len(sys.argv) > 1:
        execution_parts.RECORDS = int(sys.argv[1])
    for line in iter(sys.stdin.readline, ""):
        home, moment, batch, point = line.rstrip("\n").split(" ", 3)
        child = os.fork()
        if child == 0:
            _execute(Path(home), datetime.fromisoformat(moment), int(batch), point)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
