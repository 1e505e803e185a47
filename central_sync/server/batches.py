"""A batch of a journal as it comes over HTTP, in today's form or in the one of older tills.

It is read in the thread that takes it in, never in the loop that answers everybody. The thing
to get wrong: judging by the sender's revision. The media type says which form this body has.
"""

from __future__ import annotations

from typing import Any

from central_sync.server.bodies import Received, described, parsed
from central_sync.server.intake import Sent
from central_sync.server.refused import invalid
from central_sync.wire.batch import MEDIA_TYPE, BadBatch, Batch
from central_sync.wire.messages import JournalRequest


def batch_of(body: Received) -> Sent:
    """Raises Refused."""
    content = body.unpacked()
    if body.media_type != MEDIA_TYPE:
        return parsed(JournalRequest, content)
    try:
        return Batch.from_bytes(content)
    except BadBatch as problem:
        raise invalid(str(problem)) from problem


def described_batch() -> dict[str, Any]:
    """What OpenAPI says of both forms."""
    told = described(JournalRequest)
    told["requestBody"]["content"][MEDIA_TYPE] = {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "a line of JSON (epoch, first, hash, previous_hash, signature, sizes)"
            " and the bodies behind it, one after the other; may be compressed with zstd",
        }
    }
    return told
