#include "base/i18n.h"
#include "db/queries.h"
#include "http/app.h"
#include "http/list-import.h"

#include "base/banned.h"

typedef struct {
    const HttpExportColumn *column;
    Str json; /* what goes there */
} Put;

typedef struct {
    ListImport *import;
    ListRow *row;
    const ListPresent *present;
    ARENA_LIST(Put) puts;
    bool all; /* every cell goes into the body: of new rows, and of a list that is set as a whole */
} Check;

Str list_place(const ListImport *import, const ListRow *row, const HttpExportColumn *column)
{
    if (!column)
        return arena_printf(import->arena, "row %u", row->row);
    size_t c = (size_t) (column - import->list.columns);
    const SheetCell *cell = import->place[c] >= 0 ? sheet_cell(&import->table, import->head, (uint32_t) import->place[c]) : NULL;
    return arena_printf(import->arena, "row %u, column " STR_FMT, row->row, STR_ARG(cell ? str_trim(cell->text) : str_from(list_heading(column, LANG_ZH))));
}

void list_refuse(ListImport *import, ListRow *row, const HttpExportColumn *column, const char *code, const char *message)
{
    row->kind = LIST_REFUSED;
    diag_add(import->diags, code, list_place(import, row, column), 0, 0, "%s", message);
}

Str list_cell(const ListImport *import, uint32_t row, size_t column)
{
    ptrdiff_t place = import->place[column];
    const SheetCell *cell = place >= 0 ? sheet_filled(&import->table, row, (uint32_t) place) : NULL;
    return cell ? str_trim(cell->text) : STR("");
}

ptrdiff_t list_column(const ListImport *import, const char *value)
{
    for (size_t c = 0; c < import->list.n_columns; c++)
        if (strcmp(import->list.columns[c].value, value) == 0)
            return (ptrdiff_t) c;
    return -1;
}

/* --- Whether a cell says what is there ------------------------------------------------------------------------------------------ */

static bool says_day(Str shown, Str text)
{
    Date a, b;
    return date_parse(str_head(shown, 10), &a) && date_parse(text, &b) && a == b;
}

static bool says_number(Str shown, Str text)
{
    Decimal a, b;
    return decimal_parse(shown, &a) && decimal_parse(text, &b) && decimal_cmp(a, b) == 0;
}

static bool says_same(const Check *check, const HttpExportColumn *column, Str text)
{
    for (Lang lang = 0; lang < LANG_COUNT; lang++) {
        Str shown = check->present ? list_cell_text(column, lang, check->present->answer, check->present->row, check->import->arena) : STR("");
        if (str_eq(str_trim(shown), text) || (column->type == EXPORT_DATE && says_day(shown, text)) || (column->type == EXPORT_NUMBER && says_number(shown, text)))
            return true;
    }
    return false;
}

/* --- What a cell's text makes of the body ------------------------------------------------------------------------------------------ */

static bool is_word(const HttpExportColumn *column, Str word, Str text)
{
    g_autofree char *key = g_strdup_printf("%s" STR_FMT, column->words, STR_ARG(word));
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (str_eq(i18n(lang, key), text))
            return true;
    return str_eq(word, text);
}

static bool find_word(const HttpExportColumn *column, Str text, Str *ret_word)
{
    for (Str rest = str_from(column->choices); rest.p;) {
        Str word = str_cut(&rest, ' ');
        if (!is_word(column, word, text))
            continue;
        *ret_word = word;
        return true;
    }
    return false;
}

static bool take_yes_no(Str text, bool *ret_yes)
{
    for (Lang lang = 0; lang < LANG_COUNT; lang++) {
        *ret_yes = str_eq(text, i18n(lang, "export.yes"));
        if (*ret_yes || str_eq(text, i18n(lang, "export.no")))
            return true;
    }
    return text.n == 0;
}

/* The next name or word of a cell that holds several. */
static bool next_part(Str *rest, Str *ret_part)
{
    static const Str marks[] = { STR_INIT("\u3001"), STR_INIT("\uff0c"), STR_INIT("\uff1b"), STR_INIT(","), STR_INIT(";"), STR_INIT("\n") };
    while (rest->p) {
        size_t end = rest->n, width = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
            ptrdiff_t at = str_find(*rest, marks[i], 0);
            if (at >= 0 && (size_t) at < end) {
                end = (size_t) at;
                width = marks[i].n;
            }
        }
        *ret_part = str_trim(str_head(*rest, end));
        *rest = width > 0 ? str_from_at(*rest, end + width) : STR_NONE;
        if (ret_part->n > 0)
            return true;
    }
    return false;
}

static bool refuse_value(const Check *check, const HttpExportColumn *column, const char *code, Str text)
{
    list_refuse(check->import, check->row, column, code, "this cell is not understood");
    diag_params(check->import->diags, "name=" STR_FMT, STR_ARG(text));
    return true;
}

static bool take_org(const Check *check, const HttpExportColumn *column, Str name, JsonWriter *json, GError **err)
{
    OrgMatch match;
    const User *user = api_user(&check->import->as->request);
    if (!org_resolve(check->import->conn, check->import->arena, name, user->org_path, &match, err))
        return false;
    if (match.how == ORG_UNRESOLVED)
        return refuse_value(check, column, match.n_candidates > 0 ? "ambiguous-owner" : "unknown-owner", name);
    json_str(json, match.org.uid);
    return true;
}

/* By a name that one account's person has, else by the account's own. */
static bool take_account(const Check *check, const HttpExportColumn *column, Str text, JsonWriter *json, GError **err)
{
    Arena *arena = check->import->arena;
    Str uid = STR_NONE;
    size_t n = 0;
    g_autoptr(DbRows) rows = db_query(check->import->conn, ImportPeople, err, .name = text);
    for (ImportPeopleRow row; rows && db_next(rows, &row, err); n++)
        uid = arena_str(arena, row.uid);
    if (!db_rows_ok(rows))
        return false;
    AccountUidByNameRow account;
    bool found = n == 1;
    if (!found && !db_one(check->import->conn, AccountUidByName, arena, &account, &found, err, .username = text))
        return false;
    if (!found)
        return refuse_value(check, column, "person-unknown", text);
    json_str(json, n == 1 ? uid : account.uid);
    return true;
}

static bool take_several(const Check *check, const HttpExportColumn *column, Str text, JsonWriter *json, GError **err)
{
    Str part, word;
    json_begin_array(json);
    for (Str rest = text; next_part(&rest, &part);) {
        if (column->take == TAKE_ORGS && !take_org(check, column, part, json, err))
            return false;
        if (column->take == TAKE_WORDS && find_word(column, part, &word))
            json_str(json, word);
        else if (column->take == TAKE_WORDS)
            refuse_value(check, column, "value-unknown", part);
        if (check->row->kind == LIST_REFUSED)
            return true;
    }
    json_end_array(json);
    return true;
}

/* Writes the value; where it cannot be one, refuses the row. */
static bool take_value(const Check *check, const HttpExportColumn *column, Str text, JsonWriter *json, GError **err)
{
    int64_t number;
    bool yes;
    Date day;
    Str word;
    if (column->take == TAKE_BOOL)
        return take_yes_no(text, &yes) ? (json_bool(json, yes), true) : refuse_value(check, column, "value-unknown", text);
    if (column->take == TAKE_WORDS || column->take == TAKE_ORGS)
        return take_several(check, column, text, json, err);
    if (text.n == 0)
        return json_null(json), true;
    switch (column->take) {
    case TAKE_INT:
        return str_to_int64(text, &number) ? (json_int(json, number), true) : refuse_value(check, column, "value-unknown", text);
    case TAKE_DATE:
        return date_parse(text, &day) ? (json_str(json, text), true) : refuse_value(check, column, "date-bad", text);
    case TAKE_WORD:
        return find_word(column, text, &word) ? (json_str(json, word), true) : refuse_value(check, column, "value-unknown", text);
    case TAKE_ACCOUNT:
        return take_account(check, column, text, json, err);
    case TAKE_ORG:
        return take_org(check, column, text, json, err);
    default:
        return json_str(json, text), true;
    }
}

/* A cell of a whole list that says what is there is that, also where its name means several. */
static bool put_present(Check *check, const HttpExportColumn *column)
{
    Str value = str_from(column->value), end = STR(".name");
    if (!check->present || column->take != TAKE_ORG || !str_ends(value, end))
        return false;
    Arena *arena = check->import->arena;
    const HttpExportColumn of_uid = { .value = arena_printf(arena, STR_FMT ".uid", STR_ARG(str_head(value, value.n - end.n))).p };
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_str(&json, list_cell_text(&of_uid, LANG_ZH, check->present->answer, check->present->row, arena));
    *ARENA_PUSH(arena, &check->puts) = (Put) { column, arena_str(arena, str_from_gstring(out)) };
    return true;
}

static bool put(Check *check, const HttpExportColumn *column, Str text, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    if (!take_value(check, column, text, &json, err))
        return false;
    if (check->row->kind != LIST_REFUSED)
        *ARENA_PUSH(check->import->arena, &check->puts) = (Put) { column, arena_str(check->import->arena, str_from_gstring(out)) };
    return true;
}

/* --- A cell ------------------------------------------------------------------------------------------------------------------------ */

static void told_not_taken(const Check *check, const HttpExportColumn *column)
{
    if (!column->hidden)
        diag_add(check->import->diags, "column-read-only", list_place(check->import, check->row, column), 0, 0, "what stands here is not changed by a file");
}

static Str marks_of(const Check *check)
{
    const ListImport *import = check->import;
    const SheetCell *cell = check->present && import->marks >= 0 ? sheet_cell(&import->table, check->row->row - 1, (uint32_t) import->marks) : NULL;
    return cell ? str_trim(cell->text) : STR("");
}

/* What stands here is what stood here when the file was made. */
static bool is_as_it_was(const Check *check, size_t c)
{
    const ListImport *import = check->import;
    for (Lang lang = 0; lang < LANG_COUNT && check->present; lang++) {
        Str shown = list_cell_text(&import->list.columns[c], lang, check->present->answer, check->present->row, import->arena);
        if (list_cell_left(&import->list, marks_of(check), c, shown, import->arena))
            return true;
    }
    return false;
}

static bool check_cell(Check *check, size_t c, GError **err)
{
    const ListImport *import = check->import;
    const HttpExportColumn *column = &import->list.columns[c];
    if (import->place[c] < 0)
        return true;
    Str text = list_cell(import, check->row->row - 1, c);
    bool same = check->present ? says_same(check, column, text) : text.n == 0;
    if (!same && check->present && list_cell_left(&import->list, marks_of(check), c, text, import->arena)) {
        check->row->left |= column->set != NULL;
        return true;
    }
    bool taken = column->set && !(check->present && column->new_only);
    if (!same && !taken)
        told_not_taken(check, column);
    if (!same && taken) {
        Str old = check->present ? list_cell_text(column, LANG_ZH, check->present->answer, check->present->row, import->arena) : STR("");
        const SheetCell *heading = sheet_cell(&import->table, import->head, (uint32_t) import->place[c]);
        *ARENA_PUSH(import->arena, &check->row->sets) = (ListSet) { heading->text, old, text, is_as_it_was(check, c) };
    }
    if (taken && same && check->all && put_present(check, column))
        return true;
    return !taken || (same && !(check->all && text.n > 0) && !(check->all && column->take == TAKE_BOOL)) || put(check, column, text, err);
}

/* --- The body: members of one object stand together ------------------------------------------------------------------------------ */

static Str path_head(const Put *one, Str *ret_rest)
{
    Str rest = str_from(one->column->set), head = str_cut(&rest, '.');
    *ret_rest = rest;
    return head;
}

static void write_member(JsonWriter *json, const Check *check, size_t first)
{
    Str rest, head = path_head(&check->puts.v[first], &rest), other;
    json_key_str(json, head);
    if (!rest.p) {
        json_raw(json, check->puts.v[first].json);
        return;
    }
    json_begin_object(json);
    for (size_t i = first; i < check->puts.n; i++)
        if (str_eq(path_head(&check->puts.v[i], &other), head)) {
            json_key_str(json, other);
            json_raw(json, check->puts.v[i].json);
        }
    json_end_object(json);
}

static bool is_first(const Check *check, size_t at)
{
    Str rest, head = path_head(&check->puts.v[at], &rest);
    for (size_t i = 0; i < at; i++)
        if (str_eq(path_head(&check->puts.v[i], &rest), head))
            return false;
    return true;
}

static Str body_of(const Check *check)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    for (size_t i = 0; i < check->puts.n; i++)
        if (is_first(check, i))
            write_member(&json, check, i);
    json_end_object(&json);
    return arena_str(check->import->arena, str_from_gstring(out));
}

bool list_check_row(ListImport *import, uint32_t row, const ListPresent *present, ListRow *ret_row, GError **err)
{
    Check check = { .import = import, .row = ret_row, .present = present, .all = !present || import->list.whole };
    ptrdiff_t version = list_column(import, import->list.whole ? "^version" : "version");
    *ret_row = (ListRow) { .row = row + 1, .kind = LIST_SAME, .version = -1, .name = list_cell(import, row, 0), .uid = present ? present->uid : STR_NONE };
    if (version >= 0)
        str_to_int64(list_cell(import, row, (size_t) version), &ret_row->version);
    for (size_t c = 0; c < import->list.n_columns; c++)
        if (!check_cell(&check, c, err))
            return false;
    ret_row->body = body_of(&check);
    if (ret_row->kind != LIST_REFUSED)
        ret_row->kind = !present ? LIST_NEW : ret_row->sets.n > 0 ? LIST_CHANGED : LIST_SAME;
    return true;
}
