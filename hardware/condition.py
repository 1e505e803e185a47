"""What trouble with a device says of its state: one reading for every driver.

Pure. A newcomer would let each driver say it anew; then a scale without rights reads as
one that is unplugged, and the advice for it is never given.
"""

from __future__ import annotations

from hardware.errors import Busy, DeviceError, Misconfigured, NotPermitted, Stalled
from hardware.ports import DeviceState, Health, Reason


def state_after(error: DeviceError) -> DeviceState:
    """The state that follows; what the device itself said (Refused) is its driver's to read."""
    match error:
        case Busy():
            return DeviceState(Health.BLOCKED, Reason.BUSY_OTHER_OWNER, error.reason)
        case Stalled():
            return DeviceState(Health.FAULT, Reason.NO_ANSWER, error.reason)
        case NotPermitted():
            return DeviceState(Health.ABSENT, Reason.NO_PERMISSION, error.reason)
        case Misconfigured():
            return DeviceState(Health.FAULT, Reason.WRONG_DEVICE, error.reason)
    return DeviceState(Health.ABSENT, Reason.NONE, error.reason)
