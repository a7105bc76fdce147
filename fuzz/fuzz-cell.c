/* A cell alone and in a column is the same; a number, a day and an instant that were read are read again as what they are when they are printed plainly. First byte: of what type. */
#include "base/decimal.h"
#include "pack/cell.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const PackCode codes[] = { { .code = STR_INIT("1"), .name = STR_INIT("Male") }, { .code = STR_INIT("A b"), .name = STR_INIT("x, y") } };
static const PackCodes table = { .values = { codes, G_N_ELEMENTS(codes) } };
static const PackName none[] = { { .text = STR_INIT("-") }, { .text = STR_INIT("N/A") } }, yes[] = { { .text = STR_INIT("yes") } };
static const PackWords words = { { none, 2 }, { yes, 1 }, { NULL, 0 } };

static bool same(const CellValue *a, const ExprColumn *column, ExprKind kind)
{
    if (a->none || column->nulls[0])
        return a->none && column->nulls[0];
    switch (kind) {
    case EXPR_BOOL: return ((const uint8_t *) column->values)[0] == a->number;
    case EXPR_DATE: return ((const Date *) column->values)[0] == a->number;
    case EXPR_TEXT: return column->codes ? column->codes[0] == a->number : str_eq(((const Str *) column->values)[0], a->text);
    default: return ((const int64_t *) column->values)[0] == a->number;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || data[0] > PACK_ADDRESS)
        return 0;
    g_autoptr(Arena) arena = arena_new();
    CellType *type = cell_type_new(&words, (PackType) data[0], 2, data[0] == PACK_CODE ? &table : NULL, 480, arena);
    Str cell = { (const char *) data + 1, size - 1 };
    CellValue value, again;
    ExprColumn column;
    uint8_t fault;
    char text[INSTANT_TEXT_MAX];
    if (!utf8_valid(cell, NULL) && cell_kind(type) == EXPR_TEXT)
        return 0; /* readers give UTF-8; in a column nobody looks again */
    cell_read(type, cell, arena, &value);
    g_assert_true(cell_column(type, &cell, 1, 1, arena, &column, &fault) == (value.fault != CELL_FINE) && fault == value.fault);
    g_assert_true(same(&value, &column, cell_kind(type)));
    if (value.none || cell_kind(type) == EXPR_TEXT || cell_kind(type) == EXPR_BOOL)
        return 0;
    if (data[0] == PACK_DATE)
        date_format((Date) value.number, text);
    else if (data[0] == PACK_TIME)
        instant_format(value.number, 480, text);
    else
        decimal_format((Decimal) { value.number, data[0] == PACK_DECIMAL ? 2 : 0 }, text);
    cell_read(type, str_from(text), arena, &again);
    g_assert_true(again.number == value.number || (data[0] == PACK_TIME && again.number == value.number - (value.number % 1000 + 1000) % 1000));
    return 0;
}
