"""An emulated ZPL II label printer: bytes in, labels and ~HS answers out.

Sans-IO. A small reader of the language as Zebra describes it, not of what our renderer
writes: a caret or tilde anywhere begins a command, also inside a field, which is just
why a text must never hold one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.emulators.label_sheet import Field, Sheet

_COMMAND = re.compile(rb"([\^~])([A-Z][A-Z0-9@])", re.IGNORECASE)
_HEX = re.compile(rb"_([0-9A-Fa-f]{2})")


@dataclass(slots=True)
class Faults:
    """What is wrong with it; may be changed at any time.

    `deaf`: it takes nothing and says nothing. `mute`: it prints and never answers.
    `mute_when_blocked`: with labels out, ribbon out or head open it does not answer
    either. `slow`: labels wait in it until the next `go_on`. `lasts`: so many labels
    are left on the roll (-1: enough).
    """

    paper_out: bool = False
    head_open: bool = False
    ribbon_out: bool = False
    paused: bool = False
    hot: bool = False
    lost_settings: bool = False
    deaf: bool = False
    mute: bool = False
    mute_when_blocked: bool = False
    slow: bool = False
    lasts: int = -1


@dataclass(slots=True)
class _Format:
    """The label that is being described."""

    width: int = 812
    height: int = 1218
    copies: int = 1
    x: int = 0
    y: int = 0
    kind: str = "text"
    size: int = 30
    module: int = 2
    is_hex: bool = False
    is_utf8: bool = False
    fields: list[Field] = field(default_factory=list)


@dataclass(slots=True)
class EmulatedLabelPrinter:
    """`sheets` came out, oldest first; `resets` counts ~JR, `unknown` what it does not know."""

    faults: Faults = field(default_factory=Faults)
    sheets: list[Sheet] = field(default_factory=list)
    resets: int = 0
    unknown: list[bytes] = field(default_factory=list)
    taken: int = 0
    _held: bytearray = field(default_factory=bytearray)
    _format: _Format | None = None
    _waiting: list[Sheet] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        faults = self.faults
        return faults.paper_out or faults.head_open or faults.ribbon_out

    def feed(self, data: bytes, now: float) -> bytes:
        if self.faults.deaf:
            return b""
        self.taken += len(data)
        self._held += data
        said = self._work()
        if not self.faults.slow:
            self._print()
        return said

    def go_on(self, now: float) -> bytes:
        """Print what waits, if nothing hinders it."""
        self._print()
        return b""

    def power_cycle(self) -> None:
        self._held.clear()
        self._waiting.clear()
        self._format = None

    def _work(self) -> bytes:
        """Do every command whose arguments are there: those end where the next begins."""
        said = b""
        while found := _COMMAND.search(self._held):
            name = found[2].upper()
            following = _COMMAND.search(self._held, found.end())
            takes_none = name in (b"XA", b"XZ", b"FS", b"HS", b"JR", b"JA", b"FH")
            if following is None and not takes_none:
                break
            end = found.end() if takes_none or following is None else following.start()
            arguments = bytes(self._held[found.end() : end])
            del self._held[:end]
            said += self._do(name, arguments)
        return said

    def _do(self, name: bytes, arguments: bytes) -> bytes:
        if name == b"HS":
            return self._status()
        if name == b"JR":
            self.resets += 1
            self.power_cycle()
        elif name == b"JA":
            self._waiting.clear()
        elif name == b"XA":
            self._format = _Format()
        elif self._format is None:
            self.unknown.append(name)
        elif name == b"XZ":
            self._close(self._format)
        else:
            self._describe(self._format, name, arguments)
        return b""

    def _describe(self, label: _Format, name: bytes, arguments: bytes) -> None:
        numbers = [int(part) if part.strip().isdigit() else 0 for part in arguments.split(b",")]
        set_it = _DESCRIBED.get(name)
        if name == b"FD":
            self._data(label, arguments)
        elif set_it is not None:
            set_it(label, numbers, arguments)
        elif name not in (b"LH", b"FS"):
            self.unknown.append(name)

    def _data(self, label: _Format, arguments: bytes) -> None:
        data = arguments
        if label.is_hex:
            data = _HEX.sub(lambda found: bytes([int(found[1], 16)]), data)
        text = data.decode("utf-8" if label.is_utf8 else "cp850", "replace")
        if label.kind == "qr":
            text = text.partition(",")[2]
        elif label.kind == "code128":
            text = text.replace(">0", ">")
        elif label.kind == "ean13":
            text = _whole_ean(text)
        label.fields.append(Field(label.x, label.y, label.kind, label.size, text, label.module))
        label.kind, label.is_hex = "text", False

    def _close(self, label: _Format) -> None:
        self._format = None
        if label.fields:
            fields = tuple(label.fields)
            self._waiting.append(Sheet(label.width, label.height, fields, label.copies))

    def _print(self) -> None:
        while self._waiting and not self.is_blocked and not self.faults.paused:
            if self.faults.lasts == 0:
                self.faults.paper_out = True
                return
            self.faults.lasts -= self.faults.lasts > 0
            self.sheets.append(self._waiting.pop(0))

    def _status(self) -> bytes:
        faults = self.faults
        if faults.mute or (faults.mute_when_blocked and self.is_blocked):
            return b""
        waiting = len(self._waiting)
        first = b"030,%d,%d,1218,%03d,0,0,0,000,%d,0,%d" % (
            faults.paper_out, faults.paused, waiting, faults.lost_settings, faults.hot,
        )  # fmt: skip
        second = b"000,0,%d,%d,0,2,4,0,%08d,1,000" % (faults.head_open, faults.ribbon_out, 0)
        return b"".join(b"\x02" + line + b"\x03\r\n" for line in (first, second, b"1234,0"))


def _whole_ean(text: str) -> str:
    """Twelve digits as the firmware takes them, with the check digit it prints."""
    digits = "".join(each for each in text if each.isdecimal())[:12].rjust(12, "0")
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def _place(label: _Format, numbers: list[int], _: bytes) -> None:
    label.x, label.y = ([*numbers, 0, 0])[:2]


def _font(label: _Format, numbers: list[int], _: bytes) -> None:
    label.kind, label.size = "text", ([*numbers, 30, 30])[1] or 30


def _code(kind: str) -> Callable[[_Format, list[int], bytes], None]:
    def begin(label: _Format, numbers: list[int], _: bytes) -> None:
        label.kind = kind
        if kind == "qr":
            label.module = ([*numbers, 0, 0, 2])[2] or 2
        else:
            label.size = ([*numbers, 0, 10])[1] or 10

    return begin


def _setting(name: str) -> Callable[[_Format, list[int], bytes], None]:
    return lambda label, numbers, _: setattr(label, name, max(numbers[0], 1))


def _utf8(label: _Format, numbers: list[int], _: bytes) -> None:
    label.is_utf8 = numbers[0] == 28


def _hex(label: _Format, _: list[int], __: bytes) -> None:
    label.is_hex = True


_DESCRIBED: dict[bytes, Callable[[_Format, list[int], bytes], None]] = {
    b"FO": _place,
    b"A0": _font,
    b"BE": _code("ean13"),
    b"BC": _code("code128"),
    b"BQ": _code("qr"),
    b"BY": _setting("module"),
    b"PQ": _setting("copies"),
    b"PW": _setting("width"),
    b"LL": _setting("height"),
    b"CI": _utf8,
    b"FH": _hex,
}
