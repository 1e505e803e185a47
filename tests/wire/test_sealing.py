"""Sealed values: they open for who has the key, about what they are about, and name their key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.wire.key_files import load_keys, save_keys
from central_sync.wire.sealing import KeySet, UnknownKey, Unsealable, token_numbers, tokenizer

KEYS = KeySet.generate()


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_as_it_was(plain: bytes, about: str) -> None:
    about = about.encode("utf-8", "replace").decode()

    assert KEYS.unseal(KEYS.seal(plain, about), about) == plain


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_noticed(at: int, flip: int) -> None:
    sealed = bytearray(KEYS.seal(b"Eva Ek, 070-123 45 67", "customer/1"))
    sealed[at % len(sealed)] ^= flip

    with pytest.raises(Unsealable):
        KEYS.unseal(bytes(sealed), "customer/1")


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(Unsealable):
        KEYS.unseal(KEYS.seal(b"Eva", "customer/1"), "customer/2")


def test_a_strangers_value_names_its_key() -> None:
    with pytest.raises(UnknownKey):
        KEYS.unseal(KeySet.generate().seal(b"Eva", "customer/1"), "customer/1")


@pytest.mark.parametrize("rubbish", ["", "AQ==", "not base64", "ÅÄÖ", "AAAA" * 20])
def test_rubbish_is_no_sealed_value(rubbish: str) -> None:
    with pytest.raises(Unsealable):
        KEYS.unseal_text(rubbish, "customer/1")


def test_a_new_key_seals_and_the_old_ones_still_open() -> None:
    old = KEYS.seal(b"Eva", "customer/1")

    both = KEYS.with_new()

    assert both.unseal(old, "customer/1") == b"Eva"
    with pytest.raises(UnknownKey):
        KEYS.unseal(both.seal(b"Eva", "customer/1"), "customer/1")


def test_a_token_is_the_same_for_the_same_word_and_key_alone() -> None:
    token, number = tokenizer(KEYS.newest), token_numbers(KEYS.newest)
    other = KeySet.generate().newest

    assert token("name:eva") == token("name:eva") != token("name:ev")
    assert token("name:eva") != tokenizer(other)("name:eva")
    assert number("name:eva") == number("name:eva") != token_numbers(other)("name:eva")
    assert -(2**63) <= number("name:eva") < 2**63


def test_keys_lie_in_a_file_that_its_owner_alone_may_read(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "data.key"

    save_keys(path, KEYS.with_new())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(path).unseal(KEYS.seal(b"Eva", "a"), "a") == b"Eva"


@pytest.mark.parametrize("text", ["", "abc", "0011aabb AAAA", "zz QUJD", "0011aabb !!!"])
def test_a_file_that_holds_no_keys_is_told_apart(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it is that is wrong with it
        KeySet.from_text(text)


def test_a_key_does_not_show_its_secret_in_a_log() -> None:
    assert repr(KEYS.newest.secret) not in repr(KEYS.newest)
