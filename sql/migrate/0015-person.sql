-- Persons that records are about (not the staff, whose table is person), and the vault. See src/hub/person.h. Nothing here can be read without the key of the store: numbers are
-- tokens, names and telephones marks, values sealed. Ids are given by the program, one after the other, so that all that grows grows at its end: there is no index in random order but
-- the files of DATA/persons, which are made of these tables.

-- A person as it was found: one that was merged stays, with its rows. intake: the arrival that brought it; made: when; name_mark, phone_mark: of what was said first.
CREATE TABLE person_known (
    id         $INT PRIMARY KEY,
    intake     $INT,
    made       $INT NOT NULL,
    name_mark  $INT,
    phone_mark $INT,
    birth      $DATE,
    sex        $TEXT
) $STRICT;

-- What ints in the tables below are called: elements of packs.
CREATE TABLE person_element (
    id   $INT PRIMARY KEY,
    name $TEXT NOT NULL UNIQUE
) $STRICT;

-- Texts that facts of persons have, each once: the index knows them by number.
CREATE TABLE person_word (
    id   $INT PRIMARY KEY,
    word $TEXT NOT NULL UNIQUE
) $STRICT;

-- HMAC-SM3 of element and number, the first half of it as two ints. element 0: of a description, of a person who came without a number.
CREATE TABLE person_token (
    id      $INT PRIMARY KEY,
    person  $INT NOT NULL,
    element $INT NOT NULL,
    high    $INT NOT NULL,
    low     $INT NOT NULL
) $STRICT;
CREATE INDEX person_token_person ON person_token (person);

-- Values sealed, each of a type once. high, low: its mark. type: 1 id_card, 2 card_no, 3 person_name, 4 phone, 5 address. key: of the ring, by which it is sealed. held: a row of a table of
-- records may refer to it; else only persons do.
CREATE TABLE vault (
    id     $INT PRIMARY KEY,
    type   $INT NOT NULL,
    high   $INT NOT NULL,
    low    $INT NOT NULL,
    key    $INT NOT NULL,
    held   $BOOL NOT NULL,
    sealed $BLOB NOT NULL
) $STRICT;

-- What was said of a person, and by which arrival first. further: a name or telephone that is not the first one.
CREATE TABLE person_value (
    person  $INT NOT NULL,
    element $INT NOT NULL,
    vault   $INT NOT NULL,
    intake  $INT,
    further $BOOL NOT NULL,
    PRIMARY KEY (person, element, vault)
) $KEYED;

-- Facts beside the birth and sex that are known (they stand in person_known), and births and sexes that go against those. element: ID:KIND. value: a day, a number at its scale, 0 or 1, or a
-- word. further: not what was said first. intake: the arrival that said it first, at: when.
CREATE TABLE person_fact (
    person  $INT NOT NULL,
    element $INT NOT NULL,
    value   $INT NOT NULL,
    intake  $INT,
    at      $INT NOT NULL,
    further $BOOL NOT NULL,
    PRIMARY KEY (person, element, value)
) $KEYED;

-- Persons that are one: `person` was merged onto `onto` (itself perhaps merged); root: where that ends. Parting them takes the row away; no row of a record changes.
CREATE TABLE person_link (
    person  $INT PRIMARY KEY,
    onto    $INT NOT NULL,
    root    $INT NOT NULL,
    account $INT REFERENCES account (id),
    at      $INT NOT NULL
) $STRICT;
CREATE INDEX person_link_root ON person_link (root);

-- Two that may be one: a before b. why: numbers (one row had numbers of both), likely (what describes them is nearly the same).
CREATE TABLE person_pair (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    a       $INT NOT NULL,
    b       $INT NOT NULL,
    why     $TEXT NOT NULL,
    score   $INT NOT NULL,
    state   $TEXT NOT NULL, -- open, later, same, different
    intake  $INT,
    found   $INT NOT NULL,
    account $INT REFERENCES account (id),
    decided $INT,
    version $INT NOT NULL,
    UNIQUE (a, b)
) $STRICT;
CREATE INDEX person_pair_b ON person_pair (b);
CREATE INDEX person_pair_state ON person_pair (state, id);

-- Who saw what of a person, and what for. fields: elements, with commas. The events say the same with a digest of the reason.
CREATE TABLE person_look (
    id      $ID,
    person  $INT NOT NULL,
    account $INT NOT NULL REFERENCES account (id),
    at      $INT NOT NULL,
    purpose $TEXT NOT NULL,
    reason  $TEXT,
    fields  $TEXT NOT NULL
) $STRICT;
CREATE INDEX person_look_person ON person_look (person, id);

-- Where rows about persons stand, in runs that are sorted by person: what each step of an apply brought, joined by and by into larger ones. notes: packed (src/hub/person_note.c);
-- first: the person of its first note.
CREATE TABLE person_run (
    id    $ID,
    level $INT NOT NULL,
    notes $INT NOT NULL
) $STRICT;
CREATE TABLE person_note (
    run   $INT NOT NULL,
    first $INT NOT NULL,
    part  $INT NOT NULL,
    notes $BLOB NOT NULL,
    PRIMARY KEY (run, first, part)
) $STRICT;
-- postgres:
-- They are packed already; to try whether they shrink further took a twentieth of an import.
ALTER TABLE person_note ALTER COLUMN notes SET STORAGE EXTERNAL;
-- both:

-- What the files of DATA/persons must say, too, to be believed.
CREATE TABLE person_index (
    id    $INT PRIMARY KEY,
    stamp $INT NOT NULL
) $STRICT;

-- What SQLite's planner is told of them (0011-statistics.sql): estimated for a city of five millions.
-- sqlite:
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('person_fact', 'person_fact', '1000000 3 1 1'),
('person_known', NULL, '5000000'),
('person_link', 'person_link_root', '50000 1'),
('person_look', 'person_look_person', '100000 5 1'),
('person_note', 'sqlite_autoindex_person_note_1', '20000 400 1 1'),
('person_pair', 'person_pair_b', '50000 1'),
('person_pair', 'person_pair_state', '50000 12500 1'),
('person_pair', 'sqlite_autoindex_person_pair_1', '50000 1'),
('person_pair', 'sqlite_autoindex_person_pair_2', '50000 1 1'),
('person_token', 'person_token_person', '8000000 2'),
('person_value', 'person_value', '12000000 3 2 1'),
('vault', NULL, '10000000');
