/* Calls about what institutions sent: arrivals, batches, and the rules of today over the records of before. */
#include "cmd/calls.h"

#include "base/banned.h"

const Call hub_calls[] = {
    LIST("arrivals", "org dataset state", "/intakes", CALL_AS, "received org.name name dataset state uid", "list what arrived, the newest first"),
    GET_AS("show", "UID", "/intakes/{uid}",
           "uid name org.name channel received state result.rows result.accepted result.warned result.held result.rejected result.repeated result.added result.changed result.same result.deleted;"
           " result.findings: level rule field n first says",
           "show an arrival, and what became of it"),
    LIST("batches", "org dataset state", "/batches", CALL_AS, "opened org.name dataset mode state rows held warned added changed same deleted uid", "list the batches of records, the newest first"),
    GET_AS("batch", "UID", "/batches/{uid}", "uid org.name dataset mode state rows rejected held warned added changed same deleted; parts: org.name month rows held warned added changed same deleted",
           "show a batch, by organisation and month"),
    LIST("expected", "org dataset period state", "/expected", CALL_AS, "period org.name dataset.id state rows due received uid", "list the reports that are expected: in, late, zero, silent, excused"),
    { .name = "zero", .operands = "DATASET ORG PERIOD", .help = "report zero: of this period there was nothing; silence says something else",
      .method = "POST", .path = "/expected/zero", .body = "dataset:DATASET org:ORG period:PERIOD", .flags = CALL_AS, .view = "period org.name dataset.id state received" },
    LIST("quality", "org dataset month", "/quality", CALL_AS, "month dataset.id org.name state records score grade rank peers before below", "list what the data of institutions are worth, by dataset and rank"),
    GET_AS("score", "DATASET ORG MONTH", "/quality/{dataset}/{org}/{month}",
           "month dataset.id org.name state records held score grade rank peers before line; measures: measure score pass tested weight", "show a score, by its measures"),
    LIST("owed", "org dataset duty state from to", "/owed", CALL_AS, "due last duty.id period org.name person.uid state done_on reason", "list what persons owe by their records, the first due first"),
    LIST("cases", "dataset org state", "/cases", CALL_AS, "due late org.name dataset state.name uid", "list cases, those first of which a step is due soonest"),
    GET_AS("case", "UID", "/cases/{uid}", "uid dataset org.name state.name since due late ended gone; steps: at step from to note late_ms", "show a case, and the steps that were taken"),
    { .name = "recheck", .operands = "DATASET", .help = "run the rules as they are now over the records that are stored, as after a new edition of a pack",
      .method = "POST", .path = "/datasets/{dataset}/recheck", .flags = CALL_JOB, .view = "result.rows result.changed" },
    NONE,
};
