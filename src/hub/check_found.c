/* What the batches of a file found, put together in the order of the file, and what is said of it in the end. */
#include "hub/check_found.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

enum { LOCKED_KEPT = 1000 /* of closed periods a file may hold whole years: they are counted, and so many kept as rejects */ };

void check_found_begin(Findings *all, const Plan *plan, HubChecked *checked, HubResult *result, Arena *arena)
{
    *all = (Findings) { .plan = plan, .result = result, .arena = arena, .checked = checked, .lost = g_hash_table_new(g_str_hash, g_str_equal), .next_number = 1 };
    all->found = ARENA_ARRAY(arena, Found, tally_size(plan));
}

void check_found_clear(Findings *all)
{
    if (all->lost)
        g_hash_table_unref(all->lost);
    wrong_file_free(all->wrong);
}

static Str place_of(const Findings *all, const IngestPlace *place)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ingest_place_write(all->plan->reader, place, text);
    return arena_str(all->arena, str_from_gstring(text));
}

static void add_tally(Findings *all, const IngestBatch *batch, const BatchFound *of)
{
    for (size_t i = 0; i < tally_size(all->plan); i++) {
        const Tally *tally = &of->tally[i];
        Found *found = &all->found[i];
        found->rows += tally->rows;
        for (size_t k = 0; k < MIN((size_t) tally->rows, G_N_ELEMENTS(tally->first)) && found->n_first < FIRST_PLACES; k++)
            found->first[found->n_first++] = place_of(all, &batch->rows[tally->first[k]].place);
    }
}

/* More than LIMIT_BATCH_REJECTS, and the file is refused; what a lock rejects is no mistake in it. */
static bool has_room(const Findings *all)
{
    return all->rejects.n - all->locked_kept <= LIMIT_BATCH_REJECTS;
}

static void add_locked(Findings *all, const HubLocked *locked)
{
    for (size_t i = 0; i < all->locked.n; i++)
        if (all->locked.v[i].period == locked->period) {
            all->locked.v[i].rows += locked->rows;
            return;
        }
    *ARENA_PUSH(all->arena, &all->locked) = *locked;
}

static void add_lost(Findings *all, const IngestFinding *finding)
{
    if (all->plan->import->further && !finding->table)
        return;
    Found *found = g_hash_table_lookup(all->lost, finding->code);
    if (!found) {
        found = ARENA_NEW(all->arena, Found);
        g_hash_table_insert(all->lost, (gpointer) finding->code, found);
    }
    found->rows++;
    found->lost |= finding->lost;
    if (found->n_first < FIRST_PLACES)
        found->first[found->n_first++] = place_of(all, &finding->place);
    if (!finding->lost)
        return;
    all->result->rows++;
    all->result->rejected++;
    all->result->unread++;
    if (has_room(all))
        *ARENA_PUSH(all->checked->arena, &all->rejects) = wrong_lost(all->plan, finding, all->next_number++, all->checked->arena);
}

static HubReject copy_reject(const HubReject *reject, Arena *arena)
{
    HubReject copy = *reject;
    copy.at = arena_str(arena, reject->at);
    copy.field = arena_str(arena, reject->field);
    copy.sealed = arena_str(arena, reject->sealed);
    copy.shown = arena_str(arena, reject->shown);
    return copy;
}

static void add_rejects(Findings *all, const BatchFound *of)
{
    for (guint i = 0; i < of->rejects->len && has_room(all); i++) {
        const HubReject *reject = &g_array_index(of->rejects, HubReject, i);
        bool locked = g_str_equal(reject->code, reject_codes[REJECT_LOCKED]);
        if (locked && all->locked_kept == LOCKED_KEPT)
            continue;
        all->locked_kept += locked;
        *ARENA_PUSH(all->checked->arena, &all->rejects) = copy_reject(reject, all->checked->arena);
    }
}

static int by_period(const void *a, const void *b)
{
    const HubLocked *x = a, *y = b;
    return (x->period > y->period) - (x->period < y->period);
}

static bool write_wrong(Findings *all, const BatchFound *of, GError **err)
{
    if (of->wrong->len == 0 || all->plan->import->dry_run)
        return true;
    if (!all->wrong) {
        g_autoptr(GString) header = g_string_new(NULL);
        wrong_header(all->plan, all->shown->table, header);
        all->wrong = wrong_file_new(hub_open(all->plan->hub)->blobs, err);
        if (!all->wrong || !wrong_file_add(all->wrong, str_from_gstring(header), err))
            return false;
    }
    return wrong_file_add(all->wrong, str_from_gstring(of->wrong), err);
}

bool check_found_add(Findings *all, const IngestBatch *batch, bool ours, const BatchFound *of, GError **err)
{
    all->result->rows += (int64_t) batch->n_rows;
    if (!ours) {
        all->passed_over += (int64_t) batch->n_rows;
        all->result->rejected += (int64_t) batch->n_rows;
        all->result->unread += (int64_t) batch->n_rows;
    } else {
        add_tally(all, batch, of);
        all->result->rejected += of->rejected;
        all->result->unread += of->unread;
    }
    for (guint i = 0; i < of->locked->len; i++)
        add_locked(all, &g_array_index(of->locked, HubLocked, i));
    add_rejects(all, of);
    for (size_t i = 0; i < batch->n_findings; i++)
        add_lost(all, &batch->findings[i]);
    all->too_many |= !has_room(all);
    return write_wrong(all, of, err);
}

/* --- The result ---------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(HubFound) FoundList;

static void list_found(const Findings *all, FoundList *list, const Found *found, HubFound what)
{
    if (found->rows == 0)
        return;
    Str first = STR("");
    for (size_t i = 0; i < found->n_first; i++)
        first = i == 0 ? found->first[i] : arena_printf(all->arena, STR_FMT ", " STR_FMT, STR_ARG(first), STR_ARG(found->first[i]));
    what.rows = found->rows;
    what.first = first;
    *ARENA_PUSH(all->arena, list) = what;
}

static void list_number(const Findings *all, FoundList *list, uint16_t number)
{
    const PackDataset *dataset = all->plan->dataset;
    Str name = hub_found_name(dataset, number, all->arena);
    HubFound what = { .code = name, .held = hub_found_level(dataset, number) == PACK_ERROR };
    if (number >= HUB_FOUND_TYPE && number < HUB_FOUND_REPEATED) {
        what.field = name;
        (void) str_cut(&what.field, ':');
    }
    list_found(all, list, &all->found[tally_of_found(all->plan, number)], what);
}

static int by_rows(const void *a, const void *b)
{
    const HubFound *p = a, *q = b;
    int order = (p->rows < q->rows) - (p->rows > q->rows);
    return order ? order : str_cmp(p->code, q->code) ? str_cmp(p->code, q->code) : str_cmp(p->field, q->field);
}

static void list_rejects(const Findings *all, FoundList *list)
{
    const Plan *plan = all->plan;
    for (int reject = 1; reject < REJECTS; reject++)
        for (int t = -1; t < (int) plan->n_targets; t++)
            list_found(all, list, &all->found[tally_of_reject(plan, (Reject) reject, t)],
                       (HubFound) { .code = str_from(reject_codes[reject]), .field = t >= 0 ? plan->targets[t].id : STR_NONE, .reject = true });
    GHashTableIter iter;
    gpointer code, found;
    g_hash_table_iter_init(&iter, all->lost);
    while (g_hash_table_iter_next(&iter, &code, &found))
        list_found(all, list, found, (HubFound) { .code = str_from(code), .reject = ((const Found *) found)->lost });
    list_found(all, list, &(Found) { .rows = all->passed_over }, (HubFound) { .code = STR("other-table"), .reject = true });
}

/* Messages say by themselves that there is none; of a table nobody could tell it from a success. */
static bool is_empty_table(const Findings *all)
{
    IngestFormat format = ingest_format(all->plan->reader);
    return all->result->rows == 0 && format != INGEST_FHIR && format != INGEST_HL7;
}

static void write_found(Findings *all, int64_t repeated)
{
    const Plan *plan = all->plan;
    FoundList list = { 0 };
    for (size_t i = 0; i < plan->dataset->rules.n; i++)
        list_number(all, &list, (uint16_t) i);
    for (size_t i = 0; i < plan->dataset->record->n_fields; i++) {
        list_number(all, &list, (uint16_t) (HUB_FOUND_TYPE + i));
        list_number(all, &list, (uint16_t) (HUB_FOUND_REQUIRED + i));
    }
    for (unsigned bit = 1; bit < PERSON_MARKS; bit++)
        list_number(all, &list, (uint16_t) (HUB_FOUND_PERSON + bit));
    all->found[tally_of_found(plan, HUB_FOUND_REPEATED)].rows = repeated;
    list_number(all, &list, HUB_FOUND_REPEATED);
    list_rejects(all, &list);
    if (is_empty_table(all))
        *ARENA_PUSH(all->arena, &list) = (HubFound) { .code = STR("no-rows"), .first = STR("") };
    if (list.n > 0)
        qsort(list.v, list.n, sizeof *list.v, by_rows);
    all->result->found = list.v;
    all->result->n_found = list.n;
}

bool check_found_table(Findings *all, GError **err)
{
    const Mapping *mapping = all->shown;
    if (!mapping)
        return true;
    all->result->headers = mapping->headers;
    all->result->n_headers = mapping->table->n_columns;
    if (mapping->usable)
        return true;
    Str field = mapping->lacks_field;
    if (g_str_equal(mapping->lacks, "no-columns"))
        error_set(err, BH_BAD_INPUT, "no column of the file is one of " STR_FMT, STR_ARG(all->plan->dataset->full_name));
    else
        error_set(err, BH_BAD_INPUT, "the file has no column for '" STR_FMT "', which each row must say", STR_ARG(field));
    error_hint(err, "columns are known by id, name or other names; a mapping says which are called otherwise");
    error_params(err, "field=" STR_FMT "\ndataset=" STR_FMT, STR_ARG(field), STR_ARG(all->plan->dataset->full_name));
    return error_detail(err, mapping->lacks);
}

bool check_found_end(Findings *all, GError **err)
{
    HubResult *result = all->result;
    const RunSummary *summary = run_summary(all->checked->run);
    result->held = summary->held;
    result->warned = summary->warned;
    result->repeated = summary->repeated;
    result->accepted = summary->rows - summary->held - summary->warned;
    result->refused = all->too_many || (all->plan->import->strict && (result->rejected > 0 || result->held > 0 || is_empty_table(all)));
    write_found(all, summary->repeated);
    all->checked->rejects = all->rejects.v;
    all->checked->n_rejects = all->too_many ? MIN(all->rejects.n, (size_t) LIMIT_BATCH_REJECTS) : all->rejects.n;
    if (all->locked.n > 1)
        qsort(all->locked.v, all->locked.n, sizeof *all->locked.v, by_period);
    result->locked = all->locked.v;
    result->n_locked = all->locked.n;
    if (all->wrong) {
        result->has_errors = true;
        return wrong_file_end(g_steal_pointer(&all->wrong), &result->errors, err);
    }
    return true;
}
