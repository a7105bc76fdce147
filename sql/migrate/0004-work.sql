-- Work that takes longer than a request. argument, result and error are JSON; progress is in thousandths.
CREATE TABLE job (
    id        $ID,
    uid       $TEXT NOT NULL UNIQUE,
    kind      $TEXT NOT NULL,
    argument  $TEXT,
    state     $TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts  $INT NOT NULL,
    progress  $INT NOT NULL,
    doing     $TEXT,
    result    $TEXT,
    error     $TEXT,
    account   $INT REFERENCES account (id),
    not_before $INT NOT NULL,
    created   $INT NOT NULL,
    finished  $INT
) $STRICT;
CREATE INDEX job_state ON job (state, not_before, id);
CREATE INDEX job_account ON job (account, id);

-- When each periodic kind is due next.
CREATE TABLE schedule (
    kind $TEXT PRIMARY KEY,
    due  $INT NOT NULL
) $STRICT;

-- A file that is being sent to us. Up to `received` its bytes are durable in DATA/tmp; once sealed they are the blob named by sha256. account NULL:
-- the administrator of the socket, who has none.
CREATE TABLE upload (
    id       $ID,
    uid      $TEXT NOT NULL UNIQUE,
    account  $INT REFERENCES account (id),
    name     $TEXT NOT NULL,
    size     $INT NOT NULL,
    received $INT NOT NULL,
    sha256   $TEXT,
    created  $INT NOT NULL
) $STRICT;
CREATE INDEX upload_account ON upload (account);
CREATE INDEX upload_created ON upload (created);

-- Answers that a client may ask for again. answer NULL: the change is made, its answer was not kept.
CREATE TABLE idempotency (
    account     $INT NOT NULL REFERENCES account (id),
    key         $TEXT NOT NULL,
    fingerprint $TEXT NOT NULL,
    status      $INT NOT NULL,
    answer      $TEXT,
    created     $INT NOT NULL,
    PRIMARY KEY (account, key)
) $STRICT;
CREATE INDEX idempotency_created ON idempotency (created);
