"""The papers of the golden files: one builder a paper, all from the same small shop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from central_sync.countries.se import SWEDEN
from central_sync.retail.item import ItemKind
from central_sync.retail.tax import TaxGroupTotal
from central_sync.retail.tender import TenderKind
from central_sync.retail.till import (
    CountAndSum,
    DayReport,
    GrandTotals,
    TenderCount,
    TenderTotal,
    TillTotals,
)
from central_sync.retail.transaction import RetailTransaction, Sealed
from hardware.document import Document
from hardware.printers.text import to_text
from pos_client.receipts.cash_slip import cash_slip
from pos_client.receipts.layout import copy_document, receipt_document
from pos_client.receipts.reports import report_document
from pos_client.register.cash_events import CashMoved
from tests.register.test_ordering import an_order, central_holds, central_is_away
from tests.retail.trade import (
    SELLER,
    basket_line,
    card,
    cash,
    closed,
    mixed_basket,
    returned_line,
)

_MODELS = ("Löparsko Vind", "Vandringskänga Fjäll", "Sockor 3-pack Åre", "Badlakan Öland")


def sale_cash() -> RetailTransaction:
    return closed(mixed_basket(), [cash(20_000)], change_minor=8_200)


def sale_card() -> RetailTransaction:
    return closed(mixed_basket(), [card(11_810)])


def sale_split() -> RetailTransaction:
    return closed(mixed_basket(), [card(10_000), cash(1_800)])


def taken_back() -> RetailTransaction:
    return closed([returned_line(1, sale_card().lines[3], sale_card())], [cash(-4_400)], number=43)


def thirty_lines() -> RetailTransaction:
    """An ordinary big basket: every third model in blue, sizes running, all at shelf price."""
    lines = [
        basket_line(at, f"{_MODELS[at % 4]} {36 + at % 10}", 9_900 + 1_000 * (at % 7))
        for at in range(1, 31)
    ]
    total = sum(line.gross_minor for line in lines)
    return closed(lines, [card(total)])


def changed_prices() -> RetailTransaction:
    lines = [
        basket_line(1, "Löparsko Vind 42", 119_900, unit_price_minor=99_900, price_reason="Skadad"),
        basket_line(
            2, "Sockor 3-pack Åre", 9_900, 3, discount_basis_points=1_250, discount_reason="Medlem"
        ),
        basket_line(
            3,
            "Vandringskänga Fjäll 44 extra bred läst, impregnerad mocka",
            189_900,
            unit_price_minor=179_900,
            price_reason="Prismatchning",
            discount_minor=10_000,
            discount_reason="Sista paret",
        ),
        basket_line(4, "Felslagen tröja", 39_900, is_voided=True),
        basket_line(5, "Tidning", 8_900, 1, 600),
        basket_line(6, "Sulning", 25_000, kind=ItemKind.SERVICE),
    ]
    total = sum(line.gross_minor for line in lines)
    return closed(lines, [card(total)])


def copy() -> Document:
    seal = Sealed("KOPIA564M5SQ2JFE;M2O6FTVNVM", "DEMOSE00000000001", 8)
    return copy_document(
        sale_card(), SWEDEN, copied_at_local="2026-11-22 15:02:11", copy_seal=seal, number=3
    )


def day(**changes: object) -> DayReport:
    totals = TillTotals(
        business_day="2026-11-22",
        opening_cash_minor=100_000,
        sales_minor=1_234_550,
        rounding_minor=-40,
        sales=CountAndSum(31, 1_234_550),
        returns=CountAndSum(2, 94_379),
        goods_count=57,
        service_count=1,
        discounts=CountAndSum(4, 23_450),
        price_overrides=CountAndSum(1, 20_000),
        loans=CountAndSum(1, 50_000),
        pickups=CountAndSum(1, 200_000),
        drawer_openings=14,
        no_sales=2,
        copies=CountAndSum(1, 11_810),
        training=CountAndSum(),
        voided_lines=CountAndSum(3, 79_700),
        unfinished=CountAndSum(1, 49_900),
        tax_groups=(TaxGroupTotal(2500, 1_095_621, 219_124), TaxGroupTotal(600, 44_550, 2_522)),
        tenders=(
            TenderTotal("cash", "Kontant", TenderKind.CASH, 12, 302_130),
            TenderTotal("card", "Kort", TenderKind.CARD, 18, 757_991),
            TenderTotal("swish", "Swish", TenderKind.MOBILE, 3, 80_010),
        ),
        grand=GrandTotals(98_765_430, 1_234_500),
        first_receipt="1-1-12",
        last_receipt="1-1-44",
    )
    values: dict[str, object] = {
        "title": "X-dagrapport",
        "number": 0,
        "at": "2026-11-22T17:05:00.000Z",
        "local_time": "2026-11-22 18:05:00",
        "seller_name": "Två Par AB",
        "organisation_number": "556000-0000",
        "workstation": "1",
        "operator_name": "Maria Lund",
        "currency": "SEK",
        "totals": totals,
    }
    return DayReport(**{**values, **changes})  # type: ignore[arg-type]


def z_day() -> DayReport:
    counts = (
        TenderCount("cash", "Kontant", 252_130, 251_600),
        TenderCount("card", "Kort", 757_991, 757_991),
        TenderCount("swish", "Swish", 80_010, 80_010),
    )
    return day(title="Z-dagrapport", number=17, counts=counts)


DRAWER = (SELLER, "1", "Anna Berg", SWEDEN)

PAPERS: dict[str, Callable[[], Document]] = {
    "sale_with_order": lambda: receipt_document(
        central_holds(an_order()).pays_cash("1000").receipt, SWEDEN
    ),
    "sale_with_wish": lambda: receipt_document(
        central_is_away(an_order()).pays_card().receipt, SWEDEN
    ),
    "sale_with_order_in_english": lambda: receipt_document(
        central_holds(an_order()).pays_cash("1000").receipt, SWEDEN, language="en"
    ),
    "sale_cash": lambda: receipt_document(sale_cash(), SWEDEN),
    "sale_card": lambda: receipt_document(sale_card(), SWEDEN),
    "sale_split": lambda: receipt_document(sale_split(), SWEDEN),
    "sale_in_english": lambda: receipt_document(changed_prices(), SWEDEN, language="en"),
    "return": lambda: receipt_document(taken_back(), SWEDEN),
    "copy": copy,
    "thirty_lines": lambda: receipt_document(thirty_lines(), SWEDEN),
    "changed_prices": lambda: receipt_document(changed_prices(), SWEDEN),
    "cash_in": lambda: cash_slip(CashMoved(50_000, "safe"), *DRAWER, "2026-11-22 11:12:13"),
    "cash_out": lambda: cash_slip(
        CashMoved(-200_000, "Blommor till kassan", "1009"), *DRAWER, "2026-11-22 11:12:13"
    ),
    "x_report": lambda: report_document(day(), SWEDEN),
    "z_report": lambda: report_document(z_day(), SWEDEN),
    "z_report_in_english": lambda: report_document(z_day(), SWEDEN, language="en"),
}


GOLDEN = Path(__file__).parent / "golden"


def write_golden() -> None:
    """After a wanted change: `python -m tests.receipts.papers`, then read the difference."""
    GOLDEN.mkdir(exist_ok=True)
    for name, paper in PAPERS.items():
        (GOLDEN / f"{name}.txt").write_text(to_text(paper(), 42), encoding="utf-8")


if __name__ == "__main__":
    write_golden()
