"""Mixes of tenders: cash alone is rounded, and alone may be more than is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.basket import Basket
from central_sync.retail.tender import Tender, TenderKind, due_in
from tests.retail.trade import basket_line, card, cash, closed

CASH = Tender("cash", "Kontant", TenderKind.CASH, opens_drawer=True)
CARD = Tender("card", "Kort", TenderKind.CARD)


@pytest.mark.parametrize("kind", list(TenderKind))
def test_only_cash_gives_change_and_is_rounded(kind: TenderKind) -> None:
    tender = Tender("t", "Namn", kind)

    assert tender.gives_change == (kind is TenderKind.CASH)
    assert (due_in(tender, 149, 100) != 149) == (kind is TenderKind.CASH)


@given(total=st.integers(0, 1_000_000), data=st.data())
def test_any_mix_settles_with_rounding_under_half_a_krona_and_only_with_cash(
    total: int, data: st.DataObject
) -> None:
    payments = []
    left = total
    for _ in range(data.draw(st.integers(0, 3))):
        part = data.draw(st.integers(0, left))
        payments.append(card(part))
        left -= part
    ends_in_cash = data.draw(st.booleans())
    last = cash(due_in(CASH, left, 100)) if ends_in_cash else card(due_in(CARD, left, 100))
    sale = closed([basket_line(1, "Sko", total)], [*payments, last])

    assert abs(sale.rounding_minor) <= (50 if ends_in_cash else 0)
    assert last.amount_minor % 100 == 0 or not ends_in_cash


@given(total=st.integers(1, 1_000_000), extra=st.integers(0, 1_000))
def test_change_is_what_cash_gave_beyond_the_rounded_rest(total: int, extra: int) -> None:
    basket = Basket("b", (basket_line(1, "Sko", total),))
    due = due_in(CASH, basket.remaining_minor, 100)
    sale = closed(basket.lines, [cash(due + extra * 100)], change_minor=extra * 100)

    assert sale.rounding_minor == due - total
