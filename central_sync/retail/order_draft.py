"""What is agreed about the lines of an open basket that come later: where to, what is held.

Pure. No name and no street: only the ids under which they lie sealed. The thing to get
wrong: an answer of central belongs to one question; whoever changes the wish asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """Central's to the newest question. `AWAY`: it does not answer, the lines are wishes."""

    NONE = ""
    HELD = "held"
    SHORT = "short"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """`asked` is the question under way, "" for none. `quote_id` is held until `expires_at`.

    `short` are the lines that nobody can promise. `wish_approved_by` is the second person
    who let a wish be paid above the cap.
    """

    address_id: str = ""
    postcode: str = ""
    asked: str = ""
    answer: Answer = Answer.NONE
    quote_id: str = ""
    expires_at: str = ""
    short: tuple[int, ...] = ()
    wish_approved_by: str = ""


NO_ORDER = OrderDraft()
