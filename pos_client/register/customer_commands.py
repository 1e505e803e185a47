"""Whose the basket is: what a cashier can ask. Read as part of `commands`.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttachCustomer:
    """The basket is this customer's; `customer_id` from FoundCustomers."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class DetachCustomer:
    """The basket is nobody's again."""


@dataclass(frozen=True, slots=True)
class CreateCustomer:
    """A new customer, attached at once; works without a network. Personal data: kept sealed.

    Refused as "customer.likely" where somebody here has the same phone, e-mail or member
    number, unless a person `is_sure`.
    """

    name: str
    phone: str = ""
    email: str = ""
    member_number: str = ""
    is_sure: bool = False
