"""Use cases for people: what the CLI and the web page call."""
