"""The typed lines about what comes later; a part of `grammar`.

Pure. The thing to get wrong: an address is words with blanks in them, so semicolons part it.
"""

from __future__ import annotations

from pos_client.plain.amounts import BadLine, read_count
from pos_client.plain.arguments import Context, Typed, one, some
from pos_client.plain.wishes import Wish
from pos_client.register.order_commands import GiveAddress, OrderItem


def ship(rest: Typed, context: Context) -> Wish:
    """CODE [COUNT]."""
    code = one(rest, "ship")
    return OrderItem(code, "ship", read_count(rest[1]) if len(rest) > 1 else 1)


def collect(rest: Typed, context: Context) -> Wish:
    """CODE [COUNT] [STORE]; this store when none is named."""
    code, after, count = one(rest, "collect"), rest[1:], 1
    if after and after[0].isascii() and after[0].isdigit():
        count, after = read_count(after[0]), after[1:]
    setup = context.view.setup
    store = after[0] if after else setup.store_id
    name = "" if after and store != setup.store_id else setup.store_name
    return OrderItem(code, "collect", count, store, name)


_ADDRESS = ("name", "phone", "email", "street", "postcode", "town")


def address(rest: Typed, context: Context) -> Wish:
    return GiveAddress(**address_of(rest, "address"))


def address_of(rest: Typed, verb: str) -> dict[str, str]:
    """NAME; PHONE; E-MAIL; STREET; POSTCODE; TOWN: what is not needed is left out or empty."""
    parts = [part.strip() for part in " ".join(some(rest, verb)).split(";")]
    if len(parts) > len(_ADDRESS):
        raise BadLine("usage", verb=verb)
    return dict(zip(_ADDRESS, parts, strict=False))
