/* Which segment belongs to a row. Messages are trees written down without brackets; a segment's level (by its name) says what it belongs to: RXR and OBX to the
 * RXA before them, OBR and RXA to the ORC before them, all of these to the PID before them. Source: message structures of HL7 v2.5.1, chapters 3, 4, 7. */
#include "ingest/hl7_message.h"

#include "base/limits.h"

#include "base/banned.h"

enum { NAME = 3, LEVEL_HEAD = 1, LEVEL_OTHER = 4 };

static const struct {
    char name[4];
    int level;
} levels[] = {
    { "MSH", 0 }, { "SFT", 0 }, { "EVN", 0 }, { "PID", 1 }, { "PD1", 1 }, { "NK1", 1 }, { "PV1", 1 }, { "PV2", 1 }, { "MRG", 1 }, { "DB1", 1 }, { "ROL", 1 },
    { "ORC", 2 }, { "DG1", 2 }, { "PR1", 2 }, { "IN1", 2 }, { "GT1", 2 }, { "AL1", 2 }, { "ACC", 2 }, { "OBR", 3 }, { "RXA", 3 }, { "RXE", 3 }, { "RXO", 3 },
    { "RXD", 3 }, { "RXG", 3 }, { "IN2", 3 }, { "OBX", 4 }, { "RXR", 4 }, { "RXC", 4 }, { "TQ1", 4 }, { "SPM", 4 }, { "NTE", 5 }, { "TQ2", 5 },
};

static int level_of(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        if (memcmp(levels[i].name, name, NAME) == 0)
            return levels[i].level;
    return LEVEL_OTHER;
}

void hl7_message_clear(Hl7Message *message)
{
    g_free(message->v);
    *message = (Hl7Message) { 0 };
}

static int number_of(const Hl7Message *message, const char *name)
{
    for (size_t i = message->n; i-- > 0;)
        if (memcmp(message->v[i].name, name, NAME) == 0)
            return message->v[i].number + 1;
    return 1;
}

static bool add_segment(Hl7Message *message, Str line)
{
    enum { FIRST = 64 };
    Str name = str_head(line, NAME);
    if (!hl7_is_segment(name) || (line.n > NAME && line.p[NAME] != message->head.separator)) {
        message->bad = message->n_bad++ > 0 ? message->bad : line;
        return true;
    }
    if (message->n >= LIMIT_HL7_SEGMENTS)
        return false;
    if (message->n == message->cap) {
        message->cap = MAX(FIRST, message->cap * 2);
        message->v = g_realloc_n(message->v, message->cap, sizeof *message->v);
    }
    Hl7Segment segment = { .level = level_of(name.p), .number = number_of(message, name.p), .text = line };
    memcpy(segment.name, name.p, NAME);
    segment.parent = message->n > 0 ? message->n - 1 : SIZE_MAX;
    while (segment.parent != SIZE_MAX && message->v[segment.parent].level >= segment.level)
        segment.parent = message->v[segment.parent].parent;
    segment.patient = memcmp(name.p, "PID", NAME) == 0 ? message->n : message->n > 0 ? message->v[message->n - 1].patient : 0;
    message->v[message->n++] = segment;
    return true;
}

bool hl7_message_read(Hl7Message *message, Str text)
{
    message->n = 0;
    message->n_bad = 0;
    if (!hl7_head(text, &message->head))
        return false;
    for (size_t at = 0; at < text.n;) {
        size_t from = at;
        while (at < text.n && text.p[at] != '\r' && text.p[at] != '\n')
            at++;
        Str line = str_trim((Str) { text.p + from, at - from });
        if (line.n > 0 && !add_segment(message, line))
            return false;
        at++;
    }
    return message->n > 0;
}

/* --- Fields -------------------------------------------------------------------------------------------------------------------------- */

static bool is_named(const Hl7Segment *segment, const char *name)
{
    return memcmp(segment->name, name, NAME) == 0;
}

/* Part `number` of a text, from 1; STR_NONE: it has not so many. */
static Str part(Str text, char separator, int number)
{
    if (!separator)
        return number == 1 ? text : STR_NONE;
    Str rest = text, piece = STR_NONE;
    for (int i = 0; i < number && rest.p; i++) {
        piece = str_cut(&rest, separator);
        if (i + 1 == number)
            return piece;
    }
    return STR_NONE;
}

static Str field_of(const Hl7Message *m, const Hl7Segment *segment, int number)
{
    if (!is_named(segment, "MSH"))
        return part(segment->text, m->head.separator, number + 1);
    if (number == 1) /* a further MSH may end behind its name */
        return segment->text.n > NAME && (unsigned char) segment->text.p[NAME] < 0x80 ? (Str) { segment->text.p + NAME, 1 } : STR_NONE;
    return part(segment->text, m->head.separator, number);
}

static Str component_of(const Hl7Message *m, Str repetition, int component, int sub)
{
    Str piece = part(repetition, m->head.component, MAX(component, 1));
    return piece.p ? part(piece, m->head.sub, MAX(sub, 1)) : STR_NONE;
}

/* --- Segments ----------------------------------------------------------------------------------------------------------------------- */

/* Whether the place means this segment. */
static bool is_meant(const Hl7Message *m, size_t i, const Hl7Place *place)
{
    const Hl7Segment *segment = &m->v[i];
    if (!is_named(segment, place->segment))
        return false;
    if (place->segment_test.field == 0)
        return true;
    Str field = part(field_of(m, segment, place->segment_test.field), m->head.repetition, 1);
    Str value = component_of(m, field, place->segment_test.component, place->segment_test.sub);
    return str_eq(value, place->segment_test.text) != place->segment_test.not;
}

static const Hl7Segment *first_between(const Hl7Message *m, const Hl7Place *place, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (is_meant(m, i, place))
            return &m->v[i];
    return NULL;
}

/* Of what stands above it: the nearest one that it belongs to; of the patient's own segments the first behind PID. */
static const Hl7Segment *above(const Hl7Message *m, const Hl7Place *place, size_t each)
{
    for (size_t i = m->v[each].parent; i != SIZE_MAX && m->v[i].level > LEVEL_HEAD; i = m->v[i].parent)
        if (is_meant(m, i, place))
            return &m->v[i];
    for (size_t i = m->v[each].patient; i < m->n && m->v[i].level <= LEVEL_HEAD; i++)
        if (is_meant(m, i, place))
            return &m->v[i];
    for (size_t i = 0; i < m->n && m->v[i].level == 0; i++)
        if (is_meant(m, i, place))
            return &m->v[i];
    return NULL;
}

static const Hl7Segment *below(const Hl7Message *m, const Hl7Place *place, size_t each)
{
    size_t to = each + 1;
    while (to < m->n && m->v[to].level > m->v[each].level)
        to++;
    return first_between(m, place, each + 1, to);
}

static const Hl7Segment *segment_for(const Hl7Message *m, const Hl7Place *place, size_t each)
{
    if (place->segment_number > 0) {
        for (size_t i = 0; i < m->n; i++)
            if (m->v[i].number == place->segment_number && is_named(&m->v[i], place->segment))
                return &m->v[i];
        return NULL;
    }
    if (each == SIZE_MAX)
        return first_between(m, place, 0, m->n);
    if (is_named(&m->v[each], place->segment))
        return &m->v[each];
    return level_of(place->segment) > m->v[each].level ? below(m, place, each) : above(m, place, each);
}

/* --- Values -------------------------------------------------------------------------------------------------------------------------- */

static int hex(char c)
{
    return g_ascii_xdigit_value(c);
}

/* The escape between two escape characters. */
static void append_escape(GString *out, const Hl7Head *head, Str escape)
{
    char c = escape.n == 1 ? escape.p[0] : 0;
    char sign = c == 'F' ? head->separator : c == 'S' ? head->component : c == 'T' ? head->sub : c == 'R' ? head->repetition : c == 'E' ? head->escape : 0;
    if (sign)
        g_string_append_c(out, sign);
    else if (str_starts(escape, STR(".br")) || str_starts(escape, STR(".sp")) || str_starts(escape, STR(".ce")))
        g_string_append_c(out, '\n');
    else if (escape.n > 1 && escape.n % 2 == 1 && escape.p[0] == 'X')
        for (size_t i = 1; i + 1 < escape.n && hex(escape.p[i]) >= 0 && hex(escape.p[i + 1]) >= 0; i += 2)
            g_string_append_c(out, (char) (hex(escape.p[i]) << 4 | hex(escape.p[i + 1])));
    /* \H\, \N\ (highlighting) and what nobody knows say nothing */
}

static Str unescape(const Hl7Message *m, Str text, Arena *arena)
{
    char escape = m->head.escape;
    if (!escape || text.n == 0 || !memchr(text.p, escape, text.n))
        return text;
    g_autoptr(GString) out = g_string_sized_new(text.n);
    for (Str rest = text; rest.p;) {
        Str plain = str_cut(&rest, escape);
        g_string_append_len(out, plain.p, (gssize) plain.n);
        if (!rest.p)
            break;
        Str inside = rest, between = str_cut(&inside, escape);
        if (!inside.p) { /* it is never closed: the character itself */
            g_string_append_c(out, escape);
            continue;
        }
        append_escape(out, &m->head, between);
        rest = inside;
    }
    Str made = str_from_gstring(out);
    return utf8_valid(made, NULL) ? arena_str(arena, made) : text;
}

static Str repetition_of(const Hl7Message *m, const Hl7Place *place, Str field)
{
    if (place->repetition != HL7_ANY_REPETITION)
        return part(field, m->head.repetition, place->repetition);
    for (Str rest = field; rest.p;) {
        Str one = m->head.repetition ? str_cut(&rest, m->head.repetition) : rest;
        if (!m->head.repetition)
            rest = STR_NONE;
        Str tested = component_of(m, one, place->test.component, place->test.sub);
        if (str_eq(tested, place->test.text) != place->test.not && one.n > 0)
            return one;
    }
    return STR_NONE;
}

Str hl7_value(const Hl7Message *m, const Hl7Place *place, size_t each, Arena *arena)
{
    if (place->literal.p)
        return place->literal;
    const Hl7Segment *segment = segment_for(m, place, each);
    Str field = segment ? field_of(m, segment, place->field) : STR_NONE;
    if (str_eq(field, STR("\"\"")))
        return STR("");
    bool delimiters = is_named(segment ? segment : &m->v[0], "MSH") && place->field <= 2;
    Str one = !field.p ? STR_NONE : delimiters ? field : repetition_of(m, place, field);
    Str value = !one.p ? STR_NONE : delimiters ? one : component_of(m, one, place->component, place->sub);
    if (str_eq(value, STR("\"\"")))
        return STR("");
    return value.n > 0 ? unescape(m, value, arena) : STR_NONE;
}

Str hl7_path_value(const Hl7Message *m, const Hl7Path *path, size_t each, Arena *arena)
{
    Str value = STR_NONE, deleted = STR_NONE;
    for (size_t i = 0; i < path->n && value.n == 0; i++) {
        value = hl7_value(m, &path->v[i], each, arena);
        deleted = value.p && !deleted.p ? value : deleted;
    }
    return value.n > 0 ? value : deleted;
}

bool hl7_test_holds(const Hl7Message *m, const Hl7Test *test, size_t each, Arena *arena)
{
    bool all = true;
    for (size_t i = 0; i < test->n; i++) {
        const Hl7Term *term = &test->v[i];
        if (term->or_before && all)
            return true;
        all = term->or_before ? true : all;
        Str value = hl7_value(m, &term->place, each, arena);
        bool holds = term->kind == HL7_THERE ? value.n > 0 : str_eq(value, term->text) == (term->kind == HL7_IS);
        all &= holds;
    }
    return all;
}
