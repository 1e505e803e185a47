"""A scanner on a serial line, USB-CDC or RS-232: its address becomes a driver.

The thing to get wrong is the suffix: a scanner set to another one than the address
says never ends a code, and every scan is reported as damaged.
"""

from __future__ import annotations

from hardware.address import Address, parse_address
from hardware.errors import Misconfigured
from hardware.scanners.debounce import WINDOW_SECONDS, Debounce
from hardware.scanners.framer import SUFFIXES, Framer
from hardware.scanners.listening import ListeningScanner
from hardware.transports.recording import recorded
from hardware.transports.serial import OPTIONS, SerialTransport, line_of

FRAMING = ("prefix", "suffix", "repeat")


def open_serial(address: str) -> ListeningScanner:
    """ "serial:///dev/ttyACM0?baud=9600&prefix=&suffix=cr&accept=none"; raises Misconfigured.

    `suffix` is cr, lf, crlf or tab; `prefix` is percent-encoded where it is not
    printable ("%02"); `accept=beep` beeps once for a code that was taken; `repeat`
    is for how many milliseconds the same code is the same pass.
    """
    found = parse_address(address)
    found.allow_only(*FRAMING, "accept", *OPTIONS)
    return ListeningScanner(
        recorded(found.written, SerialTransport(found.written, line_of(found, 9600))),
        framer_of(found),
        debounce_of(found),
        beep_on_accept=found.choice("accept", ("none", "beep")) == "beep",
    )


def framer_of(address: Address) -> Framer:
    """The framer that the address describes; raises Misconfigured."""
    try:
        prefix = address.options.get("prefix", "").encode("ascii")
    except UnicodeEncodeError as error:
        raise Misconfigured(address.written, "the prefix must be ASCII, such as %02") from error
    return Framer(prefix, address.choice("suffix", tuple(SUFFIXES)))


def debounce_of(address: Address) -> Debounce:
    """Raises Misconfigured."""
    return Debounce(address.number("repeat", round(WINDOW_SECONDS * 1000)) / 1000)
