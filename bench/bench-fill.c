/* Fills a demo's store with plans and tasks of ten years, past the ledger: rows as it would write them, but no events and no documents.
 *
 *     bench-fill STORE-FILE TASKS              an SQLite store that nobody has open
 *     bench-fill --postgres URL TASKS
 *
 * The tasks lie as a city's do: a tenth of a year's plans is large, 40 % come from the commission, as many from the districts; what is due long ago is closed but for
 * one in a hundred. Every run makes the same. Prints what it made. */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "db/search.h"

enum { BATCH = 20000, YEARS = 10, TODAY_YEAR = 2026 };

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench-fill: %s: %s\n", what, why);
    exit(1);
}

/* --- Chance, the same each time -------------------------------------------------------------------------------------- */

static uint64_t seed = 0x9E3779B97F4A7C15;

static uint64_t chance(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static size_t below(size_t n)
{
    return chance() % n;
}

static const char *one_of(const char *const *words, size_t n)
{
    return words[below(n)];
}
#define ONE_OF(words) one_of(words, G_N_ELEMENTS(words))

/* --- Where rows go ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name, *columns;
    int n;
    sqlite3_stmt *stmt; /* SQLite */
    GString *rows;      /* PostgreSQL: COPY's text */
} Table;

static sqlite3 *lite;
static PGconn *pg;
static int64_t rows_written;

static Table tables[] = {
    { "plan", "id,uid,title,kind,code,year,state,issuer,issued,issued_by,edition,tasks,holding_days,publicity_days,publicity_working,weekly_day,weekly_hour,"
              "monthly_day,monthly_hour,progress,assess,version", 22 },
    { "task", "id,uid,plan,seq,number,issuer,no,kind,title,text,path,span_from,span_to,source,basis,term,category,leader,handler,restricted,quiet,state,due,figures,adjusted,"
              "manual,relapses,returns,closed_at,holding_days,changed,version,claim_at", 33 },
    { "task_owner", "task,seq,org,role,name", 5 },
    { "task_scope", "task,scope,parts,plan,state,due,restricted,marks,changed", 9 },
    { "task_measure", "id,uid,task,seq,text,state,version", 7 },
    { "task_target", "id,uid,task,seq,quote,metric,op,value,unit,soft,tense", 11 },
    { "task_comment", "id,uid,task,account,at,text", 6 },
    { "search_text", "kind,id,text", 3 },
    { "search_task", "rowid,tokens", 2 },
    { "search_comment", "rowid,tokens", 2 },
};
enum { PLAN, TASK, OWNER, SCOPE, MEASURE, TARGET, COMMENT, TEXT, TASK_WORDS, COMMENT_WORDS };

/* Whether the table numbers its rows. */
static bool has_ids(size_t table)
{
    return g_str_has_prefix(tables[table].columns, "id,");
}

static void lite_exec(const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(lite, sql, NULL, NULL, &why) != SQLITE_OK)
        die(sql, why);
}

static void pg_exec(const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        die(sql, PQerrorMessage(pg));
    PQclear(result);
}

static void open_tables(void)
{
    for (size_t t = 0; t < G_N_ELEMENTS(tables); t++) {
        Table *table = &tables[t];
        table->rows = g_string_new(NULL);
        if (!lite)
            continue;
        GString *sql = g_string_new("INSERT INTO ");
        g_string_append_printf(sql, "%s (%s) VALUES (?", table->name, table->columns);
        for (int i = 1; i < table->n; i++)
            g_string_append(sql, ",?");
        g_string_append_c(sql, ')');
        if (sqlite3_prepare_v2(lite, sql->str, -1, &table->stmt, NULL) != SQLITE_OK)
            die(sql->str, sqlite3_errmsg(lite));
        g_string_free(sql, true);
    }
}

static void copy_value(GString *out, const char *value)
{
    if (!value) {
        g_string_append(out, "\\N");
        return;
    }
    for (const char *p = value; *p; p++) {
        if (*p == '\n')
            g_string_append(out, "\\n");
        else if (*p == '\\')
            g_string_append(out, "\\\\");
        else
            g_string_append_c(out, *p);
    }
}

/* A row as texts; NULL is NULL. */
static void put(int at, const char *const *values)
{
    Table *table = &tables[at];
    rows_written++;
    for (int i = 0; i < table->n; i++) {
        if (lite)
            sqlite3_bind_text(table->stmt, i + 1, values[i], -1, SQLITE_STATIC);
        else {
            g_string_append(table->rows, i > 0 ? "\t" : "");
            copy_value(table->rows, values[i]);
        }
    }
    if (!lite)
        g_string_append_c(table->rows, '\n');
    else if (sqlite3_step(table->stmt) != SQLITE_DONE)
        die(table->name, sqlite3_errmsg(lite));
    if (lite)
        sqlite3_reset(table->stmt);
}
#define PUT(table, ...) put(table, (const char *const[]) { __VA_ARGS__ })

static void copy_table(Table *table)
{
    g_autofree char *sql = g_strdup_printf("COPY %s (%s) FROM STDIN", table->name, table->columns);
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        die(sql, PQerrorMessage(pg));
    PQclear(result);
    if (PQputCopyData(pg, table->rows->str, (int) table->rows->len) != 1 || PQputCopyEnd(pg, NULL) != 1)
        die(table->name, PQerrorMessage(pg));
    for (; (result = PQgetResult(pg)); PQclear(result))
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            die(table->name, PQerrorMessage(pg));
    g_string_truncate(table->rows, 0);
}

static void begin(void)
{
    if (lite)
        lite_exec("BEGIN");
    else
        pg_exec("BEGIN");
}

static void commit(void)
{
    for (size_t t = 0; pg && t < G_N_ELEMENTS(tables); t++)
        if (tables[t].rows->len > 0)
            copy_table(&tables[t]);
    if (lite)
        lite_exec("COMMIT");
    else
        pg_exec("COMMIT");
}

/* --- What is there ------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id;
    char *path, *kind, *name;
} OrgRow;

static OrgRow *orgs;
static size_t n_orgs;
static int64_t accounts[500];
static size_t n_accounts;
static int64_t first_id[G_N_ELEMENTS(tables)];

static void keep_org(const char *id, const char *path, const char *kind, const char *name)
{
    orgs = g_renew(OrgRow, orgs, n_orgs + 1);
    orgs[n_orgs++] = (OrgRow) { atoll(id), g_strdup(path), g_strdup(kind), g_strdup(name) };
}

static void keep_account(const char *id, const char *a, const char *b, const char *c)
{
    (void) a, (void) b, (void) c;
    if (n_accounts < G_N_ELEMENTS(accounts))
        accounts[n_accounts++] = atoll(id);
}

static int64_t max_id;
static void keep_max(const char *id, const char *a, const char *b, const char *c)
{
    (void) a, (void) b, (void) c;
    max_id = id ? atoll(id) : 0;
}

static void each_row(const char *sql, void (*keep)(const char *, const char *, const char *, const char *))
{
    const char *v[4] = { NULL };
    if (lite) {
        sqlite3_stmt *stmt;
        if (sqlite3_prepare_v2(lite, sql, -1, &stmt, NULL) != SQLITE_OK)
            die(sql, sqlite3_errmsg(lite));
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(stmt); i++)
                v[i] = (const char *) sqlite3_column_text(stmt, i);
            keep(v[0], v[1], v[2], v[3]);
        }
        sqlite3_finalize(stmt);
        return;
    }
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        die(sql, PQerrorMessage(pg));
    for (int r = 0; r < PQntuples(result); r++) {
        for (int i = 0; i < PQnfields(result); i++)
            v[i] = PQgetisnull(result, r, i) ? NULL : PQgetvalue(result, r, i);
        keep(v[0], v[1], v[2], v[3]);
    }
    PQclear(result);
}

static void look(void)
{
    each_row("SELECT id, path, kind, name FROM org WHERE closed IS NULL ORDER BY path", keep_org);
    each_row("SELECT id FROM account ORDER BY id", keep_account);
    for (size_t t = 0; t < G_N_ELEMENTS(tables); t++) {
        if (!has_ids(t))
            continue;
        g_autofree char *sql = g_strdup_printf("SELECT max(id) FROM %s", tables[t].name);
        each_row(sql, keep_max);
        first_id[t] = max_id + 1;
    }
}

/* Organisations below a path, itself included: they lie together. */
static void range_below(const char *path, size_t *from, size_t *to)
{
    *from = 0;
    while (*from < n_orgs && !g_str_has_prefix(orgs[*from].path, path))
        ++*from;
    for (*to = *from; *to < n_orgs && g_str_has_prefix(orgs[*to].path, path);)
        ++*to;
}

/* --- What is made ----------------------------------------------------------------------------------------------------------- */

static const char *const verbs[] = { "推进", "开展", "落实", "完善", "加强", "规范", "启动", "完成", "强化", "深化", "优化", "整改", "核查", "清理" };
static const char *const objects[] = {
    "急救站点建设", "国家免疫规划疫苗接种", "基层医疗机构药品配备", "家庭医生签约服务", "传染病监测预警", "霍乱防控演练", "鼠疫疫源地调查", "慢性病综合防控",
    "医疗废物处置", "医保基金使用", "预约诊疗服务", "检查检验结果互认", "妇幼健康服务", "托育机构备案", "职业病危害治理", "老年友善医院创建", "院前急救体系",
    "血液采集保障", "中医馆服务能力", "乡镇卫生院标准化", "村卫生室巡诊", "医师多点执业", "互联网诊疗监管", "电子病历分级", "公立医院绩效考核", "卫生应急物资储备",
    "艾滋病检测", "结核病患者管理", "严重精神障碍患者随访", "饮用水卫生监测", "学校卫生监督", "消毒产品抽检", "人才招聘", "借用人员清退", "发文数量压减",
    "信访积案化解", "项目资金支付", "内部审计整改", "档案归档", "网络安全检查",
};
static const char *const ends[] = { "工作", "专项行动", "三年方案", "问题", "任务", "试点", "评估", "攻坚" };
static const char *const extras[] = {
    "明确责任分工，建立台账，逐项销号。", "每月底前报送进展情况。", "确保覆盖率达到98%以上。", "对发现的问题立行立改，长期坚持。", "年底前全面完成。", "组织专家现场督导。",
    "形成长效机制，防止反弹。", "相关单位配合做好数据上报。", "按照《示范区建设标准》执行。", "重点核查2019年以来的遗留问题。",
};
static const char *const sources[] = { "document", "document", "document", "document", "document", "hotline", "inspection", "audit", "meeting", "instruction" };
static const char *const categories[] = { "党建", "医政", "疾控", "基层", "财务" };
static const char *const plan_kinds[] = { "plan", "rectification", "inspection", "plan", "plan" };

static char *make_uid(char text[27])
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    for (int i = 0; i < 26; i++)
        text[i] = letters[chance() % (i == 0 ? 8 : 32)]; /* 128 bits */
    text[26] = 0;
    return text;
}

typedef struct {
    int64_t id;
    int year;
    size_t issuer, from, to; /* its organisation, and those that it gives tasks to */
    bool hotline;
    char uid[27];
} Plan;

static char text_of_int[64][32];
static const char *num(int at, int64_t n)
{
    g_snprintf(text_of_int[at], sizeof text_of_int[at], "%" G_GINT64_FORMAT, n);
    return text_of_int[at];
}

static size_t pick_kind(const char *prefix, const char *otherwise)
{
    for (int tries = 0; tries < 200; tries++) {
        size_t at = below(n_orgs);
        if (strstr(orgs[at].kind, prefix) || (otherwise && strstr(orgs[at].kind, otherwise)))
            return at;
    }
    return 0;
}

static Plan make_plan(int64_t id, int year, size_t size)
{
    Plan plan = { .id = id, .year = year, .hotline = size > 5000 };
    size_t city = 0;
    while (city < n_orgs && strcmp(orgs[city].kind, "commission") != 0)
        city++;
    unsigned who = (unsigned) below(10);
    plan.issuer = who < 4 ? city : who < 6 ? pick_kind("department", NULL) : pick_kind("district_commission", "county_commission");
    range_below(orgs[plan.issuer].path, &plan.from, &plan.to);
    if (plan.to - plan.from < 10 || plan.issuer == city)
        plan.from = 0, plan.to = n_orgs;
    g_autofree char *title = g_strdup_printf("%s%d年%s%s", orgs[plan.issuer].name, year, ONE_OF(objects), ONE_OF(ends));
    g_autofree char *code = g_strdup_printf("测%" G_GINT64_FORMAT, id);
    int64_t issued = (int64_t) (year - 1970) * 31556952000 + 1000000;
    PUT(PLAN, num(0, id), make_uid(plan.uid), title, ONE_OF(plan_kinds), code, num(1, year), year < TODAY_YEAR ? "closed" : "open", num(2, orgs[plan.issuer].id),
        num(3, issued), num(4, accounts[below(n_accounts)]), "1", num(5, (int64_t) size), "180", "0", "0", "1", "9", "3", "9", "month", "[]", "1");
    return plan;
}

static const char *state_of(Date due, Date today)
{
    size_t n = below(1000);
    if (due < today - 60)
        return n < 965 ? "closed" : n < 975 ? "cancelled" : n < 985 ? "waived" : n < 992 ? "working" : n < 995 ? "returned" : n < 998 ? "reopened" : "submitted";
    if (due < today)
        return n < 600 ? "closed" : n < 700 ? "submitted" : n < 760 ? "verified" : n < 920 ? "working" : n < 960 ? "returned" : "reopened";
    return n < 150 ? "issued" : n < 700 ? "working" : n < 800 ? "submitted" : n < 840 ? "verified" : n < 980 ? "closed" : "suspended";
}

typedef struct {
    int64_t scope;
    int parts;
} Part;

static void add_part(Part *parts, size_t *n, int64_t scope, int bit)
{
    for (size_t i = 0; i < *n; i++)
        if (parts[i].scope == scope) {
            parts[i].parts |= bit;
            return;
        }
    parts[(*n)++] = (Part) { scope, bit };
}

static void add_path(Part *parts, size_t *n, const char *path, int bit)
{
    int64_t id = 0;
    add_part(parts, n, 0, bit);
    for (const char *p = path + 1; *p; p = strchr(p, '/') + 1) {
        id = atoll(p);
        add_part(parts, n, id, bit);
    }
    add_part(parts, n, id, 8 * bit);
}

static int64_t next_measure, next_target, next_comment;

/* All are short: one part. Kinds as ledger/search.h has them. */
enum { KIND_TASK = 2, KIND_COMMENT = 4 };

static void make_words(int kind, int64_t object, const char *text)
{
    g_autoptr(Arena) arena = arena_new();
    Str tokens = search_tokens(lite ? DB_SQLITE : DB_POSTGRES, str_from(text), arena);
    int64_t id = object * SEARCH_PARTS + SEARCH_PARTS - 1;
    PUT(TEXT, num(41, kind), num(40, id), text);
    PUT(kind == KIND_TASK ? TASK_WORDS : COMMENT_WORDS, num(40, id), tokens.p);
}

static void make_parts(int64_t task, const char *text, int64_t changed)
{
    char uid[27];
    size_t measures = below(4);
    for (size_t i = 0; i < measures; i++)
        PUT(MEASURE, num(20, next_measure++), make_uid(uid), num(21, task), num(22, (int64_t) i + 1), ONE_OF(extras), below(2) ? "done" : "open", "1");
    if (below(3) == 0)
        PUT(TARGET, num(20, next_target++), make_uid(uid), num(21, task), "1", "覆盖率达到98%以上", "覆盖率", ">=", "98", "%", "0", "target");
    if (below(10) == 0) {
        g_autofree char *said = g_strdup_printf("请%s补充%s的佐证材料，%s", ONE_OF(verbs), ONE_OF(objects), text);
        int64_t id = next_comment++;
        PUT(COMMENT, num(20, id), make_uid(uid), num(21, task), num(22, accounts[below(n_accounts)]), num(23, changed), said);
        make_words(KIND_COMMENT, id, said);
    }
}

static void make_task(const Plan *plan, int64_t id, int64_t seq, Date today)
{
    char uid[27], due_text[DATE_TEXT_MAX];
    Date first;
    date_from_ymd(plan->year, 1, 1, &first);
    Date due = first + 30 + (Date) below(335);
    const char *state = state_of(due, today);
    int64_t changed = ((int64_t) MIN(due, today) - (int64_t) below(60)) * 86400000;
    bool closed = strcmp(state, "closed") == 0, restricted = below(500) == 0;
    bool figures = below(3) == 0, returned = below(15) == 0, relapsed = below(60) == 0, claimed = closed || !strcmp(state, "verified") || !strcmp(state, "submitted");
    int64_t claim = (due - 20 + (int64_t) below(25)) * 86400000;
    int64_t marks = (claimed && claim < due * 86400000 + 57600000 ? 1 : 0) + (returned ? 2 : 0) + (relapsed ? 4 : 0) + (figures ? 8 : 0);
    g_autofree char *title = g_strdup_printf("%s%s%s（%" G_GINT64_FORMAT "）", ONE_OF(verbs), ONE_OF(objects), ONE_OF(ends), id);
    g_autofree char *text = g_strdup_printf("%s。%s%s%s", title, ONE_OF(extras), ONE_OF(extras), ONE_OF(extras));
    g_autofree char *number = g_strdup_printf("测%" G_GINT64_FORMAT "-%d-%03" G_GINT64_FORMAT, plan->id, plan->year, seq);
    PUT(TASK, num(0, id), make_uid(uid), num(1, plan->id), num(2, seq), number, num(8, orgs[plan->issuer].id), num(3, seq), below(4) ? "task" : "rectification", title, text, "[]", "0", "0",
        plan->hotline ? "hotline" : ONE_OF(sources), NULL, below(3) ? "dated" : "at_once", below(2) ? ONE_OF(categories) : NULL,
        below(4) ? NULL : num(4, accounts[below(n_accounts)]), below(2) ? NULL : num(5, accounts[below(n_accounts)]), restricted ? "1" : "0", "0", state,
        date_format(due, due_text), figures ? "1" : "0", below(20) ? "0" : "1", "0", relapsed ? "1" : "0", returned ? "1" : "0",
        closed ? num(6, changed) : NULL, "180", num(7, changed), "3", claimed ? num(9, claim) : NULL);
    Part parts[64];
    size_t n_parts = 0, owners = 1 + below(3);
    add_path(parts, &n_parts, orgs[plan->issuer].path, 1);
    size_t taken[4];
    for (size_t i = 0; i < owners; i++) {
        size_t org = plan->from + below(plan->to - plan->from);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= taken[k] == org;
        taken[i] = org;
        if (again)
            continue;
        PUT(OWNER, num(10, id), num(11, (int64_t) i + 1), num(12, orgs[org].id), i == 0 ? "lead" : "support", orgs[org].name);
        add_path(parts, &n_parts, orgs[org].path, i == 0 ? 2 : 4);
    }
    for (size_t i = 0; i < n_parts; i++)
        PUT(SCOPE, num(10, id), num(11, parts[i].scope), num(12, parts[i].parts), num(13, plan->id), state, due_text, restricted ? "1" : "0", num(14, marks),
            num(15, changed));
    g_autofree char *words = g_strdup_printf("%s\n%s\n", text, number);
    make_words(KIND_TASK, id, words);
    make_parts(id, title, changed);
}

/* --- All of it ------------------------------------------------------------------------------------------------------------------ */

static void fill(int64_t n)
{
    Date today;
    date_from_ymd(TODAY_YEAR, 3, 16, &today);
    size_t plans = (size_t) CLAMP(n / 500, 40, 2000), usual = (size_t) n / plans / 2;
    next_measure = first_id[MEASURE];
    next_target = first_id[TARGET];
    next_comment = first_id[COMMENT];
    int64_t made = 0, plan_id = first_id[PLAN];
    begin();
    for (size_t p = 0; made < n; p++) {
        size_t size = MIN((size_t) (n - made), p % 20 == 19 ? 10 * usual : usual);
        Plan plan = make_plan(plan_id++, TODAY_YEAR - YEARS + 1 + (int) MIN(YEARS - 1, made * YEARS / n), size);
        for (size_t i = 0; i < size; i++, made++) {
            make_task(&plan, first_id[TASK] + made, (int64_t) i + 1, today);
            if (made % BATCH == BATCH - 1) {
                commit();
                fprintf(stderr, "\r%" G_GINT64_FORMAT, made + 1);
                begin();
            }
        }
    }
    commit();
    printf("%" G_GINT64_FORMAT " tasks in %" G_GINT64_FORMAT " plans, %" G_GINT64_FORMAT " rows\n", made, plan_id - first_id[PLAN], rows_written);
}

static void finish(void)
{
    if (lite) {
        lite_exec("PRAGMA wal_checkpoint(TRUNCATE)");
        sqlite3_close(lite);
        return;
    }
    for (size_t t = 0; t < G_N_ELEMENTS(tables); t++) {
        g_autofree char *next = g_strdup_printf("SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT max(id) FROM %s))", tables[t].name, tables[t].name);
        g_autofree char *vacuum = g_strdup_printf("VACUUM ANALYZE %s", tables[t].name);
        if (has_ids(t))
            pg_exec(next);
        pg_exec(vacuum);
    }
    PQfinish(pg);
}

int main(int argc, char **argv)
{
    bool on_pg = argc == 4 && strcmp(argv[1], "--postgres") == 0;
    if (argc != 3 && !on_pg)
        die("usage", "bench-fill STORE-FILE TASKS | --postgres URL TASKS");
    if (on_pg) {
        pg = PQconnectdb(argv[2]);
        if (PQstatus(pg) != CONNECTION_OK)
            die(argv[2], PQerrorMessage(pg));
        pg_exec("SET synchronous_commit = off");
    } else if (sqlite3_open_v2(argv[1], &lite, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        die(argv[1], sqlite3_errmsg(lite));
    if (lite)
        lite_exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000");
    open_tables();
    look();
    fill(atoll(argv[argc - 1]));
    for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
        sqlite3_finalize(tables[t].stmt);
    finish();
    return 0;
}
