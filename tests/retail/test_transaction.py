"""What must be true of every closed transaction, and its written form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.plain import from_plain, to_plain
from central_sync.retail.tax import TaxGroupTotal
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.canonical import canonical, read_json
from tests.retail.trade import card, cash, closed, mixed_basket


def sale() -> RetailTransaction:
    return closed(mixed_basket(), [cash(20_000)], change_minor=8_200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"total_minor": 11_811},
        {"rounding_minor": 0},
        {"change_minor": 0},
        {"payments": (card(11_810),)},
        {"tax_groups": (TaxGroupTotal(2500, 6240, 1248),)},
        {"tax_groups": (TaxGroupTotal(2500, 6240, 1247), TaxGroupTotal(600, 5570, 315))},
        {"lines": ()},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_transaction_that_does_not_add_up_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        replace(sale(), **wrong).check()  # type: ignore[arg-type]


def test_a_transaction_survives_the_wire_as_it_was() -> None:
    body = canonical(to_plain(sale()))

    read = from_plain(RetailTransaction, read_json(body))
    read.check()
    assert read == sale()


def test_what_a_customer_saved_is_the_sum_of_all_price_changes() -> None:
    assert sale().discount_minor == 1_500


def test_vat_of_a_receipt_is_the_sum_of_its_rates() -> None:
    assert sale().vat_minor == 1_248 + 315
