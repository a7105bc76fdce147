/* A list of organisations into names. What looks like a separator may belong to a name: the comma of 各区、县人民政府, the 和 of 发展和改革委, any
 * in brackets. */
#include "doc/structure.h"

#include "base/banned.h"

/* What the names of organisations end in. */
static const Word org_endings[] = {
    WORD_INIT(U"委"), WORD_INIT(U"委员会"), WORD_INIT(U"局"), WORD_INIT(U"处"), WORD_INIT(U"科"), WORD_INIT(U"室"),
    WORD_INIT(U"办"), WORD_INIT(U"厅"), WORD_INIT(U"部"), WORD_INIT(U"院"), WORD_INIT(U"校"), WORD_INIT(U"中心"),
    WORD_INIT(U"站"), WORD_INIT(U"所"), WORD_INIT(U"会"), WORD_INIT(U"公司"), WORD_INIT(U"集团"), WORD_INIT(U"政府"),
    WORD_INIT(U"街道"), WORD_INIT(U"镇"), WORD_INIT(U"乡"), WORD_INIT(U"区"), WORD_INIT(U"县"), WORD_INIT(U"市"),
    WORD_INIT(U"州"), WORD_INIT(U"旗"), WORD_INIT(U"队"), WORD_INIT(U"联"), WORD_INIT(U"银行"), WORD_INIT(U"社"),
    WORD_INIT(U"司"), WORD_INIT(U"署"), WORD_INIT(U"台"), WORD_INIT(U"股"), WORD_INIT(U"组"), WORD_INIT(U"专班"),
    WORD_INIT(U"单位"), WORD_INIT(U"部门"), WORD_INIT(U"机构"), WORD_INIT(U"大学"), WORD_INIT(U"学院"), WORD_INIT(U"体"),
    WORD_INIT(U"科协"), WORD_INIT(U"侨办"), WORD_INIT(U"村"), WORD_INIT(U"各地"), WORD_INIT(U"地区"), WORD_INIT(U"支部"),
    WORD_INIT(U"总支"), WORD_INIT(U"工会"), WORD_INIT(U"分行"), WORD_INIT(U"馆"), WORD_INIT(U"园"), WORD_INIT(U"企业"),
    WORD_INIT(U"系统"), WORD_INIT(U"平台"), WORD_INIT(U"联盟"), WORD_INIT(U"党组"), WORD_INIT(U"政协"), WORD_INIT(U"人大"),
};

static const Word collective_words[] = {
    WORD_INIT(U"各"), WORD_INIT(U"有关"), WORD_INIT(U"相关"), WORD_INIT(U"其他"), WORD_INIT(U"全体"), WORD_INIT(U"所有"),
};

/* Behind 等, a word for the kind of those named, which is no name of its own. */
static const Word kind_words[] = {
    WORD_INIT(U"部门"), WORD_INIT(U"单位"), WORD_INIT(U"处室"), WORD_INIT(U"科室"), WORD_INIT(U"股室"), WORD_INIT(U"机构"),
    WORD_INIT(U"地区"), WORD_INIT(U"个部门"), WORD_INIT(U"个单位"), WORD_INIT(U"家单位"), WORD_INIT(U"个处室"),
};

/* Kinds of areas, with their rank: 各市、县 is one name, 各镇、区财政局 are two. */
typedef struct {
    Word word;
    int rank;
} AreaRow;

static const AreaRow area_rows[] = {
    { WORD_INIT(U"省"), 4 }, { WORD_INIT(U"自治区"), 4 }, { WORD_INIT(U"市"), 3 }, { WORD_INIT(U"州"), 3 },
    { WORD_INIT(U"地"), 3 }, { WORD_INIT(U"区"), 2 }, { WORD_INIT(U"县"), 2 }, { WORD_INIT(U"旗"), 2 },
    { WORD_INIT(U"区县"), 2 }, { WORD_INIT(U"县区"), 2 }, { WORD_INIT(U"市县"), 2 }, { WORD_INIT(U"镇"), 1 },
    { WORD_INIT(U"乡"), 1 }, { WORD_INIT(U"街道"), 1 }, { WORD_INIT(U"街镇"), 1 }, { WORD_INIT(U"镇街"), 1 },
    { WORD_INIT(U"乡镇"), 1 }, { WORD_INIT(U"村"), 0 }, { WORD_INIT(U"社区"), 0 },
};

static const Word separators = WORD_INIT(U"、,;/ \n");

/* Joints between two names, if the first one is whole by then. */
static const Word joint_words[] = {
    WORD_INIT(U"和"), WORD_INIT(U"与"), WORD_INIT(U"及"), WORD_INIT(U"以及"), WORD_INIT(U"会同"), WORD_INIT(U"联合"),
};

/* Parts of a statement that name nobody: 2025年底前完成, 下同, 以下均需…负责，不再列出, 列首位的为牵头单位. */
static const Word aside_words[] = {
    WORD_INIT(U"以下"), WORD_INIT(U"下同"), WORD_INIT(U"不再"), WORD_INIT(U"以上"), WORD_INIT(U"长期"), WORD_INIT(U"持续"),
    WORD_INIT(U"全年"), WORD_INIT(U"每年"), WORD_INIT(U"年底"), WORD_INIT(U"完成"),
};
static const Word aside_signs[] = { WORD_INIT(U"为牵头"), WORD_INIT(U"单位为") };

bool name_is_aside(const View *view, Range part)
{
    bool figure = part.from < part.to && view->norm[part.from] >= '0' && view->norm[part.from] <= '9';
    return figure || words_at(view, part.from, part.to, WORDS(aside_words), NULL) > 0 || words_in(view, part, WORDS(aside_signs));
}

static Range without_last_bracket(const View *view, Range name)
{
    if (name.to == name.from || !word_has(W(U")>〕】"), view->norm[name.to - 1]))
        return name;
    size_t i = name.to - 1;
    while (i > name.from && !word_has(W(U"(<〔【"), view->norm[i]))
        i--;
    return i == name.from ? name : (Range) { name.from, i };
}

static Range without_brackets(const View *view, Range name)
{
    for (Range bare; (bare = without_last_bracket(view, name)).to < name.to;)
        name = bare;
    return name;
}

bool name_ends_org(const View *view, Range name)
{
    Range bare = without_brackets(view, name);
    return bare.to - bare.from >= 2 && words_before(view, bare.to, bare.from, WORDS(org_endings), NULL) > 0;
}

bool name_is_org(const View *view, Range name)
{
    return words_at(view, name.from, name.to, WORDS(collective_words), NULL) > 0 || name_ends_org(view, name);
}

/* The area kind at i; the longest. */
static const AreaRow *area_at(const View *view, size_t i, size_t to)
{
    const AreaRow *best = NULL;
    for (size_t r = 0; r < G_N_ELEMENTS(area_rows); r++)
        if (word_here(view, i, to, area_rows[r].word) && (!best || area_rows[r].word.n > best->word.n))
            best = &area_rows[r];
    return best;
}

/* 各区, 各县（市）, 市: nothing but a kind of area. */
static const AreaRow *whole_area(const View *view, Range name)
{
    Range bare = without_brackets(view, name);
    if (bare.from < bare.to && view->norm[bare.from] == U'各')
        bare.from++;
    const AreaRow *row = area_at(view, bare.from, bare.to);
    return row && bare.from + row->word.n == bare.to ? row : NULL;
}

static bool belongs_together(const View *view, Range name, Range next)
{
    const AreaRow *area = whole_area(view, name), *other = area_at(view, next.from, next.to);
    if (!area || !other || area == other)
        return false;
    bool whole = whole_area(view, next) != NULL;
    return other->rank <= area->rank || (whole && other->rank == 3 && area->rank == 2);
}

/* Whether what precedes a joint is a whole name; two characters (社区, 社会) are too few to tell. */
static bool is_whole(const View *view, Range name)
{
    enum { WHOLE_MIN = 3 };
    return name_is_org(view, name) && (name.to - name.from >= WHOLE_MIN || view_at(view, name.from, W(U"工会")));
}

/* The end of the name that begins at i: the next separator that is none of its own. */
static size_t piece_end(const View *view, Range list)
{
    size_t end = find_outside(view, list, separators);
    for (size_t i = list.from + 1; i < end; i++) {
        if (words_at(view, i, end, WORDS(joint_words), NULL) && is_whole(view, (Range) { list.from, i }))
            return i;
        if (word_has(W(U"(<《“"), view->norm[i])) {
            size_t close = find_outside(view, (Range) { i + 1, end }, W(U")>》”"));
            i = MIN(close, end);
        }
    }
    return end;
}

/* 医政科（牵头）: the bracket is the name's role. */
static Range without_role(const View *view, Range name, Role *ret_role)
{
    Role role;
    Range bare = without_last_bracket(view, name);
    if (bare.to == name.to || role_verb_before(view, name.to - 1, bare.to + 1, &role) != name.to - bare.to - 2)
        return name;
    *ret_role = role;
    return bare;
}

static void add_name(const View *view, Range name, Owner as, Arena *arena, OwnerList *owners)
{
    name = without_role(view, view_trim(view, name, W(U"、,;:。./-—")), &as.role);
    if (name.to > name.from && view->norm[name.from] == U'由')
        name.from++;
    if (name.to == name.from || name_is_aside(view, name) || (name.to - name.from == 1 && word_has(W(U"无略等"), view->norm[name.from])))
        return;
    as.name = name;
    *ARENA_PUSH(arena, owners) = as;
}

/* A等各相关处室 is A and 各相关处室; A等部门 is A. Returns where 等 stands, or the end. */
static size_t and_others(const View *view, Range name, Range *ret_rest)
{
    *ret_rest = (Range) { name.to, name.to };
    for (size_t i = name.from + 1; i < name.to; i++) {
        if (view->norm[i] != U'等')
            continue;
        int count;
        Range rest = { i + 1, name.to };
        size_t kind = rest.from + digit_number(view, rest.from, rest.to, &count);
        kind += han_number(view, kind, rest.to, &count);
        if (kind + words_at(view, kind, rest.to, WORDS(kind_words), NULL) == rest.to)
            return i;
        if (words_at(view, rest.from, rest.to, WORDS(collective_words), NULL)) {
            *ret_rest = rest;
            return i;
        }
    }
    return name.to;
}

static void add_piece(const View *view, Range piece, Owner as, Arena *arena, OwnerList *owners)
{
    Range rest;
    size_t end = and_others(view, piece, &rest);
    add_name(view, (Range) { piece.from, end }, as, arena, owners);
    add_name(view, rest, as, arena, owners);
}

static size_t behind_separator(const View *view, size_t i, size_t to)
{
    size_t joint = words_at(view, i, to, WORDS(joint_words), NULL);
    i += joint;
    while (i < to && word_has(separators, view->norm[i]))
        i++;
    return i;
}

void names_split(const View *view, Range list, Owner as, Arena *arena, OwnerList *owners)
{
    for (size_t i = behind_separator(view, list.from, list.to); i < list.to;) {
        Range piece = { i, piece_end(view, (Range) { i, list.to }) };
        size_t next = behind_separator(view, piece.to, list.to);
        while (next < list.to && piece.to < list.to && view->norm[piece.to] == U'、') {
            Range following = { next, piece_end(view, (Range) { next, list.to }) };
            if (!belongs_together(view, piece, following))
                break;
            piece.to = following.to;
            next = behind_separator(view, piece.to, list.to);
        }
        add_piece(view, piece, as, arena, owners);
        i = MAX(next, piece.to + 1);
    }
}
