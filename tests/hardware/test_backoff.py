from __future__ import annotations

import threading

from hardware.backoff import Closing


def test_a_hurry_ends_a_rest_and_not_the_driver() -> None:
    closing = Closing()
    rested = threading.Event()

    def rest() -> None:
        closing.rest(60)
        rested.set()

    threading.Thread(target=rest, daemon=True).start()

    closing.hurry()

    assert rested.wait(10)
    assert not closing.is_set()


def test_a_hurry_before_a_rest_is_not_lost() -> None:
    closing = Closing()
    closing.hurry()

    closing.rest(60)

    assert not closing.is_set()


def test_a_driver_that_closes_rests_no_more() -> None:
    closing = Closing()
    closing.set()

    closing.rest(60)
    closing.rest(60)

    assert closing.is_set()
