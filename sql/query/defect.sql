-- What is wrong in records, and what people do about it. See src/hub/defect.h.

-- name: DefectFind
-- args: uid text
-- row:  id int, uid text, dataset text, org int, org_uid text, org_name text, org_path text, org_area text, month int, key int?, period int?, rule text, level text, state text, found_batch int?, found_uid text?, found_at int, due date?, sent_at int?, closed_batch int?, closed_uid text?, closed_at int?, reason text?, times int, version int
SELECT f.id, f.uid, d.name AS dataset, f.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, f.month, f.key, f.period, f.rule, f.level, f.state,
       f.found_batch, fi.uid AS found_uid, f.found_at, f.due, f.sent_at, f.closed_batch, ci.uid AS closed_uid, f.closed_at, f.reason, f.times, f.version
  FROM defect f JOIN dataset d ON d.id = f.dataset JOIN org o ON o.id = f.org
       LEFT JOIN batch fb ON fb.id = f.found_batch LEFT JOIN intake fi ON fi.id = fb.intake
       LEFT JOIN batch cb ON cb.id = f.closed_batch LEFT JOIN intake ci ON ci.id = cb.intake
 WHERE f.uid = :uid;

-- name: DefectList
-- args: account int?, today date
-- row:  id int, uid text, found_at int, due date
SELECT f.id, f.uid, f.found_at, coalesce(f.due, :today) AS due
  FROM defect f JOIN dataset d ON d.id = f.dataset JOIN org o ON o.id = f.org
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- Counted by one word at a time: what the list would show.
-- name: DefectCount
-- args: account int?, today date
-- row:  id int, dataset text, rule text, level text, state text, org_uid text, org_name text, late bool
SELECT f.id, d.name AS dataset, f.rule, f.level, f.state, o.uid AS org_uid, o.name AS org_name, (f.due IS NOT NULL AND f.due < :today AND f.closed_at IS NULL) AS late
  FROM defect f JOIN dataset d ON d.id = f.dataset JOIN org o ON o.id = f.org
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- name: DefectSend
-- args: id int, version int, due date, at int, account int?
UPDATE defect SET state = 'sent', due = :due, sent_at = :at, sent_by = :account, late_told = NULL, raised = NULL, version = version + 1 WHERE id = :id AND version = :version AND state IN ('found', 'sent', 'corrected');

-- name: DefectCorrected
-- args: id int, version int
UPDATE defect SET state = 'corrected', version = version + 1 WHERE id = :id AND version = :version AND state IN ('found', 'sent');

-- name: DefectTouched
-- args: id int, version int
UPDATE defect SET version = version + 1 WHERE id = :id AND version = :version AND closed_at IS NULL;

-- name: DefectWaive
-- args: id int, version int, reason text, account int?, at int
UPDATE defect SET state = 'waived', reason = :reason, waived_by = :account, closed_at = :at, version = version + 1 WHERE id = :id AND version = :version AND closed_at IS NULL;

-- What a day brings.
-- name: DefectsUncorrected
-- args: today date, limit int
-- row:  id int, uid text
SELECT id, uid FROM defect WHERE state = 'corrected' AND due < :today ORDER BY due, id LIMIT :limit;

-- name: DefectReturn
-- args: id int
UPDATE defect SET state = 'sent', version = version + 1 WHERE id = :id AND state = 'corrected';

-- Organisations of which something is late that was not told of: to them (raise false), or above them.
-- name: DefectsOver
-- walks: defect: once a day, organisation by organisation
-- args: before date, raise bool, limit int
-- row:  org int, n int, due date
SELECT org, count(*) AS n, min(due) AS due FROM defect
 WHERE state = 'sent' AND due < :before AND ((:raise AND raised IS NULL) OR (NOT :raise AND late_told IS NULL)) GROUP BY org ORDER BY org LIMIT :limit;

-- name: DefectSenders
-- args: org int, today date
-- row:  account int
SELECT DISTINCT sent_by AS account FROM defect WHERE org = :org AND state = 'sent' AND due < :today AND late_told IS NULL AND sent_by IS NOT NULL ORDER BY sent_by;

-- name: DefectsLateTold
-- args: org int, before date, today date
UPDATE defect SET late_told = :today WHERE org = :org AND state = 'sent' AND due < :before AND late_told IS NULL;

-- name: DefectsRaised
-- args: org int, before date, today date
UPDATE defect SET raised = :today WHERE org = :org AND state = 'sent' AND due < :before AND raised IS NULL;

-- name: DefectNoteAdd
-- args: defect int, kind text, text text, account int?, at int
INSERT INTO defect_note (defect, kind, text, account, at) VALUES (:defect, :kind, :text, :account, :at);

-- name: DefectNotes
-- args: defect int
-- row:  kind text, text text, account int?, at int
SELECT kind, text, account, at FROM defect_note WHERE defect = :defect ORDER BY id;

-- Organisations' months in which a dataset has records that the asker may see, the newest first; behind one that was seen.
-- name: SegmentsSeen
-- args: dataset int, account int?, today date, path text, first int, last int, month int, org int, batch int, limit int
-- row:  org int, org_uid text, org_name text, month int
SELECT s.org, o.uid AS org_uid, o.name AS org_name, s.month
  FROM segment s JOIN org o ON o.id = s.org
 WHERE s.dataset = :dataset AND s.month BETWEEN :first AND :last AND s.rows > 0 AND (s.month < :month OR (s.month = :month AND s.org >= :org))
   AND substr(o.path, 1, length(:path)) = :path AND (:batch = 0 OR EXISTS (SELECT 1 FROM batch_part p WHERE p.batch = :batch AND p.org = s.org AND p.month = s.month)) AND EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
 ORDER BY s.month DESC, s.org LIMIT :limit;

-- Months in which an organisation has, or had, records of a dataset.
-- name: RecordMonths
-- args: dataset int, org int
-- row:  month int
SELECT month FROM segment WHERE dataset = :dataset AND org = :org ORDER BY month DESC;

-- name: BatchId
-- args: uid text
-- row:  id int
SELECT id FROM batch WHERE uid = :uid;

-- name: BatchUidOf
-- args: id int
-- row:  uid text, intake_uid text?, intake_name text?, channel text?, opened int
SELECT b.uid, i.uid AS intake_uid, i.name AS intake_name, i.channel, b.opened FROM batch b LEFT JOIN intake i ON i.id = b.intake WHERE b.id = :id;

-- name: DefectsOfRecord
-- args: dataset int, org int, month int, key int
-- row:  uid text
SELECT uid FROM defect WHERE dataset = :dataset AND org = :org AND month = :month AND key = :key ORDER BY id DESC LIMIT 100;
