/* layout_sheet.h: private to publish: a sheet's XML copied with some cells changed. */
#pragma once

#include "base/package.h"
#include "publish/layout.h"

#define LAYOUT_XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

/* Appends the sheet as `edit` says; used[i] is set to 1 for each shared string that stands in it. */
bool layout_sheet(Package *package, const XlsxFile *file, const XlsxSheetInfo *sheet, const LayoutEdit *edit, GString *out, GByteArray *used, GError **err);

/* The start tag as it came, and later its end tag; `names` holds those that are open. */
void layout_open(GString *out, GPtrArray *names, const XmlAttributes *attributes, bool (*leave_out)(const char *name));
void layout_close(GString *out, GPtrArray *names);
