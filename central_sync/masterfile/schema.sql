-- master.db: what a workstation knows of the chain. Re-creatable; written by the
-- sync process alone, read by the register. rowid of item is its rank of
-- popularity (1 first), so that a search needs no sorting.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
    rank          INTEGER PRIMARY KEY,
    sku           TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    gtin          TEXT    NOT NULL DEFAULT '',
    tax_group     TEXT    NOT NULL,
    kind          TEXT    NOT NULL DEFAULT 'goods',
    is_open_price INTEGER NOT NULL DEFAULT 0,
    is_blocked    INTEGER NOT NULL DEFAULT 0,
    model         TEXT    NOT NULL DEFAULT '',
    colour        TEXT    NOT NULL DEFAULT '',
    size          TEXT    NOT NULL DEFAULT '',
    sold_by       TEXT    NOT NULL DEFAULT 'piece',
    tare_grams    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- code is retail.item.code_key: GTINs as 14 digits, other codes upper case.
CREATE TABLE barcode (
    code TEXT PRIMARY KEY,
    sku  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE price (
    sku         TEXT PRIMARY KEY,
    price_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- as_of names, per workstation of the store, the last journal position that the
-- figure includes: {"w-0001": [epoch, sequence]}.
CREATE TABLE stock (
    sku     TEXT PRIMARY KEY,
    on_hand INTEGER NOT NULL,
    as_of   TEXT    NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;

-- Pieces that this store lends to the web (retail.stock.pledge): kept back from when the row is
-- here until some minutes after lease_until. is_offered: central waits for the store's word.
CREATE TABLE pledge (
    sku         TEXT PRIMARY KEY,
    quantity    INTEGER NOT NULL,
    lease_until TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    is_offered  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE operator (
    number   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    role     TEXT NOT NULL,
    pin_hash TEXT NOT NULL,
    language TEXT NOT NULL DEFAULT 'sv'
) STRICT, WITHOUT ROWID;

CREATE TABLE tax_rate (
    tax_group         TEXT    NOT NULL,
    valid_from        TEXT    NOT NULL,
    rate_basis_points INTEGER NOT NULL,
    PRIMARY KEY (tax_group, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE tender (
    tender_id    TEXT PRIMARY KEY,
    name         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    is_recorded  INTEGER NOT NULL DEFAULT 1,
    opens_drawer INTEGER NOT NULL DEFAULT 0,
    rank         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The one store this file is for (retail.transaction.Seller), as JSON columns' plain text.
CREATE TABLE store (
    store_id            TEXT PRIMARY KEY,
    name                TEXT NOT NULL,
    company             TEXT NOT NULL,
    organisation_number TEXT NOT NULL,
    address             TEXT NOT NULL,
    postcode            TEXT NOT NULL,
    town                TEXT NOT NULL,
    country             TEXT NOT NULL DEFAULT 'SE',
    phone               TEXT NOT NULL DEFAULT '',
    footer              TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- The store's own customers. sealed: AES-GCM under the store's key, base64; tokens: what
-- they are found by, blind words between spaces.
CREATE TABLE customer (
    customer_id TEXT PRIMARY KEY,
    sealed      TEXT NOT NULL,
    tokens      TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Every store and warehouse of the chain: where another one is, and when it is open.
-- Coordinates are WGS 84 degrees as text, "" where they are not known.
CREATE TABLE site (
    store_id      TEXT PRIMARY KEY,
    kind          TEXT NOT NULL DEFAULT 'store',
    name          TEXT NOT NULL,
    address       TEXT NOT NULL DEFAULT '',
    postcode      TEXT NOT NULL DEFAULT '',
    town          TEXT NOT NULL DEFAULT '',
    latitude      TEXT NOT NULL DEFAULT '',
    longitude     TEXT NOT NULL DEFAULT '',
    phone         TEXT NOT NULL DEFAULT '',
    opening_hours TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- What this store is asked to do (wire.tasks); body is JSON without personal data, sealed is
-- base64 under the store's key, or ''.
CREATE TABLE task (
    task_id       TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    state         TEXT NOT NULL,
    due_at        TEXT NOT NULL DEFAULT '',
    offered_until TEXT NOT NULL DEFAULT '',
    body          TEXT NOT NULL,
    sealed        TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Orders sold by this store or to be collected here (wire.tasks.OrderSummary).
CREATE TABLE customer_order (
    order_id TEXT PRIMARY KEY,
    number   TEXT NOT NULL,
    state    TEXT NOT NULL,
    body     TEXT NOT NULL,
    sealed   TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- The keys that workstations of the chain have signed receipts with (wire.keys, base64url).
-- state: active, former (changed since, its receipts still count), revoked (nothing counts).
CREATE TABLE workstation_key (
    public_key     TEXT PRIMARY KEY,
    workstation_id TEXT NOT NULL,
    store_id       TEXT NOT NULL,
    state          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Folded words (å = a) of name, model, colour, size and sku; rowid = item.rank.
-- masterfile.folding makes the words, so the tokenizer only has to split at spaces:
-- the ascii one does that and nothing else, whatever Unicode version SQLite knows.
CREATE VIRTUAL TABLE item_search USING fts5(
    words,
    content = '',
    detail = none,
    columnsize = 0,
    prefix = '1 2 3',
    tokenize = 'ascii'
);
