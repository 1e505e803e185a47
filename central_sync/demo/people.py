"""Who works in the demo chain and who shops there. Nobody here exists.

Names are common first and last names put together by chance, streets are invented,
and every phone number is in a series that PTS keeps free for books and films. PINs
stand here in the open because the chain is a demonstration: the importer keeps only
their hashes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from central_sync.demo.names import FIRST_NAMES, LAST_NAMES, STREETS
from central_sync.demo.stores import STORES, Site
from central_sync.retail.folding import fold

CUSTOMERS = 3_000

# number, name, role, pin, language, stores (none: all)
NAMED_OPERATORS: tuple[tuple[str, ...], ...] = (
    ("1001", "Anna Berg", "cashier", "1234", "sv", ""),
    ("1002", "Olle Ek", "senior", "2345", "sv", ""),
    ("1003", "Emma Clarke", "cashier", "3456", "en", ""),
    ("1009", "Maria Lund", "manager", "9876", "sv", ""),
    ("9001", "Ismail Demir", "it", "4711", "sv", ""),
    ("9002", "Birgitta Åkerlind", "auditor", "5822", "sv", ""),
)

_STAFF_OF_A_STORE = ("manager", "senior", "cashier", "cashier", "cashier")

# PTS: 070-174 06 05 to 99, 08-465 004 00 to 99, 031-390 06 00 to 99, 040-628 04 00 to 99.
# The stores have the first twenty of each fixed series.
_PHONES: tuple[str, ...] = (
    *(f"070-174 06 {last:02d}" for last in range(5, 100)),
    *(f"08-465 004 {last:02d}" for last in range(20, 100)),
    *(f"031-390 06 {last:02d}" for last in range(20, 100)),
    *(f"040-628 04 {last:02d}" for last in range(20, 100)),
)


def operator_rows(seed: int) -> Iterator[tuple[str, ...]]:
    """operators.csv: number, name, role, pin, language, stores.

    The first two digits of a number are the store's, from 11 for s01.
    """
    yield from NAMED_OPERATORS
    rng = random.Random(f"{seed}/operators")
    taken = {operator[1] for operator in NAMED_OPERATORS}
    for prefix, site in enumerate(STORES, 11):
        for at, role in enumerate(_STAFF_OF_A_STORE, 1):
            name = _new_name(rng, taken)
            yield (f"{prefix}{at:02d}", name, role, _pin(rng), "sv", site.store_id)


def customer_rows(seed: int) -> Iterator[tuple[str, ...]]:
    """customers.csv: member_number, name, email, phone, address, postcode, town.

    Phone numbers come back, as in a family: there are not three thousand free ones.
    """
    rng = random.Random(f"{seed}/customers")
    for at in range(1, CUSTOMERS + 1):
        yield _customer(rng, at, rng.choice(STORES))


def _customer(rng: random.Random, at: int, site: Site) -> tuple[str, ...]:
    name = _name(rng)
    return (
        str(700_000 + at),
        name,
        f"{fold(name).replace(' ', '.')}{at}@example.com",
        rng.choice(_PHONES),
        f"{rng.choice(STREETS)} {rng.randint(1, 99)}",
        site.postcode,
        site.town,
    )


def _new_name(rng: random.Random, taken: set[str]) -> str:
    while (name := _name(rng)) in taken:
        pass
    taken.add(name)
    return name


def _name(rng: random.Random) -> str:
    return f"{_one(rng, FIRST_NAMES)} {_one(rng, LAST_NAMES)}"


def _one(rng: random.Random, words: Sequence[str]) -> str:
    return rng.choice(words)


def _pin(rng: random.Random) -> str:
    """Four digits, none twice: no 1111 and no 1212."""
    return "".join(rng.sample("0123456789", 4))
