-- Installed packs and the tables that their datasets have. See src/pack/store.h.

-- name: PacksInstalled
-- args:
-- row:  id int, name text, version text, hash text, at int, account text?, by text?
SELECT p.id, p.name, p.version, p.hash, p.at, a.uid AS account, h.name AS by
  FROM pack p LEFT JOIN account a ON a.id = p.account LEFT JOIN person h ON h.id = a.person
 WHERE p.state = 'installed' ORDER BY p.name;

-- name: PackFilesInstalled
-- args:
-- row:  name text, path text, bytes blob
SELECT p.name, f.path, f.bytes FROM pack p JOIN pack_file f ON f.pack = p.id WHERE p.state = 'installed' ORDER BY p.name, f.path;

-- name: PackReplace
-- args: name text
UPDATE pack SET state = 'replaced' WHERE name = :name AND state = 'installed';

-- name: PackInsert
-- args: name text, version text, hash text, at int, account int?
-- row:  id int
INSERT INTO pack (name, version, hash, state, at, account) VALUES (:name, :version, :hash, 'installed', :at, :account) RETURNING id;

-- name: PackFileInsert
-- args: pack int, path text, bytes blob
INSERT INTO pack_file (pack, path, bytes) VALUES (:pack, :path, :bytes);

-- Datasets -------------------------------------------------------------------------------------------------------------

-- name: DatasetByName
-- args: name text
-- row:  id int, retired bool
SELECT id, retired FROM dataset WHERE name = :name;

-- name: DatasetName
-- args: id int
-- row:  name text
SELECT name FROM dataset WHERE id = :id;

-- name: DatasetsAll
-- args:
-- row:  id int, name text, retired bool
SELECT id, name, retired FROM dataset ORDER BY name;

-- name: DatasetInsert
-- args: name text
-- row:  id int
INSERT INTO dataset (name, retired) VALUES (:name, FALSE) RETURNING id;

-- name: DatasetRetire
-- args: id int, retired bool
UPDATE dataset SET retired = :retired WHERE id = :id;

-- name: DatasetColumns
-- args: dataset int
-- row:  name text, kind text, scale int, retired bool
SELECT name, kind, scale, retired FROM dataset_column WHERE dataset = :dataset ORDER BY name;

-- name: DatasetColumnPut
-- args: dataset int, name text, kind text, scale int, retired bool
INSERT INTO dataset_column (dataset, name, kind, scale, retired) VALUES (:dataset, :name, :kind, :scale, :retired)
    ON CONFLICT (dataset, name) DO UPDATE SET kind = excluded.kind, scale = excluded.scale, retired = excluded.retired;

-- name: DatasetColumnRename
-- args: dataset int, name text, new_name text
UPDATE dataset_column SET name = :new_name, retired = TRUE WHERE dataset = :dataset AND name = :name;

-- name: DatasetColumnsForget
-- args: dataset int
DELETE FROM dataset_column WHERE dataset = :dataset;

-- Whether a batch ever touched it.
-- name: DatasetUsed
-- args: dataset int
-- row:  used bool
SELECT EXISTS (SELECT 1 FROM segment WHERE dataset = :dataset) AS used;

-- Whether rows are being brought in: their findings are numbers of the rules as they are.
-- name: PacksBusy
-- args:
-- row:  busy bool
SELECT EXISTS (SELECT 1 FROM batch WHERE state = 'applying') AS busy;
