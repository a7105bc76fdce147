-- Plans and tasks. See src/ledger/ledger.h.

-- name: PlanInsert
-- args: uid text, document int?, title text, doc_no text?, kind text, issuer int, issued int, issued_by int, edition int, replaces int?, tasks int
-- row:  id int
INSERT INTO plan (uid, document, title, doc_no, kind, issuer, issued, issued_by, edition, replaces, tasks, version)
VALUES (:uid, :document, :title, :doc_no, :kind, :issuer, :issued, :issued_by, :edition, :replaces, :tasks, 1) RETURNING id;

-- The newest plan of a document number.
-- name: PlanByDocNo
-- args: doc_no_key text, issuer int
-- row:  id int, uid text, edition int
SELECT p.id, p.uid, p.edition FROM plan p JOIN document d ON d.id = p.document
 WHERE d.doc_no_key = :doc_no_key AND p.issuer = :issuer ORDER BY p.edition DESC LIMIT 1;

-- name: PlanOfDocument
-- args: document int
-- row:  uid text
SELECT uid FROM plan WHERE document = :document;

-- The plans that an account may see: those with a task that it may see.
-- name: PlanList
-- args: account int?, today date, uid text?
-- row:  id int, uid text, title text, doc_no text?, kind text, issuer_uid text, issuer_name text, issued int, edition int, tasks int, document_uid text?, version int
SELECT p.id, p.uid, p.title, p.doc_no, p.kind, i.uid AS issuer_uid, i.name AS issuer_name, p.issued, p.edition, p.tasks, d.uid AS document_uid, p.version
  FROM plan p JOIN org i ON i.id = p.issuer LEFT JOIN document d ON d.id = p.document
 WHERE EXISTS (
       SELECT 1 FROM task_reach r WHERE r.plan = p.id AND r.account = :account AND (r.what_plan IS NULL OR r.what_plan = p.uid)
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
       AND (:uid IS NULL OR p.uid = :uid) /* [filters] */;

-- name: PlanStates
-- args: plan int
-- row:  state text, tasks int
SELECT state, count(*) AS tasks FROM task WHERE plan = :plan GROUP BY state ORDER BY state;

-- name: TaskInsert
-- args: uid text, plan int, seq int, no text?, label text?, kind text, title text, text text, problem text?, path text, span_from int, span_to int, source text, basis text?, due date?, figures int, changed int
-- row:  id int
INSERT INTO task (uid, plan, seq, no, label, kind, title, text, problem, path, span_from, span_to, source, basis, state, due, figures,
                  adjusted, manual, relapses, returns, changed, version)
VALUES (:uid, :plan, :seq, :no, :label, :kind, :title, :text, :problem, :path, :span_from, :span_to, :source, :basis, 'issued', :due, :figures,
        FALSE, FALSE, 0, 0, :changed, 1) RETURNING id;

-- name: TaskOwnerInsert
-- args: task int, seq int, org int, role text, name text
INSERT INTO task_owner (task, seq, org, role, name) VALUES (:task, :seq, :org, :role, :name);

-- name: TaskTargetInsert
-- args: uid text, task int, seq int, quote text, metric text, op text, value text, value2 text?, unit text, due date?, soft bool, tense text
INSERT INTO task_target (uid, task, seq, quote, metric, op, value, value2, unit, due, soft, tense)
VALUES (:uid, :task, :seq, :quote, :metric, :op, :value, :value2, :unit, :due, :soft, :tense);

-- name: TaskMeasureInsert
-- args: uid text, task int, seq int, no text?, text text
INSERT INTO task_measure (uid, task, seq, no, text, state, version) VALUES (:uid, :task, :seq, :no, :text, 'open', 1);

-- name: TaskByUid
-- args: uid text
-- row:  id int, uid text, plan int, seq int, no text?, label text?, kind text, title text, text text, problem text?, path text, span_from int, span_to int, source text, basis text?, state text, state_before text?, due date?, suspended_until date?, figures int, adjusted bool, manual bool, relapses int, returns int, claim_account int?, claim_org int?, claim_org_uid text?, claim_org_name text?, claim_org_path text?, claim_at int?, claim_note text?, incomputable text?, incomputable_by int?, incomputable_at int?, verified_by int?, closed_at int?, changed int, version int, plan_uid text, plan_title text, document_uid text?, issuer int, issuer_path text, issuer_area text, comments int
SELECT t.id, t.uid, t.plan, t.seq, t.no, t.label, t.kind, t.title, t.text, t.problem, t.path, t.span_from, t.span_to, t.source, t.basis, t.state, t.state_before,
       t.due, t.suspended_until, t.figures, t.adjusted, t.manual, t.relapses, t.returns, t.claim_account, t.claim_org,
       c.uid AS claim_org_uid, c.name AS claim_org_name, c.path AS claim_org_path, t.claim_at, t.claim_note, t.incomputable,
       t.incomputable_by, t.incomputable_at, t.verified_by, t.closed_at, t.changed, t.version, p.uid AS plan_uid, p.title AS plan_title,
       d.uid AS document_uid, p.issuer, o.path AS issuer_path, o.area AS issuer_area,
       (SELECT count(*) FROM task_comment x WHERE x.task = t.id) AS comments
  FROM task t JOIN plan p ON p.id = t.plan JOIN org o ON o.id = p.issuer LEFT JOIN document d ON d.id = p.document
       LEFT JOIN org c ON c.id = t.claim_org
 WHERE t.uid = :uid;

-- The whole of a task's own row as the caller holds it, if it still is the version that was seen.
-- name: TaskUpdate
-- args: id int, version int, state text, state_before text?, due date?, suspended_until date?, adjusted bool, manual bool, relapses int, returns int, claim_account int?, claim_org int?, claim_at int?, claim_note text?, incomputable text?, incomputable_by int?, incomputable_at int?, verified_by int?, closed_at int?, changed int
UPDATE task SET state = :state, state_before = :state_before, due = :due, suspended_until = :suspended_until, adjusted = :adjusted, manual = :manual,
       relapses = :relapses, returns = :returns, claim_account = :claim_account, claim_org = :claim_org, claim_at = :claim_at, claim_note = :claim_note,
       incomputable = :incomputable, incomputable_by = :incomputable_by, incomputable_at = :incomputable_at, verified_by = :verified_by,
       closed_at = :closed_at, changed = :changed, version = version + 1
 WHERE id = :id AND version = :version;

-- name: TaskOwners
-- args: task int
-- row:  seq int, org int, org_uid text, org_name text, org_path text, org_area text, role text, name text, confirmed_by int?, confirmed_at int?
SELECT w.seq, w.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, w.role, w.name, w.confirmed_by, w.confirmed_at
  FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = :task ORDER BY w.seq;

-- name: TaskOwnerConfirm
-- args: task int, org int, account int?, at int?
UPDATE task_owner SET confirmed_by = :account, confirmed_at = :at WHERE task = :task AND org = :org AND role = 'lead';

-- name: TaskOwnersUnconfirm
-- args: task int
UPDATE task_owner SET confirmed_by = NULL, confirmed_at = NULL WHERE task = :task;

-- name: TaskMeasures
-- args: task int
-- row:  id int, uid text, no text?, text text, state text, answer text?, account int?, at int?, version int
SELECT id, uid, no, text, state, answer, account, at, version FROM task_measure WHERE task = :task ORDER BY seq;

-- name: TaskMeasureSet
-- args: uid text, version int, state text, answer text?, account int, at int
UPDATE task_measure SET state = :state, answer = :answer, account = :account, at = :at, version = version + 1 WHERE uid = :uid AND version = :version;

-- name: TaskTargets
-- args: task int
-- row:  uid text, quote text, metric text, op text, value text, value2 text?, unit text, due date?, soft bool, tense text
SELECT uid, quote, metric, op, value, value2, unit, due, soft, tense FROM task_target WHERE task = :task ORDER BY seq;

-- name: TaskEvidenceOf
-- args: task int
-- row:  id int, uid text, kind text, file_name text, media text, size int, blob text, note text, account int, person int, org_uid text, org_name text, org_path text, at int, withdrawn bool
SELECT e.id, e.uid, e.kind, e.file_name, e.media, e.size, e.blob, e.note, e.account, a.person, o.uid AS org_uid, o.name AS org_name, o.path AS org_path,
       e.at, e.withdrawn
  FROM evidence e JOIN account a ON a.id = e.account JOIN org o ON o.id = e.org WHERE e.task = :task ORDER BY e.id;

-- name: EvidenceInsert
-- args: uid text, task int, kind text, file_name text, media text, size int, blob text, note text, account int, org int, at int
INSERT INTO evidence (uid, task, kind, file_name, media, size, blob, note, account, org, at, withdrawn)
VALUES (:uid, :task, :kind, :file_name, :media, :size, :blob, :note, :account, :org, :at, FALSE);

-- name: EvidenceWithdraw
-- args: uid text
UPDATE evidence SET withdrawn = TRUE WHERE uid = :uid;

-- name: TaskVerdicts
-- args: task int
-- row:  verb text, account int, at int, reason text
SELECT verb, account, at, reason FROM task_verdict WHERE task = :task ORDER BY id;

-- name: TaskVerdictInsert
-- args: task int, verb text, account int, at int, reason text
INSERT INTO task_verdict (task, verb, account, at, reason) VALUES (:task, :verb, :account, :at, :reason);

-- name: TaskCommentInsert
-- args: uid text, task int, account int, at int, text text
INSERT INTO task_comment (uid, task, account, at, text) VALUES (:uid, :task, :account, :at, :text);

-- name: TaskComments
-- args: task int
-- row:  id int, uid text, account int, account_uid text, at int, text text
SELECT c.id, c.uid, c.account, a.uid AS account_uid, c.at, c.text FROM task_comment c JOIN account a ON a.id = c.account WHERE c.task = :task ORDER BY c.id;

-- name: PersonRefByAccount
-- args: account int
-- row:  uid text, person int, name text, org_uid text, org_name text
SELECT a.uid, a.person, p.name, o.uid AS org_uid, o.name AS org_name FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org WHERE a.id = :account;

-- The tasks that an account may see.
-- name: TaskList
-- args: account int?, today date
-- row:  id int, uid text, no text?, label text?, title text, plan int, plan_uid text, plan_title text, kind text, state text, due date?, figures int, incomputable bool, adjusted bool, manual bool, relapses int, targets int, measures int, measures_done int, evidence int, changed int, version int
SELECT t.id, t.uid, t.no, t.label, t.title, t.plan, p.uid AS plan_uid, p.title AS plan_title, t.kind, t.state, t.due, t.figures,
       t.incomputable IS NOT NULL AS incomputable, t.adjusted, t.manual, t.relapses,
       (SELECT count(*) FROM task_target x WHERE x.task = t.id) AS targets,
       (SELECT count(*) FROM task_measure x WHERE x.task = t.id) AS measures,
       (SELECT count(*) FROM task_measure x WHERE x.task = t.id AND x.state IN ('effective', 'done', 'lasting')) AS measures_done,
       (SELECT count(*) FROM evidence x WHERE x.task = t.id AND NOT x.withdrawn) AS evidence,
       t.changed, t.version
  FROM task t JOIN plan p ON p.id = t.plan JOIN org i ON i.id = p.issuer
 WHERE EXISTS (
       SELECT 1 FROM task_reach r WHERE r.task = t.id AND r.account = :account AND (r.what_plan IS NULL OR r.what_plan = p.uid)
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
       /* [filters] */;

-- All tasks, for rebuilding from events.
-- name: TasksAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM task WHERE id > :id ORDER BY id LIMIT :limit;

-- name: TaskEventsAfter
-- args: seq int, limit int
-- row:  seq int, object_uid text, body text
SELECT seq, object_uid, body FROM event WHERE object_kind = 'task' AND seq > :seq ORDER BY seq LIMIT :limit;

-- In how many places a stored content is named.
-- name: BlobUses
-- args: blob text
-- row:  uses int
SELECT (SELECT count(*) FROM document WHERE original = :blob OR text = :blob OR model = :blob)
       + (SELECT count(*) FROM evidence WHERE blob = :blob) AS uses;

-- Every content that something names, for `doctor`.
-- name: BlobsNamed
-- args:
-- row:  blob text
SELECT original AS blob FROM document UNION SELECT text FROM document UNION SELECT model FROM document UNION SELECT blob FROM evidence;

-- When the newest event was.
-- name: EventNewest
-- args:
-- row:  at int?
SELECT max(at) AS at FROM event;
