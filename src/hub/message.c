/* Messages taken: who sends, whether they are new, whether they are right; then one file and one commit for all of them. */
#include "hub/message.h"

#include "base/text.h"
#include "db/queries.h"
#include "org/org.h"

#include "base/banned.h"

typedef struct {
    HubMessage *message;
    Hl7Head head;
    bool open;      /* no answer yet */
    bool looked_at; /* by the rules, with its group */
    int64_t org;
    Str source, id; /* MSH-3, MSH-10 */
    int64_t rows;   /* that it gives, of all datasets */
    int64_t at;     /* in the blob */
} One;

typedef struct {
    Hub *hub;
    const HubOptions *open;
    const HubMessagePlace *place;
    PacksRef *packs;
    Arena *arena;
    One *all;
    size_t n;
    const PackDataset **datasets; /* those with sources */
    size_t n_datasets;
    GString *frames;
    BlobId blob;
    size_t taken;
} Take;

static void answer(One *one, Hl7AckCode code, Hl7ErrorCode error, Str text)
{
    one->open = false;
    one->message->code = code;
    one->message->error = error;
    one->message->text = text;
}

/* --- Who sends what ------------------------------------------------------------------------------------------------------------- */

static bool find_sender(Take *take, DbConn *conn, One *one, GError **err)
{
    Str name = one->head.sender;
    if (name.n == 0 || !g_utf8_validate(name.p, (gssize) name.n, NULL)) {
        if (!take->place->sender.p)
            answer(one, HL7_AE, HL7_ERR_REQUIRED, STR("MSH-4 names no sender"));
        one->org = take->place->sender_org;
        return true;
    }
    OrgByCodeRow row;
    OrgMatch match = { .how = ORG_UNRESOLVED };
    bool found;
    if (!db_one(conn, OrgByCode, take->arena, &row, &found, err, .code = name) || (!found && !org_resolve(conn, take->arena, name, STR_NONE, &match, err)))
        return false;
    Str path = found ? row.path : match.org.path;
    if ((!found && match.how == ORG_UNRESOLVED) || !org_within(path, take->place->within))
        answer(one, HL7_AE, HL7_ERR_NO_KEY, STR("MSH-4 is no organisation that may send here"));
    else
        one->org = found ? row.id : match.org.id;
    return true;
}

static bool is_text(Str text)
{
    return g_utf8_validate(text.p ? text.p : "", (gssize) text.n, NULL);
}

static bool look_at(Take *take, DbConn *conn, One *one, GError **err)
{
    if (!hl7_head(one->message->message, &one->head)) {
        answer(one, HL7_AR, HL7_ERR_SEQUENCE, STR("no MSH segment at the beginning"));
        return true;
    }
    one->id = one->head.id;
    one->source = one->head.sender_app.p ? one->head.sender_app : STR("");
    if (one->id.n == 0 || !is_text(one->id) || !is_text(one->source)) {
        answer(one, HL7_AE, HL7_ERR_REQUIRED, STR("MSH-10 is empty, or not text"));
        return true;
    }
    return find_sender(take, conn, one, err);
}

static bool was_here(Take *take, DbConn *conn, One *one, GError **err)
{
    IntakeByMessageRow row;
    bool found;
    if (!db_one(conn, IntakeByMessage, take->arena, &row, &found, err, .org = one->org, .source = one->source, .message_id = one->id))
        return false;
    if (found)
        answer(one, HL7_AA, HL7_ERR_OK, STR("taken before"));
    return true;
}

static bool look_at_all(Take *take, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(take->open->db, err);
    for (size_t i = 0; conn && i < take->n; i++) {
        One *one = &take->all[i];
        if (!look_at(take, conn, one, err) || (one->open && !was_here(take, conn, one, err)))
            return false;
        for (size_t j = 0; one->open && j < i; j++) /* twice in one group: the first one's answer is known in a moment */
            if (take->all[j].open && take->all[j].org == one->org && str_eq(take->all[j].source, one->source) && str_eq(take->all[j].id, one->id))
                answer(one, HL7_AR, HL7_ERR_SAME_KEY, STR("the same message is being taken; send it again"));
    }
    return conn != NULL;
}

/* --- Whether it is right ----------------------------------------------------------------------------------------------------------- */

static void find_datasets(Take *take)
{
    size_t n = 0;
    for (size_t p = 0; p < packs_count(take->packs); p++)
        n += packs_get(take->packs, p)->datasets.n;
    take->datasets = ARENA_ARRAY(take->arena, const PackDataset *, n + 1);
    for (size_t p = 0; p < packs_count(take->packs); p++)
        for (size_t d = 0; d < packs_get(take->packs, p)->datasets.n; d++)
            if (ingest_takes(&packs_get(take->packs, p)->datasets.v[d], INGEST_HL7))
                take->datasets[take->n_datasets++] = &packs_get(take->packs, p)->datasets.v[d];
}

/* Of one message: how many rows it gives to each dataset; what cannot be read of it. */
static bool count_rows(Take *take, One *one, int64_t *counts, GError **err)
{
    IngestInput input = { .bytes = one->message->message };
    IngestOptions options = { .format = INGEST_HL7, .datasets = take->datasets, .n_datasets = take->n_datasets };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &options, err);
    const IngestBatch *batch = NULL;
    while (reader && ingest_next(reader, &batch, err) && batch) {
        for (size_t f = 0; f < batch->n_findings; f++)
            if (batch->findings[f].lost && one->open)
                answer(one, HL7_AE, HL7_ERR_TYPE, arena_str(take->arena, batch->findings[f].text));
        for (size_t d = 0; batch->table && d < take->n_datasets; d++)
            if (batch->table->dataset == take->datasets[d])
                counts[d] += (int64_t) batch->n_rows;
        one->rows += (int64_t) batch->n_rows;
    }
    return reader && !batch;
}

/* The first thing that is wrong in it. */
static Str first_wrong(Take *take, const PackDataset *dataset, const HubResult *result)
{
    for (size_t i = 0; i < result->n_found; i++) {
        const HubFound *found = &result->found[i];
        const PackRule *rule = NULL;
        for (size_t r = 0; r < dataset->rules.n; r++)
            if (str_eq(dataset->rules.v[r].entry.id, found->code))
                rule = &dataset->rules.v[r];
        if (found->reject || found->held)
            return arena_printf(take->arena, STR_FMT ": " STR_FMT "%s" STR_FMT, STR_ARG(dataset->full_name), STR_ARG(found->code), rule ? ": " : "",
                                STR_ARG(rule ? rule->says : STR("")));
    }
    return STR("a row was refused or held");
}

static bool check_dataset(Take *take, One *one, const PackDataset *dataset, GError **err)
{
    IngestInput input = { .bytes = one->message->message };
    IngestOptions options = { .format = INGEST_HL7, .datasets = &dataset, .n_datasets = 1 };
    HubImport import = { .dataset = dataset, .org = one->org, .intake = DB_NULL_INT, .dry_run = true };
    HubResult result = { 0 };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &options, err);
    g_autoptr(HubChecked) checked = reader ? hub_check(take->hub, &import, reader, NULL, NULL, take->arena, &result, err) : NULL;
    if (!checked)
        return false;
    if (result.rejected > 0 || result.held > 0)
        answer(one, HL7_AE, HL7_ERR_TYPE, first_wrong(take, dataset, &result));
    return true;
}

/* The file's faults are answered; what else fails is the store's. */
static bool answered_fault(One *one, GError **failure, Arena *arena)
{
    BhError code = error_class_of(*failure)->code;
    if (code != BH_BAD_INPUT && code != BH_TOO_LARGE)
        return false;
    answer(one, HL7_AE, HL7_ERR_TYPE, arena_str(arena, str_from((*failure)->message)));
    g_clear_error(failure);
    return true;
}

static bool check_one(Take *take, One *one, GError **err)
{
    g_autoptr(GError) failure = NULL;
    int64_t *counts = ARENA_ARRAY(take->arena, int64_t, take->n_datasets + 1);
    bool ok = count_rows(take, one, counts, &failure);
    if (ok && one->open && one->rows == 0)
        answer(one, HL7_AR, HL7_ERR_MESSAGE, STR("no installed dataset takes such a message"));
    for (size_t d = 0; ok && one->open && d < take->n_datasets; d++)
        ok = counts[d] == 0 || check_dataset(take, one, take->datasets[d], &failure);
    if (ok || answered_fault(one, &failure, take->arena))
        return true;
    g_propagate_error(err, g_steal_pointer(&failure));
    return false;
}

/* --- A group at a time ------------------------------------------------------------------------------------------------------------------- */

/* The open messages of one sender, as inputs of one reader. */
typedef struct {
    One **ones;
    IngestInput *inputs;
    size_t n;
} Group;

static Group group_of(Take *take, int64_t org)
{
    Group group = { ARENA_ARRAY(take->arena, One *, take->n + 1), ARENA_ARRAY(take->arena, IngestInput, take->n + 1), 0 };
    for (size_t i = 0; i < take->n; i++)
        if (take->all[i].open && take->all[i].org == org) {
            group.inputs[group.n] = (IngestInput) { .name = take->all[i].id.p ? arena_str(take->arena, take->all[i].id).p : "", .bytes = take->all[i].message->message };
            take->all[i].looked_at = true;
            group.ones[group.n++] = &take->all[i];
        }
    return group;
}

static bool count_group(Take *take, const Group *group, int64_t *counts, GError **err)
{
    IngestOptions options = { .format = INGEST_HL7, .datasets = take->datasets, .n_datasets = take->n_datasets };
    g_autoptr(IngestReader) reader = ingest_open(group->inputs, group->n, &options, err);
    const IngestBatch *batch = NULL;
    while (reader && ingest_next(reader, &batch, err) && batch) {
        for (size_t f = 0; f < batch->n_findings; f++) {
            One *one = batch->findings[f].place.input < group->n ? group->ones[batch->findings[f].place.input] : NULL;
            if (batch->findings[f].lost && one && one->open)
                answer(one, HL7_AE, HL7_ERR_TYPE, arena_str(take->arena, batch->findings[f].text));
        }
        for (size_t r = 0; r < batch->n_rows; r++)
            group->ones[batch->rows[r].place.input]->rows++;
        for (size_t d = 0; batch->table && d < take->n_datasets; d++)
            if (batch->table->dataset == take->datasets[d])
                counts[d] += (int64_t) batch->n_rows;
    }
    return reader && !batch;
}

/* *ret_clean: no row of any of them was refused or held. */
static bool check_group_dataset(Take *take, const Group *group, int64_t org, const PackDataset *dataset, bool *ret_clean, GError **err)
{
    IngestOptions options = { .format = INGEST_HL7, .datasets = &dataset, .n_datasets = 1 };
    HubImport import = { .dataset = dataset, .org = org, .intake = DB_NULL_INT, .dry_run = true };
    HubResult result = { 0 };
    g_autoptr(IngestReader) reader = ingest_open(group->inputs, group->n, &options, err);
    g_autoptr(HubChecked) checked = reader ? hub_check(take->hub, &import, reader, NULL, NULL, take->arena, &result, err) : NULL;
    *ret_clean = checked && result.rejected == 0 && result.held == 0;
    return checked != NULL;
}

/* All at once, because what an import begins with costs more than a message. False: something is wrong with one of them, and each is looked at by itself. */
static bool group_is_clean(Take *take, const Group *group, int64_t org)
{
    int64_t *counts = ARENA_ARRAY(take->arena, int64_t, take->n_datasets + 1);
    bool clean = count_group(take, group, counts, NULL);
    for (size_t i = 0; clean && i < group->n; i++)
        clean = group->ones[i]->open && group->ones[i]->rows > 0;
    for (size_t d = 0; clean && d < take->n_datasets; d++)
        clean = counts[d] == 0 || (check_group_dataset(take, group, org, take->datasets[d], &clean, NULL) && clean);
    return clean;
}

static bool check_group(Take *take, int64_t org, GError **err)
{
    Group group = group_of(take, org);
    bool ok = true;
    if (group.n > 1 && group_is_clean(take, &group, org))
        return true;
    for (size_t i = 0; i < group.n; i++)
        group.ones[i]->rows = 0;
    for (size_t i = 0; ok && i < group.n; i++)
        ok = !group.ones[i]->open || check_one(take, group.ones[i], err);
    return ok;
}

static bool check_all(Take *take, GError **err)
{
    for (size_t i = 0; i < take->n; i++)
        if (take->all[i].open && !take->all[i].looked_at && !check_group(take, take->all[i].org, err))
            return false;
    return true;
}

/* --- Made durable -------------------------------------------------------------------------------------------------------------------- */

static void append_event(DbConn *tx, const Take *take, Str uid)
{
    char hash[HASH_TEXT_MAX];
    AuditWho who = { .via = "engine", .at_ms = clock_now_ms(take->open->clock) };
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_cstr(&json, "channel", hub_channels[HUB_BY_MLLP]);
    json_member_int(&json, "n", (int64_t) take->taken);
    json_member_cstr(&json, "sha256", hash_write(take->blob, hash));
    json_end_object(&json);
    audit_append(tx, &who, "arrive", (AuditObject) { "intake", uid }, str_from_gstring(data));
}

static bool store_in_tx(DbConn *tx, void *data, GError **err)
{
    Take *take = data;
    Str last = STR_NONE;
    take->taken = 0;
    for (size_t i = 0; i < take->n; i++) {
        One *one = &take->all[i];
        HubArrived arrived;
        HubArrival arrival = {
            .channel = HUB_BY_MLLP, .org = one->org, .account = DB_NULL_INT, .source = one->source, .message_id = one->id, .name = one->id, .format = ingest_formats[INGEST_HL7],
            .blob = take->blob, .size = (int64_t) one->message->message.n, .at = one->at, .n = (int64_t) one->message->message.n,
        };
        if (!one->open)
            continue;
        if (!hub_arrive(tx, &arrival, clock_now_ms(take->open->clock), take->arena, &arrived, err))
            return false;
        take->taken += !arrived.again;
        last = arrived.uid;
    }
    if (take->taken == 0)
        return true;
    append_event(tx, take, last);
    return !take->place->also || take->place->also(tx, take->place->also_data, err);
}

static bool store(Take *take, GError **err)
{
    size_t n = 0;
    for (size_t i = 0; i < take->n; i++) {
        One *one = &take->all[i];
        if (!one->open)
            continue;
        one->at = (int64_t) take->frames->len + 1; /* behind the byte that begins the frame */
        mllp_write(take->frames, one->message->message);
        n++;
    }
    if (n == 0)
        return true;
    if (!blob_put(take->open->blobs, str_from_gstring(take->frames), &take->blob, err) || !db_write(take->open->db, DB_MESSAGES, store_in_tx, take, err))
        return false;
    for (size_t i = 0; i < take->n; i++)
        if (take->all[i].open)
            answer(&take->all[i], HL7_AA, HL7_ERR_OK, STR_NONE);
    return true;
}

bool hub_messages_take(Hub *hub, const HubMessagePlace *place, HubMessage *messages, size_t n, Arena *arena, size_t *ret_taken, GError **err)
{
    g_autoptr(PacksRef) packs = hub_packs(hub);
    g_autoptr(GString) frames = g_string_new(NULL);
    Take take = { .hub = hub, .open = hub_open(hub), .place = place, .packs = packs, .arena = arena, .n = n, .frames = frames };
    take.all = ARENA_ARRAY(arena, One, n + 1);
    for (size_t i = 0; i < n; i++)
        take.all[i] = (One) { .message = &messages[i], .open = true, .org = DB_NULL_INT };
    find_datasets(&take);
    bool ok = look_at_all(&take, err);
    ok = ok && check_all(&take, err);
    ok = ok && store(&take, err);
    for (size_t i = 0; !ok && i < n; i++)
        answer(&take.all[i], HL7_AR, HL7_ERR_INTERNAL, STR("it could not be stored; send it again"));
    *ret_taken = ok ? take.taken : 0;
    return ok;
}
