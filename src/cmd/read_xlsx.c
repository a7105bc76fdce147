#include "cmd/read_xlsx.h"

#include "publish/publish.h"

#include "base/banned.h"

/* 2000-01-01: the book says nothing of when it was made, so that the same documents give the same file. */
#define CREATED_MS INT64_C(946684800000)

enum { ITEM_FILE, ITEM_DOCUMENT, ITEM_PATH, ITEM_NO, ITEM_KIND, ITEM_TITLE, ITEM_LEAD, ITEM_SUPPORT, ITEM_MEASURES, ITEM_COLUMNS };
static const TableColumn item_columns[ITEM_COLUMNS] = {
    [ITEM_FILE] = { "file", COLUMN_TEXT, 20 },       [ITEM_DOCUMENT] = { "document", COLUMN_TEXT, 30 },
    [ITEM_PATH] = { "under", COLUMN_TEXT, 30 },      [ITEM_NO] = { "no", COLUMN_TEXT, 8 },
    [ITEM_KIND] = { "kind", COLUMN_TEXT, 12 },       [ITEM_TITLE] = { "title", COLUMN_TEXT, 50 },
    [ITEM_LEAD] = { "lead", COLUMN_TEXT, 30 },       [ITEM_SUPPORT] = { "support", COLUMN_TEXT, 40 },
    [ITEM_MEASURES] = { "measures", COLUMN_TEXT, 60 },
};

enum {
    TARGET_FILE, TARGET_NO, TARGET_TITLE, TARGET_METRIC, TARGET_OP, TARGET_VALUE, TARGET_VALUE2, TARGET_UNIT, TARGET_DUE,
    TARGET_TENSE, TARGET_SOFT, TARGET_QUOTE, TARGET_COLUMNS,
};
static const TableColumn target_columns[TARGET_COLUMNS] = {
    [TARGET_FILE] = { "file", COLUMN_TEXT, 20 },       [TARGET_NO] = { "item", COLUMN_TEXT, 8 },
    [TARGET_TITLE] = { "item title", COLUMN_TEXT, 40 }, [TARGET_METRIC] = { "metric", COLUMN_TEXT, 40 },
    [TARGET_OP] = { "op", COLUMN_TEXT, 8 },            [TARGET_VALUE] = { "value", COLUMN_NUMBER, 10 },
    [TARGET_VALUE2] = { "to", COLUMN_NUMBER, 10 },     [TARGET_UNIT] = { "unit", COLUMN_TEXT, 10 },
    [TARGET_DUE] = { "due", COLUMN_DATE, 12 },         [TARGET_TENSE] = { "tense", COLUMN_TEXT, 10 },
    [TARGET_SOFT] = { "soft", COLUMN_TEXT, 8 },        [TARGET_QUOTE] = { "quote", COLUMN_TEXT, 60 },
};

enum { FINDING_FILE, FINDING_CODE, FINDING_FROM, FINDING_TO, FINDING_TEXT, FINDING_COLUMNS };
static const TableColumn finding_columns[FINDING_COLUMNS] = {
    [FINDING_FILE] = { "file", COLUMN_TEXT, 20 },  [FINDING_CODE] = { "code", COLUMN_TEXT, 20 }, [FINDING_FROM] = { "from", COLUMN_NUMBER, 10 },
    [FINDING_TO] = { "to", COLUMN_NUMBER, 10 },    [FINDING_TEXT] = { "finding", COLUMN_TEXT, 80 },
};

struct ReadBook {
    XlsxBook *book;
    XlsxSheet *items, *targets, *findings;
};

ReadBook *read_book_new(const char *path, GError **err)
{
    ReadBook *book = g_new0(ReadBook, 1);
    book->book = xlsx_new(path, CREATED_MS, err);
    if (book->book && (book->items = xlsx_sheet(book->book, "items", item_columns, ITEM_COLUMNS, err))
        && (book->targets = xlsx_sheet(book->book, "targets", target_columns, TARGET_COLUMNS, err))
        && (book->findings = xlsx_sheet(book->book, "findings", finding_columns, FINDING_COLUMNS, err)))
        return book;
    read_book_free(book);
    return NULL;
}

void read_book_free(ReadBook *book)
{
    if (!book)
        return;
    xlsx_free(book->book);
    g_free(book);
}

static TableCell text_cell(Str text)
{
    return (TableCell) { .text = text };
}

static TableCell number_cell(int64_t value, int scale)
{
    return (TableCell) { .number = decimal_make(value, scale), .has_number = true };
}

static Str joined(const DocValue *values, size_t n, Arena *arena)
{
    Str all = STR("");
    for (size_t i = 0; i < n; i++)
        all = arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(all), i > 0 ? "\n" : "", STR_ARG(values[i].text));
    return all;
}

static Str joined_path(const DocItem *item, Arena *arena)
{
    Str all = STR("");
    for (size_t i = 0; i < item->n_path; i++)
        all = arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(all), i > 0 ? " / " : "", STR_ARG(item->path[i]));
    return all;
}

static Str joined_measures(const DocItem *item, Arena *arena)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (size_t i = 0; i < item->n_measures; i++)
        g_string_append_printf(all, "%s" STR_FMT " " STR_FMT, i > 0 ? "\n" : "", STR_ARG(item->measures[i].no),
                               STR_ARG(item->measures[i].text.text));
    return arena_str(arena, str_from_gstring(all));
}

static bool add_item(ReadBook *book, const char *file, const Doc *doc, const DocItem *item, Arena *arena, GError **err)
{
    const TableCell cells[ITEM_COLUMNS] = {
        [ITEM_FILE] = text_cell(str_from(file)),
        [ITEM_DOCUMENT] = text_cell(doc->title.text),
        [ITEM_PATH] = text_cell(joined_path(item, arena)),
        [ITEM_NO] = text_cell(item->no),
        [ITEM_KIND] = text_cell(str_from(item_kind_name(item->kind))),
        [ITEM_TITLE] = text_cell(item->title.text),
        [ITEM_LEAD] = text_cell(joined(item->lead, item->n_lead, arena)),
        [ITEM_SUPPORT] = text_cell(joined(item->support, item->n_support, arena)),
        [ITEM_MEASURES] = text_cell(joined_measures(item, arena)),
    };
    return xlsx_row(book->items, cells, err);
}

static bool add_target(ReadBook *book, const char *file, const DocItem *item, const DocTarget *target, GError **err)
{
    const TableCell cells[TARGET_COLUMNS] = {
        [TARGET_FILE] = text_cell(str_from(file)),
        [TARGET_NO] = text_cell(item->no),
        [TARGET_TITLE] = text_cell(item->title.text),
        [TARGET_METRIC] = text_cell(target->metric),
        [TARGET_OP] = text_cell(str_from(target_op_sign(target->op))),
        [TARGET_VALUE] = number_cell(target->value.value, target->value.scale),
        [TARGET_VALUE2] = target->op == OP_RANGE ? number_cell(target->value2.value, target->value2.scale) : text_cell(STR_NONE),
        [TARGET_UNIT] = text_cell(target->unit),
        [TARGET_DUE] = { .date = target->due },
        [TARGET_TENSE] = text_cell(target->tense == TENSE_RESULT ? STR("result") : STR("target")),
        [TARGET_SOFT] = text_cell(target->soft ? STR("soft") : STR_NONE),
        [TARGET_QUOTE] = text_cell(target->quote.text),
    };
    return xlsx_row(book->targets, cells, err);
}

static bool add_document(ReadBook *book, const char *file, const Doc *doc, Arena *arena, GError **err)
{
    for (size_t i = 0; i < doc->n_items; i++) {
        const DocItem *item = &doc->items[i];
        ArenaMark mark = arena_mark(arena);
        if (!add_item(book, file, doc, item, arena, err))
            return false;
        for (size_t k = 0; k < item->n_targets; k++)
            if (!add_target(book, file, item, &item->targets[k], err))
                return false;
        arena_rewind(arena, mark);
    }
    for (size_t i = 0; i < doc->n_parts; i++)
        if (!add_document(book, file, doc->parts[i], arena, err))
            return false;
    return true;
}

bool read_book_add(ReadBook *book, const char *file, const Doc *doc, const Diags *diags, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        const TableCell cells[FINDING_COLUMNS] = {
            [FINDING_FILE] = text_cell(str_from(file)),
            [FINDING_CODE] = text_cell(str_from(diag->code)),
            [FINDING_FROM] = number_cell((int64_t) diag->from, 0),
            [FINDING_TO] = number_cell((int64_t) diag->to, 0),
            [FINDING_TEXT] = text_cell(diag->text),
        };
        if (!xlsx_row(book->findings, cells, err))
            return false;
    }
    return add_document(book, file, doc, arena, err);
}

bool read_book_finish(ReadBook *book, GError **err)
{
    return xlsx_finish(book->book, err);
}
