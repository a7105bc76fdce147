-- Later documents against earlier ones, and the register of documents in force. See src/ledger/relation.h.

-- name: ForcePut
-- args: document int, valid_from date, valid_to date?, replaced_by int?
INSERT INTO document_force (document, valid_from, valid_to, replaced_by, version) VALUES (:document, :valid_from, :valid_to, :replaced_by, 1)
    ON CONFLICT (document) DO UPDATE SET valid_from = excluded.valid_from, valid_to = excluded.valid_to, replaced_by = excluded.replaced_by, version = document_force.version + 1;

-- name: ForceOf
-- args: document int
-- row:  valid_from date, valid_to date?, replaced_by int?, replaced_uid text?, replaced_title text?
SELECT f.valid_from, f.valid_to, f.replaced_by, d.uid AS replaced_uid, d.title AS replaced_title
  FROM document_force f LEFT JOIN document d ON d.id = f.replaced_by WHERE f.document = :document;

-- The tasks of earlier documents that a new one may speak of: last year's plan is no longer in force, and yet it is what this year's is held against.
-- name: RelationTasks
-- walks: task: the newest first, until there are as many; once for a document
-- args: document int, since date, day date, limit int
-- row:  id int, document int, title text, text text, due date?
SELECT t.id, p.document, t.title, t.text, t.due
  FROM task t JOIN plan p ON p.id = t.plan JOIN document_force f ON f.document = p.document
 WHERE p.document <> :document AND f.valid_from BETWEEN :since AND :day AND t.state NOT IN ('draft', 'cancelled') AND t.parent IS NULL AND NOT t.restricted
 ORDER BY t.id DESC LIMIT :limit;

-- name: RelationTargets
-- args: task int
-- row:  metric text, op text, value text, unit text, due date?
SELECT metric, op, value, unit, due FROM task_target WHERE task = :task AND tense = 'target' ORDER BY seq;

-- Issued documents of an issuer, for the whole of a document.
-- name: RelationDocuments
-- args: document int, issuer int
-- row:  id int, title text, doc_no text?, issued date?
SELECT d.id, d.title, d.doc_no, d.issued FROM document d WHERE d.issuer_org = :issuer AND d.state = 'issued' AND d.id <> :document ORDER BY d.id DESC LIMIT 2000;

-- name: RelationForget
-- args: document int
DELETE FROM document_relation WHERE document = :document AND state = 'proposed';

-- One that somebody confirmed or rejected is not proposed again.
-- name: RelationInsert
-- args: uid text, document int, item int?, other int, task int?, kind text, state text, score int, why text, account int?, at int
INSERT INTO document_relation (uid, document, item, other, task, kind, state, score, why, account, at)
SELECT :uid, :document, :item, :other, :task, :kind, :state, :score, :why, :account, :at
 WHERE NOT EXISTS (SELECT 1 FROM document_relation r WHERE r.document = :document AND r.item IS NOT DISTINCT FROM :item AND r.other = :other
                      AND r.task IS NOT DISTINCT FROM :task);

-- name: RelationsOf
-- args: document int
-- row:  id int, uid text, item int?, kind text, state text, score int, why text, account int?, at int, other_uid text, other_title text, other_doc_no text?, task_uid text?, task_number text?, task_title text?, task_state text?, task_span_from int?
SELECT r.id, r.uid, r.item, r.kind, r.state, r.score, r.why, r.account, r.at, d.uid AS other_uid, d.title AS other_title, d.doc_no AS other_doc_no,
       t.uid AS task_uid, t.number AS task_number, t.title AS task_title, t.state AS task_state, t.span_from AS task_span_from
  FROM document_relation r JOIN document d ON d.id = r.other LEFT JOIN task t ON t.id = r.task
 WHERE r.document = :document AND (t.id IS NULL OR NOT t.restricted) ORDER BY COALESCE(r.item, -1), r.score DESC, r.id;

-- name: RelationByUid
-- args: uid text
-- row:  id int, document int, item int?, other int, task int?, kind text, state text
SELECT id, document, item, other, task, kind, state FROM document_relation WHERE uid = :uid;

-- name: RelationSet
-- args: id int, kind text, state text, account int, at int
UPDATE document_relation SET kind = :kind, state = :state, account = :account, at = :at WHERE id = :id;

-- Where a task is spoken of again.
-- name: RelationsOfTask
-- args: task int
-- row:  kind text, document_uid text, document_title text, item int?
SELECT r.kind, d.uid AS document_uid, d.title AS document_title, r.item
  FROM document_relation r JOIN document d ON d.id = r.document WHERE r.task = :task AND r.state = 'confirmed' ORDER BY r.id;
