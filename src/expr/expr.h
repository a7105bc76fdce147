/* expr.h: expressions of packs: parsed and typed once, then run over batches of columns, or printed as SQL.
 *
 * A checked subset of SQL's scalar expressions: literals, names, arithmetic, comparison, between, in, like, is null, case, and/or/not in
 * three-valued logic, a table of functions (docs/expressions.md has each with an example), and aggregates where the place allows them. No cast is
 * made silently, no binary fraction occurs. What this header does not say stands in docs/internals/expr.md.
 *
 *     const Expr *rule = expr_parse(STR("given_on >= birth"), &scope, (ExprType) { EXPR_BOOL }, arena, diags);
 *     expr_eval(runner, rule, &batch, scratch, &result);
 *
 * Threads: an Expr never changes and is shared by all; an ExprRunner belongs to one. */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/diags.h"
#include "db/build.h"

/* --- Types ------------------------------------------------------------------------------------------------------ */

typedef enum {
    EXPR_NONE,   /* of `null` alone; as a wish: any */
    EXPR_BOOL,
    EXPR_NUMBER, /* an int64 at `scale` decimals, within ±(2^63 - 1); an integer is scale 0 */
    EXPR_TEXT,   /* UTF-8 without U+0000, never empty: empty text is null. Compares by code point */
    EXPR_DATE,   /* a day, 1900 to 2199 */
    EXPR_TIME,   /* an instant: milliseconds since 1970, within the same years */
} ExprKind;

typedef struct ExprCodes ExprCodes;

typedef struct {
    ExprKind kind;
    int scale;              /* of a number: 0 to 6 */
    const ExprCodes *codes; /* of a text: the table that its values are taken from, or NULL */
} ExprType;

/* A code table, made once (by the pack) and shared. A code may stand several times, with other dates of validity. */
typedef struct {
    Str code;
    Str parent;    /* the code above it, or STR_NONE */
    int32_t rank;  /* in ranked tables: greater is more */
    Date from, to; /* both included; DATE_NONE: open */
} ExprCode;

/* `codes` and `name` are kept, not copied. A parent that is not there, or is below itself, counts as none. */
const ExprCodes *expr_codes_new(Arena *arena, Str name, const ExprCode *codes, size_t n, bool ranked);
Str expr_codes_name(const ExprCodes *codes);

/* --- Scope: what an expression may name -------------------------------------------------------------------------- */

typedef struct {
    Str name;        /* "given_on", "person.birth" */
    ExprType type;
    uint32_t column; /* its place in the batch */
    const char *sql; /* its column in SQL, an identifier from a checked pack; NULL where it is never printed */
    bool opaque;     /* its number stands for something (an organisation): only =, <> and in compare it, nothing is reckoned with it */
} ExprField;

typedef struct ExprScope ExprScope;

/* What aggregates run over. */
typedef struct {
    Str name;               /* "vaccination", "immunization.vaccination" */
    const ExprScope *scope; /* its fields. Names that it lacks are looked for in the scope around it */
    const char *key_sql;    /* an int column that is unique in it: breaks ties of first and last */
} ExprDataset;

enum {
    EXPR_AGGREGATES = 1, /* count(dataset, …) and its kin */
    EXPR_REGEXP = 2,     /* regexp(): in places that run in C only */
    EXPR_PERIOD = 4,     /* period_start, period_end */
    EXPR_TODAY = 8,      /* today() */
};

struct ExprScope {
    const ExprField *fields;
    size_t n_fields;
    const ExprDataset *datasets;
    size_t n_datasets;
    const ExprCodes *const *tables; /* what code_in may name */
    size_t n_tables;
    unsigned allows;  /* EXPR_AGGREGATES … */
    int zone_minutes; /* of the store: what day an instant falls on */
};

/* Whether a field may have this name: words of the language would hide it. */
bool expr_may_name(Str name);

/* --- Parsing ---------------------------------------------------------------------------------------------------- */

typedef struct Expr Expr;

/*   text   at most LIMIT_EXPR_BYTES of UTF-8; kept, not copied; the places of findings are byte offsets into it
 *   scope  kept; tables and datasets live as long as the Expr
 *   wish   the kind that it must be; EXPR_NONE: any. A number must fit in the wish's scale if that is not negative
 *   diags  what is wrong and what was expected: expr-syntax, expr-too-long, expr-too-deep, expr-unknown-name, expr-unknown-code,
 *          expr-type, expr-scale, expr-place, expr-literal. Several at once where reading can go on
 * NULL where there is a finding. Everything lives in arena. */
const Expr *expr_parse(Str text, const ExprScope *scope, ExprType wish, Arena *arena, Diags *diags);

ExprType expr_type(const Expr *expr);
Str expr_text(const Expr *expr);

/* What it means, the same text however it was written (blanks, brackets that are not needed, the order of an IN list): for hashes of definitions. The
 * tables and fields that it names are in it by name only. */
Str expr_normal(const Expr *expr, Arena *arena);

/* The columns that it reads, ascending; those of the scope around it where `outer`. What an aggregate reads is the aggregate's. */
const uint32_t *expr_columns(const Expr *expr, bool outer, size_t *ret_n);

typedef enum { EXPR_COUNT, EXPR_COUNT_DISTINCT, EXPR_EXISTS, EXPR_SUM, EXPR_AVG, EXPR_MIN, EXPR_MAX, EXPR_FIRST, EXPR_LAST } ExprAggregateKind;

/* One aggregate of an expression: computed by the caller (see below), then handed in as a column. */
typedef struct {
    ExprAggregateKind kind;
    const ExprDataset *dataset;
    const Expr *value;     /* NULL for count and exists */
    const Expr *condition; /* NULL: all rows */
    const Expr *order;     /* of first and last */
    ExprType type;         /* of the answer */
} ExprAggregate;
const ExprAggregate *expr_aggregates(const Expr *expr, size_t *ret_n);

/* --- Running ---------------------------------------------------------------------------------------------------- */

enum { EXPR_BATCH_ROWS = 4096 };

/* Texts that occur often, each once. `id` is never 0 and never used for another dictionary; a dictionary may grow, entries never change. */
typedef struct {
    const Str *values;
    uint32_t n;
    uint64_t id;
} ExprDict;

/* A number that no dictionary has yet. Any thread. */
uint64_t expr_dict_id(void);

/* One column of a batch. By kind: uint8_t (0, 1), int64_t, Str, Date, int64_t. What stands where there is no value does not matter, but a Str there can be read (STR_NONE), and
 * a code is always one of its dictionary. */
typedef struct {
    const void *values;
    const uint8_t *nulls;  /* 1: no value; NULL: none is missing */
    const uint32_t *codes; /* of a text, instead of values: entries of dict */
    const ExprDict *dict;
} ExprColumn;

/* The days that an expression may name; DATE_NONE where its place gives none (then they are null). */
typedef struct {
    Date today, period_start, period_end;
} ExprDays;

typedef struct ExprBatch ExprBatch;
struct ExprBatch {
    size_t n;                     /* rows, at most EXPR_BATCH_ROWS */
    const ExprColumn *columns;    /* by ExprField.column; those that no expression reads may be missing */
    const ExprColumn *aggregates; /* by the place in expr_aggregates */
    ExprDays days;
    const int64_t *keys;          /* of the dataset's rows, for first and last */
    const ExprBatch *outer;       /* for what an aggregate reads of the scope around it: that batch, */
    const uint32_t *outer_rows;   /* and the row there of each row here */
};

enum { EXPR_FAULT_ZERO = 1, EXPR_FAULT_OVERFLOW = 2 };

typedef struct {
    ExprColumn column;     /* plain: values and nulls, one per row */
    const uint8_t *faults; /* by row, EXPR_FAULT_…: the row divided by zero, or a number or day left its range; NULL: none did */
} ExprResult;

/* What a thread keeps between batches: compiled patterns, answers for dictionaries. It outlives none of the expressions that it ran. */
typedef struct ExprRunner ExprRunner;
ExprRunner *expr_runner_new(void);
void expr_runner_free(ExprRunner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExprRunner, expr_runner_free)

/* The answer lives in scratch, which the caller rewinds between batches. Division by zero and overflow are null, and a fault of the row if
 * the row needs that part: not behind `and`, `or`, coalesce or case when they have decided before. */
void expr_eval(ExprRunner *runner, const Expr *expr, const ExprBatch *batch, Arena *scratch, ExprResult *ret_result);

/* --- Aggregates in C --------------------------------------------------------------------------------------------- */

/* One aggregate over groups 0 to n_groups - 1, fed with batches of its dataset in any order; `groups` says to which each row belongs. */
typedef struct ExprTotal ExprTotal;
ExprTotal *expr_total_new(const ExprAggregate *aggregate, size_t n_groups);
void expr_total_free(ExprTotal *total);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExprTotal, expr_total_free)
void expr_total_add(ExprTotal *total, ExprRunner *runner, const ExprBatch *batch, const uint32_t *groups, Arena *scratch);

/* The answers by group, in arena; texts are copied. A sum that overflows is null and a fault; faults of the parts count for their group. */
void expr_total_end(ExprTotal *total, Arena *arena, ExprResult *ret_result);

/* --- SQL --------------------------------------------------------------------------------------------------------- */

/* The text has a `?` where each value goes, in order, as db_list_where_values wants it; nothing that came from a pack stands in it but the
 * identifiers of ExprField.sql. Null where division by zero or overflow occurs. Needs the functions of the migration "expr" on PostgreSQL and
 * expr_db_functions on SQLite. Bools are 0 and 1 on SQLite, days as the stores keep them ($DATE), instants and numbers are ints.
 *   aggregates  the columns that hold the aggregates' answers, by place; NULL: they are printed where they stand, for a query that groups */
typedef struct {
    const char *text;
    const DbValue *values;
    size_t n_values;
} ExprSql;
ExprSql expr_sql(const Expr *expr, DbEngine engine, ExprDays days, const char *const *aggregates, Arena *arena);
ExprSql expr_aggregate_sql(const ExprAggregate *aggregate, DbEngine engine, ExprDays days, Arena *arena);

/* What a store on SQLite must have: DbOptions.functions. */
bool expr_db_functions(size_t index, DbFunction *ret_function);

/* --- For documents and tools ------------------------------------------------------------------------------------- */

/* The functions by name, NULL behind the last. */
const char *expr_function_name(size_t index);
