"""Labels parcels: as soon as the carrier's label is here, on the till that packed the goods.

Central books a parcel when it hears that it is packed, so without a network packing goes on
and its label comes when the line is back. The thing to get wrong: when a label is done. On
a label printer once it is out (twice does no harm), on the receipt printer once it is queued.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.labels.layouts import address_label
from hardware.ports import Label
from pos_client.checkout.labelling import LabelDesk
from pos_client.checkout.ledger import Ledger
from pos_client.receipts.task_papers import parcel_label
from pos_client.register.tasks import PACKED, ParcelLabels, Task

AGAIN_SECONDS = 15.0
WANTED, PRINTED = "wanted", "printed"


class ParcelLabeller:
    """`paper_waits` wakes the print worker; `labels` may have no printer. Core's thread only."""

    def __init__(self, ledger: Ledger, labels: LabelDesk | None, paper_waits: Callable[[], None]):
        self._ledger = ledger
        self._labels = labels if labels is not None and labels.printer is not None else None
        self._paper_waits = paper_waits
        self._not_before: dict[str, float] = {}

    def look(self, seconds: float) -> None:
        """Label what can be labelled; `seconds` is a clock that only goes on.

        Raises StorageTrouble when the disk refuses.
        """
        packed = [task for task in self._ledger.shop.board.tasks() if _has_label_to_print(task)]
        if not packed:
            return
        states = self._ledger.label_states()
        for task in packed:
            epoch, state = states.get(task.task_id, (-1, ""))
            is_new = task.is_packed_here and epoch != task.working_epoch
            if (is_new or state == WANTED) and seconds >= self._not_before.get(task.task_id, 0.0):
                self._print(task, seconds)

    def _print(self, task: Task, seconds: float) -> None:
        labels = self._ledger.shop.board.labels(task.task_id)
        if labels is None:
            # Sealed under a key that is not here yet.
            self._not_before[task.task_id] = seconds + AGAIN_SECONDS
        elif self._labels is None:
            shop = self._ledger.shop
            self._ledger.label_parcel(task, parcel_label(labels, task.number, shop.country))
            self._paper_waits()
        else:
            # Nobody asks again while it is being printed; a printer that says no is asked later.
            self._not_before[task.task_id] = seconds + AGAIN_SECONDS
            self._labels.print_all(drawn(labels, task.number), lambda no: self._told(task, no))

    def _told(self, task: Task, problem: str) -> None:
        if not problem:
            self._ledger.label_parcel(task)
            self._not_before.pop(task.task_id, None)


def drawn(labels: ParcelLabels, number: str) -> tuple[Label, ...]:
    """The parcel's label, and the one with which it can be sent back."""
    sender, receiver = labels.sender, labels.receiver
    found = [_label(receiver, sender, labels.tracking, number, labels.label)]
    if labels.return_tracking:
        found.append(_label(sender, receiver, labels.return_tracking, number, labels.return_label))
    return tuple(found)


def _label(
    receiver: tuple[str, ...], sender: tuple[str, ...], tracking: str, number: str, zpl: str
) -> Label:
    ours = address_label(receiver, sender, code=tracking, note=f"{number}  {tracking}")
    return Label(ours.width, ours.height, ours.elements, zpl)


def _has_label_to_print(task: Task) -> bool:
    return task.state == PACKED and task.has_labels
