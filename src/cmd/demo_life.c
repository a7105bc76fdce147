#include "cmd/demo_life.h"

#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "cmd/demo_play.h"
#include "cmd/demo_send.h"
#include "db/queries.h"
#include "org/org.h"

#include "base/banned.h"

/* Whole months of records behind a new demo: enough for a trend, few enough to wait for. */
enum { DEMO_MONTHS = 2, DEMO_PEOPLE = 60000 /* some ten records a month for the smallest, hundreds for a hospital */, DEMO_INSTITUTIONS = 129 /* all hospitals and centres of the samples: nobody is silent who is none */ };

/* Who lives the days: its people (NULL: nobody acts), its institutions (NULL: nobody sends). */
typedef struct {
    const DemoLife *life;
    DemoPlay *play;
    DemoSend *send;
    Service *service;
    int64_t jobs, acts;
    DemoSent sent;
} Living;

static void living_clear(Living *living)
{
    demo_play_free(living->play);
    demo_send_free(living->send); /* its files hold what a store does not */
    if (living->service)
        service_stop(living->service);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Living, living_clear)

/* --- Days ------------------------------------------------------------------------------------------------------------------- */

/* "3d", "1w", "2m": the day on which that many days, weeks or months have passed. */
static bool span_end(const char *span, Date today, Date *ret_end, GError **err)
{
    int64_t count;
    Str s = str_from(span);
    char unit = s.n > 1 ? s.p[s.n - 1] : 0;
    if (!str_to_int64(str_head(s, s.n - 1), &count) || count < 1 || count > 1000 || !strchr("dwm", unit))
        return error_set(err, BH_USAGE, "a span is like 3d, 1w or 2m, not '%s'", span);
    *ret_end = unit == 'm' ? date_add_months(today, (int) count) : today + (Date) count * (unit == 'w' ? 7 : 1);
    return true;
}

static bool send_until(Living *living, Date day, GError **err)
{
    DemoSent sent = { 0 };
    if (living->send && !demo_send_until(living->send, living->life->store, service_hub(living->service), day, &sent, err))
        return false;
    living->sent.files += sent.files;
    living->sent.rows += sent.rows;
    living->sent.not_taken += sent.not_taken;
    return true;
}

/* Who waits for it sees how far it is, and may end it. */
static bool between_days(const Living *living, Date today, GError **err)
{
    char text[DATE_TEXT_MAX];
    int year, month, day;
    date_to_ymd(today, &year, &month, &day);
    if (day == 1) {
        printf("lived through up to %s\n", date_format(today, text));
        fflush(stdout);
    }
    if (!service_shall_end())
        return true;
    error_set(err, BH_UNAVAILABLE, "ended on %s, before the demo reached its day", date_format(today, text));
    return error_hint(err, "remove %s to make it anew", store_data(living->life->store));
}

/* Day by day, each with all its jobs, as if it had been lived through. */
static bool live_until(Living *living, Date end, GError **err)
{
    Store *store = living->life->store;
    Date today = clock_today(store->clock);
    int64_t now = clock_now_ms(store->clock);
    for (; today < end; today++) {
        int64_t ran, did = 0;
        now += 86400000;
        if ((living->play && !demo_play_day(living->play, service_hub(living->service), &did, err)) || !store_set_clock(store, now, err) || !send_until(living, today + 1, err)
            || !jobs_run_due(service_jobs(living->service), &ran, err) || !between_days(living, today + 1, err))
            return false;
        living->jobs += ran;
        living->acts += did;
    }
    return true;
}

/* The people of the story, unless they shall be still; without a story nobody acts, and it is said. */
static bool find_players(Living *living, GError **err)
{
    if (living->life->still || !living->life->span)
        return true;
    bool none;
    g_autofree char *path = g_build_filename(living->life->samples, "story.json", NULL);
    living->play = demo_play_new(living->life->store, path, &none, err);
    if (!living->play && none)
        printf("no story at %s: nobody does anything\n", path);
    return living->play || none;
}

/* --- Which city ----------------------------------------------------------------------------------------------------------------- */

/* It stands in the store, because it is made again whenever the demo is advanced: another one would send other people's records. */
#define DEMO_CITY "demo_city"

bool demo_life_has_city(const char *samples, const char *packs)
{
    g_autofree char *recipes = g_build_filename(samples, "city", NULL);
    return g_file_test(recipes, G_FILE_TEST_IS_DIR) && g_file_test(packs, G_FILE_TEST_IS_DIR);
}

static bool put_city(DbConn *tx, void *data, GError **err)
{
    const CityOptions *city = data;
    char first[DATE_TEXT_MAX];
    g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %s", city->people, city->institutions, city->seed, date_format(city->first, first));
    return db_exec(tx, SettingPut, NULL, err, .name = STR(DEMO_CITY), .value = str_from(value));
}

/* *ret_has false: the demo has none. */
static bool recall_city(const DemoLife *life, CityOptions *city, bool *ret_has, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    SettingGetRow row;
    g_autoptr(DbConn) conn = db_reader(life->store->db, err);
    if (!conn || !db_one(conn, SettingGet, arena, &row, ret_has, err, .name = STR(DEMO_CITY)))
        return false;
    if (!*ret_has)
        return true;
    int64_t seed = 0, *const parts[] = { &city->people, &city->institutions, &seed };
    bool right = true;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        right &= str_to_int64(str_cut(&row.value, ' '), parts[i]);
    city->seed = (uint64_t) seed;
    return (right && date_parse(row.value, &city->first)) || error_set(err, BH_INTERNAL, "the setting " DEMO_CITY " is damaged");
}

/* The city's institutions; NULL where there are no recipes or no packs any more. */
static bool find_senders(Living *living, const CityOptions *city, GError **err)
{
    DemoSendOptions options = { living->life->samples, *city };
    bool none;
    living->send = demo_send_new(&options, service_hub(living->service), &none, err);
    return living->send || none;
}

/* --- Grants over the city ---------------------------------------------------------------------------------------------------------- */

static bool user_named(const Store *store, Str name, Arena *arena, User *ret_user, GError **err)
{
    bool found;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !user_by_name(conn, arena, name, clock_today(store->clock), ret_user, &found, err))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "the samples have no account '" STR_FMT "'", STR_ARG(name));
}

/* A row of grants.csv: who gives, who gets, which role, over which area. */
static bool give_one(const Store *store, const Str *row, Arena *arena, GError **err)
{
    User by, to;
    Str uid;
    NewGrant grant = { .where = WHERE_AREA, .where_area = row[3], .from = DATE_NONE, .to = DATE_NONE };
    if (!user_named(store, row[0], arena, &by, err) || !user_named(store, row[1], arena, &to, err))
        return false;
    if (!role_parse(row[2], &grant.role))
        return error_set(err, BH_BAD_INPUT, "grants.csv: no role '" STR_FMT "'", STR_ARG(row[2]));
    grant.account_uid = to.account_uid;
    AuditWho who = { by.account_uid, "command", clock_now_ms(store->clock) };
    return grant_add(store->db, &grant, &by, &who, arena, &uid, err);
}

/* A city's commission sees the data of its districts' institutions, which stand below the districts' own commissions: its security administrator grants that by area. */
static bool give_grants(const DemoLife *life, GError **err)
{
    enum { COLUMNS = 4 };
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *path = g_build_filename(life->samples, "grants.csv", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    g_autoptr(GString) bytes = file_read(path, LIMIT_IMPORT_BYTES, err);
    CsvTable table;
    if (!bytes || !csv_table(str_from_gstring(bytes), LIMIT_ORGS, arena, &table, err))
        return false;
    if (table.n_columns != COLUMNS)
        return error_set(err, BH_BAD_INPUT, "%s: it has four columns: by whom, for whom, role, area", path);
    for (size_t i = 0; i < table.n_rows; i++)
        if (!give_one(life->store, table.rows[i], arena, err))
            return false;
    return true;
}

/* --- A new city ------------------------------------------------------------------------------------------------------------------------ */

/* The day on which its institutions begin to report: that of a month. */
static Date begin_day(const CityOptions *city, Date end)
{
    int year, month, day;
    Date first = DATE_NONE;
    date_to_ymd(date_add_months(end, city->years > 0 ? (int) -city->years * 12 : -DEMO_MONTHS), &year, &month, &day);
    date_from_ymd(year, month, 1, &first);
    return first;
}

static bool begin_city(Living *living, CityOptions *city, GError **err)
{
    const DemoLife *life = living->life;
    g_clear_pointer(&living->service, service_stop); /* it knows the packs that were there when it began */
    return bring_packs(life->store, life->packs, err) && give_grants(life, err) && db_write(life->store->db, DB_BULK, put_city, city, err);
}

/* With the ledger alone up to the day on which the city begins; what it sent before the present day comes at once. */
static bool live_to_city(Living *living, CityOptions *city, Date end, GError **err)
{
    Date today = clock_today(living->life->store->clock);
    city->first = city->first ? city->first : begin_day(city, end);
    city->years = 0;
    city->people = city->people ? city->people : DEMO_PEOPLE;
    city->institutions = city->institutions ? city->institutions : DEMO_INSTITUTIONS;
    if (city->first > today) {
        living->service = service_start(living->life->store, SERVE_LOCAL, err);
        if (!living->service || !live_until(living, city->first, err))
            return false;
    }
    return begin_city(living, city, err);
}

static void tell(const Living *living, bool is_new)
{
    char text[DATE_TEXT_MAX];
    if (living->life->span)
        printf("it is now %s; %" G_GINT64_FORMAT " jobs were run and %" G_GINT64_FORMAT " things done on the way\n", date_format(clock_today(living->life->store->clock), text), living->jobs,
               living->acts);
    if (living->send && (is_new || living->life->span))
        printf("%" G_GINT64_FORMAT " files with %" G_GINT64_FORMAT " rows were sent, of which %" G_GINT64_FORMAT " files were not taken\n", living->sent.files, living->sent.rows,
               living->sent.not_taken);
}

bool demo_life(const DemoLife *life, Service **ret_service, GError **err)
{
    Date end = clock_today(life->store->clock);
    CityOptions city = life->city;
    bool sends = life->with_city;
    int64_t ran;
    g_auto(Living) living = { .life = life };
    if ((life->span && !span_end(life->span, end, &end, err)) || !find_players(&living, err) || (life->with_city && !live_to_city(&living, &city, end, err))
        || (!life->is_new && life->span && !recall_city(life, &city, &sends, err)))
        return false;
    living.service = service_start(life->store, SERVE_ALL, err);
    if (!living.service || (sends && !find_senders(&living, &city, err)))
        return false;
    if (life->with_city && (!send_until(&living, clock_today(life->store->clock), err) || !jobs_run_due(service_jobs(living.service), &ran, err)))
        return false;
    if (!live_until(&living, end, err))
        return false;
    tell(&living, life->with_city);
    *ret_service = g_steal_pointer(&living.service);
    return true;
}
