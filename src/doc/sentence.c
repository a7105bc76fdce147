/* sentence.c: a sentence cut into tokens. What is between tokens are nouns, which need no knowing. */
#include "doc/quantity.h"

#include "base/banned.h"

enum { NAME_CHARS_MAX = 60 /* a quoted name is not longer; a mark without its partner hides no more than this */ };

void sentence_init(Sentence *sentence, const View *view, const TargetContext *context, Arena *arena)
{
    *sentence = (Sentence) { view, context, arena, { 0, 0 },
        g_array_new(FALSE, FALSE, sizeof(Token)), g_array_new(FALSE, FALSE, sizeof(Clause)),
        g_array_new(FALSE, FALSE, sizeof(Figure)), g_array_new(FALSE, FALSE, sizeof(DatePhrase)) };
}

void sentence_clear(Sentence *sentence)
{
    g_array_unref(sentence->tokens);
    g_array_unref(sentence->clauses);
    g_array_unref(sentence->figures);
    g_array_unref(sentence->dates);
}

/* Where the reading of a sentence stands. */
typedef struct {
    Sentence *sentence;
    size_t at, end;
    size_t around_from;   /* of the stretch that `at` is in */
    size_t outer_from;    /* of the clause around a bracket */
    size_t first_open;    /* the first figure whose stretch has not ended */
    size_t first_inside;  /* the same, inside the bracket */
    size_t depth;         /* of brackets */
    size_t name_end;      /* the end of the “” that `at` is in */
} Cursor;

static Token *token_add(Cursor *cursor, TokenKind kind, size_t to)
{
    Token token = { kind, { cursor->at, to }, NULL, 0 };
    g_array_append_val(cursor->sentence->tokens, token);
    cursor->at = to;
    return SENTENCE_TOKEN(cursor->sentence, cursor->sentence->tokens->len - 1);
}

/* 一是, 二是. */
static size_t skip_ordinal(const Cursor *cursor, size_t at)
{
    const View *view = cursor->sentence->view;
    Numeral numeral;
    if (!numeral_read(view, at, cursor->end, &numeral) || !numeral.chinese || numeral.range.to >= cursor->end)
        return cursor->at;
    return view->norm[numeral.range.to] == U'是' ? numeral.range.to + 1 : cursor->at;
}

/* （3）到, 3.到, 3、到, ③: an enumerator inside a text; 3.5 and 3、4 are none. */
static size_t skip_number(const Cursor *cursor, size_t at)
{
    const View *view = cursor->sentence->view;
    bool bracket = at < cursor->end && view->norm[at] == '(';
    Numeral numeral;
    if (at < cursor->end && view->norm[at] >= U'①' && view->norm[at] <= U'⑳')
        return at + 1;
    if (!numeral_read(view, at + bracket, cursor->end, &numeral) || numeral.range.to + 1 >= cursor->end)
        return cursor->at;
    size_t stop = numeral.range.to;
    if (bracket)
        return view->norm[stop] == ')' ? stop + 1 : cursor->at;
    bool stopped = view->norm[stop] == U'、' || (view->norm[stop] == '.' && !numeral.chinese);
    return stopped && is_han(view->norm[stop + 1]) && !numeral_begins(view->norm[stop + 1]) ? stop + 1 : cursor->at;
}

/* An enumerator is no part of a clause; numbers stand only where a sentence or a part of it begins. */
static size_t skip_enumerator(const Cursor *cursor, bool fresh)
{
    size_t at = skip_blank(cursor->sentence->view, cursor->at, cursor->end), behind = skip_ordinal(cursor, at);
    return behind == cursor->at && fresh ? skip_number(cursor, at) : behind;
}

static void clause_begin(Cursor *cursor, bool fresh)
{
    Sentence *sentence = cursor->sentence;
    cursor->at = skip_enumerator(cursor, fresh);
    Clause clause = { { cursor->at, cursor->end }, sentence->tokens->len, sentence->tokens->len, fresh };
    g_array_append_val(sentence->clauses, clause);
    cursor->around_from = cursor->outer_from = cursor->at;
}

static void clause_end(Cursor *cursor, size_t at)
{
    Clause *clause = SENTENCE_CLAUSE(cursor->sentence, cursor->sentence->clauses->len - 1);
    clause->range.to = at;
    clause->end_token = cursor->sentence->tokens->len;
}

/* The stretch of the figures from `first` on ends here. */
static void stretch_end(Cursor *cursor, size_t first, size_t at, bool bracketed)
{
    for (size_t i = first; i < cursor->sentence->figures->len; i++) {
        Figure *figure = SENTENCE_FIGURE(cursor->sentence, i);
        if (figure->bracketed == bracketed && figure->around.to == 0)
            figure->around.to = at;
    }
}

static void comma(Cursor *cursor)
{
    size_t at = cursor->at;
    bool fresh = cursor->sentence->view->norm[at] == ';';
    token_add(cursor, TOKEN_COMMA, at + 1);
    if (cursor->depth > 0) {
        stretch_end(cursor, cursor->first_inside, at, true);
        cursor->first_inside = cursor->sentence->figures->len;
        cursor->around_from = at + 1;
        return;
    }
    stretch_end(cursor, cursor->first_open, at, false);
    cursor->first_open = cursor->sentence->figures->len;
    clause_end(cursor, at);
    clause_begin(cursor, fresh);
}

static void bracket_open(Cursor *cursor)
{
    token_add(cursor, TOKEN_OPEN, cursor->at + 1);
    if (cursor->depth++ == 0) {
        cursor->around_from = cursor->at;
        cursor->first_inside = cursor->sentence->figures->len;
    }
}

static void bracket_close(Cursor *cursor)
{
    size_t at = cursor->at;
    token_add(cursor, TOKEN_CLOSE, at + 1);
    if (cursor->depth == 0 || --cursor->depth > 0)
        return;
    stretch_end(cursor, cursor->first_inside, at, true);
    cursor->around_from = cursor->outer_from;
}

/* The end of the name that a mark at `at` opens; `at` if it is not closed soon. */
static size_t name_end(const Cursor *cursor, char32_t close)
{
    size_t end = MIN(cursor->end, cursor->at + NAME_CHARS_MAX);
    for (size_t i = cursor->at + 1; i < end; i++)
        if (cursor->sentence->view->norm[i] == close)
            return i + 1;
    return cursor->at;
}

static bool date_token(Cursor *cursor)
{
    Sentence *sentence = cursor->sentence;
    DatePhrase date;
    if (!date_begins(sentence->view->norm[cursor->at]) || !date_read(sentence->view, cursor->at, cursor->end, sentence->context->plan_year, &date))
        return false;
    g_array_append_val(sentence->dates, date);
    token_add(cursor, TOKEN_DATE, date.range.to)->index = sentence->dates->len - 1;
    return true;
}

static bool figure_token(Cursor *cursor)
{
    Sentence *sentence = cursor->sentence;
    FigureText text;
    if (!numeral_begins(sentence->view->norm[cursor->at]) || !figure_read(sentence->view, cursor->at, cursor->end, sentence->arena, &text))
        return false;
    if (text.kind == UNIT_NONE && !is_digit(sentence->view->norm[cursor->at])) { /* 一般, 统一: no figure */
        cursor->at++;
        return true;
    }
    Figure figure = {
        .text = text,
        .token = sentence->tokens->len,
        .clause = sentence->clauses->len - 1,
        .around = { cursor->around_from, 0 },
        .named = cursor->at < cursor->name_end,
        .bracketed = cursor->depth > 0,
        .whole = text.range,
    };
    g_array_append_val(sentence->figures, figure);
    token_add(cursor, TOKEN_FIGURE, text.range.to)->index = sentence->figures->len - 1;
    return true;
}

static bool word_token(Cursor *cursor)
{
    const LexWord *word = word_read(cursor->sentence->view, cursor->at, cursor->end);
    if (!word)
        return false;
    if (word->class == WORD_PLAIN)
        cursor->at += word->word.n;
    else
        token_add(cursor, TOKEN_WORD, cursor->at + word->word.n)->word = word;
    return true;
}

static void step(Cursor *cursor)
{
    char32_t c = cursor->sentence->view->norm[cursor->at];
    bool in_name = cursor->at < cursor->name_end;
    if (!in_name && date_token(cursor))
        return;
    size_t close;
    switch (c) {
    case ',': case ';': case ':':
        comma(cursor);
        break;
    case U'、':
        token_add(cursor, TOKEN_PAUSE, cursor->at + 1);
        break;
    case '(': case U'〔':
        if (!word_token(cursor)) /* (含)以上 */
            bracket_open(cursor);
        break;
    case ')': case U'〕':
        bracket_close(cursor);
        break;
    case U'“':
        cursor->name_end = name_end(cursor, U'”');
        cursor->at++;
        break;
    case U'《': /* a document's title holds no targets */
        close = name_end(cursor, U'》');
        cursor->at = MAX(close, cursor->at + 1);
        break;
    default:
        if (!figure_token(cursor) && !word_token(cursor))
            cursor->at++;
    }
}

void sentence_read(Sentence *sentence, Range range)
{
    g_array_set_size(sentence->tokens, 0);
    g_array_set_size(sentence->clauses, 0);
    g_array_set_size(sentence->figures, 0);
    g_array_set_size(sentence->dates, 0);
    sentence->range = range;
    Cursor cursor = { .sentence = sentence, .at = range.from, .end = range.to };
    clause_begin(&cursor, true);
    while (cursor.at < cursor.end)
        step(&cursor);
    stretch_end(&cursor, cursor.first_inside, cursor.end, true);
    stretch_end(&cursor, cursor.first_open, cursor.end, false);
    clause_end(&cursor, cursor.end);
}
