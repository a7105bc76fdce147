-- Dispatches, summaries, assessments, decisions.

-- What a change made of a task, field by field, beside the event that says so (seq): "what changed since" is a range of these rows, and how a task stood at
-- an instant is its row with the later steps taken back. field: state, due (days since 1970-01-01), lead (uids, blanks between), text (no values).
CREATE TABLE task_step (
    seq   $INT NOT NULL,
    task  $INT NOT NULL REFERENCES task (id),
    field $TEXT NOT NULL,
    at    $INT NOT NULL,
    old   $TEXT,
    new   $TEXT,
    PRIMARY KEY (seq, field)
) $STRICT;
CREATE INDEX task_step_task ON task_step (task, seq);

-- The first instant of a task's day, in UTC: dates that can be counted with on both engines.
-- sqlite:
CREATE VIEW task_day AS SELECT id AS task, CAST(julianday(due) - 2440587.5 AS INTEGER) * 86400000 AS due_ms FROM task;
-- postgres:
CREATE VIEW task_day AS SELECT id AS task, CAST(due - DATE '1970-01-01' AS BIGINT) * 86400000 AS due_ms FROM task;
-- both:

-- A report that was kept: never updated. body is the answer of the API as it was made; digest names it in the chain. plan or org (or both: the plan's tasks of that
-- organisation) say what it is about. units: a line for each, "uid rank done due", for the next one to compare with. seq and hash: the head of the chain that it was made at. made_by NULL: at its time, by the engine.
CREATE TABLE report (
    id       $ID,
    uid      $TEXT NOT NULL UNIQUE,
    kind     $TEXT NOT NULL,
    plan     $INT REFERENCES plan (id),
    org      $INT REFERENCES org (id),
    period   $TEXT NOT NULL,
    day_from $DATE NOT NULL,
    day_to   $DATE NOT NULL,
    made     $INT NOT NULL,
    made_by  $INT REFERENCES account (id),
    previous $INT REFERENCES report (id),
    seq      $INT NOT NULL,
    hash     $TEXT NOT NULL,
    digest   $TEXT NOT NULL,
    units    $TEXT NOT NULL,
    body     $TEXT NOT NULL
) $STRICT;
CREATE INDEX report_plan ON report (plan, kind, id);
CREATE INDEX report_org ON report (org, kind, id);

-- What a meeting decided; each became a task.
CREATE TABLE report_decision (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    report  $INT NOT NULL REFERENCES report (id),
    text    $TEXT NOT NULL,
    task    $INT REFERENCES task (id),
    account $INT NOT NULL REFERENCES account (id),
    at      $INT NOT NULL
) $STRICT;
CREATE INDEX report_decision_report ON report_decision (report, id);

-- When an organisation's meetings are (0: there is none), for which its reports are kept. set_at: since when; no report is kept for a meeting before.
CREATE TABLE org_meeting (
    org          $INT PRIMARY KEY REFERENCES org (id),
    weekly_day   $INT NOT NULL,
    weekly_hour  $INT NOT NULL,
    monthly_day  $INT NOT NULL,
    monthly_hour $INT NOT NULL,
    set_at       $INT NOT NULL,
    version      $INT NOT NULL
) $STRICT;
