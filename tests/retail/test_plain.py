"""One written form for every command, event, query, answer and view."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.plain import Unreadable, from_plain, tagged, tagged_reader, to_plain
from pos_client.link.protocol import apply_difference, difference
from pos_client.register.commands import OF_DEVICES, Command, EnterCode, SignOn, read_command
from pos_client.register.events import Event, read_event
from pos_client.register.queries import Answer, Query, read_answer, read_query
from pos_client.register.state import PendingApproval
from pos_client.register.tasks import TaskAct
from pos_client.register.view import View

json_values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
st.register_type_strategy(
    PendingApproval,
    st.builds(
        PendingApproval,
        command=st.dictionaries(st.text(max_size=5), json_values, max_size=3),
        action=st.text(max_size=5),
    ),
)
st.register_type_strategy(
    TaskAct,
    st.builds(
        TaskAct,
        task_id=st.text(max_size=5),
        epoch=st.integers(0, 9),
        command=st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    ),
)


def any_of(union: Any, but: tuple[type, ...] = ()) -> st.SearchStrategy[Any]:
    return st.one_of(*(st.from_type(kind) for kind in union.__args__ if kind not in but))


def over_the_wire(plain: Any) -> Any:
    return json.loads(json.dumps(plain))


@given(command=st.one_of(*(st.from_type(kind) for kind in OF_DEVICES)))
def test_what_only_a_device_may_say_is_not_taken_from_the_wire(command: Command) -> None:
    with pytest.raises(Unreadable):
        read_command(over_the_wire(tagged(command)))


@given(command=any_of(Command, but=OF_DEVICES))
def test_every_command_comes_back_as_it_was(command: Command) -> None:
    assert read_command(over_the_wire(tagged(command))) == command


@given(event=any_of(Event))
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    assert read_event(over_the_wire(tagged(event))) == event


@given(query=any_of(Query), answer=any_of(Answer))
def test_every_query_and_answer_comes_back_as_it_was(query: Query, answer: Answer) -> None:
    assert read_query(over_the_wire(tagged(query))) == query
    assert read_answer(over_the_wire(tagged(answer))) == answer


@given(view=st.from_type(View))
def test_a_view_comes_back_as_it_was(view: View) -> None:
    assert from_plain(View, over_the_wire(to_plain(view))) == view


@given(before=st.from_type(View), after=st.from_type(View))
def test_a_difference_turns_the_old_view_into_the_new(before: View, after: View) -> None:
    assert apply_difference(before, over_the_wire(difference(before, after))) == after


@given(view=st.from_type(View))
def test_a_new_client_gets_the_whole_view(view: View) -> None:
    assert apply_difference(View(), over_the_wire(difference(None, view))) == view


def test_a_field_from_a_newer_writer_is_ignored() -> None:
    assert read_command({"is": "SignOn", "number": "1", "pin": "2", "new": 3}) == SignOn("1", "2")


def test_a_missing_field_takes_its_default() -> None:
    assert read_command({"is": "EnterCode", "code": "A"}) == EnterCode("A", 1)


@pytest.mark.parametrize(
    "plain",
    [
        {"is": "NoSuchThing"},
        {},
        {"is": "SignOn", "number": "1"},
        {"is": "SignOn", "number": 1, "pin": "2"},
        {"is": "EnterCode", "code": "A", "quantity": True},
        {"is": "EnterCode", "code": "A", "quantity": 1.5},
        {"is": "EnterCode", "code": None},
        [],
        None,
    ],
)
def test_what_is_not_a_command_is_unreadable(plain: Any) -> None:
    with pytest.raises(Unreadable):
        read_command(plain)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Painted:
    colour: Colour
    pair: tuple[str, int] = ("", 0)


def test_an_enum_is_written_as_its_value() -> None:
    assert to_plain(Painted(Colour.RED)) == {"colour": "red", "pair": ["", 0]}
    assert from_plain(Painted, {"colour": "red", "pair": ["x", 2]}) == Painted(Colour.RED, ("x", 2))


@pytest.mark.parametrize("plain", [{"colour": "blue"}, {"colour": "red", "pair": ["x"]}, "red"])
def test_a_value_outside_its_type_is_unreadable(plain: Any) -> None:
    with pytest.raises(Unreadable):
        from_plain(Painted, plain)


def test_a_float_has_no_plain_form() -> None:
    with pytest.raises(Unreadable):
        to_plain(19.9)


def test_a_reader_takes_only_the_classes_it_was_given() -> None:
    read = tagged_reader([Painted])

    assert read({"is": "Painted", "colour": "red"}) == Painted(Colour.RED)
    with pytest.raises(Unreadable):
        read({"is": "SignOn", "number": "1", "pin": "2"})
