/* lines.h: private to doc. The stored text as lines that are told apart: text, rows of tables, the page's own chrome and fields. */
#pragma once

#include "doc/stages.h"

typedef enum {
    LINE_BLANK,
    LINE_TEXT,
    LINE_ROW,    /* cells divided by | */
    LINE_CHROME, /* of the page or the print, not of the document: left out */
    LINE_FIELDS, /* name and value pairs of the page: 索引号, 文号, 成文日期 … */
} LineKind;

typedef struct {
    Range range;     /* in `text`, without white space at both ends */
    uint32_t indent; /* columns of white space before it */
    uint32_t width;  /* columns of the range; a Chinese character has two */
    uint32_t bars;   /* | in it */
    LineKind kind;
    uint8_t heading; /* number of # before it in markdown; the range is without them */
} Line;

typedef struct {
    View text; /* all of the stored text; at[i] == i */
    Line *v;
    size_t n;
} Lines;

/* Splits and tells blank from text; the rest of the telling is chrome_mark's. `markdown`: # and ** are marks. */
Lines lines_split(Str text, bool markdown, Arena *arena);

/* Columns that one code point takes in print. */
static inline uint32_t char_columns(char32_t c)
{
    return c >= 0x2000 ? 2 : 1;
}

static inline bool is_bar(char32_t folded)
{
    return folded == '|' || folded == U'│';
}

/* chrome.c: marks LINE_CHROME, LINE_FIELDS and LINE_ROW by its tables. */
void chrome_mark(Lines *lines, Diags *diags);

/* The fields that stand in LINE_FIELDS lines. */
const PageField *chrome_fields(const Lines *lines, Arena *arena, size_t *ret_n);

/* Whether a list's item, a heading or a clause begins here: 一、 （一） 1. 1、 （1） 第一条 ① 一是 •. More than numbering.c accepts: for layout only. */
bool label_begins(const View *text, Range range);
