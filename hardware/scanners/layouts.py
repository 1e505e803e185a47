"""Which character a key is, in the layout that a keyboard scanner is set to.

Pure: Linux key codes (input-event-codes.h) to text. A scanner sends keys, not
characters, so it and the address must name the same layout; "us" is what scanners
come with, and the safe one: on "se" the AIM bracket and the GS1 separator need
AltGr and Ctrl. A mismatch shows as characters that no code holds, and the framer
calls the code damaged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SHIFTS = frozenset((42, 54))
CONTROLS = frozenset((29, 97))
ALT, ALT_GR = 56, 100
_ENTERS, _TAB = frozenset((28, 96)), 15
_KEYPAD = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
_KEYPAD_SIGNS = {98: "/", 55: "*", 74: "-", 78: "+", 83: "."}
_LETTERS = {
    **dict(zip(range(16, 26), "qwertyuiop", strict=True)),
    **dict(zip(range(30, 39), "asdfghjkl", strict=True)),
    **dict(zip(range(44, 51), "zxcvbnm", strict=True)),
}
_DIGITS = dict(zip(range(2, 12), "1234567890", strict=True))


@dataclass(frozen=True, slots=True)
class Layout:
    """Key code to character: plain, with Shift, with AltGr. Letters need no entry."""

    plain: dict[int, str]
    shifted: dict[int, str]
    alt_gr: dict[int, str] = field(default_factory=dict)


LAYOUTS = {
    "us": Layout(
        plain={
            12: "-",
            13: "=",
            26: "[",
            27: "]",
            39: ";",
            40: "'",
            41: "`",
            43: "\\",
            51: ",",
            52: ".",
            53: "/",
            57: " ",
            86: "\\",
        },
        shifted={
            **dict(zip(range(2, 12), "!@#$%^&*()", strict=True)),
            12: "_",
            13: "+",
            26: "{",
            27: "}",
            39: ":",
            40: '"',
            41: "~",
            43: "|",
            51: "<",
            52: ">",
            53: "?",
            57: " ",
            86: "|",
        },
    ),
    "se": Layout(
        plain={
            12: "+",
            13: "´",
            26: "å",
            27: "¨",
            39: "ö",
            40: "ä",
            41: "§",
            43: "'",
            51: ",",
            52: ".",
            53: "-",
            57: " ",
            86: "<",
        },
        shifted={
            **dict(zip(range(2, 12), '!"#¤%&/()=', strict=True)),
            12: "?",
            13: "`",
            26: "Å",
            27: "^",
            39: "Ö",
            40: "Ä",
            41: "½",
            43: "*",
            51: ";",
            52: ":",
            53: "_",
            57: " ",
            86: ">",
        },
        alt_gr={
            3: "@",
            4: "£",
            5: "$",
            6: "€",
            8: "{",
            9: "[",
            10: "]",
            11: "}",
            12: "\\",
            27: "~",
            86: "|",
        },
    ),
}


class Keyboard:
    """Keys pressed and let go become bytes; `press` is given what the kernel says.

    A character outside Latin-1 or unknown to the layout is given as a byte that no
    code may hold, so that nothing is lost without a word.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._held: set[int] = set()
        self._by_number = ""

    def press(self, key: int, is_down: bool) -> bytes:
        """The bytes that this key gives, b"" for none."""
        if not is_down:
            self._held.discard(key)
            return self._number_typed() if key == ALT else b""
        self._held.add(key)
        if key in SHIFTS or key in CONTROLS or key in (ALT, ALT_GR):
            return b""
        if ALT in self._held and key in _KEYPAD:
            self._by_number += _KEYPAD[key]
            return b""
        return _bytes_of(self._character(key))

    def forget(self) -> None:
        """Keys were lost: nothing counts as held."""
        self._held.clear()
        self._by_number = ""

    def _number_typed(self) -> bytes:
        """Alt and 029 on the keypad is GS: how some scanners are free of layouts."""
        number, self._by_number = self._by_number, ""
        return bytes([int(number) & 0xFF]) if number else b""

    def _character(self, key: int) -> str:
        if key in _ENTERS:
            return "\r"
        if key == _TAB:
            return "\t"
        shifted = bool(self._held & SHIFTS)
        if self._held & CONTROLS and ALT_GR not in self._held:
            return _control(self._layout.plain.get(key) or _LETTERS.get(key, ""), key)
        if ALT_GR in self._held:
            return self._layout.alt_gr.get(key, "\x80")
        if key in _LETTERS:
            return _LETTERS[key].upper() if shifted else _LETTERS[key]
        found = self._layout.shifted.get(key) if shifted else self._layout.plain.get(key)
        return found or _DIGITS.get(key) or _KEYPAD.get(key) or _KEYPAD_SIGNS.get(key, "")


_RIGHT_BRACKET_KEY = 27


def _control(character: str, key: int) -> str:
    """Ctrl with a key: Ctrl+] is GS, on the key that is ] on the US layout."""
    if key == _RIGHT_BRACKET_KEY:
        return "\x1d"
    return chr(ord(character.upper()) & 0x1F) if character.isascii() and character else "\x80"


def _bytes_of(character: str) -> bytes:
    return character.encode("latin-1", "replace") if character != "€" else b"\x80"
