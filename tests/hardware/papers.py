"""Documents that the hardware tests print; every argument has a plain default."""

from __future__ import annotations

from hardware.document import (
    Align,
    Barcode,
    BarcodeKind,
    Checkpoint,
    Columns,
    Cut,
    Document,
    Element,
    QrCode,
    Rule,
    Text,
)


def a_receipt(*, lines: int = 3, marking: str = "", name: str = "Löparsko Ängsö blå") -> Document:
    """A sales receipt with so many item rows, head, VAT, control unit, barcode and QR code."""
    marked: tuple[Element, ...] = (Text(marking, Align.CENTRE, double=True),) if marking else ()
    items = tuple(Columns(f"{name} {number}", "1 299,00") for number in range(lines))
    return Document((*_HEAD, *marked, Rule(), *items, Rule(), *_FOOT))


def a_checked_receipt(*, lines: int = 3) -> Document:
    """The same receipt with the three checkpoints that the print spool sets."""
    elements = a_receipt(lines=lines).elements
    body = (*elements[len(_HEAD) : -1], Checkpoint("body"), Cut(), Checkpoint("cut"))
    return Document((*_HEAD, Checkpoint("header"), *body))


def a_line(text: str) -> Document:
    return Document((Text(text), Cut()))


_HEAD: tuple[Element, ...] = (
    Text("Två Par AB", Align.CENTRE, bold=True, double=True),
    Text("Storgatan 12, 582 23 Linköping", Align.CENTRE),
    Text("Org.nr 556000-0001", Align.CENTRE),
    Columns("Kvitto W0012-1-000147", "2026-11-22 14:32"),
)
_FOOT: tuple[Element, ...] = (
    Columns("ATT BETALA", "38 970,00", bold=True),
    Columns("Kort", "38 970,00"),
    Columns("Moms 25 %", "7 794,00"),
    Text("DEMO - EJ GODKÄND KONTROLLENHET"),
    Text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567;ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    Text("Öppet köp 30 dagar. Prisexempel: 10,00 €", Align.CENTRE),
    Barcode(BarcodeKind.CODE128, "W0012-1-000147"),
    QrCode("https://tvapar.example/k/W0012-1-000147"),
    Cut(),
)
