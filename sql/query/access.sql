-- Groups, deputies, second factors, tokens. See src/org/org.h.

-- name: GroupByUid
-- args: uid text
-- row:  id int, uid text, name text, kind text, version int
SELECT id, uid, name, kind, version FROM org_group WHERE uid = :uid;

-- name: GroupByName
-- args: name text
-- row:  id int, uid text
SELECT id, uid FROM org_group WHERE name = :name;

-- name: GroupInsert
-- args: uid text, name text, kind text
-- row:  id int
INSERT INTO org_group (uid, name, kind, version) VALUES (:uid, :name, :kind, 1) RETURNING id;

-- name: GroupUpdate
-- args: id int, version int, name text, kind text
UPDATE org_group SET name = :name, kind = :kind, version = version + 1 WHERE id = :id AND version = :version;

-- name: GroupMembersDelete
-- args: group int
DELETE FROM org_group_member WHERE org_group = :group;

-- name: GroupMemberInsert
-- args: group int, seq int, org int, from date?, to date?
INSERT INTO org_group_member (org_group, seq, org, valid_from, valid_to) VALUES (:group, :seq, :org, :from, :to);

-- name: GroupMembers
-- args: group int
-- row:  uid text, name text, valid_from date?, valid_to date?
SELECT o.uid, o.name, m.valid_from, m.valid_to FROM org_group_member m JOIN org o ON o.id = m.org WHERE m.org_group = :group ORDER BY m.seq;

-- How many grants of a person's own reach by a group.
-- name: GroupGrantsOfPerson
-- args: group int, person int
-- row:  n int
SELECT count(*) AS n FROM grant_row g JOIN account a ON a.id = g.account WHERE g.where_group = :group AND a.person = :person;

-- members: of today.
-- name: GroupList
-- args: today date
-- row:  id int, uid text, name text, kind text, members int, version int
SELECT r.id, r.uid, r.name, r.kind,
       (SELECT count(*) FROM org_group_member m
         WHERE m.org_group = r.id AND (m.valid_from IS NULL OR m.valid_from <= :today) AND (m.valid_to IS NULL OR m.valid_to >= :today)) AS members,
       r.version
  FROM org_group r WHERE 1 = 1 /* [filters] */;

-- Deputies ----------------------------------------------------------------------------------------------------------

-- name: DeputyInsert
-- args: uid text, account int, deputy int, from date, to date, reason text, made_by int?, made int
INSERT INTO deputy (uid, account, deputy, valid_from, valid_to, reason, made_by, made) VALUES (:uid, :account, :deputy, :from, :to, :reason, :made_by, :made);

-- name: DeputyByUid
-- args: uid text
-- row:  id int, uid text, account int, account_uid text, deputy_uid text, org_path text, org_area text, valid_from date, valid_to date, ended int?
SELECT d.id, d.uid, d.account, a.uid AS account_uid, b.uid AS deputy_uid, o.path AS org_path, o.area AS org_area, d.valid_from, d.valid_to, d.ended
  FROM deputy d JOIN account a ON a.id = d.account JOIN account b ON b.id = d.deputy JOIN org o ON o.id = a.org WHERE d.uid = :uid;

-- Those named for an account on any of these days.
-- name: DeputiesBetween
-- args: account int, from date, to date
-- row:  n int
SELECT count(*) AS n FROM deputy WHERE account = :account AND ended IS NULL AND valid_from <= :to AND valid_to >= :from;

-- name: DeputyEnd
-- args: id int, at int
UPDATE deputy SET ended = :at WHERE id = :id AND ended IS NULL;

-- Those that an account may see: of whom it stands for or who stands for it, of the units that it heads, and with :all every one.
-- name: DeputyList
-- args: account int?, today date, all bool
-- row:  id int, uid text, account_id int, account_uid text, account_name text, account_org_uid text, account_org_name text, org_path text, org_area text, deputy_uid text, deputy_name text, deputy_org_uid text, deputy_org_name text, valid_from date, valid_to date, reason text, by_uid text?, by_name text?, by_org_uid text?, by_org_name text?, made int, ended int?
SELECT d.id, d.uid, a.id AS account_id, a.uid AS account_uid, p.name AS account_name, o.uid AS account_org_uid, o.name AS account_org_name,
       o.path AS org_path, o.area AS org_area, b.uid AS deputy_uid, q.name AS deputy_name, x.uid AS deputy_org_uid, x.name AS deputy_org_name,
       d.valid_from, d.valid_to, d.reason, m.uid AS by_uid, n.name AS by_name, y.uid AS by_org_uid, y.name AS by_org_name, d.made, d.ended
  FROM deputy d JOIN account a ON a.id = d.account JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org
       JOIN account b ON b.id = d.deputy JOIN person q ON q.id = b.person JOIN org x ON x.id = b.org
       LEFT JOIN account m ON m.id = d.made_by LEFT JOIN person n ON n.id = m.person LEFT JOIN org y ON y.id = m.org
 WHERE (:all OR d.account = :account OR d.deputy = :account OR EXISTS (
       SELECT 1 FROM grant_place g WHERE g.account = :account AND g.role = 'unit_head' AND g.what_kind = 'all'
          AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
          AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))) /* [filters] */;

-- Second factors ------------------------------------------------------------------------------------------------------

-- name: TotpOfAccount
-- args: account int
-- row:  secret blob, key int, confirmed int?, last_step int
SELECT secret, key, confirmed, last_step FROM totp WHERE account = :account;

-- name: TotpPut
-- args: account int, secret blob, key int
INSERT INTO totp (account, secret, key, confirmed, last_step) VALUES (:account, :secret, :key, NULL, 0)
    ON CONFLICT (account) DO UPDATE SET secret = excluded.secret, key = excluded.key, confirmed = NULL, last_step = 0;

-- name: TotpConfirm
-- args: account int, at int
UPDATE totp SET confirmed = :at WHERE account = :account AND confirmed IS NULL;

-- Once: 0 rows where another log-in used this code, or a later one.
-- name: TotpUsed
-- args: account int, step int
UPDATE totp SET last_step = :step WHERE account = :account AND last_step < :step;

-- name: TotpDelete
-- args: account int
DELETE FROM totp WHERE account = :account;

-- name: RecoveryInsert
-- args: account int, hash text
INSERT INTO recovery_code (account, hash) VALUES (:account, :hash);

-- name: RecoveryUsed
-- args: account int, hash text, at int
UPDATE recovery_code SET used = :at WHERE account = :account AND hash = :hash AND used IS NULL;

-- name: RecoveryHas
-- args: account int, hash text
-- row:  n int
SELECT count(*) AS n FROM recovery_code WHERE account = :account AND hash = :hash AND used IS NULL;

-- name: RecoveryDelete
-- args: account int
DELETE FROM recovery_code WHERE account = :account;

-- name: RecoveryLeft
-- args: account int
-- row:  n int
SELECT count(*) AS n FROM recovery_code WHERE account = :account AND used IS NULL;

-- Tokens -------------------------------------------------------------------------------------------------------------

-- name: TokenInsert
-- args: uid text, token text, account int, name text, scope text, until date, created int
INSERT INTO api_token (uid, token, account, name, scope, until, created) VALUES (:uid, :token, :account, :name, :scope, :until, :created);

-- name: TokenByHash
-- args: token text
-- row:  id int, uid text, account int, scope text, until date, last_used int?, ended int?, second bool
SELECT k.id, k.uid, k.account, k.scope, k.until, k.last_used, k.ended,
       EXISTS (SELECT 1 FROM totp t WHERE t.account = k.account AND t.confirmed IS NOT NULL) AS second
  FROM api_token k WHERE k.token = :token;

-- name: TokenByUid
-- args: uid text
-- row:  id int, uid text, name text, account int, account_uid text, person int
SELECT t.id, t.uid, t.name, t.account, a.uid AS account_uid, a.person FROM api_token t JOIN account a ON a.id = t.account WHERE t.uid = :uid;

-- name: TokenSeen
-- args: id int, at int
UPDATE api_token SET last_used = :at WHERE id = :id;

-- name: TokenEnd
-- args: id int, at int
UPDATE api_token SET ended = :at WHERE id = :id AND ended IS NULL;

-- name: TokensEndOf
-- args: account int, at int
UPDATE api_token SET ended = :at WHERE account = :account AND ended IS NULL;

-- name: TokensLive
-- args: account int, today date
-- row:  n int
SELECT count(*) AS n FROM api_token WHERE account = :account AND ended IS NULL AND until >= :today;

-- name: TokenList
-- args: account int
-- row:  id int, uid text, name text, scope text, until date, created int, last_used int?, ended int?
SELECT t.id, t.uid, t.name, t.scope, t.until, t.created, t.last_used, t.ended FROM api_token t WHERE t.account = :account /* [filters] */;

-- Sessions -------------------------------------------------------------------------------------------------------------

-- after: those used since then; the others are over.
-- name: SessionList
-- args: account int, after int
-- row:  id int, uid text, created int, seen int, via text, agent text?
SELECT s.id, s.uid, s.created, s.seen, s.via, s.agent FROM session s WHERE s.account = :account AND s.seen >= :after /* [filters] */;

-- name: SessionByUid
-- args: uid text
-- row:  id int, account int, account_uid text, person int
SELECT s.id, s.account, a.uid AS account_uid, a.person FROM session s JOIN account a ON a.id = s.account WHERE s.uid = :uid;

-- name: SessionEnd
-- args: id int
DELETE FROM session WHERE id = :id;

-- name: SessionsDeleteOthers
-- args: account int, token text?
DELETE FROM session WHERE account = :account AND token IS DISTINCT FROM :token;

-- People to choose from: those in use whose unit lies in the asker's legal body, where a grant of the asker's reaches, or shares a task with the asker's unit;
-- with :all everybody.
-- name: PeopleList
-- args: account int?, org int?, body text?, today date, all bool
-- row:  id int, uid text, username text, name text, org_uid text, org_name text
SELECT a.id, a.uid, a.username, p.name, o.uid AS org_uid, o.name AS org_name
  FROM account a JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org
 WHERE a.state = 'active'
   AND (:all OR substr(o.path, 1, length(:body)) = :body
        OR EXISTS (SELECT 1 FROM grant_place g WHERE g.account = :account
                      AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
                      AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
        OR EXISTS (SELECT 1 FROM task_owner w JOIN task_owner v ON v.task = w.task WHERE w.org = a.org AND v.org = :org)) /* [filters] */;

-- Plans by name, for who grants roles for some of them: that one need not see their tasks.
-- name: PlanNames
-- args:
-- row:  id int, uid text, title text, issued int
SELECT p.id, p.uid, p.title, p.issued FROM plan p WHERE 1 = 1 /* [filters] */;

-- Second factors of another key than the newest.
-- name: TotpOlder
-- args: key int
-- row:  account int, uid text, secret blob, key int, confirmed int?, last_step int
SELECT t.account, a.uid, t.secret, t.key, t.confirmed, t.last_step FROM totp t JOIN account a ON a.id = t.account WHERE t.key <> :key ORDER BY t.account;

-- name: TotpReseal
-- args: account int, secret blob, key int
UPDATE totp SET secret = :secret, key = :key WHERE account = :account;
