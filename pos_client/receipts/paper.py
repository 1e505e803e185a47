"""How amounts and words look on paper, in the language of one receipt.

Pure. Receipts are Swedish or English (fiscal-law R9), but the words the law
fixes stay the country's own in every language (R8). The thing to get wrong:
screens group thousands with a no-break space and write a real minus sign; old
printers have neither, so paper uses a plain blank and a hyphen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from central_sync.countries.country import Country
from central_sync.retail.tax import TaxGroupTotal
from hardware.document import Align, Columns, Element, Text
from pos_client.texts import NO_BREAK_SPACE, Words, words

_PLAIN = str.maketrans({NO_BREAK_SPACE: " ", "−": "-"})

_FIXED_BY_LAW = {
    "tax": "vat",
    "organisation_number": "organisation_number",
    "control_unit": "control_unit",
    "control_code": "control_code",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """One country's rules and one language's words, as they are printed."""

    country: Country
    words: Words

    def say(self, key: str) -> str:
        """The country's own word where its law fixes one, else the text under paper.`key`."""
        if self.words.language == self.country.receipt_language and key in _FIXED_BY_LAW:
            word: str = getattr(self.country.words, _FIXED_BY_LAW[key])
            return word
        return self.words.say(f"paper.{key}")

    def reason(self, reason: str) -> str:
        """A reason key worded ("price_match"), or a typed reason as it is."""
        key = f"reason.{reason}"
        return self.words.say(key) if self.words.has(key) else reason.replace("_", " ")

    def money(self, minor: int) -> str:
        return self.words.money(minor).translate(_PLAIN)

    def kilograms(self, grams: int) -> str:
        return self.words.kilograms(grams).translate(_PLAIN)

    def percent(self, basis_points: int) -> str:
        return self.words.percent(basis_points).translate(_PLAIN)


def paper_for(country: Country, language: str | None) -> Paper:
    """Paper in `language`, or in the country's own receipt language when None."""
    return Paper(country, words(language or country.receipt_language))


def marking(word: str) -> Text:
    """A marking at twice the width and height of any amount (SKVFS 2014:9 5 kap 5 §)."""
    return Text(word, Align.CENTRE, bold=True, double=True)


def amount(label: str, minor: int, paper: Paper, *, bold: bool = False) -> Columns:
    return Columns(label, paper.money(minor), bold=bold)


def tax_table(groups: Iterable[TaxGroupTotal], paper: Paper) -> list[Element]:
    """Rate, VAT, net and gross, one row a rate (fiscal-law R3 i-j, R12.7)."""
    head = [paper.say(name) for name in ("tax", "net", "gross")]
    rows: list[Element] = [_tax_row(paper.say("rate"), *head)]
    rows += [
        _tax_row(
            paper.percent(group.rate_basis_points),
            paper.money(group.vat_minor),
            paper.money(group.net_minor),
            paper.money(group.gross_minor),
        )
        for group in groups
    ]
    return rows


def _tax_row(rate: str, vat: str, net: str, gross: str) -> Columns:
    return Columns(f"{rate:<6}{vat:>11} {net:>12}", gross)
