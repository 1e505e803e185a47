"""A customer's order from payment to the last piece: `decide`, `evolve`, `effects`.

Pure, and the same at the till and at central. Ask `decide` for events, store them, fold
them with `evolve`, and carry out `effects` on the stock in the same transaction.
"""

from central_sync.retail.orders.decide import decide
from central_sync.retail.orders.effects import EffectKind, StockEffect, effects, holder_of
from central_sync.retail.orders.evolve import evolve, fold
from central_sync.retail.orders.offering import OFFER_BREADTH, round_of
from central_sync.retail.orders.order import (
    Address,
    CustomerOrder,
    MadeWhere,
    Mode,
    Offer,
    OrderLine,
    Parcel,
    ParcelLine,
    ParcelState,
    Pieces,
    Promise,
    Refund,
    is_finished,
    pieces,
)
from central_sync.retail.orders.refusal import OrderRefused
from central_sync.retail.orders.shares import UNPAID, TenderShare, payment_shares, unpaid_of

__all__ = [
    "OFFER_BREADTH",
    "UNPAID",
    "Address",
    "CustomerOrder",
    "EffectKind",
    "MadeWhere",
    "Mode",
    "Offer",
    "OrderLine",
    "OrderRefused",
    "Parcel",
    "ParcelLine",
    "ParcelState",
    "Pieces",
    "Promise",
    "Refund",
    "StockEffect",
    "TenderShare",
    "decide",
    "effects",
    "evolve",
    "fold",
    "holder_of",
    "is_finished",
    "payment_shares",
    "pieces",
    "round_of",
    "unpaid_of",
]
