"""Readers of the files that platforms and browsers hand out: bytes in, items of the seam out."""
