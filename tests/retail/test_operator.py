"""What each role may do alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from central_sync.retail.operator import LIMITS, Operator, Role


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_its_limits(role: Role) -> None:
    assert Operator("1", "Namn", role).limits is LIMITS[role]


def test_a_manager_may_all_that_a_senior_may_and_a_senior_all_that_a_cashier_may() -> None:
    ladder = [LIMITS[role] for role in (Role.CASHIER, Role.SENIOR, Role.MANAGER)]

    for lower, upper in pairwise(ladder):
        assert lower.discount_basis_points <= upper.discount_basis_points
        assert lower.price_override_basis_points <= upper.price_override_basis_points
        assert lower.refund_minor <= upper.refund_minor
        assert lower.may_open_drawer <= upper.may_open_drawer


@pytest.mark.parametrize("role", [Role.IT, Role.AUDITOR])
def test_those_who_do_not_trade_move_no_money(role: Role) -> None:
    limits = LIMITS[role]

    assert (limits.discount_basis_points, limits.refund_minor) == (0, 0)
    assert not any((limits.may_close_day, limits.may_open_drawer, limits.may_void_basket))
