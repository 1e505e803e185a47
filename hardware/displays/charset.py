"""Twenty columns of a customer display: text cut to them, and its bytes.

Pure. Text is data, so controls are removed before anything is measured. Old displays
know Swedish only as a seven bit set, where ä is "{"; there the braces themselves
cannot be shown, and sending them would show letters.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.printers.wording import clean

_SWEDEN = dict(zip("¤ÉÄÖÅÜéäöåü", "$@[\\]^`{|}~", strict=True))
_DISPLACED = frozenset("$@[\\]^`{|}~")


@dataclass(frozen=True, slots=True)
class Charset:
    """`page` is the number of `codec` for ESC t; None: seven bits with Swedish letters."""

    name: str
    codec: str
    page: int | None = None

    def fit(self, text: str, columns: int) -> str:
        """Exactly `columns` characters, all of which this set can show."""
        shown = clean(text, self.codec)
        if self.page is None:
            shown = "".join(_swedish(character) for character in shown)
        return shown[:columns].ljust(columns)

    def encode(self, shown: str) -> bytes:
        """What `fit` gave, one byte a character."""
        if self.page is not None:
            return shown.encode(self.codec)
        return "".join(_SWEDEN.get(character, character) for character in shown).encode("ascii")


def _swedish(character: str) -> str:
    """One character the seven bit set has, or its plain likeness."""
    if character in _SWEDEN:
        return character
    if character in _DISPLACED:
        return {"@": "a", "[": "(", "]": ")", "{": "(", "}": ")"}.get(character, "?")
    return clean(character, "ascii")[:1]


SWEDEN = Charset("sweden", "cp858")
PC858 = Charset("pc858", "cp858", 19)
PC850 = Charset("pc850", "cp850", 2)
PC437 = Charset("pc437", "cp437", 0)
CHARSETS = {charset.name: charset for charset in (SWEDEN, PC858, PC850, PC437)}
