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

-- Of a kind, or with a function.
-- name: ReportersOf
-- args: word text
-- row:  id int, uid text, opened date?, closed date?
SELECT o.id, o.uid, o.opened, o.closed FROM org o
 WHERE o.kind = :word OR EXISTS (SELECT 1 FROM org_function f WHERE f.org = o.id AND f.function = :word) ORDER BY o.rank, o.id;

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
-- row:  id int, uid text, period int, month int, due date, timed bool, closed bool, state text, records int, first_in int?, zero_at int?, excused bool, version int
SELECT id, uid, period, month, due, timed, closed, state, records, first_in, zero_at, excused, version FROM expected
 WHERE dataset = :dataset AND org = :org AND month BETWEEN :first AND :last ORDER BY period;

-- A report of periods that begin in a month has not come, and may still come in time: of an organisation, of any.
-- name: ExpectedAwaited
-- args: dataset int, org int, month int, today date
-- row:  id int
SELECT id FROM expected WHERE dataset = :dataset AND month = :month AND org = :org AND state = 'waiting' AND due >= :today LIMIT 1;

-- name: ExpectedAwaitedAny
-- args: dataset int, month int, today date
-- row:  id int
SELECT id FROM expected WHERE dataset = :dataset AND month = :month AND state = 'waiting' AND due >= :today LIMIT 1;

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
-- row:  id int, uid text, dataset int, dataset_name text, org int, org_uid text, org_name text, org_path text, org_area text, period int, month int, due date, locked date?, timed bool, state text, records int, first_in int?, zero_at int?, zero_by int?, excused bool, reason text?, version int, corrected int?, opened date?
SELECT e.id, e.uid, e.dataset, s.name AS dataset_name, e.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, e.period, e.month,
       e.due, e.locked, e.timed, e.state, e.records, e.first_in, e.zero_at, e.zero_by, e.excused, e.reason, e.version, e.corrected,
       (SELECT max(g.until) FROM expected_grant g WHERE g.expected = e.id) AS opened
  FROM expected e JOIN dataset s ON s.id = e.dataset JOIN org o ON o.id = e.org WHERE e.uid = :uid;

-- The one of a subject of duties: a dataset by name, an organisation, a period.
-- name: ExpectedUid
-- args: dataset text, org int, period int
-- row:  uid text
SELECT e.uid FROM dataset s JOIN expected e ON e.dataset = s.id WHERE s.name = :dataset AND e.org = :org AND e.period = :period;

-- Reports that are in, and of which a duty of the same day still says that they are owed: it was opened behind them.
-- name: DutiesAnswered
-- args: after int, limit int
-- row:  id int, dataset text, org int, period int, state text, came int?
SELECT d.id, s.name AS dataset, e.org, e.period, e.state, coalesce(e.first_in, e.zero_at) AS came
  FROM duty d JOIN duty_rule r ON r.id = d.rule JOIN dataset s ON r.key = 'data/' || s.name JOIN expected e ON e.dataset = s.id AND e.org = d.org AND e.due = d.due
 WHERE d.state IN ('due', 'missed') AND d.id > :after AND e.state IN ('in', 'late', 'zero') ORDER BY d.id LIMIT :limit;

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

-- The same, because another dataset that its rules read changed: only where there is something to hold against it, records of a year from that month on (a register's stand in month 0) or a report that is
-- expected.
-- name: QualityDueBeside
-- args: dataset int, org int, month int
INSERT INTO quality_due (dataset, org, month, gen)
SELECT b.dataset, b.org, CAST(:month AS BIGINT), 1
  FROM (SELECT dataset, org FROM segment WHERE dataset = :dataset AND org = :org AND (month = 0 OR month BETWEEN :month AND :month + 11)
        UNION SELECT dataset, org FROM expected WHERE dataset = :dataset AND org = :org AND month = :month) b
 WHERE true
    ON CONFLICT (dataset, org, month) DO UPDATE SET gen = quality_due.gen + 1;

-- The same for all organisations.
-- name: QualityDueOfMonth
-- args: dataset int, month int
INSERT INTO quality_due (dataset, org, month, gen)
SELECT b.dataset, b.org, CAST(:month AS BIGINT), 1
  FROM (SELECT dataset, org FROM segment WHERE dataset = :dataset AND month IN (0, :month) UNION SELECT dataset, org FROM expected WHERE dataset = :dataset AND month = :month) b
 WHERE true
    ON CONFLICT (dataset, org, month) DO UPDATE SET gen = quality_due.gen + 1;

-- How many owe by a rule.
-- name: QualityOwers
-- args: rule int
-- row:  n int
SELECT count(*) AS n FROM duty_subject WHERE rule = :rule;

-- Months in which there are records: of an organisation, of all.
-- name: SegmentMonthsOf
-- args: dataset int, org int, first int, last int
-- row:  month int
SELECT month FROM segment WHERE dataset = :dataset AND org = :org AND month BETWEEN :first AND :last AND rows > 0 ORDER BY month;

-- name: SegmentMonthsAll
-- args: dataset int, first int, last int
-- row:  month int
SELECT DISTINCT month FROM segment WHERE dataset = :dataset AND month BETWEEN :first AND :last AND rows > 0 ORDER BY month;

-- Figures that a rule of kind volume watched: of institutions of the same kind as one, before a month; by institution.
-- name: QualityVolumes
-- args: dataset int, rule text, org int, before int
-- row:  org int, month int, value int
SELECT v.org, v.month, v.value FROM quality_volume v JOIN org o ON o.id = v.org
 WHERE v.dataset = :dataset AND v.rule = :rule AND v.month < :before AND o.kind = (SELECT kind FROM org WHERE id = :org) ORDER BY v.org, v.month;

-- Computing -------------------------------------------------------------------------------------------------------------

-- Segments that are not as they were when they were last looked at. deleted: the last batch took records away.
-- name: QualityStale
-- walks: segment: a run looks whether any changed; a version is all that says so
-- args: limit int
-- row:  dataset int, org int, month int, version int, deleted bool
SELECT s.dataset, s.org, s.month, s.version, coalesce(p.deleted, 0) > 0 AS deleted
  FROM segment s LEFT JOIN quality_seen q ON q.dataset = s.dataset AND q.org = s.org AND q.month = s.month
  LEFT JOIN batch_part p ON p.batch = s.batch AND p.org = s.org AND p.month = s.month
 WHERE s.loading = FALSE AND (q.version IS NULL OR q.version <> s.version) LIMIT :limit;

-- name: QualitySeenPut
-- args: dataset int, org int, month int, version int
INSERT INTO quality_seen (dataset, org, month, version) VALUES (:dataset, :org, :month, :version)
    ON CONFLICT (dataset, org, month) DO UPDATE SET version = excluded.version;

-- Persons who were merged, or whose root is another, since that kind of computing looked at them (before: the root then); who was parted.
-- name: LinksMerged
-- args: seen_by text, limit int
-- row:  person int, root int, before int?
SELECT l.person, l.root, k.root AS before FROM person_link l LEFT JOIN link_seen k ON k.seen_by = :seen_by AND k.person = l.person
 WHERE k.root IS NULL OR k.root <> l.root ORDER BY l.person LIMIT :limit;

-- name: LinksParted
-- args: seen_by text, limit int
-- row:  person int, root int
SELECT k.person, k.root FROM link_seen k LEFT JOIN person_link l ON l.person = k.person WHERE k.seen_by = :seen_by AND l.person IS NULL ORDER BY k.person LIMIT :limit;

-- name: LinkSeen
-- args: seen_by text, person int, root int
INSERT INTO link_seen (seen_by, person, root) VALUES (:seen_by, :person, :root) ON CONFLICT (seen_by, person) DO UPDATE SET root = excluded.root;

-- name: LinkForget
-- args: seen_by text, person int
DELETE FROM link_seen WHERE seen_by = :seen_by AND person = :person;

-- Months in which a rule's defects are open: of all institutions.
-- name: QualityDueOfDefects
-- args: dataset int, rule text
INSERT INTO quality_due (dataset, org, month, gen)
SELECT DISTINCT d.dataset, d.org, d.month, 1 FROM defect d WHERE d.dataset = :dataset AND d.rule = :rule AND d.closed_at IS NULL
    ON CONFLICT (dataset, org, month) DO UPDATE SET gen = quality_due.gen + 1;

-- name: QualityDueOfOrg
-- args: dataset int, org int
INSERT INTO quality_due (dataset, org, month, gen) SELECT s.dataset, s.org, s.month, 1 FROM segment s WHERE s.dataset = :dataset AND s.org = :org
    ON CONFLICT (dataset, org, month) DO UPDATE SET gen = quality_due.gen + 1;

-- name: QualityDueOfDataset
-- args: dataset int
INSERT INTO quality_due (dataset, org, month, gen) SELECT s.dataset, s.org, s.month, 1 FROM segment s WHERE s.dataset = :dataset
    ON CONFLICT (dataset, org, month) DO UPDATE SET gen = quality_due.gen + 1;

-- name: QualityEdition
-- args: dataset int
-- row:  rules text
SELECT rules FROM quality_edition WHERE dataset = :dataset;

-- name: QualityEditionPut
-- args: dataset int, rules text
INSERT INTO quality_edition (dataset, rules) VALUES (:dataset, :rules) ON CONFLICT (dataset) DO UPDATE SET rules = excluded.rules;

-- The first month of the first dataset of which something is due.
-- name: QualityDueNext
-- args: limit int
-- row:  dataset int, org int, month int, gen int
SELECT q.dataset, q.org, q.month, q.gen FROM quality_due q
 WHERE q.dataset = (SELECT min(dataset) FROM quality_due) AND q.month = (SELECT min(w.month) FROM quality_due w WHERE w.dataset = (SELECT min(dataset) FROM quality_due))
 ORDER BY q.org LIMIT :limit;

-- name: QualityDueDone
-- args: dataset int, org int, month int, gen int
DELETE FROM quality_due WHERE dataset = :dataset AND org = :org AND month = :month AND gen = :gen;

-- name: QualityDueForget
-- args: dataset int
DELETE FROM quality_due WHERE dataset = :dataset;

-- name: BatchOpened
-- args: id int
-- row:  opened int
SELECT opened FROM batch WHERE id = :id;

-- How many defects of each rule are open in a month's records.
-- name: QualityDefectsOpen
-- args: dataset int, org int, month int
-- row:  rule text, n int
SELECT rule, count(*) AS n FROM defect WHERE dataset = :dataset AND org = :org AND month = :month AND key IS NOT NULL AND closed_at IS NULL GROUP BY rule ORDER BY rule;

-- Those of a rule that are open, or that somebody waived.
-- name: QualityDefectsOfRule
-- args: dataset int, org int, month int, rule text
-- row:  id int, key int?, waived bool
SELECT id, key, state = 'waived' AS waived FROM defect
 WHERE dataset = :dataset AND org = :org AND month = :month AND rule = :rule AND (closed_at IS NULL OR state = 'waived');

-- name: QualityDefectKnown
-- args: dataset int, org int, month int, key int, rule text
-- row:  id int
SELECT id FROM defect WHERE dataset = :dataset AND org = :org AND month = :month AND key = :key AND rule = :rule AND (closed_at IS NULL OR state = 'waived') LIMIT 1;

-- name: QualityDefectInsert
-- args: uid text, dataset int, org int, month int, key int?, period int?, rule text, level text, found_at int
INSERT INTO defect (uid, dataset, org, month, key, period, rule, level, state, found_at, times, version)
SELECT :uid, :dataset, :org, :month, :key, :period, :rule, :level, 'found', :found_at, count(*), 1 FROM defect b
 WHERE b.dataset = :dataset AND b.org = :org AND b.month = :month AND b.key IS NOT DISTINCT FROM :key AND b.rule = :rule AND b.closed_at IS NOT NULL;

-- name: QualityDefectClose
-- args: id int, closed_at int
UPDATE defect SET state = 'closed', closed_at = :closed_at, version = version + 1 WHERE id = :id;

-- name: QualityVolumesForget
-- args: dataset int, org int, month int
DELETE FROM quality_volume WHERE dataset = :dataset AND org = :org AND month = :month;

-- name: QualityVolumePut
-- args: dataset int, rule text, org int, month int, value int
INSERT INTO quality_volume (dataset, rule, org, month, value) VALUES (:dataset, :rule, :org, :month, :value);

-- name: QualityItemsForget
-- args: dataset int, org int, month int
DELETE FROM quality_item WHERE dataset = :dataset AND month = :month AND org = :org;

-- name: QualityItemPut
-- args: dataset int, month int, org int, rule text, measure int, weight int, tested int, passed int, loss int, why text?
INSERT INTO quality_item (dataset, month, org, rule, measure, weight, tested, passed, loss, why)
VALUES (:dataset, :month, :org, :rule, :measure, :weight, :tested, :passed, :loss, :why);

-- name: QualityScorePut
-- args: dataset int, month int, org int, state text, records int, held int, completeness int?, validity int?, consistency int?, uniqueness int?, timeliness int?
-- args: score int?, rules text, computed int
INSERT INTO quality_score (dataset, month, org, state, records, held, completeness, validity, consistency, uniqueness, timeliness, score, rules, computed)
VALUES (:dataset, :month, :org, :state, :records, :held, :completeness, :validity, :consistency, :uniqueness, :timeliness, :score, :rules, :computed)
    ON CONFLICT (dataset, month, org) DO UPDATE SET state = excluded.state, records = excluded.records, held = excluded.held, completeness = excluded.completeness,
       validity = excluded.validity, consistency = excluded.consistency, uniqueness = excluded.uniqueness, timeliness = excluded.timeliness,
       score = excluded.score, rules = excluded.rules, computed = excluded.computed;

-- name: QualityScoreForget
-- args: dataset int, org int, month int
DELETE FROM quality_score WHERE dataset = :dataset AND month = :month AND org = :org;

-- The newest month that is over for an organisation.
-- name: QualityOver
-- args: dataset int, org int, today date
-- row:  month int?
SELECT max(month) AS month FROM expected WHERE dataset = :dataset AND org = :org AND due < :today;

-- name: QualityState
-- args: dataset int, org int, month int
-- row:  state text
SELECT state FROM quality_score WHERE dataset = :dataset AND org = :org AND month = :month;

-- name: QualityMonthsScored
-- args: dataset int, org int, first int, last int
-- row:  month int, score int, completeness int?, validity int?, consistency int?, uniqueness int?, timeliness int?
SELECT month, score, completeness, validity, consistency, uniqueness, timeliness FROM quality_score
 WHERE org = :org AND dataset = :dataset AND month BETWEEN :first AND :last AND score IS NOT NULL ORDER BY month DESC;

-- name: SignalLasts
-- args: kind text, subject text
-- row:  period int
SELECT period FROM signal WHERE kind = :kind AND subject = :subject AND state IN ('open', 'taken');

-- For pages ---------------------------------------------------------------------------------------------------------------

-- By the grants of VERB_READ_DATA, as the lists of defects and records. state: as the API says it.
-- name: ExpectedList
-- args: account int?, today date
-- row:  id int, uid text, due date
SELECT e.id, e.uid, e.due FROM expected e JOIN dataset d ON d.id = e.dataset JOIN org o ON o.id = e.org
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- name: ExpectedCounts
-- args: account int?, today date
-- row:  dataset text, period int, state text
SELECT d.name AS dataset, e.period, e.state FROM expected e JOIN dataset d ON d.id = e.dataset JOIN org o ON o.id = e.org
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- The duty that a report is, whatever became of it.
-- name: ExpectedDuty
-- args: key text, org int, subject text, period text
-- row:  uid text
SELECT d.uid FROM duty_rule r JOIN duty d ON d.rule = r.id
 WHERE r.key = :key AND d.org = :org AND d.subject_kind = 'dataset' AND d.subject = :subject AND d.period = :period;

-- name: ExpectedGrantAdd
-- args: uid text, expected int, until date, reason text, account int?, at int
INSERT INTO expected_grant (uid, expected, until, reason, account, at) VALUES (:uid, :expected, :until, :reason, :account, :at);

-- All scores of a month, with that of the month before; by dataset.
-- name: QualityScores
-- args: dataset int, month int
-- row:  dataset int, org int, org_uid text, org_name text, org_kind text, org_path text, org_area text, rank int, state text, records int, held int
-- row:  completeness int?, validity int?, consistency int?, uniqueness int?, timeliness int?, score int?, before int?, computed int, corrected int?
SELECT q.dataset, q.org, o.uid AS org_uid, o.name AS org_name, o.kind AS org_kind, o.path AS org_path, o.area AS org_area, o.rank, q.state, q.records, q.held,
       q.completeness, q.validity, q.consistency, q.uniqueness, q.timeliness, q.score, b.score AS before, q.computed,
       (SELECT max(e.corrected) FROM expected e WHERE e.dataset = q.dataset AND e.month = q.month AND e.org = q.org) AS corrected
  FROM quality_score q JOIN org o ON o.id = q.org
  LEFT JOIN quality_score b ON b.dataset = q.dataset AND b.month = q.month - 1 AND b.org = q.org
 WHERE q.dataset = :dataset AND q.month = :month ORDER BY o.rank, o.id;

-- name: QualityItems
-- args: dataset int, month int, org int
-- row:  rule text, measure int, weight int, tested int, passed int, loss int, why text?
SELECT rule, measure, weight, tested, passed, loss, why FROM quality_item WHERE dataset = :dataset AND month = :month AND org = :org ORDER BY measure, rule;

-- name: QualityTrend
-- args: dataset int, org int, first int, last int
-- row:  month int, score int?, completeness int?, validity int?, consistency int?, uniqueness int?, timeliness int?, state text
SELECT month, score, completeness, validity, consistency, uniqueness, timeliness, state FROM quality_score
 WHERE org = :org AND dataset = :dataset AND month BETWEEN :first AND :last ORDER BY month;

-- What a month lost by each rule, over all institutions.
-- name: QualityWorst
-- args: dataset int, month int, limit int
-- row:  rule text, measure int, orgs int, tested int, passed int, loss int
SELECT rule, measure, count(*) AS orgs, CAST(sum(tested) AS BIGINT) AS tested, CAST(sum(passed) AS BIGINT) AS passed, CAST(sum(loss) AS BIGINT) AS loss
  FROM quality_item WHERE dataset = :dataset AND month = :month AND loss > 0 GROUP BY rule, measure ORDER BY sum(loss) DESC, rule, measure LIMIT :limit;

-- Signals and tasks -------------------------------------------------------------------------------------------------------

-- The task that still stands for a signal of the same programme and institution: its subjects begin alike ("pack.").
-- name: SignalTaskOpen
-- args: kind text, org int, programme text
-- row:  task text
SELECT s.task FROM signal s JOIN task t ON t.uid = s.task
 WHERE s.org = :org AND s.kind = :kind AND substr(s.subject, 1, length(:programme)) = :programme
   AND t.state IN ('issued', 'working', 'submitted', 'returned', 'reopened', 'suspended') ORDER BY s.id DESC LIMIT 1;

-- The one that was found done and is still watched, where none is open: it fell back.
-- name: SignalTaskWatched
-- args: kind text, org int, programme text, today date
-- row:  task text
SELECT s.task FROM signal s JOIN task t ON t.uid = s.task
 WHERE s.org = :org AND s.kind = :kind AND substr(s.subject, 1, length(:programme)) = :programme
   AND (t.state = 'verified' OR (t.state = 'closed' AND t.holding_until >= :today)) ORDER BY s.id DESC LIMIT 1;

-- How many of a task's signals last.
-- name: SignalsLasting
-- args: task text
-- row:  n int
SELECT count(*) AS n FROM signal WHERE task = :task AND state = 'taken';

-- name: PlanOfTitle
-- args: issuer int, title text, year int
-- row:  id int, uid text
SELECT id, uid FROM plan WHERE issuer = :issuer AND title = :title AND document IS NULL AND year = :year AND state = 'open' ORDER BY id LIMIT 1;

-- Accounts in use of an organisation and those below it that hold a role.
-- name: AccountsBelow
-- args: path text, role text, today date
-- row:  id int
SELECT a.id FROM org o JOIN account a ON a.org = o.id JOIN grant_row g ON g.account = a.id
 WHERE substr(o.path, 1, length(:path)) = :path AND a.state = 'active' AND g.role = :role
   AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) ORDER BY o.rank, a.id LIMIT 1;
