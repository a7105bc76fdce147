/* Every map that a pack may hold: a key is a row here and two texts in i18n (pack.key.SHAPE.KEY), nothing else. */
#include "pack/shapes.h"

#include "base/limits.h"

#include "base/banned.h"

#define AT(Type, member) offsetof(Type, member)
#define END { NULL }
#define NAMES(Type) \
    { "name", SHAPE_TEXT, AT(Type, name), .required = true }, { "name_en", SHAPE_TEXT, AT(Type, name_en) }

const char *const pack_types[] = { "text", "integer", "decimal", "date", "time", "bool", "code", "org", "id_card", "card_no", "person_name", "phone", "address", NULL };
const char *const pack_kinds[] = { "event", "register", "aggregate", "case", NULL };
const char *const pack_measures[] = { "completeness", "validity", "consistency", "uniqueness", "timeliness", NULL };
const char *const pack_every[] = { "day", "week", "month", "quarter", "year", NULL };
static const char *const basis_words[] = { "sourced", "memory", "practice", NULL };
const char *const pack_rule_kinds[] = { "row", "link", "unique", "set", "total", "volume", NULL };
static const char *const level_words[] = { "error", "warning", NULL };
static const char *const across_words[] = { "own", "all", NULL };
const char *const pack_owed_words[] = { "none", "coming", "due", "missed", "done", "late", "excused", NULL };
const char *const pack_report_words[] = { "waiting", "in", "zero", "late", "missing", "excused", NULL };
const char *const pack_said_words[] = { "zero", "excused", NULL };
const char *const pack_refused_words[] = { "state", "function", "when", "needs", NULL };
static const char *const prefer_words[] = { "none", "first", "last", NULL };

/* --- Codes, elements ------------------------------------------------------------------------------------------------- */

static const ShapeKey code_keys[] = {
    { "code", SHAPE_TEXT, AT(PackCode, code), .required = true },
    NAMES(PackCode),
    { "parent", SHAPE_TEXT, AT(PackCode, parent) },
    { "valid_from", SHAPE_DATE, AT(PackCode, from) },
    { "valid_to", SHAPE_DATE, AT(PackCode, to) },
    END,
};
static const Shape shape_code = { "code", sizeof(PackCode), code_keys, .many = true };

static const ShapeKey codes_keys[] = {
    NAMES(PackCodes),
    { "standard", SHAPE_TEXT, AT(PackCodes, standard) },
    { "ranked", SHAPE_BOOL, AT(PackCodes, ranked) },
    { "values", SHAPE_LIST, AT(PackCodes, values), .shape = &shape_code },
    { "file", SHAPE_FILE, AT(PackCodes, file) },
    END,
};
static const Shape shape_codes = { "code-table", sizeof(PackCodes), codes_keys };

static const ShapeKey element_keys[] = {
    NAMES(PackElement),
    { "standard", SHAPE_TEXT, AT(PackElement, standard) },
    { "type", SHAPE_WORD, AT(PackElement, type), .required = true, .words = pack_types },
    { "codes", SHAPE_ID, AT(PackElement, codes_name) },
    { "decimals", SHAPE_INT, AT(PackElement, decimals), .max = DECIMAL_SCALE_MAX },
    { "sensitivity", SHAPE_INT, AT(PackElement, sensitivity), .required = true, .min = 1, .max = 5 },
    { "of_person", SHAPE_BOOL, AT(PackElement, of_person) },
    { "each_time", SHAPE_BOOL, AT(PackElement, each_time) },
    END,
};
static const Shape shape_element = { "element", sizeof(PackElement), element_keys };

static const ShapeKey elements_keys[] = {
    { "elements", SHAPE_MAP, AT(PackElementsFile, elements), .required = true, .shape = &shape_element },
    { "codes", SHAPE_MAP, AT(PackElementsFile, codes), .shape = &shape_codes },
    { "placeholders", SHAPE_TEXTS, AT(PackElementsFile, words.placeholders) },
    { "yes", SHAPE_TEXTS, AT(PackElementsFile, words.yes) },
    { "no", SHAPE_TEXTS, AT(PackElementsFile, words.no) },
    END,
};
const Shape shape_elements = { "elements-file", sizeof(PackElementsFile), elements_keys };

/* --- Datasets ---------------------------------------------------------------------------------------------------------- */

static const ShapeKey person_keys[] = {
    { "by", SHAPE_NAMES, AT(PackPerson, by), .required = true },
    { "else", SHAPE_NAMES, AT(PackPerson, otherwise) },
    END,
};
static const Shape shape_person = { "person", sizeof(PackPerson), person_keys };

static const ShapeKey subject_keys[] = {
    { "person", SHAPE_OBJECT, AT(PackSubject, person), .shape = &shape_person },
    { "thing", SHAPE_NAMES, AT(PackSubject, thing) },
    END,
};
static const Shape shape_subject = { "subject", sizeof(PackSubject), subject_keys };

static const ShapeKey field_keys[] = {
    { "element", SHAPE_ID, AT(PackField, element_name) },
    { "name", SHAPE_TEXT, AT(PackField, name) },
    { "name_en", SHAPE_TEXT, AT(PackField, name_en) },
    { "type", SHAPE_WORD, AT(PackField, type_given), .words = pack_types, .otherwise = -1 },
    { "codes", SHAPE_REF, AT(PackField, codes_name) },
    { "decimals", SHAPE_INT, AT(PackField, decimals), .max = DECIMAL_SCALE_MAX, .otherwise = -1 },
    { "unit", SHAPE_TEXT, AT(PackField, unit) },
    { "required", SHAPE_BOOL, AT(PackField, required) },
    { "required_when", SHAPE_EXPR, AT(PackField, required_when) },
    { "sensitivity", SHAPE_INT, AT(PackField, sensitivity), .min = 1, .max = 5 },
    { "also", SHAPE_TEXTS, AT(PackField, also) },
    { "retired", SHAPE_BOOL, AT(PackField, retired) },
    END,
};
static const Shape shape_field = { "field", sizeof(PackField), field_keys };

static const ShapeKey rule_keys[] = {
    { "id", SHAPE_ID, AT(PackRule, entry.id), .required = true },
    { "kind", SHAPE_WORD, AT(PackRule, kind), .words = pack_rule_kinds },
    { "level", SHAPE_WORD, AT(PackRule, level), .required = true, .words = level_words },
    { "says", SHAPE_TEXT, AT(PackRule, says), .required = true },
    { "says_en", SHAPE_TEXT, AT(PackRule, says_en) },
    { "about", SHAPE_NAMES, AT(PackRule, about) },
    { "when", SHAPE_EXPR, AT(PackRule, when) },
    { "check", SHAPE_EXPR, AT(PackRule, check) },
    { "to", SHAPE_REF, AT(PackRule, to_name) },
    { "match", SHAPE_PAIRS, AT(PackRule, match) },
    { "by", SHAPE_NAMES, AT(PackRule, by) },
    { "across", SHAPE_WORD, AT(PackRule, across), .words = across_words },
    { "prefer", SHAPE_WORD, AT(PackRule, prefer), .words = prefer_words },
    { "received", SHAPE_EXPR, AT(PackRule, received) },
    { "declared", SHAPE_EXPR, AT(PackRule, declared) },
    { "tolerance_percent", SHAPE_DECIMAL, AT(PackRule, tolerance_percent), .max = 100 },
    { "measure", SHAPE_EXPR, AT(PackRule, measure) },
    { "back_months", SHAPE_INT, AT(PackRule, back_months), .min = 3, .max = 120, .otherwise = 36 },
    { "deviations", SHAPE_DECIMAL, AT(PackRule, deviations), .min = 1, .max = 100, .otherwise = 4 },
    { "weight", SHAPE_INT, AT(PackRule, weight), .max = 100, .otherwise = 1 },
    { "counts_for", SHAPE_WORD, AT(PackRule, counts_for), .words = pack_measures, .otherwise = -1 },
    END,
};
static const Shape shape_rule = { "rule", sizeof(PackRule), rule_keys };

static const ShapeKey exception_keys[] = {
    { "org", SHAPE_TEXT, AT(PackException, org), .required = true },
    { "reason", SHAPE_TEXT, AT(PackException, reason), .required = true },
    { "since", SHAPE_DATE, AT(PackException, since), .required = true },
    { "until", SHAPE_DATE, AT(PackException, until), .required = true },
    END,
};
static const Shape shape_exception = { "exception", sizeof(PackException), exception_keys };

static const ShapeKey reporters_keys[] = {
    { "types", SHAPE_NAMES, AT(PackReporters, types), .required = true },
    { "since", SHAPE_DATE, AT(PackReporters, since) },
    { "until", SHAPE_DATE, AT(PackReporters, until) },
    { "exceptions", SHAPE_LIST, AT(PackReporters, exceptions), .shape = &shape_exception },
    END,
};
static const Shape shape_reporters = { "reporters", sizeof(PackReporters), reporters_keys };

static const ShapeKey quality_keys[] = {
    { "line", SHAPE_INT, AT(PackQuality, line), .required = true, .min = 1, .max = 100 },
    { "completeness", SHAPE_INT, AT(PackQuality, weights[0]), .max = 100, .otherwise = 30 },
    { "validity", SHAPE_INT, AT(PackQuality, weights[1]), .max = 100, .otherwise = 20 },
    { "consistency", SHAPE_INT, AT(PackQuality, weights[2]), .max = 100, .otherwise = 20 },
    { "uniqueness", SHAPE_INT, AT(PackQuality, weights[3]), .max = 100, .otherwise = 10 },
    { "timeliness", SHAPE_INT, AT(PackQuality, weights[4]), .max = 100, .otherwise = 20 },
    END,
};
static const Shape shape_quality = { "quality", sizeof(PackQuality), quality_keys };

static const ShapeKey part_keys[] = {
    NAMES(PackFormPart),
    { "fields", SHAPE_NAMES, AT(PackFormPart, fields), .required = true },
    { "when", SHAPE_EXPR, AT(PackFormPart, when) },
    END,
};
static const Shape shape_part = { "form-part", sizeof(PackFormPart), part_keys };

static const ShapeKey form_keys[] = {
    NAMES(PackForm),
    { "parts", SHAPE_LIST, AT(PackForm, parts), .required = true, .shape = &shape_part },
    END,
};
static const Shape shape_form = { "form", sizeof(PackForm), form_keys };

static const ShapeKey dataset_keys[] = {
    NAMES(PackDataset),
    { "kind", SHAPE_WORD, AT(PackDataset, kind), .required = true, .words = pack_kinds },
    { "org", SHAPE_ID, AT(PackDataset, org), .required = true },
    { "subject", SHAPE_OBJECT, AT(PackDataset, subject), .shape = &shape_subject },
    { "date", SHAPE_ID, AT(PackDataset, date) },
    { "key", SHAPE_NAMES, AT(PackDataset, key), .required = true },
    { "fields", SHAPE_MAP, AT(PackDataset, fields), .required = true, .shape = &shape_field },
    { "rules", SHAPE_LIST, AT(PackDataset, rules), .shape = &shape_rule },
    { "forms", SHAPE_MAP, AT(PackDataset, forms), .shape = &shape_form },
    { "flow", SHAPE_ID, AT(PackDataset, flow_name) },
    { "reporters", SHAPE_OBJECT, AT(PackDataset, reporters), .shape = &shape_reporters },
    { "every", SHAPE_WORD, AT(PackDataset, every), .words = pack_every, .otherwise = -1 },
    { "due", SHAPE_SPAN, AT(PackDataset, due) },
    { "lock", SHAPE_SPAN, AT(PackDataset, lock) },
    { "quality", SHAPE_OBJECT, AT(PackDataset, quality), .shape = &shape_quality },
    END,
};
const Shape shape_dataset = { "dataset", sizeof(PackDataset), dataset_keys };

/* --- Duties, flows, proof ------------------------------------------------------------------------------------------------ */

static const ShapeKey done_keys[] = {
    { "dataset", SHAPE_REF, AT(PackDone, dataset_name), .required = true },
    { "where", SHAPE_EXPR, AT(PackDone, where) },
    END,
};
static const Shape shape_done = { "done-by", sizeof(PackDone), done_keys };

static const ShapeKey duty_keys[] = {
    NAMES(PackDuty),
    { "owed_for", SHAPE_REF, AT(PackDuty, owed_for_name), .required = true },
    { "when", SHAPE_EXPR, AT(PackDuty, when) },
    { "due", SHAPE_EXPR, AT(PackDuty, due) },
    { "every", SHAPE_WORD, AT(PackDuty, every), .words = pack_every, .otherwise = -1 },
    { "times", SHAPE_INT, AT(PackDuty, times), .min = 1, .max = 366, .otherwise = 1 },
    { "within", SHAPE_SPAN, AT(PackDuty, within) },
    { "grace", SHAPE_SPAN, AT(PackDuty, grace) },
    { "chased_by", SHAPE_ID, AT(PackDuty, chased_by), .required = true },
    { "done_by", SHAPE_OBJECT, AT(PackDuty, done_by), .required = true, .shape = &shape_done },
    END,
};
static const Shape shape_duty = { "duty", sizeof(PackDuty), duty_keys };

static const ShapeKey state_keys[] = {
    NAMES(PackState),
    { "final", SHAPE_BOOL, AT(PackState, final) },
    END,
};
static const Shape shape_state = { "state", sizeof(PackState), state_keys };

static const ShapeKey step_keys[] = {
    NAMES(PackStep),
    { "from", SHAPE_NAMES, AT(PackStep, from), .required = true },
    { "to", SHAPE_ID, AT(PackStep, to), .required = true },
    { "by", SHAPE_NAMES, AT(PackStep, by), .required = true },
    { "needs", SHAPE_NAMES, AT(PackStep, needs) },
    { "when", SHAPE_EXPR, AT(PackStep, when) },
    { "within", SHAPE_SPAN, AT(PackStep, within) },
    END,
};
static const Shape shape_step = { "step", sizeof(PackStep), step_keys };

static const ShapeKey flow_keys[] = {
    NAMES(PackFlow),
    { "first", SHAPE_ID, AT(PackFlow, first), .required = true },
    { "since", SHAPE_ID, AT(PackFlow, since_name) },
    { "states", SHAPE_MAP, AT(PackFlow, states), .required = true, .shape = &shape_state },
    { "steps", SHAPE_MAP, AT(PackFlow, steps), .required = true, .shape = &shape_step },
    END,
};
static const Shape shape_flow = { "flow", sizeof(PackFlow), flow_keys };

static const ShapeKey want_keys[] = {
    { "row", SHAPE_INT, AT(PackWant, row), .min = 1, .max = 100000 },
    { "rule", SHAPE_ID, AT(PackWant, rule) },
    { "missing", SHAPE_ID, AT(PackWant, missing) },
    { "org", SHAPE_TEXT, AT(PackWant, org) },
    { "period", SHAPE_TEXT, AT(PackWant, period) },
    END,
};
static const Shape shape_want = { "want", sizeof(PackWant), want_keys };

static const ShapeKey beside_keys[] = {
    { "dataset", SHAPE_REF, AT(PackBeside, dataset_name), .required = true },
    { "file", SHAPE_FILE, AT(PackBeside, file), .required = true },
    { "on", SHAPE_DATE, AT(PackBeside, on) },
    END,
};
static const Shape shape_beside = { "beside", sizeof(PackBeside), beside_keys };

#define ROW_OF(Type) { "row", SHAPE_INT, AT(Type, row), .required = true, .min = 1, .max = 100000 }
#define PLACE_OF(Type) { "org", SHAPE_TEXT, AT(Type, org), .required = true }, { "period", SHAPE_TEXT, AT(Type, period_text), .required = true }
#define SAID(Type) { "said", SHAPE_WORD, AT(Type, said), .words = pack_said_words, .otherwise = -1 }

static const ShapeKey owed_keys[] = {
    { "duty", SHAPE_ID, AT(PackOwed, duty_name), .required = true },
    ROW_OF(PackOwed),
    { "period", SHAPE_TEXT, AT(PackOwed, period_text) },
    { "state", SHAPE_WORD, AT(PackOwed, state), .required = true, .words = pack_owed_words },
    { "due", SHAPE_DATE, AT(PackOwed, due) },
    SAID(PackOwed),
    END,
};
static const Shape shape_owed = { "owed", sizeof(PackOwed), owed_keys };

static const ShapeKey reported_keys[] = {
    PLACE_OF(PackReported),
    { "state", SHAPE_WORD, AT(PackReported, state), .required = true, .words = pack_report_words },
    SAID(PackReported),
    END,
};
static const Shape shape_reported = { "reported", sizeof(PackReported), reported_keys };

static const ShapeKey signalled_keys[] = {
    PLACE_OF(PackSignalled),
    { "score", SHAPE_DECIMAL, AT(PackSignalled, score), .max = 100, .otherwise = -1 },
    END,
};
static const Shape shape_signalled = { "signalled", sizeof(PackSignalled), signalled_keys };

static const ShapeKey tried_keys[] = {
    ROW_OF(PackTried),
    { "step", SHAPE_ID, AT(PackTried, step_name), .required = true },
    { "by", SHAPE_ID, AT(PackTried, by), .required = true },
    { "to", SHAPE_ID, AT(PackTried, to) },
    { "refused", SHAPE_WORD, AT(PackTried, refused), .words = pack_refused_words, .otherwise = -1 },
    { "at", SHAPE_TEXT, AT(PackTried, at_text) },
    { "due", SHAPE_TEXT, AT(PackTried, due_text) },
    END,
};
static const Shape shape_tried = { "tried", sizeof(PackTried), tried_keys };

static const ShapeKey asked_keys[] = {
    ROW_OF(PackAsked),
    { "form", SHAPE_ID, AT(PackAsked, form_name), .required = true },
    { "hides", SHAPE_NAMES, AT(PackAsked, hides) },
    END,
};
static const Shape shape_asked = { "asked", sizeof(PackAsked), asked_keys };

static const ShapeKey case_keys[] = {
    { "id", SHAPE_ID, AT(PackCase, entry.id), .required = true },
    { "says", SHAPE_TEXT, AT(PackCase, says), .required = true },
    { "says_en", SHAPE_TEXT, AT(PackCase, says_en) },
    { "dataset", SHAPE_ID, AT(PackCase, dataset_name), .required = true },
    { "file", SHAPE_FILE, AT(PackCase, file), .required = true },
    { "today", SHAPE_DATE, AT(PackCase, today), .required = true },
    { "begins", SHAPE_DATE, AT(PackCase, begins) },
    { "on", SHAPE_DATE, AT(PackCase, on) },
    { "sample", SHAPE_TEXT, AT(PackCase, sample) },
    { "beside", SHAPE_LIST, AT(PackCase, beside), .shape = &shape_beside },
    { "defects", SHAPE_LIST, AT(PackCase, defects), .shape = &shape_want },
    { "duties", SHAPE_LIST, AT(PackCase, duties), .shape = &shape_owed },
    { "reports", SHAPE_LIST, AT(PackCase, reports), .shape = &shape_reported },
    { "signals", SHAPE_LIST, AT(PackCase, signals), .shape = &shape_signalled },
    { "steps", SHAPE_LIST, AT(PackCase, steps), .shape = &shape_tried },
    { "forms", SHAPE_LIST, AT(PackCase, forms), .shape = &shape_asked },
    END,
};
static const Shape shape_case = { "case", sizeof(PackCase), case_keys };

static const ShapeKey proof_keys[] = {
    { "proof", SHAPE_LIST, AT(PackProofFile, proof), .required = true, .shape = &shape_case },
    END,
};
const Shape shape_proof = { "proof-file", sizeof(PackProofFile), proof_keys };

/* --- The pack --------------------------------------------------------------------------------------------------------------- */

static const ShapeKey fact_keys[] = {
    { "says", SHAPE_TEXT, AT(PackFact, says), .required = true },
    { "source", SHAPE_TEXT, AT(PackFact, source), .required = true },
    { "basis", SHAPE_WORD, AT(PackFact, basis), .required = true, .words = basis_words },
    END,
};
static const Shape shape_fact = { "fact", sizeof(PackFact), fact_keys };

static const ShapeKey pack_keys[] = {
    { "pack", SHAPE_ID, AT(Pack, id), .required = true },
    { "version", SHAPE_VERSION, AT(Pack, version), .required = true },
    { "needs", SHAPE_TEXT, AT(Pack, needs), .required = true },
    NAMES(Pack),
    { "about", SHAPE_TEXT, AT(Pack, about) },
    { "about_en", SHAPE_TEXT, AT(Pack, about_en) },
    { "uses", SHAPE_NAMES, AT(Pack, uses_names) },
    { "facts", SHAPE_LIST, AT(Pack, facts), .shape = &shape_fact },
    { "codes", SHAPE_MAP, AT(Pack, codes), .shape = &shape_codes },
    { "datasets", SHAPE_MAP, AT(Pack, datasets), .shape = &shape_dataset },
    { "duties", SHAPE_MAP, AT(Pack, duties), .shape = &shape_duty },
    { "flows", SHAPE_MAP, AT(Pack, flows), .shape = &shape_flow },
    END,
};
const Shape shape_pack = { "pack", sizeof(Pack), pack_keys };

static const Shape *const shapes[] = {
    &shape_pack, &shape_fact, &shape_codes, &shape_code, &shape_dataset, &shape_subject, &shape_person, &shape_field, &shape_rule, &shape_reporters, &shape_exception,
    &shape_quality, &shape_form, &shape_part, &shape_duty, &shape_done, &shape_flow, &shape_state, &shape_step, &shape_elements, &shape_element,
    &shape_proof, &shape_case, &shape_beside, &shape_want, &shape_owed, &shape_reported, &shape_signalled, &shape_tried, &shape_asked,
};

const Shape *shape_at(size_t index)
{
    return index < G_N_ELEMENTS(shapes) ? shapes[index] : NULL;
}
