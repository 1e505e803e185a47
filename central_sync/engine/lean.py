"""The one place where httpx is first loaded: without the command line that comes with it.

httpx brings one when click, rich and pygments are there, as they are for ours; nothing of it
is used here, and it would cost every till 5 MB and a tenth of a second.
"""

import sys

_COMMAND_LINE = "httpx._main"


def _load_without_command_line() -> None:
    if "httpx" in sys.modules:
        return
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        import httpx  # noqa: F401
    finally:
        del sys.modules[_COMMAND_LINE]


_load_without_command_line()

import httpx  # noqa: E402

__all__ = ["httpx"]
