-- Arrivals and mappings. See src/hub/arrive.h.

-- name: IntakeInsert
-- args: uid text, channel text, org int, account int?, source text, message_id text?, name text, format text, options text, sha256 text, size int, received int, dataset int?, mapping int?, mode text?, period int?, strict bool
-- row:  id int
INSERT INTO intake (uid, channel, org, account, source, message_id, name, format, options, sha256, size, received, state, dataset, mapping, mode, period, strict)
VALUES (:uid, :channel, :org, :account, :source, :message_id, :name, :format, :options, :sha256, :size, :received, 'waiting', :dataset, :mapping, :mode, :period, :strict)
RETURNING id;

-- The same message again.
-- name: IntakeByMessage
-- args: org int, source text, message_id text
-- row:  id int, uid text
SELECT id, uid FROM intake WHERE org = :org AND source = :source AND message_id = :message_id;

-- The same bytes again, taken in whole before; `newest`: the arrival that its sender's last batch of that dataset came with.
-- name: IntakesOfBytes
-- args: sha256 text, org int, mode text?, period int?, strict bool
-- row:  id int, uid text, dataset int?, options text, newest int?
SELECT i.id, i.uid, i.dataset, i.options,
       (SELECT b.intake FROM batch b WHERE b.dataset = i.dataset AND b.org = i.org ORDER BY b.id DESC LIMIT 1) AS newest
  FROM intake i
 WHERE i.sha256 = :sha256 AND i.org = :org AND i.state = 'done' AND i.message_id IS NULL AND i.mode IS NOT DISTINCT FROM :mode AND i.period IS NOT DISTINCT FROM :period AND i.strict = :strict
 ORDER BY i.id DESC LIMIT 20;

-- One arrival, by its uid or its id.
-- name: IntakeFind
-- args: uid text?, id int?
-- row:  id int, uid text, channel text, org int, org_uid text, org_name text, org_path text, org_area text, account int?, source text, message_id text?, name text, format text, options text, sha256 text, size int, received int, state text, dataset int?, dataset_name text?, mapping int?, mapping_uid text?, mapping_name text?, mode text?, period int?, strict bool, result text?, error text?, job_uid text?, finished int?, taken_up int
SELECT i.id, i.uid, i.channel, i.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, i.account, i.source, i.message_id, i.name, i.format, i.options,
       i.sha256, i.size, i.received, i.state, i.dataset, d.name AS dataset_name, i.mapping, m.uid AS mapping_uid, m.name AS mapping_name, i.mode, i.period, i.strict, i.result, i.error,
       j.uid AS job_uid, i.finished, i.taken_up
  FROM intake i JOIN org o ON o.id = i.org LEFT JOIN dataset d ON d.id = i.dataset LEFT JOIN mapping m ON m.id = i.mapping LEFT JOIN job j ON j.id = i.job
 WHERE i.id = (SELECT x.id FROM intake x WHERE x.uid = :uid) OR i.id = :id;

-- name: IntakeList
-- args: account int?, today date
-- row:  id int, uid text, received int
SELECT i.id, i.uid, i.received
  FROM intake i JOIN org o ON o.id = i.org LEFT JOIN dataset d ON d.id = i.dataset
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- A step from one state to another: 0 rows where it stood elsewhere.
-- name: IntakeState
-- args: id int, was text, state text
UPDATE intake SET state = :state WHERE id = :id AND state = :was;

-- name: IntakeJob
-- args: id int, job_uid text
UPDATE intake SET job = (SELECT id FROM job WHERE uid = :job_uid) WHERE id = :id;

-- What a crash left while its sender waited, or a full disk so full that not even that could be written down: nobody imports it, for it has no job, or one that has ended. Messages have one of their own.
-- name: IntakesLeft
-- row:  id int, account int?, taken_up int
SELECT id, account, taken_up FROM intake WHERE state IN ('waiting', 'checking', 'applying') AND channel <> 'mllp'
   AND (job IS NULL OR EXISTS (SELECT 1 FROM job j WHERE j.id = intake.job AND j.state IN ('done', 'failed'))) ORDER BY id;

-- name: IntakeTakenUp
-- args: id int
UPDATE intake SET taken_up = taken_up + 1 WHERE id = :id;

-- name: IntakeFound
-- args: id int, format text, dataset int?, mapping int?
UPDATE intake SET format = :format, dataset = :dataset, mapping = :mapping WHERE id = :id;

-- name: IntakeEnd
-- args: id int, state text, result text?, error text?, finished int?
UPDATE intake SET state = :state, result = :result, error = :error, finished = :finished WHERE id = :id;

-- To be tried once more, with other wishes.
-- name: IntakeAgain
-- args: id int, options text, mapping int?
UPDATE intake SET state = 'waiting', options = :options, mapping = :mapping, error = NULL, finished = NULL, taken_up = 0 WHERE id = :id AND state IN ('failed', 'refused', 'asking');

-- name: DatasetIdOf
-- args: name text
-- row:  id int
SELECT id FROM dataset WHERE name = :name;

-- name: MappingInsert
-- args: uid text, org int?, dataset int, name text, format text, options text, columns text, mode text
-- row:  id int
INSERT INTO mapping (uid, org, dataset, name, format, options, columns, mode, version) VALUES (:uid, :org, :dataset, :name, :format, :options, :columns, :mode, 1) RETURNING id;

-- name: MappingSet
-- args: id int, version int, name text, format text, options text, columns text, mode text
UPDATE mapping SET name = :name, format = :format, options = :options, columns = :columns, mode = :mode, version = version + 1 WHERE id = :id AND version = :version;

-- name: MappingUsed
-- args: id int, at int
UPDATE mapping SET used = :at WHERE id = :id;

-- name: MappingDelete
-- args: id int, version int
DELETE FROM mapping WHERE id = :id AND version = :version;

-- name: MappingTaken
-- args: org int?, dataset int, name text, but int
-- row:  n int
SELECT count(*) AS n FROM mapping WHERE org IS NOT DISTINCT FROM :org AND dataset = :dataset AND name = :name AND id <> :but;

-- name: MappingFind
-- args: uid text?, id int?
-- row:  id int, uid text, org int?, org_uid text?, org_name text?, org_path text?, org_area text?, dataset text, dataset_id int, name text, format text, options text, columns text, mode text, used int?, version int
SELECT m.id, m.uid, m.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, d.name AS dataset, m.dataset AS dataset_id, m.name, m.format, m.options, m.columns,
       m.mode, m.used, m.version
  FROM mapping m JOIN dataset d ON d.id = m.dataset LEFT JOIN org o ON o.id = m.org WHERE m.uid = :uid OR m.id = :id;

-- What may fit a file of this sender: its own, newest use first, then everybody's.
-- name: MappingsOf
-- args: org int, dataset int?
-- row:  id int, uid text, dataset text, name text, options text, columns text, mode text
SELECT m.id, m.uid, d.name AS dataset, m.name, m.options, m.columns, m.mode
  FROM mapping m JOIN dataset d ON d.id = m.dataset
 WHERE (m.org = :org OR m.org IS NULL) AND (:dataset IS NULL OR m.dataset = :dataset) ORDER BY m.org IS NULL, m.used IS NULL, m.used DESC, m.id DESC LIMIT 100;

-- name: MappingList
-- args: account int?, today date
-- row:  id int, uid text, name text
SELECT m.id, m.uid, m.name
  FROM mapping m JOIN dataset d ON d.id = m.dataset LEFT JOIN org o ON o.id = m.org
 WHERE (m.org IS NULL OR EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area)))
       /* [filters] */;

-- What an arrival brought into the tables.
-- name: BatchesOfIntake
-- args: intake int
-- row:  id int, uid text, dataset text, state text, rows int, rejected int, held int, warned int, added int, changed int, same int, deleted int
SELECT b.id, b.uid, d.name AS dataset, b.state, b.rows, b.rejected, b.held, b.warned, b.added, b.changed, b.same, b.deleted
  FROM batch b JOIN dataset d ON d.id = b.dataset WHERE b.intake = :intake ORDER BY b.id;

-- name: BatchFind
-- args: uid text
-- row:  id int, uid text, intake_uid text?, dataset text, org_uid text, org_name text, org_path text, org_area text, mode text, period int?, state text, rows int, rejected int, held int, warned int, added int, changed int, same int, deleted int, done_rows int, opened int, done_at int?
SELECT b.id, b.uid, i.uid AS intake_uid, d.name AS dataset, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, b.mode, b.period, b.state, b.rows, b.rejected,
       b.held, b.warned, b.added, b.changed, b.same, b.deleted, b.done_rows, b.opened, b.done_at
  FROM batch b JOIN dataset d ON d.id = b.dataset JOIN org o ON o.id = b.org LEFT JOIN intake i ON i.id = b.intake WHERE b.uid = :uid;

-- name: BatchList
-- args: account int?, today date
-- row:  id int, uid text, opened int
SELECT b.id, b.uid, b.opened
  FROM batch b JOIN dataset d ON d.id = b.dataset JOIN org o ON o.id = b.org LEFT JOIN intake i ON i.id = b.intake
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- name: BatchParts
-- args: batch int
-- row:  org_uid text, org_name text, month int, rows int, held int, warned int, added int, changed int, same int, deleted int
SELECT o.uid AS org_uid, o.name AS org_name, p.month, p.rows, p.held, p.warned, p.added, p.changed, p.same, p.deleted
  FROM batch_part p JOIN org o ON o.id = p.org WHERE p.batch = :batch ORDER BY p.month, o.rank, o.id LIMIT 2000;

-- name: RejectList
-- args: intake int
-- row:  batch int, row int, at text, code text, field text?, raw blob
SELECT r.batch, r.row, r.at, r.code, r.field, r.raw FROM reject r JOIN batch b ON b.id = r.batch WHERE b.intake = :intake /* [filters] */;

-- Messages that were taken and are not in the records yet: of the sender that waits longest.
-- name: MessagesWaiting
-- args: limit int
-- row:  id int, org int, sha256 text, options text
SELECT i.id, i.org, i.sha256, i.options FROM intake i
 WHERE i.state = 'waiting' AND i.channel = 'mllp'
   AND i.org = (SELECT w.org FROM intake w WHERE w.state = 'waiting' AND w.channel = 'mllp' ORDER BY w.id LIMIT 1)
 ORDER BY i.id LIMIT :limit;

-- name: JobsWaitingOfKind
-- args: kind text
-- row:  n int
SELECT COUNT(*) AS n FROM job WHERE kind = :kind AND state = 'waiting';
