-- The event log. body is the exact text that was hashed (canonical JSON); the other columns repeat its fields for filters and are
-- checked against it by `audit verify`. Never updated, never deleted.
CREATE TABLE event (
    seq         $INT PRIMARY KEY,
    at          $INT NOT NULL,
    verb        $TEXT NOT NULL,
    object_kind $TEXT NOT NULL,
    object_uid  $TEXT NOT NULL,
    account_uid $TEXT,
    body        $TEXT NOT NULL,
    hash        $TEXT NOT NULL
) $STRICT;
CREATE INDEX event_object ON event (object_kind, object_uid, seq);

-- What the store is: one row each, set once or by an administrator.
CREATE TABLE setting (
    name  $TEXT PRIMARY KEY,
    value $TEXT NOT NULL
) $STRICT;
