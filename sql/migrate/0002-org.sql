-- Organisations: one dated tree. path is '/1/5/27/': the ids from the root to the row itself, so that a subtree is a range.
CREATE TABLE org (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    code       $TEXT NOT NULL UNIQUE,
    name       $TEXT NOT NULL,
    short_name $TEXT,
    kind       $TEXT NOT NULL,
    parent     $INT REFERENCES org (id),
    path       $TEXT NOT NULL,
    area       $TEXT NOT NULL,
    rank       $INT NOT NULL,
    legal_code $TEXT,
    opened     $DATE,
    closed     $DATE,
    version    $INT NOT NULL
) $STRICT;
CREATE INDEX org_parent ON org (parent, rank, id);
CREATE INDEX org_path ON org (path);

-- Every name by which a document may call it, full and short name included, in the folded form of base/text.h.
CREATE TABLE org_name (
    key   $TEXT NOT NULL,
    org   $INT NOT NULL REFERENCES org (id),
    text  $TEXT NOT NULL,
    alias $BOOL NOT NULL,
    PRIMARY KEY (key, org)
) $STRICT;
CREATE INDEX org_name_org ON org_name (org);

CREATE TABLE org_function (
    org      $INT NOT NULL REFERENCES org (id),
    function $TEXT NOT NULL,
    PRIMARY KEY (org, function)
) $STRICT;

-- Members of a collective name (各县区卫生健康委).
CREATE TABLE org_member (
    org    $INT NOT NULL REFERENCES org (id),
    member $INT NOT NULL REFERENCES org (id),
    PRIMARY KEY (org, member)
) $STRICT;

-- A staff person. proof: HMAC of the identity number, or of a telephone that the security administrator confirmed; NULL: not proven, may not verify.
CREATE TABLE person (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    name       $TEXT NOT NULL,
    proof      $TEXT UNIQUE,
    proof_kind $TEXT,
    version    $INT NOT NULL
) $STRICT;

CREATE TABLE account (
    id              $ID,
    uid             $TEXT NOT NULL UNIQUE,
    username        $TEXT NOT NULL UNIQUE,
    person          $INT NOT NULL REFERENCES person (id),
    org             $INT NOT NULL REFERENCES org (id),
    title           $TEXT,
    password        $TEXT NOT NULL,
    must_change     $BOOL NOT NULL,
    state           $TEXT NOT NULL,
    failures        $INT NOT NULL,
    locked_until    $INT,
    last_login      $INT,
    created         $INT NOT NULL,
    version         $INT NOT NULL
) $STRICT;
CREATE INDEX account_org ON account (org, id);
CREATE INDEX account_person ON account (person);

-- The leader who has an organisation in his charge (分管领导): usually a deputy head of its legal body. What lies below it and has none of its own is in his charge, too.
CREATE TABLE org_leader (
    org     $INT PRIMARY KEY REFERENCES org (id),
    account $INT NOT NULL REFERENCES account (id)
) $STRICT;
CREATE INDEX org_leader_account ON org_leader (account);

-- A dated set of organisations that is no branch of the tree: a medical alliance, a leading group. Who is a member is one with all below it.
CREATE TABLE org_group (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    name    $TEXT NOT NULL UNIQUE,
    kind    $TEXT NOT NULL,
    version $INT NOT NULL
) $STRICT;

CREATE TABLE org_group_member (
    org_group  $INT NOT NULL REFERENCES org_group (id),
    seq        $INT NOT NULL,
    org        $INT NOT NULL REFERENCES org (id),
    valid_from $DATE,
    valid_to   $DATE,
    PRIMARY KEY (org_group, seq)
) $STRICT;

-- (role, where, what, from, to). "grant" is a word of SQL. where_kind: all, org, area, group; what_kind: all, or plans: those of grant_plan.
CREATE TABLE grant_row (
    id          $ID,
    uid         $TEXT NOT NULL UNIQUE,
    account     $INT NOT NULL REFERENCES account (id),
    role        $TEXT NOT NULL,
    where_kind  $TEXT NOT NULL,
    where_org   $INT REFERENCES org (id),
    where_area  $TEXT,
    where_group $INT REFERENCES org_group (id),
    what_kind   $TEXT NOT NULL,
    valid_from  $DATE,
    valid_to    $DATE
) $STRICT;
CREATE INDEX grant_account ON grant_row (account);

-- plan: its uid. A grant of plans without any is a grant of nothing.
CREATE TABLE grant_plan (
    grant_row $INT NOT NULL REFERENCES grant_row (id),
    plan      $TEXT NOT NULL,
    PRIMARY KEY (grant_row, plan)
) $STRICT;

-- Who acts for another who is absent, from one day to another. ended: taken back at that instant; before its first day, then it never held.
CREATE TABLE deputy (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    account    $INT NOT NULL REFERENCES account (id),
    deputy     $INT NOT NULL REFERENCES account (id),
    valid_from $DATE NOT NULL,
    valid_to   $DATE NOT NULL,
    reason     $TEXT NOT NULL,
    made_by    $INT REFERENCES account (id),
    made       $INT NOT NULL,
    ended      $INT
) $STRICT;
CREATE INDEX deputy_account ON deputy (account);
CREATE INDEX deputy_deputy ON deputy (deputy);

-- The grants that an account acts by: its own, and those of whom it is deputy for (holder), administration left out.
CREATE VIEW grant_held AS
SELECT g.account, g.account AS holder, g.id, g.uid, g.role, g.where_kind, g.where_org, g.where_area, g.where_group, g.what_kind, g.valid_from, g.valid_to
  FROM grant_row g
UNION ALL
SELECT d.deputy AS account, g.account AS holder, g.id, g.uid, g.role, g.where_kind, g.where_org, g.where_area, g.where_group, g.what_kind,
       CASE WHEN g.valid_from IS NULL OR d.valid_from > g.valid_from THEN d.valid_from ELSE g.valid_from END AS valid_from,
       CASE WHEN g.valid_to IS NULL OR d.valid_to < g.valid_to THEN d.valid_to ELSE g.valid_to END AS valid_to
  FROM deputy d JOIN account a ON a.id = d.account AND a.state = 'active' JOIN grant_row g ON g.account = d.account
 WHERE d.ended IS NULL AND g.role NOT IN ('system_admin', 'security_admin', 'audit_admin');

-- Where a grant reaches, as the beginning of a path or of an area code: an object with path and area is reached where
-- substr(path, 1, length(g.path)) = g.path OR substr(area, 1, length(g.area)) = g.area. scope: the same place as a scope of tasks (src/ledger/scope.h), which has no areas;
-- parts: as what party of a task the role must reach.
CREATE VIEW grant_place AS
SELECT h.account, h.holder, h.id, h.role, h.what_kind, CASE h.where_kind WHEN 'all' THEN '/' ELSE o.path END AS path,
       CASE WHEN h.where_kind = 'area' AND length(h.where_area) > 0 THEN h.where_area END AS area, h.valid_from, h.valid_to,
       CASE h.where_kind WHEN 'all' THEN 0 WHEN 'org' THEN h.where_org END AS scope,
       CASE WHEN h.role IN ('handler', 'unit_head') THEN 6 WHEN h.role IN ('issuer', 'reviewer', 'inspector', 'leader') THEN 3 ELSE 0 END AS parts
  FROM grant_held h LEFT JOIN org o ON o.id = h.where_org
 WHERE h.where_kind <> 'group'
UNION ALL
SELECT h.account, h.holder, h.id, h.role, h.what_kind, o.path, NULL AS area,
       CASE WHEN h.valid_from IS NULL OR m.valid_from > h.valid_from THEN m.valid_from ELSE h.valid_from END AS valid_from,
       CASE WHEN h.valid_to IS NULL OR m.valid_to < h.valid_to THEN m.valid_to ELSE h.valid_to END AS valid_to,
       m.org AS scope,
       CASE WHEN h.role IN ('handler', 'unit_head') THEN 6 WHEN h.role IN ('issuer', 'reviewer', 'inspector', 'leader') THEN 3 ELSE 0 END AS parts
  FROM grant_held h JOIN org_group_member m ON m.org_group = h.where_group JOIN org o ON o.id = m.org
 WHERE h.where_kind = 'group';

CREATE TABLE session (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    token   $TEXT NOT NULL UNIQUE,
    account $INT NOT NULL REFERENCES account (id),
    csrf    $TEXT NOT NULL,
    created $INT NOT NULL,
    seen    $INT NOT NULL,
    via     $TEXT NOT NULL,
    agent   $TEXT
) $STRICT;
CREATE INDEX session_account ON session (account);
