"""`spindel sync run` as a process of its own: sends, fetches, stands by, ends when told."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from central_sync.engine.state import read_state
from tests.engine.real_central import RealCentral, Wire
from tests.engine.test_with_central import Till, central, till, wire
from tests.safety.homes import enrolled

__all__ = ["central", "till", "wire"]

pytestmark = pytest.mark.e2e

SYNC = [sys.executable, "-c", "from central_sync.engine.commands import sync; sync()"]


@pytest.fixture
def running(till: Till) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*SYNC, "run", "--home", str(till.home)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    yield process
    process.kill()
    process.communicate()


def wait_until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def sync(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SYNC, *arguments, "--home", str(home)], capture_output=True, text=True, check=False
    )


def test_receipts_and_prices_go_by_themselves_and_sigterm_ends_it(
    till: Till, central: RealCentral, running: subprocess.Popen[bytes]
) -> None:
    wait_until(lambda: (till.home / "master.db").exists())
    till.sell(7)
    wait_until(lambda: len(central.stored()) == 7)
    central.set_price("LS2-BLA-42", 1234)
    wait_until(lambda: till.shelf_price("LS2-BLA-42") == 1234)
    running.send_signal(signal.SIGTERM)
    assert running.wait(5) == 0
    assert "stopped" in (till.home / "logs" / "sync.log").read_text()


def test_an_outage_ends_by_itself_and_a_kick_ends_the_wait(
    till: Till, central: RealCentral, running: subprocess.Popen[bytes]
) -> None:
    wait_until(lambda: (till.home / "master.db").exists())
    central.stop()
    till.sell(3)
    wait_until(lambda: read_state(till.home).last_error_code in ("unreachable", "cut"))
    central.start()
    told = json.loads(sync("now", "--json", home=till.home).stdout)
    assert (told["troubles"], len(central.stored())) == ([], 3)
    wait_until(lambda: read_state(till.home).last_error_code == "")
    assert running.poll() is None


def test_now_tells_how_the_contact_of_a_running_sync_went(
    till: Till, central: RealCentral, running: subprocess.Popen[bytes]
) -> None:
    wait_until(lambda: (till.home / "master.db").exists())

    well = sync("now", home=till.home)
    central.stop()
    ill = sync("now", home=till.home)

    assert (well.returncode, well.stdout) == (0, "In step with central.\n")
    assert (ill.returncode, ill.stdout) == (1, "Nothing was sent or fetched.\n")
    assert ill.stderr.strip() == read_state(till.home).last_error != ""
    assert running.poll() is None


def test_a_second_process_stands_by_and_takes_over(
    till: Till, central: RealCentral, running: subprocess.Popen[bytes]
) -> None:
    wait_until(lambda: (till.home / "master.db").exists())
    second = subprocess.Popen([*SYNC, "run", "--home", str(till.home)], stderr=subprocess.DEVNULL)
    try:
        running.kill()
        till.sell(2)
        wait_until(lambda: len(central.stored()) == 2)
        assert second.poll() is None
        assert json.loads(sync("status", "--json", home=till.home).stdout)["process"] == second.pid
    finally:
        second.send_signal(signal.SIGINT)
        assert second.wait(5) == 0


def test_a_process_that_is_killed_in_its_first_load_goes_on(
    till: Till, wire: Wire, running: subprocess.Popen[bytes]
) -> None:
    names = ("snapshot.part", "master.db")
    wait_until(lambda: any((till.home / name).exists() for name in names))
    running.kill()
    running.wait()
    done = json.loads(sync("now", "--json", home=till.home).stdout)
    assert done["troubles"] == []
    assert (till.home / "master.db").exists()
    assert not list(till.home.glob("snapshot*"))


@contextmanager
def behind_a_black_hole(home: Path) -> Iterator[socket.socket]:
    """A till whose central takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        enrolled(home)
        address = f"http://127.0.0.1:{hole.getsockname()[1]}"
        (home / "workstation.toml").write_text(f'[workstation]\ncentral = "{address}"\n')
        yield hole


def asked_for(path: bytes, hole: socket.socket, peers: ExitStack) -> None:
    """Return when this is asked for; nobody is answered before `peers` ends."""
    while path not in peers.enter_context(hole.accept()[0]).recv(65536):
        pass


def test_a_sync_that_waits_for_a_silent_central_ends_when_told(tmp_path: Path) -> None:
    home = tmp_path / "till"
    with behind_a_black_hole(home) as hole, ExitStack() as peers:
        process = subprocess.Popen([*SYNC, "run", "--home", str(home)], stderr=subprocess.DEVNULL)
        asked_for(b"/v1/heartbeat", hole, peers)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert "ended while it waited for central" in (home / "logs" / "sync.log").read_text()


def test_now_tells_a_person_what_it_waits_for(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with behind_a_black_hole(tmp_path), open(ours, "rb", buffering=0) as terminal:
        asking = subprocess.Popen(
            [*SYNC, "now", "--home", str(tmp_path)], stderr=theirs, stdout=subprocess.PIPE
        )
        os.close(theirs)
        told = b""
        while b"Waiting for central to answer." not in told:
            told += terminal.read(4096)
        asking.kill()
        asking.communicate()
