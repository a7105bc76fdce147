-- Registers and what they say of evidence. See src/ledger/register.h.

-- name: RegisterByCode
-- args: code text
-- row:  id int, uid text, code text, proves text, definition text, version int
SELECT id, uid, code, proves, definition, version FROM register WHERE code = :code;

-- name: RegisterById
-- args: id int
-- row:  id int, uid text, code text, proves text, definition text, version int
SELECT id, uid, code, proves, definition, version FROM register WHERE id = :id;

-- name: RegisterProving
-- args: proves text
-- row:  id int, uid text, code text, proves text, definition text, version int
SELECT id, uid, code, proves, definition, version FROM register WHERE proves = :proves ORDER BY code LIMIT 1;

-- name: RegisterAll
-- args:
-- row:  id int, uid text, code text, proves text, definition text, version int, rows int
SELECT r.id, r.uid, r.code, r.proves, r.definition, r.version, (SELECT count(*) FROM register_row x WHERE x.reg = r.id AND NOT x.withdrawn) AS rows
  FROM register r ORDER BY r.code;

-- name: RegisterInsert
-- args: uid text, code text, proves text, definition text
INSERT INTO register (uid, code, proves, definition, version) VALUES (:uid, :code, :proves, :definition, 1);

-- name: RegisterSet
-- args: id int, version int, proves text, definition text
UPDATE register SET proves = :proves, definition = :definition, version = version + 1 WHERE id = :id AND version = :version;

-- name: RegisterRowInsert
-- args: uid text, reg int, org int, key text, day date, fields text, file_name text?, media text?, size int?, blob text?, account int, at int
INSERT INTO register_row (uid, reg, org, key, day, fields, file_name, media, size, blob, account, at, withdrawn, version)
VALUES (:uid, :reg, :org, :key, :day, :fields, :file_name, :media, :size, :blob, :account, :at, FALSE, 1);

-- name: RegisterRowSet
-- args: id int, version int, key text, day date, fields text, withdrawn bool
UPDATE register_row SET key = :key, day = :day, fields = :fields, withdrawn = :withdrawn, version = version + 1 WHERE id = :id AND version = :version;

-- One entry by its uid, or all of a key.
-- name: RegisterRowFind
-- args: uid text?, reg int?, key text?
-- row:  id int, uid text, reg int, org int, org_uid text, org_name text, org_path text, org_area text, key text, day date, fields text, file_name text?, media text?, size int?, blob text?, account int, at int, withdrawn bool, version int
SELECT r.id, r.uid, r.reg, r.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, r.key, r.day, r.fields, r.file_name, r.media, r.size,
       r.blob, r.account, r.at, r.withdrawn, r.version
  FROM register_row r JOIN org o ON o.id = r.org WHERE r.uid = :uid OR (r.reg = :reg AND r.key = :key) ORDER BY r.day, r.id;

-- What a grant reaches of a register: the entries of its organisations.
-- name: RegisterRowList
-- args: reg int, account int?, today date
-- row:  id int, uid text, org_uid text, org_name text, org_path text, org_area text, key text, day date, fields text, file_name text?, size int?, account int, at int, withdrawn bool, version int
SELECT r.id, r.uid, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, r.key, r.day, r.fields, r.file_name, r.size, r.account, r.at, r.withdrawn, r.version
  FROM register_row r JOIN org o ON o.id = r.org
 WHERE r.reg = :reg AND EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND g.role IN ('handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- name: EvidenceIdByUid
-- args: uid text
-- row:  id int
SELECT id FROM evidence WHERE uid = :uid;

-- name: EvidenceCheckPut
-- args: evidence int, reg int, row int?, key text, held bool, facts text, at int
INSERT INTO evidence_check (evidence, reg, entry, key, held, facts, at) VALUES (:evidence, :reg, :row, :key, :held, :facts, :at)
    ON CONFLICT (evidence) DO UPDATE SET held = excluded.held, facts = excluded.facts, at = excluded.at;

-- name: EvidenceChecksOf
-- args: task int
-- row:  evidence_uid text, reg int, register_code text, row int?, row_uid text?, key text, held bool, facts text, at int
SELECT e.uid AS evidence_uid, c.reg, g.code AS register_code, c.entry AS row, r.uid AS row_uid, c.key, c.held, c.facts, c.at
  FROM evidence e JOIN evidence_check c ON c.evidence = e.id JOIN register g ON g.id = c.reg LEFT JOIN register_row r ON r.id = c.entry
 WHERE e.task = :task ORDER BY e.id;

-- The open tasks whose evidence rests on an entry, by itself or by its key.
-- name: TasksOnRegisterRow
-- args: row int, reg int, key text
-- row:  task_uid text
SELECT DISTINCT t.uid AS task_uid
  FROM evidence_check c JOIN evidence e ON e.id = c.evidence JOIN task t ON t.id = e.task
 WHERE (c.entry = :row OR (c.entry IS NULL AND c.reg = :reg AND c.key = :key)) AND NOT e.withdrawn
   AND t.state NOT IN ('closed', 'cancelled', 'waived') ORDER BY t.uid;

-- Where else a file stands: as evidence of another task, or in another entry.
-- name: BlobUsedElsewhere
-- args: blob text, task int, row int
-- row:  uses int
SELECT (SELECT count(*) FROM evidence WHERE blob = :blob AND task <> :task AND NOT withdrawn)
       + (SELECT count(*) FROM register_row WHERE blob = :blob AND id <> :row AND NOT withdrawn) AS uses;

-- name: RegisterWordsDelete
-- args: reg int
DELETE FROM register_word WHERE reg = :reg;

-- name: RegisterWordInsert
-- args: reg int, word text
INSERT INTO register_word (reg, word) VALUES (:reg, :word) ON CONFLICT DO NOTHING;

-- The first word of each kind that stands in a text.
-- name: RegisterWordsIn
-- args: text text
-- row:  kind text, word text
SELECT g.proves AS kind, min(w.word) AS word FROM register_word w JOIN register g ON g.id = w.reg WHERE $FIND(:text, w.word) > 0 GROUP BY g.proves ORDER BY g.proves;

-- name: TaskAskInsert
-- args: task int, kind text, word text
INSERT INTO task_ask (task, kind, word) VALUES (:task, :kind, :word) ON CONFLICT DO NOTHING;

-- name: TaskAsks
-- args: task int
-- row:  kind text, word text
SELECT kind, word FROM task_ask WHERE task = :task ORDER BY kind;

-- The instant at which a task began: its first event.
-- name: TaskIssuedOn
-- args: task text
-- row:  issued int
SELECT COALESCE(min(e.at), 0) AS issued FROM event e WHERE e.object_kind = 'task' AND e.object_uid = :task;
