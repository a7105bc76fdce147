-- The event log. See src/audit/audit.h.

-- The head of the chain, for the one that appends: on PostgreSQL under a lock that the transaction keeps to its end.
-- name: EventLock
-- args:
-- row:  locked int
-- sqlite:
SELECT 1 AS locked;
-- postgres:
SELECT 1::bigint AS locked FROM (SELECT pg_advisory_xact_lock(7238110)) AS l;

-- name: EventHead
-- walks: event: its last row alone
-- args:
-- row:  seq int, hash text
SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1;

-- name: EventInsert
-- args: seq int, at int, verb text, object_kind text, object_uid text, account_uid text?, body text, hash text
INSERT INTO event (seq, at, verb, object_kind, object_uid, account_uid, body, hash)
VALUES (:seq, :at, :verb, :object_kind, :object_uid, :account_uid, :body, :hash);

-- name: EventsAfter
-- args: seq int, limit int
-- row:  seq int, at int, verb text, object_kind text, object_uid text, account_uid text?, body text, hash text
SELECT seq, at, verb, object_kind, object_uid, account_uid, body, hash FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit;

-- name: EventBySeq
-- args: seq int
-- row:  hash text
SELECT hash FROM event WHERE seq = :seq;

-- name: EventsOfObject
-- args: object_kind text, object_uid text, after int, limit int
-- row:  seq int, at int, verb text, account_uid text?, body text, hash text
SELECT seq, at, verb, account_uid, body, hash FROM event
 WHERE object_kind = :object_kind AND object_uid = :object_uid AND seq > :after ORDER BY seq LIMIT :limit;

-- title: what the object is called now, where it is something with a title. What was done to a restricted task, or a draft, sees only who may
-- read it: that condition is set with the filters (scopes_where_seen).
-- name: EventList
-- args:
-- row:  seq int, at int, verb text, object_kind text, object_uid text, title text?, account_uid text?, account_name text?, org_uid text?, org_name text?, body text, hash text
SELECT e.seq, e.at, e.verb, e.object_kind, e.object_uid,
       CASE e.object_kind WHEN 'task' THEN t.title
                          WHEN 'document' THEN (SELECT d.title FROM document d WHERE d.uid = e.object_uid)
                          WHEN 'plan' THEN (SELECT p.title FROM plan p WHERE p.uid = e.object_uid)
                          WHEN 'org' THEN (SELECT x.name FROM org x WHERE x.uid = e.object_uid)
                          WHEN 'group' THEN (SELECT x.name FROM org_group x WHERE x.uid = e.object_uid)
                          WHEN 'account' THEN (SELECT y.name || ' (' || x.username || ')' FROM account x JOIN person y ON y.id = x.person WHERE x.uid = e.object_uid) END AS title,
       e.account_uid, n.name AS account_name, o.uid AS org_uid, o.name AS org_name, e.body, e.hash
  FROM event e LEFT JOIN account a ON a.uid = e.account_uid LEFT JOIN person n ON n.id = a.person LEFT JOIN org o ON o.id = a.org
       LEFT JOIN task t ON e.object_kind = 'task' AND t.uid = e.object_uid LEFT JOIN plan p ON p.id = t.plan
 WHERE 1 = 1 /* [filters] */;

-- What something is called whose uid an event names: a person by the account, an organisation, a group, a plan. Tasks may be restricted: their numbers only.
-- name: NameOfUid
-- args: uid text
-- row:  name text
SELECT p.name FROM account a JOIN person p ON p.id = a.person WHERE a.uid = :uid
UNION ALL SELECT name FROM org WHERE uid = :uid
UNION ALL SELECT name FROM org_group WHERE uid = :uid
UNION ALL SELECT title AS name FROM plan WHERE uid = :uid
UNION ALL SELECT number AS name FROM task WHERE uid = :uid;
