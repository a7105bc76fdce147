-- What a scope holds: for each task a row for each organisation that is, or lies above, one of its parties, and one for scope 0, which is everything.
-- parts: as what parties lie there: 1 its issuer, 2 a lead, 4 a support; 8, 16, 32 the same for the organisation itself. due: 2199-12-31 where none. marks: as
-- the view task_marks has them.
-- It repeats what task, plan, task_owner and org say, in the order in which lists are read, and so narrow that all of a large scope can be counted; src/ledger/scope.h
-- keeps it, `audit rebuild --check` proves it.
CREATE TABLE task_scope (
    task       $INT NOT NULL,
    scope      $INT NOT NULL,
    parts      $INT NOT NULL,
    plan       $INT NOT NULL,
    state      $TEXT NOT NULL,
    due        $DATE NOT NULL,
    restricted $BOOL NOT NULL,
    marks      $INT NOT NULL,
    changed    $INT NOT NULL,
    PRIMARY KEY (task, scope)
) $KEYED;
CREATE INDEX task_scope_due ON task_scope (scope, due, task, parts, restricted);
CREATE INDEX task_scope_state ON task_scope (scope, state, due, task, parts, restricted, plan, marks);
CREATE INDEX task_scope_hidden ON task_scope (scope, task, parts) WHERE restricted;
CREATE INDEX task_scope_changed ON task_scope (scope, changed, task, parts, restricted, state);
CREATE INDEX task_scope_plan ON task_scope (scope, plan, task, parts, restricted);

-- What reports count of a task beside its state and date, in one number: 1 claimed in time (a day ends at 16:00 UTC), 2 was returned, 4 relapsed, 8 figures may decide,
-- 16 a person verified it, 32 it is part of another task; from 256 on the kinds of evidence that it is asked for, from 4096 the pieces given, from 16777216 those that a register holds.
CREATE VIEW task_marks AS
SELECT t.id AS task,
       CASE WHEN t.claim_at < d.due_ms + 57600000 THEN 1 ELSE 0 END + CASE WHEN t.returns > 0 THEN 2 ELSE 0 END + CASE WHEN t.relapses > 0 THEN 4 ELSE 0 END
       + CASE WHEN t.figures > 0 AND t.incomputable IS NULL THEN 8 ELSE 0 END + CASE WHEN t.verified_by IS NULL THEN 0 ELSE 16 END
       + CASE WHEN t.parent IS NULL THEN 0 ELSE 32 END
       + 256 * (SELECT count(*) FROM task_ask a WHERE a.task = t.id)
       + 4096 * (SELECT count(*) FROM evidence e WHERE e.task = t.id AND NOT e.withdrawn)
       + 16777216 * (SELECT count(*) FROM evidence e JOIN evidence_check c ON c.evidence = e.id WHERE e.task = t.id AND NOT e.withdrawn AND c.held) AS marks
  FROM task t JOIN task_day d ON d.task = t.id;

CREATE INDEX task_restricted ON task (plan) WHERE restricted;

-- By which grants an account sees which task: what may() says for VERB_READ_TASK, in SQL, for statements that ask of one task; lists ask scopes_where(). A test holds
-- all three against each other. A task's parties are the rows of task_scope with the bits of those that are it themselves.
CREATE VIEW task_reach AS
SELECT g.account, g.holder, g.valid_from, g.valid_to, t.id AS task, t.plan, t.restricted
  FROM task t JOIN plan p ON p.id = t.plan JOIN grant_place g ON g.parts > 0
 WHERE (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = p.uid))
   AND ((t.state NOT IN ('draft', 'discarded')
         AND EXISTS (SELECT 1 FROM task_scope c LEFT JOIN org o ON o.id = c.scope
                      WHERE c.task = t.id AND ((c.scope = g.scope AND (c.parts & g.parts) <> 0)
                                               OR ((c.parts & (8 * g.parts)) <> 0 AND substr(o.area, 1, length(g.area)) = g.area)))
         AND (NOT t.restricted OR t.handler = g.account OR t.leader = g.account
              OR EXISTS (SELECT 1 FROM task_reader n WHERE n.task = t.id AND n.account = g.account)
              OR (g.role = 'unit_head'
                  AND EXISTS (SELECT 1 FROM account a JOIN org o ON o.id = a.org JOIN task_scope c ON c.task = t.id AND c.scope = a.org
                               WHERE a.id = g.holder AND (c.parts & 16) <> 0
                                 AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area)))))
        OR (g.role = 'issuer'
            AND EXISTS (SELECT 1 FROM task_scope c LEFT JOIN org o ON o.id = c.scope
                         WHERE c.task = t.id AND ((c.scope = g.scope AND (c.parts & 1) <> 0)
                                                  OR ((c.parts & 8) <> 0 AND substr(o.area, 1, length(g.area)) = g.area)))));

-- Organisations whose place in the tree was changed, and whose tasks' scopes are not written anew yet.
CREATE TABLE org_moved (
    org $INT PRIMARY KEY REFERENCES org (id)
) $STRICT;

-- The order in which plans are listed.
CREATE INDEX plan_issued ON plan (issued, id);

-- The orders in which lists of a plan, a handler, a leader in charge and a parent are read.
CREATE INDEX task_plan_due ON task (plan, COALESCE(due, '2199-12-31'), id);
CREATE INDEX task_plan_state ON task (plan, state, COALESCE(due, '2199-12-31'), id, parent, restricted, stage); -- what PlanStates counts, too
CREATE INDEX task_handler_due ON task (handler, COALESCE(due, '2199-12-31'), id) WHERE handler IS NOT NULL;
CREATE INDEX task_leader_due ON task (leader, COALESCE(due, '2199-12-31'), id) WHERE leader IS NOT NULL;
CREATE INDEX task_relapsed ON task (COALESCE(due, '2199-12-31'), id) WHERE relapses > 0;
CREATE INDEX task_source ON task (source, COALESCE(due, '2199-12-31'), id);
CREATE INDEX task_category ON task (category, COALESCE(due, '2199-12-31'), id) WHERE category IS NOT NULL;

-- Full-text search: texts in parts of some 2,000 characters as people wrote them, and their tokens (src/db/search.h), those of documents, tasks and comments in tables of
-- their own, so that none is looked for among the others. kind: 1 document, 2 task, 4 comment. id: of which object and which part of it (src/ledger/search.h); tokens
-- stand under the same. SQLite keeps the first characters of tokens, too: one that is asked for alone is found without reading all tokens that begin with it.
CREATE TABLE search_text (
    kind $INT NOT NULL,
    id   $INT NOT NULL,
    text $TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) $KEYED;
-- sqlite:
CREATE VIRTUAL TABLE search_document USING fts5 (tokens, content = '', tokenize = 'ascii', prefix = '1');
CREATE VIRTUAL TABLE search_task USING fts5 (tokens, content = '', tokenize = 'ascii', prefix = '1');
CREATE VIRTUAL TABLE search_comment USING fts5 (tokens, content = '', tokenize = 'ascii', prefix = '1');
-- postgres:
CREATE TABLE search_document (rowid BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL);
CREATE TABLE search_task (rowid BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL);
CREATE TABLE search_comment (rowid BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL);
CREATE INDEX search_document_tokens ON search_document USING gin (tokens) WITH (fastupdate = off);
CREATE INDEX search_task_tokens ON search_task USING gin (tokens) WITH (fastupdate = off);
CREATE INDEX search_comment_tokens ON search_comment USING gin (tokens) WITH (fastupdate = off);
-- both:

-- How somebody looks at a page, kept under a name. shared: all of the same unit see it.
CREATE TABLE saved_view (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    account $INT NOT NULL REFERENCES account (id),
    org     $INT NOT NULL REFERENCES org (id),
    page    $TEXT NOT NULL,
    name    $TEXT NOT NULL,
    query   $TEXT NOT NULL,
    shared  $BOOL NOT NULL,
    version $INT NOT NULL,
    UNIQUE (account, page, name)
) $STRICT;
CREATE INDEX saved_view_org ON saved_view (org, page) WHERE shared;
