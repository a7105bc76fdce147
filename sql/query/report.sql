-- Reports: steps of tasks, what a scope holds, what was kept. See src/ledger/report.h.

-- name: TaskStepInsert
-- args: seq int, task int, field text, at int, old text?, new_value text?
INSERT INTO task_step (seq, task, field, at, old, new) VALUES (:seq, :task, :field, :at, :old, :new_value);

-- Restricted tasks are in no report: a count would tell of them.
-- The tasks of a plan, a row for each lead, those of a task together. A scope is a plan (plan), what an organisation and those below it lead (path to path_end), what an area
-- leads (area), or several of these.
-- name: ReportTasksOfPlan
-- args: plan int, path text, path_end text, area text
-- row:  id int, uid text, number text, title text, state text, due date?, claim_at int?, figures int, incomputable bool, amber_days int, returns int, relapses int, changed int, plan int, handler int?, org int, org_uid text, org_name text, org_path text, org_rank int
SELECT t.id, t.uid, t.number, t.title, t.state, t.due, t.claim_at, t.figures, t.incomputable IS NOT NULL AS incomputable,
       (SELECT a.days FROM plan_amber a WHERE a.plan = t.plan) AS amber_days, t.returns, t.relapses,
       t.changed, t.plan, t.handler, o.id AS org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.rank AS org_rank
  FROM task t JOIN task_owner w ON w.task = t.id AND w.role = 'lead' JOIN org o ON o.id = w.org
 WHERE t.plan = :plan AND t.state NOT IN ('draft', 'discarded') AND NOT t.restricted AND o.path >= :path AND o.path < :path_end
       AND substr(o.area, 1, length(:area)) = :area
 ORDER BY t.id, w.seq;

-- The same of a small scope without a plan: found from its organisations.
-- name: ReportTasksOfOrgs
-- args: path text, path_end text, area text
-- row:  id int, uid text, number text, title text, state text, due date?, claim_at int?, figures int, incomputable bool, amber_days int, returns int, relapses int, changed int, plan int, handler int?, org int, org_uid text, org_name text, org_path text, org_rank int
SELECT t.id, t.uid, t.number, t.title, t.state, t.due, t.claim_at, t.figures, t.incomputable IS NOT NULL AS incomputable,
       (SELECT a.days FROM plan_amber a WHERE a.plan = t.plan) AS amber_days, t.returns, t.relapses,
       t.changed, t.plan, t.handler, o.id AS org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.rank AS org_rank
  FROM org o CROSS JOIN task_owner w CROSS JOIN task t
 WHERE w.org = o.id AND w.role = 'lead' AND t.id = w.task AND t.state NOT IN ('draft', 'discarded') AND NOT t.restricted AND o.path >= :path AND o.path < :path_end
       AND substr(o.area, 1, length(:area)) = :area
 ORDER BY t.id, w.seq;

-- And of a large one: from the tasks, so that nothing is sorted.
-- name: ReportTasksOfAll
-- args: path text, path_end text, area text
-- row:  id int, uid text, number text, title text, state text, due date?, claim_at int?, figures int, incomputable bool, amber_days int, returns int, relapses int, changed int, plan int, handler int?, org int, org_uid text, org_name text, org_path text, org_rank int
SELECT t.id, t.uid, t.number, t.title, t.state, t.due, t.claim_at, t.figures, t.incomputable IS NOT NULL AS incomputable,
       (SELECT a.days FROM plan_amber a WHERE a.plan = t.plan) AS amber_days, t.returns, t.relapses,
       t.changed, t.plan, t.handler, o.id AS org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.rank AS org_rank
  FROM task t CROSS JOIN task_owner w CROSS JOIN org o
 WHERE w.task = t.id AND w.role = 'lead' AND o.id = w.org AND t.state NOT IN ('draft', 'discarded') AND NOT t.restricted AND o.path >= :path AND o.path < :path_end
       AND substr(o.area, 1, length(:area)) = :area
 ORDER BY t.id, w.seq;

-- Whether an organisation's scope is a large one.
-- name: ReportScopeSize
-- args: path text, path_end text, most int
-- row:  n int
SELECT count(*) AS n FROM (SELECT 1 AS one FROM org o CROSS JOIN task_owner w WHERE w.org = o.id AND o.path >= :path AND o.path < :path_end LIMIT :most) AS led;

-- Steps after an event, of a plan's tasks; those of a task together.
-- name: ReportStepsOfPlan
-- args: plan int, since int
-- row:  task int, seq int, field text, at int, old text?, new_value text?
SELECT s.task, s.seq, s.field, s.at, s.old, s.new AS new_value FROM task t CROSS JOIN task_step s
 WHERE t.plan = :plan AND s.task = t.id AND s.seq > :since ORDER BY s.task, s.seq;

-- name: ReportStepsOfOrgs
-- args: path text, path_end text, since int
-- row:  task int, seq int, field text, at int, old text?, new_value text?
SELECT s.task, s.seq, s.field, s.at, s.old, s.new AS new_value FROM task_step s
 WHERE s.seq > :since AND s.task IN (SELECT w.task FROM org o CROSS JOIN task_owner w
       WHERE w.org = o.id AND w.role = 'lead' AND o.path >= :path AND o.path < :path_end) ORDER BY s.task, s.seq;

-- name: ReportStepsOfAll
-- args: since int
-- row:  task int, seq int, field text, at int, old text?, new_value text?
SELECT s.task, s.seq, s.field, s.at, s.old, s.new AS new_value FROM task_step s WHERE s.seq > :since ORDER BY s.task, s.seq;

-- name: EventAt
-- args: seq int
-- row:  at int
SELECT at FROM event WHERE seq = :seq;

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

-- What evidence a scope was asked for and gave: the kinds that tasks ask for, and one for each task that neither asks for a kind nor has a figure.
-- verified_by is empty where figures alone decided.
-- name: ReportPaperOfPlan
-- args: plan int, path text, path_end text, area text
-- row:  asked int, given int, checked int, believed int, by_number int, without int
SELECT CAST(coalesce(sum(x.asks), 0) AS BIGINT) AS asked, CAST(coalesce(sum(x.given), 0) AS BIGINT) AS given, CAST(coalesce(sum(x.held), 0) AS BIGINT) AS checked,
       CAST(coalesce(sum((x.given - x.held) * x.finished), 0) AS BIGINT) AS believed, CAST(coalesce(sum(x.by_number), 0) AS BIGINT) AS by_number,
       CAST(coalesce(sum(CASE WHEN x.given = 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS without
  FROM (SELECT CASE WHEN t.figures > 0 AND t.incomputable IS NULL THEN 0
                    WHEN EXISTS (SELECT 1 FROM task_ask a WHERE a.task = t.id) THEN (SELECT count(*) FROM task_ask a WHERE a.task = t.id)
                    ELSE 1 END AS asks,
               (SELECT count(*) FROM evidence e JOIN evidence_check c ON c.evidence = e.id WHERE e.task = t.id AND NOT e.withdrawn AND c.held) AS held,
               CASE WHEN t.state IN ('verified', 'closed') THEN 1 ELSE 0 END AS finished,
               CASE WHEN t.state IN ('verified', 'closed') AND t.verified_by IS NULL THEN 1 ELSE 0 END AS by_number,
               (SELECT count(*) FROM evidence e WHERE e.task = t.id AND NOT e.withdrawn) AS given
          FROM task t
         WHERE t.plan = :plan AND EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org
                            WHERE w.task = t.id AND w.role = 'lead' AND o.path >= :path AND o.path < :path_end
                              AND substr(o.area, 1, length(:area)) = :area) AND t.state NOT IN ('draft', 'discarded') AND NOT t.restricted) x;

-- name: ReportPaperOfOrgs
-- args: path text, path_end text, area text
-- row:  asked int, given int, checked int, believed int, by_number int, without int
SELECT CAST(coalesce(sum(x.asks), 0) AS BIGINT) AS asked, CAST(coalesce(sum(x.given), 0) AS BIGINT) AS given, CAST(coalesce(sum(x.held), 0) AS BIGINT) AS checked,
       CAST(coalesce(sum((x.given - x.held) * x.finished), 0) AS BIGINT) AS believed, CAST(coalesce(sum(x.by_number), 0) AS BIGINT) AS by_number,
       CAST(coalesce(sum(CASE WHEN x.given = 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS without
  FROM (SELECT CASE WHEN t.figures > 0 AND t.incomputable IS NULL THEN 0
                    WHEN EXISTS (SELECT 1 FROM task_ask a WHERE a.task = t.id) THEN (SELECT count(*) FROM task_ask a WHERE a.task = t.id)
                    ELSE 1 END AS asks,
               (SELECT count(*) FROM evidence e JOIN evidence_check c ON c.evidence = e.id WHERE e.task = t.id AND NOT e.withdrawn AND c.held) AS held,
               CASE WHEN t.state IN ('verified', 'closed') THEN 1 ELSE 0 END AS finished,
               CASE WHEN t.state IN ('verified', 'closed') AND t.verified_by IS NULL THEN 1 ELSE 0 END AS by_number,
               (SELECT count(*) FROM evidence e WHERE e.task = t.id AND NOT e.withdrawn) AS given
          FROM task t
         WHERE t.id IN (SELECT w.task FROM org o CROSS JOIN task_owner w
                         WHERE w.org = o.id AND w.role = 'lead' AND o.path >= :path AND o.path < :path_end
                           AND substr(o.area, 1, length(:area)) = :area) AND t.state NOT IN ('draft', 'discarded') AND NOT t.restricted) x;

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
