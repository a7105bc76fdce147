#include "hub/run_do.h"

#include "base/banned.h"

/* --- Order ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t place, key; /* both so that they compare without a sign */
    uint32_t number, row;
} Order;

static inline bool before(const Order *a, const Order *b)
{
    if (a->place != b->place)
        return a->place < b->place;
    return a->key != b->key ? a->key < b->key : a->number < b->number;
}

static void sort_few(Order *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        Order moving = v[i];
        size_t j = i;
        for (; j > 0 && before(&moving, &v[j - 1]); j--)
            v[j] = v[j - 1];
        v[j] = moving;
    }
}

static void merge(const Order *from, Order *to, size_t left, size_t middle, size_t right)
{
    size_t a = left, b = middle;
    for (size_t i = left; i < right; i++) {
        bool take_b = a == middle || (b < right && before(&from[b], &from[a]));
        to[i] = take_b ? from[b] : from[a];
        b += take_b;
        a += !take_b;
    }
}

/* Merges upwards from short runs: no call for each comparison, which is what takes the time of qsort. Returns v or spare. */
static Order *sort(Order *v, Order *spare, size_t n)
{
    enum { FEW = 12 };
    for (size_t i = 0; i < n; i += FEW)
        sort_few(v + i, MIN((size_t) FEW, n - i));
    for (size_t width = FEW; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width)
            merge(v, spare, i, MIN(i + width, n), MIN(i + 2 * width, n));
        Order *swap = v;
        v = spare;
        spare = swap;
    }
    return v;
}

static const int64_t *ints(const RunRows *rows, int column)
{
    return rows->columns[column].values;
}

/* Month and organisation in one number where organisations are below 2^32, as they are: the store counts them from 1. */
static Order *order_of(const RunRows *rows, Order *v)
{
    const int64_t *months = ints(rows, RUN_MONTH), *orgs = ints(rows, RUN_ORG), *keys = ints(rows, RUN_KEY);
    for (size_t i = 0; i < rows->n; i++) {
        g_assert(orgs[i] >= 0 && orgs[i] <= UINT32_MAX);
        v[i] = (Order) { (uint64_t) (months[i] + INT32_MAX) << 32 | (uint64_t) orgs[i], (uint64_t) keys[i] ^ (uint64_t) 1 << 63, rows->numbers[i], (uint32_t) i };
    }
    return sort(v, v + rows->n, rows->n);
}

/* --- Sizes ------------------------------------------------------------------------------------------------------------------ */

static Str text_at(const ExprColumn *column, size_t row)
{
    return column->codes ? column->dict->values[column->codes[row]] : ((const Str *) column->values)[row];
}

static bool is_null(const ExprColumn *column, size_t row)
{
    return column->nulls && column->nulls[row];
}

static size_t length_size(size_t n)
{
    return n < RUN_LENGTH ? 1 : 5;
}

static size_t null_bytes(const RunTable *table)
{
    return (table->n - RUN_HEAD_COLUMNS + 7) / 8;
}

static size_t found_of(const RunRows *rows, size_t row)
{
    return rows->first_found ? rows->first_found[row + 1] - rows->first_found[row] : 0;
}

/* By row; returns their sum. */
static size_t measure(const RunTable *table, const RunRows *rows, uint32_t *sizes)
{
    size_t all = 0;
    for (size_t i = 0; i < rows->n; i++)
        sizes[i] = (uint32_t) (sizeof(RunHead) + 2 * found_of(rows, i) + null_bytes(table));
    for (size_t c = RUN_HEAD_COLUMNS; c < table->n; c++) {
        const ExprColumn *column = &rows->columns[c];
        size_t fixed = table->columns[c].kind == EXPR_TEXT ? 0 : table->columns[c].kind == EXPR_DATE ? 4 : 8;
        for (size_t i = 0; i < rows->n; i++) {
            if (is_null(column, i))
                continue;
            size_t n = fixed > 0 ? 0 : text_at(column, i).n;
            sizes[i] += (uint32_t) (fixed > 0 ? fixed : length_size(n) + n);
        }
    }
    for (size_t i = 0; i < rows->n; i++) {
        sizes[i] = (sizes[i] + 7) & ~(uint32_t) 7;
        all += sizes[i];
    }
    return all;
}

/* --- Writing ----------------------------------------------------------------------------------------------------------------- */

static char *put(char *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static char *put_text(char *at, Str s)
{
    uint32_t n = (uint32_t) s.n;
    if (n < RUN_LENGTH) {
        *at++ = (char) n;
    } else {
        *at++ = (char) RUN_LENGTH;
        at = put(at, &n, sizeof n);
    }
    return put(at, s.p, n);
}

static char *put_cell(char *at, ExprKind kind, const ExprColumn *column, size_t row)
{
    int64_t wide;
    switch (kind) {
    case EXPR_TEXT: return put_text(at, text_at(column, row));
    case EXPR_DATE: return put(at, (const Date *) column->values + row, sizeof(Date));
    case EXPR_BOOL: wide = ((const uint8_t *) column->values)[row]; return put(at, &wide, sizeof wide);
    default: return put(at, (const int64_t *) column->values + row, sizeof wide);
    }
}

static void put_row(char *at, const RunTable *table, const RunRows *rows, size_t row, uint32_t size)
{
    RunHead head = { size, rows->numbers[row], (int32_t) ints(rows, RUN_MONTH)[row], (uint16_t) found_of(rows, row), (uint8_t) ints(rows, RUN_STATE)[row], 0,
                     ints(rows, RUN_ORG)[row], ints(rows, RUN_KEY)[row] };
    char *end = at + size;
    at = put(at, &head, sizeof head);
    if (head.n_found > 0)
        at = put(at, rows->found + rows->first_found[row], sizeof(uint16_t) * head.n_found);
    uint8_t *nulls = (uint8_t *) at;
    memset(nulls, 0, null_bytes(table));
    at += null_bytes(table);
    for (size_t c = RUN_HEAD_COLUMNS; c < table->n; c++) {
        if (is_null(&rows->columns[c], row))
            nulls[(c - RUN_HEAD_COLUMNS) / 8] |= (uint8_t) (1 << (c - RUN_HEAD_COLUMNS) % 8);
        else
            at = put_cell(at, table->columns[c].kind, &rows->columns[c], row);
    }
    memset(at, 0, (size_t) (end - at));
}

RunPiece run_encode(const RunTable *table, const RunRows *rows)
{
    g_autofree uint32_t *sizes = g_new(uint32_t, rows->n + 1);
    g_autofree Order *orders = g_new(Order, 2 * rows->n + 1);
    size_t size = measure(table, rows, sizes);
    RunPiece piece = { g_malloc(size + 1), size, rows->n };
    const Order *order = order_of(rows, orders);
    char *at = piece.bytes;
    for (size_t i = 0; i < rows->n; at += sizes[order[i].row], i++)
        put_row(at, table, rows, order[i].row, sizes[order[i].row]);
    return piece;
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------- */

static const char *take_text(const char *at, Str *ret_text)
{
    uint32_t n = (uint8_t) *at++;
    if (n == RUN_LENGTH) {
        memcpy(&n, at, sizeof n);
        at += sizeof n;
    }
    *ret_text = (Str) { at, n };
    return at + n;
}

static const char *take_cell(const char *at, ExprKind kind, bool null, DbValue *cell)
{
    Date day = DATE_NONE;
    switch (kind) {
    case EXPR_TEXT:
        *cell = DB_TEXT(STR_NONE);
        return null ? at : take_text(at, &cell->text);
    case EXPR_DATE:
        if (!null)
            memcpy(&day, at, sizeof day);
        *cell = DB_DATE(day);
        return null ? at : at + sizeof day;
    default:
        *cell = DB_INT(DB_NULL_INT);
        if (!null)
            memcpy(&cell->number, at, sizeof cell->number);
        return null ? at : at + sizeof cell->number;
    }
}

void run_decode(const RunTable *table, const RunHead *head, DbValue *ret_cells)
{
    const char *at = (const char *) (head + 1) + sizeof(uint16_t) * head->n_found;
    const uint8_t *nulls = (const uint8_t *) at;
    at += null_bytes(table);
    ret_cells[RUN_MONTH] = DB_INT(head->month);
    ret_cells[RUN_ORG] = DB_INT(head->org);
    ret_cells[RUN_KEY] = DB_INT(head->key);
    ret_cells[RUN_STATE] = DB_INT(head->state);
    for (size_t c = RUN_HEAD_COLUMNS; c < table->n; c++)
        at = take_cell(at, table->columns[c].kind, nulls[(c - RUN_HEAD_COLUMNS) / 8] >> (c - RUN_HEAD_COLUMNS) % 8 & 1, &ret_cells[c]);
}
