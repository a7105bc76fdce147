-- Organisations' months in which a dataset has records, to be checked again.
-- name: RecheckParts
-- args: dataset int
-- row:  org int, month int
SELECT org, month FROM segment WHERE dataset = :dataset AND rows > 0 ORDER BY month, org;
