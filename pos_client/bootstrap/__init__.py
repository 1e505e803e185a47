"""Runs the core of a home folder: builds its parts, serves, and stops in order."""

from __future__ import annotations

import gc
import signal
from contextlib import ExitStack
from pathlib import Path

from hardware.transports.recording import record_into
from pos_client.bootstrap.parts import SOCKET, build
from pos_client.bootstrap.process import alone, log_to, stop_on_fault
from pos_client.checkout.core import Core
from pos_client.errors import CannotStart
from pos_client.link.server import LinkServer
from pos_client.storage.errors import StorageTrouble

__all__ = ["SOCKET", "run_core"]


def _spare_the_collector() -> None:
    """What is there now stays: never look through it again in the middle of a sale."""
    gc.collect()
    gc.freeze()
    gc.enable()


def run_core(home: Path) -> None:
    """Run until SIGTERM or SIGINT; raises CannotStart with one sentence when it cannot begin."""
    with ExitStack() as open_things:
        open_things.enter_context(alone(home))
        log_to(home / "logs" / "core.log")
        record_into(home / "logs" / "devices")
        stop_on_fault(home)
        core, link = _built(home, open_things)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: core.stop())
        _spare_the_collector()
        core.run(link)


def _built(home: Path, open_things: ExitStack) -> tuple[Core, LinkServer]:
    try:
        return build(home, open_things)
    except StorageTrouble as problem:
        raise CannotStart(
            f"{home} cannot be written ({problem}). Make room or mend the disk, then start again."
        ) from problem
