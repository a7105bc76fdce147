/* Who leads and who supports. A statement of owners is a bracket, a line or a sentence; inside, either words of role stand before the names
 * (牵头单位：A；配合单位：B、C) or verbs behind them (A牵头，B、C配合), or there are only names. */
#include "doc/structure.h"

#include "base/banned.h"

enum { STATEMENT_MAX = 4000 }; /* code points: longer ones are prose */

typedef struct {
    const View *view;
    OwnerHabits habits;
    Arena *arena;
    OwnerList *owners;
    RangeList *marks;
    uint32_t statement;
} Finder;

static bool is_boundary(const View *view, size_t i)
{
    return word_has(W(U"。;,、 \n)】]"), view->norm[i - 1]);
}

/* --- Words before names ----------------------------------------------------------------------------------------- */

static const Word person_words[] = { WORD_INIT(U"人"), WORD_INIT(U"领导") };

/* A label behind names: with its colon, or long enough not to be a name itself (监督科). */
static size_t next_label(const View *view, size_t i, size_t to, Role *ret_role)
{
    enum { PLAIN_MIN = 4 };
    size_t n = role_label_at(view, i, to, ret_role);
    Range label = view_trim(view, (Range) { i, i + n }, W(U""));
    return n && (view_find(view, label, W(U":")) < label.to || label.to - label.from >= PLAIN_MIN) ? n : 0;
}

/* 责任单位及责任人：A 某某: of what follows only the organisations are owners. */
static void take_names(Finder *finder, Range label, Range names, Role role)
{
    OwnerList *owners = finder->owners;
    size_t kept = owners->n, all;
    bool persons = words_in(finder->view, label, WORDS(person_words));
    names_split(finder->view, names, (Owner) { role, { 0, 0 }, finder->statement }, finder->arena, owners);
    all = owners->n;
    for (size_t i = kept; persons && i < all; i++)
        if (name_is_org(finder->view, owners->v[i].name))
            owners->v[kept++] = owners->v[i];
    owners->n = persons ? kept : all;
}

/* Reads "责任单位：A、B；完成时限：…" from a label at text.from; names go to the owners. */
static void read_labelled(Finder *finder, Range text)
{
    const View *view = finder->view;
    Role role = ROLE_NONE, next_role = ROLE_NONE;
    size_t names = text.from;
    Range label = { text.from, text.from };
    for (size_t i = text.from; i <= text.to; i++) {
        size_t n = 0;
        if (i == text.from)
            n = role_label_at(view, i, text.to, &next_role);
        else if (i < text.to && i > names && is_boundary(view, i))
            n = next_label(view, i, text.to, &next_role);
        if (!n && i < text.to)
            continue;
        if (role != ROLE_NONE && role != ROLE_FIELD && role != ROLE_PERSON)
            take_names(finder, label, (Range) { names, i }, role);
        role = next_role;
        names = i + n;
        label = (Range) { i, names };
        i = n ? names - 1 : i;
    }
}

/* --- Verbs behind names ----------------------------------------------------------------------------------------- */

static const Word with_words[] = { WORD_INIT(U"会同"), WORD_INIT(U"联合"), WORD_INIT(U"牵头会同"), WORD_INIT(U"牵头,会同"), WORD_INIT(U"牵头") };

static bool all_orgs(const View *view, const OwnerList *owners, size_t from)
{
    for (size_t i = from; i < owners->n; i++)
        if (!name_is_org(view, owners->v[i].name))
            return false;
    return owners->n > from;
}

static Range without_verb(const View *view, Range text, Role *ret_role)
{
    text = view_trim(view, text, W(U",;。、"));
    text.to -= role_verb_before(view, text.to, text.from, ret_role);
    return view_trim(view, text, W(U",;、"));
}

/* A会同B、C负责, A牵头B配合: the first part leads. */
static bool read_with(Finder *finder, Range part)
{
    const View *view = finder->view;
    for (size_t i = part.from + 2; i < part.to; i++) {
        size_t n = words_at(view, i, part.to, WORDS(with_words), NULL);
        Role role;
        Range rest = { i + n, part.to };
        if (!n || i + n >= part.to || !name_is_org(view, (Range) { part.from, i }))
            continue;
        rest = without_verb(view, rest, &role);
        if (rest.from == rest.to)
            return false;
        names_split(view, (Range) { part.from, i }, (Owner) { ROLE_LEAD, { 0, 0 }, finder->statement }, finder->arena, finder->owners);
        names_split(view, rest, (Owner) { ROLE_SUPPORT, { 0, 0 }, finder->statement }, finder->arena, finder->owners);
        return true;
    }
    return false;
}

/* 列第一位者为牵头单位，其他单位按职责分工负责: the rest of what the document says about its lists. */
static const Word other_words[] = { WORD_INIT(U"其他"), WORD_INIT(U"其它"), WORD_INIT(U"其余") };

/* One part of "A牵头，B、C配合"; names without a verb wait for the verb of a later part. */
static void read_part(Finder *finder, Range part, size_t *pending)
{
    Role role;
    if (name_is_aside(finder->view, part) || (finder->habits.first_leads != SIZE_MAX && words_at(finder->view, part.from, part.to, WORDS(other_words), NULL)))
        return;
    if (role_label_at(finder->view, part.from, part.to, &role)) {
        read_labelled(finder, part);
        *pending = finder->owners->n;
        return;
    }
    if (read_with(finder, part)) {
        *pending = finder->owners->n;
        return;
    }
    Range names = without_verb(finder->view, part, &role);
    names_split(finder->view, names, (Owner) { role, { 0, 0 }, finder->statement }, finder->arena, finder->owners);
    if (role == ROLE_NONE)
        return;
    for (size_t i = *pending; i < finder->owners->n; i++)
        finder->owners->v[i].role = role;
    *pending = finder->owners->n;
}

/* Names with verbs behind, or names alone (`bare`: allowed). Takes nothing unless every name is one of an organisation. */
static bool read_verbs(Finder *finder, Range text, bool bare)
{
    const View *view = finder->view;
    size_t before = finder->owners->n, pending = before;
    for (size_t i = text.from; i < text.to;) {
        size_t end = find_outside(view, (Range) { i, text.to }, W(U",;。"));
        read_part(finder, view_trim(view, (Range) { i, end }, W(U"")), &pending);
        i = end + 1;
    }
    bool complete = pending == finder->owners->n;
    if ((complete || (bare && pending == before)) && all_orgs(view, finder->owners, before)) {
        for (size_t i = pending; i < finder->owners->n; i++)
            finder->owners->v[i].role = ROLE_RESPONSIBLE;
        return true;
    }
    finder->owners->n = before;
    return false;
}

/* --- Brackets --------------------------------------------------------------------------------------------------- */

/* A bracket of bare names stands at the end of a sentence, */
static bool stands_last(const View *view, size_t end, size_t to)
{
    while (end < to && view->norm[end] == ' ')
        end++;
    return end == to || word_has(W(U"。;\n"), view->norm[end]);
}

/* or of a paragraph. */
static bool ends_paragraph(const View *view, size_t end, size_t to)
{
    while (end < to && word_has(W(U" 。;"), view->norm[end]))
        end++;
    return end == to || view->norm[end] == '\n';
}

/* It stands behind a full stop, or on a line of its own. */
static bool behind_sentence(const View *view, size_t open, size_t from)
{
    while (open > from && view->norm[open - 1] == ' ')
        open--;
    return open > from && word_has(W(U"。;!\n"), view->norm[open - 1]);
}

static bool only_areas(const View *view, Range text)
{
    for (size_t i = text.from; i < text.to; i++)
        if (!word_has(W(U"省市州县区旗镇乡街道村社、,/( )"), view->norm[i]))
            return false;
    return true;
}

static bool read_bracket(Finder *finder, Range text, size_t open, size_t close)
{
    const View *view = finder->view;
    Range inside = view_trim(view, (Range) { open + 1, close - 1 }, W(U"。;,"));
    Role role;
    if (inside.from >= inside.to)
        return false;
    if (role_label_at(view, inside.from, inside.to, &role)) {
        read_labelled(finder, inside);
        return true;
    }
    bool bare = behind_sentence(view, open, text.from) ? stands_last(view, close, text.to)
                                                       : finder->habits.bare_usual && ends_paragraph(view, close, text.to);
    return read_verbs(finder, inside, bare && !only_areas(view, inside));
}

/* --- Lines ------------------------------------------------------------------------------------------------------ */

static size_t line_end(const View *view, size_t i, size_t to)
{
    while (i < to && view->norm[i] != '\n')
        i++;
    return i;
}

static bool is_name_line(const View *view, Range line, Arena *arena)
{
    enum { LINE_MAX_CHARS = 200 };
    line = view_trim(view, line, W(U"、,;。"));
    if (line.from == line.to || line.to - line.from > LINE_MAX_CHARS || find_outside(view, line, W(U"。:")) < line.to)
        return false;
    OwnerList names = { 0 };
    names_split(view, line, (Owner) { 0 }, arena, &names);
    return all_orgs(view, &names, 0);
}

/* The end of a statement that begins with a word of role: the sentence, and lines of names below it where it is open. */
static size_t labelled_end(const View *view, size_t from, size_t label, size_t to, bool names_follow, Arena *arena)
{
    size_t end = line_end(view, from, to);
    size_t stop = find_outside(view, (Range) { from + label, end }, W(U"。"));
    if (stop < end)
        return stop + 1;
    bool open = view_trim(view, (Range) { from + label, end }, W(U"")).from == end || word_has(W(U"、,"), view->norm[end - 1]);
    while (names_follow && end < to && end - from < STATEMENT_MAX) {
        size_t next = line_end(view, end + 1, to);
        if (!is_name_line(view, (Range) { end + 1, next }, arena) || (!open && view->norm[end - 1] != U'、'))
            break;
        end = next;
        open = open && next < to;
    }
    return end;
}

static bool begins_statement(const View *view, size_t i, size_t from)
{
    size_t before = i;
    while (before > from && view->norm[before - 1] == ' ')
        before--;
    return before == from || before < i || word_has(W(U"。;\n"), view->norm[before - 1]);
}

/* "落实责任：各单位要……" begins like a statement of owners, but what follows are no names; without a noun (单位, 处室) it is more often so. */
static bool are_names(const Finder *finder, size_t from, bool noun)
{
    enum { NAME_MAX_CHARS = 30 };
    for (size_t i = from; i < finder->owners->n; i++) {
        Range name = finder->owners->v[i].name;
        if (!noun && !name_ends_org(finder->view, name))
            return false;
        if (name.to - name.from > NAME_MAX_CHARS || (name.to - name.from > NAME_MAX_CHARS / 2 && !name_is_org(finder->view, name)))
            return false;
    }
    return true;
}

/* Marks with only blanks and stops between them are one statement. */
static bool continues_last(const Finder *finder, size_t i)
{
    if (finder->marks->n == 0)
        return false;
    Range gap = view_trim(finder->view, (Range) { finder->marks->v[finder->marks->n - 1].to, i }, W(U"。;,"));
    return gap.from == gap.to;
}

/* 完成时限：2026年底 behind owners belongs to their statement. */
static size_t read_field(const Finder *finder, Range text, size_t i, size_t label)
{
    enum { FIELD_MAX = 24 };
    size_t end = labelled_end(finder->view, i, label, text.to, false, finder->arena);
    return continues_last(finder, i) && end - i - label <= FIELD_MAX ? end : 0;
}

/* 责任单位：A、B on a line or at the end of a paragraph. Returns its end; 0: none begins at i. */
static size_t read_line(Finder *finder, Range text, size_t i)
{
    const View *view = finder->view;
    Role role;
    size_t label = begins_statement(view, i, text.from) ? role_label_at(view, i, text.to, &role) : 0;
    if (!label)
        return 0;
    if (role == ROLE_FIELD)
        return read_field(finder, text, i, label);
    size_t end = labelled_end(view, i, label, text.to, role != ROLE_PERSON, finder->arena);
    if (end - i > STATEMENT_MAX)
        return 0;
    size_t before = finder->owners->n;
    read_labelled(finder, (Range) { i, end });
    bool noun = false;
    role_word_at(view, i, end, &role, &noun);
    if (are_names(finder, before, noun))
        return end;
    finder->owners->n = before;
    return 0;
}

static const Word by_words[] = { WORD_INIT(U"由") };
static const Word leading_verbs[] = {
    WORD_INIT(U"牵头"), WORD_INIT(U"分工负责"), WORD_INIT(U"负责"), WORD_INIT(U"主办"), /* the last two only behind 由 */
};

/* 由A牵头，B配合。 as a sentence of its own: every part of it names organisations. */
static size_t read_sentence(Finder *finder, Range text, size_t i)
{
    enum { SENTENCE_MAX = 160 };
    const View *view = finder->view;
    if (!begins_statement(view, i, text.from) || (i > text.from && view->norm[i - 1] == ';'))
        return 0;
    size_t limit = MIN(text.to, i + SENTENCE_MAX);
    size_t end = find_outside(view, (Range) { i, limit }, W(U"。\n"));
    size_t by = words_at(view, i, end, WORDS(by_words), NULL);
    if (end == limit && limit < text.to)
        return 0;
    if (!words_in(view, (Range) { i, end }, (Words) { leading_verbs, by ? G_N_ELEMENTS(leading_verbs) : 2 }))
        return 0;
    return read_verbs(finder, (Range) { i + by, end }, false) ? MIN(end + 1, text.to) : 0;
}

/* --- All of a text ---------------------------------------------------------------------------------------------- */

static bool opens_bracket(char32_t c)
{
    return word_has(W(U"([【［"), c);
}

/* The end of the statement of owners that begins at i; 0: none does. */
static size_t read_statement(Finder *finder, Range text, size_t i)
{
    const View *view = finder->view;
    if (opens_bracket(view->norm[i])) {
        size_t close = bracket_end(view, i, text.to);
        return close && read_bracket(finder, text, i, close) ? close : 0;
    }
    size_t end = read_line(finder, text, i);
    return end ? end : read_sentence(finder, text, i);
}

void owners_find(const View *view, Range text, OwnerHabits habits, Arena *arena, OwnerList *owners, RangeList *marks)
{
    Finder finder = { view, habits, arena, owners, marks, 0 };
    uint32_t last = 0;
    for (size_t i = text.from; i < text.to; i++) {
        if (is_blank(view->norm[i]) || (!opens_bracket(view->norm[i]) && !begins_statement(view, i, text.from)))
            continue;
        finder.statement = last + !continues_last(&finder, i);
        size_t end = read_statement(&finder, text, i);
        if (!end)
            continue;
        last = finder.statement;
        *ARENA_PUSH(arena, marks) = (Range) { i, end };
        i = end - 1;
    }
}

/* --- Habits of a document --------------------------------------------------------------------------------------- */

static const Word first_words[] = {
    WORD_INIT(U"第一"), WORD_INIT(U"首位"), WORD_INIT(U"首个"), WORD_INIT(U"排首"), WORD_INIT(U"列首"), WORD_INIT(U"居首"),
    WORD_INIT(U"最前"),
};

/* 列第一位者为牵头单位, 排在首位的部门为牵头部门: holds for all of the document, or with 下同 from the line on in which it is said. */
static size_t says_first_leads(const View *view, Range text)
{
    enum { NEAR = 16 };
    for (size_t at = text.from; (at = view_find(view, (Range) { at, text.to }, W(U"为牵头"))) < text.to; at++) {
        if (!words_in(view, (Range) { at - MIN(at - text.from, (size_t) NEAR), at }, WORDS(first_words)))
            continue;
        Range behind = { at, MIN(text.to, at + NEAR) };
        if (view_find(view, behind, W(U"下同")) == behind.to)
            return text.from;
        while (at > text.from && view->norm[at - 1] != '\n')
            at--;
        return at;
    }
    return SIZE_MAX;
}

static bool is_bare_list(const View *view, Range text, size_t open, size_t close, Arena *arena)
{
    Role role;
    OwnerList owners = { 0 };
    RangeList marks = { 0 };
    Finder finder = { view, { SIZE_MAX, true }, arena, &owners, &marks, 0 };
    Range inside = { open + 1, close - 1 };
    return ends_paragraph(view, close, text.to) && !only_areas(view, inside) && !role_label_at(view, inside.from, inside.to, &role)
           && read_verbs(&finder, inside, true);
}

OwnerHabits owners_habits(const View *view, Range text, Arena *arena)
{
    enum { USUAL = 3 };
    size_t behind = 0, glued = 0; /* "……。（A、B）" and "……（A、B）" */
    for (size_t i = text.from; i < text.to; i++) {
        size_t close = view->norm[i] == '(' ? bracket_end(view, i, text.to) : 0;
        if (!close || !is_bare_list(view, text, i, close, arena))
            continue;
        behind += behind_sentence(view, i, text.from);
        glued += !behind_sentence(view, i, text.from);
    }
    return (OwnerHabits) { .first_leads = says_first_leads(view, text), .bare_usual = glued >= USUAL && glued >= behind };
}

/* --- Roles to values -------------------------------------------------------------------------------------------- */

static bool statement_has_lead(const OwnerList *owners, size_t from)
{
    for (size_t i = from; i < owners->n && owners->v[i].statement == owners->v[from].statement; i++)
        if (owners->v[i].role == ROLE_LEAD)
            return true;
    return false;
}

/* Responsible ones support where the same statement names who leads, or where the document says that the first one leads. */
static void settle(OwnerList *owners, OwnerHabits habits)
{
    bool lead = false, first = true;
    for (size_t i = 0; i < owners->n; i++) {
        Owner *owner = &owners->v[i];
        if (i == 0 || owner->statement != owners->v[i - 1].statement) {
            lead = statement_has_lead(owners, i);
            first = true;
        }
        if (owner->role != ROLE_RESPONSIBLE)
            continue;
        owner->role = lead || (owner->name.from >= habits.first_leads && !first) ? ROLE_SUPPORT : ROLE_LEAD;
        first = false;
    }
}

static size_t take_role(const View *view, const OwnerList *owners, Role role, GHashTable *seen, Arena *arena, DocValue *values)
{
    size_t n = 0;
    for (size_t i = 0; i < owners->n; i++) {
        if (owners->v[i].role != role)
            continue;
        DocValue *value = &values[n];
        *value = view_value(view, owners->v[i].name, arena);
        Str *key = ARENA_NEW(arena, Str);
        *key = value->text;
        n += g_hash_table_add(seen, key);
    }
    return n;
}

OwnerList owners_copy(const OwnerList *owners, Arena *arena)
{
    OwnerList copy = { 0 };
    for (size_t i = 0; i < owners->n; i++)
        *ARENA_PUSH(arena, &copy) = owners->v[i];
    return copy;
}

void owners_values(const View *view, OwnerList *owners, OwnerHabits habits, Arena *arena, DocItem *item)
{
    if (owners->n == 0)
        return;
    settle(owners, habits);
    g_autoptr(GHashTable) seen = g_hash_table_new(str_hash, str_equal);
    DocValue *lead = ARENA_ARRAY(arena, DocValue, owners->n), *support = ARENA_ARRAY(arena, DocValue, owners->n);
    item->n_lead = take_role(view, owners, ROLE_LEAD, seen, arena, lead);
    item->n_support = take_role(view, owners, ROLE_SUPPORT, seen, arena, support);
    item->lead = lead;
    item->support = support;
}
