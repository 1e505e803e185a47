"""The core's loop with a client and a scanner: who hears which scan, and what beeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.engine.state import StateReader
from hardware.memory import MemoryScanner
from hardware.ports import DeviceState, Health
from pos_client.checkout import core as core_module
from pos_client.checkout.answers import Answers
from pos_client.checkout.core import Core
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.paper_watch import PaperWatch
from pos_client.checkout.status import Printers, StatusWatch
from pos_client.link.client import CoreClient, Listener, PushedScan
from pos_client.link.server import LinkServer
from pos_client.register import commands
from pos_client.register.queries import (
    FindReceipt,
    FoundItems,
    ListReceipts,
    Paper,
    PreviewReport,
    ReceiptList,
    ReceiptView,
    Search,
)
from pos_client.register.view import Level, Mode, Setup
from pos_client.storage.errors import StorageTrouble
from tests.builders import ANNA, PINS, SHOES, SOCKS, gtin, kr
from tests.checkout.core_harness import Desk, a_home, grant
from tests.link.counterpart import soon


class LiveCore:
    """A core on a thread, a scanner in memory, and clients as many as are asked for."""

    def __init__(self, home: Path, *, epoch: int = 1) -> None:
        self.home = home
        self.desk = Desk(home, epoch=epoch)
        self.mailbox = Mailbox()
        self.scanner = MemoryScanner()
        self.sync = StateReader(home)
        status = StatusWatch(
            home=home,
            clock=self.desk.desk.ledger.clock,
            sync=self.sync,
            journal=self.desk.records.journal,
            printers=Printers,
            scanner=self.scanner.state,
            fiscal_unit=lambda: DeviceState(Health.READY),
            waiting_prints=self.desk.spool.waiting,
        )
        country = self.desk.shop.country
        self.answers = Answers(
            home, self.mailbox, lambda: country, lambda kind: self.core.preview(kind)
        )
        self.core = Core(
            self.desk.desk,
            PaperWatch(
                self.desk.shop,
                self.desk.spool,
                self.desk.desk.copies,
                can_print=lambda: True,
                tell=lambda message: self.core.tell(message),
            ),
            status,
            self.answers,
            self.mailbox,
            self.scanner,
            Setup(),
            self.desk.shop.master.refresh,
        )
        self.link = LinkServer(home / "core.sock", self.core)
        self._clients: list[CoreClient] = []
        self._thread = threading.Thread(target=self.core.run, args=(self.link,), daemon=True)
        self._thread.start()
        assert soon(lambda: self.scanner.state().health is Health.READY)

    def client(self, listener: Listener | None = None) -> CoreClient:
        client = CoreClient(self.home / "core.sock", listener or Listener())
        client.connect()
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.core.stop()
        self._thread.join(5.0)
        self.link.close()
        self.answers.stop()
        self.sync.close()
        with self.desk:
            pass


@pytest.fixture
def core(tmp_path: Path) -> Iterator[LiveCore]:
    live = LiveCore(a_home(tmp_path))
    yield live
    live.close()


def selling(core: LiveCore, listener: Listener | None = None) -> CoreClient:
    client = core.client(listener)
    client.do(commands.SignOn(ANNA, PINS[ANNA]))
    client.do(commands.OpenDay(kr("1000")))
    return client


def rings_up(core: LiveCore) -> CoreClient:
    """A client that sells whatever is scanned, as the sale screen does."""
    pushed: list[PushedScan] = []
    heard = threading.Event()

    def on_scan(scan: PushedScan) -> None:
        pushed.append(scan)
        heard.set()

    client = selling(core, Listener(on_scan=on_scan))

    def work() -> None:
        while heard.wait(10.0):
            heard.clear()
            while pushed:
                scan = pushed.pop(0)
                client.do(commands.ScanCode(scan.data, scan.symbology, 1, scan.scan_id))

    threading.Thread(target=work, daemon=True).start()
    return client


def said(client: CoreClient) -> str:
    message = client.view.message
    return message.key if message else ""


def test_a_scan_becomes_a_line_and_one_tone(core: LiveCore) -> None:
    client = rings_up(core)
    core.scanner.feed(SHOES)
    assert soon(lambda: core.scanner.accepted == 1 and bool(client.view.lines))
    assert [line.name for line in client.view.lines] == ["Löparsko Fjäll 42"]
    assert core.scanner.refused == 0


def test_an_unknown_code_beeps_twice_and_becomes_no_line(core: LiveCore) -> None:
    client = rings_up(core)
    core.scanner.feed(gtin(99))
    assert soon(lambda: said(client) == "item.unknown")
    assert client.view.lines == ()
    assert client.view.message is not None
    assert client.view.message.values == {"code": gtin(99)}
    assert core.scanner.refused == 1


def test_forty_scans_in_a_burst_lose_and_mix_none(core: LiveCore) -> None:
    client = rings_up(core)
    codes = [SHOES, SOCKS] * 20
    for code in codes:
        core.scanner.feed(code)
    assert soon(lambda: len(client.view.lines) == 40)
    names = {SHOES: "SKO-42", SOCKS: "STRUMPA"}
    assert [line.sku for line in client.view.lines] == [names[code] for code in codes]
    assert soon(lambda: core.scanner.accepted == 40)


def test_a_scan_with_no_screen_attached_is_refused(core: LiveCore) -> None:
    core.scanner.feed(SHOES)
    assert soon(lambda: core.scanner.refused == 1)


def test_a_screen_may_refuse_a_scan_or_use_it_for_something_else(core: LiveCore) -> None:
    scans: list[PushedScan] = []
    client = selling(core, Listener(on_scan=scans.append))
    core.scanner.feed(SHOES)
    core.scanner.feed(SOCKS)
    assert soon(lambda: len(scans) == 2)
    client.refuse_scan(scans[0].scan_id)
    client.accept_scan(scans[1].scan_id)
    assert soon(lambda: (core.scanner.refused, core.scanner.accepted) == (1, 1))


def test_a_scan_handled_too_late_is_refused(
    core: LiveCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_module, "OLDEST_SCAN_SECONDS", 0.05)
    scans: list[PushedScan] = []
    client = selling(core, Listener(on_scan=scans.append))
    core.scanner.feed(SHOES)
    assert soon(lambda: len(scans) == 1)
    time.sleep(0.1)
    view = client.do(commands.ScanCode(SHOES, "E0", 1, scans[0].scan_id))
    assert view.message is not None
    assert (view.message.key, view.lines) == ("scan.too_old", ())
    assert core.scanner.refused == 1


def test_a_damaged_scan_is_shown_and_beeps_twice(core: LiveCore) -> None:
    client = selling(core)
    core.scanner.feed_damaged("9520000")
    assert soon(lambda: said(client) == "scan.damaged")
    assert client.view.message is not None
    assert client.view.message.level is Level.REFUSAL
    assert core.scanner.refused == 1


def test_a_scan_that_nobody_answered_is_forgotten(
    core: LiveCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_module, "OLDEST_SCAN_SECONDS", 0.001)
    selling(core)
    core.scanner.feed(SHOES)
    assert soon(lambda: bool(core.core._scans))
    time.sleep(0.05)
    core.mailbox.call(core.core._tick)
    assert core.core._scans == {}


def test_a_search_finds_while_the_register_sells(core: LiveCore) -> None:
    client = selling(core)
    found = client.ask(Search("lopar"))
    assert isinstance(found, FoundItems)
    assert {item.name for item in found.items} == {"Löparsko Fjäll 42", "Löpartidning"}
    assert found.items[0].on_hand == 10


def test_receipts_are_listed_newest_first_and_found_with_their_paper(core: LiveCore) -> None:
    client = selling(core)
    for code in (SHOES, SOCKS):
        client.do(commands.ScanCode(code))
        client.do(commands.Pay("card"))
    listed = client.ask(ListReceipts())
    assert isinstance(listed, ReceiptList)
    assert [receipt.receipt_number for receipt in listed.receipts] == ["s01-1-1-2", "s01-1-1-1"]
    found = client.ask(FindReceipt("1"))
    assert isinstance(found, ReceiptView)
    assert found.lines[0].returnable == 1
    assert any("Löparsko" in line for line in found.paper)
    assert client.ask(FindReceipt("99")) is None


@pytest.mark.parametrize(("limit", "count"), [(-1, 1), (0, 1), (2, 2), (10_000, 3)])
def test_a_list_is_as_long_as_asked_within_reason(core: LiveCore, limit: int, count: int) -> None:
    client = selling(core)
    for _ in range(3):
        client.do(commands.ScanCode(SOCKS))
        client.do(commands.Pay("card"))
    listed = client.ask(ListReceipts(limit))
    assert isinstance(listed, ReceiptList)
    assert len(listed.receipts) == count


def test_what_came_back_is_no_longer_returnable(core: LiveCore) -> None:
    client = selling(core)
    client.do(commands.EnterCode(SOCKS, 3))
    client.do(commands.Pay("card"))
    client.do(commands.ReturnLine("1", 1, 2, "regret"))
    client.do(commands.Pay("card"))
    found = client.ask(FindReceipt("1"))
    assert isinstance(found, ReceiptView)
    assert found.lines[0].returnable == 1


@pytest.mark.parametrize(("kind", "title"), [("x", "X-dagrapport"), ("z", "Z-dagrapport")])
def test_a_report_is_previewed_without_being_journalled(
    core: LiveCore, kind: str, title: str
) -> None:
    client = selling(core)
    before = core.desk.records.head
    paper = client.ask(PreviewReport(kind))
    assert isinstance(paper, Paper)
    assert any(title in line for line in paper.lines)
    assert core.desk.records.head == before


def test_the_view_tells_what_the_register_waits_for(core: LiveCore) -> None:
    client = core.client()
    assert client.view.mode is Mode.SIGNED_OFF
    assert client.do(commands.SignOn(ANNA, PINS[ANNA])).mode is Mode.DAY_CLOSED
    assert client.do(commands.OpenDay(0)).mode is Mode.SALE


def test_wrong_pins_are_answered_with_the_seconds_to_wait(core: LiveCore) -> None:
    client = core.client()
    for _ in range(3):
        view = client.do(commands.SignOn(ANNA, "0000"))
    assert 1 <= view.sign_on_wait_seconds <= 5


def test_a_price_check_tells_the_stock(core: LiveCore) -> None:
    check = selling(core).do(commands.CheckPrice(SHOES)).price_check
    assert check is not None
    assert (check.price_minor, check.on_hand) == (kr("899"), 10)


def test_the_status_counts_what_is_not_at_central_in_every_epoch(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    with Desk(home) as desk:
        desk.signs_on(ANNA).opens().scans(SHOES).pays_card()
        older = desk.records.head.sequence
    grant(home, epoch=2)
    live = LiveCore(home, epoch=2)
    try:
        status = live.client().view.status
        assert status.outbox >= older
        assert status.oldest_unsent_seconds is not None
    finally:
        live.close()


def test_what_another_thread_asks_for_is_done_on_the_cores_own(core: LiveCore) -> None:
    def thread_name() -> str:
        return threading.current_thread().name

    assert core.mailbox.call(thread_name) == core._thread.name


def test_a_disk_that_refuses_is_told_to_whoever_waits(core: LiveCore) -> None:
    def fails() -> None:
        raise StorageTrouble("storage.full", "no room")

    with pytest.raises(StorageTrouble):
        core.mailbox.call(fails)
    assert selling(core).view.mode is Mode.SALE
