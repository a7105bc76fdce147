-- What a scope holds: for each task a row for each organisation that is, or lies above, one of its parties, and one for scope 0, which is everything.
-- parts: as what parties lie there: 1 its issuer, 2 a lead, 4 a support; 8, 16, 32 the same for the organisation itself. due: 2199-12-31 where none.
-- It repeats what task, plan, task_owner and org say, in the order in which lists are read; src/ledger/scope.h keeps it, `audit rebuild --check` proves it.
CREATE TABLE task_scope (
    task       $INT NOT NULL,
    scope      $INT NOT NULL,
    parts      $INT NOT NULL,
    state      $TEXT NOT NULL,
    due        $DATE NOT NULL,
    restricted $BOOL NOT NULL,
    PRIMARY KEY (task, scope)
-- sqlite:
) STRICT, WITHOUT ROWID;
-- postgres:
);
-- both:
CREATE INDEX task_scope_due ON task_scope (scope, due, task, parts, restricted);
CREATE INDEX task_scope_state ON task_scope (scope, state, due, task, parts, restricted);

-- Organisations whose place in the tree was changed, and whose tasks' scopes are not written anew yet.
CREATE TABLE org_moved (
    org $INT PRIMARY KEY REFERENCES org (id)
) $STRICT;

-- The orders in which lists of a plan, a handler, a leader in charge and a parent are read.
CREATE INDEX task_plan_due ON task (plan, COALESCE(due, '2199-12-31'), id);
CREATE INDEX task_plan_state ON task (plan, state, COALESCE(due, '2199-12-31'), id);
CREATE INDEX task_handler_due ON task (handler, COALESCE(due, '2199-12-31'), id) WHERE handler IS NOT NULL;
CREATE INDEX task_leader_due ON task (leader, COALESCE(due, '2199-12-31'), id) WHERE leader IS NOT NULL;
CREATE INDEX task_relapsed ON task (COALESCE(due, '2199-12-31'), id) WHERE relapses > 0;
CREATE INDEX task_source ON task (source, COALESCE(due, '2199-12-31'), id);
CREATE INDEX task_category ON task (category, COALESCE(due, '2199-12-31'), id) WHERE category IS NOT NULL;
