-- Plans, their settings and stages. See src/ledger/plan.h.

-- name: PlanInsert
-- args: uid text, document int?, title text, doc_no text?, kind text, code text, year int, basis text?, issuer int, issued int, issued_by int, edition int
-- args: replaces int?, tasks int, holding_days int, publicity_days int, publicity_working bool, weekly_day int, weekly_hour int, monthly_day int
-- args: monthly_hour int, progress text, assess text
-- row:  id int
INSERT INTO plan (uid, document, title, doc_no, kind, code, year, state, basis, issuer, issued, issued_by, edition, replaces, tasks, holding_days,
                  publicity_days, publicity_working, weekly_day, weekly_hour, monthly_day, monthly_hour, progress, assess, version)
VALUES (:uid, :document, :title, :doc_no, :kind, :code, :year, 'open', :basis, :issuer, :issued, :issued_by, :edition, :replaces, :tasks, :holding_days,
        :publicity_days, :publicity_working, :weekly_day, :weekly_hour, :monthly_day, :monthly_hour, :progress, :assess, 1) RETURNING id;

-- Whether an issuer's code of a year is taken.
-- name: PlanByCode
-- args: issuer int, code text, year int
-- row:  id int, uid text
SELECT id, uid FROM plan WHERE issuer = :issuer AND code = :code AND year = :year;

-- name: PlansOfKind
-- args: issuer int, kind text, year int
-- row:  plans int
SELECT count(*) AS plans FROM plan WHERE issuer = :issuer AND kind = :kind AND year = :year;

-- name: PlanByUid
-- args: uid text
-- row:  id int, uid text, document_uid text?, title text, doc_no text?, kind text, code text, year int, state text, basis text?, issuer int, issuer_uid text
-- row:  issuer_name text, issuer_path text, issuer_area text, issued int, issued_by int, edition int, replaces_uid text?, tasks int, holding_days int
-- row:  publicity_days int, publicity_working bool, weekly_day int, weekly_hour int, monthly_day int, monthly_hour int, progress text, assess text, version int
SELECT p.id, p.uid, d.uid AS document_uid, p.title, p.doc_no, p.kind, p.code, p.year, p.state, p.basis, p.issuer, i.uid AS issuer_uid,
       i.name AS issuer_name, i.path AS issuer_path, i.area AS issuer_area, p.issued, p.issued_by, p.edition, e.uid AS replaces_uid, p.tasks, p.holding_days, p.publicity_days,
       p.publicity_working, p.weekly_day, p.weekly_hour, p.monthly_day, p.monthly_hour, p.progress, p.assess, p.version
  FROM plan p JOIN org i ON i.id = p.issuer LEFT JOIN document d ON d.id = p.document LEFT JOIN plan e ON e.id = p.replaces WHERE p.uid = :uid;

-- All that may change of a plan, if it still is the version that was seen.
-- name: PlanUpdate
-- args: id int, version int, title text, code text, state text, holding_days int, publicity_days int, publicity_working bool, weekly_day int
-- args: weekly_hour int, monthly_day int, monthly_hour int, progress text, assess text
UPDATE plan SET title = :title, code = :code, state = :state, holding_days = :holding_days, publicity_days = :publicity_days,
       publicity_working = :publicity_working, weekly_day = :weekly_day, weekly_hour = :weekly_hour, monthly_day = :monthly_day,
       monthly_hour = :monthly_hour, progress = :progress, assess = :assess, version = version + 1
 WHERE id = :id AND version = :version;

-- The plans that an account may see: those with a task that it may see, and those of an issuer that it sees.
-- name: PlanList
-- args: account int?, today date, uid text?
-- row:  id int, uid text, title text, doc_no text?, kind text, code text, year int, state text, issuer_uid text, issuer_name text, issued int, edition int
-- row:  tasks int, document_uid text?, stages int, stage text?, version int
SELECT p.id, p.uid, p.title, p.doc_no, p.kind, p.code, p.year, p.state, i.uid AS issuer_uid, i.name AS issuer_name, p.issued, p.edition, p.tasks,
       d.uid AS document_uid, (SELECT count(*) FROM plan_stage s WHERE s.plan = p.id) AS stages,
       (SELECT s.name FROM plan_stage s WHERE s.plan = p.id AND s.passed_by IS NULL ORDER BY s.seq LIMIT 1) AS stage, p.version
  FROM plan p JOIN org i ON i.id = p.issuer LEFT JOIN document d ON d.id = p.document
 WHERE (EXISTS (
       SELECT 1 FROM plan_reach r WHERE r.plan = p.id AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
       OR EXISTS (
       SELECT 1 FROM grant_place g JOIN task_scope c ON c.scope = g.scope AND c.plan = p.id
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND (c.parts & g.parts) <> 0 AND NOT c.restricted
          AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = p.uid)))
       OR EXISTS (
       SELECT 1 FROM task_reach r WHERE r.plan = p.id AND r.restricted AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
       OR (EXISTS (SELECT 1 FROM grant_place g WHERE g.account = :account AND g.area IS NOT NULL)
           AND EXISTS (
       SELECT 1 FROM task_reach r WHERE r.plan = p.id AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))))
       AND (:uid IS NULL OR p.uid = :uid) /* [filters] */;

-- How many of its tasks wait for something yet.
-- name: PlanOpenTasks
-- args: plan int
-- row:  tasks int
SELECT count(*) AS tasks FROM task WHERE plan = :plan AND state NOT IN ('closed', 'cancelled', 'waived', 'discarded');

-- name: PlanStages
-- args: plan int
-- row:  seq int, name text, begins date?, ends date?, gate text, share int, passed_by int?, passed_at int?, reason text?, forced bool, missing text?
SELECT seq, name, begins, ends, gate, share, passed_by, passed_at, reason, forced, missing FROM plan_stage WHERE plan = :plan ORDER BY seq;

-- name: PlanStageName
-- args: plan int, seq int
-- row:  name text
SELECT name FROM plan_stage WHERE plan = :plan AND seq = :seq;

-- Those that were not passed.
-- name: PlanStagesDelete
-- args: plan int
DELETE FROM plan_stage WHERE plan = :plan AND passed_at IS NULL;

-- How many tasks belong to stages behind one.
-- name: PlanStageTasksBehind
-- args: plan int, seq int
-- row:  tasks int
SELECT count(*) AS tasks FROM task WHERE plan = :plan AND stage > :seq;

-- name: PlanStageInsert
-- args: plan int, seq int, name text, begins date?, ends date?, gate text, share int
INSERT INTO plan_stage (plan, seq, name, begins, ends, gate, share, forced) VALUES (:plan, :seq, :name, :begins, :ends, :gate, :share, FALSE);

-- name: PlanStagePass
-- args: plan int, seq int, passed_by int, passed_at int, reason text?, forced bool, missing text?
UPDATE plan_stage SET passed_by = :passed_by, passed_at = :passed_at, reason = :reason, forced = :forced, missing = :missing WHERE plan = :plan AND seq = :seq;

-- The tasks that a stage's gate asks about.
-- name: PlanStageCount
-- args: plan int, stage int
-- row:  total int, closed int, open int
SELECT count(*) AS total, CAST(coalesce(sum(CASE WHEN state IN ('closed', 'waived') THEN 1 ELSE 0 END), 0) AS BIGINT) AS closed,
       CAST(coalesce(sum(CASE WHEN state IN ('submitted', 'verified', 'closed', 'cancelled', 'waived') THEN 0 ELSE 1 END), 0) AS BIGINT) AS open
  FROM task WHERE plan = :plan AND parent IS NULL AND state NOT IN ('draft', 'discarded') AND (stage IS NULL OR stage = :stage);

-- name: PlansAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM plan WHERE id > :id ORDER BY id LIMIT :limit;
