-- What is known about each print. state: queued, sending, torn (may be partly on paper),
-- unknown (torn, voided on paper, a person is asked), confirmed (the printer said so),
-- sent (it took the bytes and cannot say more), cancelled (given up for the copy).
-- closing: the name of the document's last checkpoint; passed: the last one answered in
-- this attempt; printer: 1 is the till's own, 2 the second; torn_on: the printer in which
-- a torn print lies that has not been voided on paper yet.

ALTER TABLE print_job ADD COLUMN closing TEXT NOT NULL DEFAULT '';
ALTER TABLE print_job ADD COLUMN passed TEXT NOT NULL DEFAULT '';
ALTER TABLE print_job ADD COLUMN printer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE print_job ADD COLUMN torn_on INTEGER NOT NULL DEFAULT 0;

DROP INDEX print_job_waiting;
CREATE INDEX print_job_state ON print_job (state);
CREATE INDEX print_job_torn ON print_job (torn_on) WHERE torn_on > 0;
