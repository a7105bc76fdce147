/* What a path of a correction means: one table of patterns, each with how a value is set there and how it is printed. */
#include "base/limits.h"
#include "ledger/draft.h"

#include "base/banned.h"

struct PathRow {
    const char *pattern; /* '#': a place in a list; '*': a name */
    bool (*apply)(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err);
    void (*print)(const DraftWork *work, const DraftSpot *spot, JsonWriter *json);
    size_t offset; /* of a plain value, in what the pattern leads to */
    const DraftType *type;
    const char *words;
};

static DraftItem *item_at(const DraftWork *work, const DraftSpot *spot)
{
    return &work->draft.items[spot->item];
}

static DraftTarget *target_at(const DraftWork *work, const DraftSpot *spot)
{
    return &item_at(work, spot)->targets[spot->part];
}

static DraftMeasure *measure_at(const DraftWork *work, const DraftSpot *spot)
{
    return &item_at(work, spot)->measures[spot->part];
}

/* --- Plain values ------------------------------------------------------------------------------------------------------ */

static bool apply_to_document(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    return spot->row->type->read(value, spot->row->words, work->arena, (char *) &work->draft + spot->row->offset, err);
}

static void print_of_document(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    spot->row->type->print((const char *) &work->draft + spot->row->offset, json);
}

static bool apply_to_item(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    return spot->row->type->read(value, spot->row->words, work->arena, (char *) item_at(work, spot) + spot->row->offset, err);
}

static void print_of_item(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    spot->row->type->print((const char *) item_at(work, spot) + spot->row->offset, json);
}

static bool apply_to_target(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    return spot->row->type->read(value, spot->row->words, work->arena, (char *) target_at(work, spot) + spot->row->offset, err);
}

static void print_of_target(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    spot->row->type->print((const char *) target_at(work, spot) + spot->row->offset, json);
}

/* A date taken away again is the one that follows from targets and plan. */
static bool apply_due(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    if (!apply_to_item(work, spot, value, err))
        return false;
    item_at(work, spot)->due_edited = item_at(work, spot)->due != DATE_NONE;
    return true;
}

/* --- Owners of an item --------------------------------------------------------------------------------------------------- */

/* Where the document has the name in this item; nowhere if it does not. */
static Span span_of_name(const DraftItem *item, Str name)
{
    for (size_t i = 0; i < item->n_lead; i++)
        if (str_eq(item->lead[i].name, name) && item->lead[i].span.to > 0)
            return item->lead[i].span;
    for (size_t i = 0; i < item->n_support; i++)
        if (str_eq(item->support[i].name, name) && item->support[i].span.to > 0)
            return item->support[i].span;
    return (Span) { 0 };
}

static bool read_name(const JsonValue *value, const DraftOwner *before, size_t n, Arena *arena, Str *ret_name, GError **err)
{
    if (!draft_text.read(value, NULL, arena, ret_name, err))
        return false;
    if (utf8_length(*ret_name) > LIMIT_NAME_CHARS)
        return json_bad(value, err, "the name is longer than %d characters", LIMIT_NAME_CHARS);
    for (size_t i = 0; i < n; i++)
        if (str_eq(before[i].name, *ret_name))
            return json_bad(value, err, "'" STR_FMT "' stands twice", STR_ARG(*ret_name));
    return true;
}

static bool read_names(DraftWork *work, const DraftItem *item, const JsonValue *value, DraftOwner **ret_owners, size_t *ret_n, GError **err)
{
    if (value->type != JSON_BEGIN_ARRAY || value->count > LIMIT_ITEM_PARTS)
        return json_bad(value, err, "a list of at most %d names is expected", LIMIT_ITEM_PARTS);
    DraftOwner *owners = ARENA_ARRAY(work->arena, DraftOwner, value->count + 1);
    size_t n = 0;
    for (const JsonValue *element = value->first; element; element = element->next) {
        Str name;
        if (!read_name(element, owners, n, work->arena, &name, err))
            return false;
        owners[n++] = (DraftOwner) { .name = name, .span = span_of_name(item, name), .org = DB_NULL_INT };
    }
    *ret_owners = owners;
    *ret_n = n;
    return true;
}

static void print_names(const DraftOwner *owners, size_t n, JsonWriter *json)
{
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        json_str(json, owners[i].name);
    json_end_array(json);
}

static bool apply_lead(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    DraftItem *item = item_at(work, spot);
    return read_names(work, item, value, &item->lead, &item->n_lead, err);
}

static void print_lead(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    print_names(item_at(work, spot)->lead, item_at(work, spot)->n_lead, json);
}

static bool apply_support(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    DraftItem *item = item_at(work, spot);
    return read_names(work, item, value, &item->support, &item->n_support, err);
}

static void print_support(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    print_names(item_at(work, spot)->support, item_at(work, spot)->n_support, json);
}

/* --- Targets and measures as wholes ----------------------------------------------------------------------------------------- */

static bool list_is_full(size_t n, const JsonValue *value, GError **err)
{
    return n >= LIMIT_ITEM_PARTS && !json_bad(value, err, "an item has at most %d of these", LIMIT_ITEM_PARTS);
}

static bool apply_target(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    DraftTarget *target = target_at(work, spot);
    if (value->type == JSON_NULL) {
        target->removed = true;
        return true;
    }
    Span span = target->span;
    if (!draft_target_read(value, work->arena, target, err))
        return false;
    target->span = span;
    return true;
}

static void print_target(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    const DraftTarget *target = target_at(work, spot);
    if (target->removed)
        json_null(json);
    else
        draft_target_print(target, json);
}

static bool add_target(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    DraftItem *item = item_at(work, spot);
    DraftTarget target;
    if (list_is_full(item->n_targets, value, err) || !draft_target_read(value, work->arena, &target, err))
        return false;
    DraftTarget *targets = ARENA_ARRAY(work->arena, DraftTarget, item->n_targets + 1);
    if (item->n_targets)
        memcpy(targets, item->targets, item->n_targets * sizeof *targets);
    targets[item->n_targets++] = target;
    item->targets = targets;
    return true;
}

static bool apply_measure(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    DraftMeasure *measure = measure_at(work, spot);
    measure->removed = value->type == JSON_NULL;
    return measure->removed || draft_text.read(value, NULL, work->arena, &measure->text, err);
}

static void print_measure(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    const DraftMeasure *measure = measure_at(work, spot);
    json_str(json, measure->removed ? STR_NONE : measure->text);
}

static bool add_measure(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    DraftItem *item = item_at(work, spot);
    DraftMeasure measure = { 0 };
    if (list_is_full(item->n_measures, value, err) || !draft_text.read(value, NULL, work->arena, &measure.text, err))
        return false;
    DraftMeasure *measures = ARENA_ARRAY(work->arena, DraftMeasure, item->n_measures + 1);
    if (item->n_measures)
        memcpy(measures, item->measures, item->n_measures * sizeof *measures);
    measures[item->n_measures++] = measure;
    item->measures = measures;
    return true;
}

static void print_nothing(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    (void) work;
    (void) spot;
    json_null(json);
}

/* --- Organisations and findings --------------------------------------------------------------------------------------------------- */

static bool read_org(const JsonValue *value, Arena *arena, Str *ret_uid, GError **err)
{
    Str uid = STR_NONE;
    if (value->type != JSON_NULL && !json_as_str(value, &uid, err))
        return false;
    *ret_uid = arena_str(arena, uid);
    return true;
}

static bool apply_issuer(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    (void) spot;
    return read_org(value, work->arena, &work->issuer_choice, err);
}

static void print_issuer(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    (void) spot;
    json_str(json, work->draft.issuer_org.uid);
}

static Str *keep(Arena *arena, Str s)
{
    Str *kept = ARENA_NEW(arena, Str);
    *kept = arena_str(arena, s);
    return kept;
}

static bool apply_owner(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    Str uid;
    if (!read_org(value, work->arena, &uid, err))
        return false;
    if (uid.p)
        g_hash_table_insert(work->choices, keep(work->arena, spot->name), keep(work->arena, uid));
    else
        g_hash_table_remove(work->choices, &spot->name);
    return true;
}

static void print_owner(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    const DraftName *name = work->by_name ? g_hash_table_lookup(work->by_name, &spot->name) : NULL;
    json_str(json, name ? name->org_uid : STR_NONE);
}

/* By its place in the list or by its key. */
static const DraftFinding *finding_of(const DraftWork *work, Str name)
{
    int64_t place;
    if (str_to_int64(name, &place))
        return place >= 0 && (size_t) place < work->draft.n_findings ? &work->draft.findings[place] : NULL;
    for (size_t i = 0; i < work->draft.n_findings; i++)
        if (str_eq(work->draft.findings[i].key, name))
            return &work->draft.findings[i];
    return NULL;
}

static bool apply_seen(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    bool seen;
    if (!json_as_bool(value, &seen, err))
        return false;
    if (seen)
        g_hash_table_add(work->seen, keep(work->arena, spot->name));
    else
        g_hash_table_remove(work->seen, &spot->name);
    return true;
}

static void print_seen(const DraftWork *work, const DraftSpot *spot, JsonWriter *json)
{
    const DraftFinding *finding = finding_of(work, spot->name);
    json_bool(json, finding && finding->seen);
}

/* --- The table --------------------------------------------------------------------------------------------------------------------- */

#define DOCUMENT(field, type, words) apply_to_document, print_of_document, offsetof(Draft, field), &type, words
#define ITEM(field, type, words) apply_to_item, print_of_item, offsetof(DraftItem, field), &type, words
#define TARGET(field, type, words) apply_to_target, print_of_target, offsetof(DraftTarget, field), &type, words

static const PathRow path_rows[] = {
    { "title", DOCUMENT(title, draft_text, NULL) },
    { "doc_no", DOCUMENT(doc_no, draft_text_opt, NULL) },
    { "issued", DOCUMENT(issued, draft_date, NULL) },
    { "kind", DOCUMENT(kind, draft_word, "plan rectification decision appointment gazette news other") },
    { "issuer_org", apply_issuer, print_issuer, 0, NULL, NULL },
    { "owners/*", apply_owner, print_owner, 0, NULL, NULL },
    { "findings/*/seen", apply_seen, print_seen, 0, NULL, NULL },
    { "items/#/title", ITEM(title, draft_text, NULL) },
    { "items/#/kind", ITEM(kind, draft_word, "task rectification narrative") },
    { "items/#/problem", ITEM(problem, draft_text_opt, NULL) },
    { "items/#/status", ITEM(status, draft_status, NULL) },
    { "items/#/due", apply_due, print_of_item, offsetof(DraftItem, due), &draft_date, NULL },
    { "items/#/lead", apply_lead, print_lead, 0, NULL, NULL },
    { "items/#/support", apply_support, print_support, 0, NULL, NULL },
    { "items/#/targets/-", add_target, print_nothing, 0, NULL, NULL },
    { "items/#/targets/#", apply_target, print_target, 0, NULL, NULL },
    { "items/#/targets/#/metric", TARGET(metric, draft_text, NULL) },
    { "items/#/targets/#/op", TARGET(op, draft_word, draft_ops) },
    { "items/#/targets/#/value", TARGET(value, draft_decimal, NULL) },
    { "items/#/targets/#/value2", TARGET(value2, draft_decimal_opt, NULL) },
    { "items/#/targets/#/unit", TARGET(unit, draft_unit, NULL) },
    { "items/#/targets/#/due", TARGET(due, draft_date, NULL) },
    { "items/#/targets/#/soft", TARGET(soft, draft_bool, NULL) },
    { "items/#/targets/#/tense", TARGET(tense, draft_word, draft_tenses) },
    { "items/#/measures/-", add_measure, print_nothing, 0, NULL, NULL },
    { "items/#/measures/#", apply_measure, print_measure, 0, NULL, NULL },
};

/* --- Finding a path ------------------------------------------------------------------------------------------------------------------- */

/* One part of a path with ~1 for / and ~0 for ~ (RFC 6901) undone. False for any other ~. */
static bool unescape(Str part, Arena *arena, Str *ret_name)
{
    g_autoptr(GString) out = g_string_sized_new(part.n);
    for (size_t i = 0; i < part.n; i++) {
        char c = part.p[i];
        if (c == '~') {
            char code = ++i < part.n ? part.p[i] : '\0';
            if (code != '0' && code != '1')
                return false;
            c = code == '0' ? '~' : '/';
        }
        g_string_append_c(out, c);
    }
    *ret_name = arena_str(arena, str_from_gstring(out));
    return true;
}

static Str escape(Str name, Arena *arena)
{
    g_autoptr(GString) out = g_string_sized_new(name.n);
    for (size_t i = 0; i < name.n; i++)
        switch (name.p[i]) {
        case '~': g_string_append(out, "~0"); break;
        case '/': g_string_append(out, "~1"); break;
        default: g_string_append_c(out, name.p[i]);
        }
    return arena_str(arena, str_from_gstring(out));
}

static bool part_fits(Str want, Str part, Arena *arena, size_t *places, size_t *n_places, Str *ret_name)
{
    if (str_eq(want, STR("*")))
        return unescape(part, arena, ret_name);
    if (!str_eq(want, STR("#")))
        return str_eq(want, part);
    int64_t place;
    bool plain = part.n > 0 && g_ascii_isdigit(part.p[0]) && (part.p[0] != '0' || part.n == 1);
    if (!plain || !str_to_int64(part, &place))
        return false;
    places[(*n_places)++] = (size_t) place;
    return true;
}

static bool row_fits(const PathRow *row, Str path, Arena *arena, DraftSpot *ret_spot)
{
    size_t places[2] = { 0 }, n_places = 0;
    Str name = STR_NONE;
    Str pattern = str_from(row->pattern);
    while (pattern.p && path.p)
        if (!part_fits(str_cut(&pattern, '/'), str_cut(&path, '/'), arena, places, &n_places, &name))
            return false;
    *ret_spot = (DraftSpot) { row, places[0], places[1], name };
    return !pattern.p && !path.p;
}

static bool uses(const PathRow *row, const char *list)
{
    return g_str_has_prefix(row->pattern, "items/#/") && g_str_has_prefix(row->pattern + strlen("items/#/"), list);
}

/* Whether the places of the spot exist; "-" adds one. Names are known, and findings there, only in a draft that is built. */
static bool spot_exists(const DraftWork *work, const DraftSpot *spot)
{
    const PathRow *row = spot->row;
    if (g_str_has_prefix(row->pattern, "items/#") && spot->item >= work->draft.n_items)
        return false;
    if (uses(row, "targets/#"))
        return spot->part < item_at(work, spot)->n_targets;
    if (uses(row, "measures/#"))
        return spot->part < item_at(work, spot)->n_measures;
    if (work->by_name && row->apply == apply_owner)
        return g_hash_table_contains(work->by_name, &spot->name);
    return !work->by_name || row->apply != apply_seen || finding_of(work, spot->name);
}

bool draft_find(const DraftWork *work, Str path, DraftSpot *ret_spot, GError **err)
{
    Str rest = path;
    bool known = path.n > 1 && path.p[0] == '/';
    rest = known ? str_from_at(path, 1) : STR_NONE;
    for (size_t i = 0; known && i < G_N_ELEMENTS(path_rows); i++) {
        if (!row_fits(&path_rows[i], rest, work->arena, ret_spot))
            continue;
        if (spot_exists(work, ret_spot))
            return true;
        break;
    }
    error_set(err, BH_BAD_INPUT, "nothing in the document has the path '" STR_FMT "'", STR_ARG(path));
    return error_at(err, STR_FMT, STR_ARG(path));
}

/* --- What callers do with it ------------------------------------------------------------------------------------------------------------- */

/* The field of an item that a row corrects: "title", "targets"; STR_NONE for what is no correction of the text. */
static Str corrected_field(const PathRow *row)
{
    Str pattern = str_from(row->pattern);
    if (!str_eq(str_cut(&pattern, '/'), STR("items")))
        return STR_NONE;
    str_cut(&pattern, '/');
    Str field = str_cut(&pattern, '/');
    return str_eq(field, STR("status")) ? STR_NONE : field;
}

static void note_edited(DraftWork *work, DraftItem *item, Str field)
{
    for (size_t i = 0; i < item->n_edited; i++)
        if (str_eq(item->edited[i], field))
            return;
    Str *edited = ARENA_ARRAY(work->arena, Str, item->n_edited + 1);
    if (item->n_edited)
        memcpy(edited, item->edited, item->n_edited * sizeof *edited);
    edited[item->n_edited++] = field;
    item->edited = edited;
}

bool draft_apply(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err)
{
    if (!spot->row->apply(work, spot, value, err))
        return false;
    Str field = corrected_field(spot->row);
    if (field.p)
        note_edited(work, item_at(work, spot), field);
    return true;
}

static GString *printed(const DraftWork *work, const DraftSpot *spot)
{
    GString *out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    spot->row->print(work, spot, &json);
    return out;
}

/* The value in the form in which it would be stored: null for an empty text, "95" for "95.0", a target without what we do not know. */
static GString *normalised(const PathRow *row, const JsonValue *value, Arena *arena)
{
    union {
        Str text;
        Date date;
        bool truth;
        ItemStatus status;
    } place;
    DraftTarget target;
    GString *out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    if (row->type && row->type->read(value, row->words, arena, &place, NULL))
        row->type->print(&place, &json);
    else if (row->apply == apply_target && draft_target_read(value, arena, &target, NULL))
        draft_target_print(&target, &json);
    else
        json_value(&json, value);
    return out;
}

bool draft_stands(const DraftWork *work, const DraftSpot *spot, const JsonValue *old)
{
    g_autoptr(GString) now = printed(work, spot);
    g_autoptr(GString) exact = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, exact, false);
    json_value(&json, old);
    bool gone = uses(spot->row, "targets/#/") && target_at(work, spot)->removed;
    if (gone || g_string_equal(now, exact))
        return !gone;
    g_autoptr(GString) similar = normalised(spot->row, old, work->arena);
    return g_string_equal(now, similar);
}

Str draft_lasting_path(const DraftWork *work, const DraftSpot *spot, Str path, Arena *arena)
{
    const DraftFinding *finding = spot->row->apply == apply_seen ? finding_of(work, spot->name) : NULL;
    return finding ? arena_printf(arena, "/findings/" STR_FMT "/seen", STR_ARG(escape(finding->key, arena))) : path;
}

bool draft_spot_is_org(const DraftSpot *spot)
{
    return spot->row->apply == apply_issuer || spot->row->apply == apply_owner;
}
