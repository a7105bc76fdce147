-- What the rebuild check reads. See src/ledger/rebuild.h.

-- name: EventsOf
-- args: kind text, uid text
-- row:  seq int, at int, body text
SELECT seq, at, body FROM event WHERE object_kind = :kind AND object_uid = :uid ORDER BY seq;

-- name: EventObjectsAfter
-- args: kind text, after text, limit int
-- row:  uid text
SELECT DISTINCT object_uid AS uid FROM event WHERE object_kind = :kind AND object_uid > :after ORDER BY object_uid LIMIT :limit;

-- Whether what events are about is still there.
-- name: ObjectThere
-- args: kind text, uid text
-- row:  n int
SELECT CASE :kind WHEN 'task' THEN (SELECT count(*) FROM task WHERE uid = :uid)
                  WHEN 'plan' THEN (SELECT count(*) FROM plan WHERE uid = :uid)
                  WHEN 'look_back' THEN (SELECT count(*) FROM look_back WHERE uid = :uid)
                  WHEN 'duty_rule' THEN (SELECT count(*) FROM duty_rule WHERE uid = :uid)
                  WHEN 'duty' THEN (SELECT count(*) FROM duty WHERE uid = :uid)
                  WHEN 'report' THEN (SELECT count(*) FROM report WHERE uid = :uid)
                  WHEN 'register' THEN (SELECT count(*) FROM register WHERE code = :uid)
                  WHEN 'register-row' THEN (SELECT count(*) FROM register_row WHERE uid = :uid)
                  WHEN 'document' THEN (SELECT count(*) FROM document WHERE uid = :uid) END AS n;

-- name: DutyRulesAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM duty_rule WHERE id > :id ORDER BY id LIMIT :limit;

-- name: DutiesAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM duty WHERE id > :id ORDER BY id LIMIT :limit;

-- name: ReportsAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM report WHERE id > :id ORDER BY id LIMIT :limit;

-- name: RegistersAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, code AS uid FROM register WHERE id > :id ORDER BY id LIMIT :limit;

-- name: RegisterRowsAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM register_row WHERE id > :id ORDER BY id LIMIT :limit;

-- name: DocumentsAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM document WHERE id > :id ORDER BY id LIMIT :limit;

-- name: TaskStepsOf
-- args: task int
-- row:  seq int, field text, at int, old text?, new_value text?
SELECT seq, field, at, old, new AS new_value FROM task_step WHERE task = :task ORDER BY seq, field;

-- name: ReminderIdsOf
-- args: task int
-- row:  id int, uid text
SELECT id, uid FROM reminder WHERE task = :task ORDER BY id;

-- name: ReminderWhole
-- args: id int
-- row:  task_uid text, due date?, step text, level text, planned date, day date, sent int, account_uid text?, text text?
SELECT t.uid AS task_uid, r.due, r.step, r.level, r.planned, r.day, r.sent, a.uid AS account_uid, r.text
  FROM reminder r JOIN task t ON t.id = r.task LEFT JOIN account a ON a.id = r.account WHERE r.id = :id;

-- Whom it went to, with the message that said so.
-- name: ReminderMessages
-- args: reminder int
-- row:  account_uid text, message text, kind text?, level text?, subject text?, params text?, at int?
SELECT a.uid AS account_uid, t.message, m.kind, m.level, m.subject, m.params, m.at
  FROM reminder_to t JOIN account a ON a.id = t.account LEFT JOIN message m ON m.uid = t.message AND m.account = t.account
 WHERE t.reminder = :reminder ORDER BY a.uid;

-- name: ReminderLetters
-- args: reminder int
-- row:  uid text, kind text, issuer_uid text, year int, number int, task_uid text, org_uid text, day date, reply_by date
SELECT l.uid, l.kind, i.uid AS issuer_uid, l.year, l.number, t.uid AS task_uid, o.uid AS org_uid, l.day, l.reply_by
  FROM letter l JOIN org i ON i.id = l.issuer JOIN org o ON o.id = l.org JOIN task t ON t.id = l.task WHERE l.reminder = :reminder ORDER BY l.uid;

-- Messages of reminders that no reminder knows.
-- name: MessagesStray
-- args: first int, last int
-- row:  uid text
SELECT m.uid FROM message m
 WHERE m.id BETWEEN :first AND :last AND m.kind IN ('reminder', 'letter') AND m.subject_kind = 'task'
   AND NOT EXISTS (SELECT 1 FROM task t JOIN reminder r ON r.task = t.id JOIN reminder_to x ON x.reminder = r.id
                    WHERE t.uid = m.subject AND x.account = m.account AND x.message = m.uid) ORDER BY m.id;

-- name: DutyRuleWhole
-- args: uid text
-- row:  id int, key text?, name text, org_uid text, owed text, function text?, every text, due_days int, due_working bool, grace_days int, calendar text, valid_from date, valid_to date?, what_plan text?, state text, version int
SELECT r.id, r.key, r.name, o.uid AS org_uid, r.owed, r.function, r.every, r.due_days, r.due_working, r.grace_days, r.calendar, r.valid_from, r.valid_to,
       r.what_plan, r.state, r.version FROM duty_rule r JOIN org o ON o.id = r.org WHERE r.uid = :uid;

-- name: DutyRuleOrgUids
-- args: rule int
-- row:  uid text
SELECT o.uid FROM duty_rule_org w JOIN org o ON o.id = w.org WHERE w.rule = :rule ORDER BY o.uid;

-- name: DutiesOpened
-- args: rule int
-- row:  uid text, org int, subject_kind text, subject text, period text, due date, last date
SELECT uid, org, subject_kind, subject, period, due, last FROM duty WHERE rule = :rule ORDER BY period, id;

-- name: DutyWhole
-- args: uid text
-- row:  state text, late_days int, done_at int?, done_by text?, reason text?, version int
SELECT d.state, d.late_days, d.done_at, a.uid AS done_by, d.reason, d.version FROM duty d LEFT JOIN account a ON a.id = d.done_by WHERE d.uid = :uid;

-- name: ReportWhole
-- args: uid text
-- row:  id int, kind text, plan_uid text?, org_uid text?, period text, day_from date, day_to date, made int, made_by text?, previous_uid text?, seq int, hash text, digest text, units text, body text
SELECT r.id, r.kind, p.uid AS plan_uid, o.uid AS org_uid, r.period, r.day_from, r.day_to, r.made, a.uid AS made_by, b.uid AS previous_uid, r.seq, r.hash, r.digest,
       r.units, r.body
  FROM report r LEFT JOIN plan p ON p.id = r.plan LEFT JOIN org o ON o.id = r.org LEFT JOIN account a ON a.id = r.made_by LEFT JOIN report b ON b.id = r.previous
 WHERE r.uid = :uid;

-- name: DecisionsOf
-- args: report int
-- row:  uid text, text text, task_uid text?, account_uid text, at int
SELECT d.uid, d.text, t.uid AS task_uid, a.uid AS account_uid, d.at
  FROM report_decision d JOIN account a ON a.id = d.account LEFT JOIN task t ON t.id = d.task WHERE d.report = :report ORDER BY d.id;

-- name: RegisterWords
-- args: reg int
-- row:  word text
SELECT word FROM register_word WHERE reg = :reg ORDER BY word;

-- name: RegisterRowWhole
-- args: uid text
-- row:  code text, org_uid text, key text, day date, fields text, file_name text?, media text?, size int?, blob text?, account_uid text, at int, withdrawn bool, version int
SELECT g.code, o.uid AS org_uid, r.key, r.day, r.fields, r.file_name, r.media, r.size, r.blob, a.uid AS account_uid, r.at, r.withdrawn, r.version
  FROM register_row r JOIN register g ON g.id = r.reg JOIN org o ON o.id = r.org JOIN account a ON a.id = r.account WHERE r.uid = :uid;

-- What an index says of nothing: rows of a range of objects, by their ids, of which one is gone.
-- name: SearchTextsStray
-- args: first int, last int
-- row:  id int
SELECT x.id FROM search_text x WHERE x.kind = 1 AND x.id BETWEEN :first * 512 AND :last * 512 + 511
   AND NOT EXISTS (SELECT 1 FROM document o WHERE o.id = x.id / 512 AND o.state <> 'discarded')
UNION ALL
SELECT x.id FROM search_text x WHERE x.kind = 2 AND x.id BETWEEN :first * 512 AND :last * 512 + 511
   AND NOT EXISTS (SELECT 1 FROM task o WHERE o.id = x.id / 512)
UNION ALL
SELECT x.id FROM search_text x WHERE x.kind = 4 AND x.id BETWEEN :first * 512 AND :last * 512 + 511
   AND NOT EXISTS (SELECT 1 FROM task_comment o WHERE o.id = x.id / 512);

-- name: SearchTokensStray
-- args: first int, last int
-- row:  id int
-- sqlite:
SELECT d.id FROM search_document_docsize d WHERE d.id BETWEEN :first * 512 AND :last * 512 + 511 AND NOT EXISTS (SELECT 1 FROM search_text x WHERE x.kind = 1 AND x.id = d.id)
UNION ALL
SELECT d.id FROM search_task_docsize d WHERE d.id BETWEEN :first * 512 AND :last * 512 + 511 AND NOT EXISTS (SELECT 1 FROM search_text x WHERE x.kind = 2 AND x.id = d.id)
UNION ALL
SELECT d.id FROM search_comment_docsize d WHERE d.id BETWEEN :first * 512 AND :last * 512 + 511 AND NOT EXISTS (SELECT 1 FROM search_text x WHERE x.kind = 4 AND x.id = d.id);
-- postgres:
SELECT f.rowid AS id FROM search_document f WHERE f.rowid BETWEEN :first * 512 AND :last * 512 + 511 AND NOT EXISTS (SELECT 1 FROM search_text x WHERE x.kind = 1 AND x.id = f.rowid)
UNION ALL
SELECT f.rowid AS id FROM search_task f WHERE f.rowid BETWEEN :first * 512 AND :last * 512 + 511 AND NOT EXISTS (SELECT 1 FROM search_text x WHERE x.kind = 2 AND x.id = f.rowid)
UNION ALL
SELECT f.rowid AS id FROM search_comment f WHERE f.rowid BETWEEN :first * 512 AND :last * 512 + 511 AND NOT EXISTS (SELECT 1 FROM search_text x WHERE x.kind = 4 AND x.id = f.rowid);

-- name: TaskRowsStray
-- args: first int, last int
-- row:  task int
SELECT DISTINCT s.task FROM task_scope s WHERE s.task BETWEEN :first AND :last AND NOT EXISTS (SELECT 1 FROM task t WHERE t.id = s.task)
UNION SELECT DISTINCT s.task FROM task_step s WHERE s.task BETWEEN :first AND :last AND NOT EXISTS (SELECT 1 FROM task t WHERE t.id = s.task);

-- The highest ids of what is looked through in ranges.
-- name: RangeEnds
-- walks: message: its last row alone
-- walks: task_scope: its last row alone
-- walks: task_step: its last row alone
-- args:
-- row:  text int, tokens int, message int, scope int, step int
-- sqlite:
SELECT max((SELECT COALESCE(max(id), 0) FROM search_text WHERE kind = 1), (SELECT COALESCE(max(id), 0) FROM search_text WHERE kind = 2), (SELECT COALESCE(max(id), 0) FROM search_text WHERE kind = 4)) / 512 AS text,
       max((SELECT COALESCE(max(id), 0) FROM search_document_docsize), (SELECT COALESCE(max(id), 0) FROM search_task_docsize), (SELECT COALESCE(max(id), 0) FROM search_comment_docsize)) / 512 AS tokens,
       (SELECT COALESCE(max(id), 0) FROM message) AS message, (SELECT COALESCE(max(task), 0) FROM task_scope) AS scope,
       (SELECT COALESCE(max(task), 0) FROM task_step) AS step;
-- postgres:
SELECT GREATEST((SELECT COALESCE(max(id), 0) FROM search_text WHERE kind = 1), (SELECT COALESCE(max(id), 0) FROM search_text WHERE kind = 2), (SELECT COALESCE(max(id), 0) FROM search_text WHERE kind = 4)) / 512 AS text,
       GREATEST((SELECT COALESCE(max(rowid), 0) FROM search_document), (SELECT COALESCE(max(rowid), 0) FROM search_task), (SELECT COALESCE(max(rowid), 0) FROM search_comment)) / 512 AS tokens,
       (SELECT COALESCE(max(id), 0) FROM message) AS message, (SELECT COALESCE(max(task), 0) FROM task_scope) AS scope,
       (SELECT COALESCE(max(task), 0) FROM task_step) AS step;

-- Whether a part's tokens are in the index. SQLite keeps no tokens to read back: their number, and how they begin and end. PostgreSQL: all of them.
-- name: SearchTaskHeld
-- args: id int, size blob, match text, tokens text
-- row:  held bool
-- sqlite:
SELECT :tokens IS NOT NULL AND EXISTS (SELECT 1 FROM search_task_docsize d WHERE d.id = :id AND d.sz = :size)
       AND EXISTS (SELECT 1 FROM search_task WHERE search_task MATCH :match AND rowid = :id) AS held;
-- postgres:
SELECT CAST(:match AS TEXT) IS NOT NULL AND CAST(:size AS BYTEA) IS NOT NULL
       AND EXISTS (SELECT 1 FROM search_task f WHERE f.rowid = :id AND f.tokens = CAST(:tokens AS tsvector)) AS held;

-- name: SearchCommentHeld
-- args: id int, size blob, match text, tokens text
-- row:  held bool
-- sqlite:
SELECT :tokens IS NOT NULL AND EXISTS (SELECT 1 FROM search_comment_docsize d WHERE d.id = :id AND d.sz = :size)
       AND EXISTS (SELECT 1 FROM search_comment WHERE search_comment MATCH :match AND rowid = :id) AS held;
-- postgres:
SELECT CAST(:match AS TEXT) IS NOT NULL AND CAST(:size AS BYTEA) IS NOT NULL
       AND EXISTS (SELECT 1 FROM search_comment f WHERE f.rowid = :id AND f.tokens = CAST(:tokens AS tsvector)) AS held;

-- name: SearchDocumentHeld
-- args: id int, size blob, match text, tokens text
-- row:  held bool
-- sqlite:
SELECT :tokens IS NOT NULL AND EXISTS (SELECT 1 FROM search_document_docsize d WHERE d.id = :id AND d.sz = :size)
       AND EXISTS (SELECT 1 FROM search_document WHERE search_document MATCH :match AND rowid = :id) AS held;
-- postgres:
SELECT CAST(:match AS TEXT) IS NOT NULL AND CAST(:size AS BYTEA) IS NOT NULL
       AND EXISTS (SELECT 1 FROM search_document f WHERE f.rowid = :id AND f.tokens = CAST(:tokens AS tsvector)) AS held;

-- What a document is found by, besides its text.
-- name: SearchDocumentHead
-- args: uid text
-- row:  id int, title text, doc_no text?, issuer text?, file_name text, discarded bool
SELECT id, title, doc_no, issuer, file_name, state = 'discarded' AS discarded FROM document WHERE uid = :uid;
