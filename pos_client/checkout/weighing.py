"""Asking the scale in a thread of its own; its answer becomes a command.

A scale that hangs holds nobody: the till waits on its page and can be left at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hardware.errors import DeviceError
from hardware.ports import DeviceState, Reason, Retrying, Scale, WeighRequest
from pos_client.register.commands import Weighed, WeighingFailed
from pos_client.register.state import PendingWeighing

TRIAL_PRICE_MINOR = 10_000
"""A price scale weighs nothing without a price for a kilogram."""

Answer = Callable[[Weighed | WeighingFailed], None]


class Weigher:
    """One weighing at a time; `answer` is called on the scale's thread."""

    def __init__(self, scale: Scale, answer: Answer) -> None:
        self._scale = scale
        self._answer = answer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scale")

    def weigh(self, pending: PendingWeighing) -> None:
        self._thread.submit(self._weigh, pending)

    def try_out(self, told: Callable[[str, str], None]) -> None:
        """Weigh what lies there, for no sale; `told(problem, grams)` on the scale's thread."""

        def weigh() -> None:
            try:
                weight = self._scale.weigh(WeighRequest(TRIAL_PRICE_MINOR, name="TEST"))
            except DeviceError:
                told(self._problem(), "")
            else:
                told("", str(weight.grams))

        self._thread.submit(weigh)

    def try_now(self) -> None:
        if isinstance(self._scale, Retrying):
            self._scale.try_now()

    def state(self) -> DeviceState:
        return self._scale.state()

    def stop(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._scale.close()

    def _weigh(self, pending: PendingWeighing) -> None:
        line = pending.line
        request = WeighRequest(line.unit_price_minor, pending.tare_grams, line.name)
        try:
            weight = self._scale.weigh(request)
        except DeviceError:
            self._answer(WeighingFailed(pending.weighing_id, self._problem()))
            return
        self._answer(
            Weighed(pending.weighing_id, weight.grams, weight.unit_price_minor, weight.amount_minor)
        )

    def _problem(self) -> str:
        reason = self._scale.state().reason
        return "no_answer" if reason is Reason.NONE else reason.value
