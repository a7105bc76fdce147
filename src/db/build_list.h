/* build_list.h: private to db: a list under construction, and what the files that build it share. */
#pragma once

#include "db/build.h"

/* One argument's place in the struct that is made for the run; large enough for each type. */
typedef union {
    int64_t number;
    bool yes;
    Date date;
    Str text;
} Slot;

typedef struct {
    DbType type;
    Slot slot;
} Value;

/* A part of WHERE: a row of the filter table, or a literal of ours. */
typedef struct {
    const DbFilter *filter;
    const char *literal;
    size_t first, n; /* its values */
} Condition;

/* A place where rows are found; its values stand among the list's. */
typedef struct {
    DbBranch branch;
    size_t first, n;
} Branch;

typedef ARENA_LIST(Condition) Conditions;
typedef ARENA_LIST(Branch) Branches;
typedef ARENA_LIST(Value) Values;

struct DbList {
    Arena *arena;
    const DbStatement *base;
    const void *args;
    const char *id_column;
    Conditions conditions;
    Branches branches;
    Values values;
    const DbOrder *order; /* NULL: by id */
    bool has_cursor;
    Value after_key;
    int64_t after_id;
    int limit;
    int count; /* rows read */
    void *row; /* the one read last, with its keys behind it */
    size_t key_at, id_at;
    Str next_cursor;
};

/* list_page.c: of a text that came from outside; false: it is none of this type. */
bool slot_parse(DbType type, Str s, Slot *ret_slot);

/* list_page.c: the cursor of the page behind a row with this key and id. */
Str list_cursor(const DbList *list, const Slot *key, int64_t id);

/* list_text.c: the finished statements, for list_run.c. Of a page: its rows, or the ids that its branches give (it has some). The keys stand first in the text, and behind the
 * caller's row in the struct. */
const DbStatement *list_page_statement(DbList *list, DbEngine engine, const void **ret_args);
const DbStatement *list_ids_statement(DbList *list, DbEngine engine, const void **ret_args);
const DbStatement *list_all_statement(DbList *list, DbEngine engine, const void **ret_args);
const DbStatement *list_total_statement(DbList *list, DbEngine engine, const void **ret_args);
