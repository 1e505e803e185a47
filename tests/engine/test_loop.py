from __future__ import annotations

import threading

import pytest

from central_sync.engine.loop import FEED_NUDGED_SECONDS, FEED_SECONDS, LOOK_SECONDS, Kick, Loop
from central_sync.engine.nudges import Nudges
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.messages import HeartbeatReply, HeartbeatRequest
from tests.engine.central_twin import CentralTwin
from tests.engine.conftest import Shop
from tests.masterfile.chain import put


class Time:
    """A clock that goes on by being asked to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Away(CentralTwin):
    """A central whose line is down while `is_away`."""

    is_away = True

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        if self.is_away:
            self.calls.append("heartbeat")
            raise SyncTrouble(Code.UNREACHABLE, "Away.", "Wait.", again=True)
        return super().heartbeat(request)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def loop(shop: Shop, time: Time) -> Loop:
    return Loop(shop.workstation, threading.Event(), Kick(), clock=time, chance=lambda: 0.5)


def turns(loop: Loop, time: Time, seconds: float) -> None:
    until = time.seconds + seconds
    while time.seconds < until:
        loop.turn()
        time.seconds += LOOK_SECONDS


def test_a_new_receipt_is_sent_at_the_next_look(shop: Shop, loop: Loop, time: Time) -> None:
    turns(loop, time, 1)
    shop.journal.append()
    shop.central.calls.clear()
    turns(loop, time, LOOK_SECONDS)
    assert shop.central.calls == ["journal 1-1"]


def test_what_was_made_just_before_the_end_is_sent(shop: Shop, time: Time) -> None:
    stop = threading.Event()
    loop = Loop(shop.workstation, stop, Kick(), clock=time)
    turns(loop, time, 1)
    shop.journal.append()
    shop.central.calls.clear()
    stop.set()
    loop.run()
    assert shop.central.calls == ["journal 1-1"]


def test_a_changed_price_is_fetched_within_two_looks_at_the_feed(
    shop: Shop, loop: Loop, time: Time
) -> None:
    turns(loop, time, 1)
    shop.central.change(put(0, "price", "CAFE-1", sku="CAFE-1", price_minor=1))
    turns(loop, time, FEED_SECONDS + LOOK_SECONDS)
    assert shop.workstation.store.state().cursors["chain"] == 1


def test_a_nudge_is_followed_at_the_next_turn(shop: Shop, loop: Loop, time: Time) -> None:
    nudges = Nudges(shop.central, threading.Event())
    nudged = Loop(
        shop.workstation, threading.Event(), Kick(), nudges=nudges, clock=time, chance=lambda: 0.5
    )
    turns(nudged, time, 1)
    nudges.listen()
    shop.central.change(put(0, "price", "CAFE-1", sku="CAFE-1", price_minor=1))
    turns(nudged, time, LOOK_SECONDS)
    assert shop.workstation.store.state().cursors["chain"] == 1


def test_tills_that_are_many_come_spread_over_the_time_central_asks_for(
    shop: Shop, time: Time
) -> None:
    shop.central.spread_seconds = 10
    nudges = Nudges(shop.central, threading.Event(), chance=lambda: 0.5)
    nudges.listen()
    assert nudges.take() == 5.0
    assert nudges.take() is None


def test_a_till_with_a_stream_asks_by_itself_only_now_and_then(shop: Shop, time: Time) -> None:
    nudges = Nudges(shop.central, threading.Event())
    nudges.is_live = True
    loop = Loop(
        shop.workstation, threading.Event(), Kick(), nudges=nudges, clock=time, chance=lambda: 0.5
    )
    turns(loop, time, 1)
    shop.central.calls.clear()
    turns(loop, time, FEED_NUDGED_SECONDS - 2)
    assert shop.central.calls.count("feed chain 0") <= 1


def test_an_idle_minute_is_one_heartbeat(shop: Shop, loop: Loop, time: Time) -> None:
    turns(loop, time, 59)
    assert shop.central.calls.count("heartbeat") == 1
    assert not [call for call in shop.central.calls if call.startswith("journal")]


def test_a_till_goes_on_by_itself_when_central_comes_back(
    shop: Shop, loop: Loop, time: Time
) -> None:
    away = Away(shop.central.folder)
    away.key, away.public_key = shop.central.key, shop.central.public_key
    shop.workstation.central = away
    shop.journal.append(count=3)
    turns(loop, time, 600)
    assert 10 <= away.calls.count("heartbeat") <= 40
    assert shop.workstation.store.state().last_error_code == "unreachable"
    away.is_away = False
    turns(loop, time, 61)
    assert len(away.entries[1]) == 3
    assert shop.workstation.store.state().last_error_code == ""


def test_a_kick_skips_the_wait(shop: Shop, time: Time) -> None:
    away = Away(shop.central.folder)
    shop.workstation.central = away
    kick = Kick()
    loop = Loop(shop.workstation, threading.Event(), kick, clock=time, chance=lambda: 1.0)
    turns(loop, time, 30)
    away.calls.clear()
    kick.asked.set()
    turns(loop, time, LOOK_SECONDS)
    assert away.calls == ["heartbeat"]


def test_receipts_go_up_while_the_catalogue_comes_down(shop: Shop, loop: Loop, time: Time) -> None:
    def sells() -> None:
        shop.journal.append()
        time.seconds += LOOK_SECONDS

    shop.central.meanwhile = sells
    loop.turn()
    snapshot_at = shop.central.calls.index("snapshot")
    assert "journal 1-1" in shop.central.calls[snapshot_at:]
    assert shop.workstation.store.state().is_online(shop.workstation.now())


def test_a_catalogue_being_made_is_asked_for_again_soon(shop: Shop, loop: Loop, time: Time) -> None:
    shop.central.builds = 2
    turns(loop, time, 10)
    assert (shop.workstation.home / "master.db").exists()


def test_a_key_that_changed_while_the_till_was_opened_is_noticed(shop: Shop, time: Time) -> None:
    key = shop.workstation.home / "keys" / "workstation.key"
    key.parent.mkdir()
    key.touch()
    loop = Loop(shop.workstation, threading.Event(), Kick(), clock=time, key_changed_at=1)
    loop.run()
    assert "heartbeat" not in shop.central.calls
