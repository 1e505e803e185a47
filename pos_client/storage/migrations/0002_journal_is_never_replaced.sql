-- REPLACE deletes without asking the delete trigger; the journal asks by itself.

CREATE TRIGGER journal_is_never_replaced BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE epoch = NEW.epoch AND sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
