"""What paper needs of a person: one question, an alarm, and what happens when nobody answers.

Looked at once a second on the core's thread, with the time passed in. A receipt that may
be on paper waits half a minute for somebody's word and then goes out as the stamped copy,
which is safe whatever the printer still has in its memory (fiscal-law R5). The thing to get
wrong: printing the original anew without that word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pos_client.checkout.copying import Copies
from pos_client.checkout.shop import StoreShop
from pos_client.register.shop import PrintQuestion
from pos_client.register.view import Level, Message
from pos_client.storage.prints import PrintSpool

ANSWER_SECONDS = 30.0
ALARM_PRINTS = 3

Doubt = tuple[int, bool]


@dataclass
class PaperWatch:
    """`can_print`: some printer takes paper now. `tell` shows a message to everybody."""

    shop: StoreShop
    spool: PrintSpool
    copies: Copies
    can_print: Callable[[], bool]
    tell: Callable[[Message], None]
    _since: dict[Doubt, float] = field(default_factory=dict, init=False)
    _is_alarmed: bool = field(default=False, init=False)

    def look(self, now_seconds: float) -> None:
        """`now_seconds` only grows."""
        self._count()
        doubts = self.shop.prints_in_doubt()
        # Being asked is a new beginning: the half minute is the cashier's.
        known = {(doubt.job_id, doubt.is_asked): doubt for doubt in doubts}
        self._since = {key: self._since.get(key, now_seconds) for key in known}
        for key, doubt in known.items():
            if now_seconds - self._since[key] >= ANSWER_SECONDS and self.can_print():
                self._since[key] = now_seconds
                self._nobody_answers(doubt)

    def _nobody_answers(self, doubt: PrintQuestion) -> None:
        """Torn and not voided so long while another printer prints comes to the same."""
        if doubt.kind == "receipt":
            receipt = self.shop.receipt(doubt.receipt_number)
            if receipt is not None and not self.shop.is_copied(receipt.receipt_id):
                self.copies.instead_of(doubt)
        elif not doubt.is_asked:
            self.spool.ask(doubt.job_id)

    def _count(self) -> None:
        waiting = self.spool.waiting()
        if waiting > ALARM_PRINTS and not self._is_alarmed:
            self.tell(Message("print.many_wait", Level.TROUBLE, {"count": waiting}, beeps=2))
        self._is_alarmed = waiting > ALARM_PRINTS
