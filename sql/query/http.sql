-- Uploads and answers kept for a repeated request. See src/http/upload.c and src/http/idempotency.c.

-- name: UploadInsert
-- args: uid text, account int?, name text, size int, created int
INSERT INTO upload (uid, account, name, size, received, created) VALUES (:uid, :account, :name, :size, 0, :created);

-- name: UploadCount
-- args: account int?
-- row:  n int
SELECT COUNT(*) AS n FROM upload WHERE account IS NOT DISTINCT FROM :account;

-- name: UploadByUid
-- args: uid text, account int?, after int
-- row:  id int, name text, size int, received int, sha256 text?
SELECT id, name, size, received, sha256 FROM upload WHERE uid = :uid AND account IS NOT DISTINCT FROM :account AND created > :after;

-- name: UploadReceived
-- args: id int, before int, received int
UPDATE upload SET received = :received WHERE id = :id AND received = :before AND sha256 IS NULL;

-- name: UploadSealed
-- args: id int, sha256 text
UPDATE upload SET sha256 = :sha256 WHERE id = :id;

-- name: UploadDelete
-- args: id int
DELETE FROM upload WHERE id = :id;

-- name: UploadsExpired
-- args: before int, limit int
-- row:  id int, uid text
SELECT id, uid FROM upload WHERE created <= :before ORDER BY created LIMIT :limit;

-- name: IdempotencyFind
-- args: account int, key text, after int
-- row:  fingerprint text, status int, answer text?
SELECT fingerprint, status, answer FROM idempotency WHERE account = :account AND key = :key AND created > :after;

-- name: IdempotencyForget
-- args: account int, key text, before int
DELETE FROM idempotency WHERE account = :account AND key = :key AND created <= :before;

-- name: IdempotencyInsert
-- args: account int, key text, fingerprint text, status int, answer text?, created int
INSERT INTO idempotency (account, key, fingerprint, status, answer, created)
VALUES (:account, :key, :fingerprint, :status, :answer, :created);

-- name: IdempotencyAnswer
-- args: account int, key text, status int, answer text?
UPDATE idempotency SET status = :status, answer = :answer WHERE account = :account AND key = :key;

-- name: IdempotencyPurge
-- args: before int
DELETE FROM idempotency WHERE created <= :before;
