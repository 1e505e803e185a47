"""A device by its kind, opened as the till opens it, and its state once it has settled.

The thing to get wrong: the control unit's ledger. Greeting a unit makes it this register's
own, so a look from outside uses the register's ledger only where there is one already.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from hardware.commands.settings import Configured
from hardware.errors import DeviceError
from hardware.ports import DeviceState, Health
from hardware.refusal import refused

SETTLE_SECONDS = 3.0
_LEDGER = "fiscal.jsonl"


@contextmanager
def opened(device: Configured, home: Path) -> Iterator[Any]:
    """The driver of this device, closed at the end; refuses an address in a sentence."""
    with ExitStack() as open_things:
        try:
            driver = _open(device, home, open_things)
        except DeviceError as error:
            raise refused(f"{error}.") from error
        open_things.callback(driver.close)
        yield driver


def _open(device: Configured, home: Path, open_things: ExitStack) -> Any:
    from hardware import drivers

    if device.kind == "fiscal_unit":
        folder = home
        if not (home / _LEDGER).exists():
            folder = Path(open_things.enter_context(tempfile.TemporaryDirectory()))
        return drivers.open_fiscal_unit(device.address, folder)
    return drivers.OPENERS[device.kind](device.address)


def settled(driver: Any) -> DeviceState:
    """Its state when it has one, or as it is after some seconds."""
    deadline = time.monotonic() + SETTLE_SECONDS
    state: DeviceState = driver.state()
    while state.health is Health.OPENING and time.monotonic() < deadline:
        time.sleep(0.02)
        state = driver.state()
    return state


def heard_of(device: Configured, home: Path) -> DeviceState:
    """Open it, look, and let go. A scanner is listened to meanwhile, or it is not open.

    Raises Misconfigured when its address cannot be understood.
    """
    with ExitStack() as open_things:
        driver = _open(device, home, open_things)
        open_things.callback(driver.close)
        if device.kind == "scanner":
            driver.start(lambda scan: None, lambda text: None)
        with suppress(DeviceError):
            return settled(driver)
    return DeviceState(Health.UNKNOWN)
