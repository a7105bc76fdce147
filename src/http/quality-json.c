#include "http/quality-json.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/limits.h"
#include "hub/person.h"

#include "base/banned.h"

Str quality_text(Arena *arena, int64_t ppm, int decimals)
{
    static const int64_t parts[] = { 10000, 1000, 100 };
    char text[DECIMAL_TEXT_MAX];
    return ppm == DB_NULL_INT || ppm < 0 ? STR_NONE : arena_str(arena, str_from(decimal_format(decimal_make(ppm / parts[decimals], decimals), text)));
}

bool quality_month_of(const HttpRequest *request, int *ret_month, GError **err)
{
    int64_t month = -1;
    if (!data_filter_months(request, "month", false, &month, err))
        return false;
    *ret_month = month >= 0 ? (int) month : hub_month(clock_today(request->app->clock)) - 1;
    return true;
}

/* --- Ranks ------------------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(ScoredMonth) Months;

static bool is_few(const PackDataset *dataset, const QualityScoresRow *row)
{
    return dataset->kind != PACK_AGGREGATE && row->records > 0 && row->records < QUALITY_FEW_RECORDS;
}

static int by_rank(const void *a, const void *b)
{
    const ScoredMonth *x = a, *y = b;
    int order = str_cmp(x->row.org_kind, y->row.org_kind);
    if (order)
        return order;
    if ((x->rank.rank == 0) != (y->rank.rank == 0))
        return x->rank.rank == 0 ? 1 : -1;
    if (x->rank.rank != y->rank.rank)
        return x->rank.rank < y->rank.rank ? -1 : 1;
    return x->row.rank != y->row.rank ? (x->row.rank < y->row.rank ? -1 : 1) : x->row.org < y->row.org ? -1 : 1;
}

static bool add_dataset(const HttpRequest *request, DbConn *conn, const PackDataset *dataset, int month, Months *months, GError **err)
{
    DatasetByNameRow id;
    bool found;
    if (!db_one(conn, DatasetByName, request->arena, &id, &found, err, .name = dataset->full_name) || !found)
        return !found && (!err || !*err);
    size_t first = months->n;
    g_autoptr(DbRows) rows = db_query(conn, QualityScores, err, .dataset = id.id, .month = month);
    for (QualityScoresRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(QualityScores, &row, request->arena);
        *ARENA_PUSH(request->arena, months) = (ScoredMonth) { .row = row, .dataset = dataset, .few = is_few(dataset, &row) };
    }
    if (!db_rows_ok(rows))
        return false;
    size_t n = months->n - first;
    QualityRank *ranks = ARENA_ARRAY(request->arena, QualityRank, n + 1);
    for (size_t i = 0; i < n; i++) {
        const ScoredMonth *one = &months->v[first + i];
        ranks[i] = (QualityRank) { one->row.org_kind, one->row.score, one->row.score == DB_NULL_INT || one->few, 0, 0 };
    }
    quality_ranks(ranks, n);
    for (size_t i = 0; i < n; i++)
        months->v[first + i].rank = ranks[i];
    if (n > 1)
        qsort(months->v + first, n, sizeof *months->v, by_rank);
    return true;
}

static void leave_out(const HttpRequest *request, Months *months)
{
    size_t kept = 0;
    for (size_t i = 0; i < months->n; i++) {
        MayObject facts = data_facts(request->arena, months->v[i].row.org_path, months->v[i].row.org_area);
        if (may(api_user(request), VERB_READ_DATA, &facts).ok)
            months->v[kept++] = months->v[i];
    }
    months->n = kept;
}

bool quality_months(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const PackDataset *of, int month, bool own, ScoredMonths *ret_months, GError **err)
{
    Months months = { 0 };
    for (size_t p = 0; p < packs_count(packs); p++) {
        const Pack *pack = packs_get(packs, p);
        for (size_t i = 0; i < pack->datasets.n; i++)
            if ((!of || of == &pack->datasets.v[i]) && !add_dataset(request, conn, &pack->datasets.v[i], month, &months, err))
                return false;
    }
    if (own)
        leave_out(request, &months);
    *ret_months = (ScoredMonths) { months.v, months.n };
    return true;
}

/* --- Items -------------------------------------------------------------------------------------------------------------------------- */

Str quality_why(Arena *arena, Str why, Lang lang)
{
    Str code;
    if (!why.p)
        return STR_NONE;
    const JsonValue *json = json_parse(why, arena, NULL);
    const JsonValue *params = json ? json_get(json, "params") : NULL;
    if (!params || !json_get_str(json, "code", &code, NULL))
        return STR_NONE;
    g_autoptr(GString) lines = g_string_new(NULL), text = g_string_new(NULL);
    static const char *const names[] = { "value", "usual", "n", "deviations", "received", "declared" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Str value = STR_NONE;
        if (json_opt_str(params, names[i], &value, NULL) && value.p)
            g_string_append_printf(lines, "%s=" STR_FMT "\n", names[i], STR_ARG(value));
    }
    g_autofree char *key = g_strdup_printf("quality.why." STR_FMT, STR_ARG(code));
    i18n_format(text, lang, key, str_from_gstring(lines));
    return arena_str(arena, str_from_gstring(text));
}

typedef struct {
    QualityItemsRow row;
    QualityItem item;
} ShownItem;
typedef ARENA_LIST(ShownItem) Items;

static bool read_items(const HttpRequest *request, DbConn *conn, const ScoredMonth *month, int of, Items *items, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, QualityItems, err, .dataset = month->row.dataset, .month = of, .org = month->row.org);
    for (QualityItemsRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(QualityItems, &row, request->arena);
        *ARENA_PUSH(request->arena, items) = (ShownItem) { row, { row.rule, (QualityMeasure) row.measure, row.weight, row.tested, row.passed, row.loss } };
    }
    return db_rows_ok(rows);
}

static int by_loss(const void *a, const void *b)
{
    const ShownItem *x = a, *y = b;
    return x->row.loss != y->row.loss ? (x->row.loss > y->row.loss ? -1 : 1) : str_cmp(x->row.rule, y->row.rule);
}

/* Defects are named by what was found in one column: "required:FIELD"; an item counts all columns. */
static void write_columns(const HttpRequest *request, const PackDataset *dataset, const char *kind, JsonWriter *json)
{
    for (size_t i = 0; i < MIN(dataset->fields.n, (size_t) LIMIT_FILTER_VALUES); i++)
        json_str(json, arena_printf(request->arena, "%s:" STR_FMT, kind, STR_ARG(dataset->fields.v[i].entry.id)));
}

/* Where the records behind a figure are: the defects of these rules, the records that came late, or what was expected (of who sent none, and of registers, whose records are due on no day). */
static void write_opens(const HttpRequest *request, const ScoredMonth *month, Str rule, JsonWriter *json)
{
    const PackDataset *dataset = month->dataset;
    bool on_time = str_eq(rule, STR("on_time")), records = on_time && month->row.records > 0 && dataset->kind != PACK_REGISTER;
    bool expected = str_eq(rule, STR("reported")) || (on_time && !records);
    json_key(json, "opens");
    json_begin_object(json);
    json_member_cstr(json, "list", expected ? "expected" : records ? "records" : "defects");
    json_key(json, "rules");
    json_begin_array(json);
    if (str_eq(rule, STR("filled")))
        write_columns(request, dataset, "required", json);
    else if (str_starts(rule, STR("filled:")))
        json_str(json, arena_printf(request->arena, "required:" STR_FMT, STR_ARG(str_from_at(rule, strlen("filled:")))));
    else if (str_eq(rule, STR("type")))
        write_columns(request, dataset, "type", json);
    else if (str_eq(rule, STR("person")))
        for (unsigned bit = 0; bit < PERSON_MARKS; bit++)
            json_cstr(json, hub_person_finding(1u << bit));
    else if (!expected && !records)
        json_str(json, str_eq(rule, STR("repeated")) ? STR("repeated:file") : rule);
    json_end_array(json);
    json_member_bool(json, "late", records);
    json_end_object(json);
}

static void write_item(const HttpRequest *request, const PacksRef *packs, const ScoredMonth *month, const ShownItem *one, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "rule", one->row.rule);
    json_rule_texts(json, packs, month->dataset->full_name, one->row.rule);
    json_member_int(json, "weight", one->row.weight);
    json_member_int(json, "tested", one->row.tested);
    json_member_int(json, "failed", one->row.tested - one->row.passed);
    json_member_str(json, "lost", quality_text(request->arena, one->row.loss, 2));
    json_member_str(json, "why", quality_why(request->arena, one->row.why, LANG_ZH));
    json_member_str(json, "why_en", quality_why(request->arena, one->row.why, LANG_EN));
    write_opens(request, month, one->row.rule, json);
    json_end_object(json);
}

static void write_measure(const HttpRequest *request, const PacksRef *packs, const ScoredMonth *month, const Items *items, int measure, JsonWriter *json)
{
    const int64_t scores[] = { month->row.completeness, month->row.validity, month->row.consistency, month->row.uniqueness, month->row.timeliness };
    const int64_t *weights = month->dataset->quality ? month->dataset->quality->weights : quality_weights;
    int64_t tested = 0, passed = 0;
    for (size_t i = 0; i < items->n; i++)
        if (items->v[i].row.measure == measure) {
            tested += items->v[i].row.tested;
            passed += items->v[i].row.passed;
        }
    json_begin_object(json);
    json_member_cstr(json, "measure", pack_measures[measure]);
    json_member_int(json, "weight", weights[measure]);
    json_member_str(json, "score", quality_text(request->arena, scores[measure], 1));
    json_member_int(json, "pass", passed);
    json_member_int(json, "tested", tested);
    for (int lost = 1; lost >= 0; lost--) {
        json_key(json, lost ? "losses" : "items");
        json_begin_array(json);
        for (size_t i = 0; i < items->n; i++)
            if (items->v[i].row.measure == measure && (!lost || items->v[i].row.loss > 0))
                write_item(request, packs, month, &items->v[i], json);
        json_end_array(json);
    }
    json_end_object(json);
}

bool json_measures(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const ScoredMonth *month, int of, JsonWriter *json, GError **err)
{
    Items items = { 0 };
    if (!read_items(request, conn, month, of, &items, err))
        return false;
    if (items.n > 1)
        qsort(items.v, items.n, sizeof *items.v, by_loss);
    json_key(json, "measures");
    json_begin_array(json);
    for (int m = 0; m < PACK_MEASURES; m++)
        write_measure(request, packs, month, &items, m, json);
    json_end_array(json);
    return true;
}
