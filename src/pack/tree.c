/* The events of libyaml as a tree. Its marks count characters; findings and expressions need bytes, so each mark is brought to bytes by the line that it
 * names. A line ends at LF only: the other line ends of YAML (NEL, LS, PS, a lone CR) are refused before. */
#include "pack/tree.h"

#include <yaml.h>

#include "base/limits.h"

#include "base/banned.h"

typedef struct {
    yaml_parser_t parser;
    const PackFile *file;
    Arena *arena;
    PackReport *report;
    size_t *lines; /* where each begins */
    size_t n_lines, values;
    yaml_mark_t last; /* found last, and its byte: marks come nearly in their order, and a file may be one line */
    size_t last_at;
    bool failed;      /* reading cannot go on */
} Reader;

/* --- Places -------------------------------------------------------------------------------------------------------- */

static void find_at(const Reader *r, size_t from, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void find_at(const Reader *r, size_t from, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pack_report_add(r->report, r->file, from, code, format, args);
    va_end(args);
}

void yaml_find(PackReport *report, const Yaml *node, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pack_report_add(report, node->file, node->from, code, format, args);
    va_end(args);
}

void yaml_find_key(PackReport *report, const Yaml *node, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pack_report_add(report, node->file, node->key.p ? node->key_from : node->from, code, format, args);
    va_end(args);
}

void yaml_find_text(PackReport *report, const Yaml *text, size_t offset, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pack_report_add(report, text->file, yaml_place(text, offset), code, format, args);
    va_end(args);
}

static void find_lines(Reader *r)
{
    ARENA_LIST(size_t) lines = { 0 };
    Str text = r->file->bytes;
    *ARENA_PUSH(r->arena, &lines) = 0;
    for (size_t at = 0; at < text.n; at++)
        if (text.p[at] == '\n')
            *ARENA_PUSH(r->arena, &lines) = at + 1;
    r->lines = lines.v;
    r->n_lines = lines.n;
}

static size_t byte_of(Reader *r, yaml_mark_t mark)
{
    if (mark.line >= r->n_lines)
        return r->file->bytes.n;
    bool behind = mark.line == r->last.line && mark.column >= r->last.column;
    size_t at = behind ? r->last_at : r->lines[mark.line];
    for (size_t i = behind ? r->last.column : 0; i < mark.column && at < r->file->bytes.n; i++)
        utf8_next(r->file->bytes, &at);
    r->last = mark;
    r->last_at = at;
    return at;
}

/* The raw bytes hold those of the text in their order, with quotes, escapes and indents between. */
size_t yaml_place(const Yaml *text, size_t offset)
{
    Str raw = { text->file->bytes.p + text->from, text->to - text->from };
    size_t at = text->quoted && raw.n > 0; /* behind the quote, or the sign of the block */
    for (size_t i = 0; i < text->text.n && i <= offset && at < raw.n; i++) {
        bool blank = g_ascii_isspace(text->text.p[i]);
        while (at < raw.n && !(blank ? g_ascii_isspace(raw.p[at]) : raw.p[at] == text->text.p[i]))
            at++;
        if (i == offset)
            break;
        at++;
        while (blank && at < raw.n && g_ascii_isspace(raw.p[at]) && i + 1 < text->text.n && !g_ascii_isspace(text->text.p[i + 1]))
            at++;
    }
    return text->from + MIN(at, raw.n);
}

/* --- Reading ------------------------------------------------------------------------------------------------------- */

static bool next_event(Reader *r, yaml_event_t *event)
{
    if (!r->failed && yaml_parser_parse(&r->parser, event))
        return true;
    if (!r->failed)
        find_at(r, byte_of(r, r->parser.problem_mark), "yaml-syntax", "%s%s%s", r->parser.problem ? r->parser.problem : "this cannot be read",
                r->parser.context ? ", " : "", r->parser.context ? r->parser.context : "");
    r->failed = true;
    *event = (yaml_event_t) { .type = YAML_NO_EVENT };
    return false;
}

static Yaml *node_new(Reader *r, YamlKind kind, const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    Yaml *node = ARENA_NEW(r->arena, Yaml);
    *node = (Yaml) { .kind = kind, .file = r->file, .from = byte_of(r, event->start_mark) };
    node->to = byte_of(r, event->end_mark);
    if (anchor)
        find_at(r, node->from, "yaml-alias", "an anchor '&%s': what is meant twice is written twice", (const char *) anchor);
    if (tag)
        find_at(r, node->from, "yaml-tag", "a tag '%s': the place says what a value is", (const char *) tag);
    if (++r->values > LIMIT_PACK_VALUES && !r->failed) {
        find_at(r, node->from, "yaml-large", "more than %d values in one file", LIMIT_PACK_VALUES);
        r->failed = true;
    }
    return node;
}

static Yaml *read_text(Reader *r, const yaml_event_t *event)
{
    Yaml *node = node_new(r, YAML_TEXT, event, event->data.scalar.anchor, event->data.scalar.tag);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_str(r->arena, (Str) { (const char *) event->data.scalar.value, event->data.scalar.length });
    if (!utf8_valid(node->text, NULL)) { /* an escape made U+0000 or half of a pair */
        find_at(r, node->from, "yaml-encoding", "an escape makes a character that no text may hold");
        node->text = STR("");
    }
    return node;
}

static Yaml *read_value(Reader *r, const yaml_event_t *event, int depth);

static void append(Yaml *parent, Yaml **last, Yaml *node)
{
    if (*last)
        (*last)->next = node;
    else
        parent->first = node;
    *last = node;
    parent->n++;
}

static void read_list(Reader *r, Yaml *list, int depth)
{
    Yaml *last = NULL;
    for (yaml_event_t event; next_event(r, &event);) {
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        if (end)
            list->to = byte_of(r, event.end_mark);
        else
            append(list, &last, read_value(r, &event, depth + 1));
        yaml_event_delete(&event);
        if (end)
            return;
    }
}

static void read_member(Reader *r, Yaml *map, Yaml **last, GHashTable *keys, const yaml_event_t *event, int depth)
{
    Yaml *key = read_value(r, event, depth + 1);
    yaml_event_t of_value;
    if (!next_event(r, &of_value))
        return;
    Yaml *value = read_value(r, &of_value, depth + 1);
    yaml_event_delete(&of_value);
    if (key->kind != YAML_TEXT) {
        yaml_find(r->report, key, "yaml-key", "a key is a text, not a %s", key->kind == YAML_LIST ? "list" : "map");
        return;
    }
    if (g_hash_table_contains(keys, &key->text)) {
        yaml_find(r->report, key, "yaml-duplicate", "the key '" STR_FMT "' stands here for the second time", STR_ARG(key->text));
        return;
    }
    g_hash_table_add(keys, &key->text);
    value->key = key->text;
    value->key_from = key->from;
    value->key_to = key->to;
    append(map, last, value);
}

static void read_map(Reader *r, Yaml *map, int depth)
{
    Yaml *last = NULL;
    g_autoptr(GHashTable) keys = g_hash_table_new(str_hash, str_equal);
    for (yaml_event_t event; next_event(r, &event);) {
        bool end = event.type == YAML_MAPPING_END_EVENT;
        if (end)
            map->to = byte_of(r, event.end_mark);
        else
            read_member(r, map, &last, keys, &event, depth);
        yaml_event_delete(&event);
        if (end)
            return;
    }
}

static Yaml *read_nested(Reader *r, const yaml_event_t *event, int depth)
{
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    Yaml *node = list ? node_new(r, YAML_LIST, event, event->data.sequence_start.anchor, event->data.sequence_start.tag)
                      : node_new(r, YAML_MAP, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    if (depth > LIMIT_PACK_DEPTH && !r->failed) {
        find_at(r, node->from, "yaml-deep", "maps and lists stand more than %d deep in each other", LIMIT_PACK_DEPTH);
        r->failed = true;
    }
    if (!r->failed && list)
        read_list(r, node, depth);
    else if (!r->failed)
        read_map(r, node, depth);
    return node;
}

static Yaml *read_value(Reader *r, const yaml_event_t *event, int depth)
{
    if (event->type == YAML_SCALAR_EVENT)
        return read_text(r, event);
    if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT)
        return read_nested(r, event, depth);
    Yaml *node = node_new(r, YAML_TEXT, event, NULL, NULL);
    if (event->type == YAML_ALIAS_EVENT)
        find_at(r, node->from, "yaml-alias", "an alias '*%s': what is meant twice is written twice", (const char *) event->data.alias.anchor);
    return node;
}

/* --- Files --------------------------------------------------------------------------------------------------------- */

/* U+0085, U+2028, U+2029, and CR without LF. */
static bool odd_line_end(Str text, size_t *ret_at)
{
    for (size_t at = 0; at < text.n;) {
        size_t here = at;
        uint32_t c = utf8_next(text, &at);
        if (c == 0x85 || c == 0x2028 || c == 0x2029 || (c == '\r' && (at >= text.n || text.p[at] != '\n'))) {
            *ret_at = here;
            return true;
        }
    }
    return false;
}

static bool check_bytes(const Reader *r)
{
    size_t bad;
    if (r->file->bytes.n > LIMIT_PACK_YAML_BYTES)
        find_at(r, 0, "yaml-large", "the file has more than %d bytes", LIMIT_PACK_YAML_BYTES);
    else if (!utf8_valid(r->file->bytes, &bad))
        find_at(r, bad, "yaml-encoding", "the file is not UTF-8");
    else if (odd_line_end(r->file->bytes, &bad))
        find_at(r, bad, "yaml-encoding", "a line end that is none elsewhere: lines end in LF or CRLF");
    else
        return true;
    return false;
}

static void check_document(Reader *r, const yaml_event_t *event)
{
    if (event->data.document_start.version_directive || event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        find_at(r, byte_of(r, event->start_mark), "yaml-tag", "a directive: there are none in packs");
}

static const Yaml *read_documents(Reader *r)
{
    const Yaml *root = NULL;
    size_t documents = 0;
    bool end = false;
    for (yaml_event_t event; !end && next_event(r, &event); yaml_event_delete(&event)) {
        end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            check_document(r, &event);
            if (++documents > 1) {
                find_at(r, byte_of(r, event.start_mark), "yaml-documents", "a second document: a file holds one");
                r->failed = true;
            }
        } else if (!root && (event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT
                             || event.type == YAML_ALIAS_EVENT)) {
            root = read_value(r, &event, 1);
        }
    }
    return r->failed ? NULL : root;
}

const Yaml *yaml_read(const PackFile *file, Arena *arena, PackReport *report)
{
    Reader r = { .file = file, .arena = arena, .report = report };
    if (!check_bytes(&r))
        return NULL;
    find_lines(&r);
    if (!yaml_parser_initialize(&r.parser))
        g_error("out of memory");
    yaml_parser_set_input_string(&r.parser, (const unsigned char *) (file->bytes.p ? file->bytes.p : ""), file->bytes.n);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    const Yaml *root = read_documents(&r);
    yaml_parser_delete(&r.parser);
    if (root || r.failed)
        return root;
    Yaml *empty = ARENA_NEW(arena, Yaml);
    *empty = (Yaml) { .kind = YAML_MAP, .file = file };
    return empty;
}

const Yaml *yaml_get(const Yaml *map, const char *key)
{
    for (const Yaml *node = map && map->kind == YAML_MAP ? map->first : NULL; node; node = node->next)
        if (str_eq(node->key, str_from(key)))
            return node;
    return NULL;
}

const Yaml *yaml_at(const Yaml *map, const char *key)
{
    const Yaml *member = yaml_get(map, key);
    return member ? member : map;
}
