"""What the next request to an emulated card terminal meets, told beforehand by a test or a person.

The same words drive the twin in memory and the emulator on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What a request meets.

    SLOW waits until `finish` or an abort; ABORT_LOSES waits too, and an abort comes too
    late. IN_PROGRESS: no answer in time, then in progress for `asks` questions. LATE_REQUEST:
    no answer, not found for `asks` questions, then it arrives and is approved. LOSE_REQUEST
    never arrives; LOSE_REPLY was approved but nobody heard; LOSE_DECLINE was declined so.
    REBOOT: approved, then the terminal restarts, unheard, and keeps its log. FORGET: as
    LOSE_REPLY, and the log is gone. LATE_REPLY: approved, but the answer comes after the
    driver's patience. DUPLICATE: the request arrives twice. REPLY_FOR_ANOTHER: approved, but
    the answer carries another ServiceID. WRONG_AMOUNT: approved, and the answer tells more.
    CASHBACK keeps to the most that the till allows, CASHBACK_OVER does not.
    """

    APPROVE = "approve"
    DECLINE = "decline"
    ABORTED = "aborted"
    PARTIAL = "partial"
    TIP = "tip"
    CASHBACK = "cashback"
    CASHBACK_OVER = "cashback_over"
    SIGNATURE = "signature"
    OFFLINE = "offline"
    BUSY = "busy"
    ABSENT = "absent"
    SLOW = "slow"
    ABORT_LOSES = "abort_loses"
    IN_PROGRESS = "in_progress"
    LATE_REQUEST = "late_request"
    LOSE_REQUEST = "lose_request"
    LOSE_REPLY = "lose_reply"
    LOSE_DECLINE = "lose_decline"
    REBOOT = "reboot"
    FORGET = "forget"
    LATE_REPLY = "late_reply"
    DUPLICATE = "duplicate"
    REPLY_FOR_ANOTHER = "reply_for_another"
    WRONG_AMOUNT = "wrong_amount"


@dataclass(frozen=True, slots=True)
class Step:
    """A fate with its numbers: `minor` is the tip, the cashback or the part approved
    (0: a tenth, a hundred whole units, a half); `asks` counts questions by `status` (0: only
    time counts); `seconds` is how late or how slow it is, where time passes.
    """

    fate: Fate
    minor: int = 0
    asks: int = 2
    seconds: float = 3.0
