-- Data quality: who is expected to report, what each month's records are worth, and what was noticed. See src/indicator and src/flow/signals.h.

-- A period that an organisation is expected to report (dataset every: day, week, month, quarter, year). period: as in base/date.h; month: in which it begins. due: the last day; locked: from the day
-- behind it on a change needs a grant (NULL: never). closed: its last day is over, and the day's job has seen that. timed: it was expected before it was due, so that late means something. first_in: the instant at which records came first; zero_at: when somebody
-- said that there is nothing to report. reason: why it is excused. corrected: the instant at which records were changed last under a grant, behind the lock.
CREATE TABLE expected (
    id       $ID,
    uid      $TEXT NOT NULL UNIQUE,
    dataset  $INT NOT NULL REFERENCES dataset (id),
    org      $INT NOT NULL REFERENCES org (id),
    period   $INT NOT NULL,
    month    $INT NOT NULL,
    due      $DATE NOT NULL,
    locked   $DATE,
    timed    $BOOL NOT NULL,
    closed   $BOOL NOT NULL,
    state    $TEXT NOT NULL, -- waiting, in, zero, late, missing, excused
    records  $INT NOT NULL,
    first_in $INT,
    zero_at  $INT,
    zero_by  $INT REFERENCES account (id),
    excused  $BOOL NOT NULL,
    reason   $TEXT,
    corrected $INT,
    version  $INT NOT NULL,
    UNIQUE (dataset, org, period)
) $STRICT;
CREATE INDEX expected_org ON expected (org, due, id);
CREATE INDEX expected_open_due ON expected (closed, due, id);
CREATE INDEX expected_month ON expected (dataset, month, org);

-- That records of a closed period may be changed, by whom it was allowed, and until when.
CREATE TABLE expected_grant (
    id       $ID,
    uid      $TEXT NOT NULL UNIQUE,
    expected $INT NOT NULL REFERENCES expected (id),
    until    $DATE NOT NULL,
    reason   $TEXT NOT NULL,
    account  $INT REFERENCES account (id),
    at       $INT NOT NULL
) $STRICT;
CREATE INDEX expected_grant_of ON expected_grant (expected, until);

-- Which months are to be computed. gen: one more each time that there is a new reason; taken away only if it did not grow while it was computed.
CREATE TABLE quality_due (
    dataset $INT NOT NULL REFERENCES dataset (id),
    org     $INT NOT NULL,
    month   $INT NOT NULL,
    gen     $INT NOT NULL,
    PRIMARY KEY (dataset, org, month)
) $KEYED;

-- The segment's version when it was last looked at.
CREATE TABLE quality_seen (
    dataset $INT NOT NULL REFERENCES dataset (id),
    org     $INT NOT NULL,
    month   $INT NOT NULL,
    version $INT NOT NULL,
    PRIMARY KEY (dataset, org, month)
) $KEYED;

-- By which edition of its pack (hash) a dataset's months were put on the list last.
CREATE TABLE quality_edition (
    dataset $INT PRIMARY KEY REFERENCES dataset (id),
    rules   $TEXT NOT NULL
) $STRICT;

-- What each rule found in an organisation's month. measure: by place in pack_measures. loss: by so many millionths the score would be higher without it. why: a sentence's code and values, as JSON.
CREATE TABLE quality_item (
    dataset $INT NOT NULL REFERENCES dataset (id),
    month   $INT NOT NULL,
    org     $INT NOT NULL,
    rule    $TEXT NOT NULL,
    measure $INT NOT NULL,
    weight  $INT NOT NULL,
    tested  $INT NOT NULL,
    passed  $INT NOT NULL,
    loss    $INT NOT NULL,
    why     $TEXT,
    PRIMARY KEY (dataset, month, org, rule, measure)
) $KEYED;

-- An organisation's month: all in millionths; NULL: nothing says anything about it. state: of what was expected (waiting, in, zero, late, missing, excused), '' where nothing was. rules: hash of the
-- pack by which it was computed.
CREATE TABLE quality_score (
    dataset      $INT NOT NULL REFERENCES dataset (id),
    month        $INT NOT NULL,
    org          $INT NOT NULL REFERENCES org (id),
    state        $TEXT NOT NULL,
    records      $INT NOT NULL,
    held         $INT NOT NULL,
    completeness $INT,
    validity     $INT,
    consistency  $INT,
    uniqueness   $INT,
    timeliness   $INT,
    score        $INT,
    rules        $TEXT NOT NULL,
    computed     $INT NOT NULL,
    PRIMARY KEY (dataset, month, org)
) $KEYED;
CREATE INDEX quality_score_org ON quality_score (org, dataset, month);

-- The figures that rules of kind volume watch: an institution's own history.
CREATE TABLE quality_volume (
    dataset $INT NOT NULL REFERENCES dataset (id),
    rule    $TEXT NOT NULL,
    org     $INT NOT NULL,
    month   $INT NOT NULL,
    value   $INT NOT NULL,
    PRIMARY KEY (dataset, rule, org, month)
) $KEYED;

-- What a layer noticed, for the ledger. kind and subject are one thing, which is noticed once while it lasts. what: the name of what it is about (a dataset); value, line: in millionths. state: open
-- (nobody acted), taken (a task stands for it), cleared (it is over; the task knows not yet), done.
CREATE TABLE signal (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    kind    $TEXT NOT NULL,
    subject $TEXT NOT NULL,
    what    $TEXT NOT NULL,
    org     $INT NOT NULL REFERENCES org (id),
    period  $INT NOT NULL,
    value   $INT NOT NULL,
    line    $INT NOT NULL,
    params  $TEXT NOT NULL,
    state   $TEXT NOT NULL,
    opened  $INT NOT NULL,
    cleared $INT,
    task    $TEXT,
    version $INT NOT NULL
) $STRICT;
CREATE UNIQUE INDEX signal_lasts ON signal (kind, subject) WHERE state IN ('open', 'taken');
CREATE INDEX signal_state ON signal (state, id);
CREATE INDEX signal_task ON signal (task);
CREATE INDEX signal_org ON signal (org, id);

-- Who was merged onto whom when each kind of computing (links.h) last looked at it: a merge and a parting change no record, and yet what rules between records find, and what persons owe.
CREATE TABLE link_seen (
    seen_by $TEXT NOT NULL,
    person  $INT NOT NULL,
    root    $INT NOT NULL,
    PRIMARY KEY (seen_by, person)
) $KEYED;

-- What SQLite's planner is told of them (0011-statistics.sql): estimated for a city of three hundred institutions after two years.
-- sqlite:
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('expected', 'expected_month', '300000 10000 300 1'),
('expected', 'expected_org', '300000 1000 30 1'),
('expected', 'expected_open_due', '300000 150000 300 1'),
('expected', 'sqlite_autoindex_expected_1', '300000 1'),
('expected', 'sqlite_autoindex_expected_2', '300000 10000 30 1'),
('expected_grant', 'expected_grant_of', '1000 1 1'),
('link_seen', 'link_seen', '100000 50000 1'),
('quality_due', 'quality_due', '300 10 2 1'),
('quality_item', 'quality_item', '4000000 130000 5000 15 1 1'),
('quality_score', 'quality_score', '300000 10000 300 1'),
('quality_score', 'quality_score_org', '300000 1000 30 1'),
('quality_seen', 'quality_seen', '300000 10000 30 1'),
('quality_volume', 'quality_volume', '200000 7000 7000 24 1'),
('signal', 'signal_org', '10000 10 1'),
('signal', 'signal_state', '10000 2500 1'),
('signal', 'signal_task', '10000 1');
