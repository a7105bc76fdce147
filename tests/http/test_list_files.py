#!/usr/bin/env python3
"""Lists that come back: register entries, duty rules, a plan's ladder, organisations, accounts. Unedited they change nothing; edited, what was edited."""
from datetime import date, timedelta
from urllib.parse import quote

import workbook
from client import upload
from lib import Demo, equal, problem, run, wait_until

ENTRIES = "/api/v1/registers/documents/rows"


def job_of(path, session, content, apply, name="清单.xlsx"):
    started = SERVER.post(path, {"upload": upload(SERVER, session, name, content), "apply": apply}, session=session)
    equal(started.status, 202, started.body)
    job = {}

    def done():
        job.update(SERVER.get(f"/api/v1/jobs/{started.json['job']['uid']}", session=session).json)
        return job["state"] in ("done", "failed")
    wait_until(done, 60, "the import")
    return job


def imported(path, session, content, apply, name="清单.xlsx"):
    job = job_of(path, session, content, apply, name)
    equal(job["state"], "done", job.get("error"))
    return job["result"]


def counts(result):
    return [result[name] for name in ("new", "changed", "same", "refused")]


def codes(result):
    return sorted({(one["at"], one["code"]) for one in result["errors"]})


def book(path, session):
    answer = SERVER.get(path, session=session, timeout=60)
    equal(answer.status, 200, answer.body[:200])
    return answer.body


def column(content, heading):
    return workbook.cells(content)[0].index(heading)


def row_of(content, text):
    return next(i for i, row in enumerate(workbook.cells(content)) if text in row)


def events(kind):
    return SERVER.get(f"/api/v1/events?limit=1&total=1&kind={kind}", session=AUDITOR).json["total"]


def enter(number, title):
    answer = SERVER.post(ENTRIES, {"org": OWN, "fields": {"number": number, "title": title, "issued": "2026-03-02"}}, session=HANDLER)
    equal(answer.status, 201, answer.body)
    return answer.json


def entries_come_back_without_a_change():
    for n in range(3):
        enter(f"示清发〔2026〕{n + 1}号", f"第{n + 1}件")
    for lang in ("zh", "en"):
        content, before = book(f"{ENTRIES}.xlsx?lang={lang}", HANDLER), events("register-row")
        for apply in (False, True):
            result = imported(f"{ENTRIES}/import", HANDLER, content, apply)
            equal((result["new"], result["changed"], result["refused"], result["errors"]), (0, 0, 0, []), lang)
            assert result["same"] >= 3, result
        equal(events("register-row"), before, "events")


def a_changed_cell_changes_just_it():
    content = book(f"{ENTRIES}.xlsx", HANDLER)
    row, title = row_of(content, "示清发〔2026〕2号"), column(content, "标题")
    edited, before = workbook.changed(content, {(row, title): "改过的标题"}), events("register-row")
    preview = imported(f"{ENTRIES}/import", HANDLER, edited, False)
    equal((preview["changed"], preview["applied"], preview["preview"][0]["set"]), (1, False, [{"heading": "标题", "old": "第2件", "new": "改过的标题"}]))
    equal(events("register-row"), before, "a preview writes nothing")
    equal(counts(imported(f"{ENTRIES}/import", HANDLER, edited, True))[:2], [0, 1])
    found = SERVER.get(f"{ENTRIES}?q={quote('〔2026〕2号')}", session=HANDLER).json["rows"]
    equal([(r["fields"]["title"], r["fields"]["number"], r["version"]) for r in found], [("改过的标题", "示清发〔2026〕2号", 2)])
    equal(counts(imported(f"{ENTRIES}/import", HANDLER, edited, True))[:2], [0, 0], "the same again")


def what_two_people_changed_is_told_and_stays():
    content = book(f"{ENTRIES}.xlsx", HANDLER)
    row, title = row_of(content, "示清发〔2026〕3号"), column(content, "标题")
    entry = SERVER.get(f"{ENTRIES}?q={quote('〔2026〕3号')}", session=HANDLER).json["rows"][0]
    equal(SERVER.request("PATCH", f"{ENTRIES}/{entry['uid']}", {"fields": {"title": "他人所改"}}, session=HANDLER, headers={"If-Match": '"1"'}).status, 200)
    result = imported(f"{ENTRIES}/import", HANDLER, workbook.changed(content, {(row, title): "我所改"}), True)
    equal((result["refused"], result["applied"], codes(result)), (1, False, [(f"row {row + 1}, column 标题", "changed-both")]))
    equal(result["errors"][0]["params"], {"present": "他人所改", "file": "我所改"})
    equal(SERVER.get(f"{ENTRIES}?q={quote('〔2026〕3号')}", session=HANDLER).json["rows"][0]["fields"]["title"], "他人所改")
    unedited = imported(f"{ENTRIES}/import", HANDLER, content, True)
    equal((unedited["refused"], unedited["changed"], unedited["left"], unedited["errors"]), (0, 0, 1, []), "what nobody edited in the file stays as it is here")
    day = column(content, "印发日期")
    result = imported(f"{ENTRIES}/import", HANDLER, workbook.changed(content, {(row, day): "2026-03-09"}), True)
    equal((result["changed"], result["left"], result["applied"], result["errors"]), (1, 1, True, []))
    fields = SERVER.get(f"{ENTRIES}?q={quote('〔2026〕3号')}", session=HANDLER).json["rows"][0]["fields"]
    equal((fields["title"], fields["issued"]), ("他人所改", "2026-03-09"))


def rows_come_twice_go_and_come_new():
    content = book(f"{ENTRIES}.xlsx?q={quote('示清发')}", HANDLER)
    grid = workbook.cells(content)
    uid = grid[0].index("系统标识")
    twice = workbook.changed(content, {(2, uid): grid[1][uid]})
    result = imported(f"{ENTRIES}/import", HANDLER, twice, True)
    assert ("row 3", "row-twice") in codes(result) and not result["applied"], result["errors"]
    strange = imported(f"{ENTRIES}/import", HANDLER, workbook.changed(content, {(1, uid): "0" * 26}), True)
    equal((codes(strange), strange["applied"]), ([("row 2", "row-unknown")], False))
    less = imported(f"{ENTRIES}/import", HANDLER, workbook.changed(content, {}, without=(1,)), True)
    equal((counts(less), less["errors"]), ([0, 0, len(grid) - 2, 0], []), "what the file leaves out stays")
    heads = {name: grid[0].index(name) for name in ("单位", "文号", "标题", "印发日期") if name in grid[0]}
    new = {(len(grid), at): {"单位": OWN_NAME, "文号": "示清发〔2026〕9号", "标题": "新的一件", "印发日期": "2026-04-01"}[name] for name, at in heads.items()}
    equal(counts(imported(f"{ENTRIES}/import", HANDLER, workbook.changed(content, new), True))[:2], [1, 0])
    bad = {place: ("没有这个处" if place[1] == heads["单位"] else "某日" if place[1] == heads.get("印发日期") else text) for place, text in new.items()}
    told = codes(imported(f"{ENTRIES}/import", HANDLER, workbook.changed(content, bad), True))
    equal(told, [(f"row {len(grid) + 1}, column 单位", "unknown-owner")])
    wrong = workbook.changed(content, {(1, heads["印发日期"]): "某日"})
    equal(codes(imported(f"{ENTRIES}/import", HANDLER, wrong, True)), [("row 2, column 印发日期", "field-bad")])


def who_may_not_change_a_row_does_not_by_a_file():
    content = book(f"{ENTRIES}.xlsx?q={quote('示清发')}", HANDLER)
    title = column(content, "标题")
    result = imported(f"{ENTRIES}/import", ISSUER, workbook.changed(content, {(1, title): "越权"}), True)
    equal((result["refused"], result["applied"]), (1, False))
    problem(SERVER.post("/api/v1/registers/nothing/rows/import", {"upload": "0" * 26}, session=HANDLER), 404)
    equal(job_of(f"{ENTRIES}/import", HANDLER, b"x,y\n1,2\n", True, "a.csv")["error"]["code"], "no-table")


def duty_rules_come_back():
    rule = {"name": "月度零报告", "owed_by": {"orgs": [OWN]}, "every": "month", "due": {"days": 3, "working": True}, "grace_days": 2}
    equal(SERVER.post("/api/v1/duty-rules", rule, session=ISSUER).status, 201)
    for lang in ("zh", "en"):
        content = book(f"/api/v1/duty-rules.xlsx?lang={lang}", ISSUER)
        result = imported("/api/v1/duty-rules/import", ISSUER, content, True)
        equal((result["changed"], result["new"], result["refused"], result["errors"]), (0, 0, 0, []), lang)
        equal([r["version"] for r in SERVER.get("/api/v1/duty-rules", session=ISSUER).json["rows"] if r["name"] == rule["name"]], [1])
    content = book("/api/v1/duty-rules.xlsx", ISSUER)
    row = row_of(content, "月度零报告")
    edits = {(row, column(content, "期满后天数")): "5", (row, column(content, "频次")): "每季度", (row, column(content, "状态")): "停用"}
    equal(counts(imported("/api/v1/duty-rules/import", ISSUER, workbook.changed(content, edits), True))[:2], [0, 1])
    now = next(r for r in SERVER.get("/api/v1/duty-rules?limit=500", session=ISSUER).json["rows"] if r["name"] == "月度零报告")
    equal((now["due"], now["every"], now["state"], now["grace_days"], [o["uid"] for o in now["owed_by"]["orgs"]]), ({"days": 5, "working": True}, "quarter", "off", 2, [OWN]))
    content = book("/api/v1/duty-rules.xlsx", ISSUER)
    wrong = {(row, column(content, "频次")): "每世纪"}
    equal(codes(imported("/api/v1/duty-rules/import", ISSUER, workbook.changed(content, wrong), True)), [(f"row {row + 1}, column 频次", "value-unknown")])
    far = {(row, column(content, "期满后天数")): "9999"}
    equal(codes(imported("/api/v1/duty-rules/import", ISSUER, workbook.changed(content, far), False)), [(f"row {row + 1}, column 期满后天数", "row-refused")])


def a_ladder_comes_back_whole():
    plan = next(p for p in SERVER.get("/api/v1/plans", session=ISSUER).json["rows"] if SERVER.get(f"/api/v1/plans/{p['uid']}", session=ISSUER).json["may"]["steps"]["ok"])["uid"]
    path = f"/api/v1/plans/{plan}/steps"
    content, before = book(path + ".xlsx", ISSUER), events("plan")
    steps = SERVER.get(f"/api/v1/plans/{plan}", session=ISSUER).json["steps"]
    equal(counts(imported(path + "/import", ISSUER, content, True)), [0, 0, len(steps), 0])
    equal(events("plan"), before)
    edited = workbook.changed(content, {(1, column(content, "距期限天数")): str(steps[0]["days"] - 3), (1, column(content, "送达")): "负责人、牵头单位"})
    equal(counts(imported(path + "/import", ISSUER, edited, True)), [0, 1, len(steps) - 1, 0])
    now = SERVER.get(f"/api/v1/plans/{plan}", session=ISSUER).json["steps"]
    equal((now[0]["days"], now[0]["to"], len(now)), (steps[0]["days"] - 3, ["head", "unit"], len(steps)))
    equal([one["code"] for one in imported(path + "/import", ISSUER, workbook.changed(edited, {(1, column(content, "距期限天数")): "-30"}), True)["errors"]], ["changed-both"])
    content = book(path + ".xlsx", ISSUER)
    less = imported(path + "/import", ISSUER, workbook.changed(content, {}, without=(len(steps),)), True)
    equal((less["gone"], len(SERVER.get(f"/api/v1/plans/{plan}", session=ISSUER).json["steps"])), (1, len(steps) - 1))


def stages_come_back_whole():
    plan = next(p for p in SERVER.get("/api/v1/plans", session=ISSUER).json["rows"] if SERVER.get(f"/api/v1/plans/{p['uid']}", session=ISSUER).json["may"]["stages"]["ok"])["uid"]
    path = f"/api/v1/plans/{plan}/stages"
    wish = [{"name": "整改准备", "begins": "2026-01-05", "ends": "2026-03-31", "gate": "decision"}, {"name": "集中整改", "ends": "2026-09-30", "gate": "closed", "share": 80}, {"name": "评估核验"}]
    version = SERVER.get(f"/api/v1/plans/{plan}", session=ISSUER).json["version"]
    equal(SERVER.post(path, {"stages": wish}, session=ISSUER, headers={"If-Match": f'"{version}"'}).status, 200)

    def now():
        return [(s["name"], s["begins"], s["ends"], s["gate"], s["share"]) for s in SERVER.get(f"/api/v1/plans/{plan}", session=ISSUER).json["stages_list"]]
    set_so, before = now(), events("plan")
    for lang in ("zh", "en"):
        content = book(f"{path}.xlsx?lang={lang}", ISSUER)
        result = imported(path + "/import", ISSUER, content, True)
        equal((counts(result), result["errors"]), ([0, 0, 3, 0], []), lang)
    equal((now(), events("plan")), (set_so, before))
    content = book(path + ".xlsx", ISSUER)
    edited = workbook.changed(content, {(2, column(content, "比例（%）")): "90", (3, column(content, "通过条件")): "全部任务已申报", (3, column(content, "止")): "2026-12-20"})
    preview = imported(path + "/import", ISSUER, edited, False)
    equal((counts(preview), preview["applied"], now()), ([0, 2, 1, 0], False, set_so))
    result = imported(path + "/import", ISSUER, edited, True)
    equal((counts(result), now()[1][4], now()[2][2:4]), ([0, 2, 1, 0], 90, ("2026-12-20", "submitted")), result["errors"])
    equal([one["code"] for one in imported(path + "/import", ISSUER, workbook.changed(edited, {(1, column(content, "名称")): "准备"}), True)["errors"]], ["changed-both"])
    content = book(path + ".xlsx", ISSUER)
    equal(codes(imported(path + "/import", ISSUER, workbook.changed(content, {(3, column(content, "通过条件")): "看情况"}), True)), [("row 4, column 通过条件", "value-unknown")])
    less = imported(path + "/import", ISSUER, workbook.changed(content, {}, without=(3,)), True)
    equal((less["gone"], [s[0] for s in now()]), (1, ["整改准备", "集中整改"]))
    refused = imported(path + "/import", HANDLER, workbook.changed(book(path + ".xlsx", ISSUER), {(1, column(content, "名称")): "越权"}), True)
    equal((refused["applied"], [s[0] for s in now()][0]), (False, "整改准备"))


def groups_and_their_members_come_back():
    path = "/api/v1/groups"
    made = SERVER.post(path, {"name": "北片医联体", "kind": "alliance"}, session=SECURITY)
    equal((made.status, made.json["members"]), (201, []))
    uid = made.json["uid"]
    for lang in ("zh", "en"):
        result = imported(path + "/import", SECURITY, book(f"{path}.xlsx?lang={lang}", SECURITY), True)
        equal((result["new"], result["changed"], result["refused"], result["errors"]), (0, 0, 0, []), lang)
    content = book(f"{path}/{uid}/members.xlsx", SECURITY)
    heads = workbook.cells(content)[0]
    new = {(1, heads.index("单位")): OWN_NAME, (1, heads.index("起")): "2026-01-01"}
    result = imported(f"{path}/{uid}/members/import", SECURITY, workbook.changed(content, new), True)
    equal((counts(result), result["errors"]), ([1, 0, 0, 0], []))

    def group():
        return SERVER.get(f"{path}/{uid}", session=SECURITY).json
    equal([(m["org"]["uid"], m["from"], m["to"]) for m in group()["members"]], [(OWN, "2026-01-01", None)])
    content = book(f"{path}/{uid}/members.xlsx?lang=en", SECURITY)
    equal(counts(imported(f"{path}/{uid}/members/import", SECURITY, content, True)), [0, 0, 1, 0])
    content = book(f"{path}/{uid}/members.xlsx", SECURITY)
    equal(counts(imported(f"{path}/{uid}/members/import", SECURITY, workbook.changed(content, {(1, heads.index("止")): "2026-12-31"}), True)), [0, 1, 0, 0])
    equal([(m["from"], m["to"]) for m in group()["members"]], [("2026-01-01", "2026-12-31")])
    content = book(f"{path}/{uid}/members.xlsx", SECURITY)
    strange = imported(f"{path}/{uid}/members/import", SECURITY, workbook.changed(content, {(1, heads.index("单位")): "没有这个处"}), True)
    equal(codes(strange), [("row 2, column 单位", "unknown-owner")])
    content = book(path + ".xlsx", SECURITY)
    row = row_of(content, "北片医联体")
    equal(counts(imported(path + "/import", SECURITY, workbook.changed(content, {(row, column(content, "类别")): "专科联盟", (row, column(content, "名称")): "北片联盟"}), True))[1], 1)
    equal((group()["name"], group()["kind"], len(group()["members"])), ("北片联盟", "specialty", 1))
    content = book(path + ".xlsx", SECURITY)
    refused = imported(path + "/import", HANDLER, workbook.changed(content, {(row_of(content, "北片联盟"), column(content, "名称")): "越权"}), True)
    equal((refused["applied"], {code for _, code in codes(refused)}, group()["name"]), (False, {"no-role"}, "北片联盟"))


def deputies_come_by_a_file():
    path, unit = "/api/v1/deputies", SERVER.get("/api/v1/accounts?limit=500", session=SECURITY).json["rows"]
    own = [a for a in unit if a["org"]["uid"] == OWN and a["state"] == "active"]
    absent, deputy = own[0], own[1]
    content = book(path + ".xlsx", SECURITY)
    heads = workbook.cells(content)[0]
    at = {heads.index("姓名"): absent["username"], heads.index("代理人"): deputy["person"]["name"], heads.index("起"): FROM, heads.index("止"): TO, heads.index("原因"): "外出学习"}
    row = len(workbook.cells(content))
    result = imported(path + "/import", SECURITY, workbook.changed(content, {(row, c): text for c, text in at.items()}), True)
    equal((counts(result)[0], result["errors"]), (1, []))
    listed = SERVER.get(path, session=SECURITY).json["rows"]
    equal([(d["account"]["uid"], d["deputy"]["uid"], d["from"], d["to"]) for d in listed if d["reason"] == "外出学习"], [(absent["uid"], deputy["uid"], FROM, TO)])
    content, before = book(path + ".xlsx", SECURITY), events("deputy")
    again = imported(path + "/import", SECURITY, content, True)
    equal((counts(again)[:2], again["errors"], events("deputy")), ([0, 0], [], before))
    row = row_of(content, "外出学习")
    told = imported(path + "/import", SECURITY, workbook.changed(content, {(row, heads.index("原因")): "别的"}), True)
    equal((counts(told)[:2], codes(told)), ([0, 0], [(f"row {row + 1}, column 原因", "column-read-only")]))
    strange = {**at, heads.index("姓名"): "没有此人"}
    end = len(workbook.cells(content))
    equal(codes(imported(path + "/import", SECURITY, workbook.changed(content, {(end, c): text for c, text in strange.items()}), True)), [(f"row {end + 1}, column 姓名", "person-unknown")])


def plans_and_views_come_back():
    equal(SERVER.post("/api/v1/views", {"page": "ledger", "name": "逾期", "query": "light=red", "shared": False}, session=ISSUER).status, 201)
    for name in ("plans", "views"):
        for lang in ("zh", "en"):
            result = imported(f"/api/v1/{name}/import", ISSUER, book(f"/api/v1/{name}.xlsx?lang={lang}", ISSUER), True)
            equal((result["new"], result["changed"], result["refused"], result["errors"]), (0, 0, 0, []), (name, lang))
    content = book("/api/v1/views.xlsx", ISSUER)
    edits = {(row_of(content, "逾期"), column(content, "名称")): "已逾期", (row_of(content, "逾期"), column(content, "共享")): "是"}
    equal(counts(imported("/api/v1/views/import", ISSUER, workbook.changed(content, edits), True))[:2], [0, 1])
    equal([(v["name"], v["shared"]) for v in SERVER.get("/api/v1/views", session=ISSUER).json["rows"] if v["query"] == "light=red"], [("已逾期", True)])
    content = book("/api/v1/plans.xlsx", ISSUER)
    plan = SERVER.get("/api/v1/plans", session=ISSUER).json["rows"][0]
    edits = {(row_of(content, plan["title"]), column(content, "标题")): "改过的方案名"}
    equal(counts(imported("/api/v1/plans/import", ISSUER, workbook.changed(content, edits), True))[:2], [0, 1])
    equal(SERVER.get(f"/api/v1/plans/{plan['uid']}", session=ISSUER).json["title"], "改过的方案名")


def organisations_come_back():
    path = "/api/v1/orgs"
    for lang in ("zh", "en"):
        content = book(f"{path}.xlsx?lang={lang}", SYSTEM)
        result = imported(path + "/import", SYSTEM, content, True)
        equal((result["new"], result["changed"], {one["code"] for one in result["errors"]}), (0, 0, {"header-unknown"}), (lang, result["errors"][:5]))
        equal(sorted(one["at"] for one in result["errors"]), ["上级", "下级数"] if lang == "zh" else ["Above", "Below"], "what is not taken is told")
    content = book(path + ".xlsx", SYSTEM)
    row = row_of(content, OWN_NAME)
    edited = workbook.changed(content, {(row, column(content, "别名")): "改过的别名、又一个别名", (row, column(content, "类别")): "其他"})
    equal(counts(imported(path + "/import", SYSTEM, edited, False) | {"refused": 0})[:2], [0, 1])
    result = imported(path + "/import", SYSTEM, edited, True)
    equal((result["changed"], result["applied"]), (1, True))
    now = SERVER.get(f"{path}/{OWN}", session=SYSTEM).json
    equal(([a["alias"] for a in now["aliases"]], now["kind"]), (["又一个别名", "改过的别名"], "other"))
    later = imported(path + "/import", SYSTEM, workbook.changed(content, {(row, column(content, "别名")): "第三个"}), True)
    equal((later["applied"], [(e["at"], e["code"]) for e in later["errors"] if e["forbids"]]), (False, [(f"row {row + 1}, column 机构代码", "version-stale")]))


def accounts_come_back():
    path = "/api/v1/accounts"
    for lang in ("zh", "en"):
        result = imported(path + "/import", SECURITY, book(f"{path}.xlsx?lang={lang}", SECURITY), True)
        equal((result["new"], result["changed"], {one["code"] for one in result["errors"]}), (0, 0, {"header-unknown"}), (lang, result["errors"][:5]))
    content = book(path + ".xlsx", SECURITY)
    row = row_of(content, "head01")
    edited = workbook.changed(content, {(row, column(content, "职务")): "二级调研员"})
    result = imported(path + "/import", SECURITY, edited, True)
    equal((result["changed"], result["applied"]), (1, True))
    equal(next(a for a in SERVER.get(path + "?q=head01", session=SECURITY).json["rows"])["title"], "二级调研员")
    again = imported(path + "/import", SECURITY, workbook.changed(content, {(row, column(content, "职务")): "又一职务"}), True)
    equal([(e["at"], e["code"]) for e in again["errors"] if e["forbids"]], [(f"row {row + 1}, column 账号", "version-stale")])


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, HANDLER, AUDITOR, SECURITY, SYSTEM = (SERVER.login(n) for n in ("issuer01", "handler01", "auditadmin01", "secadmin01", "sysadmin01"))
        ME = SERVER.get("/api/v1/session", session=HANDLER).json["org"]
        OWN, OWN_NAME = ME["uid"], ME["name"]
        TODAY = date.fromisoformat(SERVER.get("/api/v1/overview", session=ISSUER).json["on"])
        FROM, TO = str(TODAY + timedelta(3)), str(TODAY + timedelta(9))
        run(entries_come_back_without_a_change, a_changed_cell_changes_just_it, what_two_people_changed_is_told_and_stays, rows_come_twice_go_and_come_new,
            who_may_not_change_a_row_does_not_by_a_file, duty_rules_come_back, a_ladder_comes_back_whole, stages_come_back_whole, groups_and_their_members_come_back,
            deputies_come_by_a_file, plans_and_views_come_back, organisations_come_back, accounts_come_back)
