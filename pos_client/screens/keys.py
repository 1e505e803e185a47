"""Keys as values, whatever terminal or driver they came from.

Pure. A character key has its character as name; others have Textual's names
("enter", "f12", "pageup"). The thing to get wrong: keeping the terminal's event
object. An event forwarded twice is dropped in silence; a value is not.
"""

from __future__ import annotations

from dataclasses import dataclass

_SAME_AS = {
    "return": "enter",
    "ctrl+m": "enter",
    "ctrl+j": "enter",
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
}
_NUMPAD = {
    "decimal": ",",
    "separator": ",",
    "divide": "/",
    "multiply": "*",
    "subtract": "-",
    "add": "+",
    "equal": "=",
}
_RESTS = ("ctrl+c", "ctrl+q", "ctrl+z", "ctrl+d", "ctrl+s")


@dataclass(frozen=True, slots=True)
class Key:
    """`character` is "" for keys that write nothing."""

    name: str
    character: str = ""

    @property
    def function(self) -> int:
        """1-12 for F1-F12, else 0."""
        return int(self.name[1:]) if self.name[0] == "f" and self.name[1:].isdigit() else 0


ENTER = Key("enter")
ESCAPE = Key("escape")


def of_character(character: str) -> Key:
    """A key from a character read from the terminal."""
    if character in "\r\n":
        return ENTER
    if character == "\x1b":
        return ESCAPE
    if character in "\x7f\x08":
        return Key("backspace")
    if character == "\t":
        return Key("tab")
    return Key(character, character)


def of_event(name: str, character: str | None) -> Key | None:
    """A key from Textual's name and character; None for one that means nothing here."""
    name = _SAME_AS.get(name, name)
    if name in _NUMPAD and not character:
        character = _NUMPAD[name]
    if name in _RESTS:
        return None
    if character and (character.isprintable() or character == "\x1d"):
        return Key(character, character)
    return None if "+" in name else Key(name)
