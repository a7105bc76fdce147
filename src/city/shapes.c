/* Every map that a recipe may hold: a key is a row here, and stands in docs/city.md. */
#include "city/recipe.h"

#include "base/limits.h"

#include "base/banned.h"

#define AT(Type, member) offsetof(Type, member)
#define END { NULL }
#define RATE(Type, member, most) SHAPE_DECIMAL, AT(Type, member), .max = most

const char *const city_mistake_kinds[] = { "set", "blank", "text", "swap", "digit", "twice", "lost", NULL };
static const char *const as_words[] = { "text", "integer", "decimal", "date", "time", "bool", NULL }; /* the first of pack_types */
static const char *const by_words[] = { "row", "person", NULL };
static const char *const format_words[] = { "csv", "xlsx", "fhir", "hl7", NULL };
static const char *const heading_words[] = { "id", "name", "also", NULL };
static const char *const org_words[] = { "name", "code", "short", NULL };
static const char *const date_words[] = { "iso", "slash", "plain", NULL };
static const char *const code_words[] = { "code", "name", NULL };

/* --- Values ------------------------------------------------------------------------------------------------------------ */

static const ShapeKey range_keys[] = {
    { "from", SHAPE_EXPR, AT(CityRange, from), .required = true },
    { "to", SHAPE_EXPR, AT(CityRange, to), .required = true },
    END,
};
static const Shape shape_range = { "range", sizeof(CityRange), range_keys };

static const ShapeKey normal_keys[] = {
    { "mean", SHAPE_EXPR, AT(CitySpread, mean), .required = true },
    { "sd", SHAPE_EXPR, AT(CitySpread, sd), .required = true },
    { "min", SHAPE_EXPR, AT(CitySpread, min) },
    { "max", SHAPE_EXPR, AT(CitySpread, max) },
    END,
};
static const Shape shape_normal = { "normal", sizeof(CitySpread), normal_keys };

static const ShapeKey lognormal_keys[] = {
    { "median", SHAPE_EXPR, AT(CitySpread, median), .required = true },
    { "sigma", RATE(CitySpread, sigma, 5), .required = true },
    { "min", SHAPE_EXPR, AT(CitySpread, min) },
    { "max", SHAPE_EXPR, AT(CitySpread, max) },
    END,
};
static const Shape shape_lognormal = { "lognormal", sizeof(CitySpread), lognormal_keys };

static const ShapeKey clock_keys[] = {
    { "day", SHAPE_EXPR, AT(CityClock, day), .required = true },
    { "from", SHAPE_TEXT, AT(CityClock, from), .required = true },
    { "to", SHAPE_TEXT, AT(CityClock, to), .required = true },
    END,
};
static const Shape shape_clock = { "clock", sizeof(CityClock), clock_keys };

static const ShapeKey later_keys[] = {
    { "than", SHAPE_EXPR, AT(CityLater, time), .required = true },
    { "minutes", SHAPE_EXPR, AT(CityLater, minutes), .required = true },
    END,
};
static const Shape shape_later = { "later", sizeof(CityLater), later_keys };

static const ShapeKey number_keys[] = {
    { "prefix", SHAPE_TEXT, AT(CityNumber, prefix) },
    { "digits", SHAPE_INT, AT(CityNumber, digits), .min = 1, .max = 16, .otherwise = 8 },
    END,
};
static const Shape shape_number = { "number", sizeof(CityNumber), number_keys };

static const ShapeKey org_keys[] = {
    { "kinds", SHAPE_NAMES, AT(CityOrgChoice, kinds) },
    { "near", RATE(CityOrgChoice, near, 1) },
    { "by", SHAPE_WORD, AT(CityOrgChoice, by), .words = by_words },
    { "home", SHAPE_BOOL, AT(CityOrgChoice, home) },
    { "parent", SHAPE_BOOL, AT(CityOrgChoice, parent) },
    { "reporter", SHAPE_BOOL, AT(CityOrgChoice, reporter) },
    END,
};
static const Shape shape_org = { "org", sizeof(CityOrgChoice), org_keys };

static const ShapeKey count_keys[] = {
    { "stream", SHAPE_REF, AT(CityCount, stream_name), .required = true },
    { "by", SHAPE_ID, AT(CityCount, by) },
    { "is", SHAPE_EXPR, AT(CityCount, is) },
    { "sum", SHAPE_ID, AT(CityCount, sum) },
    { "of_area", SHAPE_BOOL, AT(CityCount, of_area) },
    { "so_far", SHAPE_BOOL, AT(CityCount, so_far) },
    END,
};
static const Shape shape_count = { "count", sizeof(CityCount), count_keys };

static const ShapeKey value_keys[] = {
    { "is", SHAPE_TEXT, AT(CityValue, is) },
    { "expr", SHAPE_EXPR, AT(CityValue, expr) },
    { "column", SHAPE_REF, AT(CityValue, column) },
    { "copy", SHAPE_TEXT, AT(CityValue, copy) },
    { "range", SHAPE_OBJECT, AT(CityValue, range), .shape = &shape_range },
    { "normal", SHAPE_OBJECT, AT(CityValue, normal), .shape = &shape_normal },
    { "lognormal", SHAPE_OBJECT, AT(CityValue, lognormal), .shape = &shape_lognormal },
    { "clock", SHAPE_OBJECT, AT(CityValue, clock), .shape = &shape_clock },
    { "later", SHAPE_OBJECT, AT(CityValue, later), .shape = &shape_later },
    { "serial", SHAPE_OBJECT, AT(CityValue, serial), .shape = &shape_number },
    { "number", SHAPE_OBJECT, AT(CityValue, number), .shape = &shape_number },
    { "org", SHAPE_OBJECT, AT(CityValue, org), .shape = &shape_org },
    { "count", SHAPE_OBJECT, AT(CityValue, count), .shape = &shape_count },
    { "codes", SHAPE_BOOL, AT(CityValue, codes) },
    { "when", SHAPE_EXPR, AT(CityValue, when) },
    { "share", SHAPE_EXPR, AT(CityValue, share) },
    { "decimals", SHAPE_INT, AT(CityValue, decimals), .max = DECIMAL_SCALE_MAX },
    { "as", SHAPE_WORD, AT(CityValue, as), .words = as_words, .otherwise = -1 },
    END,
};
static const Shape shape_value = { "value", sizeof(CityValue), value_keys };

/* --- Streams ----------------------------------------------------------------------------------------------------------- */

static const ShapeKey every_keys[] = {
    { "from", SHAPE_EXPR, AT(CityEvery, from), .required = true },
    { "months", SHAPE_EXPR, AT(CityEvery, months), .required = true },
    { "until", SHAPE_EXPR, AT(CityEvery, until) },
    END,
};
static const Shape shape_every = { "every", sizeof(CityEvery), every_keys };

static const ShapeKey pick_keys[] = {
    { "file", SHAPE_FILE, AT(CityPick, file), .required = true },
    { "weight", SHAPE_ID, AT(CityPick, weight) },
    { "men", SHAPE_ID, AT(CityPick, men) },
    { "women", SHAPE_ID, AT(CityPick, women) },
    { "age_from", SHAPE_ID, AT(CityPick, age_from) },
    { "age_to", SHAPE_ID, AT(CityPick, age_to) },
    { "months", SHAPE_ID, AT(CityPick, months) },
    END,
};
static const Shape shape_pick = { "pick", sizeof(CityPick), pick_keys };

static const ShapeKey mistake_keys[] = {
    { "kind", SHAPE_WORD, AT(CityMistake, kind), .required = true, .words = city_mistake_kinds },
    { "field", SHAPE_ID, AT(CityMistake, field) },
    { "with", SHAPE_ID, AT(CityMistake, with) },
    { "text", SHAPE_TEXT, AT(CityMistake, text) },
    { "expr", SHAPE_EXPR, AT(CityMistake, expr) },
    { "when", SHAPE_EXPR, AT(CityMistake, when) },
    { "share", SHAPE_EXPR, AT(CityMistake, share), .required = true },
    { "finds", SHAPE_NAMES, AT(CityMistake, finds), .required = true },
    END,
};
static const Shape shape_mistake = { "mistake", sizeof(CityMistake), mistake_keys };

static const ShapeKey message_keys[] = {
    { "fhir", SHAPE_TEXT, AT(CityMessages, fhir) },
    { "hl7", SHAPE_TEXT, AT(CityMessages, hl7) },
    END,
};
static const Shape shape_messages = { "messages", sizeof(CityMessages), message_keys };

static const ShapeKey stream_keys[] = {
    { "dataset", SHAPE_ID, AT(CityStream, dataset_name) },
    { "of", SHAPE_REF, AT(CityStream, of_name), .required = true },
    { "who", SHAPE_EXPR, AT(CityStream, who) },
    { "each", SHAPE_FILE, AT(CityStream, each_name) },
    { "by", SHAPE_MAP, AT(CityStream, by), .shape = &shape_value },
    { "at", SHAPE_EXPR, AT(CityStream, at) },
    { "every", SHAPE_OBJECT, AT(CityStream, every), .shape = &shape_every },
    { "rate", SHAPE_EXPR, AT(CityStream, rate) },
    { "season", SHAPE_ID, AT(CityStream, season_name) },
    { "lag", SHAPE_OBJECT, AT(CityStream, lag), .shape = &shape_value },
    { "weekend", RATE(CityStream, weekend, 1), .otherwise = 1 },
    { "when", SHAPE_EXPR, AT(CityStream, when) },
    { "share", SHAPE_EXPR, AT(CityStream, share) },
    { "present", SHAPE_BOOL, AT(CityStream, present), .otherwise = true },
    { "history", SHAPE_BOOL, AT(CityStream, history) },
    { "of_child", SHAPE_BOOL, AT(CityStream, child) },
    { "reporter", SHAPE_OBJECT, AT(CityStream, reporter), .shape = &shape_org },
    { "values", SHAPE_MAP, AT(CityStream, values), .shape = &shape_value },
    { "fields", SHAPE_MAP, AT(CityStream, fields), .shape = &shape_value },
    { "valid_from", SHAPE_OBJECT, AT(CityStream, valid_from), .shape = &shape_value },
    { "valid_to", SHAPE_OBJECT, AT(CityStream, valid_to), .shape = &shape_value },
    { "picks", SHAPE_MAP, AT(CityStream, picks), .shape = &shape_pick },
    { "files", SHAPE_WORD, AT(CityStream, files), .words = pack_every, .otherwise = PACK_NEVER },
    { "replace", SHAPE_BOOL, AT(CityStream, replace) },
    { "mistakes", SHAPE_LIST, AT(CityStream, mistakes), .shape = &shape_mistake },
    { "messages", SHAPE_OBJECT, AT(CityStream, messages), .shape = &shape_messages },
    END,
};
static const Shape shape_stream = { "stream", sizeof(CityStream), stream_keys };

static const ShapeKey recipe_keys[] = {
    { "recipe", SHAPE_ID, AT(CityRecipe, pack), .required = true },
    { "streams", SHAPE_MAP, AT(CityRecipe, streams), .required = true, .shape = &shape_stream },
    END,
};
const Shape city_shape_recipe = { "recipe", sizeof(CityRecipe), recipe_keys };

/* --- The city ------------------------------------------------------------------------------------------------------------ */

static const ShapeKey age_keys[] = {
    { "from", SHAPE_INT, AT(CityAge, from), .required = true, .max = 120 },
    { "men", RATE(CityAge, men, 1000000) },
    { "women", RATE(CityAge, women, 1000000) },
    { "both", RATE(CityAge, both, 1000000) },
    END,
};
static const Shape shape_age = { "age", sizeof(CityAge), age_keys };

static const ShapeKey trait_keys[] = {
    { "ages", SHAPE_LIST, AT(CityTrait, ages), .required = true, .shape = &shape_age },
    END,
};
static const Shape shape_trait = { "trait", sizeof(CityTrait), trait_keys };

static const ShapeKey people_keys[] = {
    { "count", SHAPE_INT, AT(CityPeople, count), .required = true, .min = 1, .max = LIMIT_CITY_PEOPLE },
    { "last_age", SHAPE_INT, AT(CityPeople, last_age), .min = 1, .max = 120, .otherwise = 105 },
    { "boys_per_1000", SHAPE_INT, AT(CityPeople, boys_per_1000), .max = 1000, .otherwise = 515 },
    { "ages", SHAPE_LIST, AT(CityPeople, ages), .required = true, .shape = &shape_age },
    { "deaths", SHAPE_LIST, AT(CityPeople, deaths), .required = true, .shape = &shape_age },
    { "moved_in", SHAPE_LIST, AT(CityPeople, moved_in), .shape = &shape_age },
    { "moved_out", SHAPE_LIST, AT(CityPeople, moved_out), .shape = &shape_age },
    { "names", SHAPE_FILE, AT(CityPeople, names), .required = true },
    { "phone_prefix", SHAPE_TEXT, AT(CityPeople, phone_prefix), .required = true },
    { "homes", SHAPE_NAMES, AT(CityPeople, homes), .required = true },
    { "facts", SHAPE_MAP, AT(CityPeople, facts), .shape = &shape_value },
    { "traits", SHAPE_MAP, AT(CityPeople, traits), .shape = &shape_trait },
    END,
};
static const Shape shape_people = { "people", sizeof(CityPeople), people_keys };

static const ShapeKey org_columns_keys[] = {
    { "code", SHAPE_TEXT, AT(CityOrgColumns, code), .required = true },
    { "name", SHAPE_TEXT, AT(CityOrgColumns, name), .required = true },
    { "short", SHAPE_TEXT, AT(CityOrgColumns, short_name), .required = true },
    { "kind", SHAPE_TEXT, AT(CityOrgColumns, kind), .required = true },
    { "parent", SHAPE_TEXT, AT(CityOrgColumns, parent), .required = true },
    { "area", SHAPE_TEXT, AT(CityOrgColumns, area), .required = true },
    { "rank", SHAPE_TEXT, AT(CityOrgColumns, rank), .required = true },
    { "functions", SHAPE_TEXT, AT(CityOrgColumns, functions), .required = true },
    { "since", SHAPE_TEXT, AT(CityOrgColumns, since), .required = true },
    { "until", SHAPE_TEXT, AT(CityOrgColumns, until), .required = true },
    { "legal_code", SHAPE_TEXT, AT(CityOrgColumns, legal_code), .required = true },
    END,
};
static const Shape shape_org_columns = { "columns", sizeof(CityOrgColumns), org_columns_keys };

static const ShapeKey kind_keys[] = {
    { "of_100", SHAPE_INT, AT(CityOrgKind, of_100), .max = 100 },
    { "name", SHAPE_TEXT, AT(CityOrgKind, name) },
    { "code", SHAPE_TEXT, AT(CityOrgKind, code) },
    END,
};
static const Shape shape_kind = { "kind", sizeof(CityOrgKind), kind_keys };

static const ShapeKey software_keys[] = {
    { "weight", SHAPE_INT, AT(CitySoftware, weight), .max = 1000 },
    { "format", SHAPE_WORD, AT(CitySoftware, format), .required = true, .words = format_words },
    { "else", SHAPE_ID, AT(CitySoftware, otherwise) },
    { "encoding", SHAPE_TEXT, AT(CitySoftware, encoding) },
    { "bom", SHAPE_BOOL, AT(CitySoftware, bom) },
    { "delimiter", SHAPE_TEXT, AT(CitySoftware, delimiter) },
    { "line_end", SHAPE_TEXT, AT(CitySoftware, line_end) },
    { "headings", SHAPE_WORD, AT(CitySoftware, headings), .words = heading_words },
    { "title", SHAPE_TEXTS, AT(CitySoftware, title) },
    { "orgs", SHAPE_WORD, AT(CitySoftware, orgs), .words = org_words },
    { "dates", SHAPE_WORD, AT(CitySoftware, dates), .words = date_words },
    { "codes", SHAPE_WORD, AT(CitySoftware, codes), .words = code_words },
    { "yes", SHAPE_TEXT, AT(CitySoftware, yes) },
    { "no", SHAPE_TEXT, AT(CitySoftware, no) },
    { "none", SHAPE_TEXT, AT(CitySoftware, none) },
    END,
};
static const Shape shape_software = { "software", sizeof(CitySoftware), software_keys };

static const ShapeKey diligence_keys[] = {
    { "weight", SHAPE_INT, AT(CityDiligence, weight), .required = true, .min = 1, .max = 1000 },
    { "mistakes", RATE(CityDiligence, mistakes, 1000), .otherwise = 1 },
    { "late", RATE(CityDiligence, late, 1) },
    { "silent", RATE(CityDiligence, silent, 1) },
    { "twice", RATE(CityDiligence, twice, 1) },
    { "days_min", SHAPE_INT, AT(CityDiligence, days_min), .max = 366, .otherwise = 1 },
    { "days_max", SHAPE_INT, AT(CityDiligence, days_max), .max = 366, .otherwise = 3 },
    { "late_days", SHAPE_INT, AT(CityDiligence, late_days), .max = 366, .otherwise = 20 },
    END,
};
static const Shape shape_diligence = { "diligence", sizeof(CityDiligence), diligence_keys };

static const ShapeKey institution_keys[] = {
    { "count", SHAPE_INT, AT(CityInstitutions, count), .required = true, .min = 1, .max = LIMIT_CITY_INSTITUTIONS },
    { "columns", SHAPE_OBJECT, AT(CityInstitutions, columns), .required = true, .shape = &shape_org_columns },
    { "kinds", SHAPE_MAP, AT(CityInstitutions, kinds), .required = true, .shape = &shape_kind },
    { "software", SHAPE_MAP, AT(CityInstitutions, software), .required = true, .shape = &shape_software },
    { "diligence", SHAPE_MAP, AT(CityInstitutions, diligence), .required = true, .shape = &shape_diligence },
    END,
};
static const Shape shape_institutions = { "institutions", sizeof(CityInstitutions), institution_keys };

static const ShapeKey process_keys[] = {
    { "ages", SHAPE_LIST, AT(CityProcess, ages), .required = true, .shape = &shape_age },
    { "apart", SHAPE_INT, AT(CityProcess, apart), .max = 10000 },
    { "outcome", SHAPE_OBJECT, AT(CityProcess, outcome), .shape = &shape_value },
    { "days", SHAPE_OBJECT, AT(CityProcess, days), .required = true, .shape = &shape_value },
    { "birth", SHAPE_TEXT, AT(CityProcess, birth) },
    { "facts", SHAPE_MAP, AT(CityProcess, facts), .shape = &shape_value },
    END,
};
static const Shape shape_process = { "process", sizeof(CityProcess), process_keys };

static const ShapeKey season_keys[] = { END };
static const Shape shape_season = { "season", sizeof(CitySeason), season_keys };

static const ShapeKey city_keys[] = {
    { "city", SHAPE_TEXT, AT(CityFile, title), .required = true },
    { "ends", SHAPE_DATE, AT(CityFile, ends), .required = true },
    { "years", SHAPE_INT, AT(CityFile, years), .min = 1, .max = LIMIT_CITY_YEARS, .otherwise = 2 },
    { "seed", SHAPE_INT, AT(CityFile, seed), .min = 1, .max = INT64_MAX, .otherwise = 1 },
    { "people", SHAPE_OBJECT, AT(CityFile, people), .required = true, .shape = &shape_people },
    { "institutions", SHAPE_OBJECT, AT(CityFile, institutions), .required = true, .shape = &shape_institutions },
    { "inputs", SHAPE_MAP, AT(CityFile, inputs), .shape = &shape_value },
    { "processes", SHAPE_MAP, AT(CityFile, processes), .shape = &shape_process },
    { "seasons", SHAPE_MAP, AT(CityFile, seasons), .shape = &shape_season },
    END,
};
const Shape city_shape_file = { "city", sizeof(CityFile), city_keys };

/* Maps whose keys are values, and lists that may say one thing twice: read by recipe.c. */
const ShapeOpen city_open[] = { { &shape_value, "choice" }, { &shape_season, "weights" } };
const size_t city_n_open = G_N_ELEMENTS(city_open);
