-- Organisations, people, accounts, grants, sessions. See src/org/org.h.

-- name: OrgByUid
-- args: uid text
-- row:  id int, uid text, code text, name text, short_name text?, kind text, area text, parent int?, path text, rank int, legal_code text?, opened date?, closed date?, version int
SELECT id, uid, code, name, short_name, kind, area, parent, path, rank, legal_code, opened, closed, version FROM org WHERE uid = :uid;

-- name: OrgById
-- args: id int
-- row:  id int, uid text, code text, name text, short_name text?, kind text, area text, parent int?, path text, rank int, legal_code text?, opened date?, closed date?, version int
SELECT id, uid, code, name, short_name, kind, area, parent, path, rank, legal_code, opened, closed, version FROM org WHERE id = :id;

-- name: OrgByCode
-- args: code text
-- row:  id int, uid text, code text, name text, short_name text?, kind text, area text, parent int?, path text, rank int, legal_code text?, opened date?, closed date?, version int
SELECT id, uid, code, name, short_name, kind, area, parent, path, rank, legal_code, opened, closed, version FROM org WHERE code = :code;

-- The first in official order that nothing stands above.
-- name: OrgRoot
-- args:
-- row:  id int
SELECT id FROM org WHERE parent IS NULL ORDER BY rank, id LIMIT 1;

-- name: OrgAll
-- args:
-- row:  id int, uid text, code text, name text, short_name text?, kind text, area text, parent int?, path text, rank int, legal_code text?, opened date?, closed date?, version int
SELECT id, uid, code, name, short_name, kind, area, parent, path, rank, legal_code, opened, closed, version FROM org ORDER BY id;

-- The nearest organisation upwards, itself included, with a legal code.
-- name: OrgLegalBody
-- args: path text
-- row:  id int
WITH RECURSIVE up (id, parent, legal_code) AS (
       SELECT id, parent, legal_code FROM org WHERE path = :path
       UNION ALL SELECT o.id, o.parent, o.legal_code FROM up JOIN org o ON o.id = up.parent WHERE up.legal_code IS NULL)
SELECT id FROM up WHERE legal_code IS NOT NULL;

-- Open organisations that go by a name.
-- name: OrgsByNameKey
-- args: key text
-- row:  id int, uid text, code text, name text, short_name text?, kind text, area text, parent int?, path text, rank int, legal_code text?, opened date?, closed date?, version int, alias bool
SELECT o.id, o.uid, o.code, o.name, o.short_name, o.kind, o.area, o.parent, o.path, o.rank, o.legal_code, o.opened, o.closed, o.version, n.alias
  FROM org_name n JOIN org o ON o.id = n.org WHERE n.key = :key AND o.closed IS NULL ORDER BY o.rank, o.id;

-- name: OrgInsert
-- args: uid text, code text, name text, short_name text?, kind text, parent int?, area text, rank int, legal_code text?, opened date?, closed date?
-- row:  id int
INSERT INTO org (uid, code, name, short_name, kind, parent, path, area, rank, legal_code, opened, closed, version)
VALUES (:uid, :code, :name, :short_name, :kind, :parent, '', :area, :rank, :legal_code, :opened, :closed, 1) RETURNING id;

-- name: OrgUpdate
-- args: id int, name text, short_name text?, kind text, parent int?, area text, rank int, legal_code text?, opened date?, closed date?
UPDATE org SET name = :name, short_name = :short_name, kind = :kind, parent = :parent, area = :area, rank = :rank, legal_code = :legal_code,
       opened = :opened, closed = :closed, version = version + 1 WHERE id = :id;

-- name: OrgSetPath
-- args: id int, path text
UPDATE org SET path = :path WHERE id = :id;

-- name: OrgTouch
-- args: id int, version int
UPDATE org SET version = version + 1 WHERE id = :id AND version = :version;

-- name: OrgNamesOf
-- args: org int
-- row:  key text, text text, alias bool
SELECT key, text, alias FROM org_name WHERE org = :org ORDER BY alias, text;

-- name: OrgNameInsert
-- args: key text, org int, text text, alias bool
INSERT INTO org_name (key, org, text, alias) VALUES (:key, :org, :text, :alias) ON CONFLICT (key, org) DO NOTHING;

-- name: OrgNamesDelete
-- args: org int
DELETE FROM org_name WHERE org = :org;

-- name: OrgAliasDelete
-- args: org int, key text
DELETE FROM org_name WHERE org = :org AND key = :key AND alias;

-- name: OrgFunctionsOf
-- args: org int
-- row:  function text
SELECT function FROM org_function WHERE org = :org ORDER BY function;

-- name: OrgFunctionInsert
-- args: org int, function text
INSERT INTO org_function (org, function) VALUES (:org, :function) ON CONFLICT (org, function) DO NOTHING;

-- name: OrgFunctionsDelete
-- args: org int
DELETE FROM org_function WHERE org = :org;

-- name: OrgMembersOf
-- args: org int
-- row:  uid text, name text
SELECT o.uid, o.name FROM org_member m JOIN org o ON o.id = m.member WHERE m.org = :org ORDER BY o.rank, o.id;

-- name: OrgMemberInsert
-- args: org int, member int
INSERT INTO org_member (org, member) VALUES (:org, :member) ON CONFLICT (org, member) DO NOTHING;

-- name: OrgMembersDelete
-- args: org int
DELETE FROM org_member WHERE org = :org;

-- The organisations on a path, outermost first.
-- name: OrgAncestors
-- args: path text
-- row:  uid text, name text
WITH RECURSIVE up (uid, name, parent, path) AS (
       SELECT uid, name, parent, path FROM org WHERE path = :path
       UNION ALL SELECT o.uid, o.name, o.parent, o.path FROM up JOIN org o ON o.id = up.parent)
SELECT uid, name FROM up ORDER BY length(path);

-- name: OrgCounts
-- args: id int, path text, path_end text
-- row:  children int, accounts int, open_tasks int
SELECT (SELECT count(*) FROM org WHERE parent = :id) AS children,
       (SELECT count(*) FROM account WHERE org = :id) AS accounts,
       (SELECT count(DISTINCT w.task) FROM task_owner w JOIN org o ON o.id = w.org JOIN task t ON t.id = w.task
         WHERE o.path >= :path AND o.path < :path_end AND NOT t.restricted
           AND t.state NOT IN ('draft', 'closed', 'cancelled', 'waived')) AS open_tasks;

-- q: what a name's key, or the code, must hold.
-- name: OrgList
-- args: q text?
-- row:  id int, uid text, code text, name text, short_name text?, kind text, area text, rank int, parent_uid text?, parent_name text?, parent_code text?
-- row:  legal_code text?, opened date?, closed date?, version int, children int, functions text?, aliases text?, members text?
SELECT o.id, o.uid, o.code, o.name, o.short_name, o.kind, o.area, o.rank, p.uid AS parent_uid, p.name AS parent_name, p.code AS parent_code, o.legal_code,
       o.opened, o.closed, o.version, (SELECT count(*) FROM org c WHERE c.parent = o.id) AS children,
       (SELECT $LINES(w.line, '
') FROM (SELECT f.function AS line FROM org_function f WHERE f.org = o.id ORDER BY f.function) w) AS functions,
       (SELECT $LINES(w.line, '
') FROM (SELECT n.text AS line FROM org_name n WHERE n.org = o.id AND n.alias ORDER BY n.text) w) AS aliases,
       (SELECT $LINES(w.line, '
') FROM (SELECT c.code AS line FROM org_member m JOIN org c ON c.id = m.member WHERE m.org = o.id ORDER BY c.rank, c.id) w) AS members
  FROM org o LEFT JOIN org p ON p.id = o.parent
 WHERE (:q IS NULL OR $FIND(lower(o.code), :q) > 0 OR EXISTS (SELECT 1 FROM org_name n WHERE n.org = o.id AND $FIND(n.key, :q) > 0)) /* [filters] */;

-- name: OrgCount
-- args:
-- row:  orgs int, accounts int
SELECT (SELECT count(*) FROM org) AS orgs, (SELECT count(*) FROM account) AS accounts;

-- People and accounts -----------------------------------------------------------------------------------------------

-- name: PersonByUid
-- args: uid text
-- row:  id int, uid text, name text, proof text?
SELECT id, uid, name, proof FROM person WHERE uid = :uid;

-- name: PersonByProof
-- args: proof text
-- row:  id int, uid text, name text
SELECT id, uid, name FROM person WHERE proof = :proof;

-- name: PersonInsert
-- args: uid text, name text, proof text?, proof_kind text?
-- row:  id int
INSERT INTO person (uid, name, proof, proof_kind, version) VALUES (:uid, :name, :proof, :proof_kind, 1) RETURNING id;

-- name: PersonUpdate
-- args: id int, name text, proof text?, proof_kind text?
UPDATE person SET name = :name, proof = :proof, proof_kind = :proof_kind, version = version + 1 WHERE id = :id;

-- name: AccountInsert
-- args: uid text, username text, person int, org int, title text?, password text, must_change bool, created int
-- row:  id int
INSERT INTO account (uid, username, person, org, title, password, must_change, state, failures, created, version)
VALUES (:uid, :username, :person, :org, :title, :password, :must_change, 'active', 0, :created, 1) RETURNING id;

-- name: AccountByUsername
-- args: username text
-- row:  id int, uid text, person int, person_name text, proof text?, proof_kind text?, org int, title text?, password text, state text, failures int, locked_until int?, must_change bool, version int
SELECT a.id, a.uid, a.person, p.name AS person_name, p.proof, p.proof_kind, a.org, a.title, a.password, a.state, a.failures, a.locked_until, a.must_change, a.version
  FROM account a JOIN person p ON p.id = a.person WHERE a.username = :username;

-- name: AccountByUid
-- args: uid text
-- row:  id int, uid text, username text, person int, person_uid text, person_name text, proof text?, org int, org_uid text, org_name text, org_path text, title text?, state text, locked_until int?, last_login int?, must_change bool, version int
SELECT a.id, a.uid, a.username, a.person, p.uid AS person_uid, p.name AS person_name, p.proof, a.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, a.title, a.state, a.locked_until, a.last_login, a.must_change, a.version
  FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org WHERE a.uid = :uid;

-- name: AccountFull
-- args: id int
-- row:  id int, uid text, username text, person int, person_uid text, person_name text, proof text?, org int, org_uid text, org_name text, org_path text, state text, must_change bool
SELECT a.id, a.uid, a.username, a.person, p.uid AS person_uid, p.name AS person_name, p.proof, a.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, a.state, a.must_change
  FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org WHERE a.id = :id;

-- name: AccountUpdate
-- args: id int, person int, org int, title text?
UPDATE account SET person = :person, org = :org, title = :title, version = version + 1 WHERE id = :id;

-- name: AccountFailed
-- args: id int, failures int, locked_until int?
UPDATE account SET failures = :failures, locked_until = :locked_until WHERE id = :id;

-- name: AccountLoggedIn
-- args: id int, at int
UPDATE account SET failures = 0, locked_until = NULL, last_login = :at WHERE id = :id;

-- name: AccountSetPassword
-- args: id int, password text, must_change bool
UPDATE account SET password = :password, must_change = :must_change, failures = 0, locked_until = NULL, version = version + 1 WHERE id = :id;

-- name: AccountSetState
-- args: id int, state text, version int
UPDATE account SET state = :state, failures = 0, locked_until = NULL, version = version + 1 WHERE id = :id AND version = :version;

-- With :role only those that hold it.
-- name: AccountList
-- args: role text?
-- row:  id int, uid text, username text, person_uid text, person_name text, proof text?, org_uid text, org_name text, org_code text, title text?
-- row:  state text, last_login int?, version int
SELECT a.id, a.uid, a.username, p.uid AS person_uid, p.name AS person_name, p.proof, o.uid AS org_uid, o.name AS org_name, o.code AS org_code, a.title, a.state,
       a.last_login, a.version
  FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org
 WHERE (:role IS NULL OR EXISTS (SELECT 1 FROM grant_row g WHERE g.account = a.id AND g.role = :role)) /* [filters] */;

-- What an account acts by: its own grants first, then those of whom it is deputy for.
-- name: GrantsHeld
-- args: account int
-- row:  id int, uid text, holder int, role text, where_kind text, where_org int?, where_group int?, where_uid text?, where_name text?, where_path text?, where_area text?, what_kind text, valid_from date?, valid_to date?
SELECT h.id, h.uid, h.holder, h.role, h.where_kind, h.where_org, h.where_group, COALESCE(o.uid, m.uid) AS where_uid, COALESCE(o.name, m.name) AS where_name,
       o.path AS where_path, h.where_area, h.what_kind, h.valid_from, h.valid_to
  FROM grant_held h LEFT JOIN org o ON o.id = h.where_org LEFT JOIN org_group m ON m.id = h.where_group
 WHERE h.account = :account ORDER BY CASE WHEN h.holder = h.account THEN 0 ELSE 1 END, h.id;

-- name: GrantPlans
-- args: grant int
-- row:  plan text
SELECT plan FROM grant_plan WHERE grant_row = :grant ORDER BY plan;

-- Where the members of a group stand on a day.
-- name: GroupPlaces
-- args: group int, day date
-- row:  org int, path text
SELECT o.id AS org, o.path FROM org_group_member m JOIN org o ON o.id = m.org
 WHERE m.org_group = :group AND (m.valid_from IS NULL OR m.valid_from <= :day) AND (m.valid_to IS NULL OR m.valid_to >= :day) ORDER BY m.seq;

-- Who is one with a person for rule f of the ledger: it was deputy for that one, or that one for it, in these days; ended: the instant of an earlier end.
-- name: DeputiesOfPerson
-- args: person int
-- row:  other_person int, valid_from date, valid_to date, ended int?
SELECT CASE WHEN a.person = :person THEN b.person ELSE a.person END AS other_person, d.valid_from, d.valid_to, d.ended
  FROM deputy d JOIN account a ON a.id = d.account JOIN account b ON b.id = d.deputy
 WHERE a.person = :person OR b.person = :person ORDER BY d.id;

-- name: GrantsOfPerson
-- args: person int
-- row:  role text, account int
SELECT g.role, g.account FROM grant_row g JOIN account a ON a.id = g.account WHERE a.person = :person ORDER BY g.id;

-- Where a person stands, by all accounts that are in use.
-- name: PathsOfPerson
-- args: person int
-- row:  path text
SELECT DISTINCT o.path FROM account a JOIN org o ON o.id = a.org WHERE a.person = :person AND a.state = 'active' ORDER BY o.path;

-- name: GrantInsert
-- args: uid text, account int, role text, where_kind text, where_org int?, where_area text?, where_group int?, what_kind text, valid_from date?, valid_to date?
-- row:  id int
INSERT INTO grant_row (uid, account, role, where_kind, where_org, where_area, where_group, what_kind, valid_from, valid_to)
VALUES (:uid, :account, :role, :where_kind, :where_org, :where_area, :where_group, :what_kind, :valid_from, :valid_to) RETURNING id;

-- name: GrantPlanInsert
-- args: grant int, plan text
INSERT INTO grant_plan (grant_row, plan) VALUES (:grant, :plan) ON CONFLICT (grant_row, plan) DO NOTHING;

-- name: GrantPlansDelete
-- args: account int, uid text?
DELETE FROM grant_plan WHERE grant_row IN (SELECT id FROM grant_row WHERE account = :account AND (:uid IS NULL OR uid = :uid));

-- name: GrantDelete
-- args: account int, uid text
DELETE FROM grant_row WHERE account = :account AND uid = :uid;

-- Sessions ----------------------------------------------------------------------------------------------------------

-- name: SessionInsert
-- args: uid text, token text, account int, csrf text, now int, via text, agent text?
INSERT INTO session (uid, token, account, csrf, created, seen, via, agent) VALUES (:uid, :token, :account, :csrf, :now, :now, :via, :agent);

-- name: SessionByToken
-- args: token text
-- row:  id int, uid text, account int, csrf text, created int, seen int, second bool
SELECT s.id, s.uid, s.account, s.csrf, s.created, s.seen,
       EXISTS (SELECT 1 FROM totp t WHERE t.account = s.account AND t.confirmed IS NOT NULL) AS second
  FROM session s WHERE s.token = :token;

-- name: SessionSeen
-- args: id int, seen int
UPDATE session SET seen = :seen WHERE id = :id;

-- name: SessionDelete
-- args: token text
DELETE FROM session WHERE token = :token;

-- name: SessionsDeleteOf
-- args: account int
DELETE FROM session WHERE account = :account;

-- name: SessionsDeleteOld
-- args: before int
DELETE FROM session WHERE seen < :before;

-- name: SettingGet
-- args: name text
-- row:  value text
SELECT value FROM setting WHERE name = :name;

-- name: SettingPut
-- args: name text, value text
INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- What an import compares with.
-- Changes with any change of an organisation or of its names: none is ever deleted, and each change adds to a version.
-- name: OrgStamp
-- args:
-- row:  orgs int, versions int, names int
SELECT (SELECT count(*) FROM org) AS orgs, CAST((SELECT COALESCE(sum(version), 0) FROM org) AS BIGINT) AS versions, (SELECT count(*) FROM org_name) AS names;

-- name: OrgAliasesAll
-- args:
-- row:  org int, key text
SELECT org, key FROM org_name WHERE alias;

-- name: OrgFunctionsAll
-- args:
-- row:  org int, function text
SELECT org, function FROM org_function;

-- name: OrgMembersAll
-- args:
-- row:  org int, member int
SELECT org, member FROM org_member;

-- name: GrantsDeleteOf
-- args: account int
DELETE FROM grant_row WHERE account = :account;

-- name: RolesOfAccount
-- args: account int
-- row:  role text
SELECT role FROM grant_row WHERE account = :account;

-- name: PersonOfAccount
-- args: account int
-- row:  person int
SELECT person FROM account WHERE id = :account;

-- name: SetupCounts
-- args:
-- row:  orgs int, documents int, plans int
SELECT (SELECT count(*) FROM org) AS orgs, (SELECT count(*) FROM document) AS documents, (SELECT count(*) FROM plan) AS plans;

-- The counties and districts, in official order.
-- name: DistrictsNow
-- args:
-- row:  uid text, name text, area text
SELECT uid, name, area FROM org WHERE kind = 'district_government' AND closed IS NULL ORDER BY rank, id;

-- Who has an organisation in his charge (分管领导).
-- name: OrgLeaderPut
-- args: org int, account int
INSERT INTO org_leader (org, account) VALUES (:org, :account) ON CONFLICT (org) DO UPDATE SET account = excluded.account;

-- name: OrgLeaderDelete
-- args: org int
DELETE FROM org_leader WHERE org = :org;

-- name: OrgLeaderOf
-- args: org int
-- row:  account int
SELECT account FROM org_leader WHERE org = :org;

-- name: OrgsInCharge
-- args: account int
-- row:  org int, code text
SELECT l.org, o.code FROM org_leader l JOIN org o ON o.id = l.org WHERE l.account = :account ORDER BY o.code;

-- The nearest at or above an organisation, up to its legal body (NULL: it alone), whose account is in use.
-- name: OrgLeaderAbove
-- args: org int, path text, body int?
-- row:  account int
SELECT l.account FROM org_leader l JOIN org o ON o.id = l.org JOIN account a ON a.id = l.account
 WHERE a.state = 'active' AND substr(:path, 1, length(o.path)) = o.path
   AND (o.id = :org OR substr(o.path, 1, (SELECT length(b.path) FROM org b WHERE b.id = :body)) = (SELECT b.path FROM org b WHERE b.id = :body))
 ORDER BY length(o.path) DESC LIMIT 1;
