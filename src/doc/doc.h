/* doc.h: official documents: bytes in, document model out. Pure and deterministic: no database, no clock, no network.
 *
 * The model is the object of schema "bihuan.document/1": what a document is called, its items with owners, measures and targets, the counts
 * that it declares of itself, and findings. Every value is the document's own text, unchanged but for line breaks inside it, and
 * carries its span. Spans are half-open offsets in code points of the stored text (decoded, line ends LF, no byte-order mark). */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/diags.h"
#include "base/error.h"
#include "base/json.h"

typedef struct {
    uint32_t from, to; /* from == to: nowhere */
} Span;

typedef struct {
    Str text; /* STR_NONE: not there */
    Span span;
} DocValue;

typedef enum { DOC_PLAN, DOC_RECTIFICATION, DOC_DECISION, DOC_APPOINTMENT, DOC_GAZETTE, DOC_NEWS, DOC_OTHER } DocKind;
typedef enum { ITEM_TASK, ITEM_RECTIFICATION, ITEM_NARRATIVE } ItemKind;
typedef enum { OP_EQ, OP_GE, OP_LE, OP_ABOUT, OP_RANGE } TargetOp; /* printed = >= <= ~ range */
typedef enum { TENSE_TARGET, TENSE_RESULT } Tense;

/* An exact figure: value / 10^scale. */
typedef struct {
    int64_t value;
    uint8_t scale; /* 0 to 6 */
} DocFigure;

typedef struct {
    DocValue quote; /* the shortest run that holds metric and figure */
    Str metric;     /* what is counted, in the document's words: the quote less figure, comparator and soft words */
    TargetOp op;
    DocFigure value, value2; /* value2 only for OP_RANGE */
    Str unit;                /* as printed: "%", "‰", "/10万", "家", "万人"; "" for none */
    Date due;                /* DATE_NONE: none given */
    bool soft;
    Tense tense;
} DocTarget;

typedef struct {
    Str no; /* 一, 2: the mark that introduced it, without punctuation; "一" for 一是 */
    DocValue text;
} DocMeasure;

typedef struct {
    Str no;        /* Arabic digits; STR_NONE for a unit without number */
    DocValue label; /* as printed */
    ItemKind kind;
    const Str *path; /* headings above it, outermost first, each with its number as printed */
    size_t n_path;
    DocValue title;
    DocValue problem; /* rectification only */
    Span span;        /* the whole item, label to last character */
    Date due;         /* by which the item itself says that all of it is to be done; DATE_NONE: it does not */
    const DocValue *lead, *support;
    size_t n_lead, n_support;
    const DocMeasure *measures;
    size_t n_measures;
    const DocTarget *targets;
    size_t n_targets;
} DocItem;

typedef struct {
    const char *what; /* aspects items measures documents key_tasks */
    int64_t value;
    DocValue quote;
    int64_t found; /* -1: the text cannot show it */
} DocDeclared;

typedef struct Doc Doc;
struct Doc {
    DocKind kind;
    DocValue title, doc_no, issuer, issued_text;
    Date issued;   /* DATE_NONE */
    int plan_year; /* the year that it plans for, or its last; 0: not known */
    const DocDeclared *declared;
    size_t n_declared;
    const DocItem *items;
    size_t n_items;
    const Doc *const *parts; /* of a gazette: its documents, spans in the same stored text */
    size_t n_parts;
    Span span; /* the whole of it in the stored text */
};

/* --- Stored text ------------------------------------------------------------------------------------------------ */

typedef enum { DOC_FORM_TXT, DOC_FORM_MD, DOC_FORM_HTML, DOC_FORM_DOCX, DOC_FORM_PDF } DocForm;

typedef struct {
    DocForm form;
    const char *encoding;     /* "UTF-8" or "GB18030" */
    Str text;                 /* UTF-8, LF, no BOM; at most LIMIT_DOC_BYTES */
    char sha256[65];          /* of text, hex */
    bool recognised;          /* by tesseract from a scan */
} DocText;

/* Decodes a file into stored text. The form is told by content, not by name; `name` serves messages only.
 * Fails with BH_BAD_INPUT: not a document (binary, a zip that is no docx, an encrypted pdf), empty, mixed encodings (says at which byte);
 * BH_TOO_LARGE; detail codes "not-a-document", "empty", "encrypted", "no-text-layer", "mixed-encoding", "classified". A 密级 mark (绝密 机密 秘密 ★) gives
 * BH_FORBIDDEN with detail "classified" and no word of the text in the message. diags: oddities that were mended. */
bool doc_text_read(Str bytes, const char *name, Arena *arena, Diags *diags, DocText *ret_text, GError **err);

/* --- Reading ---------------------------------------------------------------------------------------------------- */

/* Reads stored text into the model; always gives one (a text without items is DOC_OTHER with a finding). Linear in the text.
 *   diags  findings, with span in code points and stable codes: docs/reader.md lists them */
const Doc *doc_read(const DocText *text, Arena *arena, Diags *diags);

/* Findings that need the outside: owners that `known` does not accept, due dates before as_of (DATE_NONE: not asked). */
typedef bool (*DocKnownOwner)(Str name, void *data);
void doc_check(const Doc *doc, Diags *diags, DocKnownOwner known, void *data, Date as_of);

/* --- The ledger that people keep in a workbook (整改台账, 任务清单; form.c) ---------------------------------------------
 * There is no standard for it: the words of its headings and cells are a table of what occurs. */

/* What a heading means: "no" "number" "title" "problem" "text" "measures" "lead" "responsible" (责任单位: leads where nobody else does) "support" "leader" "handler" "due"
 * "term" "category" "source" "source_no" "source_date" "basis" "state" (what the file claims of it), "finished" (a date done, or a term where there is no other);
 * "-" a column of the form that only the file keeps; NULL: it says nothing to us. Blanks and what stands in brackets do not count. */
const char *form_column(Str heading);

/* 2026年6月底, 6月30日前, 2026.6, 立行立改, 长期坚持; year: of the plan, for what names none (0: not known). */
typedef struct {
    const char *term; /* "at_once", "lasting", "dated" */
    Date due;         /* the last day that it names; DATE_NONE: none */
} FormDue;
bool form_due(Str text, int year, FormDue *ret_due); /* false: it says no time */

/* Whether a cell says that the thing is done (已完成, 已销号), which we keep as said and do not believe. */
bool form_claims_done(Str text);

/* The parts of a cell that are numbered or stand on lines of their own, without their numbers; one part where there is nothing to cut. Texts in arena. */
const Str *form_parts(Str text, Arena *arena, size_t *ret_n);

/* The names in a cell: cut at 、，,；;/ and line ends, and what stands in brackets behind a name. Labels before them (责任人：) are left out. */
const Str *form_names(Str text, Arena *arena, size_t *ret_n);

/* The lines of a cell of owners that speak of those who support: each begins with a label that says so (in the table in form.c). ret_rest: the other lines.
 * STR_NONE: there are none. */
Str form_support_lines(Str text, Arena *arena, Str *ret_rest);

/* Where a task comes from by the words of its cell: "instruction" "hotline" "inspection" "audit" "meeting" "other". */
const char *form_source(Str text);

/* A row that is none: 合计, 填表说明. */
bool form_is_foot(Str text);

/* --- Printing --------------------------------------------------------------------------------------------------- */

/* The model and its findings as the JSON object of the schema, with spans. */
void doc_write_json(const Doc *doc, const DocText *text, const Diags *diags, GString *out);

/* "name":[from,to], or null where it is nowhere. */
void json_member_span(JsonWriter *json, const char *name, Span span);

/* For people: a heading, one line an item with owners and targets, the findings below. East Asian width respected. */
void doc_write_table(const Doc *doc, const Diags *diags, GString *out);
void doc_write_findings(const Diags *diags, const char *name, GString *out);

/* Whether figures of this metric and unit add up, so that a target may be apportioned and what is claimed of its shares be summed: counts and sums of money do;
 * rates, means, scores and spans of time do not. */
bool doc_figure_adds(Str metric, Str unit);

const char *doc_kind_name(DocKind kind); /* "plan" … */
const char *item_kind_name(ItemKind kind);
const char *target_op_sign(TargetOp op);
