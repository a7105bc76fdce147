/* stages.h: private to doc. What each stage gives to the next; each stage is a small file with its own table and tests.
 *
 *   text.c html.c docx.c pdf.c   bytes to stored text                                   doc_text_read
 *   blocks.c                     page chrome off, broken lines joined, tables told       blocks_make
 *   facts.c gazette.c            title, number, dates, kind; a gazette into its parts
 *   numbering.c outline.c        labels and their nesting, learnt from the document
 *   items.c owners.c measures.c  the units that someone answers for
 *   quantities.c …               targets of an item                                     targets_find
 *   declared.c findings.c        the document's own counts against what was found
 *   read.c                       doc_read: calls them in order */
#pragma once

#include "doc/view.h"

typedef enum { BLOCK_PARAGRAPH, BLOCK_ROW /* a row of a table: cells at `cells` */ } BlockKind;

typedef struct {
    BlockKind kind;
    Range range;         /* in the view, without the final '\n' */
    const Range *cells;  /* BLOCK_ROW only */
    size_t n_cells;
    bool centred;        /* it stood alone in the middle of a line: perhaps a title */
    uint8_t heading;     /* 1–6 where # in markdown said so; else 0 */
    uint32_t table;      /* which table a row belongs to, from 1; 0: none */
} Block;

/* What a saved page says about the document in fields of its own: 文号: X 成文日期: Y. They are not in the view. */
typedef enum { FIELD_OTHER, FIELD_TITLE, FIELD_DOC_NO, FIELD_ISSUER, FIELD_ISSUED } PageFieldName;
typedef struct {
    PageFieldName name;
    DocValue value;
} PageField;

typedef struct {
    View view;
    const Block *blocks;
    size_t n_blocks;
    const PageField *fields;
    size_t n_fields;
} Blocks;

/* Stored text to blocks. Chrome (navigation, print and share links, footers, page numbers, 抄送) is left out of the view. */
Blocks blocks_make(const DocText *text, Arena *arena, Diags *diags);

/* --- What a document is called, and the documents of a gazette ---------------------------------------------------- */

/* A stretch of blocks, half-open. */
typedef struct {
    size_t from, to;
} BlockRange;

typedef struct {
    DocKind kind;
    DocValue title, doc_no, issuer, issued_text;
    Date issued;      /* DATE_NONE */
    int plan_year;    /* the year that the plan is for, or its last; 0: not known */
    BlockRange body;  /* what the structure is read from: after the title, without forwarding letter and imprint (抄送 …); attachments stay in */
    BlockRange signature; /* organ and date, where they stand inside the body because attachments follow; else empty */
} DocFacts;

/* The facts of one document, which is all of `range` (the whole text, or one part of a gazette). */
DocFacts facts_find(const Blocks *blocks, BlockRange range, Arena *arena, Diags *diags);

/* The documents of a gazette, in order, its list of contents and section names left out; n = 0: the range is no gazette. */
const BlockRange *gazette_parts(const Blocks *blocks, BlockRange range, Arena *arena, size_t *ret_n);

/* What a target inherits from the document around it. */
typedef struct {
    int plan_year;   /* the year that the plan is for, or its last; 0: not known */
    bool results;    /* the document reports (rectification, summary): figures are results unless the words say otherwise */
} TargetContext;

/* All targets promised or reported in a range of the view (an item's body, or its heading), in order. Wordy targets (全覆盖, 应采尽采, 清零 …)
 * become findings `wordy-target`; a figure with more digits than DocFigure holds becomes a finding `figure-too-long`. The range begins behind
 * the item's label, which a figure would run into (1.2家). Linear in the range. n: how many. */
const DocTarget *targets_find(const View *view, Range range, const TargetContext *context, Arena *arena, Diags *diags, size_t *ret_n);
