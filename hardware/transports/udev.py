"""The rules that a Linux till needs before its devices can be opened by their names.

Pure text; store IT puts it into /etc/udev/rules.d/60-spindel.rules. A newcomer would
match by vendor and product alone; a link by port is what survives two twins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = """\
# Devices of the checkout: opened by the group "spindel", kept awake, left alone by others.
# After a change: udevadm control --reload && udevadm trigger
"""
# ModemManager and brltty try out serial devices, which prints, kicks and beeps.
_LEFT_ALONE = 'ENV{ID_MM_DEVICE_IGNORE}="1", ENV{BRLTTY_BRAILLE_DRIVER}=""'
_AWAKE = 'ATTR{power/control}="on"'


@dataclass(frozen=True, slots=True)
class Known:
    """A device on USB; `link` is its name under /dev/spindel where it is a serial port.

    `types`: a scanner that is a keyboard, whose keys the till's user may read.
    """

    vendor: int
    product: int
    serial: str = ""
    port: str = ""
    link: str = ""
    types: bool = False


def rules(devices: Iterable[Known]) -> str:
    """The file's text; one block a device."""
    return _HEAD + "".join(_block(device) for device in devices)


def _block(device: Known) -> str:
    matched = [
        f'ATTRS{{idVendor}}=="{device.vendor:04x}"',
        f'ATTRS{{idProduct}}=="{device.product:04x}"',
    ]
    if device.serial:
        matched.append(f'ATTRS{{serial}}=="{_quoted(device.serial)}"')
    if device.port:
        matched.append(f'KERNELS=="{_quoted(device.port)}"')
    which = ", ".join(matched)
    rights = 'GROUP="spindel", MODE="0660"'
    lines = [
        f'SUBSYSTEM=="usb", ENV{{DEVTYPE}}=="usb_device", {which}, {rights}, {_AWAKE}, '
        f"{_LEFT_ALONE}",
    ]
    if device.link:
        link = f'SYMLINK+="spindel/{_quoted(device.link)}"'
        lines.append(f'SUBSYSTEM=="tty", {which}, {rights}, {link}, {_LEFT_ALONE}')
    if device.types:
        lines.append(f'SUBSYSTEM=="input", {which}, GROUP="spindel", MODE="0640"')
    return "\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A rule's string cannot hold a quote or a line's end; "?" matches any one character."""
    return "".join(each if each.isprintable() and each not in '"\\' else "?" for each in text)
