"""`spindel hardware setup`: the wizard, and the two files that it leaves behind.

workstation.toml is shown as a difference before it is written, and every other line of it
stays. The udev rules are a text in the home folder: only root can install them, so the
command that does is printed.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardware.advice import KINDS
from hardware.commands.settings import DEFAULT_HOME, Home, devices_of, is_core_running
from hardware.refusal import refused

if TYPE_CHECKING:
    from hardware.setup.asking import Asker
    from hardware.transports.udev import Known

RULES = "60-spindel.rules"


def set_up(
    only: Annotated[
        list[str] | None, typer.Option(help="Ask for this device alone; may be said again.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="DEVICE=ADDRESS without a question; empty takes it away."),
    ] = None,
    learn: Annotated[bool, typer.Option(help="Offer the test card for printers.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Set up the devices of this workstation, one question at a time.

    Shows what this computer sees, without sending a byte to anything you did not choose. A
    printer prints a test card; scan (or type) three codes on it and the till knows its letters,
    width, cutter and drawer. Scripts use --set; see: spindel hardware addresses

    Example: spindel hardware setup --set printer=escpos+tcp://10.0.0.9:9100 --yes
    """
    from hardware.setup.asking import Asker, Left

    asker = Asker(input, lambda said: typer.echo(said))
    wished: dict[str, str] = {}
    known: list[Known] = []
    now = {each.name: each.address for each in devices_of(_with_file(home, dry_run))}
    try:
        if given:
            wished = _given(given, now)
        else:
            wished, known = _asked(asker, only or list(KINDS), now, home, learn)
        _write(home, wished, asker, dry_run=dry_run, yes=yes or bool(given))
    except (Left, KeyboardInterrupt):
        raise refused("\nLeft; nothing was written.") from None
    _rules(home, known, dry_run)
    if wished and not dry_run and is_core_running(home):
        typer.echo(f"The register that runs takes them up after: spindel stop --home {home}")


def _with_file(home: Path, dry_run: bool) -> Path:
    """A new till may have no file yet."""
    path = home / "workstation.toml"
    if not path.exists() and home.is_dir() and not dry_run:
        path.write_text("[devices]\n", encoding="utf-8")
    return home


def _given(given: list[str], now: dict[str, str]) -> dict[str, str]:
    from hardware.errors import DeviceError
    from hardware.setup.wizard import check

    wished = {}
    for one in given:
        name, equals, address = one.partition("=")
        if not equals or name not in KINDS:
            raise typer.BadParameter(
                f'"{one}" must be DEVICE=ADDRESS, with one of {", ".join(KINDS)}',
                param_hint="--set",
            )
        try:
            for each in address.split():
                check(KINDS[name], each)
        except DeviceError as error:
            raise refused(f"{error}.") from error
        wished[name] = address
    return {name: to for name, to in wished.items() if to != now[name]}


def _asked(
    asker: Asker, only: list[str], now: dict[str, str], home: Path, learn: bool
) -> tuple[dict[str, str], list[Known]]:
    from hardware.setup.candidates import found
    from hardware.setup.wizard import Wizard

    unknown = [name for name in only if name not in KINDS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(KINDS)}", param_hint="--only")
    if is_core_running(home):
        raise refused(
            f"The register that runs on {home} has the devices. "
            f"Stop it first: spindel stop --home {home}"
        )
    wizard = Wizard(asker, found(), learns=learn)
    return wizard.run({name: KINDS[name] for name in only}, now), wizard.known


def _write(home: Path, wished: dict[str, str], asker: Asker, *, dry_run: bool, yes: bool) -> None:
    from hardware.setup.settings_file import NotUnderstood, changed

    path = home / "workstation.toml"
    before = path.read_text("utf-8")
    try:
        after = changed(before, wished)
    except NotUnderstood as error:
        raise refused(f"{path}: {error}; write the addresses there by hand.") from error
    if after == before:
        typer.echo("Nothing changes.")
        return
    typer.echo(_difference(before, after, path.name))
    if dry_run:
        typer.echo("Nothing was written (--dry-run).")
        return
    if not yes and not asker.is_so(f"Write this into {path}?", default=True):
        typer.echo("Nothing was written.")
        return
    half = path.with_suffix(".part")
    try:
        half.write_text(after, encoding="utf-8")
        half.chmod(path.stat().st_mode & 0o777)
        half.replace(path)
    except OSError as error:
        raise refused(f"{path} cannot be written ({error.strerror}).") from error
    typer.echo(f"Written: {path}. See how they are: spindel hardware list --home {home}")


def _difference(before: str, after: str, name: str) -> str:
    rows = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} (now)", f"{name} (then)", lineterm=""
    )
    return "\n".join(rows)


def _rules(home: Path, known: list[Known], dry_run: bool) -> None:
    """What root has to install so that the till may open what was chosen."""
    if not known or not sys.platform.startswith("linux"):
        return
    from hardware.transports.udev import rules

    text = rules(known)
    typer.echo(f"\n{text}")
    path = home / RULES
    if dry_run:
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise refused(f"{path} cannot be written ({error.strerror}).") from error
    typer.echo(
        f"Written: {path}. Install it:\n"
        f"  sudo install -m 644 {path} /etc/udev/rules.d/ && "
        "sudo udevadm control --reload && sudo udevadm trigger"
    )
