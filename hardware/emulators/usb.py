"""Emulated printers on an emulated USB: a pyusb backend that *is* the bus.

Everything above it is the real thing, pyusb and the transport. Faults are those of a
bus: claimed by another, a kernel driver on it, NAK for ever, short writes, unplugged
in the middle of a packet, and two equal printers.
"""

from __future__ import annotations

import errno
import threading
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from hardware.emulators.printer import EmulatedPrinter

_OUT, _IN = 0x01, 0x82
_TICK_SECONDS = 0.01
_ENGLISH = 0x0409


@dataclass(eq=False, slots=True)
class UsbPrinter:
    """One printer at `port`; the fields from `plugged` on may be changed at any time.

    `nak`: takes nothing. `takes_at_once`: short writes. `unplug_after_bytes`: pulled out
    when so many have come. `owned`: another program has claimed it. `forbidden`: this
    user may not open it. `has_driver`: the kernel's usblp holds it.
    """

    printer: EmulatedPrinter = field(default_factory=EmulatedPrinter)
    serial: str = "X4DE000001"
    port: tuple[int, ...] = (2, 3)
    vendor: int = 0x04B8
    product: int = 0x0202
    plugged: bool = True
    nak: bool = False
    owned: bool = False
    forbidden: bool = False
    has_driver: bool = False
    takes_at_once: int = 4096
    unplug_after_bytes: int | None = None
    detached: int = 0
    claims: int = 0
    is_claimed: bool = False
    said: bytearray = field(default_factory=bytearray)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, data: bytes) -> int:
        """What is acknowledged of a packet; raises USBError when it is pulled out."""
        with self.guard:
            part = data[: self.takes_at_once]
            if self.unplug_after_bytes is not None:
                part = part[: self.unplug_after_bytes]
                self.unplug_after_bytes -= len(part)
            self.said += self.printer.feed(part)
            if self.unplug_after_bytes == 0:
                self.plugged, self.unplug_after_bytes = False, None
            return len(part)

    def speak(self) -> bytes:
        with self.guard:
            self.said += self.printer.go_on()
            said = bytes(self.said[:64])
            del self.said[:64]
            return said

    def replug(self, port: tuple[int, ...] | None = None) -> None:
        """In again, perhaps at another port; off and on is what that is to a printer."""
        with self.guard:
            self.printer.power_cycle()
            self.said.clear()
            self.port = port or self.port
            self.is_claimed, self.plugged = False, True


class EmulatedUsb(usb.backend.IBackend):  # type: ignore[misc]
    """The bus; hand it to `UsbTransport` as its backend."""

    def __init__(self, *printers: UsbPrinter) -> None:
        self.printers = list(printers)

    def enumerate_devices(self) -> list[UsbPrinter]:
        return [each for each in self.printers if each.plugged]

    def get_device_descriptor(self, dev: UsbPrinter) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0,
            bDeviceProtocol=0, bMaxPacketSize0=64, idVendor=dev.vendor, idProduct=dev.product,
            bcdDevice=0x100, iManufacturer=0, iProduct=0, iSerialNumber=1 if dev.serial else 0,
            bNumConfigurations=1, address=5, bus=1, port_number=dev.port[-1],
            port_numbers=dev.port, speed=2,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: UsbPrinter, config: int) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1,
            bConfigurationValue=1, iConfiguration=0, bmAttributes=0xC0, bMaxPower=1,
            extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(
        self, dev: UsbPrinter, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        if intf or alt:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0,
            bNumEndpoints=2, bInterfaceClass=7, bInterfaceSubClass=1, bInterfaceProtocol=2,
            iInterface=0, extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(
        self, dev: UsbPrinter, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=(_OUT, _IN)[ep], bmAttributes=2,
            wMaxPacketSize=64, bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: UsbPrinter) -> UsbPrinter:
        self._reach(dev)
        if dev.forbidden:
            raise usb.core.USBError("Access denied", errno=errno.EACCES)
        return dev

    def close_device(self, dev_handle: UsbPrinter) -> None:
        dev_handle.is_claimed = False

    def get_configuration(self, dev_handle: UsbPrinter) -> int:
        self._reach(dev_handle)
        return 1

    def claim_interface(self, dev_handle: UsbPrinter, intf: int) -> None:
        self._reach(dev_handle)
        if dev_handle.owned or dev_handle.has_driver or dev_handle.is_claimed:
            raise usb.core.USBError("Resource busy", errno=errno.EBUSY)
        dev_handle.is_claimed = True
        dev_handle.claims += 1

    def release_interface(self, dev_handle: UsbPrinter, intf: int) -> None:
        dev_handle.is_claimed = False

    def is_kernel_driver_active(self, dev_handle: UsbPrinter, intf: int) -> bool:
        return dev_handle.has_driver

    def detach_kernel_driver(self, dev_handle: UsbPrinter, intf: int) -> None:
        dev_handle.has_driver = False
        dev_handle.detached += 1

    def attach_kernel_driver(self, dev_handle: UsbPrinter, intf: int) -> None:
        self._reach(dev_handle)
        dev_handle.has_driver = True

    def bulk_write(
        self, dev_handle: UsbPrinter, ep: int, intf: int, data: Any, timeout: int
    ) -> int:
        self._reach(dev_handle)
        if dev_handle.nak or dev_handle.printer.faults.deaf:
            time.sleep(timeout / 1000)
            raise usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        return dev_handle.take(bytes(data))

    def bulk_read(self, dev_handle: UsbPrinter, ep: int, intf: int, buff: Any, timeout: int) -> int:
        deadline = time.monotonic() + timeout / 1000
        while True:
            self._reach(dev_handle)
            if said := dev_handle.speak():
                buff[: len(said)] = type(buff)("B", said)
                return len(said)
            if time.monotonic() >= deadline:
                raise usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
            time.sleep(_TICK_SECONDS)

    def ctrl_transfer(
        self,
        dev_handle: UsbPrinter,
        bmRequestType: int,
        bRequest: int,
        wValue: int,
        wIndex: int,
        data: Any,
        timeout: int,
    ) -> int:
        """Only what a name needs: the languages, then the string."""
        self._reach(dev_handle)
        text = dev_handle.serial.encode("utf-16-le")
        body = text if wValue & 0xFF else _ENGLISH.to_bytes(2, "little")
        said = bytes([len(body) + 2, 3]) + body
        size = min(len(said), len(data))
        data[:size] = type(data)("B", said[:size])
        return size

    @staticmethod
    def _reach(dev: UsbPrinter) -> None:
        if not dev.plugged:
            raise usb.core.USBError("No such device", errno=errno.ENODEV)
