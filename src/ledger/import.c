/* A ledger that comes as a workbook: read, held against the plan, told, and where it is wished done. */
#include "ledger/import.h"

#include "base/i18n.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/import_do.h"

#include "base/banned.h"

/* --- What is there ------------------------------------------------------------------------------------------------------------------ */

/* For whom a new plan is made: the own legal body where one may issue for it, else the own unit. */
static bool own_issuer(Importing *import, DbConn *conn, GError **err)
{
    const User *user = import->actor->user;
    Org org;
    if (user->org == DB_NULL_INT) {
        error_set(err, BH_FORBIDDEN, "a ledger is imported by a person, or into a plan that is there");
        error_params(err, "role=%s", role_name(ROLE_ISSUER));
        return error_detail(err, "no-role");
    }
    if (!org_by_id(conn, import->arena, user->legal_body == DB_NULL_INT ? user->org : user->legal_body, &org, err))
        return false;
    MayObject object = { .place = org.path, .area = org.area };
    if (!may(user, VERB_ISSUE, &object).ok && !org_by_id(conn, import->arena, user->org, &org, err))
        return false;
    import->issuer = org.id;
    import->within = org.path;
    import->plan.issuer_area = org.area;
    return true;
}

static bool begin(Importing *import, DbConn *conn, GError **err)
{
    int month, day;
    date_to_ymd(clock_today(import->ledger->clock), &import->year, &month, &day);
    if (!import->wish->plan.p)
        return own_issuer(import, conn, err);
    if (!plan_load(conn, import->arena, import->wish->plan, &import->plan, err))
        return false;
    import->known = true;
    import->issuer = import->plan.issuer;
    import->within = import->plan.issuer_path;
    import->year = (int) import->plan.year;
    return true;
}

static bool load_headings(const Importing *import, DbConn *conn, GHashTable *before, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, ImportHeadings, err, .org = import->issuer);
    for (ImportHeadingsRow row; rows && db_next(rows, &row, err);) {
        Str *key = ARENA_NEW(import->arena, Str), *field = ARENA_NEW(import->arena, Str);
        *key = arena_str(import->arena, row.key);
        *field = arena_str(import->arena, row.field);
        g_hash_table_insert(before, key, field);
    }
    return db_rows_ok(rows);
}

typedef struct {
    DbConn *conn;
    Str within;
} OrgSample;

static bool is_org(void *data, Str name)
{
    const OrgSample *sample = data;
    g_autoptr(Arena) arena = arena_new();
    OrgMatch match;
    return org_resolve(sample->conn, arena, name, sample->within, &match, NULL) && (match.how != ORG_UNRESOLVED || match.n_candidates > 0);
}

static bool find(Importing *import, DbConn *conn, GError **err)
{
    g_autoptr(GHashTable) before = g_hash_table_new(str_hash, str_equal);
    OrgSample sample = { conn, import->within };
    ImportWords words = { import->wish->map, import->wish->sheet, before, is_org, &sample };
    return load_headings(import, conn, before, err) && import_find(import->wish->bytes, &words, import->arena, import->diags, &import->sheet, err);
}

/* A new plan is of the year that its title names. */
static void take_year(Importing *import)
{
    enum { FIRST = 2000, LAST = 2199, DIGITS = 4 };
    Str title = import->sheet.title.p ? import->sheet.title : STR("");
    for (size_t i = 0; !import->known && i + DIGITS <= title.n; i++) {
        int64_t year;
        if (str_to_int64((Str) { title.p + i, DIGITS }, &year) && year >= FIRST && year <= LAST) {
            import->year = (int) year;
            return;
        }
    }
}

/* --- What is told -------------------------------------------------------------------------------------------------------------------- */

static void report(const Importing *import, bool applied, ImportReport *ret_report)
{
    const ImportSheet *sheet = &import->sheet;
    ImportRow *rows = ARENA_ARRAY(import->arena, ImportRow, import->n_rows + 1);
    ImportReport all = { .sheet = sheet->table.name, .title = sheet->title, .title_rows = sheet->head_first, .hidden_rows = sheet->hidden_rows,
                         .columns = sheet->columns, .n_columns = sheet->n_columns, .rows = rows, .n_rows = import->n_rows, .gone = import->gone.v,
                         .n_gone = import->gone.n, .plan = import->known ? import->plan.uid : STR_NONE,
                         .plan_title = import->known ? import->plan.title : sheet->title, .applied = applied };
    for (size_t i = 0; i < import->n_rows; i++) {
        rows[i] = import->rows[i].row;
        all.added += rows[i].kind == IMPORT_NEW;
        all.changed += rows[i].kind == IMPORT_CHANGED;
        all.same += rows[i].kind == IMPORT_SAME;
        all.left += rows[i].left;
        all.refused += rows[i].kind == IMPORT_REFUSED;
    }
    *ret_report = all;
}

static Str default_reason(const ImportWish *wish, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    i18n_format(text, LANG_ZH, "import.reason", arena_printf(arena, "name=" STR_FMT, STR_ARG(wish->name)));
    return arena_str(arena, str_from_gstring(text));
}

bool ledger_import(const Ledger *ledger, const Actor *actor, const ImportWish *given, Arena *arena, Diags *diags, ImportReport *ret_report, GError **err)
{
    ImportWish wish = *given;
    if (!wish.reason.p)
        wish.reason = default_reason(&wish, arena);
    Importing import = { .ledger = ledger, .actor = actor, .wish = &wish, .arena = arena, .diags = diags };
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    if (!conn || !begin(&import, conn, err) || !find(&import, conn, err))
        return false;
    take_year(&import);
    if (!import_check(&import, conn, err))
        return false;
    g_clear_pointer(&conn, db_done);
    if (wish.apply && !import_apply(&import, err))
        return false;
    report(&import, wish.apply, ret_report);
    return true;
}
