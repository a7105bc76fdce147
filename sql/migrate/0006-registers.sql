-- Registers that typed evidence is checked against: what is set up here by configuration, packs declare later. definition: JSON
-- (docs/registers.md); proves: the kind of evidence.
CREATE TABLE register (
    id         $ID,
    uid        $TEXT NOT NULL UNIQUE,
    code       $TEXT NOT NULL UNIQUE,
    proves     $TEXT NOT NULL,
    definition $TEXT NOT NULL,
    version    $INT NOT NULL
) $STRICT;

-- One entry of a register. key: the folded value of the register's key field, by which it is looked up; day: the value of its first date field,
-- or the day of entry; fields: a JSON object of texts. A withdrawn entry stays.
CREATE TABLE register_row (
    id        $ID,
    uid       $TEXT NOT NULL UNIQUE,
    reg       $INT NOT NULL REFERENCES register (id),
    org       $INT NOT NULL REFERENCES org (id),
    key       $TEXT NOT NULL,
    day       $DATE NOT NULL,
    fields    $TEXT NOT NULL,
    file_name $TEXT,
    media     $TEXT,
    size      $INT,
    blob      $TEXT,
    account   $INT NOT NULL REFERENCES account (id),
    at        $INT NOT NULL,
    withdrawn $BOOL NOT NULL,
    version   $INT NOT NULL
) $STRICT;
CREATE INDEX register_row_key ON register_row (reg, key);
CREATE INDEX register_row_org ON register_row (reg, org, day);
CREATE INDEX register_row_day ON register_row (reg, day, id);
CREATE INDEX register_row_blob ON register_row (blob);

-- What the register said of a piece of evidence. entry NULL: the evidence names a key that all its entries share. facts: a JSON list.
CREATE TABLE evidence_check (
    evidence $INT PRIMARY KEY REFERENCES evidence (id),
    reg      $INT NOT NULL REFERENCES register (id),
    entry    $INT REFERENCES register_row (id),
    key      $TEXT NOT NULL,
    held     $BOOL NOT NULL,
    facts    $TEXT NOT NULL,
    at       $INT NOT NULL
) $STRICT;
CREATE INDEX evidence_check_entry ON evidence_check (entry);
CREATE INDEX evidence_check_key ON evidence_check (reg, key);
CREATE INDEX evidence_blob ON evidence (blob);

-- The kinds of evidence that a task asks for, fixed when it is issued: asked once, and little. word: what in its text asks.
CREATE TABLE task_ask (
    task $INT NOT NULL REFERENCES task (id),
    kind $TEXT NOT NULL,
    word $TEXT NOT NULL,
    PRIMARY KEY (task, kind)
) $STRICT;

-- The words by which a task's text asks for what a register proves: those of its definition, to be looked up in one statement.
CREATE TABLE register_word (
    reg  $INT NOT NULL REFERENCES register (id),
    word $TEXT NOT NULL,
    PRIMARY KEY (reg, word)
) $STRICT;

INSERT INTO register (uid, code, proves, definition, version) VALUES
('r0000000000000000000docum0', 'documents', 'document',
 '{"checks":[{"check":"of-owner"},{"check":"since-issue"},{"check":"not-future"},{"check":"has-file"}],"fields":[{"label":"文号","label_en":"Document number","name":"number","required":true,"type":"text"},{"label":"标题","label_en":"Title","name":"title","required":true,"type":"text"},{"label":"印发日期","label_en":"Issued","name":"issued","required":true,"type":"date"}],"key":"number","name":"发文登记","name_en":"Documents issued","words":["印发","出台","制定","修订","建立健全","完善制度"]}', 1),
('r0000000000000000000train0', 'trainings', 'training',
 '{"checks":[{"check":"of-owner"},{"check":"since-issue"},{"check":"not-future"},{"check":"has-file"},{"check":"at-least","field":"attended","value":1},{"check":"share","field":"attended","of":"invited","percent":80}],"fields":[{"label":"培训主题","label_en":"Topic","name":"topic","required":true,"type":"text"},{"label":"培训日期","label_en":"Held on","name":"held","required":true,"type":"date"},{"label":"地点","label_en":"Place","name":"place","required":false,"type":"text"},{"label":"应到人数","label_en":"Invited","name":"invited","required":true,"type":"int"},{"label":"签到人数","label_en":"Signed in","name":"attended","required":true,"type":"int"}],"key":"topic","name":"培训登记（附签到表）","name_en":"Trainings, with sign-in list","words":["培训","轮训","宣讲"]}', 1),
('r0000000000000000000roster', 'rosters', 'roster',
 '{"checks":[{"check":"of-owner"},{"check":"emptied","field":"left"}],"fields":[{"label":"名册","label_en":"Roster","name":"roster","required":true,"type":"text"},{"label":"编号","label_en":"Entry","name":"entry","required":true,"type":"text"},{"label":"列入日期","label_en":"Entered on","name":"entered","required":true,"type":"date"},{"label":"清退日期","label_en":"Left on","name":"left","required":false,"type":"date"}],"key":"roster","name":"名册（逐项清零）","name_en":"Rosters to be emptied","words":["清退","清零","清理","清欠","借用人员"]}', 1),
('r0000000000000000000archiv', 'archives', 'archive',
 '{"checks":[{"check":"of-owner"},{"check":"since-issue"},{"check":"not-future"}],"fields":[{"label":"档号","label_en":"Archive number","name":"number","required":true,"type":"text"},{"label":"表单名称","label_en":"Form","name":"form","required":true,"type":"text"},{"label":"归档日期","label_en":"Filed on","name":"filed","required":true,"type":"date"},{"label":"页数","label_en":"Pages","name":"pages","required":false,"type":"int"}],"key":"number","name":"归档登记","name_en":"Forms archived","words":["归档","建档","存档","台账资料"]}', 1),
('r0000000000000000000photos', 'photographs', 'photo',
 '{"checks":[{"check":"of-owner"},{"check":"since-issue"},{"check":"not-future"},{"check":"has-file"},{"check":"first-use"}],"fields":[{"label":"内容","label_en":"What it shows","name":"subject","required":true,"type":"text"},{"label":"拍摄日期","label_en":"Taken on","name":"taken","required":true,"type":"date"},{"label":"地点","label_en":"Place","name":"place","required":true,"type":"text"}],"key":"subject","name":"现场照片","name_en":"Photographs on site","words":["张贴","公示栏","标识","整治现场"]}', 1);

INSERT INTO register_word (reg, word)
SELECT id, '印发' FROM register WHERE code = 'documents'
UNION ALL SELECT id, '出台' FROM register WHERE code = 'documents'
UNION ALL SELECT id, '制定' FROM register WHERE code = 'documents'
UNION ALL SELECT id, '修订' FROM register WHERE code = 'documents'
UNION ALL SELECT id, '建立健全' FROM register WHERE code = 'documents'
UNION ALL SELECT id, '完善制度' FROM register WHERE code = 'documents'
UNION ALL SELECT id, '培训' FROM register WHERE code = 'trainings'
UNION ALL SELECT id, '轮训' FROM register WHERE code = 'trainings'
UNION ALL SELECT id, '宣讲' FROM register WHERE code = 'trainings'
UNION ALL SELECT id, '清退' FROM register WHERE code = 'rosters'
UNION ALL SELECT id, '清零' FROM register WHERE code = 'rosters'
UNION ALL SELECT id, '清理' FROM register WHERE code = 'rosters'
UNION ALL SELECT id, '清欠' FROM register WHERE code = 'rosters'
UNION ALL SELECT id, '借用人员' FROM register WHERE code = 'rosters'
UNION ALL SELECT id, '归档' FROM register WHERE code = 'archives'
UNION ALL SELECT id, '建档' FROM register WHERE code = 'archives'
UNION ALL SELECT id, '存档' FROM register WHERE code = 'archives'
UNION ALL SELECT id, '台账资料' FROM register WHERE code = 'archives'
UNION ALL SELECT id, '张贴' FROM register WHERE code = 'photographs'
UNION ALL SELECT id, '公示栏' FROM register WHERE code = 'photographs'
UNION ALL SELECT id, '标识' FROM register WHERE code = 'photographs'
UNION ALL SELECT id, '整治现场' FROM register WHERE code = 'photographs';

-- The register of documents in force. valid_to NULL: until further notice. replaced_by: the document that ended it.
CREATE TABLE document_force (
    document    $INT PRIMARY KEY REFERENCES document (id),
    valid_from  $DATE NOT NULL,
    valid_to    $DATE,
    replaced_by $INT REFERENCES document (id),
    version     $INT NOT NULL
) $STRICT;

-- What a document says again of what an earlier one said. item: its place in the draft, NULL: the whole document; task: the earlier item's, NULL: the whole of `other`.
-- score in thousandths; why: a JSON list of codes with parameters.
CREATE TABLE document_relation (
    id       $ID,
    uid      $TEXT NOT NULL UNIQUE,
    document $INT NOT NULL REFERENCES document (id),
    item     $INT,
    other    $INT NOT NULL REFERENCES document (id),
    task     $INT REFERENCES task (id),
    kind     $TEXT NOT NULL,
    state    $TEXT NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected')),
    score    $INT NOT NULL,
    why      $TEXT NOT NULL,
    account  $INT REFERENCES account (id),
    at       $INT NOT NULL
) $STRICT;
CREATE INDEX document_relation_document ON document_relation (document, item);
CREATE INDEX document_relation_other ON document_relation (other);
