/* limits.h: every cap on what comes from outside, in one place.
 *
 * Running out of memory ends the process, so no input may be able to cause it: what is read, counted or nested is
 * held against one of these before anything is allocated. Each has a test at its edge. Bytes unless the name says
 * otherwise. */
#pragma once

enum {
    LIMIT_DOC_BYTES = 10 * 1024 * 1024,       /* a document's text after decoding and unpacking */
    LIMIT_DOC_FILE_BYTES = 32 * 1024 * 1024,  /* a document's file as it came (docx and pdf carry pictures) */
    LIMIT_DOC_UNPACKED_BYTES = 64 * 1024 * 1024, /* one part of a docx, unpacked: stops zip bombs */
    LIMIT_DOC_ITEMS = 100000,                 /* items in one document; later ones are a finding */
    LIMIT_DOC_FINDINGS = 10000,               /* findings kept for one document; the rest are counted */
    LIMIT_DOC_DEPTH = 32,                     /* nesting of numbering */
    LIMIT_PASSWORD_BYTES = 1024,
    LIMIT_CONFIG_BYTES = 256 * 1024,
    LIMIT_KEYS = 100,                         /* in a key file: main keys after rotations */
    LIMIT_KEY_FILE_BYTES = 64 * 1024,
    LIMIT_ANCHORS_BYTES = 64 * 1024 * 1024,   /* a file of anchors: one a day takes 100 KB a year */
    LIMIT_MANIFEST_BYTES = 256 * 1024 * 1024, /* of a backup: 200 bytes a file */
    LIMIT_JSON_DEPTH = 64,
    LIMIT_JSON_VALUES = 500000,               /* in one tree: 500,000 take 50 MB */
    LIMIT_JSON_STRING_BYTES = 16 * 1024 * 1024,
    LIMIT_HTTP_BODY_BYTES = 4 * 1024 * 1024,  /* a JSON request body */
    LIMIT_HTTP_BODIES_BYTES = 256 * 1024 * 1024, /* all bodies that are being received or worked on */
    LIMIT_HTTP_HEADER_BYTES = 32 * 1024,      /* a request without its body */
    LIMIT_HTTP_QUEUE = 50,                    /* requests that wait, for each worker */
    LIMIT_HTTP_KEY_CHARS = 64,                /* an Idempotency-Key */
    LIMIT_MLLP_BYTES = 500 * 1000,            /* one HL7 message over MLLP: with 200 connections 100 MB */
    LIMIT_UPLOADS_OPEN = 50,                  /* of one account */
    LIMIT_FILE_BYTES = 512 * 1024 * 1024,     /* one uploaded file, but data of institutions (LIMIT_UPLOAD_BYTES) */
    LIMIT_UPLOAD_CHUNK_BYTES = 8 * 1024 * 1024,
    LIMIT_IMPORT_BYTES = 64 * 1024 * 1024,    /* a file of organisations or people */
    LIMIT_EXPORT_BYTES = 256 * 1024 * 1024,   /* a list as a file */
    LIMIT_LIST_ROWS = 500,                    /* rows on one page of a list */
    LIMIT_FILTER_VALUES = 100,                /* values of one filter, separated by commas */
    LIMIT_CURSOR_BYTES = 64 * 1024,
    LIMIT_CSV_FIELD_BYTES = 1024 * 1024,
    LIMIT_CSV_COLUMNS = 1000,
    LIMIT_INGEST_ROW_BYTES = 4 * 1024 * 1024, /* one row of a CSV that comes in, one message of HL7 */
    LIMIT_INGEST_VALUE_BYTES = 16 * 1024 * 1024, /* one resource, one object */
    LIMIT_INGEST_HEADER_ROW = 1000,           /* the header stands among the first so many rows */
    LIMIT_HL7_SEGMENTS = 10000,               /* of one message */
    LIMIT_FHIR_NODES = 200000,                /* values in one resource, of those that paths name */
    LIMIT_FHIR_ITEMS = 2000,                  /* values that a path gives, on its way too */
    LIMIT_FHIR_RESOURCES = 8 * 1024 * 1024,   /* in files whose references are followed: 16 bytes each */
    LIMIT_TEXT_CHARS = 20000,                 /* a comment, a reason, a measure's answer */
    LIMIT_NAME_CHARS = 200,                   /* the name of an organisation, a person, a file */
    LIMIT_GROUP_MEMBERS = 2000,
    LIMIT_DEPUTY_DAYS = 366,
    LIMIT_TOKEN_DAYS = 366,
    LIMIT_TOKENS = 20,                        /* of one account at a time */
    LIMIT_AGENT_CHARS = 200,                  /* what a client calls itself */
    LIMIT_MENTIONS = 20,                      /* people named in one comment */
    LIMIT_EVIDENCE_PER_TASK = 50,
    LIMIT_REGISTER_FIELDS = 30,               /* fields, and checks, of a register */
    LIMIT_REGISTER_WORDS = 100,               /* words by which a text asks for its evidence */
    LIMIT_REGISTER_ID_CHARS = 20,             /* a register's code, a field's name */
    LIMIT_REGISTER_TEXT_CHARS = 2000,         /* one field of an entry */
    LIMIT_RELATION_TASKS = 50000,             /* earlier tasks that a document is held against: the newest */
    LIMIT_ASKS = 2,                           /* kinds of evidence that one task asks for */
    LIMIT_PLAN_STAGES = 50,
    LIMIT_SPLIT_OWNERS = 500,                 /* sub-tasks of one task */
    LIMIT_SPLIT_DEPTH = 5,                    /* levels of sub-tasks */
    LIMIT_BULK_TASKS = 500,                   /* in one bulk change */
    LIMIT_DOCUMENT_ITEMS = 5000,              /* items of one document in the ledger */
    LIMIT_ITEM_PARTS = 500,                   /* measures, targets or owners of one item, after corrections */
    LIMIT_EDITS = 10000,                      /* corrections in one call */
    LIMIT_ORG_DEPTH = 32,                     /* levels of the tree of organisations */
    LIMIT_ORGS = 200000,                      /* rows in one file of organisations or people */
    LIMIT_XLSX_TEXT_CHARS = 32767,            /* one cell, by the format */
    LIMIT_XLSX_UNPACKED_BYTES = 512 * 1024 * 1024, /* one sheet of a workbook, which is read as a stream */
    LIMIT_XLSX_PART_BYTES = 16 * 1024 * 1024, /* its styles, its list of sheets */
    LIMIT_XLSX_STRING_BYTES = 64 * 1024 * 1024, /* all shared strings together; the cells' own texts of a table in memory */
    LIMIT_XLSX_SHEETS = 255,
    LIMIT_XLSX_STYLES = 65536,
    LIMIT_XLSX_COLUMNS = 1000,                /* in which a value stands; the format has 16,384 */
    LIMIT_XLSX_TABLE_CELLS = 2000000,         /* places of a table in memory: rows times columns */
    LIMIT_XLSX_MERGES = 100000,
    LIMIT_TASK_IMPORT_ROWS = 20000,           /* rows of one ledger that comes in */
    LIMIT_EXPR_BYTES = 8192,                  /* the text of one expression */
    LIMIT_EXPR_DEPTH = 64,                    /* brackets, calls and signs within each other */
    LIMIT_EXPR_NODES = 1000,                  /* parts of one expression */
    LIMIT_EXPR_CODE_BYTES = 64,               /* of an ICD-10 code, what is looked at */
    LIMIT_PACK_FILES = 1000,                  /* in a folder of packs */
    LIMIT_PACK_YAML_BYTES = 1024 * 1024,      /* one YAML file */
    LIMIT_PACK_CSV_BYTES = 16 * 1024 * 1024,  /* one file beside it */
    LIMIT_PACK_BYTES = 64 * 1024 * 1024,      /* all files of a folder of packs */
    LIMIT_PACK_DEPTH = 32,                    /* maps and lists within each other */
    LIMIT_PACK_VALUES = 100000,               /* in one YAML file */
    LIMIT_PACK_FINDINGS = 1000,               /* kept; the rest are counted */
    LIMIT_PACK_ENTRIES = 2000,                /* of one list or map, but codes */
    LIMIT_PACK_FIELDS = 300,                  /* of one dataset */
    LIMIT_PACK_CODES = 100000,                /* of one code table */
    LIMIT_PACK_TEXT_CHARS = 2000,             /* a name, a sentence */
    LIMIT_BATCH_REJECTS = 100000,             /* rows of one file that cannot be stored; a file with more is refused */
    LIMIT_RUN_REPEATED = 2000000,             /* rows of one file whose key may come again in it */
    LIMIT_CELL_BYTES = 32 * 1024,             /* the text of one cell of a file of records */
    LIMIT_VAULT_BYTES = 4096,                 /* one personal value */
    LIMIT_PERSON_GROUP = 200,                 /* persons that are merged into one */
    LIMIT_PERSON_FOUND = 50,                  /* persons that a search shows */
    LIMIT_PERSON_LOOKS = 500,                 /* looks at a person that are shown, the newest */
    LIMIT_RECORD_FILTERS = 12,                /* fields by which a list of records is filtered at once */
    LIMIT_EXPR_MADE_BYTES = 16384,            /* a text that an expression makes: a longer one is null, and a fault */
    LIMIT_CITY_PEOPLE = 5000000,              /* of a synthetic city, at its start: the numbers of identity that one place has for a day */
    LIMIT_CITY_YEARS = 20,
    LIMIT_CITY_INSTITUTIONS = 5000,
    LIMIT_CITY_CHOICES = 1000,                /* of one value in a recipe */
    LIMIT_CITY_TABLE_ROWS = 20000,            /* of a table beside a recipe */
};

/* One uploaded file of data; more than an int holds. */
#define LIMIT_UPLOAD_BYTES (INT64_C(6) * 1024 * 1024 * 1024)

/* What goes back to the sender of one. */
#define LIMIT_ERROR_FILE_BYTES (UINT64_C(8) * 1024 * 1024 * 1024)
