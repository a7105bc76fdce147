-- Rounds of looking back. See src/ledger/look_back.h.

-- The closed tasks of a plan; who draws may read them is set with the filters.
-- name: LookBackCandidates
-- args: plan int
-- row:  id int, uid text
SELECT t.id, t.uid FROM task t JOIN plan p ON p.id = t.plan WHERE t.plan = :plan AND t.state = 'closed' /* [filters] */;

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
       SELECT 1 FROM plan_reach r WHERE r.plan = p.id AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
       OR EXISTS (
       SELECT 1 FROM grant_place g JOIN task_scope c ON c.scope = g.scope AND c.plan = p.id
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND (c.parts & g.parts) <> 0 AND NOT c.restricted
          AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = p.uid)))
       OR EXISTS (
       SELECT 1 FROM grant_place g JOIN org a ON substr(a.area, 1, length(g.area)) = g.area JOIN task_scope c ON c.scope = a.id AND c.plan = p.id
        WHERE g.account = :account AND g.area IS NOT NULL
          AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND (c.parts & (8 * g.parts)) <> 0 AND NOT c.restricted
          AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = p.uid)))) /* [filters] */;

-- What was found on the tasks that are set by the filters.
-- name: LookBackResults
-- args: look_back int
-- row:  id int, result text?
SELECT x.id, x.result FROM look_back_task x JOIN task t ON t.id = x.task JOIN plan p ON p.id = t.plan WHERE x.look_back = :look_back /* [filters] */;

-- name: LookBacksAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM look_back WHERE id > :id ORDER BY id LIMIT :limit;
