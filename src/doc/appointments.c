/* Appointments: who is appointed to what, and who is relieved. */
#include "doc/items.h"

#include "base/banned.h"

static const Word appointment_begins[] = {
    WORD_INIT(U"任命"), WORD_INIT(U"免去"), WORD_INIT(U"聘任"), WORD_INIT(U"聘请"), WORD_INIT(U"解聘"), WORD_INIT(U"提名"),
    WORD_INIT(U"推荐"), WORD_INIT(U"续聘"), WORD_INIT(U"决定任命"), WORD_INIT(U"决定免去"),
};
static const Word appointment_signs[] = {
    WORD_INIT(U"同志任"), WORD_INIT(U"同志为"), WORD_INIT(U"同志兼任"), WORD_INIT(U"同志不再"), WORD_INIT(U"同志挂职"),
    WORD_INIT(U"同志试用"), WORD_INIT(U"同志担任"),
};

static bool is_appointment(const View *view, Range clause)
{
    enum { PERSON_MIN = 4 };
    bool begins = words_at(view, clause.from, clause.to, WORDS(appointment_begins), NULL) > 0;
    return clause.to - clause.from > PERSON_MIN && (begins || words_in(view, clause, WORDS(appointment_signs)));
}

void appointments_take(ItemReader *reader, Range body)
{
    const View *view = reader->view;
    for (size_t i = body.from; i < body.to;) {
        size_t end = find_outside(view, (Range) { i, body.to }, W(U"。;\n"));
        Range clause = view_trim(view, (Range) { i, end }, W(U":,"));
        if (clause.from < clause.to && is_appointment(view, clause)) {
            DocItem item = { .kind = ITEM_NARRATIVE, .title = view_value(view, clause, reader->arena), .span = item_span(view, clause) };
            item_add(reader, &item, (ItemPlace) { NO_NODE, NO_NODE, clause, clause.to });
        }
        i = end + 1;
    }
}
