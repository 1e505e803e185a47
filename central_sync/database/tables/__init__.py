"""Every table of the central database, by its name in English.

Facts carry the store id, so that a database can be spread by store.
"""

from __future__ import annotations

from central_sync.database.tables.feed import feed, feed_scope
from central_sync.database.tables.journal import aside_entry, batch_signature, journal_entry
from central_sync.database.tables.masters import (
    barcode,
    chain,
    item,
    operator,
    operator_store,
    price,
    store,
    tax_rate,
    tender,
)
from central_sync.database.tables.metadata import METADATA
from central_sync.database.tables.orders import (
    customer_order,
    idempotency,
    lease,
    order_event,
    order_inbox,
    order_parcel,
    outgoing,
    quote,
    routing_decision,
    routing_policy,
    setting,
    store_cooling,
    store_order,
    store_task,
    webhook,
)
from central_sync.database.tables.people import (
    address,
    customer,
    customer_access,
    customer_plain,
    customer_store,
    customer_token,
    note,
    person_key,
    store_key,
)
from central_sync.database.tables.pulse import store_profile, store_pulse, till_session
from central_sync.database.tables.stock import (
    postcode,
    reservation,
    reservation_event,
    stock_document,
    stock_document_line,
    stock_level,
    stock_movement,
)
from central_sync.database.tables.trade import payment, receipt, receipt_line, receipt_tax
from central_sync.database.tables.workstations import api_key, enrolment_code, epoch, workstation

__all__ = [
    "METADATA",
    "address",
    "api_key",
    "aside_entry",
    "barcode",
    "batch_signature",
    "chain",
    "customer",
    "customer_access",
    "customer_order",
    "customer_plain",
    "customer_store",
    "customer_token",
    "enrolment_code",
    "epoch",
    "feed",
    "feed_scope",
    "idempotency",
    "item",
    "journal_entry",
    "lease",
    "note",
    "operator",
    "operator_store",
    "order_event",
    "order_inbox",
    "order_parcel",
    "outgoing",
    "payment",
    "person_key",
    "postcode",
    "price",
    "quote",
    "receipt",
    "receipt_line",
    "receipt_tax",
    "reservation",
    "reservation_event",
    "routing_decision",
    "routing_policy",
    "setting",
    "stock_document",
    "stock_document_line",
    "stock_level",
    "stock_movement",
    "store",
    "store_cooling",
    "store_key",
    "store_order",
    "store_profile",
    "store_pulse",
    "store_task",
    "tax_rate",
    "tender",
    "till_session",
    "webhook",
    "workstation",
]
