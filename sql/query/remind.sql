-- Ladders, reminders, letters. See src/ledger/ladder.h.

-- name: PlanSteps
-- args: plan int
-- row:  days int, working bool, level text, to_whom text, letter bool
SELECT days, working, level, to_whom, letter FROM plan_step WHERE plan = :plan ORDER BY seq;

-- name: PlanStepsDelete
-- args: plan int
DELETE FROM plan_step WHERE plan = :plan;

-- name: PlanStepInsert
-- args: plan int, seq int, days int, working bool, level text, to_whom text, letter bool
INSERT INTO plan_step (plan, seq, days, working, level, to_whom, letter) VALUES (:plan, :seq, :days, :working, :level, :to_whom, :letter);

-- Who issued it.
-- name: PlanIssuedBy
-- args: plan int
-- row:  account int
SELECT issued_by AS account FROM plan WHERE id = :plan;

-- How many plans have a yellow step of their own, and the most days that one of them lies before the due date.
-- name: AmberRange
-- args:
-- row:  plans int, most int
SELECT count(*) AS plans, COALESCE(max(CASE WHEN working THEN (4 - days * 7) / 5 ELSE -days END), 0) AS most FROM plan_step
 WHERE level = 'yellow' AND days <= 0;

-- What may be due for a reminder: open tasks whose date is not too far ahead, where an index has them.
-- name: TasksToRemind
-- args: until date
-- row:  task int
SELECT task FROM task_scope WHERE scope = 0 AND state IN ('issued', 'working', 'returned', 'reopened') AND due <= :until ORDER BY task;

-- One of them, if it still is.
-- name: TaskToRemind
-- args: id int
-- row:  id int, uid text, plan int, due date
SELECT t.id, t.uid, t.plan, t.due FROM task t JOIN plan p ON p.id = t.plan
 WHERE t.id = :id AND t.due IS NOT NULL AND t.state IN ('issued', 'working', 'returned', 'reopened') AND NOT t.quiet AND p.state = 'open';

-- Those sent by the ladder for a due date.
-- name: RemindersSent
-- args: task int, due date
-- row:  step text, day date
SELECT step, day FROM reminder WHERE task = :task AND due = :due AND account IS NULL;

-- name: ReminderInsert
-- args: uid text, task int, due date?, step text, level text, planned date, day date, sent int, account int?, text text?
-- row:  id int
INSERT INTO reminder (uid, task, due, step, level, planned, day, sent, account, text)
VALUES (:uid, :task, :due, :step, :level, :planned, :day, :sent, :account, :text) RETURNING id;

-- name: ReminderToInsert
-- args: reminder int, account int, message text
INSERT INTO reminder_to (reminder, account, message) VALUES (:reminder, :account, :message);

-- name: RemindersOfTask
-- args: task int
-- row:  id int, uid text, due date?, level text, planned date, sent int, account int?, text text?
SELECT id, uid, due, level, planned, sent, account, text FROM reminder WHERE task = :task ORDER BY id;

-- name: ReminderTos
-- args: reminder int
-- row:  account int, read_at int?
SELECT t.account, m.read_at FROM reminder_to t LEFT JOIN message m ON m.uid = t.message WHERE t.reminder = :reminder ORDER BY t.account;

-- The last that was sent for the present due date.
-- name: ReminderLast
-- args: task int
-- row:  level text
SELECT r.level FROM reminder r JOIN task t ON t.id = r.task WHERE t.id = :task AND r.due IS NOT DISTINCT FROM t.due ORDER BY r.id DESC LIMIT 1;

-- name: ReminderList
-- args: account int?, today date
-- row:  id int, uid text, task int, task_uid text, level text, due date?, planned date, sent int, account int?, text text?
SELECT r.id, r.uid, r.task, t.uid AS task_uid, r.level, r.due, r.planned, r.sent, r.account, r.text
  FROM reminder r JOIN task t ON t.id = r.task JOIN plan p ON p.id = t.plan
 WHERE EXISTS (
       SELECT 1 FROM task_reach h WHERE h.task = t.id AND h.account = :account
          AND (h.valid_from IS NULL OR h.valid_from <= :today) AND (h.valid_to IS NULL OR h.valid_to >= :today)) /* [filters] */;

-- name: LetterNext
-- args: issuer int, kind text, year int
-- row:  number int
SELECT COALESCE(max(number), 0) + 1 AS number FROM letter WHERE issuer = :issuer AND kind = :kind AND year = :year;

-- name: LetterInsert
-- args: uid text, kind text, issuer int, year int, number int, task int, reminder int, org int, day date, reply_by date
INSERT INTO letter (uid, kind, issuer, year, number, task, reminder, org, day, reply_by)
VALUES (:uid, :kind, :issuer, :year, :number, :task, :reminder, :org, :day, :reply_by);

-- name: LettersOfReminder
-- args: reminder int
-- row:  uid text, kind text, year int, number int, org_uid text, org_name text, reply_by date
SELECT l.uid, l.kind, l.year, l.number, o.uid AS org_uid, o.name AS org_name, l.reply_by FROM letter l JOIN org o ON o.id = l.org
 WHERE l.reminder = :reminder ORDER BY l.number;

-- name: LetterList
-- args: account int?, today date
-- row:  id int, uid text, kind text, year int, number int, issuer_uid text, issuer_name text, org_uid text, org_name text, task_uid text, task_title text, task_number text, problem text?, basis text?, due date?, day date, reply_by date, text text?
SELECT l.id, l.uid, l.kind, l.year, l.number, i.uid AS issuer_uid, i.name AS issuer_name, o.uid AS org_uid, o.name AS org_name, t.uid AS task_uid,
       t.title AS task_title, t.number AS task_number, t.problem, t.basis, r.due, l.day, l.reply_by, r.text
  FROM letter l JOIN org i ON i.id = l.issuer JOIN org o ON o.id = l.org JOIN task t ON t.id = l.task JOIN plan p ON p.id = t.plan
       JOIN reminder r ON r.id = l.reminder
 WHERE EXISTS (
       SELECT 1 FROM task_reach h WHERE h.task = t.id AND h.account = :account
          AND (h.valid_from IS NULL OR h.valid_from <= :today) AND (h.valid_to IS NULL OR h.valid_to >= :today)) /* [filters] */;

-- Duties of progress ------------------------------------------------------------------------------------------------------

-- Plans whose leads report, and those that have stopped to ask for it.
-- name: PlansOfProgress
-- args:
-- row:  id int, uid text, title text, issuer int, progress text, open bool
SELECT p.id, p.uid, p.title, p.issuer, p.progress, p.state = 'open' AS open FROM plan p
 WHERE (p.state = 'open' AND p.progress <> 'none') OR EXISTS (SELECT 1 FROM duty_rule r WHERE r.key = 'progress/' || p.uid AND r.state = 'on')
 ORDER BY p.id;

-- What is divided is reported on part by part.
-- name: ProgressSubjectsAdd
-- args: rule int, plan int, today date
INSERT INTO duty_subject (rule, org, kind, uid, valid_from, valid_to)
SELECT :rule, w.org, 'task', t.uid, :today, NULL FROM task t JOIN task_owner w ON w.task = t.id
 WHERE t.plan = :plan AND w.role = 'lead' AND t.state IN ('issued', 'working', 'submitted', 'returned', 'reopened')
   AND NOT EXISTS (SELECT 1 FROM task x WHERE x.parent = t.id)
    ON CONFLICT (rule, kind, uid, org) DO UPDATE SET valid_to = NULL WHERE duty_subject.valid_to IS NOT NULL;

-- Tasks that ended or rest, and are still reported on.
-- name: ProgressSubjectsOver
-- args: rule int, limit int
-- row:  uid text
SELECT DISTINCT s.uid FROM duty_subject s JOIN task t ON t.uid = s.uid
 WHERE s.rule = :rule AND s.kind = 'task' AND s.valid_to IS NULL AND t.state NOT IN ('issued', 'working', 'submitted', 'returned', 'reopened')
 ORDER BY s.uid LIMIT :limit;

-- Open duties for a period that was reported on before they were opened.
-- name: ProgressReported
-- args: limit int
-- row:  key text, org int, subject text, period text, account int, nothing_new bool
SELECT r.key, d.org, d.subject, d.period, g.account, g.nothing_new
  FROM duty d JOIN duty_rule r ON r.id = d.rule JOIN task t ON t.uid = d.subject
       JOIN task_progress g ON g.task = t.id AND g.period = d.period
        AND g.id = (SELECT max(x.id) FROM task_progress x WHERE x.task = t.id AND x.period = d.period)
 WHERE d.state = 'due' AND d.subject_kind = 'task' AND substr(r.key, 1, 9) = 'progress/' ORDER BY d.id LIMIT :limit;
