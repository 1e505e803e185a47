"""No sale is charged twice and none is charged and dropped, whatever the world does."""

from __future__ import annotations

from random import Random

import pytest

from hardware.errors import DeviceError
from hardware.memory.terminal import Step
from hardware.ports import CardOutcome, CardRequest
from tests.checkout.card_world import FATES, ShakyTerminal, World


@pytest.mark.parametrize("seed", range(4))
def test_the_bank_has_what_the_receipts_say_after_a_thousand_sales(seed: int) -> None:
    world = World(Random(seed))
    for _ in range(1_000):
        world.sell(price_minor=world.chance.randrange(1_000, 100_000))

    assert world.wrongs() == {}
    assert world.is_clean()
    assert world.seen["power cut"] > 100


def test_the_same_world_charges_a_naive_till_twice() -> None:
    """So that the test above is known to be able to fail."""
    chance = Random(1)
    terminal = ShakyTerminal(chance)
    for sale in range(300):
        for attempt in range(5):
            terminal.expect(Step(chance.choice(FATES)))
            request = CardRequest(f"{sale}A{attempt}", str(sale), "", 10_000, "SEK")
            try:
                if terminal.pay(request).outcome is CardOutcome.APPROVED:
                    break
            except DeviceError:
                continue  # "it failed, so try again"

    assert max(terminal.bank.standing.values()) > 1
