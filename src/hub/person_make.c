/* What a look at the index did not finish: persons that are new, and what is newly said of known ones. One thread at a time decides, so that no person is made twice; what it decided is
 * written in one work, and only then shown to the others. */
#include "hub/person_make.h"

#include "base/banned.h"

enum { CANDIDATES = 16 };

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
    const PersonFacts *facts = making_facts(m, id);
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
        int64_t other = said->numbers[i].has[row] ? making_person(m, said->numbers[i].marks[row]) : 0;
        if (other && person && other != person) {
            *marks |= PERSON_UNSURE;
            add_pair(m, person, other, 0, "numbers");
        }
        if (!person)
            person = other;
    }
    return person;
}

static bool is_stored(const Said *said, size_t row)
{
    return !said->batch->unstored || !said->batch->unstored[row];
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
        making_add_like(m, id, like_birth(m->persons, made->name, made->facts.birth));
    if (made->name && made->phone)
        making_add_like(m, id, like_phone(m->persons, made->name, made->phone));
    if (said->name_column)
        making_say(m, row, id, said->name_column, true);
    if (said->phone_column)
        making_say(m, row, id, said->phone_column, true);
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
        if (!number->has[row] || making_person(m, number->marks[row]))
            continue;
        making_add_token(m, person, number->element, number->marks[row]);
        making_say(m, row, person, number->column, true);
    }
}

/* What a row says of a person that was there before. */
static void complete(Making *m, size_t row, int64_t person, uint32_t sex, uint8_t *marks)
{
    const Said *said = m->said;
    PersonFacts *facts = making_facts(m, person);
    if (!facts)
        return;
    uint8_t against = (facts_against(facts, said, row, sex) & PERSON_NAME) | (*marks & PERSON_UNSURE);
    making_settle(m, row, person, facts, sex, &against);
    *marks |= against;
    against &= PERSON_NAME | PERSON_CONFLICT;
    if (said->name_column && said->names[row] && short_mark(said->names[row]) != facts->name)
        making_say(m, row, person, said->name_column, facts->name == 0);
    if (said->phone_column && said->phones[row] && short_mark(said->phones[row]) != facts->phone)
        making_say(m, row, person, said->phone_column, facts->phone == 0);
    if (against)
        return;
    making_learn(m, row, person, facts, sex);
    making_learn_facts(m, row, person);
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
    if (!(*marks & (PERSON_NAME | PERSON_UNSURE)) || making_fresh(m, person)) /* else the number may be somebody else's */
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
    int64_t person = making_person(m, mark);
    if (!person) {
        person = settle_new(m, row, mark, sex, marks);
        making_add_token(m, person, PERSON_DESCRIBED, mark);
    }
    complete(m, row, person, sex, marks);
    return person;
}

/* --- All of them ------------------------------------------------------------------------------------------------------------------------- */

static bool words_fit(const Making *m, GError **err)
{
    bool fit = m->persons->words.n + m->word.n + 1 < PERSON_WORDS;
    return fit || error_set(err, BH_TOO_LARGE, "facts of persons have more than %d different texts", PERSON_WORDS - 2);
}

static void settle_rows(Making *m, const uint32_t *rows, size_t n, bool stored, int64_t *ret_persons, uint8_t *ret_marks)
{
    const Said *said = m->said;
    for (size_t i = 0; i < n; i++) {
        size_t row = rows[i];
        if (is_stored(said, row) != stored)
            continue;
        uint32_t sex = making_word(m, said->sexes[row]);
        uint8_t marks = said->conflicts[row];
        ret_persons[row] = has_number(said, row) ? settle_numbered(m, row, sex, &marks) : settle_described(m, row, sex, &marks);
        ret_marks[row] = marks;
    }
    db_done(m->conn); /* before the write, which may wait */
    m->conn = NULL;
}

/* Rows that are rejected leave no trace: they are looked at as in a dry run, behind the others. */
static void settle_unstored(HubPersons *persons, const Said *said, const uint32_t *rows, size_t n, int64_t *ret_persons, uint8_t *ret_marks)
{
    Making m;
    making_init(&m, persons, said, true);
    settle_rows(&m, rows, n, false, ret_persons, ret_marks);
    making_clear(&m);
}

bool persons_make(HubPersons *persons, const Said *said, const uint32_t *rows, size_t n, int64_t *ret_persons, uint8_t *ret_marks, GError **err)
{
    Making m;
    making_init(&m, persons, said, false);
    g_mutex_lock(&persons->maker); /* who holds it may read the index without the other lock: only makers change it */
    settle_rows(&m, rows, n, true, ret_persons, ret_marks);
    bool ok = words_fit(&m, err) && making_write(&m, err);
    if (ok && said->batch->unstored)
        settle_unstored(persons, said, rows, n, ret_persons, ret_marks);
    g_mutex_unlock(&persons->maker);
    making_clear(&m);
    return ok;
}
