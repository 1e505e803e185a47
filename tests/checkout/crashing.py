"""Runs a piece of a day over and over, and dies by SIGKILL one step later each time.

    python -m tests.checkout.crashing FOLDER FLOW

FOLDER holds `base`, a home folder; every run leaves a copy of it as it was at its death,
with what the world outside had seen by then: `shown` (what stood on the screen),
`paper`, `drawer`, and the control unit's own ledger. A step is every statement that
writes and both sides of everything a device is asked. The last run lives to its end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hardware.drawers.watch import DrawerWatch
from hardware.errors import Stalled
from hardware.fiscal.demo import DemoUnit
from hardware.memory.drawer import MemoryDrawer
from hardware.memory.terminal import Fate, MemoryTerminal
from hardware.ports import CardAnswer, CardRequest, ReversalRequest, Seal, SealRequest
from pos_client.checkout.drawers import DrawerKeeper
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.paper_watch import ANSWER_SECONDS, PaperWatch
from pos_client.checkout.printing import PrintWorker
from pos_client.register import commands
from pos_client.register.commands import Command
from pos_client.register.order_commands import GiveAddress, OrderItem
from tests.builders import MAGAZINE, SHOES, SOCKS, kr
from tests.checkout.core_harness import Desk
from tests.checkout.paper_trail import Trail, TrailPrinter, answer, void_of

SALE: tuple[Command, ...] = (
    commands.ScanCode(SHOES),
    commands.ScanCode(SOCKS),
    commands.SetQuantity(2, 3),
    commands.ScanCode(MAGAZINE),
    commands.VoidLine(3),
    commands.Pay("card", kr("500")),
    commands.Pay("cash", kr("600")),
)

BORG = GiveAddress("Eva Borg", "0701234567", "", "Storgatan 1", "411 19", "Göteborg")
SHIP = OrderItem("SKO-42", "ship")

ORDER: tuple[Command, ...] = (
    commands.ScanCode(SOCKS),
    SHIP,
    BORG,
    commands.Pay("cash", kr("1000")),
)

FLOWS: dict[str, tuple[Command, ...]] = {
    "sale": SALE,
    "return": (commands.ReturnLine("1", 1, 1, "regret"), commands.Pay("cash")),
    "order": ORDER,
    "parking": (commands.ScanCode(SHOES), commands.Suspend()),
    "z": (commands.PrintXReport(), commands.CloseDay((("cash", kr("1000")),))),
    "copy": (commands.CopyReceipt("1"),),
    "goods": (
        commands.StartGoods("goods_received", "L-7"),
        commands.AddGoods(SOCKS, 2),
        commands.AddGoods(SHOES),
        commands.FinishGoods(),
    ),
    "task": (
        commands.AcceptTask("p1/pick"),
        commands.PickGoods("p1/pick", SHOES),
        commands.PickGoods("p1/pick", SOCKS, 2),
        commands.PackTask("p1/pick"),
    ),
    "recovery": (),
    "silence": (),
    "again": (),
    "card": (commands.ScanCode(SHOES), commands.Pay("card")),
    "card-taken-back": (
        commands.ScanCode(SHOES),
        commands.Pay("card", kr("500")),
        commands.RemovePayment(0),
        commands.Pay("cash"),
    ),
    "card-refund": (commands.ReturnLine("1", 1, 1, "regret"), commands.Pay("card")),
}
"""After a colon a flow may say what the card terminal meets: "card:lose_reply"; with
"lost_seal" the control unit's first answer is lost after the unit has kept it."""


class Reaper:
    """Counts steps and ends this process at the one it was told."""

    def __init__(self, last: int) -> None:
        self._left = last
        self._counting = threading.Lock()

    @property
    def is_next(self) -> bool:
        """Whether the next step is the last."""
        return self._left == 1

    def step(self) -> None:
        with self._counting:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def on_statement(self, sql: str) -> None:
        if not sql.lstrip().startswith(("SELECT", "PRAGMA", "--")):
            self.step()


class MortalUnit(DemoUnit):
    """The demo unit with a ledger on disk, and a step before and after it answers."""

    def __init__(self, home: Path, reaper: Reaper) -> None:
        super().__init__("demo://", home / "unit.jsonl")
        self._reaper = reaper
        self.loses_answer = False

    def seal(self, request: SealRequest) -> Seal:
        self._reaper.step()
        seal = super().seal(request)
        self._reaper.step()
        if self.loses_answer:
            self.loses_answer = False
            raise Stalled("demo://", "its answer was lost")
        return seal


class MortalTerminal(MemoryTerminal):
    """A terminal whose bank and log are on disk, and a step before and after every call."""

    def __init__(self, home: Path, reaper: Reaper) -> None:
        super().__init__(ledger=home / "bank.jsonl")
        self._reaper = reaper

    def pay(self, request: CardRequest) -> CardAnswer:
        return self._between_steps(lambda: super(MortalTerminal, self).pay(request))

    def reverse(self, request: ReversalRequest) -> CardAnswer:
        return self._between_steps(lambda: super(MortalTerminal, self).reverse(request))

    def status(self, service_id: str, witness: str = "") -> CardAnswer:
        return self._between_steps(lambda: super(MortalTerminal, self).status(service_id, witness))

    def _between_steps(self, call: Callable[[], CardAnswer]) -> CardAnswer:
        self._reaper.step()
        try:
            return call()
        finally:
            self._reaper.step()


class MortalDrawer(MemoryDrawer):
    """Leaves a mark for each pulse, with a step before and after it."""

    def __init__(self, home: Path, reaper: Reaper) -> None:
        super().__init__()
        self._reaper = reaper
        self._trail = Trail(home, "drawer")

    def open(self) -> None:
        self._reaper.step()
        self._trail.leave("D")
        self._reaper.step()


class Deaf:
    """Fulfils checkout.drawers.DrawerNews; nobody listens."""

    def drawer_stuck(self) -> None: ...

    def drawer_forced(self) -> None: ...

    def drawer_left_open(self, seconds: int) -> None: ...


def live(home: Path, flow: str, last: int) -> None:
    """Start the register, do what the flow says, and let the paper come."""
    reaper = Reaper(last)
    unit = MortalUnit(home, reaper)
    flow, _, meets = flow.partition(":")
    terminal = a_terminal(home, reaper, unit, meets) if flow.startswith("card") else None
    desk = Desk(home, unit, on_statement=reaper.on_statement, terminal=terminal)
    mailbox = Mailbox()
    drawer = DrawerKeeper(MortalDrawer(home, reaper), mailbox, Deaf(), DrawerWatch())
    worker = PrintWorker(
        [TrailPrinter(home, reaper.step)],
        desk.spool,
        mailbox,
        lambda: None,
        void_of,
        drawer.pulse_wanted,
    )
    desk.hands.open_drawer = drawer.open  # type: ignore[method-assign]
    desk.hands.paper_waits = worker.wake  # type: ignore[method-assign]
    shown = Trail(home, "shown")
    for command in FLOWS[flow]:
        desk.do(command).hears_from_the_terminal().hears_from_central()
        if desk.state.completing is not None:
            desk.do(commands.RetryCompletion())
        shown.leave(screen(desk) + "\n")
    worker.start()
    patience = time.monotonic() + 10.0
    watch = PaperWatch(
        desk.shop, desk.spool, desk.desk.copies, can_print=lambda: True, tell=lambda message: None
    )
    seconds = 0.0
    while desk.spool.waiting() and time.monotonic() < patience:
        mailbox.deliver()
        while not desk.hands.is_idle:
            desk.hands.deliver()
        asked = desk.spool.question()
        if asked is not None and flow == "again":
            answer(desk, asked)
            worker.wake()
        elif asked is not None:
            seconds += ANSWER_SECONDS
            watch.look(seconds)
        time.sleep(0.001)
    worker.stop()
    with desk:
        pass


def a_terminal(home: Path, reaper: Reaper, unit: MortalUnit, meets: str) -> MortalTerminal:
    terminal = MortalTerminal(home, reaper)
    words = [word for word in meets.split(",") if word]
    unit.loses_answer = "lost_seal" in words
    terminal.expect(*(Fate(word) for word in words if word != "lost_seal"))
    return terminal


def screen(desk: Desk) -> str:
    """What a cashier has seen: lines, payments, the receipt just done, the day."""
    basket, last = desk.state.basket, desk.state.last
    return json.dumps(
        {
            "lines": [[line.line, line.quantity, line.is_voided] for line in basket.lines],
            "paid": basket.paid_minor,
            "receipt": last.receipt_number if last else "",
            "day": desk.state.day,
            "parked": len(desk.shop.suspended()),
            "said": desk.said,
        }
    )


def until_it_lives(folder: Path, run: Callable[[Path, int], None]) -> int:
    """One run a step; how many steps there were."""
    for last in range(1, 1000):
        home = folder / f"died-at-{last:03}"
        shutil.copytree(folder / "base", home)
        child = os.fork()
        if child == 0:
            run(home, last)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0, "the run failed by itself"
            return last - 1
    raise AssertionError("it never came to its end")


if __name__ == "__main__":
    _folder, _flow = Path(sys.argv[1]), sys.argv[2]
    print(until_it_lives(_folder, lambda home, last: live(home, _flow, last)))
