/* What a batch finds out about persons, and what it found out so far: numbers, words, what is said, facts. Nothing is written here. */
#include "db/queries.h"
#include "hub/person_make.h"

#include "base/banned.h"

/* --- Finding, also what this batch made ---------------------------------------------------------------------------------------------- */

static guint mark_hash(gconstpointer mark)
{
    return (guint) ((const Mark *) mark)->high;
}

static gboolean mark_equal(gconstpointer a, gconstpointer b)
{
    return mark_eq(*(const Mark *) a, *(const Mark *) b);
}

static Mark *kept_mark(Making *m, Mark mark)
{
    Mark *kept = ARENA_NEW(m->arena, Mark);
    *kept = mark;
    return kept;
}

void making_init(Making *m, HubPersons *persons, const Said *said, bool dry)
{
    *m = (Making) { .persons = persons, .said = said, .arena = said->arena, .dry = dry || said->batch->dry_run || persons->read_only,
                    .now = persons->clock ? clock_now_ms(persons->clock) : 0 };
    m->tokens = g_hash_table_new(mark_hash, mark_equal);
    m->likes = g_hash_table_new(mark_hash, mark_equal);
    m->values = g_hash_table_new(mark_hash, mark_equal);
    m->facts = g_hash_table_new(mark_hash, mark_equal);
    m->fresh = g_hash_table_new(g_int64_hash, g_int64_equal);
}

void making_clear(Making *m)
{
    g_hash_table_unref(m->tokens);
    g_hash_table_unref(m->likes);
    g_hash_table_unref(m->values);
    g_hash_table_unref(m->facts);
    g_hash_table_unref(m->fresh);
}

int64_t making_person(const Making *m, Mark mark)
{
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->tokens, &mark));
    return place ? m->token.v[place - 1].person : marks_get(m->persons->numbers, mark);
}

NewPerson *making_fresh(const Making *m, int64_t id)
{
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->fresh, &id));
    return place ? &m->made.v[place - 1] : NULL;
}

PersonFacts *making_facts(const Making *m, int64_t id)
{
    NewPerson *fresh = making_fresh(m, id);
    return fresh ? &fresh->facts : id > 0 ? person_facts(m->persons, id) : NULL;
}

void making_add_token(Making *m, int64_t person, uint32_t element, Mark mark)
{
    PersonFacts *facts = making_facts(m, person);
    *ARENA_PUSH(m->arena, &m->token) = (NewToken) { person, element, mark };
    g_hash_table_insert(m->tokens, kept_mark(m, mark), GUINT_TO_POINTER(m->token.n));
    if (making_fresh(m, person) && facts)
        facts->elements |= element_bit(element);
}

void making_add_like(Making *m, int64_t person, Mark mark)
{
    *ARENA_PUSH(m->arena, &m->like) = (NewLike) { mark, person };
    g_hash_table_insert(m->likes, kept_mark(m, mark), GUINT_TO_POINTER(m->like.n));
}

/* --- Words ------------------------------------------------------------------------------------------------------------------------------ */

uint32_t making_word(Making *m, const Str *text)
{
    HubPersons *persons = m->persons;
    uint32_t id = text ? names_find(&persons->words, *text) : 0;
    if (!text || id || m->dry)
        return id;
    for (size_t i = 0; i < m->word.n; i++)
        if (str_eq(m->word.v[i], *text))
            return persons->words.n + 1 + (uint32_t) i;
    *ARENA_PUSH(m->arena, &m->word) = *text;
    return persons->words.n + (uint32_t) m->word.n;
}

Str making_word_text(const Making *m, int64_t word)
{
    uint32_t n = m->persons->words.n;
    return word <= n ? m->persons->words.texts[word] : m->word.v[word - n - 1];
}

/* --- What is said of a person ------------------------------------------------------------------------------------------------------------- */

uint8_t facts_against(const PersonFacts *facts, const Said *said, size_t row, uint32_t sex)
{
    uint8_t marks = 0;
    uint32_t name = short_mark(said->names[row]);
    if (name && facts->name && name != facts->name)
        marks |= PERSON_NAME;
    if (said->births[row] != DATE_NONE && facts->birth != DATE_NONE && said->births[row] != facts->birth)
        marks |= PERSON_CONFLICT;
    if (sex && facts->sex && sex != facts->sex)
        marks |= PERSON_CONFLICT;
    return marks;
}

/* The vault's id of a value, which may be one of this batch. */
static int64_t value_of(Making *m, PackType type, Str text, Mark mark)
{
    int64_t id = marks_get(m->persons->sealed, mark);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->values, &mark));
    if (id || place)
        return id ? id : m->value.v[place - 1].id;
    id = m->persons->last_value + 1 + (int64_t) m->value.n;
    *ARENA_PUSH(m->arena, &m->value) = (NewValue) { id, type, text, mark, false };
    g_hash_table_insert(m->values, kept_mark(m, mark), GUINT_TO_POINTER(m->value.n));
    return id;
}

/* `first`: nothing of this kind was known. */
void making_say(Making *m, size_t row, int64_t person, const PersonColumn *column, bool first)
{
    Str text = said_text(&column->column, row);
    uint32_t element = names_find(&m->persons->elements, column->element->entry.id);
    if (text.n == 0 || !element || m->dry)
        return;
    Mark mark = vault_mark(m->persons, column->element->type, false, text), said = like_value(m->persons, person, element, mark);
    if (!first && (marks_get(m->persons->likes, said) || g_hash_table_contains(m->likes, &said)))
        return;
    int64_t vault = value_of(m, column->element->type, text, mark);
    *ARENA_PUSH(m->arena, &m->saying) = (NewSaid) { person, vault, element, !first, mark };
    if (!first)
        making_add_like(m, person, said);
}

/* --- Facts ------------------------------------------------------------------------------------------------------------------------------ */

/* What this batch found out about somebody; DB_NULL_INT: nothing. */
static int64_t pending_fact(const Making *m, int64_t person, uint32_t element)
{
    Mark own = like_fact(m->persons, person, element, DB_NULL_INT);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->facts, &own));
    return place ? m->fact.v[place - 1].value : DB_NULL_INT;
}

static int64_t known_fact(const Making *m, int64_t person, uint32_t element)
{
    int64_t pending = pending_fact(m, person, element);
    return pending != DB_NULL_INT ? pending : person > 0 ? fact_known(m->persons, element, person) : DB_NULL_INT;
}

static void add_further_fact(Making *m, int64_t person, uint32_t element, int64_t value)
{
    Mark said = like_fact(m->persons, person, element, value);
    if (!element || m->dry || marks_get(m->persons->likes, said) || g_hash_table_contains(m->likes, &said))
        return;
    *ARENA_PUSH(m->arena, &m->fact) = (NewFact) { person, value, DB_NULL_INT, element, true };
    making_add_like(m, person, said);
}

static void add_first_fact(Making *m, int64_t person, uint32_t element, int64_t value, int64_t was)
{
    if (!element || m->dry)
        return;
    *ARENA_PUSH(m->arena, &m->fact) = (NewFact) { person, value, was, element, false };
    g_hash_table_insert(m->facts, kept_mark(m, like_fact(m->persons, person, element, DB_NULL_INT)), GUINT_TO_POINTER(m->fact.n));
}

/* Whose arrival said what is known; DB_NULL_INT where that is not told, or cannot be read. */
static int64_t org_of_fact(Making *m, int64_t person, uint32_t element, bool made_with)
{
    PersonFactOrgRow row = { .org = DB_NULL_INT };
    bool found = false;
    if (!m->conn && !(m->conn = db_reader(m->persons->db, NULL)))
        return DB_NULL_INT;
    if (!db_one(m->conn, PersonFactOrg, m->arena, &row, &found, NULL, .person = person, .element = element))
        return DB_NULL_INT;
    if (found || !made_with)
        return found ? row.org : DB_NULL_INT;
    PersonKnownOrgRow known = { .org = DB_NULL_INT };
    return db_one(m->conn, PersonKnownOrg, m->arena, &known, &found, NULL, .person = person) && found ? known.org : DB_NULL_INT;
}

/* Whether a row may put right what is known: an identity number goes before what was typed in, and who said something may correct it by what was never said before. Not where the row may be
 * somebody else's, nor within a batch, where nobody can tell which of two was meant. */
static bool corrects(Making *m, size_t row, int64_t person, uint32_t element, bool in_number, uint8_t marks)
{
    const PersonFacts *facts = making_facts(m, person);
    bool numbered = in_number && facts->elements & element_bit(names_find(&m->persons->elements, str_from(pack_types[PACK_ID_CARD])));
    if (!element || marks & (PERSON_NAME | PERSON_UNSURE) || person <= 0 || making_fresh(m, person) || pending_fact(m, person, element) != DB_NULL_INT || numbered)
        return false;
    if (in_number && m->said->sure[row])
        return true;
    return m->said->batch->org > 0 && org_of_fact(m, person, element, in_number) == m->said->batch->org;
}

/* A row says another value than is known. */
static void settle_fact(Making *m, size_t row, int64_t person, uint32_t element, int64_t known, int64_t value, bool in_number, uint8_t *against)
{
    Mark said = like_fact(m->persons, person, element, value);
    bool again = marks_get(m->persons->likes, said) || g_hash_table_contains(m->likes, &said);
    if (pending_fact(m, person, element) == value)
        return;
    if (!again && corrects(m, row, person, element, in_number, *against)) {
        add_further_fact(m, person, element, known);
        add_first_fact(m, person, element, value, known);
        if (element == m->said->birth_element && m->said->names[row] && !m->dry)
            making_add_like(m, person, like_birth(m->persons, m->said->names[row], (Date) value));
        return;
    }
    *against |= PERSON_CONFLICT;
    add_further_fact(m, person, element, value);
}

/* In a dry run a text that was never said has no word: it is like none that is known. */
static int64_t value_of_fact(Making *m, const FactColumn *fact, size_t row)
{
    Str text = fact->kind == EXPR_TEXT ? said_text(&fact->column->column, row) : STR_NONE;
    return fact->kind == EXPR_TEXT ? making_word(m, &text) : fact_number(fact, row);
}

/* What goes against the facts that are known is kept beside them, or put right by them. *against: PERSON_NAME and PERSON_UNSURE as they are; PERSON_CONFLICT is set. */
void making_settle(Making *m, size_t row, int64_t person, const PersonFacts *facts, uint32_t sex, uint8_t *against)
{
    const Said *said = m->said;
    int64_t birth = facts->birth != DATE_NONE ? facts->birth : pending_fact(m, person, said->birth_element);
    int64_t known_sex = facts->sex ? facts->sex : pending_fact(m, person, said->sex_element);
    if (said->births[row] != DATE_NONE && birth != DB_NULL_INT && said->births[row] != birth)
        settle_fact(m, row, person, said->birth_element, birth, said->births[row], true, against);
    if (sex && known_sex != DB_NULL_INT && sex != known_sex)
        settle_fact(m, row, person, said->sex_element, known_sex, sex, true, against);
    for (size_t i = 0; i < said->n_facts; i++) {
        const FactColumn *fact = &said->facts[i];
        int64_t known = fact_said(fact, row) ? known_fact(m, person, fact->element) : DB_NULL_INT;
        int64_t value = known != DB_NULL_INT ? value_of_fact(m, fact, row) : known;
        if (value != known)
            settle_fact(m, row, person, fact->element, known, value, false, against);
    }
}

void making_learn_facts(Making *m, size_t row, int64_t person)
{
    for (size_t i = 0; i < m->said->n_facts; i++) {
        const FactColumn *fact = &m->said->facts[i];
        if (fact_said(fact, row) && known_fact(m, person, fact->element) == DB_NULL_INT)
            add_first_fact(m, person, fact->element, value_of_fact(m, fact, row), DB_NULL_INT);
    }
}

void making_learn(Making *m, size_t row, int64_t person, PersonFacts *facts, uint32_t sex)
{
    const Said *said = m->said;
    Learned learned = { .person = person, .birth = DATE_NONE };
    if (!facts->name)
        learned.name = said->names[row];
    if (!facts->phone)
        learned.phone = said->phones[row];
    if (facts->birth == DATE_NONE && pending_fact(m, person, said->birth_element) == DB_NULL_INT)
        learned.birth = said->births[row];
    if (!facts->sex && sex && pending_fact(m, person, said->sex_element) == DB_NULL_INT) {
        learned.word = sex;
        learned.sex = *said->sexes[row];
    }
    if (m->dry || !(learned.name || learned.phone || learned.birth != DATE_NONE || learned.word))
        return;
    *ARENA_PUSH(m->arena, &m->learned) = learned;
    if (learned.birth != DATE_NONE) /* so that it is known who said it */
        add_first_fact(m, person, said->birth_element, learned.birth, DB_NULL_INT);
    if (learned.word)
        add_first_fact(m, person, said->sex_element, learned.word, DB_NULL_INT);
}
