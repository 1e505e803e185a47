"""The three small questions a page can put: pick one, type a value, read a paper.

Pure data with callbacks; the pages of the same names draw them. Keeping the
question as a value means that one instance of each page serves every dialog.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pos_client.register.commands import Command

MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Option:
    """`digit` picks it, "" behind the ninth; `beside` stands at the right."""

    digit: str
    label: str
    act: Callable[[], None]
    beside: str = ""


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


def numbered(
    labels: Sequence[tuple[str, Callable[[], None]]], beside: Sequence[str] = ()
) -> tuple[Option, ...]:
    """Options 1, 2, 3 … in this order, each with its text of `beside`; after nine no digit."""
    texts = beside or [""] * len(labels)
    return tuple(
        Option(str(at) if at <= MOST_DIGITS else "", label, act, text)
        for at, ((label, act), text) in enumerate(zip(labels, texts, strict=True), 1)
    )
