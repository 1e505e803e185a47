"""Text from strangers as every database can hold it: PostgreSQL refuses NUL and half characters."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def storable(text: str) -> str:
    """The text without NUL, and with "?" for what is no whole character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _refuse_unstorable(text: str) -> str:
    if storable(text) != text:
        raise ValueError("must not hold NUL or half characters")
    return text


StorableText = Annotated[str, AfterValidator(_refuse_unstorable)]
