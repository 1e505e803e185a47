"""Tells a keyboard-wedge scanner from fingers, before any page sees a key.

Sans-IO: keys go in with the time they were read, typed keys and scans come out
in the same order. Three rules make it safe (each has failed somewhere else):
it fails open to typing, there is one queue for order, and a bare burst is a scan
only with a valid check digit. The thing to get wrong: the Enter of a scan must
never reach a dialog, so keys of a burst are marked and pages that do not take
codes drop them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from central_sync.retail.item import is_gtin
from pos_client.screens.keys import ENTER, Key

HOLD_SECONDS = 0.035
"""Two characters closer than this are not fingers, or are held until we know."""

FRAME_SECONDS = 0.5
"""Inside `]E0…CR` a stall this long is waited for: nobody types `]`."""

FEWEST = 6
FEWEST_WHERE_DIGITS_ACT = 3
"""From so many characters on a burst is marked as not typed by a person."""

_FRAME = re.compile(r"\]([A-Za-z][0-9A-Za-z])(.+)", re.DOTALL)
_LONGEST_FRAME = 1_600


@dataclass(frozen=True, slots=True)
class Typed:
    """`is_burst`: faster than fingers; not a code by itself, but not a person either."""

    key: Key
    is_burst: bool = False


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The last Typed character was the first of a burst: take it out again."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """`symbology` is the AIM id without its bracket ("E0"), or ""."""

    data: str
    symbology: str
    at: float


Routed = Typed | TakeBack | Scanned


@dataclass
class ScanRouter:
    """`holds_first`: also hold a first character, where a digit acts at once."""

    holds_first: bool = False
    _held: list[str] = field(default_factory=list)
    _passed: str = ""
    _before: str = ""
    _in_frame: bool = False
    _last: float = 0.0

    @property
    def deadline(self) -> float | None:
        """When `tick` has to be called if nothing more comes."""
        if not self._held:
            return None
        return self._last + (FRAME_SECONDS if self._in_frame else HOLD_SECONDS)

    def feed(self, key: Key, at: float) -> list[Routed]:
        """What this key, read at `at` (monotonic seconds), lets out."""
        routed = self.tick(at)
        if key.character:
            self._character(key.character, at, routed)
        elif key == ENTER:
            self._enter(at, routed)
        else:
            self._release(routed)
            routed.append(Typed(key))
            self._before = ""
        self._last = at
        return routed

    def tick(self, now: float) -> list[Routed]:
        """Let go of held keys when the burst has ended without Enter."""
        routed: list[Routed] = []
        deadline = self.deadline
        if deadline is not None and now > deadline:
            self._release(routed)
        if self._passed and now - self._last > HOLD_SECONDS:
            self._settle_passed()
        return routed

    def paste(self, text: str, at: float) -> list[Routed]:
        """One pasted line is a scan when it is a code, else typing; more lines are nothing."""
        routed: list[Routed] = []
        self._release(routed)
        line = text.strip()
        if not line or "\n" in line or "\r" in line:
            return routed
        frame = _FRAME.fullmatch(line)
        if frame:
            return [*routed, Scanned(frame[2], frame[1], at)]
        if is_gtin(line):
            return [*routed, Scanned(line, "", at)]
        kept = [c for c in line[:60] if c.isprintable()]
        return [*routed, *(Typed(Key(c, c), is_burst=True) for c in kept)]

    def _character(self, character: str, at: float, routed: list[Routed]) -> None:
        if self._in_frame:
            self._held.append(character)
            if len(self._held) > _LONGEST_FRAME:
                self._release(routed)
        elif character == "]":
            self._release(routed)
            self._held, self._in_frame = ["]"], True
        elif self._held:
            self._held.append(character)
        elif self._passed:
            routed.append(TakeBack())
            self._held = [self._passed, character]
            self._passed = ""
        elif self.holds_first:
            self._held = [character]
        else:
            routed.append(Typed(Key(character, character)))
            self._passed = character

    def _enter(self, at: float, routed: list[Routed]) -> None:
        code = "".join(self._held)
        frame = _FRAME.fullmatch(code) if self._in_frame else None
        whole = self._in_frame or len(code) >= FEWEST
        if frame is not None:
            self._forget()
            routed.append(Scanned(frame[2], frame[1], at))
        elif whole and is_gtin(code) and not self._before.isdigit():
            self._forget()
            routed.append(Scanned(code, "", at))
        else:
            self._release(routed)
            routed.append(Typed(ENTER, is_burst=whole))
        self._before = ""

    def _release(self, routed: list[Routed]) -> None:
        fewest = FEWEST_WHERE_DIGITS_ACT if self.holds_first else FEWEST
        is_burst = len(self._held) >= fewest
        routed.extend(Typed(Key(c, c), is_burst) for c in self._held)
        if self._held:
            self._before = self._held[-1]
        self._settle_passed()
        self._forget()

    def _settle_passed(self) -> None:
        """A lone first character was typed after all."""
        if self._passed:
            self._before, self._passed = self._passed, ""

    def _forget(self) -> None:
        self._held, self._in_frame, self._passed = [], False, ""
