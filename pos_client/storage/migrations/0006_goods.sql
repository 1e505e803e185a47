-- Deliveries that this till has received, to hold the supplier's invoice against.

CREATE TABLE delivery (
    movement_id TEXT PRIMARY KEY,
    reference   TEXT NOT NULL,
    at          TEXT NOT NULL,
    lines       TEXT NOT NULL,
    is_checked  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_reference ON delivery (reference, at);
