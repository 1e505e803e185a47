"""Views as differences: whatever changed arrives, and nothing else is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.plain import Unreadable, to_plain
from pos_client.link.protocol import apply_difference, decode, difference, encode
from pos_client.register.view import LineView, Message, View

TEXT = st.text(max_size=8)
MONEY = st.integers(-(10**9), 10**9)
MESSAGES = st.builds(
    Message, key=TEXT, values=st.none() | st.dictionaries(TEXT, MONEY | TEXT, max_size=2)
)
LINES = st.lists(
    st.builds(LineView, st.integers(1, 4), TEXT, TEXT, st.integers(1, 9), MONEY, MONEY), max_size=6
)
# Every field as its own type says; what needs a strategy of its own is named.
VIEWS = st.builds(
    View,
    lines=LINES.map(tuple),
    message=st.none() | MESSAGES,
    total_minor=MONEY,
    operator_name=TEXT,
    is_return=st.booleans(),
    payments=st.just(()),
)
ANY_VIEW = VIEWS | st.from_type(View)


def over_the_wire(before: View | None, after: View) -> View:
    received = decode(encode({"view": difference(before, after)}))
    return apply_difference(before or View(), received["view"])


@given(ANY_VIEW, ANY_VIEW)
def test_a_difference_turns_the_one_view_into_the_other(before: View, after: View) -> None:
    assert over_the_wire(before, after) == after


@given(ANY_VIEW)
def test_a_new_client_gets_it_all(view: View) -> None:
    assert over_the_wire(None, view) == view


@given(ANY_VIEW)
def test_nothing_is_sent_when_nothing_changed(view: View) -> None:
    assert difference(view, view) == {}


@given(VIEWS, st.lists(VIEWS, max_size=4))
def test_a_chain_of_differences_ends_at_the_last_view(first: View, rest: list[View]) -> None:
    shown, seen = first, over_the_wire(None, first)
    for view in rest:
        seen = apply_difference(seen, difference(shown, view))
        shown = view
    assert seen == shown


def test_a_scan_sends_the_new_line_alone() -> None:
    lines = tuple(LineView(n, "SKU", "Sko", 1, 100, 100) for n in range(1, 101))
    before, after = View(lines=lines[:99]), View(lines=lines)
    assert difference(before, after) == {"lines": {"keep": 99, "lines": [to_plain(lines[99])]}}


def test_fields_of_a_newer_core_are_passed_over() -> None:
    assert apply_difference(View(), {"total_minor": 5, "unheard_of": 1}) == View(total_minor=5)


@given(st.text())
def test_whatever_text_there_is_stays_one_line(text: str) -> None:
    wire = encode({"text": text})
    assert wire.count(b"\n") == 1
    assert decode(wire) == {"text": text}


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"5", b"\xff\xfe", b'{"a": "\\ud800"}', b"[" * 100_000]
)
def test_what_is_no_message_is_unreadable(line: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(line)
