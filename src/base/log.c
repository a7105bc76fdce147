#include "base/log.h"

#include "base/file.h"
#include "base/json.h"

#include "base/banned.h"

typedef struct {
    int64_t window_ms; /* when its window began */
    int written, suppressed;
} Rate;

struct Log {
    int fd;
    LogLevel level;
    const Clock *clock;
    int burst, window_ms;
    GMutex lock; /* over all below, and over writing */
    GHashTable *rates; /* event → Rate; events are constants, so there are only so many */
};

static const char *const level_names[] = { "debug", "info", "warning", "error" };

Log *log_new(int fd, LogLevel level, const Clock *clock)
{
    Log *log = g_new0(Log, 1);
    log->fd = fd;
    log->level = level;
    log->clock = clock;
    log_set_rate(log, LOG_BURST, LOG_WINDOW_MS);
    log->rates = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    g_mutex_init(&log->lock);
    return log;
}

void log_set_rate(Log *log, int burst, int window_ms)
{
    log->burst = burst;
    log->window_ms = window_ms;
}

void log_free(Log *log)
{
    if (!log)
        return;
    g_hash_table_unref(log->rates);
    g_mutex_clear(&log->lock);
    g_free(log);
}

bool log_level_parse(Str name, LogLevel *ret_level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(level_names); i++)
        if (str_eq(name, str_from(level_names[i]))) {
            *ret_level = (LogLevel) i;
            return true;
        }
    return false;
}

/* Whether the event may be written now; if so *ret_suppressed is how many were not since the last that was. */
static bool take_turn(Log *log, const char *event, int *ret_suppressed)
{
    int64_t now = monotonic_ms();
    Rate *rate = g_hash_table_lookup(log->rates, event);
    if (!rate) {
        rate = g_new0(Rate, 1);
        rate->window_ms = now;
        g_hash_table_insert(log->rates, (gpointer) event, rate);
    }
    if (now - rate->window_ms >= log->window_ms) {
        rate->window_ms = now;
        rate->written = 0;
    }
    if (rate->written == log->burst) {
        rate->suppressed++;
        return false;
    }
    rate->written++;
    *ret_suppressed = rate->suppressed;
    rate->suppressed = 0;
    return true;
}

static void write_field(JsonWriter *w, const LogField *field)
{
    json_key(w, field->name);
    switch (field->type) {
    case LOG_FIELD_STR: json_str(w, str_head(field->text, LOG_VALUE_BYTES)); break;
    case LOG_FIELD_INT: json_int(w, field->integer); break;
    case LOG_FIELD_BOOL: json_bool(w, field->boolean); break;
    }
}

static GString *make_line(const Log *log, LogLevel level, const char *event, const LogField *fields, size_t count, int suppressed)
{
    GString *line = g_string_sized_new(256);
    char time[INSTANT_TEXT_MAX];
    JsonWriter w;
    json_writer_init(&w, line, false);
    json_begin_object(&w);
    json_member_cstr(&w, "time", instant_format(clock_now_ms(log->clock), clock_zone_minutes(log->clock), time));
    json_member_cstr(&w, "level", level_names[level]);
    json_member_cstr(&w, "event", event);
    for (size_t i = 0; i < count; i++)
        write_field(&w, &fields[i]);
    if (suppressed > 0)
        json_member_int(&w, "suppressed", suppressed);
    json_end_object(&w);
    return g_string_append_c(line, '\n');
}

void log_write(Log *log, LogLevel level, const char *event, const LogField *fields, size_t count)
{
    int suppressed;
    if (!log || level < log->level)
        return;
    g_mutex_lock(&log->lock);
    if (take_turn(log, event, &suppressed)) {
        g_autoptr(GString) line = make_line(log, level, event, fields, count, suppressed);
        file_write_all(log->fd, str_from_gstring(line), NULL);
    }
    g_mutex_unlock(&log->lock);
}

void log_failure(Log *log, LogLevel level, const char *event, const GError *err)
{
    LogField fields[5];
    size_t count = 0;
    bool quotes_input = g_error_matches(err, BH_ERROR, BH_BAD_INPUT);
    fields[count++] = LOG_CSTR("code", error_class_of(err)->name);
    if (error_get_detail(err))
        fields[count++] = LOG_CSTR("detail", error_get_detail(err));
    if (!quotes_input)
        fields[count++] = LOG_CSTR("message", err->message);
    if (!quotes_input && error_get_at(err))
        fields[count++] = LOG_CSTR("at", error_get_at(err));
    if (!quotes_input && error_get_hint(err))
        fields[count++] = LOG_CSTR("hint", error_get_hint(err));
    log_write(log, level, event, fields, count);
}
