"""What a country's law decides, as one value; no subclass, no switch.

Pure. Law says what is taxed, rounded, sealed and printed; `hardware` says how a
device does it. Words that the law fixes stand here and nowhere in settings
(fiscal-law R8).
"""

from __future__ import annotations

from dataclasses import dataclass

from central_sync.retail.money import Currency
from central_sync.retail.tax import TaxRate


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """Words on paper that the law fixes; markings are printed at double size."""

    copy: str
    return_: str
    training: str
    proforma: str
    x_report: str
    z_report: str
    vat: str
    organisation_number: str
    control_unit: str
    control_code: str


@dataclass(frozen=True, slots=True)
class Country:
    """`needs_fiscal_unit`: without a seal there is no receipt, so no sale.

    `needs_printer`: a sale must be able to put a receipt on paper at once.
    """

    code: str
    currency: Currency
    time_zone: str
    tax_rates: tuple[TaxRate, ...]
    words: ReceiptWords
    needs_fiscal_unit: bool
    needs_printer: bool
    copies_per_receipt: int
    receipt_language: str
