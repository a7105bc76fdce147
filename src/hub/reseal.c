#include "hub/reseal.h"

#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { PAGE = 1000 };

/* --- The vault ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t id;
    Str sealed;
} Value;

typedef struct {
    Db *db;
    const KeyRing *keys;
    Keyed **seals; /* by id of the key */
    Arena *arena;
    ARENA_LIST(Value) values;
    int64_t after;
} Vault;

static bool seal_value(Vault *vault, const VaultOlderRow *row, GError **err)
{
    uint32_t newest = key_ring_newest(vault->keys);
    GError *cause = NULL;
    char about[VAULT_ABOUT_BYTES];
    if (row->key < 1 || row->key > newest || row->sealed.n < MARK_SIZE)
        return error_set(err, BH_INTERNAL, "value %" G_GINT64_FORMAT " of the vault is of key %" G_GINT64_FORMAT ", which is not in the key file", row->id, row->key);
    uint8_t *text = arena_alloc(vault->arena, row->sealed.n), *sealed = arena_alloc(vault->arena, row->sealed.n);
    size_t n = row->sealed.n - MARK_SIZE;
    if (!keyed_unseal(vault->seals[row->key], vault_about(row->id, (int) row->type, about), row->sealed, text, &cause)) {
        error_set(err, BH_INTERNAL, "value %" G_GINT64_FORMAT " of the vault: %s", row->id, cause->message);
        g_error_free(cause);
        return error_detail(err, "vault-damaged");
    }
    keyed_seal(vault->seals[newest], vault_about(row->id, (int) row->type, about), (Str) { (const char *) text, n }, sealed);
    crypto_wipe(text, n);
    *ARENA_PUSH(vault->arena, &vault->values) = (Value) { row->id, { (const char *) sealed, row->sealed.n } };
    return true;
}

static bool read_values(Vault *vault, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(vault->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, VaultOlder, err, .after = vault->after, .key = key_ring_newest(vault->keys), .most = PAGE) : NULL;
    for (VaultOlderRow row; rows && db_next(rows, &row, err); vault->after = row.id)
        if (!seal_value(vault, &row, err))
            return false;
    return db_rows_ok(rows);
}

static bool write_values(DbConn *tx, void *data, GError **err)
{
    const Vault *vault = data;
    for (size_t i = 0; i < vault->values.n; i++)
        if (!db_exec(tx, VaultReseal, NULL, err, .id = vault->values.v[i].id, .key = key_ring_newest(vault->keys), .sealed = vault->values.v[i].sealed))
            return false;
    return true;
}

static bool reseal_values(Vault *vault, int64_t *ret_n, GError **err)
{
    for (size_t n = 1; n > 0; *ret_n += (int64_t) n) {
        g_autoptr(Arena) arena = arena_new();
        vault->arena = arena;
        memset(&vault->values, 0, sizeof vault->values);
        if (!read_values(vault, err) || (vault->values.n > 0 && !db_write(vault->db, DB_BULK, write_values, vault, err)))
            return false;
        n = vault->values.n;
    }
    return true;
}

bool hub_reseal_vault(Db *db, const KeyRing *keys, int64_t *ret_n, GError **err)
{
    uint32_t newest = key_ring_newest(keys);
    Vault vault = { .db = db, .keys = keys, .seals = g_new0(Keyed *, newest + 1) };
    *ret_n = 0;
    for (uint32_t id = 1; id <= newest; id++)
        vault.seals[id] = vault_seal_key(keys, id);
    bool ok = reseal_values(&vault, ret_n, err);
    for (uint32_t id = 1; id <= newest; id++)
        keyed_free(vault.seals[id]);
    g_free(vault.seals);
    return ok;
}

/* --- Rows that could not be stored ------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t batch, row;
    Str raw;
} Reject;

typedef struct {
    Db *db;
    const KeyRing *keys;
    Arena *arena;
    ARENA_LIST(Reject) rejects;
    RejectsSealedRow last;
    size_t read;
} Rejects;

enum { ID_BYTES = 4 };

static uint32_t key_of(Str raw)
{
    uint32_t id = 0;
    if (raw.n >= ID_BYTES)
        memcpy(&id, raw.p, ID_BYTES);
    return GUINT32_FROM_BE(id);
}

static bool seal_reject(Rejects *all, const RejectsSealedRow *row, GError **err)
{
    uint32_t id = key_of(row->raw), newest = key_ring_newest(all->keys), stored_id = GUINT32_TO_BE(newest);
    const SecretKey *key = id > 0 && id <= newest ? key_ring_get(all->keys, id, KEY_BLOB) : NULL;
    g_autoptr(GString) plain = g_string_new(NULL), out = g_string_new_len((const char *) &stored_id, ID_BYTES);
    if (id == newest)
        return true;
    if (!key)
        return error_set(err, BH_INTERNAL, "a rejected row of batch %" G_GINT64_FORMAT " is of key %u, which is not in the key file", row->batch, id);
    if (!unseal(key, row->at, str_from_at(row->raw, ID_BYTES), plain, NULL))
        return error_set(err, BH_INTERNAL, "a rejected row of batch %" G_GINT64_FORMAT " cannot be opened: it was altered, or key %u in the key file is not the one that sealed it", row->batch, id);
    seal(key_ring_get(all->keys, newest, KEY_BLOB), row->at, str_from_gstring(plain), out);
    crypto_wipe(plain->str, plain->len);
    *ARENA_PUSH(all->arena, &all->rejects) = (Reject) { row->batch, row->row, arena_str(all->arena, str_from_gstring(out)) };
    return true;
}

static bool read_rejects(Rejects *all, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(all->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, RejectsSealed, err, .batch = all->last.batch, .row = all->last.row, .most = PAGE) : NULL;
    all->read = 0;
    for (RejectsSealedRow row; rows && db_next(rows, &row, err); all->last = row, all->read++)
        if (!seal_reject(all, &row, err))
            return false;
    return db_rows_ok(rows);
}

static bool write_rejects(DbConn *tx, void *data, GError **err)
{
    const Rejects *all = data;
    for (size_t i = 0; i < all->rejects.n; i++)
        if (!db_exec(tx, RejectReseal, NULL, err, .batch = all->rejects.v[i].batch, .row = all->rejects.v[i].row, .raw = all->rejects.v[i].raw))
            return false;
    return true;
}

bool hub_reseal_rejects(Db *db, const KeyRing *keys, int64_t *ret_n, GError **err)
{
    Rejects all = { .db = db, .keys = keys, .read = 1 };
    *ret_n = 0;
    while (all.read > 0) {
        g_autoptr(Arena) arena = arena_new();
        all.arena = arena;
        memset(&all.rejects, 0, sizeof all.rejects);
        if (!read_rejects(&all, err) || (all.rejects.n > 0 && !db_write(db, DB_BULK, write_rejects, &all, err)))
            return false;
        *ret_n += (int64_t) all.rejects.n;
    }
    return true;
}
