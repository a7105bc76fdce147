#include "http/import.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "base/package.h"
#include "base/text.h"
#include "http/list-import.h"
#include "http/routes.h"

#include "base/banned.h"

enum { SEARCH_ROWS = 20, HEADINGS_LEAST = 2, SHOWN_ROWS = 500 };

static bool may_read(HttpRequest *request, GError **err)
{
    g_autofree Exchange *sub = g_new0(Exchange, 1);
    ListAsk ask = { exchange_of(request), exchange_of(request)->match.info->exported, STR("") };
    const JsonValue *answer;
    bool read = list_page(&ask, STR_NONE, request->arena, sub, &answer, err);
    answer_clear(&sub->answer);
    return read;
}

/* Who may not read the list is told now; what may be done to its rows is asked row by row. */
bool import_list(HttpRequest *request, GError **err)
{
    HttpExport list = *exchange_of(request)->match.info->export;
    return list_columns(request, &list, err) && may_read(request, err) && import_start(request, "import-list", err);
}

/* --- The sheet ------------------------------------------------------------------------------------------------------------------ */

static bool heading_is(const HttpExportColumn *column, Str heading, Arena *arena)
{
    Str key = text_name_key(heading, arena);
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (key.n > 0 && str_eq(key, text_name_key(str_from(list_heading(column, lang)), arena)))
            return true;
    return false;
}

/* How many of the list's columns a row names; where, in place. */
static size_t read_headings(const ListImport *import, const SheetTable *table, uint32_t row, ptrdiff_t *place)
{
    size_t n = 0;
    for (size_t c = 0; c < import->list.n_columns; c++) {
        place[c] = -1;
        for (uint32_t s = 0; s < table->n_columns && place[c] < 0; s++) {
            const SheetCell *cell = sheet_cell(table, row, s);
            if (cell && heading_is(&import->list.columns[c], cell->text, import->arena))
                place[c] = (ptrdiff_t) s;
        }
        n += place[c] >= 0;
    }
    return n;
}

static ptrdiff_t find_marks(const ListImport *import)
{
    for (uint32_t s = 0; list_marked(&import->list) && s < import->table.n_columns; s++) {
        const SheetCell *cell = sheet_cell(&import->table, import->head, s);
        for (Lang lang = 0; cell && lang < LANG_COUNT; lang++)
            if (str_eq(str_trim(cell->text), i18n(lang, "export.written")))
                return (ptrdiff_t) s;
    }
    return -1;
}

/* Keeps the table and its row of headings if they name more than what was found before. */
static void consider(ListImport *import, const SheetTable *table, size_t *best)
{
    ptrdiff_t place[LIST_COLUMNS_MAX];
    for (uint32_t r = 0; r < MIN(table->n_rows, SEARCH_ROWS); r++) {
        size_t n = read_headings(import, table, r, place);
        if (n <= *best)
            continue;
        *best = n;
        import->table = *table;
        import->head = r;
        memcpy(import->place, place, sizeof place);
    }
}

static bool no_table(GError **err)
{
    error_set(err, BH_BAD_INPUT, "no sheet has the headings of this list");
    error_hint(err, "use the headings of the exported list");
    return error_detail(err, "no-table");
}

static bool find_in_book(ListImport *import, Str bytes, size_t *best, GError **err)
{
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, err);
    size_t n = 0;
    const XlsxSheetInfo *sheets = file ? xlsx_file_sheets(file, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        SheetTable table;
        if (sheets[i].hidden)
            continue;
        if (!xlsx_file_table(file, i, import->arena, &table, err))
            return false;
        consider(import, &table, best);
    }
    return file != NULL;
}

static bool find_table(ListImport *import, Str bytes, GError **err)
{
    size_t best = HEADINGS_LEAST - 1;
    SheetTable table;
    if (package_is(bytes) || package_is_ole(bytes)) {
        if (!find_in_book(import, bytes, &best, err))
            return false;
    } else {
        if (!csv_sheet(bytes, import->arena, &table, err))
            return false;
        consider(import, &table, &best);
    }
    if (best < HEADINGS_LEAST)
        return no_table(err);
    if (import->table.n_rows <= LIMIT_TASK_IMPORT_ROWS + import->head + 1)
        return true;
    error_set(err, BH_TOO_LARGE, "the list has more than %d rows", LIMIT_TASK_IMPORT_ROWS);
    return error_detail(err, "too-many-rows");
}

/* Columns of the sheet that are none of the list's: told, as they are left out. */
static void tell_unknown(const ListImport *import)
{
    for (uint32_t s = 0; s < import->table.n_columns; s++) {
        const SheetCell *cell = sheet_cell(&import->table, import->head, s);
        bool known = !cell || str_trim(cell->text).n == 0 || import->marks == (ptrdiff_t) s;
        for (size_t c = 0; c < import->list.n_columns; c++)
            known |= import->place[c] == (ptrdiff_t) s;
        if (!known)
            diag_add(import->diags, "header-unknown", cell->text, 0, 0, "this column is none of the list's, and is left out");
    }
}

/* --- What is there ------------------------------------------------------------------------------------------------------------------ */

static const JsonValue *copied(const JsonValue *value, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_value(&json, value);
    return json_parse(arena_str(arena, str_from_gstring(out)), arena, NULL);
}

static bool take_present(void *data, const JsonValue *answer, Arena *arena, GError **err)
{
    ListImport *import = data;
    (void) arena;
    const JsonValue *whole = import->list.whole ? copied(answer, import->arena) : NULL;
    import->answer = whole;
    for (const JsonValue *row = list_rows(&import->list, whole ? whole : answer); row; row = row->next) {
        ListPresent *present = ARENA_NEW(import->arena, ListPresent);
        *present = (ListPresent) { .answer = whole, .row = row };
        if (whole) {
            *ARENA_PUSH(import->arena, &import->whole) = present;
            continue;
        }
        if (!json_get_str(row, "uid", &present->uid, err))
            return false;
        if (!g_hash_table_contains(import->seen, &present->uid))
            continue; /* no row of the file is of it */
        present->uid = arena_str(import->arena, present->uid);
        present->row = copied(row, import->arena);
        g_hash_table_insert(import->present, &present->uid, present);
    }
    return true;
}

/* The uids that the file names: of the rest of a long list nothing is kept. */
static void gather_uids(ListImport *import)
{
    ptrdiff_t column = list_column(import, "uid");
    for (uint32_t r = import->head + 1; column >= 0 && r < import->table.n_rows; r++) {
        Str *uid = ARENA_NEW(import->arena, Str);
        *uid = list_cell(import, r, (size_t) column);
        if (uid->n > 0)
            g_hash_table_add(import->seen, uid);
    }
}

static bool load_present(ListImport *import, GError **err)
{
    ListAsk ask = { import->as, import->info->exported, STR("") };
    gather_uids(import);
    bool loaded = list_pages(&ask, take_present, import, err);
    g_hash_table_remove_all(import->seen);
    return loaded;
}

/* --- Rows ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_blank(const ListImport *import, uint32_t row)
{
    for (size_t c = 0; c < import->list.n_columns; c++)
        if (list_cell(import, row, c).n > 0)
            return false;
    return true;
}

static int64_t version_of(const ListImport *import, const ListPresent *present)
{
    int64_t version = -1;
    json_opt_int(import->list.whole ? present->answer : present->row, "version", 0, G_MAXINT64, &version, NULL);
    return version;
}

/* Both changed it: the file and somebody here. Neither goes under; but what only the file changed is done on what stands here now. */
static void refuse_stale(ListImport *import, ListRow *row, const ListPresent *present)
{
    bool alone = true;
    if (row->kind != LIST_CHANGED || row->version < 0 || row->version == version_of(import, present))
        return;
    for (size_t i = 0; i < row->sets.n; i++) {
        const ListSet *set = &row->sets.v[i];
        if (set->alone)
            continue;
        alone = false;
        row->kind = LIST_REFUSED;
        diag_add(import->diags, "changed-both", arena_printf(import->arena, "row %u, column " STR_FMT, row->row, STR_ARG(set->heading)), 0, 0,
                 "it was changed here meanwhile: '" STR_FMT "' stands here, '" STR_FMT "' in the file", STR_ARG(set->old_text), STR_ARG(set->new_text));
        diag_params(import->diags, "present=" STR_FMT "\nfile=" STR_FMT, STR_ARG(set->old_text), STR_ARG(set->new_text));
    }
    if (alone)
        row->version = version_of(import, present);
}

static bool check_one(ListImport *import, uint32_t r, GError **err)
{
    ptrdiff_t column = list_column(import, "uid");
    Str *uid = ARENA_NEW(import->arena, Str);
    *uid = column >= 0 ? list_cell(import, r, (size_t) column) : STR("");
    const ListPresent *present = uid->n > 0 ? g_hash_table_lookup(import->present, uid) : NULL;
    ListRow *row = ARENA_PUSH(import->arena, &import->rows);
    if (uid->n > 0 ? !present : !import->list.add) {
        *row = (ListRow) { .row = r + 1, .name = list_cell(import, r, 0), .version = -1 };
        list_refuse(import, row, NULL, "row-unknown", uid->n > 0 ? "there is no such row" : "no row can be added here");
        return true;
    }
    if (!list_check_row(import, r, present, row, err))
        return false;
    if (uid->n > 0 && !g_hash_table_add(import->seen, uid))
        list_refuse(import, row, NULL, "row-twice", "another row of the file is of the same");
    if (present)
        refuse_stale(import, row, present);
    return true;
}

/* A list that is set as a whole is held against the present one by its order. */
static bool check_whole(ListImport *import, uint32_t r, GError **err)
{
    const ListPresent *present = import->rows.n < import->whole.n ? import->whole.v[import->rows.n] : NULL;
    ListRow *row = ARENA_PUSH(import->arena, &import->rows);
    if (!list_check_row(import, r, present, row, err))
        return false;
    import->wants |= row->kind == LIST_NEW || row->kind == LIST_CHANGED;
    if (present)
        refuse_stale(import, row, present);
    return true;
}

static bool check_rows(ListImport *import, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(import->as->request.app->db, err);
    import->conn = conn;
    for (uint32_t r = import->head + 1; conn && r < import->table.n_rows; r++)
        if (!is_blank(import, r) && !(import->list.whole ? check_whole(import, r, err) : check_one(import, r, err)))
            return false;
    if (import->list.whole && import->rows.n < import->whole.n) {
        import->gone = import->whole.n - import->rows.n;
        import->wants = true;
    }
    import->conn = NULL;
    return conn != NULL;
}

/* --- Findings ---------------------------------------------------------------------------------------------------------------------------- */

static bool forbids(const Diag *diag)
{
    return !g_str_equal(diag->code, "header-unknown") && !g_str_equal(diag->code, "column-read-only");
}

static bool any_forbids(const Diags *diags)
{
    for (size_t i = 0; i < diags_count(diags); i++)
        if (forbids(diags_get(diags, i)))
            return true;
    return false;
}

/* --- Doing it: through the list's own routes ----------------------------------------------------------------------------------------------- */

static const HttpExportColumn *column_at(const ListImport *import, Str at)
{
    for (size_t c = 0; c < import->list.n_columns; c++) {
        const char *set = import->list.columns[c].set;
        g_autofree char *path = set ? g_strdup_printf("/%s", set) : NULL;
        if (path && str_eq(at, str_from(g_strdelimit(path, ".", '/'))))
            return &import->list.columns[c];
    }
    return NULL;
}

static void refuse_as(ListImport *import, ListRow *row, const GError *refusal)
{
    const char *detail = error_get_detail(refusal), *at = error_get_at(refusal);
    list_refuse(import, row, at ? column_at(import, str_from(at)) : NULL, detail ? detail : "row-refused", refusal->message);
}

/* What a handler answered by itself: with what stands there now. */
static void refuse_answer(ListImport *import, ListRow *row, const Answer *answer)
{
    Str code = STR("row-refused");
    const JsonValue *problem = answer->body ? json_parse(str_from_gstring(answer->body), import->arena, NULL) : NULL;
    if (problem)
        json_opt_str(problem, "code", &code, NULL);
    list_refuse(import, row, NULL, arena_str(import->arena, code).p, "the row was refused");
}

static bool is_refusal(const GError *err)
{
    BhError code = error_class_of(err)->code;
    return code == BH_CONFLICT || code == BH_BAD_INPUT || code == BH_FORBIDDEN || code == BH_NOT_FOUND || code == BH_PRECONDITION;
}

typedef struct {
    const RouteInfo *route;
    Str uid, body; /* uid STR_NONE: the address has none */
    int64_t version;
} Order;

/* false only for what is no refusal of the row. */
static bool carry_out(ListImport *import, ListRow *row, const Order *order, bool trial, GError **err)
{
    g_autofree Exchange *sub = g_new0(Exchange, 1);
    g_autoptr(GError) refusal = NULL;
    sub->request = import->as->request;
    sub->request.route = order->route->route;
    sub->request.json = json_parse(order->body, import->arena, err);
    sub->match = import->as->match;
    sub->match.info = order->route;
    if (order->uid.p)
        sub->match.path[order->route->n_path - 1] = order->uid;
    sub->if_match = arena_printf(import->arena, "\"%" G_GINT64_FORMAT "\"", order->version);
    sub->trial = trial;
    sub->bulk = true;
    if (!sub->request.json)
        return false;
    bool done = order->route->route->handler(&sub->request, &refusal);
    if (done && sub->answer.status >= 400)
        refuse_answer(import, row, &sub->answer);
    answer_clear(&sub->answer);
    if (done || sub->tried)
        return true;
    if (is_refusal(refusal)) {
        refuse_as(import, row, refusal);
        return true;
    }
    g_propagate_error(err, g_steal_pointer(&refusal));
    return false;
}

static bool do_row(ListImport *import, ListRow *row, bool trial, GError **err)
{
    const ListPresent *present = row->kind == LIST_CHANGED ? g_hash_table_lookup(import->present, &row->uid) : NULL;
    Order order = { row->kind == LIST_NEW ? import->info->added : import->info->patched, row->kind == LIST_NEW ? STR_NONE : row->uid, row->body,
                    row->version >= 0 || !present ? row->version : version_of(import, present) };
    return (row->kind != LIST_NEW && row->kind != LIST_CHANGED) || carry_out(import, row, &order, trial, err);
}

static bool do_whole(ListImport *import, bool trial, GError **err)
{
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    if (!import->wants || import->rows.n == 0 || any_forbids(import->diags))
        return true;
    ListRow *first = &import->rows.v[0];
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_key(&json, import->list.whole_as ? import->list.whole_as : import->list.rows);
    json_begin_array(&json);
    for (size_t i = 0; i < import->rows.n; i++)
        json_raw(&json, import->rows.v[i].body);
    json_end_array(&json);
    json_end_object(&json);
    Order order = { import->info->added, STR_NONE, arena_str(import->arena, str_from_gstring(body)), first->version };
    if (order.version < 0)
        order.version = version_of(import, &(ListPresent) { .answer = import->answer });
    return carry_out(import, first, &order, trial, err);
}

static bool do_all(ListImport *import, JobRun *run, bool trial, GError **err)
{
    enum { STEP = 20 };
    if (import->list.whole)
        return do_whole(import, trial, err);
    for (size_t i = 0; i < import->rows.n; i++) {
        double done = (double) (i + 1) / (double) import->rows.n;
        if (!do_row(import, &import->rows.v[i], trial, err)
            || (i % STEP == 0 && !job_progress(run, trial ? 0.2 + 0.4 * done : 0.6 + 0.4 * done, trial ? "checking" : "applying", err)))
            return false;
    }
    return true;
}

/* --- What is told -------------------------------------------------------------------------------------------------------------------------- */

static const char *const kinds[] = { [LIST_SAME] = "same", [LIST_NEW] = "new", [LIST_CHANGED] = "changed", [LIST_REFUSED] = "refused" };

static void write_row(JsonWriter *json, const ListRow *row)
{
    json_begin_object(json);
    json_member_int(json, "row", row->row);
    json_member_str(json, "title", row->name);
    json_member_cstr(json, "change", kinds[row->kind]);
    json_member_bool(json, "left", row->left);
    json_key(json, "set");
    json_begin_array(json);
    for (size_t i = 0; i < row->sets.n; i++) {
        json_begin_object(json);
        json_member_str(json, "heading", row->sets.v[i].heading);
        json_member_str(json, "old", row->sets.v[i].old_text);
        json_member_str(json, "new", row->sets.v[i].new_text);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

/* Which columns of the sheet are taken, and which stay as they are here. */
static void write_columns(JsonWriter *json, const ListImport *import)
{
    json_key(json, "columns");
    json_begin_array(json);
    for (size_t c = 0; c < import->list.n_columns; c++) {
        const HttpExportColumn *column = &import->list.columns[c];
        if (import->place[c] < 0 || column->hidden)
            continue;
        json_begin_object(json);
        json_member_int(json, "index", import->place[c]);
        json_member_str(json, "heading", sheet_cell(&import->table, import->head, (uint32_t) import->place[c])->text);
        json_member_cstr(json, "taken", !column->set ? "no" : column->new_only ? "new" : "yes");
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_result(JsonWriter *json, const ListImport *import, bool applied)
{
    int64_t count[G_N_ELEMENTS(kinds)] = { 0 }, left = 0;
    size_t shown = 0;
    for (size_t i = 0; i < import->rows.n; i++) {
        count[import->rows.v[i].kind]++;
        left += import->rows.v[i].left;
    }
    json_begin_object(json);
    json_member_str(json, "sheet", import->table.name);
    json_member_int(json, "rows", (int64_t) import->rows.n);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        json_member_int(json, kinds[i], count[i]);
    json_member_int(json, "left", left);
    json_member_int(json, "gone", (int64_t) import->gone);
    write_columns(json, import);
    json_key(json, "preview");
    json_begin_array(json);
    for (size_t i = 0; i < import->rows.n && shown < SHOWN_ROWS; i++)
        if (import->rows.v[i].kind != LIST_SAME || import->rows.v[i].left) {
            write_row(json, &import->rows.v[i]);
            shown++;
        }
    json_end_array(json);
    json_key(json, "errors");
    json_begin_array(json);
    for (size_t i = 0; i < diags_count(import->diags); i++)
        import_write_finding(json, diags_get(import->diags, i), forbids(diags_get(import->diags, i)));
    json_end_array(json);
    json_member_bool(json, "applied", applied);
    json_end_object(json);
}

/* --- The job -------------------------------------------------------------------------------------------------------------------------------- */

static void list_import_clear(ListImport *import)
{
    g_clear_pointer(&import->present, g_hash_table_unref);
    g_clear_pointer(&import->seen, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ListImport, list_import_clear)

/* Who started it asks again, at the address at which it was started. */
static bool begin_as(JobRun *run, const FileJob *job, const Router *router, Exchange *as, Session *session, GError **err)
{
    *session = (Session) { .user = job->user };
    as->session = (HttpSession) { .account = job->user.account, .account_uid = job->user.account_uid, .user = &session->user };
    as->request = (HttpRequest) { .arena = run->arena, .app = job->http, .session = &as->session,
                                  .via = g_str_equal(job->who.via, "socket") ? HTTP_VIA_SOCKET : HTTP_VIA_TCP };
    as->match = router_match(router, HTTP_POST, job->path);
    as->request.route = as->match.info ? as->match.info->route : NULL;
    return as->match.info && as->match.info->exported ? router_check_path(&as->match, run->arena, err)
                                                      : error_set(err, BH_INTERNAL, "'" STR_FMT "' takes no list", STR_ARG(job->path));
}

static bool run_import(JobRun *run, const FileJob *job, ListImport *import, GError **err)
{
    if (!list_columns(&import->as->request, &import->list, err) || !find_table(import, str_from_gstring(job->content), err))
        return false;
    import->marks = find_marks(import);
    tell_unknown(import);
    if (!job_progress(run, 0.1, "checking", err) || !load_present(import, err) || !check_rows(import, err) || !do_all(import, run, true, err))
        return false;
    bool apply = job->apply && !any_forbids(import->diags);
    if (apply && !do_all(import, run, false, err))
        return false;
    write_result(job_result(run), import, apply);
    return true;
}

bool job_import_list(JobRun *run, GError **err)
{
    g_auto(FileJob) job = { 0 };
    g_autoptr(Router) router = router_new(http_tables, http_n_tables);
    g_autoptr(Diags) diags = diags_new();
    g_autofree Exchange *as = g_new0(Exchange, 1);
    Session session;
    if (!file_job_begin(run, &job, LIMIT_IMPORT_BYTES, err) || !begin_as(run, &job, router, as, &session, err))
        return false;
    g_auto(ListImport) import = { .as = as, .info = as->match.info, .list = *as->match.info->export, .arena = run->arena, .diags = diags };
    import.present = g_hash_table_new(str_hash, str_equal);
    import.seen = g_hash_table_new(str_hash, str_equal);
    return run_import(run, &job, &import, err);
}
