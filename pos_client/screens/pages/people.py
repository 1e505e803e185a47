"""Number, then PIN: the two fields that signing on and approving share.

The PIN is shown as dots and kept only until it is sent. A product code in either
field is refused by the page before it can count as a wrong PIN.
"""

from __future__ import annotations

from pos_client.screens.page import Page
from pos_client.screens.till import Till


class PersonPage(Page):
    """Ask for an operator's number, then the PIN; then `identified` is called."""

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.number = ""

    @property
    def is_secret(self) -> bool:
        return bool(self.number)

    def forget(self) -> None:
        self.number = ""
        self.entry.clear()

    def opened(self) -> None:
        self.forget()

    def in_front(self) -> None:
        self.forget()

    def prompt(self) -> str:
        return self.till.say("person.pin" if self.number else "person.number")

    def hint(self) -> str:
        wait = self.till.wait_seconds
        if wait:
            return self.till.say("person.wait", seconds=wait)
        return self.till.say("hint.enter")

    def character(self, character: str) -> None:
        if character.isalnum() or (character == "/" and not self.entry.text):
            self.entry.insert(character)

    def enter(self) -> None:
        text = self.entry.take()
        if not text:
            return
        if not self.number:
            self.number = text
        else:
            number, self.number = self.number, ""
            self.identified(number, text)

    def identified(self, number: str, pin: str) -> None:
        raise NotImplementedError

    def step_back(self) -> bool:
        """Esc inside the two fields; False when there is nothing to take back."""
        if self.entry.text:
            self.entry.clear()
        elif self.number:
            self.entry.put(self.number)
            self.number = ""
        else:
            return False
        return True
