/* person_in.h: private to src/hub: what the files of persons share. */
#pragma once

#include "hub/marks.h"
#include "hub/person.h"

/* --- The store's index in memory ------------------------------------------------------------------------------------------ */

enum { PERSON_ELEMENTS = 4096, PERSON_DESCRIBED = 0, PERSON_WORDS = 65536, PERSON_INPUTS = 16 };

/* What is kept of each person for the check, in one line of the cache: two ints of marks, which elements it has numbers of, and facts. */
typedef struct {
    uint32_t name, phone; /* of their marks, 32 bits; 0: not known */
    uint32_t elements;    /* bits of the elements of which it has numbers; bit 31: there is such a person */
    int32_t birth;        /* DATE_NONE */
    uint32_t sex;         /* a word; 0: not known */
} PersonFacts;
#define PERSON_EXISTS (UINT32_C(1) << 31)

/* Two of more than 31 elements may share a bit: then who has a number of the one is thought to have one of the other, and is compared with fewer. */
static inline uint32_t element_bit(int64_t element)
{
    return element > PERSON_DESCRIBED ? UINT32_C(1) << (element - 1) % 31 : 0;
}

/* Two tables of texts that have numbers for good. */
typedef struct {
    Str *texts; /* by id; 0: none */
    uint32_t n;
    GHashTable *ids; /* Str * in texts → id */
} Names;

struct HubPersons {
    Db *db;
    const Clock *clock;
    const KeyRing *keys;
    char *dir;
    bool read_only;
    int same, doubtful;

    Keyed *tokens;     /* of numbers, marks of what is compared, uids: always of the first key */
    Keyed *marks;
    Keyed *values;     /* marks of values in the vault */
    Keyed **seals;     /* by id of the key */

    GRWLock lock;      /* what follows: read by many, changed by who holds maker, too */
    GMutex maker;      /* one at a time makes persons and values */
    Marks *numbers, *likes, *sealed; /* tokens → person; name and birth, name and telephone → persons; marks of values → vault */
    Mapped *facts;     /* PersonFacts by id of the person */
    Mapped **columns;  /* by element: further facts, an int a person (person_fact.c); NULL: it is none */
    Names elements, words;
    Arena *arena;      /* of the names */
    int64_t last_person, last_token, last_value;
    gint held;         /* hub_persons_begin */
    int64_t last_resolve_ms, quiet_ms; /* when a file last named persons, by monotonic_ms; how long nobody must have before a sweep */
};

static inline PersonFacts *person_facts(const HubPersons *persons, int64_t id)
{
    PersonFacts *all = (PersonFacts *) persons->facts->body;
    return (uint64_t) id < persons->facts->head->size / sizeof *all && all[id].elements & PERSON_EXISTS ? &all[id] : NULL;
}

/* The id of a text; 0: it has none yet. names_add gives it the next one. */
uint32_t names_find(const Names *names, Str text);
uint32_t names_add(Names *names, Arena *arena, Str text, uint32_t most);

static inline uint32_t short_mark(uint64_t mark)
{
    uint32_t cut = (uint32_t) (mark >> 32);
    return mark && !cut ? 1 : cut;
}

/* --- What a row says (person_said.c) ------------------------------------------------------------------------------------------ */

typedef struct {
    const PersonColumn *column;
    uint32_t element;   /* names a number; id_card for all of that type */
    Mark *marks;        /* by row */
    uint8_t *has;
} NumberColumn;

/* A fact beside birth and sex. */
typedef struct {
    const PersonColumn *column;
    uint32_t element;
    ExprKind kind;
} FactColumn;

typedef struct {
    const PersonBatch *batch;
    Arena *arena;
    NumberColumn numbers[PERSON_INPUTS];
    size_t n_numbers;
    FactColumn *facts;
    size_t n_facts;
    uint32_t birth_element, sex_element; /* by which birth and sex are kept that are not those known; 0: never said yet */
    const PersonColumn *name_column, *phone_column;
    uint64_t *names, *phones; /* marks by row; 0: none */
    Date *births;             /* DATE_NONE: none */
    const Str **sexes;        /* points to a text, or NULL */
    uint8_t *sure;            /* birth and sex stand in its identity number */
    uint8_t *conflicts;       /* PERSON_ bits known of the row alone */
} Said;

static inline Str said_text(const ExprColumn *column, size_t row)
{
    if (column->nulls && column->nulls[row])
        return STR_NONE;
    return column->codes ? column->dict->values[column->codes[row]] : ((const Str *) column->values)[row];
}

/* Reads a batch; touches no lock. False: elements that were never seen must be given numbers first (persons_name_elements). */
bool said_read(HubPersons *persons, const PersonBatch *batch, Arena *arena, Said *ret_said);

/* All of what describes somebody without a number, as one mark; false: something of it is missing. */
bool said_described(const HubPersons *persons, const Said *said, size_t row, Mark *ret_mark);

/* Marks by which persons of the same name and birth, or name and telephone, are found. */
Mark like_birth(const HubPersons *persons, uint64_t name, Date birth);
Mark like_phone(const HubPersons *persons, uint64_t name, uint64_t phone);

/* That something was said of a person which is not the first name or telephone. */
Mark like_value(const HubPersons *persons, int64_t person, uint32_t element, Mark value);

/* What one text of a kind is compared by: names without blanks and widths, telephones by their digits. */
uint64_t mark_of_name(const HubPersons *persons, Str name, Arena *arena);
uint64_t mark_of_phone(const HubPersons *persons, Str phone);

/* Gives the elements of a batch their numbers, in the store, too. */
bool persons_name_elements(HubPersons *persons, const PersonBatch *batch, GError **err);
Str person_element_name(const PackElement *element); /* what a number of it is called in tokens */

/* --- Facts (person_fact.c) ------------------------------------------------------------------------------------------------------- */

enum { FACT_NAME_MAX = 64 };
Str fact_name(const PackElement *element, char ret_name[static FACT_NAME_MAX]); /* what an element that is of_person is called among the elements */

/* The columns of all facts that have a number: opened, made of the store where they are fresh, closed. */
bool fact_columns_open(HubPersons *persons, uint64_t stamp, GError **err);
bool fact_columns_fill(HubPersons *persons, GError **err);
bool fact_columns_behind(const HubPersons *persons);
bool fact_columns_unsettled(const HubPersons *persons);
bool fact_columns_settle(HubPersons *persons, uint64_t stamp, GError **err);
bool fact_columns_touch(HubPersons *persons, GError **err);
void fact_columns_close(HubPersons *persons);
bool fact_column_new(HubPersons *persons, uint32_t element, Str name, GError **err); /* of an element that gets its number now; nothing where it is no fact */

/* Room for a person in a column; the caller changes the index. DB_NULL_INT: not known. */
bool fact_reserve(HubPersons *persons, uint32_t element, int64_t person, GError **err);
void fact_put(HubPersons *persons, uint32_t element, int64_t person, int64_t value);
int64_t fact_known(const HubPersons *persons, uint32_t element, int64_t person);

/* That a fact was said which is not the one that is known. */
Mark like_fact(const HubPersons *persons, int64_t person, uint32_t element, int64_t value);

/* The facts that a batch has columns of; false: one of them has no number yet. A row's, as it is kept: a text as its word, which the caller finds (fact_number is for the others). */
bool said_facts(const HubPersons *persons, Said *said);
bool fact_said(const FactColumn *fact, size_t row);
int64_t fact_number(const FactColumn *fact, size_t row);

/* What is kept of a person but the first birth and sex, those that are known first. In arena. */
bool person_facts_of(const HubPersons *persons, DbConn *conn, int64_t person, Arena *arena, const PersonFact **ret_facts, size_t *ret_n, GError **err);

/* --- Making (person_make.c) --------------------------------------------------------------------------------------------------- */

/* What known facts say against a row: PERSON_NAME, PERSON_CONFLICT. sex: the word of what it says; 0: nothing. */
uint8_t facts_against(const PersonFacts *facts, const Said *said, size_t row, uint32_t sex);

/* The rows that a look at the index did not finish. */
bool persons_make(HubPersons *persons, const Said *said, const uint32_t *rows, size_t n, int64_t *ret_persons, uint8_t *ret_marks, GError **err);

/* How alike a row and a known person are, in points (person_score.c). */
int person_score(const PersonFacts *facts, uint64_t name, uint64_t phone, Date birth, uint32_t sex);

/* --- The vault (vault.c) -------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id;
    PackType type;
    Str text;
    Mark mark;
    bool held;
} NewValue;

/* What a value's seal is about, and the key that seals. */
enum { VAULT_ABOUT_BYTES = 9 };
Str vault_about(int64_t id, int type, char ret_about[static VAULT_ABOUT_BYTES]);
Keyed *vault_seal_key(const KeyRing *keys, uint32_t id);

/* How a type is numbered in the store; 0: not personal. */
int vault_type(PackType type);
PackType vault_pack_type(int64_t type);
Mark vault_mark(const HubPersons *persons, PackType type, bool held, Str text); /* what rows hold is sealed apart from what is said of persons */
bool vault_insert(HubPersons *persons, DbConn *tx, const NewValue *values, size_t n, Arena *arena, GError **err); /* leaves what it needed in the arena */

/* Every person of whom there is a note (person_note.c), in no order, perhaps several times. */
bool notes_each_person(Db *db, void (*tell)(int64_t person, void *data), void *data, GError **err);

/* --- Opening (person_open.c) ------------------------------------------------------------------------------------------------------ */

/* Room for facts up to this id; the caller changes the index. */
bool facts_reserve(HubPersons *persons, int64_t id, GError **err);
void facts_put(HubPersons *persons, int64_t id, const PersonFacts *facts);
