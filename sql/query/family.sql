-- Tasks divided among several, progress, hand-over. See src/ledger/family.h, progress.h.

-- name: TaskChildren
-- args: parent int
-- row:  id int, uid text, number text, title text, state text, due date?, figures int, incomputable bool, relapses int, children int
-- row:  owner_uid text?, owner_name text?
SELECT t.id, t.uid, t.number, t.title, t.state, t.due, t.figures, t.incomputable IS NOT NULL AS incomputable, t.relapses,
       (SELECT count(*) FROM task x WHERE x.parent = t.id) AS children, o.uid AS owner_uid, o.name AS owner_name
  FROM task t LEFT JOIN task_owner w ON w.task = t.id AND w.seq = (SELECT min(y.seq) FROM task_owner y WHERE y.task = t.id AND y.role = 'lead')
       LEFT JOIN org o ON o.id = w.org
 WHERE t.parent = :parent ORDER BY t.id;

-- Targets that are part of a task's own, at every level below it, the deepest first.
-- name: TaskParts
-- args: task int
-- row:  id int, part_of int, task int, metric text, unit text, value text, claimed text?, depth int
WITH RECURSIVE part (id, part_of, task, metric, unit, value, claimed, depth) AS (
       SELECT x.id, x.part_of, x.task, x.metric, x.unit, x.value, x.claimed, CAST(1 AS BIGINT)
         FROM task_target p JOIN task_target x ON x.part_of = p.id WHERE p.task = :task
       UNION ALL SELECT x.id, x.part_of, x.task, x.metric, x.unit, x.value, x.claimed, p.depth + 1
         FROM part p JOIN task_target x ON x.part_of = p.id)
SELECT id, part_of, task, metric, unit, value, claimed, depth FROM part ORDER BY depth DESC, id;

-- How many stand above it, itself included.
-- name: TaskDepth
-- args: task int
-- row:  depth int
WITH RECURSIVE up (id, parent) AS (
       SELECT id, parent FROM task WHERE id = :task
       UNION ALL SELECT t.id, t.parent FROM up u JOIN task t ON t.id = u.parent)
SELECT count(*) AS depth FROM up;

-- How many lead it, and how many of these stand for others.
-- name: TaskLeads
-- args: task int
-- row:  leads int, collectives int
SELECT count(*) AS leads, CAST(coalesce(sum(CASE WHEN o.kind = 'collective' THEN 1 ELSE 0 END), 0) AS BIGINT) AS collectives
  FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = :task AND w.role = 'lead';

-- Whom a collective name stands for today, names within it too.
-- name: OrgMembersOpen
-- args: org int, today date
-- row:  id int, uid text, name text, path text
WITH RECURSIVE whom (id) AS (
       SELECT member FROM org_member WHERE org = :org
       UNION SELECT m.member FROM whom w JOIN org_member m ON m.org = w.id)
SELECT o.id, o.uid, o.name, o.path FROM whom w JOIN org o ON o.id = w.id
 WHERE o.kind <> 'collective' AND (o.closed IS NULL OR o.closed > :today) ORDER BY o.rank, o.id;

-- name: TaskProgressInsert
-- args: uid text, task int, period text, text text, problem text?, need text?, next text?, percent int?, nothing_new bool, account int, org int, at int
INSERT INTO task_progress (uid, task, period, text, problem, need, next, percent, nothing_new, account, org, at)
VALUES (:uid, :task, :period, :text, :problem, :need, :next, :percent, :nothing_new, :account, :org, :at);

-- name: TaskProgressOf
-- args: task int
-- row:  uid text, period text, text text, problem text?, need text?, next text?, percent int?, nothing_new bool, account int, org_uid text, org_name text
-- row:  at int
SELECT g.uid, g.period, g.text, g.problem, g.need, g.next, g.percent, g.nothing_new, g.account, o.uid AS org_uid, o.name AS org_name, g.at
  FROM task_progress g JOIN org o ON o.id = g.org WHERE g.task = :task ORDER BY g.id DESC;

-- name: AccountPlace
-- args: uid text
-- row:  id int, uid text, name text, state text, org_uid text, org_name text, org_path text, org_area text
SELECT a.id, a.uid, p.name, a.state, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area
  FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org WHERE a.uid = :uid;

-- Open tasks that an account handles or leads.
-- name: TasksOfColleague
-- args: account int
-- row:  uid text
SELECT uid FROM task WHERE (handler = :account OR leader = :account) AND state NOT IN ('closed', 'cancelled', 'waived', 'discarded') ORDER BY id;

-- Open tasks of a plan that one collective leads, and that are not divided.
-- name: TasksOfCollectives
-- args: plan int
-- row:  uid text
SELECT t.uid FROM task t
 WHERE t.plan = :plan AND t.split IS NULL AND t.parent IS NULL AND t.state IN ('issued', 'working', 'returned', 'reopened')
   AND (SELECT count(*) FROM task_owner w WHERE w.task = t.id AND w.role = 'lead') = 1
   AND EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = t.id AND w.role = 'lead' AND o.kind = 'collective')
 ORDER BY t.id;

-- Targets of a task that may be apportioned among its sub-tasks, and those of its parent of which it may hold a share.
-- name: TargetWholes
-- args: uid text
-- row:  id int
SELECT w.id AS id FROM task t JOIN task_target w ON w.task = t.id WHERE t.uid = :uid AND t.split = 'apportioned'
UNION SELECT w.id AS id FROM task t JOIN task_target x ON x.task = t.id JOIN task_target w ON w.id = x.part_of JOIN task p ON p.id = w.task
 WHERE t.uid = :uid AND p.split = 'apportioned' ORDER BY id;

-- name: TargetWhole
-- args: id int
-- row:  uid text, number text, metric text, op text, value text, value2 text?, unit text
SELECT w.uid, t.number, w.metric, w.op, w.value, w.value2, w.unit FROM task_target w JOIN task t ON t.id = w.task WHERE w.id = :id;

-- name: TargetShares
-- args: target int
-- row:  op text, value text, unit text
SELECT op, value, unit FROM task_target WHERE part_of = :target ORDER BY id;

-- A task's share of a whole, counted as the whole is now.
-- name: TargetShare
-- args: task text, whole text
-- row:  uid text, op text, unit text
SELECT x.uid, w.op, w.unit FROM task t JOIN task_target x ON x.task = t.id JOIN task_target w ON w.id = x.part_of WHERE t.uid = :task AND w.uid = :whole;
