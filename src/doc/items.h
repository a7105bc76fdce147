/* items.h: private to items.c, rows.c and appointments.c. The items of a document while they are read. */
#pragma once

#include "doc/structure.h"

typedef struct {
    Structure *structure;
    const View *view;
    Arena *arena;
    Diags *diags;
    OwnerHabits owner_habits;
    UnitHabits unit_habits;
    NodeFacts *facts;
    TargetContext targets;
    bool has_problems, has_results; /* anywhere in the document */
    ARENA_LIST(DocItem) items;
    ARENA_LIST(ItemPlace) places;
    size_t dropped;
    const TableHead *table; /* of the last row, */
    Range category;         /* and its category, which merged cells leave to the rows below */
} ItemReader;

/* The headings above a node, and one more below them where `last` has text. */
void item_set_path(ItemReader *reader, DocItem *item, uint32_t parent, Range last);

/* The targets of all ranges; `due`: of those that have no date of their own, DATE_NONE: nothing better than the plan's year. */
void item_set_targets(ItemReader *reader, DocItem *item, const Range *ranges, size_t n_ranges, Date due);

/* Over LIMIT_DOC_ITEMS it is counted, not kept. */
void item_add(ItemReader *reader, const DocItem *item, ItemPlace place);

Span item_span(const View *view, Range range);

/* The title without the owners in it. */
Range title_without(const View *view, Range title, const RangeList *marks);

/* The row of a task table that is node `id`, with the rows below that only continue it. */
void row_take(ItemReader *reader, uint32_t id);

/* Each clause that appoints or relieves someone is an item without number. */
void appointments_take(ItemReader *reader, Range body);
