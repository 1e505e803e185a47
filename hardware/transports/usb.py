"""A printer on USB, without a kernel driver in between (printer class 7, through libusb).

Claimed at opening, once, and kept: opening anew for each receipt reconfigures the
device, and after some receipts it is "busy" for ever. A newcomer would find it by
vendor and product number; two equal printers on one till then print each other's
receipts, so where there are twins the serial number or the port must be named.

A timeout of nought means "for ever" to libusb; here it never is.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import usb.core
import usb.util

from hardware.address import Address
from hardware.errors import Absent, Busy, DeviceError, Lost, Misconfigured, NotPermitted, Stalled

OPTIONS = ("serial", "port")
_PRINTER_CLASS = 7
_PART_BYTES = 4096
_IDLE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Identity:
    """Which device: numbers, and of twins the one with this serial number or at this port.

    `port` is written as the kernel does: bus, "-", then the way through the hubs ("1-2.3").
    """

    vendor: int
    product: int
    serial: str = ""
    port: str = ""

    def __str__(self) -> str:
        return f"{self.vendor:04x}:{self.product:04x}"


def identity_of(address: Address) -> Identity:
    """ "escpos+usb://04b8:0202?serial=X4DE" or "?port=1-2.3"; raises Misconfigured."""
    vendor, colon, product = address.place.strip("/").partition(":")
    try:
        numbers = int(vendor, 16), int(product, 16)
    except ValueError:
        numbers = (-1, -1)
    if not colon or not all(0 <= number < 65536 for number in numbers):
        raise Misconfigured(
            address.written, "name vendor and product in hexadecimal, for example 04b8:0202"
        )
    return Identity(*numbers, address.options.get("serial", ""), address.options.get("port", ""))


class UsbTransport:
    """See `transport.Transport`. `backend` is pyusb's; None takes libusb."""

    # Full speed: 12 Mbit/s, of which a bulk pipe gets the half.
    bytes_per_second = 500_000.0

    def __init__(self, device: str, identity: Identity, backend: Any = None) -> None:
        self._device = device
        self._identity = identity
        self._backend = backend
        self._claimed: _Claimed | None = None
        self.answers = True

    def open(self) -> None:
        """Raises Absent, NotPermitted or Busy; Misconfigured where twins cannot be told apart."""
        if self._claimed is None:
            found = self._find()
            try:
                self._claimed = _claim(found)
            except usb.core.USBError as error:
                usb.util.dispose_resources(found)
                raise self._refusal(error) from error

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Stalled or Lost; a packet that the printer has not acknowledged is not counted."""
        claimed = self._line()
        deadline = time.monotonic() + timeout_seconds
        written = 0
        while written < len(data):
            left = deadline - time.monotonic()
            if left <= 0:
                raise Stalled(self._device, "it stopped taking data", bytes_written=written)
            with self._breaking(written), contextlib.suppress(usb.core.USBTimeoutError):
                part = data[written : written + _PART_BYTES]
                written += int(claimed.out.write(part, _milliseconds(left)))

    def read(self, timeout_seconds: float) -> bytes:
        """Raises Lost."""
        claimed = self._line()
        deadline = time.monotonic() + timeout_seconds
        while claimed.back is not None:
            left = deadline - time.monotonic()
            with self._breaking(0), contextlib.suppress(usb.core.USBTimeoutError):
                size = claimed.back.wMaxPacketSize
                if heard := bytes(claimed.back.read(size, _milliseconds(left))):
                    return heard
            if left <= 0:
                break
            # Some answer "nothing" at once instead of letting us wait.
            time.sleep(min(_IDLE_SECONDS, left))
        return b""

    def close(self) -> None:
        claimed, self._claimed = self._claimed, None
        if claimed is None:
            return
        with contextlib.suppress(usb.core.USBError):
            usb.util.release_interface(claimed.device, claimed.number)
        if claimed.had_driver:
            with contextlib.suppress(usb.core.USBError):
                claimed.device.attach_kernel_driver(claimed.number)
        with contextlib.suppress(usb.core.USBError):
            usb.util.dispose_resources(claimed.device)

    def _find(self) -> Any:
        wanted = self._identity
        try:
            found = usb.core.find(
                find_all=True,
                backend=self._backend,
                idVendor=wanted.vendor,
                idProduct=wanted.product,
            )
            equal = list(found)
        except usb.core.NoBackendError as error:
            raise Absent(self._device, "libusb is missing; install libusb-1.0-0") from error
        except usb.core.USBError as error:
            raise self._refusal(error) from error
        matching = [each for each in equal if self._is_wanted(each)]
        if len(matching) > 1:
            names = ", ".join(f"port={port_of(each)} serial={serial_of(each)}" for each in matching)
            raise Misconfigured(
                self._device, f"{len(matching)} equal printers are there; add one of: {names}"
            )
        if not matching:
            others = ", ".join(f"port={port_of(each)}" for each in equal)
            raise Absent(
                self._device,
                f"no {wanted} here has that serial number or port (there: {others})"
                if others
                else f"no {wanted} is plugged in",
            )
        return matching[0]

    def _is_wanted(self, device: Any) -> bool:
        wanted = self._identity
        return (not wanted.port or port_of(device) == wanted.port) and (
            not wanted.serial or serial_of(device) == wanted.serial
        )

    def _line(self) -> _Claimed:
        if self._claimed is None:
            raise Lost(self._device, "the device is closed")
        return self._claimed

    @contextlib.contextmanager
    def _breaking(self, written: int) -> Iterator[None]:
        try:
            yield
        except usb.core.USBTimeoutError:
            raise
        except usb.core.USBError as error:
            gone = error.errno in (errno.ENODEV, errno.ENOENT, errno.ESHUTDOWN)
            words = (error.strerror or str(error)).lower()
            reason = "it was unplugged" if gone else f"the line broke ({words})"
            raise Lost(self._device, reason, bytes_written=written) from error

    def _refusal(self, error: usb.core.USBError) -> DeviceError:
        if error.errno == errno.EBUSY:
            return Busy(self._device, "another program has it; is CUPS printing to it?")
        if error.errno in (errno.EACCES, errno.EPERM):
            return NotPermitted(self._device, "no right to open it; install the udev rule for it")
        return Absent(self._device, f"cannot be opened ({(error.strerror or str(error)).lower()})")


@dataclass(frozen=True, slots=True)
class _Claimed:
    device: Any
    number: int
    out: Any
    back: Any
    had_driver: bool


def _claim(device: Any) -> _Claimed:
    """Take the printer's interface, and the kernel's driver off it; raises USBError."""
    interface = _interface(device)
    number = interface.bInterfaceNumber
    had_driver = _has_driver(device, number)
    if had_driver:
        device.detach_kernel_driver(number)
    try:
        usb.util.claim_interface(device, number)
    except usb.core.USBError:
        if had_driver:
            with contextlib.suppress(usb.core.USBError):
                device.attach_kernel_driver(number)
        raise
    out, back = (
        usb.util.find_descriptor(
            interface,
            custom_match=lambda each, way=way: (
                usb.util.endpoint_direction(each.bEndpointAddress) == way
                and usb.util.endpoint_type(each.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
            ),
        )
        for way in (usb.util.ENDPOINT_OUT, usb.util.ENDPOINT_IN)
    )
    if out is None:
        raise usb.core.USBError("it has nowhere to send a receipt to", errno=errno.ENXIO)
    return _Claimed(device, number, out, back, had_driver)


def _interface(device: Any) -> Any:
    """The printer class's, or the first where a maker has one of its own; raises USBError."""
    try:
        configuration = device.get_active_configuration()
    except usb.core.USBError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ENODEV):
            raise
        # Only a device that nobody has configured yet: doing it again would reset it.
        device.set_configuration()
        configuration = device.get_active_configuration()
    printer = usb.util.find_descriptor(configuration, bInterfaceClass=_PRINTER_CLASS)
    return configuration[(0, 0)] if printer is None else printer


def _has_driver(device: Any, number: int) -> bool:
    try:
        return bool(device.is_kernel_driver_active(number))
    except NotImplementedError:
        return False


def port_of(device: Any) -> str:
    way = ".".join(str(number) for number in device.port_numbers or ())
    return f"{device.bus}-{way}" if way else f"{device.bus}-{device.address}"


def serial_of(device: Any) -> str:
    """ "" where it has none, or where this user may not ask."""
    try:
        return str(usb.util.get_string(device, device.iSerialNumber) or "")
    except (usb.core.USBError, ValueError):
        return ""


def _milliseconds(seconds: float) -> int:
    return max(int(seconds * 1000), 1)
