-- Statements for tests/unit/test-db.c. Their names begin with Try: no statement of the program does.
-- name: TryTaskAdd
-- args: uid text, unit int?, title text, due date?, done bool, weight int?, body blob?
INSERT INTO task (uid, unit, title, due, done, weight, body) VALUES (:uid, :unit, :title, :due, :done, :weight, :body);

-- name: TryTaskAddMany
-- args: uid text, unit int?, title text, due date?, done bool, weight int?, body blob?
-- sqlite:
INSERT INTO task (uid, unit, title, due, done, weight, body) VALUES (:uid, :unit, :title, :due, :done, :weight, :body);
-- postgres:
COPY task (uid, unit, title, due, done, weight, body) FROM STDIN (FORMAT binary);

-- name: TryTaskAddReturning
-- args: uid text, title text
-- row: id int
INSERT INTO task (uid, title, done) VALUES (:uid, :title, FALSE) RETURNING id;

-- name: TryTaskByUid
-- args: uid text
-- row: id int, unit int?, title text, due date?
-- row: done bool, weight int?, body blob?
SELECT id, unit, title, due, done, weight, body FROM task WHERE uid = :uid;

-- name: TryTaskCount
-- row: n int
SELECT count(*) AS n FROM task;

-- name: TryTasksInOrder
-- row: id int, uid text
SELECT id, uid FROM task ORDER BY id;

-- name: TryTasksWithoutId
-- row: uid text
SELECT uid FROM task ORDER BY uid;

-- name: TryTaskDeleteAll
DELETE FROM task;

-- name: TryTaskSetDone
-- args: before date
UPDATE task SET done = TRUE WHERE due < :before AND NOT done;


-- name: TryTaskNullTitle
-- row: due date
SELECT due FROM task;

-- name: TryTaskList
-- args: unit int?
-- row: id int, title text, due date?, weight int?, done bool
SELECT t.id, t.title, t.due, t.weight, t.done FROM task t
 WHERE (t.unit = :unit OR :unit IS NULL) /* [filters] */;

-- name: TryEndless
-- row: n int
WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 10000000000)
SELECT CAST(max(n) AS BIGINT) AS n FROM counter;

-- name: TryEngineHere
-- row: engine text
SELECT engine FROM only_here;

-- name: TryNoteAdd
-- args: text text
INSERT INTO note (text) VALUES (:text);

-- name: TryNoteCount
-- row: n int
SELECT count(*) AS n FROM note;
