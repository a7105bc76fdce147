/* person.h: persons that records are about: found by numbers or by description, made when new, merged and parted; and the vault, where all that is
 * personal is sealed. Subjects of records, not the staff who log in (that table is `person`): these are `person_known`. docs/internals/person.md says how it is kept and why.
 *
 *     HubPersons *persons = hub_persons_open(&options, err);           one a store, by the process that owns it
 *     hub_persons_begin(persons);                                      while ids that were handed out are in nobody's row yet
 *     hub_persons_resolve(persons, &batch, ids, marks, err);           some thousand rows at a time, on any number of threads
 *     hub_persons_fact(persons, element, ids, n, &said, arena, &column);
 *     hub_persons_end(persons);
 *
 * No table of records holds anything personal: a person stands there as an int (`person_`), the id by which it was found, never the root of those that were merged into one;
 * a personal field is an int into `vault`. Tokens and marks are keyed: who has the store and not the key can find nobody.
 *
 * Threads: HubPersons may be used by all. Never call from inside a write (db_write) what may write itself: open, resolve, vault_put, sweep. */
#pragma once

#include "audit/audit.h"
#include "base/clock.h"
#include "pack/pack.h"

typedef struct HubPersons HubPersons;

typedef struct {
    Db *db;
    const Clock *clock;   /* may be NULL where nothing is written */
    const KeyRing *keys;  /* outlives HubPersons */
    const char *data_dir; /* the index lies in DATA/persons; NULL: only in memory, for commands beside a running server and for tests */
    bool read_only;       /* resolve as if every batch were dry */
    bool sweep_at_once;   /* a sweep need not wait for an hour in which no file named persons: for tests */
    int same, doubtful;   /* points from which two descriptions are one person, or a pair that waits; 0: PERSON_SAME, PERSON_DOUBTFUL */
} HubPersonsOptions;

/* How alike two are who have no number in common, in points: the name counts PERSON_LIKE_NAME where it is the same, and so on; who was born on another day, or is of another sex, loses as
 * many. Names must be the same, and birth or telephone. Who has another number of the same kind is another person, whatever else is said. */
enum {
    PERSON_LIKE_NAME = 40, PERSON_LIKE_BIRTH = 40, PERSON_LIKE_PHONE = 30, PERSON_LIKE_SEX = 10, PERSON_OTHER_SEX = 30,
    PERSON_SAME = 110,    /* name, birth and telephone, and not the other sex */
    PERSON_DOUBTFUL = 80, /* name and birth; name, telephone and sex where a birth is not known */
};

/* Opens the index, or builds it from the store where it is missing, damaged, of other elements, or was left behind by a crash (2 million persons: some seconds). */
HubPersons *hub_persons_open(const HubPersonsOptions *options, GError **err);
void hub_persons_close(HubPersons *persons); /* writes the index down; NULL is accepted */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HubPersons, hub_persons_close)

/* Tells which facts there are: the elements with of_person of these packs. At start and after each installation of a pack; imports may run meanwhile, each by the packs with which it began. */
bool hub_persons_use(HubPersons *persons, const PacksRef *packs, GError **err);

/* Between these no person is swept: from before the first resolve of a file until its rows are in the tables or thrown away. Any threads, nested. */
void hub_persons_begin(HubPersons *persons);
void hub_persons_end(HubPersons *persons);

/* --- Finding and making ------------------------------------------------------------------------------------------- */

/* What a file says of its persons, one column an element, as far as it says it. */
typedef struct {
    const PackElement *element; /* an input of the subject, or one of_person */
    ExprColumn column;          /* as pack_element_type says: text (numbers, names, telephones as they came, trimmed), days, codes … */
} PersonColumn;

typedef struct {
    const PackPerson *person; /* `by`: numbers, the surest first; `otherwise`: what describes who has none */
    const PersonColumn *columns;
    size_t n_columns;
    size_t n;                 /* rows, at most EXPR_BATCH_ROWS */
    const uint8_t *unstored;  /* 1: a row that is rejected, of which nothing is written: it finds who is known, others have an id below zero; NULL: none */
    int64_t org;              /* who sends: may correct what it said; 0: nobody may */
    int64_t intake;           /* the arrival that is noted with what it brought; DB_NULL_INT: none */
    bool dry_run;
} PersonBatch;

/* What was odd about a row's person, as bits; hub_person_finding gives the rule id ("person:unsure") of one bit. */
enum {
    PERSON_MISSING = 1,  /* neither a number nor all that describes: the id is 0 */
    PERSON_NUMBER = 2,   /* a number that can be nobody's (bad check digit, 000000…): it was not used */
    PERSON_UNSURE = 4,   /* its numbers belong to several, or it may be another known person: a pair waits for somebody to decide */
    PERSON_CONFLICT = 8, /* birth or sex is not that of its identity number, or not what is known */
    PERSON_NAME = 16,    /* the number is known under another name */
    PERSON_MARKS = 5,    /* how many bits there are */
};
const char *hub_person_finding(unsigned bit); /* static */

/* Finds the persons of a batch; makes those that are new (one work of the bulk queue for the batch), and keeps what is newly said of known ones: a further number, a name, a
 * telephone, a fact that was missing. What goes against what is known is kept beside it, and told of; only of facts, what was typed in gives way to an identity number, and what an organisation
 * said to what it says for the first time now. What was known is kept beside it then, and nothing is told of.
 *   ret_persons  by row: above 0 a person; 0 PERSON_MISSING; below 0, in a dry run only, one that would be made (the same again for the same number or description)
 *   ret_marks    by row: PERSON_… bits
 * BH_UNAVAILABLE, BH_FULL as db_write. */
bool hub_persons_resolve(HubPersons *persons, const PersonBatch *batch, int64_t *ret_persons, uint8_t *ret_marks, GError **err);

/* One fact of each person as a column: what is known, else what the file says. `element` is one of_person; said may be NULL, and may be what is returned. For ids of 0 and
 * below, of another store, or where nothing is known: what is said. Texts come by a dictionary that lives as long as HubPersons, or plain if some are only said. */
void hub_persons_fact(HubPersons *persons, const PackElement *element, const int64_t *ids, size_t n, const ExprColumn *said, Arena *arena, ExprColumn *ret_column);

/* Which numbers can be somebody's, and their one form: full width, blanks and small letters undone, 15 digits of an identity number made 18. False: nobody's. ret_form holds
 * PERSON_NUMBER_MAX bytes. Types PACK_ID_CARD and PACK_CARD_NO. */
enum { PERSON_NUMBER_MAX = 33 };
bool person_number_form(PackType type, Str number, char ret_form[static PERSON_NUMBER_MAX], size_t *ret_n);

/* --- One person or two ------------------------------------------------------------------------------------------------ */

/* Persons have names outside that are made of their ids by the key, and stand in no table. */
const char *hub_person_uid(const HubPersons *persons, int64_t person, char ret_uid[static UID_TEXT_MAX]);
bool hub_person_by_uid(const HubPersons *persons, Str uid, int64_t *ret_person); /* false: none of this store */

/* All that are one with a person, the root first; only itself where nothing was merged. In arena. */
bool hub_person_group(DbConn *conn, int64_t person, Arena *arena, const int64_t **ret_persons, size_t *ret_n, GError **err);

/* Merges a person, with those that were merged onto it, onto another one's root. No record changes, nor what is found by a number. Event "merge-person". BH_CONFLICT "person-merged" (it is
 * merged onto another one already: part them, or merge the root), "persons-are-one"; BH_TOO_LARGE over LIMIT_PERSON_GROUP; BH_NOT_FOUND. */
bool hub_person_merge(HubPersons *persons, DbConn *tx, int64_t person, int64_t onto, int64_t account, const AuditWho *who, GError **err);

/* Takes a merge back: the person, with those that were merged onto it before or since, is what it would be if it had never been. Pairs that were found to be the same by it are open again.
 * Event "part-person". BH_CONFLICT "person-not-merged". */
bool hub_person_part(HubPersons *persons, DbConn *tx, int64_t person, int64_t account, const AuditWho *who, GError **err);

/* What is decided of a pair: "same" merges the two, "different" is for good, "later" leaves it, "open" takes back what was decided. Event "decide-pair". BH_NOT_FOUND; BH_CONFLICT "version-stale",
 * "persons-are-one" (any but same, while they are merged: part them, and the pair is open again). A pair that was decided is not found again. */
bool hub_pair_decide(HubPersons *persons, DbConn *tx, Str uid, int64_t version, Str decision, int64_t account, const AuditWho *who, GError **err);

/* --- Showing ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Str element;   /* id */
    PackType type;
    int64_t vault;
    Str shown;     /* masked */
    bool further;  /* not what was said first */
} PersonValue;

/* A fact beside the birth and sex that are known; as one more, a birth or sex that goes against those. */
typedef struct {
    Str element;  /* id */
    Str value;    /* as a file says it */
    bool further; /* not what was said first */
    int64_t at;   /* instant */
    int64_t org;  /* whose arrival said it first; DB_NULL_INT: none */
} PersonFact;

typedef struct {
    int64_t id;
    char uid[UID_TEXT_MAX];
    int64_t made;   /* instant */
    Date birth;
    Str sex;
    Str name;       /* masked; STR_NONE */
    const PersonValue *values;
    size_t n_values;
    const PersonFact *facts; /* not of hub_person_brief */
    size_t n_facts;
} PersonView;

/* A person as it may be seen by who may see that there is one; *ret_found false: none. In arena. */
bool hub_person_view(const HubPersons *persons, DbConn *conn, int64_t person, Arena *arena, PersonView *ret_view, bool *ret_found, GError **err);

/* The same without what was said of it but the name: for rows of lists. */
bool hub_person_brief(const HubPersons *persons, DbConn *conn, int64_t person, Arena *arena, PersonView *ret_view, bool *ret_found, GError **err);

/* Whom a number names, and who is of this name, birth and telephone (name, and one of the others): at most `most`, for a search. The number's kind is an element of that type. */
int64_t hub_person_find(const HubPersons *persons, const PackElement *element, Str number);
size_t hub_persons_like(const HubPersons *persons, Str name, Date birth, Str phone, int64_t *ret_persons, size_t most);

/* What a look is for: a code of this list, words in i18n as purpose.CODE. NULL behind the last. */
extern const char *const hub_purposes[];

typedef struct {
    int64_t person;
    const Str *fields; /* elements; n 0: all */
    size_t n_fields;
    Str purpose, reason; /* reason: STR_NONE where the purpose says it all */
    int64_t account;
} PersonLook;

/* Values as they are, in the caller's write: who looked, when and what for is kept with the person, and an event "unmask-person" says it without the words. ret_values as in the view, `shown`
 * plain. BH_BAD_INPUT "purpose-unknown", "reason-missing" (purpose other), "field-unknown". The caller has asked may() for VERB_UNMASK_PERSON. */
bool hub_person_show(const HubPersons *persons, DbConn *tx, const PersonLook *look, const AuditWho *who, Arena *arena, const PersonValue **ret_values, size_t *ret_n, GError **err);

/* --- Records of a person -------------------------------------------------------------------------------------------- */

/* Where a row about a person stands. Notes may outlive the row: a reader asks the table by this key, and whether `person_` is still the same. */
typedef struct {
    int64_t person;  /* person_ */
    int64_t dataset; /* id in `dataset` */
    int64_t month, org, key;
} PersonRecord;

/* Notes rows that were added or moved, or whose person changed: some thousand at a time, once a step of an apply, in its transaction. Sorts the array. Costs about a twentieth of
 * the rows themselves; nothing is looked up. */
bool hub_records_note(DbConn *tx, PersonRecord *records, size_t n, GError **err);

/* The notes of these persons (one, or all that were merged into one), each place once, newest month first; in arena. */
bool hub_records_of(DbConn *conn, const int64_t *persons, size_t n_persons, Arena *arena, const PersonRecord **ret_records, size_t *ret_n, GError **err);

/* Joins small runs of notes into large ones, a step a call; *ret_more: there is more to do. For the job kind of http. */
bool hub_records_settle(Db *db, bool *ret_more, GError **err);

/* --- Those of whom nothing is left ------------------------------------------------------------------------------------- */

/* Takes away persons made before an instant whom no record was ever about (files that were refused leave them), with all that was said of them, and values of the vault that nobody refers to
 * any more. Who was merged stays. Nothing is done (0 swept) while a file is in hand (hub_persons_begin), or a file named persons within the last hour. New persons wait meanwhile; for the night. */
bool hub_persons_sweep(HubPersons *persons, int64_t before_ms, int64_t *ret_swept, GError **err);

/* --- The vault -------------------------------------------------------------------------------------------------------- */

/* Ids of values of a personal field in the vault, each value of a type once: equal values have equal ids, and only they. STR_NONE gives 0, which means none. In a dry run those
 * that are not there get an id below zero, the same for the same. Values over LIMIT_VAULT_BYTES are BH_TOO_LARGE. */
bool hub_vault_put(HubPersons *persons, PackType type, const Str *values, size_t n, bool dry_run, int64_t *ret_ids, GError **err);

/* The values of ids, masked for showing or as they are; STR_NONE for 0 and for what is not there. Plain values are for who may see them and was logged (hub_person_show) only. */
typedef enum { VAULT_MASKED, VAULT_PLAIN } VaultView;
bool hub_vault_read(const HubPersons *persons, DbConn *conn, const int64_t *ids, size_t n, VaultView view, Arena *arena, Str *ret_values, GError **err);

/* A text as it may be shown to whom it does not concern, by the type of its element: 张*, 320205********1234, 138****8000. */
Str person_mask(PackType type, Str value, Arena *arena);
