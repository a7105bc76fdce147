-- For tests/unit/test-db.c only.
CREATE TABLE unit (
    id $ID,
    name $TEXT NOT NULL
) $STRICT;
CREATE TABLE task (
    id $ID,
    uid $TEXT NOT NULL UNIQUE,
    unit $INT REFERENCES unit (id),
    title $TEXT NOT NULL,
    due $DATE,
    done $BOOL NOT NULL,
    weight $INT CHECK (weight >= 0),
    body $BLOB
) $STRICT;
