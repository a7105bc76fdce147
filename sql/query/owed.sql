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

-- Merges and partings since it was looked at: a root that is NULL was none.
-- name: OwedLinksNew
-- args:
-- row:  person int, root int, before int?
SELECT l.person, l.root, k.root AS before FROM person_link l LEFT JOIN owed_link k ON k.person = l.person WHERE k.root IS NULL OR k.root <> l.root;

-- name: OwedLinksGone
-- args:
-- row:  person int, root int
SELECT k.person, k.root FROM owed_link k LEFT JOIN person_link l ON l.person = k.person WHERE l.person IS NULL;

-- name: OwedLinks
-- args:
-- row:  person int, root int
SELECT person, root FROM person_link ORDER BY person;

-- name: OwedLinkPut
-- args: person int, root int
INSERT INTO owed_link (person, root) VALUES (:person, :root) ON CONFLICT (person) DO UPDATE SET root = excluded.root;

-- name: OwedLinkTake
-- args: person int
DELETE FROM owed_link WHERE person = :person;

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
