-- receipts.db: what this workstation has done. Written by the core alone, append-only
-- where the law wants it, never deleted when central has it.

CREATE TABLE journal (
    epoch         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    previous_hash BLOB    NOT NULL,
    hash          BLOB    NOT NULL,
    signature     BLOB    NOT NULL,
    entry_id      TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    at            TEXT    NOT NULL,
    body          BLOB    NOT NULL,
    PRIMARY KEY (epoch, sequence)
) STRICT;

CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- Where a receipt stands in the journal. Numbers are unique per epoch for ever.
CREATE TABLE receipt (
    receipt_id     TEXT    PRIMARY KEY,
    receipt_number TEXT    NOT NULL UNIQUE,
    epoch          INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    total_minor    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_copy (
    receipt_id TEXT PRIMARY KEY,
    at         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Pieces taken back, per line of the original receipt.
CREATE TABLE returned_line (
    original_id   TEXT    NOT NULL,
    original_line INTEGER NOT NULL,
    receipt_id    TEXT    NOT NULL,
    quantity      INTEGER NOT NULL,
    PRIMARY KEY (original_id, original_line, receipt_id)
) STRICT, WITHOUT ROWID;

-- What sales did to the shelf: negative out, positive back.
CREATE TABLE stock_movement (
    sku      TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    delta    INTEGER NOT NULL,
    PRIMARY KEY (sku, epoch, sequence)
) STRICT, WITHOUT ROWID;

-- The register's state as of the last durable act, and the basket's events since.
CREATE TABLE register (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    state  TEXT NOT NULL,
    totals TEXT NOT NULL
) STRICT;

CREATE TABLE register_event (
    position INTEGER PRIMARY KEY,
    body     TEXT NOT NULL
) STRICT;

CREATE TABLE suspended_basket (
    basket_id     TEXT PRIMARY KEY,
    at            TEXT NOT NULL,
    operator_name TEXT NOT NULL,
    basket        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The spool. state: queued, sending, sent, unknown, cancelled.
CREATE TABLE print_job (
    job_id         INTEGER PRIMARY KEY,
    kind           TEXT    NOT NULL,
    receipt_number TEXT    NOT NULL,
    total_minor    INTEGER NOT NULL,
    document       TEXT    NOT NULL,
    state          TEXT    NOT NULL DEFAULT 'queued',
    attempts       INTEGER NOT NULL DEFAULT 0,
    created_at     TEXT    NOT NULL,
    problem        TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX print_job_waiting ON print_job (state) WHERE state IN ('queued', 'sending', 'unknown');
