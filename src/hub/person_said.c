/* What the rows of a batch say of their persons, as marks: no text is compared later on. */
#include "base/identity.h"
#include "base/text.h"
#include "hub/person_in.h"

#include "base/banned.h"

/* --- Marks ---------------------------------------------------------------------------------------------------------------------- */

/* Texts of ideographs alone have one spelling: nearly all names. */
static bool is_plain_han(Str s)
{
    if (s.n % 3 != 0)
        return false;
    for (size_t i = 0; i < s.n; i += 3) {
        const uint8_t *p = (const uint8_t *) s.p + i;
        uint32_t c = (uint32_t) (p[0] & 15) << 12 | (uint32_t) (p[1] & 63) << 6 | (p[2] & 63);
        if (p[0] >> 4 != 14 || c < 0x4E00 || c > 0x9FFF)
            return false;
    }
    return true;
}

static uint64_t never_zero(Mark mark)
{
    return mark.high ? mark.high : 1;
}

uint64_t mark_of_name(const HubPersons *persons, Str name, Arena *arena)
{
    Str key = is_plain_han(name) ? name : text_name_key(name, arena);
    return key.n > 0 ? never_zero(keyed_mark(persons->marks, key)) : 0;
}

/* The digits, without +86 in front. */
uint64_t mark_of_phone(const HubPersons *persons, Str phone)
{
    char digits[24];
    size_t n = 0;
    for (size_t at = 0; at < phone.n && n < sizeof digits;) {
        uint32_t c = text_fold_char(utf8_next(phone, &at));
        if (c >= '0' && c <= '9')
            digits[n++] = (char) c;
    }
    size_t skip = n == 13 && memcmp(digits, "86", 2) == 0 ? 2 : 0;
    return n >= 7 ? never_zero(keyed_mark(persons->marks, (Str) { digits + skip, n - skip })) : 0;
}

static Mark mark_of_parts(const HubPersons *persons, uint64_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t parts[4] = { kind, a, b, c };
    return keyed_mark(persons->marks, (Str) { (const char *) parts, sizeof parts });
}

Mark like_birth(const HubPersons *persons, uint64_t name, Date birth)
{
    return mark_of_parts(persons, 1, name, (uint64_t) (uint32_t) birth, 0);
}

Mark like_phone(const HubPersons *persons, uint64_t name, uint64_t phone)
{
    return mark_of_parts(persons, 2, name, phone, 0);
}

Mark like_value(const HubPersons *persons, int64_t person, uint32_t element, Mark value)
{
    return mark_of_parts(persons, (uint64_t) element << 8 | 3, (uint64_t) person, value.high, value.low);
}

/* --- Columns ---------------------------------------------------------------------------------------------------------------------- */

Str person_element_name(const PackElement *element)
{
    return element->type == PACK_ID_CARD ? str_from(pack_types[PACK_ID_CARD]) : element->entry.id;
}

static const PersonColumn *column_of(const PersonBatch *batch, Str element)
{
    for (size_t i = 0; i < batch->n_columns; i++)
        if (str_eq(batch->columns[i].element->entry.id, element))
            return &batch->columns[i];
    return NULL;
}

static const PersonColumn *column_of_type(const PersonBatch *batch, PackType type)
{
    for (size_t i = 0; i < batch->n_columns; i++)
        if (batch->columns[i].element->type == type)
            return &batch->columns[i];
    return NULL;
}

/* --- Numbers ---------------------------------------------------------------------------------------------------------------------- */

/* The birth and sex that a resident's number has in it. */
static void take_facts(Said *said, size_t row, Str form)
{
    static const Str sexes[] = { STR_INIT("2"), STR_INIT("1") }; /* GB/T 2261.1; the 17th digit is odd for men */
    Date birth;
    if (said->births[row] != DATE_NONE || !id_number_birth(form, &birth))
        return;
    said->births[row] = birth;
    said->sure[row] = 1;
    said->sexes[row] = &sexes[(form.p[16] - '0') & 1];
}

static void read_numbers(HubPersons *persons, Said *said, NumberColumn *number)
{
    const ExprColumn *column = &number->column->column;
    PackType type = number->column->element->type;
    Str name = person_element_name(number->column->element);
    size_t n = said->batch->n, stride = name.n + 1 + PERSON_NUMBER_MAX, found = 0;
    ArenaMark mark = arena_mark(said->arena);
    char *texts = arena_alloc_array(said->arena, n, stride);
    Str *wanted = ARENA_ARRAY(said->arena, Str, n);
    uint32_t *rows = ARENA_ARRAY(said->arena, uint32_t, n);
    Mark *tokens = ARENA_ARRAY(said->arena, Mark, n);
    for (size_t row = 0; row < n; row++) {
        Str text = said_text(column, row);
        if (text.n == 0)
            continue;
        char *to = texts + found * stride;
        memcpy(to, name.p, name.n);
        to[name.n] = '\0';
        size_t length;
        if (!person_number_form(type, text, to + name.n + 1, &length)) {
            said->conflicts[row] |= PERSON_NUMBER;
            continue;
        }
        if (type == PACK_ID_CARD)
            take_facts(said, row, (Str) { to + name.n + 1, length });
        wanted[found] = (Str) { to, name.n + 1 + length };
        rows[found++] = (uint32_t) row;
    }
    keyed_tokens(persons->tokens, wanted, found, tokens);
    for (size_t i = 0; i < found; i++) {
        number->marks[rows[i]] = tokens[i];
        number->has[rows[i]] = 1;
    }
    crypto_wipe(texts, n * stride);
    arena_rewind(said->arena, mark);
}

static bool add_number(HubPersons *persons, Said *said, const PersonColumn *column)
{
    Str name = person_element_name(column->element);
    g_rw_lock_reader_lock(&persons->lock);
    uint32_t element = names_find(&persons->elements, name);
    g_rw_lock_reader_unlock(&persons->lock);
    if (!element || said->n_numbers == PERSON_INPUTS)
        return false;
    NumberColumn *number = &said->numbers[said->n_numbers++];
    *number = (NumberColumn) { column, element, ARENA_ARRAY(said->arena, Mark, said->batch->n), ARENA_ARRAY(said->arena, uint8_t, said->batch->n) };
    read_numbers(persons, said, number);
    return true;
}

/* --- Facts -------------------------------------------------------------------------------------------------------------------------- */

static void read_births(Said *said)
{
    const PersonColumn *column = column_of(said->batch, STR("birth"));
    for (size_t row = 0; column && column->element->type == PACK_DATE && row < said->batch->n; row++) {
        Date birth = column->column.nulls && column->column.nulls[row] ? DATE_NONE : ((const Date *) column->column.values)[row];
        if (birth == DATE_NONE)
            continue;
        if (said->births[row] == DATE_NONE)
            said->births[row] = birth;
        else if (said->births[row] != birth)
            said->conflicts[row] |= PERSON_CONFLICT;
    }
}

/* 0 and 9 (not known, not said) go against nothing, and are no fact. */
static bool is_sex(Str sex)
{
    return sex.n == 1 && (sex.p[0] == '1' || sex.p[0] == '2');
}

static void read_sexes(Said *said)
{
    const PersonColumn *column = column_of(said->batch, STR("sex"));
    Str *texts = column ? ARENA_ARRAY(said->arena, Str, said->batch->n) : NULL;
    for (size_t row = 0; column && column->element->type == PACK_CODE && row < said->batch->n; row++) {
        texts[row] = said_text(&column->column, row);
        if (!is_sex(texts[row]))
            continue;
        if (!said->sexes[row])
            said->sexes[row] = &texts[row];
        else if (!str_eq(*said->sexes[row], texts[row]))
            said->conflicts[row] |= PERSON_CONFLICT;
    }
}

static void read_marks(HubPersons *persons, Said *said)
{
    for (size_t row = 0; said->name_column && row < said->batch->n; row++) {
        Str name = said_text(&said->name_column->column, row);
        said->names[row] = name.n > 0 ? mark_of_name(persons, name, said->arena) : 0;
    }
    for (size_t row = 0; said->phone_column && row < said->batch->n; row++) {
        Str phone = said_text(&said->phone_column->column, row);
        said->phones[row] = phone.n > 0 ? mark_of_phone(persons, phone) : 0;
    }
}

static bool all_named(HubPersons *persons, Said *said)
{
    const PersonBatch *batch = said->batch;
    g_rw_lock_reader_lock(&persons->lock);
    bool all = said_facts(persons, said);
    for (size_t i = 0; i < batch->n_columns; i++)
        if (pack_type_personal(batch->columns[i].element->type))
            all &= names_find(&persons->elements, batch->columns[i].element->entry.id) && names_find(&persons->elements, person_element_name(batch->columns[i].element));
    g_rw_lock_reader_unlock(&persons->lock);
    return all;
}

bool said_read(HubPersons *persons, const PersonBatch *batch, Arena *arena, Said *ret_said)
{
    size_t n = batch->n;
    Said *said = ret_said;
    *said = (Said) { .batch = batch, .arena = arena, .names = ARENA_ARRAY(arena, uint64_t, n), .phones = ARENA_ARRAY(arena, uint64_t, n),
                     .births = ARENA_ARRAY(arena, Date, n), .sexes = ARENA_ARRAY(arena, const Str *, n), .sure = ARENA_ARRAY(arena, uint8_t, n), .conflicts = ARENA_ARRAY(arena, uint8_t, n) };
    for (size_t row = 0; row < n; row++)
        said->births[row] = DATE_NONE;
    if (!all_named(persons, said))
        return false;
    for (size_t i = 0; i < batch->person->by.n; i++) {
        const PersonColumn *column = column_of(batch, batch->person->by.v[i].text);
        if (column && !add_number(persons, said, column))
            return false;
    }
    said->name_column = column_of_type(batch, PACK_PERSON_NAME);
    said->phone_column = column_of_type(batch, PACK_PHONE);
    read_births(said);
    read_sexes(said);
    read_marks(persons, said);
    return true;
}

/* --- Descriptions ---------------------------------------------------------------------------------------------------------------------- */

static bool describe(const HubPersons *persons, const Said *said, size_t row, const PersonColumn *column, uint64_t *ret_mark)
{
    const ExprColumn *values = &column->column;
    PackType type = column->element->type;
    *ret_mark = 0;
    if (column == said->name_column)
        *ret_mark = said->names[row];
    else if (column == said->phone_column)
        *ret_mark = said->phones[row];
    else if (type == PACK_DATE)
        *ret_mark = !(values->nulls && values->nulls[row]) ? (uint64_t) (uint32_t) ((const Date *) values->values)[row] | UINT64_C(1) << 32 : 0;
    else if (type == PACK_PHONE)
        *ret_mark = mark_of_phone(persons, said_text(values, row));
    else if (type == PACK_TEXT || type == PACK_CODE || pack_type_personal(type)) {
        Str text = said_text(values, row);
        *ret_mark = text.n > 0 ? mark_of_name(persons, text, said->arena) : 0;
    }
    return *ret_mark != 0;
}

bool said_described(const HubPersons *persons, const Said *said, size_t row, Mark *ret_mark)
{
    const PackNames *wanted = &said->batch->person->otherwise;
    uint64_t parts[2 * PERSON_INPUTS] = { 0 };
    if (wanted->n == 0 || wanted->n > PERSON_INPUTS)
        return false;
    for (size_t i = 0; i < wanted->n; i++) {
        const PersonColumn *column = column_of(said->batch, wanted->v[i].text);
        parts[2 * i] = keyed_mark(persons->marks, wanted->v[i].text).high;
        if (!column || !describe(persons, said, row, column, &parts[2 * i + 1]))
            return false;
    }
    *ret_mark = keyed_mark(persons->marks, (Str) { (const char *) parts, 2 * wanted->n * sizeof *parts });
    return true;
}
