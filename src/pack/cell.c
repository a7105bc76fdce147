/* Cells by column: most need nothing but their own kind's short way, so what is rare (full width, placeholders, names of codes) is looked for only where the short way fails. */
#include "base/limits.h"
#include "base/text.h"
#include "pack/cell_kind.h"

#include "base/banned.h"

struct CellType {
    PackType type;
    ExprKind kind;
    int scale, zone_minutes;
    bool percent;           /* its unit is %: "12.5%" is 12.5 */
    const CellWords *words; /* placeholders, yes, no */
    const CellWords *codes; /* NULL: no table */
    ExprDict dict;
    bool starts[256];       /* bytes with which a word begins */
    size_t word_most;       /* bytes of the longest */
    Date none[4];           /* days among the placeholders */
    size_t n_none;
};

enum { MEANS_NONE, MEANS_NO, MEANS_YES };

static const struct {
    const char *name, *text;
} faults[] = {
    [CELL_FINE] = { "fine", "nothing" },
    [CELL_NUMBER] = { "number", "a number was expected, as 1234.5" },
    [CELL_DECIMALS] = { "decimals", "it has more decimals than are kept" },
    [CELL_RANGE] = { "range", "it is out of range: days that exist between 1900 and 2199, numbers of at most 18 digits" },
    [CELL_DATE] = { "date", "a day was expected, as 2026-06-30" },
    [CELL_TIME] = { "time", "a day and a time were expected, as 2026-06-30 08:30" },
    [CELL_BOOL] = { "bool", "yes or no was expected" },
    [CELL_CODE] = { "code", "a code of the table, or its name, was expected" },
    [CELL_MANY] = { "many", "several codes have this name: the code was expected" },
    [CELL_TEXT] = { "text", "a text without the character U+0000 was expected" },
    [CELL_LONG] = { "long", "the text is too long" },
};
G_STATIC_ASSERT(G_N_ELEMENTS(faults) == CELL_FAULTS);

const char *cell_fault_name(CellFault fault)
{
    return faults[fault].name;
}

const char *cell_fault_text(CellFault fault)
{
    return faults[fault].text;
}

/* --- Types ------------------------------------------------------------------------------------------------------------------ */

static const ExprKind kinds[] = {
    [PACK_TEXT] = EXPR_TEXT, [PACK_INTEGER] = EXPR_NUMBER, [PACK_DECIMAL] = EXPR_NUMBER, [PACK_DATE] = EXPR_DATE, [PACK_TIME] = EXPR_TIME,
    [PACK_BOOL] = EXPR_BOOL, [PACK_CODE] = EXPR_TEXT, [PACK_ORG] = EXPR_TEXT, [PACK_ID_CARD] = EXPR_TEXT, [PACK_CARD_NO] = EXPR_TEXT,
    [PACK_PERSON_NAME] = EXPR_TEXT, [PACK_PHONE] = EXPR_TEXT, [PACK_ADDRESS] = EXPR_TEXT,
};

static void add_word(CellType *type, CellWords *words, Arena *arena, Str text, int meaning)
{
    cell_words_add(words, arena, text, meaning);
    type->word_most = MAX(type->word_most, text.n);
    type->starts[(unsigned char) g_ascii_tolower(text.p[0])] = type->starts[(unsigned char) g_ascii_toupper(text.p[0])] = true;
    if (meaning == MEANS_NONE && type->n_none < G_N_ELEMENTS(type->none) && date_parse(text, &type->none[type->n_none]))
        type->n_none++;
}

static void add_list(CellType *type, CellWords *words, Arena *arena, PackNames names, int meaning)
{
    for (size_t i = 0; i < names.n; i++)
        add_word(type, words, arena, names.v[i].text, meaning);
}

/* Other dashes, signs without width: what is folded or passed over where words are compared begins with these. No Chinese character does. */
static void add_signs(CellType *type)
{
    static const unsigned char leads[] = { 0xC2, 0xE2, 0xE3, 0xEF };
    for (size_t i = 0; i < G_N_ELEMENTS(leads); i++)
        type->starts[leads[i]] = true;
}

/* Of a bool `none` may be a word for no: those come first. Of others yes and no are no words. */
static void make_words(CellType *type, const PackWords *given, Arena *arena)
{
    static const PackWords nothing = { 0 };
    const PackWords *from = given ? given : &nothing;
    CellWords *words = cell_words_new(arena, from->placeholders.n + from->yes.n + from->no.n + 4);
    if (type->type == PACK_BOOL) {
        add_word(type, words, arena, STR("true"), MEANS_YES);
        add_word(type, words, arena, STR("1"), MEANS_YES);
        add_word(type, words, arena, STR("false"), MEANS_NO);
        add_word(type, words, arena, STR("0"), MEANS_NO);
        add_list(type, words, arena, from->yes, MEANS_YES);
        add_list(type, words, arena, from->no, MEANS_NO);
        cell_words_sure(words);
    }
    add_list(type, words, arena, from->placeholders, MEANS_NONE);
    add_signs(type);
    type->words = words;
}

/* The codes of a table once each, as a dictionary, and what is written for them: the codes themselves before any name. */
static void make_codes(CellType *type, const PackCodes *codes, Arena *arena)
{
    CellWords *words = cell_words_new(arena, 3 * codes->values.n + 1);
    Str *values = ARENA_ARRAY(arena, Str, codes->values.n + 1);
    int *places = ARENA_ARRAY(arena, int, codes->values.n + 1);
    uint32_t n = 0;
    for (size_t i = 0; i < codes->values.n; i++) {
        int known = cell_words_find(words, codes->values.v[i].code);
        places[i] = known >= 0 ? known : (int) n;
        if (known < 0) {
            values[n] = codes->values.v[i].code;
            cell_words_add(words, arena, values[n], (int) n);
            n++;
        }
    }
    cell_words_sure(words);
    for (size_t i = 0; i < codes->values.n; i++) {
        cell_words_add(words, arena, codes->values.v[i].name, places[i]);
        if (codes->values.v[i].name_en.p)
            cell_words_add(words, arena, codes->values.v[i].name_en, places[i]);
    }
    type->codes = n > 0 ? words : NULL;
    type->dict = (ExprDict) { values, n, expr_dict_id() };
}

CellType *cell_type_new(const PackWords *words, PackType type, int scale, const PackCodes *codes, int zone_minutes, Arena *arena)
{
    CellType *made = ARENA_NEW(arena, CellType);
    *made = (CellType) { .type = type, .kind = kinds[type], .scale = type == PACK_DECIMAL ? scale : 0, .zone_minutes = zone_minutes };
    make_words(made, words, arena);
    if (type == PACK_CODE && codes)
        make_codes(made, codes, arena);
    return made;
}

void cell_type_unit(CellType *type, Str unit)
{
    type->percent = str_eq(unit, STR("%"));
}

ExprKind cell_kind(const CellType *type)
{
    return type->kind;
}

/* --- One cell ----------------------------------------------------------------------------------------------------------------- */

static bool is_bare(char c)
{
    return g_ascii_isalnum(c) || memchr("-_./:", c, 5);
}

/* What programs put around a number so that a spreadsheet leaves it as it is: ="0012", or '0012 in a file that was never a spreadsheet. */
static Str unguarded(Str s)
{
    if (s.n > 3 && s.p[0] == '=' && s.p[1] == '"' && s.p[s.n - 1] == '"')
        return str_trim((Str) { s.p + 2, s.n - 3 });
    bool bare = s.n > 1 && s.p[0] == '\'' && g_ascii_isdigit(s.p[1]);
    for (size_t i = 1; bare && i < s.n; i++)
        bare = is_bare(s.p[i]);
    return bare ? str_from_at(s, 1) : s;
}

/* White space outside ASCII ends in one of three bytes, and begins with one of three; a guard begins with two others. */
static inline Str trimmed(Str s)
{
    if (s.n == 0)
        return s;
    unsigned char first = (unsigned char) s.p[0], last = (unsigned char) s.p[s.n - 1];
    bool plain = first > ' ' && first != '=' && first != '\'' && first != 0xC2 && first != 0xE3 && first != 0xEF && last > ' ' && last != 0x80 && last != 0xA0 && last != 0xBF;
    return plain ? s : unguarded(str_trim(s));
}

static bool has_byte(Str s, int byte)
{
    return memchr(s.p, byte, s.n) != NULL;
}

static bool has_han(Str s)
{
    for (size_t i = 0; i < s.n;)
        if (is_han(utf8_next(s, &i)))
            return true;
    return false;
}

/* Full-width digits and letters become plain ones. Punctuation of a Chinese text stays: it is how that is written; elsewhere it is folded too. */
static Str fold(const CellType *type, Str s, Arena *arena)
{
    bool all = (type->type != PACK_TEXT && type->type != PACK_ADDRESS) || !has_han(s);
    char *out = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        uint32_t c = utf8_next(s, &i), folded = text_fold_char(c);
        if (folded < 0x80 && (all || g_ascii_isalnum((char) folded)))
            out[n++] = (char) folded;
        else {
            memcpy(out + n, s.p + from, i - from);
            n += i - from;
        }
    }
    return str_trim((Str) { out, n });
}

static int word_of(const CellType *type, Str s, Arena *arena)
{
    int means = s.n > type->word_most ? CELL_WORD_NONE : cell_words_find(type->words, s); /* no longer: that is how columns are read, too */
    return means != CELL_WORD_NONE || s.n > type->word_most ? means : cell_words_find_near(type->words, s, arena);
}

static CellFault read_code(const CellType *type, Str s, Arena *arena, int64_t *ret_place)
{
    int place = cell_words_find(type->codes, s);
    if (place == CELL_WORD_NONE)
        place = cell_words_find_near(type->codes, s, arena);
    *ret_place = place;
    return place >= 0 ? CELL_FINE : place == CELL_WORD_MANY ? CELL_MANY : CELL_CODE;
}

static CellFault read_kind(const CellType *type, Str s, Arena *arena, CellValue *value)
{
    Date day;
    CellFault fault;
    switch (type->type) {
    case PACK_INTEGER: case PACK_DECIMAL:
        return str_ends(s, STR("%")) ? cell_percent(s, type->percent, type->scale, &value->number) : cell_number(s, type->scale, &value->number);
    case PACK_DATE:
        fault = cell_date(s, type->zone_minutes, &day);
        value->number = fault == CELL_FINE ? day : 0;
        return fault;
    case PACK_TIME: return cell_time(s, type->zone_minutes, &value->number);
    case PACK_BOOL: return CELL_BOOL; /* its words were looked for before */
    case PACK_CODE: return type->codes ? read_code(type, s, arena, &value->number) : CELL_FINE;
    default: return CELL_FINE;
    }
}

static bool is_no_day(const CellType *type, int64_t day)
{
    bool is = false;
    for (size_t i = 0; type->type == PACK_DATE && i < type->n_none; i++)
        is |= type->none[i] == day;
    return is;
}

/* A code of the table, or the name of one, however it is written. */
static bool names_code(const CellType *type, Str s, Arena *arena)
{
    return type->codes && (cell_words_find(type->codes, s) >= 0 || cell_words_find_near(type->codes, s, arena) >= 0);
}

/* A code may be called like a placeholder, and a text that is none of its type may be one. */
static CellFault read_long_way(const CellType *type, Str s, Arena *arena, CellValue *value)
{
    int means = names_code(type, s, arena) ? CELL_WORD_NONE : word_of(type, s, arena);
    value->none = means == MEANS_NONE;
    value->number = means == MEANS_YES;
    if (means == MEANS_NONE || means == MEANS_YES || means == MEANS_NO)
        return CELL_FINE;
    value->text = s;
    return read_kind(type, s, arena, value);
}

void cell_read(const CellType *type, Str cell, Arena *arena, CellValue *ret_value)
{
    Str s = trimmed(cell);
    *ret_value = (CellValue) { .none = s.n == 0, .text = s };
    if (s.n == 0)
        return;
    if (s.n > LIMIT_CELL_BYTES || has_byte(s, 0))
        ret_value->fault = s.n > LIMIT_CELL_BYTES ? CELL_LONG : CELL_TEXT;
    else if (!utf8_valid(s, NULL))
        ret_value->fault = CELL_TEXT;
    else {
        if (has_byte(s, 0xEF) || has_byte(s, 0xE3))
            s = fold(type, s, arena);
        ret_value->none = s.n == 0;
        if (s.n > 0)
            ret_value->fault = read_long_way(type, s, arena, ret_value);
        ret_value->none |= is_no_day(type, ret_value->number);
    }
    ret_value->none |= ret_value->fault != CELL_FINE;
}

/* --- Columns ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const CellType *type;
    const Str *cells;
    size_t stride, n;
    Arena *arena;
    uint8_t *nulls, *faults;
    size_t found;
} Reading;

/* The long way, and what it found noted. */
static void read_slow(Reading *r, size_t i, CellValue *value)
{
    cell_read(r->type, r->cells[i * r->stride], r->arena, value);
    r->nulls[i] = value->none;
    r->found += value->fault != CELL_FINE;
    if (r->faults)
        r->faults[i] = (uint8_t) value->fault;
}

static void *read_numbers(Reading *r)
{
    int64_t *values = ARENA_ARRAY(r->arena, int64_t, r->n);
    for (size_t i = 0; i < r->n; i++) {
        Str s = r->cells[i * r->stride];
        CellValue value;
        if (s.n == 0)
            r->nulls[i] = 1;
        else if (s.n > 16 || (unsigned char) (s.p[s.n - 1] - '0') > 9 || cell_number(s, r->type->scale, &values[i]) != CELL_FINE) {
            read_slow(r, i, &value);
            values[i] = value.number;
        }
    }
    return values;
}

static void *read_dates(Reading *r)
{
    Date *values = ARENA_ARRAY(r->arena, Date, r->n);
    for (size_t i = 0; i < r->n; i++) {
        Str s = r->cells[i * r->stride];
        CellValue value;
        if (s.n == 0)
            r->nulls[i] = 1;
        else if (date_parse(s, &values[i]))
            r->nulls[i] = is_no_day(r->type, values[i]);
        else {
            read_slow(r, i, &value);
            values[i] = (Date) value.number;
        }
    }
    return values;
}

static void *read_times(Reading *r)
{
    int64_t *values = ARENA_ARRAY(r->arena, int64_t, r->n);
    for (size_t i = 0; i < r->n; i++) {
        Str s = r->cells[i * r->stride];
        CellValue value;
        if (s.n == 0)
            r->nulls[i] = 1;
        else if (local_time_parse(s, &values[i]))
            values[i] -= (int64_t) r->type->zone_minutes * 60000;
        else {
            read_slow(r, i, &value);
            values[i] = value.number;
        }
    }
    return values;
}

static void *read_bools(Reading *r)
{
    uint8_t *values = ARENA_ARRAY(r->arena, uint8_t, r->n);
    for (size_t i = 0; i < r->n; i++) {
        Str s = r->cells[i * r->stride];
        CellValue value;
        if (s.n == 0)
            r->nulls[i] = 1;
        else if (s.n == 1 && (s.p[0] == '0' || s.p[0] == '1'))
            values[i] = s.p[0] == '1';
        else {
            read_slow(r, i, &value);
            values[i] = value.number != 0;
        }
    }
    return values;
}

static uint32_t *read_codes(Reading *r)
{
    uint32_t *values = ARENA_ARRAY(r->arena, uint32_t, r->n);
    for (size_t i = 0; i < r->n; i++) {
        Str s = r->cells[i * r->stride];
        CellValue value;
        int place = s.n > 0 ? cell_words_find(r->type->codes, s) : CELL_WORD_NONE;
        if (s.n == 0)
            r->nulls[i] = 1;
        else if (place >= 0)
            values[i] = (uint32_t) place;
        else {
            read_slow(r, i, &value);
            values[i] = value.none ? 0 : (uint32_t) value.number;
        }
    }
    return values;
}

/* Whether a text can be taken as it stands: no white space at its ends, none of the bytes of full width. */
static inline bool is_plain(Str s)
{
    uint64_t odd = 0, word;
    if (s.n > LIMIT_CELL_BYTES || trimmed(s).n != s.n)
        return false;
    const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        uint64_t ef = word ^ (ones * 0xEF), e3 = word ^ (ones * 0xE3);
        odd |= ((word - ones) & ~word) | ((ef - ones) & ~ef) | ((e3 - ones) & ~e3);
    }
    bool rest = false;
    for (; i < s.n; i++)
        rest |= s.p[i] == 0 || (unsigned char) s.p[i] == 0xEF || (unsigned char) s.p[i] == 0xE3;
    return !(odd & highs) && !rest;
}

/* Whether it may be a placeholder: most begin like none. */
static inline bool may_be_word(const CellType *type, Str s, Arena *arena)
{
    return s.n <= type->word_most && type->starts[(unsigned char) s.p[0]] && word_of(type, s, arena) != CELL_WORD_NONE;
}

static void *read_texts(Reading *r)
{
    Str *values = ARENA_ARRAY(r->arena, Str, r->n);
    for (size_t i = 0; i < r->n; i++) {
        Str s = r->cells[i * r->stride];
        CellValue value;
        if (s.n == 0)
            r->nulls[i] = 1;
        else if (is_plain(s) && !may_be_word(r->type, s, r->arena))
            values[i] = s;
        else {
            read_slow(r, i, &value);
            values[i] = value.none ? STR_NONE : value.text;
        }
    }
    return values;
}

size_t cell_column(const CellType *type, const Str *cells, size_t stride, size_t n, Arena *arena, ExprColumn *ret_column, uint8_t *ret_faults)
{
    Reading r = { type, cells, stride, n, arena, ARENA_ARRAY(arena, uint8_t, n), ret_faults, 0 };
    ExprColumn column = { .nulls = r.nulls };
    if (ret_faults)
        memset(ret_faults, 0, n);
    switch (type->kind) {
    case EXPR_BOOL: column.values = read_bools(&r); break;
    case EXPR_NUMBER: column.values = read_numbers(&r); break;
    case EXPR_DATE: column.values = read_dates(&r); break;
    case EXPR_TIME: column.values = read_times(&r); break;
    default:
        if (type->codes) {
            column.codes = read_codes(&r);
            column.dict = &type->dict;
        } else {
            column.values = read_texts(&r);
        }
    }
    *ret_column = column;
    return r.found;
}
