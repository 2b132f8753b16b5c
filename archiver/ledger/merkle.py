"""Merkle tree hash over a list of leaves, as RFC 6962 section 2.1 defines it (SHA-256)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[str]) -> str:
    """Hex root over hex leaf values, in their order; of no leaves the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    level = [hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest() for leaf in leaves]
    # Pairing level by level, an odd last node moving up as it is, gives the same tree as
    # the RFC's split at the largest power of two.
    while len(level) > 1:
        paired = [
            hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest()
            for i in range(0, len(level) - 1, 2)
        ]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0].hex()
