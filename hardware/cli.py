"""`spindel hardware`: what store IT does with devices, and emulated ones for everybody.

Each command stands in a file of its own in `hardware.commands`; nothing but Typer is imported
until one runs. The schemes that --help names come from the entry points, so a stranger's
driver is named too.
"""

from __future__ import annotations

import typer

from hardware.commands.listening import listen
from hardware.commands.listing import list_devices
from hardware.commands.logs import show_log
from hardware.commands.schemes import addresses
from hardware.commands.setting_up import set_up
from hardware.commands.testing import try_device
from hardware.emulators.cli import emulate

hardware = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    help="Devices: list, test, listen, emulate, set up.",
)
hardware.command("list")(list_devices)
hardware.command("test")(try_device)
hardware.command("listen")(listen)
hardware.command("log")(show_log)
hardware.command("addresses")(addresses)
hardware.command("setup")(set_up)
hardware.add_typer(emulate, name="emulate")
