-- Plans and tasks. See src/ledger/ledger.h.

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

-- Without sub-tasks, which their parents stand for, and those whose existence not everybody may know of: PlanHidden has these.
-- name: PlanStates
-- args: plan int, stage int?
-- row:  state text, tasks int
SELECT t.state, count(*) AS tasks FROM task t
 WHERE t.plan = :plan AND t.parent IS NULL AND NOT t.restricted AND t.state NOT IN ('draft', 'discarded')
   AND (:stage IS NULL OR t.stage IS NULL OR t.stage = :stage)
 GROUP BY t.state ORDER BY t.state;

-- name: PlanHidden
-- args: plan int, stage int?
-- row:  id int, state text
SELECT t.id, t.state FROM task t JOIN plan p ON p.id = t.plan
 WHERE t.plan = :plan AND t.parent IS NULL AND (t.restricted OR t.state IN ('draft', 'discarded'))
   AND (:stage IS NULL OR t.stage IS NULL OR t.stage = :stage) /* [filters] */;

-- The first plan by hand of an issuer for a source and year that is open.
-- name: PlanStanding
-- args: issuer int, kind text, year int
-- row:  id int, uid text
SELECT id, uid FROM plan WHERE issuer = :issuer AND kind = :kind AND document IS NULL AND year = :year AND state = 'open' ORDER BY id LIMIT 1;

-- name: PlanNextSeq
-- args: plan int
-- row:  seq int
SELECT coalesce(max(seq), 0) + 1 AS seq FROM task WHERE plan = :plan;

-- name: PlanTaskAdded
-- args: plan int
UPDATE plan SET tasks = tasks + 1 WHERE id = :plan;

-- name: TasksToResume
-- args: today date, limit int
-- row:  uid text
SELECT uid FROM task WHERE state = 'suspended' AND suspended_until <= :today ORDER BY suspended_until, id LIMIT :limit;

-- What a task's printed number is made of.
-- name: PlanNaming
-- args: plan int
-- row:  code text, year int, holding_days int
SELECT code, year, holding_days FROM plan WHERE id = :plan;

-- name: TaskInsert
-- args: uid text, plan int, seq int, number text, issuer int?, parent int?, split text?, no text?, label text?, kind text, title text, text text, problem text?
-- args: path text, span_from int, span_to int, source text, source_no text?, source_date date?, basis text?, stage int?, term text?, category text?
-- args: leader int?, handler int?, restricted bool, quiet bool, state text, due date?, figures int, holding_days int, changed int
-- row:  id int
INSERT INTO task (uid, plan, seq, number, issuer, parent, split, no, label, kind, title, text, problem, path, span_from, span_to, source, source_no, source_date,
                  basis, stage, term, category, leader, handler, restricted, quiet, state, due, figures, holding_days, adjusted, manual, relapses,
                  returns, changed, version)
VALUES (:uid, :plan, :seq, :number, coalesce(:issuer, (SELECT p.issuer FROM plan p WHERE p.id = :plan)), :parent, :split, :no, :label, :kind, :title, :text, :problem, :path, :span_from, :span_to, :source, :source_no,
        :source_date, :basis, :stage, :term, :category, :leader, :handler, :restricted, :quiet, :state, :due, :figures, :holding_days, FALSE, FALSE, 0,
        0, :changed, 1) RETURNING id;

-- name: TaskReaderInsert
-- args: task int, account int
INSERT INTO task_reader (task, account) VALUES (:task, :account);

-- name: TaskReaderDelete
-- args: task int, account int
DELETE FROM task_reader WHERE task = :task AND account = :account;

-- name: TaskReaders
-- args: task int
-- row:  account int
SELECT account FROM task_reader WHERE task = :task ORDER BY id;

-- name: TaskAmendmentInsert
-- args: task int, field text, old_value text, new_value text, reason text, account int, at int
INSERT INTO task_amendment (task, field, old_value, new_value, reason, account, at) VALUES (:task, :field, :old_value, :new_value, :reason, :account, :at);

-- name: TaskAmendments
-- args: task int
-- row:  field text, old_value text, new_value text, reason text, account int, at int
SELECT field, old_value, new_value, reason, account, at FROM task_amendment WHERE task = :task ORDER BY id;

-- name: TaskOwnerInsert
-- args: task int, seq int, org int, role text, name text
INSERT INTO task_owner (task, seq, org, role, name) VALUES (:task, :seq, :org, :role, :name);

-- name: TaskOwnersDelete
-- args: task int
DELETE FROM task_owner WHERE task = :task;

-- One of a list that is written anew, with the confirmation that it has.
-- name: TaskOwnerKeep
-- args: task int, seq int, org int, role text, name text, confirmed_by text?, confirmed_at int?
INSERT INTO task_owner (task, seq, org, role, name, confirmed_by, confirmed_at)
VALUES (:task, :seq, :org, :role, :name, (SELECT a.id FROM account a WHERE a.uid = :confirmed_by), :confirmed_at);

-- name: TaskTargetSet
-- args: uid text, op text, value text, value2 text?, unit text, due date?
UPDATE task_target SET op = :op, value = :value, value2 = :value2, unit = :unit, due = :due WHERE uid = :uid;

-- name: TaskTargetInsert
-- args: uid text, task int, seq int, quote text, metric text, op text, value text, value2 text?, unit text, due date?, soft bool, tense text, part_of text?
INSERT INTO task_target (uid, task, seq, quote, metric, op, value, value2, unit, due, soft, tense, part_of)
VALUES (:uid, :task, :seq, :quote, :metric, :op, :value, :value2, :unit, :due, :soft, :tense, (SELECT x.id FROM task_target x WHERE x.uid = :part_of));

-- name: TaskMeasureInsert
-- args: uid text, task int, seq int, no text?, text text
INSERT INTO task_measure (uid, task, seq, no, text, state, version) VALUES (:uid, :task, :seq, :no, :text, 'open', 1);

-- name: TaskMeasureDelete
-- args: uid text
DELETE FROM task_measure WHERE uid = :uid AND state = 'open';

-- name: TaskMeasurePlace
-- args: uid text, seq int
UPDATE task_measure SET seq = :seq WHERE uid = :uid;

-- name: TaskByUid
-- args: uid text
-- row:  id int, uid text, plan int, seq int, number text, parent int?, parent_uid text?, parent_number text?, parent_title text?, split text?
-- row:  no text?, label text?, kind text, title text, text text, problem text?, path text, span_from int, span_to int, source text, source_no text?
-- row:  source_date date?, basis text?, stage int?, stage_name text?, term text?, category text?, leader int?, handler int?, restricted bool, quiet bool
-- row:  state text, state_before text?, due date?, suspended_until date?, figures int, adjusted bool, manual bool, relapses int, returns int
-- row:  claim_account int?, claim_org int?, claim_org_uid text?, claim_org_name text?, claim_org_path text?, claim_at int?, claim_note text?
-- row:  incomputable text?, incomputable_by int?, incomputable_at int?, verified_by int?, overruled_by int?, waived_share text?, closed_at int?
-- row:  holding_days int, holding_until date?, changed int, version int, plan_uid text, plan_title text, document_uid text?, issuer int
-- row:  issuer_uid text, issuer_name text, issuer_path text, issuer_area text, over_path text, over_area text, publicity_days int
-- row:  publicity_working bool, gate_passed bool, comments int, children int, children_closed int, children_proven int, amber_days int
SELECT t.id, t.uid, t.plan, t.seq, t.number, t.parent, u.uid AS parent_uid, u.number AS parent_number, u.title AS parent_title, t.split, t.no, t.label,
       t.kind, t.title, t.text, t.problem, t.path, t.span_from, t.span_to, t.source, t.source_no, t.source_date, t.basis, t.stage,
       (SELECT s.name FROM plan_stage s WHERE s.plan = t.plan AND s.seq = t.stage) AS stage_name, t.term, t.category,
       t.leader, t.handler, t.restricted, t.quiet, t.state, t.state_before, t.due, t.suspended_until, t.figures, t.adjusted, t.manual, t.relapses,
       t.returns, t.claim_account, t.claim_org, c.uid AS claim_org_uid, c.name AS claim_org_name, c.path AS claim_org_path, t.claim_at, t.claim_note,
       t.incomputable, t.incomputable_by, t.incomputable_at, t.verified_by, t.overruled_by, t.waived_share, t.closed_at, t.holding_days,
       t.holding_until, t.changed, t.version, p.uid AS plan_uid, p.title AS plan_title, d.uid AS document_uid, t.issuer, o.uid AS issuer_uid, o.name AS issuer_name,
       o.path AS issuer_path, o.area AS issuer_area, v.path AS over_path, v.area AS over_area, p.publicity_days, p.publicity_working,
       EXISTS (SELECT 1 FROM plan_stage s WHERE s.plan = t.plan AND s.forced AND (t.stage IS NULL OR s.seq = t.stage)) AS gate_passed,
       (SELECT count(*) FROM task_comment x WHERE x.task = t.id) AS comments,
       (SELECT count(*) FROM task x WHERE x.parent = t.id) AS children,
       (SELECT count(*) FROM task x WHERE x.parent = t.id AND x.state IN ('closed', 'waived')) AS children_closed,
       (SELECT count(*) FROM task x WHERE x.parent = t.id AND x.state = 'closed') AS children_proven,
       (SELECT a.days FROM plan_amber a WHERE a.plan = t.plan) AS amber_days
  FROM task t JOIN plan p ON p.id = t.plan JOIN org o ON o.id = t.issuer JOIN org v ON v.id = p.issuer LEFT JOIN document d ON d.id = p.document
       LEFT JOIN org c ON c.id = t.claim_org LEFT JOIN task u ON u.id = t.parent
 WHERE t.uid = :uid;

-- The whole of a task's own row as the caller holds it, if it still is the version that was seen.
-- name: TaskUpdate
-- args: id int, version int, parent int?, split text?, title text, text text, problem text?, figures int, stage int?, term text?, category text?
-- args: leader int?, handler int?, restricted bool, quiet bool, state text, state_before text?, due date?, suspended_until date?, adjusted bool
-- args: manual bool, relapses int, returns int, claim_account int?, claim_org int?, claim_at int?, claim_note text?, incomputable text?
-- args: incomputable_by int?, incomputable_at int?, verified_by int?, overruled_by int?, waived_share text?, closed_at int?, holding_days int
-- args: holding_until date?, changed int
UPDATE task SET parent = :parent, split = :split, title = :title, text = :text, problem = :problem, figures = :figures, stage = :stage, term = :term,
       category = :category, leader = :leader, handler = :handler, restricted = :restricted, quiet = :quiet, state = :state,
       state_before = :state_before, due = :due, suspended_until = :suspended_until, adjusted = :adjusted, manual = :manual, relapses = :relapses,
       returns = :returns, claim_account = :claim_account, claim_org = :claim_org, claim_at = :claim_at, claim_note = :claim_note,
       incomputable = :incomputable, incomputable_by = :incomputable_by, incomputable_at = :incomputable_at, verified_by = :verified_by,
       overruled_by = :overruled_by, waived_share = :waived_share, closed_at = :closed_at, holding_days = :holding_days,
       holding_until = :holding_until, changed = :changed, version = version + 1
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
-- row:  id int, uid text, quote text, metric text, op text, value text, value2 text?, unit text, due date?, soft bool, tense text, part_of text?
-- row:  claimed text?, claimed_by int?, claimed_at int?
SELECT x.id, x.uid, x.quote, x.metric, x.op, x.value, x.value2, x.unit, x.due, x.soft, x.tense, p.uid AS part_of, x.claimed, x.claimed_by, x.claimed_at
  FROM task_target x LEFT JOIN task_target p ON p.id = x.part_of WHERE x.task = :task ORDER BY x.seq;

-- name: TaskTargetClaim
-- args: uid text, claimed text, account int, at int
UPDATE task_target SET claimed = :claimed, claimed_by = :account, claimed_at = :at WHERE uid = :uid;

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
-- row:  verb text, account int?, at int, reason text
SELECT verb, account, at, reason FROM task_verdict WHERE task = :task ORDER BY id;

-- name: TaskVerdictInsert
-- args: task int, verb text, account int?, at int, reason text
INSERT INTO task_verdict (task, verb, account, at, reason) VALUES (:task, :verb, :account, :at, :reason);

-- name: TaskCommentInsert
-- args: uid text, task int, account int, at int, text text, mentions text?
-- row:  id int
INSERT INTO task_comment (uid, task, account, at, text, mentions) VALUES (:uid, :task, :account, :at, :text, :mentions) RETURNING id;

-- name: TaskComments
-- args: task int
-- row:  id int, uid text, account int, account_uid text, at int, text text, mentions text?
SELECT c.id, c.uid, c.account, a.uid AS account_uid, c.at, c.text, c.mentions FROM task_comment c JOIN account a ON a.id = c.account WHERE c.task = :task ORDER BY c.id;

-- name: PersonRefByAccount
-- args: account int
-- row:  uid text, person int, name text, org_uid text, org_name text
SELECT a.uid, a.person, p.name, o.uid AS org_uid, o.name AS org_name FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org WHERE a.id = :account;

-- Tasks with what stands in their columns of a workbook. owners: one a line, its role and name.
-- name: TaskSheet
-- args:
-- row:  id int, uid text, version int, number text, label text?, plan_title text, title text, problem text?, text text, owners text?, leader_name text?
-- row:  handler_name text?, due date?, term text?, category text?, source text, source_no text?, source_date date?, basis text?, state text
SELECT t.id, t.uid, t.version, t.number, t.label, p.title AS plan_title, t.title, t.problem, t.text,
       (SELECT $LINES(w.line, '
') FROM (SELECT x.role || ' ' || replace(o.name, '
', ' ') AS line FROM task_owner x JOIN org o ON o.id = x.org WHERE x.task = t.id ORDER BY x.seq) w) AS owners,
       (SELECT n.name FROM account a JOIN person n ON n.id = a.person WHERE a.id = t.leader) AS leader_name,
       (SELECT n.name FROM account a JOIN person n ON n.id = a.person WHERE a.id = t.handler) AS handler_name,
       t.due, t.term, t.category, t.source, t.source_no, t.source_date, t.basis, t.state
  FROM task t JOIN plan p ON p.id = t.plan JOIN org i ON i.id = p.issuer
 WHERE 1 = 1 /* [filters] */;

-- The measures of several tasks.
-- name: TaskSheetMeasures
-- args:
-- row:  task int, seq int, text text
SELECT m.task, m.seq, m.text FROM task_measure m WHERE 1 = 1 /* [filters] */;

-- Tasks counted by what boards, timelines and facets show. decides: a figure may decide them.
-- name: TaskCounts
-- args:
-- row:  state text, plan int, plan_uid text, plan_title text, due date?, decides bool, amber_days int, n int
SELECT t.state, t.plan, p.uid AS plan_uid, p.title AS plan_title, t.due, (t.figures > 0 AND t.incomputable IS NULL) AS decides,
       (SELECT a.days FROM plan_amber a WHERE a.plan = t.plan) AS amber_days, count(*) AS n
  FROM task t JOIN plan p ON p.id = t.plan WHERE 1 = 1 /* [filters] */
 GROUP BY t.state, t.plan, p.uid, p.title, t.due, (t.figures > 0 AND t.incomputable IS NULL);

-- The same where task_scope alone says which, a row for each lead, those of a task together.
-- name: TaskCountRows
-- args: scope int, parts int, state text, due_from date, due_to date
-- row:  task int, plan int, due date, marks int, lead int?
SELECT c.task, c.plan, c.due, c.marks, w.org AS lead
  FROM task_scope c LEFT JOIN task_owner w ON w.task = c.task AND w.role = 'lead'
 WHERE c.scope = :scope AND c.state = :state AND c.due >= :due_from AND c.due <= :due_to AND (c.parts & :parts) <> 0 AND NOT c.restricted
 ORDER BY c.due, c.task;

-- By who leads them. red, amber: with these lights on the day; soon: behind it nothing is amber.
-- name: TaskOwnerCounts
-- args: today date, soon date
-- row:  org int, n int, red int, amber int
SELECT w.org, count(*) AS n,
       CAST(sum(CASE WHEN t.state IN ('issued', 'working', 'returned', 'reopened') AND t.due < :today THEN 1 ELSE 0 END) AS BIGINT) AS red,
       CAST(sum(CASE WHEN t.state IN ('issued', 'working', 'returned', 'reopened') AND t.due >= :today AND t.due <= :soon
                      AND (SELECT a.amber_from FROM task_amber a WHERE a.task = t.id) <= :today THEN 1 ELSE 0 END) AS BIGINT) AS amber
  FROM task t JOIN plan p ON p.id = t.plan JOIN task_owner w ON w.task = t.id AND w.role = 'lead' WHERE 1 = 1 /* [filters] */
 GROUP BY w.org;

-- By the county or district (the first six figures of an area) in which their leads stand; a task of two leads there counts once.
-- name: TaskDistrictCounts
-- args:
-- row:  area text, state text, due date?, decides bool, amber_days int, n int
SELECT substr(o.area, 1, 6) AS area, t.state, t.due, (t.figures > 0 AND t.incomputable IS NULL) AS decides,
       (SELECT a.days FROM plan_amber a WHERE a.plan = t.plan) AS amber_days, count(DISTINCT t.id) AS n
  FROM task t JOIN plan p ON p.id = t.plan JOIN task_owner w ON w.task = t.id AND w.role = 'lead' JOIN org o ON o.id = w.org WHERE 1 = 1 /* [filters] */
 GROUP BY substr(o.area, 1, 6), t.state, t.plan, t.due, (t.figures > 0 AND t.incomputable IS NULL);

-- All tasks, for rebuilding from events.
-- name: TasksAfter
-- args: id int, limit int
-- row:  id int, uid text
SELECT id, uid FROM task WHERE id > :id ORDER BY id LIMIT :limit;

-- In how many places a stored content is named.
-- name: BlobUses
-- args: blob text
-- row:  uses int
SELECT (SELECT count(*) FROM document WHERE original = :blob OR text = :blob OR model = :blob)
       + (SELECT count(*) FROM evidence WHERE blob = :blob) + (SELECT count(*) FROM register_row WHERE blob = :blob)
       + (SELECT count(*) FROM plan_layout WHERE blob = :blob) AS uses;

-- Every content that something names, for `doctor`.
-- name: BlobsNamed
-- walks: evidence: `doctor` looks at all
-- args:
-- row:  blob text
SELECT original AS blob FROM document UNION SELECT text FROM document UNION SELECT model FROM document UNION SELECT blob FROM evidence WHERE blob <> '' UNION SELECT blob FROM register_row WHERE blob IS NOT NULL
UNION SELECT blob FROM plan_layout;

-- When the newest event was.
-- name: EventNewest
-- walks: event: its last row alone
-- args:
-- row:  at int?
SELECT max(at) AS at FROM event;
