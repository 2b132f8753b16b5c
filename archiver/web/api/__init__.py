"""The JSON interface for programs: the same use cases as the pages, with tokens."""
