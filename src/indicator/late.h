/* late.h: which records of an organisation's month came behind the day on which their period was due: what the item `on_time` counts as failed, record by record, for lists of a page. A correction is never late: a
 * record came when its first version did. Where nothing could be late (no report was expected before it was due; a register) nothing is. One thread; all reads are of the caller's connection. */
#pragma once

#include "db/table.h"
#include "indicator/quality.h"

typedef struct LateMonth LateMonth;

/* One month of an organisation. `history`: the dataset's table of earlier versions. In arena; NULL with err. */
LateMonth *late_month(DbConn *conn, const Clock *clock, const PackDataset *dataset, int64_t dataset_id, const DbTable *history, int64_t org, int month, Arena *arena, GError **err);

/* Nothing of the month can be late: none of its records need be asked about. */
bool late_none(const LateMonth *month);

/* A record as it stands. `period`: of an aggregate, else 0; `day`: on which it counts, of others, DATE_NONE where that is empty. */
typedef struct {
    int64_t key, batch;
    Period period;
    Date day;
} LateRecord;
bool late_record(DbConn *conn, LateMonth *month, const LateRecord *record, bool *ret_late, GError **err);
