"""Puts something else in the place of a part of the product, for as long as it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def part(owner: object, name: str) -> Any:
    """What stands there now, whether the owner means to show it or not."""
    return vars(owner)[name]


@contextmanager
def replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """`owner.name` is `value` while this lasts; `owner` is a module, a class or an object."""
    kept = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)
