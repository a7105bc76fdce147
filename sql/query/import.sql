-- Ledgers that come as workbooks. See src/ledger/import.h.

-- name: ImportHeadings
-- args: org int
-- row:  key text, field text
SELECT key, field FROM import_heading WHERE org = :org;

-- name: ImportHeadingSet
-- args: org int, key text, field text
INSERT INTO import_heading (org, key, field) VALUES (:org, :key, :field) ON CONFLICT (org, key) DO UPDATE SET field = excluded.field;

-- The tasks of a plan as rows of a file could mean them.
-- name: ImportTasks
-- args: plan int
-- row:  uid text, number text, source_no text?, title text, cells text?
SELECT t.uid, t.number, t.source_no, t.title, k.cells FROM task t LEFT JOIN task_kept k ON k.task = t.id
 WHERE t.plan = :plan AND t.parent IS NULL ORDER BY t.seq;

-- name: ImportTaskByNumber
-- args: number text
-- row:  uid text
SELECT uid FROM task WHERE number = :number ORDER BY id LIMIT 2;

-- Accounts in use of people of a name.
-- name: ImportPeople
-- args: name text
-- row:  uid text, org_path text
SELECT a.uid, o.path AS org_path FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org
 WHERE p.name = :name AND a.state = 'active' ORDER BY a.id;

-- name: AccountUidByName
-- args: username text
-- row:  uid text
SELECT uid FROM account WHERE username = :username AND state = 'active';

-- name: TaskKept
-- args: task int
-- row:  at_row int?, at_last int?, cells text, claimed bool
SELECT at_row, at_last, cells, claimed FROM task_kept WHERE task = :task;

-- name: TaskKeptSet
-- args: task int, at_row int?, at_last int?, cells text, claimed bool
INSERT INTO task_kept (task, at_row, at_last, cells, claimed) VALUES (:task, :at_row, :at_last, :cells, :claimed)
    ON CONFLICT (task) DO UPDATE SET at_row = excluded.at_row, at_last = excluded.at_last, cells = excluded.cells, claimed = excluded.claimed;

-- name: TaskKeptForget
-- args: plan int
UPDATE task_kept SET at_row = NULL, at_last = NULL WHERE task IN (SELECT id FROM task WHERE plan = :plan);

-- name: PlanLayout
-- args: plan int
-- row:  blob text, file_name text, sheet int, head_first int, head_last int, columns text
SELECT blob, file_name, sheet, head_first, head_last, columns FROM plan_layout WHERE plan = :plan;

-- name: PlanLayoutSet
-- args: plan int, blob text, file_name text, sheet int, head_first int, head_last int, columns text, account int?, at int
INSERT INTO plan_layout (plan, blob, file_name, sheet, head_first, head_last, columns, account, at)
VALUES (:plan, :blob, :file_name, :sheet, :head_first, :head_last, :columns, :account, :at)
    ON CONFLICT (plan) DO UPDATE SET blob = excluded.blob, file_name = excluded.file_name, sheet = excluded.sheet, head_first = excluded.head_first,
       head_last = excluded.head_last, columns = excluded.columns, account = excluded.account, at = excluded.at;

-- The tasks of a plan that stand in its layout or belong behind it, in their order.
-- name: LayoutTasks
-- args: plan int
-- row:  uid text, at_row int?, at_last int?
SELECT t.uid, k.at_row, k.at_last FROM task t LEFT JOIN task_kept k ON k.task = t.id WHERE t.plan = :plan AND t.parent IS NULL ORDER BY t.seq;
