/* HL7 v2 as rows. A file is divided into messages where a segment MSH begins; batch headers and trailers, and frames of MLLP, stand between them. */
#include "base/limits.h"
#include "ingest/hl7_message.h"
#include "ingest/sources.h"
#include "ingest/stage.h"

#include "base/banned.h"

enum { TYPES_TOLD = 50 };

typedef struct {
    Str type;
    int64_t count;
    bool wanted;
} TypeCount;

typedef struct {
    const Hl7Source **sources;
    Stages stages;
    IngestReader *reader;
    TextStream bytes;      /* as they come: a message is decoded by itself */
    GString *left;         /* not yet divided; its first byte begins a message, or what stands between two */
    bool last, ended;
    bool sated;            /* there are messages in `left` that were not looked at yet */
    int64_t number;        /* of the message in hand, from 1 */
    Str raw;
    Arena *arena;          /* of the message in hand */
    ArenaMark begin;
    Hl7Message message;
    bool told_encoding;
    TypeCount types[TYPES_TOLD];
    size_t n_types;
} Hl7;

/* --- Opening ------------------------------------------------------------------------------------------------------------------------ */

static bool take_sources(IngestReader *reader, Hl7 *hl7, GError **err)
{
    const IngestOptions *options = &reader->options;
    size_t n = 0;
    hl7->sources = g_new0(const Hl7Source *, options->n_datasets + 1);
    stages_init(&hl7->stages, options->n_datasets);
    for (size_t i = 0; i < options->n_datasets; i++) {
        const IngestSources *sources = ingest_sources(options->datasets[i]);
        if (!sources || !sources->hl7)
            continue;
        hl7->sources[n] = sources->hl7;
        IngestTable *table = reader_table(reader, sources->hl7->columns, sources->hl7->n);
        table->dataset = options->datasets[i];
        hl7->stages.v[n++].table = table;
    }
    if (n > 0)
        return true;
    error_set(err, BH_BAD_INPUT, "no dataset takes HL7 messages");
    return error_detail(err, "no-sources");
}

static bool open_hl7(IngestReader *reader, GError **err)
{
    Hl7 *hl7 = reader->state = g_new0(Hl7, 1);
    hl7->reader = reader;
    hl7->left = g_string_new(NULL);
    hl7->arena = arena_new();
    arena_alloc(hl7->arena, 1); /* its first block stays */
    hl7->begin = arena_mark(hl7->arena);
    return text_init(&hl7->bytes, &reader->stream, "UTF-8", err) && take_sources(reader, hl7, err);
}

static void close_hl7(IngestReader *reader)
{
    Hl7 *hl7 = reader->state;
    if (!hl7)
        return;
    text_clear(&hl7->bytes);
    stages_clear(&hl7->stages);
    hl7_message_clear(&hl7->message);
    g_string_free(hl7->left, TRUE);
    arena_free(hl7->arena);
    g_free(hl7->sources);
    g_free(hl7);
    reader->state = NULL;
}

/* --- Findings ------------------------------------------------------------------------------------------------------------------------ */

static IngestPlace place_of(const Hl7 *hl7, const Hl7Segment *segment)
{
    IngestPlace place = reader_place(hl7->reader, INGEST_AT_MESSAGE, hl7->number);
    if (segment) {
        memcpy(place.segment, segment->name, sizeof place.segment);
        place.part = (uint32_t) segment->number;
    }
    return place;
}

static IngestFinding *find(const Hl7 *hl7, const char *code, bool lost, const char *text)
{
    Stage *stage = &hl7->stages.v[hl7->stages.n - 1];
    stage->bytes += MIN(hl7->raw.n, INGEST_RAW_BYTES);
    return box_find(stage->box, code, lost, place_of(hl7, NULL), NULL, hl7->raw, "%s", text);
}

static void tell_encoding(Hl7 *hl7, const char *encoding)
{
    if (hl7->told_encoding)
        return;
    hl7->told_encoding = true;
    Box *box = hl7->stages.v[hl7->stages.n - 1].box;
    IngestFinding *finding = find(hl7, "hl7-charset", false, "MSH-18 does not say what the encoding is");
    box_params(box, finding, "encoding=%s", encoding);
}

static void count_type(Hl7 *hl7, bool wanted)
{
    const Hl7Head *head = &hl7->message.head;
    g_autofree char *type = g_strdup_printf(STR_FMT "%s" STR_FMT, STR_ARG(utf8_head(head->type, 32)), head->trigger.n > 0 ? "^" : "", STR_ARG(utf8_head(head->trigger, 32)));
    for (size_t i = 0; i < hl7->n_types; i++)
        if (str_eq(hl7->types[i].type, str_from(type))) {
            hl7->types[i].count++;
            return;
        }
    if (hl7->n_types < TYPES_TOLD)
        hl7->types[hl7->n_types++] = (TypeCount) { arena_str(hl7->reader->arena, str_from(type)), 1, wanted };
}

static void tell_unused(Hl7 *hl7)
{
    Box *box = hl7->stages.v[hl7->stages.n - 1].box;
    for (size_t i = 0; i < hl7->n_types; i++) {
        const TypeCount *type = &hl7->types[i];
        if (type->wanted)
            continue;
        IngestFinding *finding = box_find(box, "hl7-unused", false, reader_place(hl7->reader, INGEST_AT_FILE, 0), NULL, STR_NONE,
                                          "%" G_GINT64_FORMAT " messages " STR_FMT " are of no dataset", type->count, STR_ARG(type->type));
        box_params(box, finding, "count=%" G_GINT64_FORMAT "\nname=" STR_FMT, type->count, STR_ARG(type->type));
    }
    hl7->n_types = 0;
}

/* --- Rows ---------------------------------------------------------------------------------------------------------------------------- */

/* VXU_V04, VXU^V04; VXU alone: all of them. */
static bool is_message(const Hl7Head *head, Str name)
{
    bool trigger = name.n > 4;
    return str_eq(str_head(name, 3), head->type) && (!trigger || str_eq(str_from_at(name, 4), head->trigger));
}

static bool wants(const Hl7Source *source, const Hl7Head *head)
{
    for (size_t i = 0; i < source->messages.n; i++)
        if (is_message(head, source->messages.v[i].text))
            return true;
    return false;
}

static void take_row(Hl7 *hl7, const Hl7Source *source, Stage *stage, size_t each)
{
    if (source->when && !hl7_test_holds(&hl7->message, source->when, each, hl7->arena))
        return;
    for (size_t i = 0; i < source->n; i++) {
        Str value = hl7_path_value(&hl7->message, &source->fields[i].path, each, hl7->arena);
        box_cell(stage->box, stage_text(stage, source_code(source->fields[i].codes, value)));
    }
    box_row(stage->box, place_of(hl7, each == SIZE_MAX ? NULL : &hl7->message.v[each]), STR_NONE);
}

static void take_source(Hl7 *hl7, const Hl7Source *source, Stage *stage)
{
    if (!source->each.p) {
        take_row(hl7, source, stage, SIZE_MAX);
        return;
    }
    for (size_t i = 0; i < hl7->message.n; i++)
        if (str_eq(str_head(str_from(hl7->message.v[i].name), 3), source->each))
            take_row(hl7, source, stage, i);
}

static void take_message(Hl7 *hl7, Str raw)
{
    Str text;
    const char *encoding;
    bool said, wanted = false;
    hl7->raw = raw;
    hl7->number++;
    arena_rewind(hl7->arena, hl7->begin);
    if (!hl7_decode(raw, hl7->reader->options.encoding, hl7->arena, &text, &encoding, &said)) {
        find(hl7, "hl7-encoding", true, "the message is neither in the encoding that it says nor in UTF-8 or GB18030");
        return;
    }
    if (!hl7_message_read(&hl7->message, text)) {
        find(hl7, "hl7-malformed", true, "the message does not begin with an MSH that can be read, or has too many segments");
        return;
    }
    hl7->reader->encoding = encoding;
    if (!said)
        tell_encoding(hl7, encoding);
    for (size_t i = 0; hl7->sources[i]; i++)
        if (wants(hl7->sources[i], &hl7->message.head)) {
            wanted = true;
            take_source(hl7, hl7->sources[i], &hl7->stages.v[i]);
        }
    if (hl7->message.n_bad > 0) {
        hl7->raw = hl7->message.bad;
        IngestFinding *finding = find(hl7, "hl7-segment", false, "lines of the message are no segments");
        box_params(hl7->stages.v[hl7->stages.n - 1].box, finding, "count=%zu", hl7->message.n_bad);
    }
    count_type(hl7, wanted);
}

/* --- Dividing ------------------------------------------------------------------------------------------------------------------------ */

typedef enum { LINE_OTHER, LINE_MESSAGE, LINE_BETWEEN } LineKind;

/* What begins here: a message, a header or trailer of a batch, or a line of the message in hand. */
static LineKind kind_of(Str line)
{
    static const char *const between[] = { "FHS", "BHS", "BTS", "FTS" };
    if (str_starts(line, STR("MSH")))
        return LINE_MESSAGE;
    for (size_t i = 0; i < G_N_ELEMENTS(between); i++)
        if (str_starts(line, str_from(between[i])))
            return LINE_BETWEEN;
    return LINE_OTHER;
}

static bool is_end(char c)
{
    return c == '\r' || c == '\n' || c == 0x1C || c == 0x0B;
}

/* The next place behind a line end (or a sign of a frame) from `at` on; text.n where none is. */
static size_t next_line(Str text, size_t at)
{
    while (at < text.n && !is_end(text.p[at]))
        at++;
    while (at < text.n && (is_end(text.p[at]) || text.p[at] == ' '))
        at++;
    return at;
}

/* Where the message that begins at `from` ends; text.n, and *ret_whole false, where more text may belong to it. A frame's end ends it, too. */
static size_t message_end(Str text, size_t from, bool last, bool *ret_whole)
{
    enum { NAME = 3 };
    for (size_t at = from;;) {
        size_t line = at;
        while (at < text.n && !is_end(text.p[at]))
            at++;
        while (at < text.n && (text.p[at] == '\r' || text.p[at] == '\n' || text.p[at] == ' '))
            at++;
        if (at < text.n && text.p[at] == 0x1C) {
            *ret_whole = true;
            return at;
        }
        at = at < text.n && text.p[at] == 0x0B ? next_line(text, at) : at;
        if (text.n - at < NAME) {
            *ret_whole = last;
            return text.n;
        }
        if (at > line && kind_of(str_from_at(text, at)) != LINE_OTHER) {
            *ret_whole = true;
            return at;
        }
    }
}

/* What stood outside of any message, between `from` and `to`. */
static void tell_outside(Hl7 *hl7, Str text, size_t from, size_t to)
{
    while (to > from && g_ascii_isspace(text.p[to - 1]))
        to--;
    hl7->raw = (Str) { text.p + from, to - from };
    if (to > from)
        find(hl7, "hl7-outside", true, "this stands outside of any message");
}

/* Over what stands between messages, from `at` on, to where one begins, or to where it cannot be seen yet. */
static size_t seek_message(Hl7 *hl7, Str text, size_t at)
{
    size_t outside = SIZE_MAX;
    for (;;) {
        while (at < text.n && (is_end(text.p[at]) || g_ascii_isspace(text.p[at])))
            at++;
        Str line = str_from_at(text, at);
        LineKind kind = kind_of(line);
        size_t next = next_line(text, at);
        bool seen = next < text.n || hl7->last || line.n > LIMIT_INGEST_ROW_BYTES;
        if (outside != SIZE_MAX && (kind != LINE_OTHER || line.n == 0 || !seen)) {
            tell_outside(hl7, text, outside, at);
            outside = SIZE_MAX;
        }
        if (kind == LINE_MESSAGE || line.n == 0 || !seen)
            return at;
        if (kind == LINE_OTHER && outside == SIZE_MAX)
            outside = at;
        at = next;
    }
}

static bool fill(Hl7 *hl7, GError **err)
{
    size_t before = hl7->left->len, piece = MAX(stream_piece(&hl7->reader->stream), before);
    g_string_set_size(hl7->left, before + piece);
    ssize_t got = text_read(&hl7->bytes, hl7->left->str + before, piece, err);
    if (got < 0)
        return false;
    g_string_set_size(hl7->left, before + (size_t) got);
    hl7->last = got == 0 || (hl7->bytes.ended && hl7->bytes.n_raw == 0);
    return true;
}

/* A message over the limit is a finding, and what there is of it passed over; the rest up to the next message stands outside. */
static bool pass_large(Hl7 *hl7, Str text)
{
    if (text.n <= LIMIT_INGEST_ROW_BYTES)
        return false;
    hl7->raw = text;
    hl7->number++;
    Box *box = hl7->stages.v[hl7->stages.n - 1].box;
    box_params(box, find(hl7, "row-large", true, "the message is too long"), "limit=%d", LIMIT_INGEST_ROW_BYTES);
    return true;
}

/* The messages of the text in hand, until a box is full; those behind stay in `left`. */
static bool take_messages(Hl7 *hl7)
{
    Str text = str_from_gstring(hl7->left);
    size_t at = 0;
    bool given = false;
    while (at < text.n && !given) {
        bool whole;
        at = seek_message(hl7, text, at);
        if (at >= text.n || kind_of(str_from_at(text, at)) != LINE_MESSAGE)
            break;
        size_t end = message_end(text, at, hl7->last, &whole);
        if (!whole && !pass_large(hl7, str_from_at(text, at)))
            break;
        if (whole)
            take_message(hl7, (Str) { text.p + at, end - at });
        at = end;
        given = stages_give(&hl7->stages, hl7->reader, false);
    }
    g_string_erase(hl7->left, 0, (gssize) at);
    return given;
}

static bool next_hl7(IngestReader *reader, bool *ret_more, GError **err)
{
    Hl7 *hl7 = reader->state;
    *ret_more = true;
    if (hl7->ended) {
        *ret_more = stages_give(&hl7->stages, reader, true);
        return true;
    }
    if (!hl7->last && !hl7->sated && !fill(hl7, err))
        return false;
    hl7->sated = take_messages(hl7);
    if (hl7->sated || !hl7->last)
        return true;
    hl7->ended = true;
    tell_unused(hl7);
    return true;
}

const Driver driver_hl7 = { open_hl7, next_hl7, close_hl7 };
