"""The Merkle tree is that of RFC 6962."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.ledger import merkle

# The inputs and roots of the Certificate Transparency reference implementation's tests.
LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_reference_implementation(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == ROOTS[size]


def as_the_rfc_says(leaves: list[bytes]) -> bytes:
    """Section 2.1, word for word: split at the largest power of two below the size."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = as_the_rfc_says(leaves[:split]), as_the_rfc_says(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_level_by_level_is_the_tree_of_the_rfc(leaves: list[bytes]) -> None:
    assert merkle.root([leaf.hex() for leaf in leaves]) == as_the_rfc_says(leaves).hex()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=20, unique=True))
def test_order_and_number_of_leaves_matter(leaves: list[bytes]) -> None:
    root = merkle.root([leaf.hex() for leaf in leaves])
    assert root != merkle.root([leaf.hex() for leaf in reversed(leaves)])
    assert root != merkle.root([leaf.hex() for leaf in [*leaves, leaves[-1]]])
