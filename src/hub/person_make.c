/* What a look at the index did not finish: persons that are new, and what is newly said of known ones. One thread at a time decides, so that no person is made twice; what it decided is
 * written in one work, and only then shown to the others. */
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { CANDIDATES = 16 };

typedef struct {
    int64_t id;
    PersonFacts facts;
    uint64_t name, phone;
    Str sex;
} NewPerson;

typedef struct {
    int64_t person;
    uint32_t element;
    Mark mark;
} NewToken;

typedef struct {
    Mark mark;
    int64_t person;
} NewLike;

typedef struct {
    int64_t person, vault;
    uint32_t element;
    bool further;
    Mark mark; /* of the value */
} NewSaid;

/* What was missing of a known person. */
typedef struct {
    int64_t person;
    uint64_t name, phone;
    Date birth;
    Str sex;
    uint32_t word;
} Learned;

typedef struct {
    int64_t person, value, was; /* was: what it corrects; DB_NULL_INT: nothing */
    uint32_t element;
    bool further;
} NewFact;

typedef struct {
    int64_t a, b;
    int score;
    const char *why;
} NewPair;

typedef struct {
    HubPersons *persons;
    const Said *said;
    Arena *arena;
    DbConn *conn; /* once somebody asked who said something */
    bool dry;
    int64_t now;
    GHashTable *tokens, *likes, *values, *facts; /* Mark * → place in the lists below, plus one */
    GHashTable *fresh;                   /* id * → place in made, plus one */
    ARENA_LIST(NewPerson) made;
    ARENA_LIST(NewToken) token;
    ARENA_LIST(NewLike) like;
    ARENA_LIST(NewValue) value;
    ARENA_LIST(NewSaid) saying;
    ARENA_LIST(Learned) learned;
    ARENA_LIST(NewFact) fact;
    ARENA_LIST(NewPair) pair;
    ARENA_LIST(Str) word;                /* that have no number in the store yet */
} Making;

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

static int64_t find_token(const Making *m, Mark mark)
{
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->tokens, &mark));
    return place ? m->token.v[place - 1].person : marks_get(m->persons->numbers, mark);
}

static NewPerson *find_fresh(const Making *m, int64_t id)
{
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->fresh, &id));
    return place ? &m->made.v[place - 1] : NULL;
}

static PersonFacts *facts_of(const Making *m, int64_t id)
{
    NewPerson *fresh = find_fresh(m, id);
    return fresh ? &fresh->facts : id > 0 ? person_facts(m->persons, id) : NULL;
}

static void add_token(Making *m, int64_t person, uint32_t element, Mark mark)
{
    PersonFacts *facts = facts_of(m, person);
    *ARENA_PUSH(m->arena, &m->token) = (NewToken) { person, element, mark };
    g_hash_table_insert(m->tokens, kept_mark(m, mark), GUINT_TO_POINTER(m->token.n));
    if (find_fresh(m, person) && facts)
        facts->elements |= element_bit(element);
}

static void add_like(Making *m, int64_t person, Mark mark)
{
    *ARENA_PUSH(m->arena, &m->like) = (NewLike) { mark, person };
    g_hash_table_insert(m->likes, kept_mark(m, mark), GUINT_TO_POINTER(m->like.n));
}

/* --- Words ------------------------------------------------------------------------------------------------------------------------------ */

static uint32_t word_of(Making *m, const Str *text)
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

static Str word_text(const Making *m, int64_t word)
{
    uint32_t n = m->persons->words.n;
    return word <= n ? m->persons->words.texts[word] : m->word.v[word - n - 1];
}

/* --- Candidates ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t best;
    int score, second;
} Candidate;

/* Whether a row has another number of a kind of which this person has one. */
static bool is_another(const Said *said, size_t row, const PersonFacts *facts)
{
    for (size_t i = 0; i < said->n_numbers; i++)
        if (said->numbers[i].has[row] && facts->elements & element_bit(said->numbers[i].element))
            return true;
    return false;
}

static void weigh(const Making *m, size_t row, int64_t id, uint32_t sex, Candidate *c)
{
    const Said *said = m->said;
    const PersonFacts *facts = facts_of(m, id);
    if (!facts || id == c->best || is_another(said, row, facts))
        return;
    int score = person_score(facts, said->names[row], said->phones[row], said->births[row], sex);
    if (score > c->score) {
        c->second = c->score;
        c->score = score;
        c->best = id;
    } else if (score > c->second) {
        c->second = score;
    }
}

static void weigh_like(const Making *m, size_t row, Mark mark, uint32_t sex, Candidate *c)
{
    int64_t ids[CANDIDATES];
    size_t n = marks_all(m->persons->likes, mark, ids, CANDIDATES);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(m->likes, &mark));
    for (size_t i = 0; i < n; i++)
        weigh(m, row, ids[i], sex, c);
    if (place)
        weigh(m, row, m->like.v[place - 1].person, sex, c);
}

static Candidate candidate_of(const Making *m, size_t row, uint32_t sex)
{
    const Said *said = m->said;
    Candidate c = { 0 };
    if (said->names[row] && said->births[row] != DATE_NONE)
        weigh_like(m, row, like_birth(m->persons, said->names[row], said->births[row]), sex, &c);
    if (said->names[row] && said->phones[row])
        weigh_like(m, row, like_phone(m->persons, said->names[row], said->phones[row]), sex, &c);
    return c;
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
static void say(Making *m, size_t row, int64_t person, const PersonColumn *column, bool first)
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
        add_like(m, person, said);
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
    add_like(m, person, said);
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
    const PersonFacts *facts = facts_of(m, person);
    bool numbered = in_number && facts->elements & element_bit(names_find(&m->persons->elements, str_from(pack_types[PACK_ID_CARD])));
    if (!element || marks & (PERSON_NAME | PERSON_UNSURE) || person <= 0 || find_fresh(m, person) || pending_fact(m, person, element) != DB_NULL_INT || numbered)
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
            add_like(m, person, like_birth(m->persons, m->said->names[row], (Date) value));
        return;
    }
    *against |= PERSON_CONFLICT;
    add_further_fact(m, person, element, value);
}

/* In a dry run a text that was never said has no word: it is like none that is known. */
static int64_t value_of_fact(Making *m, const FactColumn *fact, size_t row)
{
    Str text = fact->kind == EXPR_TEXT ? said_text(&fact->column->column, row) : STR_NONE;
    return fact->kind == EXPR_TEXT ? word_of(m, &text) : fact_number(fact, row);
}

/* What goes against the facts that are known is kept beside them, or put right by them. *against: PERSON_NAME and PERSON_UNSURE as they are; PERSON_CONFLICT is set. */
static void settle_facts(Making *m, size_t row, int64_t person, const PersonFacts *facts, uint32_t sex, uint8_t *against)
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

static void learn_facts(Making *m, size_t row, int64_t person)
{
    for (size_t i = 0; i < m->said->n_facts; i++) {
        const FactColumn *fact = &m->said->facts[i];
        if (fact_said(fact, row) && known_fact(m, person, fact->element) == DB_NULL_INT)
            add_first_fact(m, person, fact->element, value_of_fact(m, fact, row), DB_NULL_INT);
    }
}

static void learn(Making *m, size_t row, int64_t person, PersonFacts *facts, uint32_t sex)
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

/* --- One row ---------------------------------------------------------------------------------------------------------------------------------- */

static void add_pair(Making *m, int64_t a, int64_t b, int score, const char *why)
{
    if (a > 0 && b > 0 && a != b)
        *ARENA_PUSH(m->arena, &m->pair) = (NewPair) { MIN(a, b), MAX(a, b), score, why };
}

/* The person that its numbers name: the surest of them. */
static int64_t by_numbers(Making *m, size_t row, uint8_t *marks)
{
    const Said *said = m->said;
    int64_t person = 0;
    for (size_t i = 0; i < said->n_numbers; i++) {
        int64_t other = said->numbers[i].has[row] ? find_token(m, said->numbers[i].marks[row]) : 0;
        if (other && person && other != person) {
            *marks |= PERSON_UNSURE;
            add_pair(m, person, other, 0, "numbers");
        }
        if (!person)
            person = other;
    }
    return person;
}

static bool has_number(const Said *said, size_t row)
{
    for (size_t i = 0; i < said->n_numbers; i++)
        if (said->numbers[i].has[row])
            return true;
    return false;
}

/* In a dry run: below zero, and the same again for the same. */
static int64_t dry_id(Mark mark)
{
    return -(int64_t) (mark.high >> 2) - 1;
}

static int64_t make_person(Making *m, size_t row, Mark mark, uint32_t sex)
{
    const Said *said = m->said;
    int64_t id = m->dry ? dry_id(mark) : m->persons->last_person + 1 + (int64_t) m->made.n;
    NewPerson *made = ARENA_PUSH(m->arena, &m->made);
    *made = (NewPerson) { .id = id, .name = said->names[row], .phone = said->phones[row], .sex = sex ? *said->sexes[row] : STR_NONE,
                          .facts = { short_mark(said->names[row]), short_mark(said->phones[row]), PERSON_EXISTS, said->births[row], sex } };
    int64_t *key = ARENA_NEW(m->arena, int64_t);
    *key = id;
    g_hash_table_insert(m->fresh, key, GUINT_TO_POINTER(m->made.n));
    if (made->name && made->facts.birth != DATE_NONE)
        add_like(m, id, like_birth(m->persons, made->name, made->facts.birth));
    if (made->name && made->phone)
        add_like(m, id, like_phone(m->persons, made->name, made->phone));
    if (said->name_column)
        say(m, row, id, said->name_column, true);
    if (said->phone_column)
        say(m, row, id, said->phone_column, true);
    return id;
}

/* A row whose number, or description, nobody has: somebody who is much alike, or a new person. */
static int64_t settle_new(Making *m, size_t row, Mark mark, uint32_t sex, uint8_t *marks)
{
    Candidate c = candidate_of(m, row, sex);
    bool alone = c.score >= m->persons->same && c.second < m->persons->same;
    if (alone)
        return c.best;
    int64_t id = make_person(m, row, mark, sex);
    if (c.score >= m->persons->doubtful) {
        *marks |= PERSON_UNSURE;
        add_pair(m, c.best, id, c.score, "likely");
    }
    return id;
}

static void add_numbers(Making *m, size_t row, int64_t person)
{
    const Said *said = m->said;
    for (size_t i = 0; i < said->n_numbers; i++) {
        const NumberColumn *number = &said->numbers[i];
        if (!number->has[row] || find_token(m, number->marks[row]))
            continue;
        add_token(m, person, number->element, number->marks[row]);
        say(m, row, person, number->column, true);
    }
}

/* What a row says of a person that was there before. */
static void complete(Making *m, size_t row, int64_t person, uint32_t sex, uint8_t *marks)
{
    const Said *said = m->said;
    PersonFacts *facts = facts_of(m, person);
    if (!facts)
        return;
    uint8_t against = (facts_against(facts, said, row, sex) & PERSON_NAME) | (*marks & PERSON_UNSURE);
    settle_facts(m, row, person, facts, sex, &against);
    *marks |= against;
    against &= PERSON_NAME | PERSON_CONFLICT;
    if (said->name_column && said->names[row] && short_mark(said->names[row]) != facts->name)
        say(m, row, person, said->name_column, facts->name == 0);
    if (said->phone_column && said->phones[row] && short_mark(said->phones[row]) != facts->phone)
        say(m, row, person, said->phone_column, facts->phone == 0);
    if (against)
        return;
    learn(m, row, person, facts, sex);
    learn_facts(m, row, person);
}

static int64_t settle_numbered(Making *m, size_t row, uint32_t sex, uint8_t *marks)
{
    const Said *said = m->said;
    int64_t person = by_numbers(m, row, marks);
    size_t first = 0;
    while (!said->numbers[first].has[row])
        first++;
    if (!person)
        person = settle_new(m, row, said->numbers[first].marks[row], sex, marks);
    complete(m, row, person, sex, marks);
    if (!(*marks & (PERSON_NAME | PERSON_UNSURE)) || find_fresh(m, person)) /* else the number may be somebody else's */
        add_numbers(m, row, person);
    return person;
}

static int64_t settle_described(Making *m, size_t row, uint32_t sex, uint8_t *marks)
{
    Mark mark;
    if (!said_described(m->persons, m->said, row, &mark)) {
        *marks |= PERSON_MISSING;
        return 0;
    }
    int64_t person = find_token(m, mark);
    if (!person) {
        person = settle_new(m, row, mark, sex, marks);
        add_token(m, person, PERSON_DESCRIBED, mark);
    }
    complete(m, row, person, sex, marks);
    return person;
}

/* --- Writing ------------------------------------------------------------------------------------------------------------------------------------ */

static int64_t stored_mark(uint64_t mark)
{
    return mark ? (int64_t) mark : DB_NULL_INT;
}

static bool write_words(DbConn *tx, const Making *m, GError **err)
{
    for (size_t i = 0; i < m->word.n; i++)
        if (!db_exec(tx, PersonWordInsert, NULL, err, .id = (int64_t) m->persons->words.n + 1 + (int64_t) i, .word = m->word.v[i]))
            return false;
    return true;
}

static bool write_made(DbConn *tx, Making *m, GError **err)
{
    PersonKnownInsertArgs *all = ARENA_ARRAY(m->arena, PersonKnownInsertArgs, m->made.n);
    for (size_t i = 0; i < m->made.n; i++) {
        const NewPerson *made = &m->made.v[i];
        all[i] = (PersonKnownInsertArgs) { .id = made->id, .intake = m->said->batch->intake, .made = m->now, .name_mark = stored_mark(made->name),
                                           .phone_mark = stored_mark(made->phone), .birth = made->facts.birth, .sex = made->sex };
    }
    return db_exec_all(tx, PersonKnownInsert, all, m->made.n, err);
}

static bool write_learned(DbConn *tx, Making *m, GError **err)
{
    PersonKnownLearnArgs *all = ARENA_ARRAY(m->arena, PersonKnownLearnArgs, m->learned.n);
    for (size_t i = 0; i < m->learned.n; i++) {
        const Learned *learned = &m->learned.v[i];
        all[i] = (PersonKnownLearnArgs) { .id = learned->person, .name_mark = stored_mark(learned->name), .phone_mark = stored_mark(learned->phone), .birth = learned->birth,
                                          .sex = learned->sex };
    }
    return db_exec_all(tx, PersonKnownLearn, all, m->learned.n, err);
}

static bool write_tokens(DbConn *tx, Making *m, GError **err)
{
    PersonTokenInsertArgs *all = ARENA_ARRAY(m->arena, PersonTokenInsertArgs, m->token.n);
    for (size_t i = 0; i < m->token.n; i++) {
        const NewToken *token = &m->token.v[i];
        all[i] = (PersonTokenInsertArgs) { .id = m->persons->last_token + 1 + (int64_t) i, .person = token->person, .element = token->element,
                                           .high = (int64_t) token->mark.high, .low = (int64_t) token->mark.low };
    }
    return db_exec_all(tx, PersonTokenInsert, all, m->token.n, err);
}

static int by_said(const void *a, const void *b, void *data)
{
    const NewSaid *said = data, *x = &said[*(const uint32_t *) a], *y = &said[*(const uint32_t *) b];
    const int64_t left[] = { x->person, x->element, x->vault }, right[] = { y->person, y->element, y->vault };
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/* Of those who are new all is known that was said, and nothing said twice is written twice: the first stays. */
static bool write_said_of_new(DbConn *tx, Making *m, GError **err)
{
    uint32_t *order = ARENA_ARRAY(m->arena, uint32_t, m->saying.n);
    PersonValueAddArgs *all = ARENA_ARRAY(m->arena, PersonValueAddArgs, m->saying.n);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < m->saying.n; i++)
        if (m->saying.v[i].person > m->persons->last_person)
            order[n++] = (uint32_t) i;
    g_qsort_with_data(order, (int) n, sizeof *order, by_said, m->saying.v);
    for (size_t i = 0; i < n; i++) {
        const NewSaid *said = &m->saying.v[order[i]];
        if (i == 0 || by_said(&order[i - 1], &order[i], m->saying.v) != 0)
            all[kept++] = (PersonValueAddArgs) { said->person, said->element, said->vault, m->said->batch->intake, said->further };
    }
    return db_exec_all(tx, PersonValueAdd, all, kept, err);
}

static bool write_said_of_known(DbConn *tx, Making *m, GError **err)
{
    PersonValueInsertArgs *all = ARENA_ARRAY(m->arena, PersonValueInsertArgs, m->saying.n);
    size_t n = 0;
    for (size_t i = 0; i < m->saying.n; i++) {
        const NewSaid *said = &m->saying.v[i];
        if (said->person <= m->persons->last_person)
            all[n++] = (PersonValueInsertArgs) { said->person, said->element, said->vault, m->said->batch->intake, said->further };
    }
    return db_exec_all(tx, PersonValueInsert, all, n, err);
}

/* What was known becomes what else was said. */
static bool put_right(DbConn *tx, const Making *m, const NewFact *fact, GError **err)
{
    Date birth = fact->element == m->said->birth_element ? (Date) fact->value : DATE_NONE;
    Str sex = fact->element == m->said->sex_element ? word_text(m, fact->value) : STR_NONE;
    return db_exec(tx, PersonFactFurther, NULL, err, .person = fact->person, .element = fact->element) &&
           ((birth == DATE_NONE && !sex.p) || db_exec(tx, PersonKnownCorrect, NULL, err, .id = fact->person, .birth = birth, .sex = sex));
}

/* In their order, since one may put right what the one before said; between those, many at once. */
static bool write_facts(DbConn *tx, Making *m, GError **err)
{
    PersonFactInsertArgs *all = ARENA_ARRAY(m->arena, PersonFactInsertArgs, m->fact.n);
    size_t n = 0;
    for (size_t i = 0; i < m->fact.n; i++) {
        const NewFact *fact = &m->fact.v[i];
        if (fact->was != DB_NULL_INT) {
            if (!db_exec_all(tx, PersonFactInsert, all, n, err) || !put_right(tx, m, fact, err))
                return false;
            n = 0;
        }
        all[n++] = (PersonFactInsertArgs) { fact->person, fact->element, fact->value, m->said->batch->intake, m->now, fact->further };
    }
    return db_exec_all(tx, PersonFactInsert, all, n, err);
}

static bool write_pairs(DbConn *tx, const Making *m, GError **err)
{
    for (size_t i = 0; i < m->pair.n; i++) {
        const NewPair *pair = &m->pair.v[i];
        char uid[UID_TEXT_MAX];
        if (!db_exec(tx, PersonPairInsert, NULL, err, .uid = str_from(uid_new(uid)), .a = pair->a, .b = pair->b, .why = str_from(pair->why), .score = pair->score,
                     .intake = m->said->batch->intake, .found = m->now))
            return false;
    }
    return true;
}

static bool write_all(DbConn *tx, void *data, GError **err)
{
    Making *m = data;
    ArenaMark mark = arena_mark(m->arena); /* it may run again */
    bool ok = write_words(tx, m, err) && write_made(tx, m, err) && write_learned(tx, m, err) && write_tokens(tx, m, err) &&
              vault_insert(m->persons, tx, m->value.v, m->value.n, m->arena, err) && write_said_of_new(tx, m, err) && write_said_of_known(tx, m, err) &&
              write_facts(tx, m, err) && write_pairs(tx, m, err);
    arena_rewind(m->arena, mark);
    return ok;
}

/* --- Showing it to the others --------------------------------------------------------------------------------------------------------------------- */

static bool reserve_facts(Making *m, GError **err)
{
    for (size_t i = 0; i < m->fact.n; i++)
        if (!m->fact.v[i].further && !fact_reserve(m->persons, m->fact.v[i].element, m->fact.v[i].person, err))
            return false;
    return true;
}

static bool reserve_all(Making *m, GError **err)
{
    HubPersons *persons = m->persons;
    return marks_reserve(persons->numbers, m->token.n, err) && marks_reserve(persons->likes, m->like.n + 2 * m->learned.n, err) &&
           marks_reserve(persons->sealed, m->value.n, err) && facts_reserve(persons, persons->last_person + (int64_t) m->made.n, err) && reserve_facts(m, err);
}

static void take_learned(HubPersons *persons, const Learned *learned)
{
    PersonFacts *facts = person_facts(persons, learned->person);
    if (!facts)
        return;
    if (!facts->name)
        facts->name = short_mark(learned->name);
    if (!facts->phone)
        facts->phone = short_mark(learned->phone);
    if (facts->birth == DATE_NONE)
        facts->birth = learned->birth;
    if (!facts->sex)
        facts->sex = learned->word;
}

static void take_fact(const Making *m, const NewFact *fact)
{
    PersonFacts *facts = person_facts(m->persons, fact->person);
    fact_put(m->persons, fact->element, fact->person, fact->value);
    if (facts && fact->was != DB_NULL_INT && fact->element == m->said->birth_element)
        facts->birth = (Date) fact->value;
    if (facts && fact->was != DB_NULL_INT && fact->element == m->said->sex_element)
        facts->sex = (uint32_t) fact->value;
}

static void show_all(Making *m)
{
    HubPersons *persons = m->persons;
    for (size_t i = 0; i < m->word.n; i++)
        names_add(&persons->words, persons->arena, m->word.v[i], PERSON_WORDS);
    for (size_t i = 0; i < m->made.n; i++)
        facts_put(persons, m->made.v[i].id, &m->made.v[i].facts);
    for (size_t i = 0; i < m->token.n; i++) {
        const NewToken *token = &m->token.v[i];
        PersonFacts *facts = person_facts(persons, token->person);
        marks_put(persons->numbers, token->mark, token->person);
        if (facts)
            facts->elements |= element_bit(token->element);
    }
    for (size_t i = 0; i < m->like.n; i++)
        marks_put(persons->likes, m->like.v[i].mark, m->like.v[i].person);
    for (size_t i = 0; i < m->value.n; i++)
        marks_put(persons->sealed, m->value.v[i].mark, m->value.v[i].id);
    for (size_t i = 0; i < m->learned.n; i++)
        take_learned(persons, &m->learned.v[i]);
    for (size_t i = 0; i < m->fact.n; i++)
        if (!m->fact.v[i].further)
            take_fact(m, &m->fact.v[i]);
    persons->last_person += (int64_t) m->made.n;
    persons->last_token += (int64_t) m->token.n;
    persons->last_value += (int64_t) m->value.n;
}

/* The room is made before the work, so that nothing can fail behind it. */
static bool write_and_show(Making *m, GError **err)
{
    HubPersons *persons = m->persons;
    if (m->dry || !(m->made.n || m->token.n || m->saying.n || m->learned.n || m->fact.n || m->pair.n))
        return true;
    g_rw_lock_writer_lock(&persons->lock);
    bool ok = reserve_all(m, err);
    g_rw_lock_writer_unlock(&persons->lock);
    if (!ok || !db_write(persons->db, DB_BULK, write_all, m, err))
        return false;
    g_rw_lock_writer_lock(&persons->lock);
    show_all(m);
    g_rw_lock_writer_unlock(&persons->lock);
    return true;
}

static bool words_fit(const Making *m, GError **err)
{
    bool fit = m->persons->words.n + m->word.n + 1 < PERSON_WORDS;
    return fit || error_set(err, BH_TOO_LARGE, "facts of persons have more than %d different texts", PERSON_WORDS - 2);
}

static void making_init(Making *m, HubPersons *persons, const Said *said)
{
    *m = (Making) { .persons = persons, .said = said, .arena = said->arena, .dry = said->batch->dry_run || persons->read_only,
                    .now = persons->clock ? clock_now_ms(persons->clock) : 0 };
    m->tokens = g_hash_table_new(mark_hash, mark_equal);
    m->likes = g_hash_table_new(mark_hash, mark_equal);
    m->values = g_hash_table_new(mark_hash, mark_equal);
    m->facts = g_hash_table_new(mark_hash, mark_equal);
    m->fresh = g_hash_table_new(g_int64_hash, g_int64_equal);
}

static void making_clear(Making *m)
{
    g_hash_table_unref(m->tokens);
    g_hash_table_unref(m->likes);
    g_hash_table_unref(m->values);
    g_hash_table_unref(m->facts);
    g_hash_table_unref(m->fresh);
}

bool persons_make(HubPersons *persons, const Said *said, const uint32_t *rows, size_t n, int64_t *ret_persons, uint8_t *ret_marks, GError **err)
{
    Making m;
    making_init(&m, persons, said);
    g_mutex_lock(&persons->maker); /* who holds it may read the index without the other lock: only makers change it */
    for (size_t i = 0; i < n; i++) {
        size_t row = rows[i];
        uint32_t sex = word_of(&m, said->sexes[row]);
        uint8_t marks = said->conflicts[row];
        ret_persons[row] = has_number(said, row) ? settle_numbered(&m, row, sex, &marks) : settle_described(&m, row, sex, &marks);
        ret_marks[row] = marks;
    }
    db_done(m.conn); /* before the write, which may wait */
    bool ok = words_fit(&m, err) && write_and_show(&m, err);
    g_mutex_unlock(&persons->maker);
    making_clear(&m);
    return ok;
}
