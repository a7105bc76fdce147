-- Documents in hand. The original, the stored text and the reader's model are blobs (encrypted), named by their SHA-256. title to issued and the
-- counts are those of the draft: the model with the corrections. discarded: the reason.
CREATE TABLE document (
    id           $ID,
    uid          $TEXT NOT NULL UNIQUE,
    state        $TEXT NOT NULL,
    kind         $TEXT NOT NULL,
    title        $TEXT NOT NULL,
    doc_no       $TEXT,
    doc_no_key   $TEXT,
    issuer       $TEXT,
    issued       $DATE,
    form         $TEXT NOT NULL,
    file_name    $TEXT NOT NULL,
    original     $TEXT NOT NULL,
    text         $TEXT NOT NULL,
    model        $TEXT NOT NULL,
    text_key     $TEXT NOT NULL,
    text_sim     $INT NOT NULL,
    org          $INT NOT NULL REFERENCES org (id),
    issuer_org   $INT NOT NULL REFERENCES org (id),
    uploaded_by  $INT NOT NULL REFERENCES account (id),
    uploaded     $INT NOT NULL,
    items        $INT NOT NULL,
    confirmed    $INT NOT NULL,
    left_out     $INT NOT NULL,
    findings     $INT NOT NULL,
    unresolved   $INT NOT NULL,
    discarded    $TEXT,
    version      $INT NOT NULL
) $STRICT;
CREATE INDEX document_text_key ON document (text_key);
CREATE INDEX document_doc_no ON document (doc_no_key);
-- text_sim holds 64 bits that differ little where texts differ little; two that differ in at most seven bits share one of these bytes.
CREATE INDEX document_sim_0 ON document ((text_sim & 255));
CREATE INDEX document_sim_1 ON document (((text_sim >> 8) & 255));
CREATE INDEX document_sim_2 ON document (((text_sim >> 16) & 255));
CREATE INDEX document_sim_3 ON document (((text_sim >> 24) & 255));
CREATE INDEX document_sim_4 ON document (((text_sim >> 32) & 255));
CREATE INDEX document_sim_5 ON document (((text_sim >> 40) & 255));
CREATE INDEX document_sim_6 ON document (((text_sim >> 48) & 255));
CREATE INDEX document_sim_7 ON document (((text_sim >> 56) & 255));

-- Corrections laid over the reader's model, in their order. path and values are of the API; a finding's path holds its key, not its place.
CREATE TABLE document_edit (
    document  $INT NOT NULL REFERENCES document (id),
    seq       $INT NOT NULL,
    path      $TEXT NOT NULL,
    old_value $TEXT NOT NULL,
    new_value $TEXT NOT NULL,
    account   $INT NOT NULL REFERENCES account (id),
    at        $INT NOT NULL,
    PRIMARY KEY (document, seq)
) $STRICT;

-- code and year name a plan of its issuer, and begin the printed number of each of its tasks (CODE-YEAR-SEQ). basis: what it rests on where no document was
-- read. holding_days: how long a closed task is watched. publicity_days: for how long a verified task is shown in public before it may be closed (0: not at
-- all). weekly_day, monthly_day (0: none) and the hours: when the meetings are. progress: how often the leads report (none, week, month). assess: what the
-- quarterly assessment weighs, a JSON list.
CREATE TABLE plan (
    id                $ID,
    uid               $TEXT NOT NULL UNIQUE,
    document          $INT REFERENCES document (id),
    title             $TEXT NOT NULL,
    doc_no            $TEXT,
    kind              $TEXT NOT NULL,
    code              $TEXT NOT NULL,
    year              $INT NOT NULL,
    state             $TEXT NOT NULL,
    basis             $TEXT,
    issuer            $INT NOT NULL REFERENCES org (id),
    issued            $INT NOT NULL,
    issued_by         $INT NOT NULL REFERENCES account (id),
    edition           $INT NOT NULL,
    replaces          $INT REFERENCES plan (id),
    tasks             $INT NOT NULL,
    holding_days      $INT NOT NULL,
    publicity_days    $INT NOT NULL,
    publicity_working $BOOL NOT NULL,
    weekly_day        $INT NOT NULL,
    weekly_hour       $INT NOT NULL,
    monthly_day       $INT NOT NULL,
    monthly_hour      $INT NOT NULL,
    progress          $TEXT NOT NULL,
    assess            $TEXT NOT NULL,
    version           $INT NOT NULL,
    UNIQUE (issuer, code, year)
) $STRICT;
CREATE INDEX plan_document ON plan (document);

-- The stages of a plan in their order. gate: what must be true before a stage is passed (none, decision, submitted, closed: of `share` percent of its tasks).
-- passed_by NULL: not yet. forced: it was passed although the gate was shut; `missing` says what was missing then. Both stay.
CREATE TABLE plan_stage (
    plan      $INT NOT NULL REFERENCES plan (id),
    seq       $INT NOT NULL,
    name      $TEXT NOT NULL,
    begins    $DATE,
    ends      $DATE,
    gate      $TEXT NOT NULL,
    share     $INT NOT NULL,
    passed_by $INT REFERENCES account (id),
    passed_at $INT,
    reason    $TEXT,
    forced    $BOOL NOT NULL,
    missing   $TEXT,
    PRIMARY KEY (plan, seq)
) $STRICT;

-- Where a task stands is what its events say; this row is their sum, and `audit rebuild --check` proves it. claim_org is where the claimant stood then:
-- accounts move. number: as it is printed (code, year, seq of its plan). split: how a parent's work was divided (same, apportioned). stage: the plan's.
-- issuer: who gave it: the plan's, but for a sub-task that a lead made of its own task. holding_days is fixed at issue, holding_until at closing. quiet: no reminders. waived_share: the part that need not be done, as a decimal.
CREATE TABLE task (
    id                 $ID,
    uid                $TEXT NOT NULL UNIQUE,
    plan               $INT NOT NULL REFERENCES plan (id),
    seq                $INT NOT NULL,
    number             $TEXT NOT NULL,
    issuer             $INT NOT NULL REFERENCES org (id),
    parent             $INT REFERENCES task (id),
    split              $TEXT,
    no                 $TEXT,
    label              $TEXT,
    kind               $TEXT NOT NULL,
    title              $TEXT NOT NULL,
    text               $TEXT NOT NULL,
    problem            $TEXT,
    path               $TEXT NOT NULL,
    span_from          $INT NOT NULL,
    span_to            $INT NOT NULL,
    source             $TEXT NOT NULL,
    source_no          $TEXT,
    source_date        $DATE,
    basis              $TEXT,
    stage              $INT,
    term               $TEXT,
    category           $TEXT,
    leader             $INT REFERENCES account (id),
    handler            $INT REFERENCES account (id),
    restricted         $BOOL NOT NULL,
    quiet              $BOOL NOT NULL,
    state              $TEXT NOT NULL,
    state_before       $TEXT,
    due                $DATE,
    suspended_until    $DATE,
    figures            $INT NOT NULL,
    adjusted           $BOOL NOT NULL,
    manual             $BOOL NOT NULL,
    relapses           $INT NOT NULL,
    returns            $INT NOT NULL,
    claim_account      $INT REFERENCES account (id),
    claim_org          $INT REFERENCES org (id),
    claim_at           $INT,
    claim_note         $TEXT,
    incomputable       $TEXT,
    incomputable_by    $INT REFERENCES account (id),
    incomputable_at    $INT,
    verified_by        $INT REFERENCES account (id),
    overruled_by       $INT REFERENCES account (id),
    waived_share       $TEXT,
    closed_at          $INT,
    holding_days       $INT NOT NULL,
    holding_until      $DATE,
    changed            $INT NOT NULL,
    version            $INT NOT NULL
) $STRICT;
CREATE INDEX task_plan ON task (plan, seq);
CREATE INDEX task_due ON task (due, id);
CREATE INDEX task_changed ON task (changed, id);
CREATE INDEX task_number ON task (number);
-- Most tasks have none of these: an index that held them all would look useless to the planner, and a list would walk the table for each row.
CREATE INDEX task_parent ON task (parent, state) WHERE parent IS NOT NULL;
CREATE INDEX task_handler ON task (handler) WHERE handler IS NOT NULL;
CREATE INDEX task_leader ON task (leader) WHERE leader IS NOT NULL;
CREATE INDEX task_suspended ON task (suspended_until) WHERE suspended_until IS NOT NULL;

CREATE TABLE task_owner (
    task      $INT NOT NULL REFERENCES task (id),
    seq       $INT NOT NULL,
    org       $INT NOT NULL REFERENCES org (id),
    role      $TEXT NOT NULL,
    name      $TEXT NOT NULL,
    confirmed_by $INT REFERENCES account (id),
    confirmed_at $INT,
    PRIMARY KEY (task, seq)
) $KEYED;
CREATE INDEX task_owner_org ON task_owner (org, task);

-- part_of: of which target of the parent it is a share, or the same. claimed: what its owner last said to have reached.
CREATE TABLE task_target (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    task    $INT NOT NULL REFERENCES task (id),
    seq     $INT NOT NULL,
    quote   $TEXT NOT NULL,
    metric  $TEXT NOT NULL,
    op      $TEXT NOT NULL,
    value   $TEXT NOT NULL,
    value2  $TEXT,
    unit    $TEXT NOT NULL,
    due     $DATE,
    soft    $BOOL NOT NULL,
    tense   $TEXT NOT NULL,
    part_of    $INT REFERENCES task_target (id),
    claimed    $TEXT,
    claimed_by $INT REFERENCES account (id),
    claimed_at $INT
) $STRICT;
CREATE INDEX task_target_task ON task_target (task, seq);
CREATE INDEX task_target_part ON task_target (part_of) WHERE part_of IS NOT NULL;

CREATE TABLE task_measure (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    task    $INT NOT NULL REFERENCES task (id),
    seq     $INT NOT NULL,
    no      $TEXT,
    text    $TEXT NOT NULL,
    state   $TEXT NOT NULL,
    answer  $TEXT,
    account $INT REFERENCES account (id),
    at      $INT,
    version $INT NOT NULL
) $STRICT;
CREATE INDEX task_measure_task ON task_measure (task, seq, state); -- what a list counts, too

CREATE TABLE evidence (
    id        $ID,
    uid       $TEXT NOT NULL UNIQUE,
    task      $INT NOT NULL REFERENCES task (id),
    kind      $TEXT NOT NULL,
    file_name $TEXT NOT NULL,
    media     $TEXT NOT NULL,
    size      $INT NOT NULL,
    blob      $TEXT NOT NULL,
    note      $TEXT NOT NULL,
    account   $INT NOT NULL REFERENCES account (id),
    org       $INT NOT NULL REFERENCES org (id),
    at        $INT NOT NULL,
    withdrawn $BOOL NOT NULL
) $STRICT;
CREATE INDEX evidence_task ON evidence (task, id);

-- mentions: uids of accounts, blanks between.
CREATE TABLE task_comment (
    id      $ID,
    uid     $TEXT NOT NULL UNIQUE,
    task    $INT NOT NULL REFERENCES task (id),
    account $INT NOT NULL REFERENCES account (id),
    at      $INT NOT NULL,
    text    $TEXT NOT NULL,
    mentions $TEXT
) $STRICT;
CREATE INDEX task_comment_task ON task_comment (task, id);

-- What a reviewer, issuer or inspector decided, with the reason that the events hold only the digest of.
CREATE TABLE task_verdict (
    id      $ID,
    task    $INT NOT NULL REFERENCES task (id),
    verb    $TEXT NOT NULL,
    account $INT REFERENCES account (id), -- none: the engine, by a number
    at      $INT NOT NULL,
    reason  $TEXT NOT NULL
) $STRICT;
CREATE INDEX task_verdict_task ON task_verdict (task, id);

-- Who may read a restricted task beside its issuer, the heads of its leads, its handler and its leader in charge.
CREATE TABLE task_reader (
    id      $ID,
    task    $INT NOT NULL REFERENCES task (id),
    account $INT NOT NULL REFERENCES account (id),
    UNIQUE (task, account)
) $STRICT;

-- What the issuer changed on an issued task (amendment), with what stood there before. Values are JSON as the API shows the field; the events hold digests.
CREATE TABLE task_amendment (
    id        $ID,
    task      $INT NOT NULL REFERENCES task (id),
    field     $TEXT NOT NULL,
    old_value $TEXT NOT NULL,
    new_value $TEXT NOT NULL,
    reason    $TEXT NOT NULL,
    account   $INT NOT NULL REFERENCES account (id),
    at        $INT NOT NULL
) $STRICT;
CREATE INDEX task_amendment_task ON task_amendment (task, id);

-- What the leads report from time to time. org: where they stood then.
CREATE TABLE task_progress (
    id          $ID,
    uid         $TEXT NOT NULL UNIQUE,
    task        $INT NOT NULL REFERENCES task (id),
    period      $TEXT NOT NULL,
    text        $TEXT NOT NULL,
    problem     $TEXT,
    need        $TEXT,
    next        $TEXT,
    percent     $INT,
    nothing_new $BOOL NOT NULL,
    account     $INT NOT NULL REFERENCES account (id),
    org         $INT NOT NULL REFERENCES org (id),
    at          $INT NOT NULL
) $STRICT;
CREATE INDEX task_progress_task ON task_progress (task, id);

-- By which grants an account sees which plan also where it may see none of its tasks, or where there are none yet: those that reach its issuer.
CREATE VIEW plan_reach AS
SELECT g.account, g.holder, g.valid_from, g.valid_to, p.id AS plan
  FROM plan p JOIN org o ON o.id = p.issuer JOIN grant_place g ON g.role IN ('issuer', 'reviewer', 'inspector', 'leader')
 WHERE (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area)
   AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = p.uid));

-- Rounds of looking back at closed tasks. sample: all, or share percent of them; which ones follows from the seed alone: src/ledger/look_back.h. candidates: of how
-- many they were drawn. org: the unit that looks.
CREATE TABLE look_back (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    plan       $INT NOT NULL REFERENCES plan (id),
    org        $INT NOT NULL REFERENCES org (id),
    title      $TEXT NOT NULL,
    begins     $DATE NOT NULL,
    ends       $DATE NOT NULL,
    sample     $TEXT NOT NULL,
    share      $INT NOT NULL,
    seed       $TEXT NOT NULL,
    candidates $INT NOT NULL,
    made_by    $INT NOT NULL REFERENCES account (id),
    made_at    $INT NOT NULL,
    version    $INT NOT NULL
) $STRICT;
CREATE INDEX look_back_plan ON look_back (plan, id);

-- result: held, relapsed, unclear; NULL: nobody has looked yet.
CREATE TABLE look_back_task (
    id        $ID,
    look_back $INT NOT NULL REFERENCES look_back (id),
    task      $INT NOT NULL REFERENCES task (id),
    result    $TEXT,
    note      $TEXT,
    account   $INT REFERENCES account (id),
    at        $INT,
    UNIQUE (look_back, task)
) $STRICT;
CREATE INDEX look_back_task_task ON look_back_task (task, look_back);
