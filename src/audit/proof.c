/* The chain as a file, and holding one without a store. */
#include "base/file.h"
#include "base/limits.h"
#include "db/queries.h"

#include "audit/chain.h"

#include "base/banned.h"

enum { STEP = 1000 };

#define PROOF_KIND "bihuan-audit-proof"

/* --- Writing ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Db *db;
    Sink sink;
    int64_t to; /* the last to write */
    AuditHead last;
    GString *line;
    JsonWriter json;
} Writing;

static JsonWriter *begin_line(Writing *w)
{
    g_string_truncate(w->line, 0);
    json_writer_init(&w->json, w->line, false);
    json_begin_object(&w->json);
    return &w->json;
}

static bool end_line(Writing *w, GError **err)
{
    json_end_object(&w->json);
    g_string_append_c(w->line, '\n');
    return sink_write(w->sink, str_from_gstring(w->line), err);
}

/* The hash of the event before the first, and the last there is. */
static bool find_ends(Writing *w, int64_t from, AuditHead *ret_before, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(w->db, err);
    EventBySeqRow row;
    AuditHead head;
    bool found = false;
    if (!conn || !audit_head(conn, arena, &head, err) || (from > 1 && !db_one(conn, EventBySeq, arena, &row, &found, err, .seq = from - 1)))
        return false;
    if (from > 1 && !found)
        return error_set(err, BH_NOT_FOUND, "there is no event %" G_GINT64_FORMAT, from);
    w->to = w->to > 0 ? MIN(w->to, head.seq) : head.seq;
    *ret_before = (AuditHead) { .seq = from - 1 };
    Str hash = from > 1 ? row.hash : STR(CHAIN_START);
    g_snprintf(ret_before->hash, sizeof ret_before->hash, STR_FMT, STR_ARG(hash));
    return true;
}

static bool write_first(Writing *w, int64_t from, const char *made, GError **err)
{
    JsonWriter *json = begin_line(w);
    json_member_int(json, "from", from);
    json_member_cstr(json, "kind", PROOF_KIND);
    json_member_cstr(json, "made", made);
    json_member_cstr(json, "previous", w->last.hash);
    json_member_int(json, "version", 1);
    return end_line(w, err);
}

static bool write_event(Writing *w, const EventsAfterRow *row, GError **err)
{
    JsonWriter *json = begin_line(w);
    json_member_str(json, "body", row->body);
    json_member_str(json, "hash", row->hash);
    json_member_int(json, "seq", row->seq);
    w->last.seq = row->seq;
    g_snprintf(w->last.hash, sizeof w->last.hash, STR_FMT, STR_ARG(row->hash));
    return end_line(w, err);
}

/* One step in a read transaction of its own, so that none grows old while the reader of the proof is slow. Rows are kept until it has ended. */
static bool write_step(Writing *w, bool *ret_more, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(EventsAfterRow) kept = { 0 };
    {
        g_autoptr(DbConn) conn = db_reader(w->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, EventsAfter, err, .seq = w->last.seq, .limit = STEP) : NULL;
        for (EventsAfterRow row; rows && db_next(rows, &row, err);)
            *ARENA_PUSH(arena, &kept) = (EventsAfterRow) { .seq = row.seq, .body = arena_str(arena, row.body), .hash = arena_str(arena, row.hash) };
        if (!db_rows_ok(rows))
            return false;
    }
    size_t written = 0;
    for (; written < kept.n && kept.v[written].seq <= w->to; written++)
        if (!write_event(w, &kept.v[written], err))
            return false;
    *ret_more = written == STEP;
    return true;
}

static bool write_anchors(Writing *w, Str anchors, int64_t from, GError **err)
{
    for (Str rest = anchors; rest.p;) {
        g_autoptr(Arena) arena = arena_new();
        Str line = str_trim(str_cut(&rest, '\n'));
        const JsonValue *object = line.n > 0 ? json_parse(line, arena, NULL) : NULL;
        Anchor anchor;
        if (!object || !anchor_read(object, &anchor, NULL) || anchor.seq < from || anchor.seq > w->last.seq)
            continue;
        json_key(begin_line(w), "anchor");
        json_value(&w->json, object);
        if (!end_line(w, err))
            return false;
    }
    return true;
}

static bool write_head(Writing *w, int64_t from, const char *made, const KeyRing *keys, GError **err)
{
    g_autoptr(GString) head = g_string_new(NULL);
    if (!audit_anchor_make(&w->last, made, keys, head, err))
        return false;
    JsonWriter *json = begin_line(w);
    json_member_int(json, "events", w->last.seq - from + 1);
    json_key(json, "head");
    json_raw(json, str_trim(str_from_gstring(head)));
    return end_line(w, err);
}

static bool append_file(const char *folder, const char *name, GString *out, GError **err)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GString) text = file_read(path, LIMIT_ANCHORS_BYTES, err);
    if (text)
        g_string_append_len(out, text->str, (gssize) text->len);
    return text != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

GString *audit_anchors_read(const char *data_dir, GError **err)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folder = g_build_filename(data_dir, "anchors", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL); /* none before the first day has passed */
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (g_str_has_suffix(name, ".jsonl"))
            g_ptr_array_add(names, g_strdup(name));
    if (names->len > 1)
        qsort(names->pdata, names->len, sizeof *names->pdata, by_name);
    for (guint i = 0; i < names->len; i++)
        if (!append_file(folder, names->pdata[i], all, err))
            return NULL;
    return g_steal_pointer(&all);
}

bool audit_proof_write(Db *db, int64_t from, int64_t to, Str anchors, const char *made, const KeyRing *keys, Sink sink, GError **err)
{
    g_autoptr(GString) line = g_string_new(NULL);
    Writing w = { .db = db, .sink = sink, .to = to, .line = line };
    if (!find_ends(&w, from, &w.last, err) || !write_first(&w, from, made, err))
        return false;
    for (bool more = true; more;)
        if (!write_step(&w, &more, err))
            return false;
    return write_anchors(&w, anchors, from, err) && write_head(&w, from, made, keys, err);
}

/* --- Holding -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    ChainCheck chain;
    const KeyRing *keys;
    Str head;          /* that some event must have */
    bool known;        /* it was met */
    bool ended;        /* the last line was there */
    int64_t from;
    char *made;
    GHashTable *hashes; /* of events, by number, for anchors */
} Holding;

static bool read_first(Holding *h, Str *rest, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *first = json_parse(str_trim(str_cut(rest, '\n')), arena, NULL);
    Str kind, previous, made;
    if (!first || !json_get_int(first, "version", 1, 1, &(int64_t) { 0 }, NULL) || !json_get_str(first, "made", &made, NULL) || !json_get_str(first, "kind", &kind, NULL) || !str_eq(kind, STR(PROOF_KIND)) || !json_get_int(first, "from", 1, INT64_MAX, &h->from, NULL)
        || !json_get_str(first, "previous", &previous, NULL) || previous.n != HASH_TEXT_MAX - 1)
        return error_set(err, BH_BAD_INPUT, "this is no proof of a chain: its first line is not that of one");
    h->made = str_dup(made);
    h->chain.head.seq = h->from - 1;
    g_snprintf(h->chain.head.hash, sizeof h->chain.head.hash, STR_FMT, STR_ARG(previous));
    if (h->from == 1 && !str_eq(previous, STR(CHAIN_START)))
        chain_problem(&h->chain, 1, "first-differs");
    return true;
}

static bool hold_event(Holding *h, const JsonValue *line, Arena *arena)
{
    Str body, hash;
    int64_t seq, said;
    const JsonValue *tree;
    if (!json_get_str(line, "body", &body, NULL) || !json_get_str(line, "hash", &hash, NULL) || !json_get_int(line, "seq", 1, INT64_MAX, &seq, NULL))
        return false;
    chain_check_event(&h->chain, seq, body, hash, arena, &tree);
    if (tree && (!json_get_int(tree, "seq", 1, INT64_MAX, &said, NULL) || said != seq))
        chain_problem(&h->chain, seq, "column-differs");
    h->known |= str_eq(hash, h->head);
    int64_t *key = g_new(int64_t, 1);
    *key = seq;
    g_hash_table_insert(h->hashes, key, str_dup(hash));
    return true;
}

/* An anchor, or the head, against the events before it in the file. */
static bool hold_anchor(Holding *h, const JsonValue *object, const char *differs, GError **err)
{
    Anchor anchor;
    bool ours = true;
    if (!object || !anchor_read(object, &anchor, NULL)) {
        chain_problem(&h->chain, h->chain.head.seq, "line-bad");
        return true;
    }
    if (h->keys && !anchor_is_ours(&anchor, h->keys, &ours, err))
        return false;
    const char *hash = g_hash_table_lookup(h->hashes, &anchor.seq);
    if (!ours)
        chain_problem(&h->chain, anchor.seq, "anchor-forged");
    else if (!hash && anchor.seq != h->from - 1)
        chain_problem(&h->chain, anchor.seq, "anchor-ahead");
    else if (hash && !str_eq(anchor.hash, str_from(hash)))
        chain_problem(&h->chain, anchor.seq, differs);
    return true;
}

static bool hold_end(Holding *h, const JsonValue *line, GError **err)
{
    int64_t events;
    Anchor head;
    const JsonValue *object = json_get(line, "head");
    h->ended = true;
    bool agrees = json_get_int(line, "events", 0, INT64_MAX, &events, NULL) && events == h->chain.events && object && anchor_read(object, &head, NULL)
                  && head.seq == h->chain.head.seq && str_eq(head.hash, str_from(h->chain.head.hash)) && str_eq(head.at, str_from(h->made));
    if (!agrees)
        chain_problem(&h->chain, h->chain.head.seq, "head-differs");
    return hold_anchor(h, object, "head-differs", err);
}

static bool hold_line(Holding *h, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *line = json_parse(text, arena, NULL);
    bool good = line && line->type == JSON_BEGIN_OBJECT && !h->ended;
    if (good && json_get(line, "anchor"))
        return hold_anchor(h, json_get(line, "anchor"), "anchor-differs", err);
    if (good && json_get(line, "head"))
        return hold_end(h, line, err);
    if (!good || !hold_event(h, line, arena))
        chain_problem(&h->chain, h->chain.head.seq, "line-bad");
    return true;
}

static bool hold_all(Holding *h, Str text, GError **err)
{
    Str rest = text;
    if (!read_first(h, &rest, err))
        return false;
    while (rest.p) {
        Str line = str_trim(str_cut(&rest, '\n'));
        if (line.n > 0 && !hold_line(h, line, err))
            return false;
    }
    if (!h->ended)
        chain_problem(&h->chain, h->chain.head.seq, "head-missing");
    if (h->head.p && !h->known)
        chain_problem(&h->chain, h->chain.head.seq, "head-unknown");
    return true;
}

bool audit_proof_check(Str text, const KeyRing *keys, Str head, Arena *arena, AuditReport *ret_report, GError **err)
{
    Holding h = { .chain = { .arena = arena }, .keys = keys, .head = head, .hashes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free) };
    bool held = hold_all(&h, text, err);
    g_hash_table_unref(h.hashes);
    g_free(h.made);
    if (held)
        *ret_report = (AuditReport) { h.chain.events, h.chain.head, h.chain.problems.v, h.chain.problems.n };
    return held;
}
