-- Second factors and tokens. Groups, grants and deputies stand in 0002-org.sql, because the views of what one may see need them.

-- secret: sealed with the key `key`. confirmed: the instant from which on the account needs a code; NULL: shown, and not yet proven to work.
-- last_step: of the last code that was used, so that none is used twice.
CREATE TABLE totp (
    account   $INT PRIMARY KEY REFERENCES account (id),
    secret    $BLOB NOT NULL,
    key       $INT NOT NULL,
    confirmed $INT,
    last_step $INT NOT NULL
) $STRICT;

-- Codes for the day on which the telephone is lost; each once. hash: HMAC.
CREATE TABLE recovery_code (
    account $INT NOT NULL REFERENCES account (id),
    hash    $TEXT NOT NULL,
    used    $INT,
    PRIMARY KEY (account, hash)
) $STRICT;

-- What a program logs in with instead of a person. token: its SM3; scope: read or write; until: the last day; ended: taken back at that instant.
CREATE TABLE api_token (
    id        $ID,
    uid       $TEXT NOT NULL UNIQUE,
    token     $TEXT NOT NULL UNIQUE,
    account   $INT NOT NULL REFERENCES account (id),
    name      $TEXT NOT NULL,
    scope     $TEXT NOT NULL,
    until     $DATE NOT NULL,
    created   $INT NOT NULL,
    last_used $INT,
    ended     $INT
) $STRICT;
CREATE INDEX api_token_account ON api_token (account, id);
