"""What a typed line can wish for beside the register's own commands and queries.

Pure. These never reach the core: they are about the prompt itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_client.register.commands import Command, CreateCustomer
from pos_client.register.queries import Query


@dataclass(frozen=True, slots=True)
class ShowView:
    """Every line of the basket, and what is due."""


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """Online, outbox, price age, devices."""


@dataclass(frozen=True, slots=True)
class ShowDevices:
    """Each device, how it is, what to do."""


@dataclass(frozen=True, slots=True)
class ShowParked:
    pass


@dataclass(frozen=True, slots=True)
class ShowCards:
    """The card payments that were set aside."""


@dataclass(frozen=True, slots=True)
class ShowGoods:
    """The list of goods in hand."""


@dataclass(frozen=True, slots=True)
class ShowTasks:
    """What the store is asked to do."""


@dataclass(frozen=True, slots=True)
class ShowTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """`verb` is one command's name, or "" for the list."""

    verb: str = ""


@dataclass(frozen=True, slots=True)
class SpeakLanguage:
    language: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Take the right to act from the client that has it."""


@dataclass(frozen=True, slots=True)
class MakeCustomer:
    """Make a customer, once nobody is likely the same or a person is sure."""

    wish: CreateCustomer


@dataclass(frozen=True, slots=True)
class AskPin:
    """The next line is the PIN of `number`, typed unseen; `verb` is on or approve."""

    verb: str
    number: str


@dataclass(frozen=True, slots=True)
class Quit:
    pass


Local = (
    ShowView
    | ShowStatus
    | ShowDevices
    | ShowParked
    | ShowCards
    | ShowGoods
    | ShowTasks
    | ShowTask
    | ShowHelp
    | SpeakLanguage
    | TakeOver
    | MakeCustomer
    | AskPin
    | Quit
)
Wish = Command | Query | Local
