/* tables.h: private to tables.c and table_shapes.c. Task tables on their way to rows. */
#pragma once

#include "doc/structure.h"

enum { COLUMNS_MAX = 24 };

/* The blocks of a body anew, with rows for what was a table; beside each block the head that it stands under. */
typedef struct {
    const Blocks *blocks;
    Arena *arena;
    ARENA_LIST(Block) out;
    ARENA_LIST(const TableHead *) heads;
    uint32_t table;
    const TableHead *last_head; /* of the last table with a head, */
    size_t last_row;            /* and the block behind it */
} TableBuilder;

void table_add_block(TableBuilder *builder, const Block *block, const TableHead *head);
void table_add_row(TableBuilder *builder, const Range *cells, size_t n, const TableHead *head);

/* Whether columns make a head: a task or problem and one thing more. */
bool table_is_head(const Column *columns, size_t n);
const TableHead *table_head(const Column *columns, size_t n, Arena *arena);

/* The longest word for a column at i; 0: none. */
size_t table_column_word(const View *view, size_t i, size_t to, Column *ret_column);

/* A cell that is nothing but the name of a column. */
bool table_column_cell(const View *view, Range cell, Column *ret_column);

/* A cell that is nothing but a number. */
bool table_is_number(const View *view, Range cell, int *ret_number);

/* Tables printed otherwise than with bars: each returns the block behind what it took from block b on; b: it is none of its shape. */
size_t table_copy_lines(TableBuilder *builder, size_t b, size_t to);  /* one cell a line */
size_t table_copy_spaced(TableBuilder *builder, size_t b, size_t to); /* cells divided by tabs or blanks */
size_t table_copy_run(TableBuilder *builder, size_t b);               /* all of it run together in one paragraph */
