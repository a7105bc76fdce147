/* Cells of files as values: every kind, written in every way, and what is none; the same one by one and by column. */
#include "pack/cell.h"

#include "base/limits.h"

#include "base/banned.h"

enum { ZONE = 480 };

static const PackCode codes[] = {
    { .code = STR_INIT("1"), .name = STR_INIT("男性"), .name_en = STR_INIT("Male") },
    { .code = STR_INIT("2"), .name = STR_INIT("女性"), .name_en = STR_INIT("Female") },
    { .code = STR_INIT("MMR"), .name = STR_INIT("麻腮风（MMR）"), .name_en = STR_INIT("Measles, mumps") },
    { .code = STR_INIT("old"), .name = STR_INIT("同名"), .name_en = STR_INIT("Old") },
    { .code = STR_INIT("new"), .name = STR_INIT("同名"), .name_en = STR_INIT("无") },
    { .code = STR_INIT("Z"), .name = STR_INIT("空值"), .name_en = STR_INIT("Null") },
    { .code = STR_INIT("1"), .name = STR_INIT("男") }, /* again, for other days */
};

static const PackCodes table = { .values = { codes, G_N_ELEMENTS(codes) } };

#define NAME(word) { .text = STR_INIT(word) }
static const PackName placeholders[] = { NAME("-"), NAME("无"), NAME("不详"), NAME("NULL"), NAME("N/A"), NAME("1900-01-01"), NAME("——") };
static const PackName yes[] = { NAME("是"), NAME("Y"), NAME("yes") }, no[] = { NAME("否"), NAME("无"), NAME("n") };
static const PackWords words = { { placeholders, G_N_ELEMENTS(placeholders) }, { yes, G_N_ELEMENTS(yes) }, { no, G_N_ELEMENTS(no) } };

/* What a cell must be: `want` is the number, the code or the text; "" no value; "!" and a fault's name. */
static const struct {
    PackType type;
    int scale;
    const char *cell, *want;
} rows[] = {
    { PACK_INTEGER, 0, "12", "12" },
    { PACK_INTEGER, 0, "-7", "-7" },
    { PACK_INTEGER, 0, " 12 ", "12" },
    { PACK_INTEGER, 0, "\u30001２\u00a0", "12" },
    { PACK_INTEGER, 0, "+5", "5" },
    { PACK_INTEGER, 0, "1,234,567", "1234567" },
    { PACK_INTEGER, 0, "1，234", "1234" },
    { PACK_INTEGER, 0, "1 234", "1234" },
    { PACK_INTEGER, 0, "12.0", "12" },
    { PACK_INTEGER, 0, "12.50", "!decimals" },
    { PACK_INTEGER, 0, "1.2E3", "1200" },
    { PACK_INTEGER, 0, "1e400", "!range" },
    { PACK_INTEGER, 0, "5e-1", "!decimals" },
    { PACK_INTEGER, 0, "0e5", "0" },
    { PACK_INTEGER, 0, "12,34", "!number" },
    { PACK_INTEGER, 0, "1,23,456", "!number" },
    { PACK_INTEGER, 0, ",123", "!number" },
    { PACK_INTEGER, 0, "-", "" },
    { PACK_INTEGER, 0, "－", "" },
    { PACK_INTEGER, 0, "n/a", "" },
    { PACK_INTEGER, 0, "0,125", "!number" },
    { PACK_INTEGER, 0, "=\"0012\"", "12" },
    { PACK_INTEGER, 0, "'12", "12" },
    { PACK_INTEGER, 0, "100%", "1" },
    { PACK_INTEGER, 0, "50%", "!decimals" },
    { PACK_INTEGER, 0, "%", "!number" },
    { PACK_INTEGER, 0, "12人", "!number" },
    { PACK_INTEGER, 0, "1.", "!number" },
    { PACK_INTEGER, 0, ".5", "!number" },
    { PACK_INTEGER, 0, "1e", "!number" },
    { PACK_INTEGER, 0, "--1", "!number" },
    { PACK_INTEGER, 0, "0012", "12" },
    { PACK_INTEGER, 0, "9223372036854775807", "9223372036854775807" },
    { PACK_INTEGER, 0, "9223372036854775808", "!range" },
    { PACK_DECIMAL, 2, "12.3", "1230" },
    { PACK_DECIMAL, 2, "-0.05", "-5" },
    { PACK_DECIMAL, 2, "12.340", "1234" },
    { PACK_DECIMAL, 2, "12.345", "!decimals" },
    { PACK_DECIMAL, 2, "1,000.5", "100050" },
    { PACK_DECIMAL, 2, "3E-2", "3" },
    { PACK_DECIMAL, 4, "12.5％", "1250" },
    { PACK_DECIMAL, 4, "-0.05 %", "-5" },
    { PACK_DECIMAL, 4, "0.001%", "!decimals" },
    { PACK_DECIMAL, 6, "1234567890123", "1234567890123000000" },
    { PACK_DECIMAL, 6, "12345678901234", "!range" },
    { PACK_DECIMAL, 0, "3.00", "3" },
    { PACK_DATE, 0, "2026-06-30", "2026-06-30" },
    { PACK_DATE, 0, "=\"2026-06-30\"", "2026-06-30" },
    { PACK_TEXT, 0, "=\"0012\"", "0012" },
    { PACK_TEXT, 0, "'0012", "0012" },
    { PACK_TEXT, 0, "'0012'", "'0012'" },
    { PACK_TEXT, 0, "'甲", "'甲" },
    { PACK_TEXT, 0, "=1", "=1" },
    { PACK_DATE, 0, "2026/6/30", "2026-06-30" },
    { PACK_DATE, 0, "2026.06.3", "2026-06-03" },
    { PACK_DATE, 0, "20260630", "2026-06-30" },
    { PACK_DATE, 0, "2026年6月30日", "2026-06-30" },
    { PACK_DATE, 0, "２０２６年６月30号", "2026-06-30" },
    { PACK_DATE, 0, "2026年6月30", "2026-06-30" },
    { PACK_DATE, 0, "2026-06-30 08:30", "2026-06-30" },
    { PACK_DATE, 0, "2026/6/30  8:30:05", "2026-06-30" },
    { PACK_DATE, 0, "2026-06-30T23:30:00Z", "2026-07-01" },
    { PACK_DATE, 0, "20260630101500+0800", "2026-06-30" },
    { PACK_DATE, 0, "20260630101500.123", "2026-06-30" },
    { PACK_DATE, 0, "1900-01-01", "" },
    { PACK_DATE, 0, "2026-02-30", "!range" },
    { PACK_DATE, 0, "1899-12-31", "!range" },
    { PACK_DATE, 0, "2026-6", "!date" },
    { PACK_DATE, 0, "26-06-30", "!date" },
    { PACK_DATE, 0, "30/06/2026", "!date" },
    { PACK_DATE, 0, "2026-06/30", "!date" },
    { PACK_DATE, 0, "2026-06-300", "!date" },
    { PACK_DATE, 0, "2026-06-30 25:00", "!date" },
    { PACK_DATE, 0, "2026-06-30T", "!date" },
    { PACK_DATE, 0, "46203", "!date" },
    { PACK_DATE, 0, "不详", "" },
    { PACK_TIME, 0, "2026-06-30 08:30", "2026-06-30T08:30:00+08:00" },
    { PACK_TIME, 0, "2026-06-30T08:30:05", "2026-06-30T08:30:05+08:00" },
    { PACK_TIME, 0, "2026/6/30 8:30", "2026-06-30T08:30:00+08:00" },
    { PACK_TIME, 0, "2026年6月30日8时30分5秒", "2026-06-30T08:30:05+08:00" },
    { PACK_TIME, 0, "2026年6月30日 8点30分", "2026-06-30T08:30:00+08:00" },
    { PACK_TIME, 0, "20260630083005", "2026-06-30T08:30:05+08:00" },
    { PACK_TIME, 0, "202606300830", "2026-06-30T08:30:00+08:00" },
    { PACK_TIME, 0, "2026-06-30T08:30:00+09:00", "2026-06-30T07:30:00+08:00" },
    { PACK_TIME, 0, "2026-06-30T00:30:00-0100", "2026-06-30T09:30:00+08:00" },
    { PACK_TIME, 0, "2026-06-30T00:30:00Z", "2026-06-30T08:30:00+08:00" },
    { PACK_TIME, 0, "2026-06-30", "!time" },
    { PACK_TIME, 0, "2026-06-30 24:00", "!time" },
    { PACK_TIME, 0, "2026-06-30 08:60", "!time" },
    { PACK_TIME, 0, "2026-06-30 08:30 +99:00", "!time" },
    { PACK_TIME, 0, "08:30", "!time" },
    { PACK_BOOL, 0, "1", "1" },
    { PACK_BOOL, 0, "0", "0" },
    { PACK_BOOL, 0, "TRUE", "1" },
    { PACK_BOOL, 0, "是", "1" },
    { PACK_BOOL, 0, "Ｙ", "1" },
    { PACK_BOOL, 0, "无", "0" },
    { PACK_BOOL, 0, "不详", "" },
    { PACK_BOOL, 0, "2", "!bool" },
    { PACK_BOOL, 0, "也许", "!bool" },
    { PACK_CODE, 0, "1", "1" },
    { PACK_CODE, 0, "男性", "1" },
    { PACK_CODE, 0, "男", "1" },
    { PACK_CODE, 0, " female ", "2" },
    { PACK_CODE, 0, "mmr", "MMR" },
    { PACK_CODE, 0, "麻腮风(MMR)", "MMR" },
    { PACK_CODE, 0, "measles,mumps", "MMR" },
    { PACK_CODE, 0, "同名", "!many" },
    { PACK_CODE, 0, "无", "new" }, /* a code called like a placeholder */
    { PACK_CODE, 0, "null", "Z" }, /* also where it is written otherwise than the code's name */
    { PACK_CODE, 0, "不详", "" },
    { PACK_CODE, 0, "3", "!code" },
    { PACK_TEXT, 0, "  南街 社区  ", "南街 社区" },
    { PACK_TEXT, 0, "Ａ１，乙", "A1，乙" },
    { PACK_TEXT, 0, "Ａ－１", "A-1" },
    { PACK_TEXT, 0, "无", "" },
    { PACK_TEXT, 0, "null", "" },
    { PACK_TEXT, 0, "N / A", "" },
    { PACK_TEXT, 0, "无锡", "无锡" },
    { PACK_TEXT, 0, "12、。", "12、。" },
    { PACK_TEXT, 0, "", "" },
    { PACK_TEXT, 0, " \u3000", "" },
    { PACK_ID_CARD, 0, "３２０１０１（x）", "320101(x)" },
};

static void write_value(const CellType *type, PackType as, const CellValue *value, GString *out)
{
    char day[DATE_TEXT_MAX], instant[INSTANT_TEXT_MAX];
    g_string_truncate(out, 0);
    if (value->fault != CELL_FINE)
        g_string_append_printf(out, "!%s", cell_fault_name(value->fault));
    else if (value->none)
        return;
    else if (as == PACK_CODE)
        g_string_append_len(out, codes[value->number].code.p, (gssize) codes[value->number].code.n);
    else if (cell_kind(type) == EXPR_TEXT)
        g_string_append_len(out, value->text.p, (gssize) value->text.n);
    else if (as == PACK_DATE)
        g_string_append(out, date_format((Date) value->number, day));
    else if (as == PACK_TIME)
        g_string_append(out, instant_format(value->number, ZONE, instant));
    else
        g_string_append_printf(out, "%" G_GINT64_FORMAT, value->number);
}

/* The same out of a column. */
static void from_column(const CellType *type, const ExprColumn *column, size_t i, uint8_t fault, CellValue *ret)
{
    *ret = (CellValue) { .fault = (CellFault) fault, .none = column->nulls[i] };
    switch (cell_kind(type)) {
    case EXPR_BOOL: ret->number = ((const uint8_t *) column->values)[i]; break;
    case EXPR_DATE: ret->number = ((const Date *) column->values)[i]; break;
    case EXPR_TEXT:
        if (column->codes)
            ret->number = column->codes[i];
        else
            ret->text = ((const Str *) column->values)[i];
        break;
    default: ret->number = ((const int64_t *) column->values)[i];
    }
}

static void test_rows(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) got = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const CellType *type = cell_type_new(&words, rows[i].type, rows[i].scale, rows[i].type == PACK_CODE ? &table : NULL, ZONE, arena);
        Str cells[2] = { str_from(rows[i].cell), STR_NONE };
        CellValue value;
        ExprColumn column;
        uint8_t faults[2];
        cell_read(type, cells[0], arena, &value);
        write_value(type, rows[i].type, &value, got);
        if (!g_str_equal(got->str, rows[i].want))
            g_error("%s '%s': %s, not %s", pack_types[rows[i].type], rows[i].cell, got->str, rows[i].want);
        size_t found = cell_column(type, cells, 1, 2, arena, &column, faults);
        g_assert_cmpuint(found, ==, rows[i].want[0] == '!');
        g_assert_true(column.nulls[1] && !faults[1]);
        from_column(type, &column, 0, faults[0], &value);
        write_value(type, rows[i].type, &value, got);
        if (!g_str_equal(got->str, rows[i].want))
            g_error("%s '%s' in a column: %s, not %s", pack_types[rows[i].type], rows[i].cell, got->str, rows[i].want);
    }
}

static void test_limits(void)
{
    g_autoptr(Arena) arena = arena_new();
    const CellType *type = cell_type_new(NULL, PACK_TEXT, 0, NULL, ZONE, arena);
    g_autofree char *text = g_strnfill(LIMIT_CELL_BYTES + 1, 'a');
    CellValue value;
    cell_read(type, (Str) { text, LIMIT_CELL_BYTES }, arena, &value);
    g_assert_true(value.fault == CELL_FINE && value.text.n == LIMIT_CELL_BYTES);
    cell_read(type, (Str) { text, LIMIT_CELL_BYTES + 1 }, arena, &value);
    g_assert_true(value.fault == CELL_LONG && value.none);
    cell_read(type, (Str) { "a\0b", 3 }, arena, &value);
    g_assert_true(value.fault == CELL_TEXT);
    cell_read(type, STR("\xff"), arena, &value);
    g_assert_true(value.fault == CELL_TEXT);
}

/* Two columns' cells lie row by row; without a dictionary of words all is as it stands. */
static void test_stride(void)
{
    g_autoptr(Arena) arena = arena_new();
    const CellType *type = cell_type_new(NULL, PACK_INTEGER, 0, NULL, ZONE, arena);
    Str cells[] = { STR_INIT("1"), STR_INIT("a"), STR_INIT("2"), STR_INIT("b"), STR_INIT("-"), STR_INIT("c") };
    ExprColumn column;
    g_assert_cmpuint(cell_column(type, cells, 2, 3, arena, &column, NULL), ==, 1);
    g_assert_true(((const int64_t *) column.values)[0] == 1 && ((const int64_t *) column.values)[1] == 2 && column.nulls[2]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cell/rows", test_rows);
    g_test_add_func("/cell/limits", test_limits);
    g_test_add_func("/cell/stride", test_stride);
    return g_test_run();
}
