-- Rounds of looking back. See src/ledger/look_back.h.

-- The closed tasks of a plan that an account may read, in the order of their uids.
-- name: LookBackCandidates
-- args: plan int, account int?, today date
-- row:  id int, uid text
SELECT t.id, t.uid FROM task t
 WHERE t.plan = :plan AND t.state = 'closed'
   AND (NOT t.restricted
        OR EXISTS (SELECT 1 FROM task_reach r WHERE r.task = t.id AND r.account = :account
                    AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today)))
 ORDER BY t.uid;

-- name: LookBackInsert
-- args: uid text, plan int, org int, title text, begins date, ends date, sample text, share int, seed text, candidates int, made_by int, made_at int
-- row:  id int
INSERT INTO look_back (uid, plan, org, title, begins, ends, sample, share, seed, candidates, made_by, made_at, version)
VALUES (:uid, :plan, :org, :title, :begins, :ends, :sample, :share, :seed, :candidates, :made_by, :made_at, 1) RETURNING id;

-- name: LookBackTaskInsert
-- args: look_back int, task int
INSERT INTO look_back_task (look_back, task) VALUES (:look_back, :task);

-- name: LookBackByUid
-- args: uid text
-- row:  id int, uid text, plan_uid text, plan_title text, issuer int, issuer_path text, issuer_area text, org int, org_uid text, org_name text, title text
-- row:  begins date, ends date, sample text, share int, seed text, candidates int, made_by int, made_at int, version int
SELECT l.id, l.uid, p.uid AS plan_uid, p.title AS plan_title, p.issuer, i.path AS issuer_path, i.area AS issuer_area, l.org, o.uid AS org_uid,
       o.name AS org_name, l.title, l.begins, l.ends, l.sample, l.share, l.seed, l.candidates, l.made_by, l.made_at, l.version
  FROM look_back l JOIN plan p ON p.id = l.plan JOIN org i ON i.id = p.issuer JOIN org o ON o.id = l.org WHERE l.uid = :uid;

-- name: LookBackTasks
-- args: look_back int
-- row:  task int, task_uid text, result text?, note text?, account int?, at int?
SELECT x.task, t.uid AS task_uid, x.result, x.note, x.account, x.at
  FROM look_back_task x JOIN task t ON t.id = x.task WHERE x.look_back = :look_back ORDER BY x.id;

-- What was found so far on a task.
-- name: LookBacksOfTask
-- args: task int
-- row:  uid text, title text, begins date, ends date, result text?, note text?, account int?, at int?
SELECT l.uid, l.title, l.begins, l.ends, x.result, x.note, x.account, x.at
  FROM look_back_task x JOIN look_back l ON l.id = x.look_back WHERE x.task = :task ORDER BY x.look_back;

-- name: LookBackResult
-- args: look_back int, task int, result text, note text?, account int, at int
UPDATE look_back_task SET result = :result, note = :note, account = :account, at = :at
 WHERE look_back = :look_back AND task = :task AND (result IS NULL OR result = 'unclear');

-- name: LookBackTouch
-- args: id int
UPDATE look_back SET version = version + 1 WHERE id = :id;

-- The rounds of plans that an account may see. open: of how many tasks nothing was found yet, unseen ones too.
-- name: LookBackList
-- args: account int?, today date
-- row:  id int, uid text, plan_uid text, plan_title text, org_uid text, org_name text, title text, begins date, ends date, sample text, share int, open bool
-- row:  made_by int, made_at int, version int
SELECT l.id, l.uid, p.uid AS plan_uid, p.title AS plan_title, o.uid AS org_uid, o.name AS org_name, l.title, l.begins, l.ends, l.sample, l.share,
       EXISTS (SELECT 1 FROM look_back_task x WHERE x.look_back = l.id AND x.result IS NULL) AS open, l.made_by, l.made_at, l.version
  FROM look_back l JOIN plan p ON p.id = l.plan JOIN org o ON o.id = l.org
 WHERE (EXISTS (
       SELECT 1 FROM task_reach r WHERE r.plan = p.id AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
       OR EXISTS (
       SELECT 1 FROM plan_reach r WHERE r.plan = p.id AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))) /* [filters] */;

-- Without the restricted tasks that the account may not read.
-- name: LookBackCounts
-- args: look_back int, account int?, today date
-- row:  total int, held int, relapsed int, unclear int
SELECT count(*) AS total, CAST(coalesce(sum(CASE WHEN x.result = 'held' THEN 1 ELSE 0 END), 0) AS BIGINT) AS held,
       CAST(coalesce(sum(CASE WHEN x.result = 'relapsed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS relapsed,
       CAST(coalesce(sum(CASE WHEN x.result = 'unclear' THEN 1 ELSE 0 END), 0) AS BIGINT) AS unclear
  FROM look_back_task x JOIN task t ON t.id = x.task
 WHERE x.look_back = :look_back
   AND (NOT t.restricted
        OR EXISTS (SELECT 1 FROM task_reach r WHERE r.task = t.id AND r.account = :account
                    AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today)));

-- name: LookBacksAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM look_back WHERE id > :id ORDER BY id LIMIT :limit;
