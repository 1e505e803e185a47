-- What was said about a person at this till, sealed under the till's own key: journal entries
-- name the subject by id alone. Erased some days after central has it.

CREATE TABLE sealed_note (
    note_id     TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    subject_id  TEXT NOT NULL,
    customer_id TEXT NOT NULL DEFAULT '',
    at          TEXT NOT NULL,
    sealed      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
