"""What a skin of the protocol is: messages to bytes and back, and the habits of its vendor."""

from __future__ import annotations

from typing import Protocol

from hardware.terminals.nexo import Message


class Skin(Protocol):
    """`decode` raises Unreadable and SealBroken, nothing else, whatever came.

    `needs_login`: the terminal answers only within a session, and a new session ends what
    an older one had begun. `refunds_are_reversals`: a refund to the card of an earlier
    payment is a partial reversal. `reprints`: receipts come with a status only when asked for.
    """

    content_type: str
    path: str
    needs_login: bool
    refunds_are_reversals: bool
    reprints: bool

    def encode(self, message: Message) -> bytes: ...

    def decode(self, data: bytes) -> Message: ...
