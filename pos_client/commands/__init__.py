"""The commands of this package, as `pos_client.cli` finds them by entry point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from pos_client.commands.demo import demo as run_demo
from pos_client.commands.till import stop as run_stop
from pos_client.commands.till import till as run_till

__all__ = ["demo", "stop", "till"]


def _single(function: Callable[..., Any]) -> typer.Typer:
    """A group of one command, which typer turns into that command."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(function)
    return app


demo = _single(run_demo)
stop = _single(run_stop)
till = _single(run_till)
