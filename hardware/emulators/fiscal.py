"""An emulated control unit: receipts in, codes out, faults to switch.

Sans-IO: `feed` gives answers with the seconds that it thinks before each. One mind
(`EmulatedUnit`: identity, memory, codes) behind three mouths (`fiscal_mouths`). What it has
stored is a ledger of its own, and the only judge of a till that talks to it.

Each stored receipt gets a code of its own, also when the same is stored twice: so two codes
for one receipt can be seen.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Protocol

UNIT_ID = "EMUSE000000000001"
NEAR_FULL = 0.9


@dataclass(slots=True)
class Faults:
    """What is wrong with it; may be changed at any time.

    The first group stays until it is mended; each of the second happens once, or as often
    as it says. `nak` and `kd_code` refuse the next request with that number.
    """

    deaf: bool = False
    near_full: bool = False
    full: bool = False
    licence: bool = False
    fatal: bool = False
    busy: bool = False
    clock_skew: bool = False
    wrong_unit: bool = False
    no_repeat: bool = False
    think_seconds: float = 0.0
    lose_reply: int = 0
    abort: int = 0
    flip_code: int = 0
    flip_length: int = 0
    half_frame: int = 0
    garbage: int = 0
    previous: int = 0
    nak: int = 0
    kd_code: int = 0

    def happens(self, name: str) -> bool:
        """Whether a fault of the second group strikes now; counts it down."""
        left = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return bool(left)


@dataclass(frozen=True, slots=True)
class Stored:
    """One receipt in the unit's memory. `text` is every field as it came."""

    sequence: str
    number: str
    kind: str
    register: str
    text: str
    code: str


class Book(Protocol):
    """Where a unit keeps what it has stored: in memory here, on a disk in `fiscal_book`."""

    def read(self) -> list[Stored]: ...

    def append(self, stored: Stored) -> None: ...


class MemoryBook:
    """See Book."""

    def __init__(self) -> None:
        self._kept: list[Stored] = []

    def read(self) -> list[Stored]:
        return list(self._kept)

    def append(self, stored: Stored) -> None:
        self._kept.append(stored)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came, taken apart by the mouth. `key` is what makes a repeat a repeat."""

    key: str
    sequence: str
    number: str
    kind: str
    register: str
    text: str


@dataclass(slots=True)
class EmulatedUnit:
    """`capacity` is how many receipts fit. `clock` is its local time, YYYYMMDDhhmm, or ""."""

    book: Book = field(default_factory=MemoryBook)
    faults: Faults = field(default_factory=Faults)
    unit_id: str = UNIT_ID
    capacity: int = 100_000
    version: int = 2
    clock: str = ""
    stored: list[Stored] = field(default_factory=list)
    _by_key: dict[str, Stored] = field(default_factory=dict)
    _highest: int = 0

    def __post_init__(self) -> None:
        for one in self.book.read():
            self._learn(_key_of(one), one)

    @property
    def shown_id(self) -> str:
        return "OTHERSE0000000009" if self.faults.wrong_unit else self.unit_id

    @property
    def storage(self) -> int:
        """0 room, 1 nearly full, 2 full."""
        if self.faults.full or len(self.stored) >= self.capacity:
            return 2
        return int(self.faults.near_full or len(self.stored) >= NEAR_FULL * self.capacity)

    @property
    def shown_clock(self) -> str:
        return "200001010000" if self.faults.clock_skew else self.clock

    def lose_counter(self) -> None:
        """A restart that forgets which sequence numbers it has had; its memory is whole."""
        self._highest = 0
        self._by_key.clear()

    def refusal(self) -> int:
        """The NAK that a receipt would get now whatever it says, or 0."""
        if self.faults.nak:
            number, self.faults.nak = self.faults.nak, 0
            return number
        if self.faults.fatal:
            return 6
        if self.faults.licence:
            return 9
        return 10 if self.storage == 2 else 0

    def store(self, receipt: Receipt) -> Stored | None:
        """Stored now, or before as the very same; None when it has had the number.

        Raises OSError when its disk cannot keep it.
        """
        before = self._by_key.get(receipt.key)
        if before is not None:
            is_repeat = before.text == receipt.text and not self.faults.no_repeat
            return before if is_repeat else None
        if receipt.sequence and int(receipt.sequence) <= self._highest:
            return None
        stored = Stored(
            receipt.sequence,
            receipt.number,
            receipt.kind,
            receipt.register,
            receipt.text,
            _code(f"{self.unit_id}#{len(self.stored)}#{receipt.text}"),
        )
        self.book.append(stored)
        self._learn(receipt.key, stored)
        return stored

    def _learn(self, key: str, stored: Stored) -> None:
        self.stored.append(stored)
        self._by_key[key] = stored
        if stored.sequence:
            self._highest = max(self._highest, int(stored.sequence))


def _key_of(stored: Stored) -> str:
    return key_of(stored.sequence, stored.register, stored.number, stored.kind)


def key_of(sequence: str, register: str, number: str, kind: str) -> str:
    """By sequence where the dialect has one that lasts, else by number and type."""
    return f"#{sequence}" if sequence else f"{register}/{kind}/{number}"


def _code(text: str) -> str:
    """59 characters of the Swedish shape: 32 base32, ";", 26 base32."""
    letters = base64.b32encode(hashlib.sha512(text.encode()).digest()).decode("ascii")
    return f"{letters[:32]};{letters[32:58]}"
