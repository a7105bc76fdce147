-- Documents in hand. See src/ledger/ledger.h.

-- name: DocumentInsert
-- args: uid text, kind text, title text, doc_no text?, doc_no_key text?, issuer text?, issued date?, form text, file_name text, original text, text text, model text, text_key text, text_sim int, org int, issuer_org int, uploaded_by int, uploaded int, items int, confirmed int, left_out int, findings int, unresolved int
-- row:  id int
INSERT INTO document (uid, state, kind, title, doc_no, doc_no_key, issuer, issued, form, file_name, original, text, model, text_key, text_sim, org, issuer_org,
                      uploaded_by, uploaded, items, confirmed, left_out, findings, unresolved, version)
VALUES (:uid, 'draft', :kind, :title, :doc_no, :doc_no_key, :issuer, :issued, :form, :file_name, :original, :text, :model, :text_key, :text_sim, :org, :issuer_org,
        :uploaded_by, :uploaded, :items, :confirmed, :left_out, :findings, :unresolved, 1) RETURNING id;

-- name: DocumentByUid
-- args: uid text
-- row:  id int, uid text, state text, kind text, title text, doc_no text?, issuer text?, issued date?, form text, file_name text, original text, text text, model text, org int, org_uid text, org_name text, org_path text, org_area text, issuer_org int, issuer_org_uid text, issuer_org_name text, issuer_org_path text, uploaded_by int, uploaded int, items int, confirmed int, left_out int, findings int, unresolved int, discarded text?, version int, plan_uid text?
SELECT d.id, d.uid, d.state, d.kind, d.title, d.doc_no, d.issuer, d.issued, d.form, d.file_name, d.original, d.text, d.model,
       d.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area,
       d.issuer_org, i.uid AS issuer_org_uid, i.name AS issuer_org_name, i.path AS issuer_org_path,
       d.uploaded_by, d.uploaded, d.items, d.confirmed, d.left_out, d.findings, d.unresolved, d.discarded, d.version, p.uid AS plan_uid
  FROM document d JOIN org o ON o.id = d.org JOIN org i ON i.id = d.issuer_org LEFT JOIN plan p ON p.document = d.id
 WHERE d.uid = :uid;

-- The documents that an account may read: may()'s rows for VERB_READ_DOCUMENT, in SQL. A restricted task shows its document to whom it
-- names and to the head of the very unit that leads it; its issuer has it by its place.
-- name: DocumentList
-- args: account int?, today date
-- row:  id int, uid text, state text, kind text, title text, doc_no text?, issuer text?, issued date?, file_name text, org_uid text, org_name text, uploader_uid text, uploader_name text, uploaded int, items int, confirmed int, left_out int, findings int, unresolved int, plan_uid text?, force_from date?, force_to date?, replaced_by int?, version int
SELECT d.id, d.uid, d.state, d.kind, d.title, d.doc_no, d.issuer, d.issued, d.file_name, o.uid AS org_uid, o.name AS org_name,
       a.uid AS uploader_uid, s.name AS uploader_name, d.uploaded, d.items, d.confirmed, d.left_out, d.findings, d.unresolved, p.uid AS plan_uid,
       f.valid_from AS force_from, f.valid_to AS force_to, f.replaced_by, d.version
  FROM document d JOIN org o ON o.id = d.org JOIN account a ON a.id = d.uploaded_by JOIN person s ON s.id = a.person
       LEFT JOIN plan p ON p.document = d.id LEFT JOIN document_force f ON f.document = d.id
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = p.uid))
          AND ((g.role IN ('issuer', 'reviewer', 'inspector', 'leader')
                AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
               OR (g.role IN ('handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
                   AND EXISTS (SELECT 1 FROM task t JOIN task_owner w ON w.task = t.id JOIN org x ON x.id = w.org
                                WHERE t.plan = p.id AND (w.role = 'lead' OR g.role IN ('handler', 'unit_head'))
                                  AND (NOT t.restricted OR t.handler = g.account OR t.leader = g.account
                                       OR EXISTS (SELECT 1 FROM task_reader n WHERE n.task = t.id AND n.account = g.account)
                                       OR (w.role = 'lead' AND g.role = 'unit_head' AND w.org = (SELECT h.org FROM account h WHERE h.id = g.holder)))
                                  AND (substr(x.path, 1, length(g.path)) = g.path OR substr(x.area, 1, length(g.area)) = g.area)))))
       /* [filters] */;

-- name: DocumentsAlike
-- args: text_key text, doc_no_key text?, issuer_org int, sim_0 int, sim_1 int, sim_2 int, sim_3 int, sim_4 int, sim_5 int, sim_6 int, sim_7 int
-- row:  uid text, text_key text, text_sim int, doc_no_key text?, issuer_org int, issued date?
SELECT uid, text_key, text_sim, doc_no_key, issuer_org, issued FROM document
 WHERE state <> 'discarded'
   AND (text_key = :text_key OR (doc_no_key = :doc_no_key AND issuer_org = :issuer_org)
        OR (text_sim & 255) = :sim_0 OR ((text_sim >> 8) & 255) = :sim_1
        OR ((text_sim >> 16) & 255) = :sim_2 OR ((text_sim >> 24) & 255) = :sim_3
        OR ((text_sim >> 32) & 255) = :sim_4 OR ((text_sim >> 40) & 255) = :sim_5
        OR ((text_sim >> 48) & 255) = :sim_6 OR ((text_sim >> 56) & 255) = :sim_7)
 ORDER BY id;

-- name: DocumentUpdate
-- args: id int, version int, kind text, title text, doc_no text?, doc_no_key text?, issued date?, issuer_org int, items int, confirmed int, left_out int, findings int, unresolved int
UPDATE document SET kind = :kind, title = :title, doc_no = :doc_no, doc_no_key = :doc_no_key, issued = :issued, issuer_org = :issuer_org, items = :items,
       confirmed = :confirmed, left_out = :left_out, findings = :findings, unresolved = :unresolved, version = version + 1
 WHERE id = :id AND version = :version AND state = 'draft';

-- name: DocumentLeave
-- args: id int, version int, state text, discarded text?
UPDATE document SET state = :state, discarded = :discarded, version = version + 1 WHERE id = :id AND version = :version AND state = 'draft';

-- name: DocumentEditInsert
-- args: document int, seq int, path text, old_value text, new_value text, account int, at int
INSERT INTO document_edit (document, seq, path, old_value, new_value, account, at) VALUES (:document, :seq, :path, :old_value, :new_value, :account, :at);

-- name: DocumentEdits
-- args: document int
-- row:  seq int, path text, old_value text, new_value text, account int, at int
SELECT seq, path, old_value, new_value, account, at FROM document_edit WHERE document = :document ORDER BY seq;

-- Where the owners of an issued document's tasks stand.
-- name: DocumentOwnerPaths
-- args: document int, account int?, today date
-- row:  path text, area text, role text
SELECT DISTINCT o.path, o.area, w.role FROM plan p JOIN task t ON t.plan = p.id JOIN task_owner w ON w.task = t.id JOIN org o ON o.id = w.org
 WHERE p.document = :document
   AND (NOT t.restricted OR t.handler = :account OR t.leader = :account
        OR EXISTS (SELECT 1 FROM task_reader n WHERE n.task = t.id AND n.account = :account)
        OR (w.role = 'lead'
            AND EXISTS (SELECT 1 FROM grant_place g JOIN account h ON h.id = g.holder
                         WHERE g.account = :account AND g.role = 'unit_head' AND h.org = w.org
                           AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
                           AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))))
 ORDER BY o.path, w.role;

-- Where an issued document speaks of restricted tasks. A sub-task says what its parent says, and a task by hand stands in no text.
-- name: DocumentRestricted
-- args: document int
-- row:  uid text, span_from int, span_to int
SELECT t.uid, t.span_from, t.span_to FROM plan p JOIN task t ON t.plan = p.id
 WHERE p.document = :document AND t.restricted AND t.parent IS NULL AND t.span_to > t.span_from ORDER BY t.span_from;
