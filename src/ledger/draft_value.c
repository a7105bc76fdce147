/* The kinds of values in a draft. What people send is checked here, and nowhere else. */
#include "base/limits.h"
#include "ledger/draft.h"

#include "base/banned.h"

const char draft_ops[] = "= >= <= ~ range", draft_tenses[] = "target result";

static bool is_nothing(const JsonValue *value)
{
    return value->type == JSON_NULL || (value->type == JSON_STRING && str_trim(value->text).n == 0);
}

static void print_str(const void *place, JsonWriter *json)
{
    json_str(json, *(const Str *) place);
}

static bool read_text(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    (void) words;
    Str text;
    if (!json_as_str(value, &text, err))
        return false;
    if (str_trim(text).n == 0)
        return json_bad(value, err, "a text is needed");
    if (utf8_length(text) > LIMIT_TEXT_CHARS)
        return json_bad(value, err, "the text is longer than %d characters", LIMIT_TEXT_CHARS);
    *(Str *) ret_place = arena_str(arena, str_trim(text));
    return true;
}

static bool read_text_opt(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    if (!is_nothing(value))
        return read_text(value, words, arena, ret_place, err);
    *(Str *) ret_place = STR_NONE;
    return true;
}

static bool read_unit(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    if (!is_nothing(value))
        return read_text(value, words, arena, ret_place, err);
    *(Str *) ret_place = STR("");
    return true;
}

static bool read_word(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    Str word;
    if (!json_as_str(value, &word, err))
        return false;
    if (!flow_has_word(words, word))
        return json_bad(value, err, "one of %s is expected, not '" STR_FMT "'", words, STR_ARG(word));
    *(Str *) ret_place = arena_str(arena, word);
    return true;
}

static bool read_date(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    (void) words;
    (void) arena;
    Str text;
    Date date = DATE_NONE;
    if (!is_nothing(value) && (!json_as_str(value, &text, err) || (!date_parse(text, &date) && !json_bad(value, err, "a date such as 2026-11-22 is expected"))))
        return false;
    *(Date *) ret_place = date;
    return true;
}

static void print_date(const void *place, JsonWriter *json)
{
    char text[DATE_TEXT_MAX];
    Date date = *(const Date *) place;
    json_cstr(json, date == DATE_NONE ? NULL : date_format(date, text));
}

static bool read_bool(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    (void) words;
    (void) arena;
    return json_as_bool(value, ret_place, err);
}

static void print_bool(const void *place, JsonWriter *json)
{
    json_bool(json, *(const bool *) place);
}

/* Figures are texts outside, so that no browser rounds them. */
static bool read_decimal(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    (void) words;
    Str text;
    Decimal decimal;
    char shortest[DECIMAL_TEXT_MAX];
    if (!json_as_str(value, &text, err))
        return false;
    if (!decimal_parse(str_trim(text), &decimal))
        return json_bad(value, err, "a figure such as \"95.5\" is expected");
    *(Str *) ret_place = arena_str(arena, str_from(decimal_format(decimal, shortest)));
    return true;
}

static bool read_decimal_opt(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    if (!is_nothing(value))
        return read_decimal(value, words, arena, ret_place, err);
    *(Str *) ret_place = STR_NONE;
    return true;
}

static const char *const status_names[] = { [ITEM_OPEN] = "open", [ITEM_CONFIRMED] = "confirmed", [ITEM_LEFT_OUT] = "left_out" };

const char *item_status_name(ItemStatus status)
{
    return status_names[status];
}

static bool read_status(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err)
{
    (void) words;
    (void) arena;
    Str word;
    if (!json_as_str(value, &word, err))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(status_names); i++)
        if (str_eq(word, str_from(status_names[i]))) {
            *(ItemStatus *) ret_place = (ItemStatus) i;
            return true;
        }
    return json_bad(value, err, "one of open confirmed left_out is expected, not '" STR_FMT "'", STR_ARG(word));
}

static void print_status(const void *place, JsonWriter *json)
{
    json_cstr(json, item_status_name(*(const ItemStatus *) place));
}

const DraftType draft_text = { read_text, print_str };
const DraftType draft_text_opt = { read_text_opt, print_str };
const DraftType draft_unit = { read_unit, print_str };
const DraftType draft_word = { read_word, print_str };
const DraftType draft_date = { read_date, print_date };
const DraftType draft_bool = { read_bool, print_bool };
const DraftType draft_decimal = { read_decimal, print_str };
const DraftType draft_decimal_opt = { read_decimal_opt, print_str };
const DraftType draft_status = { read_status, print_status };

/* --- A whole target --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset;
    const DraftType *type;
    const char *words;
    bool required;
} target_fields[] = {
    { "quote", offsetof(DraftTarget, quote), &draft_unit, NULL, false },
    { "metric", offsetof(DraftTarget, metric), &draft_text, NULL, true },
    { "op", offsetof(DraftTarget, op), &draft_word, draft_ops, true },
    { "value", offsetof(DraftTarget, value), &draft_decimal, NULL, true },
    { "value2", offsetof(DraftTarget, value2), &draft_decimal_opt, NULL, false },
    { "unit", offsetof(DraftTarget, unit), &draft_unit, NULL, false },
    { "due", offsetof(DraftTarget, due), &draft_date, NULL, false },
    { "soft", offsetof(DraftTarget, soft), &draft_bool, NULL, false },
    { "tense", offsetof(DraftTarget, tense), &draft_word, draft_tenses, false },
};

bool draft_target_read(const JsonValue *value, Arena *arena, DraftTarget *ret_target, GError **err)
{
    if (value->type != JSON_BEGIN_OBJECT)
        return json_bad(value, err, "a target is an object");
    DraftTarget target = { .quote = STR(""), .unit = STR(""), .due = DATE_NONE, .tense = STR("target") };
    for (size_t i = 0; i < G_N_ELEMENTS(target_fields); i++) {
        const JsonValue *member = json_get(value, target_fields[i].name);
        if (!member && target_fields[i].required)
            return json_bad(value, err, "a target needs '%s'", target_fields[i].name);
        if (member && !target_fields[i].type->read(member, target_fields[i].words, arena, (char *) &target + target_fields[i].offset, err))
            return false;
    }
    *ret_target = target;
    return true;
}

void draft_target_print(const DraftTarget *target, JsonWriter *json)
{
    json_begin_object(json);
    for (size_t i = 0; i < G_N_ELEMENTS(target_fields); i++) {
        json_key(json, target_fields[i].name);
        target_fields[i].type->print((const char *) target + target_fields[i].offset, json);
    }
    json_end_object(json);
}
