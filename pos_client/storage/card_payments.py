"""Card payments on disk: each move a row, written before what the move allows.

Part of an act (`records.Act`), so a move and the register's state are one
transaction. A newcomer would update the row alone; the moves stand for ever, since
they are what a dispute with the bank is settled by.
"""

from __future__ import annotations

import json
import sqlite3

from sqlite_utils import Database

from central_sync.retail.basket import Basket
from central_sync.retail.plain import from_plain, to_plain
from pos_client.register.card import CardPayment, CardState


def ask_card(connection: sqlite3.Connection, card: CardPayment, basket: Basket, at: str) -> None:
    """The intent and its basket."""
    connection.execute(
        """
        INSERT INTO card_payment (payment_id, service_id, number, state, is_open, basket, body)
        VALUES (:payment_id, :service_id, :number, :state, 1, :basket, :body)
        """,
        {
            "payment_id": card.payment_id,
            "service_id": card.service_id,
            "number": card.number,
            "state": card.state.value,
            "basket": json.dumps(to_plain(basket), ensure_ascii=False),
            "body": _body(card),
        },
    )
    _move(connection, card, at)


def move_card(connection: sqlite3.Connection, card: CardPayment, at: str) -> None:
    """The payment in its next state."""
    is_open = not card.is_over and card.state is not CardState.COMMITTED
    connection.execute(
        """
        UPDATE card_payment
           SET number = MAX(number, :number), state = :state, is_open = :is_open, body = :body
         WHERE payment_id = :payment_id
        """,
        {
            "payment_id": card.payment_id,
            "number": card.reversal_number,
            "state": card.state.value,
            "is_open": int(is_open or card.is_aside),
            "body": _body(card),
        },
    )
    _move(connection, card, at)


def _move(connection: sqlite3.Connection, card: CardPayment, at: str) -> None:
    connection.execute(
        """
        INSERT INTO card_move (payment_id, state, request_id, at, body)
        VALUES (:payment_id, :state, :request_id, :at, :body)
        """,
        {
            "payment_id": card.payment_id,
            "state": card.state.value,
            "request_id": card.request_id,
            "at": at,
            "body": _body(card),
        },
    )


class CardPayments:
    """Reading them."""

    def __init__(self, database: Database) -> None:
        self._connection = database.conn

    def highest_number(self) -> int:
        """The highest number that any request of this till has used; 0 when there is none."""
        row = self._connection.execute("SELECT MAX(number) FROM card_payment").fetchone()
        return int(row[0] or 0)

    def moves(self, payment_id: str) -> list[CardPayment]:
        """Everything that happened to one payment, oldest first."""
        rows = self._connection.execute(
            "SELECT body FROM card_move WHERE payment_id = :payment_id ORDER BY position",
            {"payment_id": payment_id},
        )
        return [from_plain(CardPayment, json.loads(body)) for (body,) in rows]

    def basket(self, payment_id: str) -> Basket | None:
        """The sale that a payment was meant for, as it was then."""
        row = self._connection.execute(
            "SELECT basket FROM card_payment WHERE payment_id = :payment_id",
            {"payment_id": payment_id},
        ).fetchone()
        return from_plain(Basket, json.loads(row[0])) if row else None

    def open_payments(self) -> list[CardPayment]:
        rows = self._connection.execute(
            "SELECT body FROM card_payment WHERE is_open = 1 ORDER BY number"
        )
        return [from_plain(CardPayment, json.loads(body)) for (body,) in rows]


def _body(card: CardPayment) -> str:
    return json.dumps(to_plain(card), ensure_ascii=False, separators=(",", ":"))
