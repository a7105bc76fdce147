#include "db/postgres_copy.h"

#include "base/banned.h"

void pg_bytes_grow(PgBytes *out, size_t n)
{
    out->cap = MAX(2 * out->cap, out->n + n);
    out->cap = MAX(out->cap, 4096);
    out->p = g_realloc(out->p, out->cap);
}

static bool copy_failed(PgCopy *copy, GError **err)
{
    g_autoptr(PGresult) result = PQgetResult(copy->pg);
    return pg_fail(copy->tx, result, err);
}

bool pg_copy_begin(PgCopy *copy, DbConn *tx, const char *text, GError **err)
{
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* and the end of the literal: 19 bytes */
    *copy = (PgCopy) { .tx = tx, .pg = pg_handle(tx), .out = &copy->bytes };
    g_autoptr(PGresult) result = PQexec(copy->pg, text);
    memcpy(pg_bytes_more(&copy->bytes, sizeof head), head, sizeof head);
    return PQresultStatus(result) == PGRES_COPY_IN || pg_fail(tx, result, err);
}

bool pg_copy_flush(PgCopy *copy, GError **err)
{
    bool ok = PQputCopyData(copy->pg, copy->bytes.p, (int) copy->bytes.n) == 1;
    copy->bytes.n = 0;
    return ok || copy_failed(copy, err);
}

bool pg_copy_end(PgCopy *copy, GError **err)
{
    pg_put16(&copy->bytes, -1);
    if (!pg_copy_flush(copy, err))
        return false;
    if (PQputCopyEnd(copy->pg, NULL) != 1)
        return copy_failed(copy, err);
    bool ok = true;
    for (PGresult *result; (result = PQgetResult(copy->pg)); PQclear(result))
        if (ok && PQresultStatus(result) != PGRES_COMMAND_OK)
            ok = pg_fail(copy->tx, result, err);
    return ok;
}

void pg_copy_clear(PgCopy *copy)
{
    g_free(copy->bytes.p);
}
