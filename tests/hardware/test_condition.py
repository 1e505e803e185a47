"""Every kind of trouble says the same of every device."""

from __future__ import annotations

import pytest

from hardware.condition import state_after
from hardware.errors import (
    Absent,
    Busy,
    DeviceError,
    Lost,
    Misconfigured,
    NotPermitted,
    Stalled,
)
from hardware.ports import DeviceState, Health, Reason


@pytest.mark.parametrize(
    ("kind", "health", "reason"),
    [
        (Absent, Health.ABSENT, Reason.NONE),
        (Lost, Health.ABSENT, Reason.NONE),
        (NotPermitted, Health.ABSENT, Reason.NO_PERMISSION),
        (Busy, Health.BLOCKED, Reason.BUSY_OTHER_OWNER),
        (Stalled, Health.FAULT, Reason.NO_ANSWER),
        (Misconfigured, Health.FAULT, Reason.WRONG_DEVICE),
    ],
)
def test_trouble_has_one_reading(kind: type[DeviceError], health: Health, reason: Reason) -> None:
    assert state_after(kind("x://", "said so")) == DeviceState(health, reason, "said so")
