"""Canonical JSON is RFC 8785's, byte for byte, for every value that we write."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from central_sync.wire.canonical import canonical, read_json

_ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=40)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_ASCII, inner, max_size=5),
    max_leaves=25,
)


@given(_VALUES)
def test_our_bytes_are_those_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(st.dictionaries(_ASCII, _VALUES, max_size=6))
def test_what_was_read_is_written_the_same_again(value: dict[str, object]) -> None:
    body = canonical(value)

    assert canonical(read_json(body)) == body


def test_text_that_utf_8_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical({"name": "\ud800"})


@pytest.mark.parametrize("body", ["[]", "3", '"x"', "null", "{", ""])
def test_only_an_object_is_a_body(body: str) -> None:
    with pytest.raises(ValueError, match=r"object|Expecting|property"):
        read_json(body)
