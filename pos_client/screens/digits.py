"""Money in three-row digits, for the total that must be read from a step away.

Pure. Every glyph is as wide in all its rows; unknown characters (a no-break
space between thousands) become a gap.
"""

from __future__ import annotations

_GLYPHS = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": ("╺┓ ", " ┃ ", "╺┻╸"),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", " ━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
    ",": ("  ", "  ", ", "),
    ".": ("  ", "  ", ". "),
    "−": ("   ", "╺━╸", "   "),
}
_GAP = (" ", " ", " ")


def big(text: str) -> tuple[str, str, str]:
    """The three rows of `text`, all of the same width."""
    glyphs = [_GLYPHS.get(character, _GAP) for character in text]
    top, middle, bottom = ("".join(glyph[at] for glyph in glyphs) for at in range(3))
    return top, middle, bottom
