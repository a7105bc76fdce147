/* Values that are one text: what each kind takes, and what is said where something else stands. */
#include "pack/value.h"

#include "base/limits.h"
#include "pack/word.h"

#include "base/banned.h"

const char *const pack_units[] = { "hours", "days", "working days", "weeks", "months", "years", NULL };

static const char *what_is(const Yaml *node)
{
    bool blank = node->kind == YAML_TEXT && str_trim(node->text).n == 0;
    return yaml_is_empty(node) ? "nothing" : blank ? "an empty text" : node->kind == YAML_LIST ? "a list" : node->kind == YAML_MAP ? "a map" : "a text";
}

bool value_wrong_kind(const ShapeReader *r, const Yaml *node, const char *expected)
{
    yaml_find(r->report, node, "pack-kind", "%s stands here, expected %s", what_is(node), expected);
    return false;
}

static bool wrong_value(const ShapeReader *r, const Yaml *node, const char *expected)
{
    yaml_find(r->report, node, "pack-value", "'" STR_FMT "' is not %s", STR_ARG(utf8_head(node->text, 60)), expected);
    return false;
}

/* --- Texts of all kinds -------------------------------------------------------------------------------------------- */

bool value_text(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    (void) key;
    if (node->kind != YAML_TEXT || str_trim(node->text).n == 0)
        return value_wrong_kind(r, node, "a text");
    if (utf8_length(node->text) > LIMIT_PACK_TEXT_CHARS) {
        yaml_find(r->report, node, "pack-too-many", "the text has more than %d characters", LIMIT_PACK_TEXT_CHARS);
        return false;
    }
    *(Str *) out = str_trim(node->text);
    return true;
}

bool shape_is_id(Str text)
{
    bool ok = text.n > 0 && text.n <= PACK_ID_CHARS && g_ascii_islower(text.p[0]) && text.p[text.n - 1] != '_';
    for (size_t i = 0; ok && i < text.n; i++)
        ok = g_ascii_islower(text.p[i]) || g_ascii_isdigit(text.p[i]) || (text.p[i] == '_' && text.p[i - 1] != '_');
    return ok;
}

static const char id_form[] = "an id: small letters, digits and single _ between them, a letter first, at most 20";

/* An id that something is given: it becomes a name in SQL, too. */
bool value_check_id(const ShapeReader *r, const Yaml *node, size_t from, Str id)
{
    const char *code = !shape_is_id(id) ? "pack-id" : word_is_reserved(id) ? "pack-reserved" : NULL;
    Yaml at = { .file = node->file, .from = from };
    if (code && g_str_equal(code, "pack-id"))
        yaml_find(r->report, &at, code, "'" STR_FMT "' is not %s", STR_ARG(utf8_head(id, 60)), id_form);
    else if (code)
        yaml_find(r->report, &at, code, "'" STR_FMT "' is a word of SQL or of expressions: take another", STR_ARG(id));
    return !code;
}

bool value_id(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str id;
    if (!value_text(r, key, node, &id) || !value_check_id(r, node, node->from, id))
        return false;
    *(Str *) out = id;
    return true;
}

static bool is_ref(Str text)
{
    Str rest = text, first = str_cut(&rest, '.');
    return shape_is_id(first) && (!rest.p || shape_is_id(rest));
}

bool value_ref(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str name;
    if (!value_text(r, key, node, &name))
        return false;
    if (!is_ref(name))
        return wrong_value(r, node, "an id, or PACK.ID");
    *(Str *) out = name;
    return true;
}

static bool is_version(Str text)
{
    size_t parts = 0;
    bool ok = true;
    for (Str rest = text; rest.p; parts++) {
        Str part = str_cut(&rest, '.');
        ok &= part.n > 0 && part.n <= 6 && (part.n == 1 || part.p[0] != '0');
        for (size_t i = 0; i < part.n; i++)
            ok &= g_ascii_isdigit(part.p[i]);
    }
    return ok && parts == 3;
}

bool value_version(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str text;
    if (!value_text(r, key, node, &text))
        return false;
    if (!is_version(text))
        return wrong_value(r, node, "a version: three numbers, as 1.0.0");
    *(Str *) out = text;
    return true;
}

bool value_file(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str name;
    if (!value_text(r, key, node, &name))
        return false;
    bool ok = str_ends(name, STR(".csv")) && name.n > 4 && name.n <= 100;
    for (size_t i = 0; ok && i < name.n; i++)
        ok = g_ascii_isalnum(name.p[i]) || name.p[i] == '_' || name.p[i] == '-' || (name.p[i] == '.' && i > 0 && name.p[i - 1] != '.');
    if (!ok)
        return wrong_value(r, node, "the name of a file beside the pack: letters, digits, _ and -, and .csv");
    *(Str *) out = name;
    return true;
}

/* --- Numbers, days ------------------------------------------------------------------------------------------------- */

static bool outside(const ShapeReader *r, const ShapeKey *key, const Yaml *node)
{
    yaml_find(r->report, node, "pack-value", "'" STR_FMT "' is outside %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, STR_ARG(node->text), key->min, key->max);
    return false;
}

bool value_int(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    int64_t value;
    Str text;
    if (!value_text(r, key, node, &text))
        return false;
    if (!str_to_int64(text, &value))
        return wrong_value(r, node, "a whole number");
    if (value < key->min || value > key->max)
        return outside(r, key, node);
    *(int64_t *) out = value;
    return true;
}

bool value_decimal(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Decimal value;
    Str text;
    if (!value_text(r, key, node, &text))
        return false;
    if (!decimal_parse(text, &value))
        return wrong_value(r, node, "a number, as 0.5");
    if (decimal_cmp(value, decimal_make(key->min, 0)) < 0 || decimal_cmp(value, decimal_make(key->max, 0)) > 0)
        return outside(r, key, node);
    *(Decimal *) out = value;
    return true;
}

bool value_bool(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str text;
    if (!value_text(r, key, node, &text))
        return false;
    if (!str_eq(text, STR("true")) && !str_eq(text, STR("false")))
        return wrong_value(r, node, "true or false");
    *(bool *) out = str_eq(text, STR("true"));
    return true;
}

bool value_date(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str text;
    return value_text(r, key, node, &text) && (date_parse(text, out) || wrong_value(r, node, "a day, as 2026-01-31"));
}

static int find_word(const char *const *words, Str text)
{
    for (int i = 0; words[i]; i++)
        if (str_eq(text, str_from(words[i])))
            return i;
    return -1;
}

/* "3 months"; "1 month" too. */
bool value_span(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str text;
    if (!value_text(r, key, node, &text))
        return false;
    Str unit = text, count = str_cut(&unit, ' ');
    int64_t n;
    bool one = str_eq(count, STR("1")) && unit.p && !str_ends(unit, STR("s"));
    int found = unit.p ? find_word(pack_units, one ? arena_concat(r->arena, unit, STR("s")) : unit) : -1;
    if (found < 0 || !str_to_int64(count, &n) || n < 0 || n > 10000)
        return wrong_value(r, node, "a span of time, as `3 months` (hours, days, working days, weeks, months, years)");
    *(PackSpan *) out = (PackSpan) { (int) n, (PackUnit) found, node };
    return true;
}

static Str list_words(Arena *arena, const char *const *words)
{
    Str text = STR("");
    for (size_t i = 0; words[i]; i++)
        text = arena_printf(arena, STR_FMT "%s%s", STR_ARG(text), i > 0 ? ", " : "", words[i]);
    return text;
}

bool value_word(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    Str text;
    if (!value_text(r, key, node, &text))
        return false;
    int found = find_word(key->words, text);
    if (found < 0)
        yaml_find(r->report, node, "pack-word", "'" STR_FMT "' is none of: " STR_FMT, STR_ARG(utf8_head(text, 60)), STR_ARG(list_words(r->arena, key->words)));
    else
        *(int *) out = found;
    return found >= 0;
}

bool value_expr(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    (void) key;
    if (node->kind != YAML_TEXT || str_trim(node->text).n == 0)
        return value_wrong_kind(r, node, "an expression");
    *(PackExpr *) out = (PackExpr) { node->text, node, NULL }; /* not trimmed: places of findings count from the first byte */
    return true;
}
