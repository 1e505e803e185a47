"""How the wizard talks to a person: a line out, a line back.

A scanner that types as a keyboard answers as a person does, with its code and Enter; its AIM
identifier is taken off. The end of the input is a wish to leave, never an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_AIM = re.compile(r"^\][A-Za-z][0-9a-zA-Z]")


class Left(Exception):
    """The person has left; nothing is written."""


@dataclass(frozen=True, slots=True)
class Asker:
    """`read` gives a line after its prompt and raises EOFError at the end."""

    read: Callable[[str], str]
    say: Callable[[str], None]

    def ask(self, question: str) -> str:
        try:
            answer = self.read(f"{question} ")
        except EOFError:
            raise Left from None
        return _AIM.sub("", answer.strip())

    def is_so(self, question: str, *, default: bool = False) -> bool:
        answer = self.ask(f"{question} [{'Y/n' if default else 'y/N'}]").lower()
        return answer[:1] in ("y", "j") if answer else default

    def choose(self, question: str, options: Sequence[str]) -> str:
        """The number picked, as text, or what was typed instead."""
        for at, option in enumerate(options, 1):
            self.say(f"  {at}  {option}")
        return self.ask(question)
