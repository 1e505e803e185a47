"""The customer display follows the register: what the cashier's screen says, in two rows.

The core calls `follow` when its clients have been answered, never between a scan and
its line; `show` of the display returns at once, and what becomes of it costs a sale
nothing. A thing to get wrong: leaving the last customer's change on the display. It
gives way to the greeting after a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from hardware.ports import DeviceState, LineDisplay, Retrying
from pos_client.register.facing import closed_rows, customer_rows
from pos_client.register.view import LastReceipt, View
from pos_client.texts import Words

FAREWELL_SECONDS = 20.0
TEST_SECONDS = 5.0


class CustomerDisplay:
    """`words` are the shop's, not the cashier's: the customer did not sign on."""

    def __init__(
        self, display: LineDisplay, words: Words, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._display = display
        self._words = words
        self._clock = clock
        self._view: View | None = None
        self._rows: tuple[str, str] | None = None
        self._receipt: LastReceipt | None = None
        self._receipt_until = 0.0
        self._test_until = float("-inf")

    def follow(self, view: View) -> None:
        """Show this View, unless it is what is shown. The core's thread; raises nothing."""
        if self._clock() < self._test_until:
            return
        is_over = self._farewell_is_over(view)
        if view is self._view and not is_over:
            return
        self._view = view
        shown = replace(view, last_receipt=None) if is_over else view
        rows = customer_rows(shown, self._words, self._display.columns)
        if rows != self._rows:
            self._rows = rows
            self._display.show(*rows)

    def show_test(self) -> None:
        """Letters and figures for some seconds, then what the register says again."""
        self._test_until = self._clock() + TEST_SECONDS
        self._rows = None
        self._view = None
        for_width = self._display.columns
        self._display.show("ÅÄÖ åäö é 0123456789"[:for_width], "Spindel".center(for_width))

    def state(self) -> DeviceState:
        return self._display.state()

    def try_now(self) -> None:
        if isinstance(self._display, Retrying):
            self._display.try_now()

    def stop(self) -> None:
        """The register ends: the till is closed, and the display says so."""
        self._display.show(*closed_rows(self._words, self._display.columns))
        self._display.close()

    def _farewell_is_over(self, view: View) -> bool:
        now = self._clock()
        if view.last_receipt != self._receipt:
            self._receipt, self._receipt_until = view.last_receipt, now + FAREWELL_SECONDS
        return self._receipt is not None and now >= self._receipt_until
