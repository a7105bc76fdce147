/* structure.h: private to doc. How a document is built: from labels to the units that someone answers for.
 *
 *   scan.c       tables of words, brackets and numbers against the view
 *   numbering.c  every label that the text prints, and which of them count
 *   outline.c    labels nested as this document nests them
 *   names.c      a list of organisations into names
 *   roles.c      the words that give a role: 责任单位, 牵头
 *   owners.c     who leads and who supports, in brackets, lines and sentences
 *   tables.c table_shapes.c   task tables, in whatever shape they were printed
 *   measures.c   一是 …, 二是 … of an item
 *   headings.c   what a heading says about the kind of what stands under it
 *   units.c      which nodes are the units that someone answers for
 *   context.c    the year and the day that an item's targets are for
 *   items.c rows.c appointments.c   what each item holds
 *   declared.c, findings.c   the document against itself */
#pragma once

#include "doc/stages.h"

/* --- Words ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Word *v;
    size_t n;
} Words;
#define WORDS(table) ((Words) { table, G_N_ELEMENTS(table) })

/* Whether the word stands at i and ends by `to`; most do not by their first character. */
static inline bool word_here(const View *view, size_t i, size_t to, Word word)
{
    return i + word.n <= to && view->norm[i] == word.p[0] && view_at(view, i, word);
}

/* The length of the longest word of the table that stands at i and ends by `to`; 0: none. */
size_t words_at(const View *view, size_t i, size_t to, Words words, size_t *ret_index);

/* The same for words that end at i and begin at or after `from`. */
size_t words_before(const View *view, size_t i, size_t from, Words words, size_t *ret_index);

/* Whether any of the words stands in the range. */
bool words_in(const View *view, Range range, Words words);

/* The place behind the bracket that opens at i, nesting respected; 0 when it is not closed by `to`. */
size_t bracket_end(const View *view, size_t i, size_t to);

/* The place of the first character of `set` in the range that stands in no quotes, brackets or title marks; range.to: none. */
size_t find_outside(const View *view, Range range, Word set);

size_t skip_blanks(const View *view, size_t i, size_t to);

/* A number in Chinese numerals (up to 999) or in digits at i. Returns its length, 0: none. */
size_t han_number(const View *view, size_t i, size_t to, int *ret_number);
size_t digit_number(const View *view, size_t i, size_t to, int *ret_number);

/* --- Labels ----------------------------------------------------------------------------------------------------- */

/* In the order in which documents usually nest them (GB/T 9704: 一、 over （一） over 1. over （1）); the order only decides where the
 * document itself leaves it open. */
typedef enum {
    STYLE_PART,         /* 第一部分 */
    STYLE_CHAPTER,      /* 第一章 */
    STYLE_SECTION,      /* 第一节 */
    STYLE_HEADING,      /* a heading without number */
    STYLE_ARTICLE,      /* 第一条 */
    STYLE_HAN,          /* 一、 */
    STYLE_HAN_PAREN,    /* （一） 一） ㈠ */
    STYLE_ARABIC,       /* 1. 1． 1、 ⒈ */
    STYLE_DECIMAL,      /* 1.1 */
    STYLE_DECIMAL_DEEP, /* 1.1.1 */
    STYLE_ARABIC_PAREN, /* （1） 1） ⑴ */
    STYLE_CIRCLED,      /* ① */
    STYLE_NAMED,        /* 问题1. and the like: one style a word, the last of all */
    STYLE_MAX = STYLE_NAMED + 32,
} Style;

typedef struct {
    Style style;
    int number;
    Range range;   /* as printed, stop included */
    Range digits;  /* the number in it */
    char32_t stop; /* what closes it; 0: nothing */
    bool weak;     /* may be something else: a year, a decimal; counts only in a run */
    bool inside;   /* stands in the middle of a paragraph */
    bool second;   /* nothing that the labels around it should reckon with: another reading of 1.1, or a number behind a word */
    bool glued;    /* stands right behind a heading, whose line break is lost */
    uint32_t block;
} Label;

typedef struct {
    const Label *v;
    size_t n;
} Labels;

/* A label at place i of a paragraph that ends at `to`. */
bool label_read(const View *view, size_t i, size_t to, Label *ret_label);

/* The labels of the body that count, in order. */
Labels labels_find(const Blocks *blocks, BlockRange body, Arena *arena);

/* The number as a string of digits: "20" for （二十）, "1.2" for 1.2. */
Str label_number(const View *view, const Label *label, Arena *arena);

/* --- Tables ----------------------------------------------------------------------------------------------------- */

typedef enum {
    COLUMN_NONE, COLUMN_NUMBER, COLUMN_CATEGORY, COLUMN_TASK, COLUMN_DETAIL, COLUMN_PROBLEM, COLUMN_MEASURE, COLUMN_RESULT, COLUMN_LEAD, COLUMN_RESPONSIBLE,
    COLUMN_SUPPORT, COLUMN_PERSON, COLUMN_DUE,
} Column;

/* The first row of a table that names tasks or problems: what each column holds. */
typedef struct {
    const Column *columns;
    size_t n;
} TableHead;

typedef struct {
    Blocks blocks;                /* with tables that were printed as lines of text turned into rows */
    BlockRange body;
    const TableHead *const *heads; /* of each block; NULL where it is no row of a task table */
} Tables;

Tables tables_find(const Blocks *blocks, BlockRange body, Arena *arena);

/* The cell of a row under a column; an empty range where there is none. */
Range table_cell(const View *view, const TableHead *head, const Block *row, Column column);

/* --- Outline ---------------------------------------------------------------------------------------------------- */

enum { NO_NODE = UINT32_MAX };

typedef enum { NODE_NUMBERED, NODE_HEADING /* a heading without number */, NODE_BREAK /* an attachment begins */, NODE_ROW /* of a task table */ } NodeKind;

typedef struct {
    NodeKind kind;
    Label label;
    uint32_t parent, first_child, last_child, next; /* NO_NODE: none */
    uint32_t n_children;
    uint32_t depth;
    uint32_t block;  /* in which it begins */
    Range own;       /* behind the label, up to the next node or the end */
    Range whole;     /* label to the end of its last descendant */
    Range title;     /* heading or leading sentence, without owners and final punctuation */
    bool run_in;     /* text follows the title in the same paragraph */
    bool ends_list;  /* its own text ends in ; or ， : a clause of a list */
} Node;

typedef struct {
    Node *v;
    size_t n;
    bool too_deep;
} Outline;

/* The heading or leading sentence of a text, without final punctuation. */
Range title_of(const View *view, Range text);

Outline outline_make(const Blocks *blocks, const TableHead *const *heads, BlockRange body, Labels labels, Arena *arena);

/* --- Headings --------------------------------------------------------------------------------------------------- */

typedef enum { HEADING_PLAIN, HEADING_NARRATIVE, HEADING_SECTION /* 重点任务: tasks follow */, HEADING_RESULTS /* 整改落实情况 */, HEADING_REPORT /* 下一步工作 */, HEADING_PROBLEMS /* 存在问题 */ } HeadingKind;

HeadingKind heading_kind(const View *view, Range title);

/* Whether a narrative heading says so wherever it stands (主要目标指标), not only above a section. */
bool heading_goal(const View *view, Range title);

/* Whether a label such as 问题1 names a problem. */
bool is_problem_style(Style style);

/* Whether a heading names a problem (关于“…”问题的整改), and which. */
bool heading_problem(const View *view, Range title, Range *ret_problem);

/* Whether it is the problem itself behind a label: 反馈问题：…. */
bool problem_labelled(const View *view, Range text, Range *ret_problem);

/* Whether it ends as the name of a shortcoming does (…不够深入, …滞后); only asked in reports about such. */
bool heading_wrong(const View *view, Range title);

/* --- Owners ----------------------------------------------------------------------------------------------------- */

typedef enum { ROLE_NONE, ROLE_LEAD, ROLE_SUPPORT, ROLE_RESPONSIBLE /* leads unless another does */, ROLE_PERSON, ROLE_FIELD /* 完成时限 and others: ends a list */ } Role;

typedef struct {
    Role role;
    Range name;
    uint32_t statement; /* those of one statement (a bracket, lines in a row) are read together */
} Owner;

typedef ARENA_LIST(Owner) OwnerList;
typedef ARENA_LIST(Range) RangeList;

/* Splits a list of organisations at 、 ， ; and spaces outside of brackets into names; adds them with the role of `as`. */
void names_split(const View *view, Range list, Owner as, Arena *arena, OwnerList *owners);

/* Whether a name ends as organisations do (局 委 处 …) or is collective (各…). */
bool name_is_org(const View *view, Range name);

/* A part of a list that names nobody (下同, 2025年底前完成). */
bool name_is_aside(const View *view, Range part);

/* The first of the two alone. */
bool name_ends_org(const View *view, Range name);

/* What a document says once about how its owners are to be read. */
typedef struct {
    size_t first_leads; /* from where on 列第一位者为牵头单位 holds; SIZE_MAX: nowhere */
    bool bare_usual;    /* （A、B） without any word of role, and without a stop before it, stands at the end of several items */
} OwnerHabits;

OwnerHabits owners_habits(const View *view, Range text, Arena *arena);

/* The owners that the text names, in order; `marks` are the places where it does so, which belong to no title and no measure. */
void owners_find(const View *view, Range text, OwnerHabits habits, Arena *arena, OwnerList *owners, RangeList *marks);

OwnerList owners_copy(const OwnerList *owners, Arena *arena);

/* Gives the item its leading and supporting names after the rule of the schema: responsible ones lead unless another does. Each name once. */
void owners_values(const View *view, OwnerList *owners, OwnerHabits habits, Arena *arena, DocItem *item);

/* The role that a word at i gives to what follows it (责任单位：, 配合处室, 完成时限：), and its length with colon and blanks; 0: none there. */
size_t role_label_at(const View *view, size_t i, size_t to, Role *ret_role);

/* The word alone, without colon: the heading of a table's column. */
size_t role_word_at(const View *view, size_t i, size_t to, Role *ret_role, bool *ret_noun);

/* The role that verbs before i give to the names before them (牵头, 按职责分工负责), and the length of the verbs; 0: none. */
size_t role_verb_before(const View *view, size_t i, size_t from, Role *ret_role);

/* --- Units ------------------------------------------------------------------------------------------------------ */

/* What a node says of itself. */
typedef struct {
    HeadingKind heading;
    OwnerList owners;     /* that its own text names, */
    RangeList marks;      /* and where */
    bool problem;         /* its heading names a problem, */
    bool quoted;          /* and says that it does */
    uint32_t owned_below; /* nodes with owners in it, itself included */
} NodeFacts;

/* Which styles this document gives owners to. */
typedef struct {
    uint32_t nodes[STYLE_MAX], owned[STYLE_MAX];
} UnitHabits;

UnitHabits unit_habits(const Outline *outline, const NodeFacts *facts);

/* Whether not the node but its children are the units that someone answers for. */
bool unit_descends(const View *view, const Outline *outline, const NodeFacts *facts, const UnitHabits *habits, uint32_t node);

/* --- The whole structure -------------------------------------------------------------------------------------- */

/* An item with what the later stages ask of it beside the model. */
typedef struct {
    uint32_t node, parent; /* NO_NODE: none */
    Range range;
    size_t text_to; /* where its text ends, before owners that stand last */
} ItemPlace;

typedef struct {
    const Blocks *blocks;
    BlockRange body;
    Range whole; /* the document, title and all */
    Range text;  /* of the body */
    const DocFacts *facts;
    Outline outline;
    const TableHead *const *heads;
    const DocItem *items;
    const ItemPlace *places;
    size_t n_items;
} Structure;

/* --- Time ------------------------------------------------------------------------------------------------------- */

/* The year that targets without a date are for: that of the title, the last of its goals, that of issue. */
TargetContext context_of(const Structure *structure, const NodeFacts *facts);

/* The day by which an item says that all of it is to be done (完成时限：6月底前), in the cell of a table or in its text; DATE_NONE: none. */
Date due_of_cell(const View *view, Range cell, const TargetContext *context);
Date due_of_text(const View *view, Range text, const TargetContext *context);

/* The last day of which the text says that something is to be done by it (10月底前完成); DATE_NONE: none. */
Date done_by(const View *view, Range text, const TargetContext *context);

/* --- Measures --------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(DocMeasure) MeasureList;

/* The 一是 … clauses of a text; `marks`: owners in it, which are left out. */
void measures_find(const View *view, Range text, const RangeList *marks, Arena *arena, MeasureList *measures);

/* Those of a table's cell that are numbered 1. 2. or （1）（2）. */
void measures_numbered(const View *view, Range text, Arena *arena, MeasureList *measures);

/* Adds one as a whole: without final punctuation, and without owners at its end. */
void measure_add(const View *view, Range no, Range text, const RangeList *marks, Arena *arena, MeasureList *measures);

/* --- The document against itself ------------------------------------------------------------------------------- */

const DocDeclared *declared_find(const Structure *structure, Arena *arena, Diags *diags, size_t *ret_n);
void findings_add(const Structure *structure, Arena *arena, Diags *diags);

/* The stretch of the view that blocks take. */
Range blocks_range(const Blocks *blocks, BlockRange range);

/* From blocks, body and facts to all the rest. */
void structure_read(Structure *structure, Arena *arena, Diags *diags);
