/* persons.h: for tests of persons: batches from tables of texts, as a dataset with a number, a card, or name, birth, sex and telephone would bring them. */
#pragma once

#include "hub/person.h"

#include "fixture.h"

/* What a row says; NULL: nothing. */
typedef struct {
    const char *id, *card, *name, *birth, *sex, *phone, *blood, *died;
} Who;

extern const PackElement person_elements[8]; /* in the order of Who; blood and died are facts beside birth and sex */
extern const PackPerson person_subject;

/* Columns in arena, over texts that stay. */
PersonBatch persons_batch(const Who *rows, size_t n, Arena *arena);

/* Resolves them; ends the test where it fails. */
void resolve(HubPersons *persons, const Who *rows, size_t n, bool dry_run, int64_t *ret_ids, uint8_t *ret_marks);
int64_t resolve_one(HubPersons *persons, Who who, uint8_t *ret_marks);

/* An identity number with its check digit: 17 digits of district, day of birth and serial number. */
const char *invented_id(Arena *arena, unsigned serial, Date birth, bool man);

/* Opens it in the fixture's folder. */
HubPersons *open_persons(Fixture *f);
