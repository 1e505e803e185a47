-- What this till has said of the store's tasks, laid over central's word of them until that
-- holds it too. body is a register.tasks.TaskAct.

CREATE TABLE task_act (
    act_id  INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL,
    at      TEXT NOT NULL,
    body    TEXT NOT NULL
) STRICT;

CREATE INDEX task_act_task ON task_act (task_id);

-- A delivery note names a customer: once it is on paper, the till forgets what stood there.
CREATE TRIGGER delivery_note_is_forgotten AFTER UPDATE OF state ON print_job
WHEN NEW.kind = 'delivery_note' AND NEW.state IN ('confirmed', 'cancelled')
BEGIN
    UPDATE print_job SET document = '[]' WHERE job_id = NEW.job_id;
END;
