"""The three small questions a page can put: pick one, type a value, read a paper.

Pure data with callbacks; the pages of the same names draw them. Keeping the
question as a value means that one instance of each page serves every dialog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pos_client.register.commands import Command


@dataclass(frozen=True, slots=True)
class Option:
    """`digit` picks it; never Enter, which a scanner could send."""

    digit: str
    label: str
    act: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Choice:
    title: str
    options: tuple[Option, ...]
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """`take` gets the typed text and returns "" or the text key of what is wrong with it."""

    title: str
    prompt: str
    hint: str
    take: Callable[[str], str]
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper to look at; F9 sends `command`, when there is one."""

    title: str
    lines: tuple[str, ...]
    command: Command | None = None
    print_label: str = "print"


def numbered(labels: list[tuple[str, Callable[[], None]]]) -> tuple[Option, ...]:
    """Options 1, 2, 3 … in this order; at most nine."""
    return tuple(Option(str(at), label, act) for at, (label, act) in enumerate(labels[:9], 1))
