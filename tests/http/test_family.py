#!/usr/bin/env python3
"""Tasks divided among several, what is reported on them, many changed at once, and hand-over, over the API."""
from client import act, added_document, edit, get, prove
from lib import Demo, equal, problem, run


class State:
    """What one test leaves for the next."""


def change(session, path, body, version):
    return SERVER.post(f"/api/v1/{path}", body, session=session, headers={"If-Match": f'"{version}"'})


def all_orgs():
    found, cursor = {}, ""
    while cursor is not None:
        page = get(SERVER, ISSUER, f"orgs?limit=500&cursor={cursor}")
        found.update((o["code"], o["uid"]) for o in page["rows"])
        cursor = page["next"]
    return found


def org(code):
    return ORGS[code]


def new_task(**fields):
    body = {"source": "meeting", "title": "新增床位", "due": "2026-11-30", "lead": [OWN], "issue": True,
            "targets": [{"quote": "新增床位100.5张", "metric": "新增床位", "op": ">=", "value": "100.5", "unit": "张"},
                        {"quote": "接种率95%", "metric": "接种率", "op": ">=", "value": "95", "unit": "%"}], **fields}
    answer = SERVER.post("/api/v1/tasks", body, session=ISSUER)
    equal(answer.status, 201, answer.body[:300])
    return answer.json


def shares_must_sum():
    task = new_task()
    path, (beds, rate) = f"tasks/{task['uid']}/split", [t["uid"] for t in task["targets_list"]]
    equal([t["adds"] for t in task["targets_list"]], [True, False])
    equal(task["may"]["split"], {"ok": True})
    owners = [org("990101-WJW"), org("990102-WJW")]

    def shares(*values, target=beds):
        return {"kind": "apportioned", "owners": owners, "reason": "分解到区",
                "shares": [{"owner": o, "target": target, "value": v} for o, v in zip(owners, values)]}

    differ = problem(change(ISSUER, path, shares("60", "40"), task["version"]), 409, "shares-differ")
    equal(differ["params"], {"target": beds, "sum": "100", "value": "100.5"})
    problem(change(ISSUER, path, shares("60", "35", target=rate), task["version"]), 409, "not-additive", "/shares/0/target")
    problem(change(ISSUER, path, shares("60", "x"), task["version"]), 400, at="/shares/1/value")
    problem(change(ISSUER, path, {**shares("60", "40.5"), "due": "2026-12-01"}, task["version"]), 400, "due-after-parent")
    problem(change(HEAD, path, shares("60", "40.5"), task["version"]), 403)
    problem(SERVER.post(f"/api/v1/{path}", shares("60", "40.5"), session=ISSUER), 428, "precondition")
    answer = change(ISSUER, path, shares("60", "40.5"), task["version"])
    equal(answer.status, 200, answer.body[:300])
    task = answer.json
    equal((task["marks"], task["children"]), (["figure", "split"], {"total": 2, "closed": 0}))
    children = {c["owner"]["uid"]: c for c in task["children_list"]}
    equal([s["value"] for s in children[owners[0]]["share"]], ["60", "95"])
    sums = {s["target"]: s for s in task["roll_up"]["targets"]}
    equal((sums[beds]["shared"], sums[beds]["claimed"], sums[beds]["of"], sums[rate]["shared"]), ("100.5", None, 2, None))
    problem(change(ISSUER, path, shares("60", "40.5"), task["version"]), 409, "split-already")
    S.task, S.county = task, get(SERVER, ISSUER, f"tasks/{children[owners[0]]['uid']}")
    equal((S.county["parent"]["uid"], S.county["number"]), (task["uid"], task["number"] + "-01"))
    equal([r["uid"] for r in get(SERVER, ISSUER, f"tasks?parent={task['uid']}&order=no")["rows"]], [c["uid"] for c in sorted(task["children_list"], key=lambda c: c["number"])])


def what_is_apportioned_is_amended_together():
    task = S.task
    beds = task["targets_list"][0]["uid"]
    a, b = (next(c for c in task["children_list"] if c["owner"]["uid"] == org(code)) for code in ("990101-WJW", "990102-WJW"))
    path = f"tasks/{task['uid']}/amend"
    new = {"reason": "指标调减", "set": {"targets": [{"uid": beds, "value": "90"}]}}
    differ = problem(change(ISSUER, path, new, task["version"]), 409, "shares-differ", "/shares")
    equal(differ["params"], {"target": beds, "number": task["number"], "sum": "100.5", "value": "90"})
    shares = [{"task": a["uid"], "target": beds, "value": "50"}, {"task": b["uid"], "target": beds, "value": "40"}]
    problem(change(ISSUER, path, {**new, "shares": "x"}, task["version"]), 400, at="/shares")
    problem(change(ISSUER, path, {**new, "shares": [{"task": a["uid"], "target": beds, "value": "x"}]}, task["version"]), 400, at="/shares/0")
    problem(change(ISSUER, path, {**new, "shares": [{"task": "0" * 26, "target": beds, "value": "1"}]}, task["version"]), 400, "target-unknown", "/shares/0")
    problem(change(HEAD, path, {**new, "shares": shares}, task["version"]), 403)
    answer = change(ISSUER, path, {**new, "shares": shares}, task["version"])
    equal(answer.status, 200, str(answer.body[:300]))
    equal((answer.json["roll_up"]["targets"][0]["shared"], answer.json["targets_list"][0]["value"]), ("90", "90"))
    child = get(SERVER, ISSUER, f"tasks/{a['uid']}")
    equal(("adjusted" in child["marks"], child["amendments"][0]["reason"]), (True, "指标调减"))
    back = {"reason": "恢复", "set": {"targets": [{"uid": beds, "value": "100.5"}]},
            "shares": [{"task": a["uid"], "target": beds, "value": "60", "version": child["version"]}, {"task": b["uid"], "target": beds, "value": "40.5"}]}
    S.task = change(ISSUER, path, back, answer.json["version"]).json
    S.county = get(SERVER, ISSUER, f"tasks/{a['uid']}")


def a_county_divides_further_among_its_own():
    path = f"tasks/{S.county['uid']}/split"
    beds = S.county["targets_list"][0]["uid"]
    below, beside = org("990101-WJW-04"), org("990102-WJW")
    wish = {"kind": "same", "owners": [beside], "reason": "分解"}
    problem(change(COUNTY, path, wish, S.county["version"]), 403, "not-below")
    answer = change(COUNTY, path, {"kind": "apportioned", "owners": [below], "shares": [{"owner": below, "target": beds, "value": "60"}], "reason": "分解"},
                    S.county["version"])
    equal(answer.status, 200, answer.body[:300])
    leaf = answer.json["children_list"][0]["uid"]
    equal(get(SERVER, ISSUER, f"tasks/{leaf}")["issuer"]["uid"], org("990101-WJW"))
    values = [{"target": get(SERVER, LEAF, f"tasks/{leaf}")["targets_list"][0]["uid"], "value": "12.5"}]
    told = SERVER.post(f"/api/v1/tasks/{leaf}/progress", {"text": "已到位", "percent": 20, "values": values}, session=LEAF)
    equal((told.status, told.json["progress"]["percent"]), (200, 20), told.body[:300])
    sums = get(SERVER, ISSUER, f"tasks/{S.task['uid']}")["roll_up"]["targets"]
    equal((sums[0]["claimed"], sums[0]["reported"]), ("12.5", 1))
    may = get(SERVER, HEAD, f"tasks/{S.task['uid']}")["may"]
    equal(act(SERVER, HANDLER, get(SERVER, HANDLER, f"tasks/{S.task['uid']}"), "accept").status, 200)
    may = get(SERVER, HEAD, f"tasks/{S.task['uid']}")["may"]
    equal((may["submit"]["ok"], may["submit"]["why"], may["submit"]["params"]), (False, "children-open", {"open": "2"}))


COLLECTIVE = """示例市卫生健康委员会2026年基层卫生工作任务
示卫发〔2026〕77号

一、夯实基层
1．开展巡诊。每季度开展巡诊，2026年12月底前完成。（牵头单位：各县区卫生健康委）
2．编印简报。定期编印简报，2026年12月底前完成。（牵头单位：疾控处）

示例市卫生健康委员会
2026年3月10日
"""


def a_collective_is_divided_at_issue():
    uid = added_document(SERVER, ISSUER, "基层.txt", COLLECTIVE.encode())
    document = get(SERVER, ISSUER, f"documents/{uid}")
    edits = [(f"/items/{i}/status", item["status"], "confirmed") for i, item in enumerate(document["items"])]
    document = edit(SERVER, ISSUER, document, *edits).json
    issued = change(ISSUER, f"documents/{uid}/issue", {"expand": True}, document["version"])
    equal((issued.status, issued.json["expanded"]), (201, 1), issued.body[:300])
    plan = issued.json["plan"]["uid"]
    rows = get(SERVER, ISSUER, f"tasks?plan={plan}&parent=none&order=no")["rows"]
    equal([(r["children"] or {}).get("total") for r in rows], [8, None])
    equal(get(SERVER, ISSUER, f"plans/{plan}")["by_state"], {"issued": 2})
    problem(SERVER.post(f"/api/v1/plans/{plan}/expand", {"reason": ""}, session=ISSUER), 400, "reason-missing")
    equal(SERVER.post(f"/api/v1/plans/{plan}/expand", {"reason": "再分"}, session=ISSUER).json, {"tasks": 0, "left": 0})


def progress_is_reported():
    task = new_task(targets=[])
    path = f"/api/v1/tasks/{task['uid']}/progress"
    problem(SERVER.post(path, {"text": " "}, session=HANDLER), 400, "text-missing", "/text")
    problem(SERVER.post(path, {"text": "x", "period": "2027W01"}, session=HANDLER), 400, "period-unfit")
    problem(SERVER.post(path, {"text": "x", "values": [{"target": "0" * 26, "value": "1"}]}, session=HANDLER), 400, at="/values/0/target")
    problem(SERVER.post(path, {"text": "x"}, session=COUNTY), 403)
    equal(SERVER.post(path, {"nothing_new": True}, session=HANDLER).status, 200)
    equal(SERVER.post(path, {"text": "已摸底", "problem": "缺人", "need": "编制", "next": "招聘"}, session=HANDLER).status, 200)
    rows = get(SERVER, HEAD, f"tasks/{task['uid']}/progress")["rows"]
    equal([(r["text"], r["nothing_new"], r["by"]["name"]) for r in rows], [("已摸底", False, "赵示"), ("", True, "赵示")])
    row = next(r for r in get(SERVER, HEAD, "tasks?limit=500")["rows"] if r["uid"] == task["uid"])
    equal((row["progress"]["text"], row["version"]), ("已摸底", task["version"]))


def many_change_at_once():
    tasks = [new_task(targets=[]) for _ in range(3)]
    wanted = [{"uid": t["uid"], "version": t["version"] + (i == 1)} for i, t in enumerate(tasks)] + [{"uid": "0" * 26, "version": 1}]
    body = {"tasks": wanted, "set": {"due": "2026-10-31", "category": "床位"}, "reason": "提前"}
    answer = SERVER.post("/api/v1/tasks/bulk", body, session=ISSUER, headers={"Idempotency-Key": "bulk-1"})
    equal(answer.status, 200, answer.body[:300])
    equal([d["uid"] for d in answer.json["done"]], [tasks[0]["uid"], tasks[2]["uid"]])
    stale, none = answer.json["refused"]
    equal((stale["code"], stale["present"]["version"], stale["present"]["due"]), ("version-stale", 1, "2026-11-30"))
    equal((none["code"], none["present"]), ("not-found", None))
    again = SERVER.post("/api/v1/tasks/bulk", body, session=ISSUER, headers={"Idempotency-Key": "bulk-1"})
    equal((again.status, again.headers["Idempotency-Replayed"], again.json), (200, "true", answer.json))
    problem(SERVER.post("/api/v1/tasks/bulk", {**body, "set": {"title": "x"}}, session=ISSUER), 400, at="/set/title")
    refused = SERVER.post("/api/v1/tasks/bulk", {"tasks": answer.json["done"][:1], "set": {"due": "2026-10-30"}, "reason": "x"}, session=HEAD).json["refused"]
    equal(refused[0]["code"], "no-role")
    S.bulk = tasks


def who_leaves_hands_over():
    account = lambda session: SERVER.get("/api/v1/session", session=session).json["account"]["uid"]
    handler, other = account(HANDLER), account(SERVER.login("xieanzi"))
    rows = [{"uid": t["uid"], "version": get(SERVER, HEAD, f"tasks/{t['uid']}")["version"]} for t in S.bulk]
    equal(len(SERVER.post("/api/v1/tasks/bulk", {"tasks": rows, "set": {"handler": handler}}, session=HEAD).json["done"]), 3)
    wish = {"from": handler, "to": other, "reason": "调离"}
    problem(SERVER.post("/api/v1/handovers", wish, session=HANDLER), 403, "no-role")
    may = lambda session: {verb for verb, answer in get(SERVER, session, "session")["may"].items() if answer["ok"]}
    equal((may(HEAD), may(HANDLER)), ({"handover", "name_handlers", "register_entry"}, {"register_entry"}))
    equal(may(ISSUER), {"new_task", "new_plan", "import_tasks", "change_many", "duty_rules"})
    problem(SERVER.post("/api/v1/handovers", {**wish, "reason": ""}, session=HEAD), 400, "reason-missing")
    problem(SERVER.post("/api/v1/handovers", {**wish, "to": account(COUNTY)}, session=HEAD), 400, "account-unfit", "/to")
    equal(SERVER.post("/api/v1/handovers", {**wish, "tasks": [S.bulk[0]["uid"]]}, session=HEAD).json, {"tasks": 1})
    equal(SERVER.post("/api/v1/handovers", wish, session=HEAD).json, {"tasks": 2})
    equal(get(SERVER, HEAD, f"tasks/{S.bulk[1]['uid']}")["handler"]["uid"], other)
    equal([e["verb"] for e in get(SERVER, HEAD, f"tasks/{S.bulk[1]['uid']}/events")["rows"]][-2:], ["handler", "hand-over"])
    told = get(SERVER, SERVER.login("xieanzi"), "messages?kind=handover")["rows"]
    equal([m["params"]["count"] for m in told], ["2", "1"])


def the_events_add_up():
    prove(SERVER, AUDITOR)


if __name__ == "__main__":
    S = State()
    with Demo() as SERVER:
        ISSUER, HEAD, HANDLER, AUDITOR = (SERVER.login(name) for name in ("issuer01", "head01", "handler01", "auditadmin01"))
        COUNTY, LEAF = SERVER.login("jianglinyu"), SERVER.login("kongpingqing")
        ORGS = all_orgs()
        OWN = org("990000-WJW-07")
        run(shares_must_sum, what_is_apportioned_is_amended_together, a_county_divides_further_among_its_own, a_collective_is_divided_at_issue, progress_is_reported, many_change_at_once, who_leaves_hands_over, the_events_add_up)
