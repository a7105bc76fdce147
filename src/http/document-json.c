#include "http/document-json.h"
#include "ledger/relation.h"
#include "ledger/withhold.h"

#include "base/banned.h"

/* --- Rows --------------------------------------------------------------------------------------------------------------------- */

static void write_force(const HttpRequest *request, const DocumentListRow *row, JsonWriter *json)
{
    DocumentForce force = document_force_on(row->force_from, row->force_to, row->replaced_by != DB_NULL_INT, clock_today(request->app->clock));
    json_member_date(json, "in_force_from", force.from);
    json_member_date(json, "in_force_to", force.to);
    json_member_cstr(json, "force", force.state);
}

void document_row_write(const HttpRequest *request, const DocumentListRow *row, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "title", row->title);
    json_member_str(json, "doc_no", row->doc_no);
    json_member_str(json, "kind", row->kind);
    json_member_str(json, "issuer", row->issuer);
    json_member_date(json, "issued", row->issued);
    json_member_str(json, "state", row->state);
    json_member_str(json, "file_name", row->file_name);
    json_member_int(json, "items", row->items);
    json_member_int(json, "confirmed", row->confirmed);
    json_member_int(json, "left_out", row->left_out);
    json_member_int(json, "findings", row->findings);
    json_member_int(json, "unresolved", row->unresolved);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_ref(json, "uploaded_by", row->uploader_uid, row->uploader_name);
    json_member_instant(json, request, "uploaded", row->uploaded);
    json_member_str(json, "plan", row->plan_uid);
    write_force(request, row, json);
    json_member_int(json, "version", row->version);
    json_end_object(json);
}

/* --- Items ------------------------------------------------------------------------------------------------------------------------ */

static void write_candidates(JsonWriter *json, const Org *candidates, size_t n)
{
    json_key(json, "candidates");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        json_ref(json, candidates[i].uid, candidates[i].name);
    json_end_array(json);
}

static void write_owners(JsonWriter *json, const char *role, const DraftOwner *owners, size_t n)
{
    json_key(json, role);
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(json);
        json_member_str(json, "name", owners[i].name);
        json_member_span(json, "span", owners[i].span);
        json_member_ref(json, "org", owners[i].org_uid, owners[i].org_name);
        json_member_cstr(json, "how", owners[i].how);
        write_candidates(json, owners[i].candidates, owners[i].n_candidates);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_measures(JsonWriter *json, const DraftItem *item)
{
    json_key(json, "measures");
    json_begin_array(json);
    for (size_t i = 0; i < item->n_measures; i++) {
        json_begin_object(json);
        json_member_str(json, "no", item->measures[i].no);
        json_member_str(json, "text", item->measures[i].text);
        json_member_span(json, "span", item->measures[i].span);
        json_member_bool(json, "removed", item->measures[i].removed);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_target(JsonWriter *json, const DraftTarget *target)
{
    json_begin_object(json);
    json_member_str(json, "quote", target->quote);
    json_member_span(json, "span", target->span);
    json_member_str(json, "metric", target->metric);
    json_member_str(json, "op", target->op);
    json_member_str(json, "value", target->value);
    json_member_str(json, "value2", target->value2);
    json_member_str(json, "unit", target->unit);
    json_member_date(json, "due", target->due);
    json_member_bool(json, "soft", target->soft);
    json_member_str(json, "tense", target->tense);
    json_member_bool(json, "removed", target->removed);
    json_end_object(json);
}

static void write_targets(JsonWriter *json, const DraftItem *item)
{
    json_key(json, "targets");
    json_begin_array(json);
    for (size_t i = 0; i < item->n_targets; i++)
        write_target(json, &item->targets[i]);
    json_end_array(json);
}

static void write_words(JsonWriter *json, const char *name, const Str *words, size_t n)
{
    json_key(json, name);
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        json_str(json, words[i]);
    json_end_array(json);
}

static void write_item(JsonWriter *json, const DraftItem *item, size_t index)
{
    json_begin_object(json);
    json_member_int(json, "index", (int64_t) index);
    json_member_str(json, "no", item->no);
    json_member_str(json, "label", item->label);
    json_member_str(json, "kind", item->kind);
    write_words(json, "path", item->path, item->n_path);
    json_member_str(json, "title", item->title);
    json_member_span(json, "title_span", item->title_span);
    json_member_span(json, "span", item->span);
    json_member_str(json, "problem", item->problem);
    json_member_span(json, "problem_span", item->problem_span);
    write_owners(json, "lead", item->lead, item->n_lead);
    write_owners(json, "support", item->support, item->n_support);
    write_measures(json, item);
    write_targets(json, item);
    json_member_date(json, "due", item->due);
    json_member_cstr(json, "status", item_status_name(item->status));
    write_words(json, "edited", item->edited, item->n_edited);
    json_member_str(json, "part", item->part);
    json_member_bool(json, "withheld", item->withheld);
    json_end_object(json);
}

/* --- What stands beside the items -------------------------------------------------------------------------------------------- */

static void write_names(JsonWriter *json, const Draft *draft)
{
    json_key(json, "owners");
    json_begin_array(json);
    for (size_t i = 0; i < draft->n_owners; i++) {
        const DraftName *name = &draft->owners[i];
        json_begin_object(json);
        json_member_str(json, "name", name->name);
        json_member_int(json, "items", name->items);
        json_member_ref(json, "org", name->org_uid, name->org_name);
        json_member_cstr(json, "how", name->how);
        write_candidates(json, name->candidates, name->n_candidates);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_findings(JsonWriter *json, const Draft *draft)
{
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; i < draft->n_findings; i++) {
        const DraftFinding *finding = &draft->findings[i];
        json_begin_object(json);
        json_member_str(json, "code", finding->code);
        json_member_str(json, "key", finding->key);
        json_member_str(json, "at", finding->at);
        json_member_span(json, "span", finding->span);
        json_member_str(json, "message", finding->message);
        json_key(json, "params");
        if (finding->params.p)
            json_raw(json, finding->params);
        else
            json_null(json);
        json_member_bool(json, "seen", finding->seen);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_declared(JsonWriter *json, const Draft *draft)
{
    json_key(json, "declared");
    json_begin_array(json);
    for (size_t i = 0; i < draft->n_declared; i++) {
        const DraftDeclared *declared = &draft->declared[i];
        bool known = declared->found >= 0;
        json_begin_object(json);
        json_member_str(json, "what", declared->what);
        json_member_int(json, "value", declared->value);
        json_member_str(json, "quote", declared->quote);
        json_member_span(json, "span", declared->span);
        json_key(json, "found");
        if (known)
            json_int(json, declared->found);
        else
            json_null(json);
        json_key(json, "ok");
        if (known)
            json_bool(json, declared->found == declared->value);
        else
            json_null(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_may(HttpRequest *request, const DocumentRow *row, const Draft *draft, const MayObject *facts, const Withheld *withheld, JsonWriter *json)
{
    static const char *const verbs[] = { "edit", "issue", "discard" };
    json_key(json, "may");
    json_begin_object(json);
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        Allowed allowed = document_allowed(api_user(request), row, draft, facts, verbs[i], request->arena);
        json_member_allowed(json, verbs[i], &allowed);
    }
    Allowed original = { .ok = withheld->n == 0, .why = "document-withheld" };
    if (!original.ok)
        original.params = arena_printf(request->arena, "n=%zu", withheld->n);
    json_member_allowed(json, "original", &original);
    json_end_object(json);
}

static void write_head(const HttpRequest *request, const DocumentRow *row, const Draft *draft, JsonWriter *json)
{
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "title", draft->title);
    json_member_str(json, "doc_no", draft->doc_no);
    json_member_str(json, "kind", draft->kind);
    json_member_str(json, "issuer", draft->issuer);
    json_member_date(json, "issued", draft->issued);
    json_member_str(json, "state", row->state);
    json_member_str(json, "file_name", row->file_name);
    json_member_int(json, "confirmed", draft->confirmed);
    json_member_int(json, "left_out", draft->left_out);
    json_member_int(json, "unresolved", draft->unresolved);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_person(json, "uploaded_by", &row->uploaded_by);
    json_member_instant(json, request, "uploaded", row->uploaded);
    json_member_str(json, "plan", row->plan_uid);
    json_member_str(json, "discarded", row->discarded);
    json_member_int(json, "version", row->version);
}

bool document_write(HttpRequest *request, DbConn *conn, const DocumentRow *row, const MayObject *facts, JsonWriter *json, GError **err)
{
    Ledger ledger = api_ledger(request);
    Draft draft;
    Withheld withheld;
    if (!draft_load(&ledger, conn, request->arena, row, &draft, err) || !document_withheld(conn, request->arena, api_user(request), row, &withheld, err))
        return false;
    draft_withhold(&draft, &withheld, request->arena);
    json_begin_object(json);
    write_head(request, row, &draft, json);
    json_member_str(json, "text", draft.text);
    json_member_str(json, "text_sha256", draft.text_sha256);
    json_member_span(json, "title_span", draft.title_span);
    json_member_span(json, "doc_no_span", draft.doc_no_span);
    json_member_span(json, "issued_span", draft.issued_span);
    write_declared(json, &draft);
    json_key(json, "items");
    json_begin_array(json);
    for (size_t i = 0; i < draft.n_items; i++)
        write_item(json, &draft.items[i], i);
    json_end_array(json);
    write_names(json, &draft);
    write_findings(json, &draft);
    json_member_ref(json, "issuer_org", draft.issuer_org.uid, draft.issuer_org.name);
    write_may(request, row, &draft, facts, &withheld, json);
    json_end_object(json);
    return true;
}
