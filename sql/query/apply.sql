-- What was checked, brought into the tables of records: the journal, segments, rejects, defects. See src/hub/apply.h.

-- name: ApplyOpen
-- args: uid text, intake int?, dataset int, org int, mode text, period int?, state text, rows int, rejected int, held int, warned int, run_name text, run_hash text, rules text, opened int
-- row:  id int
INSERT INTO batch (uid, intake, dataset, org, mode, period, state, rows, rejected, held, warned, added, changed, same, deleted, done_rows, run_name, run_hash, rules, opened)
VALUES (:uid, :intake, :dataset, :org, :mode, :period, :state, :rows, :rejected, :held, :warned, 0, 0, 0, 0, 0, :run_name, :run_hash, :rules, :opened)
RETURNING id;

-- name: ApplyState
-- args: id int, state text
UPDATE batch SET state = :state WHERE id = :id;

-- name: ApplyStepped
-- args: id int, added int, changed int, same int, deleted int, rows int
UPDATE batch SET added = added + :added, changed = changed + :changed, same = same + :same, deleted = deleted + :deleted, done_rows = done_rows + :rows WHERE id = :id;

-- name: ApplyDone
-- args: id int, at int
UPDATE batch SET state = 'done', done_at = :at WHERE id = :id;

-- name: ApplyCounts
-- args: id int
-- row:  added int, changed int, same int, deleted int, done_rows int, state text
SELECT added, changed, same, deleted, done_rows, state FROM batch WHERE id = :id;

-- Those that a crash left.
-- name: ApplyLeft
-- args: state text
-- row:  id int, uid text, dataset text, org int, mode text, period int?, run_name text, run_hash text, rules text, done_rows int, opened int
SELECT b.id, b.uid, d.name AS dataset, b.org, b.mode, b.period, b.run_name, b.run_hash, b.rules, b.done_rows, b.opened
  FROM batch b JOIN dataset d ON d.id = b.dataset WHERE b.state = :state ORDER BY b.id;

-- Records that a batch named, and could not bring: they are not absent.
-- name: ApplyNamed
-- args: batch int
-- row:  org int, key int
SELECT org, key FROM reject WHERE batch = :batch AND org IS NOT NULL AND key IS NOT NULL ORDER BY org, key;

-- name: ApplyForgetRejects
-- args: batch int
DELETE FROM reject WHERE batch = :batch;

-- name: ApplyForget
-- args: id int
DELETE FROM batch WHERE id = :id;

-- name: ApplyReject
-- args: batch int, row int, at text, code text, field text?, raw blob, org int?, key int?
INSERT INTO reject (batch, row, at, code, field, raw, org, key) VALUES (:batch, :row, :at, :code, :field, :raw, :org, :key)
    ON CONFLICT (batch, row) DO NOTHING;

-- Periods that are closed for an organisation, and not opened again by a grant.
-- name: LockedPeriods
-- args: dataset int, org int, today date
-- row:  period int, locked date
SELECT e.period, e.locked FROM expected e
 WHERE e.dataset = :dataset AND e.org = :org AND e.locked < :today AND NOT EXISTS (SELECT 1 FROM expected_grant g WHERE g.expected = e.id AND g.until >= :today)
 ORDER BY e.period;

-- name: LockedPeriod
-- args: dataset text, org int, period int, today date
-- row:  locked date
SELECT e.locked FROM expected e
 WHERE e.dataset = (SELECT d.id FROM dataset d WHERE d.name = :dataset) AND e.org = :org AND e.period = :period AND e.locked < :today
   AND NOT EXISTS (SELECT 1 FROM expected_grant g WHERE g.expected = e.id AND g.until >= :today);

-- What a batch changed of periods that are closed, under their grants, carries a mark.
-- name: ApplyCorrected
-- args: batch int, dataset int, today date, at int, months int
UPDATE expected SET corrected = :at
 WHERE dataset = :dataset AND locked < :today AND org IN (SELECT p.org FROM batch_part p WHERE p.batch = :batch)
   AND EXISTS (SELECT 1 FROM batch_part p WHERE p.batch = :batch AND p.org = expected.org AND p.month BETWEEN expected.month AND expected.month + :months AND p.added + p.changed + p.deleted > 0)
   AND EXISTS (SELECT 1 FROM expected_grant g WHERE g.expected = expected.id AND g.until >= :today);

-- Segments -----------------------------------------------------------------------------------------------------------------

-- name: ApplySegment
-- args: dataset int, org int, month int, rows int, held int, warned int, batch int
INSERT INTO segment (dataset, org, month, version, rows, held, warned, batch, loading) VALUES (:dataset, :org, :month, 0, :rows, :held, :warned, :batch, TRUE)
    ON CONFLICT (dataset, org, month) DO UPDATE SET rows = segment.rows + excluded.rows, held = segment.held + excluded.held, warned = segment.warned + excluded.warned,
       batch = excluded.batch, loading = TRUE;

-- name: ApplyPart
-- args: batch int, org int, month int, rows int, held int, warned int, added int, changed int, same int, deleted int
INSERT INTO batch_part (batch, org, month, rows, held, warned, added, changed, same, deleted)
VALUES (:batch, :org, :month, :rows, :held, :warned, :added, :changed, :same, :deleted)
    ON CONFLICT (batch, org, month) DO UPDATE SET rows = batch_part.rows + excluded.rows, held = batch_part.held + excluded.held, warned = batch_part.warned + excluded.warned,
       added = batch_part.added + excluded.added, changed = batch_part.changed + excluded.changed, same = batch_part.same + excluded.same, deleted = batch_part.deleted + excluded.deleted;

-- name: ApplySegmentsDone
-- args: dataset int, batch int
UPDATE segment SET version = version + 1, loading = FALSE WHERE dataset = :dataset AND (org, month) IN (SELECT p.org, p.month FROM batch_part p WHERE p.batch = :batch);

-- name: ApplySegmentsOf
-- args: dataset int, org int, first int, last int
-- row:  month int, rows int
SELECT month, rows FROM segment WHERE dataset = :dataset AND org = :org AND month BETWEEN :first AND :last AND rows > 0 ORDER BY month;

-- Defects ------------------------------------------------------------------------------------------------------------------

-- name: ApplyOpenDefects
-- args: dataset int, org int, month int, first int, last int
-- row:  id int, key int, rule text, corrected bool
SELECT id, key, rule, state = 'corrected' AS corrected FROM defect
 WHERE dataset = :dataset AND org = :org AND month = :month AND key >= :first AND key <= :last AND closed_at IS NULL AND key IS NOT NULL ORDER BY key, rule;

-- Of a step: [key, rule, level, uid, whether the row is what it was, organisation, month], the first as a text. What is open stays; what was waived is for as long as the row is what it was.
-- name: ApplyFound
-- args: dataset int, batch int, at int, found text
-- sqlite:
INSERT INTO defect (uid, dataset, org, month, key, rule, level, state, found_batch, found_at, times, version)
SELECT w.uid, :dataset, w.org, w.month, w.key, w.rule, w.level, 'found', :batch, :at,
       (SELECT count(*) FROM defect f WHERE f.dataset = :dataset AND f.org = w.org AND f.month = w.month AND f.key = w.key AND f.rule = w.rule), 1
  FROM (SELECT CAST(json_extract(value, '$[0]') AS INTEGER) AS key, json_extract(value, '$[1]') AS rule, json_extract(value, '$[2]') AS level, json_extract(value, '$[3]') AS uid,
               json_extract(value, '$[4]') AS same, json_extract(value, '$[5]') AS org, json_extract(value, '$[6]') AS month FROM json_each(:found)) w
 WHERE NOT EXISTS (SELECT 1 FROM defect f WHERE f.dataset = :dataset AND f.org = w.org AND f.month = w.month AND f.key = w.key AND f.rule = w.rule
                      AND (f.closed_at IS NULL OR (f.state = 'waived' AND w.same)));
-- postgres:
INSERT INTO defect (uid, dataset, org, month, key, rule, level, state, found_batch, found_at, times, version)
SELECT w.uid, :dataset, w.org, w.month, w.key, w.rule, w.level, 'found', :batch, :at,
       (SELECT count(*) FROM defect f WHERE f.dataset = :dataset AND f.org = w.org AND f.month = w.month AND f.key = w.key AND f.rule = w.rule), 1
  FROM (SELECT CAST(value ->> 0 AS BIGINT) AS key, value ->> 1 AS rule, value ->> 2 AS level, value ->> 3 AS uid, CAST(value ->> 4 AS BOOLEAN) AS same, CAST(value ->> 5 AS BIGINT) AS org,
               CAST(value ->> 6 AS BIGINT) AS month FROM jsonb_array_elements(CAST(:found AS JSONB)) AS j(value)) w
 WHERE NOT EXISTS (SELECT 1 FROM defect f WHERE f.dataset = :dataset AND f.org = w.org AND f.month = w.month AND f.key = w.key AND f.rule = w.rule
                      AND (f.closed_at IS NULL OR (f.state = 'waived' AND w.same)));

-- Said to be corrected, and found again.
-- name: ApplyStillDefects
-- args: ids text
UPDATE defect SET state = 'sent', version = version + 1 WHERE id IN $IDS(:ids) AND state = 'corrected';

-- name: ApplyStillNotes
-- args: ids text, at int
INSERT INTO defect_note (defect, kind, text, account, at) SELECT f.id, 'still', '', NULL, :at FROM defect f WHERE f.id IN $IDS(:ids);

-- name: ApplyCloseDefects
-- args: ids text, batch int, at int
UPDATE defect SET state = 'closed', closed_batch = :batch, closed_at = :at, version = version + 1 WHERE id IN $IDS(:ids) AND closed_at IS NULL;

-- Rejected rows as they are sealed, page by page.
-- name: RejectsSealed
-- args: batch int, row int, most int
-- row:  batch int, row int, at text, raw blob
SELECT batch, row, at, raw FROM reject WHERE (batch, row) > (:batch, :row) ORDER BY batch, row LIMIT :most;

-- name: RejectReseal
-- args: batch int, row int, raw blob
UPDATE reject SET raw = :raw WHERE batch = :batch AND row = :row;
