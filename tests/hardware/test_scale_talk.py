from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.scale_polled import DIALECTS, EmulatedPolledScale
from hardware.ports import Reason, WeighRequest
from hardware.scales.dialects import NCI, SMA, TOLEDO_8217
from hardware.scales.dialog06 import Dialog06, Tokens, price_record
from hardware.scales.freshness import Freshness
from hardware.scales.parity import BAD, Parity, from_wire, to_wire
from hardware.scales.polled import Dialect, Frames, PolledTalk
from hardware.scales.talk import Alive, Outcome, Reading, Trouble
from hardware.scales.weighing import STANDARD, WHY, amount_of, judge
from tests.hardware.pretend import Lane

CANDY = WeighRequest(unit_price_minor=19_900)
POLLED = {"toledo8217": TOLEDO_8217, "nci": NCI, "sma": SMA}
grams_of_goods = st.integers(20, 15_000)
chunks = st.integers(1, 9)


def a_price_lane(chunk: int = 64) -> tuple[Lane, EmulatedDialog06]:
    core = EmulatedDialog06()
    return Lane(Dialog06(), core, chunk), core


def a_polled_lane(name: str, chunk: int = 64) -> tuple[Lane, EmulatedPolledScale]:
    core = EmulatedPolledScale(name)
    return Lane(PolledTalk(POLLED[name]), core, chunk), core


def reason(outcome: Outcome) -> Reason:
    assert isinstance(outcome, Trouble)
    return outcome.reason


@given(st.binary().map(lambda data: bytes(byte & 0x7F for byte in data)))
@pytest.mark.parametrize("parity", list(Parity))
def test_what_goes_over_the_line_comes_back(parity: Parity, text: bytes) -> None:
    assert from_wire(to_wire(text, parity), parity) == text


@given(st.integers(0, 127), st.integers(0, 7))
@pytest.mark.parametrize("parity", [Parity.ODD, Parity.EVEN])
def test_one_flipped_bit_is_always_seen(parity: Parity, byte: int, bit: int) -> None:
    wire = to_wire(bytes([byte]), parity)[0] ^ (1 << bit)

    assert from_wire(bytes([wire]), parity) == bytes([BAD])


@given(
    st.integers(0, 999_999),
    st.integers(0, 9_999),
    st.text(max_size=30),
)
def test_a_price_record_carries_only_digits_and_printable_text(
    price: int, tare: int, name: str
) -> None:
    record = price_record(WeighRequest(price, tare, name))

    assert record is not None
    assert record.startswith(b"\x04\x020")
    body = record[2:-1].replace(b"\x1b", b"|")
    assert body.decode("ascii").isprintable()
    assert len(record) <= 34


def test_a_price_of_seven_digits_is_not_sent() -> None:
    lane, _ = a_price_lane()

    assert reason(lane.weigh(WeighRequest(1_000_000))) is Reason.BAD_REQUEST


@given(grams_of_goods, st.integers(1, 99_999), chunks)
def test_a_price_scale_is_read_in_every_chunking(grams: int, price: int, chunk: int) -> None:
    lane, core = a_price_lane(chunk)
    core.platform.put(grams)

    outcome = lane.weigh(WeighRequest(price, name="Lösgodis"))

    assert (
        outcome
        == Reading(grams, is_net=True, unit_price_minor=price, amount_minor=amount_of(price, grams))
        or amount_of(price, grams) > 999_999
    )
    assert core.shown_name == "Losgodis"


@given(grams_of_goods, chunks)
@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_polled_scale_is_read_in_every_chunking(name: str, grams: int, chunk: int) -> None:
    lane, core = a_polled_lane(name, chunk)
    core.platform.put(grams)

    assert lane.weigh(CANDY) == Reading(grams)


def test_every_no_of_a_price_scale_has_its_own_reason() -> None:
    found = {}
    for grams, tare in ((0, 0), (-40, 0), (15_001, 0), (100, 120)):
        lane, core = a_price_lane()
        core.platform.put(grams)
        found[grams] = reason(lane.weigh(WeighRequest(19_900, tare)))

    assert found == {
        0: Reason.UNDER_MINIMUM,
        -40: Reason.BELOW_ZERO,
        15_001: Reason.OVERLOAD,
        100: Reason.TARE_TOO_LARGE,
    }


@pytest.mark.parametrize("code", ["10", "11", "12", "13"])
def test_a_request_a_scale_does_not_take_names_its_code(code: str) -> None:
    lane, core = a_price_lane()
    core.platform.put(452)
    core.faults.refuses = code

    outcome = lane.weigh(CANDY)

    assert isinstance(outcome, Trouble)
    assert outcome.reason is Reason.BAD_REQUEST
    assert code in outcome.detail


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("deaf", Reason.NO_ANSWER),
        ("loses_acks", Reason.NO_ANSWER),
        ("flips_bits", Reason.BAD_CHECKSUM),
        ("other_price", Reason.PRICE_DIFFERS),
        ("locked", Reason.LICENCE),
        ("broken", Reason.INTERNAL_FAULT),
    ],
)
def test_every_fault_of_a_price_scale_is_told(fault: str, expected: Reason) -> None:
    lane, core = a_price_lane()
    core.platform.put(452)
    setattr(core.faults, fault, True)

    assert reason(lane.weigh(CANDY)) is expected


@pytest.mark.parametrize("name", list(DIALECTS))
@pytest.mark.parametrize(
    ("fault", "expected"),
    [("deaf", Reason.NO_ANSWER), ("flips_bits", Reason.BAD_CHECKSUM), ("broken", None)],
)
def test_every_fault_of_a_polled_scale_is_told(
    name: str, fault: str, expected: Reason | None
) -> None:
    lane, core = a_polled_lane(name)
    core.platform.put(452)
    core.parity, lane.talk = Parity.EVEN, PolledTalk(POLLED[name], Parity.EVEN)
    setattr(core.faults, fault, True)

    found = reason(lane.weigh(CANDY))

    own = {"toledo8217": Reason.BELOW_ZERO, "nci": Reason.INTERNAL_FAULT, "sma": Reason.BELOW_ZERO}
    assert found is (expected or own[name])


def test_goods_that_rock_are_waited_for() -> None:
    lane, core = a_price_lane()
    core.platform.put(452)
    core.platform.shake()
    lane._hand_over(lane.talk.weigh(CANDY, lane.now))
    for _ in range(30):
        lane.now += 0.02
        lane._hand_over(lane.talk.feed(bytes(lane._on_the_wire), lane.now))
        lane._on_the_wire.clear()
        lane._hand_over(lane.talk.tick(lane.now))
    assert lane.talk.outcome is None

    core.platform.settle()

    assert isinstance(lane._until_outcome(), Reading)


def test_goods_that_never_rest_are_refused() -> None:
    lane, core = a_price_lane()
    core.platform.put(452)
    core.platform.shake()

    assert reason(lane.weigh(CANDY)) is Reason.IN_MOTION
    assert lane.now < 1000 + 5


def test_a_price_scale_gives_each_weight_once() -> None:
    lane, core = a_price_lane()
    core.platform.put(452)
    assert isinstance(lane.weigh(CANDY), Reading)
    assert reason(lane.weigh(CANDY)) is Reason.NOT_MOVED

    core.platform.put(452)

    assert isinstance(lane.weigh(CANDY), Reading)


def test_a_look_takes_no_weight() -> None:
    lane, core = a_price_lane()
    core.platform.put(452)

    assert lane.glance() == Alive()

    assert isinstance(lane.weigh(CANDY), Reading)


def test_a_lost_ack_is_asked_for_again() -> None:
    lane, core = a_price_lane()
    core.platform.put(452)
    core.faults.loses_acks = True
    lane._hand_over(lane.talk.weigh(CANDY, lane.now))

    core.faults.loses_acks = False

    assert isinstance(lane._until_outcome(), Reading)


@given(st.data())
@pytest.mark.parametrize("name", ["dialog06", *DIALECTS])
def test_a_weight_is_that_of_the_goods_or_none_whatever_the_line_does(
    name: str, data: st.DataObject
) -> None:
    """Late, lost and spoilt answers between one item and the next: never the old weight."""
    lane = (
        a_price_lane(data.draw(chunks))[0]
        if name == "dialog06"
        else a_polled_lane(name, data.draw(chunks))[0]
    )
    core = lane.core
    assert isinstance(core, EmulatedDialog06 | EmulatedPolledScale)
    for _ in range(data.draw(st.integers(1, 6))):
        grams = data.draw(grams_of_goods)
        core.platform.put(grams)
        core.faults.late_seconds = data.draw(st.sampled_from([0.0, 0.1, 0.39, 0.6, 1.1]))
        core.faults.deaf = data.draw(st.booleans()) and data.draw(st.booleans())
        core.faults.flips_bits = name != "sma" and data.draw(st.booleans())

        outcome = lane.weigh(CANDY)

        if isinstance(outcome, Reading):
            assert outcome.grams == grams
        lane.pass_time(data.draw(st.floats(0.0, 2.0)))


@given(st.binary(max_size=400), chunks)
@pytest.mark.parametrize("name", ["dialog06", *DIALECTS])
def test_noise_is_never_a_weight(name: str, noise: bytes, chunk: int) -> None:
    talk = Dialog06() if name == "dialog06" else PolledTalk(POLLED[name])
    talk.weigh(CANDY, 0.0)
    for start in range(0, len(noise), chunk):
        talk.feed(noise[start : start + chunk], 0.1)

    assert not isinstance(talk.outcome, Reading)


@given(st.binary(max_size=300))
def test_frames_and_tokens_are_the_same_in_every_chunking(data: bytes) -> None:
    for dialect in POLLED.values():
        whole = Frames(dialect)
        parts = Frames(dialect)
        assert whole.feed(data) == [f for byte in data for f in parts.feed(bytes([byte]))]
    parts_of = Tokens()
    assert Tokens().feed(data) == [t for byte in data for t in parts_of.feed(bytes([byte]))]


@pytest.mark.parametrize(
    ("dialect", "frame", "expected"),
    [
        (TOLEDO_8217, b"00.452", Reading(452)),
        (TOLEDO_8217, b"00.452N", Reading(452, is_net=True)),
        (TOLEDO_8217, b"0.452", None),
        (TOLEDO_8217, b"?\x10", Reading(0)),
        (TOLEDO_8217, b"?\x03", Trouble(Reason.OVERLOAD)),
        (NCI, b"   0.452KG\r\n00\r", Reading(452)),
        (NCI, b"   0.452kg\r\nS00\r", Reading(452)),
        (NCI, b"   452g\r\n00\r", Reading(452)),
        (NCI, b"  -0.012KG\r\n00\r", Reading(-12)),
        (NCI, b"   0.452KG\r\n0p4\r", Reading(452, is_net=True)),
        (NCI, b"   0.452KG\r\n0p\r", None),
        (NCI, b"  0001.00LB\r\n00\r", None),
        (SMA, b" 1G       0.452kg ", Reading(452)),
        (SMA, b" 1N       0.452kg ", Reading(452, is_net=True)),
        (SMA, b" 1GM      0.452kg ", Trouble(Reason.IN_MOTION)),
        (SMA, b" 1G       0.452", None),
    ],
)
def test_an_answer_is_read_as_its_maker_describes_it(
    dialect: Dialect, frame: bytes, expected: Outcome | None
) -> None:
    found = dialect.read(frame)

    if expected is None and isinstance(found, Trouble):
        assert found.reason is Reason.WRONG_DEVICE
    else:
        assert found == expected


def test_every_reason_of_a_scale_has_a_clause() -> None:
    judged = {judge(grams, tare, STANDARD) for grams in (-1, 0, 50, 16_000) for tare in (0, 60)}

    assert {reason for reason in judged if reason} <= set(WHY)
    assert judge(452, 0, STANDARD) is None


@given(st.lists(st.one_of(grams_of_goods, st.just(0)), max_size=20))
def test_goods_are_fresh_only_after_the_scale_was_emptied_or_changed(seen: list[int]) -> None:
    fresh = Freshness()
    fresh.taken(500)
    for grams in seen:
        fresh.seen(grams)

    is_changed = any(grams == 0 or abs(grams - 500) >= 10 for grams in seen)
    assert fresh.refusal() is (None if is_changed else Reason.NOT_MOVED)


@given(st.integers(0, 10**6), st.integers(0, 15_000))
def test_an_amount_is_rounded_half_up(price: int, grams: int) -> None:
    whole, rest = divmod(price * grams, 1000)

    assert amount_of(price, grams) == whole + (rest >= 500)
