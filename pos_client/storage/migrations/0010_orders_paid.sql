-- Money that this till gave back for orders, once each, and what it took for parcels that were unpaid.

CREATE TABLE refund_paid (
    refund_key TEXT PRIMARY KEY,
    receipt_id TEXT NOT NULL
) STRICT;

CREATE TABLE order_paid (
    order_id     TEXT NOT NULL,
    line         INTEGER NOT NULL,
    receipt_id   TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    PRIMARY KEY (order_id, line, receipt_id)
) STRICT;
