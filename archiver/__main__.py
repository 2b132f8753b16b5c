"""`python -m archiver`, and what the installed program `archiver` starts with.

Worker processes import the module that the program began in, once more each: so it imports
nothing by itself.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Here and not above: each worker of a production would load the whole command line.
    from archiver.cli.main import main as run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
