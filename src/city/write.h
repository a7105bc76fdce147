/* write.h: private to city: rows as the software of an institution writes them. */
#pragma once

#include "city/run.h"

/* A batch of rows that is being sent: what each of them says, mistakes included. */
typedef struct {
    CityRows *rows;
    const ExprColumn **columns;         /* by output; NULL: nothing is filled in */
    Str **raw;                          /* by output, by row: what stands there instead; NULL: nothing does */
    const CityMistake **mistakes;       /* by row; NULL: none */
    Str *also;                          /* by row: other rules of the row that its mistake breaks, a blank before each; NULL: nobody asked */
} CityBatch;

typedef struct CityTemplate CityTemplate;

/* What the files of a stream have in common. */
typedef struct {
    const CityRun *run;
    const CityStreamRun *stream;
    const CityOutputs *outputs;
    const CityTemplate *fhir, *hl7;     /* NULL: none */
    GHashTable *code_names;             /* by code table: code to name */
} CityDialects;

/* A file on its way, in memory. */
typedef struct {
    const CityDialects *dialects;
    const CityOrg *org;
    const CitySoftware *software;       /* that which writes it */
    Period period;
    const char *period_text;
    Date sent;
    GString *out;                       /* bytes, UTF-8 until the end */
    uint64_t rows;
    uint32_t line;                      /* of a sheet: the last that was written */
} CityFileOut;

typedef struct {
    const char *extension;
    void (*begin)(CityFileOut *file);
    void (*row)(CityFileOut *file, const CityBatch *batch, size_t row);
    bool (*end)(CityFileOut *file, GError **err); /* `out` is what goes to the disk */
} CityWriter;

/* By CityFormat. */
extern const CityWriter city_writers[];
void send_xlsx_begin(CityFileOut *file);
void send_xlsx_row(CityFileOut *file, const CityBatch *batch, size_t row);
bool send_xlsx_end(CityFileOut *file, GError **err);
void send_message_begin(CityFileOut *file);
void send_fhir_row(CityFileOut *file, const CityBatch *batch, size_t row);
void send_hl7_row(CityFileOut *file, const CityBatch *batch, size_t row);
bool send_message_end(CityFileOut *file, GError **err);

/* The software by which an institution sends rows of this stream: its own, or the one it has for tables. */
const CitySoftware *city_software(const CityDialects *dialects, const CityOrg *org, bool empty);

/* A cell in the software's words, appended; nothing where it is empty. */
void write_cell(const CityFileOut *file, const CityOutput *output, const ExprColumn *column, size_t row, GString *out);
Str write_heading(const CityFileOut *file, const CityOutput *output);
/* A line of titles, with what it says of institution, dataset and period. */
char *write_title(const CityFileOut *file, Str title);

/* message.c: templates of FHIR and HL7, read once for a stream; NULL: none is written. A place that is not there is a finding. */
const CityTemplate *template_read(City *city, const CityStream *stream, const CityOutputs *outputs, CityFormat format);

/* The period of an aggregate's row. */
const char *write_period(const CityFileOut *file, const CityBatch *batch, size_t row, char text[static PERIOD_TEXT_MAX]);

/* Whether a message of it says what the output is. */
bool template_has(const CityTemplate *template, size_t output);

static inline bool output_is_period(const CityOutput *output)
{
    return output->column == -2;
}
