#include "db/merge_ask.h"

#include "base/banned.h"

enum { OID_INT8 = 20, OID_INT8_ARRAY = 1016, OID_BYTEA_ARRAY = 1001, OID_TID_ARRAY = 1010 };

void pg_args_clear(PgArgs *args)
{
    for (int i = 0; i < args->n; i++)
        g_free(args->values[i].p);
}

static PgBytes *add_array_head(PgArgs *args, Oid type, Oid element, size_t n, size_t size)
{
    args->types[args->n] = type;
    PgBytes *out = &args->values[args->n++];
    *out = (PgBytes) { 0 };
    pg_bytes_grow(out, 20 + size);
    pg_put32(out, n > 0); /* dimensions */
    pg_put32(out, 0);     /* none is null */
    pg_put32(out, element);
    if (n > 0) {
        pg_put32(out, (int64_t) n);
        pg_put32(out, 1);
    }
    return out;
}

void pg_add_array(PgArgs *args, const int64_t *v, size_t n)
{
    PgBytes *out = add_array_head(args, OID_INT8_ARRAY, OID_INT8, n, n * 12);
    for (size_t i = 0; i < n; i++)
        pg_put_int(out, v[i]);
}

void pg_add_array_of(PgArgs *args, Oid element, const PgBytes *elements, size_t n)
{
    PgBytes *out = add_array_head(args, element == PG_OID_TID ? OID_TID_ARRAY : OID_BYTEA_ARRAY, element, n, elements->n);
    if (n > 0)
        memcpy(pg_bytes_more(out, elements->n), elements->p, elements->n);
}

void pg_add_number(PgArgs *args, int64_t v)
{
    args->types[args->n] = OID_INT8;
    args->values[args->n] = (PgBytes) { 0 };
    pg_put64(&args->values[args->n++], v);
}

PGresult *merge_ask(const DbMerge *merge, MergeText which, int month, const PgArgs *args, GError **err)
{
    g_autofree char *text = merge_text(merge->spec, which, month);
    const char *values[PG_ARGS_MOST];
    int lengths[PG_ARGS_MOST], formats[PG_ARGS_MOST];
    for (int i = 0; args && i < args->n; i++) {
        values[i] = args->values[i].p;
        lengths[i] = (int) args->values[i].n;
        formats[i] = 1;
    }
    PGresult *result = PQexecParams(pg_handle(merge->tx), text, args ? args->n : 0, args ? args->types : NULL, values, lengths, formats, 1);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    pg_fail(merge->tx, result, err);
    PQclear(result);
    return NULL;
}

bool merge_tell(const DbMerge *merge, MergeText which, int month, const PgArgs *args, GError **err)
{
    g_autoptr(PGresult) result = merge_ask(merge, which, month, args, err);
    return result != NULL;
}

bool merge_copy(PgCopy *copy, const DbMerge *merge, MergeText which, int month, GError **err)
{
    g_autofree char *text = merge_text(merge->spec, which, month);
    return pg_copy_begin(copy, merge->tx, text, err);
}
