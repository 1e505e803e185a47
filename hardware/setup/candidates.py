"""Devices that this computer sees, without one byte sent to any of them.

Names come from the system's own lists: /dev/serial/by-id, /dev/input/by-id, the USB bus. The
thing to get wrong: asking an unknown port who it is. That prints, kicks, beeps or pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hardware.transports.udev import Known

_PRINTER_CLASS = 7


@dataclass(frozen=True, slots=True)
class Candidate:
    """`place` goes behind the scheme; `words` are what a person may know it by.

    `way` is "serial", "keyboard" or "usb"; `known` is for the udev rule, where it is on USB.
    """

    way: str
    place: str
    words: str
    known: Known | None = None


def found(
    devices: Path = Path("/dev"), system: Path = Path("/sys"), backend: Any = None
) -> list[Candidate]:
    """Everything there is; the folders and pyusb's backend may be a test's."""
    return [
        *_serial_ports(devices, system),
        *_keyboards(devices, system),
        *_usb_printers(backend),
    ]


def _serial_ports(devices: Path, system: Path) -> list[Candidate]:
    return [
        Candidate("serial", str(link), link.name, _usb_of(system / "class/tty", link, "tty"))
        for link in _links(devices / "serial/by-id")
    ]


def _keyboards(devices: Path, system: Path) -> list[Candidate]:
    return [
        Candidate("keyboard", str(link), link.name, _usb_of(system / "class/input", link, "input"))
        for link in _links(devices / "input/by-id")
        if link.name.endswith("-event-kbd")
    ]


def _links(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _usb_of(classes: Path, link: Path, way: str) -> Known | None:
    """Vendor, product and serial number from the kernel's tree above the device."""
    place = (classes / link.resolve().name / "device").resolve()
    for folder in (place, *place.parents):
        vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
        if vendor and product:
            name = link.name.removeprefix("usb-")[:40] if way == "tty" else ""
            return Known(
                int(vendor, 16), int(product, 16), _text(folder / "serial"), folder.name,
                name, way == "input",
            )  # fmt: skip
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _usb_printers(backend: Any) -> list[Candidate]:
    import usb.core

    try:
        every = list(usb.core.find(find_all=True, backend=backend) or ())
    except (usb.core.NoBackendError, usb.core.USBError):
        return []
    return [_usb_printer(each) for each in every if _is_printer(each)]


def _is_printer(device: Any) -> bool:
    import usb.core
    import usb.util

    try:
        return any(
            usb.util.find_descriptor(each, bInterfaceClass=_PRINTER_CLASS) is not None
            for each in device
        )
    except usb.core.USBError:
        return False


def _usb_printer(device: Any) -> Candidate:
    from hardware.transports.usb import port_of, serial_of

    numbers = f"{device.idVendor:04x}:{device.idProduct:04x}"
    serial = serial_of(device)
    which = f"serial={quote(serial, safe='')}" if serial else f"port={port_of(device)}"
    known = Known(device.idVendor, device.idProduct, serial, "" if serial else port_of(device))
    return Candidate("usb", f"{numbers}?{which}", f"USB printer {numbers} {serial}".strip(), known)
