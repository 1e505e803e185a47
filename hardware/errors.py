"""The tree of device trouble; a driver raises nothing else.

    DeviceError
    ├── Absent            nothing there: unplugged, refused, no such path
    │   └── NotPermitted  it is there, but this user may not open it
    ├── Busy              somebody else owns it
    ├── Stalled           it took `bytes_written` bytes, then nothing more in time
    ├── Lost              the line broke after `bytes_written` bytes
    ├── Misconfigured     the address cannot be understood; names what is allowed
    ├── Refused           the device answered no, with its own reason
    └── Burnt             it has taken this number before, and what it said then is lost

`bytes_written` is what a print spool needs to know whether paper may exist.
Drivers never retry by themselves; the one who owns the job decides.
"""

from __future__ import annotations


class DeviceError(Exception):
    """Trouble with a device: `device` is its address, `reason` one plain clause."""

    def __init__(self, device: str, reason: str, *, bytes_written: int = 0) -> None:
        super().__init__(f"{device}: {reason}")
        self.device = device
        self.reason = reason
        self.bytes_written = bytes_written


class Absent(DeviceError):
    """Nothing there: unplugged, refused, no such path."""


class NotPermitted(Absent):
    """It is there, but this user may not open it; `reason` says what gives the right."""


class Busy(DeviceError):
    """Somebody else owns the device."""


class Stalled(DeviceError):
    """The device took some bytes, then nothing more before the deadline."""


class Lost(DeviceError):
    """The line broke; what was written may or may not have been acted on."""


class Misconfigured(DeviceError):
    """The address cannot be understood."""


class Refused(DeviceError):
    """The device answered, and the answer was no."""


class Burnt(DeviceError):
    """The device has taken this number, and its answer is lost: never ask under it again."""
