"""Builders for tests of the virtual warehouse: goods into stores."""

from __future__ import annotations

from sqlalchemy import Connection

from central_sync.retail.stock import MovementKind
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.warehouse import ledger

AT = "2026-11-22T11:00:00.000Z"


def stock(connection: Connection, pieces: int, store_id: str, sku: str = "SKU-1") -> None:
    """So many pieces more (or fewer) on a store's shelf."""
    lock_scopes(connection, [store_scope(store_id)])
    movement = ledger.central_movement(store_id, sku, MovementKind.ADJUSTMENT, pieces, AT)
    ledger.move(connection, store_id, [movement], AT)
