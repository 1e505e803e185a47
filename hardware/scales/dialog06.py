"""Checkout Dialog 06: the price computing scales of Bizerba and Mettler-Toledo.

Sans-IO. The register sends the price (records 01, 03, 04, 05), asks (EOT ENQ), and
gets weight, price and amount (record 02), or a NAK whose cause it asks for (08 → 09).
What the scale showed the customer is what is sold, so a price or an amount that is
not the one asked for is no answer.

Some scales want to be unlocked first: they send a random number (record 11) and
expect checksums (record 10) made with a secret that only an approved register is
given. That is type approval, not ours to invent; here it is an honest LICENCE.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from hardware.ports import Reason, WeighRequest
from hardware.printers.wording import clean
from hardware.scales.parity import BAD, Parity, from_wire, to_wire
from hardware.scales.talk import (
    ANSWER_SECONDS,
    FORGET_SECONDS,
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    TRIES,
    Alive,
    Outcome,
    Reading,
    Trouble,
)
from hardware.scales.weighing import amount_of

STX, ETX, EOT, ENQ, ACK, NAK, ESC = 0x02, 0x03, 0x04, 0x05, 0x06, 0x15, 0x1B
ASK = bytes([EOT, ENQ])
STATUS = bytes([EOT, STX]) + b"08" + bytes([ETX])
TAKEN = bytes([EOT])
REPEAT = bytes([NAK])
NAME_LENGTH = 13
_LONGEST_RECORD = 64
_GARBLED = b"garbled"

REASONS = {
    b"01": Trouble(Reason.INTERNAL_FAULT, "it reports a general fault (01)"),
    b"10": Trouble(Reason.BAD_REQUEST, "it does not know the record (10)"),
    b"11": Trouble(Reason.BAD_REQUEST, "it does not take the price (11)"),
    b"12": Trouble(Reason.BAD_REQUEST, "it does not take the tare (12)"),
    b"13": Trouble(Reason.BAD_REQUEST, "it does not take the name (13)"),
    b"20": Trouble(Reason.IN_MOTION),
    b"21": Trouble(Reason.NOT_MOVED),
    b"22": Trouble(Reason.BUSY, "it has not finished measuring (22)"),
    b"30": Trouble(Reason.UNDER_MINIMUM),
    b"31": Trouble(Reason.BELOW_ZERO),
    b"32": Trouble(Reason.OVERLOAD),
}
"""What record 09 says. 00 is "no error" and 02 "parity error": both mean, ask again."""


def price_record(request: WeighRequest) -> bytes | None:
    """The shortest record that carries the request; None where it does not fit into one."""
    if not 0 <= request.unit_price_minor <= 999_999 or not 0 <= request.tare_grams <= 9_999:
        return None
    price, tare = f"{request.unit_price_minor:06}", f"{request.tare_grams:04}"
    name = clean(request.name, "ascii")[:NAME_LENGTH]
    if tare != "0000":
        body = f"05\x1b{price}\x1b{tare}\x1b{name}" if name else f"03\x1b{price}\x1b{tare}"
    else:
        body = f"04\x1b{price}\x1b{name}" if name else f"01\x1b{price}\x1b"
    return bytes([EOT, STX]) + body.encode("ascii") + bytes([ETX])


class Tokens:
    """ACK, NAK and records out of whatever comes; a record is its text without STX and ETX."""

    def __init__(self) -> None:
        self._record: bytearray | None = None

    def feed(self, text: bytes) -> list[bytes]:
        found = [self._take(byte) for byte in text]
        return [token for token in found if token is not None]

    def clear(self) -> None:
        self._record = None

    def _take(self, byte: int) -> bytes | None:
        if byte == STX:
            self._record = bytearray()
        elif self._record is None:
            return bytes([byte]) if byte in (ACK, NAK) else _GARBLED if byte == BAD else None
        elif byte == ETX:
            record, self._record = bytes(self._record), None
            return _GARBLED if BAD in record else record
        else:
            self._record.append(byte)
            if len(self._record) > _LONGEST_RECORD:
                self._record = None
                return _GARBLED
        return None


class _Step(Enum):
    """What is awaited: late answers, ACK of the price, weight, cause of a NAK, a look, time."""

    FENCE = auto()
    PRICE = auto()
    WEIGHT = auto()
    CAUSE = auto()
    LOOK = auto()
    PAUSE = auto()


class Dialog06:
    """See `talk.Talk`."""

    answers_price = True

    def __init__(
        self, parity: Parity = Parity.ODD, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._parity = parity
        self._patience_seconds = patience_seconds
        self._tokens = Tokens()
        self.outcome: Outcome | None = None
        self.due = 0.0
        self._request = WeighRequest()
        self._price = b""
        self._step = self._first_step = _Step.LOOK
        self._tries = self._owed = 0
        self._asked_at = self._patience = self._until = 0.0
        self._is_noisy = False

    def weigh(self, request: WeighRequest, now: float) -> bytes:
        price = price_record(request)
        if price is None:
            self.outcome = Trouble(Reason.BAD_REQUEST, "the price or the tare has too many digits")
            return b""
        self._request, self._price = request, price
        return self._begin(_Step.PRICE, now, self._patience_seconds)

    def glance(self, now: float) -> bytes:
        return self._begin(_Step.LOOK, now, 0.0)

    def feed(self, data: bytes, now: float) -> bytes:
        said = b""
        for token in self._tokens.feed(from_wire(data, self._parity)):
            said += self._heard(token, now)
        return said

    def tick(self, now: float) -> bytes:
        if self.outcome is not None or now < self.due:
            return b""
        if self._step is _Step.FENCE:
            return self._start(now)
        if self._step is _Step.PAUSE:
            return self._ask(now)
        self._tokens.clear()
        return self._again(now, Reason.NO_ANSWER)

    def _begin(self, first: _Step, now: float, patience: float) -> bytes:
        self.outcome = None
        self._is_noisy = False
        self._tries = TRIES
        self._first_step, self._patience = first, patience
        self._tokens.clear()
        if self._owed and now < self._asked_at + FORGET_SECONDS:
            self._step, self.due = _Step.FENCE, self._asked_at + FORGET_SECONDS
            return b""
        return self._start(now)

    def _start(self, now: float) -> bytes:
        """Nothing is under way any more: what comes now is the answer."""
        self._owed = 0
        self._until = now + self._patience
        text = self._price if self._first_step is _Step.PRICE else STATUS
        return self._send(self._first_step, text, now)

    def _send(self, step: _Step, text: bytes, now: float) -> bytes:
        self._step = step
        self._asked_at = now
        self.due = now + ANSWER_SECONDS
        return to_wire(text, self._parity)

    def _ask(self, now: float) -> bytes:
        self._owed += 1
        return self._send(_Step.WEIGHT, ASK, now)

    def _end(self, outcome: Outcome) -> bytes:
        """Every answer of the scale is answered with EOT; only then is its weight taken."""
        self.outcome = outcome
        return to_wire(TAKEN, self._parity)

    def _again(self, now: float, reason: Reason) -> bytes:
        self._tries -= 1
        if self._tries <= 0:
            self.outcome = Trouble(Reason.BAD_CHECKSUM if self._is_noisy else reason)
            return b""
        match self._step:
            case _Step.PRICE:
                return self._send(_Step.PRICE, self._price, now)
            case _Step.CAUSE | _Step.LOOK:
                return self._send(self._step, STATUS, now)
            case _:
                return self._ask(now)

    def _heard(self, token: bytes, now: float) -> bytes:
        if self._step is _Step.FENCE:
            return b""
        self._is_noisy = self._is_noisy or token == _GARBLED
        if token[:2] == b"02" or (token == REPEAT and self._step is _Step.WEIGHT):
            self._owed = max(self._owed - 1, 0)
        if self.outcome is not None:
            return b""
        if token[:2] == b"11":
            return self._end(Trouble(Reason.LICENCE, "it asks for its checksums (record 11)"))
        return self._HEARD[self._step](self, token, now)

    def _price_heard(self, token: bytes, now: float) -> bytes:
        if token == bytes([ACK]):
            return self._ask(now)
        return self._why(now) if token == REPEAT else b""

    def _weight_heard(self, token: bytes, now: float) -> bytes:
        if token == REPEAT:
            return self._why(now)
        if token == _GARBLED:
            return self._repeat(now)
        if token[:2] != b"02":
            return b""
        found = self._weight_in(token)
        return self._repeat(now) if found is None else self._end(found)

    def _weight_in(self, token: bytes) -> Reading | Trouble | None:
        """Record 02: state, weight, price and amount; None where it is no such thing."""
        parts = token.split(b"\x1b")
        if [len(part) for part in parts] != [2, 1, 5, 6, 6] or not b"".join(parts).isdigit():
            return None
        grams, price, amount = (int(part) for part in parts[2:])
        if price != self._request.unit_price_minor:
            return Trouble(Reason.PRICE_DIFFERS)
        # Scales round the half öre in their own way; more than that is a garbled digit.
        if abs(amount - amount_of(price, grams)) > 1:
            return None
        return Reading(grams, is_net=True, unit_price_minor=price, amount_minor=amount)

    def _repeat(self, now: float) -> bytes:
        self._tries -= 1
        if self._tries <= 0:
            self.outcome = Trouble(Reason.BAD_CHECKSUM)
            return b""
        return self._send(_Step.WEIGHT, REPEAT, now)

    def _why(self, now: float) -> bytes:
        return self._send(_Step.CAUSE, STATUS, now)

    def _cause_heard(self, token: bytes, now: float) -> bytes:
        code = token[3:] if token[:3] == b"09\x1b" else None
        if code is None:
            return self._again(now, Reason.BAD_CHECKSUM) if token == _GARBLED else b""
        if code == b"02":
            self._step = _Step.PRICE
            return self._again(now, Reason.BAD_CHECKSUM)
        trouble = REASONS.get(code)
        if code in (b"20", b"22") or code == b"00":
            return self._wait(trouble or Trouble(Reason.BUSY), now)
        if trouble is None:
            return self._end(Trouble(Reason.WRONG_DEVICE, f"it answered {code!r}"))
        if code == b"31" and self._request.tare_grams:
            trouble = Trouble(Reason.TARE_TOO_LARGE)
        return self._end(trouble)

    def _wait(self, trouble: Trouble, now: float) -> bytes:
        if now >= self._until:
            return self._end(trouble)
        self._step = _Step.PAUSE
        self.due = now + PAUSE_SECONDS
        return to_wire(TAKEN, self._parity)

    def _look_heard(self, token: bytes, now: float) -> bytes:
        if token == _GARBLED:
            return self._again(now, Reason.BAD_CHECKSUM)
        if token[:2] == b"09" and token[3:] == b"01":
            return self._end(REASONS[b"01"])
        return self._end(Alive()) if token[:2] == b"09" or token == REPEAT else b""

    def _pause_heard(self, _token: bytes, _now: float) -> bytes:
        return b""

    _HEARD: dict[_Step, Callable[[Dialog06, bytes, float], bytes]] = {  # noqa: RUF012
        _Step.PRICE: _price_heard,
        _Step.WEIGHT: _weight_heard,
        _Step.CAUSE: _cause_heard,
        _Step.LOOK: _look_heard,
        _Step.PAUSE: _pause_heard,
    }
