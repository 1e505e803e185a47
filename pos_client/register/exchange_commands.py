"""An exchange begun or left; a part of `commands`. It is settled by paying."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartExchange:
    """Keep the return and sell something instead; both are settled together."""


@dataclass(frozen=True, slots=True)
class DropExchange:
    """Nothing is taken instead: back to the return."""
