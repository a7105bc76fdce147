-- Cases: where records stand in the flow of their pack. See src/hub/case.h.

-- At an import: of an organisation's month -------------------------------------------------------------------------------------

-- [key, uid, since, due], the first as a text. What has a case keeps it.
-- name: CaseBegin
-- args: dataset int, org int, month int, state text, at int, batch int, begun text
-- sqlite:
INSERT INTO flow_case (uid, dataset, org, month, key, state, since, due, begun, changed, told, batch, version)
SELECT w.uid, :dataset, :org, :month, w.key, :state, w.since, w.due, :at, :at, 0, :batch, 1
  FROM (SELECT CAST(json_extract(value, '$[0]') AS INTEGER) AS key, json_extract(value, '$[1]') AS uid, json_extract(value, '$[2]') AS since, json_extract(value, '$[3]') AS due FROM json_each(:begun)) w
 WHERE TRUE
    ON CONFLICT (dataset, org, month, key) WHERE gone IS NULL DO NOTHING;
-- postgres:
INSERT INTO flow_case (uid, dataset, org, month, key, state, since, due, begun, changed, told, batch, version)
SELECT w.uid, :dataset, :org, :month, w.key, :state, w.since, w.due, :at, :at, 0, :batch, 1
  FROM (SELECT CAST(value ->> 0 AS BIGINT) AS key, value ->> 1 AS uid, CAST(value ->> 2 AS BIGINT) AS since, CAST(value ->> 3 AS BIGINT) AS due FROM jsonb_array_elements(CAST(:begun AS JSONB)) AS j(value)) w
    ON CONFLICT (dataset, org, month, key) WHERE gone IS NULL DO NOTHING;

-- A record that was deleted and comes again goes on where it was; of several cases the last.
-- name: CaseBack
-- args: dataset int, org int, month int, keys text, at int
UPDATE flow_case SET gone = NULL, changed = :at, version = version + 1
 WHERE id IN (SELECT max(g.id) FROM flow_case g WHERE g.dataset = :dataset AND g.org = :org AND g.month = :month AND g.gone IS NOT NULL AND g.key IN $IDS(:keys) GROUP BY g.key)
   AND NOT EXISTS (SELECT 1 FROM flow_case h WHERE h.dataset = flow_case.dataset AND h.org = flow_case.org AND h.month = flow_case.month AND h.key = flow_case.key AND h.gone IS NULL);

-- name: CaseGone
-- args: dataset int, org int, month int, keys text, at int
UPDATE flow_case SET gone = :at, changed = :at, version = version + 1
 WHERE dataset = :dataset AND org = :org AND month = :month AND key IN $IDS(:keys) AND gone IS NULL;

-- name: CaseMove
-- args: dataset int, org int, month int, key int, to int
UPDATE flow_case SET month = :to, version = version + 1 WHERE dataset = :dataset AND org = :org AND month = :month AND key = :key AND gone IS NULL;

-- untouched: no step of it was taken.
-- name: CasesOpenOf
-- args: dataset int, org int, month int, first int, last int
-- row:  id int, key int, state text, since int, due int, begun int, untouched bool
SELECT id, key, state, since, due, begun, NOT EXISTS (SELECT 1 FROM flow_case_step s WHERE s.flow_case = flow_case.id) AS untouched FROM flow_case
 WHERE dataset = :dataset AND org = :org AND month = :month AND key >= :first AND key <= :last AND gone IS NULL AND ended IS NULL ORDER BY key;

-- name: CaseDuePut
-- args: id int, since int, due int
UPDATE flow_case SET since = :since, due = :due, told = 0 WHERE id = :id;

-- Whom they name: [key, org], the first as a text, of records that were added or changed.
-- name: CaseOrgsDrop
-- args: dataset int, org int, month int, keys text
DELETE FROM flow_case_org
 WHERE flow_case IN (SELECT id FROM flow_case WHERE dataset = :dataset AND org = :org AND month = :month AND gone IS NULL AND key IN $IDS(:keys));

-- name: CaseOrgsPut
-- args: dataset int, org int, month int, named text
-- sqlite:
INSERT INTO flow_case_org (flow_case, org)
SELECT c.id, w.named
  FROM (SELECT DISTINCT CAST(json_extract(value, '$[0]') AS INTEGER) AS key, json_extract(value, '$[1]') AS named FROM json_each(:named)) w
  JOIN flow_case c ON c.dataset = :dataset AND c.org = :org AND c.month = :month AND c.key = w.key AND c.gone IS NULL;
-- postgres:
INSERT INTO flow_case_org (flow_case, org)
SELECT c.id, w.named
  FROM (SELECT DISTINCT CAST(value ->> 0 AS BIGINT) AS key, CAST(value ->> 1 AS BIGINT) AS named FROM jsonb_array_elements(CAST(:named AS JSONB)) AS j(value)) w
  JOIN flow_case c ON c.dataset = :dataset AND c.org = :org AND c.month = :month AND c.key = w.key AND c.gone IS NULL;

-- One --------------------------------------------------------------------------------------------------------------------------

-- name: CaseFind
-- args: uid text
-- row:  id int, uid text, dataset_id int, dataset text, org int, org_uid text, org_name text, org_path text, org_area text, month int, key int, state text, since int, due int, begun int, ended int?, gone int?, version int
SELECT c.id, c.uid, c.dataset AS dataset_id, d.name AS dataset, c.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, c.month, c.key, c.state, c.since, c.due, c.begun,
       c.ended, c.gone, c.version
  FROM flow_case c JOIN dataset d ON d.id = c.dataset JOIN org o ON o.id = c.org
 WHERE c.uid = :uid;

-- The one that began last. What proofs of packs ask row by row.
-- name: CaseLast
-- args:
-- row:  id int, uid text
SELECT id, uid FROM flow_case ORDER BY id DESC LIMIT 1;

-- name: CaseOrgs
-- args: case_id int
-- row:  id int, uid text, name text, path text, area text
SELECT o.id, o.uid, o.name, o.path, o.area FROM flow_case_org x JOIN org o ON o.id = x.org WHERE x.flow_case = :case_id ORDER BY o.id;

-- name: CaseOfRecord
-- args: dataset int, org int, month int, key int
-- row:  uid text
SELECT uid FROM flow_case WHERE dataset = :dataset AND org = :org AND month = :month AND key = :key AND gone IS NULL;

-- Of a record that was deleted.
-- name: CaseOfGone
-- args: dataset int, org int, month int, key int
-- row:  uid text
SELECT uid FROM flow_case WHERE dataset = :dataset AND org = :org AND month = :month AND key = :key AND gone IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: CaseSteps
-- args: case_id int
-- row:  step text, from_state text, to_state text, account int?, at int, note text?, late_ms int?, filled text?, intake text?
SELECT s.step, s.from_state, s.to_state, s.account, s.at, s.note, s.late_ms, s.filled, i.uid AS intake
  FROM flow_case_step s LEFT JOIN batch b ON b.id = s.batch LEFT JOIN intake i ON i.id = b.intake
 WHERE s.flow_case = :case_id ORDER BY s.id;

-- name: CaseTake
-- args: id int, version int, state text, at int, due int, ended int?
UPDATE flow_case SET state = :state, since = :at, due = :due, changed = :at, ended = :ended, told = 0, version = version + 1 WHERE id = :id AND version = :version AND gone IS NULL;

-- name: CaseStepAdd
-- args: case_id int, step text, from_state text, to_state text, account int?, at int, note text?, late_ms int?, filled text?, batch int?
INSERT INTO flow_case_step (flow_case, step, from_state, to_state, account, at, note, late_ms, filled, batch)
VALUES (:case_id, :step, :from_state, :to_state, :account, :at, :note, :late_ms, :filled, :batch);

-- What a step fills in arrives like anything else, and is done in the same transaction.
-- name: CaseIntake
-- args: uid text, org int, account int?, name text, sha256 text, size int, at int, dataset int, result text
-- row:  id int
INSERT INTO intake (uid, channel, org, account, source, name, format, options, sha256, size, received, state, dataset, mode, strict, result, finished)
VALUES (:uid, 'form', :org, :account, 'case', :name, 'json', '{}', :sha256, :size, :at, 'done', :dataset, 'add', FALSE, :result, :at)
RETURNING id;

-- Who ------------------------------------------------------------------------------------------------------------------------------

-- What an organisation does: itself and below it, as far as that is one legal body with it.
-- name: FunctionsWithin
-- args: path text
-- row:  function text
WITH RECURSIVE own (id) AS (
    SELECT o.id FROM org o WHERE o.path = :path
     UNION ALL
    SELECT c.id FROM own JOIN org c ON c.parent = own.id WHERE c.legal_code IS NULL)
SELECT DISTINCT f.function AS function FROM own JOIN org_function f ON f.org = own.id ORDER BY f.function;

-- For pages ------------------------------------------------------------------------------------------------------------------------

-- By the grants of VERB_READ_DATA, as the lists of defects and records, over the organisation of the record or one that it names.
-- name: CaseList
-- args: account int?, today date
-- row:  id int, uid text, due int, changed int
SELECT c.id, c.uid, c.due, c.changed
  FROM flow_case c JOIN dataset d ON d.id = c.dataset JOIN org o ON o.id = c.org
 WHERE (EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       OR c.id IN (
       SELECT x.flow_case FROM flow_case_org x JOIN org n ON n.id = x.org JOIN grant_place g ON (substr(n.path, 1, length(g.path)) = g.path OR substr(n.area, 1, length(g.area)) = g.area)
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')))
       /* [filters] */;

-- name: CaseBoard
-- args: account int?, today date, now int
-- row:  state text, n int, late int
SELECT c.state, count(*) AS n, CAST(sum(CASE WHEN c.ended IS NULL AND c.due < :now THEN 1 ELSE 0 END) AS BIGINT) AS late
  FROM flow_case c JOIN dataset d ON d.id = c.dataset JOIN org o ON o.id = c.org
 WHERE c.gone IS NULL AND (EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       OR c.id IN (
       SELECT x.flow_case FROM flow_case_org x JOIN org n ON n.id = x.org JOIN grant_place g ON (substr(n.path, 1, length(g.path)) = g.path OR substr(n.area, 1, length(g.area)) = g.area)
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')))
       /* [filters] */
 GROUP BY c.state;

-- Telling --------------------------------------------------------------------------------------------------------------------------

-- name: CasesToTell
-- args: told int, until int, limit int
-- row:  id int, dataset text, org int, org_path text, org_area text, state text, due int
SELECT c.id, d.name AS dataset, c.org, o.path AS org_path, o.area AS org_area, c.state, c.due
  FROM flow_case c JOIN dataset d ON d.id = c.dataset JOIN org o ON o.id = c.org
 WHERE c.told = :told AND c.due < :until AND c.ended IS NULL AND c.gone IS NULL ORDER BY c.due, c.id LIMIT :limit;

-- name: CasesTold
-- args: ids text, told int
UPDATE flow_case SET told = :told WHERE id IN $IDS(:ids);

-- Organisations with a function whose area holds one, or is held by it; the caller takes the nearest.
-- name: OrgsWithFunction
-- args: function text
-- row:  id int, path text, area text
SELECT o.id, o.path, o.area FROM org_function f JOIN org o ON o.id = f.org WHERE f.function = :function AND o.closed IS NULL ORDER BY o.id;
