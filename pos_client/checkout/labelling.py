"""Price labels: an item of the catalogue, as it stands on the shelf's edge.

Not a part of any sale and in no journal: a label may be printed again without harm.
The item is read on the core's thread, the printer is waited for in a thread of its
own, and the answer comes back as any query's does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from central_sync.retail.item import Item
from hardware.errors import Absent, DeviceError
from hardware.labels.layouts import price_label
from hardware.ports import DeviceState, Health, Label, LabelPrinter, Reason
from pos_client.checkout.mailbox import Mailbox
from pos_client.register.queries import Answer, LabelAnswer, PrintLabel
from pos_client.texts import Words

MOST_COPIES = 50
STOP_SECONDS = 3.0

Reply = Callable[[Answer | None], None]


@dataclass(frozen=True, slots=True)
class _Job:
    item: Item
    copies: int
    reply: Reply


class LabelDesk:
    """`find` gives an item by code; `words` are the shop's. Its printer may be None."""

    def __init__(
        self,
        printer: LabelPrinter | None,
        find: Callable[[str], Item | None],
        words: Words,
        mailbox: Mailbox,
    ) -> None:
        self._printer = printer
        self._find = find
        self._words = words
        self._mailbox = mailbox
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="labels", daemon=True)
        if printer is not None:
            self._thread.start()

    def ask(self, query: PrintLabel, reply: Reply) -> None:
        """On the core's thread; the reply comes there too."""
        item = self._find(query.code)
        if item is None:
            reply(LabelAnswer(query.code[:40], problem="unknown"))
        elif item.open_price:
            reply(LabelAnswer(item.name, problem="open_price"))
        elif self._printer is None:
            reply(LabelAnswer(item.name, problem=Reason.NOT_CONFIGURED.value))
        else:
            self._jobs.put(_Job(item, max(1, min(query.copies, MOST_COPIES)), reply))

    def state(self) -> DeviceState | None:
        """How the printer is; None where there is none."""
        return self._printer.state() if self._printer is not None else None

    def stop(self) -> None:
        if self._printer is None:
            return
        self._jobs.put(None)
        self._thread.join(STOP_SECONDS)
        self._printer.close()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._answer(job, self._printed(job))

    def _answer(self, job: _Job, problem: str) -> None:
        answer = LabelAnswer(job.item.name, job.copies, problem)
        self._mailbox.post(lambda: job.reply(answer))

    def _printed(self, job: _Job) -> str:
        """What went wrong, as a word of the devices', or ""."""
        assert self._printer is not None
        try:
            self._printer.print(label_of(job.item, self._words), job.copies)
        except Absent:
            return Health.ABSENT.value
        except DeviceError:
            reason = self._printer.state().reason
            return (Reason.NO_ANSWER if reason is Reason.NONE else reason).value
        return ""


def label_of(item: Item, words: Words) -> Label:
    """Name, price (for a kilogram where it is weighed), SKU, and the code to scan."""
    unit = "/kg" if item.is_weighed else ""
    price = f"{words.money(item.price_minor)} kr{unit}"
    return price_label(item.name, price, code=item.gtin or item.sku, note=item.sku)
