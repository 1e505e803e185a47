"""Sweden. Law as values; every figure names its source.

Pure. VAT: mervärdesskattelagen 2023:200; food is 6 % from 2026-04-01 to
2027-12-31 (prop. 2025/26:55), 12 % before and after. Rounding: lag 1970:1029.
Registers: SKVFS 2014:9 (receipt 7 kap 1 §, X and Z 7 kap 2-3 §§, markings 5 kap
5 §, one copy 6 kap 3 §). The thing to get wrong: an item has a tax *group*; its
rate depends on the business day.
"""

from __future__ import annotations

from central_sync.countries.country import Country, ReceiptWords
from central_sync.retail.money import SEK
from central_sync.retail.tax import TaxRate

SWEDEN = Country(
    code="SE",
    currency=SEK,
    time_zone="Europe/Stockholm",
    tax_rates=(
        TaxRate("standard", 2500, "1990-07-01"),
        TaxRate("restaurant", 1200, "2012-01-01"),
        TaxRate("food", 1200, "1996-01-01"),
        TaxRate("food", 600, "2026-04-01"),
        TaxRate("food", 1200, "2028-01-01"),
        TaxRate("print", 600, "2002-01-01"),
        TaxRate("zero", 0, "1990-07-01"),
    ),
    words=ReceiptWords(
        copy="KOPIA",
        return_="RETURKVITTO",
        training="ÖVNING",
        proforma="EJ KVITTO",
        x_report="X-dagrapport",
        z_report="Z-dagrapport",
        vat="Moms",
        organisation_number="Org.nr",
        control_unit="Kontrollenhet",
        control_code="Kontrollkod",
    ),
    needs_fiscal_unit=True,
    needs_printer=True,  # 6 kap 2 §; electronic receipts come later
    copies_per_receipt=1,
    receipt_language="sv",
)
