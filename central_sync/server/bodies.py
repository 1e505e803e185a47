"""Request bodies: bounded before they are read, unpacked and understood.

A body is counted as it arrives, compressed or not, and again as it unpacks: a header
that promises a small one is not believed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import zstandard
from fastapi import Request
from pydantic import BaseModel, ValidationError

from central_sync.server.refused import Refused, invalid

LARGEST_BODY_BYTES = 8 * 1024 * 1024
# One entry of four million characters, all of which JSON has to escape, still fits.
LARGEST_UNPACKED_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

M = TypeVar("M", bound=BaseModel)

# Schemas of what stands inside the bodies that were `described`, by name.
NESTED: dict[str, Any] = {}


def body_of(kind: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A FastAPI dependency that reads this kind of message; raises Refused."""

    async def read(request: Request) -> M:
        return parsed(kind, (await received(request)).unpacked())

    return read


@dataclass(frozen=True, slots=True)
class Received:
    """A body as it came, bounded and not yet understood."""

    content: bytes
    coding: str = "identity"
    media_type: str = "application/json"

    def unpacked(self) -> bytes:
        """Raises Refused 413, 415 or 422."""
        return unpacked(self.content, self.coding)


async def received(request: Request) -> Received:
    """A FastAPI dependency for a body that is understood elsewhere; raises Refused 413."""
    headers = request.headers
    media_type, _, _ = headers.get("content-type", "application/json").partition(";")
    coding = headers.get("content-encoding", "identity")
    content = await _received(request)
    return Received(content, coding.strip().lower(), media_type.strip().lower())


def described(kind: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI says of a body that `body_of` reads."""
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    NESTED.update(schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def parsed(kind: type[M], content: bytes) -> M:
    """The message; raises Refused 422 that names the first field that is wrong."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise invalid(f"{where}: {first['msg']}") from problem


def unpacked(content: bytes, coding: str) -> bytes:
    """The content as it was before its coding; raises Refused 413, 415 or 422."""
    if coding in ("", "identity"):
        return content
    if coding != "zstd":
        raise Refused(415, "coding", "a body may be sent as it is or compressed with zstd")
    parts, size = [], 0
    try:
        for part in zstandard.ZstdDecompressor(max_window_size=2**27).read_to_iter(
            content, write_size=_CHUNK_BYTES
        ):
            size += len(part)
            if size > LARGEST_UNPACKED_BYTES:
                raise _too_large()
            parts.append(part)
    except zstandard.ZstdError as problem:
        raise invalid("the body is not whole zstd data") from problem
    return b"".join(parts)


async def _received(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> Refused:
    limit = LARGEST_BODY_BYTES // 1024 // 1024
    return Refused(413, "too_large", f"a body may have {limit} MiB; send fewer entries at a time")
