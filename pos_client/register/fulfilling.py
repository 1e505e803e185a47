"""The store's tasks: take or refuse them, pick, pack, hand over, make ready, hand out.

Pure. What is decided here is only what the till says; central decides whether it was in
time. The thing to get wrong: waiting for that. Every word is journalled and goes out when
the line is back; a word that came too late brings a task to put goods back, no error.
"""

from __future__ import annotations

from central_sync.retail.operator import Operator
from central_sync.retail.orders import commands as order_commands
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.plain import tagged
from pos_client.register import commands
from pos_client.register.events import Event, TaskActed
from pos_client.register.refusal import refuse
from pos_client.register.selling import item_of
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register
from pos_client.register.tasks import (
    ACCEPTED,
    DONE,
    OFFERED,
    PACKED,
    PICKING,
    READY,
    Task,
    TaskAct,
    TaskLine,
)

PICK_LIST, DELIVERY_NOTE, PARCEL_LABEL = "pick_list", "delivery_note", "parcel_label"


def see(
    state: Register, command: commands.SeeTask, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    """An offer was opened by a person: central gives less time from now on."""
    task = _the_task(command.task_id, shop)
    if task.kind != "pick" or task.state != OFFERED or task.is_seen:
        return []
    return [_said(task, order_commands.SeeOffer(task.parcel_id, _store(shop), facts.at))]


def accept(
    state: Register,
    command: commands.AcceptTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    task = _the_task(command.task_id, shop, "pick")
    if task.state != OFFERED:
        refuse("task.taken_already", number=task.number)
    claim = order_commands.ClaimParcel(task.parcel_id, _store(shop), task.offer_epoch)
    return [_said(task, claim, PICK_LIST)]


def reject(
    state: Register,
    command: commands.RejectTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    task = _the_task(command.task_id, shop, "pick")
    if not command.reason.strip():
        refuse("reason.needed")
    if task.state not in (OFFERED, ACCEPTED) or task.pieces_picked:
        refuse("task.picked_already", number=task.number)
    epoch = task.offer_epoch if task.state == OFFERED else task.working_epoch
    said = order_commands.RejectParcel(task.parcel_id, _store(shop), epoch, command.reason.strip())
    return [_said(task, said)]


def pick(
    state: Register,
    command: commands.PickGoods,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """An item off the shelf, by its code; another item than asked for is refused."""
    task = _being_picked(command.task_id, shop, is_sure=command.is_sure)
    item = item_of(command.code, command.symbology, shop)
    lines = [line for line in task.lines if line.sku == item.sku]
    if not lines:
        refuse("task.wrong_item", beeps=2, name=item.name)
    line = next((line for line in lines if line.left), None)
    if line is None:
        refuse("task.no_more", beeps=2, name=item.name)
    if not 1 <= command.quantity <= line.left:
        refuse("task.too_many", beeps=2, name=item.name, count=line.left)
    at = (task.parcel_id, _store(shop), task.working_epoch)
    return [_said(task, order_commands.PickLine(*at, line.line, command.quantity))]


def miss(
    state: Register,
    command: commands.MissGoods,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """Not on the shelf: those pieces go to another store, and the shelf is to be counted."""
    task = _being_picked(command.task_id, shop, is_sure=command.is_sure)
    line = _line_of(task, command.line)
    if not command.reason.strip():
        refuse("reason.needed")
    quantity = command.quantity or line.left
    if not 1 <= quantity <= line.left:
        refuse("task.too_many", beeps=2, name=line.name, count=line.left)
    at = (task.parcel_id, _store(shop), task.working_epoch)
    said = order_commands.ShortLine(*at, line.line, quantity, command.reason.strip())
    return [_said(task, said)]


def pack(
    state: Register,
    command: commands.PackTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    task = _being_picked(command.task_id, shop, is_sure=command.is_sure)
    if task.pieces_left or not task.pieces_picked:
        refuse("task.not_all_picked", count=task.pieces_left)
    said = order_commands.PackParcel(task.parcel_id, _store(shop), task.working_epoch)
    papers = (DELIVERY_NOTE,) if _leaves(task, shop) else ()
    return [_said(task, said, *papers)]


def hand_over(
    state: Register,
    command: commands.HandOverTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """To the carrier; a parcel to be collected here goes on a shelf instead."""
    task = _packed(command.task_id, shop)
    if not _leaves(task, shop):
        refuse("task.collected_here")
    _may_leave(task)
    said = order_commands.HandOver(
        task.parcel_id, _store(shop), task.working_epoch, command.tracking.strip()
    )
    return [_said(task, said)]


def hand_over_parcel(
    state: Register,
    command: commands.HandOverParcel,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """Into the carrier's car, by the code on its label; scanned twice it says so."""
    code = command.code.strip()
    task = shop.parcel(code)
    if task is None:
        refuse("task.no_such_parcel", beeps=2, code=code[:40])
    if task.state == DONE:
        refuse("task.handed_already", beeps=1, number=task.number)
    if task.state != PACKED:
        refuse("task.pack_first", beeps=2, number=task.number)
    if not _leaves(task, shop):
        refuse("task.collected_here", beeps=2)
    _may_leave(task)
    tracking = code if code == task.tracking else ""
    said = order_commands.HandOver(task.parcel_id, _store(shop), task.working_epoch, tracking)
    return [_said(task, said)]


def make_ready(
    state: Register,
    command: commands.PutOnShelf,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """On a shelf for the customer, whom central tells; central says how long it is kept."""
    task = _the_task(command.task_id, shop)
    if task.kind == "transfer_in" and not task.parcel_id:
        refuse("task.receive_it")
    if task.kind != "transfer_in":
        task = _packed(command.task_id, shop)
        if _leaves(task, shop):
            refuse("task.goes_to_carrier")
    if not command.place.strip():
        refuse("task.which_place")
    return [
        _said(
            task,
            order_commands.MakeReady(task.parcel_id, _store(shop), command.place.strip(), ""),
        )
    ]


def hand_out(
    state: Register,
    command: commands.HandOut,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """To the customer, by the code that was sent; all that is left, or some of it."""
    task = _the_task(command.task_id, shop, "collect")
    if task.state != READY:
        refuse("task.not_ready", number=task.number)
    if not shop.code_matches(task, command.code):
        refuse("task.wrong_code", beeps=2)
    wanted = dict(command.pieces) or {
        line.line: line.quantity - line.collected for line in task.lines
    }
    pieces = tuple((number, count) for number, count in wanted.items() if count)
    if not pieces:
        refuse("task.nothing_left", number=task.number)
    for number, count in pieces:
        line = _line_of(task, number)
        if not 1 <= count <= line.quantity - line.collected:
            left = line.quantity - line.collected
            refuse("task.too_many", beeps=2, name=line.name, count=left)
    due = sum(line.unpaid_minor for line in task.lines if line.line in dict(pieces))
    if due:
        refuse("task.unpaid", beeps=2, amount_minor=due)
    said = order_commands.CollectPieces(task.parcel_id, _store(shop), pieces)
    return [_said(task, said, DELIVERY_NOTE)]


def no_show(
    state: Register,
    command: commands.NoShowTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    task = _the_task(command.task_id, shop, "collect")
    if task.hold_until > facts.at:
        refuse("task.still_held", day=task.hold_until[:10])
    return [_said(task, order_commands.NoShow(task.parcel_id))]


def end(
    state: Register,
    command: commands.EndTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """The customer was called, or the goods are on the shelf again."""
    task = _the_task(command.task_id, shop)
    if task.kind not in ("call_customer", "put_back"):
        refuse("task.ends_by_itself")
    act = TaskAct(task.task_id, task.epoch, task.order_id, None, "done", command.reason.strip())
    return [TaskActed(act)]


def print_list(
    state: Register,
    command: commands.PrintTask,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    task = _the_task(command.task_id, shop)
    act = TaskAct(task.task_id, task.working_epoch, task.order_id)
    is_picked = task.state in (PACKED, READY)
    papers: tuple[str, ...] = (DELIVERY_NOTE if is_picked else PICK_LIST,)
    if task.state == PACKED and task.has_labels:
        papers += (PARCEL_LABEL,)
    return [TaskActed(act, task.number, "", papers, False)]


ASKING = ("task.elsewhere",)
"""Refusals that are questions: the same command with `is_sure` is the yes."""


def _the_task(task_id: str, shop: Shop, kind: str = "") -> Task:
    task = shop.task(task_id)
    if task is None or not task.is_open:
        refuse("task.gone", beeps=1)
    if kind and task.kind != kind:
        refuse("task.other_kind", beeps=1)
    return task


def _being_picked(task_id: str, shop: Shop, *, is_sure: bool) -> Task:
    task = _the_task(task_id, shop, "pick")
    if task.state == OFFERED:
        refuse("task.accept_first", beeps=2)
    if task.state not in (ACCEPTED, PICKING):
        refuse("task.packed_already", beeps=2, number=task.number)
    if not task.is_mine and not is_sure:
        refuse("task.elsewhere", beeps=2, number=task.number)
    return task


def _packed(task_id: str, shop: Shop) -> Task:
    task = _the_task(task_id, shop, "pick")
    if task.state != PACKED:
        refuse("task.pack_first", number=task.number)
    return task


def _may_leave(task: Task) -> None:
    """A yes that central has not heard is no yes: when the offer runs out another store sends it.

    Picking and packing go on meanwhile, for those can be undone; a parcel on its way cannot.
    """
    if task.awaits_central:
        refuse("task.not_confirmed", beeps=2, number=task.number)


def _leaves(task: Task, shop: Shop) -> bool:
    """By a carrier: home to the customer, or to the store where it is collected."""
    return task.mode != "collect" or task.collect_store_id not in ("", _store(shop))


def _line_of(task: Task, number: int) -> TaskLine:
    line = next((line for line in task.lines if line.line == number), None)
    if line is None:
        refuse("line.none")
    return line


def _store(shop: Shop) -> str:
    return shop.seller.store_id


def _said(task: Task, command: OrderCommand, *papers: str) -> TaskActed:
    act = TaskAct(task.task_id, task.working_epoch, task.order_id, tagged(command))
    name = ""
    line = getattr(command, "line", 0)
    if line:
        name = _line_of(task, line).name
    return TaskActed(act, task.number, name, papers)
