/* The counts that a document declares of itself (3个方面21项整改任务) against what was found in it. Only what it says outside of its tasks
 * counts: in a task, 24项制度 are somebody's regulations, not the document's. */
#include "doc/structure.h"

#include "base/banned.h"

typedef enum { WHAT_ASPECTS, WHAT_ITEMS, WHAT_MEASURES, WHAT_DOCUMENTS, WHAT_KEY_TASKS, N_WHATS } What;

static const char *const what_names[] = { "aspects", "items", "measures", "documents", "key_tasks" };

/* What is counted, behind figure and classifier; the longest word goes. */
typedef struct {
    Word word;
    What what;
} WhatRow;

static const WhatRow what_rows[] = {
    { WORD_INIT(U"方面"), WHAT_ASPECTS }, { WORD_INIT(U"大方面"), WHAT_ASPECTS }, { WORD_INIT(U"大类"), WHAT_ASPECTS },
    { WORD_INIT(U"任务"), WHAT_ITEMS }, { WORD_INIT(U"工作"), WHAT_ITEMS }, { WORD_INIT(U"整改任务"), WHAT_ITEMS },
    { WORD_INIT(U"具体任务"), WHAT_ITEMS }, { WORD_INIT(U"工作任务"), WHAT_ITEMS }, { WORD_INIT(U"目标任务"), WHAT_ITEMS },
    { WORD_INIT(U"问题"), WHAT_ITEMS }, { WORD_INIT(U"具体问题"), WHAT_ITEMS }, { WORD_INIT(U"反馈问题"), WHAT_ITEMS },
    { WORD_INIT(U"整改问题"), WHAT_ITEMS }, { WORD_INIT(U"突出问题"), WHAT_ITEMS }, { WORD_INIT(U"整改事项"), WHAT_ITEMS },
    { WORD_INIT(U"重点任务"), WHAT_KEY_TASKS }, { WORD_INIT(U"主要任务"), WHAT_ITEMS },
    { WORD_INIT(U"重点工作任务"), WHAT_KEY_TASKS }, { WORD_INIT(U"重点工作"), WHAT_KEY_TASKS },
    { WORD_INIT(U"重点事项"), WHAT_KEY_TASKS }, { WORD_INIT(U"措施"), WHAT_MEASURES },
    { WORD_INIT(U"整改措施"), WHAT_MEASURES }, { WORD_INIT(U"具体措施"), WHAT_MEASURES },
    { WORD_INIT(U"工作措施"), WHAT_MEASURES }, { WORD_INIT(U"具体整改措施"), WHAT_MEASURES },
    { WORD_INIT(U"举措"), WHAT_MEASURES }, { WORD_INIT(U"具体举措"), WHAT_MEASURES }, { WORD_INIT(U"整改举措"), WHAT_MEASURES },
    { WORD_INIT(U"政策措施"), WHAT_MEASURES }, { WORD_INIT(U"工作举措"), WHAT_MEASURES },
    { WORD_INIT(U"制度"), WHAT_DOCUMENTS }, { WORD_INIT(U"制度文件"), WHAT_DOCUMENTS },
    { WORD_INIT(U"规章制度"), WHAT_DOCUMENTS }, { WORD_INIT(U"制度规定"), WHAT_DOCUMENTS },
    { WORD_INIT(U"制度机制"), WHAT_DOCUMENTS }, { WORD_INIT(U"文件"), WHAT_DOCUMENTS },
    { WORD_INIT(U"配套文件"), WHAT_DOCUMENTS }, { WORD_INIT(U"长效机制"), WHAT_DOCUMENTS },
};

static const Word classifiers[] = {
    WORD_INIT(U"个"), WORD_INIT(U"项"), WORD_INIT(U"条"), WORD_INIT(U"件"), WORD_INIT(U"份"), WORD_INIT(U"大"),
    WORD_INIT(U"类"),
};

/* Verbs that make the documents behind them the reporter's own. */
static const Word issue_words[] = {
    WORD_INIT(U"出台"), WORD_INIT(U"制定"), WORD_INIT(U"修订"), WORD_INIT(U"建立"), WORD_INIT(U"印发"), WORD_INIT(U"完善"),
    WORD_INIT(U"健全"), WORD_INIT(U"形成"), WORD_INIT(U"制订"), WORD_INIT(U"新建"), WORD_INIT(U"刊登"), WORD_INIT(U"登载"),
    WORD_INIT(U"收录"),
};

/* Before a figure: it is a part of the count, not the count. */
static const Word part_words[] = {
    WORD_INIT(U"其中"), WORD_INIT(U"其余"), WORD_INIT(U"另有"), WORD_INIT(U"已完成"), WORD_INIT(U"完成"), WORD_INIT(U"还有"),
    WORD_INIT(U"剩余"), WORD_INIT(U"未完成"), WORD_INIT(U"第"), WORD_INIT(U"每"), WORD_INIT(U"各"), WORD_INIT(U"落实"),
};

typedef struct {
    What what;
    int value;
    Range range;
} Count;

typedef struct {
    const Structure *structure;
    const View *view;
    Arena *arena;
    ARENA_LIST(Count) counts;
} Counter;

static size_t number_at(const View *view, size_t i, size_t to, int *ret_number)
{
    size_t n = digit_number(view, i, to, ret_number);
    return n ? n : han_number(view, i, to, ret_number);
}

static size_t what_at(const View *view, size_t i, size_t to, What *ret_what)
{
    size_t best = 0;
    for (size_t r = 0; r < G_N_ELEMENTS(what_rows); r++)
        if (what_rows[r].word.n > best && word_here(view, i, to, what_rows[r].word)) {
            best = what_rows[r].word.n;
            *ret_what = what_rows[r].what;
        }
    return best;
}

/* 21项整改任务: figure, classifier, noun; 三方面 has no classifier. */
static bool count_at(const View *view, size_t i, size_t to, Count *ret_count)
{
    int value = 0;
    What what = N_WHATS;
    size_t n = number_at(view, i, to, &value);
    size_t classifier = n ? words_at(view, i + n, to, WORDS(classifiers), NULL) : 0;
    size_t noun = classifier ? what_at(view, i + n + classifier, to, &what) : 0;
    if (n && !noun) {
        classifier = 0;
        noun = what_at(view, i + n, to, &what);
        noun = what == WHAT_ASPECTS ? noun : 0;
    }
    *ret_count = (Count) { what, value, { i, i + n + classifier + noun } };
    return noun > 0 && value > 0;
}

static Range sentence_around(const View *view, Range text, size_t i)
{
    Range sentence = { i, i };
    while (sentence.from > text.from && !word_has(W(U"。;\n"), view->norm[sentence.from - 1]))
        sentence.from--;
    while (sentence.to < text.to && !word_has(W(U"。;\n"), view->norm[sentence.to]))
        sentence.to++;
    return sentence;
}

/* 新出台制度文件24项: noun, figure, classifier, behind a verb of issuing. */
static bool documents_at(const View *view, Range sentence, size_t i, Count *ret_count)
{
    What what = N_WHATS;
    int value = 0;
    size_t noun = what_at(view, i, sentence.to, &what);
    size_t n = noun && what == WHAT_DOCUMENTS ? number_at(view, i + noun, sentence.to, &value) : 0;
    size_t classifier = n ? words_at(view, i + noun + n, sentence.to, WORDS(classifiers), NULL) : 0;
    *ret_count = (Count) { WHAT_DOCUMENTS, value, { i, i + noun + n + classifier } };
    return classifier && value > 0 && words_in(view, (Range) { sentence.from, i }, WORDS(issue_words));
}

static bool accepts(const View *view, Range sentence, const Count *count)
{
    if (words_before(view, count->range.from, sentence.from, WORDS(part_words), NULL))
        return false;
    if (count->range.from > sentence.from && word_has(W(U"0123456789.-~第十百"), view->norm[count->range.from - 1]))
        return false;
    return count->what != WHAT_DOCUMENTS || words_in(view, (Range) { sentence.from, count->range.from }, WORDS(issue_words));
}

static bool is_known(const Counter *counter, const Count *count)
{
    for (size_t i = 0; i < counter->counts.n; i++)
        if (counter->counts.v[i].what == count->what)
            return true;
    return false;
}

/* 28项工作 says something of the document only behind another count: 八个方面28项工作. */
static bool is_plain(const View *view, const Count *count)
{
    static const Word plain[] = { WORD_INIT(U"项工作"), WORD_INIT(U"个工作"), WORD_INIT(U"件工作") };
    return words_before(view, count->range.to, count->range.from, WORDS(plain), NULL) > 0;
}

/* Of each kind the first count stands; adjacent ones (3个方面21项整改任务) share their quotation. */
static void count_in(Counter *counter, Range text)
{
    const View *view = counter->view;
    for (size_t i = text.from; i < text.to; i++) {
        Count count;
        bool figure = word_has(W(U"0123456789一二三四五六七八九十百"), view->norm[i]);
        bool documents = word_has(W(U"制规文配长"), view->norm[i]);
        if (!figure && !documents)
            continue;
        if (figure ? !count_at(view, i, text.to, &count) : what_at(view, i, text.to, &(What) { 0 }) == 0)
            continue;
        Range sentence = sentence_around(view, text, i);
        if (!figure && !documents_at(view, sentence, i, &count))
            continue;
        Count *last = counter->counts.n ? &counter->counts.v[counter->counts.n - 1] : NULL;
        bool adjacent = last && last->range.to == count.range.from;
        if (accepts(view, sentence, &count) && !is_known(counter, &count) && (adjacent || !is_plain(view, &count))) {
            Range quote = { adjacent ? last->range.from : count.range.from, count.range.to };
            if (adjacent)
                last->range = quote;
            count.range = quote;
            *ARENA_PUSH(counter->arena, &counter->counts) = count;
        }
        i = count.range.to - 1;
    }
}

/* --- What was found --------------------------------------------------------------------------------------------- */

static bool is_counted(const DocItem *item)
{
    return item->kind != ITEM_NARRATIVE;
}

/* The style that most items are numbered in. */
static Style usual_style(const Structure *structure)
{
    size_t count[STYLE_MAX] = { 0 };
    Style usual = 0;
    for (size_t i = 0; i < structure->n_items; i++) {
        uint32_t node = structure->places[i].node;
        if (node != NO_NODE && is_counted(&structure->items[i]))
            count[structure->outline.v[node].label.style]++;
    }
    for (Style s = 0; s < STYLE_MAX; s++)
        usual = count[s] > count[usual] ? s : usual;
    return usual;
}

/* A document counts its tasks as it numbers most of them: 21. with the parts （1）（2）（3） is one. */
static uint32_t counted_as(const Structure *structure, uint32_t node, Style usual)
{
    for (uint32_t id = node; id != NO_NODE; id = structure->outline.v[id].parent)
        if (structure->outline.v[id].kind == NODE_NUMBERED && structure->outline.v[id].label.style == usual)
            return id;
    return node;
}

static int64_t found_items(const Structure *structure)
{
    int64_t n = 0;
    uint32_t last = NO_NODE;
    Style usual = usual_style(structure);
    for (size_t i = 0; i < structure->n_items; i++) {
        if (!is_counted(&structure->items[i]))
            continue;
        uint32_t counted = counted_as(structure, structure->places[i].node, usual);
        n += counted == NO_NODE || counted != last;
        last = counted;
    }
    return n > 0 ? n : -1;
}

/* The headings right above the items, where there are several. */
static int64_t found_aspects(const Structure *structure)
{
    int64_t n = 0;
    uint32_t last = NO_NODE;
    for (size_t i = 0; i < structure->n_items; i++)
        if (is_counted(&structure->items[i]) && structure->places[i].parent != last) {
            last = structure->places[i].parent;
            n += last != NO_NODE;
        }
    return n > 1 ? n : -1;
}

static int64_t found_measures(const Structure *structure)
{
    int64_t n = 0;
    for (size_t i = 0; i < structure->n_items; i++)
        n += is_counted(&structure->items[i]) ? (int64_t) structure->items[i].n_measures : 0;
    return n > 0 ? n : -1;
}

/* A report tells what was done in its own clauses, not in those of the plan whose measures it counts: only an equal number shows anything. */
static int64_t found_of_measures(const Structure *structure, int declared)
{
    int64_t found = found_measures(structure);
    return structure->facts->kind == DOC_RECTIFICATION && found != declared ? -1 : found;
}

static int64_t found_of(const Structure *structure, What what, int declared)
{
    switch (what) {
    case WHAT_ASPECTS:
        return found_aspects(structure);
    case WHAT_ITEMS:
    case WHAT_KEY_TASKS:
        return found_items(structure);
    case WHAT_MEASURES:
        return found_of_measures(structure, declared);
    default:
        return -1; /* the text names some of its regulations, and cannot show that these are all */
    }
}

/* --- Where a document speaks of itself -------------------------------------------------------------------------- */

static void count_outside_tasks(Counter *counter)
{
    const Structure *structure = counter->structure;
    size_t from = structure->text.from;
    for (size_t i = 0; i < structure->n_items; i++) {
        Range item = structure->places[i].range;
        if (!is_counted(&structure->items[i]) || item.from < from)
            continue;
        count_in(counter, (Range) { from, item.from });
        from = item.to;
    }
    count_in(counter, (Range) { from, MAX(from, structure->text.to) });
}

const DocDeclared *declared_find(const Structure *structure, Arena *arena, Diags *diags, size_t *ret_n)
{
    Counter counter = { .structure = structure, .view = &structure->blocks->view, .arena = arena };
    count_outside_tasks(&counter);
    DocDeclared *declared = ARENA_ARRAY(arena, DocDeclared, counter.counts.n + 1);
    for (size_t i = 0; i < counter.counts.n; i++) {
        const Count *count = &counter.counts.v[i];
        declared[i] = (DocDeclared) {
            .what = what_names[count->what],
            .value = count->value,
            .quote = view_value(counter.view, count->range, arena),
            .found = found_of(structure, count->what, count->value),
        };
        if (declared[i].found < 0 || declared[i].found == declared[i].value)
            continue;
        diag_add(diags, "declared-mismatch", declared[i].quote.text, declared[i].quote.span.from, declared[i].quote.span.to,
            "%d %s declared, %" G_GINT64_FORMAT " found", count->value, what_names[count->what], declared[i].found);
        diag_params(diags, "what=%s\ncount=%d\nfound=%" G_GINT64_FORMAT, what_names[count->what], count->value, declared[i].found);
    }
    *ret_n = counter.counts.n;
    return declared;
}
