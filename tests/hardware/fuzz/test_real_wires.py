"""A few hundred of the same faults on real wires: ptys, sockets, and pyusb on an emulated bus.

The drivers' threads are here, and the kernel's buffers; what is held is what the pretended
lines are held to. Drops and delays are left to those, as each would be waited for.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import pytest

from hardware.address import parse_address
from hardware.drivers import open_scale, open_scanner
from hardware.emulators.line import PtyLine, TcpLine
from hardware.emulators.printer import EmulatedPrinter, Faults
from hardware.emulators.scale_polled import EmulatedPolledScale
from hardware.emulators.scanner import EmulatedScanner
from hardware.emulators.serving import PtyPrinter, TcpPrinter
from hardware.emulators.usb import EmulatedUsb, UsbPrinter
from hardware.errors import DeviceError
from hardware.ports import Health, WeighRequest
from hardware.printers.dialogue import Patience
from hardware.printers.driver import EscposPrinter, Setting
from hardware.scanners.framer import Frame
from hardware.transports.serial import SerialTransport, line_of
from hardware.transports.tcp import TcpTransport
from hardware.transports.transport import Transport
from hardware.transports.usb import UsbTransport, identity_of
from tests.hardware.fuzz.bad_wire import BadWire, Mischief, seeded
from tests.hardware.fuzz.test_framer_fuzz import ARTICLES, KINDS, article_in
from tests.hardware.fuzz.test_printer_fuzz import RECEIPT, SIZE, on_paper
from tests.hardware.waiting import until

AT_ONCE = (Mischief.DUPLICATE, Mischief.FLIP, Mischief.NOISE, Mischief.CHUNKS)
QUICK = Patience(status_seconds=0.2, write_seconds=0.4, barrier_seconds=0.5, watch_seconds=0.1)
RECEIPTS = 14
LAST = "9520000000004"


def test_a_scanner_on_a_pty_reads_nothing_that_nobody_scanned() -> None:
    with seeded(1) as luck, ExitStack() as open_things:
        device = open_things.enter_context(EmulatedScanner())
        scanner = open_scanner(device.address)
        open_things.callback(scanner.close)
        heard: list[str] = []
        scanner.start(lambda scan: heard.append(scan.data), lambda text: None)
        until(lambda: scanner.state().health is Health.READY)
        wire, scanned = BadWire(luck, KINDS, rate=90), {LAST}
        for _ in range(300):
            scanned.add(luck.choice(ARTICLES))
            wire.carry(luck.choice(sorted(scanned)).encode() + b"\r", 0.0)
            while data := wire.take(0.0):
                device.send(data)
        device.send(b"\r")
        device.send(LAST.encode() + b"\r")

        until(lambda: heard and heard[-1] == LAST)

        assert {article_in(Frame(text)) for text in heard} <= scanned | {""}
        assert wire.met.total() > 200


@dataclass(slots=True)
class SpoiltScale:
    """An emulated scale whose answers go through a bad wire."""

    core: EmulatedPolledScale
    wire: BadWire
    said: bytes = field(default=b"")

    def feed(self, data: bytes, now: float) -> bytes:
        return self._through(self.core.feed(data, now), now)

    def go_on(self, now: float) -> bytes:
        return self._through(self.core.go_on(now), now)

    def _through(self, said: bytes, now: float) -> bytes:
        self.wire.carry(said, now)
        out = b""
        while data := self.wire.take(now):
            out += data
        return out


@pytest.mark.parametrize("on", ["pty", "tcp"])
def test_a_scale_on_a_real_line_tells_the_weight_of_the_goods_or_none(on: str) -> None:
    with seeded(2) as luck, ExitStack() as open_things:
        name = "nci" if on == "pty" else "sma"
        kinds = AT_ONCE if on == "pty" else (Mischief.DUPLICATE, Mischief.CHUNKS)
        spoilt = SpoiltScale(EmulatedPolledScale(name), BadWire(luck, kinds, rate=40))
        line: PtyLine | TcpLine = PtyLine(spoilt) if on == "pty" else TcpLine(spoilt)
        open_things.enter_context(line)
        kind = "serial" if on == "pty" else "tcp"
        scale = open_scale(f"{name}+{kind}://{line.place}?patience=1&watch=no")
        open_things.callback(scale.close)
        until(lambda: scale.state().health is Health.READY)
        told = 0
        for grams in (luck.randrange(20, 15_000) for _ in range(25)):
            line.call(lambda grams=grams: spoilt.core.platform.put(grams))  # type: ignore[misc]
            with suppress(DeviceError):
                assert scale.weigh(WeighRequest()).grams == grams
                told += 1

        assert told > 0
        assert spoilt.wire.met.total() > 5


Lane = tuple[EmulatedPrinter, Callable[[], EscposPrinter]]


@pytest.fixture(params=["tcp", "pty", "usb"])
def lane(request: pytest.FixtureRequest) -> Iterator[Lane]:
    core = EmulatedPrinter()
    with ExitStack() as open_things:
        if request.param == "usb":
            address = parse_address("escpos+usb://04b8:0202")
            bus = EmulatedUsb()
            bus.printers.append(UsbPrinter(printer=core))
            wire: Transport = UsbTransport(address.written, identity_of(address), bus)
        elif request.param == "tcp":
            tcp = open_things.enter_context(TcpPrinter(core))
            wire = TcpTransport("test", "127.0.0.1", tcp.port)
        else:
            pty = open_things.enter_context(PtyPrinter(core))
            wire = SerialTransport(pty.address, line_of(parse_address(pty.address), 19_200))

        def open_driver() -> EscposPrinter:
            driver = EscposPrinter("test", wire, Setting(patience=QUICK))
            open_things.callback(driver.close)
            return driver

        yield core, open_driver


def test_a_printer_on_a_real_wire_tells_what_is_on_the_paper(lane: Lane) -> None:
    core, open_driver = lane
    with seeded(3) as luck:
        driver = open_driver()
        until(lambda: driver.state().health is Health.READY)
        faults: Counter[str] = Counter()
        done = 0
        for number in range(RECEIPTS):
            faults[_spoil(core, luck)] += 1
            told: list[str] = []
            with suppress(DeviceError):
                driver.print(RECEIPT, told.append)
                done += 1
            assert told == ["header", "body", "cut"][: len(told)], number
            assert set(told) <= on_paper(core), number
            core.faults = Faults()
            core.mechanism.papers.clear()
            core.mechanism.paper.pieces.clear()

        assert done > 0
        assert len(faults) > 3


def _spoil(core: EmulatedPrinter, luck: random.Random) -> str:
    where = luck.randrange(1, SIZE)
    name, value = luck.choice(
        [
            ("paper_lasts_lines", 1 + where % 12),
            ("reboot_after_bytes", where),
            ("lose_replies", where % 6),
            ("burst", True),
            ("cutter_jam", True),
            ("paper_near_end", True),
        ]
    )
    setattr(core.faults, name, value)
    return name
