/* A city from its seed to its files: people, then stream by stream, each one's periods side by side. */
#include "base/file.h"
#include "base/limits.h"
#include "city/random.h"
#include "city/send.h"

#include "base/banned.h"

typedef struct {
    CityRun run;
    CityOptions options;
    const char *out;
    void (*told)(void *data, const char *line);
    void *data;
    GArray *sent;
    GString *mistakes;
    CityCounts counts;
    GHashTable *told_of; /* by the check, once each */
} Make;

static void tell(Make *make, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(Make *make, const char *format, ...)
{
    va_list args;
    if (!make->told)
        return;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    make->told(make->data, line);
}

/* --- Options ------------------------------------------------------------------------------------------------------------------- */

static bool check_range(const char *what, int64_t value, int64_t most, GError **err)
{
    return (value >= 1 && value <= most) || error_set(err, BH_USAGE, "%s: 1 to %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT, what, most, value);
}

static bool set_options(Make *make, const City *city, const CityOptions *given, GError **err)
{
    CityOptions *o = &make->options;
    *o = *given;
    o->people = o->people ? o->people : city->file->people->count;
    o->years = o->years ? o->years : city->file->years;
    o->institutions = o->institutions ? o->institutions : city->file->institutions->count;
    o->seed = o->seed ? o->seed : (uint64_t) city->file->seed;
    o->threads = o->threads > 0 ? o->threads : (int) g_get_num_processors();
    return check_range("people", o->people, LIMIT_CITY_PEOPLE, err) && check_range("years", o->years, LIMIT_CITY_YEARS, err)
           && check_range("institutions", o->institutions, LIMIT_CITY_INSTITUTIONS, err)
           && (o->first <= city->file->ends || error_set(err, BH_USAGE, "the records would begin behind the day on which the recipe ends"));
}

static bool make_folder(const char *out, GError **err)
{
    if (!file_make_dir(out, err))
        return false;
    g_autoptr(GDir) dir = g_dir_open(out, 0, err);
    if (!dir)
        return false;
    return !g_dir_read_name(dir) || error_set(err, BH_CONFLICT, "the folder %s holds something", out);
}

/* --- A stream ----------------------------------------------------------------------------------------------------------------------- */

static GHashTable **new_tallies(size_t n)
{
    GHashTable **tallies = g_new0(GHashTable *, n + 1);
    for (size_t i = 0; i < n; i++)
        tallies[i] = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return tallies;
}

static void begin_tasks(Make *make, CityStreamRun *stream, const CityDialects *dialects, CityTask *tasks)
{
    size_t at = 0;
    for (uint16_t file = 0; file < stream->n_files; file++) {
        size_t from = at;
        while (at < stream->n && stream->occs[at].file == file)
            at++;
        tasks[file] = (CityTask) { .run = &make->run, .stream = stream, .dialects = dialects, .out = make->out, .file = file, .from = from, .to = at,
                                   .sent = g_array_new(FALSE, FALSE, sizeof(CitySent)), .mistakes = g_string_new(NULL), .told = g_string_new(NULL),
                                   .tallies = new_tallies(stream->stream->n_tallies) };
    }
}

static void run_task(gpointer task, gpointer data)
{
    (void) data;
    task_run(task);
}

static bool run_tasks(const Make *make, CityTask *tasks, size_t n, GError **err)
{
    GThreadPool *pool = g_thread_pool_new(run_task, NULL, make->options.threads, TRUE, err);
    if (!pool)
        return false;
    for (size_t i = 0; i < n; i++)
        if (tasks[i].file > 0 || tasks[i].to > tasks[i].from)
            g_thread_pool_push(pool, &tasks[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    return true;
}

static void join_tallies(CityStreamRun *stream, const CityTask *task)
{
    for (size_t i = 0; i < stream->stream->n_tallies; i++) {
        GHashTableIter iter;
        gpointer key, value;
        g_hash_table_iter_init(&iter, task->tallies[i]);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
            int64_t *have = g_hash_table_lookup(stream->tallies[i], key);
            if (have)
                *have += *(int64_t *) value;
            else {
                uint64_t *own = g_new(uint64_t, 2);
                own[0] = *(uint64_t *) key;
                own[1] = *(uint64_t *) value;
                g_hash_table_insert(stream->tallies[i], own, own + 1);
            }
        }
    }
}

static void count_sent(Make *make, const CitySent *sent)
{
    CityCounts *counts = &make->counts;
    if (sent->withheld)
        counts->withheld++;
    else {
        counts->files++;
        counts->late += sent->late;
        counts->rows += sent->rows;
        counts->bytes += sent->bytes;
    }
    counts->repeated += sent->repeated;
}

/* Of what the check found, the first of each kind: what stands before the comma. */
static void tell_found(Make *make, const char *found)
{
    g_auto(GStrv) lines = g_strsplit(found, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        char *end = strchr(lines[i], ',');
        if (end && g_hash_table_add(make->told_of, g_strndup(lines[i], (size_t) (end - lines[i]))))
            tell(make, "%s", lines[i]);
    }
}

static bool join_task(Make *make, CityStreamRun *stream, CityTask *task, GError **err)
{
    join_tallies(stream, task);
    make->counts.mistakes += task->n_mistakes;
    make->counts.checked += task->checked;
    make->counts.wrong_rows += task->wrong_rows;
    make->counts.tame_mistakes += task->tame_mistakes;
    g_string_append_len(make->mistakes, task->mistakes->str, (gssize) task->mistakes->len);
    for (guint i = 0; i < task->sent->len; i++) {
        CitySent *sent = &g_array_index(task->sent, CitySent, i);
        count_sent(make, sent);
        g_array_append_val(make->sent, *sent);
    }
    g_array_set_size(task->sent, 0); /* their paths went along */
    tell_found(make, task->told->str);
    if (!task->err)
        return true;
    g_propagate_error(err, g_steal_pointer(&task->err));
    return false;
}

static GHashTable *names_of_codes(const CityOutputs *outputs)
{
    GHashTable *tables = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
    for (size_t i = 0; i < outputs->n; i++) {
        const PackCodes *codes = outputs->v[i].codes;
        if (!codes || g_hash_table_contains(tables, codes))
            continue;
        GHashTable *names = g_hash_table_new(str_hash, str_equal);
        for (size_t k = 0; k < codes->values.n; k++)
            g_hash_table_insert(names, (gpointer) &codes->values.v[k].code, (gpointer) &codes->values.v[k].name);
        g_hash_table_insert(tables, (gpointer) codes, names);
    }
    return tables;
}

static bool send_stream(Make *make, CityStreamRun *stream, size_t index, GError **err)
{
    const CityOutputs *outputs = &make->run.city->outputs[index];
    g_autoptr(GHashTable) names = names_of_codes(outputs);
    CityDialects dialects = { &make->run, stream, outputs, make->run.city->templates[2 * index], make->run.city->templates[2 * index + 1], names };
    g_autofree CityTask *tasks = g_new0(CityTask, stream->n_files);
    stream->tallies = new_tallies(stream->stream->n_tallies);
    begin_tasks(make, stream, &dialects, tasks);
    bool ok = (!stream->stream->dataset && stream->stream->n_tallies == 0) || run_tasks(make, tasks, stream->n_files, err);
    for (uint16_t i = 0; i < stream->n_files; i++) {
        ok = join_task(make, stream, &tasks[i], ok ? err : NULL) && ok;
        task_clear(&tasks[i]);
    }
    return ok;
}

static bool make_stream(Make *make, size_t index, GError **err)
{
    CityRun *run = &make->run;
    CityStreamRun *stream = &run->streams[index];
    *stream = (CityStreamRun) { .stream = run->city->streams[index] };
    stream->key = random_key(0, stream->stream->name);
    int64_t began = g_get_monotonic_time();
    occur_find(run, stream);
    int64_t found = g_get_monotonic_time();
    if (!send_stream(make, stream, index, err))
        return false;
    tell(make, STR_FMT ": %zu occurrences, found in %.1f s, sent in %.1f s", STR_ARG(stream->stream->name), stream->n, (double) (found - began) / 1e6,
         (double) (g_get_monotonic_time() - found) / 1e6);
    if (!stream->stream->has_children)
        g_clear_pointer(&stream->occs, g_free);
    return true;
}

/* --- All ---------------------------------------------------------------------------------------------------------------------------- */

static bool write_mistakes(const Make *make, GError **err)
{
    g_autofree char *path = g_build_filename(make->out, "mistakes.csv", NULL);
    return file_write_atomic(path, str_from_gstring(make->mistakes), 0600, err);
}

static bool make_all(Make *make, GError **err)
{
    CityRun *run = &make->run;
    run->episodes = g_new0(CityEpisodes, run->city->file->processes.n + 1);
    run->streams = g_new0(CityStreamRun, run->city->n_streams + 1);
    if (!orgs_make(run, err) || !people_make(run, err))
        return false;
    make->counts.people = run->folk.n - run->born;
    make->counts.born = run->born;
    make->counts.died = run->died;
    make->counts.institutions = run->orgs.n;
    tell(make, "%zu people, %" G_GUINT64_FORMAT " of them born, %zu institutions", run->folk.n, run->born, run->orgs.n);
    g_string_append(make->mistakes, "file,row,dataset,field,kind,expected,also\n");
    for (size_t i = 0; i < run->city->n_streams; i++)
        if (!make_stream(make, i, err))
            return false;
    return manifest_write(run, make->out, make->sent, err) && write_mistakes(make, err) && orgs_write(run, make->out, err);
}

static void folk_clear(CityFolk *folk)
{
    g_free(folk->uid);
    g_free(folk->birth);
    g_free(folk->since);
    g_free(folk->until);
    g_free(folk->died);
    g_free(folk->mother);
    g_free(folk->home);
    g_free(folk->number);
    g_free(folk->woman);
}

static void run_clear(CityRun *run)
{
    for (size_t i = 0; run->episodes && i < run->city->file->processes.n; i++) {
        g_free(run->episodes[i].person);
        g_free(run->episodes[i].child);
        g_free(run->episodes[i].start);
        g_free(run->episodes[i].end);
        g_free(run->episodes[i].key);
    }
    for (size_t i = 0; run->streams && i < run->city->n_streams; i++) {
        CityStreamRun *stream = &run->streams[i];
        for (size_t k = 0; stream->tallies && k < stream->stream->n_tallies; k++)
            g_hash_table_unref(stream->tallies[k]);
        g_free(stream->tallies);
        g_free(stream->occs);
        arena_free(stream->arena);
    }
    g_free(run->episodes);
    g_free(run->streams);
    g_clear_pointer(&run->orgs.choosers, g_hash_table_unref);
    folk_clear(&run->folk);
    arena_free(run->arena);
}

bool city_make(const City *city, const CityOptions *options, const char *out, void (*told)(void *data, const char *line), void *data, CityCounts *ret_counts, GError **err)
{
    Make make = { .out = out, .told = told, .data = data };
    if (!set_options(&make, city, options, err) || !make_folder(out, err))
        return false;
    make.run = (CityRun) { .city = city, .options = &make.options, .seed = random_mix(make.options.seed), .last = city->file->ends, .arena = arena_new() };
    make.run.first = make.options.first ? make.options.first : date_add_months(city->file->ends + 1, (int) -make.options.years * 12);
    make.sent = g_array_new(FALSE, FALSE, sizeof(CitySent));
    make.mistakes = g_string_new(NULL);
    make.told_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool ok = make_all(&make, err);
    for (guint i = 0; i < make.sent->len; i++)
        g_free(g_array_index(make.sent, CitySent, i).path);
    g_array_unref(make.sent);
    g_string_free(make.mistakes, TRUE);
    g_hash_table_unref(make.told_of);
    run_clear(&make.run);
    if (ok)
        *ret_counts = make.counts;
    return ok;
}
