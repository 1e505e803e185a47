"""What a workstation and central say of who it is: new epochs, hashes on demand, new keys.

A fork is settled in two steps that may each be repeated: the till learns from central's
hashes how far both agree, then asks for an epoch under a nonce that it has stored first.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from central_sync.wire.messages import Base64, Boot, Epoch, Head, Message, Sequence

MOST_HASHES = 64
Why = Literal["fork", "ahead", "numbers", "restored"]


class HashesRequest(Message):
    """Which entries of one epoch central is asked to name by their hashes."""

    epoch: Epoch
    sequences: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(
        min_length=1, max_length=MOST_HASHES
    )


class HashesReply(Message):
    """The entries that central holds of those asked for; what it lacks is left out."""

    hashes: list[Head]


class EpochRequest(Message):
    """Why a new epoch is wanted: of `epoch` both hold the same up to `common_sequence`.

    `newest_epoch` is the newest that this till ever had, `highest_number` the highest receipt
    number it printed in `epoch`.
    """

    nonce: str = Field(min_length=16, max_length=64)
    why: Why
    epoch: Epoch
    common_sequence: Sequence
    newest_epoch: Epoch
    highest_number: int = Field(default=0, ge=0, le=2**53)
    boot: Boot = Boot()


class EpochReply(Message):
    """The epoch to write in. `is_used`: entries stand in it already, so ask with a new nonce.

    `first_number` and `next_z_number` are above all that central has seen.
    """

    epoch: Epoch
    first_number: int = Field(default=1, ge=1)
    next_z_number: int = Field(default=1, ge=1)
    is_used: bool = False


class KeyRequest(Message):
    """A new key of this workstation; `proof` is its signature over `key_statement`."""

    public_key: str = Field(min_length=40, max_length=64)
    proof: Base64


class KeyReply(Message):
    """`public_key` is the one that central trusts now; the former one until `former_until`."""

    public_key: str
    former_until: str = ""


def key_statement(workstation_id: str, public_key: str) -> bytes:
    """What the new key signs, to prove that somebody holds it."""
    return f"spindel workstation key {workstation_id} {public_key}".encode()
