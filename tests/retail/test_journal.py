"""The chain: any change to any entry is found, and the first bad one is named."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.journal import (
    GENESIS,
    Broken,
    JournalEntry,
    chain_hash,
    first_broken,
)

bodies = st.lists(st.binary(max_size=60), min_size=1, max_size=12)


def chain(
    bodies: list[bytes], *, after: bytes = GENESIS, sequence: int = 0, epoch: int = 1
) -> list[JournalEntry]:
    entries = []
    for at, body in enumerate(bodies, start=sequence + 1):
        own = chain_hash(after, body)
        entries.append(JournalEntry(epoch, at, after, body, own))
        after = own
    return entries


def test_a_hash_is_sha256_of_the_hash_before_and_the_body() -> None:
    assert chain_hash(GENESIS, b"{}") == hashlib.sha256(bytes(32) + b"{}").digest()


@given(bodies=bodies)
def test_a_chain_as_written_is_whole(bodies: list[bytes]) -> None:
    assert first_broken(chain(bodies)) is None


@given(bodies=bodies, data=st.data())
def test_a_chain_can_be_walked_on_from_any_known_head(
    bodies: list[bytes], data: st.DataObject
) -> None:
    entries = chain(bodies)
    cut = data.draw(st.integers(1, len(entries)))
    head = entries[cut - 1]

    assert first_broken(entries[cut:], after=head.hash, sequence=head.sequence) is None


@given(bodies=bodies, data=st.data())
def test_a_changed_body_is_named(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(entries) - 1))
    entries[at] = replace(entries[at], body=entries[at].body + b" ")

    assert first_broken(entries) == Broken(1, at + 1, "has been changed")


@given(bodies=st.lists(st.binary(max_size=20), min_size=2, max_size=12), data=st.data())
def test_a_rewritten_entry_breaks_the_one_after_it(
    bodies: list[bytes], data: st.DataObject
) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(entries) - 2))
    old = entries[at]
    forged = old.body + b" "
    entries[at] = replace(old, body=forged, hash=chain_hash(old.previous_hash, forged))

    assert first_broken(entries) == Broken(1, at + 2, "does not follow the entry before")


@given(bodies=st.lists(st.binary(max_size=20), min_size=2, max_size=12), data=st.data())
def test_a_missing_entry_is_named(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(entries) - 2))
    del entries[at]

    assert first_broken(entries) == Broken(1, at + 1, "missing")


def test_nothing_follows_from_anything() -> None:
    assert first_broken([]) is None
