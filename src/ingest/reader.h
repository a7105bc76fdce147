/* reader.h: one way in for the files of institutions, whatever they can export: CSV, XLSX, FHIR R4, HL7 v2, JSON. Bytes in, batches of cells out.
 *
 *     g_autoptr(IngestReader) reader = ingest_open(&input, 1, &options, err);
 *     const IngestBatch *batch;
 *     while (reader && ingest_next(reader, &batch, err) && batch)
 *         for (size_t r = 0; r < batch->n_rows; r++)
 *             use(batch->rows[r].place, ingest_row(batch, r));            n_columns cells
 *
 * Memory does not depend on the length of the file: a batch, the row or resource in hand, of a workbook its shared strings, of FHIR with resolve() 16 bytes
 * for each resource of the file.
 *
 * What the reader makes of a cell, and what it leaves to hub:
 *   reader: UTF-8 without a byte-order mark, whatever the file's encoding; quotes of CSV and escapes of JSON and HL7 undone; of a workbook what a person sees
 *           in the cell, a date as 2026-06-30 or 2026-06-30 08:30 (docs of ingest.h); of FHIR and HL7 what the dataset's `sources:` say, as text.
 *   hub:    white space at both ends, full width, placeholders (无, 不详, -), the many written forms of days and times (2026/6/30, 20260630,
 *           20260630101500+0800, 2026-06-30T10:15:00+08:00), codes by their names, numbers, organisations, persons; headers to fields.
 *
 * Threads: a reader belongs to one thread at a time; a batch that was taken, to any other one. */
#pragma once

#include "base/error.h"
#include "base/i18n.h"
#include "pack/pack.h"

/* --- What goes in ---------------------------------------------------------------------------------------------------- */

typedef enum {
    INGEST_AUTO, /* by content, each input for itself */
    INGEST_CSV,  /* any delimiter; UTF-8, UTF-16 with a byte-order mark, GB18030 */
    INGEST_XLSX,
    INGEST_FHIR, /* NDJSON, a bundle of any type, one resource or several behind each other */
    INGEST_HL7,  /* one message or many, in a batch (FHS, BHS) or MLLP frames or without; segments end in CR, LF or CRLF */
    INGEST_JSON, /* an array of objects, or objects behind each other (NDJSON) */
} IngestFormat;
extern const char *const ingest_formats[]; /* "auto", "csv" …, ended by NULL */

/* One file. A folder of FHIR files is several inputs of one reader: references are found across them. */
typedef struct {
    const char *name; /* what findings call it; may be NULL where there is one */
    /* One of the three; what it points to outlives the reader, which closes nothing. */
    Str bytes;
    int fd;           /* with bytes.p == NULL and read == NULL: from where it stands. XLSX and FHIR with resolve() need a regular file */
    ssize_t (*read)(void *data, char *buffer, size_t n, GError **err); /* 0 at the end, -1 with err. Not for XLSX, and FHIR with resolve() */
    void *data;
} IngestInput;

/* `sources:` of a dataset, as checked when the pack was loaded; NULL: it has none, or the section was not registered. Lives as long as the packs. */
typedef struct IngestSources IngestSources;
const IngestSources *ingest_sources(const PackDataset *dataset);

/* Whether they say how its records are made of this format's messages: of FHIR, of HL7, or neither; of others never. */
bool ingest_takes(const PackDataset *dataset, IngestFormat format);

/* Registers the checker of `sources:` of datasets. Whoever loads packs calls it, or datasets with sources are refused. */
void ingest_pack_sections(PackSections *sections);
void ingest_sources_markdown(GString *out); /* its keys as tables, for docs/sources.md */

/* Zeroed: everything by content. */
typedef struct {
    IngestFormat format;
    char delimiter;       /* CSV; 0: the one of , ; tab | that divides the first lines best */
    const char *encoding; /* CSV, HL7, JSON; NULL: by content, of HL7 by MSH-18 and content. Else as iconv calls it */
    Str sheet;            /* XLSX; p NULL: the first that is not hidden and has `known` in its header, else the first with a header; "*": all that are not hidden; else its name */
    int64_t header_row;   /* CSV, XLSX: as people count, from 1; 0: by content; -1: there is none, and columns are called "1", "2" … */
    const Str *known;     /* headers that mean something (ids, names, other names of fields): they tell a header from the titles above it */
    size_t n_known;
    const PackDataset *const *datasets; /* FHIR, HL7: for which rows are made: those of them that have `sources:` */
    size_t n_datasets;
} IngestOptions;

/* --- What comes out -------------------------------------------------------------------------------------------------- */

enum { INGEST_BATCH_ROWS = 4096, INGEST_RAW_BYTES = 4096 };

/* What a batch's rows are of. Lives as long as the reader, also for batches that were taken. */
typedef struct {
    uint32_t number;            /* from 0, each time another */
    uint32_t input;             /* of which input; of FHIR and HL7 the first */
    Str sheet;                  /* XLSX; else p NULL */
    const PackDataset *dataset; /* FHIR, HL7; else NULL */
    const Str *columns;         /* CSV, XLSX: the header, as it stands there; FHIR, HL7: ids of fields and inputs; JSON: the names in objects so far */
    size_t n_columns;
    int64_t header_row;         /* CSV, XLSX: where it was found; 0: nowhere */
    Str above;                  /* CSV, XLSX: what stands above it (title, who reports, for when): a tab between cells, LF between rows; may be p NULL */
} IngestTable;

typedef struct {
    enum {
        INGEST_AT_FILE,    /* nowhere in particular */
        INGEST_AT_LINE,    /* "line 12": CSV (the line on which the row begins), NDJSON */
        INGEST_AT_ROW,     /* "row 12" of a sheet */
        INGEST_AT_ENTRY,   /* "Bundle.entry[3]", from 0 */
        INGEST_AT_ELEMENT, /* "[3]", from 0: of an array, or of values behind each other */
        INGEST_AT_MESSAGE, /* "message 4", "message 4, OBX 2", from 1 */
    } kind;
    uint32_t input;
    uint32_t part;     /* the segment's number among those of its name; 0: the whole message */
    char segment[4];   /* "OBX", "" */
    int64_t number;
} IngestPlace;

/* Appends as quoted above; where there is more than one input its name stands before: "Patient.ndjson: line 3". */
typedef struct IngestReader IngestReader;
void ingest_place_write(const IngestReader *reader, const IngestPlace *place, GString *out);

typedef struct {
    IngestPlace place;
    Str raw; /* of CSV, JSON and FHIR what the row was read from (UTF-8, not shortened); else p NULL: for the error file make it from the cells */
} IngestRow;

/* What is wrong with a row, and once in a while with the file. Nothing is lost: what is not among the rows is here. */
typedef struct {
    const char *code;  /* static, stable; texts: ingest.finding.CODE in i18n; all codes: docs/internals/ingest.md */
    bool lost;         /* the row, resource or message is not among the rows */
    IngestPlace place;
    const IngestTable *table; /* NULL: known of none */
    Str text;          /* English: what was found, what was expected */
    Str params;        /* name=value lines for the text in i18n; may be p NULL */
    Str raw;           /* at most INGEST_RAW_BYTES of it, UTF-8; bytes that are not become U+FFFD */
} IngestFinding;

/* Rows of one table; or findings alone. */
typedef struct IngestBatch {
    const IngestTable *table; /* NULL where there are no rows */
    const IngestRow *rows;
    size_t n_rows;            /* at most INGEST_BATCH_ROWS */
    const Str *cells;         /* n_rows × n_columns, row by row. p NULL: nothing was sent for it; "" with p set: sent as empty (HL7 "") */
    const IngestFinding *findings;
    size_t n_findings;
} IngestBatch;

static inline const Str *ingest_row(const IngestBatch *batch, size_t row)
{
    return batch->cells + row * batch->table->n_columns;
}

/* `inputs` and `options` are copied, what they point to is not. NULL: BH_BAD_INPUT "unknown-format", what is none by its name ("file-compressed", "file-picture", "file-pdf", "file-page",
 * "file-document", "file-other-sheet", "old-excel", "encrypted"), "empty", "not-a-workbook", "not-a-document", "too-many-columns" (BH_TOO_LARGE), "no-sheet", "no-sources" (FHIR or HL7, and no dataset can take them); BH_NOT_FOUND; BH_TOO_LARGE; BH_USAGE: an input that cannot be read twice. */
IngestReader *ingest_open(const IngestInput *inputs, size_t n_inputs, const IngestOptions *options, GError **err);
void ingest_close(IngestReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IngestReader, ingest_close)

/* The next batch, valid until the next call; NULL at the end. False with err only for what makes the rest unreadable: the file itself, a workbook or JSON document
 * that breaks off; `at` says where. Then no further call. */
bool ingest_next(IngestReader *reader, const IngestBatch **ret_batch, GError **err);

/* Appends what a finding says to people: the text of ingest.finding.CODE. */
void ingest_finding_write(const IngestFinding *finding, Lang lang, GString *out);

/* Hands the batch that came last over, with all that it points to but its table: it lives until ingest_batch_free, on any thread, before ingest_close. Once each. */
const IngestBatch *ingest_batch_take(IngestReader *reader);
void ingest_batch_free(const IngestBatch *batch);

/* The header that was read last, though no row may stand below it: no batch has its table then. NULL: of a format without one. */
const IngestTable *ingest_header(const IngestReader *reader);

/* What was found out, and how far reading is, in bytes of all inputs. */
IngestFormat ingest_format(const IngestReader *reader);  /* of the input in hand */
const char *ingest_encoding(const IngestReader *reader); /* "UTF-8", "GB18030" …; of XLSX and FHIR always "UTF-8" */
char ingest_delimiter(const IngestReader *reader);       /* CSV; else 0 */
uint64_t ingest_position(const IngestReader *reader);

/* Sheets of a workbook, for a page that lets people choose; BH_* as ingest_open. */
typedef struct {
    Str name;
    bool hidden;
} IngestSheet;
bool ingest_sheets(const IngestInput *input, Arena *arena, const IngestSheet **ret_sheets, size_t *ret_n, GError **err);

/* Which format a file has, by its first bytes (4,096 are enough); INGEST_AUTO: none of them. */
IngestFormat ingest_detect(Str head);
