/* log.h: what happened, for who runs the program: one JSON object a line, in English.
 *
 *   {"time":"2026-11-22T14:30:05+08:00","level":"info","event":"server-started","port":8420}
 *
 * `event` is a constant text in the code, stable, lower case with hyphens; what varies is a field. No field may hold what
 * people entered or what a record says of a person (no names, numbers, texts, search words): ids and counts only. That is
 * the duty of who calls. Only src/cmd, src/http and src/job log. Any thread; lines never mix. */
#pragma once

#include "base/clock.h"
#include "base/error.h"

typedef struct Log Log;
typedef enum { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR } LogLevel;

/* Of one event at most LOG_BURST lines are written in LOG_WINDOW_MS; the next that is written says how many were not
 * ("suppressed"). A text is cut after LOG_VALUE_BYTES. */
enum { LOG_BURST = 20, LOG_WINDOW_MS = 10000, LOG_VALUE_BYTES = 1000 };

/* Writes lines of `level` and above to fd, which stays the caller's; clock outlives the log. A line that cannot be
 * written (a full disk) is lost: logging never fails what is logged about. */
Log *log_new(int fd, LogLevel level, const Clock *clock);
void log_free(Log *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Log, log_free)

/* Another bound than LOG_BURST in LOG_WINDOW_MS; before other threads have the log. */
void log_set_rate(Log *log, int burst, int window_ms);

/* "debug", "info", "warning", "error". */
bool log_level_parse(Str name, LogLevel *ret_level);

typedef struct {
    const char *name; /* a constant text */
    enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_BOOL } type;
    union {
        Str text;
        int64_t integer;
        bool boolean;
    };
} LogField;

#define LOG_STR(name, value) ((LogField) { name, LOG_FIELD_STR, { .text = (value) } })
#define LOG_CSTR(name, value) ((LogField) { name, LOG_FIELD_STR, { .text = str_from(value) } })
#define LOG_INT(name, value) ((LogField) { name, LOG_FIELD_INT, { .integer = (value) } })
#define LOG_BOOL(name, value) ((LogField) { name, LOG_FIELD_BOOL, { .boolean = (value) } })

/* log may be NULL: then nothing happens. */
void log_write(Log *log, LogLevel level, const char *event, const LogField *fields, size_t count);

/* A failure: adds the error's code, detail, message, place and hint where it has them. Of BH_BAD_INPUT only code and
 * detail: the others quote what people entered. */
void log_failure(Log *log, LogLevel level, const char *event, const GError *err);

/* log_info(log, "import-done", LOG_INT("rows", n), LOG_INT("ms", took)), or without fields. */
#define LOG_FIELDS(...) \
    ((const LogField[]) { { 0 }, ##__VA_ARGS__ } + 1), \
        (sizeof((const LogField[]) { { 0 }, ##__VA_ARGS__ }) / sizeof(LogField) - 1)
#define log_debug(log, event, ...) log_write(log, LOG_LEVEL_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(log, event, ...) log_write(log, LOG_LEVEL_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warning(log, event, ...) log_write(log, LOG_LEVEL_WARNING, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(log, event, ...) log_write(log, LOG_LEVEL_ERROR, event, LOG_FIELDS(__VA_ARGS__))
