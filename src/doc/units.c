/* Which nodes of the outline are the units that someone answers for: the smallest that have owners where there are any, the ones that name a
 * problem in a report, else the smallest that are more than clauses of a list. */
#include "doc/structure.h"

#include "base/banned.h"

/* Sub-headings of one problem, not units: 整改措施, 整改情况. */
static const Word part_words[] = {
    WORD_INIT(U"整改措施"), WORD_INIT(U"整改情况"), WORD_INIT(U"整改进展"), WORD_INIT(U"整改目标"), WORD_INIT(U"整改时限"),
    WORD_INIT(U"整改成效"), WORD_INIT(U"整改结果"), WORD_INIT(U"问题描述"), WORD_INIT(U"问题表现"), WORD_INIT(U"具体表现"),
    WORD_INIT(U"存在问题"), WORD_INIT(U"反馈问题"), WORD_INIT(U"原因分析"), WORD_INIT(U"进展情况"), WORD_INIT(U"完成情况"),
    WORD_INIT(U"落实情况"), WORD_INIT(U"工作措施"), WORD_INIT(U"完成时限"), WORD_INIT(U"责任单位"), WORD_INIT(U"责任部门"),
    WORD_INIT(U"牵头单位"), WORD_INIT(U"下一步措施"), WORD_INIT(U"下一步工作"), WORD_INIT(U"整改落实情况"),
    WORD_INIT(U"工作目标"), WORD_INIT(U"目标任务"), WORD_INIT(U"主要措施"), WORD_INIT(U"具体措施"), WORD_INIT(U"任务目标"),
    WORD_INIT(U"整改进展情况"), WORD_INIT(U"整改完成情况"), WORD_INIT(U"已完成"),
};

static const Node *child_after(const Outline *outline, const Node *child)
{
    return child->next == NO_NODE ? NULL : &outline->v[child->next];
}

static const Node *first_child(const Outline *outline, const Node *node)
{
    return node->first_child == NO_NODE ? NULL : &outline->v[node->first_child];
}

typedef struct {
    size_t n, owned, problems, parts, clauses, titled, rows, inside;
    size_t length; /* of all own texts */
    Style style;
} Children;

static bool is_part(const View *view, const Node *node)
{
    size_t n = words_at(view, node->title.from, node->title.to, WORDS(part_words), NULL);
    return n && (node->title.from + n == node->title.to || view->norm[node->title.from + n] == ':');
}

static Children count_children(const View *view, const Outline *outline, const NodeFacts *facts, const Node *node)
{
    Children children = { .style = STYLE_MAX };
    for (const Node *child = first_child(outline, node); child; child = child_after(outline, child)) {
        const NodeFacts *fact = &facts[child - outline->v];
        children.n++;
        children.owned += fact->owned_below > 0;
        children.problems += fact->problem;
        children.parts += is_part(view, child);
        children.clauses += child->ends_list;
        children.titled += child->run_in || child->n_children > 0;
        children.rows += child->kind == NODE_ROW;
        children.inside += child->label.inside;
        children.length += child->own.to - child->own.from;
        children.style = child->label.style;
    }
    return children;
}

/* A list of clauses: most end in a semicolon, or all are mere words. */
static bool is_clause_list(const Children *children)
{
    enum { WORDS_MAX = 10 };
    bool small = children->style > STYLE_DECIMAL_DEEP;
    return children->inside * 2 > children->n || children->style == STYLE_CIRCLED || (children->clauses > 0 && children->clauses * 2 >= children->n)
           || (small && children->length < WORDS_MAX * children->n && children->titled == 0);
}

static bool usually_owned(const UnitHabits *habits, Style style)
{
    return habits->owned[style] > 0 && habits->owned[style] * 2 >= habits->nodes[style];
}

/* Without owners, the shape decides: under a bare heading the children are units, under a heading with text of its own only those that have
 * headings themselves. */
static bool shape_descends(const Node *node, const Children *children)
{
    if (is_clause_list(children))
        return false;
    if (node->depth == 0 && node->label.style <= STYLE_HAN)
        return true;
    if (node->run_in)
        return node->label.style <= STYLE_HAN_PAREN && children->titled * 2 > children->n;
    return node->label.style <= STYLE_HAN_PAREN || children->titled * 2 > children->n || children->style <= STYLE_DECIMAL_DEEP;
}

/* Owners at the very end of the last child are the whole's where the document gives owners to such wholes, or not to such children; behind
 * parts of that child they stand on a line of their own. */
static bool owns_by_last(const View *view, const Outline *outline, const NodeFacts *facts, const UnitHabits *habits, const Node *node, Style child)
{
    uint32_t last = node->last_child;
    while (outline->v[last].last_child != NO_NODE)
        last = outline->v[last].last_child;
    const RangeList *marks = &facts[last].marks;
    bool deeper = last != node->last_child;
    bool behind_all = facts[last].owners.n > 0 && facts[node->last_child].owned_below == 1
                      && (!deeper || view->norm[marks->v[0].from - 1] == '\n');
    return behind_all && (habits->owned[node->label.style] > 0 || (node->depth > 0 && !usually_owned(habits, child)));
}

bool unit_descends(const View *view, const Outline *outline, const NodeFacts *facts, const UnitHabits *habits, uint32_t id)
{
    const Node *node = &outline->v[id];
    if (node->n_children == 0)
        return false;
    Children children = count_children(view, outline, facts, node);
    if (children.rows > 0 || children.problems > 0)
        return true;
    if (children.parts > 0 && facts[id].heading != HEADING_NARRATIVE)
        return false;
    if (children.owned >= 2)
        return true;
    if (facts[id].problem)
        return false;
    if (children.owned == 1 && children.n == 1)
        return true;
    if (children.owned == 1)
        return !owns_by_last(view, outline, facts, habits, node, children.style);
    if (facts[id].owners.n > 0)
        return usually_owned(habits, children.style);
    if (usually_owned(habits, node->label.style) && !usually_owned(habits, children.style) && node->depth > 0)
        return false;
    return (usually_owned(habits, children.style) && !is_clause_list(&children)) || shape_descends(node, &children);
}

UnitHabits unit_habits(const Outline *outline, const NodeFacts *facts)
{
    UnitHabits habits = { 0 };
    for (size_t i = 0; i < outline->n; i++) {
        if (outline->v[i].kind != NODE_NUMBERED)
            continue;
        habits.nodes[outline->v[i].label.style]++;
        habits.owned[outline->v[i].label.style] += facts[i].owners.n > 0;
    }
    return habits;
}
