"""The page that `spindel hardware test` prints: everything a receipt needs, to be looked at.

Pure. Each row tests one thing a person can judge: the letters, the width, the
doubling, the codes, the cut.
"""

from __future__ import annotations

from hardware.document import (
    Align,
    Barcode,
    BarcodeKind,
    Columns,
    Cut,
    Document,
    Feed,
    QrCode,
    Rule,
    Text,
)


def build_test_page(address: str, columns: int) -> Document:
    """A page for a printer of so many columns; the ruler must end at the paper's edge."""
    ruler = "".join(str(place % 10) for place in range(1, columns + 1))
    return Document(
        (
            Text("SPINDEL", Align.CENTRE, bold=True, double=True),
            Text("Testutskrift / test page", Align.CENTRE),
            Text(address, Align.CENTRE),
            Rule(),
            Text(ruler),
            Text("å ä ö Å Ä Ö é ü ½ § €  # $ @ [ ] { }"),
            Columns("Vänster / left", "1 234,50 €"),
            Columns("Fet / bold", "99,00", bold=True),
            Columns("Dubbel", "5,00", double=True),
            Rule(),
            Barcode(BarcodeKind.EAN13, "9520000000004"),
            Feed(1),
            Barcode(BarcodeKind.CODE128, "TEST-0001"),
            Feed(1),
            QrCode("Spindel åäö"),
            Cut(),
        )
    )
