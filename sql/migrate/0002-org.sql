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

-- (role, where, what, from, to). "grant" is a word of SQL.
CREATE TABLE grant_row (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    account    $INT NOT NULL REFERENCES account (id),
    role       $TEXT NOT NULL,
    where_kind $TEXT NOT NULL,
    where_org  $INT REFERENCES org (id),
    where_area $TEXT,
    what_plan  $TEXT,
    valid_from $DATE,
    valid_to   $DATE
) $STRICT;
CREATE INDEX grant_account ON grant_row (account);

CREATE TABLE session (
    id      $ID,
    token   $TEXT NOT NULL UNIQUE,
    account $INT NOT NULL REFERENCES account (id),
    csrf    $TEXT NOT NULL,
    created $INT NOT NULL,
    seen    $INT NOT NULL
) $STRICT;
CREATE INDEX session_account ON session (account);
