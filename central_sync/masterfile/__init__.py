"""The master file, and the one place where sqlite-utils is first loaded.

sqlite-utils loads numpy when it is installed (central's routing needs it), only to know
numpy's types, and dateutil for a recipe of its command line; no register uses either. They
would cost every till 0.2 s and 18 MB, so it is told that there is no numpy, and given an
empty dateutil. Rooms that use sqlite-utils import this room first.
"""

import sys
from types import ModuleType


def _load_lean() -> None:
    dates = ModuleType("dateutil")
    setattr(dates, "parser", None)  # noqa: B010
    instead = {"numpy": None, "dateutil": dates}
    instead = {name: given for name, given in instead.items() if name not in sys.modules}
    sys.modules.update(instead)  # type: ignore[arg-type]
    try:
        import sqlite_utils  # noqa: F401
    finally:
        for name in instead:
            del sys.modules[name]


_load_lean()
