-- What the invented people of a demo look at each morning. See src/cmd/demo_play.c. What a signal made they answer and do not judge: a figure does.

-- name: DemoTasks
-- walks: task: invented people look at all, in a demo of some hundreds
-- args:
-- row:  uid text, number text, state text, due date?, changed int, figures int, incomputable bool, lead int?, issuer int, kind text, relapses int, returns int, by_score bool
SELECT t.uid, t.number, t.state, t.due, t.changed, t.figures, t.incomputable IS NOT NULL AS incomputable,
       (SELECT w.org FROM task_owner w WHERE w.task = t.id AND w.role = 'lead' ORDER BY w.seq LIMIT 1) AS lead, p.issuer, t.kind, t.relapses, t.returns,
       EXISTS (SELECT 1 FROM signal s WHERE s.task = t.uid) AS by_score
  FROM task t JOIN plan p ON p.id = t.plan WHERE t.state NOT IN ('cancelled', 'waived', 'suspended', 'draft') ORDER BY t.number, t.id;

-- Cases that came before now, in the order in which they did.
-- name: DemoCases
-- args: now int
-- row:  id int, uid text, dataset text, org_uid text, org_code text, org_path text, org_area text, key int, state text, since int, begun int, due int, version int
SELECT c.id, c.uid, d.name AS dataset, o.uid AS org_uid, o.code AS org_code, o.path AS org_path, o.area AS org_area, c.key, c.state, c.since, c.begun, c.due, c.version
  FROM flow_case c JOIN dataset d ON d.id = c.dataset JOIN org o ON o.id = c.org
 WHERE c.ended IS NULL AND c.gone IS NULL AND c.since <= :now AND c.begun <= :now ORDER BY c.id;

-- name: DemoActors
-- args:
-- row:  account int, org int, role text
SELECT a.id AS account, a.org, g.role FROM account a JOIN grant_row g ON g.account = a.id
 WHERE a.state = 'active' AND g.role IN ('handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader', 'reporter') ORDER BY a.id, g.role;

-- Rules that somebody made; those that the program keeps have a key.
-- name: DemoDutyRules
-- args:
-- row:  n int
SELECT count(*) AS n FROM duty_rule WHERE key IS NULL;

-- What is owed by such rules and not done.
-- name: DemoDuties
-- args:
-- row:  uid text, rule int, org int, period text, due date, name text
SELECT d.uid, d.rule, d.org, d.period, d.due, r.name FROM duty d JOIN duty_rule r ON r.id = d.rule
 WHERE r.key IS NULL AND d.state = 'due' ORDER BY d.due, d.id;
