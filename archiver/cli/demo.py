"""`archiver demo`: the Springfield demo agency."""
