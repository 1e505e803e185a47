"""`spindel central` and `spindel sync`: two groups that must not pay for each other.

The thing to get wrong: an import at the top. Head office's group brings FastAPI and
SQLAlchemy, a till's group httpx; each is loaded when it is asked for, and only then.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_GROUPS = {
    "central": ("central_sync.server.commands", "central"),
    "sync": ("central_sync.engine.commands", "sync"),
}


def __getattr__(name: str) -> Any:
    if name not in _GROUPS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _GROUPS[name]
    return getattr(import_module(module), attribute)
