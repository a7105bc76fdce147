-- What a scope holds. See src/ledger/scope.h.

-- Writes the rows of the tasks from first to last, which have none.
-- name: TaskScopesFill
-- args: first int, last int
INSERT INTO task_scope (task, scope, parts, plan, state, due, restricted, marks, changed)
WITH RECURSIVE up (task, org, part) AS (
       SELECT t.id, p.issuer, 9 FROM task t JOIN plan p ON p.id = t.plan WHERE t.id BETWEEN :first AND :last
       UNION SELECT t.id, t.issuer, 9 FROM task t WHERE t.id BETWEEN :first AND :last
       UNION SELECT w.task, w.org, CASE w.role WHEN 'lead' THEN 18 ELSE 36 END FROM task_owner w WHERE w.task BETWEEN :first AND :last
       UNION SELECT u.task, COALESCE(o.parent, 0), CASE WHEN u.part > 7 THEN u.part / 9 ELSE u.part END FROM up u JOIN org o ON o.id = u.org)
SELECT u.task, u.org, max(CASE WHEN u.part IN (1, 9) THEN 1 ELSE 0 END) + max(CASE WHEN u.part IN (2, 18) THEN 2 ELSE 0 END)
                      + max(CASE WHEN u.part IN (4, 36) THEN 4 ELSE 0 END) + max(CASE WHEN u.part = 9 THEN 8 ELSE 0 END)
                      + max(CASE WHEN u.part = 18 THEN 16 ELSE 0 END) + max(CASE WHEN u.part = 36 THEN 32 ELSE 0 END),
       t.plan, t.state, COALESCE(t.due, '2199-12-31'), t.restricted OR t.state IN ('draft', 'discarded'), m.marks, t.changed
  FROM up u JOIN task t ON t.id = u.task JOIN task_marks m ON m.task = t.id GROUP BY u.task, u.org, t.plan, t.state, t.due, t.restricted, m.marks, t.changed;

-- name: TaskScopesForget
-- args: first int, last int
DELETE FROM task_scope WHERE task BETWEEN :first AND :last;

-- What changes most often: the parties stay who they are.
-- name: TaskScopesSet
-- args: task int, state text, due date?, restricted bool, changed int
UPDATE task_scope SET state = :state, due = COALESCE(:due, '2199-12-31'), restricted = :restricted, changed = :changed,
       marks = (SELECT m.marks FROM task_marks m WHERE m.task = :task) WHERE task = :task;

-- name: TaskScopesMark
-- args: task int, changed int
UPDATE task_scope SET changed = :changed, marks = (SELECT m.marks FROM task_marks m WHERE m.task = :task) WHERE task = :task;

-- name: TaskScopes
-- args: task int
-- row:  scope int, parts int, state text, due date, restricted bool, changed int, marked bool
SELECT s.scope, s.parts, s.state, s.due, s.restricted, s.changed, s.marks = m.marks AS marked
  FROM task_scope s JOIN task_marks m ON m.task = s.task WHERE s.task = :task ORDER BY s.scope;

-- name: TasksOfScopeAfter
-- walks: task_scope: all of an organisation that was moved, a step of the job that writes them anew
-- args: scope int, after int, limit int
-- row:  task int
SELECT s.task FROM task t JOIN task_scope s ON s.task = t.id AND s.scope = :scope WHERE t.id > :after ORDER BY t.id LIMIT :limit;

-- How many tasks a scope holds, counted up to a limit.
-- name: TaskScopeSize
-- walks: task_scope: up to the limit
-- args: scope int, most int
-- row:  n int
SELECT count(*) AS n FROM (SELECT 1 FROM task_scope WHERE scope = :scope LIMIT :most) AS counted;

-- The same of those in which the parties are any of these; on SQLite with the set of those tasks, for in_set() (src/db/sqlite_set.h).
-- name: TaskScopeSet
-- walks: task_scope: up to the limit
-- args: scope int, parts int, most int
-- row:  n int, tasks blob
-- sqlite:
SELECT count(*) AS n, id_set(task) AS tasks FROM (SELECT task FROM task_scope WHERE scope = :scope AND (parts & :parts) <> 0 LIMIT :most);
-- postgres:
SELECT count(*) AS n, CAST('' AS BYTEA) AS tasks FROM (SELECT 1 FROM task_scope WHERE scope = :scope AND (parts & :parts) <> 0 LIMIT :most) AS counted;

-- name: OrgMovedInsert
-- args: org int
INSERT INTO org_moved (org) VALUES (:org) ON CONFLICT (org) DO NOTHING;

-- name: OrgMovedNext
-- args: after int
-- row:  org int
SELECT org FROM org_moved WHERE org > :after ORDER BY org LIMIT 1;

-- name: OrgMovedDone
-- args: org int
DELETE FROM org_moved WHERE org = :org;

-- Organisations of an area that lie below none of it: what has the area lies there.
-- name: AreaTops
-- args: area text, limit int
-- row:  id int
SELECT o.id FROM org o LEFT JOIN org a ON a.id = o.parent
 WHERE substr(o.area, 1, length(:area)) = :area AND (a.id IS NULL OR substr(a.area, 1, length(:area)) <> :area) ORDER BY o.id LIMIT :limit;

-- name: AccountIdByUid
-- args: uid text
-- row:  id int
SELECT id FROM account WHERE uid = :uid;

-- name: PlanIdByUid
-- args: uid text
-- row:  id int
SELECT id FROM plan WHERE uid = :uid;

-- name: TaskIdByUid
-- args: uid text
-- row:  id int
SELECT id FROM task WHERE uid = :uid;

-- By whose grants an account sees a task: its own, or those of whom it is deputy for.
-- name: TaskHolders
-- args: task int, account int?, today date
-- row:  holder int
SELECT DISTINCT r.holder FROM task_reach r
 WHERE r.task = :task AND r.account = :account AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today)
 ORDER BY r.holder;
