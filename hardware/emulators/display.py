"""An emulated 2×20 customer display: bytes in, two rows to read. CD5220 and ESC/POS DM-D.

Sans-IO. It knows more commands than our driver sends, and shows what a real one
would: an unknown command eats nothing but itself, a byte of a page it was not set to
is the wrong letter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

COLUMNS, ROWS = 20, 2
_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 19: "cp858"}
_NATIONS = {b"\x05": "sweden", b"\x00": "ascii", b"W": "sweden", b"A": "ascii"}
_SWEDISH = dict(zip(b"$@[\\]^`{|}~", "¤ÉÄÖÅÜéäöåü", strict=True))
# How many bytes follow ESC x, and US x; strings that end in CR are marked -1.
_AFTER_ESC = {
    "cd5220": {b"l": 2, b"f": 1, b"c": 1, b"t": 1, b"R": 1, b"_": 1, b"*": 1, b"=": 1, b"Q": -1,
               b"[": 1, b"%": 1, b"?": 1, b"s": 1, b"W": 2},
    "dmd": {b"t": 1, b"R": 1, b"=": 1, b"%": 1, b"?": 1, b"W": 5},
}  # fmt: skip
_AFTER_US = {b"$": 2, b"C": 1, b"X": 1, b"E": 1, b"r": 1, b"v": 1, b"T": 2, b".": 1, b",": 1}


@dataclass(slots=True)
class Faults:
    """`deaf`: it takes bytes and shows nothing new, as one whose tube is dead."""

    deaf: bool = False


@dataclass(slots=True)
class EmulatedDisplay:
    """`rows` is what a customer reads; `paints` counts chunks that changed something."""

    dialect: str = "cd5220"
    faults: Faults = field(default_factory=Faults)
    printer: bytearray = field(default_factory=bytearray)
    paints: int = 0
    unknown: int = 0
    resets: int = 0
    taken: int = 0
    _cells: list[str] = field(default_factory=lambda: [" "] * (COLUMNS * ROWS))
    _at: int = 0
    _codec: str = "cp437"
    _nation: str = "ascii"
    _is_selected: bool = True
    _command: bytearray = field(default_factory=bytearray)

    @property
    def rows(self) -> tuple[str, str]:
        text = "".join(self._cells)
        return text[:COLUMNS], text[COLUMNS:]

    def feed(self, data: bytes, now: float) -> bytes:
        """A display says nothing."""
        self.taken += len(data)
        if self.faults.deaf:
            return b""
        before = list(self._cells)
        for byte in data:
            self._take(byte)
        self.paints += before != self._cells
        return b""

    def go_on(self, now: float) -> bytes:
        return b""

    def power_cycle(self) -> None:
        """Off and on: everything is as from the factory."""
        self._reset()
        self._command.clear()
        self._is_selected = True

    def _reset(self) -> None:
        self._cells[:] = [" "] * (COLUMNS * ROWS)
        self._at = 0
        self._codec, self._nation = "cp437", "ascii"
        self.resets += 1

    def _take(self, byte: int) -> None:
        if self._command or byte in (0x1B, 0x1F):
            self._command.append(byte)
            self._command_so_far()
        elif not self._is_selected:
            self.printer.append(byte)
        elif byte >= 0x20:
            self._write(byte)
        else:
            self._control(byte)

    def _command_so_far(self) -> None:
        command = bytes(self._command)
        if len(command) < 2:
            return
        name, rest = command[1:2], command[2:]
        table = _AFTER_ESC[self.dialect] if command[0] == 0x1B else _AFTER_US
        length = table.get(name, 0)
        is_whole = command.endswith(b"\r") if length < 0 else len(rest) >= length
        if not is_whole:
            return
        self._command.clear()
        if command[0] == 0x1B and name == b"=":
            self._is_selected = bool(rest[0] & 2)
        elif not self._is_selected:
            self.printer += command
        elif command[0] == 0x1B:
            self._escape(name, rest)
        else:
            self._unit(name, rest)

    def _escape(self, name: bytes, rest: bytes) -> None:
        match name:
            case b"@":
                self._reset()
            case b"l":
                self._move(rest[0], rest[1])
            case b"t":
                self._codec, self._nation = _PAGES.get(rest[0], "cp437"), "ascii"
            case b"R" | b"f":
                self._nation = _NATIONS.get(rest, "ascii")
            case b"Q":
                self._line(rest)
            case b"\x11" | b"\x12" | b"\x13" | b"_" | b"*" | b"%" | b"?" | b"c" | b"W" | b"s":
                pass
            case _:
                self.unknown += 1

    def _unit(self, name: bytes, rest: bytes) -> None:
        if name == b"$":
            self._move(rest[0], rest[1])
        elif name == b"B":
            self._at = COLUMNS
        elif name == b"\r":
            self._at = self._at // COLUMNS * COLUMNS + COLUMNS - 1
        elif name not in (*_AFTER_US, b"\x01", b"\x02", b"\x03"):
            self.unknown += 1

    def _line(self, rest: bytes) -> None:
        """ESC Q A text CR: one whole row."""
        start = COLUMNS if rest[:1] == b"B" else 0
        text = rest[1:-1].decode(self._codec, "replace")[:COLUMNS].ljust(COLUMNS)
        self._cells[start : start + COLUMNS] = text

    def _control(self, byte: int) -> None:
        column = self._at % COLUMNS
        match byte:
            case 0x0C:
                self._cells[:] = [" "] * (COLUMNS * ROWS)
                self._at = 0
            case 0x18:
                start = self._at - column
                self._cells[start : start + COLUMNS] = [" "] * COLUMNS
            case 0x0B:
                self._at = 0
            case 0x0D:
                self._at -= column
            case 0x0A:
                self._at = (self._at + COLUMNS) % (COLUMNS * ROWS)
            case 0x08:
                self._at = max(self._at - 1, 0)
            case 0x09:
                self._at = (self._at + 1) % (COLUMNS * ROWS)
            case _:
                self.unknown += 1

    def _move(self, x: int, y: int) -> None:
        """From 1; a place that is not there is ignored."""
        if 1 <= x <= COLUMNS and 1 <= y <= ROWS:
            self._at = (y - 1) * COLUMNS + x - 1

    def _write(self, byte: int) -> None:
        if self._nation == "sweden" and byte in _SWEDISH:
            character = _SWEDISH[byte]
        else:
            character = bytes([byte]).decode(self._codec, "replace")
        self._cells[self._at] = character
        self._at = (self._at + 1) % (COLUMNS * ROWS)
