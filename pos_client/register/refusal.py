"""How the core says no: a text key, the facts for its sentence, and the beeps.

Pure. A refusal is normal trade, not an error; one place (the cash desk) catches
it and shows it. Every key has a sentence in `texts/messages_*.toml` that ends
with what to do.
"""

from __future__ import annotations

from typing import NoReturn


class Refused(Exception):
    """`values` named `*_minor` are worded as money; `beeps` tells the scanner."""

    def __init__(self, key: str, beeps: int, values: dict[str, str | int]) -> None:
        super().__init__(key)
        self.key = key
        self.beeps = beeps
        self.values = values


def refuse(key: str, *, beeps: int = 0, **values: str | int) -> NoReturn:
    raise Refused(key, beeps, values)
