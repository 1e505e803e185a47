"""Paper of a task: what to fetch from where, and the note that goes with the goods.

Pure. A delivery note is no receipt: the whole order was receipted when it was paid, so no
price stands here. Personal data stands only on the note, never on a pick list.
"""

from __future__ import annotations

from collections.abc import Sequence

from central_sync.countries.country import Country
from central_sync.retail.transaction import Seller
from hardware.document import (
    Align,
    Barcode,
    BarcodeKind,
    Columns,
    Cut,
    Document,
    Element,
    Rule,
    Text,
)
from pos_client.receipts.checkpoints import END
from pos_client.receipts.paper import Paper, paper_for
from pos_client.register.tasks import ParcelLabels, Task, TaskLine


def pick_list(task: Task, store_name: str, country: Country, local_time: str) -> Document:
    """In walking order, with a box to tick and the code to scan the order by."""
    paper = paper_for(country, None)
    rows = _to_another_store(task, store_name, paper)
    for line in task.lines:
        if line.left:
            rows += _to_fetch(line)
    return _paper("pick_title", task, rows, paper, local_time)


def delivery_note(
    task: Task,
    pieces: tuple[tuple[int, int], ...],
    seller: Seller,
    country: Country,
    local_time: str,
) -> Document:
    """What goes with the goods; `pieces` are (line, count), none of them means the whole task."""
    paper = paper_for(country, None)
    counts = dict(pieces) or {line.line: line.quantity for line in task.lines}
    sender = (seller.store_name, seller.address, f"{seller.postcode} {seller.town}".strip())
    rows: list[Element] = [Text(line) for line in sender if line]
    rows += [Rule(), *(Text(line, bold=True) for line in task.who), Rule()] if task.who else []
    rows += _to_another_store(task, seller.store_name, paper)
    rows += [
        Columns(line.name, str(counts[line.line])) for line in task.lines if counts.get(line.line)
    ]
    rows += [Rule(), Text(paper.say("task.no_receipt"), Align.CENTRE)]
    return _paper("note_title", task, rows, paper, local_time)


def parcel_label(labels: ParcelLabels, number: str, country: Country) -> Document:
    """For a till without a label printer: paper to stick on, and the slip to send it back with."""
    paper = paper_for(country, None)
    rows = _addressed("label_title", labels.receiver, labels.sender, labels.tracking, number, paper)
    if labels.return_tracking:
        back = (labels.sender, labels.receiver, labels.return_tracking, number, paper)
        rows += [Cut(), *_addressed("return_title", *back)]
    return Document((*rows, *END))


def _addressed(
    title: str,
    receiver: Sequence[str],
    sender: Sequence[str],
    tracking: str,
    number: str,
    paper: Paper,
) -> list[Element]:
    return [
        Text(paper.say(f"task.{title}"), Align.CENTRE, bold=True),
        Text(f"{paper.say('task.order')} {number}", Align.CENTRE),
        Rule(),
        *(Text(line, bold=True, double=True) for line in receiver),
        Rule(),
        Text(f"{paper.say('task.from')} {', '.join(sender)}"),
        Barcode(BarcodeKind.CODE128, tracking),
        Text(tracking, Align.CENTRE),
    ]


def _to_another_store(task: Task, store_name: str, paper: Paper) -> list[Element]:
    """Where the customer collects it, lest it is sent to the address above."""
    goes_to = task.goes_to(store_name)
    return [Text(f"{paper.say('order.collect')} {goes_to}", bold=True), Rule()] if goes_to else []


def _to_fetch(line: TaskLine) -> list[Element]:
    rows: list[Element] = [Columns(f"[ ] {line.name}", str(line.left), bold=True)]
    where = "  ".join(part for part in (line.place, line.sku) if part)
    return [*rows, Text(f"    {where}")]


def _paper(title: str, task: Task, rows: list[Element], paper: Paper, local_time: str) -> Document:
    code: list[Element] = [Barcode(BarcodeKind.CODE128, task.number)] if task.number else []
    return Document(
        (
            Text(paper.say(f"task.{title}"), Align.CENTRE, bold=True),
            Text(f"{paper.say('task.order')} {task.number}", Align.CENTRE, bold=True),
            Text(local_time, Align.CENTRE),
            Rule(),
            *rows,
            *code,
            *END,
        )
    )
