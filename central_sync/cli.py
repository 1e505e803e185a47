"""`spindel central` and `spindel sync`: two groups that must not pay for each other.

The thing to get wrong: an import at the top. Head office's group brings FastAPI and
SQLAlchemy, a till's group httpx; each is loaded when it is asked for, and only then.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer


def __getattr__(name: str) -> Any:
    """`central` and `sync`, as the entry points name them."""
    if name == "central":
        return _central()
    if name == "sync":
        return _sync()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _central() -> typer.Typer:
    from central_sync.demo.commands import demo_files
    from central_sync.server.commands import central

    central.command("demo-files")(demo_files)
    return central


@cache
def _sync() -> typer.Typer:
    from central_sync.engine.commands import sync

    return sync
