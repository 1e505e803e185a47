-- Epochs that forked, because this disk was restored or copied: every entry above `above` says
-- the same again in `into_epoch`, behind the entry that tells why. The lowest `above` counts.

CREATE TABLE carried_on (
    from_epoch    INTEGER NOT NULL,
    above         INTEGER NOT NULL,
    into_epoch    INTEGER NOT NULL,
    into_sequence INTEGER NOT NULL,
    entries       INTEGER NOT NULL,
    PRIMARY KEY (into_epoch, into_sequence)
) STRICT, WITHOUT ROWID;

-- Sync asks for the highest number at every contact.
CREATE INDEX receipt_number_of_epoch ON receipt (epoch, number);
