/* csv_split.h: private to ingest: the rows of delimited text, a block of 64 bytes at a time. */
#pragma once

#include "ingest/read.h"

enum { SPLIT_PAD = 64 }; /* so many bytes behind the text can be read, whatever they are */

typedef enum {
    SPLIT_ROW,
    SPLIT_OPEN,  /* the text ends within the row, and is not the last of the file */
    SPLIT_END,   /* no further row: only empty lines, or nothing */
    SPLIT_QUOTE, /* a quote that is not closed within LIMIT_CSV_FIELD_BYTES, or at all */
    SPLIT_BEHIND /* something stands between a closing quote and the delimiter */
} SplitEnd;

typedef struct {
    /* the caller's */
    const char *p;
    size_t n;
    char delimiter;
    bool last;      /* nothing follows this text */
    /* of the row found last */
    size_t from, to; /* its bytes, without the line end */
    size_t cells;    /* how many; at most LIMIT_CSV_COLUMNS + 1 of them were put into the box */
    int64_t line;    /* on which it begins */
    size_t fault;    /* SPLIT_QUOTE, SPLIT_BEHIND: the place */
    size_t next;     /* where the next row begins; after SPLIT_OPEN where the rest does */
    int64_t next_line;
    /* private */
    size_t base;
    uint64_t mask;
} Splitter;

/* p + n + SPLIT_PAD can be read. */
void split_begin(Splitter *s, const char *p, size_t n, bool last, char delimiter, int64_t line);

/* The next row that has a byte in it; its cells are added to the box (views of the text, or of box->arena where doubled quotes were undone). After
 * SPLIT_QUOTE and SPLIT_BEHIND the row is its first line, and what follows it is read on. Cells of rows that are not SPLIT_ROW are the caller's to forget. */
SplitEnd split_next(Splitter *s, Box *box);

/* The delimiter that divides the first lines best. */
char split_guess(const char *p, size_t n, bool last, Box *box);
