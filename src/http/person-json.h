/* person-json.h: private to http: what the routes of persons share. Shapes: docs/internals/api-data.md. */
#pragma once

#include "http/data.h"
#include "hub/person.h"

/* A person as the asker may know of it: with those that are one with it, and the facts that may() is told: its records' organisations own it. */
typedef struct {
    int64_t person, root;
    const int64_t *group; /* the root first */
    size_t n_group;
    const PersonRecord *records; /* of the group, newest month first */
    size_t n_records;
    const Org *orgs;      /* of the records, each once */
    size_t n_orgs;
    MayObject facts;
} PersonSeen;

bool person_seen(HttpRequest *request, DbConn *conn, int64_t person, PersonSeen *ret_seen, GError **err);

/* The person of the path, for who may read records of it: else BH_NOT_FOUND. */
bool person_of_path(HttpRequest *request, DbConn *conn, PersonSeen *ret_seen, GError **err);
bool person_may_read(const HttpRequest *request, const PersonSeen *seen);

/* The same of a uid in a body's member. */
bool person_of_member(HttpRequest *request, DbConn *conn, const char *member, PersonSeen *ret_seen, GError **err);

/* Whether values may be shown, by right and second factor. */
Allowed person_may_show(const HttpRequest *request, const PersonSeen *seen);

/* The organisation of one of its records; whether the asker may read what stands there; whether it, or one of its group, is that person. */
const Org *person_seen_org(const PersonSeen *seen, int64_t org);
bool person_org_open(const HttpRequest *request, const Org *org);
bool person_seen_is(const PersonSeen *seen, int64_t person);

/* {"uid","name","sex","birth"}: as the rows of records have it. */
void json_person_brief(const PersonView *view, JsonWriter *json);
bool json_person_short(HttpRequest *request, DbConn *conn, int64_t person, JsonWriter *json, GError **err);

/* The member "person", masked, whoever asks; null for nobody (0), and for one that was swept since. */
bool json_member_known_person(HttpRequest *request, DbConn *conn, int64_t person, JsonWriter *json, GError **err);

/* All that is shown without a purpose. */
bool json_person_whole(HttpRequest *request, DbConn *conn, const PersonSeen *seen, JsonWriter *json, GError **err);

/* An element's names, or its id where no pack has it any more: members name, name_en. */
void json_element_names(JsonWriter *json, const PacksRef *packs, Str element);
const PackElement *person_element(const PacksRef *packs, Str id);
