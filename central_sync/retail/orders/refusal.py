"""How the order machine says no: a key and the facts for its sentence.

Pure. A refusal is ordinary (two stores claim at once); the asker words it.
"""

from __future__ import annotations

from typing import NoReturn


class OrderRefused(Exception):
    """`values` named `*_minor` are worded as money."""

    def __init__(self, key: str, values: dict[str, str | int]) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def refuse(key: str, **values: str | int) -> NoReturn:
    raise OrderRefused(key, values)
