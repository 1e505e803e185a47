"""Labels of parcels: they come when central is reached, on the till that packed, and once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.wire.key_files import save_keys
from central_sync.wire.sealing import KeySet
from central_sync.wire.tasks import ParcelLabels, TaskBody, labels_about
from hardware.memory import MemoryLabelPrinter
from hardware.ports import Health, LabelText
from hardware.printers.text import to_lines
from pos_client.checkout.labelling import LabelDesk
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.parcel_labels import AGAIN_SECONDS, ParcelLabeller
from pos_client.register.commands import AcceptTask, PackTask, PickGoods, PrintTask
from pos_client.texts import words
from tests.builders import SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home
from tests.checkout.test_tasks import PICK, board_of, tell
from tests.hardware.waiting import until

LABELS = ParcelLabels(
    tracking="SPD1SE",
    label="^XA^FO40,40^A0N,40^FH_^FDEva Ek^FS^XZ",
    sender=["Två Par", "Kungsgatan 1", "411 19 Göteborg"],
    receiver=["Eva Ek", "Gatan 1", "411 01 Göteborg"],
    return_tracking="SPD9SE",
)


class Packing:
    """A till that has packed an order; `printer` is its label printer."""

    def __init__(self, home: Path) -> None:
        self.home = a_home(home)
        self.keys = KeySet.generate()
        save_keys(self.home / "keys" / "store.key", self.keys)
        tell(self.home, PICK, "pick", "offered", epoch=1, mode="ship")
        self.desk = Desk(self.home)
        self.desk.shop.board = board_of(self.desk, self.home)
        self.mailbox = Mailbox()
        self.printer = MemoryLabelPrinter()
        self.labels = LabelDesk(self.printer, self.desk.shop.find, words("sv"), self.mailbox)
        self.with_printer = ParcelLabeller(self.desk.desk.ledger, self.labels, lambda: None)
        self.with_paper = ParcelLabeller(self.desk.desk.ledger, None, lambda: None)

    def packs(self) -> None:
        self.desk.signs_on().do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES))
        self.desk.do(PickGoods(PICK, SOCKS, 2)).do(PackTask(PICK))
        self.desk.paper()

    def is_labelled_by_central(self) -> None:
        sealed = self.keys.seal_text(LABELS.model_dump_json().encode(), labels_about("p1"))
        told = TaskBody(epoch=1, mode="ship", tracking="SPD1SE", labels=sealed)
        tell(self.home, PICK, "pick", "packed", **told.model_dump(exclude_defaults=True))
        self.desk.shop.board.forget()

    def paper(self) -> list[str]:
        return ["\n".join(to_lines(job.document, 42)) for job in self.desk.paper()]

    def close(self) -> None:
        self.labels.stop()
        self.mailbox.close()
        self.desk.__exit__(None, None, None)


@pytest.fixture
def packing(tmp_path: Path) -> Iterator[Packing]:
    till = Packing(tmp_path / "till")
    yield till
    till.close()


def test_packing_goes_on_without_central_and_the_label_comes_later_and_once(
    packing: Packing,
) -> None:
    packing.packs()
    packing.with_paper.look(0.0)
    assert packing.paper() == []

    packing.is_labelled_by_central()
    packing.with_paper.look(1.0)
    packing.with_paper.look(2.0)

    [paper] = packing.paper()
    assert "FRAKTETIKETT" in paper
    assert "SPD1SE" in paper
    assert paper.index("RETURETIKETT") < paper.index("SPD9SE")


def test_a_till_that_did_not_pack_prints_a_label_only_when_it_is_asked_to(
    packing: Packing,
) -> None:
    packing.desk.signs_on()
    packing.is_labelled_by_central()
    packing.with_paper.look(0.0)
    assert packing.paper() == []

    packing.desk.do(PrintTask(PICK))
    packing.with_paper.look(1.0)

    assert ["FRAKTETIKETT" in paper for paper in packing.paper()] == [False, True]


def test_a_label_printer_prints_what_the_carrier_drew_and_our_own_return_label(
    packing: Packing,
) -> None:
    packing.packs()
    packing.is_labelled_by_central()

    packing.with_printer.look(0.0)
    until(lambda: packing.mailbox.deliver())
    packing.with_printer.look(AGAIN_SECONDS + 1)

    first, back = packing.printer.printed
    texts = [element.text for element in back.elements if isinstance(element, LabelText)]
    assert (first.zpl, back.zpl) == (LABELS.label, "")
    assert texts[-1].endswith("SPD9SE")
    assert packing.paper() == []


def test_a_label_that_could_not_be_printed_is_printed_when_the_printer_is_back(
    packing: Packing,
) -> None:
    packing.packs()
    packing.is_labelled_by_central()
    packing.printer.put_in_state(Health.ABSENT)
    packing.with_printer.look(0.0)
    until(lambda: packing.mailbox.deliver())
    packing.printer.put_in_state(Health.READY)

    packing.with_printer.look(1.0)
    assert packing.printer.printed == []
    packing.with_printer.look(AGAIN_SECONDS)
    until(lambda: packing.mailbox.deliver())

    assert len(packing.printer.printed) == 2


def test_a_name_leaves_the_spool_with_the_label(packing: Packing) -> None:
    packing.packs()
    packing.is_labelled_by_central()
    packing.with_paper.look(0.0)
    connection = packing.desk.records.database.conn

    connection.execute("UPDATE print_job SET state = 'confirmed' WHERE kind = 'parcel_label'")

    kept = connection.execute("SELECT document FROM print_job WHERE kind = 'parcel_label'")
    assert kept.fetchall() == [("[]",)]
