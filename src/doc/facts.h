/* facts.h: private to doc. The marks by which a document's head and foot are told, shared by facts.c and gazette.c.
 *
 *   marks.c    文号, dates, signatures, addressees, titles: is this block one?
 *   kinds.c    what a title says about the kind of its document, and for which year it is
 *   facts.c    facts_find
 *   gazette.c  gazette_parts */
#pragma once

#include "doc/stages.h"

/* --- marks.c ------------------------------------------------------------------------------------------------------ */

/* A document number, 锡卫发〔2020〕3号 or 第12号, that fills the range but for white space and what a red head prints beside it (签发人).
 * The brackets may be any. */
bool mark_doc_no(const View *view, Range range, Range *ret_number);

/* A date that fills the range, in digits or Chinese numerals, with 年月日 or with dots or hyphens. *ret_date is DATE_NONE where characters
 * of it are lost (20 0年6月10日) or where there is no such day. */
bool mark_date(const View *view, Range range, Date *ret_date);

/* A date behind a name in one block: sets where the date begins. */
bool mark_signed_date(const View *view, Range range, Range *ret_name, Range *ret_date);

/* A short line that ends as the name of an organ does (委员会 局 办公室 …) and is nothing else. */
bool mark_organ(const View *view, Range range);

/* 各市（县）区…： in the line before the text. */
bool mark_addressees(const View *view, Range range);

/* A line that can be (a part of) a title: short, no number before it, no stop behind it, neither a document number nor a date. */
bool mark_title(const View *view, Range range);

/* In round brackets altogether: （2024年3月5日印发） （征求意见稿）. */
bool mark_bracketed(const View *view, Range range);

/* --- kinds.c ------------------------------------------------------------------------------------------------------ */

/* Whether a title is complete: it ends with the name of a kind of document (通知 方案 要点 …), brackets behind it not counted. */
bool title_complete(const View *view, Range title);

/* The kind by the title's words; DOC_OTHER if it says none. *ret_genre (may be NULL): whether it names any kind of document at all. */
DocKind title_kind(const View *view, Range title, bool *ret_genre);

/* The year that a plan is for, or the last of its years; 0: none. */
int title_year(const View *view, Range title);

/* The title of what a letter forwards: X of 关于印发《X》的通知, without the quotation marks; an empty range: it forwards nothing. */
Range title_forwarded(const View *view, Range title);

/* --- facts.c ------------------------------------------------------------------------------------------------------ */

/* Blocks from `from` on, at most four and before `to`, that together read as `text` but for blanks, quotation marks and brackets.
 * Returns how many; 0: they do not. */
size_t blocks_read_as(const Blocks *blocks, size_t from, size_t to, const View *view, Range text);
