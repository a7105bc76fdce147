-- Jobs. See src/job/job.h.

-- name: JobInsert
-- args: uid text, kind text, argument text?, account int?, at int
INSERT INTO job (uid, kind, argument, state, attempts, progress, account, not_before, created)
VALUES (:uid, :kind, :argument, 'waiting', 0, 0, :account, :at, :at);

-- The one that waits longest, but for kinds of which one is enough: `busy` names them as '|one|other|'.
-- name: JobNext
-- args: now int, busy text
-- row:  id int, uid text, kind text, argument text?, account int?, attempts int
SELECT id, uid, kind, argument, account, attempts FROM job
 WHERE state = 'waiting' AND not_before <= :now AND :busy NOT LIKE '%|' || kind || '|%' ORDER BY not_before, id LIMIT 1;

-- name: JobBegin
-- args: id int
UPDATE job SET state = 'running', attempts = attempts + 1, progress = 0, doing = NULL WHERE id = :id AND state = 'waiting';

-- name: JobProgress
-- args: id int, progress int, doing text?
UPDATE job SET progress = :progress, doing = :doing WHERE id = :id AND state = 'running';

-- name: JobDone
-- args: id int, result text?, finished int
UPDATE job SET state = 'done', progress = 1000, doing = NULL, result = :result, error = NULL, finished = :finished WHERE id = :id;

-- name: JobFailed
-- args: id int, error text, finished int
UPDATE job SET state = 'failed', doing = NULL, error = :error, finished = :finished WHERE id = :id;

-- Back to waiting: `back` attempts are not counted (the process was asked to stop).
-- name: JobAgain
-- args: id int, not_before int, back int
UPDATE job SET state = 'waiting', doing = NULL, not_before = :not_before, attempts = attempts - :back WHERE id = :id;

-- What a dead process was running.
-- name: JobsRunning
-- args:
-- row:  id int, kind text, attempts int
SELECT id, kind, attempts FROM job WHERE state = 'running' ORDER BY id;

-- name: JobByUid
-- args: uid text
-- row:  id int, uid text, kind text, state text, progress int, doing text?, result text?, error text?, account int?, created int, finished int?, attempts int
SELECT id, uid, kind, state, progress, doing, result, error, account, created, finished, attempts FROM job WHERE uid = :uid;

-- name: JobList
-- args:
-- row:  id int, uid text, kind text, state text, progress int, doing text?, result text?, error text?, account int?, created int, finished int?, attempts int
SELECT j.id, j.uid, j.kind, j.state, j.progress, j.doing, j.result, j.error, j.account, j.created, j.finished, j.attempts
  FROM job j WHERE 1 = 1 /* [filters] */;

-- name: JobCount
-- args: state text
-- row:  n int
SELECT COUNT(*) AS n FROM job WHERE state = :state;

-- name: JobOpenOfKind
-- args: kind text
-- row:  n int
SELECT COUNT(*) AS n FROM job WHERE kind = :kind AND state IN ('waiting', 'running');

-- Finished ones that nobody will look at any more.
-- name: JobsForget
-- args: before int
DELETE FROM job WHERE state IN ('done', 'failed') AND finished < :before;

-- name: ScheduleDue
-- args: kind text
-- row:  due int
SELECT due FROM schedule WHERE kind = :kind;

-- name: ScheduleSet
-- args: kind text, due int
INSERT INTO schedule (kind, due) VALUES (:kind, :due) ON CONFLICT (kind) DO UPDATE SET due = excluded.due;

-- Takes away what a job was about, for what must not be kept.
-- name: JobForgetArgument
-- args: uid text
UPDATE job SET argument = NULL WHERE uid = :uid;
