/* Each statement is a pattern; a word in brackets is made of the spec's names. Names of ours within a statement end in '_' where columns could be meant: no id does. */
#include "db/merge_text.h"

#include "base/banned.h"

static const char *const patterns[] = {
    [LITE_WALK] = "SELECT {key}, {state}{cells} FROM {rows} WHERE {month} = ?1 AND {org} = ?2 AND {key} >= ?3 ORDER BY {key}",
    [LITE_ADD] = "INSERT INTO {rows} ({all cells}, {batch}) SELECT {fed cells}, ?2 FROM feed_(?1)",
    [LITE_CHANGE] = "INSERT INTO {rows} ({all cells}, {batch}) SELECT {fed cells}, ?2 FROM feed_(?1) WHERE TRUE ON CONFLICT ({month}, {org}, {key}) DO UPDATE SET {cells from new}",
    [LITE_KEEP] = "INSERT INTO {history} ({columns}, {out}) SELECT {columns}, ?2 FROM feed_(?1) CROSS JOIN {rows} ON {month} = c0_ AND {org} = c1_ AND {key} = c2_",
    [LITE_KEEP_OLD] = "INSERT INTO {history} ({columns}, {out}) SELECT {columns}, ?2 FROM feed_(?1) CROSS JOIN {rows} ON {month} = old_ AND {org} = c1_ AND {key} = c2_",
    [LITE_KEEP_ONE] = "INSERT INTO {history} ({columns}, {out}) SELECT {columns}, ?4 FROM {rows} WHERE {month} = ?1 AND {org} = ?2 AND {key} = ?3",
    [LITE_LEAVE] = "DELETE FROM {rows} WHERE ({month}, {org}, {key}) IN (SELECT old_, c1_, c2_ FROM feed_(?1))",
    [LITE_DELETE] = "DELETE FROM {rows} WHERE {month} = ?1 AND {org} = ?2 AND {key} = ?3",
    [LITE_STATE] = "SELECT {state} FROM {rows} WHERE {month} = ?1 AND {org} = ?2 AND {key} = ?3",
    [LITE_RANGE] = "SELECT {key}, {state} FROM {rows} WHERE {month} = ?1 AND {org} = ?2 AND {key} BETWEEN ?3 AND ?4 ORDER BY {key}",
    [LITE_PLACE_WALK] = "SELECT {place key}, {place month} FROM {places} WHERE {place org} = ?1 AND {place key} >= ?2 ORDER BY {place key}",
    [LITE_PLACE_ADD] = "INSERT INTO {places} ({place org}, {place key}, {place month}) SELECT c1_, c2_, c0_ FROM feed_(?1)",
    [LITE_PLACE_MOVE] = "INSERT INTO {places} ({place org}, {place key}, {place month}) SELECT c1_, c2_, c0_ FROM feed_(?1) WHERE TRUE"
                        " ON CONFLICT ({place org}, {place key}) DO UPDATE SET {place month} = excluded.{place month}",
    [LITE_PLACE_DELETE] = "DELETE FROM {places} WHERE {place org} = ?1 AND {place key} = ?2",
    [PG_FULL] = "SELECT k.o_ FROM unnest($1::bigint[]) k(o_) WHERE EXISTS (SELECT 1 FROM {rows}{part} WHERE {month} = $2 AND {org} = k.o_)",
    [PG_FIND] = "SELECT {state}, t.ctid, {columns} FROM unnest($1::bigint[], $2::bigint[]) k(o_, y_) JOIN {rows}{part} t ON {month} = $3 AND {org} = k.o_ AND {key} = k.y_",
    [PG_FIND_NEAR] = "SELECT {state}, t.ctid, {columns} FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(o_, y_, z_)"
                     " JOIN {rows}{part} t ON {month} = $4 AND {org} = k.o_ AND {key} BETWEEN k.y_ AND k.z_",
    [PG_STATES] = "SELECT k.n_, {state} FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY k(o_, y_, n_) JOIN {rows}{part} ON {month} = $3 AND {org} = k.o_ AND {key} = k.y_",
    [PG_COPY] = "COPY {rows}{part} ({columns}) FROM STDIN (FORMAT binary)",
    [PG_KEEP] = "INSERT INTO {history}{part} ({columns}, {out}) SELECT {columns}, $4 FROM unnest($1::bigint[], $2::bigint[]) k(o_, y_)"
                " JOIN {rows}{part} ON {month} = $3 AND {org} = k.o_ AND {key} = k.y_",
    [PG_KEEP_COPY] = "COPY {history}{part} ({columns}, {out}) FROM STDIN (FORMAT binary)",
    [PG_DELETE] = "DELETE FROM {rows}{part} USING unnest($1::bigint[], $2::bigint[]) k(o_, y_) WHERE {month} = $3 AND {org} = k.o_ AND {key} = k.y_",
    [PG_LEAVE] = "DELETE FROM {rows}{part} t USING unnest($1::tid[]) k(l_) WHERE t.ctid = k.l_",
    [PG_RANGE] = "SELECT {key}, {state} FROM {rows}{part} WHERE {month} = $1 AND {org} = $2 AND {key} BETWEEN $3 AND $4 ORDER BY {key}",
    [PG_PLACES_FULL] = "SELECT k.o_ FROM unnest($1::bigint[]) k(o_) WHERE EXISTS (SELECT 1 FROM {places} WHERE {place org} = k.o_)",
    [PG_PLACES_FIND] = "SELECT {place org}, {place key}, {place month} FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(o_, y_, z_)"
                       " JOIN {places} ON {place org} = k.o_ AND {place key} BETWEEN k.y_ AND k.z_",
    [PG_PLACES_COPY] = "COPY {places} ({place org}, {place key}, {place month}) FROM STDIN (FORMAT binary)",
    [PG_PLACES_MOVE] = "UPDATE {places} SET {place month} = k.m_ FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(o_, y_, m_) WHERE {place org} = k.o_ AND {place key} = k.y_",
    [PG_PLACES_DELETE] = "DELETE FROM {places} USING unnest($1::bigint[], $2::bigint[]) k(o_, y_) WHERE {place org} = k.o_ AND {place key} = k.y_",
    [PG_LEAVES_FIND] = "SELECT k.n_, t.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY k(o_, y_, z_, m_, n_) CROSS JOIN LATERAL ("
                       "(SELECT ctid, {place key}, {place month} FROM {places} WHERE {place org} = k.o_ AND {place key} <= k.y_ ORDER BY {place key} DESC LIMIT 1) UNION ALL"
                       " (SELECT ctid, {place key}, {place month} FROM {places} WHERE {place org} = k.o_ AND {place key} > k.y_ AND {place key} <= k.z_ ORDER BY {place key} LIMIT k.m_)) t",
    [PG_LEAVES_COPY] = "COPY {places} ({place org}, {place key}, {place month}) FROM STDIN (FORMAT binary)",
    [PG_LEAVES_CHANGE] = "UPDATE {places} t SET {place month} = k.c_ FROM unnest($1::tid[], $2::bytea[]) k(l_, c_) WHERE t.ctid = k.l_",
};

/* --- Lists of names --------------------------------------------------------------------------------------------------- */

/* From the fourth on, each with a comma before it. */
static void append_cells(const DbMergeSpec *spec, GString *out)
{
    for (size_t i = 3; i < spec->n; i++)
        g_string_append_printf(out, ", %s", spec->columns[i]);
}

static void append_all_cells(const DbMergeSpec *spec, GString *out)
{
    for (size_t i = 0; i < spec->n; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", spec->columns[i]);
}

static void append_fed_cells(const DbMergeSpec *spec, GString *out)
{
    for (size_t i = 0; i < spec->n; i++)
        g_string_append_printf(out, "%sc%zu_", i > 0 ? ", " : "", i);
}

/* Columns that are not among the cells stay as they are. */
static void append_cells_from_new(const DbMergeSpec *spec, GString *out)
{
    for (size_t i = 3; i < spec->n; i++)
        g_string_append_printf(out, "%s = excluded.%s, ", spec->columns[i], spec->columns[i]);
    g_string_append_printf(out, "%s = excluded.%s", spec->batch, spec->batch);
}

static void append_columns(const DbMergeSpec *spec, GString *out)
{
    for (size_t i = 0; i < spec->rows->n; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", spec->rows->columns[i].name);
}

/* --- Words ------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    void (*append)(const DbMergeSpec *spec, GString *out);
} lists[] = {
    { "cells", append_cells },     { "all cells", append_all_cells },               { "fed cells", append_fed_cells }, { "cells from new", append_cells_from_new },
    { "columns", append_columns },
};

static const char *name_of(const DbMergeSpec *spec, Str word)
{
    const DbTable *places = spec->places;
    const struct {
        const char *word, *name;
    } names[] = {
        { "rows", spec->rows->name },       { "history", spec->history->name },   { "month", spec->columns[0] },
        { "org", spec->columns[1] },        { "key", spec->columns[2] },          { "state", spec->columns[spec->state] },
        { "batch", spec->batch },           { "out", spec->out },                 { "places", places ? places->name : "" },
        { "place org", places ? places->columns[0].name : "" }, { "place key", places ? places->columns[1].name : "" }, { "place month", places ? places->columns[2].name : "" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_eq(word, str_from(names[i].word)))
            return names[i].name;
    return NULL;
}

static void append_word(const DbMergeSpec *spec, Str word, int month, GString *out)
{
    const char *name = name_of(spec, word);
    if (name) {
        g_string_append(out, name);
        return;
    }
    if (str_eq(word, STR("part"))) {
        char part[DB_PART_MAX];
        g_string_append(out, db_table_part(month, part));
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        if (str_eq(word, str_from(lists[i].word)))
            lists[i].append(spec, out);
}

char *merge_text(const DbMergeSpec *spec, MergeText which, int month)
{
    GString *out = g_string_new(NULL);
    Str rest = str_from(patterns[which]);
    while (rest.p) {
        Str text = str_cut(&rest, '{');
        g_string_append_len(out, text.p, (gssize) text.n);
        if (rest.p)
            append_word(spec, str_cut(&rest, '}'), month, out);
    }
    return g_string_free(out, false);
}
