#include "doc/docx.h"

#include "base/banned.h"

/* A paragraph names a list (num) and a level; the list points to a pattern (abstractNum) whose levels say how a number looks. Lists that
 * share a pattern count together, as Word does, unless a list says where it starts. Paragraphs may get both from their style. */

enum { LEVELS = 9, MOST_LISTS = 10000, DEEPEST_STYLE = 20 };

typedef enum { FORMAT_DECIMAL, FORMAT_HAN, FORMAT_CIRCLED, FORMAT_LOWER, FORMAT_UPPER, FORMAT_ROMAN_LOWER, FORMAT_ROMAN_UPPER, FORMAT_ZERO, FORMAT_NONE } NumberFormat;

static const struct {
    const char *name;
    NumberFormat format;
} formats[] = {
    { "chineseCounting", FORMAT_HAN },
    { "chineseCountingThousand", FORMAT_HAN },
    { "chineseLegalSimplified", FORMAT_HAN },
    { "taiwaneseCounting", FORMAT_HAN },
    { "taiwaneseCountingThousand", FORMAT_HAN },
    { "japaneseCounting", FORMAT_HAN },
    { "ideographDigital", FORMAT_HAN },
    { "decimalEnclosedCircle", FORMAT_CIRCLED },
    { "decimalEnclosedCircleChinese", FORMAT_CIRCLED },
    { "lowerLetter", FORMAT_LOWER },
    { "upperLetter", FORMAT_UPPER },
    { "lowerRoman", FORMAT_ROMAN_LOWER },
    { "upperRoman", FORMAT_ROMAN_UPPER },
    { "decimalZero", FORMAT_ZERO },
    { "bullet", FORMAT_NONE },
    { "none", FORMAT_NONE },
};

typedef struct {
    int start;
    NumberFormat format;
    Str text;   /* "（%1）" */
} Level;

typedef struct {
    int id;
    Level levels[LEVELS];
    int count[LEVELS]; /* of the last number; meaningful where `begun` */
    bool begun[LEVELS];
} Pattern;

typedef struct {
    int id, pattern;
    int start[LEVELS]; /* -1: the pattern's */
    bool used;
} List;

typedef struct {
    Str id, based_on;
    int list, level; /* -1: none */
} Style;

struct Numbering {
    Arena *arena;
    GArray *patterns, *lists, *styles;
    /* while reading */
    int level;
    bool in_paragraph;
};

/* --- Reading ------------------------------------------------------------------------------------------------------- */

static Pattern *last_pattern(Numbering *numbering)
{
    return numbering->patterns->len > 0 ? &g_array_index(numbering->patterns, Pattern, numbering->patterns->len - 1) : NULL;
}

static List *last_list(Numbering *numbering)
{
    return numbering->lists->len > 0 ? &g_array_index(numbering->lists, List, numbering->lists->len - 1) : NULL;
}

static NumberFormat format_named(Str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (str_eq(name, str_from(formats[i].name)))
            return formats[i].format;
    return FORMAT_DECIMAL;
}

static void begin_pattern(Numbering *numbering, const XmlAttributes *attributes)
{
    Pattern pattern = { .id = xml_number(attributes, "abstractNumId", -1) };
    for (int i = 0; i < LEVELS; i++)
        pattern.levels[i] = (Level) { .start = 1, .text = STR("") };
    if (numbering->patterns->len < MOST_LISTS)
        g_array_append_val(numbering->patterns, pattern);
}

static void begin_list(Numbering *numbering, const XmlAttributes *attributes)
{
    List list = { .id = xml_number(attributes, "numId", -1), .pattern = -1 };
    for (int i = 0; i < LEVELS; i++)
        list.start[i] = -1;
    if (numbering->lists->len < MOST_LISTS)
        g_array_append_val(numbering->lists, list);
}

static void read_level(Numbering *numbering, const char *name, const XmlAttributes *attributes)
{
    Pattern *pattern = last_pattern(numbering);
    if (!pattern || numbering->lists->len > 0 || numbering->level < 0)
        return;
    Level *level = &pattern->levels[numbering->level];
    if (g_str_equal(name, "start"))
        level->start = xml_number(attributes, "val", 1);
    else if (g_str_equal(name, "numFmt"))
        level->format = format_named(xml_attribute(attributes, "val"));
    else if (g_str_equal(name, "lvlText"))
        level->text = arena_str(numbering->arena, xml_attribute(attributes, "val"));
}

static bool on_numbering(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) err;
    Numbering *numbering = data;
    List *list = last_list(numbering);
    if (g_str_equal(name, "abstractNum"))
        begin_pattern(numbering, attributes);
    else if (g_str_equal(name, "num"))
        begin_list(numbering, attributes);
    else if (g_str_equal(name, "lvl") || g_str_equal(name, "lvlOverride"))
        numbering->level = CLAMP(xml_number(attributes, "ilvl", 0), 0, LEVELS - 1);
    else if (list && g_str_equal(name, "abstractNumId"))
        list->pattern = xml_number(attributes, "val", -1);
    else if (list && g_str_equal(name, "startOverride"))
        list->start[numbering->level] = xml_number(attributes, "val", 1);
    else
        read_level(numbering, name, attributes);
    return true;
}

static bool on_style(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) err;
    Numbering *numbering = data;
    if (g_str_equal(name, "style") && numbering->styles->len < MOST_LISTS) {
        Style style = { .id = arena_str(numbering->arena, xml_attribute(attributes, "styleId")), .list = -1, .level = -1 };
        g_array_append_val(numbering->styles, style);
    }
    if (numbering->styles->len == 0)
        return true;
    Style *style = &g_array_index(numbering->styles, Style, numbering->styles->len - 1);
    if (g_str_equal(name, "basedOn"))
        style->based_on = arena_str(numbering->arena, xml_attribute(attributes, "val"));
    else if (g_str_equal(name, "numId"))
        style->list = xml_number(attributes, "val", -1);
    else if (g_str_equal(name, "ilvl"))
        style->level = xml_number(attributes, "val", -1);
    return true;
}

static bool on_end(void *data, const char *name, GError **err)
{
    (void) data, (void) name, (void) err;
    return true;
}

Numbering *numbering_new(Str numbering_xml, Str styles_xml, GError **err)
{
    static const XmlHandler numbering_handler = { on_numbering, on_end, NULL }, style_handler = { on_style, on_end, NULL };
    g_autoptr(Numbering) numbering = g_new0(Numbering, 1);
    numbering->arena = arena_new();
    numbering->patterns = g_array_new(FALSE, TRUE, sizeof(Pattern));
    numbering->lists = g_array_new(FALSE, TRUE, sizeof(List));
    numbering->styles = g_array_new(FALSE, TRUE, sizeof(Style));
    if ((numbering_xml.p && !xml_parse(numbering_xml, &numbering_handler, numbering, err))
        || (styles_xml.p && !xml_parse(styles_xml, &style_handler, numbering, err)))
        return NULL;
    return g_steal_pointer(&numbering);
}

void numbering_free(Numbering *numbering)
{
    if (!numbering)
        return;
    g_array_unref(numbering->patterns);
    g_array_unref(numbering->lists);
    g_array_unref(numbering->styles);
    arena_free(numbering->arena);
    g_free(numbering);
}

/* --- Numbers ------------------------------------------------------------------------------------------------------- */

/* 1 to 9999 as 一 … 九千九百九十九; 10 to 19 begin with 十. */
static void append_han(GString *out, int number)
{
    static const char *const digits[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };
    static const struct {
        int worth;
        const char *name;
    } places[] = { { 1000, "千" }, { 100, "百" }, { 10, "十" }, { 1, "" } };
    bool begun = false, gap = false;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        int digit = number / places[i].worth % 10;
        if (digit == 0) {
            gap = begun;
            continue;
        }
        if (gap)
            g_string_append(out, digits[0]);
        bool bare_ten = !begun && places[i].worth == 10 && digit == 1;
        g_string_append_printf(out, "%s%s", bare_ten ? "" : digits[digit], places[i].name);
        begun = true;
        gap = false;
    }
}

static void append_roman(GString *out, int number, bool upper)
{
    static const struct {
        int worth;
        const char *digits;
    } values[] = { { 1000, "m" }, { 900, "cm" }, { 500, "d" }, { 400, "cd" }, { 100, "c" }, { 90, "xc" }, { 50, "l" },
                   { 40, "xl" },  { 10, "x" },   { 9, "ix" },  { 5, "v" },    { 4, "iv" }, { 1, "i" } };
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        for (; number >= values[i].worth; number -= values[i].worth)
            for (const char *c = values[i].digits; *c; c++)
                g_string_append_c(out, upper ? g_ascii_toupper(*c) : *c);
}

static void append_circled(GString *out, int number)
{
    gunichar c = number <= 20 ? 0x2460 + (gunichar) number - 1 : number <= 35 ? 0x3251 + (gunichar) number - 21 : 0;
    if (c)
        g_string_append_unichar(out, c);
    else
        g_string_append_printf(out, "(%d)", number);
}

static void append_number(GString *out, int number, NumberFormat format)
{
    enum { MOST = 9999, LETTERS = 26 };
    number = CLAMP(number, 1, MOST);
    switch (format) {
    case FORMAT_HAN:
        append_han(out, number);
        break;
    case FORMAT_CIRCLED:
        append_circled(out, number);
        break;
    case FORMAT_LOWER:
    case FORMAT_UPPER:
        for (int i = 0; i <= (number - 1) / LETTERS; i++)
            g_string_append_c(out, (char) ((format == FORMAT_LOWER ? 'a' : 'A') + (number - 1) % LETTERS));
        break;
    case FORMAT_ROMAN_LOWER:
    case FORMAT_ROMAN_UPPER:
        append_roman(out, number, format == FORMAT_ROMAN_UPPER);
        break;
    case FORMAT_ZERO:
        g_string_append_printf(out, "%02d", number);
        break;
    case FORMAT_DECIMAL:
        g_string_append_printf(out, "%d", number);
        break;
    case FORMAT_NONE:
        break;
    }
}

/* --- Labels -------------------------------------------------------------------------------------------------------- */

static const Style *find_style(const Numbering *numbering, Str id)
{
    for (guint i = 0; id.p && i < numbering->styles->len; i++)
        if (str_eq(g_array_index(numbering->styles, Style, i).id, id))
            return &g_array_index(numbering->styles, Style, i);
    return NULL;
}

static void by_style(const Numbering *numbering, Str id, int *list, int *level)
{
    const Style *style = find_style(numbering, id);
    for (int depth = 0; style && depth < DEEPEST_STYLE && (*list < 0 || *level < 0); depth++) {
        if (*list < 0)
            *list = style->list;
        if (*level < 0)
            *level = style->level;
        style = find_style(numbering, style->based_on);
    }
}

static List *find_list(Numbering *numbering, int id)
{
    for (guint i = 0; i < numbering->lists->len; i++)
        if (g_array_index(numbering->lists, List, i).id == id)
            return &g_array_index(numbering->lists, List, i);
    return NULL;
}

static Pattern *find_pattern(Numbering *numbering, int id)
{
    for (guint i = 0; i < numbering->patterns->len; i++)
        if (g_array_index(numbering->patterns, Pattern, i).id == id)
            return &g_array_index(numbering->patterns, Pattern, i);
    return NULL;
}

/* Counts the level on; what stands under it begins anew. */
static void count_on(Pattern *pattern, List *list, int level)
{
    for (int i = 0; i < LEVELS && !list->used; i++)
        if (list->start[i] >= 0)
            pattern->begun[i] = false;
    list->used = true;
    for (int i = 0; i <= level; i++) {
        int start = list->start[i] >= 0 ? list->start[i] : pattern->levels[i].start;
        bool counts = i == level && pattern->begun[i];
        pattern->count[i] = counts ? pattern->count[i] + 1 : pattern->begun[i] ? pattern->count[i] : start;
        pattern->begun[i] = true;
    }
    for (int i = level + 1; i < LEVELS; i++)
        pattern->begun[i] = false;
}

/* "第%1条": a percent sign and a digit stand for the number of that level. */
static void append_label(const Pattern *pattern, int level, GString *out)
{
    Str text = pattern->levels[level].text;
    for (size_t i = 0; i < text.n; i++) {
        int which = text.p[i] == '%' && i + 1 < text.n ? text.p[i + 1] - '1' : -1;
        if (which >= 0 && which < LEVELS) {
            append_number(out, pattern->count[which], pattern->levels[which].format);
            i++;
        } else {
            g_string_append_c(out, text.p[i]);
        }
    }
}

void numbering_label(Numbering *numbering, int num_id, int level, Str style, GString *out)
{
    by_style(numbering, style, &num_id, &level);
    level = CLAMP(level, 0, LEVELS - 1);
    List *list = num_id > 0 ? find_list(numbering, num_id) : NULL;
    Pattern *pattern = list ? find_pattern(numbering, list->pattern) : NULL;
    if (!pattern || pattern->levels[level].format == FORMAT_NONE)
        return;
    size_t before = out->len;
    count_on(pattern, list, level);
    append_label(pattern, level, out);
    if (out->len > before && g_ascii_ispunct(out->str[out->len - 1]))
        g_string_append_c(out, ' ');
}
