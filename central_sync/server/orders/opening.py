"""Puts the order room of a central together: its private keeping, its secret, its ways out.

    [central]
    messages = "smtp://user:password@mail.example.com:587?from=order@example.com"
    language = "sv"

Without them letters are written to HOME/outgoing/letters and bookings to HOME/outgoing/parcels.
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.messages import FolderMessenger, Messenger, SmtpMessenger
from central_sync.server.orders.private import SealedPrivate
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.settings import CentralTrouble

_SMTP_PORT = 587


def open_orders(central: Central) -> OrderRoom:
    """The oldest data key is the one whose part never changes: collect codes follow from it."""
    secret = central.data_keys.keys[-1].part("collect-code")
    return OrderRoom(central.database, central.now, SealedPrivate(central.data_keys), secret)


def open_outlets(central: Central) -> Outlets:
    """Raises CentralTrouble for an address that cannot be used."""
    folder = central.settings.home / "outgoing"
    return Outlets(
        FolderCarrier(folder / "parcels"), _messenger(central), central.settings.language
    )


def _messenger(central: Central) -> Messenger:
    address = central.settings.messages
    if not address:
        return FolderMessenger(central.settings.home / "outgoing" / "letters")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _SMTP_PORT
    except ValueError as problem:
        raise _wrong() from problem
    sender = parse_qs(parts.query).get("from", [""])[0]
    if parts.scheme != "smtp" or not host or "@" not in sender:
        raise _wrong()
    is_here = host in ("localhost", "127.0.0.1", "::1")
    return SmtpMessenger(
        host,
        port,
        sender,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        starttls=not is_here,
    )


def _wrong() -> CentralTrouble:
    return CentralTrouble(
        "central.toml: messages is smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS, or left out."
    )
