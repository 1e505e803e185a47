"""What a store did before it heard that a parcel, or a piece of it, is no longer its own.

Its word is refused and the order stays as it is; the goods are somewhere all the same. The thing
to get wrong: taking a refused word for one that did not happen. What was picked goes back on the
shelf; what left the store is booked out, and a person calls the customer, who has it unpaid.
"""

from __future__ import annotations

from typing import Any

from central_sync.retail.orders import EffectKind, ParcelState, StockEffect, commands
from central_sync.retail.orders.commands import OrderCommand
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.orders import inbox, ledger, telling
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.wording import items
from central_sync.server.warehouse import fulfilling
from central_sync.wire.tasks import TaskLine

# Refusals of a word about a parcel that is another's by now, or pieces that are nobody's.
LATE = frozenset(
    ("order.old_assignment", "order.claimed_elsewhere", "order.parcel_is", "order.no_such_line",
     "order.not_so_many")
)  # fmt: skip
# Whose goods belong on the shelf again.
_CALLED_OFF = (ParcelState.CANCELLED, ParcelState.LAPSED)


def put_right(room: OrderRoom, word: Any, order_id: str, command: OrderCommand) -> None:
    """See to the goods of a word that was refused as LATE; `word` is a row of the inbox.

    The same word again changes nothing more.
    """
    if isinstance(command, commands.PickLine | commands.ShortLine):
        _picked_in_vain(room, word, order_id, command)
    elif isinstance(command, commands.HandOver | commands.CollectPieces):
        _gone_all_the_same(room, word, order_id, command)


def _picked_in_vain(
    room: OrderRoom,
    word: Any,
    order_id: str,
    command: commands.PickLine | commands.ShortLine,
) -> None:
    """A picker's word about a parcel that is another store's by now, or is called off.

    Goods that were picked go back on the shelf; where they were not found somebody counts.
    """
    with room.database.atomic() as connection:
        order = ledger.find(connection, order_id).order
        parcel = order.parcel(command.parcel_id)
        carried = parcel.find(command.line) if parcel else None
        if parcel is None or carried is None:
            return
        sold = order.line(command.line)
        was_cancelled = isinstance(command, commands.PickLine) and sold and sold.cancelled
        is_its_own = (parcel.store_id, parcel.epoch) == (command.store_id, command.epoch)
        if is_its_own and not was_cancelled:
            return
        name = items(connection, [carried.sku]).get(carried.sku)
        line = TaskLine(
            line=command.line,
            sku=carried.sku,
            name=name.name if name else carried.sku,
            quantity=command.quantity,
        )
        # One for each word: told again it is the same task.
        number, whose = str(word.inbox_id), (word.store_id, order)
        if isinstance(command, commands.ShortLine):
            task = telling.count_task(*whose, line, number)
        else:
            reason = "order.old_assignment"
            task = telling.put_back_task(*whose, command.parcel_id, line, reason, number)
        telling.tell_tasks(room, connection, order, [task], word.at)


def _gone_all_the_same(
    room: OrderRoom,
    word: Any,
    order_id: str,
    command: commands.HandOver | commands.CollectPieces,
) -> None:
    """A store that had not heard that a parcel was called off sent it, or handed it out.

    What was to be put back left the shelf: it is booked out, and a person calls the customer.
    Told again it finds nothing more to put back.
    """
    with room.database.atomic() as connection:
        order = ledger.find(connection, order_id).order
        parcel = order.parcel(command.parcel_id)
        if parcel is None or parcel.state not in _CALLED_OFF or parcel.store_id != word.store_id:
            return
        caller = order.store_id or word.store_id
        lock_scopes(connection, [store_scope(store) for store in (word.store_id, caller)])
        some = command.pieces if isinstance(command, commands.CollectPieces) else ()
        lines = telling.not_put_back(
            *(connection, word.store_id, order_id, parcel.parcel_id),
            {number for number, _ in some},
            word.at,
        )
        taken = [
            StockEffect(EffectKind.PICK, parcel.parcel_id, word.store_id, line.sku, line.quantity)
            for line in lines
        ]
        done = fulfilling.carry_out(connection, taken, word.at, order_id)
        inbox.shortfalls(connection, done.broken, word.at)
        tasks = [telling.gone_task(caller, order, parcel.parcel_id, line) for line in lines]
        telling.tell_tasks(room, connection, order, tasks, word.at)
