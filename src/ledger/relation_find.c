/* Which items of a document say again what earlier tasks said, and which way: the proposals. */
#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/common.h"
#include "ledger/pairs.h"
#include "ledger/relation.h"

#include "base/banned.h"

enum {
    SAME_ITEM = 450,      /* two items speak of one thing from here on; tried on pairs of yearly plans of the samples */
    SAME_METRIC = 600,    /* two targets measure one thing */
    SAME_TITLE = 800,     /* two documents are of one series: their titles without the year */
    HITS_PER_ITEM = 3,
    NEAR_BEST = 7, /* tenths of the best one's share: others have only the phrases in common that every item has */
    YEARS_BACK = 3,
};

typedef struct {
    int64_t id, document;
    Date due;
} Earlier;

typedef struct {
    int64_t item, other, task; /* DB_NULL_INT: the whole */
    const char *kind;
    int score;
    Str why;
} Proposal;

typedef ARENA_LIST(Proposal) Proposals;

typedef struct {
    const Ledger *ledger;
    DbConn *conn;
    Arena *arena;
    DocumentRow row;
    Draft draft;
    Earlier *earlier;
    Pairs *pairs;
    size_t n_earlier;
    Proposals found;
} Finding;

/* --- Targets -------------------------------------------------------------------------------------------------------------------- */

/* 1: the later target asks for more than the earlier one, -1: for less, 0: the same, or they cannot be compared. */
static int harder(Str op, Str now, Str before)
{
    Decimal a, b;
    if (!decimal_parse(now, &a) || !decimal_parse(before, &b))
        return 0;
    int more = decimal_cmp(a, b);
    return str_eq(op, STR("<=")) ? -more : more;
}

typedef struct {
    JsonWriter *why;
    int tighter, looser, same;
} Weighing;

static void weigh(Weighing *w, const char *code, int way, Str now, Str before)
{
    w->tighter += way > 0;
    w->looser += way < 0;
    w->same += way == 0;
    json_begin_object(w->why);
    json_member_cstr(w->why, "code", code);
    json_key(w->why, "params");
    json_begin_object(w->why);
    json_member_str(w->why, "before", before);
    json_member_str(w->why, "now", now);
    json_end_object(w->why);
    json_end_object(w->why);
}

static bool same_measure(const DraftTarget *now, const RelationTargetsRow *before, Arena *arena)
{
    if (!str_eq(now->unit, before->unit) || !str_eq(now->op, before->op))
        return false;
    Pairs a = pairs_of(now->metric, STR(""), arena), b = pairs_of(before->metric, STR(""), arena);
    return pairs_share(&a, &b) >= SAME_METRIC;
}

static bool weigh_targets(Finding *f, const DraftItem *item, int64_t task, Weighing *w, GError **err)
{
    g_autoptr(DbRows) rows = db_query(f->conn, RelationTargets, err, .task = task);
    for (RelationTargetsRow before; rows && db_next(rows, &before, err);)
        for (size_t i = 0; i < item->n_targets; i++) {
            const DraftTarget *now = &item->targets[i];
            if (now->removed || !str_eq(now->tense, STR("target")) || !same_measure(now, &before, f->arena))
                continue;
            int way = harder(now->op, now->value, before.value);
            Str value_now = arena_printf(f->arena, STR_FMT STR_FMT, STR_ARG(now->value), STR_ARG(now->unit));
            Str value_before = arena_printf(f->arena, STR_FMT STR_FMT, STR_ARG(before.value), STR_ARG(before.unit));
            weigh(w, way > 0 ? "target-higher" : way < 0 ? "target-lower" : "target-same", way, value_now, value_before);
        }
    return db_rows_ok(rows);
}

static void weigh_dates(const Finding *f, const DraftItem *item, const Earlier *before, Weighing *w)
{
    char now_text[DATE_TEXT_MAX], before_text[DATE_TEXT_MAX];
    if (item->due == DATE_NONE || before->due == DATE_NONE || item->due >= before->due)
        return;
    weigh(w, "due-earlier", 1, arena_str(f->arena, str_from(date_format(item->due, now_text))), arena_str(f->arena, str_from(date_format(before->due, before_text))));
}

/* One that is harder in anything tightens; only then one that is easier loosens. */
static const char *kind_of(const Weighing *w)
{
    return w->tighter > 0 ? "tightens" : w->looser > 0 ? "loosens" : "repeats";
}

/* --- Items -------------------------------------------------------------------------------------------------------------------------- */

static bool propose_item(Finding *f, size_t item, const PairsHit *hit, GError **err)
{
    const Earlier *before = &f->earlier[hit->index];
    g_autoptr(GString) why = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, why, false);
    json_begin_array(&json);
    Weighing w = { .why = &json };
    if (!weigh_targets(f, &f->draft.items[item], before->id, &w, err))
        return false;
    weigh_dates(f, &f->draft.items[item], before, &w);
    json_end_array(&json);
    *ARENA_PUSH(f->arena, &f->found)
        = (Proposal) { (int64_t) item, before->document, before->id, kind_of(&w), hit->score, arena_str(f->arena, str_from_gstring(why)) };
    return true;
}

/* A span is in code points; items come in the order of the text. */
static Str text_of_span(Str text, Span span)
{
    size_t at = 0, from = 0;
    for (size_t chars = 0; at < text.n && chars < span.to; chars++) {
        if (chars == span.from)
            from = at;
        utf8_next(text, &at);
    }
    return span.to > span.from ? (Str) { text.p + from, at - from } : STR("");
}

static bool compare_items(Finding *f, GError **err)
{
    PairsIndex *index = pairs_index_new(f->pairs, f->n_earlier, f->arena);
    for (size_t i = 0; i < f->draft.n_items; i++) {
        const DraftItem *item = &f->draft.items[i];
        if (item->status == ITEM_LEFT_OUT)
            continue;
        PairsHit hits[HITS_PER_ITEM];
        Pairs pairs = pairs_of(item->title, text_of_span(f->draft.text, item->span), f->arena);
        size_t n = pairs_index_find(index, &pairs, SAME_ITEM, hits, HITS_PER_ITEM);
        for (size_t k = 0; k < n && 10 * hits[k].score >= NEAR_BEST * hits[0].score; k++)
            if (!propose_item(f, i, &hits[k], err))
                return false;
    }
    return true;
}

static bool load_earlier(Finding *f, GError **err)
{
    ARENA_LIST(Earlier) earlier = { 0 };
    ARENA_LIST(Pairs) pairs = { 0 };
    Date day = f->draft.issued != DATE_NONE ? f->draft.issued : clock_today(f->ledger->clock);
    g_autoptr(DbRows) rows = db_query(f->conn, RelationTasks, err, .document = f->row.id, .since = date_add_months(day, -12 * YEARS_BACK), .day = day, .limit = LIMIT_RELATION_TASKS);
    for (RelationTasksRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(f->arena, &earlier) = (Earlier) { row.id, row.document, row.due };
        *ARENA_PUSH(f->arena, &pairs) = pairs_of(row.title, row.text, f->arena);
    }
    f->earlier = earlier.v;
    f->pairs = pairs.v;
    f->n_earlier = earlier.n;
    return db_rows_ok(rows);
}

/* --- The whole document ---------------------------------------------------------------------------------------------------------------- */

/* A title without its digits: of one series are 2025年…要点 and 2026年…要点. */
static Pairs series_of(Str title, Arena *arena)
{
    char *kept = ARENA_ARRAY(arena, char, MAX(title.n, 1));
    size_t n = 0;
    for (size_t i = 0; i < title.n; i++)
        if (!g_ascii_isdigit(title.p[i]))
            kept[n++] = title.p[i];
    return pairs_of((Str) { kept, n }, STR(""), arena);
}

static bool compare_documents(Finding *f, GError **err)
{
    Pairs title = series_of(f->draft.title, f->arena);
    g_autoptr(DbRows) rows = db_query(f->conn, RelationDocuments, err, .document = f->row.id, .issuer = f->row.issuer_org);
    for (RelationDocumentsRow row; rows && db_next(rows, &row, err);) {
        Pairs other = series_of(row.title, f->arena);
        int score = pairs_share(&title, &other);
        bool cited = row.doc_no.n > 0 && str_has(f->draft.text, row.doc_no);
        bool earlier = row.issued == DATE_NONE || f->draft.issued == DATE_NONE || row.issued < f->draft.issued;
        if (!earlier || (score < SAME_TITLE && !cited))
            continue;
        Str why = cited ? STR("[{\"code\":\"cited\",\"params\":{}}]") : STR("[{\"code\":\"same-series\",\"params\":{}}]");
        *ARENA_PUSH(f->arena, &f->found) = (Proposal) { DB_NULL_INT, row.id, DB_NULL_INT, "continues", cited ? MAX(score, SAME_TITLE) : score, why };
    }
    return db_rows_ok(rows);
}

/* --- Keeping them ------------------------------------------------------------------------------------------------------------------------ */

static bool keep_in_tx(DbConn *tx, void *data, GError **err)
{
    const Finding *f = data;
    if (!db_exec(tx, RelationForget, NULL, err, .document = f->row.id))
        return false;
    for (size_t i = 0; i < f->found.n; i++) {
        const Proposal *p = &f->found.v[i];
        char uid[UID_TEXT_MAX];
        if (!db_exec(tx, RelationInsert, NULL, err, .uid = str_from(uid_new(uid)), .document = f->row.id, .item = p->item, .other = p->other, .task = p->task,
                     .kind = str_from(p->kind), .state = STR("proposed"), .score = p->score, .why = p->why, .account = DB_NULL_INT,
                     .at = clock_now_ms(f->ledger->clock)))
            return false;
    }
    return true;
}

bool relations_find(const Ledger *ledger, Str document_uid, int64_t *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    Finding f = { .ledger = ledger, .conn = conn, .arena = arena };
    if (!conn || !document_by_uid(conn, arena, document_uid, &f.row, err) || !draft_load(ledger, conn, arena, &f.row, &f.draft, err) || !load_earlier(&f, err)
        || !compare_items(&f, err) || !compare_documents(&f, err))
        return false;
    g_clear_pointer(&conn, db_done);
    if (!db_write(ledger->db, DB_BULK, keep_in_tx, &f, err))
        return false;
    if (ret_count)
        *ret_count = (int64_t) f.found.n;
    return true;
}
