from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.scanners import aim
from hardware.scanners.framer import LONGEST, SUFFIXES, Cause, Damaged, Frame, Framer

codes = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
suffixes = st.sampled_from(sorted(SUFFIXES))


@given(st.lists(codes, max_size=6), suffixes, st.data())
def test_every_portioning_gives_the_same_codes(
    sent: list[str], suffix: str, data: st.DataObject
) -> None:
    stream = b"".join(code.encode() + SUFFIXES[suffix] for code in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer = Framer(suffix=suffix)

    found = [
        frame
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in framer.feed(stream[begin:end])
    ]

    assert found == [Frame(code) for code in sent]
    assert not framer.pending


@given(st.binary(max_size=2_000), suffixes, st.sampled_from([b"", b"\x02", b"AB"]))
def test_after_any_noise_and_silence_the_next_code_is_read(
    noise: bytes, suffix: str, prefix: bytes
) -> None:
    framer = Framer(prefix, suffix)
    framer.feed(noise)
    framer.silence()

    found = framer.feed(prefix + b"9520000000004" + SUFFIXES[suffix])

    assert found == [Frame("9520000000004")]


@given(st.binary(min_size=1, max_size=2_000).filter(lambda noise: noise.strip(b"\r\n\0")))
def test_nothing_is_dropped_without_a_word(noise: bytes) -> None:
    framer = Framer()

    assert framer.feed(noise) + framer.silence()


def test_half_a_code_is_reported_and_does_not_melt_with_the_next() -> None:
    framer = Framer()
    framer.feed(b"95200")

    assert framer.silence() == [Damaged("95200", Cause.GAP)]
    assert framer.feed(b"9520000000004\r") == [Frame("9520000000004")]


def test_a_code_that_never_ends_is_reported_once() -> None:
    framer = Framer()

    found = framer.feed(b"7" * (3 * LONGEST) + b"\r" + b"95200\r")

    assert found == [Damaged("7" * LONGEST, Cause.TOO_LONG), Frame("95200")]


@pytest.mark.parametrize("noise", [b"\x80", b"\x1b", b"\xff\x00"])
def test_a_code_with_noise_in_it_is_damaged(noise: bytes) -> None:
    found = Framer().feed(b"952" + noise + b"004\r")

    assert [(type(one), getattr(one, "cause", None)) for one in found] == [(Damaged, Cause.NOISE)]


def test_a_group_separator_belongs_to_the_code() -> None:
    assert Framer().feed(b"]C110ABC\x1d17261231\r") == [Frame("]C110ABC\x1d17261231")]


def test_a_doubled_suffix_is_no_code() -> None:
    assert Framer().feed(b"952\r\r\n\r\n953\r") == [Frame("952"), Frame("953")]


def test_a_frame_begins_at_its_last_prefix() -> None:
    found = Framer(b"\x02").feed(b"\x0295200\x029520000000004\r")

    assert found == [Damaged("<02>95200", Cause.NO_PREFIX), Frame("9520000000004")]


def test_a_frame_without_its_prefix_is_damaged() -> None:
    assert Framer(b"\x02").feed(b"952\r") == [Damaged("952", Cause.NO_PREFIX)]


def test_an_unknown_suffix_is_refused() -> None:
    with pytest.raises(ValueError, match="cr, lf, crlf, tab"):
        Framer(suffix="etx")


@pytest.mark.parametrize(
    ("frame", "split"),
    [
        ("]E09520000000004", ("E0", "9520000000004")),
        ("]C1010952", ("C1", "010952")),
        ("9520000000004", ("", "9520000000004")),
        ("]", ("", "]")),
        ("]E", ("", "]E")),
    ],
)
def test_the_symbology_is_split_from_the_code(frame: str, split: tuple[str, str]) -> None:
    assert aim.split(frame) == split


def test_damage_is_counted_by_its_cause() -> None:
    framer = Framer(b"\x02")
    framer.feed(b"952\r\x02\xff\r\x02953")
    framer.silence()
    framer.feed(b"\x02954\r")

    assert framer.damaged == {Cause.NO_PREFIX: 1, Cause.NOISE: 1, Cause.GAP: 1}


@given(codes, codes, st.data())
def test_two_scanners_that_read_at_once_never_mix(
    left: str, right: str, data: st.DataObject
) -> None:
    streams = [left.encode() + b"\r", right.encode() + b"\r"]
    framers, found = [Framer(), Framer()], [[], []]  # type: ignore[var-annotated]
    while any(streams):
        at = data.draw(st.sampled_from([n for n in (0, 1) if streams[n]]))
        found[at] += framers[at].feed(streams[at][:1])
        streams[at] = streams[at][1:]

    assert found == [[Frame(left)], [Frame(right)]]
