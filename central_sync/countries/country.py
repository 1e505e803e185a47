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

    `return_days` are promised on the receipt. Where a till takes back another's goods and central
    cannot be asked, `unheard_exchange_minor` is the most that it exchanges and
    `unheard_cash_minor` the most that it pays in cash without a second person.
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
    return_days: int = 30
    unheard_exchange_minor: int = 100_000
    unheard_cash_minor: int = 30_000
