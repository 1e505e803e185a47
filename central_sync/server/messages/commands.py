"""`spindel central emulate`: a mail server and a message gateway to try messages with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from central_sync.server.console import plainly, say
from central_sync.server.messages.emulators import GatewayEmulator, MailEmulator, Received
from central_sync.server.office_commands import group
from central_sync.server.settings import CentralTrouble

E = TypeVar("E", MailEmulator, GatewayEmulator)

emulate = group("Stand-ins that take messages to customers and pass nothing on.")

Folder = Annotated[Path | None, typer.Option(help="Write each message as a file here.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0: one that is free.")]


@emulate.command("mail")
def mail(
    port: Port = 0,
    folder: Folder = None,
    refuse: Annotated[
        list[str] | None, typer.Option(help="An address that is unknown here; may be repeated.")
    ] = None,
) -> None:
    """A mail server on this computer; prints what it gets until Ctrl-C.

    Example: spindel central emulate mail --port 2525 --folder letters
    """
    refused = refuse or ()
    with _listening(
        lambda: MailEmulator(folder, port=port, refuses=refused, on_message=_told)
    ) as server:
        say(f'In central.toml: messages = "{server.address}"')
        _until_stopped()


@emulate.command("gateway")
def gateway(
    port: Port = 0,
    folder: Folder = None,
    secret: Annotated[str, typer.Option(help="As messages_secret; left out, one is made.")] = "",
) -> None:
    """A receiver of signed messages on this computer; prints what it gets until Ctrl-C.

    Example: spindel central emulate gateway --port 8025 --secret 0123456789abcdef
    """
    with _listening(
        lambda: GatewayEmulator(folder, secret=secret, port=port, on_message=_told)
    ) as server:
        say(f'In central.toml: messages = "{server.address}"')
        say(f'                 messages_secret = "{server.secret}"')
        _until_stopped()


@contextmanager
def _listening(open_server: Callable[[], E]) -> Iterator[E]:
    with plainly():
        try:
            emulator = open_server()
        except OSError as problem:
            raise CentralTrouble(f"{problem}. Choose another port with --port.") from problem
        with emulator:
            yield emulator


def _told(message: Received) -> None:
    say(f"to {message.to}: {message.subject}")


def _until_stopped() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        say("Stopped.")
