#include "doc/facts.h"

#include "base/banned.h"

/* The head of a document comes in many orders: mark of the organ, number, title, addressees, a letter that forwards, signature and date,
 * and then the title of what is forwarded and its text. So nothing goes by position alone: each line is asked what it can be (marks.c),
 * and the letter's own words say what title to look for. */

enum { HEAD_BLOCKS = 40, TITLE_BLOCKS = 4 };

typedef struct {
    const Blocks *blocks;
    const View *view;
    BlockRange range;
    Arena *arena;
    Diags *diags;
    DocFacts facts;
    BlockRange head;      /* the title that stands first */
    Range title;          /* of the document itself */
    BlockRange masthead;  /* the organ's name above all, perhaps with 文件; empty: none */
    bool letter;          /* the head forwards another document, whose own title was found */
} Reader;

static Range block_range(const Reader *reader, size_t i)
{
    return reader->blocks->blocks[i].range;
}

static Range joined_range(const Reader *reader, BlockRange blocks)
{
    return (Range) { block_range(reader, blocks.from).from, block_range(reader, blocks.to - 1).to };
}

static bool begins(const View *view, Range range, Word word)
{
    return range.to - range.from >= word.n && view_at(view, range.from, word);
}

static bool ends(const View *view, Range range, Word word)
{
    return range.to - range.from >= word.n && view_at(view, range.to - word.n, word);
}

/* --- Comparing titles --------------------------------------------------------------------------------------------- */

static bool is_passed_over(char32_t c)
{
    static const char32_t marks[] = U" \n《》〈〉<>“”\"‘’";
    for (size_t i = 0; marks[i]; i++)
        if (c == marks[i])
            return true;
    return false;
}

size_t blocks_read_as(const Blocks *blocks, size_t from, size_t to, const View *view, Range text)
{
    size_t k = text.from, end = MIN(to, from + TITLE_BLOCKS);
    for (size_t b = from; b < end; b++) {
        Range range = blocks->blocks[b].range;
        for (size_t i = range.from; i < range.to; i++) {
            if (is_passed_over(blocks->view.norm[i]))
                continue;
            while (k < text.to && is_passed_over(view->norm[k]))
                k++;
            if (k >= text.to || view->norm[k] != blocks->view.norm[i])
                return 0;
            k++;
        }
        while (k < text.to && is_passed_over(view->norm[k]))
            k++;
        if (k == text.to)
            return b - from + 1;
    }
    return 0;
}

/* --- The title that stands first ---------------------------------------------------------------------------------- */

/* An organ's name alone is the first line of a title only where the next goes on with 关于 or its like. */
static bool goes_on(const Reader *reader, size_t i)
{
    static const Word words[] = { WORD_INIT(U"关于"), WORD_INIT(U"印发"), WORD_INIT(U"转发"), WORD_INIT(U"批转") };
    if (i >= reader->range.to)
        return false;
    for (size_t k = 0; k < G_N_ELEMENTS(words); k++)
        if (begins(reader->view, block_range(reader, i), words[k]))
            return true;
    return false;
}

/* Whether block i goes on with the title that ends before it. */
static bool extends_title(const Reader *reader, Range title, size_t i)
{
    enum { SHORT_TAIL = 18 };
    const View *view = reader->view;
    Range next = block_range(reader, i);
    if (reader->blocks->blocks[i].kind != BLOCK_PARAGRAPH)
        return false;
    if (!title_complete(view, title))
        return mark_title(view, next) && !mark_organ(view, next);
    if (mark_bracketed(view, next))
        return title_year(view, next) > 0 ? !ends(view, next, W(U"日)")) && view_find(view, next, W(U"月")) == next.to
                                          : view_find(view, next, W(U"稿")) < next.to || view_find(view, next, W(U"行)")) < next.to;
    return title_kind(view, title, NULL) == DOC_PLAN && next.to - next.from <= SHORT_TAIL && mark_title(view, next) && title_complete(view, next);
}

static BlockRange extend_title(const Reader *reader, size_t first)
{
    BlockRange title = { first, first + 1 };
    while (title.to < reader->range.to && title.to - title.from < TITLE_BLOCKS && extends_title(reader, joined_range(reader, title), title.to))
        title.to++;
    /* Lines that never came to an end are no title of several lines, but a title and something else. */
    bool whole = title_complete(reader->view, joined_range(reader, title)) || goes_on(reader, first + 1);
    return whole ? title : (BlockRange) { first, first + 1 };
}

static bool find_by_field(Reader *reader)
{
    if (reader->range.from != 0)
        return false;
    for (size_t f = 0; f < reader->blocks->n_fields; f++) {
        if (reader->blocks->fields[f].name != FIELD_TITLE)
            continue;
        View title = view_of_text(reader->blocks->fields[f].value.text, reader->arena);
        for (size_t i = 0; i < MIN(reader->range.to, (size_t) HEAD_BLOCKS); i++) {
            size_t n = blocks_read_as(reader->blocks, i, reader->range.to, &title, (Range) { 0, title.n });
            reader->head = (BlockRange) { i, i + n };
            if (n > 0)
                return true;
        }
    }
    return false;
}

static bool find_head(Reader *reader)
{
    const View *view = reader->view;
    size_t end = MIN(reader->range.to, reader->range.from + HEAD_BLOCKS);
    for (size_t i = reader->range.from; i < end; i++) {
        Range range = block_range(reader, i);
        bool organ = mark_organ(view, range);
        if (ends(view, range, W(U"文件")) || (organ && !goes_on(reader, i + 1))) {
            reader->masthead = (BlockRange) { i, i + 1 };
        } else if (mark_title(view, range) && reader->blocks->blocks[i].kind == BLOCK_PARAGRAPH && !mark_bracketed(view, range)) {
            reader->head = extend_title(reader, i);
            return true;
        }
    }
    return false;
}

/* --- The document itself ------------------------------------------------------------------------------------------ */

/* Where the title of the forwarded document stands as its own line or lines, after the letter. */
static bool find_own(Reader *reader, Range forwarded)
{
    for (size_t i = reader->head.to; i < reader->range.to; i++) {
        size_t n = blocks_read_as(reader->blocks, i, reader->range.to, reader->view, forwarded);
        if (n == 0)
            continue;
        BlockRange own = { i, i + n };
        while (own.to < reader->range.to && own.to - own.from < TITLE_BLOCKS && mark_bracketed(reader->view, block_range(reader, own.to))
               && extends_title(reader, joined_range(reader, own), own.to))
            own.to++;
        reader->title = joined_range(reader, own);
        reader->facts.body = (BlockRange) { own.to, reader->range.to };
        return true;
    }
    return false;
}

/* A letter may forward a letter: the innermost title that has a text of its own counts. */
static bool find_forwarded(Reader *reader, Range head)
{
    enum { DEEPEST = 3 };
    Range chain[DEEPEST];
    size_t n = 0;
    for (Range next = title_forwarded(reader->view, head); next.from < next.to && n < DEEPEST; next = title_forwarded(reader->view, next))
        chain[n++] = next;
    for (size_t k = n; k-- > 0;)
        if (find_own(reader, chain[k]))
            return true;
    if (n > 0)
        reader->title = chain[n - 1];
    return false;
}

static void find_title(Reader *reader)
{
    reader->facts.body = reader->range;
    if (!find_by_field(reader) && !find_head(reader))
        return;
    Range head = joined_range(reader, reader->head);
    reader->title = head;
    reader->facts.body.from = reader->head.to;
    reader->letter = find_forwarded(reader, head);
}

/* Number, date in brackets, organ and addressees between title and text. */
static void skip_preliminaries(Reader *reader)
{
    BlockRange *body = &reader->facts.body;
    for (bool addressed = false; body->from < body->to; body->from++) {
        Range range = block_range(reader, body->from), number;
        Date date;
        bool addressees = !addressed && mark_addressees(reader->view, range) && !reader->letter;
        if (!addressees && !mark_doc_no(reader->view, range, &number) && !mark_date(reader->view, range, &date)
            && !mark_organ(reader->view, range) && !(mark_bracketed(reader->view, range) && !addressed))
            return;
        addressed |= addressees;
    }
}

/* --- Number, signature, date -------------------------------------------------------------------------------------- */

static const DocValue *page_field(const Reader *reader, PageFieldName name)
{
    for (size_t i = 0; reader->range.from == 0 && i < reader->blocks->n_fields; i++)
        if (reader->blocks->fields[i].name == name)
            return &reader->blocks->fields[i].value;
    return NULL;
}

static void find_number(Reader *reader)
{
    enum { BEHIND_TITLE = 3 };
    size_t end = MIN(reader->range.to, MAX(reader->facts.body.from, reader->head.to) + BEHIND_TITLE);
    for (size_t i = reader->range.from; i < end; i++) {
        Range number;
        if (mark_doc_no(reader->view, block_range(reader, i), &number)) {
            reader->facts.doc_no = view_value(reader->view, number, reader->arena);
            return;
        }
    }
    const DocValue *field = page_field(reader, FIELD_DOC_NO);
    if (field && str_has(field->text, STR("号")))
        reader->facts.doc_no = *field;
}

static void set_date(Reader *reader, Range range, Date date)
{
    reader->facts.issued_text = view_value(reader->view, range, reader->arena);
    reader->facts.issued = date;
    Span span = reader->facts.issued_text.span;
    if (date == DATE_NONE)
        diag_add(reader->diags, "damaged-date", reader->facts.issued_text.text, span.from, span.to,
                 "the date '" STR_FMT "' is no day of the calendar", STR_ARG(reader->facts.issued_text.text));
}

/* Of several organs side by side, the first. */
static Range first_organ(const View *view, Range range)
{
    Range first = { range.from, view_find(view, range, W(U"  ")) };
    return mark_organ(view, first) ? first : range;
}

/* Organ and date, on two lines or more, or on one. Sets where they stand. */
static bool signature_at(Reader *reader, size_t i, BlockRange *ret_place)
{
    Range range = block_range(reader, i), name, day;
    Date date;
    if (mark_signed_date(reader->view, range, &name, &day) && mark_date(reader->view, day, &date)) {
        reader->facts.issuer = view_value(reader->view, first_organ(reader->view, name), reader->arena);
        set_date(reader, day, date);
        *ret_place = (BlockRange) { i, i + 1 };
        return true;
    }
    if (!mark_date(reader->view, range, &date) || i == reader->range.from || !mark_organ(reader->view, block_range(reader, i - 1)))
        return false;
    size_t first = i - 1;
    while (first > reader->range.from && mark_organ(reader->view, block_range(reader, first - 1)))
        first--;
    reader->facts.issuer = view_value(reader->view, first_organ(reader->view, block_range(reader, first)), reader->arena);
    set_date(reader, range, date);
    *ret_place = (BlockRange) { first, i + 1 };
    return true;
}

static void find_signature(Reader *reader)
{
    BlockRange place = { 0, 0 }, *body = &reader->facts.body;
    size_t i = reader->head.to;
    while (i < reader->range.to && !signature_at(reader, i, &place))
        i++;
    if (place.from == place.to || place.from < body->from)
        return;
    if (place.to == body->to)
        body->to = place.from;
    else
        reader->facts.signature = place;
}

/* （2026年3月8日某某市人民政府令第7号公布） under the title: the date that it begins with, and whose order it is. */
static bool read_caption(Reader *reader, Range caption)
{
    Range inside = view_trim(reader->view, caption, W(U"()"));
    Range day = { inside.from, MIN(inside.to, view_find(reader->view, inside, W(U"日")) + 1) };
    Date date;
    if (!mark_bracketed(reader->view, caption) || !mark_date(reader->view, day, &date))
        return false;
    set_date(reader, day, date);
    Range organ = view_trim(reader->view, (Range) { day.to, view_find(reader->view, inside, W(U"令")) }, W(U""));
    if (organ.to < inside.to && mark_organ(reader->view, organ))
        reader->facts.issuer = view_value(reader->view, organ, reader->arena);
    return true;
}

/* A date that stands alone, for a text that nobody signed: in the head, or as the last line. */
static void find_lone_date(Reader *reader)
{
    Date date;
    size_t body = reader->facts.body.from;
    for (size_t i = reader->head.to; i < body; i++) {
        if (read_caption(reader, block_range(reader, i)))
            return;
        if (mark_date(reader->view, block_range(reader, i), &date)) {
            set_date(reader, block_range(reader, i), date);
            return;
        }
    }
    size_t last = reader->facts.body.to;
    if (last > body && mark_date(reader->view, block_range(reader, last - 1), &date)) {
        set_date(reader, block_range(reader, last - 1), date);
        reader->facts.body.to = last - 1;
    }
}

static void find_field_date(Reader *reader)
{
    const DocValue *field = page_field(reader, FIELD_ISSUED);
    if (!field)
        return;
    View view = view_of_text(field->text, reader->arena);
    Date date;
    if (mark_date(&view, (Range) { 0, view.n }, &date)) {
        reader->facts.issued_text = *field;
        reader->facts.issued = date;
    }
}

/* By the page's field, by the title's own beginning (X关于…), by the name above all. */
static void find_issuer(Reader *reader)
{
    const DocValue *field = page_field(reader, FIELD_ISSUER);
    if (field) {
        reader->facts.issuer = *field;
        return;
    }
    for (size_t i = 0; i < 2 && reader->head.from < reader->head.to; i++) {
        Range title = i == 0 ? reader->title : joined_range(reader, reader->head);
        Range organ = view_trim(reader->view, (Range) { title.from, view_find(reader->view, title, W(U"关于")) }, W(U""));
        if (organ.to < title.to && mark_organ(reader->view, organ)) {
            reader->facts.issuer = view_value(reader->view, organ, reader->arena);
            return;
        }
    }
    if (reader->masthead.from < reader->masthead.to) {
        Range name = view_trim(reader->view, block_range(reader, reader->masthead.from), W(U"文件"));
        reader->facts.issuer = view_value(reader->view, name, reader->arena);
    }
}

/* --- Kind and year ------------------------------------------------------------------------------------------------ */

static bool has_labels(const Reader *reader)
{
    for (size_t i = reader->facts.body.from; i < reader->facts.body.to; i++)
        if (begins(reader->view, block_range(reader, i), W(U"一、")) || begins(reader->view, block_range(reader, i), W(U"1.")))
            return true;
    return false;
}

static void find_kind(Reader *reader)
{
    bool genre = false, head_genre = false;
    DocFacts *facts = &reader->facts;
    facts->kind = title_kind(reader->view, reader->title, &genre);
    if (!genre && reader->head.from < reader->head.to)
        facts->kind = title_kind(reader->view, joined_range(reader, reader->head), &head_genre);
    bool titled = reader->title.from < reader->title.to;
    if (titled && !genre && !head_genre && !facts->doc_no.text.p && !has_labels(reader))
        facts->kind = DOC_NEWS;
}

static void find_year(Reader *reader)
{
    DocFacts *facts = &reader->facts;
    facts->plan_year = title_year(reader->view, reader->title);
    if (facts->plan_year == 0 && reader->head.from < reader->head.to)
        facts->plan_year = title_year(reader->view, joined_range(reader, reader->head));
    bool yearly = view_find(reader->view, reader->title, W(U"要点")) < reader->title.to
                  || view_find(reader->view, reader->title, W(U"年度")) < reader->title.to;
    if (facts->plan_year == 0 && yearly && facts->issued != DATE_NONE) {
        int month, day;
        date_to_ymd(facts->issued, &facts->plan_year, &month, &day);
    }
}

DocFacts facts_find(const Blocks *blocks, BlockRange range, Arena *arena, Diags *diags)
{
    Reader reader = { .blocks = blocks, .view = &blocks->view, .range = range, .arena = arena, .diags = diags };
    reader.facts.issued = DATE_NONE;
    find_title(&reader);
    reader.facts.title = view_value(reader.view, reader.title, arena);
    skip_preliminaries(&reader);
    if (title_kind(reader.view, reader.title, NULL) == DOC_GAZETTE) {
        reader.facts.kind = DOC_GAZETTE; /* numbers, signatures and dates are those of its parts */
        return reader.facts;
    }
    find_number(&reader);
    find_signature(&reader);
    if (!reader.facts.issued_text.text.p)
        find_field_date(&reader);
    if (!reader.facts.issued_text.text.p)
        find_lone_date(&reader);
    if (!reader.facts.issuer.text.p)
        find_issuer(&reader);
    find_kind(&reader);
    find_year(&reader);
    return reader.facts;
}
