"""The line to central for what a person waits for, from what this home says of itself.

httpx is loaded by the line's own thread: a core that starts must not wait for it.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from central_sync.engine.state import Identity
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.key_files import KeyOnDisk
from pos_client.checkout.customer_line import CustomerLine
from pos_client.checkout.desk_line import DeskLine
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.order_line import OrderLine

if TYPE_CHECKING:
    from central_sync.engine.desk import HttpDesk


def desk_line(home: Path, identity: Identity, mailbox: Mailbox, open_things: ExitStack) -> DeskLine:
    """Begins to open at once, in its own thread; a till without network is a late answer."""
    line = DeskLine(lambda: _open(home, identity), mailbox, identity.store_id)
    line.start()
    open_things.callback(line.stop)
    return line


def customer_line(
    home: Path, identity: Identity, mailbox: Mailbox, open_things: ExitStack
) -> CustomerLine:
    """A line of its own: a look-up of a customer waits for no stock and no hold.

    It opens with the first question; by then `desk_line` has loaded what is slow to load.
    """
    line = CustomerLine(lambda: _open(home, identity), mailbox)
    open_things.callback(line.stop)
    return line


def order_line(
    home: Path, identity: Identity, mailbox: Mailbox, open_things: ExitStack
) -> OrderLine:
    """A line of its own: a look-up of an order waits for nothing else."""
    line = OrderLine(lambda: _open(home, identity), mailbox)
    open_things.callback(line.stop)
    return line


def _open(home: Path, identity: Identity) -> HttpDesk:
    """Raises SyncTrouble where the settings or the key cannot be used."""
    from central_sync.engine.desk import HttpDesk
    from central_sync.engine.settings import read_settings

    settings = read_settings(home)
    if not settings.central:
        raise SyncTrouble(
            Code.SETTINGS,
            f"{home / 'workstation.toml'} does not say where central is.",
            'Add central = "https://..." under [workstation].',
        )
    try:
        key = KeyOnDisk(home / "keys" / "workstation.key")
    except (OSError, ValueError) as problem:
        raise SyncTrouble(
            Code.KEY,
            f"The key of this workstation cannot be read: {problem}.",
            "Restore it, or ask head office for a new enrolment code.",
        ) from problem
    return HttpDesk(settings, key, identity.workstation_id)
