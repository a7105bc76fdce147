CREATE TABLE note (
    id $ID,
    text $TEXT NOT NULL
) $STRICT;
-- sqlite:
CREATE TABLE only_here (engine TEXT NOT NULL DEFAULT 'sqlite; not postgres') STRICT;
-- postgres:
CREATE TABLE only_here (engine TEXT NOT NULL DEFAULT 'postgres; not sqlite');
-- both:
INSERT INTO only_here DEFAULT VALUES;
