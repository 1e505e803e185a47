"""One pass over the glass is one scan, however often the scanner says it.

Pure; the clock is given. A code held still is read again and again: what comes
within the window after the code was *taken* is the same pass, and what is still
held after it is a second item. A newcomer would count from the last repeat; then
a code held for a minute is one item, and the second of two equal bottles that
follow each other quickly is given away.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOW_SECONDS = 0.350


@dataclass
class Debounce:
    """`passes` answers for one scanner; another scanner has its own."""

    window_seconds: float = WINDOW_SECONDS
    repeats: int = 0
    _taken: tuple[str, str] = ("", "")
    _taken_at: float = 0.0

    def passes(self, symbology: str, data: str, at: float) -> bool:
        """True for a new scan, read at `at` (monotonic seconds); a repeat is counted."""
        same = (symbology, data) == self._taken
        # Rounded to whole microseconds: 0.35 after 1.0 is 1.3500000000000001.
        if same and round((at - self._taken_at) * 1e6) <= round(self.window_seconds * 1e6):
            self.repeats += 1
            return False
        self._taken, self._taken_at = (symbology, data), at
        return True
