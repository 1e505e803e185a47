"""`spindel hardware emulate terminal`: a card terminal with a bank of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardware.refusal import refused

if TYPE_CHECKING:
    from hardware.emulators.terminal_server import TerminalServer

_PASSPHRASE = "not a secret: an emulated terminal"


def emulate_terminal(
    port: Annotated[int, typer.Option(help="Listen on this TCP port; 0 takes a free one.")] = 8443,
    host: Annotated[str, typer.Option(help="Listen on this machine's address.")] = "127.0.0.1",
    poi: Annotated[str, typer.Option(help="The terminal's name (POIID).")] = "V400m-1234",
    plain: Annotated[
        bool, typer.Option("--plain", help="XML over HTTP instead of sealed JSON over HTTPS.")
    ] = False,
    slow: Annotated[
        bool, typer.Option("--slow", help="A payment waits until you type: tap")
    ] = False,
    certificate_for: Annotated[
        str, typer.Option(help="Show a certificate for this terminal instead, as a stranger would.")
    ] = "",
    keys: Annotated[
        Path, typer.Option(help="Write the root certificate and the shared key here.")
    ] = Path("terminal-keys"),
) -> None:
    """A card terminal. It approves every payment; type what the next one shall meet.

    For example: decline, partial 5000, tip, lose_reply, in_progress 600, busy, signature,
    offline, reboot, forget, tamper mac; at once: tap, restart, bank. An unknown word lists all.

    Example: spindel hardware emulate terminal --port 8443 --keys terminal-keys
    """
    from hardware.emulators.showing import end_on_signal, wait_for_the_end
    from hardware.emulators.terminal_words import obey

    end_on_signal()
    try:
        if plain:
            server, address = _plain(host, port, poi)
        else:
            server, address = _sealed(host, port, poi, keys, certificate_for or poi)
    except OSError as error:
        where = error.filename or f"{host}:{port}"
        raise refused(f"{where} cannot be used ({error.strerror}); name another.") from error
    server.core.waits_for_tap = slow
    try:
        with server:
            typer.echo(f"Terminal: {address}   (Ctrl-C ends)")
            for line in sys.stdin:
                if line.strip():
                    typer.echo(obey(server, line))
            wait_for_the_end()
    except KeyboardInterrupt:
        pass


def _plain(host: str, port: int, poi: str) -> tuple[TerminalServer, str]:
    from hardware.emulators.terminal import EmulatedTerminal
    from hardware.emulators.terminal_replies import XML_DIALECT
    from hardware.emulators.terminal_server import TerminalServer
    from hardware.terminals.xml_skin import XmlSkin

    core = EmulatedTerminal(poi, dialect=XML_DIALECT)
    server = TerminalServer(core, XmlSkin(), host=host, port=port, on_said=typer.echo)
    return server, f"nexo+http://{host}:{server.port}?poi={poi}&sale=till1"


def _sealed(
    host: str, port: int, poi: str, keys: Path, certified: str
) -> tuple[TerminalServer, str]:
    from hardware.emulators.terminal import EmulatedTerminal
    from hardware.emulators.terminal_certificates import make_certificates
    from hardware.emulators.terminal_server import TerminalServer
    from hardware.terminals.envelope import Envelope, derive
    from hardware.terminals.json_skin import JsonSkin

    made = make_certificates(certified)
    new, old = derive("emulated", 2, _PASSPHRASE), derive("emulated", 1, _PASSPHRASE + " (old)")
    server = TerminalServer(
        EmulatedTerminal(poi),
        JsonSkin(Envelope((new, old))),
        host=host,
        port=port,
        certificates=made,
        old_skin=JsonSkin(Envelope((old,))),
        on_said=typer.echo,
    )
    keys.mkdir(parents=True, exist_ok=True)
    root, secret = keys.resolve() / "root.pem", keys.resolve() / "shared.key"
    root.write_bytes(made.root)
    secret.touch(mode=0o600)
    secret.write_text(f"emulated 2 {_PASSPHRASE}\n", encoding="utf-8")
    options = f"poi={poi}&sale=till1&passphrase=file:{secret}&ca={root}"
    return server, f"nexo+https://{host}:{server.port}?{options}"
