/* read.h: private to ingest: what the readers of all formats share. */
#pragma once

#include <iconv.h>

#include "base/arena.h"
#include "ingest/reader.h"

/* --- box.c: a batch and the memory behind it ---------------------------------------------------------------------------
 * Text, cells and rows stand in three blocks that are used again while nobody takes the batch; what is made now and then (doubled quotes undone, findings)
 * in an arena. */
typedef struct {
    IngestBatch batch; /* the first: ingest_batch_free finds the box by it */
    char *text;
    size_t n_text, cap_text;
    Str *cells;
    size_t n_cells, cap_cells;
    IngestRow *rows;
    size_t n_rows, cap_rows;
    ARENA_LIST(IngestFinding) findings;
    Arena *arena;
    ArenaMark begin;
} Box;

Box *box_new(void);
void box_free(Box *box);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Box, box_free)
void box_reset(Box *box);
bool box_is_empty(const Box *box);

/* Room for more bytes of text; cells and rows may point into it, so only while there are none. */
void box_reserve_text(Box *box, size_t more);

/* Room for n more cells; they move. */
void box_reserve_cells(Box *box, size_t more);
static inline void box_cell(Box *box, Str cell)
{
    if (box->n_cells == box->cap_cells)
        box_reserve_cells(box, 1);
    box->cells[box->n_cells++] = cell;
}
void box_row(Box *box, IngestPlace place, Str raw);

/* Sets the batch to what was gathered. */
void box_close(Box *box, const IngestTable *table);

/* A finding; `raw` is cut to INGEST_RAW_BYTES and made UTF-8. The one added stays to be given params. */
IngestFinding *box_find(Box *box, const char *code, bool lost, IngestPlace place, const IngestTable *table, Str raw, const char *format, ...) G_GNUC_PRINTF(7, 8);
void box_params(Box *box, IngestFinding *finding, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* --- stream.c: the bytes of an input, and its text -------------------------------------------------------------------- */

typedef struct {
    const IngestInput *input;
    Str rest;        /* of bytes in memory */
    GString *head;   /* read for a look, not yet given out; NULL: none */
    size_t head_at;
    uint64_t at;     /* given out */
} Stream;

void stream_init(Stream *stream, const IngestInput *input);
void stream_clear(Stream *stream);
/* Up to n bytes, fewer only at the end; -1 with err. */
ssize_t stream_read(Stream *stream, char *buffer, size_t n, GError **err);
/* How much to read at a time: a piece, or a little more than all of what is in memory. */
size_t stream_piece(const Stream *stream);
/* The first bytes, which stay to be read; fewer than n only where the input is shorter. Once, before the first stream_read. */
bool stream_peek(Stream *stream, size_t n, Str *ret_head, GError **err);

/* Text of a stream: decided on the first bytes beyond ASCII. A byte that the encoding does not have comes as 0xFF, which is no UTF-8: the row is found by it. */
typedef struct {
    Stream *stream;
    const char *encoding; /* NULL: not decided yet; static */
    iconv_t converter;    /* (iconv_t) -1: none is needed */
    char *raw;            /* read, not yet converted; has room for a piece */
    size_t n_raw, piece;
    bool ended;
} TextStream;

/* `encoding` as IngestOptions has it. BH_BAD_INPUT: none of that name. */
bool text_init(TextStream *text, Stream *stream, const char *encoding, GError **err);
void text_clear(TextStream *text);
/* Puts up to `room` (at least TEXT_ROOM_MIN) bytes into `out`. 0: the end. */
enum { TEXT_ROOM_MIN = 4096, TEXT_PIECE = 256 * 1024 };
ssize_t text_read(TextStream *text, char *out, size_t room, GError **err);

/* The encoding of some bytes that may be cut off anywhere: "UTF-8", "GB18030", or NULL where all is ASCII. */
const char *text_guess(Str bytes);

/* --- header.c: which of the first rows is the header ------------------------------------------------------------------ */

enum { HEADER_ROWS = 30 };
typedef struct {
    const Str *cells;
    size_t n_cells;
    int64_t number; /* line or row */
    bool merged, formula; /* of a sheet: cells came from the row above; a formula has no value */
} HeadRow;

/* Index of the header among the first rows, n: none of them. */
size_t header_find(const HeadRow *rows, size_t n, const IngestOptions *options);
/* The same by known words alone. */
size_t header_known(const HeadRow *rows, size_t n, const IngestOptions *options);
/* Cells up to the last that is not empty. */
size_t header_width(const Str *cells, size_t n);
bool header_blank(const Str *cells, size_t n);
Str header_above(const HeadRow *rows, size_t n, Arena *arena); /* as IngestTable has it */
const Str *header_numbers(size_t n, Arena *arena);             /* "1", "2" … for columns without a header */

/* --- reader.c ------------------------------------------------------------------------------------------------------------ */

/* What reads one format. `next` adds rows of one table to reader->box, and findings, and calls box_close; *ret_more false behind the last. */
typedef struct {
    bool (*open)(IngestReader *reader, GError **err);
    bool (*next)(IngestReader *reader, bool *ret_more, GError **err);
    void (*close)(IngestReader *reader);
} Driver;
extern const Driver driver_csv, driver_xlsx, driver_json, driver_fhir, driver_hl7;

struct IngestReader {
    Arena *arena;           /* tables and names */
    IngestInput *inputs;
    size_t n_inputs, at;    /* at: the one in hand */
    IngestOptions options;
    Stream stream;          /* of the one in hand */
    IngestFormat format;
    const Driver *driver;   /* NULL: none is open */
    void *state;            /* the driver's */
    void *all;              /* fhir: what it knows of all inputs */
    void (*free_all)(void *all);
    bool more, failed;
    const char *encoding;
    char delimiter;
    uint64_t done;          /* bytes of inputs that are done */
    uint32_t n_tables;
    const IngestTable *table; /* made last */
    Box *box;
};

/* A new table of the input in hand. Columns are copied. */
IngestTable *reader_table(IngestReader *reader, const Str *columns, size_t n_columns);
IngestPlace reader_place(const IngestReader *reader, int kind, int64_t number);
