"""Each fault of hardware.md section 12's control unit, judged by the unit's own ledger."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.emulators.fiscal import EmulatedUnit
from hardware.errors import Burnt, DeviceError, Refused, Stalled
from hardware.fiscal.answers import Verdict
from hardware.fiscal.ccsp import REFUSALS
from hardware.fiscal.kd import REFUSALS as KD_REFUSALS
from hardware.fiscal.sealing import Denial, WrongUnit
from hardware.ports import SealKind
from tests.contracts.fiscal_contract import a_request
from tests.hardware.fiscal.pretend import Lane
from tests.hardware.units import EMULATED

Lanes = Callable[..., Lane]


@pytest.fixture
def lanes(tmp_path: Path) -> Iterator[Lanes]:
    opened: list[Lane] = []

    def make(protocol: str = "ccsp", unit: EmulatedUnit | None = None) -> Lane:
        opened.append(Lane(protocol, tmp_path / f"{len(opened)}.jsonl", unit))
        return opened[-1]

    yield make
    for lane in opened:
        lane.close()


@pytest.fixture(params=EMULATED)
def lane(request: pytest.FixtureRequest, lanes: Lanes) -> Lane:
    return lanes(request.param)


def stored_codes(lane: Lane) -> list[str]:
    return [one.code for one in lane.unit.stored]


@pytest.mark.parametrize(
    "fault",
    ["lose_reply", "abort", "flip_code", "flip_length", "half_frame", "garbage", "previous"],
)
def test_a_spoilt_answer_ends_in_the_one_right_code(lane: Lane, fault: str) -> None:
    before = lane.seal(a_request("before"))
    setattr(lane.unit.faults, fault, 1)

    seal = lane.seal(a_request("now"))

    assert stored_codes(lane) == [before.code, seal.code]


@pytest.mark.parametrize("protocol", ["ccsp", "ccsp version 1", "kd"])
def test_a_lost_answer_is_asked_for_with_the_same_bytes(lanes: Lanes, protocol: str) -> None:
    lane = lanes(protocol)
    lane.unit.faults.lose_reply = 1

    lane.seal(a_request())

    half = len(lane.wire.sent) // 2
    assert lane.wire.sent[:half] == lane.wire.sent[half:]


def test_an_xccsp_retry_keeps_the_receipt_and_takes_a_new_serial(lanes: Lanes) -> None:
    lane = lanes("xccsp")
    lane.unit.faults.lose_reply = 1

    lane.seal(a_request())

    first, second = lane.wire.sent
    assert b"<SerialNo>1<" in first
    assert b"<SerialNo>2<" in second
    assert first.replace(b"<SerialNo>1<", b"<SerialNo>2<") == second
    assert len(lane.unit.stored) == 1


def test_xccsp_gives_up_after_two_more_timeouts_and_five_more_busies(lanes: Lanes) -> None:
    silent, busy = lanes("xccsp"), lanes("xccsp")
    silent.unit.faults.deaf = True
    busy.unit.faults.busy = True

    with pytest.raises(Stalled):
        silent.seal(a_request())
    with pytest.raises(Denial) as refused:
        busy.seal(a_request())

    assert len(silent.wire.sent) == 3
    assert len(busy.wire.sent) == 6
    assert busy.wire.now >= 5.0
    assert refused.value.verdict is Verdict.BUSY


def test_a_lost_answer_of_a_unit_that_repeats_nothing_burns_the_number(lane: Lane) -> None:
    lane.unit.faults.no_repeat = True
    lane.unit.faults.lose_reply = 1

    with pytest.raises(Burnt):
        lane.seal(a_request("a"))
    with pytest.raises(Burnt):
        lane.seal(a_request("a"))
    lane.restart()
    with pytest.raises(Burnt):
        lane.seal(a_request("a"))
    again = lane.seal(a_request("b"))

    assert len(lane.unit.stored) == 2
    assert stored_codes(lane)[1] == again.code


def test_a_deaf_unit_is_given_up_after_ten_seconds_and_the_request_stays_open(lane: Lane) -> None:
    lane.unit.faults.deaf = True

    with pytest.raises(Stalled) as stalled:
        lane.seal(a_request())

    assert 8.0 <= lane.wire.now <= 10.5
    assert stalled.value.bytes_written > 0
    lane.unit.faults.deaf = False
    lane.restart()
    assert stored_codes(lane) == []
    assert lane.seal(a_request()).code == stored_codes(lane)[0]


def test_a_unit_that_thinks_three_seconds_makes_one_seal(lane: Lane) -> None:
    lane.unit.faults.think_seconds = 3.0

    first, second = lane.seal(a_request("a")), lane.seal(a_request("b"))

    assert stored_codes(lane) == [first.code, second.code]


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_nak_has_its_meaning(lanes: Lanes, code: str) -> None:
    lane = lanes("ccsp")
    lane.unit.faults.nak = int(code)
    verdict = REFUSALS[code][0]

    if verdict in (Verdict.DAMAGED, Verdict.HANDLED):
        assert lane.seal(a_request()).code == stored_codes(lane)[0]
        return
    with pytest.raises(Denial) as denied:
        lane.seal(a_request())
    assert (denied.value.verdict, denied.value.bytes_written) == (verdict, 0)
    assert lane.seal(a_request()).code == stored_codes(lane)[0]


@pytest.mark.parametrize("code", [-3, -2, -1, *range(1, 12), 20, 21, 22, 23, 24])
def test_every_kd_code_has_its_meaning(lanes: Lanes, code: int) -> None:
    lane = lanes("kd")
    lane.unit.faults.kd_code = code
    verdict = KD_REFUSALS.get(code, (Verdict.WRONG, ""))[0]

    if verdict in (Verdict.DAMAGED, Verdict.ABORTED, Verdict.HANDLED):
        assert lane.seal(a_request()).code == stored_codes(lane)[0]
        return
    with pytest.raises(Denial) as denied:
        lane.seal(a_request())
    assert denied.value.verdict is verdict


def test_a_no_after_a_lost_answer_leaves_it_open_what_the_unit_holds(lanes: Lanes) -> None:
    lane = lanes("ccsp")
    lane.unit.faults.lose_reply = 1
    lane.unit.capacity = 1

    with pytest.raises(Refused) as refused:
        lane.seal(a_request())

    assert refused.value.bytes_written > 0
    lane.unit.capacity = 100
    assert lane.seal(a_request()).code == stored_codes(lane)[0]
    assert len(lane.unit.stored) == 1


def test_a_lost_ledger_catches_up_with_the_units_sequence(lanes: Lanes) -> None:
    old = lanes("ccsp")
    for number in range(37):
        old.seal(a_request(f"old {number:03}"))
    new = lanes("ccsp", old.unit)

    seal = new.seal(a_request("new"))

    assert old.unit.stored[-1].code == seal.code
    assert len(old.unit.stored) == 38


def test_a_unit_that_lost_its_counter_goes_on(lane: Lane) -> None:
    lane.seal(a_request("a"))
    lane.unit.lose_counter()

    seal = lane.seal(a_request("b"))

    assert stored_codes(lane)[-1] == seal.code


@pytest.mark.parametrize("protocol", ["ccsp", "kd", "xccsp"])
def test_a_seal_of_another_unit_is_not_taken(lanes: Lanes, protocol: str) -> None:
    lane = lanes(protocol)
    lane.unit.faults.wrong_unit = True

    with pytest.raises(WrongUnit) as wrong:
        lane.seal(a_request())

    assert wrong.value.bytes_written > 0


def test_a_copy_asked_twice_is_stored_once(lane: Lane) -> None:
    lane.seal(a_request("a"))
    copy = a_request("a", kind=SealKind.COPY)
    lane.unit.faults.lose_reply = 1

    assert lane.seal(copy) == lane.seal(copy)
    assert [one.kind for one in lane.unit.stored] == ["normal", "kopia"]


@pytest.mark.parametrize("seed", range(4))
def test_on_any_bad_day_every_seal_told_is_the_units_only_one_for_it(lane: Lane, seed: int) -> None:
    chance = random.Random(seed)
    told: dict[str, str] = {}
    for number in range(120):
        _spoil(lane, chance)
        request = a_request(f"{number:04}", receipt_number=f"1-1-{number}")
        try:
            told[str(number)] = lane.seal(request).code
        except DeviceError:
            continue  # The register gives the receipt up, or takes the next number.
        if chance.random() < 0.05:
            lane.restart()
    stored: dict[str, list[str]] = {}
    for one in lane.unit.stored:
        stored.setdefault(one.number, []).append(one.code)
    assert all(stored[number] == [code] for number, code in told.items())
    assert all(len(codes) == 1 for codes in stored.values())
    assert len(told) > 60


def _spoil(lane: Lane, chance: random.Random) -> None:
    faults = lane.unit.faults
    faults.deaf = chance.random() < 0.02
    faults.no_repeat = chance.random() < 0.3
    faults.think_seconds = chance.choice((0.0, 0.0, 0.0, 3.0))
    once = ("lose_reply", "abort", "flip_code", "flip_length", "half_frame", "garbage", "previous")
    for name in once:
        setattr(faults, name, int(chance.random() < 0.1))
    if lane.protocol == "ccsp version 1":
        # It repeats no sequence: an answer that was never told before cannot be seen to be old.
        faults.previous = 0
    faults.nak = chance.choice((*range(1, 5), *range(6, 11))) if chance.random() < 0.1 else 0
