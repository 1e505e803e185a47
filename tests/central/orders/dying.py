"""A process that places an order and dies the moment it is committed: `python -m … HOME`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from central_sync.server.central import open_central
from central_sync.server.settings import CentralSettings
from tests.central.office import open_chain
from tests.central.orders.shop import open_shop, order


def main(home: Path) -> None:
    central = open_central(CentralSettings(home, f"sqlite:///{home / 'central.db'}"))
    open_chain(central)
    room = open_shop(central, {"SKU-1": {"s02": 3}})
    order(room, "SKU-1")
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
