/* The index: opened, made of the store where it cannot be believed, settled at the end. */
#include "base/file.h"
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { QUIET_MS = 60 * 60 * 1000, PAGE_ROWS = 50000, FACTS_AT_LEAST = 4096, LAYOUT_NUMBERS = 0x101, LAYOUT_LIKES = 0x102, LAYOUT_SEALED = 0x103, LAYOUT_FACTS = 0x104 };

/* --- Names with numbers ---------------------------------------------------------------------------------------------------------- */

uint32_t names_find(const Names *names, Str text)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(names->ids, &text));
}

uint32_t names_add(Names *names, Arena *arena, Str text, uint32_t most)
{
    if (names->n + 1 >= most)
        return 0;
    names->texts[++names->n] = arena_str(arena, text);
    g_hash_table_insert(names->ids, &names->texts[names->n], GUINT_TO_POINTER(names->n));
    return names->n;
}

static void names_init(Names *names, uint32_t most)
{
    names->texts = g_new0(Str, most);
    names->ids = g_hash_table_new(str_hash, str_equal);
}

static void names_clear(Names *names)
{
    if (names->ids)
        g_hash_table_unref(names->ids);
    g_free(names->texts);
}

static bool read_elements(HubPersons *persons, DbConn *conn, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonElements, err);
    for (PersonElementsRow row; rows && db_next(rows, &row, err);)
        names_add(&persons->elements, persons->arena, row.name, PERSON_ELEMENTS);
    return db_rows_ok(rows);
}

static bool read_words(HubPersons *persons, DbConn *conn, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonWords, err);
    for (PersonWordsRow row; rows && db_next(rows, &row, err);)
        names_add(&persons->words, persons->arena, row.word, PERSON_WORDS);
    return db_rows_ok(rows);
}

/* --- Facts ------------------------------------------------------------------------------------------------------------------------ */

bool facts_reserve(HubPersons *persons, int64_t id, GError **err)
{
    size_t wanted = ((size_t) id + 1) * sizeof(PersonFacts), size = persons->facts->head->size;
    if (!mapped_touch(persons->facts, err))
        return false;
    while (size < wanted)
        size += size / 2;
    return size == persons->facts->head->size || mapped_grow(persons->facts, size, err);
}

void facts_put(HubPersons *persons, int64_t id, const PersonFacts *facts)
{
    PersonFacts *to = (PersonFacts *) persons->facts->body + id;
    *to = *facts;
    to->elements |= PERSON_EXISTS;
}

/* --- Made of the store ---------------------------------------------------------------------------------------------------------------- */

/* Reads a page, sets *after to the last row's id and *n to how many came. */
typedef bool (*ReadPage)(HubPersons *persons, DbConn *conn, int64_t *after, size_t *ret_n, GError **err);

static bool read_all(HubPersons *persons, ReadPage read, GError **err)
{
    int64_t after = 0;
    for (size_t n = 1; n > 0;) {
        g_autoptr(DbConn) conn = db_reader(persons->db, err);
        if (!conn || !read(persons, conn, &after, &n, err))
            return false;
    }
    return true;
}

static uint64_t mark_or_none(int64_t stored)
{
    return stored == DB_NULL_INT ? 0 : (uint64_t) stored;
}

static bool put_likes(HubPersons *persons, int64_t id, uint64_t name, uint64_t phone, Date birth, GError **err)
{
    if (!marks_reserve(persons->likes, 2, err))
        return false;
    if (name && birth != DATE_NONE)
        marks_put(persons->likes, like_birth(persons, name, birth), id);
    if (name && phone)
        marks_put(persons->likes, like_phone(persons, name, phone), id);
    return true;
}

static bool facts_page(HubPersons *persons, DbConn *conn, int64_t *after, size_t *ret_n, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonsFrom, err, .after = *after, .most = PAGE_ROWS);
    *ret_n = 0;
    for (PersonsFromRow row; rows && db_next(rows, &row, err); *after = row.id, ++*ret_n) {
        PersonFacts facts = { short_mark(mark_or_none(row.name_mark)), short_mark(mark_or_none(row.phone_mark)), 0, row.birth,
                              row.sex.p ? names_find(&persons->words, row.sex) : 0 };
        if (!facts_reserve(persons, row.id, err))
            return false;
        facts.elements = ((PersonFacts *) persons->facts->body)[row.id].elements; /* tokens may have come first */
        facts_put(persons, row.id, &facts);
    }
    return db_rows_ok(rows);
}

static bool likes_page(HubPersons *persons, DbConn *conn, int64_t *after, size_t *ret_n, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonsFrom, err, .after = *after, .most = PAGE_ROWS);
    *ret_n = 0;
    for (PersonsFromRow row; rows && db_next(rows, &row, err); *after = row.id, ++*ret_n)
        if (!put_likes(persons, row.id, mark_or_none(row.name_mark), mark_or_none(row.phone_mark), row.birth, err))
            return false;
    return db_rows_ok(rows);
}

static bool further_values(HubPersons *persons, GError **err)
{
    PersonFurtherFromRow last = { 0 };
    for (size_t n = 1; n > 0;) {
        g_autoptr(DbConn) conn = db_reader(persons->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, PersonFurtherFrom, err, .person = last.person, .element = last.element, .vault = last.vault, .most = PAGE_ROWS) : NULL;
        n = 0;
        for (PersonFurtherFromRow row; rows && db_next(rows, &row, err); last = row, n++)
            if (row.further) {
                if (!marks_reserve(persons->likes, 1, err))
                    return false;
                marks_put(persons->likes, like_value(persons, row.person, (uint32_t) row.element, (Mark) { (uint64_t) row.high, (uint64_t) row.low }), row.person);
            }
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

static bool numbers_page(HubPersons *persons, DbConn *conn, int64_t *after, size_t *ret_n, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonTokensFrom, err, .after = *after, .most = PAGE_ROWS);
    *ret_n = 0;
    for (PersonTokensFromRow row; rows && db_next(rows, &row, err); *after = row.id, ++*ret_n) {
        if (!marks_reserve(persons->numbers, 1, err))
            return false;
        marks_put(persons->numbers, (Mark) { (uint64_t) row.high, (uint64_t) row.low }, row.person);
    }
    return db_rows_ok(rows);
}

/* Which elements somebody has numbers of. */
static bool elements_page(HubPersons *persons, DbConn *conn, int64_t *after, size_t *ret_n, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonTokensFrom, err, .after = *after, .most = PAGE_ROWS);
    *ret_n = 0;
    for (PersonTokensFromRow row; rows && db_next(rows, &row, err); *after = row.id, ++*ret_n) {
        if (!facts_reserve(persons, row.person, err))
            return false;
        ((PersonFacts *) persons->facts->body)[row.person].elements |= element_bit(row.element);
    }
    return db_rows_ok(rows);
}

static bool sealed_page(HubPersons *persons, DbConn *conn, int64_t *after, size_t *ret_n, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, VaultFrom, err, .after = *after, .most = PAGE_ROWS);
    *ret_n = 0;
    for (VaultFromRow row; rows && db_next(rows, &row, err); *after = row.id, ++*ret_n) {
        if (!marks_reserve(persons->sealed, 1, err))
            return false;
        marks_put(persons->sealed, (Mark) { (uint64_t) row.high, (uint64_t) row.low }, row.id);
    }
    return db_rows_ok(rows);
}

/* --- Opening --------------------------------------------------------------------------------------------------------------------------- */

static char *index_path(const HubPersons *persons, const char *name)
{
    return persons->dir ? g_build_filename(persons->dir, name, NULL) : NULL;
}

static Marks *open_marks(const HubPersons *persons, const char *name, uint32_t layout, uint64_t stamp, GError **err)
{
    g_autofree char *path = index_path(persons, name);
    return marks_open(path, layout, stamp, err);
}

static bool open_files(HubPersons *persons, uint64_t stamp, GError **err)
{
    g_autofree char *facts = index_path(persons, "facts.idx");
    return (persons->numbers = open_marks(persons, "numbers.idx", LAYOUT_NUMBERS, stamp, err)) != NULL &&
           (persons->likes = open_marks(persons, "likes.idx", LAYOUT_LIKES, stamp, err)) != NULL &&
           (persons->sealed = open_marks(persons, "vault.idx", LAYOUT_SEALED, stamp, err)) != NULL &&
           (persons->facts = mapped_open(facts, LAYOUT_FACTS, stamp, FACTS_AT_LEAST * sizeof(PersonFacts), err)) != NULL && fact_columns_open(persons, stamp, err);
}

static void close_files(HubPersons *persons)
{
    marks_free(persons->numbers);
    marks_free(persons->likes);
    marks_free(persons->sealed);
    mapped_free(persons->facts);
    fact_columns_close(persons);
    persons->numbers = persons->likes = persons->sealed = NULL;
    persons->facts = NULL;
}

static bool is_behind(Mapped *file, int64_t through)
{
    return !file->fresh && file->head->through != through;
}

static bool fill(HubPersons *persons, GError **err)
{
    return (!marks_file(persons->numbers)->fresh || read_all(persons, numbers_page, err)) &&
           (!marks_file(persons->likes)->fresh || (read_all(persons, likes_page, err) && further_values(persons, err))) &&
           fact_columns_fill(persons, err) && (!marks_file(persons->sealed)->fresh || read_all(persons, sealed_page, err)) &&
           (!persons->facts->fresh || (read_all(persons, facts_page, err) && read_all(persons, elements_page, err)));
}

static bool read_counts(HubPersons *persons, uint64_t *ret_stamp, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(persons->db, err);
    PersonCountsRow counts;
    PersonStampRow stamp = { 0 };
    bool found;
    if (!conn || !db_one(conn, PersonCounts, arena, &counts, &found, err) || !db_one(conn, PersonStamp, arena, &stamp, &found, err))
        return false;
    *ret_stamp = found ? (uint64_t) stamp.stamp : 0;
    persons->last_person = counts.persons;
    persons->last_token = counts.tokens;
    persons->last_value = counts.sealed;
    return read_elements(persons, conn, err) && read_words(persons, conn, err);
}

static bool open_index(HubPersons *persons, GError **err)
{
    uint64_t stamp;
    if ((persons->dir && !file_make_dir(persons->dir, err)) || !read_counts(persons, &stamp, err) || !open_files(persons, stamp, err))
        return false;
    if (is_behind(marks_file(persons->numbers), persons->last_token) || is_behind(marks_file(persons->likes), persons->last_person) ||
        is_behind(marks_file(persons->sealed), persons->last_value) || is_behind(persons->facts, persons->last_person) || fact_columns_behind(persons)) {
        close_files(persons);
        if (!open_files(persons, ~stamp, err)) /* a stamp that none has: all anew */
            return false;
    }
    return fill(persons, err);
}

static void make_keys(HubPersons *persons)
{
    const SecretKey *first = key_ring_get(persons->keys, 1, KEY_PERSON); /* what is found by a key must be found after it was rotated, too */
    uint32_t newest = key_ring_newest(persons->keys);
    persons->tokens = keyed_new(first, "person token");
    persons->marks = keyed_new(first, "person mark");
    persons->values = keyed_new(first, "vault mark");
    persons->seals = g_new0(Keyed *, newest + 1);
    for (uint32_t id = 1; id <= newest; id++)
        persons->seals[id] = vault_seal_key(persons->keys, id);
}

HubPersons *hub_persons_open(const HubPersonsOptions *options, GError **err)
{
    g_autoptr(HubPersons) persons = g_new0(HubPersons, 1);
    persons->db = options->db;
    persons->clock = options->clock;
    persons->keys = options->keys;
    persons->read_only = options->read_only;
    persons->dir = options->data_dir && !options->read_only ? g_build_filename(options->data_dir, "persons", NULL) : NULL;
    persons->quiet_ms = options->sweep_at_once ? 0 : QUIET_MS;
    persons->same = options->same ? options->same : PERSON_SAME;
    persons->doubtful = options->doubtful ? options->doubtful : PERSON_DOUBTFUL;
    persons->arena = arena_new();
    persons->columns = g_new0(Mapped *, PERSON_ELEMENTS);
    g_rw_lock_init(&persons->lock);
    g_mutex_init(&persons->maker);
    names_init(&persons->elements, PERSON_ELEMENTS);
    names_init(&persons->words, PERSON_WORDS);
    make_keys(persons);
    return open_index(persons, err) ? g_steal_pointer(&persons) : NULL;
}

/* --- Settling -------------------------------------------------------------------------------------------------------------------------- */

static bool write_stamp(DbConn *tx, void *data, GError **err)
{
    return db_exec(tx, PersonStampSet, NULL, err, .stamp = *(const int64_t *) data);
}

static bool settle_file(Mapped *file, int64_t through, uint64_t stamp, GError **err)
{
    file->head->through = through;
    return mapped_settle(file, stamp, err);
}

/* The files say the new stamp when the store does: should the process die between, they are made anew. Files that nothing has changed get the stamp, too, which costs reading them. */
static bool settle(HubPersons *persons, GError **err)
{
    Mapped *const files[] = { marks_file(persons->numbers), marks_file(persons->likes), marks_file(persons->sealed), persons->facts };
    const int64_t through[] = { persons->last_token, persons->last_person, persons->last_value, persons->last_person };
    bool unsettled = fact_columns_unsettled(persons);
    int64_t stamp;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        unsettled |= !files[i]->head->settled;
    if (!unsettled || !persons->dir)
        return true;
    crypto_random(&stamp, sizeof stamp);
    stamp &= INT64_MAX;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (!settle_file(files[i], through[i], (uint64_t) stamp, err))
            return false;
    return fact_columns_settle(persons, (uint64_t) stamp, err) && db_write(persons->db, DB_BULK, write_stamp, &stamp, err);
}

void hub_persons_close(HubPersons *persons)
{
    if (!persons)
        return;
    if (persons->facts)
        settle(persons, NULL); /* what is not settled is made anew at the next start: slower, not wrong */
    close_files(persons);
    g_free(persons->columns);
    names_clear(&persons->elements);
    names_clear(&persons->words);
    keyed_free(persons->tokens);
    keyed_free(persons->marks);
    keyed_free(persons->values);
    for (uint32_t id = 1; persons->seals && id <= key_ring_newest(persons->keys); id++)
        keyed_free(persons->seals[id]);
    g_free(persons->seals);
    g_rw_lock_clear(&persons->lock);
    g_mutex_clear(&persons->maker);
    arena_free(persons->arena);
    g_free(persons->dir);
    g_free(persons);
}

void hub_persons_begin(HubPersons *persons)
{
    g_atomic_int_inc(&persons->held);
}

void hub_persons_end(HubPersons *persons)
{
    g_atomic_int_add(&persons->held, -1);
}
