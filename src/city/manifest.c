/* What was sent when, for those who replay it day by day; and the institutions that no table has. */
#include "base/file.h"
#include "base/json.h"
#include "city/send.h"

#include "base/banned.h"

static int by_day(gconstpointer a, gconstpointer b)
{
    const CitySent *x = a, *y = b;
    return x->sent != y->sent ? (x->sent > y->sent ? 1 : -1) : strcmp(x->path, y->path);
}

static void write_sent(JsonWriter *json, const CitySent *sent)
{
    static const char *const formats[] = { "csv", "xlsx", "fhir", "hl7" };
    json_begin_object(json);
    json_member_date(json, "sent", sent->sent);
    json_member_str(json, "org", sent->org->code);
    json_member_str(json, "dataset", sent->stream->dataset->full_name);
    json_member_cstr(json, "period", sent->period);
    json_member_cstr(json, "file", sent->path);
    json_member_cstr(json, "format", formats[sent->software->format]);
    json_member_cstr(json, "mode", sent->stream->replace ? "replace" : "add");
    json_member_int(json, "rows", (int64_t) sent->rows);
    json_member_int(json, "bytes", (int64_t) sent->bytes);
    if (sent->late)
        json_member_bool(json, "late", true);
    json_end_object(json);
}

static void write_list(JsonWriter *json, const char *name, const GArray *sent, bool withheld)
{
    json_key(json, name);
    json_begin_array(json);
    for (guint i = 0; i < sent->len; i++) {
        const CitySent *one = &g_array_index(sent, CitySent, i);
        if (one->withheld == withheld)
            write_sent(json, one);
    }
    json_end_array(json);
}

static bool write_file(const char *out, const char *name, const GString *content, GError **err)
{
    g_autofree char *path = g_build_filename(out, name, NULL);
    return file_write_atomic(path, str_from_gstring(content), 0600, err);
}

bool manifest_write(const CityRun *run, const char *out, GArray *sent, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    g_array_sort(sent, by_day);
    json_writer_init(&json, text, true);
    json_begin_object(&json);
    json_member_str(&json, "city", run->city->file->title);
    json_member_bool(&json, "invented", true);
    json_member_int(&json, "seed", (int64_t) run->options->seed);
    json_member_int(&json, "people", run->options->people);
    json_member_date(&json, "from", run->first);
    json_member_date(&json, "to", run->last);
    write_list(&json, "files", sent, false);
    write_list(&json, "withheld", sent, true);
    json_end_object(&json);
    g_string_append_c(text, '\n');
    return write_file(out, "manifest.json", text, err);
}

static void add_cell(GString *out, Str text)
{
    g_string_append_c(out, '"');
    g_string_append_len(out, text.p, (gssize) text.n);
    g_string_append_c(out, '"');
}

/* As the table of organisations that the city was made from. */
bool orgs_write(const CityRun *run, const char *out, GError **err)
{
    const City *city = run->city;
    g_autoptr(GString) text = g_string_new("\xEF\xBB\xBF");
    for (size_t i = 0; i < city->organisations->n_columns; i++) {
        g_string_append(text, i > 0 ? "," : "");
        add_cell(text, city->organisations->header[i]);
    }
    g_string_append(text, "\r\n");
    for (size_t o = 0; o < run->orgs.n; o++) {
        const CityOrg *org = &run->orgs.v[o];
        g_autofree char *rank = g_strdup_printf("%zu", 1000000 + o);
        const Str cells[] = { org->code, org->name, STR(""), org->kind, org->parent, run->orgs.areas[org->area], str_from(rank), org->functions, STR(""), STR(""), STR("") };
        if (!org->invented)
            continue;
        for (size_t i = 0; i < city->organisations->n_columns; i++) {
            Str cell = STR("");
            for (size_t k = 0; k < G_N_ELEMENTS(cells); k++)
                if (city->org_columns[k] == (int) i)
                    cell = cells[k];
            g_string_append(text, i > 0 ? "," : "");
            add_cell(text, cell);
        }
        g_string_append(text, "\r\n");
    }
    return write_file(out, "organisations.csv", text, err);
}
