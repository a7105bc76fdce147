/* The fields that a column of a ledger may mean, as a table: how a task shows each, and what a cell's text makes of it. */
#include "base/i18n.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mark.h"
#include "db/queries.h"
#include "ledger/import_do.h"

#include "base/banned.h"


struct ImportField {
    LedgerColumn column;
    Str (*print)(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date);
    bool (*read)(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err); /* NULL: read only */
    size_t offset;     /* of plain texts and days in a task */
    const char *words; /* of words: their key in i18n before the word */
    bool new_only;
    const char *code;  /* of what is read only: the finding where it says something else; NULL: nothing is said */
};

#define FINDING(cell, code, ...) diag_add((cell)->diags, code, (cell)->at, 0, 0, __VA_ARGS__)

/* What a cell leaves open keeps a new task a draft; an existing one stays as it is. */
static bool leave_open(FieldCell *cell)
{
    cell->open = true;
    cell->faulty |= cell->task != NULL;
    return true;
}

/* --- Texts --------------------------------------------------------------------------------------------------------------------- */

static Str member_text(const Task *task, const ImportField *field)
{
    Str text = *(const Str *) ((const char *) task + field->offset);
    return text.p ? text : STR("");
}

static Str print_text(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    (void) lang, (void) arena, (void) ret_date;
    return member_text(task, field);
}

static void write_text(FieldCell *cell, const char *name, Str text)
{
    if (text.n > 0)
        json_member_str(cell->json, name, text);
    else
        json_member_cstr(cell->json, name, NULL);
}

static bool read_text(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    (void) date, (void) err;
    if (text.n > 0 || cell->task)
        write_text(cell, field->column.id, text);
    return true;
}

static bool read_needed_text(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    if (text.n > 0)
        return read_text(field, cell, text, date, err);
    cell->faulty |= cell->task != NULL; /* that a new one has no title is said for the row */
    if (cell->task)
        FINDING(cell, "value-missing", "a value is needed here");
    return true;
}

static Str print_number(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    (void) field, (void) lang, (void) arena, (void) ret_date;
    return task->number;
}

static Str print_version(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    (void) field, (void) lang, (void) ret_date;
    return arena_printf(arena, "%" G_GINT64_FORMAT, task->version);
}

/* --- Days and terms --------------------------------------------------------------------------------------------------------------- */

static Str print_date(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    char text[DATE_TEXT_MAX];
    Date date = *(const Date *) ((const char *) task + field->offset);
    (void) lang;
    if (ret_date)
        *ret_date = date;
    return date == DATE_NONE ? STR("") : arena_str(arena, str_from(date_format(date, text)));
}

static void write_date(FieldCell *cell, const char *name, Date date)
{
    char text[DATE_TEXT_MAX];
    json_member_cstr(cell->json, name, date == DATE_NONE ? NULL : date_format(date, text));
}

static bool bad_date(FieldCell *cell, Str text)
{
    FINDING(cell, "date-bad", "'" STR_FMT "' names no day", STR_ARG(text));
    return leave_open(cell);
}

static bool read_date(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    FormDue due = { .due = date };
    (void) err;
    if (date == DATE_NONE && text.n > 0 && (!form_due(text, cell->year, &due) || due.due == DATE_NONE))
        return bad_date(cell, text);
    if (due.due != DATE_NONE || cell->task)
        write_date(cell, field->column.id, due.due);
    return true;
}

static void write_term(FieldCell *cell, const char *term)
{
    if (!cell->has_term)
        json_member_cstr(cell->json, "term", term);
    cell->has_term = true;
}

/* A day, a term that names none (立行立改), or both. Of a term without a day the old day goes, if the task may be without. */
static bool read_due(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    FormDue due = { "dated", date };
    (void) field, (void) err;
    if (date == DATE_NONE && text.n == 0) {
        if (cell->task)
            FINDING(cell, "value-missing", "a value is needed here");
        return leave_open(cell);
    }
    if (date == DATE_NONE && !form_due(text, cell->year, &due))
        return bad_date(cell, text);
    if (due.due == DATE_NONE && !cell->task)
        due.due = cell->due;
    write_term(cell, due.term);
    if (due.due != DATE_NONE)
        write_date(cell, "due", due.due);
    else if (!cell->task)
        leave_open(cell);
    cell->has_due = due.due != DATE_NONE;
    return true;
}

/* --- Words --------------------------------------------------------------------------------------------------------------------------- */

static Str word_text(const char *words, Str word, Lang lang, Arena *arena)
{
    Str text = word.n ? i18n(lang, arena_printf(arena, "%s" STR_FMT, words, STR_ARG(word)).p) : STR("");
    return text.p ? text : word;
}

static Str print_word(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    (void) ret_date;
    return word_text(field->words, member_text(task, field), lang, arena);
}

static bool read_term(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    static const char *const terms[] = { "at_once", "dated", "lasting" };
    FormDue due;
    (void) date, (void) err;
    for (size_t i = 0; i < G_N_ELEMENTS(terms); i++)
        for (Lang lang = 0; lang < LANG_COUNT; lang++)
            if (str_eq(text, str_from(terms[i])) || str_eq(text, word_text(field->words, str_from(terms[i]), lang, cell->arena))) {
                write_term(cell, terms[i]);
                return true;
            }
    if (text.n == 0) {
        if (cell->task)
            json_member_cstr(cell->json, "term", NULL);
        return true;
    }
    if (!form_due(text, cell->year, &due))
        return bad_date(cell, text);
    write_term(cell, due.term);
    return true;
}

/* --- Organisations ------------------------------------------------------------------------------------------------------------------- */

static Str print_owners(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    g_autoptr(GString) names = g_string_new(NULL);
    Str separator = i18n(lang, "list.separator");
    (void) ret_date;
    for (size_t i = 0; i < task->n_owners; i++) {
        if (!str_eq(task->owners[i].role, str_from(field->column.id)))
            continue;
        if (names->len > 0)
            g_string_append_len(names, separator.p, (gssize) separator.n);
        g_string_append_len(names, task->owners[i].name.p, (gssize) task->owners[i].name.n);
    }
    return arena_str(arena, str_from_gstring(names));
}

typedef ARENA_LIST(Str) StrList;

static bool named_already(const StrList *list, Str uid)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i], uid))
            return true;
    return false;
}

/* Accounts of people of that name in an organisation or below; of none where several fit. */
static bool find_person(FieldCell *cell, Str name, const StrList *orgs, Str *ret_path, Str *ret_uid, GError **err)
{
    size_t found = 0;
    *ret_uid = STR_NONE;
    g_autoptr(DbRows) rows = db_query(cell->conn, ImportPeople, err, .name = name);
    for (ImportPeopleRow row; rows && db_next(rows, &row, err);) {
        bool fits = !orgs || orgs->n == 0;
        for (size_t i = 0; orgs && i < orgs->n; i++)
            fits |= org_within(row.org_path, orgs->v[i]);
        if (fits && found++ == 0) {
            *ret_uid = arena_str(cell->arena, row.uid);
            *ret_path = arena_str(cell->arena, row.org_path);
        }
    }
    if (found > 1)
        *ret_uid = STR_NONE;
    return db_rows_ok(rows);
}

static void person_unknown(FieldCell *cell, Str name)
{
    FINDING(cell, "person-unknown", "no account, or more than one, is of '" STR_FMT "'; the name is kept", STR_ARG(name));
    diag_params(cell->diags, "name=" STR_FMT, STR_ARG(name));
}

static bool works_in_lead(const FieldCell *cell, Str path)
{
    for (size_t i = 0; i < cell->lead_paths.n; i++)
        if (org_within(path, cell->lead_paths.v[i]))
            return true;
    return false;
}

static void owner_unknown(FieldCell *cell, Str name, const OrgMatch *match)
{
    bool several = match->n_candidates > 0;
    FINDING(cell, several ? "ambiguous-owner" : "unknown-owner", several ? "'" STR_FMT "' is the name of several organisations" : "no organisation is called '" STR_FMT "'",
            STR_ARG(name));
    diag_params(cell->diags, "name=" STR_FMT, STR_ARG(name));
    leave_open(cell);
}

/* A name that was broken over two lines is one. */
static bool resolve_name(const FieldCell *cell, const Str *names, size_t n, size_t *at, Str text, OrgMatch *ret_match, GError **err)
{
    if (!org_resolve(cell->conn, cell->arena, names[*at], cell->within, ret_match, err))
        return false;
    if (ret_match->how != ORG_UNRESOLVED || ret_match->n_candidates > 0 || *at + 1 >= n)
        return true;
    Str broken = arena_printf(cell->arena, STR_FMT "\n" STR_FMT, STR_ARG(names[*at]), STR_ARG(names[*at + 1]));
    OrgMatch whole;
    if (!str_has(text, broken))
        return true;
    if (!org_resolve(cell->conn, cell->arena, arena_concat(cell->arena, names[*at], names[*at + 1]), cell->within, &whole, err))
        return false;
    if (whole.how == ORG_UNRESOLVED)
        return true;
    *ret_match = whole;
    ++*at;
    return true;
}

typedef struct {
    const char *role;
    StrList uids, paths;
    Str person;
} Owners;

/* Names that are no organisation's behind one that is may be people's: 疾控处 张三. Who works in a lead handles the task; another is only kept. */
static bool read_names(FieldCell *cell, Str text, Owners *owners, GError **err)
{
    size_t n;
    const Str *names = form_names(text, cell->arena, &n);
    for (size_t i = 0; i < n; i++) {
        OrgMatch match;
        Str account = STR_NONE, path = STR_NONE, name = names[i];
        if (!resolve_name(cell, names, n, &i, text, &match, err))
            return false;
        if (match.how != ORG_UNRESOLVED) {
            if (named_already(&owners->uids, match.org.uid))
                continue;
            *ARENA_PUSH(cell->arena, &owners->uids) = match.org.uid;
            *ARENA_PUSH(cell->arena, &owners->paths) = match.org.path;
            if (g_str_equal(owners->role, "lead"))
                *ARENA_PUSH(cell->arena, &cell->lead_paths) = match.org.path;
        } else if (owners->paths.n > 0 && match.n_candidates == 0 && !find_person(cell, name, &owners->paths, &path, &account, err)) {
            return false;
        } else if (account.p) {
            owners->person = works_in_lead(cell, path) ? account : owners->person;
        } else {
            owner_unknown(cell, name, &match);
        }
    }
    return true;
}

static void write_owners(const FieldCell *cell, const Owners *owners)
{
    json_key(cell->json, owners->role);
    json_begin_array(cell->json);
    for (size_t i = 0; i < owners->uids.n; i++)
        json_str(cell->json, owners->uids.v[i]);
    json_end_array(cell->json);
}

static bool read_owners(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    Owners owners = { .role = field->column.id }, support = { .role = "support" };
    bool lead = g_str_equal(field->column.id, "lead");
    Str rest = text, lines = lead && !cell->supported ? form_support_lines(text, cell->arena, &rest) : STR_NONE;
    (void) date;
    if (!read_names(cell, rest, &owners, err) || (lines.p && !read_names(cell, lines, &support, err)))
        return false;
    if (owners.uids.n == 0 && lead)
        leave_open(cell);
    write_owners(cell, &owners);
    if (lines.p)
        write_owners(cell, &support);
    if (owners.person.p && !cell->has_handler) {
        json_member_str(cell->json, "handler", owners.person);
        cell->has_handler = true;
    }
    return true;
}

/* --- People ---------------------------------------------------------------------------------------------------------------------------- */

static Str print_person(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    const PersonRef *person = (const PersonRef *) ((const char *) task + field->offset);
    (void) lang, (void) arena, (void) ret_date;
    return person->name.p ? person->name : STR("");
}

static bool read_person(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    Str uid = STR_NONE, path;
    bool handler = g_str_equal(field->column.id, "handler");
    (void) date;
    if (handler && cell->has_handler)
        return true;
    if (text.n > 0 && !find_person(cell, text, NULL, &path, &uid, err))
        return false;
    if (text.n > 0 && !uid.p) {
        person_unknown(cell, text);
        cell->faulty |= cell->task != NULL;
        return true;
    }
    if (text.n == 0 && !cell->task)
        return true;
    json_member_str(cell->json, field->column.id, uid);
    cell->has_handler |= handler;
    return true;
}

/* --- Measures ------------------------------------------------------------------------------------------------------------------------------ */

static Str print_measures(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date)
{
    g_autoptr(GString) all = g_string_new(NULL);
    (void) field, (void) lang, (void) ret_date;
    for (size_t i = 0; i < task->n_measures; i++)
        g_string_append_printf(all, "%s%zu. " STR_FMT, i > 0 ? "\n" : "", i + 1, STR_ARG(task->measures[i].text));
    return arena_str(arena, str_from_gstring(all));
}

static bool read_measures(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    size_t n;
    const Str *parts = form_parts(text, cell->arena, &n);
    (void) date, (void) err;
    if (cell->task && n == 0) {
        FINDING(cell, "value-missing", "a value is needed here");
        cell->faulty = true;
        return true;
    }
    json_key(cell->json, field->column.id);
    json_begin_array(cell->json);
    for (size_t i = 0; i < n; i++)
        json_str(cell->json, parts[i]);
    json_end_array(cell->json);
    return true;
}

/* --- The table -------------------------------------------------------------------------------------------------------------------------------- */

#define HEADING(id) "sheet.column." id
#define TEXT(id, width, member, read, new_only) { { id, HEADING(id), SHOWN_TEXT, width, false }, print_text, read, offsetof(Task, member), NULL, new_only, NULL }
#define ONLY(id, width, print, member, words, hidden, code) { { id, HEADING(id), SHOWN_TEXT, width, hidden }, print, NULL, offsetof(Task, member), words, false, code }

static Str print_written(const Task *task, const ImportField *field, Lang lang, Arena *arena, Date *ret_date);

/* In the order of our own form. */
static const ImportField fields[] = {
    ONLY("uid", 12, print_text, uid, NULL, true, NULL),
    ONLY("version", 8, print_version, version, NULL, true, NULL),
    ONLY("written", 8, print_written, uid, NULL, true, NULL),
    ONLY("number", 18, print_number, number, NULL, false, "column-read-only"),
    ONLY("plan", 20, print_text, plan_title, NULL, false, "column-read-only"),
    ONLY("no", 8, print_text, label, NULL, false, "column-read-only"),
    TEXT("title", 30, title, read_needed_text, false),
    TEXT("problem", 32, problem, read_text, false),
    TEXT("text", 36, text, read_needed_text, false),
    { { "measures", HEADING("measures"), SHOWN_TEXT, 36, false }, print_measures, read_measures, 0, NULL, false, NULL },
    { { "lead", HEADING("lead"), SHOWN_TEXT, 18, false }, print_owners, read_owners, 0, NULL, false, NULL },
    { { "support", HEADING("support"), SHOWN_TEXT, 20, false }, print_owners, read_owners, 0, NULL, false, NULL },
    { { "leader", HEADING("leader"), SHOWN_TEXT, 10, false }, print_person, read_person, offsetof(Task, leader), NULL, false, NULL },
    { { "handler", HEADING("handler"), SHOWN_TEXT, 10, false }, print_person, read_person, offsetof(Task, handler), NULL, false, NULL },
    { { "due", HEADING("due"), SHOWN_DATE, 12, false }, print_date, read_due, offsetof(Task, due), NULL, false, NULL },
    { { "term", HEADING("term"), SHOWN_TEXT, 10, false }, print_word, read_term, offsetof(Task, term), "task.term.", false, NULL },
    TEXT("category", 12, category, read_text, false),
    { { "source", HEADING("source"), SHOWN_TEXT, 10, false }, print_word, NULL, offsetof(Task, source), "task.source.", true, "column-read-only" },
    TEXT("source_no", 14, source_no, read_text, true),
    { { "source_date", HEADING("source_date"), SHOWN_DATE, 12, false }, print_date, read_date, offsetof(Task, source_date), NULL, true, NULL },
    TEXT("basis", 16, basis, read_text, true),
    ONLY("state", 10, print_word, state, "task.state.", false, "state-not-taken"),
};

/* --- What a row said when it went out ---------------------------------------------------------------------------------------------- */

static void form_name(GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        g_string_append_printf(out, "%s ", fields[i].column.id);
}

static Str print_written(const Task *task, const ImportField *written, Lang lang, Arena *arena, Date *ret_date)
{
    g_autoptr(GString) form = g_string_new(NULL), marks = g_string_new(NULL);
    (void) ret_date;
    form_name(form);
    mark_add(marks, str_from_gstring(form));
    for (const ImportField *field = fields; field < fields + G_N_ELEMENTS(fields); field++)
        mark_add(marks, field == written ? STR("") : field->print(task, field, lang, arena, NULL));
    return arena_str(arena, str_from_gstring(marks));
}

static bool row_said(const ImportField *field, Str marks, Str text)
{
    g_autoptr(GString) form = g_string_new(NULL);
    form_name(form);
    return mark_fits(marks, str_from_gstring(form)) && mark_says(marks, (size_t) (field - fields), text);
}

ImportSince import_field_since(const ImportField *field, const Task *task, Str marks, Str text, Date date, Arena *arena)
{
    char day[DATE_TEXT_MAX];
    if (row_said(field, marks, field->column.kind == SHOWN_DATE && date != DATE_NONE ? str_from(date_format(date, day)) : text))
        return SINCE_LEFT;
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (row_said(field, marks, field->print(task, field, lang, arena, NULL)))
            return SINCE_EDITED;
    return SINCE_UNKNOWN;
}

/* --- As others ask --------------------------------------------------------------------------------------------------------------------- */

static LedgerColumn columns[G_N_ELEMENTS(fields)];

static gpointer gather_columns(gpointer data)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        columns[i] = fields[i].column;
    return data;
}

const LedgerColumn *ledger_columns(size_t *ret_n)
{
    static GOnce once = G_ONCE_INIT;
    g_once(&once, gather_columns, NULL);
    *ret_n = G_N_ELEMENTS(fields);
    return columns;
}

Str ledger_column_text(const Task *task, size_t column, Lang lang, Arena *arena, Date *ret_date)
{
    Date day = DATE_NONE;
    Str text = fields[column].print(task, &fields[column], lang, arena, &day);
    if (ret_date)
        *ret_date = day;
    return text;
}

const ImportField *import_field(Str id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (str_eq(id, str_from(fields[i].column.id)))
            return &fields[i];
    return NULL;
}

bool ledger_is_field(Str field)
{
    return import_field(field) != NULL || str_eq(field, STR("responsible"));
}

bool import_field_read_only(const ImportField *field)
{
    return !field->read;
}

bool import_field_new_only(const ImportField *field)
{
    return field->new_only;
}

const char *import_field_taken(Str id)
{
    const ImportField *field = id.p ? import_field(id) : NULL;
    if (!field)
        return "kept";
    return !field->read ? "no" : field->new_only ? "new" : "yes";
}

Str import_field_now(const ImportField *field, const Task *task, Arena *arena, Date *ret_date)
{
    Date day = DATE_NONE;
    Str text = field->print(task, field, LANG_ZH, arena, &day);
    if (ret_date)
        *ret_date = day;
    if (g_str_equal(field->column.id, "due") && text.n == 0)
        return word_text("task.term.", task->term, LANG_ZH, arena);
    return text;
}

/* As xlsx_row writes it: what is too long for a cell is cut. */
static bool same_text(Str shown, Str text)
{
    bool cut = shown.n > LIMIT_XLSX_TEXT_CHARS && str_ends(text, STR("…")) && utf8_length(text) == LIMIT_XLSX_TEXT_CHARS;
    Str said = cut ? str_head(text, text.n - strlen("…")) : text;
    return cut ? str_starts(shown, said) : str_eq(str_trim(shown), str_trim(said));
}

bool import_field_says(const ImportField *field, const Task *task, Str text, Date date, Arena *arena)
{
    Date day = DATE_NONE;
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (same_text(field->print(task, field, lang, arena, &day), text))
            return true;
    if (date != DATE_NONE && date == day)
        return true;
    FormDue due;
    if (field->column.kind == SHOWN_DATE && text.n > 0 && day != DATE_NONE)
        return form_due(text, 0, &due) && due.due == day && g_str_equal(due.term, "dated");
    return same_text(import_field_now(field, task, arena, NULL), text);
}

bool import_field_read(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err)
{
    if (field->read && !(cell->task && field->new_only))
        return field->read(field, cell, text, date, err);
    const char *code = field->code ? field->code : field->new_only ? "column-read-only" : NULL;
    if (cell->task && code)
        FINDING(cell, code, "what stands here is not changed by a file");
    return true;
}
