/* What goes back to the sender: rows that could not be stored or are held, with what is wrong in them, as a CSV file that can be mended and sent again. */
#include "base/i18n.h"
#include "hub/check.h"

#include "base/banned.h"

/* --- CSV ---------------------------------------------------------------------------------------------------------------------- */

static void put_cell(GString *out, Str cell, bool last)
{
    bool quoted = false;
    for (size_t i = 0; i < cell.n; i++)
        quoted |= cell.p[i] == '"' || cell.p[i] == ',' || cell.p[i] == '\n' || cell.p[i] == '\r';
    if (quoted)
        g_string_append_c(out, '"');
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, cell.p[i]);
    }
    g_string_append(out, quoted ? "\"" : "");
    g_string_append(out, last ? "\n" : ",");
}

/* --- What is wrong --------------------------------------------------------------------------------------------------------------- */

static Str name_of_record(const Plan *plan, unsigned record)
{
    for (size_t i = 0; i < plan->n_targets; i++)
        if (plan->targets[i].record == (int) record)
            return plan->targets[i].name;
    return STR("");
}

static void put_text(GString *out, Str text)
{
    g_string_append_len(out, text.p, (gssize) text.n);
}

static void put_named(GString *out, Str name, const char *group, const char *code)
{
    g_autofree char *key = g_strconcat(group, code, NULL);
    if (name.n > 0) {
        put_text(out, name);
        put_text(out, i18n(LANG_ZH, "hub.wrong.colon"));
    }
    Str text = i18n(LANG_ZH, key);
    put_text(out, text.p ? text : str_from(code));
}

static const char *fault_at(const Rows *rows, unsigned record, size_t row)
{
    for (size_t t = 0; t < rows->plan->n_targets; t++)
        if (rows->plan->targets[t].record == (int) record && rows->faults[t] && rows->faults[t][row])
            return rows->faults[t][row] == CELL_FAULTS ? "org" : cell_fault_name((CellFault) rows->faults[t][row]);
    return "text";
}

static void put_found(const Rows *rows, size_t row, uint16_t found, GString *out)
{
    const Plan *plan = rows->plan;
    if (found < HUB_FOUND_TYPE)
        put_text(out, plan->dataset->rules.v[found].says);
    else if (found < HUB_FOUND_REQUIRED)
        put_named(out, name_of_record(plan, found - (unsigned) HUB_FOUND_TYPE), "cell.fault.", fault_at(rows, found - (unsigned) HUB_FOUND_TYPE, row));
    else if (found < HUB_FOUND_REPEATED)
        put_named(out, name_of_record(plan, found - (unsigned) HUB_FOUND_REQUIRED), "hub.found.", "required");
    else {
        Str name = hub_found_name(plan->dataset, found, rows->arena), kind = str_cut(&name, ':');
        g_autofree char *code = g_strdup_printf(STR_FMT "-" STR_FMT, STR_ARG(kind), STR_ARG(name));
        put_named(out, STR(""), "hub.found.", code);
    }
}

static void put_wrong(const Rows *rows, size_t row, GString *out)
{
    int target = rows->reject_targets[row];
    if (rows->rejects[row]) {
        put_named(out, target >= 0 ? rows->plan->targets[target].name : STR(""), "hub.reject.", reject_codes[rows->rejects[row]]);
        return;
    }
    for (uint32_t i = rows->first_found[row]; i < rows->first_found[row + 1]; i++) {
        if (i > rows->first_found[row])
            put_text(out, i18n(LANG_ZH, "hub.wrong.semicolon"));
        put_found(rows, row, rows->found_sorted[i], out);
    }
}

/* --- The error file ----------------------------------------------------------------------------------------------------------------- */

void wrong_header(const Plan *plan, const IngestTable *table, GString *out)
{
    (void) plan;
    g_string_append(out, "\xEF\xBB\xBF"); /* so that spreadsheets take it for what it is */
    for (size_t c = 0; c < table->n_columns; c++)
        if (!wrong_is_own_column(str_trim(table->columns[c])))
            put_cell(out, table->columns[c], false);
    put_cell(out, i18n(LANG_ZH, "hub.column.line"), false);
    put_cell(out, i18n(LANG_ZH, "hub.column.wrong"), true);
}

void wrong_line(const Rows *rows, size_t row, GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const Str *cells = ingest_row(rows->batch, row);
    const Mapping *mapping = rows->mapping;
    for (size_t c = 0; c < mapping->n_error_places; c++)
        put_cell(out, mapping->error_places[c] >= 0 ? cells[mapping->error_places[c]] : STR(""), false);
    ingest_place_write(rows->plan->reader, &rows->batch->rows[row].place, text);
    put_cell(out, str_from_gstring(text), false);
    g_string_truncate(text, 0);
    put_wrong(rows, row, text);
    put_cell(out, str_from_gstring(text), true);
}

/* --- Rejects --------------------------------------------------------------------------------------------------------------------------- */

/* The key's id, then the seal of: how long what may be shown is, that itself, the row. */
enum { ID_BYTES = 4, LENGTH_BYTES = 2 };

static Str sealed(const Plan *plan, const HubReject *reject, Str raw, Arena *arena)
{
    const KeyRing *keys = hub_open(plan->hub)->keys;
    uint32_t id = key_ring_newest(keys), stored_id = GUINT32_TO_BE(id);
    uint16_t length = GUINT16_TO_BE((uint16_t) reject->shown.n);
    g_autoptr(GString) plain = g_string_new_len((const char *) &length, LENGTH_BYTES), out = g_string_new_len((const char *) &stored_id, ID_BYTES);
    g_string_append_len(plain, reject->shown.p, (gssize) reject->shown.n);
    g_string_append_len(plain, raw.p, (gssize) raw.n);
    seal(key_ring_get(keys, id, KEY_BLOB), reject->at, str_from_gstring(plain), out);
    return arena_str(arena, str_from_gstring(out));
}

bool hub_reject_shown(const KeyRing *keys, Str at, Str raw, Arena *arena, Str *ret, GError **err)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    uint32_t id = 0;
    uint16_t length = 0;
    *ret = STR_NONE;
    if (raw.n < ID_BYTES)
        return true;
    memcpy(&id, raw.p, ID_BYTES);
    id = GUINT32_FROM_BE(id);
    if (id < 1 || id > key_ring_newest(keys))
        return error_set(err, BH_INTERNAL, "a rejected row is of key %u, which is not in the key file", id);
    if (!unseal(key_ring_get(keys, id, KEY_BLOB), at, str_from_at(raw, ID_BYTES), plain, err))
        return false;
    memcpy(&length, plain->str, MIN(plain->len, LENGTH_BYTES));
    length = GUINT16_FROM_BE(length);
    if (plain->len < LENGTH_BYTES + (size_t) length)
        return error_set(err, BH_INTERNAL, "a rejected row is sealed in a way that this program does not know");
    if (length > 0)
        *ret = arena_str(arena, (Str) { plain->str + LENGTH_BYTES, length });
    return true;
}

static void put_raw(const Rows *rows, size_t row, GString *out)
{
    const Str *cells = ingest_row(rows->batch, row);
    size_t n = rows->batch->table->n_columns;
    if (rows->batch->rows[row].raw.p)
        put_text(out, str_head(rows->batch->rows[row].raw, INGEST_RAW_BYTES));
    else
        for (size_t c = 0; c < n && out->len < INGEST_RAW_BYTES; c++)
            put_cell(out, cells[c], c + 1 == n);
}

static Str place_text(const Plan *plan, const IngestPlace *place, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ingest_place_write(plan->reader, place, text);
    return arena_str(arena, str_from_gstring(text));
}

static Str shown(const Rows *rows, size_t row, int target, Arena *arena)
{
    int column = target >= 0 ? rows->mapping->column_of[target] : -1;
    if (column < 0)
        return STR_NONE;
    const Target *t = &rows->plan->targets[target];
    Str cell = utf8_head(ingest_row(rows->batch, row)[column], 60);
    return pack_type_personal(t->type) ? person_mask(t->type, cell, arena) : arena_str(arena, cell);
}

HubReject wrong_reject(const Rows *rows, size_t row, Arena *arena)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    int target = rows->reject_targets[row];
    put_raw(rows, row, raw);
    HubReject reject = { .number = rows->first_number + (uint32_t) row, .at = place_text(rows->plan, &rows->batch->rows[row].place, arena), .code = reject_codes[rows->rejects[row]],
                         .field = target >= 0 ? rows->plan->targets[target].id : STR_NONE, .shown = shown(rows, row, target, arena) };
    reject.sealed = sealed(rows->plan, &reject, str_from_gstring(raw), arena);
    bool named = rows->named && rows->named[row];
    reject.org = named ? rows->orgs[row] : DB_NULL_INT;
    reject.key = named ? rows->keys[row] : DB_NULL_INT;
    return reject;
}

HubReject wrong_lost(const Plan *plan, const IngestFinding *finding, uint32_t number, Arena *arena)
{
    HubReject reject = { .number = number, .at = place_text(plan, &finding->place, arena), .code = finding->code, .org = DB_NULL_INT, .key = DB_NULL_INT };
    reject.sealed = sealed(plan, &reject, finding->raw.p ? finding->raw : STR(""), arena);
    return reject;
}
