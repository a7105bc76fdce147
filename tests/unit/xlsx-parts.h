/* A workbook of one sheet from its parts, for tests: what is not given is not there. */
#pragma once

#include "ingest/xlsx.h"

#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define SHEET_PART "xl/worksheets/sheet1.xml"

static inline XlsxFile *file_of(const char *properties, const char *styles, const char *strings, const char *sheet, Arena *arena, GError **err)
{
    PackageEntry *entries = ARENA_ARRAY(arena, PackageEntry, 5);
    size_t n = 0;
    Str workbook = arena_printf(arena,
                                "<workbook xmlns:r='r'>%s<sheets><sheet name='A &amp; B' sheetId='1' r:id='rId1'/>"
                                "<sheet name='chart' r:id='rId9'/><sheet name='again' state='veryHidden' r:id='rId1'/></sheets></workbook>",
                                properties);
    Str relations = STR("<Relationships><Relationship Id='rId1' Type='" REL "worksheet' Target='/xl/worksheets/sheet1.xml'/>"
                        "<Relationship Id='rId9' Type='" REL "chartsheet' Target='charts/1.xml'/>"
                        "<Relationship Id='rId2' Type='" REL "styles' Target='styles.xml'/>"
                        "<Relationship Id='rId3' Type='" REL "sharedStrings' Target='../xl/sharedStrings.xml'/></Relationships>");
    entries[n++] = (PackageEntry) { "xl/workbook.xml", workbook };
    entries[n++] = (PackageEntry) { "xl/_rels/workbook.xml.rels", relations };
    entries[n++] = (PackageEntry) { "xl/styles.xml", str_from(styles ? styles : "<a/>") };
    entries[n++] = (PackageEntry) { "xl/sharedStrings.xml", str_from(strings ? strings : "<a/>") };
    entries[n++] = (PackageEntry) { SHEET_PART, str_from(sheet) };
    return xlsx_file_of(package_of(entries, n), err);
}
