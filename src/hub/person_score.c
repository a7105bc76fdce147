/* How alike a row and a known person are. A table of points and not a probability: who decides about a pair is told how it came about. */
#include "hub/person_in.h"

#include "base/banned.h"

static int agree(bool known, bool same, int points, int against)
{
    return !known ? 0 : same ? points : -against;
}

int person_score(const PersonFacts *facts, uint64_t name, uint64_t phone, Date birth, uint32_t sex)
{
    return agree(facts->name && name, facts->name == short_mark(name), PERSON_LIKE_NAME, PERSON_LIKE_NAME) +
           agree(facts->birth != DATE_NONE && birth != DATE_NONE, facts->birth == birth, PERSON_LIKE_BIRTH, PERSON_LIKE_BIRTH) +
           agree(facts->phone && phone, facts->phone == short_mark(phone), PERSON_LIKE_PHONE, 0) + /* people change telephones */
           agree(facts->sex && sex, facts->sex == sex, PERSON_LIKE_SEX, PERSON_OTHER_SEX);
}
