"""What the law wants on an X and a Z report, zero or not (fiscal-law R12-R14)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.countries.se import SWEDEN
from central_sync.retail.till import DayReport, GrandTotals, TillTotals, opened
from hardware.document import Text
from hardware.printers.text import to_lines
from pos_client.receipts.reports import report_document
from tests.receipts.papers import day, z_day

LAW = [
    "Två Par AB",
    "Org.nr 556000-0000",
    "2026-11-22 18:05:00",
    "Kassa 1",
    "Total försäljning",
    "Returer",
    "Moms per skattesats",
    "Växelkassa",
    "Antal sålda varor",
    "Antal sålda tjänster",
    "Antal kvitton",
    "Lådöppningar",
    "Kvittokopior",
    "Övningskvitton",
    "Betalningsmedel",
    "Rabatter",
    "Andra minskningar",
    "Prisändringar",
    "Makulerade rader",
    "Oavslutade försäljningar",
    "Total retur",
    "Netto",
]


def paper_of(report: DayReport) -> list[str]:
    return to_lines(report_document(report, SWEDEN), 42)


def amount_at(report: DayReport, label: str) -> str:
    row = next(row for row in paper_of(report) if row.strip().startswith(label))
    return row.split("  ")[-1].strip()


def quiet_day() -> DayReport:
    return day(totals=opened("2026-11-22", 0, GrandTotals()))


@pytest.mark.parametrize("field", LAW)
@pytest.mark.parametrize("report", [day(), z_day(), quiet_day()], ids=["x", "z", "quiet"])
def test_every_field_the_law_asks_for_is_there_even_when_zero(
    field: str, report: DayReport
) -> None:
    assert field in "\n".join(paper_of(report))


def test_the_title_is_printed_double_and_tells_x_from_z() -> None:
    titles = [
        element.text
        for report in (day(), z_day())
        for element in report_document(report, SWEDEN).elements
        if isinstance(element, Text) and element.double
    ]

    assert titles == ["X-dagrapport", "Z-dagrapport"]


def test_a_z_has_its_number_and_an_x_has_none() -> None:
    assert any(row.strip() == "Nr 17" for row in paper_of(z_day()))
    assert not any(row.strip().startswith("Nr ") for row in paper_of(day()))


def test_a_z_shows_counted_against_expected_for_each_tender() -> None:
    differences = [row.split()[-1] for row in paper_of(z_day()) if "Differens" in row]

    assert differences == ["-5,30", "0,00", "0,00"]


def test_expected_cash_is_opening_cash_its_changes_and_cash_taken() -> None:
    assert amount_at(day(), "Växel in under dagen (1)") == "500,00"
    assert amount_at(day(), "Uttag under dagen (1)") == "2 000,00"
    assert amount_at(day(), "Kontant i lådan") == "2 521,30"


def test_grand_net_is_sales_less_returns() -> None:
    assert amount_at(day(), "Total retur") == "12 345,00"
    assert "975 309,30" in "\n".join(paper_of(day()))


def test_a_tender_taken_in_is_on_the_report_with_its_count() -> None:
    totals: TillTotals = day().totals
    without = day(totals=replace(totals, tenders=totals.tenders[:1]))

    assert any(row.startswith("Swish (3)") for row in paper_of(day()))
    assert not any(row.startswith("Swish") for row in paper_of(without))
