"""Whose the basket is: attached, detached, or somebody new.

Pure. Only ids go into events, since events are saved and entries are for ever; who a new
customer is travels from the command to the sealed note of the same act (checkout.noting). The
thing to get wrong: putting a name into an event or a refusal that is kept.
"""

from __future__ import annotations

from central_sync.retail.customer import Customer, problem_with
from central_sync.retail.operator import Operator
from pos_client.register import commands
from pos_client.register.events import (
    CustomerAttached,
    CustomerCreated,
    CustomerDetached,
    Event,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register


def attach(
    state: Register,
    command: commands.AttachCustomer,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    _refuse_once_paid(state)
    if shop.customer(command.customer_id) is None:
        refuse("customer.unknown")
    return [CustomerAttached(command.customer_id)]


def detach(
    state: Register,
    command: commands.DetachCustomer,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    _refuse_once_paid(state)
    if not state.basket.customer_id:
        refuse("customer.none")
    return [CustomerDetached()]


def create(
    state: Register,
    command: commands.CreateCustomer,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    _refuse_once_paid(state)
    if not shop.can_seal:
        refuse("customer.keys_away")
    customer = new_customer(command, facts.new_id)
    _refuse_wrong(customer, shop)
    if not command.is_sure:
        likely = shop.likely_customers(customer)
        if likely:
            refuse("customer.likely", name=likely[0].name)
    return [CustomerCreated(customer.customer_id)]


def new_customer(command: commands.CreateCustomer, customer_id: str) -> Customer:
    """As it is noted: what was typed, without spaces around."""
    return Customer(
        customer_id,
        " ".join(command.name.split()),
        phone=command.phone.strip(),
        email=command.email.strip(),
        member_number=command.member_number.strip(),
    )


def _refuse_once_paid(state: Register) -> None:
    if state.basket.payments:
        refuse("customer.payment_begun")


def _refuse_wrong(customer: Customer, shop: Shop) -> None:
    problem = problem_with(customer, shop.country.code)
    if problem == "name":
        refuse("customer.no_name")
    if problem == "phone":
        refuse("customer.bad_phone")
    if problem == "email":
        refuse("customer.bad_email")
