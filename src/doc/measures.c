/* The measures of an item: 一是 … 二是 …, 一要 …, 首先 … 其次 …, 第一，… A mark counts only at the beginning of a clause and in its turn. Where a
 * sentence names another problem (针对…问题。) the numbering begins again. */
#include "doc/structure.h"

#include "base/banned.h"

/* Behind a numeral. */
static const Word mark_verbs[] = { WORD_INIT(U"是"), WORD_INIT(U"要") };

/* Words that count by themselves, with their place; 0: whatever place comes next, and the last. */
typedef struct {
    Word word;
    int number;
} SequenceRow;

static const SequenceRow sequence_rows[] = {
    { WORD_INIT(U"首先"), 1 }, { WORD_INIT(U"其一"), 1 }, { WORD_INIT(U"其次"), 2 }, { WORD_INIT(U"其二"), 2 },
    { WORD_INIT(U"再次"), 3 }, { WORD_INIT(U"其三"), 3 }, { WORD_INIT(U"其四"), 4 }, { WORD_INIT(U"其五"), 5 },
    { WORD_INIT(U"最后"), 0 },
};

/* Marks of one kind make a sequence: 首先 … 其次 …, and 一是 … 二是 … inside of it. */
typedef enum { MARK_VERB, MARK_SEQUENCE, MARK_ORDINAL } MarkKind;

typedef struct {
    MarkKind kind;
    int number;
    Range no, range; /* as it stands, without and with what belongs to the mark */
} Mark;

typedef struct {
    const View *view;
    const RangeList *marks; /* owners */
    Arena *arena;
    MeasureList *measures;
    size_t mark; /* the first of marks that may still matter */
    Mark open;   /* the measure that is being read; range.to == 0: none */
    int last[3];
    size_t ahead; /* up to here it is known that another mark of the open kind follows */
} Measurer;

static bool verb_mark(const View *view, size_t i, size_t to, Mark *mark)
{
    size_t n = han_number(view, i, to, &mark->number);
    size_t verb = n ? words_at(view, i + n, to, WORDS(mark_verbs), NULL) : 0;
    if (!verb)
        return false;
    mark->kind = MARK_VERB;
    mark->no = (Range) { i, i + n };
    mark->range = (Range) { i, i + n + verb };
    return true;
}

static bool sequence_mark(const View *view, size_t i, size_t to, Mark *mark)
{
    for (size_t r = 0; r < G_N_ELEMENTS(sequence_rows); r++) {
        Word word = sequence_rows[r].word;
        if (!word_here(view, i, to, word))
            continue;
        bool comma = i + word.n < to && view->norm[i + word.n] == ',';
        *mark = (Mark) { MARK_SEQUENCE, sequence_rows[r].number, { i, i + word.n }, { i, i + word.n + comma } };
        return true;
    }
    return false;
}

/* 第一，… but not 第一季度. */
static bool ordinal_mark(const View *view, size_t i, size_t to, Mark *mark)
{
    if (view->norm[i] != U'第')
        return false;
    size_t n = han_number(view, i + 1, to, &mark->number), end = i + 1 + n;
    if (!n || end >= to || !word_has(W(U",:"), view->norm[end]))
        return false;
    mark->kind = MARK_ORDINAL;
    mark->no = (Range) { i + 1, end };
    mark->range = (Range) { i, end + 1 };
    return true;
}

static bool in_turn(const Measurer *measurer, Mark *mark)
{
    int last = measurer->last[mark->kind];
    if (mark->number == 0)
        mark->number = last > 0 ? last + 1 : 0;
    if (mark->number == 0 || (measurer->open.range.to && mark->kind != measurer->open.kind && measurer->last[measurer->open.kind] > 0
                              && mark->kind > measurer->open.kind))
        return false;
    return mark->number == 1 || mark->number == last + 1;
}

static bool clause_begins(const View *view, size_t i, size_t from)
{
    while (i > from && is_blank(view->norm[i - 1]) && view->norm[i - 1] != '\n')
        i--;
    return i == from || word_has(W(U"。;,:!?\n)”"), view->norm[i - 1]);
}

/* What the owners in it leave of a measure: a bracket of owners at its end is not its text. */
static Range without_owners(Measurer *measurer, Range text)
{
    for (; measurer->mark < measurer->marks->n && measurer->marks->v[measurer->mark].from < text.to; measurer->mark++) {
        Range mark = measurer->marks->v[measurer->mark];
        Range rest = view_trim(measurer->view, (Range) { MIN(mark.to, text.to), text.to }, W(U"。;,"));
        if (mark.from > text.from && rest.from == rest.to)
            return (Range) { text.from, mark.from };
    }
    return text;
}

void measure_add(const View *view, Range no, Range text, const RangeList *marks, Arena *arena, MeasureList *measures)
{
    Measurer measurer = { .view = view, .marks = marks };
    text = without_owners(&measurer, view_trim(view, text, W(U"。;,")));
    text = view_trim(view, text, W(U"。;,:"));
    if (text.from < text.to)
        *ARENA_PUSH(arena, measures) = (DocMeasure) { view_value(view, no, arena).text, view_value(view, text, arena) };
}

static void close_measure(Measurer *measurer, size_t end)
{
    Mark mark = measurer->open;
    if (mark.range.to == 0)
        return;
    measurer->open = (Mark) { 0 };
    const View *view = measurer->view;
    Range text = view_trim(view, without_owners(measurer, view_trim(view, (Range) { mark.range.to, end }, W(U"。;,"))), W(U"。;,:"));
    if (text.from == text.to)
        return;
    *ARENA_PUSH(measurer->arena, measurer->measures) =
        (DocMeasure) { view_value(view, mark.no, measurer->arena).text, view_value(view, text, measurer->arena) };
}

static const Word problem_begins[] = { WORD_INIT(U"针对"), WORD_INIT(U"关于"), WORD_INIT(U"对于"), WORD_INIT(U"对照") };
static const Word problem_ends[] = {
    WORD_INIT(U"问题"), WORD_INIT(U"情况"), WORD_INIT(U"方面"), WORD_INIT(U"不足"), WORD_INIT(U"不够"), WORD_INIT(U"不到位"),
    WORD_INIT(U"隐患"),
};

/* 针对太湖水质治理未达标问题。 is a heading inside the text: what ran before it ends. */
static bool names_problem(const View *view, size_t i, size_t to)
{
    enum { SENTENCE_MAX = 80 };
    if (!words_at(view, i, to, WORDS(problem_begins), NULL))
        return false;
    Range sentence = { i, MIN(to, i + SENTENCE_MAX) };
    size_t stop = find_outside(view, sentence, W(U"。:,;\n"));
    return stop < sentence.to && view->norm[stop] != ',' && view->norm[stop] != ';' && words_before(view, stop, i, WORDS(problem_ends), NULL);
}

static bool mark_at(const View *view, size_t i, size_t to, Mark *mark)
{
    return verb_mark(view, i, to, mark) || sequence_mark(view, i, to, mark) || ordinal_mark(view, i, to, mark);
}

/* Whether a long line ends in the middle of a sentence. */
static bool is_cut(const View *view, size_t from, size_t i)
{
    enum { LINE_MIN = 24 };
    size_t line = i;
    while (line > from && i - line < LINE_MIN && view->norm[line - 1] != '\n')
        line--;
    return i - line >= LINE_MIN && !word_has(W(U"。;!?:)”》】"), view->norm[i - 1]);
}

/* The last of a run ends with its paragraph, the others where the next one begins. */
static void end_paragraph(Measurer *measurer, Range text, size_t i)
{
    Mark mark;
    Role role;
    size_t next = skip_blanks(measurer->view, i, text.to);
    if (is_cut(measurer->view, text.from, i) && next < text.to && !role_label_at(measurer->view, next, text.to, &role))
        return; /* the sentence goes on in the next line */
    if (next < text.to && mark_at(measurer->view, next, text.to, &mark) && in_turn(measurer, &mark))
        return;
    for (size_t k = MAX(next, measurer->ahead); k < text.to; k++)
        if (clause_begins(measurer->view, k, text.from) && mark_at(measurer->view, k, text.to, &mark) && mark.kind == measurer->open.kind
            && in_turn(measurer, &mark)) {
            measurer->ahead = k;
            return; /* a measure of several paragraphs: another one follows */
        }
    measurer->ahead = text.to;
    close_measure(measurer, i);
}

void measures_find(const View *view, Range text, const RangeList *marks, Arena *arena, MeasureList *measures)
{
    Measurer measurer = { .view = view, .marks = marks, .arena = arena, .measures = measures };
    for (size_t i = text.from; i < text.to; i++) {
        Mark mark = { 0 };
        if (view->norm[i] == '\n' && measurer.open.range.to)
            end_paragraph(&measurer, text, i);
        if (!is_han(view->norm[i]) || !clause_begins(view, i, text.from))
            continue;
        if (names_problem(view, i, text.to)) {
            close_measure(&measurer, i);
            memset(measurer.last, 0, sizeof measurer.last);
        } else if (mark_at(view, i, text.to, &mark) && in_turn(&measurer, &mark)) {
            close_measure(&measurer, i);
            measurer.last[mark.kind] = mark.number;
            measurer.open = mark;
            i = mark.range.to - 1;
        }
    }
    close_measure(&measurer, text.to);
}

void measures_numbered(const View *view, Range text, Arena *arena, MeasureList *measures)
{
    static const RangeList no_marks = { 0 };
    Label open = { 0 }, label;
    for (size_t i = text.from; i < text.to; i++) {
        if (!clause_begins(view, i, text.from) || !label_read(view, i, text.to, &label) || label.weak || label.number != open.number + 1
            || (open.number && label.style != open.style))
            continue;
        if (open.number)
            measure_add(view, open.digits, (Range) { open.range.to, i }, &no_marks, arena, measures);
        open = label;
        i = label.range.to - 1;
    }
    if (open.number)
        measure_add(view, open.digits, (Range) { open.range.to, text.to }, &no_marks, arena, measures);
}
