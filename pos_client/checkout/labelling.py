"""Price labels: an item of the catalogue, as it stands on the shelf's edge.

Not a part of any sale and in no journal: a label may be printed again without harm.
The item is read on the core's thread, the printer is waited for in a thread of its
own, and the answer comes back as any query's does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from central_sync.retail.item import Item
from hardware.errors import Absent, DeviceError
from hardware.labels.layouts import price_label
from hardware.ports import DeviceState, Health, Label, LabelPrinter, Reason, Retrying
from pos_client.checkout.mailbox import Mailbox
from pos_client.register.queries import Answer, LabelAnswer, PrintLabel
from pos_client.texts import Words

MOST_COPIES = 50
STOP_SECONDS = 3.0

Reply = Callable[[Answer | None], None]


@dataclass(frozen=True, slots=True)
class _Job:
    """`told` gets a word for why it was not printed, or ""."""

    label: Label
    told: Callable[[str], None]
    copies: int = 1


class LabelDesk:
    """`find` gives an item by code; `words` are the shop's. Its printer may be None."""

    def __init__(
        self,
        printer: LabelPrinter | None,
        find: Callable[[str], Item | None],
        words: Words,
        mailbox: Mailbox,
    ) -> None:
        self.printer = printer
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
        elif self.printer is None:
            reply(LabelAnswer(item.name, problem=Reason.NOT_CONFIGURED.value))
        else:
            self._jobs.put(self._job(item, max(1, min(query.copies, MOST_COPIES)), reply))

    def _job(self, item: Item, copies: int, reply: Reply) -> _Job:
        def told(problem: str) -> None:
            answer = LabelAnswer(item.name, copies, problem)
            self._mailbox.post(lambda: reply(answer))

        return _Job(label_of(item, self._words), told, copies)

    def print_all(self, labels: Sequence[Label], told: Callable[[str], None]) -> None:
        """Each once, in order; `told` on the core's thread: "", or why the first no."""
        said: list[str] = []

        def one_more(problem: str) -> None:
            said.append(problem)
            if len(said) == len(labels):
                no = next((word for word in said if word), "")
                self._mailbox.post(lambda: told(no))

        for label in labels:
            self._jobs.put(_Job(label, one_more))

    def try_out(self, told: Callable[[str], None]) -> None:
        """One test label; `told` on the label printer's thread: "", or why not."""
        self._jobs.put(_Job(label=_test_label(), told=told))

    def try_now(self) -> None:
        if isinstance(self.printer, Retrying):
            self.printer.try_now()

    def state(self) -> DeviceState | None:
        """How the printer is; None where there is none."""
        return self.printer.state() if self.printer is not None else None

    def stop(self) -> None:
        if self.printer is None:
            return
        self._jobs.put(None)
        self._thread.join(STOP_SECONDS)
        self.printer.close()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.told(self._printed(job))

    def _printed(self, job: _Job) -> str:
        """What went wrong, as a word of the devices', or ""."""
        assert self.printer is not None
        try:
            self.printer.print(job.label, job.copies)
        except Absent:
            return Health.ABSENT.value
        except DeviceError:
            reason = self.printer.state().reason
            return (Reason.NO_ANSWER if reason is Reason.NONE else reason).value
        return ""


def label_of(item: Item, words: Words) -> Label:
    """Name, price (for a kilogram where it is weighed), SKU, and the code to scan."""
    unit = "/kg" if item.is_weighed else ""
    price = f"{words.money(item.price_minor)} kr{unit}"
    return price_label(item.name, price, code=item.gtin or item.sku, note=item.sku)


def _test_label() -> Label:
    return price_label("Åäö ÅÄÖ é €", "1 234,50 kr", code="9520000000004", note="TEST")
