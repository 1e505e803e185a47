"""python -m pos_client.commands.spindel: the same as `spindel`, for child processes.

Needed because a virtual environment's script may not be on the PATH of a service.
"""

from __future__ import annotations

from importlib.metadata import entry_points

if __name__ == "__main__":
    (script,) = entry_points(group="console_scripts", name="spindel")
    script.load()()
