/* The words that give a role: 责任单位, 牵头（主办）处室, 配合部门, 责任人, 完成时限. They are made of few stems and nouns in any
 * combination, so the stems and nouns are in the tables, not the words. */
#include "doc/structure.h"

#include "base/banned.h"

typedef struct {
    Word word;
    Role role; /* ROLE_NONE: only goes with others */
} RoleRow;

static const RoleRow stem_rows[] = {
    { WORD_INIT(U"牵头"), ROLE_LEAD }, { WORD_INIT(U"主办"), ROLE_LEAD }, { WORD_INIT(U"主责"), ROLE_LEAD },
    { WORD_INIT(U"责任"), ROLE_RESPONSIBLE }, { WORD_INIT(U"负责"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"承办"), ROLE_RESPONSIBLE }, { WORD_INIT(U"落实"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"实施"), ROLE_RESPONSIBLE }, { WORD_INIT(U"执行"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"主管"), ROLE_RESPONSIBLE }, { WORD_INIT(U"分管"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"推进"), ROLE_RESPONSIBLE }, { WORD_INIT(U"配合"), ROLE_SUPPORT }, { WORD_INIT(U"协办"), ROLE_SUPPORT },
    { WORD_INIT(U"协助"), ROLE_SUPPORT }, { WORD_INIT(U"协同"), ROLE_SUPPORT }, { WORD_INIT(U"协作"), ROLE_SUPPORT },
    { WORD_INIT(U"参与"), ROLE_SUPPORT }, { WORD_INIT(U"参加"), ROLE_SUPPORT }, { WORD_INIT(U"支持"), ROLE_SUPPORT },
    { WORD_INIT(U"指导"), ROLE_SUPPORT }, { WORD_INIT(U"监督"), ROLE_FIELD }, { WORD_INIT(U"督导"), ROLE_FIELD },
    { WORD_INIT(U"督办"), ROLE_FIELD }, { WORD_INIT(U"验收"), ROLE_FIELD }, { WORD_INIT(U"包保"), ROLE_PERSON },
    { WORD_INIT(U"包案"), ROLE_PERSON }, { WORD_INIT(U"联系"), ROLE_PERSON }, { WORD_INIT(U"挂钩"), ROLE_PERSON },
    { WORD_INIT(U"挂联"), ROLE_PERSON },
};

static const Word label_lead_ins[] = {
    WORD_INIT(U"主要"), WORD_INIT(U"共同"), WORD_INIT(U"具体"), WORD_INIT(U"整改"), WORD_INIT(U"工作"), WORD_INIT(U"任务"),
    WORD_INIT(U"第一"), WORD_INIT(U"直接"), WORD_INIT(U"项目"), WORD_INIT(U"市级"), WORD_INIT(U"省级"), WORD_INIT(U"县级"),
    WORD_INIT(U"区级"), WORD_INIT(U"本级"), WORD_INIT(U"市"), WORD_INIT(U"区"), WORD_INIT(U"县"), WORD_INIT(U"委"),
    WORD_INIT(U"局"), WORD_INIT(U"及"), WORD_INIT(U"和"), WORD_INIT(U"与"), WORD_INIT(U"、"), WORD_INIT(U"/"), WORD_INIT(U"兼"),
    WORD_INIT(U"("), WORD_INIT(U")"), WORD_INIT(U"组织"), WORD_INIT(U"市直"), WORD_INIT(U"省直"), WORD_INIT(U"区直"),
    WORD_INIT(U"县直"), WORD_INIT(U"直属"), WORD_INIT(U"部门"), WORD_INIT(U"地方"),
};

static const RoleRow noun_rows[] = {
    { WORD_INIT(U"单位"), ROLE_NONE }, { WORD_INIT(U"部门"), ROLE_NONE }, { WORD_INIT(U"处室"), ROLE_NONE },
    { WORD_INIT(U"科室"), ROLE_NONE }, { WORD_INIT(U"股室"), ROLE_NONE }, { WORD_INIT(U"机构"), ROLE_NONE },
    { WORD_INIT(U"主体"), ROLE_NONE }, { WORD_INIT(U"地区"), ROLE_NONE }, { WORD_INIT(U"地方"), ROLE_NONE },
    { WORD_INIT(U"方"), ROLE_NONE }, { WORD_INIT(U"县区"), ROLE_NONE }, { WORD_INIT(U"科"), ROLE_NONE },
    { WORD_INIT(U"处"), ROLE_NONE }, { WORD_INIT(U"室"), ROLE_NONE }, { WORD_INIT(U"组"), ROLE_NONE },
    { WORD_INIT(U"人"), ROLE_PERSON }, { WORD_INIT(U"领导"), ROLE_PERSON }, { WORD_INIT(U"同志"), ROLE_PERSON },
    { WORD_INIT(U"人员"), ROLE_PERSON }, { WORD_INIT(U"负责人"), ROLE_PERSON }, { WORD_INIT(U"市领导"), ROLE_PERSON },
    { WORD_INIT(U"区领导"), ROLE_PERSON }, { WORD_INIT(U"县领导"), ROLE_PERSON }, { WORD_INIT(U"委领导"), ROLE_PERSON },
    { WORD_INIT(U"局领导"), ROLE_PERSON }, { WORD_INIT(U"校领导"), ROLE_PERSON }, { WORD_INIT(U"院领导"), ROLE_PERSON },
    { WORD_INIT(U"电话"), ROLE_PERSON }, { WORD_INIT(U"责任人"), ROLE_PERSON }, { WORD_INIT(U"分工"), ROLE_FIELD },
    { WORD_INIT(U"清单"), ROLE_FIELD },
};

/* Other fields that stand beside owners: they end a list of names. */
static const Word field_words[] = {
    WORD_INIT(U"完成时限"), WORD_INIT(U"完成时间"), WORD_INIT(U"整改时限"), WORD_INIT(U"时间节点"), WORD_INIT(U"时间要求"),
    WORD_INIT(U"时限"), WORD_INIT(U"时限要求"), WORD_INIT(U"完成期限"), WORD_INIT(U"整改期限"), WORD_INIT(U"进度安排"),
    WORD_INIT(U"进度要求"), WORD_INIT(U"备注"), WORD_INIT(U"目标任务"), WORD_INIT(U"工作目标"), WORD_INIT(U"年度目标"),
    WORD_INIT(U"整改目标"), WORD_INIT(U"工作措施"), WORD_INIT(U"整改措施"), WORD_INIT(U"整改情况"), WORD_INIT(U"整改进展"),
    WORD_INIT(U"进展情况"), WORD_INIT(U"完成情况"), WORD_INIT(U"完成标准"), WORD_INIT(U"任务来源"), WORD_INIT(U"整改类型"),
    WORD_INIT(U"整改结果"), WORD_INIT(U"整改成效"), WORD_INIT(U"电话"), WORD_INIT(U"实施期限"), WORD_INIT(U"推进时限"),
    WORD_INIT(U"销号情况"), WORD_INIT(U"整改完成时限"), WORD_INIT(U"工作要求"), WORD_INIT(U"成果形式"), WORD_INIT(U"预期成效"),
};

static size_t row_at(const View *view, size_t i, size_t to, const RoleRow *rows, size_t n, Role *ret_role)
{
    size_t best = 0;
    *ret_role = ROLE_NONE;
    for (size_t r = 0; r < n; r++)
        if (rows[r].word.n > best && word_here(view, i, to, rows[r].word)) {
            best = rows[r].word.n;
            *ret_role = rows[r].role;
        }
    return best;
}

/* Of several stems the strongest counts: 牵头责任单位 leads, 责任配合单位 supports. */
static Role stronger(Role a, Role b)
{
    static const int strength[] = {
        [ROLE_NONE] = 0, [ROLE_RESPONSIBLE] = 1, [ROLE_FIELD] = 2, [ROLE_SUPPORT] = 3, [ROLE_LEAD] = 4, [ROLE_PERSON] = 5,
    };
    return strength[a] >= strength[b] ? a : b;
}

size_t role_word_at(const View *view, size_t i, size_t to, Role *ret_role, bool *ret_noun)
{
    enum { PARTS_MAX = 8 };
    size_t at = i;
    Role role = ROLE_NONE;
    for (size_t k = 0; k < PARTS_MAX; k++) {
        Role said;
        size_t n = role == ROLE_NONE ? 0 : row_at(view, at, to, noun_rows, G_N_ELEMENTS(noun_rows), &said);
        if (n) {
            *ret_role = stronger(role, said);
            *ret_noun = true;
            return at + n - i;
        }
        n = row_at(view, at, to, stem_rows, G_N_ELEMENTS(stem_rows), &said);
        if (n)
            role = stronger(role, said);
        else
            n = words_at(view, at, to, WORDS(label_lead_ins), NULL);
        if (!n)
            break;
        at += n;
    }
    *ret_role = role;
    *ret_noun = false;
    return role == ROLE_NONE ? 0 : at - i;
}

/* （一） may follow the word, as in 责任单位（排第一的为牵头单位）：. */
static size_t skip_remark(const View *view, size_t i, size_t to)
{
    if (i >= to || view->norm[i] != '(')
        return i;
    size_t end = bracket_end(view, i, to);
    return end ? end : i;
}

/* 责任单位及责任人, 责任处室（责任人）: the organisation and, behind it, a person; the bracket is skip_remark's. */
static size_t skip_person(const View *view, size_t i, size_t to)
{
    static const Word ands[] = { WORD_INIT(U"及"), WORD_INIT(U"和"), WORD_INIT(U"与"), WORD_INIT(U"、"), WORD_INIT(U"/"), WORD_INIT(U"以及") };
    static const Word persons[] = {
        WORD_INIT(U"责任人"), WORD_INIT(U"负责人"), WORD_INIT(U"责任人员"), WORD_INIT(U"责任领导"), WORD_INIT(U"分管领导"), WORD_INIT(U"牵头领导"),
        WORD_INIT(U"联系人"), WORD_INIT(U"主要负责人"), WORD_INIT(U"人员"), WORD_INIT(U"人"),
    };
    size_t and = words_at(view, i, to, WORDS(ands), NULL);
    size_t person = and ? words_at(view, i + and, to, WORDS(persons), NULL) : 0;
    return person ? i + and + person : i;
}

static size_t skip_spaces(const View *view, size_t i, size_t to)
{
    while (i < to && view->norm[i] == ' ')
        i++;
    return i;
}

size_t role_label_at(const View *view, size_t i, size_t to, Role *ret_role)
{
    bool noun = false;
    Role role = ROLE_FIELD;
    size_t n = words_at(view, i, to, WORDS(field_words), NULL);
    if (!n)
        n = role_word_at(view, i, to, &role, &noun);
    if (!n)
        return 0;
    if (noun && role != ROLE_PERSON)
        n = skip_person(view, i + n, to) - i;
    size_t at = skip_spaces(view, skip_remark(view, i + n, to), to);
    bool gap = at > i + n && noun, alone = at == to || view->norm[at] == '\n';
    if (!alone && (view->norm[at] == ':' || (noun && view->norm[at] == U'为')))
        at = skip_spaces(view, at + 1, to);
    else if (!gap && !(noun && alone))
        return 0;
    *ret_role = role;
    return at - i;
}

/* --- Behind the names ------------------------------------------------------------------------------------------- */

/* A、B按职责分工负责: what the verb behind the names is made of, read from its end. */
static const RoleRow verb_rows[] = {
    { WORD_INIT(U"牵头"), ROLE_LEAD }, { WORD_INIT(U"主办"), ROLE_LEAD }, { WORD_INIT(U"主抓"), ROLE_LEAD },
    { WORD_INIT(U"负责"), ROLE_RESPONSIBLE }, { WORD_INIT(U"落实"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"实施"), ROLE_RESPONSIBLE }, { WORD_INIT(U"承办"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"推进"), ROLE_RESPONSIBLE }, { WORD_INIT(U"配合"), ROLE_SUPPORT }, { WORD_INIT(U"协助"), ROLE_SUPPORT },
    { WORD_INIT(U"协办"), ROLE_SUPPORT }, { WORD_INIT(U"协同"), ROLE_SUPPORT }, { WORD_INIT(U"参与"), ROLE_SUPPORT },
    { WORD_INIT(U"参加"), ROLE_SUPPORT }, { WORD_INIT(U"支持"), ROLE_SUPPORT }, { WORD_INIT(U"按"), ROLE_NONE },
    { WORD_INIT(U"按照"), ROLE_NONE }, { WORD_INIT(U"依"), ROLE_NONE }, { WORD_INIT(U"依据"), ROLE_NONE },
    { WORD_INIT(U"根据"), ROLE_NONE }, { WORD_INIT(U"各自"), ROLE_NONE }, { WORD_INIT(U"职责"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"职能"), ROLE_NONE }, { WORD_INIT(U"分工"), ROLE_RESPONSIBLE }, { WORD_INIT(U"分别"), ROLE_NONE },
    { WORD_INIT(U"共同"), ROLE_NONE }, { WORD_INIT(U"具体"), ROLE_NONE }, { WORD_INIT(U"组织"), ROLE_NONE },
    { WORD_INIT(U"积极"), ROLE_NONE }, { WORD_INIT(U"密切"), ROLE_NONE }, { WORD_INIT(U"职责分工"), ROLE_RESPONSIBLE },
    { WORD_INIT(U"任务"), ROLE_NONE }, { WORD_INIT(U"予以"), ROLE_NONE }, { WORD_INIT(U"抓好"), ROLE_NONE },
    { WORD_INIT(U"做好"), ROLE_NONE }, { WORD_INIT(U"各"), ROLE_NONE }, { WORD_INIT(U"指导"), ROLE_SUPPORT },
};

size_t role_verb_before(const View *view, size_t i, size_t from, Role *ret_role)
{
    size_t at = i;
    Role role = ROLE_NONE;
    for (bool more = true; more;) {
        more = false;
        size_t best = 0;
        for (size_t r = 0; r < G_N_ELEMENTS(verb_rows); r++) {
            Word word = verb_rows[r].word;
            if (word.n <= best || at < from + word.n || !word_here(view, at - word.n, at, word))
                continue;
            best = word.n;
            role = stronger(role, verb_rows[r].role);
            more = true;
        }
        at -= best;
    }
    *ret_role = role;
    return role == ROLE_NONE ? 0 : i - at;
}
