"""How a command says no: one sentence on standard error, and exit code 1.

The sentence says what to do. A traceback never reaches a person.
"""

from __future__ import annotations

import typer


def refused(sentence: str) -> typer.Exit:
    """Say it, and give back what to raise."""
    typer.echo(sentence, err=True)
    return typer.Exit(1)
