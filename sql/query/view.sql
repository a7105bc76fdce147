-- Saved views. See src/http/routes-search.c.

-- One's own and those that others of the unit share.
-- name: ViewList
-- args: account int, org int
-- row:  id int, uid text, account int, page text, name text, query text, shared bool, version int
SELECT v.id, v.uid, v.account, v.page, v.name, v.query, v.shared, v.version FROM saved_view v
 WHERE (v.account = :account OR (v.shared AND v.org = :org)) /* [filters] */;

-- name: ViewByUid
-- args: uid text
-- row:  id int, uid text, account int, page text, name text, query text, shared bool, version int
SELECT id, uid, account, page, name, query, shared, version FROM saved_view WHERE uid = :uid;

-- name: ViewCount
-- args: account int
-- row:  n int
SELECT count(*) AS n FROM saved_view WHERE account = :account;

-- name: ViewInsert
-- args: uid text, account int, org int, page text, name text, query text, shared bool
INSERT INTO saved_view (uid, account, org, page, name, query, shared, version) VALUES (:uid, :account, :org, :page, :name, :query, :shared, 1);

-- name: ViewUpdate
-- args: id int, version int, name text, query text, shared bool
UPDATE saved_view SET name = :name, query = :query, shared = :shared, version = version + 1 WHERE id = :id AND version = :version;

-- name: ViewDelete
-- args: id int
DELETE FROM saved_view WHERE id = :id;
