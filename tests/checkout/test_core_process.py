"""The core as a process of its own: killed, refused a start, stopped, started twice."""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from central_sync.engine.journal import open_journal
from central_sync.engine.rotating import rotate
from central_sync.wire.identity import KeyReply, KeyRequest
from central_sync.wire.keys import SigningKey, verify
from pos_client.link.client import CoreClient, CoreGone
from pos_client.register import commands
from pos_client.register.queries import ListReceipts, ReceiptList
from tests.builders import ANNA, PINS, SHOES, SOCKS, kr
from tests.checkout.core_harness import WORKSTATION_ID, Desk, a_home

DEVICES = """
[devices]
printer = "memory://"
fiscal_unit = "demo://{home}/unit.jsonl"
"""

COMMAND = [sys.executable, "-m", "pos_client.bootstrap"]


def a_till(tmp_path: Path) -> Path:
    home = tmp_path / "till"
    return a_home(home, settings=DEVICES.format(home=home))


@contextmanager
def running(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A core process; killed at the end when it has not ended by itself."""
    core = subprocess.Popen([*COMMAND, str(home)], stderr=subprocess.PIPE)
    try:
        yield core
    finally:
        core.kill()
        core.communicate()


def client_of(home: Path) -> CoreClient:
    """A client of a core that may still be starting."""
    patience = time.monotonic() + 20.0
    while True:
        client = CoreClient(home / "core.sock")
        try:
            client.connect()
        except CoreGone:
            client.close()
            assert time.monotonic() < patience, "the core does not come up"
            time.sleep(0.02)
        else:
            return client


def refused_start(home: Path, before: Callable[[], None] | None = None) -> str:
    """The one sentence of a core that does not start."""
    done = subprocess.run(
        [*COMMAND, str(home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        preexec_fn=before,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_no_line_that_was_shown_is_lost_when_the_core_is_killed(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    shown = 0
    for round_number in range(4):
        with running(home) as core:
            client = client_of(home)
            assert len(client.view.lines) >= shown, "a line that was shown is gone"
            if round_number == 0:
                client.do(commands.SignOn(ANNA, PINS[ANNA]))
                client.do(commands.OpenDay(kr("1000")))
            shown = scan_until_killed(core, client)
            client.close()
    with Desk(home) as desk:
        assert len(desk.state.basket.lines) >= shown > 0
        assert [line.line for line in desk.state.basket.lines] == list(
            range(1, len(desk.state.basket.lines) + 1)
        )
        assert desk.records.journal.first_broken() is None


def scan_until_killed(core: subprocess.Popen[bytes], client: CoreClient) -> int:
    """How many lines had been shown when the core died, at some moment or other."""
    seconds = random.uniform(0.02, 0.3)
    threading.Timer(seconds, core.send_signal, [signal.SIGKILL]).start()
    shown = 0
    for code in cycle((SHOES, SOCKS)):
        try:
            shown = len(client.do(commands.ScanCode(code)).lines)
        except CoreGone:
            break
    return shown


def test_receipts_are_once_and_whole_when_the_core_is_killed_while_paying(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    done: list[str] = []
    for round_number in range(4):
        with running(home) as core:
            client = client_of(home)
            if round_number == 0:
                client.do(commands.SignOn(ANNA, PINS[ANNA]))
                client.do(commands.OpenDay(kr("1000")))
            done += sell_until_killed(core, client)
            client.close()
    with Desk(home) as desk:
        numbers = [receipt.number for receipt in desk.sold()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert set(done) <= {receipt.receipt_number for receipt in desk.sold()}
        assert desk.desk.ledger.totals.sales.count == len(numbers)
        assert desk.records.journal.first_broken() is None


def sell_until_killed(core: subprocess.Popen[bytes], client: CoreClient) -> Iterator[str]:
    """The numbers of the receipts that the screen showed as done, until the core died."""
    threading.Timer(random.uniform(0.05, 0.3), core.send_signal, [signal.SIGKILL]).start()
    try:
        while True:
            client.do(commands.ScanCode(SHOES))
            last = client.do(commands.Pay("cash", kr("1000"))).last_receipt
            if last is not None:
                yield last.receipt_number
    except CoreGone:
        return


def test_a_stopped_core_leaves_its_stop_as_the_last_entry_and_no_socket(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    with running(home) as core:
        client = client_of(home)
        client.do(commands.SignOn(ANNA, PINS[ANNA]))
        client.do(commands.OpenDay(0))
        client.do(commands.ScanCode(SHOES))
        client.do(commands.Pay("card"))
        core.send_signal(signal.SIGTERM)
        assert core.wait(10.0) == 0
        client.close()
    assert not (home / "core.sock").exists()
    with closing(sqlite3.connect(home / "receipts.db")) as file:
        (kind,) = file.execute("SELECT kind FROM journal ORDER BY sequence DESC").fetchone()
        assert kind == "stopped"
        assert file.execute("SELECT state FROM print_job").fetchall() == [("confirmed",)]


def test_a_till_whose_printer_is_away_prints_on_the_second_and_says_so(tmp_path: Path) -> None:
    home = tmp_path / "till"
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        devices = DEVICES.replace(
            'printer = "memory://"',
            f"""
            printer = "escpos+tcp://127.0.0.1:{nobody.getsockname()[1]}"
            second_printer = "escpos+file://{home}/paper.bin"
            drawer = "memory://"
            """,
        )
        a_home(home, settings=devices.format(home=home))
        with running(home):
            client = client_of(home)
            client.do(commands.SignOn(ANNA, PINS[ANNA]))
            client.do(commands.OpenDay(0))
            client.do(commands.ScanCode(SHOES))
            view = client.do(commands.Pay("cash"))
            assert view.last_receipt is not None
            assert until(lambda: b"1-1-1" in paper_of(home))
            assert until(lambda: client.do(commands.Clear()).status.prints_on == 2)
            assert client.view.status.second_printer.health == "ready"
            client.close()
    with closing(sqlite3.connect(home / "receipts.db")) as file:
        assert file.execute("SELECT printer FROM print_job").fetchall() == [(2,)]


def paper_of(home: Path) -> bytes:
    path = home / "paper.bin"
    return path.read_bytes() if path.exists() else b""


def until(holds: Callable[[], bool]) -> bool:
    patience = time.monotonic() + 20.0
    while not holds():
        assert time.monotonic() < patience, "it never came to be"
        time.sleep(0.02)
    return True


def test_a_journal_that_was_tampered_with_stops_the_start_and_is_named(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    with Desk(home) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card()
    with closing(sqlite3.connect(home / "receipts.db")) as file:
        file.execute("DROP TRIGGER journal_is_never_changed")
        file.execute(
            "UPDATE journal SET body = CAST(replace(body, '89900', '79900') AS BLOB)"
            " WHERE kind = 'receipt'"
        )
        file.commit()
    sentence = refused_start(home)
    assert "entry 1-4 has been changed" in sentence
    assert "call store IT" in sentence


def test_a_damaged_database_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    (home / "receipts.db").write_bytes(b"rubbish" * 1000)
    assert "is damaged" in refused_start(home)


def test_a_home_that_is_not_enrolled_says_how_to_enrol(tmp_path: Path) -> None:
    assert "spindel sync enrol" in refused_start(tmp_path)


def test_a_lost_key_says_what_to_do(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    (home / "keys" / "workstation.key").unlink()
    assert "Restore it or enrol again" in refused_start(home)


@pytest.mark.parametrize("settings", ["[devices]\nprinter = 5", "[devices]\nprinter = 'fax://'"])
def test_a_typing_mistake_in_the_settings_names_the_file(tmp_path: Path, settings: str) -> None:
    home = a_home(tmp_path / "till", settings=settings)
    assert "workstation.toml" in refused_start(home)


def test_a_disk_with_no_room_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    with Desk(home) as desk:
        desk.signs_on(ANNA).opens()

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    assert "Make room or mend the disk" in refused_start(home, no_room)


def test_a_second_core_on_the_same_home_is_refused(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    with running(home):
        client_of(home).close()
        assert "already runs" in refused_start(home)


def test_a_killed_core_leaves_nothing_that_stops_the_next(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    with running(home) as core:
        client_of(home).close()
        core.send_signal(signal.SIGKILL)
        core.wait(10.0)
    assert (home / "core.sock").exists()
    with running(home):
        client = client_of(home)
        assert isinstance(client.ask(ListReceipts()), ReceiptList)
        client.close()
    assert os.path.exists(home / "core.lock")


def test_a_core_whose_disk_refuses_says_so_and_goes_on_when_it_takes_again(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    with running(home) as core:
        client = client_of(home)
        client.do(commands.SignOn(ANNA, PINS[ANNA]))
        client.do(commands.OpenDay(0))
        client.do(commands.ScanCode(SHOES))
        before, hard = resource.prlimit(core.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(core.pid, resource.RLIMIT_FSIZE, (0, hard))
        for command in (commands.ScanCode(SOCKS), commands.Pay("cash"), commands.Suspend()):
            view = client.do(command)
            assert view.message is not None
            assert view.message.key == "storage.disk_error"
            assert (len(view.lines), view.payments, view.suspended) == (1, (), ())
        resource.prlimit(core.pid, resource.RLIMIT_FSIZE, (before, hard))
        client.do(commands.ScanCode(SOCKS))
        last = client.do(commands.Pay("card")).last_receipt
        assert last is not None
        assert last.receipt_number == "s01-1-1-1"
        client.close()
    with Desk(home) as desk:
        assert [receipt.total_minor for receipt in desk.sold()] == [kr("948,90")]


def test_a_core_that_runs_signs_with_a_key_that_was_changed_meanwhile(tmp_path: Path) -> None:
    home = a_till(tmp_path)
    path = home / "keys" / "workstation.key"
    with running(home):
        client = client_of(home)
        client.do(commands.SignOn(ANNA, PINS[ANNA]))
        former, reply = SigningKey.load(path), []

        def central(_key: SigningKey, request: KeyRequest) -> KeyReply:
            reply.append(request.public_key)
            return KeyReply(public_key=request.public_key, former_until="")

        rotate(home, WORKSTATION_ID, central)
        client.do(commands.OpenDay(kr("1000")))
        client.close()
    with closing(open_journal(home)) as journal:
        signed = [
            next(key for key in (former.public, *reply) if verify(key, entry.signature, entry.hash))
            for entry in journal.entries_after(1, 0, 100, 1 << 20)
        ]
    assert signed == sorted(signed, key=[former.public, *reply].index)
    assert set(signed) == {former.public, *reply}
