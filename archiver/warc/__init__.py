"""WARC files: record, write, read, check. Only this package knows warcio and fastwarc."""
