/* What a file would be, before anything is made of it: its format, the dataset that its columns fit, what each column is, its first rows. */
#include "http/data.h"
#include "http/server.h"

#include "base/limits.h"
#include "base/near.h"

#include "base/banned.h"

enum { ROWS_SHOWN = 20, EXAMPLES = 3, DATASETS_SHOWN = 5, BOOK_BYTES = 64 * 1024 * 1024 };

typedef struct {
    HttpRequest *request;
    PacksRef *packs;
    GString *bytes;
    bool cut;            /* only its beginning was looked at */
    IngestFormat format;
    HubFileOptions options;
    const PackDataset *dataset;
    MappingFindRow mapping;
    bool has_mapping;
    const HubColumn *columns;
    size_t n_columns;
    IngestReader *reader;
    const IngestBatch *batch; /* the first with rows, or NULL */
} Preview;

/* --- Its beginning --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    GString *out;
    size_t most;
} Collect;

static bool collect(void *data, Str piece, GError **err)
{
    Collect *part = data;
    g_string_append_len(part->out, piece.p, (gssize) MIN(piece.n, part->most - part->out->len));
    return part->out->len < part->most || error_set(err, BH_TOO_LARGE, "enough");
}

/* A row that was cut off is none. */
static void drop_last_line(GString *bytes)
{
    gssize end = (gssize) bytes->len;
    while (end > 0 && bytes->str[end - 1] != '\n')
        end--;
    if (end > 0)
        g_string_truncate(bytes, (gsize) end);
}

static bool fetch(Preview *preview, const HttpUpload *upload, GError **err)
{
    const BlobStore *blobs = preview->request->app->blobs;
    g_autoptr(GError) stopped = NULL;
    Collect part = { preview->bytes, HUB_LOOK_BYTES };
    bool all = blob_stream(blobs, upload->blob, (Sink) { collect, &part }, &stopped);
    if (!all && preview->bytes->len < HUB_LOOK_BYTES) {
        g_propagate_error(err, g_steal_pointer(&stopped));
        return false;
    }
    preview->format = ingest_detect(str_from_gstring(preview->bytes));
    preview->cut = upload->size > (int64_t) preview->bytes->len;
    if (preview->format == INGEST_XLSX && preview->cut) { /* its table of contents stands at the end */
        GString *whole = blob_get(blobs, upload->blob, BOOK_BYTES, err);
        if (!whole)
            return false;
        g_string_free(preview->bytes, TRUE);
        preview->bytes = whole;
        preview->cut = false;
    } else if (preview->cut) {
        drop_last_line(preview->bytes);
    }
    return true;
}

/* --- What is asked --------------------------------------------------------------------------------------------------------------------- */

static bool find_mapping(Preview *preview, DbConn *conn, const Org *org, Str uid, GError **err)
{
    HttpRequest *request = preview->request;
    if (!uid.p)
        return true;
    if (!db_one(conn, MappingFind, request->arena, &preview->mapping, &preview->has_mapping, err, .uid = uid, .id = DB_NULL_INT))
        return false;
    if (!preview->has_mapping || (preview->mapping.org != DB_NULL_INT && preview->mapping.org != org->id)) {
        json_bad(json_get(request->json, "mapping"), err, "no mapping '" STR_FMT "' of this sender", STR_ARG(uid));
        return error_detail(err, "mapping-unknown");
    }
    preview->dataset = preview->dataset ? preview->dataset : packs_dataset(preview->packs, preview->mapping.dataset);
    const JsonValue *columns = json_parse(preview->mapping.columns, request->arena, err);
    return columns && hub_columns_read(columns, request->arena, &preview->columns, &preview->n_columns, err);
}

static bool read_wish(Preview *preview, HttpUpload *ret_upload, GError **err)
{
    HttpRequest *request = preview->request;
    Str upload, org_uid = STR_NONE, mapping = STR_NONE;
    Org org;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_get_str(request->json, "upload", &upload, err) && json_opt_str(request->json, "org", &org_uid, err) && json_opt_str(request->json, "mapping", &mapping, err)
           && data_dataset_named(preview->packs, request->json, &preview->dataset, err) && hub_options_read(json_get(request->json, "options"), &preview->options, err)
           && data_org(request, conn, org_uid, VERB_SEND_DATA, &org, err) && http_upload_look(request, conn, upload, ret_upload, err)
           && find_mapping(preview, conn, &org, mapping, err);
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------------------ */

static const PackDataset **datasets_of(const Preview *preview, size_t *ret_n)
{
    const PacksRef *packs = preview->packs;
    bool messages = preview->format == INGEST_FHIR || preview->format == INGEST_HL7;
    size_t most = 1, n = 0;
    for (size_t p = 0; p < packs_count(packs); p++)
        most += packs_get(packs, p)->datasets.n;
    const PackDataset **list = ARENA_ARRAY(preview->request->arena, const PackDataset *, most);
    for (size_t p = 0; p < packs_count(packs); p++)
        for (size_t d = 0; d < packs_get(packs, p)->datasets.n; d++) {
            const PackDataset *dataset = &packs_get(packs, p)->datasets.v[d];
            bool asked = !preview->dataset || preview->dataset == dataset;
            if (asked && (!messages || ingest_takes(dataset, preview->format)))
                list[n++] = dataset;
        }
    *ret_n = n;
    return list;
}

static bool open_file(Preview *preview, GError **err)
{
    Arena *arena = preview->request->arena;
    size_t n;
    const PackDataset **datasets = datasets_of(preview, &n);
    IngestInput input = { .bytes = str_from_gstring(preview->bytes) };
    IngestOptions options = {
        .format = preview->format, .delimiter = preview->options.delimiter, .encoding = preview->options.encoding.p, .sheet = preview->options.sheet,
        .header_row = preview->options.header_row, .datasets = datasets, .n_datasets = n,
    };
    options.known = hub_known_headings(datasets, n, arena, &options.n_known);
    preview->reader = ingest_open(&input, 1, &options, err);
    while (preview->reader && ingest_next(preview->reader, &preview->batch, err)) {
        if (!preview->batch || preview->batch->table)
            return true;
    }
    return false;
}

/* --- Answering ----------------------------------------------------------------------------------------------------------------------------- */

static void write_options(const Preview *preview, JsonWriter *json)
{
    char delimiter[2] = { ingest_delimiter(preview->reader), 0 };
    const IngestTable *table = preview->batch ? preview->batch->table : NULL;
    json_key(json, "options");
    json_begin_object(json);
    json_member_cstr(json, "encoding", ingest_encoding(preview->reader));
    json_member_cstr(json, "delimiter", delimiter[0] ? delimiter : NULL);
    json_member_str(json, "sheet", table ? table->sheet : STR_NONE);
    json_member_int(json, "header_row", table ? table->header_row : 0);
    json_end_object(json);
}

static bool write_sheets(const Preview *preview, JsonWriter *json, GError **err)
{
    const IngestSheet *sheets = NULL;
    size_t n = 0;
    IngestInput input = { .bytes = str_from_gstring(preview->bytes) };
    if (preview->format == INGEST_XLSX && !ingest_sheets(&input, preview->request->arena, &sheets, &n, err))
        return false;
    json_key(json, "sheets");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(json);
        json_member_str(json, "name", sheets[i].name);
        json_member_bool(json, "hidden", sheets[i].hidden);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static void choose_dataset(Preview *preview, JsonWriter *json)
{
    const IngestTable *table = preview->batch ? preview->batch->table : NULL;
    size_t n = 0;
    const HubFit *fits = table ? hub_fits(preview->packs, table->columns, table->n_columns, preview->request->arena, &n) : NULL;
    if (!preview->dataset)
        preview->dataset = table && table->dataset ? table->dataset : n > 0 ? fits[0].dataset : NULL;
    json_member_dataset(json, "dataset", preview->packs, preview->dataset ? preview->dataset->full_name : STR_NONE);
    json_key(json, "datasets");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(n, DATASETS_SHOWN); i++) {
        json_begin_object(json);
        json_member_dataset(json, "dataset", preview->packs, fits[i].dataset->full_name);
        json_member_int(json, "recognised", (int64_t) fits[i].known);
        json_member_int(json, "of", (int64_t) fits[i].columns);
        json_end_object(json);
    }
    json_end_array(json);
}

static Str target_of(const Preview *preview, Str heading, const char **ret_how)
{
    for (size_t i = 0; i < preview->n_columns; i++)
        if (str_eq(preview->columns[i].from, heading)) {
            *ret_how = "mapping";
            return preview->columns[i].to.n > 0 ? preview->columns[i].to : STR_NONE;
        }
    Str id = preview->dataset ? hub_column_of(preview->dataset, heading, ret_how) : STR_NONE;
    if (!id.p)
        *ret_how = "none";
    return id;
}

static int type_of(const PackDataset *dataset, Str id)
{
    const PackField *field = dataset && id.p ? pack_field(dataset, id) : NULL;
    const PackPerson *person = dataset && dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; !field && id.p && person && i < person->n_inputs; i++)
        if (str_eq(person->inputs[i]->entry.id, id))
            return person->inputs[i]->type;
    return field ? (int) field->type : -1;
}

typedef struct {
    Str *to;
    int *types;
} Targets;

static bool is_taken(const Targets *targets, size_t n, Str id)
{
    for (size_t c = 0; c < n; c++)
        if (targets->to[c].p && str_eq(targets->to[c], id))
            return true;
    return false;
}

/* Ids of the fields that no column has, and that are called much like this one. */
static void write_near(const Preview *preview, size_t column, const Targets *targets, JsonWriter *json)
{
    const PackDataset *dataset = preview->dataset;
    const IngestTable *table = preview->batch->table;
    json_key(json, "near");
    json_begin_array(json);
    for (size_t i = 0; dataset && !targets->to[column].p && i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        const Str names[] = { field->entry.id, field->name };
        if (!field->retired && !is_taken(targets, table->n_columns, field->entry.id)
            && near_texts(preview->request->arena, str_trim(table->columns[column]), names, G_N_ELEMENTS(names))[0])
            json_str(json, field->entry.id);
    }
    json_end_array(json);
}

static void write_column(const Preview *preview, size_t c, const Targets *targets, const char *how, JsonWriter *json)
{
    Arena *arena = preview->request->arena;
    const IngestBatch *batch = preview->batch;
    size_t shown = 0;
    json_begin_object(json);
    json_member_str(json, "from", batch->table->columns[c]);
    json_member_str(json, "to", targets->to[c]);
    json_member_cstr(json, "how", how);
    write_near(preview, c, targets, json);
    json_key(json, "examples");
    json_begin_array(json);
    for (size_t r = 0; r < batch->n_rows && shown < EXAMPLES; r++) {
        Str cell = ingest_row(batch, r)[c];
        if (!cell.p || cell.n == 0)
            continue;
        json_str(json, data_mask(cell, targets->types[c], arena));
        shown++;
    }
    json_end_array(json);
    json_member_bool(json, "masked", targets->types[c] >= 0 && pack_type_personal((PackType) targets->types[c]));
    json_end_object(json);
}

static void write_missing(const Preview *preview, const Targets *targets, size_t n, JsonWriter *json)
{
    json_key(json, "missing");
    json_begin_array(json);
    for (size_t i = 0; preview->dataset && i < preview->dataset->fields.n; i++) {
        const PackField *field = &preview->dataset->fields.v[i];
        bool there = false;
        for (size_t c = 0; c < n; c++)
            there |= targets->to[c].p && str_eq(targets->to[c], field->entry.id);
        if (there || field->retired || str_eq(field->entry.id, preview->dataset->org)) /* without one the rows are the sender's */
            continue;
        json_begin_object(json);
        json_member_str(json, "field", field->entry.id);
        json_member_str(json, "name", field->name);
        json_member_bool(json, "required", field->required);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_table(const Preview *preview, JsonWriter *json)
{
    Arena *arena = preview->request->arena;
    const IngestBatch *batch = preview->batch;
    size_t n = batch ? batch->table->n_columns : 0;
    Targets targets = { ARENA_ARRAY(arena, Str, n + 1), ARENA_ARRAY(arena, int, n + 1) };
    json_key(json, "columns");
    json_begin_array(json);
    const char **how = ARENA_ARRAY(arena, const char *, n + 1);
    for (size_t c = 0; c < n; c++) {
        how[c] = "none";
        targets.to[c] = target_of(preview, batch->table->columns[c], &how[c]);
        targets.types[c] = type_of(preview->dataset, targets.to[c]);
    }
    for (size_t c = 0; c < n; c++)
        write_column(preview, c, &targets, how[c], json);
    json_end_array(json);
    write_missing(preview, &targets, n, json);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t r = 0; batch && r < MIN(batch->n_rows, ROWS_SHOWN); r++) {
        json_begin_array(json);
        for (size_t c = 0; c < n; c++)
            json_str(json, data_mask(ingest_row(batch, r)[c], targets.types[c], arena));
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_findings(const Preview *preview, JsonWriter *json)
{
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; preview->batch && i < preview->batch->n_findings; i++) {
        const IngestFinding *finding = &preview->batch->findings[i];
        g_autoptr(GString) at = g_string_new(NULL);
        ingest_place_write(preview->reader, &finding->place, at);
        json_begin_object(json);
        json_member_cstr(json, "code", finding->code);
        json_member_str(json, "at", str_from_gstring(at));
        json_member_str(json, "message", finding->text);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool answer(Preview *preview, GError **err)
{
    JsonWriter *json = http_json(preview->request, 200);
    json_begin_object(json);
    json_member_cstr(json, "format", ingest_formats[ingest_format(preview->reader)]);
    write_options(preview, json);
    if (!write_sheets(preview, json, err))
        return false;
    choose_dataset(preview, json);
    write_table(preview, json);
    json_member_ref(json, "mapping", preview->has_mapping ? preview->mapping.uid : STR_NONE, preview->has_mapping ? preview->mapping.name : STR_NONE);
    write_findings(preview, json);
    json_member_bool(json, "beginning", preview->cut);
    json_end_object(json);
    return true;
}

static bool post_preview(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    HttpUpload upload;
    Preview preview = { .request = request, .packs = packs, .bytes = g_string_new(NULL) };
    bool ok = packs && read_wish(&preview, &upload, err) && fetch(&preview, &upload, err);
    if (ok && preview.format == INGEST_AUTO) {
        error_set(err, BH_BAD_INPUT, "this is no file of records");
        ok = error_detail(err, upload.size == 0 ? "empty" : "not-data");
    }
    ok = ok && open_file(&preview, err) && answer(&preview, err);
    ingest_close(preview.reader);
    g_string_free(preview.bytes, TRUE);
    return ok;
}

static const Route routes[] = {
    { HTTP_POST, "/api/v1/previews", HTTP_SESSION, post_preview, NULL, HTTP_JSON, "Preview", "what an uploaded file would be: its dataset, columns, first rows" },
};

static const HttpShape shapes[] = {
    { "Preview", "format options:any sheets:any dataset:DatasetRef? datasets:any columns:any missing:any rows:any mapping:Ref? findings:any beginning:bool" },
};

const RouteTable preview_routes = ROUTE_TABLE(routes, shapes);
