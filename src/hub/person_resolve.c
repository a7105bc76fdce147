/* The way of nearly every row: tokens are made without any lock, then looked up side by side, so that the misses of the cache overlap. */
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

const char *hub_person_finding(unsigned bit)
{
    static const char *const names[PERSON_MARKS] = { "person:missing", "person:number", "person:unsure", "person:conflict", "person:name" };
    unsigned place = bit ? (unsigned) __builtin_ctz(bit) : PERSON_MARKS;
    return place < PERSON_MARKS ? names[place] : "";
}

/* --- Looking up -------------------------------------------------------------------------------------------------------------------- */

static void fetch_places(const HubPersons *persons, const Said *said)
{
    for (size_t i = 0; i < said->n_numbers; i++)
        for (size_t row = 0; row < said->batch->n; row++)
            if (said->numbers[i].has[row])
                marks_fetch(persons->numbers, said->numbers[i].marks[row]);
}

/* Whether all numbers of a row are those of one known person. */
static bool find_row(const HubPersons *persons, const Said *said, size_t row, int64_t *ret_person)
{
    int64_t person = 0;
    for (size_t i = 0; i < said->n_numbers; i++) {
        if (!said->numbers[i].has[row])
            continue;
        int64_t found = marks_get(persons->numbers, said->numbers[i].marks[row]);
        if (!found || (person && person != found))
            return false;
        person = found;
    }
    *ret_person = person;
    return person != 0;
}

/* Whether a row says no fact that is new; *marks PERSON_CONFLICT where one is not what is known. `learns`: something may be learned of this row. */
static bool is_known_fact(const HubPersons *persons, const FactColumn *fact, size_t row, int64_t person, uint8_t *marks, bool *learns)
{
    if (!fact_said(fact, row))
        return true;
    int64_t known = fact_known(persons, fact->element, person);
    int64_t value = fact->kind != EXPR_TEXT ? fact_number(fact, row) : names_find(&persons->words, said_text(&fact->column->column, row));
    *learns |= known == DB_NULL_INT;
    if (known == DB_NULL_INT || known == value)
        return true;
    *marks |= PERSON_CONFLICT;
    return marks_get(persons->likes, like_fact(persons, person, fact->element, value)) != 0;
}

/* The same of birth and sex. */
static bool is_known_birth(const HubPersons *persons, const Said *said, size_t row, int64_t person, const PersonFacts *facts)
{
    Date birth = said->births[row];
    return birth == DATE_NONE || facts->birth == DATE_NONE || birth == facts->birth || !said->birth_element ||
           marks_get(persons->likes, like_fact(persons, person, said->birth_element, birth)) != 0;
}

static bool is_known_sex(const HubPersons *persons, const Said *said, int64_t person, const PersonFacts *facts, uint32_t sex)
{
    return !sex || !facts->sex || sex == facts->sex || !said->sex_element || marks_get(persons->likes, like_fact(persons, person, said->sex_element, sex)) != 0;
}

static bool is_said(const HubPersons *persons, size_t row, int64_t person, const PersonColumn *column)
{
    uint32_t element = names_find(&persons->elements, column->element->entry.id);
    Mark mark = vault_mark(persons, column->element->type, false, said_text(&column->column, row));
    return marks_get(persons->likes, like_value(persons, person, element, mark)) != 0;
}

/* Whether the row says nothing that is not known of its person; *ret_marks what goes against it. */
static bool is_known(const HubPersons *persons, const Said *said, size_t row, int64_t person, uint8_t *ret_marks)
{
    const PersonFacts *facts = person_facts(persons, person);
    if (!facts)
        return false;
    bool name = said->names[row] && short_mark(said->names[row]) != facts->name, phone = said->phones[row] && short_mark(said->phones[row]) != facts->phone;
    uint32_t sex = said->sexes[row] ? names_find(&persons->words, *said->sexes[row]) : 0;
    if (said->sexes[row] && !sex) /* the first one of that sex */
        return false;
    *ret_marks = said->conflicts[row] | facts_against(facts, said, row, sex);
    bool learns = (facts->birth == DATE_NONE && said->births[row] != DATE_NONE) || (!facts->sex && sex);
    bool all = is_known_birth(persons, said, row, person, facts) && is_known_sex(persons, said, person, facts, sex);
    for (size_t i = 0; i < said->n_facts; i++)
        all &= is_known_fact(persons, &said->facts[i], row, person, ret_marks, &learns);
    if (!all)
        return false;
    if (learns && !(*ret_marks & (PERSON_NAME | PERSON_CONFLICT)))
        return false;
    return (!name || is_said(persons, row, person, said->name_column)) && (!phone || is_said(persons, row, person, said->phone_column));
}

/* Rows that are not finished, in order. */
static size_t look_up(HubPersons *persons, const Said *said, int64_t *ret_persons, uint8_t *ret_marks, uint32_t *ret_rest)
{
    size_t n = 0, rows = said->batch->n;
    uint8_t *found = ARENA_ARRAY(said->arena, uint8_t, rows);
    g_rw_lock_reader_lock(&persons->lock);
    fetch_places(persons, said);
    for (size_t row = 0; row < rows; row++) {
        found[row] = find_row(persons, said, row, &ret_persons[row]);
        if (found[row])
            __builtin_prefetch((const PersonFacts *) persons->facts->body + ret_persons[row]);
    }
    for (size_t row = 0; row < rows; row++)
        if (!found[row] || !is_known(persons, said, row, ret_persons[row], &ret_marks[row]))
            ret_rest[n++] = (uint32_t) row;
    g_rw_lock_reader_unlock(&persons->lock);
    return n;
}

/* Of those without a number nearly all were described before. */
static size_t look_up_described(HubPersons *persons, const Said *said, int64_t *ret_persons, uint8_t *ret_marks, uint32_t *rest, size_t n)
{
    size_t left = 0;
    g_rw_lock_reader_lock(&persons->lock);
    for (size_t i = 0; i < n; i++) {
        size_t row = rest[i];
        bool numbered = false;
        Mark mark;
        for (size_t k = 0; k < said->n_numbers; k++)
            numbered |= said->numbers[k].has[row];
        int64_t person = !numbered && said_described(persons, said, row, &mark) ? marks_get(persons->numbers, mark) : 0;
        if (person && is_known(persons, said, row, person, &ret_marks[row]))
            ret_persons[row] = person;
        else
            rest[left++] = (uint32_t) row;
    }
    g_rw_lock_reader_unlock(&persons->lock);
    return left;
}

bool hub_persons_resolve(HubPersons *persons, const PersonBatch *batch, int64_t *ret_persons, uint8_t *ret_marks, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Said said;
    if (batch->n == 0)
        return true;
    __atomic_store_n(&persons->last_resolve_ms, monotonic_ms(), __ATOMIC_RELAXED);
    if (!said_read(persons, batch, arena, &said) && (!persons_name_elements(persons, batch, err) || !said_read(persons, batch, arena, &said)))
        return err && *err ? false : error_set(err, BH_TOO_LARGE, "there are more than %d elements by which persons are known", PERSON_ELEMENTS);
    uint32_t *rest = ARENA_ARRAY(arena, uint32_t, batch->n);
    size_t n = look_up(persons, &said, ret_persons, ret_marks, rest);
    if (n > 0)
        n = look_up_described(persons, &said, ret_persons, ret_marks, rest, n);
    return n == 0 || persons_make(persons, &said, rest, n, ret_persons, ret_marks, err);
}

/* --- Elements that are new ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Str names[PERSON_INPUTS];
    char texts[PERSON_INPUTS][FACT_NAME_MAX];
    size_t n;
    uint32_t first;
} NewElements;

static bool write_elements(DbConn *tx, void *data, GError **err)
{
    const NewElements *new_ones = data;
    for (size_t i = 0; i < new_ones->n; i++)
        if (!db_exec(tx, PersonElementInsert, NULL, err, .id = (int64_t) new_ones->first + (int64_t) i, .name = new_ones->names[i]))
            return false;
    return true;
}

static void want_element(const HubPersons *persons, NewElements *new_ones, Str name)
{
    bool known = names_find(&persons->elements, name) != 0;
    for (size_t i = 0; i < new_ones->n; i++)
        known |= str_eq(new_ones->names[i], name);
    if (known)
        return;
    char *kept = new_ones->texts[new_ones->n];
    g_snprintf(kept, FACT_NAME_MAX, STR_FMT, STR_ARG(name));
    new_ones->names[new_ones->n++] = str_from(kept);
}

/* Under `maker`. In a dry run, too: they say nothing of anybody. */
static bool add_elements(HubPersons *persons, NewElements *new_ones, GError **err)
{
    new_ones->first = persons->elements.n + 1;
    if (new_ones->first + new_ones->n >= PERSON_ELEMENTS)
        return error_set(err, BH_TOO_LARGE, "persons are known by more than %d elements", PERSON_ELEMENTS - 2);
    if (new_ones->n > 0 && !persons->read_only && !db_write(persons->db, DB_BULK, write_elements, new_ones, err))
        return false;
    bool ok = true;
    g_rw_lock_writer_lock(&persons->lock);
    for (size_t i = 0; ok && i < new_ones->n; i++)
        ok = fact_column_new(persons, new_ones->first + (uint32_t) i, new_ones->names[i], err) && names_add(&persons->elements, persons->arena, new_ones->names[i], PERSON_ELEMENTS);
    g_rw_lock_writer_unlock(&persons->lock);
    new_ones->n = 0;
    return ok;
}

static bool name_element(HubPersons *persons, NewElements *new_ones, const PackElement *element, GError **err)
{
    char name[FACT_NAME_MAX];
    if (element->of_person)
        want_element(persons, new_ones, fact_name(element, name));
    if (pack_type_personal(element->type)) {
        want_element(persons, new_ones, element->entry.id);
        want_element(persons, new_ones, person_element_name(element));
    }
    return new_ones->n + 3 <= G_N_ELEMENTS(new_ones->names) || add_elements(persons, new_ones, err);
}

bool persons_name_elements(HubPersons *persons, const PersonBatch *batch, GError **err)
{
    NewElements new_ones = { 0 };
    bool ok = true;
    g_mutex_lock(&persons->maker);
    for (size_t i = 0; ok && i < batch->n_columns; i++)
        ok = name_element(persons, &new_ones, batch->columns[i].element, err);
    ok = ok && add_elements(persons, &new_ones, err);
    g_mutex_unlock(&persons->maker);
    return ok;
}

bool hub_persons_use(HubPersons *persons, const PacksRef *packs, GError **err)
{
    size_t n;
    const PackElement *elements = packs_elements(packs, &n);
    NewElements new_ones = { 0 };
    bool ok = true;
    g_mutex_lock(&persons->maker);
    for (size_t i = 0; ok && i < n; i++)
        ok = name_element(persons, &new_ones, &elements[i], err);
    ok = ok && add_elements(persons, &new_ones, err);
    g_mutex_unlock(&persons->maker);
    return ok;
}
