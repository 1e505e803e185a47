-- Deposit slips that were paid out: each is good once. Numbers come round again with the
-- year's last digit, so they are forgotten after 400 days, when a slip is refused anyway.

CREATE TABLE deposit_slip (
    number     TEXT PRIMARY KEY,
    receipt_id TEXT NOT NULL,
    used_on    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
