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
    Org org;             /* who would send */
    const PackDataset *dataset;
    HubFit *fits;
    size_t n_fits;
    HubKept kept;        /* the mapping that the import would take; id DB_NULL_INT: none */
    IngestReader *reader;
    IngestBatch none;    /* of a header alone */
    const IngestBatch *batch; /* the first with rows; one without any where there is a header alone; or NULL */
    const HubHeader *headers; /* what the import would make of its columns; NULL: of no dataset */
    const HubSeen *seen;
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

static bool take_mapping(Preview *preview, const MappingFindRow *mapping, GError **err)
{
    Arena *arena = preview->request->arena;
    HubFileOptions kept;
    const JsonValue *columns = json_parse(mapping->columns, arena, err), *options = columns ? json_parse(mapping->options, arena, err) : NULL;
    if (!options || !hub_columns_read(columns, arena, &preview->kept.columns, &preview->kept.n_columns, err) || !hub_options_read(options, &kept, err))
        return false;
    preview->kept.id = mapping->id;
    preview->kept.uid = mapping->uid;
    preview->kept.name = mapping->name;
    preview->dataset = preview->dataset ? preview->dataset : packs_dataset(preview->packs, mapping->dataset);
    preview->options = hub_options_said(&preview->options) ? preview->options : kept;
    return true;
}

/* That which was named. */
static bool find_mapping(Preview *preview, DbConn *conn, Str uid, GError **err)
{
    HttpRequest *request = preview->request;
    MappingFindRow mapping;
    bool found;
    preview->kept.id = DB_NULL_INT;
    if (!uid.p)
        return true;
    if (!db_one(conn, MappingFind, request->arena, &mapping, &found, err, .uid = uid, .id = DB_NULL_INT))
        return false;
    if (found && (mapping.org == DB_NULL_INT || mapping.org == preview->org.id))
        return take_mapping(preview, &mapping, err);
    json_bad(json_get(request->json, "mapping"), err, "no mapping '" STR_FMT "' of this sender", STR_ARG(uid));
    return error_detail(err, "mapping-unknown");
}

static bool read_wish(Preview *preview, HttpUpload *ret_upload, GError **err)
{
    HttpRequest *request = preview->request;
    Str upload, org_uid = STR_NONE, mapping = STR_NONE;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_get_str(request->json, "upload", &upload, err) && json_opt_str(request->json, "org", &org_uid, err) && json_opt_str(request->json, "mapping", &mapping, err)
           && data_dataset_named(preview->packs, request->json, &preview->dataset, err) && hub_options_read(json_get(request->json, "options"), &preview->options, err)
           && data_org(request, conn, org_uid, VERB_SEND_DATA, &preview->org, err) && http_upload_look(request, conn, upload, ret_upload, err)
           && find_mapping(preview, conn, mapping, err);
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

static bool open_for(Preview *preview, GError **err)
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
    ingest_close(preview->reader);
    preview->reader = ingest_open(&input, 1, &options, err);
    do {
        if (!preview->reader || !ingest_next(preview->reader, &preview->batch, err))
            return false;
    } while (preview->batch && !preview->batch->table);
    preview->none.table = ingest_header(preview->reader);
    if (!preview->batch && preview->none.table)
        preview->batch = &preview->none;
    return true;
}

/* As the import does: its columns say of which dataset it is, then it is read as a file of that. */
static bool open_file(Preview *preview, GError **err)
{
    if (!open_for(preview, err))
        return false;
    const IngestTable *table = preview->batch ? preview->batch->table : NULL;
    preview->fits = table ? (HubFit *) hub_fits(preview->packs, table->columns, table->n_columns, preview->request->arena, &preview->n_fits) : NULL;
    if (preview->dataset || !table)
        return true;
    preview->dataset = table->dataset ? table->dataset : preview->n_fits > 0 ? preview->fits[0].dataset : NULL;
    return !preview->dataset || table->dataset || open_for(preview, err);
}

/* What the import would make of its columns. */
static bool look(Preview *preview, GError **err)
{
    HttpRequest *request = preview->request;
    Hub *hub;
    HubLook found;
    const IngestTable *table = preview->batch ? preview->batch->table : NULL;
    if (!table || !preview->dataset)
        return true;
    if (preview->kept.id == DB_NULL_INT && !table->dataset) {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        if (!conn || !hub_mapping_kept(conn, preview->org.id, preview->dataset, table, request->arena, &preview->kept, err))
            return false;
    }
    const HubImport import = { .dataset = preview->dataset, .org = preview->org.id, .intake = DB_NULL_INT, .columns = preview->kept.columns, .n_columns = preview->kept.n_columns, .dry_run = true };
    if (!data_hub(request, &hub, err) || !hub_look(hub, &import, preview->batch, request->arena, &found, err))
        return false;
    preview->headers = found.headers;
    preview->seen = found.seen;
    return true;
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

static void write_datasets(const Preview *preview, JsonWriter *json)
{
    const HubFit *fits = preview->fits;
    json_member_dataset(json, "dataset", preview->packs, preview->dataset ? preview->dataset->full_name : STR_NONE);
    json_key(json, "datasets");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(preview->n_fits, DATASETS_SHOWN); i++) {
        json_begin_object(json);
        json_member_dataset(json, "dataset", preview->packs, fits[i].dataset->full_name);
        json_member_int(json, "recognised", (int64_t) fits[i].known);
        json_member_int(json, "of", (int64_t) fits[i].columns);
        json_end_object(json);
    }
    json_end_array(json);
}

static Str target_of(const Preview *preview, size_t column)
{
    return preview->headers ? preview->headers[column].to : STR_NONE;
}

static int type_of(const Preview *preview, size_t column)
{
    return preview->seen ? preview->seen[column].type : -1;
}

static bool is_taken(const Preview *preview, Str id)
{
    for (size_t c = 0; c < preview->batch->table->n_columns; c++)
        if (target_of(preview, c).p && str_eq(target_of(preview, c), id))
            return true;
    return false;
}

/* Ids of the fields that no column has, and that are called much like this one. */
static void write_near(const Preview *preview, size_t column, JsonWriter *json)
{
    const PackDataset *dataset = preview->headers && !preview->headers[column].how[0] ? preview->dataset : NULL;
    const IngestTable *table = preview->batch->table;
    json_key(json, "near");
    json_begin_array(json);
    for (size_t i = 0; dataset && i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        const Str names[] = { field->entry.id, field->name };
        if (!field->retired && !is_taken(preview, field->entry.id)
            && near_texts(preview->request->arena, str_trim(table->columns[column]), names, G_N_ELEMENTS(names))[0])
            json_str(json, field->entry.id);
    }
    json_end_array(json);
}

/* Of two columns that mean the same, the one that counts, as people count them. */
static void write_twice(const HubHeader *header, JsonWriter *json)
{
    json_key(json, "twice");
    if (!header || !header->twice.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "field", header->twice);
    json_member_int(json, "used", (int64_t) header->used + 1);
    json_end_object(json);
}

static void write_column(const Preview *preview, size_t c, JsonWriter *json)
{
    const HubHeader *header = preview->headers ? &preview->headers[c] : NULL;
    Arena *arena = preview->request->arena;
    const IngestBatch *batch = preview->batch;
    size_t shown = 0;
    json_begin_object(json);
    json_member_str(json, "from", batch->table->columns[c]);
    json_member_str(json, "to", target_of(preview, c));
    json_member_str(json, "name", preview->seen ? preview->seen[c].name : STR_NONE);
    json_member_str(json, "name_en", preview->seen ? preview->seen[c].name_en : STR_NONE);
    json_member_cstr(json, "how", header && header->how[0] ? header->how : "none");
    write_twice(header, json);
    write_near(preview, c, json);
    json_key(json, "examples");
    json_begin_array(json);
    for (size_t r = 0; r < batch->n_rows && shown < EXAMPLES; r++) {
        Str cell = ingest_row(batch, r)[c];
        if (!cell.p || cell.n == 0)
            continue;
        json_str(json, data_mask(cell, type_of(preview, c), arena));
        shown++;
    }
    json_end_array(json);
    json_member_bool(json, "masked", type_of(preview, c) >= 0 && pack_type_personal((PackType) type_of(preview, c)));
    json_end_object(json);
}

static void write_missing(const Preview *preview, JsonWriter *json)
{
    json_key(json, "missing");
    json_begin_array(json);
    for (size_t i = 0; preview->dataset && i < preview->dataset->fields.n; i++) {
        const PackField *field = &preview->dataset->fields.v[i];
        if ((preview->batch && is_taken(preview, field->entry.id)) || field->retired || str_eq(field->entry.id, preview->dataset->org)) /* without one the rows are the sender's */
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
    json_key(json, "columns");
    json_begin_array(json);
    for (size_t c = 0; c < n; c++)
        write_column(preview, c, json);
    json_end_array(json);
    write_missing(preview, json);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t r = 0; batch && r < MIN(batch->n_rows, ROWS_SHOWN); r++) {
        json_begin_array(json);
        for (size_t c = 0; c < n; c++)
            json_str(json, data_mask(ingest_row(batch, r)[c], type_of(preview, c), arena));
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
    if (preview->batch == &preview->none || (!preview->batch && preview->format == INGEST_JSON)) {
        json_begin_object(json);
        json_member_cstr(json, "code", "no-rows");
        json_member_cstr(json, "at", NULL);
        json_member_cstr(json, "message", "0 rows: a heading alone");
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
    write_datasets(preview, json);
    write_table(preview, json);
    json_member_ref(json, "mapping", preview->kept.uid, preview->kept.name);
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
    ok = ok && open_file(&preview, err) && look(&preview, err) && answer(&preview, err);
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
