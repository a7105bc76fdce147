/* owed.h: duties of persons: who of a register owes what by which day, and what of it is done; from what the store holds now.
 *
 * Each record of a duty's register, of which `when` is true and which is not held back, owes it: on its day `due` while it holds (valid_to), once; or in every period on whose last day it holds, so many
 * times. Records of done_by of the same person meet it: of a duty with a day the first one, whenever that was; of one that comes again those of the period's days. A person whom several records
 * name owes it once: by the latest day; what was done while an earlier record held that is over, with another day (an earlier pregnancy), does not count for the later. Persons that were merged are one.
 *
 * Only persons whose records changed are computed again; all are when a pack changed, or a new month begins, for what is kept is what is due within OWED_PAST months before this one and OWED_AHEAD behind it.
 *
 * Threads: as Quality. */
#pragma once

#include "indicator/quality.h"

enum { OWED_PAST = 24, OWED_AHEAD = 12 };

/* Brings the table `owed` to what the records say. In steps of the bulk queue; whatever ends it, running it again does the rest. ret_changed: rows that were written or taken away. */
bool owed_run(const Quality *quality, QualityTold told, void *data, int64_t *ret_changed, GError **err);

/* How one stands on a day. Excused goes before all; what is done is late when it was done behind its last day. */
typedef enum { OWED_COMING, OWED_DUE, OWED_MISSED, OWED_DONE, OWED_LATE, OWED_EXCUSED } OwedState;
extern const char *const owed_states[]; /* "coming" …, ended by NULL */
OwedState owed_state(Date due, Date last, Date done_on /* DATE_NONE: it is not */, bool excused, Date today);

/* Somebody need not do it, with a reason: event "owed-excuse". Said again it is the later reason. BH_NOT_FOUND; BH_CONFLICT "wrong-state" where it is done; BH_BAD_INPUT "reason-missing", BH_TOO_LARGE. */
typedef struct {
    AuditWho who;
    int64_t account;
    Str duty;       /* "pack.duty" */
    int64_t person; /* a root */
    Str person_uid;
    int64_t seq;
    Str reason;
} OwedExcusing;
bool owed_excuse(DbConn *tx, const OwedExcusing *what, GError **err);
