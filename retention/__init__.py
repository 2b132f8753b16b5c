"""The law as arithmetic: pure functions over plain data."""
