"""One life of a till with a real printer on a wire, as a process that may be killed.

    python -m tests.checkout.spooling HOME ADDRESS SALES

Says what it does as JSON lines: {"sold": "1-1-4"}, {"ask": "1-1-4", "kind": "receipt"},
{"done": true}; an asked line is answered by yes or no on standard input.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from hardware.drivers import open_printer
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.printing import PrintWorker
from pos_client.register import commands
from tests.builders import ANNA, SHOES
from tests.checkout.core_harness import Desk
from tests.checkout.paper_trail import void_of


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def live(home: Path, address: str, sales: int) -> None:
    with Desk(home) as desk:
        if desk.state.operator is None:
            desk.signs_on(ANNA)
        if not desk.state.day:
            desk.opens()
        mailbox = Mailbox()
        printer = open_printer(address)
        worker = PrintWorker([printer], desk.spool, mailbox, lambda: None, void_of)
        desk.hands.paper_waits = worker.wake  # type: ignore[method-assign]
        worker.start()
        for _ in range(sales):
            _until_settled(desk, mailbox)
            desk.scans(SHOES).pays_card()
            say(sold=desk.sold()[-1].receipt_number)
        _until_settled(desk, mailbox)
        worker.stop()
        say(done=True)


def _until_settled(desk: Desk, mailbox: Mailbox) -> None:
    while desk.spool.waiting():
        mailbox.deliver()
        asked = desk.spool.question()
        if asked is not None:
            say(ask=asked.receipt_number, kind=asked.kind)
            came_out = sys.stdin.readline().strip() == "yes"
            desk.do(commands.SettlePrint(asked.job_id, came_out))
        time.sleep(0.001)


if __name__ == "__main__":
    live(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
