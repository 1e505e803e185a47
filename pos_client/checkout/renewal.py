"""When central is asked again about a basket that stays open.

The thing to get wrong: asking at every tick. What is held lasts minutes; a central that is
away is tried four times a minute, and a no is asked again only by a person's change.
"""

from __future__ import annotations

from central_sync.retail.order_draft import Answer
from pos_client.register.state import Register

HELD_SECONDS = 120.0
AWAY_SECONDS = 15.0
UNANSWERED_SECONDS = 20.0


class Renewal:
    """Remembers since when the question and answer are as they are."""

    def __init__(self) -> None:
        self._seen: tuple[str, str, Answer, str] | None = None
        self._since = 0.0

    def is_due(self, state: Register, now_seconds: float) -> bool:
        basket = state.basket
        order = basket.order
        if not basket.later or basket.payments or state.card or state.completing:
            self._seen = None
            return False
        seen = (basket.basket_id, order.asked, order.answer, order.expires_at)
        if seen != self._seen:
            self._seen, self._since = seen, now_seconds
            return False
        return now_seconds - self._since >= _patience(order.asked, order.answer)


def _patience(asked: str, answer: Answer) -> float:
    if asked:
        return UNANSWERED_SECONDS
    return {Answer.HELD: HELD_SECONDS, Answer.AWAY: AWAY_SECONDS}.get(answer, float("inf"))
