/* cell_kind.h: private to pack: how each kind of cell is read. The text is trimmed, not empty, and without full-width digits and letters; its first byte can be read. */
#pragma once

#include "pack/cell.h"

/* cell_number.c: at that many decimals. */
CellFault cell_number(Str s, int scale, int64_t *ret_number);
CellFault cell_percent(Str s, bool as_is, int scale, int64_t *ret_number); /* "12.5%": 12.5 as_is, else 0.125 */

/* cell_time.c */
CellFault cell_date(Str s, int zone_minutes, Date *ret_day);
CellFault cell_time(Str s, int zone_minutes, int64_t *ret_ms);

/* cell_word.c: texts that mean something, found by their bytes, else by what they share with other spellings (text_name_key). A text that is added with another
 * meaning means none of them from then on. */
typedef struct CellWords CellWords;
enum { CELL_WORD_NONE = -1, CELL_WORD_MANY = -2 };
CellWords *cell_words_new(Arena *arena, size_t most);
void cell_words_add(CellWords *words, Arena *arena, Str text, int meaning); /* one of a code is there before any name: what is there as sure stays */
void cell_words_sure(CellWords *words); /* what was added so far is not unsettled by what comes */
int cell_words_find(const CellWords *words, Str text);                     /* by its bytes */
int cell_words_find_near(const CellWords *words, Str text, Arena *arena);  /* by what it shares */
