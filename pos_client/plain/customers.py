"""The typed lines about customers. N is a customer's number in the list that was spoken last.

Pure. The thing to get wrong: a name is words with blanks in it, so semicolons part the fields.
"""

from __future__ import annotations

from pos_client.plain.amounts import BadLine, read_count
from pos_client.plain.arguments import Context, Typed, one, some
from pos_client.plain.goods import sure
from pos_client.plain.wishes import MakeCustomer, Wish
from pos_client.register.customer_commands import AttachCustomer, CreateCustomer
from pos_client.register.queries import FindCustomers, LookUpCustomer

_FIELDS = 4


def find(rest: Typed, context: Context) -> Wish:
    return FindCustomers(" ".join(some(rest, "customers")))


def show(rest: Typed, context: Context) -> Wish:
    """[N]; whose the sale is without a number."""
    if rest:
        return LookUpCustomer(_customer(rest, "customer", context))
    if context.view.customer is None:
        raise BadLine("no_customer")
    return LookUpCustomer(context.view.customer.customer_id)


def attach(rest: Typed, context: Context) -> Wish:
    return AttachCustomer(_customer(rest, "attach", context))


def make(rest: Typed, context: Context) -> Wish:
    """NAME; PHONE; E-MAIL; MEMBER NUMBER [yes]: what is not known is left out or empty."""
    words, is_sure = sure(some(rest, "newcustomer"))
    parts = [part.strip() for part in " ".join(words).split(";")]
    if len(parts) > _FIELDS:
        raise BadLine("usage", verb="newcustomer")
    name, phone, email, member = [*parts, "", "", "", ""][:_FIELDS]
    return MakeCustomer(CreateCustomer(name, phone, email, member, is_sure=is_sure))


def _customer(rest: Typed, verb: str, context: Context) -> str:
    at = read_count(one(rest, verb))
    if at > len(context.customers):
        raise BadLine("no_customer_found")
    return context.customers[at - 1]
