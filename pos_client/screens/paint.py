"""From rows to the terminal: the one widget of the screen.

It is as large as the terminal and never takes part in a layout: a new picture is
compared row by row, and only the rows that differ are repainted, as regions. The
thing to get wrong: calling `refresh()` without a region; that redraws it all.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pos_client.screens.rows import Look, Row

_INK, _PAPER = "#f2f2f2", "#000000"
STYLES = {
    Look.PLAIN: Style(color=_INK, bgcolor=_PAPER),
    Look.DIM: Style(color="#b4b4b4", bgcolor=_PAPER),
    Look.STRONG: Style(color="#ffffff", bgcolor=_PAPER, bold=True),
    Look.CURRENT: Style(color=_PAPER, bgcolor=_INK, bold=True),
    Look.ATTENTION: Style(color="#ffe14d", bgcolor=_PAPER, bold=True),
    Look.STOP: Style(color=_PAPER, bgcolor="#ffffff", bold=True),
    Look.REFUSAL: Style(color=_PAPER, bgcolor="#ffe14d", bold=True),
    Look.KEY: Style(color="#8cc8ff", bgcolor=_PAPER, bold=True),
}


class Rows(Widget):
    """Shows rows; `show` repaints only those that changed."""

    DEFAULT_CSS = "Rows { width: 100%; height: 100%; }"
    can_focus = False
    ALLOW_SELECT = False

    class Touched(Message):
        """A touch or click on a cell."""

        def __init__(self, x: int, y: int) -> None:
            super().__init__()
            self.x, self.y = x, y

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()

    def show(self, rows: tuple[Row, ...]) -> bool:
        """The newest picture; True when single rows changed and wait to be painted."""
        old, self._rows = self._rows, rows
        if len(old) != len(rows):
            self.refresh()
            return False
        width = self.size.width
        changed = [
            Region(0, at, width, 1)
            for at, (before, after) in enumerate(zip(old, rows, strict=True))
            if before != after
        ]
        if changed:
            self.refresh(*changed)
        return bool(changed)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, STYLES[Look.PLAIN])
        segments = [Segment(text, STYLES[look]) for text, look in self._rows[y]]
        return Strip(segments).adjust_cell_length(self.size.width, STYLES[Look.PLAIN])

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Touched(int(event.x), int(event.y)))
