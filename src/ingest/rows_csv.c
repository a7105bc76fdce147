/* CSV as batches. A piece of text is read behind what was left of the one before, split, and checked to be UTF-8 at once; only where it is not, row by row. */
#include "base/limits.h"
#include "ingest/csv_split.h"
#include "ingest/unread.h"

#include "base/banned.h"

typedef struct {
    TextStream text;
    GString *left;     /* text not yet split */
    int64_t line;      /* on which it begins */
    IngestTable *table;
    bool skipping;     /* in a row that is too long, up to its line end */
    bool sated, last;  /* whole rows are left, so that nothing is read yet; nothing follows what is left */
} Csv;

static void close_csv(IngestReader *reader)
{
    Csv *csv = reader->state;
    if (!csv)
        return;
    text_clear(&csv->text);
    g_string_free(csv->left, TRUE);
    g_free(csv);
    reader->state = NULL;
}

/* --- The header -------------------------------------------------------------------------------------------------------- */

typedef struct {
    HeadRow rows[LIMIT_INGEST_HEADER_ROW];
    size_t behind[LIMIT_INGEST_HEADER_ROW]; /* where the next row begins */
    int64_t line_behind[LIMIT_INGEST_HEADER_ROW];
    size_t n;
} Top;

static bool no_header(GError **err)
{
    error_set(err, BH_BAD_INPUT, "the file has no header");
    return error_detail(err, "empty");
}

/* The first rows, their cells in the box. */
static void read_top(const IngestReader *reader, Csv *csv, Top *top)
{
    Splitter s;
    int64_t wanted = MAX(reader->options.header_row, HEADER_ROWS);
    Box *box = reader->box;
    split_begin(&s, csv->left->str, csv->left->len - SPLIT_PAD, csv->text.ended && csv->text.n_raw == 0, reader->delimiter, 1);
    while (top->n < (size_t) MIN(wanted, LIMIT_INGEST_HEADER_ROW) && s.next_line <= wanted) {
        size_t before = box->n_cells;
        SplitEnd end = split_next(&s, box);
        if (end == SPLIT_END || end == SPLIT_OPEN)
            break;
        if (end != SPLIT_ROW) {
            box->n_cells = before;
            continue;
        }
        top->rows[top->n] = (HeadRow) { .n_cells = box->n_cells - before, .number = s.line };
        top->behind[top->n] = s.next;
        top->line_behind[top->n++] = s.next_line;
    }
    const Str *cells = box->cells;
    for (size_t i = 0; i < top->n; cells += top->rows[i++].n_cells)
        top->rows[i].cells = cells;
}

static bool use_header(IngestReader *reader, Csv *csv, const Top *top, GError **err)
{
    bool none = reader->options.header_row < 0;
    size_t at = none ? 0 : header_find(top->rows, top->n, &reader->options);
    if (at >= top->n)
        return no_header(err);
    const HeadRow *row = &top->rows[at];
    size_t n = none ? row->n_cells : header_width(row->cells, row->n_cells);
    if (n > LIMIT_CSV_COLUMNS)
        return unread_too_wide(row->number, LIMIT_CSV_COLUMNS, err);
    for (size_t i = 0; i < n; i++)
        if (!utf8_valid(row->cells[i], NULL)) {
            error_set(err, BH_BAD_INPUT, "the header is not %s", reader->encoding);
            error_at(err, "%" G_GINT64_FORMAT ":1", row->number);
            return error_detail(err, "mixed-encoding");
        }
    csv->table = reader_table(reader, none ? header_numbers(n, reader->arena) : row->cells, n);
    if (none)
        return true;
    csv->table->header_row = row->number;
    csv->table->above = header_above(top->rows, at, reader->arena);
    csv->line = top->line_behind[at];
    g_string_erase(csv->left, 0, (gssize) top->behind[at]);
    return true;
}

/* --- Text ---------------------------------------------------------------------------------------------------------------- */

static void note_encoding(IngestReader *reader, const Csv *csv)
{
    reader->encoding = csv->text.encoding ? csv->text.encoding : "UTF-8";
}

static bool read_first(IngestReader *reader, Csv *csv, GError **err)
{
    g_string_set_size(csv->left, TEXT_PIECE);
    ssize_t got = text_read(&csv->text, csv->left->str, TEXT_PIECE, err);
    if (got < 0)
        return false;
    g_string_set_size(csv->left, (gsize) got + SPLIT_PAD);
    memset(csv->left->str + got, 0, SPLIT_PAD);
    note_encoding(reader, csv);
    for (ssize_t i = 0; i < MIN(got, 4096); i++)
        if (csv->left->str[i] == '\0') {
            error_set(err, BH_BAD_INPUT, "the file is no text: a control byte stands at byte %zd", i);
            return error_detail(err, "not-a-document");
        }
    return true;
}

static bool open_csv(IngestReader *reader, GError **err)
{
    Csv *csv = reader->state = g_new0(Csv, 1);
    csv->left = g_string_new(NULL);
    csv->line = 1;
    if (!text_init(&csv->text, &reader->stream, reader->options.encoding, err) || !read_first(reader, csv, err))
        return false;
    Box *box = reader->box;
    bool last = csv->text.ended && csv->text.n_raw == 0;
    reader->delimiter = reader->options.delimiter;
    if (!reader->delimiter)
        reader->delimiter = split_guess(csv->left->str, csv->left->len - SPLIT_PAD, last, box);
    g_autofree Top *top = g_new0(Top, 1);
    read_top(reader, csv, top);
    bool done = use_header(reader, csv, top, err);
    box_reset(box);
    if (done)
        g_string_truncate(csv->left, csv->left->len - SPLIT_PAD);
    return done;
}

/* What was left, and a piece behind it, into the box. */
static bool read_piece(IngestReader *reader, Csv *csv, bool *ret_last, GError **err)
{
    Box *box = reader->box;
    size_t piece = csv->sated ? 0 : TEXT_PIECE;
    box_reserve_text(box, csv->left->len + piece + SPLIT_PAD);
    memcpy(box->text, csv->left->str, csv->left->len);
    box->n_text = csv->left->len;
    g_string_truncate(csv->left, 0);
    ssize_t got = csv->sated ? 0 : text_read(&csv->text, box->text + box->n_text, piece, err);
    if (got < 0)
        return false;
    box->n_text += (size_t) got;
    memset(box->text + box->n_text, 0, SPLIT_PAD);
    note_encoding(reader, csv);
    if (!csv->sated)
        csv->last = got == 0 || (csv->text.ended && csv->text.n_raw == 0);
    *ret_last = csv->last;
    return true;
}

/* --- Rows ---------------------------------------------------------------------------------------------------------------- */

static void wrong_count(IngestReader *reader, const Csv *csv, const Splitter *s, Str raw)
{
    IngestFinding *finding = box_find(reader->box, s->cells < csv->table->n_columns ? "row-short" : "row-long", true,
                                      reader_place(reader, INGEST_AT_LINE, s->line), csv->table, raw, "the row has %zu cells, the header %zu", s->cells,
                                      csv->table->n_columns);
    box_params(reader->box, finding, "count=%zu\nexpected=%zu", s->cells, csv->table->n_columns);
}

/* The cells from `first` on are a row, or not. */
static void take_row(IngestReader *reader, const Csv *csv, const Splitter *s, size_t first)
{
    Box *box = reader->box;
    const Str *cells = box->cells + first;
    size_t n = box->n_cells - first, n_columns = csv->table->n_columns;
    Str raw = { s->p + s->from, s->to - s->from };
    if (n == n_columns && cells[0].n > 0 && (unsigned char) cells[0].p[0] > ' ') {
        box_row(box, reader_place(reader, INGEST_AT_LINE, s->line), raw);
        return;
    }
    bool fits = n >= n_columns && s->cells <= LIMIT_CSV_COLUMNS && header_blank(cells + n_columns, n - n_columns);
    bool blank = s->cells <= LIMIT_CSV_COLUMNS && (header_blank(cells, n) || (n == 1 && str_eq(cells[0], STR("\x1A")))); /* ^Z: how DOS ends a file */
    box->n_cells = first + (fits && !blank ? n_columns : 0);
    if (fits && !blank)
        box_row(box, reader_place(reader, INGEST_AT_LINE, s->line), raw);
    else if (!blank)
        wrong_count(reader, csv, s, raw);
}

static void bad_quote(IngestReader *reader, const Csv *csv, const Splitter *s, SplitEnd end)
{
    Str raw = { s->p + s->from, s->to - s->from };
    box_find(reader->box, end == SPLIT_QUOTE ? "quote-open" : "quote-behind", true, reader_place(reader, INGEST_AT_LINE, s->line), csv->table, raw,
             end == SPLIT_QUOTE ? "the quote at byte %zu of the line is never closed" : "something stands behind a closing quote at byte %zu of the line",
             s->fault - s->from + 1);
}

/* Rows that are not UTF-8 are taken out. */
static void drop_bad_bytes(IngestReader *reader, const Csv *csv)
{
    Box *box = reader->box;
    size_t kept = 0, n_columns = csv->table->n_columns;
    for (size_t r = 0; r < box->n_rows; r++) {
        IngestRow row = box->rows[r];
        if (utf8_valid(row.raw, NULL)) {
            memmove(box->cells + kept * n_columns, box->cells + r * n_columns, n_columns * sizeof(Str));
            box->rows[kept++] = row;
            continue;
        }
        IngestFinding *finding = box_find(box, "bad-bytes", true, row.place, csv->table, row.raw, "the row has bytes that are no %s", reader->encoding);
        box_params(box, finding, "encoding=%s", reader->encoding);
    }
    box->n_rows = kept;
    box->n_cells = kept * n_columns;
}

/* SPLIT_ROW: the batch is full. */
static SplitEnd take_rows(IngestReader *reader, const Csv *csv, Splitter *s)
{
    Box *box = reader->box;
    while (box->n_rows < INGEST_BATCH_ROWS && box->findings.n < INGEST_BATCH_ROWS) {
        size_t first = box->n_cells;
        SplitEnd end = split_next(s, box);
        if (end == SPLIT_ROW) {
            take_row(reader, csv, s, first);
            continue;
        }
        box->n_cells = first;
        if (end == SPLIT_OPEN || end == SPLIT_END)
            return end;
        bad_quote(reader, csv, s, end);
    }
    return SPLIT_ROW;
}

/* The row in hand has no end within the limit: it is a finding, and passed over. */
static void pass_long_row(IngestReader *reader, Csv *csv, int64_t line)
{
    Box *box = reader->box;
    IngestFinding *finding = box_find(box, "row-large", true, reader_place(reader, INGEST_AT_LINE, line), csv->table, (Str) { box->text, box->n_text },
                                      "the row is longer than %d bytes", LIMIT_INGEST_ROW_BYTES);
    box_params(box, finding, "limit=%d", LIMIT_INGEST_ROW_BYTES);
    csv->skipping = true;
    csv->line = line;
}

/* Up to behind the line end of a row that was too long; false: it has none in this piece. */
static bool skip_line(Csv *csv, Box *box, size_t *ret_from)
{
    const char *lf = memchr(box->text, '\n', box->n_text);
    *ret_from = lf ? (size_t) (lf - box->text) + 1 : box->n_text;
    csv->skipping = !lf;
    csv->line += lf != NULL;
    return lf != NULL;
}

static bool next_csv(IngestReader *reader, bool *ret_more, GError **err)
{
    Csv *csv = reader->state;
    Box *box = reader->box;
    bool last;
    size_t from = 0;
    if (!read_piece(reader, csv, &last, err))
        return false;
    if (csv->skipping && !skip_line(csv, box, &from)) {
        *ret_more = !last;
        box_reset(box);
        return true;
    }
    Splitter s;
    split_begin(&s, box->text + from, box->n_text - from, last, reader->delimiter, csv->line);
    SplitEnd end = take_rows(reader, csv, &s);
    Str rest = { s.p + s.next, s.n - s.next };
    if (!utf8_valid((Str) { s.p, s.next }, NULL))
        drop_bad_bytes(reader, csv);
    csv->line = s.next_line;
    if (end == SPLIT_OPEN && rest.n > LIMIT_INGEST_ROW_BYTES && box_is_empty(box))
        pass_long_row(reader, csv, s.next_line);
    else
        g_string_append_len(csv->left, rest.p, (gssize) rest.n);
    csv->sated = end == SPLIT_ROW;
    *ret_more = csv->sated || !last;
    box_close(box, csv->table);
    return true;
}

const Driver driver_csv = { open_csv, next_csv, close_csv };
