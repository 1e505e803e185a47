"""One receipt to its seal: out of the ledger, over the line, into the ledger.

Every step is durable before the next: the request with its number before its first byte,
the answer before anybody hears of it. The thing to get wrong: a no. Only the answer to the
one and only sending, in this life, proves that the unit holds nothing; after that a no
leaves the request open, and an error with `bytes_written` above 0 says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hardware.errors import Absent, Burnt, Busy, Lost, Refused, Stalled
from hardware.fiscal.answers import (
    Denied,
    Dialect,
    Identified,
    Outcome,
    Question,
    Sealed,
    Silent,
    Storage,
    Verdict,
)
from hardware.fiscal.ledger import Known, Ledger
from hardware.fiscal.line import Line
from hardware.ports import Seal, SealRequest

SKIPS = (1, *(2**power for power in range(21)))
"""How far the next sequence number jumps while a unit says that it has had each: a ledger
that was lost is behind by no more than a million receipts."""

GREETING_SECONDS = 4.0

T = TypeVar("T")


class Denial(Refused):
    """The unit's own no, with what kind of no it is."""

    def __init__(self, device: str, denied: Denied, *, bytes_written: int = 0) -> None:
        super().__init__(device, denied.words, bytes_written=bytes_written)
        self.verdict = denied.verdict


class WrongUnit(Refused):
    """Another unit than the register's answered."""


class Sealing:
    """For one line and its unit; `patience_seconds` is how long silence is borne."""

    def __init__(
        self, ledger: Ledger, line: Line, dialect: Dialect, patience_seconds: float
    ) -> None:
        self._ledger = ledger
        self._line = line
        self._dialect = dialect
        self._patience_seconds = patience_seconds

    def seal(self, request: SealRequest, known: Known | None) -> tuple[Seal, Storage]:
        """Raises Denial, WrongUnit, Burnt, Stalled, Lost, Absent or Busy. `known` is a
        request of an earlier time that is still open."""
        self._fence()
        is_new = known is None
        known = known or self._ask(request)
        if self._dialect.renews:
            return self._renewing(request, known, is_new=is_new)
        return self._repeating(request, known, is_new=is_new)

    def _fence(self) -> None:
        """Greet the unit once more where late answers may be under way; they come first."""
        if self._line.is_clean:
            return
        hello = self._dialect.hello()
        heard, _ = self._line.converse(self._dialect, hello, GREETING_SECONDS)
        if isinstance(heard, Denied):
            raise Denial(self._line.device, heard)
        if not isinstance(heard, Identified):
            raise Stalled(self._line.device, "it does not answer")
        if heard.unit_id != self._ledger.unit_id:
            words = f"unit {heard.unit_id} answered, but the register's is {self._ledger.unit_id}"
            raise WrongUnit(self._line.device, words)

    def _ask(self, request: SealRequest, skip: int = 1) -> Known:
        def make(sequence: int) -> Question:
            return self._dialect.seal(request, sequence)

        return self._durably(lambda: self._ledger.ask(request, make, skip=skip))

    def _repeating(
        self, request: SealRequest, known: Known, *, is_new: bool
    ) -> tuple[Seal, Storage]:
        """The same bytes until there is an answer; a new sequence number only while the
        unit says of the first and only sending that it has had this one."""
        for skip in SKIPS:
            heard, sends = self._line.converse(
                self._dialect, known.question, self._patience_seconds, self._ledger.has_code
            )
            is_sure = is_new and sends == 1
            if not is_sure or _verdict(heard) is not Verdict.HANDLED:
                return self._settle(known, heard, is_sure=is_sure)
            known = self._ask(request, skip)
        raise Refused(self._line.device, "it has had every sequence number; call its service")

    def _renewing(
        self, request: SealRequest, known: Known, *, is_new: bool
    ) -> tuple[Seal, Storage]:
        """A new request for each try, as many as the dialect allows."""
        timeouts, busies = self._dialect.tries.timeouts, self._dialect.tries.busies
        is_sure = is_new
        while True:
            if not is_sure:
                known = self._ask(request)
            heard = self._post(known.question)
            if isinstance(heard, Silent) and timeouts:
                timeouts -= 1
            elif _verdict(heard) is Verdict.BUSY and busies:
                busies -= 1
                self._line.pause(self._dialect.tries.pause_seconds)
            else:
                return self._settle(known, heard, is_sure=is_sure)
            is_sure = False

    def _post(self, question: Question) -> Outcome:
        """A broken line is a timeout here: the server may have taken it all the same."""
        try:
            self._line.open()
            seconds = self._dialect.answer_seconds
            has_code = self._ledger.has_code
            return self._line.converse(self._dialect, question, seconds, has_code)[0]
        except Busy as error:
            return Denied(Verdict.BUSY, error.reason)
        except Lost:
            return Silent()

    def _settle(self, known: Known, heard: Outcome, *, is_sure: bool) -> tuple[Seal, Storage]:
        """What came of it, kept before it is told. `is_sure`: asked once, in this life."""
        device = self._line.device
        asked = sum(len(step) for step in known.steps)
        if isinstance(heard, Sealed):
            return self._keep(known, heard, asked), heard.storage
        if not isinstance(heard, Denied):
            raise Stalled(device, "it does not answer", bytes_written=asked)
        if heard.verdict is Verdict.HANDLED:
            self._durably(lambda: self._ledger.burn(known, heard.words), asked)
            raise Burnt(device, heard.words)
        if is_sure:
            self._durably(lambda: self._ledger.refuse(known, heard.words))
        raise Denial(device, heard, bytes_written=0 if is_sure else asked)

    def _keep(self, known: Known, heard: Sealed, asked: int) -> Seal:
        unit_id = self._ledger.unit_id
        if heard.unit_id not in ("", unit_id):
            words = f"unit {heard.unit_id} answered, but the register's is {unit_id}"
            raise WrongUnit(self._line.device, words, bytes_written=asked)
        return self._durably(lambda: self._ledger.seal(known, heard.code, unit_id), asked)

    def _durably(self, write: Callable[[], T], bytes_written: int = 0) -> T:
        """Raises Absent when the ledger cannot keep it."""
        try:
            return write()
        except OSError as error:
            words = f"its ledger cannot be written ({error})"
            raise Absent(self._line.device, words, bytes_written=bytes_written) from error


def _verdict(heard: Outcome) -> Verdict | None:
    return heard.verdict if isinstance(heard, Denied) else None
