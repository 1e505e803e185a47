"""Central's events over a real socket: a change is told to whoever listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from central_sync.engine.central import Told
from central_sync.engine.enrol import enrol
from central_sync.engine.loop import Kick, run
from central_sync.engine.nudges import Nudges
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import open_workstation
from central_sync.masterfile.check import open_reader
from central_sync.masterfile.search import search
from central_sync.wire.messages import Nudge
from tests.engine.real_central import RealCentral
from tests.hardware.waiting import until


@pytest.fixture
def central(tmp_path: Path) -> Iterator[RealCentral]:
    made = RealCentral(tmp_path / "central")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def home(tmp_path: Path, central: RealCentral) -> Path:
    enrol(tmp_path / "till", central.code(), central_url=central.url)
    return tmp_path / "till"


def test_the_newest_positions_come_at_once_and_each_change_after(
    home: Path, central: RealCentral
) -> None:
    with open_workstation(home) as workstation, workstation.central.events() as events:
        first = next(events)
        assert isinstance(first, Nudge)
        central.set_price("LS2-BLA-42", 100)
        later = next(event for event in events if _newest(event) != _newest(first))

    assert set(first.positions) == {"chain", "store:s01"}
    assert _newest(later) == _newest(first) + 1


def _newest(event: Nudge | Told) -> int:
    """Of the chain, whether it was named or told whole."""
    return event.received.page.next if isinstance(event, Told) else event.positions["chain"]


def test_a_revoked_till_is_told_nothing(home: Path, central: RealCentral) -> None:
    central.revoke()

    with (
        open_workstation(home) as workstation,
        pytest.raises(SyncTrouble) as refused,
        workstation.central.events(),
    ):
        pass

    assert refused.value.code is Code.REVOKED


def test_a_listener_finds_back_to_a_central_that_was_away(home: Path, central: RealCentral) -> None:
    wake = threading.Event()
    with open_workstation(home) as workstation, closing(workstation.another_central()) as line:
        nudges = Nudges(line, wake, chance=lambda: 0.1)
        nudges.start()
        until(lambda: nudges.is_live)
        central.stop()
        until(lambda: not nudges.is_live)
        central.start()
        until(lambda: nudges.is_live)
        nudges.stop()

    assert wake.is_set()


def test_a_price_reaches_a_till_that_listens(home: Path, central: RealCentral) -> None:
    stop, kick = threading.Event(), Kick()
    sync = threading.Thread(target=run, args=(home, stop, kick))
    sync.start()
    try:
        until(lambda: (home / "master.db").exists())

        central.set_price("LS2-BLA-42", 12_300)

        until(lambda: _price(home) == 12_300)
    finally:
        stop.set()
        kick.wake.set()
        sync.join()


def _price(home: Path) -> int:
    with closing(open_reader(home / "master.db")) as reader:
        return search(reader, "LS2-BLA-42", 1)[0].price_minor
