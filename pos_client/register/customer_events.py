"""Whose the basket is: what happened. Read as part of `events`; ids only.

Pure. Events are saved in clear, so the thing to get wrong is a name in one of these.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomerAttached:
    customer_id: str


@dataclass(frozen=True, slots=True)
class CustomerDetached:
    pass


@dataclass(frozen=True, slots=True)
class CustomerCreated:
    """Attached too. Who it is stands in the sealed note of the same act, and nowhere in here."""

    customer_id: str
