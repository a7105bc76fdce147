-- Reports: steps of tasks, what a scope holds, what was kept. See src/ledger/report.h.

-- name: TaskStepInsert
-- args: seq int, task int, field text, at int, old text?, new_value text?
INSERT INTO task_step (seq, task, field, at, old, new) VALUES (:seq, :task, :field, :at, :old, :new_value);

-- Restricted tasks are in no report: a count would tell of them. What is counted comes from task_scope alone, so that a million tasks can be; what is shown of the few in a
-- report's lists is read later (ReportTaskLeads).

-- The tasks that those in a scope lead (parts: as a lead, or as one itself), those of a state together. part_of: the task of which it is a part is among them; that
-- is asked of sub-tasks alone (marks & 32).
-- name: ReportTasksOfScope
-- walks: task_scope: a report counts all of its scope; 1 µs a task
-- args: scope int, parts int
-- row:  task int, state text, due date, marks int, plan int, part_of bool
SELECT c.task, c.state, c.due, c.marks, c.plan,
       CASE WHEN (c.marks & 32) = 0 THEN FALSE ELSE EXISTS (SELECT 1 FROM task t JOIN task_scope a ON a.task = t.parent AND a.scope = :scope
                                                             WHERE t.id = c.task AND NOT a.restricted AND (a.parts & :parts) <> 0) END AS part_of
  FROM task_scope c WHERE c.scope = :scope AND NOT c.restricted AND (c.parts & :parts) <> 0 ORDER BY c.state;

-- Whether the task of which one is a part is led in a scope, too.
-- name: ReportPartOf
-- args: task int, scope int
-- row:  parent int
SELECT t.parent FROM task t JOIN task_scope a ON a.task = t.parent AND a.scope = :scope WHERE t.id = :task AND NOT a.restricted AND (a.parts & 2) <> 0;

-- The tasks of a plan, a row for each lead, those of a task together. A scope is a plan (plan), what an organisation and those below it lead (path to path_end), what an area
-- leads (area), or several of these. part_of, part_of_lead: the task of which it is a part counts in the scope, and with the lead, too.
-- (coalesce: PostgreSQL takes a range for one row of 200 and began with the organisations, here often all.)
-- name: ReportTasksOfPlan
-- args: plan int, path text, path_end text, area text
-- row:  task int, state text, due date, marks int, plan int, changed int, org int, org_path text, part_of bool, part_of_lead bool
SELECT c.task, c.state, c.due, c.marks, c.plan, c.changed, o.id AS org, o.path AS org_path,
       CASE WHEN (c.marks & 32) = 0 THEN FALSE ELSE EXISTS (
            SELECT 1 FROM task t JOIN task_scope a ON a.task = t.parent AND a.scope = 0 JOIN task_owner b ON b.task = t.parent AND b.role = 'lead' JOIN org d ON d.id = b.org
             WHERE t.id = c.task AND NOT a.restricted AND d.path >= :path AND d.path < :path_end AND substr(d.area, 1, length(:area)) = :area) END AS part_of,
       CASE WHEN (c.marks & 32) = 0 THEN FALSE ELSE EXISTS (SELECT 1 FROM task t JOIN task_scope a ON a.task = t.parent AND a.scope = o.id
                                                             WHERE t.id = c.task AND NOT a.restricted AND (a.parts & 2) <> 0) END AS part_of_lead
  FROM task_scope c CROSS JOIN task_owner w CROSS JOIN org o
 WHERE c.scope = 0 AND c.plan = :plan AND NOT c.restricted AND w.task = c.task AND w.role = 'lead' AND o.id = w.org
       AND coalesce(o.path >= :path AND o.path < :path_end AND substr(o.area, 1, length(:area)) = :area, FALSE)
 ORDER BY c.task, w.seq;

-- The same without a plan: found from the organisations.
-- name: ReportTasksOfOrgs
-- args: path text, path_end text, area text
-- row:  task int, state text, due date, marks int, plan int, changed int, org int, org_path text, part_of bool, part_of_lead bool
SELECT c.task, c.state, c.due, c.marks, c.plan, c.changed, o.id AS org, o.path AS org_path,
       CASE WHEN (c.marks & 32) = 0 THEN FALSE ELSE EXISTS (
            SELECT 1 FROM task t JOIN task_scope a ON a.task = t.parent AND a.scope = 0 JOIN task_owner b ON b.task = t.parent AND b.role = 'lead' JOIN org d ON d.id = b.org
             WHERE t.id = c.task AND NOT a.restricted AND d.path >= :path AND d.path < :path_end AND substr(d.area, 1, length(:area)) = :area) END AS part_of,
       CASE WHEN (c.marks & 32) = 0 THEN FALSE ELSE EXISTS (SELECT 1 FROM task t JOIN task_scope a ON a.task = t.parent AND a.scope = o.id
                                                             WHERE t.id = c.task AND NOT a.restricted AND (a.parts & 2) <> 0) END AS part_of_lead
  FROM org o CROSS JOIN task_owner w CROSS JOIN task_scope c
 WHERE w.org = o.id AND w.role = 'lead' AND c.task = w.task AND c.scope = 0 AND NOT c.restricted
       AND o.path >= :path AND o.path < :path_end AND substr(o.area, 1, length(:area)) = :area
 ORDER BY c.task, w.seq;

-- What is shown of a task, a row for each of its leads in the scope.
-- name: ReportTaskLeads
-- args: task int, path text, path_end text, area text
-- row:  uid text, number text, title text, state text, due date?, figures int, incomputable bool, handler int?, org int, org_uid text, org_name text
SELECT t.uid, t.number, t.title, t.state, t.due, t.figures, t.incomputable IS NOT NULL AS incomputable, t.handler, o.id AS org, o.uid AS org_uid, o.name AS org_name
  FROM task t JOIN task_owner w ON w.task = t.id AND w.role = 'lead' JOIN org o ON o.id = w.org
 WHERE t.id = :task AND o.path >= :path AND o.path < :path_end AND substr(o.area, 1, length(:area)) = :area
 ORDER BY w.seq;

-- When anything last happened to a task of a scope that is still to do.
-- name: ReportTouched
-- walks: task_scope: backwards to the first that is still to do
-- args: scope int, parts int
-- row:  changed int
SELECT changed FROM task_scope WHERE scope = :scope AND (parts & :parts) <> 0 AND NOT restricted AND state IN ('issued', 'working', 'returned', 'reopened')
 ORDER BY changed DESC LIMIT 1;

-- name: PlanMarks
-- args: plan int
-- row:  state text, marks int
SELECT state, marks FROM task_scope WHERE scope = 0 AND plan = :plan AND NOT restricted AND (parts & 2) <> 0;

-- Plans with a yellow step of their own; see the view plan_amber.
-- name: PlanAmbers
-- args:
-- row:  plan int, days int
SELECT plan, max(CASE WHEN working THEN (4 - days * 7) / 5 ELSE -days END) AS days FROM plan_step WHERE level = 'yellow' AND days <= 0 GROUP BY plan;

-- Steps after an event, of a plan's tasks; those of a task together.
-- name: ReportStepsOfPlan
-- args: plan int, since int
-- row:  task int, seq int, field text, at int, old text?, new_value text?
SELECT s.task, s.seq, s.field, s.at, s.old, s.new AS new_value FROM task t CROSS JOIN task_step s
 WHERE t.plan = :plan AND s.task = t.id AND s.seq > :since ORDER BY s.task, s.seq;

-- Found from the steps, which are few since a report, not from all that the scope holds; + 0 keeps SQLite from the order that task_step has by tasks.
-- name: ReportStepsOfScope
-- args: scope int, since int
-- row:  task int, seq int, field text, at int, old text?, new_value text?
SELECT s.task, s.seq, s.field, s.at, s.old, s.new AS new_value FROM task_step s CROSS JOIN task_scope c
 WHERE s.seq > :since AND c.task = s.task AND c.scope = :scope AND (c.parts & 2) <> 0 ORDER BY s.task + 0, s.seq;

-- name: EventAt
-- args: seq int
-- row:  at int
SELECT at FROM event WHERE seq = :seq;

-- Above which there is none.
-- name: OrgRoots
-- args:
-- row:  id int, uid text, name text, path text, rank int
SELECT id, uid, name, path, rank FROM org WHERE parent IS NULL ORDER BY rank, id;

-- Directly below an organisation.
-- name: OrgChildren
-- args: parent int
-- row:  id int, uid text, name text, path text, rank int
SELECT id, uid, name, path, rank FROM org WHERE parent = :parent ORDER BY rank, id;

-- Where tasks of districts lie.
-- name: OrgsOfKind
-- args: kind text, path text, path_end text
-- row:  id int, uid text, name text, path text, rank int
SELECT id, uid, name, path, rank FROM org WHERE kind = :kind AND path >= :path AND path < :path_end ORDER BY rank, id;

-- name: PlanForReport
-- args: uid text
-- row:  id int, uid text, title text, issuer_path text, issuer_area text
SELECT p.id, p.uid, p.title, o.path AS issuer_path, o.area AS issuer_area FROM plan p JOIN org o ON o.id = p.issuer WHERE p.uid = :uid;

-- name: PlanName
-- args: id int
-- row:  uid text, title text
SELECT uid, title FROM plan WHERE id = :id;

-- The last report of progress of each task of a plan, and of one task.
-- name: ReportProgressOfPlan
-- args: plan int
-- row:  task int, period text, text text, problem text?, need text?, next_text text?, percent int?, nothing_new bool, at int
SELECT g.task, g.period, g.text, g.problem, g.need, g.next AS next_text, g.percent, g.nothing_new, g.at FROM task t CROSS JOIN task_progress g
 WHERE t.plan = :plan AND g.task = t.id AND g.id = (SELECT max(y.id) FROM task_progress y WHERE y.task = t.id);

-- name: ReportProgressOfTask
-- args: task int
-- row:  task int, period text, text text, problem text?, need text?, next_text text?, percent int?, nothing_new bool, at int
SELECT task, period, text, problem, need, next AS next_text, percent, nothing_new, at FROM task_progress WHERE task = :task ORDER BY id DESC LIMIT 1;

-- name: ReportInsert
-- args: uid text, kind text, plan int?, org int?, period text, day_from date, day_to date, made int, made_by int?, previous int?, seq int, hash text, digest text, units text, body text
-- row:  id int
INSERT INTO report (uid, kind, plan, org, period, day_from, day_to, made, made_by, previous, seq, hash, digest, units, body)
VALUES (:uid, :kind, :plan, :org, :period, :day_from, :day_to, :made, :made_by, :previous, :seq, :hash, :digest, :units, :body) RETURNING id;

-- The newest of a kind about the same.
-- name: ReportNewest
-- args: kind text, plan int?, org int?
-- row:  id int, uid text, made int, seq int, units text
SELECT id, uid, made, seq, units FROM report
 WHERE kind = :kind AND plan IS NOT DISTINCT FROM :plan AND org IS NOT DISTINCT FROM :org ORDER BY id DESC LIMIT 1;

-- The open plans whose meetings want reports, with when each kind was last kept.
-- name: PlansReporting
-- args:
-- row:  uid text, issued int, weekly_day int, weekly_hour int, monthly_day int, monthly_hour int, weekly_made int?, monthly_made int?, quarterly_made int?
SELECT p.uid, p.issued, p.weekly_day, p.weekly_hour, p.monthly_day, p.monthly_hour,
       (SELECT max(r.made) FROM report r WHERE r.plan = p.id AND r.org IS NULL AND r.kind = 'weekly') AS weekly_made,
       (SELECT max(r.made) FROM report r WHERE r.plan = p.id AND r.org IS NULL AND r.kind = 'monthly') AS monthly_made,
       (SELECT max(r.made) FROM report r WHERE r.plan = p.id AND r.org IS NULL AND r.kind = 'quarterly') AS quarterly_made
  FROM plan p
 WHERE p.state = 'open' AND (p.weekly_day > 0 OR p.monthly_day > 0)
       AND EXISTS (SELECT 1 FROM task t WHERE t.plan = p.id AND t.state NOT IN ('draft', 'discarded', 'closed', 'cancelled', 'waived'));

-- The organisations whose meetings want reports and that lead something still open, with when each kind was last kept.
-- name: OrgsReporting
-- args:
-- row:  uid text, issued int, weekly_day int, weekly_hour int, monthly_day int, monthly_hour int, weekly_made int?, monthly_made int?, quarterly_made int?
SELECT o.uid, m.set_at AS issued, m.weekly_day, m.weekly_hour, m.monthly_day, m.monthly_hour,
       (SELECT max(r.made) FROM report r WHERE r.org = m.org AND r.plan IS NULL AND r.kind = 'weekly') AS weekly_made,
       (SELECT max(r.made) FROM report r WHERE r.org = m.org AND r.plan IS NULL AND r.kind = 'monthly') AS monthly_made,
       (SELECT max(r.made) FROM report r WHERE r.org = m.org AND r.plan IS NULL AND r.kind = 'quarterly') AS quarterly_made
  FROM org_meeting m JOIN org o ON o.id = m.org
 WHERE (m.weekly_day > 0 OR m.monthly_day > 0)
       AND EXISTS (SELECT 1 FROM task_scope c WHERE c.scope = m.org AND (c.parts & 2) <> 0 AND NOT c.restricted
                      AND c.state IN ('issued', 'working', 'submitted', 'verified', 'returned', 'reopened', 'suspended'));

-- name: OrgMeeting
-- args: org int
-- row:  weekly_day int, weekly_hour int, monthly_day int, monthly_hour int, version int
SELECT weekly_day, weekly_hour, monthly_day, monthly_hour, version FROM org_meeting WHERE org = :org;

-- name: OrgMeetingPut
-- args: org int, weekly_day int, weekly_hour int, monthly_day int, monthly_hour int, set_at int, version int
INSERT INTO org_meeting (org, weekly_day, weekly_hour, monthly_day, monthly_hour, set_at, version)
VALUES (:org, :weekly_day, :weekly_hour, :monthly_day, :monthly_hour, :set_at, :version)
ON CONFLICT (org) DO UPDATE SET weekly_day = excluded.weekly_day, weekly_hour = excluded.weekly_hour, monthly_day = excluded.monthly_day,
       monthly_hour = excluded.monthly_hour, set_at = excluded.set_at, version = excluded.version;

-- name: PlanAssess
-- args: plan int
-- row:  assess text, progress text, issuer int, issuer_path text
SELECT p.assess, p.progress, p.issuer, o.path AS issuer_path FROM plan p JOIN org o ON o.id = p.issuer WHERE p.id = :plan;

-- name: ReportByUid
-- args: uid text
-- row:  id int, made int, uid text, kind text, plan_uid text?, org_uid text?, period text, body text
SELECT r.id, r.made, r.uid, r.kind, p.uid AS plan_uid, o.uid AS org_uid, r.period, r.body
  FROM report r LEFT JOIN plan p ON p.id = r.plan LEFT JOIN org o ON o.id = r.org WHERE r.uid = :uid;

-- Reports that an account may see: of plans whose issuer, and of organisations, that its grants reach as may() has it for reading tasks.
-- name: ReportList
-- args: account int?, today date
-- row:  id int, uid text, kind text, plan_uid text?, plan_title text?, org_uid text?, org_name text?, period text, day_from date, day_to date, made int, made_by int?, previous_uid text?
SELECT r.id, r.uid, r.kind, p.uid AS plan_uid, p.title AS plan_title, o.uid AS org_uid, o.name AS org_name, r.period, r.day_from, r.day_to, r.made, r.made_by,
       b.uid AS previous_uid
  FROM report r LEFT JOIN plan p ON p.id = r.plan LEFT JOIN org o ON o.id = r.org LEFT JOIN report b ON b.id = r.previous
 WHERE EXISTS (
       SELECT 1 FROM grant_place g JOIN org x ON x.id = CASE WHEN g.role IN ('handler', 'unit_head') THEN r.org ELSE coalesce(r.org, p.issuer) END
        WHERE g.account = :account AND g.role IN ('handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan y WHERE y.grant_row = g.id AND y.plan = p.uid))
          AND (substr(x.path, 1, length(g.path)) = g.path OR substr(x.area, 1, length(g.area)) = g.area)) /* [filters] */;

-- name: TaskNewest
-- walks: task: its last row alone
-- args:
-- row:  id int, uid text
SELECT id, uid FROM task ORDER BY id DESC LIMIT 1;

-- name: ReportDecisionInsert
-- args: uid text, report int, text text, task int?, account int, at int
INSERT INTO report_decision (uid, report, text, task, account, at) VALUES (:uid, :report, :text, :task, :account, :at);

-- name: ReportDecisionCount
-- args: report int
-- row:  n int
SELECT count(*) AS n FROM report_decision WHERE report = :report;

-- name: ReportDecisions
-- args: report int
-- row:  uid text, text text, task_uid text?, number text?, title text?, state text?, due date?, account int, at int
SELECT d.uid, d.text, t.uid AS task_uid, t.number, t.title, t.state, t.due, d.account, d.at
  FROM report_decision d LEFT JOIN task t ON t.id = d.task WHERE d.report = :report ORDER BY d.id;
