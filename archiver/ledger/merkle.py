"""Merkle trees over lists of leaves as RFC 6962 section 2.1 defines them (SHA-256): roots,
and the inclusion paths (section 2.1.1) that prove a leaf's place to whoever knows the root.

Leaves, paths and roots are hexadecimal; a leaf is any string of bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

_WIDTH = 32  # bytes of a hash


class Tree:
    """All levels of one tree, so that the path of each leaf costs a few look-ups only.

    A level is one string of bytes. Pairing level by level, an odd last node moving up as it is,
    gives the same tree as the RFC's split at the largest power of two.
    """

    def __init__(self, leaves: Iterable[str]) -> None:
        level = b"".join(_leaf(leaf) for leaf in leaves)
        self.size = len(level) // _WIDTH
        self._levels = [level]
        while len(level) > _WIDTH:
            level = _above(level)
            self._levels.append(level)

    @property
    def root(self) -> str:
        """The root; of no leaves the hash of nothing."""
        return self._levels[-1].hex() if self.size else hashlib.sha256(b"").hexdigest()

    def path(self, index: int) -> tuple[str, ...]:
        """The nodes beside the way from the leaf at `index` (0, 1, ...) up to the root.

        Raises: IndexError when there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"a tree of {self.size} leaves has none at {index}")
        beside = []
        for level in self._levels[:-1]:
            start = (index ^ 1) * _WIDTH
            if start < len(level):
                beside.append(level[start : start + _WIDTH].hex())
            index >>= 1
        return tuple(beside)


class Growing:
    """A tree that is added to and asked for its root in between, without keeping the leaves."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # roots of full trees, as many as `size` has binary ones

    def append(self, leaf: str) -> None:
        """Add a leaf at the end."""
        node, full = _leaf(leaf), self.size
        while full & 1:
            node = _node(self._peaks.pop(), node)
            full >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def root(self) -> str:
        """The root over all leaves so far."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = _node(peak, node)
        return node.hex()


def root(leaves: Iterable[str]) -> str:
    """Hex root over hex leaf values, in their order; of no leaves the hash of nothing."""
    return Tree(leaves).root


def path(leaves: Iterable[str], index: int) -> tuple[str, ...]:
    """The inclusion path of one leaf; for several leaves of a tree make the `Tree` once.

    Raises: IndexError when there is no such leaf.
    """
    return Tree(leaves).path(index)


def root_of_path(leaf: str, *, index: int, size: int, path: Sequence[str]) -> str | None:
    """The root that a path leads to, None when it cannot be a path of such a tree."""
    if not 0 <= index < size:
        return None
    node, left = _leaf(leaf), list(reversed(path))
    while size > 1:
        if index ^ 1 < size:
            if not left:
                return None
            beside = bytes.fromhex(left.pop())
            node = _node(beside, node) if index & 1 else _node(node, beside)
        index, size = index >> 1, (size + 1) >> 1
    return None if left else node.hex()


def verify(leaf: str, *, index: int, size: int, path: Sequence[str], root: str) -> bool:
    """Does the path prove that the leaf is the one at `index` of `size` under this root?"""
    return root_of_path(leaf, index=index, size=size, path=path) == root


def _leaf(leaf: str) -> bytes:
    return hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _above(level: bytes) -> bytes:
    whole = len(level) - len(level) % (2 * _WIDTH)
    pairs = (level[at : at + 2 * _WIDTH] for at in range(0, whole, 2 * _WIDTH))
    return b"".join(hashlib.sha256(b"\1" + pair).digest() for pair in pairs) + level[whole:]
