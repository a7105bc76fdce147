-- Persons of records and the vault. See src/hub/person.h. Ids are given by the program.

-- name: PersonCounts
-- args:
-- row:  persons int, tokens int, sealed int
SELECT (SELECT coalesce(max(id), 0) FROM person_known) AS persons, (SELECT coalesce(max(id), 0) FROM person_token) AS tokens,
       (SELECT coalesce(max(id), 0) FROM vault) AS sealed;

-- name: PersonStamp
-- args:
-- row:  stamp int
SELECT stamp FROM person_index WHERE id = 1;

-- name: PersonStampSet
-- args: stamp int
INSERT INTO person_index (id, stamp) VALUES (1, :stamp) ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp;

-- name: PersonElements
-- args:
-- row:  id int, name text
SELECT id, name FROM person_element ORDER BY id;

-- name: PersonElementInsert
-- args: id int, name text
INSERT INTO person_element (id, name) VALUES (:id, :name);

-- name: PersonWords
-- args:
-- row:  id int, word text
SELECT id, word FROM person_word ORDER BY id;

-- name: PersonWordInsert
-- args: id int, word text
INSERT INTO person_word (id, word) VALUES (:id, :word);

-- Pages of all that the index is made of.
-- name: PersonsFrom
-- args: after int, most int
-- row:  id int, name_mark int?, phone_mark int?, birth date?, sex text?
SELECT id, name_mark, phone_mark, birth, sex FROM person_known WHERE id > :after ORDER BY id LIMIT :most;

-- name: PersonTokensFrom
-- args: after int, most int
-- row:  id int, person int, element int, high int, low int
SELECT id, person, element, high, low FROM person_token WHERE id > :after ORDER BY id LIMIT :most;

-- name: VaultFrom
-- args: after int, most int
-- row:  id int, high int, low int
SELECT id, high, low FROM vault WHERE id > :after ORDER BY id LIMIT :most;

-- name: PersonFurtherFrom
-- args: person int, element int, vault int, most int
-- row:  person int, element int, vault int, high int, low int, further bool
SELECT v.person, v.element, v.vault, x.high, x.low, v.further FROM person_value v JOIN vault x ON x.id = v.vault
 WHERE (v.person, v.element, v.vault) > (:person, :element, :vault) ORDER BY v.person, v.element, v.vault LIMIT :most;

-- By the thousand (db_exec_all).
-- name: PersonKnownInsert
-- args: id int, intake int?, made int, name_mark int?, phone_mark int?, birth date?, sex text?
-- sqlite:
INSERT INTO person_known (id, intake, made, name_mark, phone_mark, birth, sex) VALUES (:id, :intake, :made, :name_mark, :phone_mark, :birth, :sex);
-- postgres:
COPY person_known (id, intake, made, name_mark, phone_mark, birth, sex) FROM STDIN (FORMAT binary);

-- What was not known so far; what is known stays.
-- name: PersonKnownLearn
-- args: id int, name_mark int?, phone_mark int?, birth date?, sex text?
UPDATE person_known SET name_mark = coalesce(name_mark, :name_mark), phone_mark = coalesce(phone_mark, :phone_mark), birth = coalesce(birth, :birth), sex = coalesce(sex, :sex)
 WHERE id = :id;

-- name: PersonTokenInsert
-- args: id int, person int, element int, high int, low int
-- sqlite:
INSERT INTO person_token (id, person, element, high, low) VALUES (:id, :person, :element, :high, :low);
-- postgres:
COPY person_token (id, person, element, high, low) FROM STDIN (FORMAT binary);

-- name: VaultInsert
-- args: id int, type int, high int, low int, key int, held bool, sealed blob
-- sqlite:
INSERT INTO vault (id, type, high, low, key, held, sealed) VALUES (:id, :type, :high, :low, :key, :held, :sealed);
-- postgres:
COPY vault (id, type, high, low, key, held, sealed) FROM STDIN (FORMAT binary);

-- name: VaultHold
-- args: id int
UPDATE vault SET held = TRUE WHERE id = :id AND NOT held;

-- name: VaultById
-- args: id int
-- row:  type int, key int, sealed blob
SELECT type, key, sealed FROM vault WHERE id = :id;

-- Of persons who are new; of others nobody knows what there is.
-- name: PersonValueAdd
-- args: person int, element int, vault int, intake int?, further bool
-- sqlite:
INSERT INTO person_value (person, element, vault, intake, further) VALUES (:person, :element, :vault, :intake, :further);
-- postgres:
COPY person_value (person, element, vault, intake, further) FROM STDIN (FORMAT binary);

-- name: PersonValueInsert
-- args: person int, element int, vault int, intake int?, further bool
INSERT INTO person_value (person, element, vault, intake, further) VALUES (:person, :element, :vault, :intake, :further) ON CONFLICT (person, element, vault) DO NOTHING;

-- name: PersonFactInsert
-- args: person int, element int, value int, intake int?, at int, further bool
INSERT INTO person_fact (person, element, value, intake, at, further) VALUES (:person, :element, :value, :intake, :at, :further) ON CONFLICT (person, element, value) DO NOTHING;

-- What is known becomes what else was said.
-- name: PersonFactFurther
-- args: person int, element int
UPDATE person_fact SET further = TRUE WHERE person = :person AND element = :element AND NOT further;

-- name: PersonKnownCorrect
-- args: id int, birth date?, sex text?
UPDATE person_known SET birth = coalesce(:birth, birth), sex = coalesce(:sex, sex) WHERE id = :id;

-- Whose arrival said what is known.
-- name: PersonFactOrg
-- args: person int, element int
-- row:  org int?
SELECT i.org FROM person_fact f LEFT JOIN intake i ON i.id = f.intake WHERE f.person = :person AND f.element = :element AND NOT f.further;

-- name: PersonKnownOrg
-- args: person int
-- row:  org int?
SELECT i.org FROM person_known k LEFT JOIN intake i ON i.id = k.intake WHERE k.id = :person;

-- name: PersonFactsFrom
-- args: person int, element int, value int, most int
-- row:  person int, element int, value int, further bool
SELECT person, element, value, further FROM person_fact WHERE (person, element, value) > (:person, :element, :value) ORDER BY person, element, value LIMIT :most;

-- What is known before what goes against it.
-- name: PersonFactsOf
-- args: person int
-- row:  name text, value int, further bool, at int, org int?
SELECT e.name, f.value, f.further, f.at, i.org FROM person_fact f JOIN person_element e ON e.id = f.element LEFT JOIN intake i ON i.id = f.intake
 WHERE f.person = :person ORDER BY f.element, f.further, f.at, f.value;

-- name: PersonFurtherFacts
-- args: person int
-- row:  element int, value int
SELECT element, value FROM person_fact WHERE person = :person AND further;

-- name: PersonFactsDelete
-- args: person int
DELETE FROM person_fact WHERE person = :person;

-- name: PersonPairInsert
-- args: uid text, a int, b int, why text, score int, intake int?, found int
INSERT INTO person_pair (uid, a, b, why, score, state, intake, found, version) VALUES (:uid, :a, :b, :why, :score, 'open', :intake, :found, 1) ON CONFLICT (a, b) DO NOTHING;

-- name: PersonLinkOf
-- args: person int
-- row:  onto int, root int
SELECT onto, root FROM person_link WHERE person = :person;

-- Runs of notes. level -1: being made; -2: to be thrown away.
-- name: PersonRunInsert
-- args: level int, notes int
-- row:  id int
INSERT INTO person_run (level, notes) VALUES (:level, :notes) RETURNING id;

-- name: PersonRunLevel
-- args: id int, level int, notes int
UPDATE person_run SET level = :level, notes = :notes WHERE id = :id;

-- name: PersonRunDelete
-- args: id int
DELETE FROM person_run WHERE id = :id;

-- name: PersonRuns
-- args: level int
-- row:  id int, level int, notes int
SELECT id, level, notes FROM person_run WHERE level >= :level ORDER BY level, id;

-- name: PersonRunsOver
-- args:
-- row:  id int
SELECT id FROM person_run WHERE level < 0 ORDER BY id;

-- name: PersonNoteInsert
-- args: run int, first int, part int, notes blob
INSERT INTO person_note (run, first, part, notes) VALUES (:run, :first, :part, :notes);

-- name: PersonNotesBefore
-- args: run int, person int
-- row:  first int, notes blob
SELECT first, notes FROM person_note WHERE run = :run AND first <= :person ORDER BY first DESC, part DESC;

-- name: PersonNoteAfter
-- args: run int, first int, part int
-- row:  first int, part int, notes blob
SELECT first, part, notes FROM person_note WHERE run = :run AND (first, part) > (:first, :part) ORDER BY first, part LIMIT 1;

-- name: PersonNotesFrom
-- args: run int, first int, part int
-- row:  run int, first int, part int, notes blob
SELECT run, first, part, notes FROM person_note WHERE (run, first, part) > (:run, :first, :part) ORDER BY run, first, part LIMIT 64;

-- name: PersonNotesDelete
-- args: run int, last int
DELETE FROM person_note WHERE run = :run AND first <= :last;

-- The first person of the part behind so many, to delete by.
-- name: PersonNoteStep
-- args: run int, parts int
-- row:  first int
SELECT first FROM person_note WHERE run = :run ORDER BY first, part LIMIT 1 OFFSET :parts;

-- Persons that are one.
-- name: PersonLinksOfRoot
-- args: root int
-- row:  person int, onto int
SELECT person, onto FROM person_link WHERE root = :root ORDER BY person;

-- name: PersonLinkInsert
-- args: person int, onto int, account int?, at int
INSERT INTO person_link (person, onto, root, account, at) VALUES (:person, :onto, :onto, :account, :at);

-- name: PersonLinkRoot
-- args: person int, root int
UPDATE person_link SET root = :root WHERE person = :person;

-- name: PersonLinkDelete
-- args: person int
DELETE FROM person_link WHERE person = :person;

-- name: PersonLinkAbout
-- args: person int
-- row:  onto int, root int, account int?, at int
SELECT onto, root, account, at FROM person_link WHERE person = :person;

-- Doubtful pairs.
-- name: PersonPairByUid
-- args: uid text
-- row:  id int, a int, b int, why text, score int, state text, found int, decided int?, account int?, version int
SELECT id, a, b, why, score, state, found, decided, account, version FROM person_pair WHERE uid = :uid;

-- name: PersonPairs
-- args:
-- row:  id int, uid text, a int, b int, why text, score int, state text, found int, decided int?, account int?, version int
SELECT p.id, p.uid, p.a, p.b, p.why, p.score, p.state, p.found, p.decided, p.account, p.version FROM person_pair p WHERE 1 = 1 /* [filters] */;

-- name: PersonPairDecide
-- args: id int, version int, state text, account int?, decided int?
UPDATE person_pair SET state = :state, account = :account, decided = :decided, version = version + 1 WHERE id = :id AND version = :version;

-- name: PersonPairsSame
-- args: person int
-- row:  id int, a int, b int, version int
SELECT id, a, b, version FROM person_pair WHERE a = :person AND state = 'same'
 UNION SELECT id, a, b, version FROM person_pair WHERE b = :person AND state = 'same';

-- What is known of one.
-- name: PersonKnownById
-- args: id int
-- row:  id int, intake int?, made int, birth date?, sex text?
SELECT id, intake, made, birth, sex FROM person_known WHERE id = :id;

-- name: PersonValuesOf
-- args: person int
-- row:  element text, vault int, intake int?, further bool, type int
SELECT e.name AS element, v.vault, v.intake, v.further, x.type FROM person_value v JOIN person_element e ON e.id = v.element JOIN vault x ON x.id = v.vault
 WHERE v.person = :person ORDER BY v.element, v.further, v.vault;

-- The name that was said first.
-- name: PersonNameOf
-- args: person int, type int
-- row:  vault int
SELECT v.vault FROM person_value v JOIN vault x ON x.id = v.vault WHERE v.person = :person AND v.further = FALSE AND x.type = :type ORDER BY v.element, v.vault LIMIT 1;

-- Who looked.
-- name: PersonLookInsert
-- args: person int, account int, at int, purpose text, reason text?, fields text
INSERT INTO person_look (person, account, at, purpose, reason, fields) VALUES (:person, :account, :at, :purpose, :reason, :fields);

-- name: PersonLooks
-- args: person int, most int
-- row:  at int, account_uid text, account_person text, org_uid text, org_name text, purpose text, reason text?, fields text
SELECT l.at, a.uid AS account_uid, p.name AS account_person, o.uid AS org_uid, o.name AS org_name, l.purpose, l.reason, l.fields
  FROM person_look l JOIN account a ON a.id = l.account JOIN person p ON p.id = a.person JOIN org o ON o.id = a.org
 WHERE l.person = :person ORDER BY l.id DESC LIMIT :most;

-- Sweeping.
-- name: PersonLinksAll
-- args:
-- row:  person int, root int
SELECT person, root FROM person_link;

-- name: PersonsMade
-- args: after int, most int
-- row:  id int, made int
SELECT id, made FROM person_known WHERE id > :after ORDER BY id LIMIT :most;

-- name: PersonMarks
-- args: id int
-- row:  name_mark int?, phone_mark int?, birth date?
SELECT name_mark, phone_mark, birth FROM person_known WHERE id = :id;

-- name: PersonTokensOf
-- args: person int
-- row:  high int, low int
SELECT high, low FROM person_token WHERE person = :person;

-- name: PersonFurtherOf
-- args: person int
-- row:  element int, high int, low int
SELECT v.element, x.high, x.low FROM person_value v JOIN vault x ON x.id = v.vault WHERE v.person = :person AND v.further;

-- name: PersonTokensDelete
-- args: person int
DELETE FROM person_token WHERE person = :person;

-- name: PersonValuesDelete
-- args: person int
DELETE FROM person_value WHERE person = :person;

-- name: PersonPairsDelete
-- args: person int
DELETE FROM person_pair WHERE a = :person OR b = :person;

-- name: PersonLooksDelete
-- args: person int
DELETE FROM person_look WHERE person = :person;

-- name: PersonKnownDelete
-- args: id int
DELETE FROM person_known WHERE id = :id;

-- name: PersonValuesFrom
-- args: person int, element int, vault int, most int
-- row:  person int, element int, vault int
SELECT person, element, vault FROM person_value WHERE (person, element, vault) > (:person, :element, :vault) ORDER BY person, element, vault LIMIT :most;

-- name: VaultLoose
-- args: after int, most int
-- row:  id int, high int, low int
SELECT id, high, low FROM vault WHERE id > :after AND NOT held ORDER BY id LIMIT :most;

-- name: VaultDelete
-- args: id int
DELETE FROM vault WHERE id = :id;

-- Of another key than the newest; all of the vault is looked at, once after a rotation.
-- name: VaultOlder
-- args: after int, key int, most int
-- row:  id int, type int, key int, sealed blob
SELECT id, type, key, sealed FROM vault WHERE id > :after AND key <> :key ORDER BY id LIMIT :most;

-- name: VaultReseal
-- args: id int, key int, sealed blob
UPDATE vault SET key = :key, sealed = :sealed WHERE id = :id;
