/* Persons whom no record is about: files that were refused, or taken back, left them. They go with all that was said of them; so does what is left in the vault that nobody refers to. */
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { PAGE = 20000, STEP = 500 };

/* --- Sets of ids ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint8_t *bits;
    int64_t most; /* ids above it count as there: they came after the sweep began */
} IdSet;

static IdSet set_new(int64_t most)
{
    return (IdSet) { g_malloc0((gsize) most / 8 + 1), most };
}

static void set_add(IdSet *set, int64_t id)
{
    if (id >= 0 && id <= set->most)
        set->bits[id / 8] |= (uint8_t) (1 << id % 8);
}

static bool set_has(const IdSet *set, int64_t id)
{
    return id < 0 || id > set->most || set->bits[id / 8] & 1 << id % 8;
}

/* --- Who is to stay ------------------------------------------------------------------------------------------------------------------------ */

static void stay(int64_t person, void *data)
{
    set_add(data, person);
}

static bool keep_linked(Db *db, IdSet *kept, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, PersonLinksAll, err) : NULL;
    for (PersonLinksAllRow row; rows && db_next(rows, &row, err);) {
        set_add(kept, row.person);
        set_add(kept, row.root);
    }
    return db_rows_ok(rows);
}

typedef ARENA_LIST(int64_t) Ids;

/* Those who were made before the cut and are not kept. */
static bool find_persons(HubPersons *persons, const IdSet *kept, int64_t before_ms, Arena *arena, Ids *ret_ids, GError **err)
{
    int64_t after = 0;
    for (size_t n = PAGE; n == PAGE;) {
        g_autoptr(DbConn) conn = db_reader(persons->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, PersonsMade, err, .after = after, .most = PAGE) : NULL;
        n = 0;
        for (PersonsMadeRow row; rows && db_next(rows, &row, err); after = row.id, n++)
            if (row.made < before_ms && !set_has(kept, row.id))
                *ARENA_PUSH(arena, ret_ids) = row.id;
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

/* --- Persons ---------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Mark mark;
    int64_t id;
} Gone;

/* A step: what goes of the store, and of the index once the store is without it. */
typedef struct {
    HubPersons *persons;
    const int64_t *ids;
    size_t n;
    Arena *arena;
    ARENA_LIST(Gone) numbers;
    ARENA_LIST(Gone) likes;
} Step;

static bool take_marks(DbConn *tx, Step *step, int64_t id, GError **err)
{
    HubPersons *persons = step->persons;
    PersonMarksRow row;
    bool found;
    if (!db_one(tx, PersonMarks, step->arena, &row, &found, err, .id = id))
        return false;
    if (found && row.name_mark != DB_NULL_INT && row.birth != DATE_NONE)
        *ARENA_PUSH(step->arena, &step->likes) = (Gone) { like_birth(persons, (uint64_t) row.name_mark, row.birth), id };
    if (found && row.name_mark != DB_NULL_INT && row.phone_mark != DB_NULL_INT)
        *ARENA_PUSH(step->arena, &step->likes) = (Gone) { like_phone(persons, (uint64_t) row.name_mark, (uint64_t) row.phone_mark), id };
    g_autoptr(DbRows) tokens = db_query(tx, PersonTokensOf, err, .person = id);
    for (PersonTokensOfRow token; tokens && db_next(tokens, &token, err);)
        *ARENA_PUSH(step->arena, &step->numbers) = (Gone) { { (uint64_t) token.high, (uint64_t) token.low }, id };
    if (!db_rows_ok(tokens))
        return false;
    g_autoptr(DbRows) values = db_query(tx, PersonFurtherOf, err, .person = id);
    for (PersonFurtherOfRow value; values && db_next(values, &value, err);)
        *ARENA_PUSH(step->arena, &step->likes) = (Gone) { like_value(persons, id, (uint32_t) value.element, (Mark) { (uint64_t) value.high, (uint64_t) value.low }), id };
    if (!db_rows_ok(values))
        return false;
    g_autoptr(DbRows) facts = db_query(tx, PersonFurtherFacts, err, .person = id);
    for (PersonFurtherFactsRow fact; facts && db_next(facts, &fact, err);)
        *ARENA_PUSH(step->arena, &step->likes) = (Gone) { like_fact(persons, id, (uint32_t) fact.element, fact.value), id };
    return db_rows_ok(facts);
}

static bool delete_persons(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    step->numbers.n = step->likes.n = 0;
    for (size_t i = 0; i < step->n; i++) {
        int64_t id = step->ids[i];
        if (!take_marks(tx, step, id, err) || !db_exec(tx, PersonTokensDelete, NULL, err, .person = id) || !db_exec(tx, PersonValuesDelete, NULL, err, .person = id) ||
            !db_exec(tx, PersonFactsDelete, NULL, err, .person = id) || !db_exec(tx, PersonPairsDelete, NULL, err, .person = id) || !db_exec(tx, PersonLooksDelete, NULL, err, .person = id) || !db_exec(tx, PersonKnownDelete, NULL, err, .id = id))
            return false;
    }
    return true;
}

static bool begin_change(HubPersons *persons, GError **err)
{
    return marks_reserve(persons->numbers, 0, err) && marks_reserve(persons->likes, 0, err) && marks_reserve(persons->sealed, 0, err) && mapped_touch(persons->facts, err) && fact_columns_touch(persons, err);
}

static void forget_persons(Step *step)
{
    HubPersons *persons = step->persons;
    g_rw_lock_writer_lock(&persons->lock);
    for (size_t i = 0; i < step->numbers.n; i++)
        marks_remove(persons->numbers, step->numbers.v[i].mark, step->numbers.v[i].id);
    for (size_t i = 0; i < step->likes.n; i++)
        marks_remove(persons->likes, step->likes.v[i].mark, step->likes.v[i].id);
    for (size_t i = 0; i < step->n; i++) {
        PersonFacts *facts = person_facts(persons, step->ids[i]);
        if (facts)
            *facts = (PersonFacts) { .birth = DATE_NONE };
        for (uint32_t element = 1; element <= persons->elements.n; element++)
            fact_put(persons, element, step->ids[i], DB_NULL_INT);
    }
    g_rw_lock_writer_unlock(&persons->lock);
}

static bool sweep_persons(HubPersons *persons, const Ids *ids, GError **err)
{
    for (size_t i = 0; i < ids->n; i += STEP) {
        g_autoptr(Arena) arena = arena_new();
        Step step = { .persons = persons, .ids = ids->v + i, .n = MIN(ids->n - i, (size_t) STEP), .arena = arena };
        if (!db_write(persons->db, DB_BULK, delete_persons, &step, err))
            return false;
        forget_persons(&step);
    }
    return true;
}

/* --- Values ------------------------------------------------------------------------------------------------------------------------------------ */

static bool keep_referred(HubPersons *persons, IdSet *kept, GError **err)
{
    PersonValuesFromRow last = { 0 };
    for (size_t n = PAGE; n == PAGE;) {
        g_autoptr(DbConn) conn = db_reader(persons->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, PersonValuesFrom, err, .person = last.person, .element = last.element, .vault = last.vault, .most = PAGE) : NULL;
        n = 0;
        for (PersonValuesFromRow row; rows && db_next(rows, &row, err); last = row, n++)
            set_add(kept, row.vault);
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

typedef struct {
    Gone *values;
    size_t n;
} Values;

static bool delete_values(DbConn *tx, void *data, GError **err)
{
    const Values *values = data;
    for (size_t i = 0; i < values->n; i++)
        if (!db_exec(tx, VaultDelete, NULL, err, .id = values->values[i].id))
            return false;
    return true;
}

static bool sweep_page(HubPersons *persons, const IdSet *kept, int64_t *after, size_t *ret_n, GError **err)
{
    g_autofree Gone *gone = g_new(Gone, STEP);
    Values values = { gone, 0 };
    {
        g_autoptr(DbConn) conn = db_reader(persons->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, VaultLoose, err, .after = *after, .most = STEP) : NULL;
        *ret_n = 0;
        for (VaultLooseRow row; rows && db_next(rows, &row, err); *after = row.id, ++*ret_n)
            if (!set_has(kept, row.id))
                gone[values.n++] = (Gone) { { (uint64_t) row.high, (uint64_t) row.low }, row.id };
        if (!db_rows_ok(rows))
            return false;
    }
    if (values.n > 0 && !db_write(persons->db, DB_BULK, delete_values, &values, err))
        return false;
    g_rw_lock_writer_lock(&persons->lock);
    for (size_t i = 0; i < values.n; i++)
        marks_remove(persons->sealed, gone[i].mark, gone[i].id);
    g_rw_lock_writer_unlock(&persons->lock);
    return true;
}

static bool sweep_values(HubPersons *persons, GError **err)
{
    IdSet kept = set_new(persons->last_value);
    int64_t after = 0;
    set_add(&kept, persons->last_value); /* so that its number is not given again */
    bool ok = keep_referred(persons, &kept, err);
    for (size_t n = STEP; ok && n == STEP;)
        ok = sweep_page(persons, &kept, &after, &n, err);
    g_free(kept.bits);
    return ok;
}

/* --- All of it ------------------------------------------------------------------------------------------------------------------------------------ */

static bool sweep(HubPersons *persons, int64_t before_ms, int64_t *ret_swept, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    IdSet kept = set_new(persons->last_person);
    Ids ids = { 0 };
    set_add(&kept, persons->last_person); /* so that its number is not given again */
    bool ok = notes_each_person(persons->db, stay, &kept, err) && keep_linked(persons->db, &kept, err) && find_persons(persons, &kept, before_ms, arena, &ids, err);
    g_free(kept.bits);
    if (!ok)
        return false;
    *ret_swept = (int64_t) ids.n;
    g_rw_lock_writer_lock(&persons->lock);
    ok = ids.n == 0 || begin_change(persons, err);
    g_rw_lock_writer_unlock(&persons->lock);
    return ok && (ids.n == 0 || (sweep_persons(persons, &ids, err) && sweep_values(persons, err)));
}

bool hub_persons_sweep(HubPersons *persons, int64_t before_ms, int64_t *ret_swept, GError **err)
{
    *ret_swept = 0;
    g_mutex_lock(&persons->maker); /* nobody is made, and nothing sealed, meanwhile */
    bool quiet = g_atomic_int_get(&persons->held) == 0 && monotonic_ms() - __atomic_load_n(&persons->last_resolve_ms, __ATOMIC_RELAXED) >= persons->quiet_ms && !persons->read_only;
    bool ok = !quiet || sweep(persons, before_ms, ret_swept, err);
    g_mutex_unlock(&persons->maker);
    return ok;
}
