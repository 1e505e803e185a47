-- Card payments over a terminal: one row a payment as it is now, and one a move, never changed.
-- The basket is kept with the intent, so that no approved payment is ever without its sale.

CREATE TABLE card_payment (
    payment_id TEXT    PRIMARY KEY,
    service_id TEXT    NOT NULL UNIQUE,
    number     INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    is_open    INTEGER NOT NULL,
    basket     TEXT    NOT NULL,
    body       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX card_payment_open ON card_payment (is_open) WHERE is_open = 1;

CREATE TABLE card_move (
    position   INTEGER PRIMARY KEY,
    payment_id TEXT    NOT NULL REFERENCES card_payment (payment_id),
    state      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    at         TEXT    NOT NULL,
    body       TEXT    NOT NULL
) STRICT;

CREATE TRIGGER card_move_is_never_changed BEFORE UPDATE ON card_move
BEGIN
    SELECT RAISE(ABORT, 'a card payment''s moves are append-only');
END;

CREATE TRIGGER card_move_is_never_deleted BEFORE DELETE ON card_move
BEGIN
    SELECT RAISE(ABORT, 'a card payment''s moves are append-only');
END;
