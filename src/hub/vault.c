/* The vault: what is personal, each value of a type once, sealed; found again by a mark of it. */
#include "base/limits.h"
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

/* As the store numbers them, for good. */
static const PackType types[] = { [1] = PACK_ID_CARD, [2] = PACK_CARD_NO, [3] = PACK_PERSON_NAME, [4] = PACK_PHONE, [5] = PACK_ADDRESS };

int vault_type(PackType type)
{
    for (int i = 1; i < (int) G_N_ELEMENTS(types); i++)
        if (types[i] == type)
            return i;
    return 0;
}

PackType vault_pack_type(int64_t type)
{
    return type > 0 && type < (int64_t) G_N_ELEMENTS(types) ? types[type] : PACK_TEXT;
}

Mark vault_mark(const HubPersons *persons, PackType type, bool held, Str text)
{
    char small[256];
    g_autofree char *large = NULL;
    char *all = text.n < sizeof small ? small : (large = g_malloc(text.n + 1));
    all[0] = (char) (vault_type(type) | (held ? 0x40 : 0));
    memcpy(all + 1, text.p ? text.p : "", text.n);
    Mark mark = keyed_mark(persons->values, (Str) { all, text.n + 1 });
    crypto_wipe(all, text.n + 1);
    return mark;
}

/* A value opens only in its own row. */
Str vault_about(int64_t id, int type, char ret_about[static VAULT_ABOUT_BYTES])
{
    uint64_t big_endian = GUINT64_TO_BE((uint64_t) id);
    memcpy(ret_about, &big_endian, sizeof big_endian);
    ret_about[8] = (char) type;
    return (Str) { ret_about, VAULT_ABOUT_BYTES };
}

Keyed *vault_seal_key(const KeyRing *keys, uint32_t id)
{
    return keyed_new(key_ring_get(keys, id, KEY_PERSON), "vault");
}

static VaultInsertArgs row_of(HubPersons *persons, const NewValue *value, Arena *arena)
{
    char about[VAULT_ABOUT_BYTES];
    uint32_t key = key_ring_newest(persons->keys);
    int type = vault_type(value->type);
    uint8_t *sealed = arena_alloc(arena, MARK_SIZE + value->text.n);
    keyed_seal(persons->seals[key], vault_about(value->id, type, about), value->text, sealed);
    return (VaultInsertArgs) { .id = value->id, .type = type, .high = (int64_t) value->mark.high, .low = (int64_t) value->mark.low, .key = key, .held = value->held,
                               .sealed = { (char *) sealed, MARK_SIZE + value->text.n } };
}

bool vault_insert(HubPersons *persons, DbConn *tx, const NewValue *values, size_t n, Arena *arena, GError **err)
{
    VaultInsertArgs *all = ARENA_ARRAY(arena, VaultInsertArgs, n);
    for (size_t i = 0; i < n; i++)
        all[i] = row_of(persons, &values[i], arena);
    return db_exec_all(tx, VaultInsert, all, n, err);
}

/* --- Putting -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HubPersons *persons;
    Arena *arena;
    const NewValue *values;
    size_t n;
} Putting;

static bool write_values(DbConn *tx, void *data, GError **err)
{
    Putting *putting = data;
    ArenaMark mark = arena_mark(putting->arena);
    bool ok = vault_insert(putting->persons, tx, putting->values, putting->n, putting->arena, err);
    arena_rewind(putting->arena, mark);
    return ok;
}

static int64_t dry_id(Mark mark)
{
    return -(int64_t) (mark.high >> 2) - 1;
}

static bool fits(const Str *values, size_t n, GError **err)
{
    for (size_t i = 0; i < n; i++)
        if (values[i].n > LIMIT_VAULT_BYTES)
            return error_set(err, BH_TOO_LARGE, "a personal value has more than %d bytes", LIMIT_VAULT_BYTES);
    return true;
}

/* Ids of what is there; the rows of the rest. */
static size_t find_values(HubPersons *persons, const Mark *marks, const Str *values, size_t n, int64_t *ret_ids, uint32_t *ret_rest)
{
    size_t rest = 0;
    g_rw_lock_reader_lock(&persons->lock);
    for (size_t i = 0; i < n; i++)
        if (values[i].n > 0)
            marks_fetch(persons->sealed, marks[i]);
    for (size_t i = 0; i < n; i++) {
        ret_ids[i] = values[i].n > 0 ? marks_get(persons->sealed, marks[i]) : 0;
        if (values[i].n > 0 && !ret_ids[i])
            ret_rest[rest++] = (uint32_t) i;
    }
    g_rw_lock_reader_unlock(&persons->lock);
    return rest;
}

static bool write_new(HubPersons *persons, Putting *putting, GError **err)
{
    g_rw_lock_writer_lock(&persons->lock);
    bool ok = marks_reserve(persons->sealed, putting->n, err);
    g_rw_lock_writer_unlock(&persons->lock);
    if (!ok || !db_write(persons->db, DB_BULK, write_values, putting, err))
        return false;
    g_rw_lock_writer_lock(&persons->lock);
    for (size_t i = 0; i < putting->n; i++)
        marks_put(persons->sealed, putting->values[i].mark, putting->values[i].id);
    persons->last_value += (int64_t) putting->n;
    g_rw_lock_writer_unlock(&persons->lock);
    return true;
}

/* Under `maker`: what is new, each once. */
static bool put_rest(HubPersons *persons, PackType type, const Mark *marks, const Str *values, const uint32_t *rest, size_t n, int64_t *ret_ids, Arena *arena, GError **err)
{
    ARENA_LIST(NewValue) list = { 0 };
    g_autoptr(GHashTable) places = g_hash_table_new(g_int64_hash, g_int64_equal); /* half a mark is enough within one call: equal texts are compared */
    for (size_t i = 0; i < n; i++) {
        uint32_t row = rest[i];
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, &marks[row].high));
        if ((ret_ids[row] = marks_get(persons->sealed, marks[row])) != 0)
            continue;
        if (place && str_eq(list.v[place - 1].text, values[row])) {
            ret_ids[row] = list.v[place - 1].id;
            continue;
        }
        ret_ids[row] = persons->last_value + 1 + (int64_t) list.n;
        *ARENA_PUSH(arena, &list) = (NewValue) { ret_ids[row], type, values[row], marks[row], true };
        g_hash_table_insert(places, (gpointer) &marks[row].high, GUINT_TO_POINTER(list.n));
    }
    Putting putting = { persons, arena, list.v, list.n };
    return list.n == 0 || write_new(persons, &putting, err);
}

bool hub_vault_put(HubPersons *persons, PackType type, const Str *values, size_t n, bool dry_run, int64_t *ret_ids, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Mark *marks = ARENA_ARRAY(arena, Mark, n + 1);
    uint32_t *rest = ARENA_ARRAY(arena, uint32_t, n + 1);
    if (!fits(values, n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (values[i].n > 0)
            marks[i] = vault_mark(persons, type, true, values[i]);
    size_t left = find_values(persons, marks, values, n, ret_ids, rest);
    for (size_t i = 0; i < left && (dry_run || persons->read_only); i++)
        ret_ids[rest[i]] = dry_id(marks[rest[i]]);
    if (left == 0 || dry_run || persons->read_only)
        return true;
    g_mutex_lock(&persons->maker);
    bool ok = put_rest(persons, type, marks, values, rest, left, ret_ids, arena, err);
    g_mutex_unlock(&persons->maker);
    return ok;
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------------ */

static bool read_one(const HubPersons *persons, DbConn *conn, int64_t id, VaultView view, Arena *arena, Str *ret_value, GError **err)
{
    VaultByIdRow row;
    bool found;
    char about[VAULT_ABOUT_BYTES];
    if (!db_one(conn, VaultById, arena, &row, &found, err, .id = id))
        return false;
    if (!found)
        return true;
    if (row.key < 1 || row.key > key_ring_newest(persons->keys) || row.type < 1 || row.type >= (int64_t) G_N_ELEMENTS(types) || row.sealed.n < MARK_SIZE)
        return error_set(err, BH_INTERNAL, "value %" G_GINT64_FORMAT " of the vault is of key %" G_GINT64_FORMAT ", which is not in the key file", id, row.key);
    size_t n = row.sealed.n - MARK_SIZE;
    char *text = arena_alloc(arena, n + 1);
    GError *cause = NULL;
    if (!keyed_unseal(persons->seals[row.key], vault_about(id, (int) row.type, about), row.sealed, (uint8_t *) text, &cause)) {
        error_set(err, BH_INTERNAL, "value %" G_GINT64_FORMAT " of the vault: %s", id, cause->message);
        g_error_free(cause);
        return error_detail(err, "vault-damaged");
    }
    *ret_value = (Str) { text, n };
    if (view == VAULT_MASKED)
        *ret_value = person_mask(types[row.type], *ret_value, arena);
    return true;
}

bool hub_vault_read(const HubPersons *persons, DbConn *conn, const int64_t *ids, size_t n, VaultView view, Arena *arena, Str *ret_values, GError **err)
{
    for (size_t i = 0; i < n; i++) {
        ret_values[i] = STR_NONE;
        if (ids[i] > 0 && !read_one(persons, conn, ids[i], view, arena, &ret_values[i], err))
            return false;
    }
    return true;
}
