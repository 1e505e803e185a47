"""The judge: sets what happened beside what central and the tills have, and says what differs.

Everything is read from the files themselves, row by row, and never through the product. Each
check raises Violation with the first thing that is wrong.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central_sync.masterfile.tables import tables
from tests.simulation.images import OPEN, OPENING_STOCK, PLACES, SKUS
from tests.simulation.truth import Sale, Truth, Violation, is_receipt, number_in, number_of

GENESIS = bytes(32)

Ask = Callable[[str], Sequence[Any]]
"""Rows of a question to central's database."""


@dataclass(frozen=True, slots=True)
class AtCentral:
    """Central's tables, read once."""

    entries: Sequence[Any]
    lines: Sequence[Any]
    payments: Mapping[str, int]
    receipts: Mapping[str, Any]
    taxes: Mapping[str, tuple[int, int]]
    on_hand: Mapping[tuple[str, str], int]
    prices: Mapping[str, int]


def read_central(ask: Ask) -> AtCentral:
    entries = ask(
        "SELECT workstation_id, epoch, sequence, hash, previous_hash, body, state"
        " FROM journal_entry ORDER BY workstation_id, epoch, sequence"
    )
    receipts = ask(
        "SELECT receipt_id, receipt_number, total_minor, change_minor, store_id, workstation_id"
        " FROM receipt"
    )
    taxes = ask("SELECT receipt_id, SUM(gross_minor), SUM(vat_minor) FROM receipt_tax GROUP BY 1")
    stock = ask("SELECT store_id, sku, on_hand FROM stock_level")
    return AtCentral(
        entries=entries,
        lines=ask(
            "SELECT receipt_id, sku, quantity, unit_price_minor, is_voided FROM receipt_line"
        ),
        payments=_pairs(ask("SELECT receipt_id, SUM(amount_minor) FROM payment GROUP BY 1")),
        receipts={row[0]: row[1:] for row in receipts},
        taxes={receipt_id: (gross, vat) for receipt_id, gross, vat in taxes},
        on_hand={(store, sku): count for store, sku, count in stock},
        prices=_pairs(ask("SELECT sku, price_minor FROM price")),
    )


def _pairs(rows: Sequence[Any]) -> dict[str, int]:
    return {name: int(value) for name, value in rows}


def check_chains(at: AtCentral) -> None:
    """Every journal at central is whole, follows and has the hash of its bytes."""
    before: dict[tuple[str, int], tuple[int, bytes]] = {}
    for workstation, epoch, sequence, digest, previous, body, _ in at.entries:
        last, last_hash = before.get((workstation, epoch), (0, GENESIS))
        if sequence != last + 1 or previous != last_hash:
            raise Violation(f"{workstation} {epoch}:{sequence} does not follow at central")
        if hashlib.sha256(previous + body).digest() != digest:
            raise Violation(f"{workstation} {epoch}:{sequence} was changed at central")
        before[workstation, epoch] = (sequence, digest)


def check_sales(truth: Truth, at: AtCentral) -> None:
    """Each sale that the register told of is at central once, unchanged, to the öre."""
    found = _by_number(at)
    for number, receipt_ids in found.items():
        sale = truth.sales.get(number)
        if sale is None:
            raise Violation(f"sale {number} is at central and was never made")
        if len(receipt_ids) > 1:
            raise Violation(f"sale {number} is at central {len(receipt_ids)} times")
        _check_sums(sale, at, receipt_ids[0])
    kept = _kept_bodies(at)
    parked = {number_in(row[5]) for row in at.entries if row[6] == "parked" and is_receipt(row[5])}
    for number, sale in truth.sales.items():
        bodies = kept.get(number, [])
        if sale.is_done and number not in truth.excused and not bodies:
            raise Violation(f"sale {number} of till {sale.till} is lost")
        is_forked = sale.till in truth.forked
        if sale.is_done and sale.body and bodies and sale.body not in bodies and not is_forked:
            raise Violation(f"sale {number} is at central with other bytes")
        if bodies and not sale.is_poison and number in parked:
            raise Violation(f"sale {number} can be read and is still parked")
        if len(bodies) > 1:
            raise Violation(f"sale {number} stands {len(bodies)} times in central's journal")
        if bodies and not sale.is_poison and number not in found:
            raise Violation(f"sale {number} is in central's journal and not in its books")
    forked = {f"{store}-{label}" for n, (store, label) in enumerate(PLACES) if n in truth.forked}
    numbers = Counter((row[3], row[0]) for row in at.receipts.values() if row[4] not in forked)
    if numbers and numbers.most_common(1)[0][1] > 1:
        raise Violation(f"receipt number {numbers.most_common(1)[0][0]} came twice")


def _unread(truth: Truth, at: AtCentral) -> set[str]:
    """Numbers of receipts that central keeps and cannot read, told by a register or not: one
    that died while it paid prints what it had committed, and told nobody of it."""
    bodies = [row[5] for row in at.entries if row[6] == "parked" and is_receipt(row[5])]
    poison = {number for number, sale in truth.sales.items() if sale.is_poison}
    return {
        str(json.loads(body)["payload"]["receipt_number"])
        for body in bodies
        if number_in(body) in poison
    }


def check_printed(truth: Truth, at: AtCentral) -> None:
    """What is on paper is at central, with the same sum."""
    totals = {(row[4], row[0]): row[1] for row in at.receipts.values()}
    poison = {s.receipt_number for s in truth.sales.values() if s.is_poison}
    poison |= _unread(truth, at)
    for (till, receipt_number), total_minor in truth.printed.items():
        store, label = PLACES[till]
        found = totals.get((f"{store}-{label}", receipt_number))
        is_excused = receipt_number in poison or (till, receipt_number) in truth.excused_papers
        if found is None and not is_excused:
            raise Violation(f"{receipt_number} of till {till} was printed and is not at central")
        if found is not None and found != total_minor and till not in truth.forked:
            raise Violation(f"{receipt_number} was printed with another sum than central has")


def check_aside(ask: Ask) -> None:
    """Where no disk was copied, no number was ever had by two entries."""
    ((forked,),) = ask("SELECT count(*) FROM aside_entry WHERE why = 'fork'")
    if forked:
        raise Violation(f"central put {forked} entries aside as a fork that never was")


def check_stock(truth: Truth, at: AtCentral) -> None:
    """Shelves at central: what there was, less what was sold and is booked."""
    booked = _by_number(at)
    expected = {(store, sku): OPENING_STOCK for store, _ in PLACES for sku in SKUS}
    for number in booked:
        sale = truth.sales[number]
        for sku, quantity, _ in sale.lines:
            if sku != OPEN:
                expected[PLACES[sale.till][0], sku] -= quantity
    for place, count in expected.items():
        if at.on_hand.get(place) != count:
            raise Violation(f"central has {at.on_hand.get(place)} of {place}, {count} are there")


def check_master(path: Path, ask: Ask, store_id: str) -> None:
    """A till's master file equals central's masters, row by row."""
    of_store = f"WHERE store_id = '{store_id}' ORDER BY 1"
    theirs = {
        "price": ask("SELECT sku, price_minor FROM price ORDER BY 1"),
        "item": ask("SELECT sku, name, is_blocked FROM item ORDER BY 1"),
        "stock": ask(f"SELECT sku, on_hand, as_of FROM stock_level {of_store}"),
    }
    with closing(sqlite3.connect(path)) as connection:
        ours = {
            "price": connection.execute("SELECT sku, price_minor FROM price ORDER BY 1").fetchall(),
            "item": connection.execute(
                "SELECT sku, name, is_blocked FROM item ORDER BY 1"
            ).fetchall(),
            "stock": connection.execute(
                "SELECT sku, on_hand, as_of FROM stock ORDER BY 1"
            ).fetchall(),
        }
    assert set(ours) <= set(tables())
    for name in ours:
        if _sorted(ours[name]) != _sorted(theirs[name]):
            raise Violation(f"a till of {store_id} has other rows of {name} than central")


def check_prices(truth: Truth, path: Path, name: str) -> bool:
    """A till's prices are those of one moment of central, never a mixture.

    False when that cannot be told, for what central had at its position is not known.
    """
    if truth.is_price_in_doubt:
        return False
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN")
        row = connection.execute("SELECT value FROM meta WHERE key = 'position:chain'").fetchone()
        prices = dict(connection.execute("SELECT sku, price_minor FROM price").fetchall())
    position = int(row[0]) if row else 0
    known = truth.prices.get(position)
    if known is not None and prices not in known:
        raise Violation(f"{name} at position {position} has prices that central never had")
    return known is not None


def journal_in(path: Path) -> Sequence[Any]:
    """A till's journal, read once: epoch, sequence, hash, body and kind of each entry."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT epoch, sequence, hash, body, kind FROM journal ORDER BY 1, 2"
        ).fetchall()


def check_journal(
    ours: Sequence[Any], at: AtCentral, workstation_id: str, *, is_forked: bool
) -> None:
    """All of a till's journal is at central, byte for byte; what forked under another number."""
    theirs = {(row[1], row[2]): (row[3], row[5]) for row in at.entries if row[0] == workstation_id}
    bodies = {bytes(row[5]) for row in at.entries if row[0] == workstation_id}
    for epoch, sequence, digest, body, _ in ours:
        if is_forked and (body in bodies or not is_receipt(body)):
            continue
        if theirs.get((epoch, sequence)) != (digest, body):
            raise Violation(f"{workstation_id} {epoch}:{sequence} is not at central as it is here")


def is_whole(path: Path) -> bool:
    """Does SQLite find nothing wrong with a file?"""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def is_journal_whole(path: Path) -> bool:
    """The file's structure, and every entry's bytes beside its hash and the one before."""
    before: dict[int, bytes] = {}
    try:
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(
                "SELECT epoch, hash, body FROM journal ORDER BY epoch, sequence"
            ).fetchall()
            is_whole = bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
    for epoch, digest, body in rows:
        # A flipped bit may turn a body into no value at all.
        if body is None or hashlib.sha256(before.get(epoch, GENESIS) + body).digest() != digest:
            return False
        before[epoch] = digest
    return is_whole


def bodies_in(path: Path) -> list[bytes]:
    """What stands in a till's journal."""
    with closing(sqlite3.connect(path)) as connection:
        return [bytes(row[0]) for row in connection.execute("SELECT body FROM journal")]


def papers_in(path: Path) -> dict[int, str]:
    """Our numbers in a till's journal, with the numbers that were printed for them."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT body FROM journal WHERE kind = 'receipt'").fetchall()
    found = {}
    for (body,) in rows:
        if number := number_in(body):
            found[number] = str(json.loads(body)["payload"]["receipt_number"])
    return found


def numbers_of(ask: Ask) -> set[int]:
    """Our numbers in central's journal."""
    bodies = [bytes(row[0]) for row in ask("SELECT body FROM journal_entry")]
    return {number_in(body) for body in bodies if is_receipt(body)}


def numbers_at_central(path: Path) -> set[int]:
    """The same, of a file."""
    with closing(sqlite3.connect(path)) as connection:
        return numbers_of(lambda sql: connection.execute(sql).fetchall())


def journalled(truth: Truth, ours: Sequence[Any]) -> list[Sale]:
    """The sales that stand in a till's journal, each once."""
    numbers = {number_in(body) for *_, body, kind in ours if kind == "receipt"}
    return [truth.sales[number] for number in sorted(numbers) if number in truth.sales]


def _check_sums(sale: Sale, at: AtCentral, receipt_id: str) -> None:
    receipt_number, total, change, *_ = at.receipts[receipt_id]
    if total != sale.total_minor:
        raise Violation(f"sale {sale.number} is {total} at central, {sale.total_minor} was paid")
    if at.payments.get(receipt_id, 0) - change != sale.total_minor:
        raise Violation(f"the payments of sale {sale.number} are others at central")
    gross, vat = at.taxes.get(receipt_id, (0, 0))
    if gross != sale.total_minor or abs(vat * 5 - gross) > 5 * len(sale.lines):
        raise Violation(f"the tax of sale {sale.number} is another at central")
    if sale.receipt_number and sale.receipt_number != receipt_number:
        raise Violation(f"sale {sale.number} has number {receipt_number} at central")


def _by_number(at: AtCentral) -> dict[int, list[str]]:
    """Our numbers in central's books: the receipts that hold them."""
    found: dict[int, list[str]] = {}
    for receipt_id, sku, _, price_minor, is_voided in at.lines:
        if sku == OPEN and not is_voided:
            found.setdefault(number_of(price_minor), []).append(receipt_id)
    return found


def _kept_bodies(at: AtCentral) -> dict[int, list[bytes]]:
    """Our numbers in central's journal: the bodies that stand for a sale, aliases not counted."""
    found: dict[int, list[bytes]] = {}
    for row in at.entries:
        body, state = bytes(row[5]), row[6]
        if state == "alias" or not is_receipt(body):
            continue
        number = number_in(body)
        if number:
            found.setdefault(number, []).append(body)
    return found


def _sorted(rows: Sequence[Any]) -> list[Any]:
    """Rows with their JSON read, for its spelling is nobody's promise."""
    return sorted(
        tuple(
            json.dumps(json.loads(value), sort_keys=True)
            if isinstance(value, str) and value.startswith("{")
            else value
            for value in row
        )
        for row in rows
    )
