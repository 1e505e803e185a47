"""Puts the order room of a central together: its private keeping, its secret, its ways out.

    [central]
    messages = "smtp://user:password@mail.example.com:587?from=order@example.com"
    language = "sv"

`messages` may be an https address too (with `messages_secret`), or a list: the first way that
reaches the customer is taken. Without it letters are written to HOME/outgoing/letters; bookings
go to HOME/outgoing/parcels.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.messages import (
    FirstThatReaches,
    FolderMessenger,
    Messenger,
    SmtpMessenger,
)
from central_sync.server.messages.webhook import WebhookMessenger
from central_sync.server.orders.private import SealedPrivate
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.settings import CentralSettings, CentralTrouble
from central_sync.server.signed_post import may_be_posted_to
from central_sync.server.timestamps import Clock

LEAST_SECRET = 16
_SMTP_PORT = 587


def open_orders(central: Central) -> OrderRoom:
    """The oldest data key is the one whose part never changes: collect codes follow from it."""
    secret = central.data_keys.keys[-1].part("collect-code")
    return OrderRoom(central.database, central.now, SealedPrivate(central.data_keys), secret)


def open_outlets(central: Central) -> Outlets:
    """Raises CentralTrouble for an address that cannot be used."""
    folder = central.settings.home / "outgoing"
    return Outlets(
        FolderCarrier(folder / "parcels"),
        messenger_of(central.settings, central.now),
        central.settings.language,
    )


def messenger_of(settings: CentralSettings, now: Clock) -> Messenger:
    """How customers are told; raises CentralTrouble for an address that cannot be used."""
    if not settings.messages:
        return FolderMessenger(settings.home / "outgoing" / "letters")
    ways = tuple(_way(address, settings, now) for address in settings.messages)
    return ways[0] if len(ways) == 1 else FirstThatReaches(ways)


def _way(address: str, settings: CentralSettings, now: Clock) -> Messenger:
    try:
        parts = urlsplit(address)
        if parts.scheme == "smtp":
            return _mail(parts)
        if may_be_posted_to(address):
            return _gateway(address, settings.messages_secret, now)
    except ValueError as problem:
        raise _wrong() from problem
    raise _wrong()


def _mail(parts: SplitResult) -> SmtpMessenger:
    host, port = parts.hostname or "", parts.port or _SMTP_PORT
    sender = parse_qs(parts.query).get("from", [""])[0]
    if not host or "@" not in sender:
        raise _wrong()
    is_here = host in ("localhost", "127.0.0.1", "::1")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return SmtpMessenger(host, port, sender, user, password, starttls=not is_here)


def _gateway(address: str, secret: str, now: Clock) -> WebhookMessenger:
    if len(secret) < LEAST_SECRET:
        raise CentralTrouble(
            f"central.toml: what is posted is signed: write messages_secret, {LEAST_SECRET} "
            "letters or more, and give it to the receiver."
        )
    return WebhookMessenger(address, secret, now)


def _wrong() -> CentralTrouble:
    return CentralTrouble(
        "central.toml: messages is smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS, an https "
        "address, a list of these, or left out."
    )
