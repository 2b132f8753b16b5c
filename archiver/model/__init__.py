"""The tables and the only SQL."""
