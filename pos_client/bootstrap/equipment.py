"""The device screen's two halves: what is listed, and what each key does.

Put together here, where the drivers are known; a newcomer would look for them in the
core, which knows nothing of printers but their port.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from hardware.advice import KINDS, Fix
from hardware.document import Document, Feed
from hardware.ports import DeviceState, Retrying, Scanner
from hardware.testpage import build_test_page
from pos_client.checkout.card_calls import TerminalCalls
from pos_client.checkout.customer_display import CustomerDisplay
from pos_client.checkout.device_board import FILE_NAME, DeviceBoard, Inquirer, Known
from pos_client.checkout.device_desk import Action, Told
from pos_client.checkout.drawers import DrawerKeeper
from pos_client.checkout.labelling import LabelDesk
from pos_client.checkout.printing import PrintWorker
from pos_client.checkout.sealing import Sealer
from pos_client.checkout.weighing import Weigher
from pos_client.config import Devices as Addresses
from pos_client.register.view import DeviceLine

_FED_LINES = 6


@dataclass
class Equipment:
    """Filled while the till is built; `lines` and `actions` work from the moment it runs."""

    addresses: Addresses
    actions: dict[tuple[str, str], Action] = field(default_factory=dict)
    _known: dict[str, Known] = field(default_factory=dict)
    _board: DeviceBoard | None = None

    def lines(self) -> tuple[DeviceLine, ...]:
        return self._board.lines() if self._board is not None else ()

    def open_board(self, home: Path) -> None:
        """Everything is there: list it from now on."""
        known = [self._known[name] for name in KINDS if name in self._known]
        self._board = DeviceBoard(known, home / FILE_NAME)

    def printing(self, worker: PrintWorker, columns: list[int]) -> None:
        names = [name for name in ("printer", "second_printer") if getattr(self.addresses, name)]
        for number, name in enumerate(names, 1):
            self._list(name, _nth_state(worker, number), _again(worker, number))
            page = build_test_page(getattr(self.addresses, name), columns[number - 1])
            self._do(name, Fix.TEST_PRINT, _aside(worker, number, page))
            self._do(name, Fix.FEED, _aside(worker, number, Document((Feed(_FED_LINES),))))

    def drawer(self, keeper: DrawerKeeper) -> None:
        self._list("drawer", keeper.state, keeper.try_now)

    def scanner(self, scanner: Scanner) -> None:
        def hurry() -> None:
            if isinstance(scanner, Retrying):
                scanner.try_now()

        def beep(told: Told) -> None:
            def sound() -> None:
                scanner.refuse_tone()
                told("", "")

            threading.Thread(target=sound, name="beep", daemon=True).start()

        self._list("scanner", scanner.state, hurry)
        self._do("scanner", Fix.BEEP, beep)

    def fiscal_unit(self, sealer: Sealer) -> None:
        self._list("fiscal_unit", sealer.state, sealer.try_now)

    def payment_terminal(self, calls: TerminalCalls, open_things: ExitStack) -> None:
        inquirer = Inquirer(calls.state, calls.try_now)
        self._list("payment_terminal", inquirer.state, inquirer.try_now)
        inquirer.start()
        open_things.callback(inquirer.stop)

    def customer_display(self, display: CustomerDisplay) -> None:
        def show(told: Told) -> None:
            display.show_test()
            told("", "")

        self._list("customer_display", display.state, display.try_now)
        self._do("customer_display", Fix.SHOW, show)

    def scale(self, weigher: Weigher) -> None:
        self._list("scale", weigher.state, weigher.try_now)
        self._do("scale", Fix.WEIGH, weigher.try_out)

    def label_printer(self, labels: LabelDesk, state: Callable[[], DeviceState]) -> None:
        self._list("label_printer", state, labels.try_now)
        self._do("label_printer", Fix.TEST_LABEL, lambda told: labels.try_out(_no_value(told)))

    def _list(self, name: str, state: Callable[[], DeviceState], hurry: Callable[[], None]) -> None:
        def again(told: Told) -> None:
            hurry()
            told("", "")

        self._known[name] = Known(name, getattr(self.addresses, name), state)
        self._do(name, Fix.TRY_AGAIN, again)

    def _do(self, name: str, fix: Fix, action: Action) -> None:
        self.actions[name, fix.value] = action


def _nth_state(worker: PrintWorker, number: int) -> Callable[[], DeviceState]:
    return lambda: worker.states[number - 1]


def _again(worker: PrintWorker, number: int) -> Callable[[], None]:
    return lambda: worker.try_again(number)


def _aside(worker: PrintWorker, number: int, document: Document) -> Action:
    return lambda told: worker.print_aside(number, document, _no_value(told))


def _no_value(told: Told) -> Callable[[str], None]:
    return lambda problem: told(problem, "")
