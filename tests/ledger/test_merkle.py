"""Merkle trees against RFC 6962: its definition written down again, and known trees of Certificate Transparency."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import leaf_hash, path_of, root_by_path, root_of

# Leaves and roots of the test data that RFC 6962's reference implementation publishes.
LEAVES = [
    bytes.fromhex(data)
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaves = st.lists(st.binary(max_size=40).map(leaf_hash), min_size=1, max_size=70)


def by_definition(hashes: list[bytes]) -> bytes:
    """MTH of section 2.1, over hashed leaves."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + by_definition(hashes[:split]) + by_definition(hashes[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_known_trees_have_their_known_roots(size: int) -> None:
    assert root_of([leaf_hash(data) for data in LEAVES[:size]]).hex() == ROOTS[size - 1]


@given(hashes=leaves)
def test_the_root_is_that_of_the_definition(hashes: list[bytes]) -> None:
    assert root_of(hashes) == by_definition(hashes)


@given(hashes=leaves, data=st.data())
def test_a_leafs_path_leads_to_the_root(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))

    path = path_of(hashes, index)

    assert root_by_path(hashes[index], index=index, size=len(hashes), path=path) == root_of(hashes)


@given(hashes=leaves, data=st.data(), change=st.sampled_from(["leaf", "index", "size", "path", "longer", "shorter"]))
def test_nothing_else_leads_there(hashes: list[bytes], data: st.DataObject, change: str) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    leaf, size, path = hashes[index], len(hashes), path_of(hashes, index)
    if change == "leaf":
        leaf = sha256(leaf).digest()
    elif change == "index" and size > 1:
        other = (
            data.draw(st.integers(0, size - 1).filter(lambda other: hashes[other] != leaf))
            if len(set(hashes)) > 1
            else size
        )
        index = other
    elif change == "path" and path:
        where = data.draw(st.integers(0, len(path) - 1))
        path = [sha256(part).digest() if number == where else part for number, part in enumerate(path)]
    elif change == "longer":
        path = [*path, leaf]
    elif change == "shorter" and path:
        path = path[:-1]
    else:
        index = size

    assert root_by_path(leaf, index=index, size=size, path=path) != root_of(hashes)
