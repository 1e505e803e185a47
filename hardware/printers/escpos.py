"""From an address to a printer driver: what may be written after "escpos+tcp://" and its kin.

The thing to get wrong is to refuse nothing: an option that is not known is a word
misspelt, and the till would print on the wrong page for a year.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hardware.address import Address, parse_address
from hardware.errors import Misconfigured
from hardware.printers.dialogue import Patience
from hardware.printers.driver import EscposPrinter, Setting
from hardware.printers.logo import picture_in
from hardware.printers.profiles import EPSON, Profile, named
from hardware.transports.file import FileTransport
from hardware.transports.recording import recorded
from hardware.transports.tcp import TcpTransport
from hardware.transports.transport import Transport

_OPTIONS = (
    "columns", "profile", "barrier", "patience", "pulse", "drawer_open", "drawer_pin", "logo",
    "page",
)  # fmt: skip
_LEVELS = {"unknown": None, "high": True, "low": False}


def open_tcp(address: str) -> EscposPrinter:
    """ "escpos+tcp://10.0.0.9:9100?columns=42&profile=epson"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    return _opened(found, TcpTransport(found.written, *found.host_and_port(9100)))


def open_serial(address: str) -> EscposPrinter:
    """ "escpos+serial:///dev/ttyUSB0?baud=19200"; raises Misconfigured."""
    from hardware.transports.serial import OPTIONS, SerialTransport, line_of

    found = parse_address(address)
    found.allow_only(*_OPTIONS, *OPTIONS)
    return _opened(found, SerialTransport(found.written, line_of(found, 19_200)))


def open_usb(address: str) -> EscposPrinter:
    """ "escpos+usb://04b8:0202?serial=X4DE" or "?port=1-2.3"; raises Misconfigured."""
    from hardware.transports.usb import OPTIONS, UsbTransport, identity_of

    found = parse_address(address)
    found.allow_only(*_OPTIONS, *OPTIONS)
    return _opened(found, UsbTransport(found.written, identity_of(found)))


def open_file(address: str) -> EscposPrinter:
    """ "escpos+file:///var/lib/spindel/paper.bin"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    return _opened(found, FileTransport(found.written, found.path()))


def _opened(address: Address, transport: Transport) -> EscposPrinter:
    setting = _setting(address)
    return EscposPrinter(address.written, recorded(address.written, transport), setting)


def _setting(address: Address) -> Setting:
    profile = _profile(address)
    # The profile's word goes first, so that it is the default.
    barriers = ("yes", "no") if profile.answers_in_order else ("no", "yes")
    pulses = ("realtime", "queued") if profile.pulse_at_once else ("queued", "realtime")
    return Setting(
        profile,
        Patience(barrier_seconds=float(address.number("patience", 6))),
        barrier=address.choice("barrier", barriers) == "yes",
        pulse_at_once=address.choice("pulse", pulses) == "realtime",
        drawer_open=_LEVELS[address.choice("drawer_open", tuple(_LEVELS))],
        drawer_pin=int(address.choice("drawer_pin", ("2", "5"))),
    )


def _profile(address: Address) -> Profile:
    name = address.options.get("profile", EPSON.name)
    try:
        profile = named(name)
    except KeyError as error:
        unknown = f'the profile "{name}" is not known; known: {error.args[0]}'
        raise Misconfigured(address.written, unknown) from error
    columns = address.number("columns", profile.columns)
    if not 16 <= columns <= 96:
        raise Misconfigured(address.written, f"columns={columns} must lie between 16 and 96")
    page = address.number("page", profile.page) if "page" in address.options else profile.page
    if page > 255:
        raise Misconfigured(address.written, f"page={page} must lie between 1 and 255")
    return _with_logo(replace(profile, columns=columns, page=page), address)


def _with_logo(profile: Profile, address: Address) -> Profile:
    path = address.options.get("logo")
    if not path:
        return profile
    try:
        return replace(profile, logo=picture_in(Path(path), profile.dots))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Misconfigured(address.written, f"the logo {path} cannot be used: {reason}") from error
