/* pack.h: packs: a folder of YAML that declares one programme completely, read, checked whole, and then a model that never changes.
 *
 *     PackFiles *files = pack_files_read("packs", err);
 *     PacksRef *packs = packs_load(files, NULL, 480, report);     the packs without an error; report: all that is wrong, in all of them
 *     const PackDataset *dataset = packs_dataset(packs, STR("immunization.vaccination"));
 *
 * All packs of a folder are loaded together, because they refer to each other (`uses:`). A pack with an error is refused whole, and those that use it.
 * docs/packs.md is the format for those who write packs; the tables that it is checked against stand in shapes.c.
 *
 * Threads: packs never change and are shared by all; they are replaced whole (packs_ref, packs_unref). */
#pragma once

#include "base/error.h"
#include "pack/shape.h"

/* --- Files ------------------------------------------------------------------------------------------------------- */

/* The files of a folder of packs: elements.yaml, PACK/pack.yaml, and what stands beside it (PACK/NAME.csv, PACK/tests/NAME.csv, .ndjson, .hl7, PACK/tests/proof.yaml). */
typedef struct PackFiles PackFiles;
PackFiles *pack_files_new(void);
void pack_files_free(PackFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackFiles, pack_files_free)

/* Copies both. The path as in PackFile; '/' between its parts. */
void pack_files_add(PackFiles *files, Str path, Str bytes);
const PackFile *pack_files_find(const PackFiles *files, Str path); /* NULL: there is none */

/* Adds the files of one folder ("immunization/") of others; what is there of the same path is replaced. */
void pack_files_take(PackFiles *files, const PackFiles *from, Str folder);

/* Reads the *.yaml and *.csv of a folder (and samples of messages in tests/: *.ndjson, *.hl7), two levels deep (three below local/, which holds what is laid over the others); hidden ones are left out. BH_TOO_LARGE over LIMIT_PACK_FILES, _BYTES or a file's own limit. */
PackFiles *pack_files_read(const char *dir, GError **err);

/* The same as a zip, and back: paths as in a folder of packs; what no folder would be read for is left out. Errors as of package.h, and BH_TOO_LARGE as above. */
bool pack_files_zip(const PackFiles *files, GString *out, GError **err);
PackFiles *pack_files_unzip(Str bytes, GError **err);

/* --- What a pack says ---------------------------------------------------------------------------------------------- */

typedef struct Pack Pack;
typedef struct PackDataset PackDataset;
typedef struct PackKept PackKept; /* what sections made of it: pack_section_kept */

/* Where what the pack says about the field comes from. */
typedef struct {
    PackEntry entry;
    Str says, source;
    enum { PACK_SOURCED, PACK_MEMORY, PACK_PRACTICE } basis;
} PackFact;

/* --- Codes, elements --- */

typedef struct {
    PackEntry entry; /* node NULL: from a CSV file */
    Str code, name, name_en, parent;
    Date from, to;
} PackCode;

typedef struct {
    PackEntry entry;
    const Pack *pack; /* NULL: of elements.yaml */
    Str name, name_en, standard, file;
    bool ranked;
    struct {
        const PackCode *v;
        size_t n;
    } values; /* in the order of the file; that of ranks, the lowest first */
    const ExprCodes *codes;
} PackCodes;

typedef enum {
    PACK_TEXT, PACK_INTEGER, PACK_DECIMAL, PACK_DATE, PACK_TIME, PACK_BOOL,
    PACK_CODE,  /* of a code table */
    PACK_ORG,   /* an organisation, by any of its names */
    PACK_ID_CARD, PACK_CARD_NO, PACK_PERSON_NAME, PACK_PHONE, PACK_ADDRESS, /* personal: never in a table of records */
} PackType;
extern const char *const pack_types[];
bool pack_type_personal(PackType type);

typedef struct {
    PackEntry entry;
    Str standard, name, name_en, codes_name;
    PackType type;
    int64_t decimals, sensitivity; /* sensitivity 1 (public) to 5 */
    bool of_person;                /* the store keeps it with the person: `person.ID` in rules */
    bool each_time;                /* another one each time that it is asked for, as a measurement is */
    const PackCodes *codes;
} PackElement;

/* Words of files that mean nothing known, yes, no: of elements.yaml. */
typedef struct {
    PackNames placeholders, yes, no;
} PackWords;

/* --- Datasets --- */

typedef struct {
    PackEntry entry;
    Str name, name_en, element_name, codes_name, unit;
    int type_given;            /* a PackType; -1: that of the element */
    int64_t decimals, sensitivity;
    bool required, retired;
    PackExpr required_when;
    PackNames also;            /* other headings by which files call it */
    /* made of these and the element */
    const PackElement *element; /* NULL: it has none */
    const PackCodes *codes;
    PackType type;
    ExprType expr_type;
    uint32_t column;           /* its place among the fields */
} PackField;

/* Whom a record is about: a person, by input that goes to the vault, or a thing, by fields. */
typedef struct {
    PackEntry entry;
    PackNames by, otherwise; /* elements: any one number; without one all of these together */
    const PackElement **inputs; /* both lists, in their order */
    size_t n_inputs;
} PackPerson;

typedef struct {
    PackEntry entry;
    const PackPerson *person;
    PackNames thing;
} PackSubject;

typedef enum { PACK_ROW, PACK_LINK, PACK_UNIQUE, PACK_SET, PACK_TOTAL, PACK_VOLUME } PackRuleKind;
extern const char *const pack_rule_kinds[];
typedef enum { PACK_ERROR, PACK_WARNING } PackLevel; /* held; accepted with a defect */

typedef struct {
    PackEntry entry;
    PackRuleKind kind;
    PackLevel level;
    Str says, says_en;
    PackNames about;     /* fields that the defect shows */
    PackExpr when;       /* row, link, unique: only these records */
    PackExpr check;      /* row: over the record; set: over aggregates of one organisation and period */
    Str to_name;         /* link */
    const PackDataset *to;
    PackPairs match;     /* link: own field: its field */
    PackNames by;        /* unique */
    enum { PACK_WITHIN, PACK_ACROSS } across; /* unique: within an organisation, or across all */
    enum { PACK_NONE_COUNTS, PACK_FIRST_COUNTS, PACK_LAST_COUNTS } prefer; /* unique: which one is counted */
    PackExpr received, declared; /* total */
    Decimal tolerance_percent;   /* total */
    PackExpr measure;    /* volume */
    int64_t back_months; /* volume: how far its history is looked at */
    Decimal deviations;  /* volume: how many robust deviations are too many */
    int64_t weight;      /* in its measure of quality; 0: not counted */
    int counts_for;      /* the measure, by place in pack_measures; -1: that of its kind */
} PackRule;

typedef enum { PACK_NEVER = -1, PACK_EVERY_DAY, PACK_EVERY_WEEK, PACK_EVERY_MONTH, PACK_EVERY_QUARTER, PACK_EVERY_YEAR } PackEvery;

typedef struct {
    PackEntry entry;
    Str org, reason; /* an organisation's name */
    Date since, until;
} PackException;

typedef struct {
    PackEntry entry;
    PackNames types; /* of organisations */
    Date since, until;
    struct {
        const PackException *v;
        size_t n;
    } exceptions;
} PackReporters;

enum { PACK_MEASURES = 5 };
extern const char *const pack_measures[]; /* completeness, validity, consistency, uniqueness, timeliness */

typedef struct {
    PackEntry entry;
    int64_t line;                   /* a score below it is a signal */
    int64_t weights[PACK_MEASURES]; /* percent, 100 together */
} PackQuality;

typedef struct {
    PackEntry entry;
    Str name, name_en;
    PackNames fields; /* fields, and inputs of the subject */
    PackExpr when;
} PackFormPart;

typedef struct {
    PackEntry entry;
    Str name, name_en;
    struct {
        const PackFormPart *v;
        size_t n;
    } parts;
} PackForm;

typedef enum { PACK_EVENT, PACK_REGISTER, PACK_AGGREGATE, PACK_CASE } PackKind;
extern const char *const pack_kinds[], *const pack_every[];

struct PackDataset {
    PackEntry entry;
    const Pack *pack;
    Str full_name;          /* immunization.vaccination */
    Str table;              /* immunization__vaccination */
    Str name, name_en, org, date, flow_name;
    PackKind kind;
    const PackSubject *subject;
    PackNames key;          /* fields; `person` for the subject */
    struct {
        const PackField *v;
        size_t n;
    } fields;
    struct {
        const PackRule *v;
        size_t n;
    } rules;
    struct {
        const PackForm *v;
        size_t n;
    } forms;
    const PackReporters *reporters;
    PackEvery every;
    PackSpan due, lock;     /* from the end of the period */
    const PackQuality *quality;
    const struct PackFlow *flow;
    /* What expressions over one record name: its fields (column = PackField.column), valid_from and valid_to of a register, then the subject's inputs and
     * `person.x`, in this order; and what it is in aggregates: without inputs, as the store has it. */
    const ExprScope *record;
    const ExprDataset *stored;
    const PackKept *kept;
};

/* The field; NULL: there is none. */
/* What its values are in expressions. */
ExprType pack_element_type(const PackElement *element);

const PackField *pack_field(const PackDataset *dataset, Str id);

/* --- Duties, flows, proof --- */

typedef struct {
    PackEntry entry;
    Str dataset_name;
    const PackDataset *dataset;
    PackExpr where;
} PackDone;

typedef struct {
    PackEntry entry;
    Str name, name_en, owed_for_name, chased_by;
    const PackDataset *owed_for; /* a register: each record owes it */
    PackExpr when, due;          /* over that record; due: the day */
    PackEvery every;             /* instead of due: so many times a period, within so long behind its end */
    int64_t times;
    PackSpan within, grace;
    const PackDone *done_by;
} PackDuty;

typedef struct {
    PackEntry entry;
    Str name, name_en;
    bool final;
} PackState;

typedef struct {
    PackEntry entry;
    Str name, name_en, to;
    PackNames from, by, needs; /* states; functions of organisations; fields that must be filled */
    PackExpr when;
    PackSpan within;           /* from entering the state */
} PackStep;

typedef struct PackFlow {
    PackEntry entry;
    Str name, name_en, first;
    Str since_name;          /* the record's field that says since when the first state holds; STR_NONE: since the record arrived */
    const PackField *since;
    struct {
        const PackState *v;
        size_t n;
    } states;
    struct {
        const PackStep *v;
        size_t n;
    } steps;
} PackFlow;

typedef struct {
    PackEntry entry;
    int64_t row;     /* of the file, from 1, without the header; 0: of an organisation's period, */
    Str org, period; /* these */
    Str rule;        /* that is broken; or */
    Str missing;     /* the field that must be filled */
} PackWant;

/* Records of another dataset that there are, too. */
typedef struct {
    PackEntry entry;
    Str dataset_name, file;
    Date on; /* it comes; DATE_NONE: with the case's own file */
    const PackDataset *dataset;
} PackBeside;

/* How a duty of a person stands on the day that the case looks. */
typedef struct {
    PackEntry entry;
    Str duty_name, period_text; /* period: of a duty that comes again */
    int64_t row;                /* of the file of the duty's register */
    Date due;                   /* DATE_NONE: not said */
    int state;                  /* by place in pack_owed_words: 0, nothing is owed */
    int said;                   /* by place in pack_said_words; -1: nobody said anything */
    const PackDuty *duty;
    Period period;              /* 0: of a duty with a day */
} PackOwed;

/* How a report of the case's dataset stands. */
typedef struct {
    PackEntry entry;
    Str org, period_text;
    int state; /* by place in pack_report_words */
    int said;
    Period period;
} PackReported;

/* A month of an institution whose score in the case's dataset is under its line. */
typedef struct {
    PackEntry entry;
    Str org, period_text;
    Decimal score; /* percent, cut off behind the second decimal; below 0: not said */
    Period period;
} PackSignalled;

/* A step that is tried with a row's case; those of a row one behind the other. */
#define PACK_PROOF_MORNING_MS (INT64_C(9) * 3600 * 1000) /* files of a proof come at nine */
#define PACK_NOT_SAID INT64_MIN /* an instant that the proof does not say */
typedef struct {
    PackEntry entry;
    int64_t row;
    Str step_name, by, to;  /* to: the state behind it, where it is taken */
    Str at_text, due_text;
    int refused;            /* why it is not, by place in pack_refused_words; -1: it is taken */
    int64_t at, due;        /* when it is tried; by when the case had to go on: PACK_NOT_SAID */
    const PackStep *step;
} PackTried;

/* What a form does not ask for, of a row. */
typedef struct {
    PackEntry entry;
    int64_t row;
    Str form_name;
    PackNames hides;
    const PackForm *form;
} PackAsked;

extern const char *const pack_owed_words[], *const pack_report_words[], *const pack_said_words[], *const pack_refused_words[];

#define PACK_WANTED(Type, name) \
    struct { \
        const Type *v; \
        size_t n; \
    } name

typedef struct {
    PackEntry entry;
    Str says, says_en, dataset_name, file;
    Str sample;  /* a message of FHIR or HL7 that gives the file's rows, or p NULL */
    Date today;  /* on which the case looks, */
    Date begins; /* the store is there; DATE_NONE: from the same day on, */
    Date on;     /* the file comes; DATE_NONE: today */
    const PackDataset *dataset;
    PACK_WANTED(PackBeside, beside);
    PACK_WANTED(PackWant, defects);
    PACK_WANTED(PackOwed, duties);
    PACK_WANTED(PackReported, reports);
    PACK_WANTED(PackSignalled, signals);
    bool no_signals; /* it says that there is none */
    PACK_WANTED(PackTried, steps);
    PACK_WANTED(PackAsked, forms);
} PackCase;

/* --- The pack ------------------------------------------------------------------------------------------------------- */

struct Pack {
    PackEntry entry;
    Str id, version, needs, name, name_en, about, about_en;
    PackNames uses_names;
    const Pack **uses;
    size_t n_uses;
    struct {
        const PackFact *v;
        size_t n;
    } facts;
    struct {
        const PackCodes *v;
        size_t n;
    } codes;
    struct {
        const PackDataset *v;
        size_t n;
    } datasets;
    struct {
        const PackDuty *v;
        size_t n;
    } duties;
    struct {
        const PackFlow *v;
        size_t n;
    } flows;
    struct {
        const PackCase *v;
        size_t n;
    } proof;
    Str hash; /* SM3 over its files: what an installed pack is known by */
    const PackKept *kept;
};

typedef struct PacksRef PacksRef;
PacksRef *packs_ref(PacksRef *packs);
void packs_unref(PacksRef *packs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PacksRef, packs_unref)

size_t packs_count(const PacksRef *packs);
const Pack *packs_get(const PacksRef *packs, size_t index); /* by id */
const Pack *packs_find(const PacksRef *packs, Str id);
const PackDataset *packs_dataset(const PacksRef *packs, Str full_name);
const PackElement *packs_elements(const PacksRef *packs, size_t *ret_n);
const PackWords *packs_words(const PacksRef *packs);

/* --- Sections of other layers ----------------------------------------------------------------------------------------- */

/* What a layer checks that owns a section of a pack, or a key of a dataset. It is called once the rest of the pack is checked, without an error so far. */
typedef struct {
    const char *name;           /* of the section */
    const Pack *pack;
    const PackDataset *dataset; /* NULL: a section of the pack */
    const PacksRef *packs;      /* those that it uses are complete */
    const Yaml *node;
    Arena *arena;               /* of the packs */
    PackReport *report;
} PackSectionPlace;

typedef struct {
    const char *name;
    bool of_dataset;
    const char *since; /* version of the program */
    void (*check)(const PackSectionPlace *place, void *data);
    void *data;
    const Shape *const *shapes; /* its maps, the first the section itself, ended by NULL; NULL: it is not described in the schema */
} PackSection;

/* What the checker made of a section, in place->arena: whoever owns it finds it again. NULL: there is no such section, or nothing was kept. */
void pack_section_keep(const PackSectionPlace *place, const void *value);
const void *pack_section_kept(const PackKept *kept, const char *name);

/* Made at start by cmd, filled by the layers, then handed to each load. */
typedef struct PackSections PackSections;
PackSections *pack_sections_new(void);
void pack_sections_free(PackSections *sections);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackSections, pack_sections_free)
void pack_section_register(PackSections *sections, const PackSection *section);

/* --- Loading ------------------------------------------------------------------------------------------------------------ */

/* `files` can be freed afterwards. sections may be NULL; zone_minutes is the store's. Never NULL; what is wrong is in the report, sorted. */
PacksRef *packs_load(const PackFiles *files, const PackSections *sections, int zone_minutes, PackReport *report);

/* Whether something may have this id: its form, and no word of SQL. */
bool pack_id_allowed(Str id);

/* --- The format itself (schema.c) ------------------------------------------------------------------------------------------ */

typedef enum { PACK_SCHEMA_PACK, PACK_SCHEMA_ELEMENTS, PACK_SCHEMA_PROOF } PackSchema;

/* JSON Schema (draft 2020-12) of pack.yaml, elements.yaml, tests/proof.yaml, for editors. Sections of other layers are described by their shapes. */
void pack_schema(PackSchema which, const PackSections *sections, GString *out);

/* The keys of all maps as tables in Markdown, for docs/packs.md. */
void pack_keys_markdown(GString *out);
void pack_section_markdown(const PackSection *section, GString *out);
