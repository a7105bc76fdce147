-- Records: what arrived, how it was taken in, and what is wrong in it. The tables of the records themselves are made when packs are installed (src/db/table.h): PACK__DATASET with its
-- history, its view, and where a key does not hold the day, the month in which a key stands. Their columns stand in dataset_column.

-- A dataset of an installed pack, for as long as there are records of it: the number is what other tables call it by. retired: no pack declares it any more.
CREATE TABLE dataset (
    id      $ID,
    name    $TEXT NOT NULL UNIQUE, -- pack.dataset
    retired $BOOL NOT NULL
) $STRICT;

-- A column that a field has in the table. kind: of the field, as packs write it; scale: of a decimal. retired: no field has it any more; it is hidden, and kept. Of those, the name is
-- another one where a field of the same id took its place (dose__1).
CREATE TABLE dataset_column (
    dataset $INT NOT NULL REFERENCES dataset (id),
    name    $TEXT NOT NULL,
    kind    $TEXT NOT NULL,
    scale   $INT NOT NULL,
    retired $BOOL NOT NULL,
    PRIMARY KEY (dataset, name)
) $STRICT;

-- Everything that arrives, by whatever channel, before anything is done with it. org: the sender; account: who sent it, NULL: a machine; source, message_id: what the sender calls it; sha256:
-- its original in the blob store. options: JSON, how the file is read; columns of a mapping that was used stand in mapping. result, error: JSON, when it is done. taken_up: how often the program
-- took it up again by itself.
CREATE TABLE intake (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    channel    $TEXT NOT NULL, -- command, upload, drop, api, fhir, mllp, form
    org        $INT NOT NULL REFERENCES org (id),
    account    $INT REFERENCES account (id),
    source     $TEXT NOT NULL,
    message_id $TEXT,
    name       $TEXT NOT NULL,
    format     $TEXT NOT NULL,
    options    $TEXT NOT NULL,
    sha256     $TEXT NOT NULL,
    size       $INT NOT NULL,
    received   $INT NOT NULL,
    state      $TEXT NOT NULL, -- waiting, checking, asking, applying, done, refused, failed
    dataset    $INT REFERENCES dataset (id),
    mapping    $INT,
    mode       $TEXT,
    period     $INT,
    strict     $BOOL NOT NULL,
    result     $TEXT,
    error      $TEXT,
    job        $INT,
    finished   $INT,
    taken_up   $INT NOT NULL DEFAULT 0
) $STRICT;
CREATE UNIQUE INDEX intake_message ON intake (org, source, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX intake_org ON intake (org, received, id);
CREATE INDEX intake_state ON intake (state, id);
CREATE INDEX intake_bytes ON intake (sha256, org);

-- What an organisation's files mean: which of their columns is which field. columns: JSON, [{"from":"接种日期","to":"given_on"}]. org NULL: for all.
CREATE TABLE mapping (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    org     $INT REFERENCES org (id),
    dataset $INT NOT NULL REFERENCES dataset (id),
    name    $TEXT NOT NULL,
    format  $TEXT NOT NULL,
    options $TEXT NOT NULL,
    columns $TEXT NOT NULL,
    mode    $TEXT NOT NULL,
    used    $INT,
    version $INT NOT NULL
) $STRICT;
CREATE UNIQUE INDEX mapping_name ON mapping (org, dataset, name);

-- Rows of one arrival brought into one dataset: the journal of its apply. done_rows of the run file (run_name, its hash) are in the tables; steps_done: of what follows (deletions). What is
-- `applying` when the store is opened is rolled forward. rules: the hash of the packs that checked it. period: of mode replace; undone is only what nobody applied.
CREATE TABLE batch (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    intake     $INT REFERENCES intake (id),
    dataset    $INT NOT NULL REFERENCES dataset (id),
    org        $INT NOT NULL REFERENCES org (id),
    mode       $TEXT NOT NULL, -- add, replace
    period     $INT,
    state      $TEXT NOT NULL, -- applying, done, undone
    rows       $INT NOT NULL,
    rejected   $INT NOT NULL,
    held       $INT NOT NULL,
    warned     $INT NOT NULL,
    added      $INT NOT NULL,
    changed    $INT NOT NULL,
    same       $INT NOT NULL,
    deleted    $INT NOT NULL,
    done_rows  $INT NOT NULL,
    run_name   $TEXT NOT NULL,
    run_hash   $TEXT NOT NULL,
    rules      $TEXT NOT NULL,
    opened     $INT NOT NULL,
    done_at    $INT
) $STRICT;
CREATE INDEX batch_state ON batch (state, id);
CREATE INDEX batch_dataset ON batch (dataset, org, id);
CREATE INDEX batch_intake ON batch (intake);

-- What a batch did to an organisation's month: so much of what was received may be told later, for any batch.
CREATE TABLE batch_part (
    batch   $INT NOT NULL REFERENCES batch (id),
    org     $INT NOT NULL,
    month   $INT NOT NULL,
    rows    $INT NOT NULL,
    held    $INT NOT NULL,
    warned  $INT NOT NULL,
    added   $INT NOT NULL,
    changed $INT NOT NULL,
    same    $INT NOT NULL,
    deleted $INT NOT NULL,
    PRIMARY KEY (batch, org, month)
) $KEYED;

-- An organisation's month of a dataset as it stands: rows in the table, of which held and accepted with a defect. version is one more at the end of each batch that touched it, which is all that
-- anybody needs to know whether something made of it is fresh. loading: a batch is touching it now; what was made before stays.
CREATE TABLE segment (
    dataset $INT NOT NULL REFERENCES dataset (id),
    org     $INT NOT NULL,
    month   $INT NOT NULL,
    version $INT NOT NULL,
    rows    $INT NOT NULL,
    held    $INT NOT NULL,
    warned  $INT NOT NULL,
    batch   $INT NOT NULL,
    loading $BOOL NOT NULL,
    PRIMARY KEY (dataset, org, month)
) $KEYED;
CREATE INDEX segment_month ON segment (dataset, month, org);

-- Rows that could not be stored: organisation, key or day unreadable. raw: sealed, what may be shown of the cell that is wrong (in a column that has slipped, anything can stand), and the row as it came. at: its line in the file. org, key: the record that it names all the same, where mode
-- replace must know that it is not absent.
CREATE TABLE reject (
    batch $INT NOT NULL REFERENCES batch (id),
    row   $INT NOT NULL,
    at    $TEXT NOT NULL,
    code  $TEXT NOT NULL,
    field $TEXT,
    raw   $BLOB NOT NULL,
    org   $INT,
    key   $INT,
    PRIMARY KEY (batch, row)
) $KEYED;

-- What a rule found in a record (key), or in an organisation's period (key NULL). rule: of the dataset, or one of the program's own with a colon (type:dose). times: how often it was found before, after
-- it had been closed. It is closed by the check that no longer finds it, or waived by a person with a reason. sent_by: who sent it back last; late_told, raised: the days on which those who mend it, and
-- those above them, were told that it is late.
CREATE TABLE defect (
    id           $ID,
    uid          $TEXT NOT NULL UNIQUE,
    dataset      $INT NOT NULL REFERENCES dataset (id),
    org          $INT NOT NULL,
    month        $INT NOT NULL,
    key          $INT,
    period       $INT,
    rule         $TEXT NOT NULL,
    level        $TEXT NOT NULL,
    state        $TEXT NOT NULL, -- found, sent, corrected, closed, waived
    found_batch  $INT,
    found_at     $INT NOT NULL,
    due          $DATE,
    sent_at      $INT,
    sent_by      $INT REFERENCES account (id),
    late_told    $DATE,
    raised       $DATE,
    closed_batch $INT,
    closed_at    $INT,
    reason       $TEXT,
    waived_by    $INT REFERENCES account (id),
    times        $INT NOT NULL,
    version      $INT NOT NULL
) $STRICT;
CREATE INDEX defect_row ON defect (dataset, org, month, key, rule);
CREATE UNIQUE INDEX defect_open_row ON defect (dataset, org, month, key, rule) WHERE closed_at IS NULL AND key IS NOT NULL;
CREATE UNIQUE INDEX defect_open_period ON defect (dataset, org, month, period, rule) WHERE closed_at IS NULL AND key IS NULL;
CREATE INDEX defect_org ON defect (org, state, due, id);
CREATE INDEX defect_corrected ON defect (due, id) WHERE state = 'corrected';

-- What SQLite's planner is told of them (0011-statistics.sql): estimated for a city of three hundred institutions after two years.
-- sqlite:
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('batch', 'batch_dataset', '300000 7500 25 1'),
('batch', 'batch_intake', '300000 1'),
('batch', 'batch_state', '300000 100000 1'),
('batch', 'sqlite_autoindex_batch_1', '300000 1'),
('batch_part', 'batch_part', '600000 2 1 1'),
('dataset_column', 'sqlite_autoindex_dataset_column_1', '800 20 1'),
('defect', 'defect_corrected', '10000 500 1'),
('defect', 'defect_open_period', '10000 250 10 1 1 1'),
('defect', 'defect_open_row', '100000 2500 100 10 2 1'),
('defect', 'defect_org', '1000000 3000 600 20 1'),
('defect', 'defect_row', '1000000 25000 1000 50 2 1'),
('defect', 'sqlite_autoindex_defect_1', '1000000 1'),
('intake', 'intake_bytes', '300000 2 1'),
('intake', 'intake_message', '200000 700 10 1'),
('intake', 'intake_org', '300000 1000 1 1'),
('intake', 'intake_state', '300000 50000 1'),
('intake', 'sqlite_autoindex_intake_1', '300000 1'),
('reject', 'reject', '1000000 30 1'),
('segment', 'segment', '300000 7500 25 1'),
('segment', 'segment_month', '300000 7500 300 1');

-- What people said about a defect: sent back with it, answered, waived; `still`: the check found it again; `overdue`: it was said to be corrected, and was there on its due day. account NULL: the check.
-- both:
CREATE TABLE defect_note (
    id      $ID,
    defect  $INT NOT NULL REFERENCES defect (id),
    kind    $TEXT NOT NULL, -- send, answer, waive, still, overdue
    text    $TEXT NOT NULL,
    account $INT REFERENCES account (id),
    at      $INT NOT NULL
) $STRICT;
CREATE INDEX defect_note_defect ON defect_note (defect, id);
