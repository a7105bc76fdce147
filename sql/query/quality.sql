-- Signals, expected reports, data quality. See src/flow/signals.h and src/indicator.

-- name: SignalAgain
-- args: kind text, subject text, period int, value int, line int, params text
UPDATE signal SET period = :period, value = :value, line = :line, params = :params, version = version + 1
 WHERE kind = :kind AND subject = :subject AND state IN ('open', 'taken');

-- name: SignalInsert
-- args: uid text, kind text, subject text, what text, org int, period int, value int, line int, params text, opened int
INSERT INTO signal (uid, kind, subject, what, org, period, value, line, params, state, opened, version)
VALUES (:uid, :kind, :subject, :what, :org, :period, :value, :line, :params, 'open', :opened, 1);

-- name: SignalClear
-- args: kind text, subject text, value int, cleared int
UPDATE signal SET state = CASE state WHEN 'taken' THEN 'cleared' ELSE 'done' END, value = :value, cleared = :cleared, version = version + 1
 WHERE kind = :kind AND subject = :subject AND state IN ('open', 'taken');

-- name: SignalsIn
-- args: kind text, state text, limit int
-- row:  id int, uid text, kind text, subject text, what text, org int, period int, value int, line int, params text, state text, task text?, version int
SELECT id, uid, kind, subject, what, org, period, value, line, params, state, task, version FROM signal
 WHERE state = :state AND kind = :kind ORDER BY id LIMIT :limit;

-- name: SignalOfTask
-- args: task text
-- row:  id int, uid text, kind text, subject text, what text, org int, period int, value int, line int, params text, state text, task text?, version int
SELECT id, uid, kind, subject, what, org, period, value, line, params, state, task, version FROM signal
 WHERE task = :task ORDER BY id DESC LIMIT 1;

-- name: SignalTake
-- args: id int, version int, task text
UPDATE signal SET state = 'taken', task = :task, version = version + 1 WHERE id = :id AND version = :version AND state = 'open';

-- name: SignalEnd
-- args: id int, version int
UPDATE signal SET state = 'done', version = version + 1 WHERE id = :id AND version = :version AND state = 'cleared';

-- Expected reports ------------------------------------------------------------------------------------------------------

-- name: QualityDataset
-- args: name text
-- row:  id int
SELECT id FROM dataset WHERE name = :name AND NOT retired;

-- The organisation that looks after data quality: the highest commission; where there is none, the root.
-- name: QualityHome
-- args:
-- row:  id int, uid text, name text, path text, area text
SELECT id, uid, name, path, area FROM org WHERE kind = 'commission' OR parent IS NULL
 ORDER BY CASE kind WHEN 'commission' THEN 0 ELSE 1 END, length(path), rank, id LIMIT 1;

-- name: ReportersOf
-- args: kind text
-- row:  id int, uid text, opened date?, closed date?
SELECT id, uid, opened, closed FROM org WHERE kind = :kind ORDER BY rank, id;

-- The periods that were expected so far; none: both are NULL.
-- name: ExpectedSpan
-- args: dataset int
-- row:  first int?, last int?
SELECT min(period) AS first, max(period) AS last FROM expected WHERE dataset = :dataset;

-- How many organisations have records in each month.
-- name: SegmentMonths
-- args: dataset int, first int
-- row:  month int, n int
SELECT month, count(*) AS n FROM segment WHERE dataset = :dataset AND month >= :first AND rows > 0 GROUP BY month ORDER BY month;

-- name: ExpectedInsert
-- args: uid text, dataset int, org int, period int, month int, due date, locked date?, timed bool, state text, excused bool, reason text?
INSERT INTO expected (uid, dataset, org, period, month, due, locked, timed, closed, state, records, excused, reason, version)
VALUES (:uid, :dataset, :org, :period, :month, :due, :locked, :timed, FALSE, :state, 0, :excused, :reason, 1) ON CONFLICT (dataset, org, period) DO NOTHING;

-- What is expected of an organisation in periods that begin in some months.
-- name: ExpectedOf
-- args: dataset int, org int, first int, last int
-- row:  id int, uid text, period int, month int, due date, timed bool, state text, records int, first_in int?, zero_at int?, excused bool, version int
SELECT id, uid, period, month, due, timed, state, records, first_in, zero_at, excused, version FROM expected
 WHERE dataset = :dataset AND org = :org AND month BETWEEN :first AND :last ORDER BY period;

-- Those whose last day is over since the last time.
-- name: ExpectedOver
-- args: today date, limit int
-- row:  id int, dataset int, org int, month int, state text
SELECT id, dataset, org, month, state FROM expected WHERE closed = FALSE AND due < :today ORDER BY due, id LIMIT :limit;

-- name: ExpectedClose
-- args: id int
UPDATE expected SET closed = TRUE, state = CASE state WHEN 'waiting' THEN 'missing' ELSE state END, version = version + 1 WHERE id = :id;

-- name: ExpectedSet
-- args: id int, state text, records int, first_in int?
UPDATE expected SET state = :state, records = :records, first_in = :first_in, version = version + 1 WHERE id = :id;

-- name: ExpectedZero
-- args: id int, version int, zero_at int?, zero_by int?
UPDATE expected SET zero_at = :zero_at, zero_by = :zero_by, version = version + 1 WHERE id = :id AND version = :version;

-- name: ExpectedExcuse
-- args: id int, version int, reason text
UPDATE expected SET excused = TRUE, reason = :reason, version = version + 1 WHERE id = :id AND version = :version;

-- name: ExpectedByUid
-- args: uid text
-- row:  id int, uid text, dataset int, dataset_name text, org int, org_uid text, org_name text, org_path text, org_area text, period int, month int, due date, locked date?, timed bool, state text, records int, first_in int?, zero_at int?, zero_by int?, excused bool, reason text?, version int
SELECT e.id, e.uid, e.dataset, s.name AS dataset_name, e.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, e.period, e.month,
       e.due, e.locked, e.timed, e.state, e.records, e.first_in, e.zero_at, e.zero_by, e.excused, e.reason, e.version
  FROM expected e JOIN dataset s ON s.id = e.dataset JOIN org o ON o.id = e.org WHERE e.uid = :uid;

-- The one of a subject of duties: a dataset by name, an organisation, a period.
-- name: ExpectedUid
-- args: dataset text, org int, period int
-- row:  uid text
SELECT e.uid FROM dataset s JOIN expected e ON e.dataset = s.id WHERE s.name = :dataset AND e.org = :org AND e.period = :period;

-- Records of an organisation's months, and when the last batch that touched them came.
-- name: SegmentSum
-- args: dataset int, org int, first int, last int
-- row:  records int, came int?
SELECT CAST(coalesce(sum(s.rows), 0) AS BIGINT) AS records, min(b.opened) AS came FROM segment s LEFT JOIN batch b ON b.id = s.batch
 WHERE s.dataset = :dataset AND s.org = :org AND s.month BETWEEN :first AND :last AND s.rows > 0;

-- name: QualityDueAdd
-- args: dataset int, org int, month int
INSERT INTO quality_due (dataset, org, month, gen) VALUES (:dataset, :org, :month, 1)
    ON CONFLICT (dataset, org, month) DO UPDATE SET gen = quality_due.gen + 1;

-- How many owe by a rule.
-- name: QualityOwers
-- args: rule int
-- row:  n int
SELECT count(*) AS n FROM duty_subject WHERE rule = :rule;
