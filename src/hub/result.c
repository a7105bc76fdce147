/* What an import did, as JSON: in the store and in the API. */
#include "hub/result.h"

#include "base/banned.h"

enum { FOUND_SHOWN = 200 };

void hub_result_add(HubResult *sum, const HubResult *one)
{
    sum->rows += one->rows;
    sum->rejected += one->rejected;
    sum->held += one->held;
    sum->warned += one->warned;
    sum->accepted += one->accepted;
    sum->repeated += one->repeated;
    sum->added += one->added;
    sum->changed += one->changed;
    sum->same += one->same;
    sum->deleted += one->deleted;
    sum->would_delete += one->would_delete;
    sum->there += one->there;
    sum->unread += one->unread;
    sum->asks |= one->asks;
    sum->refused |= one->refused;
    if (one->has_errors) {
        sum->has_errors = true;
        sum->errors = one->errors;
    }
}

static const char *level_of(const HubFound *found)
{
    return found->reject ? "reject" : found->held ? "error" : "warning";
}

static void write_found(JsonWriter *json, const PackDataset *dataset, const HubFound *found)
{
    const PackRule *rule = NULL;
    for (size_t i = 0; i < dataset->rules.n && !rule; i++)
        if (str_eq(dataset->rules.v[i].entry.id, found->code))
            rule = &dataset->rules.v[i];
    json_begin_object(json);
    json_member_str(json, "dataset", dataset->full_name);
    json_member_str(json, "rule", found->code);
    json_member_str(json, "field", found->field);
    json_member_str(json, "says", rule ? rule->says : STR_NONE);
    json_member_str(json, "says_en", rule ? rule->says_en : STR_NONE);
    json_member_cstr(json, "level", level_of(found));
    json_member_int(json, "n", found->rows);
    json_member_str(json, "first", found->first);
    json_end_object(json);
}

/* Columns that nobody knows; not those that somebody left out, nor what an error file adds. */
static void write_unknown(JsonWriter *json, const HubResult *result)
{
    for (size_t i = 0; i < result->n_headers; i++)
        if (!result->headers[i].to.p && result->headers[i].how[0] == '\0')
            json_str(json, result->headers[i].from);
}

/* Columns that mean what another one before them means, by their numbers as people count. */
static void write_twice(JsonWriter *json, const HubPart *part)
{
    for (size_t i = 0; i < part->result.n_headers; i++) {
        const HubHeader *header = &part->result.headers[i];
        if (!header->twice.p)
            continue;
        json_begin_object(json);
        json_member_str(json, "dataset", part->dataset->full_name);
        json_member_str(json, "field", header->twice);
        json_member_int(json, "column", (int64_t) i + 1);
        json_member_str(json, "name", header->from);
        json_member_int(json, "used", (int64_t) header->used + 1);
        json_member_str(json, "used_name", part->result.headers[header->used].from);
        json_end_object(json);
    }
}

static void write_locked(JsonWriter *json, const HubPart *parts, size_t n)
{
    char period[PERIOD_TEXT_MAX];
    size_t shown = 0;
    json_key(json, "locked");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < parts[i].result.n_locked && shown < FOUND_SHOWN; k++, shown++) {
            const HubLocked *locked = &parts[i].result.locked[k];
            char since[DATE_TEXT_MAX];
            json_begin_object(json);
            json_member_str(json, "dataset", parts[i].dataset->full_name);
            json_member_cstr(json, "period", period_format(locked->period, period));
            json_member_cstr(json, "since", date_format(locked->since, since));
            json_member_int(json, "n", locked->rows);
            json_end_object(json);
        }
    json_end_array(json);
}

static void write_counts(JsonWriter *json, const HubResult *sum)
{
    json_member_int(json, "rows", sum->rows);
    json_member_int(json, "accepted", sum->accepted);
    json_member_int(json, "warned", sum->warned);
    json_member_int(json, "held", sum->held);
    json_member_int(json, "rejected", sum->rejected);
    json_member_int(json, "repeated", sum->repeated);
    json_member_int(json, "added", sum->added);
    json_member_int(json, "changed", sum->changed);
    json_member_int(json, "same", sum->same);
    json_member_int(json, "deleted", sum->deleted);
}

void hub_result_write(JsonWriter *json, const HubResult *sum, const HubPart *parts, size_t n, bool headers)
{
    char hash[HASH_TEXT_MAX];
    size_t shown = 0, found = 0;
    json_begin_object(json);
    write_counts(json, sum);
    json_key(json, "unknown");
    json_begin_array(json);
    for (size_t i = 0; headers && i < n; i++)
        write_unknown(json, &parts[i].result);
    json_end_array(json);
    json_key(json, "twice");
    json_begin_array(json);
    for (size_t i = 0; headers && i < n; i++)
        write_twice(json, &parts[i]);
    json_end_array(json);
    json_member_cstr(json, "errors", sum->has_errors ? hash_write(sum->errors, hash) : NULL);
    json_key(json, "asks");
    if (sum->asks) {
        json_begin_object(json);
        json_member_int(json, "deletes", sum->would_delete);
        json_member_int(json, "of", sum->there);
        json_member_int(json, "unread", sum->unread);
        json_end_object(json);
    } else {
        json_null(json);
    }
    write_locked(json, parts, n);
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < parts[i].result.n_found; f++, found++)
            if (shown < FOUND_SHOWN) {
                write_found(json, parts[i].dataset, &parts[i].result.found[f]);
                shown++;
            }
    json_end_array(json);
    json_member_bool(json, "more", found > shown);
    json_key(json, "datasets");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        if (parts[i].result.rows > 0)
            json_str(json, parts[i].dataset->full_name);
    json_end_array(json);
    json_end_object(json);
}
