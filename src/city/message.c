/* Messages by templates: `${field}` stands for a value, and a part between `$[` and `]$` is left out where one of the values in it is missing. Special: ${#row}, ${#org}, ${#org_name},
 * ${#sent}, ${#id}. */
#include "base/json.h"
#include "city/random.h"
#include "city/write.h"

#include "base/banned.h"

typedef enum { PIECE_TEXT, PIECE_OUTPUT, PIECE_COLUMN, PIECE_SPECIAL, PIECE_OPEN, PIECE_CLOSE } PieceKind;

typedef struct {
    PieceKind kind;
    Str text;        /* of PIECE_TEXT, PIECE_SPECIAL */
    uint32_t index;  /* of the output, of the plan's column */
} Piece;

struct CityTemplate {
    const Piece *v;
    size_t n;
};

typedef ARENA_LIST(Piece) Pieces;

/* --- Reading ---------------------------------------------------------------------------------------------------------------------- */

static bool find_piece(City *city, const CityStream *stream, const CityOutputs *outputs, Str name, const Yaml *node, Piece *ret_piece)
{
    static const char *const specials[] = { "#row", "#org", "#org_name", "#sent", "#id" };
    for (size_t i = 0; i < G_N_ELEMENTS(specials); i++)
        if (str_eq(name, str_from(specials[i]))) {
            *ret_piece = (Piece) { PIECE_SPECIAL, name, 0 };
            return true;
        }
    for (size_t i = 0; i < outputs->n; i++)
        if (str_eq(outputs->v[i].id, name) && outputs->v[i].column != -1) {
            *ret_piece = (Piece) { PIECE_OUTPUT, name, (uint32_t) i };
            return true;
        }
    int column = plan_find(stream->plan, name);
    *ret_piece = (Piece) { PIECE_COLUMN, name, (uint32_t) MAX(column, 0) };
    return column >= 0 || city_find(city, node, "city-no-such", "there is nothing to stand for ${" STR_FMT "}", STR_ARG(name));
}

static void add_text_piece(City *city, Pieces *pieces, Str text)
{
    if (text.n > 0)
        *ARENA_PUSH(city->arena, pieces) = (Piece) { PIECE_TEXT, text, 0 };
}

/* Takes what begins with `$`; false where that is a fault. */
static bool read_special(City *city, const CityStream *stream, const CityOutputs *outputs, Str *rest, const Yaml *node, Pieces *pieces, int *depth)
{
    if (str_starts(*rest, STR("$["))) {
        *ARENA_PUSH(city->arena, pieces) = (Piece) { .kind = PIECE_OPEN };
        *rest = str_from_at(*rest, 2);
        return ++*depth <= 1 || city_find(city, node, "city-value", "a part that may be left out stands within another");
    }
    ptrdiff_t end = str_find(*rest, STR("}"), 2);
    if (end < 0)
        return city_find(city, node, "city-value", "'${' without its '}'");
    Piece piece;
    if (!find_piece(city, stream, outputs, str_from_at(str_head(*rest, (size_t) end), 2), node, &piece))
        return false;
    *ARENA_PUSH(city->arena, pieces) = piece;
    *rest = str_from_at(*rest, (size_t) end + 1);
    return true;
}

static size_t next_special(Str rest)
{
    for (size_t i = 0; i + 1 < rest.n; i++)
        if ((rest.p[i] == '$' && (rest.p[i + 1] == '{' || rest.p[i + 1] == '[')) || (rest.p[i] == ']' && rest.p[i + 1] == '$'))
            return i;
    return rest.n;
}

const CityTemplate *template_read(City *city, const CityStream *stream, const CityOutputs *outputs, CityFormat format)
{
    const CityMessages *messages = stream->messages;
    Str rest = !messages ? STR_NONE : format == FORMAT_FHIR ? messages->fhir : messages->hl7;
    const Yaml *node = messages ? yaml_at(messages->entry.node, format == FORMAT_FHIR ? "fhir" : "hl7") : NULL;
    Pieces pieces = { 0 };
    int depth = 0;
    if (!rest.p)
        return NULL;
    while (rest.n > 0) {
        size_t at = next_special(rest);
        add_text_piece(city, &pieces, str_head(rest, at));
        rest = str_from_at(rest, at);
        if (rest.n == 0)
            break;
        if (rest.p[0] == ']') {
            *ARENA_PUSH(city->arena, &pieces) = (Piece) { .kind = PIECE_CLOSE };
            rest = str_from_at(rest, 2);
            depth--;
        } else if (!read_special(city, stream, outputs, &rest, node, &pieces, &depth))
            return NULL;
    }
    if (depth != 0)
        city_find(city, node, "city-value", "'$[' and ']$' do not go together");
    CityTemplate *template = ARENA_NEW(city->arena, CityTemplate);
    *template = (CityTemplate) { pieces.v, pieces.n };
    return template;
}

bool template_has(const CityTemplate *template, size_t output)
{
    for (size_t i = 0; i < template->n; i++)
        if (template->v[i].kind == PIECE_OUTPUT && template->v[i].index == output)
            return true;
    return false;
}

/* --- Writing ----------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    CityFileOut *file;
    const CityBatch *batch;
    size_t row;
    bool hl7;
} Writing;

static void add_json(GString *out, Str text)
{
    JsonWriter json;
    g_autoptr(GString) quoted = g_string_new(NULL);
    json_writer_init(&json, quoted, false);
    json_str(&json, text);
    g_string_append_len(out, quoted->str + 1, (gssize) quoted->len - 2);
}

static void add_hl7(GString *out, Str text)
{
    static const char special[] = "|^~\\&", escapes[] = "FSRET";
    for (size_t i = 0; i < text.n; i++) {
        const char *at = strchr(special, text.p[i]);
        if (text.p[i] == '\r' || text.p[i] == '\n')
            g_string_append(out, "\\.br\\");
        else if (at && text.p[i])
            g_string_append_printf(out, "\\%c\\", escapes[at - special]);
        else
            g_string_append_c(out, text.p[i]);
    }
}

static void add_escaped(const Writing *w, Str text)
{
    if (w->hl7)
        add_hl7(w->file->out, text);
    else
        add_json(w->file->out, text);
}

static void add_instant(const Writing *w, int64_t instant)
{
    enum { ZONE_MINUTES = 480 };
    char text[INSTANT_TEXT_MAX];
    instant_format(instant, ZONE_MINUTES, text);
    for (const char *p = text; *p; p++)
        if (!w->hl7 || g_ascii_isdigit(*p) || *p == '+')
            g_string_append_c(w->file->out, *p);
}

static void add_day(const Writing *w, Date date)
{
    char text[DATE_TEXT_MAX];
    date_format(date, text);
    for (const char *p = text; *p; p++)
        if (!w->hl7 || g_ascii_isdigit(*p))
            g_string_append_c(w->file->out, *p);
}

static bool add_typed(const Writing *w, const CityOutput *output, const ExprColumn *column)
{
    if (column_null(column, w->row))
        return false;
    if (output->as == PACK_DATE)
        add_day(w, ((const Date *) column->values)[w->row]);
    else if (output->as == PACK_TIME)
        add_instant(w, ((const int64_t *) column->values)[w->row]);
    else if (output->as == PACK_BOOL)
        g_string_append(w->file->out, ((const uint8_t *) column->values)[w->row] ? "true" : "false");
    else {
        g_autoptr(GString) words = g_string_new(NULL);
        write_cell(w->file, output, column, w->row, words);
        add_escaped(w, str_from_gstring(words));
    }
    return true;
}

static bool add_output(const Writing *w, uint32_t index)
{
    const CityOutput *output = &w->file->dialects->outputs->v[index];
    const Str *raw = w->batch->raw[index] ? &w->batch->raw[index][w->row] : NULL;
    if (output_is_period(output)) {
        char period[PERIOD_TEXT_MAX];
        g_string_append(w->file->out, write_period(w->file, w->batch, w->row, period));
        return true;
    }
    if (!raw || !raw->p)
        return add_typed(w, output, w->batch->columns[index]);
    add_escaped(w, *raw);
    return raw->n > 0;
}

static bool add_column(const Writing *w, uint32_t index)
{
    static const PackType types[] = { [EXPR_BOOL] = PACK_BOOL, [EXPR_NUMBER] = PACK_DECIMAL, [EXPR_TEXT] = PACK_TEXT, [EXPR_DATE] = PACK_DATE, [EXPR_TIME] = PACK_TIME };
    const PlanColumn *column = &w->batch->rows->plan->columns[index];
    CityOutput output = { .as = column->as == PACK_ORG ? PACK_ORG : types[column->type.kind], .scale = column->type.scale };
    return add_typed(w, &output, rows_column(w->batch->rows, index));
}

static bool add_special(const Writing *w, Str name)
{
    const CityFileOut *file = w->file;
    if (str_eq(name, STR("#row")))
        g_string_append_printf(file->out, "%" G_GUINT64_FORMAT, file->rows + 1);
    else if (str_eq(name, STR("#org")))
        add_escaped(w, file->org->code);
    else if (str_eq(name, STR("#org_name")))
        add_escaped(w, file->org->name);
    else if (str_eq(name, STR("#sent")))
        add_day(w, file->sent);
    else
        g_string_append_printf(file->out, "%016" G_GINT64_MODIFIER "x", rows_keys(w->batch->rows)[w->row]);
    return true;
}

/* Between the two signs of a part that may be left out: where it began, and whether something in it is missing. */
static void write_pieces(const Writing *w, const CityTemplate *template)
{
    GString *out = w->file->out;
    size_t open = 0;
    bool missing = false;
    for (size_t i = 0; i < template->n; i++) {
        const Piece *piece = &template->v[i];
        bool there = true;
        switch (piece->kind) {
        case PIECE_TEXT: g_string_append_len(out, piece->text.p, (gssize) piece->text.n); break;
        case PIECE_OUTPUT: there = add_output(w, piece->index); break;
        case PIECE_COLUMN: there = add_column(w, piece->index); break;
        case PIECE_SPECIAL: there = add_special(w, piece->text); break;
        case PIECE_OPEN: open = out->len; missing = false; break;
        case PIECE_CLOSE:
            if (missing)
                g_string_truncate(out, open);
            break;
        }
        missing |= !there;
    }
}

void send_message_begin(CityFileOut *file)
{
    (void) file;
}

void send_fhir_row(CityFileOut *file, const CityBatch *batch, size_t row)
{
    write_pieces(&(Writing) { file, batch, row, false }, file->dialects->fhir);
    if (file->out->str[file->out->len - 1] != '\n')
        g_string_append_c(file->out, '\n');
}

/* Segments end in CR. */
void send_hl7_row(CityFileOut *file, const CityBatch *batch, size_t row)
{
    size_t from = file->out->len;
    write_pieces(&(Writing) { file, batch, row, true }, file->dialects->hl7);
    for (size_t i = from; i < file->out->len; i++)
        if (file->out->str[i] == '\n')
            file->out->str[i] = '\r';
    if (file->out->len > from && file->out->str[file->out->len - 1] != '\r')
        g_string_append_c(file->out, '\r');
}

bool send_message_end(CityFileOut *file, GError **err)
{
    (void) file, (void) err;
    return true;
}
