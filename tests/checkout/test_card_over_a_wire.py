"""The till's card payments on real sockets: driver, seal and emulated terminal, both dialects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from hardware.emulators.terminal_fate import Fate
from pos_client.register import commands
from tests.builders import ANNA, SHOES, SOCKS, kr
from tests.checkout.core_harness import Desk, a_home
from tests.hardware.terminals.lanes import Lane, plain_lane, sealed_lane

PRICE = kr("899")


@contextmanager
def _plain(folder: Path) -> Iterator[Lane]:
    with plain_lane() as lane:
        yield lane


@contextmanager
def _sealed(folder: Path) -> Iterator[Lane]:
    with sealed_lane(folder) as lane:
        yield lane


OpensLane = Callable[[Path], AbstractContextManager[Lane]]


@pytest.fixture(params=[_plain, _sealed], ids=["xml", "sealed json"])
def lane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lane]:
    opens: OpensLane = request.param
    with opens(tmp_path) as lane:
        yield lane


@contextmanager
def at_the_till(tmp_path: Path, lane: Lane) -> Iterator[Desk]:
    with Desk(a_home(tmp_path / "till"), terminal=lane.driver) as desk:
        yield desk.signs_on(ANNA).opens("1000")


def charged(lane: Lane) -> int:
    return sum(lane.core.bank.charged.values())


def test_a_card_sale_over_the_wire_is_charged_once(tmp_path: Path, lane: Lane) -> None:
    with at_the_till(tmp_path, lane) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert [receipt.payments[0].amount_minor for receipt in desk.sold()] == [PRICE]
        assert charged(lane) == PRICE


@pytest.mark.parametrize(
    ("fate", "paid"),
    [
        (Fate.LOSE_REPLY, True),
        (Fate.REPLY_FOR_ANOTHER, True),
        (Fate.BUSY, True),
        (Fate.LOSE_REQUEST, False),
        (Fate.DECLINE, False),
    ],
)
def test_what_the_wire_loses_is_asked_for_and_never_paid_again(
    tmp_path: Path, lane: Lane, fate: Fate, paid: bool
) -> None:
    with at_the_till(tmp_path, lane) as desk:
        desk.scans(SOCKS).pays_card().hears_from_the_terminal()
        before = charged(lane)
        lane.core.expect(fate)
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert charged(lane) - before == (PRICE if paid else 0)
        assert desk.state.has_basket is not paid


def test_a_return_over_the_wire_goes_back_to_the_card_and_the_z_agrees(
    tmp_path: Path, lane: Lane
) -> None:
    with at_the_till(tmp_path, lane) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        desk.takes_back("1").pays_card().hears_from_the_terminal()
        assert charged(lane) == 0

        desk.closes(cash="1000").hears_until(lambda desk: not desk.state.day)
        assert "card_totals_differed" not in desk.kinds()


def test_a_payment_taken_back_over_the_wire_is_reversed(tmp_path: Path, lane: Lane) -> None:
    with at_the_till(tmp_path, lane) as desk:
        desk.scans(SHOES).pays_card("500").hears_from_the_terminal()
        desk.do(commands.RemovePayment(0)).hears_from_the_terminal()

        assert charged(lane) == 0
        assert not desk.state.basket.payments
