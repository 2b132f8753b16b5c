"""`python -m archiver` is the command line."""

from archiver.cli.main import main

main()
