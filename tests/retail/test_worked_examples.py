"""The worked examples E0-E8 of Swedish money rules, to the öre."""

from __future__ import annotations

import pytest

from central_sync.countries.se import SWEDEN
from central_sync.retail.basket import Basket, basket_tax
from central_sync.retail.money import allocate, round_cash
from central_sync.retail.tax import TaxGroupTotal, rate_on, tax, vat_in
from central_sync.retail.tender import Tender, TenderKind, due_in
from tests.retail.trade import basket_line, card, cash, closed, mixed_basket, returned_line

CASH = Tender("cash", "Kontant", TenderKind.CASH)
CARD = Tender("card", "Kort", TenderKind.CARD)
COIN = SWEDEN.currency.smallest_coin_minor


@pytest.mark.parametrize("gross", [1, 99, 297, 4379, 5570, 6240, 50_000, -2200])
@pytest.mark.parametrize("percent", [0, 6, 12, 25])
def test_e0_vat_follows_the_formula_of_the_law(gross: int, percent: int) -> None:
    sign = -1 if gross < 0 else 1
    by_the_formula = sign * ((2 * abs(gross) * percent + 100 + percent) // (2 * (100 + percent)))

    assert vat_in(gross, percent * 100) == by_the_formula


def test_e1_a_basket_discount_is_shared_by_gross_and_nets_follow() -> None:
    shelf = [3580, 2490, 1990, 4950]
    shares = allocate(1500, shelf)
    lines = mixed_basket()

    assert shares == (413, 287, 229, 571)
    assert [line.saved_minor for line in lines[:4]] == list(shares)
    assert [line.gross_minor for line in lines] == [3167, 2203, 1761, 4379, 200, 100]


def test_e1_vat_is_per_rate_and_split_to_lines() -> None:
    taxed = basket_tax(mixed_basket())

    assert taxed.groups == (TaxGroupTotal(2500, 6240, 1248), TaxGroupTotal(600, 5570, 315))
    assert taxed.line_vat_minor == (179, 125, 352, 876, 11, 20)


@pytest.mark.parametrize(
    ("already_on_card", "due_card", "due_cash"), [(0, 11810, 11800), (10000, 1810, 1800)]
)
def test_e1_only_the_remaining_cash_part_is_rounded(
    already_on_card: int, due_card: int, due_cash: int
) -> None:
    payments = (card(already_on_card),) if already_on_card else ()
    basket = Basket("b", tuple(mixed_basket()), payments)

    assert due_in(CARD, basket.remaining_minor, COIN) == due_card
    assert due_in(CASH, basket.remaining_minor, COIN) == due_cash


def test_e1_vat_is_the_same_however_it_is_paid() -> None:
    by_cash = closed(mixed_basket(), [cash(11800)])
    by_card = closed(mixed_basket(), [card(11810)])
    by_both = closed(mixed_basket(), [card(10000), cash(1800)])

    assert by_cash.tax_groups == by_card.tax_groups == by_both.tax_groups
    assert (by_cash.rounding_minor, by_card.rounding_minor, by_both.rounding_minor) == (-10, 0, -10)


def test_e2_vat_is_taken_on_the_group_and_not_line_by_line() -> None:
    taxed = tax([(99, 2500)] * 3)

    assert taxed.groups == (TaxGroupTotal(2500, 297, 59),)
    assert taxed.line_vat_minor == (20, 20, 19)


def test_e3_a_return_gives_back_the_share_that_was_paid() -> None:
    sale = closed(mixed_basket(), [card(11810)])
    basket = Basket("r", (returned_line(1, sale.lines[3], sale),))

    assert basket.total_minor == -4379
    assert basket_tax(basket.live).groups == (TaxGroupTotal(2500, -4379, -876),)
    assert due_in(CASH, basket.remaining_minor, COIN) == -4400
    assert due_in(CARD, basket.remaining_minor, COIN) == -4379


def test_e4_a_multi_purpose_voucher_is_taxed_when_it_is_used() -> None:
    sold = basket_tax([basket_line(1, "Presentkort", 50_000, rate_basis_points=0)])
    bought = basket_tax([basket_line(1, "Sko", 34_900)])

    assert sold.vat_minor == 0
    assert bought.vat_minor == 6_980


def test_e4_a_single_purpose_voucher_is_taxed_when_it_is_sold() -> None:
    assert basket_tax([basket_line(1, "Skokort", 50_000)]).vat_minor == 10_000


def test_e5_deposits_paid_out_take_vat_back_at_their_drinks_rate() -> None:
    paid_out = tax([(-1600, 600), (-600, 2500)])
    together = 11810 + sum(group.gross_minor for group in paid_out.groups)

    assert {g.rate_basis_points: g.vat_minor for g in paid_out.groups} == {600: -91, 2500: -120}
    assert together == 9610
    assert round_cash(together, COIN) == 9600


def test_e6_an_even_exchange_is_two_documents_with_their_own_vat() -> None:
    sale = closed([basket_line(1, "Tröja", 29_900)], [card(29_900)], number=1)
    back = closed([returned_line(1, sale.lines[0], sale)], [card(-29_900)], number=2)

    assert sale.vat_minor == 5_980
    assert back.vat_minor == -5_980
    assert sale.total_minor + back.total_minor == 0


@pytest.mark.parametrize(("due", "paid"), [(49, 0), (50, 100), (149, 100), (150, 200), (-50, -100)])
def test_e7_cash_edges(due: int, paid: int) -> None:
    assert due_in(CASH, due, COIN) == paid


def test_e8_a_return_across_the_rate_change_keeps_the_old_rate() -> None:
    before = rate_on(SWEDEN.tax_rates, "food", "2026-03-31")
    after = rate_on(SWEDEN.tax_rates, "food", "2026-04-01")
    sale = closed([basket_line(1, "Energikaka", 3_500, 1, before)], [card(3_500)])
    back = basket_tax([returned_line(1, sale.lines[0], sale)])

    assert (before, after) == (1200, 600)
    assert back.groups == (TaxGroupTotal(1200, -3500, -375),)
