"""`spindel hardware addresses`: what may be written before "://", by kind of device."""

from __future__ import annotations

import json

import typer

from hardware.commands.settings import AsJson


def addresses(as_json: AsJson = False) -> None:
    """Every way to write a device's address that is installed here, with an example.

    Example: spindel hardware addresses
    """
    from hardware.drivers import example_of, schemes

    if as_json:
        typer.echo(json.dumps(schemes()))
        return
    for kind, known in schemes().items():
        typer.echo(kind)
        for scheme in known:
            if scheme != "memory":
                typer.echo(f"  {example_of(scheme, kind)}")
