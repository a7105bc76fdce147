-- Cases: where the records of `case` datasets stand in the flow of their pack. See src/hub/case.h.

-- A case is of the record at (dataset, org, month, key), and goes where that goes. state: of the flow, by its id; since: when it was entered; due: by when the soonest step out of it must have been
-- taken (9999-12-31: by no day). ended: it came to a final state; gone: its record was deleted. told: 1 that it waits, 2 that it is late. batch: which accepted its record.
CREATE TABLE flow_case (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    dataset $INT NOT NULL REFERENCES dataset (id),
    org     $INT NOT NULL REFERENCES org (id),
    month   $INT NOT NULL,
    key     $INT NOT NULL,
    state   $TEXT NOT NULL,
    since   $INT NOT NULL,
    due     $INT NOT NULL,
    begun   $INT NOT NULL,
    changed $INT NOT NULL,
    ended   $INT,
    gone    $INT,
    told    $INT NOT NULL,
    batch   $INT NOT NULL,
    version $INT NOT NULL
) $STRICT;
-- A record has one case; those of records that are gone stay beside it.
CREATE UNIQUE INDEX flow_case_place ON flow_case (dataset, org, month, key) WHERE gone IS NULL;
CREATE INDEX flow_case_gone ON flow_case (dataset, org, month, key) WHERE gone IS NOT NULL;
CREATE INDEX flow_case_due ON flow_case (due, id);
CREATE INDEX flow_case_told ON flow_case (told, due, id) WHERE ended IS NULL AND gone IS NULL;

-- The organisations that the record of a case names in its fields, beside the one whose it is: the case concerns them, too.
CREATE TABLE flow_case_org (
    flow_case $INT NOT NULL REFERENCES flow_case (id),
    org       $INT NOT NULL REFERENCES org (id),
    PRIMARY KEY (flow_case, org)
) $KEYED;
CREATE INDEX flow_case_org_org ON flow_case_org (org, flow_case);

-- A step that was taken. late_ms: how long after its time, 0 in time; NULL: it has none. filled: JSON, what it filled in, by field; null where that is personal. batch: what that came in by.
CREATE TABLE flow_case_step (
    id         $ID,
    flow_case  $INT NOT NULL REFERENCES flow_case (id),
    step       $TEXT NOT NULL,
    from_state $TEXT NOT NULL,
    to_state   $TEXT NOT NULL,
    account    $INT REFERENCES account (id),
    at         $INT NOT NULL,
    note       $TEXT,
    late_ms    $INT,
    filled     $TEXT,
    batch      $INT
) $STRICT;
CREATE INDEX flow_case_step_case ON flow_case_step (flow_case, id);

-- What SQLite's planner is told of them (0011-statistics.sql): estimated for a city of five millions.
-- sqlite:
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('flow_case', 'flow_case_place', '500000 60000 300 10 1'),
('flow_case', 'flow_case_gone', '5000 600 30 5 1'),
('flow_case', 'flow_case_due', '500000 20 1'),
('flow_case', 'flow_case_told', '30000 10000 2 1'),
('flow_case', 'sqlite_autoindex_flow_case_1', '500000 1'),
('flow_case_org', 'flow_case_org', '100000 1 1'),
('flow_case_org', 'flow_case_org_org', '100000 500 1'),
('flow_case_step', 'flow_case_step_case', '1500000 3 1');
