"""`make bench-hardware`: paper, scans and seals against their wires and against others.

A receipt of thirty items is laid out, encoded and put on a serial line that is as slow as a
real one; the same receipt goes through python-escpos as text, and as a picture of the paper,
which is how some systems print. `--quick` takes few of each: to see that it works.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.figures import Row, Spread, table
from bench.paced_printer import PacedPrinter
from bench.payment import running_core
from bench.world import Ware, make_world
from central_sync.countries.se import SWEDEN
from central_sync.retail.codes import read_code
from hardware.document import Barcode, Document, QrCode
from hardware.drivers import open_fiscal_unit
from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.fiscal_mouths import CcspMouth
from hardware.emulators.fiscal_serving import PtyUnit
from hardware.emulators.picture import draw
from hardware.emulators.printer import EmulatedPrinter
from hardware.ports import Health, SealKind, SealRequest
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON
from hardware.printers.text import to_lines
from hardware.scanners import aim
from hardware.scanners.debounce import Debounce
from hardware.scanners.framer import Frame, Framer
from hardware.transports.recording import Way, recorder_of
from pos_client.receipts.layout import receipt_document
from pos_client.register.commands import Clear, EnterCode, Pay
from tests.receipts.papers import thirty_lines

PRINTER_BAUD, UNIT_BAUD = 19_200, 9_600
MOST_BYTES = 1_900
LINES = 30
MODEL = "TM-T20II"
_CODES = (
    b"]E07310865004703\r",
    b"]C10107310865004703\x1d17261231\r",
    b"]E02012345012343\r",
)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.hardware", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="few of each: a trial")
    quick = arguments.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="spindel-bench-") as folder:
        home = Path(folder)
        rows = [
            *_receipt_rows(20 if quick else 300),
            _paid_row(home / "till", 2 if quick else 12),
            _scan_row(200 if quick else 5_000),
            _seal_row(home, 3 if quick else 30),
        ]
    print(table(rows))


# The receipt as bytes.


def _receipt_rows(count: int) -> list[Row]:
    _say("a receipt of thirty items: ours, python-escpos, a picture")
    ours, size = _rendered(lambda: encode(_document(), EPSON), count)
    document = _document()
    encoded, _ = _rendered(lambda: encode(document, EPSON), count)
    theirs, their_size = _rendered(_by_python_escpos(), count)
    drawn, drawn_size = _rendered(_as_picture(), max(3, count // 20))
    return [
        Row(
            f"receipt of {LINES} items, layout + bytes",
            f"{_ms(ours)}; bytes alone {_ms(encoded)}",
            f"python-escpos {_ms(theirs)} ({theirs.p50 / encoded.p50:.1f}x ours); "
            f"picture {_ms(drawn)} ({drawn.p50 / encoded.p50:.0f}x)",
            "p50 <= 2 ms",
        ),
        Row(
            "its bytes",
            f"{size} ({_seconds(size):.2f} s at {PRINTER_BAUD} baud)",
            f"python-escpos {their_size} ({their_size / size:.2f}x); "
            f"picture {drawn_size} ({drawn_size / size:.0f}x, {_seconds(drawn_size):.0f} s)",
            f"<= {MOST_BYTES}",
        ),
    ]


def _document() -> Document:
    return receipt_document(thirty_lines(), SWEDEN)


def _rendered(render: Callable[[], bytes], count: int) -> tuple[Spread, int]:
    """Milliseconds, and how many bytes came of it."""
    size = len(render())
    return Spread.of([_timed(render) for _ in range(count)]), size


def _by_python_escpos() -> Callable[[], bytes]:
    """The same lines and codes, as its own methods print them."""
    from escpos.printer import Dummy

    document = _document()
    lines = to_lines(document, EPSON.columns)
    codes = [each for each in document.elements if isinstance(each, Barcode | QrCode)]

    def render() -> bytes:
        # It prints a remark for each barcode.
        with contextlib.redirect_stdout(io.StringIO()):
            return print_all(Dummy(profile=MODEL))

    def print_all(printer: Dummy) -> bytes:
        for line in lines:
            printer.textln(line)
        for code in codes:
            if isinstance(code, QrCode):
                printer.qr(code.data, native=True)
            elif code.kind.value == "ean13":
                printer.barcode(code.data, "EAN13")
            else:
                printer.barcode("{B" + code.data, "CODE128", function_type="B")
        printer.cut()
        return bytes(printer.output)

    return render


def _as_picture() -> Callable[[], bytes]:
    """The paper drawn, and the drawing sent as raster."""
    from escpos.printer import Dummy

    emulated = EmulatedPrinter()
    emulated.feed(encode(_document(), EPSON))
    paper = emulated.papers[-1]
    height = draw(paper).height

    def render() -> bytes:
        printer = Dummy(profile=MODEL)
        printer.image(draw(paper).resize((512, height)))
        printer.cut()
        return bytes(printer.output)

    return render


# From the key that pays to the last byte on paper.


def _paid_row(home: Path, sales: int) -> Row:
    _say(f"pay -> last byte at {PRINTER_BAUD} baud")
    link = home.parent / "printer"
    with PacedPrinter(link, PRINTER_BAUD) as wire:
        goods = make_world(
            home, 5_000, printer=f"escpos+serial://{link}?baud={PRINTER_BAUD}&columns=42"
        )
        seconds = _sell(home, goods, sales, wire)
    spread = Spread.of(seconds)
    wire_seconds = _seconds(wire.printer.taken / max(1, len(wire.cut_at)))
    return Row(
        f"pay -> last byte, {LINES} items, {PRINTER_BAUD} baud",
        f"p50 {spread.p50:.2f} s p99 {spread.p99:.2f} s",
        f"the wire alone {wire_seconds:.2f} s ({spread.p50 / wire_seconds:.2f}x)",
        "p50 <= 1.2 s",
    )


def _sell(home: Path, goods: Sequence[Ware], sales: int, wire: PacedPrinter) -> list[float]:
    seconds = []
    with running_core(home) as client:
        while client.view.status.printer.health != Health.READY.value:
            time.sleep(0.1)
        for _ in range(sales):
            for ware in goods[:LINES]:
                client.do(EnterCode(ware.gtin))
            papers = len(wire.cut_at)
            begun = time.monotonic()
            client.do(Pay("cash"))
            while len(wire.cut_at) == papers:
                time.sleep(0.001)
            seconds.append(wire.cut_at[papers] - begun)
            client.do(Clear())
    return seconds


# A scan, from its bytes to what it means.


def _scan_row(count: int) -> Row:
    _say("scan bytes -> meaning")
    took = []
    for number in range(count):
        read = partial(_scanned, Framer(), Debounce(), _CODES[number % len(_CODES)])
        took.append(_timed(read))
    spread = Spread.of(took)
    return Row(
        "scan bytes -> parsed event",
        f"p50 {spread.p50 * 1000:.0f} p99 {spread.p99 * 1000:.0f} µs",
        goal="p50 <= 200 µs",
    )


def _scanned(framer: Framer, debounce: Debounce, data: bytes) -> object:
    (frame,) = framer.feed(data)
    assert isinstance(frame, Frame)
    symbology, code = aim.split(frame.text)
    assert debounce.passes(symbology, code, time.monotonic())
    return read_code(code, symbology)


# A seal.


def _seal_row(folder: Path, count: int) -> Row:
    _say(f"control unit at {UNIT_BAUD} baud")
    with PtyUnit(CcspMouth(EmulatedUnit()), "ccsp+serial", baud=UNIT_BAUD) as wire:
        unit = open_fiscal_unit(wire.address, folder)
        try:
            while unit.state().health is Health.OPENING:
                time.sleep(0.01)
            spread, ratio = _sealed(unit.seal, wire.address, count)
        finally:
            unit.close()
    return Row(
        f"control unit, one seal, {UNIT_BAUD} baud",
        f"p50 {spread.p50 * 1000:.0f} p99 {spread.p99 * 1000:.0f} ms; {ratio:.2f}x the wire",
        f"the wire alone {spread.p50 * 1000 / ratio:.0f} ms",
        "<= 1.2x the wire",
    )


def _sealed(
    seal: Callable[[SealRequest], object], address: str, count: int
) -> tuple[Spread, float]:
    """Seconds a seal, and the median of each against what its own bytes take on the line."""
    seconds, ratios = [], []
    for number in range(1, count + 1):
        before = len(recorder_of(address).records)
        begun = time.monotonic()
        seal(_request(number))
        seconds.append(time.monotonic() - begun)
        records = recorder_of(address).records[before:]
        wire = sum(len(each.data) for each in records if each.way is not Way.NOTE)
        ratios.append(seconds[-1] / (wire * 10 / UNIT_BAUD))
    return Spread.of(seconds), Spread.of(ratios).p50


def _request(number: int) -> SealRequest:
    return SealRequest(
        document_id=f"bench-{number}",
        at="2026-11-22 13:05:09",
        organisation_number="5561234567",
        register_id="BENCH1",
        receipt_number=str(number),
        kind=SealKind.NORMAL,
        total_minor=11_800,
        returns_minor=0,
        vat=((2500, 2_000), (1200, 300)),
    )


def _timed(call: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _seconds(size: float) -> float:
    return size * 10 / PRINTER_BAUD


def _ms(spread: Spread) -> str:
    return f"p50 {spread.p50:.2f} p99 {spread.p99:.2f} ms"


def _say(what: str) -> None:
    sys.stderr.write(f"... {what}\n")


if __name__ == "__main__":
    main()
