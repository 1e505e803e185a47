"""The master file, and the one place where sqlite-utils is first loaded.

sqlite-utils loads numpy when it is installed (central's routing needs it), only to know
numpy's types, which no register uses. That would cost every till 0.2 s and 16 MB, so it is
told that there is none. Rooms that use sqlite-utils import this room first.
"""

import sys


def _load_without_numpy() -> None:
    if "numpy" in sys.modules:
        return
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        import sqlite_utils  # noqa: F401
    finally:
        del sys.modules["numpy"]


_load_without_numpy()
