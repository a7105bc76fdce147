-- A page of a list of tasks: its rows, then each kind of thing that hangs on them, of all rows in one statement. See src/ledger/task_row.h.

-- Which ones says src/ledger/task_list.h.
-- name: TaskList
-- args:
-- row:  id int, uid text
SELECT t.id, t.uid FROM task t JOIN plan p ON p.id = t.plan WHERE 1 = 1 /* [filters] */;

-- name: TaskRowHead
-- args: tasks text
-- row:  id int, uid text, number text, no text?, label text?, title text, plan int, plan_uid text, plan_title text, issuer int, over_org int, kind text
-- row:  state text, due date?, stage int?, term text?, category text?, handler int?, leader int?, parent int?, split text?, restricted bool
-- row:  part_waived bool, figures int, incomputable bool, adjusted bool, manual bool, relapses int, holding_until date?, changed int, version int
SELECT t.id, t.uid, t.number, t.no, t.label, t.title, t.plan, p.uid AS plan_uid, p.title AS plan_title, t.issuer, p.issuer AS over_org, t.kind, t.state, t.due,
       t.stage, t.term, t.category, t.handler, t.leader, t.parent, t.split, t.restricted, t.waived_share IS NOT NULL AS part_waived, t.figures,
       t.incomputable IS NOT NULL AS incomputable, t.adjusted, t.manual, t.relapses, t.holding_until, t.changed, t.version
  FROM task t JOIN plan p ON p.id = t.plan
 WHERE t.id IN $IDS(:tasks) ORDER BY t.id;

-- name: TaskRowOwners
-- args: tasks text
-- row:  task int, org int, role text
SELECT task, org, role FROM task_owner WHERE task IN $IDS(:tasks) ORDER BY task, seq;

-- name: TaskRowTargets
-- args: tasks text
-- row:  task int, n int
SELECT task, count(*) AS n FROM task_target WHERE task IN $IDS(:tasks) GROUP BY task ORDER BY task;

-- name: TaskRowMeasures
-- args: tasks text
-- row:  task int, n int, done int
SELECT task, count(*) AS n, CAST(sum(CASE WHEN state IN ('effective', 'done', 'lasting') THEN 1 ELSE 0 END) AS BIGINT) AS done
  FROM task_measure WHERE task IN $IDS(:tasks) GROUP BY task ORDER BY task;

-- name: TaskRowEvidence
-- args: tasks text
-- row:  task int, n int
SELECT task, count(*) AS n FROM evidence WHERE task IN $IDS(:tasks) AND NOT withdrawn GROUP BY task ORDER BY task;

-- name: TaskRowChildren
-- args: tasks text
-- row:  parent int, n int, closed int
SELECT parent, count(*) AS n, CAST(sum(CASE WHEN state IN ('closed', 'waived') THEN 1 ELSE 0 END) AS BIGINT) AS closed
  FROM task WHERE parent IN $IDS(:tasks) GROUP BY parent ORDER BY parent;

-- The last report on each.
-- name: TaskRowProgress
-- args: tasks text
-- row:  task int, period text, percent int?, text text
SELECT task, period, percent, text FROM task_progress
 WHERE id IN (SELECT max(id) FROM task_progress WHERE task IN $IDS(:tasks) GROUP BY task) ORDER BY task;

-- Those of a task together, the last one last.
-- name: TaskRowReminders
-- args: tasks text
-- row:  task int, due date, level text
SELECT task, due, level FROM reminder WHERE task IN $IDS(:tasks) AND due IS NOT NULL ORDER BY task, id;

-- name: TaskRowParents
-- args: tasks text
-- row:  id int, uid text, number text, title text
SELECT id, uid, number, title FROM task WHERE id IN $IDS(:tasks) ORDER BY id;

-- name: TaskRowOrgs
-- args: orgs text
-- row:  id int, uid text, name text, path text, area text
SELECT id, uid, name, path, area FROM org WHERE id IN $IDS(:orgs) ORDER BY id;

-- name: TaskRowPeople
-- args: accounts text
-- row:  id int, uid text, name text, org_uid text, org_name text
SELECT a.id, a.uid, p.name, o.uid AS org_uid, o.name AS org_name
  FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org WHERE a.id IN $IDS(:accounts) ORDER BY a.id;

-- name: TaskRowAmbers
-- args: plans text
-- row:  plan int, days int
SELECT plan, days FROM plan_amber WHERE plan IN $IDS(:plans) ORDER BY plan;

-- name: TaskRowStages
-- args: plans text
-- row:  plan int, seq int, name text, forced bool
SELECT plan, seq, name, forced FROM plan_stage WHERE plan IN $IDS(:plans) ORDER BY plan, seq;
