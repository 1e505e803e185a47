"""What a display shows, what it should show, and the fewest bytes from one to the other.

Sans-IO: the clock is an argument. Nothing is queued: a thousand wishes a second end in
five paints, and the last wish always gets there. A display says nothing back, so every
half minute everything is written again: it may have been switched off and on.
"""

from __future__ import annotations

from hardware.displays.charset import Charset
from hardware.displays.dialects import Dialect

ROWS = 2
PAINT_SECONDS = 0.2
HEAL_SECONDS = 30.0


class Painter:
    """`want` what should be seen, then send what `paint` gives, when `due` says so."""

    def __init__(self, dialect: Dialect, columns: int = 20, charset: Charset | None = None) -> None:
        self.columns = columns
        self._dialect = dialect
        self._charset = charset or dialect.charset
        self._wanted = [" " * columns] * ROWS
        self._shown: list[str] | None = None
        self._painted_at = self._healed_at = float("-inf")

    def want(self, top: str, bottom: str) -> None:
        """Any text; it is cut to the columns, and what the display lacks is replaced."""
        self._wanted = [self._charset.fit(text, self.columns) for text in (top, bottom)]

    def forget(self) -> None:
        """The line was lost: nothing is known of what is shown."""
        self._shown = None

    @property
    def is_behind(self) -> bool:
        """Whether something else should be seen than is."""
        return self._shown != self._wanted

    def due(self) -> float:
        """When `paint` has something to send, on the clock it is given; infinity: nothing."""
        if self.is_behind:
            return self._painted_at + PAINT_SECONDS
        return self._healed_at + HEAL_SECONDS

    def paint(self, now: float) -> bytes:
        """What to send now, or b"". It counts as shown; call `forget` if it did not arrive."""
        if now < self.due():
            return b""
        if self._shown is None:
            painted = self._dialect.start + self._everything()
            self._healed_at = now
        elif now >= self._healed_at + HEAL_SECONDS:
            painted = self._everything()
            self._healed_at = now
        else:
            painted = self._differences(self._shown)
        self._shown = list(self._wanted)
        self._painted_at = now
        return self._dialect.before + painted + self._dialect.after

    def _everything(self) -> bytes:
        rows = b"".join(self._span(row, 0, self.columns) for row in range(ROWS))
        return self._dialect.mode + self._dialect.letters(self._charset) + rows

    def _differences(self, shown: list[str]) -> bytes:
        spans = b""
        for row in range(ROWS):
            pairs = zip(shown[row], self._wanted[row], strict=True)
            changed = [column for column, (old, new) in enumerate(pairs) if old != new]
            if changed:
                spans += self._span(row, changed[0], changed[-1] + 1)
        return spans

    def _span(self, row: int, start: int, end: int) -> bytes:
        text = self._charset.encode(self._wanted[row][start:end])
        return self._dialect.to(start + 1, row + 1) + text
