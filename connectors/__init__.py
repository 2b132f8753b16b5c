"""How to read one platform each; no database, no WARC, no clock."""
