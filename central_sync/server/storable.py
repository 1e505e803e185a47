"""Text from strangers as every database can hold it: PostgreSQL refuses NUL and half characters."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text without NUL, and with "?" for what is no whole character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
