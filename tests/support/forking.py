"""Runs the program many times, each in a process of its own, without importing it each time.

    python -m tests.support.forking      one command line per line of standard input

Prints the process id when a run begins and its exit code (negative: the signal that killed
it) when it ended.
"""

from __future__ import annotations

import os
import shlex
import sys

from archiver.cli.main import run


def main() -> None:
    """Serve until standard input ends."""
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            os._exit(run(shlex.split(line)))
        _say(child)
        _, status = os.waitpid(child, 0)
        _say(os.waitstatus_to_exitcode(status))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
