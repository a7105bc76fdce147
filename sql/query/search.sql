-- Full-text search. See src/ledger/search.h.

-- name: SearchEntryInsert
-- args: kind text, object text, part int, task int?, at int, text text
-- row:  id int
INSERT INTO search_entry (kind, object, part, task, at, text) VALUES (:kind, :object, :part, :task, :at, :text) RETURNING id;

-- name: SearchTokensInsert
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_fts (rowid, tokens) VALUES (:id, :tokens);
-- postgres:
INSERT INTO search_fts (rowid, tokens) VALUES (:id, CAST(:tokens AS tsvector));

-- tokens: those that were given when it was written.
-- name: SearchTokensDelete
-- args: id int, tokens text
-- sqlite:
INSERT INTO search_fts (search_fts, rowid, tokens) VALUES ('delete', :id, :tokens);
-- postgres:
DELETE FROM search_fts WHERE rowid = :id AND CAST(:tokens AS TEXT) IS NOT NULL;

-- name: SearchEntriesOf
-- args: kind text, object text
-- row:  id int, part int, text text
SELECT id, part, text FROM search_entry WHERE kind = :kind AND object = :object ORDER BY part;

-- name: SearchEntryDelete
-- args: id int
DELETE FROM search_entry WHERE id = :id;

-- name: SearchEntryObject
-- args: id int
-- row:  kind text, object text
SELECT kind, object FROM search_entry WHERE id = :id;

-- Texts of tasks and comments. The condition over search_fts comes with the filters.
-- name: SearchTaskList
-- args:
-- row:  id int, kind text, object text, at int, text text, task_uid text, number text, title text
SELECT e.id, e.kind, e.object, e.at, e.text, t.uid AS task_uid, t.number, t.title
  FROM search_fts CROSS JOIN search_entry e CROSS JOIN task t CROSS JOIN plan p
 WHERE e.id = search_fts.rowid AND t.id = e.task AND p.id = t.plan /* [filters] */;

-- The parts of documents are few among those of tasks: as a set they are held against what the index gives, before anything is looked up.
-- name: SearchDocumentList
-- args:
-- row:  id int, object text, part int, at int, text text, title text
SELECT e.id, e.object, e.part, e.at, e.text, d.title
  FROM search_fts CROSS JOIN search_entry e CROSS JOIN document d
 WHERE +search_fts.rowid IN (SELECT x.id FROM search_entry x WHERE x.kind = 'document')
   AND e.id = search_fts.rowid AND e.kind = 'document' AND d.uid = e.object /* [filters] */;

-- How many tasks a match finds, counted up to a limit.
-- name: SearchSize
-- args: match text, most int
-- row:  n int
-- sqlite:
SELECT count(*) AS n FROM (SELECT 1 FROM search_fts WHERE search_fts MATCH :match LIMIT :most) AS counted;
-- postgres:
SELECT count(*) AS n FROM (SELECT 1 FROM search_fts WHERE tokens @@ CAST(:match AS tsquery) LIMIT :most) AS counted;

-- What is to be found, for writing the index anew: tasks and comments with their texts, documents by uid.
-- name: SearchTasksAfter
-- args: id int, limit int
-- row:  id int, uid text, changed int
SELECT id, uid, changed FROM task WHERE id > :id ORDER BY id LIMIT :limit;

-- name: SearchCommentsAfter
-- args: id int, limit int
-- row:  id int, uid text, task int, at int, text text
SELECT id, uid, task, at, text FROM task_comment WHERE id > :id ORDER BY id LIMIT :limit;

-- name: SearchDocumentsAfter
-- args: id int, limit int
-- row:  id int, uid text, title text, doc_no text?, issuer text?, file_name text, text text, uploaded int
SELECT id, uid, title, doc_no, issuer, file_name, text, uploaded FROM document WHERE id > :id AND state <> 'discarded' ORDER BY id LIMIT :limit;

-- name: SearchEntriesClear
-- args:
DELETE FROM search_entry;

-- name: SearchTokensClear
-- args:
-- sqlite:
INSERT INTO search_fts (search_fts) VALUES ('delete-all');
-- postgres:
DELETE FROM search_fts;

-- What a task is found by.
-- name: SearchTaskTexts
-- args: task int
-- row:  number text, title text, text text, problem text?, basis text?, category text?
SELECT number, title, text, problem, basis, category FROM task WHERE id = :task;

-- name: SearchMeasureTexts
-- args: task int
-- row:  text text
SELECT text FROM task_measure WHERE task = :task ORDER BY seq;

-- What a match finds, for tests.
-- name: SearchMatches
-- args: match text
-- row:  object text
-- sqlite:
SELECT e.object FROM search_fts f JOIN search_entry e ON e.id = f.rowid WHERE search_fts MATCH :match ORDER BY e.id;
-- postgres:
SELECT e.object FROM search_fts f JOIN search_entry e ON e.id = f.rowid WHERE f.tokens @@ CAST(:match AS tsquery) ORDER BY e.id;
