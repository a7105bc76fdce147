-- Working days: what a year's notice says of days that are not as their weekday. A year without a row in calendar_year is not known: weekends alone.
CREATE TABLE calendar_year (
    calendar $TEXT NOT NULL,
    year     $INT NOT NULL,
    source   $TEXT NOT NULL,
    PRIMARY KEY (calendar, year)
) $STRICT;

CREATE TABLE calendar_day (
    calendar $TEXT NOT NULL,
    day      $DATE NOT NULL,
    working  $BOOL NOT NULL,
    name     $TEXT NOT NULL,
    PRIMARY KEY (calendar, day)
) $STRICT;

-- What is owed again and again, or once. org: whose rule it is. owed: 'orgs', 'collective', 'function', or 'subjects' (those of duty_subject). key: which
-- part of the program keeps the rule, NULL where a person made it. opened: the day up to which its duties were opened; at first the one before it was made.
CREATE TABLE duty_rule (
    id          $ID,
    uid         $TEXT NOT NULL UNIQUE,
    key         $TEXT UNIQUE,
    name        $TEXT NOT NULL,
    org         $INT NOT NULL REFERENCES org (id),
    owed        $TEXT NOT NULL,
    function    $TEXT,
    every       $TEXT NOT NULL,
    due_days    $INT NOT NULL,
    due_working $BOOL NOT NULL,
    grace_days  $INT NOT NULL,
    calendar    $TEXT NOT NULL,
    valid_from  $DATE NOT NULL,
    valid_to    $DATE,
    what_plan   $TEXT,
    state       $TEXT NOT NULL,
    opened      $DATE NOT NULL,
    version     $INT NOT NULL
) $STRICT;

CREATE TABLE duty_rule_org (
    rule $INT NOT NULL REFERENCES duty_rule (id),
    org  $INT NOT NULL REFERENCES org (id),
    PRIMARY KEY (rule, org)
) $STRICT;

-- For what else than itself an organisation owes: a task, a round. kind and uid are those of events.
CREATE TABLE duty_subject (
    rule       $INT NOT NULL REFERENCES duty_rule (id),
    org        $INT NOT NULL REFERENCES org (id),
    kind       $TEXT NOT NULL,
    uid        $TEXT NOT NULL,
    valid_from $DATE NOT NULL,
    valid_to   $DATE,
    PRIMARY KEY (rule, kind, uid, org)
) $STRICT;
CREATE INDEX duty_subject_uid ON duty_subject (uid, kind);

-- One thing owed for one period. subject_kind and subject are '' where the organisation owes for itself. last: the day after which it is missed. late_days:
-- set when it is done. told: the last day that asked for it was told of (0 none, 1 soon due, 2 missed).
CREATE TABLE duty (
    id           $ID,
    uid          $TEXT NOT NULL UNIQUE,
    rule         $INT NOT NULL REFERENCES duty_rule (id),
    org          $INT NOT NULL REFERENCES org (id),
    subject_kind $TEXT NOT NULL,
    subject      $TEXT NOT NULL,
    period       $TEXT NOT NULL,
    due          $DATE NOT NULL,
    last         $DATE NOT NULL,
    state        $TEXT NOT NULL,
    told         $INT NOT NULL,
    late_days    $INT NOT NULL,
    done_at      $INT,
    done_by      $INT REFERENCES account (id),
    reason       $TEXT,
    version      $INT NOT NULL,
    UNIQUE (rule, org, subject_kind, subject, period)
) $STRICT;
CREATE INDEX duty_org ON duty (org, due, id);
CREATE INDEX duty_state ON duty (state, last, id);
CREATE INDEX duty_due ON duty (due, id);
CREATE INDEX duty_of_subject ON duty (subject, subject_kind);

-- By which grants an account sees which duty: the rows of may() for VERB_READ_DUTY, in SQL.
CREATE VIEW duty_party AS
SELECT d.id AS duty, r.what_plan AS plan, r.org, 'place' AS part FROM duty d JOIN duty_rule r ON r.id = d.rule
UNION ALL
SELECT d.id AS duty, r.what_plan AS plan, d.org, 'owner' AS part FROM duty d JOIN duty_rule r ON r.id = d.rule;

CREATE VIEW duty_reach AS
SELECT g.account, g.valid_from, g.valid_to, w.duty
  FROM duty_party w JOIN org o ON o.id = w.org JOIN grant_place g
    ON g.role IN ('issuer', 'reviewer', 'inspector', 'leader') OR (w.part = 'owner' AND g.role IN ('handler', 'unit_head', 'reporter'))
 WHERE (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = w.plan))
   AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area);

-- What somebody is told. subject as in events, '' for none; params: a JSON object of words for the sentence. holder: for whom, where he is told as deputy.
CREATE TABLE message (
    id           $ID,
    uid          $TEXT NOT NULL UNIQUE,
    account      $INT NOT NULL REFERENCES account (id),
    kind         $TEXT NOT NULL,
    level        $TEXT,
    subject_kind $TEXT NOT NULL,
    subject      $TEXT NOT NULL,
    params       $TEXT NOT NULL,
    by_account   $INT REFERENCES account (id),
    holder       $INT REFERENCES account (id),
    at           $INT NOT NULL,
    read_at      $INT
) $STRICT;
CREATE INDEX message_account ON message (account, id);
CREATE INDEX message_unread ON message (account, read_at);

-- The ladder of a plan: when its tasks are reminded of their due date, and whom. Without a row the plan has that of src/ledger/ladder.c. to_whom: words.
CREATE TABLE plan_step (
    plan    $INT NOT NULL REFERENCES plan (id),
    seq     $INT NOT NULL,
    days    $INT NOT NULL,
    working $BOOL NOT NULL,
    level   $TEXT NOT NULL,
    to_whom $TEXT NOT NULL,
    letter  $BOOL NOT NULL,
    PRIMARY KEY (plan, seq)
) $STRICT;

-- From which day on a task shows amber: that of its plan's yellow step, by days of the calendar. LIGHT_AMBER_DAYS of ledger.h stands where a plan has none.
CREATE VIEW plan_amber AS
SELECT p.id AS plan,
       COALESCE((SELECT max(CASE WHEN s.working THEN (4 - s.days * 7) / 5 ELSE -s.days END) FROM plan_step s
                  WHERE s.plan = p.id AND s.level = 'yellow' AND s.days <= 0), 10) AS days
  FROM plan p;

CREATE VIEW task_amber AS
-- sqlite:
SELECT t.id AS task, date(t.due, '-' || a.days || ' days') AS amber_from FROM task t JOIN plan_amber a ON a.plan = t.plan;
-- postgres:
SELECT t.id AS task, t.due - a.days::int AS amber_from FROM task t JOIN plan_amber a ON a.plan = t.plan;
-- both:

-- Steps that were sent, each once for a task and a due date. step: "days level" of the ladder's step, or the row's own uid where somebody sent it by hand.
-- planned: the day on which the ladder wanted it; day: on which it was sent.
CREATE TABLE reminder (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    task    $INT NOT NULL REFERENCES task (id),
    due     $DATE,
    step    $TEXT NOT NULL,
    level   $TEXT NOT NULL,
    planned $DATE NOT NULL,
    day     $DATE NOT NULL,
    sent    $INT NOT NULL,
    account $INT REFERENCES account (id),
    text    $TEXT,
    UNIQUE (task, due, step)
) $STRICT;
CREATE INDEX reminder_day ON reminder (day, id);
CREATE INDEX reminder_task ON reminder (task, id);

CREATE TABLE reminder_to (
    reminder $INT NOT NULL REFERENCES reminder (id),
    account  $INT NOT NULL REFERENCES account (id),
    message  $TEXT NOT NULL,
    PRIMARY KEY (reminder, account)
) $STRICT;

-- Letters of the ladder (letter: a letter of notice; order: an order of supervision), numbered by issuer, kind and year without gaps.
CREATE TABLE letter (
    id       $ID,
    uid      $TEXT NOT NULL UNIQUE,
    kind     $TEXT NOT NULL,
    issuer   $INT NOT NULL REFERENCES org (id),
    year     $INT NOT NULL,
    number   $INT NOT NULL,
    task     $INT NOT NULL REFERENCES task (id),
    reminder $INT NOT NULL REFERENCES reminder (id),
    org      $INT NOT NULL REFERENCES org (id),
    day      $DATE NOT NULL,
    reply_by $DATE NOT NULL,
    UNIQUE (issuer, kind, year, number)
) $STRICT;
CREATE INDEX letter_task ON letter (task);
CREATE INDEX letter_reminder ON letter (reminder);
