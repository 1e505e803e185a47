-- Which parcels this till has labelled, or has been asked to label once more. state: wanted, printed.

CREATE TABLE parcel_label (
    task_id TEXT PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    state   TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

-- A label names a customer: once it is on paper, the till forgets what stood there.
CREATE TRIGGER parcel_label_is_forgotten AFTER UPDATE OF state ON print_job
WHEN NEW.kind = 'parcel_label' AND NEW.state IN ('confirmed', 'sent', 'cancelled')
BEGIN
    UPDATE print_job SET document = '[]' WHERE job_id = NEW.job_id;
END;
