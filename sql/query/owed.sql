-- Duties of persons. See src/indicator/owed.h.

-- name: OwedDuties
-- args:
-- row:  id int, name text, rules text, month int
SELECT id, name, rules, month FROM duty_pack ORDER BY id;

-- name: OwedDutyAdd
-- args: name text
INSERT INTO duty_pack (name, rules, month) VALUES (:name, '', 0);

-- name: OwedDutyPut
-- args: id int, rules text, month int
UPDATE duty_pack SET rules = :rules, month = :month WHERE id = :id;

-- name: OwedStale
-- walks: segment: a run looks whether any changed; a version is all that says so
-- args:
-- row:  dataset int, org int, month int, version int
SELECT s.dataset, s.org, s.month, s.version
  FROM segment s LEFT JOIN owed_seen q ON q.dataset = s.dataset AND q.org = s.org AND q.month = s.month
 WHERE s.loading = FALSE AND (q.version IS NULL OR q.version <> s.version);

-- name: OwedSeenPut
-- args: dataset int, org int, month int, version int
INSERT INTO owed_seen (dataset, org, month, version) VALUES (:dataset, :org, :month, :version)
    ON CONFLICT (dataset, org, month) DO UPDATE SET version = excluded.version;

-- name: OwedRange
-- args: duty int, first int, last int, limit int
-- row:  person int, seq int, org int, due date, last date, times int, done int, done_on date?
SELECT person, seq, org, due, last, times, done, done_on FROM owed WHERE duty = :duty AND person >= :first AND person <= :last ORDER BY person, seq LIMIT :limit;

-- name: OwedPut
-- args: duty int, person int, seq int, org int, due date, last date, times int, done int, done_on date?
INSERT INTO owed (duty, person, seq, org, due, last, times, done, done_on) VALUES (:duty, :person, :seq, :org, :due, :last, :times, :done, :done_on)
    ON CONFLICT (duty, person, seq) DO UPDATE SET org = excluded.org, due = excluded.due, last = excluded.last, times = excluded.times, done = excluded.done, done_on = excluded.done_on;

-- name: OwedTake
-- args: duty int, person int, seq int
DELETE FROM owed WHERE duty = :duty AND person = :person AND seq = :seq;

-- For pages ---------------------------------------------------------------------------------------------------------------

-- By the grants of VERB_READ_DATA, as the lists of defects and records.
-- name: OwedList
-- args: account int?, today date
-- row:  id int, duty text, person int, seq int, org_uid text, org_name text, org_path text, org_area text, due date, last date, times int, done int, done_on date?, reason text?
SELECT w.id, d.name AS duty, w.person, w.seq, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, w.due, w.last, w.times, w.done, w.done_on, x.reason
  FROM owed w JOIN duty_pack d ON d.id = w.duty JOIN org o ON o.id = w.org
  LEFT JOIN owed_excused x ON x.duty = w.duty AND x.person = w.person AND x.seq = w.seq
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */;

-- name: OwedCounts
-- args: account int?, today date
-- row:  duty text, org_uid text, org_name text, coming int, due int, missed int, done int, late int, excused int
SELECT d.name AS duty, o.uid AS org_uid, o.name AS org_name,
       CAST(sum(CASE WHEN x.at IS NULL AND w.done_on IS NULL AND w.due > :today THEN 1 ELSE 0 END) AS BIGINT) AS coming,
       CAST(sum(CASE WHEN x.at IS NULL AND w.done_on IS NULL AND w.due <= :today AND w.last >= :today THEN 1 ELSE 0 END) AS BIGINT) AS due,
       CAST(sum(CASE WHEN x.at IS NULL AND w.done_on IS NULL AND w.last < :today THEN 1 ELSE 0 END) AS BIGINT) AS missed,
       CAST(sum(CASE WHEN x.at IS NULL AND w.done_on <= w.last THEN 1 ELSE 0 END) AS BIGINT) AS done,
       CAST(sum(CASE WHEN x.at IS NULL AND w.done_on > w.last THEN 1 ELSE 0 END) AS BIGINT) AS late,
       CAST(sum(CASE WHEN x.at IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS excused
  FROM owed w JOIN duty_pack d ON d.id = w.duty JOIN org o ON o.id = w.org
  LEFT JOIN owed_excused x ON x.duty = w.duty AND x.person = w.person AND x.seq = w.seq
 WHERE EXISTS (
       SELECT 1 FROM grant_place g
        WHERE g.account = :account AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) AND g.what_kind = 'all'
          AND g.role IN ('reporter', 'handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader')
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
       /* [filters] */
 GROUP BY d.name, o.uid, o.name;

-- name: OwedFind
-- args: duty text, person int, seq int
-- row:  id int, duty_id int, duty text, person int, seq int, org_uid text, org_name text, org_path text, org_area text, due date, last date, times int, done int, done_on date?, reason text?
SELECT w.id, w.duty AS duty_id, d.name AS duty, w.person, w.seq, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, w.due, w.last, w.times, w.done, w.done_on,
       x.reason
  FROM duty_pack d JOIN owed w ON w.duty = d.id JOIN org o ON o.id = w.org
  LEFT JOIN owed_excused x ON x.duty = w.duty AND x.person = w.person AND x.seq = w.seq
 WHERE d.name = :duty AND w.person = :person AND w.seq = :seq;

-- name: OwedExcuse
-- args: duty int, person int, seq int, reason text, account int?, at int
INSERT INTO owed_excused (duty, person, seq, reason, account, at) VALUES (:duty, :person, :seq, :reason, :account, :at)
    ON CONFLICT (duty, person, seq) DO UPDATE SET reason = excluded.reason, account = excluded.account, at = excluded.at;
