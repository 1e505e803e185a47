"""What the commands of `spindel central` share: home, troubles, tables, progress.

A person gets one sentence on stderr and exit code 1; a traceback goes to nobody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from central_sync.server.central import Central, open_central
from central_sync.server.refused import Refused
from central_sync.server.settings import DEFAULT_HOME, CentralTrouble, read_settings

EXIT_FAILED = 1

Home = Annotated[
    Path, typer.Option("--home", envvar="SPINDEL_HOME", help="The folder with central's files.")
]
HOME = DEFAULT_HOME
DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="SPINDEL_DATABASE",
        help="sqlite:///FILE or postgresql://USER@HOST/NAME instead of central.db in the home.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what can go wrong into one sentence on stderr and exit code 1."""
    try:
        yield
    except CentralTrouble as trouble:
        raise _failed(str(trouble)) from trouble
    except Refused as refusal:
        raise _failed(sentence(refusal.detail)) from refusal
    except (OperationalError, PoolTimeout) as problem:
        reason = str(getattr(problem, "orig", problem)).strip().splitlines()[0]
        raise _failed(f"The database does not answer: {reason}. Try again, or look at it.") from (
            problem
        )
    except BrokenPipeError:
        raise  # whoever read our words has had enough, as `head` has
    except OSError as problem:
        raise _failed(f"{problem}. Check the path and its rights.") from problem


@contextmanager
def central_at(home: Path, database: str = "") -> Iterator[Central]:
    """The central of a home folder, closed afterwards; troubles told plainly."""
    with plainly():
        central = open_central(read_settings(home, database))
        try:
            yield central
        finally:
            central.close()


def say(text: str) -> None:
    typer.echo(text)


def say_json(facts: Any) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))


def say_table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """A table for a person; `empty` is said when there are no rows."""
    if not rows:
        say(empty)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False, markup=False).print(table)


def say_settings(found: Mapping[str, object], word: str, *, as_json: bool) -> None:
    """Names and values; `word` heads the names."""
    if as_json:
        say_json(found)
    else:
        say_table((word, "value"), list(found.items()), f"No {word}s.")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr where a person watches, and nothing where none does."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _failed(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(EXIT_FAILED)
