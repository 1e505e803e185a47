"""The port to a carrier, and the one that is built in: a folder that plays carrier.

A booking gives a tracking number and a label as a document. The thing to get wrong: booking
twice. `booking_id` is the parcel's own id; a carrier that has it answers as the first time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


class CarrierTrouble(Exception):
    """The carrier did not answer, or said no; `again` whether another try may help."""

    def __init__(self, detail: str, *, again: bool = True) -> None:
        super().__init__(detail)
        self.again = again


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody's name and address."""

    name: str
    street: str
    postcode: str
    town: str
    country: str = "SE"
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """One parcel from a store to a customer, or to another store. `pieces` for its weight."""

    booking_id: str
    number: str
    sender: Party
    receiver: Party
    pieces: int


@dataclass(frozen=True, slots=True)
class Booked:
    """`label` is ZPL or another printable text."""

    tracking: str
    label: str


class Carrier(Protocol):
    def book(self, booking: Booking) -> Booked:
        """Raises CarrierTrouble. The same booking again gives the same answer."""

    def book_return(self, booking: Booking) -> Booked:
        """A label with which the customer sends it back; raises CarrierTrouble."""


class FolderCarrier:
    """Writes every booking as a file, as a carrier would take it in; the emulator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def book(self, booking: Booking) -> Booked:
        return self._booked(booking, "ut")

    def book_return(self, booking: Booking) -> Booked:
        turned = Booking(
            booking.booking_id, booking.number, booking.receiver, booking.sender, booking.pieces
        )
        return self._booked(turned, "retur")

    def _booked(self, booking: Booking, kind: str) -> Booked:
        digest = hashlib.sha256(f"{kind}/{booking.booking_id}".encode()).digest()
        tracking = f"SPD{int.from_bytes(digest[:6], 'big') % 10**11:011d}SE"
        booked = Booked(tracking, _label(booking, tracking))
        path = self._folder / f"{tracking}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps(asdict(booking), ensure_ascii=False), encoding="utf-8")
            draft.replace(path)
        except OSError as problem:
            raise CarrierTrouble(f"{path} cannot be written: {problem}") from problem
        return booked


def _label(booking: Booking, tracking: str) -> str:
    """A small ZPL label: `^FH_` lets every character of a name stand for itself."""
    to, sent_by = booking.receiver, booking.sender
    rows = [to.name, to.street, f"{to.postcode} {to.town}", to.country, f"Från: {sent_by.name}"]
    fields = "".join(
        f"^FO40,{40 + 50 * at}^A0N,40^FH_^FD{_hex(row)}^FS" for at, row in enumerate(rows)
    )
    return f"^XA^CI28{fields}^FO40,320^BCN,120,Y^FD{tracking}^FS^XZ"


def _hex(text: str) -> str:
    return "".join(
        char if char.isascii() and char.isalnum() else "".join(f"_{b:02X}" for b in char.encode())
        for char in text
    )
