#include "pack/word.h"

#include <stdlib.h>

#include "pack/pack.h"

#include "base/banned.h"

/* In the order of bytes. Source: PostgreSQL 15, appendix C (reserved, also where functions or types may use them); SQLite, "SQLite Keywords" (those that
 * its parser does not take as names); names of columns that the store gives to each table of records. Words of expressions: expr_may_name. */
static const char *const words[] = {
    "add", "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "autoincrement", "batch", "between",
    "binary", "both", "bytes", "case", "cast", "check", "collate", "collation", "column", "commit", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_user", "default", "deferrable", "delete", "desc", "distinct",
    "do", "drop", "else", "end", "escape", "except", "exists", "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group", "having",
    "ilike", "in", "index", "initially", "inner", "insert", "intersect", "into", "is", "isnull", "join", "key_hash", "lateral", "leading", "left", "like",
    "limit", "localtime", "localtimestamp", "natural", "not", "nothing", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps",
    "period_end", "period_start", "person", "person_id", "placing", "primary", "references", "returning", "right", "select", "session_user", "set",
    "similar", "some", "symmetric", "table", "tablesample", "then", "time", "to", "trailing", "transaction", "true", "union", "unique", "update", "user",
    "using", "valid_from", "valid_to", "values", "variadic", "verbose", "when", "where", "window", "with",
};

static int by_text(const void *key, const void *word)
{
    return str_cmp(*(const Str *) key, str_from(*(const char *const *) word));
}

bool word_is_reserved(Str id)
{
    return !expr_may_name(id) || bsearch(&id, words, G_N_ELEMENTS(words), sizeof *words, by_text) != NULL;
}

bool pack_id_allowed(Str id)
{
    return shape_is_id(id) && !word_is_reserved(id);
}
