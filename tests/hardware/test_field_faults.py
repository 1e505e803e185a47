"""Faults met in a shop, replayed from the byte log that its till kept.

A log goes into `field/` as it came (`spindel hardware log`, or the file itself); the test
drives the driver through it and says what it must have made of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.errors import Stalled
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.encoder import encode_pieces
from hardware.printers.profiles import EPSON
from hardware.printers.progress import Barrier, with_barriers
from hardware.transports.recording import read_log
from hardware.transports.replay import Replay
from tests.hardware.papers import a_checked_receipt

FIELD = Path(__file__).parent / "field"
PATIENCE = Patience(status_seconds=0.2, barrier_seconds=2.0)


def replay_of(name: str) -> Replay:
    return Replay(read_log((FIELD / name).read_text("utf-8").splitlines()), strict=False)


def test_paper_that_ended_in_the_total_leaves_a_torn_receipt_and_says_so() -> None:
    """The printer took every byte, answered the header's mark, and went quiet at BETALA."""
    replay = replay_of("paper_out_in_the_total.log")
    dialogue = Dialogue("x", replay, PATIENCE)
    passed: list[str] = []
    dialogue.open()
    dialogue.look()

    pieces = with_barriers(encode_pieces(a_checked_receipt(), EPSON), Barrier.ECHO, 0)
    with pytest.raises(Stalled, match="out of paper") as trouble:
        dialogue.run(pieces, Barrier.ECHO, passed.append)

    assert passed == ["header"]
    assert trouble.value.bytes_written > 0
    assert replay.at_end
