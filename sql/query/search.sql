-- Full-text search. See src/ledger/search.h.

-- name: SearchTextInsert
-- args: kind int, id int, text text
INSERT INTO search_text (kind, id, text) VALUES (:kind, :id, :text);

-- The parts from the first on.
-- name: SearchTexts
-- args: kind int, first int, last int
-- row:  id int, text text
SELECT id, text FROM search_text WHERE kind = :kind AND id BETWEEN :first AND :last ORDER BY id DESC;

-- name: SearchTextsDelete
-- args: kind int, first int, last int
DELETE FROM search_text WHERE kind = :kind AND id BETWEEN :first AND :last;

-- name: SearchTextsClear
-- args:
DELETE FROM search_text;

-- The three indexes, alike. tokens of a deletion: those that were given when it was written.
-- name: SearchDocumentInsert
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_document (rowid, tokens) VALUES (:id, :tokens);
-- postgres:
INSERT INTO search_document (rowid, tokens) VALUES (:id, CAST(:tokens AS tsvector));

-- name: SearchDocumentDelete
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_document (search_document, rowid, tokens) VALUES ('delete', :id, :tokens);
-- postgres:
DELETE FROM search_document WHERE rowid = :id AND CAST(:tokens AS TEXT) IS NOT NULL;

-- name: SearchDocumentClear
-- args:
-- sqlite:
INSERT INTO search_document (search_document) VALUES ('delete-all');
-- postgres:
DELETE FROM search_document;

-- name: SearchTaskInsert
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_task (rowid, tokens) VALUES (:id, :tokens);
-- postgres:
INSERT INTO search_task (rowid, tokens) VALUES (:id, CAST(:tokens AS tsvector));

-- name: SearchTaskDelete
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_task (search_task, rowid, tokens) VALUES ('delete', :id, :tokens);
-- postgres:
DELETE FROM search_task WHERE rowid = :id AND CAST(:tokens AS TEXT) IS NOT NULL;

-- name: SearchTaskClear
-- args:
-- sqlite:
INSERT INTO search_task (search_task) VALUES ('delete-all');
-- postgres:
DELETE FROM search_task;

-- name: SearchCommentInsert
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_comment (rowid, tokens) VALUES (:id, :tokens);
-- postgres:
INSERT INTO search_comment (rowid, tokens) VALUES (:id, CAST(:tokens AS tsvector));

-- name: SearchCommentDelete
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_comment (search_comment, rowid, tokens) VALUES ('delete', :id, :tokens);
-- postgres:
DELETE FROM search_comment WHERE rowid = :id AND CAST(:tokens AS TEXT) IS NOT NULL;

-- name: SearchCommentClear
-- args:
-- sqlite:
INSERT INTO search_comment (search_comment) VALUES ('delete-all');
-- postgres:
DELETE FROM search_comment;

-- What is found. The match comes with the filters; what is shown of a text is looked up behind them.
-- name: SearchDocumentList
-- args:
-- row:  id int, uid text, title text, at int, text text
SELECT search_document.rowid AS id, d.uid, d.title, d.uploaded AS at, x.text
  FROM search_document CROSS JOIN document d CROSS JOIN search_text x
 WHERE d.id = search_document.rowid / 512 AND x.kind = 1 AND x.id = search_document.rowid /* [filters] */;

-- name: SearchTaskList
-- args:
-- row:  id int, uid text, number text, title text, at int, text text
SELECT search_task.rowid AS id, t.uid, t.number, t.title, t.changed AS at, x.text
  FROM search_task CROSS JOIN task t CROSS JOIN plan p CROSS JOIN search_text x
 WHERE t.id = search_task.rowid / 512 AND p.id = t.plan AND x.kind = 2 AND x.id = search_task.rowid /* [filters] */;

-- The same, with the same columns, of tasks that are few, given as a JSON array: each text is asked whether it says it.
-- name: SearchFewTaskList
-- args: tasks text
-- row:  id int, uid text, number text, title text, at int, text text
-- sqlite:
SELECT x.id, t.uid, t.number, t.title, t.changed AS at, x.text
  FROM json_each(:tasks) e CROSS JOIN search_text x CROSS JOIN task t CROSS JOIN plan p
 WHERE x.kind = 2 AND x.id BETWEEN e.value * 512 AND e.value * 512 + 511 AND t.id = e.value AND p.id = t.plan /* [filters] */;
-- postgres:
SELECT x.id, t.uid, t.number, t.title, t.changed AS at, x.text
  FROM (SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST(:tasks AS JSON))) e CROSS JOIN search_text x CROSS JOIN task t CROSS JOIN plan p
 WHERE x.kind = 2 AND x.id BETWEEN e.value * 512 AND e.value * 512 + 511 AND t.id = e.value AND p.id = t.plan /* [filters] */;

-- name: SearchCommentList
-- args:
-- row:  id int, uid text, task_uid text, number text, title text, at int, text text
SELECT search_comment.rowid AS id, c.uid, t.uid AS task_uid, t.number, t.title, c.at, x.text
  FROM search_comment CROSS JOIN task_comment c CROSS JOIN task t CROSS JOIN plan p CROSS JOIN search_text x
 WHERE c.id = search_comment.rowid / 512 AND t.id = c.task AND p.id = t.plan AND x.kind = 4 AND x.id = search_comment.rowid /* [filters] */;

-- The comments of a scope's tasks as a set, for SQLite; and the newest of all.
-- name: SearchCommentSet
-- walks: task_scope: all of a scope that is known to be small enough for a set
-- args: scope int, parts int
-- row:  comments blob
-- sqlite:
SELECT id_set(o.id) AS comments FROM task_scope s CROSS JOIN task_comment o WHERE o.task = s.task AND s.scope = :scope AND (s.parts & :parts) <> 0;
-- postgres:
SELECT CAST('' AS BYTEA) AS comments FROM task_scope s WHERE s.scope = :scope AND (s.parts & :parts) <> 0 LIMIT 1;

-- name: SearchNewestComment
-- walks: task_comment: its last row alone
-- args:
-- row:  id int
SELECT COALESCE(max(id), 0) AS id FROM task_comment;

-- How many parts of tasks a match finds, counted up to a limit.
-- name: SearchTaskSize
-- args: match text, most int
-- row:  n int
-- sqlite:
SELECT count(*) AS n FROM (SELECT 1 FROM search_task WHERE search_task MATCH :match LIMIT :most) AS counted;
-- postgres:
SELECT count(*) AS n FROM (SELECT 1 FROM search_task WHERE tokens @@ CAST(:match AS tsquery) LIMIT :most) AS counted;

-- name: SearchCommentSize
-- args: match text, most int
-- row:  n int
-- sqlite:
SELECT count(*) AS n FROM (SELECT 1 FROM search_comment WHERE search_comment MATCH :match LIMIT :most) AS counted;
-- postgres:
SELECT count(*) AS n FROM (SELECT 1 FROM search_comment WHERE tokens @@ CAST(:match AS tsquery) LIMIT :most) AS counted;

-- Of tasks: the same, and on SQLite which tasks those are: for in_set() (src/db/sqlite_set.h).
-- name: SearchTaskSet
-- args: match text, most int
-- row:  n int, tasks blob
-- sqlite:
SELECT count(*) AS n, id_set(rowid / 512) AS tasks FROM (SELECT rowid FROM search_task WHERE search_task MATCH :match LIMIT :most);
-- postgres:
SELECT count(*) AS n, CAST('' AS BYTEA) AS tasks FROM (SELECT 1 FROM search_task WHERE tokens @@ CAST(:match AS tsquery) LIMIT :most) AS counted;

-- What is to be found, for writing the index anew: tasks, and comments and documents with what is said of them.
-- name: SearchTasksAfter
-- args: id int, limit int
-- row:  id int
SELECT id FROM task WHERE id > :id ORDER BY id LIMIT :limit;

-- name: SearchCommentsAfter
-- args: id int, limit int
-- row:  id int, text text
SELECT id, text FROM task_comment WHERE id > :id ORDER BY id LIMIT :limit;

-- name: SearchDocumentsAfter
-- args: id int, limit int
-- row:  id int, title text, doc_no text?, issuer text?, file_name text, text text
SELECT id, title, doc_no, issuer, file_name, text FROM document WHERE id > :id AND state <> 'discarded' ORDER BY id LIMIT :limit;

-- What a task is found by.
-- name: SearchTaskTexts
-- args: task int
-- row:  number text, title text, text text, problem text?, basis text?, category text?
SELECT number, title, text, problem, basis, category FROM task WHERE id = :task;

-- name: SearchMeasureTexts
-- args: task int
-- row:  text text
SELECT text FROM task_measure WHERE task = :task ORDER BY seq;

-- What a match finds among comments, for tests.
-- name: SearchMatches
-- args: match text
-- row:  object int
-- sqlite:
SELECT rowid / 512 AS object FROM search_comment WHERE search_comment MATCH :match ORDER BY rowid;
-- postgres:
SELECT rowid / 512 AS object FROM search_comment WHERE tokens @@ CAST(:match AS tsquery) ORDER BY rowid;
