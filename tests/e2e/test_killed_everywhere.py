"""kill -9 of core, sync and central under load, and a network that breaks as networks do.

At the end every receipt is at central exactly once, unchanged. CI runs a few rounds;
`make kill-loops ROUNDS=50` runs as many as are wanted.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central.conftest import database_url, postgres_server, sqlite_template
from tests.e2e.killing import PARTS, Chain
from tests.e2e.weather import WEATHERS

__all__ = ["database_url", "postgres_server", "sqlite_template"]

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
SEED = int(os.environ.get("KILL_SEED", "1"))

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300 + 60 * ROUNDS)]


@pytest.fixture
def chain(tmp_path: Path, database_url: str) -> Iterator[Chain]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    made = Chain(tmp_path, database_url, port, SEED)
    yield made
    made.close()


def test_every_receipt_is_at_central_once_whatever_is_killed(chain: Chain) -> None:
    for number in range(ROUNDS):
        chain.killed_while_selling(PARTS[number % len(PARTS)], receipts=12)

    chain.settle()

    assert_all_is_there_once(chain)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_receipt_is_at_central_once_whatever_the_network_does(chain: Chain) -> None:
    for number in range(max(ROUNDS, len(WEATHERS))):
        weather = WEATHERS[number % len(WEATHERS)]
        chain.relay.turn(weather)
        chain.sell(4)
        chain.meets(weather)

    chain.settle()

    assert_all_is_there_once(chain)


def assert_all_is_there_once(chain: Chain) -> None:
    assert chain.theirs() == chain.ours()
    assert chain.receipts_at_central() == chain.receipts_at_the_till()
    assert len(set(chain.receipts_at_the_till())) == len(chain.receipts_at_the_till())
    assert set(chain.shown) <= set(chain.receipts_at_central())
    assert len(chain.shown) > 0
    assert chain.states_at_central() == {"accepted"}
