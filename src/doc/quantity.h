/* quantity.h: private to the quantity stage (quantities.c and what it is made of): from words and figures to targets.
 *
 *   numerals.c   1,200  23.4  两  十二  一百二十
 *   classifiers.c 家 万人次 % /10万 元/人/月, and what kind each is
 *   lexicon.c    the lexicon: verbs, comparators, soft words, marks of time; one index over all tables
 *   opwords.c    comparators before and behind a figure
 *   dates.c      2025年底前  三季度末  “十四五”末
 *   figures.c    numeral and unit, ranges, fractions, ratios, ranks
 *   sentence.c   a sentence as tokens, clauses and figures
 *   exclusions.c which figures are no targets
 *   governors.c  a figure's comparators, and the verb that rules it
 *   nouns.c      the text before and behind a figure
 *   carry.c      what figures have of their neighbours
 *   metric.c     what a figure counts
 *   promises.c   by when, how firmly, promised or reported
 *   wordy.c      targets without a figure
 *
 * All of it works on a sentence at a time and is linear in its length. */
#pragma once

#include "doc/stages.h"

/* --- Numerals ---------------------------------------------------------------------------------------------------- */

typedef struct {
    Range range;
    DocFigure value;
    bool chinese; /* in Chinese numerals: more often a manner of speaking than a promise */
    bool exact;   /* false: more digits than a DocFigure holds; value is then meaningless */
} Numeral;

/* Reads the longest numeral that begins at `at`, in digits or Chinese; false if none does. 万 and 亿 at the end of a Chinese numeral
 * are left to the unit, as they are behind digits (两万人 is 2 of 万人). */
bool numeral_read(const View *view, size_t at, size_t end, Numeral *ret_numeral);

/* Whether c can begin a numeral. */
bool numeral_begins(char32_t c);

/* --- Units ------------------------------------------------------------------------------------------------------- */

typedef enum {
    UNIT_NONE,
    UNIT_RATE,  /* %, ‰, /10万, 个百分点, 成, 倍 */
    UNIT_COUNT, /* a classifier: 家, 万人次, 次/年 */
    UNIT_MONEY,
    UNIT_TIME,  /* durations and ages: a target only of a metric that is a time */
    UNIT_RANK,  /* 前500名, 500强 */
    UNIT_RATIO, /* 1:1.6, 1/3 */
    UNIT_LABEL, /* 级, 届, 号: counts nothing */
} UnitKind;

typedef struct {
    UnitKind kind;
    size_t to;        /* behind the unit */
    Range multiplier; /* 万 in 万余人; empty where it is part of `name` */
    Range name;
    bool over;        /* 余, 多 */
} Unit;

typedef struct {
    Word word;
    UnitKind kind;
} UnitRow;

typedef struct {
    const UnitRow *rows;
    size_t n;
} UnitTable;

extern const UnitTable units_table;

/* Reads the unit that stands at `at`, behind a numeral; UNIT_NONE if none does. */
Unit unit_read(const View *view, size_t at, size_t end);

/* --- Words ------------------------------------------------------------------------------------------------------- */

typedef enum {
    WORD_PLAIN,  /* protects a word from being cut: 签约 is not 约 */
    WORD_BRING,  /* brings about: 建成 培养. Its object is a promise, the verb no part of the metric */
    WORD_ADD,    /* the same, but part of the metric: 新增 引进 */
    WORD_DO,     /* does to a number of things: 培训 覆盖. A promise; may also be part of a noun */
    WORD_BUILD,  /* either: 建设 leads as 建成 does, and is part of a noun elsewhere */
    WORD_WORK,   /* works on: 推进 落实. Its object is no promise */
    WORD_AT,     /* a preposition: 在6个城区 */
    WORD_SOFT,   /* 力争 */
    WORD_LEAD,   /* leads in a metric and is no part of it: 其中 努力 */
    WORD_ENSURE, /* the same, also in the middle of a clause: 确保 实现 */
    WORD_LINK,   /* between metric and figure: 分别 均 为 */
    WORD_PER,    /* the same, but part of the metric: 人均 全年 */
    WORD_AREA,   /* 全市: no noun before a figure, but part of one before a metric */
    WORD_EACH,   /* 每 各: keeps the subject in the metric */
    WORD_CHANGE, /* 下降 增长 */
    WORD_THAN,   /* 较 比: a base figure or year follows */
    WORD_FROM,   /* 由 从: a base figure follows, if 到 comes after it */
    WORD_ETC,    /* 等 before a figure: it only counts what was listed */
    WORD_JOIN,   /* 和 及 */
    WORD_DONE,   /* 已 目前: a result */
    WORD_WILL,   /* 将 拟: a target, also in a report */
    WORD_REPORT, /* 完成情况: results follow, up to the end of the item */
    WORD_BEFORE, /* a comparator before the figure */
    WORD_BEHIND, /* a comparator behind it */
} WordClass;

typedef struct {
    Word word;
    WordClass class;
    TargetOp op; /* of a comparator */
} LexWord;

typedef struct {
    const LexWord *rows;
    size_t n;
} LexTable;

extern const LexTable words_table, opwords_table;

/* The longest word of the lexicon that begins at `at`; NULL if none does. */
const LexWord *word_read(const View *view, size_t at, size_t end);

/* --- Dates ------------------------------------------------------------------------------------------------------- */

typedef struct {
    Range range;
    Date due;    /* its last day; DATE_NONE where the plan's year would be needed and is not known */
    bool base;   /* 较2020年, 2020年以来, 截至…: not a date to be met */
} DatePhrase;

/* Reads the date phrase that begins at `at`; false if none does. plan_year as in TargetContext. */
bool date_read(const View *view, size_t at, size_t end, int plan_year, DatePhrase *ret_date);

/* Whether c can begin a date phrase. */
bool date_begins(char32_t c);

/* --- Figures ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Range range;  /* numeral and unit; for a rank with its 前 */
    DocFigure value, value2;
    bool between; /* value to value2 */
    bool chinese, exact, over;
    UnitKind kind;
    Str unit;
    Range unit_range; /* where it stands, the last of a range's */
} FigureText;

/* Reads the figure that begins at `at`; false if none does. A figure that is not one of a quantity (a house number, 第3) is read as UNIT_LABEL
 * or UNIT_NONE, so that it is passed over as a whole. */
bool figure_read(const View *view, size_t at, size_t end, Arena *arena, FigureText *ret_figure);

/* --- Sentences --------------------------------------------------------------------------------------------------- */

typedef enum { TOKEN_WORD, TOKEN_FIGURE, TOKEN_DATE, TOKEN_COMMA, TOKEN_PAUSE /* 、 */, TOKEN_OPEN, TOKEN_CLOSE } TokenKind;

typedef struct {
    TokenKind kind;
    Range range;
    const LexWord *word; /* TOKEN_WORD */
    size_t index;        /* TOKEN_FIGURE, TOKEN_DATE: in the sentence's list */
} Token;

/* Sets of classes: token_is(token, ONE(WORD_DONE) | ONE(WORD_WILL)). */
#define ONE(class) (UINT32_C(1) << (class))
#define PROMISING (ONE(WORD_BRING) | ONE(WORD_ADD) | ONE(WORD_DO) | ONE(WORD_BUILD)) /* verbs whose objects are promised */

static inline bool class_is(WordClass class, uint32_t classes)
{
    return classes >> class & 1;
}

static inline bool token_is(const Token *token, uint32_t classes)
{
    return token->kind == TOKEN_WORD && class_is(token->word->class, classes);
}

/* A stretch between commas (outside brackets). */
typedef struct {
    Range range;
    size_t first_token, end_token;
    bool fresh; /* begins behind a semicolon or at the sentence's start: nothing is carried into it */
} Clause;

typedef struct {
    FigureText text;
    size_t token, clause;
    Range around;        /* where its words may stand: the clause, or its stretch of a bracket */
    bool named;          /* inside “”: part of a name */
    bool bracketed;
    Range whole;         /* with its comparators */
    const LexWord *before, *behind, *earlier; /* its comparators; `earlier`: one that its verb or noun parts from it (至少新增1家) */
    TargetOp op;
    const LexWord *verb; /* what governs it: the nearest such word to its left; NULL: none */
    bool inherited;      /* the verb stands before an earlier figure */
    bool each;           /* 每 or 各 stands before it */
    bool listed;         /* only 、 or 和 between it and the figure before */
    bool inside;         /* part of what another figure counts */
    bool base;           /* what something is compared with, or moves away from */
    bool live;           /* a target */
} Figure;

typedef struct {
    const View *view;
    const TargetContext *context;
    Arena *arena;
    Range range;
    GArray *tokens, *clauses, *figures, *dates; /* of Token, Clause, Figure, DatePhrase; emptied for each sentence */
} Sentence;

#define SENTENCE_TOKEN(s, i) (&g_array_index((s)->tokens, Token, i))
#define SENTENCE_CLAUSE(s, i) (&g_array_index((s)->clauses, Clause, i))
#define SENTENCE_FIGURE(s, i) (&g_array_index((s)->figures, Figure, i))
#define SENTENCE_DATE(s, i) (&g_array_index((s)->dates, DatePhrase, i))

void sentence_init(Sentence *sentence, const View *view, const TargetContext *context, Arena *arena);
void sentence_clear(Sentence *sentence);

/* Cuts the range into tokens, clauses and figures. */
void sentence_read(Sentence *sentence, Range range);

/* Gives each figure its comparators and the word that governs it (governors.c). */
void figures_compare(Sentence *sentence);

/* 每5万人口配置: so many of something, per which something is counted. */
bool is_denominator(const View *view, const Figure *figure);

/* Sets `live` of each figure: whether it is a target at all (exclusions.c). */
void figures_judge(Sentence *sentence);

static inline bool figure_compared(const Figure *figure)
{
    return figure->before || figure->behind || figure->earlier;
}

/* Whether nothing of a noun follows at `at`: punctuation, or the end. */
static inline bool is_boundary(const View *view, size_t at, size_t end)
{
    if (at >= end)
        return true;
    switch (view->norm[at]) {
    case ',': case ';': case ':': case '(': case ')': case '.': case '!': case '?': case '\n':
    case U'、': case U'。': case U'”': case U'》': case U'〕': case U'】': case U'…':
        return true;
    default:
        return false;
    }
}

/* --- Nouns: the text around a figure (nouns.c) ------------------------------------------------------------------- */

Range noun_trim(const View *view, Range range);

/* The tokens that lie in a range: from the first to behind the last. */
void tokens_in(const Sentence *sentence, Range range, size_t *ret_first, size_t *ret_end);

/* Cuts words off both ends that are no part of a metric. keeps_area: of a rank (居全省前5名). */
Range noun_strip(const Sentence *sentence, Range range, bool keeps_area);

typedef struct {
    Range noun;
    Range verb;        /* where there was nothing but a verb, that */
    bool ends_in_verb; /* 每个县建成 */
} LeftNoun;

/* What stands between `from` and the figure, without what is no part of its metric. */
LeftNoun noun_before(const Sentence *sentence, const Figure *figure, size_t from);

/* Whether the text behind the figure says what it counts, and not what is done with it. has_left: a noun stands before it. */
bool noun_follows(const Sentence *sentence, const Figure *figure, bool has_left);
Range noun_behind(const Sentence *sentence, const Figure *figure, size_t end);

/* Where the text of the next figure begins: behind the last 、 or conjunction before it, or at a verb before it. */
size_t noun_split(const Sentence *sentence, const Figure *figure, const Figure *next);

/* --- Metrics ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Str text;    /* n == 0: none found */
    Range quote; /* metric, comparator and figure */
} Metric;

/* What is known of a figure's metric: text before and behind it, or carried from a neighbour. */
typedef struct {
    Range left, right, carried;
    Range verb; /* as of LeftNoun */
    Range tail; /* what all elements of a list share: 患者管理率 in 高血压、糖尿病患者管理率 */
} Parts;

enum { METRIC_CHARS_MAX = 120 }; /* longer is no metric but a lost comma; keeps carried metrics linear */

static inline Range bounded(Range range)
{
    return range.to > range.from + METRIC_CHARS_MAX ? (Range) { range.to - METRIC_CHARS_MAX, range.to } : range;
}

/* Fills in what figures have of their neighbours (carry.c). parts: one for every figure, with the text of its own. */
void parts_carry(const Sentence *sentence, Parts *parts);

/* What each live figure of the sentence counts; metrics has a place for every figure. */
void metrics_find(const Sentence *sentence, Metric *metrics);

/* --- Promises ---------------------------------------------------------------------------------------------------- */

typedef struct {
    Date due;   /* DATE_NONE: the sentence names none */
    Date dealt; /* of a list of dates (到2025年、2030年), the one that is this figure's */
    bool soft;
    Tense tense;
} Promise;

/* When, how firmly, and whether already: for every figure of the sentence. reporting: it stands behind 完成情况. */
void promises_find(Sentence *sentence, bool reporting, Promise *promises);

/* --- Targets without figures ------------------------------------------------------------------------------------- */

/* Adds a finding `wordy-target` for each in the range; params: meaning=<op><value> (">=100%", "=0", "reference", …) and quote. */
void wordy_find(const View *view, Range range, Diags *diags);

/* --- Small things that several of them need ---------------------------------------------------------------------- */

static inline bool range_empty(Range range)
{
    return range.from >= range.to;
}

/* view_at for tables: most rows are told by their first character. */
static inline bool word_stands(const View *view, size_t at, size_t end, Word word)
{
    return view->norm[at] == word.p[0] && at + word.n <= end && view_at(view, at, word);
}

/* Which characters may begin a word of a table: a sieve, built once for each table (g_once_init_enter). */
typedef struct {
    uint64_t bits[16];
} Firsts;

static inline size_t firsts_bit(char32_t c)
{
    return (c ^ c >> 10) % 1024;
}

static inline void firsts_add(Firsts *firsts, char32_t c)
{
    firsts->bits[firsts_bit(c) / 64] |= UINT64_C(1) << firsts_bit(c) % 64;
}

static inline bool firsts_may(const Firsts *firsts, char32_t c)
{
    return firsts->bits[firsts_bit(c) / 64] >> firsts_bit(c) % 64 & 1;
}

static inline bool word_holds(Word characters, char32_t c)
{
    for (size_t i = 0; i < characters.n; i++)
        if (characters.p[i] == c)
            return true;
    return false;
}

static inline bool is_digit(char32_t c)
{
    return c >= '0' && c <= '9';
}

static inline size_t before_blank(const View *view, size_t at, size_t from)
{
    while (at > from && is_blank(view->norm[at - 1]))
        at--;
    return at;
}

static inline size_t skip_blank(const View *view, size_t at, size_t end)
{
    while (at < end && is_blank(view->norm[at]))
        at++;
    return at;
}
