/* person_make.h: private to src/hub/person_make.c, person_learn.c and person_write.c: what a batch makes of persons, before it is written. */
#pragma once

#include "hub/person_in.h"

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

/* --- What is known, also by this batch (person_learn.c) ------------------------------------------------------------------------ */

void making_init(Making *m, HubPersons *persons, const Said *said, bool dry);
void making_clear(Making *m);

int64_t making_person(const Making *m, Mark mark); /* whose number it is; 0: nobody's */
NewPerson *making_fresh(const Making *m, int64_t id); /* NULL: made before this batch */
PersonFacts *making_facts(const Making *m, int64_t id); /* NULL: there is no such person */
void making_add_token(Making *m, int64_t person, uint32_t element, Mark mark);
void making_add_like(Making *m, int64_t person, Mark mark);

/* The number of a text, which may be new; NULL: 0. */
uint32_t making_word(Making *m, const Str *text);
Str making_word_text(const Making *m, int64_t word);

/* --- What a row says (person_learn.c) ------------------------------------------------------------------------------------------- */

/* `first`: nothing of this kind was known. */
void making_say(Making *m, size_t row, int64_t person, const PersonColumn *column, bool first);

/* What goes against the facts that are known is kept beside them, or put right by them. *against: PERSON_NAME and PERSON_UNSURE as they are; PERSON_CONFLICT is set. */
void making_settle(Making *m, size_t row, int64_t person, const PersonFacts *facts, uint32_t sex, uint8_t *against);

/* What was not known of a person. */
void making_learn(Making *m, size_t row, int64_t person, PersonFacts *facts, uint32_t sex);
void making_learn_facts(Making *m, size_t row, int64_t person);

/* --- Writing (person_write.c) ------------------------------------------------------------------------------------------------------ */

/* All of it in one work, and only then shown to the others. */
bool making_write(Making *m, GError **err);
