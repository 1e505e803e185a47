"""The signed code on a receipt: made with this till's key, and another till's read and judged.

Fulfilled with a file and the master data alone, since it is for when nobody answers. The thing
to get wrong: believing a signature by itself. It must be of a key of the chain that the feed
has told of, of the very till that the code names, and not revoked.
"""

from __future__ import annotations

import logging
from pathlib import Path

from central_sync.retail.item import ItemKind
from central_sync.retail.proof import (
    LARGEST_CHARACTERS,
    NoProof,
    Proof,
    ProofLine,
    code_of,
    kinds_of,
    looks_like,
    parted,
    payload_of,
    read_payload,
    signed_bytes,
)
from central_sync.retail.transaction import ReceiptKind, RetailTransaction
from central_sync.wire.keys import SigningKey, verify
from pos_client.storage.master import MasterData

_log = logging.getLogger(__name__)
_KEY_FILE = "keys/workstation.key"


class Prover:
    """`home` None: nothing is signed, and what others signed is still read."""

    def __init__(self, home: Path | None, workstation_id: str, master: MasterData) -> None:
        self._home, self._workstation_id, self._master = home, workstation_id, master
        self._key: SigningKey | None = None
        self._changed_ns = 0

    def code(self, transaction: RetailTransaction, return_days: int) -> str:
        """What stands on the paper; "" where it cannot be made or would not fit."""
        proof = proof_of(transaction, self._workstation_id, return_days)
        key = self._newest_key()
        if key is None or proof is None:
            return ""
        payload = payload_of(proof)
        code = code_of(payload, key.sign(signed_bytes(payload)))
        return code if len(code) <= LARGEST_CHARACTERS else ""

    def read(self, text: str) -> Proof | str:
        """What a code proves, or why it is not believed: damaged, unknown, revoked, false."""
        try:
            payload, signature = parted(text)
            proof = read_payload(payload)
        except NoProof as problem:
            _log.warning("a receipt's code was not read: %s", problem)
            return "damaged"
        keys = self._master.workstation_keys(proof.workstation_id)
        if not keys:
            return "unknown"
        for public_key, state, _ in keys:
            if verify(public_key, signature, signed_bytes(payload)):
                return "revoked" if state == "revoked" else proof
        return "false"

    def _newest_key(self) -> SigningKey | None:
        """The key may be changed while the till runs."""
        if self._home is None:
            return None
        try:
            changed_ns = (self._home / _KEY_FILE).stat().st_mtime_ns
            if changed_ns != self._changed_ns:
                self._key = SigningKey.load(self._home / _KEY_FILE)
                self._changed_ns = changed_ns
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as problem:
            _log.warning("receipts go without a signed code: %s", problem)
            return None
        return self._key


def receipt_in(text: str) -> str:
    """The receipt's id in a signed code, not proved by anything; other text as it is.

    A number is printed in more than one store; the id is one in the world.
    """
    if not looks_like(text):
        return text
    try:
        return read_payload(parted(text)[0]).receipt_id
    except NoProof:
        return text


def proof_of(transaction: RetailTransaction, workstation_id: str, return_days: int) -> Proof | None:
    """None for what nobody can return by its paper: a return, or what an order delivers."""
    if transaction.kind is not ReceiptKind.SALE:
        return None
    lines = tuple(
        ProofLine(
            line.line,
            line.sku,
            line.quantity,
            line.gross_minor,
            line.vat_minor,
            line.tax_rate_basis_points,
            line.weight_grams,
            line.kind is ItemKind.GOODS,
        )
        for line in transaction.live_lines
        if line.line not in transaction.ordered
        and line.gross_minor > 0
        and not (line.deposit_slip or line.pays_order)
    )
    if not lines:
        return None
    return Proof(
        transaction.receipt_id,
        transaction.receipt_number,
        workstation_id,
        transaction.business_day,
        return_days,
        kinds_of([payment.kind for payment in transaction.payments]),
        lines,
    )
