/* Facts about persons: birth and sex stand in PersonFacts; each other element that is of_person has a column of its own, an int a person, in a file of the index. What was said first is the
 * fact; what went against it stands beside it, in the store. */
#include "base/decimal.h"
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { PAGE_ROWS = 50000, LAYOUT_FACT = 0x105, COLUMN_AT_LEAST = 32768 };

/* --- What a fact is called ---------------------------------------------------------------------------------------------------------- */

/* ID:KIND, so that an element which got another type is another fact, and none of an element's own numbers is meant. */
Str fact_name(const PackElement *element, char ret_name[static FACT_NAME_MAX])
{
    static const char *const kinds[] = { [EXPR_BOOL] = "bool", [EXPR_NUMBER] = "number", [EXPR_TEXT] = "text", [EXPR_DATE] = "date" };
    ExprType type = pack_element_type(element);
    char scale[2] = { type.kind == EXPR_NUMBER ? (char) ('0' + MAX(type.scale, 0)) : '\0', '\0' };
    int n = g_snprintf(ret_name, FACT_NAME_MAX, STR_FMT ":%s%s", STR_ARG(element->entry.id), kinds[type.kind], scale);
    return (Str) { ret_name, (size_t) MIN(n, FACT_NAME_MAX - 1) };
}

static bool is_birth(const PackElement *element)
{
    return str_eq(element->entry.id, STR("birth")) && element->type == PACK_DATE;
}

static bool is_sex(const PackElement *element)
{
    return str_eq(element->entry.id, STR("sex")) && element->type == PACK_CODE;
}

static bool names_column(Str name)
{
    return memchr(name.p, ':', name.n) && !str_eq(name, STR("birth:date")) && !str_eq(name, STR("sex:text"));
}

/* --- Columns ---------------------------------------------------------------------------------------------------------------------------- */

static Mapped *open_column(const HubPersons *persons, uint32_t element, uint64_t stamp, GError **err)
{
    char name[32];
    g_snprintf(name, sizeof name, "fact-%u.idx", element);
    g_autofree char *path = persons->dir ? g_build_filename(persons->dir, name, NULL) : NULL;
    return mapped_open(path, LAYOUT_FACT | (uint64_t) element << 16, stamp, COLUMN_AT_LEAST, err);
}

bool fact_columns_open(HubPersons *persons, uint64_t stamp, GError **err)
{
    for (uint32_t element = 1; element <= persons->elements.n; element++)
        if (!persons->columns[element] && names_column(persons->elements.texts[element]) && !(persons->columns[element] = open_column(persons, element, stamp, err)))
            return false;
    return true;
}

bool fact_columns_unsettled(const HubPersons *persons)
{
    bool unsettled = false;
    for (uint32_t element = 1; element <= persons->elements.n; element++)
        unsettled |= persons->columns[element] && !persons->columns[element]->head->settled;
    return unsettled;
}

bool fact_columns_settle(HubPersons *persons, uint64_t stamp, GError **err)
{
    bool ok = true;
    for (uint32_t element = 1; ok && element <= persons->elements.n; element++) {
        if (!persons->columns[element])
            continue;
        persons->columns[element]->head->through = persons->last_person;
        ok = mapped_settle(persons->columns[element], stamp, err);
    }
    return ok;
}

bool fact_columns_touch(HubPersons *persons, GError **err)
{
    bool ok = true;
    for (uint32_t element = 1; ok && element <= persons->elements.n; element++)
        ok = !persons->columns[element] || mapped_touch(persons->columns[element], err);
    return ok;
}

bool fact_column_new(HubPersons *persons, uint32_t element, Str name, GError **err)
{
    uint64_t nobodys;
    crypto_random(&nobodys, sizeof nobodys); /* whatever lies there is of another store */
    return !names_column(name) || persons->columns[element] || (persons->columns[element] = open_column(persons, element, nobodys, err)) != NULL;
}

void fact_columns_close(HubPersons *persons)
{
    for (uint32_t element = 1; element <= persons->elements.n; element++) {
        mapped_free(persons->columns[element]);
        persons->columns[element] = NULL;
    }
}

bool fact_columns_behind(const HubPersons *persons)
{
    for (uint32_t element = 1; element <= persons->elements.n; element++) {
        const Mapped *column = persons->columns[element];
        if (column && !column->fresh && column->head->through != persons->last_person)
            return true;
    }
    return false;
}

/* Nought is nothing known: numbers are kept with their highest bit turned. */
static int64_t column_get(const Mapped *column, int64_t person)
{
    bool there = column && person > 0 && (uint64_t) person < column->head->size / sizeof(int64_t);
    return there ? ((const int64_t *) column->body)[person] ^ DB_NULL_INT : DB_NULL_INT;
}

bool fact_reserve(HubPersons *persons, uint32_t element, int64_t person, GError **err)
{
    Mapped *column = persons->columns[element];
    size_t wanted, size;
    if (!column)
        return true;
    wanted = ((size_t) person + 1) * sizeof(int64_t);
    size = column->head->size;
    if (!mapped_touch(column, err))
        return false;
    while (size < wanted)
        size += size / 2;
    return size == column->head->size || mapped_grow(column, size, err);
}

void fact_put(HubPersons *persons, uint32_t element, int64_t person, int64_t value)
{
    Mapped *column = persons->columns[element];
    if (column && (uint64_t) person < column->head->size / sizeof(int64_t))
        ((int64_t *) column->body)[person] = value ^ DB_NULL_INT;
}

int64_t fact_known(const HubPersons *persons, uint32_t element, int64_t person)
{
    return column_get(persons->columns[element], person);
}

Mark like_fact(const HubPersons *persons, int64_t person, uint32_t element, int64_t value)
{
    return like_value(persons, person, element, (Mark) { (uint64_t) value, 0 });
}

/* --- Made of the store ---------------------------------------------------------------------------------------------------------------------- */

static bool take_row(HubPersons *persons, const PersonFactsFromRow *row, bool likes, GError **err)
{
    uint32_t element = (uint32_t) row->element;
    if (row->further) {
        if (likes && !marks_reserve(persons->likes, 1, err))
            return false;
        if (likes)
            marks_put(persons->likes, like_fact(persons, row->person, element, row->value), row->person);
        return true;
    }
    if (element >= PERSON_ELEMENTS || !persons->columns[element] || !persons->columns[element]->fresh)
        return true;
    if (!fact_reserve(persons, element, row->person, err))
        return false;
    fact_put(persons, element, row->person, row->value);
    return true;
}

bool fact_columns_fill(HubPersons *persons, GError **err)
{
    PersonFactsFromRow last = { 0 };
    bool likes = marks_file(persons->likes)->fresh, wanted = likes;
    for (uint32_t element = 1; element <= persons->elements.n; element++)
        wanted |= persons->columns[element] && persons->columns[element]->fresh;
    for (size_t n = 1; wanted && n > 0;) {
        g_autoptr(DbConn) conn = db_reader(persons->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, PersonFactsFrom, err, .person = last.person, .element = last.element, .value = last.value, .most = PAGE_ROWS) : NULL;
        n = 0;
        for (PersonFactsFromRow row; rows && db_next(rows, &row, err); last = row, n++)
            if (!take_row(persons, &row, likes, err))
                return false;
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

/* --- What a row says ---------------------------------------------------------------------------------------------------------------------------- */

/* Touches the names: under a lock, or by a maker. */
bool said_facts(const HubPersons *persons, Said *said)
{
    const PersonBatch *batch = said->batch;
    char name[FACT_NAME_MAX];
    said->facts = ARENA_ARRAY(said->arena, FactColumn, batch->n_columns + 1);
    said->n_facts = 0;
    for (size_t i = 0; i < batch->n_columns; i++) {
        const PackElement *element = batch->columns[i].element;
        uint32_t number = element->of_person ? names_find(&persons->elements, fact_name(element, name)) : 0;
        if (element->of_person && !number)
            return false;
        if (element->of_person && !is_birth(element) && !is_sex(element))
            said->facts[said->n_facts++] = (FactColumn) { &batch->columns[i], number, pack_element_type(element).kind };
    }
    said->birth_element = names_find(&persons->elements, STR("birth:date"));
    said->sex_element = names_find(&persons->elements, STR("sex:text"));
    return true;
}

bool fact_said(const FactColumn *fact, size_t row)
{
    const ExprColumn *column = &fact->column->column;
    return fact->kind == EXPR_TEXT ? said_text(column, row).n > 0 : !(column->nulls && column->nulls[row]);
}

int64_t fact_number(const FactColumn *fact, size_t row)
{
    const void *values = fact->column->column.values;
    switch (fact->kind) {
    case EXPR_BOOL: return ((const uint8_t *) values)[row];
    case EXPR_DATE: return ((const Date *) values)[row];
    default: return ((const int64_t *) values)[row];
    }
}

/* --- Facts as columns ---------------------------------------------------------------------------------------------------------------------------- */

static void birth_column(const HubPersons *persons, const int64_t *ids, size_t n, const ExprColumn *said, Arena *arena, ExprColumn *ret_column)
{
    Date *days = ARENA_ARRAY(arena, Date, n);
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        const PersonFacts *facts = ids[i] > 0 ? person_facts(persons, ids[i]) : NULL;
        days[i] = facts ? facts->birth : DATE_NONE;
        if (days[i] == DATE_NONE && said && !(said->nulls && said->nulls[i]))
            days[i] = ((const Date *) said->values)[i];
        nulls[i] = days[i] == DATE_NONE;
    }
    *ret_column = (ExprColumn) { .values = days, .nulls = nulls };
}

static void sex_column(const HubPersons *persons, const int64_t *ids, size_t n, const ExprColumn *said, Arena *arena, ExprColumn *ret_column)
{
    Str *texts = ARENA_ARRAY(arena, Str, n);
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        const PersonFacts *facts = ids[i] > 0 ? person_facts(persons, ids[i]) : NULL;
        texts[i] = facts && facts->sex ? persons->words.texts[facts->sex] : said ? said_text(said, i) : STR_NONE;
        nulls[i] = texts[i].n == 0;
    }
    *ret_column = (ExprColumn) { .values = texts, .nulls = nulls };
}

static void put_known(const HubPersons *persons, ExprKind kind, void *values, size_t at, int64_t value)
{
    switch (kind) {
    case EXPR_BOOL: ((uint8_t *) values)[at] = value == 1; return;
    case EXPR_DATE: ((Date *) values)[at] = (Date) value; return;
    case EXPR_TEXT: ((Str *) values)[at] = persons->words.texts[value]; return;
    default: ((int64_t *) values)[at] = value; return;
    }
}

static void other_column(const HubPersons *persons, const PackElement *element, const int64_t *ids, size_t n, const ExprColumn *said, Arena *arena, ExprColumn *ret_column)
{
    char name[FACT_NAME_MAX];
    uint32_t number = names_find(&persons->elements, fact_name(element, name));
    ExprKind kind = pack_element_type(element).kind;
    void *values = arena_alloc_array(arena, n + 1, sizeof(Str)); /* the largest of them */
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        int64_t known = number ? fact_known(persons, number, ids[i]) : DB_NULL_INT;
        FactColumn of = { said ? &(PersonColumn) { element, *said } : NULL, number, kind };
        bool says = said && fact_said(&of, i);
        nulls[i] = known == DB_NULL_INT && !says;
        if (known != DB_NULL_INT)
            put_known(persons, kind, values, i, known);
        else if (says && kind == EXPR_TEXT)
            ((Str *) values)[i] = said_text(said, i);
        else if (says)
            put_known(persons, kind, values, i, fact_number(&of, i));
    }
    *ret_column = (ExprColumn) { .values = values, .nulls = nulls };
}

void hub_persons_fact(HubPersons *persons, const PackElement *element, const int64_t *ids, size_t n, const ExprColumn *said, Arena *arena, ExprColumn *ret_column)
{
    g_rw_lock_reader_lock(&persons->lock);
    if (is_birth(element))
        birth_column(persons, ids, n, said, arena, ret_column);
    else if (is_sex(element))
        sex_column(persons, ids, n, said, arena, ret_column);
    else
        other_column(persons, element, ids, n, said, arena, ret_column);
    g_rw_lock_reader_unlock(&persons->lock);
}

/* --- Shown ------------------------------------------------------------------------------------------------------------------------------------------ */

/* As a file says it. A number's scale, and whether it is one, are in the fact's name. */
static Str shown_value(const HubPersons *persons, Str kind, int64_t value, Arena *arena)
{
    char text[DATE_TEXT_MAX];
    if (str_starts(kind, STR("text")))
        return value > 0 && value <= persons->words.n ? persons->words.texts[value] : STR_NONE;
    if (str_starts(kind, STR("bool")))
        return value ? STR("true") : STR("false");
    if (str_starts(kind, STR("date")))
        return arena_str(arena, str_from(date_format((Date) value, text)));
    char number[DECIMAL_TEXT_MAX];
    return arena_str(arena, str_from(decimal_format(decimal_make(value, kind.p[kind.n - 1] - '0'), number)));
}

bool person_facts_of(const HubPersons *of, DbConn *conn, int64_t person, Arena *arena, const PersonFact **ret_facts, size_t *ret_n, GError **err)
{
    HubPersons *persons = (HubPersons *) of; /* for its lock */
    ARENA_LIST(PersonFact) list = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, PersonFactsOf, err, .person = person);
    g_rw_lock_reader_lock(&persons->lock);
    for (PersonFactsOfRow row; rows && db_next(rows, &row, err);) {
        Str kind = arena_str(arena, row.name), id = str_cut(&kind, ':');
        *ARENA_PUSH(arena, &list) = (PersonFact) { id, shown_value(persons, kind, row.value, arena), row.further, row.at, row.org };
    }
    g_rw_lock_reader_unlock(&persons->lock);
    *ret_facts = list.v;
    *ret_n = list.n;
    return db_rows_ok(rows);
}
