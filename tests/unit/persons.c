#include "persons.h"

#include "base/identity.h"

#include "base/banned.h"

#define ELEMENT(ID, TYPE, ...) { .entry = { .id = STR_INIT(ID) }, .type = TYPE, __VA_ARGS__ }
const PackElement person_elements[8] = {
    ELEMENT("id_card", PACK_ID_CARD, .sensitivity = 5), ELEMENT("card_no", PACK_CARD_NO, .sensitivity = 4), ELEMENT("person_name", PACK_PERSON_NAME, .sensitivity = 4),
    ELEMENT("birth", PACK_DATE, .of_person = true), ELEMENT("sex", PACK_CODE, .of_person = true), ELEMENT("guardian_phone", PACK_PHONE, .sensitivity = 4),
    ELEMENT("blood", PACK_CODE, .of_person = true), ELEMENT("died_on", PACK_DATE, .of_person = true),
};

static const PackName by[] = { { STR_INIT("id_card"), NULL }, { STR_INIT("card_no"), NULL } };
static const PackName otherwise[] = { { STR_INIT("person_name"), NULL }, { STR_INIT("birth"), NULL }, { STR_INIT("sex"), NULL }, { STR_INIT("guardian_phone"), NULL } };
const PackPerson person_subject = { .by = { by, G_N_ELEMENTS(by) }, .otherwise = { otherwise, G_N_ELEMENTS(otherwise) } };

static const char *cell(const Who *who, size_t column)
{
    const char *const cells[] = { who->id, who->card, who->name, who->birth, who->sex, who->phone, who->blood, who->died };
    return cells[column];
}

static ExprColumn column_of(const Who *rows, size_t n, size_t column, Arena *arena)
{
    bool day = person_elements[column].type == PACK_DATE;
    Str *texts = ARENA_ARRAY(arena, Str, n);
    Date *days = ARENA_ARRAY(arena, Date, n);
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n);
    for (size_t row = 0; row < n; row++) {
        const char *text = cell(&rows[row], column);
        texts[row] = str_from(text);
        nulls[row] = !text || (day && !date_parse(texts[row], &days[row]));
    }
    return (ExprColumn) { .values = day ? (const void *) days : texts, .nulls = nulls };
}

PersonBatch persons_batch(const Who *rows, size_t n, Arena *arena)
{
    PersonColumn *columns = ARENA_ARRAY(arena, PersonColumn, G_N_ELEMENTS(person_elements));
    for (size_t i = 0; i < G_N_ELEMENTS(person_elements); i++)
        columns[i] = (PersonColumn) { &person_elements[i], column_of(rows, n, i, arena) };
    return (PersonBatch) { .person = &person_subject, .columns = columns, .n_columns = G_N_ELEMENTS(person_elements), .n = n, .intake = 7 };
}

void resolve(HubPersons *persons, const Who *rows, size_t n, bool dry_run, int64_t *ret_ids, uint8_t *ret_marks)
{
    g_autoptr(Arena) arena = arena_new();
    GError *err = NULL;
    PersonBatch batch = persons_batch(rows, n, arena);
    batch.dry_run = dry_run;
    hub_persons_resolve(persons, &batch, ret_ids, ret_marks, &err);
    g_assert_no_error(err);
}

int64_t resolve_one(HubPersons *persons, Who who, uint8_t *ret_marks)
{
    int64_t id = -1;
    uint8_t marks = 0;
    resolve(persons, &who, 1, false, &id, &marks);
    if (ret_marks)
        *ret_marks = marks;
    return id;
}

const char *invented_id(Arena *arena, unsigned serial, Date birth, bool man)
{
    static const char checks[] = "0123456789X";
    int year, month, day;
    date_to_ymd(birth, &year, &month, &day);
    Str text = arena_printf(arena, "%06u%04d%02d%02d%02u%u?", 320200 + serial / 1000 % 600, year, month, day, serial / 5 % 100, serial % 5 * 2 + man);
    for (size_t i = 0; i + 1 < sizeof checks; i++) {
        ((char *) text.p)[17] = checks[i];
        if (id_number_valid(text))
            return text.p;
    }
    g_assert_not_reached();
}

HubPersons *open_persons(Fixture *f)
{
    GError *err = NULL;
    HubPersons *persons = hub_persons_open(&(HubPersonsOptions) { .db = f->db, .clock = f->clock, .keys = f->keys, .data_dir = temp_dir_path(f->folder) }, &err);
    g_assert_no_error(err);
    return persons;
}
