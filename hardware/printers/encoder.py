"""A Document and a Profile in, one ESC/POS byte string out.

Pure, and one string a job: half a job can then be measured in bytes. A newcomer
would send text as it comes; every text goes through `wording.clean` first, and
a test holds that no name can put a command on the wire.

A double text is twice as wide *and* high, so the paper has half the columns for
it; marking words (KOPIA, ÖVNING) are set so, amounts never (SKVFS 2014:10 5:5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardware.document import (
    Align,
    Barcode,
    BarcodeKind,
    Checkpoint,
    Columns,
    Cut,
    Document,
    Element,
    Feed,
    Logo,
    QrCode,
    Rule,
    Text,
)
from hardware.printers import logo, qr
from hardware.printers.answers import PUSH
from hardware.printers.profiles import Profile
from hardware.printers.wording import clean, row, wrap

# Reset, leave Chinese mode (clones start in it), then the national set for # $ @ [ ]. The reset
# also switches the printer's own news off, so PUSH follows.
_START = b"\x1b@\x1c.\x1bR"
_ALIGN = {Align.LEFT: b"\x1ba\x00", Align.CENTRE: b"\x1ba\x01", Align.RIGHT: b"\x1ba\x02"}
_BARCODE_STYLE = b"\x1dh\x50\x1dw\x02\x1dH\x02"
# ESC $ takes four bytes; shorter gaps are cheaper as blanks.
_GAP_WORTH_A_JUMP = 4


def encode(document: Document, profile: Profile) -> bytes:
    """The whole job: starts with a reset, ends in a neutral style."""
    return b"".join(data for data, _ in encode_pieces(document, profile))


def encode_pieces(document: Document, profile: Profile) -> list[tuple[bytes, str]]:
    """The same bytes cut at the checkpoints: (bytes, name of the checkpoint after them).

    The last name is "" unless the document ends in a checkpoint; never an empty list.
    """
    job = _Job(profile)
    for element in document.elements:
        _WRITERS[type(element)](job, element)
    job.style(Align.LEFT, bold=False, double=False)
    ends = bool(document.elements) and isinstance(document.elements[-1], Checkpoint)
    return job.pieces(ends_in_mark=ends)


class _Job:
    """The bytes so far, and the style the printer is in, so that only changes are sent."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.out = bytearray(_START + bytes([profile.national]))
        self.out += PUSH if profile.pushes else b""
        self.out += b"\x1bt" + bytes([profile.page])
        self._align, self._bold, self._double = Align.LEFT, False, False
        self._marks: list[tuple[int, str]] = []

    def mark(self, name: str) -> None:
        self._marks.append((len(self.out), name))

    def pieces(self, *, ends_in_mark: bool) -> list[tuple[bytes, str]]:
        found, begin = [], 0
        for end, name in self._marks:
            found.append((bytes(self.out[begin:end]), name))
            begin = end
        rest = bytes(self.out[begin:])
        if ends_in_mark:
            data, name = found.pop()
            return [*found, (data + rest, name)]
        return [*found, (rest, "")]

    def style(self, align: Align, *, bold: bool, double: bool) -> None:
        if align is not self._align:
            self.out += _ALIGN[align]
        if bold is not self._bold:
            self.out += b"\x1bE" + bytes([bold])
        if double is not self._double:
            self.out += b"\x1d!\x11" if double else b"\x1d!\x00"
        self._align, self._bold, self._double = align, bold, double

    def width(self, double: bool) -> int:
        return self.profile.columns // 2 if double else self.profile.columns

    def clean(self, text: str) -> str:
        return clean(text, self.profile.codec)

    def line(self, text: str) -> None:
        self.out += text.encode(self.profile.codec) + b"\n"


def _text(job: _Job, element: Text) -> None:
    job.style(element.align, bold=element.bold, double=element.double)
    for line in wrap(job.clean(element.text), job.width(element.double)):
        job.line(line)


def _columns(job: _Job, element: Columns) -> None:
    job.style(Align.LEFT, bold=element.bold, double=element.double)
    width = job.width(element.double)
    above, left, right = row(job.clean(element.left), job.clean(element.right), width)
    for line in above:
        job.line(line)
    gap = width - len(left) - len(right)
    job.out += left.encode(job.profile.codec) + _jump(job, element, width - len(right), gap)
    job.line(right)


def _jump(job: _Job, element: Columns, column: int, gap: int) -> bytes:
    """From the end of the left text to `column`."""
    if gap <= _GAP_WORTH_A_JUMP or not job.profile.positions:
        return b" " * gap
    dots = column * job.profile.cell_dots * (2 if element.double else 1)
    return b"\x1b$" + dots.to_bytes(2, "little")


def _rule(job: _Job, element: Rule) -> None:
    job.style(Align.LEFT, bold=False, double=False)
    job.line("-" * job.profile.columns)


def _feed(job: _Job, element: Feed) -> None:
    lines = min(max(element.lines, 0), 255)
    if lines:
        job.out += b"\x1bd" + bytes([lines])


def _barcode(job: _Job, element: Barcode) -> None:
    data = _printable_ascii(element.data)
    if data is None or not _fits(element.kind, data, job.profile.dots):
        _text(job, Text(element.data, Align.CENTRE))
        return
    job.style(Align.CENTRE, bold=False, double=False)
    if element.kind is BarcodeKind.EAN13:
        body = b"\x1dkC\x0d" + data
    else:
        body = b"{B" + data.replace(b"{", b"{{")
        body = b"\x1dkI" + bytes([len(body)]) + body
    job.out += _BARCODE_STYLE + body


def _printable_ascii(data: str) -> bytes | None:
    return data.encode("ascii") if data.isascii() and data.isprintable() and data else None


def _fits(kind: BarcodeKind, data: bytes, dots: int) -> bool:
    if kind is BarcodeKind.EAN13:
        return len(data) == 13 and data.isdigit()
    # 11 modules a character, start, check and stop 35, all two dots wide.
    return len(data) <= 120 and (len(data) * 11 + 35) * 2 <= dots


def _qr(job: _Job, element: QrCode) -> None:
    data = clean(element.data, "utf-8").encode()
    if not data or not job.profile.qr:
        if element.or_text:
            _text(job, Text(element.data, Align.CENTRE))
        return
    job.style(Align.CENTRE, bold=False, double=False)
    length = (len(data) + 3).to_bytes(2, "little")
    level, dots = qr.level_and_dots(element.data, job.profile.dots)
    job.out += b"\x1d(k\x04\x001A2\x00" + b"\x1d(k\x03\x001C" + bytes([dots])
    job.out += b"\x1d(k\x03\x001E" + level
    job.out += b"\x1d(k" + length + b"1P0" + data + b"\x1d(k\x03\x001Q0"


def _logo(job: _Job, element: Logo) -> None:
    picture = job.profile.logo
    key = _printable_ascii(element.key) if picture is None else logo.key_of(picture)
    if job.profile.stored_logo and key is not None and len(key) == 2:
        job.style(Align.CENTRE, bold=False, double=False)
        job.out += logo.show(key)
    elif picture is not None:
        job.style(Align.CENTRE, bold=False, double=False)
        job.out += logo.draw(picture)


def _cut(job: _Job, element: Cut) -> None:
    job.out += job.profile.cut


def _checkpoint(job: _Job, element: Checkpoint) -> None:
    """No bytes here: the driver puts a question in this place, where the printer has one."""
    job.mark(element.name)


_WRITERS: dict[type[Element], Callable[[_Job, Any], None]] = {
    Text: _text,
    Columns: _columns,
    Rule: _rule,
    Feed: _feed,
    Barcode: _barcode,
    QrCode: _qr,
    Logo: _logo,
    Cut: _cut,
    Checkpoint: _checkpoint,
}
