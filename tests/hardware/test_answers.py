"""The printer's answers told apart, whatever their order and however they are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ports import DeviceState, Health, Reason
from hardware.printers.answers import (
    PAPER,
    Answer,
    Answers,
    Cleared,
    Echo,
    Logos,
    Passed,
    Pushed,
    Status,
    is_sound,
)

READY = DeviceState(Health.READY)
DRAWER_MOVED = (b"\x14\x00\x00\x00", Pushed(READY, drawer_pin=True))
PAPER_OUT = (b"\x18\x00\x0f\x00", Pushed(DeviceState(Health.BLOCKED, Reason.PAPER_OUT), False))
REAL_TIME = (b"\x16", Status(0x16))
NEAR_END = (b"\x1e", Status(0x1E))
IN_ORDER = (b"\x03", Passed())
ECHO = (b'7"0122\x00', Echo(b"0122"))
CLEARED = (b"7%\x00", Cleared())
NAME = (b"_TM-T88V\x00", None)
LOGOS = (b"7rAaBcD\x00", Logos(frozenset({b"aB", b"cD"}), more=True))

said = st.lists(
    st.sampled_from(
        [DRAWER_MOVED, PAPER_OUT, REAL_TIME, NEAR_END, IN_ORDER, ECHO, CLEARED, NAME, LOGOS]
    ),
    max_size=12,
)


@given(said, st.lists(st.integers(0, 80), max_size=8))
def test_every_portioning_of_any_answers_gives_the_same_answers(
    spoken: list[tuple[bytes, Answer | None]], cuts: list[int]
) -> None:
    stream = b"".join(data for data, _ in spoken)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    ear = Answers()

    heard = [one for begin, end in itertools.pairwise(edges) for one in ear.feed(stream[begin:end])]

    assert heard == [answer for _, answer in spoken if answer is not None]


@given(st.integers(1, 3))
def test_a_real_time_reply_may_cut_into_a_pushed_status(at: int) -> None:
    pushed = DRAWER_MOVED[0]

    heard = Answers().feed(pushed[:at] + b"\x12" + pushed[at:])

    assert heard == [Status(0x12), DRAWER_MOVED[1]]


def test_a_pushed_status_that_lost_its_end_does_not_spoil_the_next() -> None:
    assert Answers().feed(b"\x1c\x00" + DRAWER_MOVED[0]) == [DRAWER_MOVED[1]]


def test_an_echo_that_lost_its_end_does_not_swallow_what_follows() -> None:
    heard = Answers().feed(b'7"01' + PAPER_OUT[0] + ECHO[0])

    assert Echo(b"0122") in heard


@given(st.binary(max_size=60))
def test_any_bytes_are_heard_out(noise: bytes) -> None:
    ear = Answers()
    ear.feed(noise)
    ear.feed(b"\x00" * 100)

    assert ear.feed(ECHO[0])[-1:] == [Echo(b"0122")]


@pytest.mark.parametrize(
    ("bits", "sound"), [(0x12, True), (0x1E, True), (0x7E, True), (0x32, False)]
)
def test_sensors_that_always_move_together_must_agree(bits: int, sound: bool) -> None:
    assert is_sound(PAPER, bits) is sound
