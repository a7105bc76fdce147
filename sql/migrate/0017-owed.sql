-- Duties of persons: what packs declare to be owed by the records of a register, for each person and day or period, and how far it was met. See src/indicator/owed.h.

-- A duty of an installed pack: the number is what `owed` calls it by. rules: the packs (hashes) by which all of it was computed; month: for which days (its window); '' and 0: never to its end.
CREATE TABLE duty_pack (
    id    $ID,
    name  $TEXT NOT NULL UNIQUE, -- pack.duty
    rules $TEXT NOT NULL,
    month $INT NOT NULL
) $STRICT;

-- What a person owes or owed. person: a root (person_link). seq: 0 for a duty with a day, else the period. org: who chases. due, last: by which day it should be done, and after which it is missed.
-- done: so many records there are; done_on: the day of the one with which it was done. Whether it is coming, due, missed or late follows from the day.
CREATE TABLE owed (
    id      $ID,
    duty    $INT NOT NULL REFERENCES duty_pack (id),
    person  $INT NOT NULL,
    seq     $INT NOT NULL,
    org     $INT NOT NULL REFERENCES org (id),
    due     $DATE NOT NULL,
    last    $DATE NOT NULL,
    times   $INT NOT NULL,
    done    $INT NOT NULL,
    done_on $DATE,
    UNIQUE (duty, person, seq)
) $STRICT;
CREATE INDEX owed_open ON owed (org, duty, due) WHERE done_on IS NULL;
CREATE INDEX owed_due ON owed (due, id);

-- That somebody need not do it, and why. It stays when what is owed is computed anew.
CREATE TABLE owed_excused (
    duty    $INT NOT NULL REFERENCES duty_pack (id),
    person  $INT NOT NULL,
    seq     $INT NOT NULL,
    reason  $TEXT NOT NULL,
    account $INT REFERENCES account (id),
    at      $INT NOT NULL,
    PRIMARY KEY (duty, person, seq)
) $KEYED;

-- The segment's version when its persons were last looked at.
CREATE TABLE owed_seen (
    dataset $INT NOT NULL REFERENCES dataset (id),
    org     $INT NOT NULL,
    month   $INT NOT NULL,
    version $INT NOT NULL,
    PRIMARY KEY (dataset, org, month)
) $KEYED;

-- What SQLite's planner is told of them (0011-statistics.sql): estimated for a city of five millions.
-- sqlite:
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('duty_pack', 'sqlite_autoindex_duty_pack_1', '60 1'),
('owed', 'owed_due', '10000000 10000 1'),
('owed', 'owed_open', '6000000 20000 2000 10'),
('owed', 'sqlite_autoindex_owed_1', '10000000 200000 10 1'),
('owed_excused', 'owed_excused', '20000 400 1 1'),
('owed_seen', 'owed_seen', '300000 10000 30 1');
