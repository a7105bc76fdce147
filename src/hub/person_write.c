/* What was decided is written in one work, and only then shown to the others. */
#include "db/queries.h"
#include "hub/person_make.h"

#include "base/banned.h"

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
    Str sex = fact->element == m->said->sex_element ? making_word_text(m, fact->value) : STR_NONE;
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
bool making_write(Making *m, GError **err)
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
