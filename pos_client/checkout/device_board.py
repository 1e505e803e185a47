"""Every device of the till as one list: for the screens, and in a file for store IT.

Looked at once a second on the core's thread, from memory alone. The thing to get wrong:
asking a card terminal there. Its state may be a question over the network, so it is asked
by a thread of its own (`Inquirer`), and the list shows the last answer.

`devices.json` in the home folder is written when something changed; `spindel hardware list`
reads it while this core holds the devices.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardware.advice import KINDS, advise, fixes
from hardware.ports import DeviceState, Health
from pos_client.register.view import DeviceLine

FILE_NAME = "devices.json"
CALM_SECONDS = 30.0
TROUBLED_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """`name` is the setting's; `state` returns at once."""

    name: str
    address: str
    state: Callable[[], DeviceState]


class DeviceBoard:
    """`known` in the order they are listed."""

    def __init__(self, known: Sequence[Known], path: Path) -> None:
        self._known = tuple(known)
        self._path = path
        self._seen: tuple[DeviceState, ...] = ()
        self._lines: tuple[DeviceLine, ...] = ()

    def lines(self) -> tuple[DeviceLine, ...]:
        """How each is now; the same object as long as nothing changed."""
        seen = tuple(each.state() for each in self._known)
        if seen != self._seen:
            self._seen = seen
            self._lines = tuple(map(_line, self._known, seen))
            self._write()
        return self._lines

    def _write(self) -> None:
        """Beside the point of selling: a disk that refuses is told elsewhere."""
        rows = [
            {
                "device": known.name,
                "address": known.address,
                "health": state.health.value,
                "reason": state.reason.value,
                "detail": state.detail,
            }
            for known, state in zip(self._known, self._seen, strict=True)
        ]
        half = self._path.with_suffix(".part")
        try:
            half.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
            half.replace(self._path)
        except OSError as problem:
            _log.warning("%s is not written: %s", self._path, problem)


def _line(known: Known, state: DeviceState) -> DeviceLine:
    kind = KINDS[known.name]
    advice = advise(kind, state)
    return DeviceLine(
        known.name,
        state.health.value,
        state.reason.value,
        f"device.advice.{advice}" if advice else "",
        tuple(fix.value for fix in fixes(kind, state)),
    )


class Inquirer:
    """Asks for a state that takes time, now and then, in a thread of its own."""

    def __init__(self, ask: Callable[[], DeviceState], hurry: Callable[[], None]) -> None:
        self._ask = ask
        self._hurry = hurry
        self._state = DeviceState(Health.OPENING)
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="ask terminal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def state(self) -> DeviceState:
        return self._state

    def try_now(self) -> None:
        self._hurry()
        self._wake.set()

    def stop(self) -> None:
        """Does not wait for a question under way: its device is closed next."""
        self._stopped = True
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped:
            self._state = self._ask()
            is_well = self._state.health in (Health.READY, Health.WARNING)
            self._wake.wait(CALM_SECONDS if is_well else TROUBLED_SECONDS)
            self._wake.clear()
