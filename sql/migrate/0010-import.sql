-- The layout in which a ledger came. sheet: which of the file's; columns: JSON, what each means; rows from head_first to head_last are the header.
CREATE TABLE plan_layout (
    plan       $INT PRIMARY KEY REFERENCES plan (id),
    blob       $TEXT NOT NULL,
    file_name  $TEXT NOT NULL,
    sheet      $INT NOT NULL,
    head_first $INT NOT NULL,
    head_last  $INT NOT NULL,
    columns    $TEXT NOT NULL,
    account    $INT REFERENCES account (id),
    at         $INT NOT NULL
) $STRICT;

-- What a task's row said: every cell as it came, as JSON, those included that mean nothing to us. at_row: its first in the layout; NULL: the last file does not have it.
-- claimed: the file says that it is done, which is kept as said.
CREATE TABLE task_kept (
    task     $INT PRIMARY KEY REFERENCES task (id),
    at_row   $INT,
    at_last  $INT,
    cells    $TEXT NOT NULL,
    claimed  $BOOL NOT NULL
) $STRICT;

-- What an organisation's headings mean, as its people said. field '-': kept as it is.
CREATE TABLE import_heading (
    org   $INT NOT NULL REFERENCES org (id),
    key   $TEXT NOT NULL,
    field $TEXT NOT NULL,
    PRIMARY KEY (org, key)
) $STRICT;
