/* error.h: failures of an operation: one GError domain, few categories, each with its exit and HTTP status.
 *
 * A function that fails sets err and returns; it does not log. A fault in the input is no failure but a finding
 * (diags.h). The message says what is wrong, then with what, lower case, no full stop; what to do about it goes into
 * the hint, where the input is at fault its place into `at`. */
#pragma once

#include <glib.h>

#include "base/str.h"

typedef enum {
    BH_BAD_INPUT,       /* the input is not what it should be: say where, and what was expected */
    BH_TOO_LARGE,       /* over one of the limits of limits.h */
    BH_NOT_FOUND,
    BH_FORBIDDEN,       /* known who asks, and not allowed: say why */
    BH_UNAUTHENTICATED, /* not known who asks */
    BH_CONFLICT,        /* somebody else changed it first, or its state does not allow this */
    BH_PRECONDITION,    /* a change without the version that it was made on */
    BH_LOCKED,          /* an account after too many failed log-ins */
    BH_TOO_MANY,        /* too many requests */
    BH_UNAVAILABLE,     /* the store cannot be reached or is held by another process; trying again may help */
    BH_FULL,            /* no room on the disk */
    BH_USAGE,           /* a command's arguments are wrong */
    BH_NOT_ALLOWED,     /* the address is right, the method is not */
    BH_INTERNAL,        /* our own mistake, or damage in the store */
} BhError;

typedef struct {
    BhError code;
    const char *name; /* stable, in the API's `code` */
    int exit_status;  /* after sysexits.h */
    int http_status;
} ErrorClass;

GQuark bh_error_quark(void);
#define BH_ERROR bh_error_quark()

/* The row of a code; of any error (GLib's own domains count as internal, except that a full disk is BH_FULL). */
const ErrorClass *error_class(BhError code);
const ErrorClass *error_class_of(const GError *err);

/* Sets *err (which may be NULL) and returns false, so that `return error_set(...)` fails a function of type bool. */
bool error_set(GError **err, BhError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same after a failed system call: appends strerror(errno); ENOSPC, EDQUOT and EFBIG (a limit on files) give BH_FULL, ENOENT gives
 * BH_NOT_FOUND. */
bool error_set_errno(GError **err, int errno_value, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Adds to an error that is set: what to do; where the input is wrong (JSON pointer or file:line:column). `err` may be
 * NULL or unset: then nothing happens. Return false, for the same reason. */
bool error_hint(GError **err, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool error_at(GError **err, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A stable code narrower than the class ("version-stale", "own-claim"), for texts in i18n and for the API. Static
 * strings only. */
bool error_detail(GError **err, const char *code);

/* The figures and names in that code's text: name=value pairs, newline between them ("until=2026-11-22T15:00:00+08:00"). */
bool error_params(GError **err, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* NULL where there is none. */
const char *error_get_hint(const GError *err);
const char *error_get_at(const GError *err);
const char *error_get_detail(const GError *err);
const char *error_get_params(const GError *err);
