/* promises.c: by when a target holds, whether it is only striven for, and whether it is promised or reported. One pass over a sentence's
 * tokens carries what was said before to the figures behind it:
 *
 *   a date       to the end of the sentence, until the next one
 *   力争         over 、 in a list of objects; not to a new subject behind 、, nor past a comma, unless the clause begins with its figure
 *   已           to its clause; 目前 and 截至… at the head of a clause to the sentence's end
 *   完成情况     to the end of the item */
#include "doc/quantity.h"

#include "base/banned.h"

typedef struct {
    Sentence *sentence;
    Promise *promises;
    size_t i;             /* the token */
    size_t clause;
    Date due, lasting;    /* said last; and what of it outlives the clause, since it leads one */
    size_t date_run;      /* dates in a row behind each other: 到2025年、2030年 */
    size_t first_date;
    bool soft, soft_leads, own_verb; /* 力争 rules; from the clause's head; a verb came behind the last 、 */
    bool soft_alone;      /* no verb or figure has come behind it */
    bool paused;
    bool done, done_leads, will;
} Pass;

static bool at_head(const Sentence *sentence, size_t clause, size_t at)
{
    const Range *range = &SENTENCE_CLAUSE(sentence, clause)->range;
    return skip_blank(sentence->view, range->from, range->to) == at;
}

/* Whether only words that lead in stand between the clause's start and the token. */
static bool leads(const Pass *pass)
{
    const Sentence *sentence = pass->sentence;
    size_t from = SENTENCE_CLAUSE(sentence, pass->clause)->range.from, at = SENTENCE_TOKEN(sentence, pass->i)->range.from;
    at = before_blank(sentence->view, at, from);
    if (at > from && word_holds(W(U"到至"), sentence->view->norm[at - 1]))
        at--;
    for (size_t i = pass->i; i > SENTENCE_CLAUSE(sentence, pass->clause)->first_token; i--) {
        const Token *token = SENTENCE_TOKEN(sentence, i - 1);
        bool lead = token->kind == TOKEN_DATE || token_is(token, ONE(WORD_LEAD) | ONE(WORD_ENSURE) | ONE(WORD_SOFT) | ONE(WORD_WILL) | ONE(WORD_LINK));
        if (token->range.to != at || !lead)
            break;
        at = token->range.from;
    }
    return skip_blank(sentence->view, from, at) == at;
}

static void next_clause(Pass *pass)
{
    const Sentence *sentence = pass->sentence;
    pass->clause++;
    const Clause *clause = SENTENCE_CLAUSE(sentence, pass->clause);
    const Token *next = pass->i + 1 < sentence->tokens->len ? SENTENCE_TOKEN(sentence, pass->i + 1) : NULL;
    bool adverbial = pass->soft && pass->soft_leads && pass->soft_alone; /* 力争用3年时间，培养 */
    bool begins_with_figure = next && next->kind == TOKEN_FIGURE && SENTENCE_FIGURE(sentence, next->index)->live && at_head(sentence, pass->clause, next->range.from);
    if (clause->fresh || !(adverbial || (begins_with_figure && pass->soft_leads)))
        pass->soft = false;
    pass->paused = false;
    pass->due = pass->lasting;
    if (!pass->done_leads)
        pass->done = false;
}

/* 将 and 计划 tell of the future only before a verb, a date or a figure; else they mark an object (将合格率提高到) or a noun. */
static bool tells_future(const Pass *pass)
{
    const Sentence *sentence = pass->sentence;
    const Token *token = SENTENCE_TOKEN(sentence, pass->i);
    const View *view = sentence->view;
    size_t from = token->range.from;
    bool apart = at_head(sentence, pass->clause, from) || from == sentence->range.from || !is_han(view->norm[from - 1]);
    bool behind_word = pass->i > 0 && (token - 1)->range.to == from;
    if (token->word->word.p[0] == U'计' && !apart && !behind_word) /* 行动计划 */
        return false;
    if (token->word->word.n > 2 || pass->i + 1 >= sentence->tokens->len)
        return token->word->word.n > 2;
    const Token *next = token + 1;
    if (next->range.from != token->range.to)
        return false;
    if (next->kind == TOKEN_DATE || next->kind == TOKEN_FIGURE)
        return true;
    return next->kind == TOKEN_WORD && (token_is(next, PROMISING | ONE(WORD_WORK) | ONE(WORD_BEFORE)));
}

/* 达到了, 已达. */
static bool is_past(const LexWord *word)
{
    return word->word.p[0] == U'已' || word->word.p[word->word.n - 1] == U'了';
}

static void take_word(Pass *pass)
{
    WordClass class = SENTENCE_TOKEN(pass->sentence, pass->i)->word->class;
    pass->soft_alone &= !class_is(class, PROMISING | ONE(WORD_WORK) | ONE(WORD_BEFORE));
    switch (class) {
    case WORD_SOFT:
        pass->soft = pass->soft_alone = true;
        pass->soft_leads = leads(pass);
        pass->paused = pass->own_verb = pass->done = false;
        pass->will = true;
        break;
    case WORD_DONE:
    case WORD_REPORT:
        pass->done_leads = leads(pass) || (pass->done_leads && pass->done);
        pass->done = true;
        pass->will = false;
        break;
    case WORD_ENSURE:
        pass->will |= SENTENCE_TOKEN(pass->sentence, pass->i)->word->word.p[0] != U'实';
        break;
    case WORD_WILL:
        if (tells_future(pass)) {
            pass->will = true;
            pass->done = false;
        }
        break;
    case WORD_BEFORE: case WORD_BRING: case WORD_ADD:
        pass->own_verb |= pass->paused;
        pass->done |= is_past(SENTENCE_TOKEN(pass->sentence, pass->i)->word);
        break;
    default:
        break;
    }
}

static bool precedes(const Sentence *sentence, size_t at, char32_t c)
{
    at = before_blank(sentence->view, at, sentence->range.from);
    return at > sentence->range.from && sentence->view->norm[at - 1] == c;
}

static void take_date(Pass *pass)
{
    Sentence *sentence = pass->sentence;
    const Token *token = SENTENCE_TOKEN(sentence, pass->i);
    const DatePhrase *date = SENTENCE_DATE(sentence, token->index);
    if (date->base) {
        bool up_to = pass->i > 0 && token_is(token - 1, ONE(WORD_DONE));
        pass->done_leads |= up_to && pass->done;
        return;
    }
    const Token *before = pass->i >= 2 ? token - 2 : NULL;
    bool in_a_row = before && before->kind == TOKEN_DATE && ((token - 1)->kind == TOKEN_PAUSE || token_is(token - 1, ONE(WORD_JOIN))) && pass->date_run > 0;
    pass->first_date = in_a_row ? pass->first_date : token->index;
    pass->date_run = in_a_row ? pass->date_run + 1 : 1;
    pass->due = date->due;
    if (leads(pass))
        pass->lasting = date->due;
    char32_t last = sentence->view->norm[date->range.to - 1];
    if (precedes(sentence, date->range.from, U'到') || precedes(sentence, date->range.from, U'至') || last == U'前' || last == U'内') {
        pass->will = true;
        pass->done = pass->done_leads = false;
    }
}

/* A date behind the figure: （9月底前到位）, or the only one of its clause. */
static Date date_behind(const Pass *pass, const Figure *figure)
{
    const Sentence *sentence = pass->sentence;
    for (size_t i = figure->token + 1; i < sentence->tokens->len; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_FIGURE || token->kind == TOKEN_COMMA)
            break;
        if (token->kind == TOKEN_DATE && !SENTENCE_DATE(sentence, token->index)->base) {
            bool bracketed = (token - 1)->kind == TOKEN_OPEN && (token - 1)->range.from == figure->whole.to;
            return bracketed || pass->due == DATE_NONE ? SENTENCE_DATE(sentence, token->index)->due : DATE_NONE;
        }
    }
    return DATE_NONE;
}

/* How many figures stand in the list that begins here. */
static size_t list_length(const Sentence *sentence, size_t index)
{
    size_t end = index + 1;
    while (end < sentence->figures->len && SENTENCE_FIGURE(sentence, end)->listed)
        end++;
    return end - index;
}

/* 38家机构已启动改造: whether the clause goes on to say that it is done, before another figure. */
static bool is_done_behind(const Sentence *sentence, const Figure *figure)
{
    for (size_t i = figure->token + 1; i < sentence->tokens->len; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_FIGURE || token->kind == TOKEN_COMMA || token->kind == TOKEN_OPEN || token->kind == TOKEN_CLOSE)
            return false;
        if (token_is(token, ONE(WORD_DONE)))
            return true;
    }
    return false;
}

static Tense tense_of(const Pass *pass, const Figure *figure)
{
    const LexWord *word = figure->before ? figure->before : figure->earlier;
    bool asks = word && word->word.p[0] == U'至' && word->word.n == 2; /* 至少 */
    if (pass->done || (figure->live && is_done_behind(pass->sentence, figure)))
        return TENSE_RESULT;
    if (!pass->sentence->context->results)
        return TENSE_TARGET;
    return pass->will || asks ? TENSE_TARGET : TENSE_RESULT;
}

static void take_figure(Pass *pass)
{
    const Sentence *sentence = pass->sentence;
    size_t index = SENTENCE_TOKEN(sentence, pass->i)->index;
    const Figure *figure = SENTENCE_FIGURE(sentence, index);
    Promise *promise = &pass->promises[index];
    Date behind = figure->live ? date_behind(pass, figure) : DATE_NONE;
    promise->soft = pass->soft && !(pass->paused && pass->own_verb && !pass->soft_leads);
    promise->tense = tense_of(pass, figure);
    promise->due = behind != DATE_NONE ? behind : pass->due;
    if (pass->date_run > 1 && figure->live && !figure->listed && list_length(sentence, index) == pass->date_run)
        for (size_t k = 0; k < pass->date_run; k++)
            pass->promises[index + k].dealt = SENTENCE_DATE(sentence, pass->first_date + k)->due;
    if (promise->dealt != DATE_NONE)
        promise->due = promise->dealt;
    if (figure->live) {
        pass->date_run = 0;
        pass->soft_alone = false;
    }
}

void promises_find(Sentence *sentence, bool reporting, Promise *promises)
{
    Pass pass = { .sentence = sentence, .promises = promises, .due = DATE_NONE, .lasting = DATE_NONE, .done = reporting, .done_leads = reporting };
    size_t clauses = 0;
    for (size_t i = 0; i < sentence->figures->len; i++)
        promises[i].dealt = DATE_NONE;
    for (; pass.i < sentence->tokens->len; pass.i++) {
        const Token *token = SENTENCE_TOKEN(sentence, pass.i);
        switch (token->kind) {
        case TOKEN_COMMA:
            if (clauses + 1 < sentence->clauses->len && SENTENCE_CLAUSE(sentence, clauses + 1)->first_token == pass.i + 1) {
                clauses++;
                next_clause(&pass);
            }
            break;
        case TOKEN_PAUSE:
            pass.paused = true;
            pass.own_verb = false;
            break;
        case TOKEN_WORD:
            take_word(&pass);
            break;
        case TOKEN_DATE:
            take_date(&pass);
            break;
        case TOKEN_FIGURE:
            take_figure(&pass);
            break;
        case TOKEN_OPEN: case TOKEN_CLOSE:
            break;
        }
    }
}
