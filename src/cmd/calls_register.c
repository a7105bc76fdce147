/* Calls about registers: what typed evidence is checked against. */
#include "cmd/calls.h"

#include "base/banned.h"

const Call register_calls[] = {
    GET_AS("list", "", "/registers", "rows: code name proves rows version", "list the registers"),
    LIST_OF("entries", "CODE", "org q from to", "/registers/{code}/rows", CALL_AS, "day org.name fields file withdrawn at uid", "list the entries of a register"),
    EXPORT("export", "CODE OUT", "org q from to", "/registers/{code}/rows.xlsx", CALL_AS, "save its entries as an XLSX file that can be imported again"),
    IMPORT("import", "CODE FILE", "/registers/{code}/rows/import", CALL_AS,
           "bring entries (XLSX or CSV with the export's headings): rows without their hidden id are new, of others only what was changed changes"),
    NONE,
};
