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


def path_of_the_rfc(index: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.1, word for word."""
    if len(leaves) <= 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*path_of_the_rfc(index, left), as_the_rfc_says(right)]
    return [*path_of_the_rfc(index - split, right), as_the_rfc_says(left)]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70))
def test_paths_are_those_of_the_rfc_and_verify(leaves: list[bytes]) -> None:
    texts = [leaf.hex() for leaf in leaves]
    tree = merkle.Tree(texts)
    for index, leaf in enumerate(texts):
        path = tree.path(index)
        assert path == tuple(each.hex() for each in path_of_the_rfc(index, leaves))
        assert path == merkle.path(texts, index)
        assert merkle.verify(leaf, index=index, size=len(texts), path=path, root=tree.root)


@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=40, unique=True), st.data()
)
def test_a_path_proves_one_leaf_in_one_place_of_one_tree(
    leaves: list[bytes], data: st.DataObject
) -> None:
    texts = [leaf.hex() for leaf in leaves]
    size = len(texts)
    tree = merkle.Tree(texts)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    path = tree.path(index)
    holds = {"index": index, "size": size, "path": path, "root": tree.root}

    def verifies(leaf: str, **changed: object) -> bool:
        return merkle.verify(leaf, **{**holds, **changed})  # type: ignore[arg-type]

    assert verifies(texts[index])
    assert not verifies(texts[other])
    assert not verifies(texts[index], index=other)
    assert not verifies(texts[index], index=size)
    assert not verifies(texts[index], index=-1)
    assert not verifies(texts[index], path=path[:-1])
    assert not verifies(texts[index], path=(*path, texts[other]))
    assert not verifies(texts[index], path=(texts[index], *path[1:]))


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_growing_tree_has_the_root_of_what_it_holds_so_far(leaves: list[bytes]) -> None:
    growing = merkle.Growing()
    assert growing.root == merkle.root([])
    for size, leaf in enumerate(leaves, start=1):
        growing.append(leaf.hex())
        assert (growing.size, growing.root) == (
            size,
            merkle.root([each.hex() for each in leaves[:size]]),
        )


def test_no_path_leads_to_a_leaf_that_is_not_there() -> None:
    for index in (-1, 2):
        with pytest.raises(IndexError):
            merkle.path(["00", "10"], index)
