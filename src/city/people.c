/* People: who was there on the first day, who came, was born, left and died. Each of them is a function of the seed and of their own place in line, or of their mother's. */
#include "city/random.h"
#include "city/run.h"

#include "base/banned.h"

enum { DAYS_OF_YEAR = 365, LIVES_DAYS = 125 * 366, THOUSAND = 1000 };
enum { SALT_BAND = 1, SALT_AGE, SALT_SEX, SALT_HOME, SALT_DEATH, SALT_DEATH_DAY, SALT_OUT, SALT_OUT_DAY, SALT_IN, SALT_IN_DAY, SALT_TRAIT, SALT_CHILD };

static double number(Decimal d)
{
    double value = (double) d.value;
    for (int i = 0; i < d.scale; i++)
        value /= 10;
    return value;
}

/* --- Tables by age ----------------------------------------------------------------------------------------------------------- */

static double rate_at(CityAges ages, int age, bool woman)
{
    size_t i = ages.n;
    while (i > 0 && ages.v[i - 1].from > age)
        i--;
    if (i == 0)
        return 0;
    const CityAge *row = &ages.v[i - 1];
    return number(row->both) + number(woman ? row->women : row->men);
}

/* The weights of men and women of each row, one behind the other, added up. */
static double *pyramid_sums(const CityPeople *people, Arena *arena)
{
    double *sums = ARENA_ARRAY(arena, double, people->ages.n * 2), sum = 0;
    for (size_t i = 0; i < people->ages.n; i++) {
        sums[2 * i] = sum += number(people->ages.v[i].men) + number(people->ages.v[i].both);
        sums[2 * i + 1] = sum += number(people->ages.v[i].women) + number(people->ages.v[i].both);
    }
    return sums;
}

static int age_on(Date birth, Date day)
{
    int y1, m1, d1, y2, m2, d2;
    date_to_ymd(birth, &y1, &m1, &d1);
    date_to_ymd(day, &y2, &m2, &d2);
    return y2 - y1 - (m2 < m1 || (m2 == m1 && d2 < d1));
}

/* --- One more person -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    CityRun *run;
    const CityPeople *recipe;
    double *pyramid;
    const CityOrgList *homes;
    CityOrgChoice home_choice;
    uint16_t *numbers; /* by area, day of birth and sex: the last that was given */
    Date first_birth;
} Making;

static void folk_reserve(CityFolk *folk, size_t n)
{
    if (n <= folk->cap)
        return;
    folk->cap = MAX(n, folk->cap + folk->cap / 2);
    folk->uid = g_renew(uint64_t, folk->uid, folk->cap);
    folk->birth = g_renew(Date, folk->birth, folk->cap);
    folk->since = g_renew(Date, folk->since, folk->cap);
    folk->until = g_renew(Date, folk->until, folk->cap);
    folk->died = g_renew(Date, folk->died, folk->cap);
    folk->mother = g_renew(uint32_t, folk->mother, folk->cap);
    folk->home = g_renew(uint16_t, folk->home, folk->cap);
    folk->number = g_renew(uint16_t, folk->number, folk->cap);
    folk->woman = g_renew(uint8_t, folk->woman, folk->cap);
}

/* Odd numbers are men's, even ones women's (GB 11643); who comes first gets the smaller. */
static uint16_t next_number(Making *m, uint32_t area, Date birth, bool woman)
{
    size_t place = ((size_t) area * LIVES_DAYS + (size_t) (birth - m->first_birth)) * 2 + woman;
    uint16_t turn = m->numbers[place]++;
    return (uint16_t) ((turn * 2 + (woman ? 2 : 1)) % THOUSAND);
}

/* When, from the day of arrival on, somebody dies or leaves. */
static void find_end(Making *m, uint32_t who)
{
    CityFolk *folk = &m->run->folk;
    Date last = m->run->last;
    folk->until[who] = last + 1;
    folk->died[who] = DATE_NONE;
    for (Date from = MAX(folk->since[who], m->run->first), start = from; from <= last; from += DAYS_OF_YEAR) {
        int age = age_on(folk->birth[who], from);
        uint64_t key = random_of(folk->uid[who], (uint64_t) (from - start));
        bool dies = random_unit(random_of(key, SALT_DEATH)) * THOUSAND < rate_at(m->recipe->deaths, age, folk->woman[who]);
        bool leaves = random_unit(random_of(key, SALT_OUT)) * THOUSAND < rate_at(m->recipe->moved_out, age, folk->woman[who]);
        Date died = from + (Date) random_below(random_of(key, SALT_DEATH_DAY), DAYS_OF_YEAR), left = from + (Date) random_below(random_of(key, SALT_OUT_DAY), DAYS_OF_YEAR);
        if (!dies && !leaves)
            continue;
        bool death = dies && (!leaves || died <= left);
        folk->until[who] = death ? died : left;
        if (death && died <= last) {
            folk->died[who] = died;
            m->run->died++;
        }
        return;
    }
}

static uint32_t add_person(Making *m, uint64_t uid, Date birth, Date since, bool woman, uint32_t mother)
{
    CityFolk *folk = &m->run->folk;
    uint32_t who = (uint32_t) folk->n++;
    folk_reserve(folk, folk->n);
    folk->uid[who] = uid;
    folk->birth[who] = birth;
    folk->since[who] = since;
    folk->woman[who] = woman;
    folk->mother[who] = mother;
    int home = mother != NOBODY ? folk->home[mother] : orgs_choose(m->run, m->homes, &m->home_choice, (uint32_t) m->run->orgs.n_areas, random_of(uid, SALT_HOME));
    folk->home[who] = (uint16_t) home;
    folk->number[who] = next_number(m, m->run->orgs.v[home].area, birth, woman);
    find_end(m, who);
    return who;
}

/* --- Who is there, who comes --------------------------------------------------------------------------------------------------------- */

static void add_first(Making *m, uint64_t index)
{
    const CityPeople *recipe = m->recipe;
    uint64_t uid = random_of(m->run->seed, index + 1);
    size_t place = random_place(random_of(uid, SALT_BAND), m->pyramid, recipe->ages.n * 2), band = place / 2;
    int64_t from = recipe->ages.v[band].from, to = band + 1 < recipe->ages.n ? recipe->ages.v[band + 1].from : MAX(recipe->last_age, from) + 1;
    Date youngest = date_add_months(m->run->first, (int) -from * 12), oldest = date_add_months(m->run->first, (int) -to * 12);
    Date birth = youngest - 1 - (Date) random_below(random_of(uid, SALT_AGE), (uint64_t) (youngest - oldest));
    add_person(m, uid, birth, birth, place % 2, NOBODY);
}

/* For each who is there, somebody of about the same age may come in some year. */
static void add_newcomers(Making *m, uint32_t like)
{
    const CityFolk *folk = &m->run->folk;
    for (Date from = m->run->first; from <= m->run->last; from += DAYS_OF_YEAR) {
        uint64_t key = random_of(folk->uid[like], (uint64_t) (from - m->run->first) + 1);
        if (random_unit(random_of(key, SALT_IN)) * THOUSAND >= rate_at(m->recipe->moved_in, age_on(folk->birth[like], from), folk->woman[like]))
            continue;
        Date since = from + (Date) random_below(random_of(key, SALT_IN_DAY), DAYS_OF_YEAR), birth = folk->birth[like] - (Date) random_below(random_of(key, SALT_AGE), DAYS_OF_YEAR);
        if (since <= m->run->last)
            add_person(m, random_of(key, SALT_CHILD), birth, since, random_unit(random_of(key, SALT_SEX)) < 0.5, NOBODY);
    }
}

/* --- Processes, and who is born at their end ------------------------------------------------------------------------------------------- */

typedef struct {
    ARENA_LIST(CityOcc) occs;
} Candidates;

/* One a year at most, from a year before the first day on: what began before may end within. */
static void find_candidates(const Making *m, const CityProcess *process, uint64_t salt, Arena *arena, Candidates *found)
{
    const CityFolk *folk = &m->run->folk;
    for (uint32_t who = 0; who < folk->n; who++)
        for (Date from = m->run->first - DAYS_OF_YEAR; from <= m->run->last; from += DAYS_OF_YEAR) {
            uint64_t key = random_of(random_of(folk->uid[who], salt), (uint64_t) (from - m->run->first));
            double rate = rate_at(process->ages, age_on(folk->birth[who], from), folk->woman[who]);
            if (rate <= 0 || random_unit(random_of(key, 1)) * THOUSAND >= rate)
                continue;
            Date start = from + (Date) random_below(random_of(key, 2), DAYS_OF_YEAR);
            if (start <= folk->until[who])
                *ARENA_PUSH(arena, &found->occs) = (CityOcc) { .source = (uint32_t) found->occs.n, .person = who, .day = start, .nth = (uint16_t) ((from - m->run->first) / DAYS_OF_YEAR + 1) };
        }
}

static void episodes_reserve(CityEpisodes *e, size_t n)
{
    e->person = g_new(uint32_t, n + 1);
    e->child = g_new(uint32_t, n + 1);
    e->start = g_new(Date, n + 1);
    e->end = g_new(Date, n + 1);
    e->key = g_new(uint64_t, n + 1);
}

static void add_child(Making *m, CityEpisodes *e, size_t i)
{
    const CityFolk *folk = &m->run->folk;
    uint32_t mother = e->person[i];
    Date birth = e->end[i];
    if (birth < m->run->first || birth > m->run->last || birth < folk->since[mother] || birth > folk->until[mother])
        return;
    uint64_t uid = random_of(e->key[i], SALT_CHILD);
    bool boy = random_below(random_of(uid, SALT_SEX), THOUSAND) < (uint64_t) m->recipe->boys_per_1000;
    e->child[i] = add_person(m, uid, birth, birth, !boy, mother);
    m->run->born++;
}

/* How long each takes and how it ends, for a batch of them; those that begin too soon after the one before are left out. */
static void take_episodes(Making *m, const CityProcess *process, CityEpisodes *e, const CityOcc *occs, size_t n, ExprRunner *runner, Arena *scratch)
{
    for (size_t i = 0; i < n; i++) {
        e->person[e->n + i] = occs[i].person;
        e->start[e->n + i] = occs[i].day;
        e->child[e->n + i] = NOBODY;
        e->key[e->n + i] = random_of(random_of(m->run->folk.uid[occs[i].person], random_key(0, process->entry.id)), occs[i].nth);
    }
    CityOcc *own = ARENA_ARRAY(scratch, CityOcc, n);
    for (size_t i = 0; i < n; i++) {
        own[i] = occs[i];
        own[i].source = (uint32_t) (e->n + i);
    }
    CityRows *rows = rows_new(m->run, process->plan, NULL, own, n, runner, scratch);
    rows->episodes = e;
    const ExprColumn *days = rows_column(rows, (uint32_t) process->days_column);
    const ExprColumn *outcome = process->outcome_column >= 0 ? rows_column(rows, (uint32_t) process->outcome_column) : NULL;
    size_t kept = e->n;
    for (size_t i = 0; i < n; i++) {
        size_t at = e->n + i, before = kept;
        Date end = e->start[at] + (Date) (column_null(days, i) ? 1 : ((const int64_t *) days->values)[i]);
        if (before > 0 && e->person[before - 1] == e->person[at] && e->start[at] < e->end[before - 1] + process->apart)
            continue;
        e->person[kept] = e->person[at];
        e->start[kept] = e->start[at];
        e->key[kept] = e->key[at];
        e->child[kept] = NOBODY;
        e->end[kept] = end;
        bool birth = process->birth.p && outcome && !column_null(outcome, i) && str_eq(((const Str *) outcome->values)[i], process->birth);
        kept++;
        if (birth)
            add_child(m, e, kept - 1);
    }
    e->n = kept;
}

static void make_process(Making *m, size_t index)
{
    const CityProcess *process = &m->run->city->file->processes.v[index];
    CityEpisodes *episodes = &m->run->episodes[index];
    g_autoptr(Arena) arena = arena_new(), scratch = arena_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    Candidates found = { 0 };
    find_candidates(m, process, random_key(0, process->entry.id), arena, &found);
    episodes_reserve(episodes, found.occs.n);
    for (size_t from = 0; from < found.occs.n; from += ROWS_MAX) {
        ArenaMark mark = arena_mark(scratch);
        take_episodes(m, process, episodes, found.occs.v + from, MIN(ROWS_MAX, found.occs.n - from), runner, scratch);
        arena_rewind(scratch, mark);
    }
}

/* --- All ----------------------------------------------------------------------------------------------------------------------------- */

static void read_names(CityRun *run)
{
    static const char *const kinds[] = { "family", "man", "woman" };
    const CityTable *names = run->city->names;
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        run->name_sums[k] = ARENA_ARRAY(run->arena, double, names->n_rows + 1);
        run->name_rows[k] = ARENA_ARRAY(run->arena, uint32_t, names->n_rows + 1);
        for (size_t i = 0; i < names->n_rows; i++) {
            Decimal weight = { 1, 0 };
            if (!str_eq(str_trim(names->rows[i][0]), str_from(kinds[k])))
                continue;
            decimal_parse(str_trim(names->rows[i][2]), &weight);
            size_t n = run->n_names[k]++;
            run->name_rows[k][n] = (uint32_t) i;
            run->name_sums[k][n] = (n > 0 ? run->name_sums[k][n - 1] : 0) + number(weight);
        }
    }
}

bool people_make(CityRun *run, GError **err)
{
    Making m = { .run = run, .recipe = run->city->file->people, .first_birth = run->first - 124 * 366 };
    read_names(run);
    for (size_t k = 0; k < G_N_ELEMENTS(run->n_names); k++)
        if (run->n_names[k] == 0)
            return error_set(err, BH_BAD_INPUT, "names: there must be some of each kind: family, man, woman");
    m.home_choice = (CityOrgChoice) { .kinds = m.recipe->homes };
    m.pyramid = pyramid_sums(m.recipe, run->arena);
    CityOrgList *homes = ARENA_ARRAY(run->arena, CityOrgList, run->orgs.n_areas + 1);
    homes[run->orgs.n_areas] = orgs_list(run, &m.home_choice);
    m.homes = homes;
    run->orgs.homes = homes[run->orgs.n_areas];
    if (homes[run->orgs.n_areas].n == 0)
        return error_set(err, BH_BAD_INPUT, "nobody has a home: there are no institutions of the kinds in 'homes'");
    m.numbers = g_new0(uint16_t, run->orgs.n_areas * LIVES_DAYS * 2);
    size_t n = (size_t) run->options->people;
    folk_reserve(&run->folk, n + n / 8);
    for (uint64_t i = 0; i < n; i++)
        add_first(&m, i);
    for (uint32_t i = 0; i < n; i++)
        add_newcomers(&m, i);
    for (size_t i = 0; i < run->city->file->processes.n; i++)
        make_process(&m, i);
    g_free(m.numbers);
    return true;
}

/* --- What is known of them ---------------------------------------------------------------------------------------------------------- */

/* Prevalence goes by straight lines from row to row; who has a chance below it at some age has had it since. */
Date people_trait(const CityRun *run, uint32_t trait, uint32_t person)
{
    const CityFolk *folk = &run->folk;
    CityAges ages = run->city->file->people->traits.v[trait].ages;
    double chance = random_unit(random_of(folk->uid[person], SALT_TRAIT + ((uint64_t) trait << 8))) * 100, before = 0;
    bool woman = folk->woman[person];
    int64_t age_before = 0;
    for (size_t i = 0; i < ages.n; i++) {
        double share = number(ages.v[i].both) + number(woman ? ages.v[i].women : ages.v[i].men);
        if (chance < share) {
            double part = share > before ? (chance - before) / (share - before) : 0;
            double age = (double) age_before + MAX(part, 0) * (double) (ages.v[i].from - age_before);
            return folk->birth[person] + (Date) (age * 365.25);
        }
        before = share;
        age_before = ages.v[i].from;
    }
    return DATE_NONE;
}

static size_t copy_str(char *out, Str text)
{
    size_t n = MIN(text.n, (size_t) PEOPLE_TEXT_MAX / 4);
    memcpy(out, text.p, n);
    return n;
}

static size_t copy_digits(char *out, uint64_t value, size_t digits)
{
    for (size_t i = digits; i-- > 0; value /= 10)
        out[i] = (char) ('0' + value % 10);
    return digits;
}

/* GB 11643: area, day of birth, sequence, check digit. */
static size_t copy_id_number(const CityRun *run, uint32_t person, char *out)
{
    static const int weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    enum { AREA = 6, DAY = 8, DIGITS = 17 };
    const CityFolk *folk = &run->folk;
    Str area = run->orgs.areas[run->orgs.v[folk->home[person]].area];
    int year, month, day, sum = 0;
    date_to_ymd(folk->birth[person], &year, &month, &day);
    memset(out, '0', AREA);
    memcpy(out, area.p, MIN(area.n, (size_t) AREA));
    copy_digits(out + AREA, (uint64_t) (year * 10000 + month * 100 + day), DAY);
    copy_digits(out + AREA + DAY, folk->number[person], 3);
    for (size_t i = 0; i < DIGITS; i++)
        sum += (out[i] - '0') * weights[i];
    out[DIGITS] = "10X98765432"[sum % 11];
    return DIGITS + 1;
}

/* A relative has the family's name, another one's own, and is of the other sex. */
static size_t copy_name(const CityRun *run, uint32_t person, bool relative, char *out)
{
    uint64_t key = random_of(run->folk.uid[person], 77);
    size_t kind = (run->folk.woman[person] != 0) != relative ? 2 : 1;
    const CityTable *names = run->city->names;
    size_t family = random_place(random_of(key, 1), run->name_sums[0], run->n_names[0]);
    size_t given = random_place(random_of(key, relative ? 3 : 2), run->name_sums[kind], run->n_names[kind]);
    size_t n = copy_str(out, str_trim(names->rows[run->name_rows[0][family]][1]));
    return n + copy_str(out + n, str_trim(names->rows[run->name_rows[kind][given]][1]));
}

static size_t copy_phone(const CityRun *run, uint32_t person, char *out)
{
    enum { PHONE_DIGITS = 11 };
    Str prefix = run->city->file->people->phone_prefix;
    size_t n = copy_str(out, prefix);
    return n + (n < PHONE_DIGITS ? copy_digits(out + n, random_of(run->folk.uid[person], 78), PHONE_DIGITS - n) : 0);
}

static size_t copy_address(const CityRun *run, uint32_t person, char *out)
{
    uint64_t key = random_of(run->folk.uid[person], 79);
    size_t n = copy_str(out, run->orgs.v[run->folk.home[person]].short_name);
    n += copy_digits(out + n, 1 + random_below(random_of(key, 1), 98), 2);
    out[n++] = '-';
    return n + copy_digits(out + n, 101 + random_below(random_of(key, 2), 12) * 100 + random_below(random_of(key, 3), 4), 4);
}

size_t people_copy(const CityRun *run, CopyKind what, uint32_t person, char *out)
{
    switch (what) {
    case COPY_ID_NUMBER: return copy_id_number(run, person, out);
    case COPY_NAME: case COPY_RELATIVE: return copy_name(run, person, what == COPY_RELATIVE, out);
    case COPY_PHONE: return copy_phone(run, person, out);
    case COPY_ADDRESS: return copy_address(run, person, out);
    case COPY_SEX: out[0] = run->folk.woman[person] ? '2' : '1'; return 1;
    case COPY_AREA: return copy_str(out, run->orgs.areas[run->orgs.v[run->folk.home[person]].area]);
    default: return 0;
    }
}
