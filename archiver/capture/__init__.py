"""poll, record, normalise, diff, commit."""
