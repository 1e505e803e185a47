"""Killed at every step of a card sale and around every call of the terminal: money once.

The judge is the bank behind the terminal, which outlives the till in a file of its own.
For each sale that was completed it has the money exactly once, for each that was not
it has none; whether the seal, the commit or the paper had been reached or not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.memory.terminal import MemoryTerminal
from tests.builders import ANNA, SHOES, kr
from tests.checkout.core_harness import Desk, a_home
from tests.checkout.paper_trail import is_honest, settle
from tests.checkout.test_crash_points import (
    a_morning,
    deaths,
    folder,
    is_sound,
    unit_of,
)

__all__ = ["folder"]

PRICE = kr("899")


def the_bank_of(home: Path) -> MemoryTerminal:
    return MemoryTerminal(ledger=home / "bank.jsonl")


def charged(terminal: MemoryTerminal) -> int:
    return sum(terminal.charged.values())


def taken_by_card(desk: Desk) -> int:
    """What the journal says was paid by card, over all receipts."""
    return sum(
        payment.amount_minor
        for receipt in desk.sold()
        for payment in receipt.payments
        if payment.tender_id == "card"
    )


@pytest.mark.parametrize(
    "meets",
    ["approve", "approve,lost_seal", "lose_reply", "lose_reply,lost_seal", "lose_request"],
)
def test_a_card_sale_killed_at_any_step_is_paid_once_or_not_at_all(
    folder: Path, meets: str
) -> None:
    a_morning(folder)
    for home in deaths(folder, f"card:{meets}", at_least=15):
        terminal = the_bank_of(home)
        with Desk(home, unit_of(home), terminal=terminal) as desk:
            desk.hears_from_the_terminal()
            assert is_sound(desk), home
            assert desk.state.completing is None, home
            assert charged(terminal) == taken_by_card(desk), home

            go_on_until_sold(desk)
            assert len(desk.sold()) == 1, home
            assert charged(terminal) == PRICE, home
            if meets == "approve":
                settle(desk, is_there=True)
                assert is_honest(desk), home


def go_on_until_sold(desk: Desk) -> None:
    """The cashier pays what is still to be paid, or sells what was never scanned."""
    if not desk.sold():
        if not desk.state.has_basket:
            desk.scans(SHOES)
        desk.pays_card().hears_from_the_terminal()


def test_a_payment_taken_back_and_killed_at_any_step_is_reversed_once(folder: Path) -> None:
    a_morning(folder)
    for home in deaths(folder, "card-taken-back", at_least=30):
        terminal = the_bank_of(home)
        with Desk(home, unit_of(home), terminal=terminal) as desk:
            desk.hears_from_the_terminal()
            assert is_sound(desk), home
            held = sum(p.amount_minor for p in desk.state.basket.payments)
            by_card = taken_by_card(desk)
            assert charged(terminal) == by_card + held, home
            assert by_card == 0, home


@pytest.mark.parametrize("fate", ["approve", "lose_reply"])
def test_a_refund_killed_at_any_step_goes_back_once(folder: Path, fate: str) -> None:
    home = a_home(folder / "base")
    bank = the_bank_of(home)
    with Desk(home, unit_of(home), terminal=bank) as desk:
        desk.signs_on(ANNA).opens("1000").scans(SHOES).pays_card().hears_from_the_terminal()
        for job in desk.paper():
            desk.spool.finished(job.job_id)
    for died in deaths(folder, f"card-refund:{fate}", at_least=15):
        terminal = the_bank_of(died)
        with Desk(died, unit_of(died), terminal=terminal) as desk:
            desk.hears_from_the_terminal()
            assert is_sound(desk), died
            assert charged(terminal) == taken_by_card(desk), died
            assert charged(terminal) in (0, PRICE), died
