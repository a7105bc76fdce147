-- Packs as they were installed, with their files: the folder is never read again. Rows stay: a batch names by hash what it was checked by. elements.yaml, the common dictionary, is a row of that
-- name; `local` is what was laid over the others here, its files as PACK/pack.yaml.
CREATE TABLE pack (
    id      $ID,
    name    $TEXT NOT NULL,
    version $TEXT NOT NULL,
    hash    $TEXT NOT NULL,
    state   $TEXT NOT NULL, -- installed, replaced
    at      $INT NOT NULL,
    account $INT REFERENCES account (id)
) $STRICT;
CREATE UNIQUE INDEX pack_installed ON pack (name) WHERE state = 'installed';

CREATE TABLE pack_file (
    pack  $INT NOT NULL REFERENCES pack (id),
    path  $TEXT NOT NULL,
    bytes $BLOB NOT NULL,
    PRIMARY KEY (pack, path)
) $STRICT;
