#!/usr/bin/env python3
"""Reports over the API: every figure opens to as many rows as it says, a kept report never changes, a decision becomes a task, who may see what."""
import io
import zipfile

from client import get, prove
from lib import Demo, equal, problem, run


def total(session, query):
    return get(SERVER, session, f"tasks?{query}&limit=1&total=1")["total"]


def opens(session, report, query, values):
    for name, value in values.items():
        address = "&".join(filter(None, (query, report["figures"][name])))
        equal(total(session, address), value, f"{name}: tasks?{address}")


def every_figure_opens_to_its_rows():
    for kind in ("weekly", "monthly", "quarterly"):
        report = get(SERVER, LEADER, f"reports/now?kind={kind}&plan={PLAN}")
        assert report["totals"]["tasks"] > 3, report["totals"]
        plain = {k: v for k, v in report["totals"].items() if isinstance(v, int) and k != "longest_overdue_days"}
        opens(LEADER, report, report["query"], {**plain, "on_time": report["totals"]["on_time"][0], "first_pass": report["totals"]["first_pass"][0]})
        equal(sum(u["new"] for u in report["units"]) >= 1, True, "units with new tasks")
        for unit in report["units"]:
            opens(LEADER, report, unit["query"], {"tasks": unit["total"], "due": unit["due"], "done": unit["done"], "overdue": unit["overdue"],
                                                  "since_new": unit["new"], "since_closed": unit["closed"], "since_returned": unit["returned"], "since_relapsed": unit["relapsed"]})
        for name in ("relapsed", "overdue", "returned", "slipped", "owner", "amended", "stopped", "new", "closed"):
            listed = report["since"][name]
            equal(len(listed["lines"]), min(50, listed["n"]), name)
            equal(total(LEADER, listed["query"]), listed["n"], listed["query"])


def an_organisation_has_its_own():
    report = get(SERVER, LEADER, f"reports/now?kind=weekly&org={UNIT}")
    opens(LEADER, report, report["query"], {"tasks": report["totals"]["tasks"], "open": report["totals"]["open"]})
    both = get(SERVER, LEADER, f"reports/now?plan={PLAN}&org={UNIT}")
    opens(LEADER, both, both["query"], {"tasks": both["totals"]["tasks"]})
    equal(get(SERVER, HEAD, f"reports/now?org={UNIT}")["totals"], report["totals"])


def progress_stands_in_the_table():
    task = get(SERVER, HEAD, f"tasks?plan={PLAN}&mine=1&role=lead&limit=1")["rows"][0]
    said = SERVER.post(f"/api/v1/tasks/{task['uid']}/progress", {"period": "2026W12", "text": "已完成六成", "problem": "缺人", "need": "请财务处支持", "next": "下周验收", "percent": 60},
                       session=HEAD)
    assert said.status in (200, 201), said.body[:300]
    for query in (f"plan={PLAN}", f"org={UNIT}"):
        row = next(r for r in get(SERVER, LEADER, "reports/now?" + query)["table"] if r["task"]["uid"] == task["uid"])
        equal([row[k] for k in ("progress", "percent", "problem", "need", "next", "period")], ["已完成六成", 60, "缺人", "请财务处支持", "下周验收", "2026W12"])


def paper_is_counted():
    plan = get(SERVER, ISSUER, f"plans/{PLAN}")
    equal(plan["paper"], get(SERVER, ISSUER, f"reports/now?plan={PLAN}")["paper"])
    assert plan["paper"]["tasks_without_paper"] > 0, plan["paper"]


def three_pages_relapses_first():
    report = get(SERVER, ISSUER, f"reports/now?plan={PLAN}")
    equal([p["id"] for p in report["pages"]], ["changes", "late", "next"])
    equal(report["pages"][0]["blocks"][0]["id"], "relapsed")
    for page in report["pages"]:
        for block in page["blocks"]:
            assert all(len(row["cells"]) == len(block["columns"]) for row in block["rows"]), block


def wrong_parameters_are_named():
    problem(SERVER.get(f"/api/v1/reports/now?kind=daily&plan={PLAN}", session=ISSUER), 400, at="query:kind")
    problem(SERVER.get("/api/v1/reports/now?kind=weekly", session=ISSUER), 400, at="plan")
    problem(SERVER.get("/api/v1/reports/now?plan=" + "0" * 26, session=ISSUER), 404)
    problem(SERVER.get("/api/v1/reports/now?org=" + "0" * 26, session=ISSUER), 404)
    problem(SERVER.get("/api/v1/reports/" + "0" * 26, session=ISSUER), 404)
    problem(SERVER.get("/api/v1/tasks?figure=smiles", session=ISSUER), 400, at="figure")
    problem(SERVER.get("/api/v1/tasks?step=sideways", session=ISSUER), 400, at="step")
    problem(SERVER.get("/api/v1/tasks?step=overdue&since=1", session=ISSUER), 400, at="overdue_from")
    problem(SERVER.get("/api/v1/tasks?step=overdue&overdue_from=yesterday", session=ISSUER), 400, at="query:overdue_from")
    problem(SERVER.post("/api/v1/reports", {"plan": PLAN}, session=ISSUER), 400)
    problem(SERVER.post("/api/v1/reports", {"kind": "yearly", "plan": PLAN}, session=ISSUER), 400, at="/kind")


def who_may_not_read_it_may_not_have_it():
    problem(SERVER.get(f"/api/v1/reports/now?plan={PLAN}", session=HEAD), 403)
    problem(SERVER.get(f"/api/v1/overview?plan={PLAN}", session=HEAD), 403)
    problem(SERVER.post("/api/v1/reports", {"kind": "weekly", "plan": PLAN}, session=HEAD), 403)
    problem(SERVER.post("/api/v1/reports", {"kind": "weekly", "org": UNIT}, session=HANDLER), 403)
    problem(SERVER.get("/api/v1/overview", session=SYSTEM), 403, "no-role")


def keep():
    answer = SERVER.post("/api/v1/reports", {"kind": "weekly", "plan": PLAN}, session=ISSUER)
    equal(answer.status, 201, answer.body[:300])
    return answer.json


def without_decisions(body):
    return body[:body.rindex(b',"decisions":')]


def a_kept_report_never_changes():
    kept = keep()
    path = f"/api/v1/reports/{kept['uid']}"
    before, file = SERVER.get(path, session=ISSUER).body, SERVER.get(path + "/xlsx", session=ISSUER).body
    for session in (LEADER, ISSUER):
        assert kept["uid"] in [r["uid"] for r in get(SERVER, session, f"reports?kind=weekly&plan={PLAN}")["rows"]]
    equal(get(SERVER, HEAD, "reports")["rows"], [])
    task = get(SERVER, ISSUER, f"tasks?plan={PLAN}&state=issued&limit=1")["rows"][0]
    done = SERVER.post(f"/api/v1/tasks/{task['uid']}/do/cancel", {"reason": "不再需要"}, session=ISSUER, headers={"If-Match": f'"{task["version"]}"'})
    equal(done.status, 200, done.body[:200])
    equal(SERVER.get(path, session=LEADER).body, before)
    equal(SERVER.get(path + "/xlsx", session=ISSUER).body, file, "the same file")
    now = get(SERVER, ISSUER, f"reports/now?plan={PLAN}")
    equal((now["previous"], now["since"]["seq"], now["since"]["stopped"]["n"]), (kept["uid"], kept["head"]["seq"], 1))
    equal(now["totals"]["tasks"], kept["totals"]["tasks"], "a cancelled task stays")
    equal(now["totals"]["cancelled"], kept["totals"]["cancelled"] + 1)


def a_report_is_a_workbook():
    for path in (f"reports/now/xlsx?plan={PLAN}&kind=monthly", f"reports/now/xlsx?org={UNIT}&lang=en"):
        answer = SERVER.get("/api/v1/" + path, session=LEADER)
        equal(answer.status, 200, answer.body[:300])
        names = zipfile.ZipFile(io.BytesIO(answer.body)).namelist()
        assert "xl/worksheets/sheet6.xml" in names, names


def a_decision_becomes_a_task():
    kept = keep()
    path = f"/api/v1/reports/{kept['uid']}"
    before = SERVER.get(path, session=ISSUER).body
    problem(SERVER.post(path + "/decisions", {"text": " "}, session=ISSUER), 400, at="/text")
    problem(SERVER.post(path + "/decisions", {"text": "x", "due": "soon"}, session=ISSUER), 400, at="/due")
    problem(SERVER.post(path + "/decisions", {"text": "x"}, session=HEAD), 403)
    answer = SERVER.post(path + "/decisions", {"text": "疾控处一周内报送清零方案。", "lead": [UNIT], "due": "2026-12-01"}, session=ISSUER)
    equal(answer.status, 201, answer.body[:300])
    decision = answer.json["decisions"][0]
    task = get(SERVER, ISSUER, f"tasks/{decision['task']['uid']}")
    equal((task["source"], task["state"], task["lead"][0]["uid"], task["due"]), ("meeting", "issued", UNIT, "2026-12-01"))
    equal(without_decisions(SERVER.get(path, session=ISSUER).body), without_decisions(before))
    following = keep()
    decided = following["pages"][2]["blocks"][0]
    equal((decided["id"], decided["n"], decided["rows"][0]["uid"]), ("decided", 1, task["uid"]))


def those_concerned_are_told():
    told = [m for m in get(SERVER, LEADER, "messages?kind=report")["rows"] if m["about"]["kind"] == "report"]
    assert told and told[0]["params"]["report"] == "weekly", told
    equal(get(SERVER, HEAD, "messages?kind=report")["rows"], [])


def the_overview_obeys_grants():
    page = get(SERVER, LEADER, "overview")
    for figure in page["figures"]:
        equal(total(LEADER, figure["query"]), figure["value"], figure["query"])
    equal((page["turned_red_total"], len(page["turned_red"])), (total(LEADER, page["turned_red_query"]), min(50, page["turned_red_total"])), page["turned_red_query"])
    equal([f["id"] for f in page["figures"]], ["open", "overdue", "due_soon", "relapsed", "closed"])
    assert page["matrix"]["plans"] and page["matrix"]["owners"] and page["matrix"]["cells"], page["matrix"]
    equal({c["plan"] for c in page["matrix"]["cells"]} <= {p["uid"] for p in page["matrix"]["plans"]}, True)
    own = get(SERVER, HEAD, "overview")
    equal(own["org"]["uid"], UNIT)
    plan = get(SERVER, LEADER, f"overview?plan={PLAN}")
    equal(plan["matrix"]["plans_total"], 1)


def an_organisation_has_meetings():
    path = f"/api/v1/orgs/{UNIT}/meetings"
    found = SERVER.get(path, session=HEAD).json
    equal((found["weekly"], found["monthly"], found["version"], found["may"]["edit"]["ok"]), (None, None, 0, True))
    equal(SERVER.get(path, session=HANDLER).json["may"]["edit"]["ok"], False)
    body = {"weekly": {"day": 2, "hour": 14}}
    problem(SERVER.post(path, body, session=HANDLER, headers={"If-Match": '"0"'}), 403)
    problem(SERVER.post(path, body, session=HEAD), 428)
    problem(SERVER.post(path, {"weekly": {"day": 8, "hour": 14}}, session=HEAD, headers={"If-Match": '"0"'}), 400, at="/weekly/day")
    answer = SERVER.post(path, body, session=HEAD, headers={"If-Match": '"0"'})
    equal((answer.status, answer.json["weekly"], answer.json["monthly"], answer.json["version"]), (200, {"day": 2, "hour": 14}, None, 1))
    problem(SERVER.post(path, body, session=HEAD, headers={"If-Match": '"0"'}), 409, "version-stale")
    answer = SERVER.post(path, {"monthly": {"day": 3, "hour": 9}}, session=LEADER, headers={"If-Match": '"1"'})
    equal((answer.status, answer.json["weekly"]["day"], answer.json["monthly"]["day"]), (200, 2, 3))
    equal(SERVER.post(path, {"weekly": None}, session=HEAD, headers={"If-Match": '"2"'}).json["weekly"], None)
    problem(SERVER.get("/api/v1/orgs/" + "0" * 26 + "/meetings", session=HEAD), 404)


def who_has_several_grants_chooses():
    """Two plans and a district: the page shows one of them, and says which others there are."""
    account = next(a["uid"] for a in get(SERVER, SECURITY, "accounts?q=inspector01")["rows"])
    before = get(SERVER, SECURITY, f"accounts/{account}")["grants"]
    for grant in before:
        SERVER.request("DELETE", f"/api/v1/accounts/{account}/grants/{grant['uid']}", None, session=SECURITY)
    problem(SERVER.get("/api/v1/overview", session=SECOND), 403, "no-role")
    plans = [p["uid"] for p in get(SERVER, ISSUER, "plans?limit=2")["rows"]]
    body = get(SERVER, LEADER, "session")["org"]["uid"]
    for where, what in (({"kind": "area", "area": "990101"}, {"kind": "all"}), ({"kind": "org", "org": body}, {"kind": "plans", "plans": plans})):
        equal(SERVER.post(f"/api/v1/accounts/{account}/grants", {"role": "leader", "where": where, "what": what}, session=SECURITY).status, 201)
    page = get(SERVER, SECOND, "overview")
    equal([(s["area"], s["org"] and s["org"]["uid"], s["plan"] and s["plan"]["uid"]) for s in sorted(page["scopes"], key=lambda s: s["plan"]["uid"] if s["plan"] else "")], [("990101", None, None)] + [(None, body, p) for p in sorted(plans)])
    equal((page["area"], page["plan"], page["org"]), ("990101", None, None))
    for scope in page["scopes"]:
        address = "&".join(f"{k}={v['uid'] if isinstance(v, dict) else v}" for k, v in scope.items() if v)
        one = get(SERVER, SECOND, f"overview?{address}")
        equal((one["area"], one["plan"], one["org"]), (scope["area"], scope["plan"], scope["org"]))
        for figure in one["figures"]:
            equal(total(SECOND, figure["query"]), figure["value"], figure["query"])
    problem(SERVER.get("/api/v1/overview?area=99", session=SECOND), 403)
    problem(SERVER.get("/api/v1/overview?area=990102", session=SECOND), 403)


def a_divided_task_is_one_item():
    """Divided among two districts it is one in the plan and one in each district; what a district divides again is one there still."""
    before, plan = get(SERVER, LEADER, f"reports/now?plan={PLAN}"), get(SERVER, ISSUER, f"plans/{PLAN}")
    equal((plan["tasks"], plan["open_tasks"]), (before["totals"]["tasks"], before["totals"]["tasks"] - before["totals"]["closed"] - before["totals"]["cancelled"] - before["totals"]["waived"]))
    task = next(t for t in get(SERVER, ISSUER, f"tasks?plan={PLAN}&state=issued,working&parent=none")["rows"] if not t["children"])
    orgs = {o["code"]: o["uid"] for code in ("990101", "990102") for o in get(SERVER, ISSUER, f"orgs?q={code}&limit=500")["rows"]}
    owners = [orgs["990101-WJW"], orgs["990102-WJW"]]
    answer = SERVER.post(f"/api/v1/tasks/{task['uid']}/split", {"kind": "same", "owners": owners, "reason": "分解到区"}, session=ISSUER, headers={"If-Match": f'"{task["version"]}"'})
    equal(answer.status, 200, answer.body[:300])
    after, plan = get(SERVER, LEADER, f"reports/now?plan={PLAN}"), get(SERVER, ISSUER, f"plans/{PLAN}")
    equal(after["totals"]["tasks"], before["totals"]["tasks"])
    equal((plan["tasks"], get(SERVER, ISSUER, f"tasks?plan={PLAN}&limit=1&total=1")["total"]), (before["totals"]["tasks"], before["totals"]["tasks"] + 2))
    had = {u["org"]["uid"]: u["total"] for u in before["units"]}
    for unit in after["units"]:
        equal(unit["total"], had.get(unit["org"]["uid"], 0) + (unit["org"]["uid"] in owners), unit["org"])
        opens(LEADER, after, unit["query"], {"tasks": unit["total"], "open": unit["open"], "due": unit["due"]})
    opens(LEADER, after, after["query"], {k: after["totals"][k] for k in ("tasks", "open", "due", "overdue")})
    everything = get(SERVER, LEADER, "overview")
    for figure in everything["figures"]:
        equal(total(LEADER, figure["query"]), figure["value"], figure["query"])
    body = get(SERVER, LEADER, "session")["org"]["uid"]
    before = get(SERVER, LEADER, f"reports/now?org={body}")
    below = {o["uid"] for o in get(SERVER, ISSUER, f"orgs?parent={body}&limit=500")["rows"]}
    task = next(t for t in get(SERVER, ISSUER, "tasks?state=issued,working&parent=none&limit=500")["rows"]
                if not t["children"] and t["uid"] != task["uid"] and t["lead"] and t["lead"][0]["uid"] in below and t["lead"][0]["uid"] != UNIT)
    answer = SERVER.post(f"/api/v1/tasks/{task['uid']}/split", {"kind": "same", "owners": [UNIT], "reason": "分解到处"}, session=ISSUER, headers={"If-Match": f'"{task["version"]}"'})
    equal(answer.status, 200, answer.body[:300])
    after = get(SERVER, LEADER, f"reports/now?org={body}")
    equal(after["totals"]["tasks"], before["totals"]["tasks"], "the whole is counted there, too")
    units = {u["org"]["uid"]: (u["total"], u["query"]) for u in after["units"]}
    equal(units[UNIT][0], {u["org"]["uid"]: u["total"] for u in before["units"]}.get(UNIT, 0) + 1)
    opens(LEADER, after, after["query"], {k: after["totals"][k] for k in ("tasks", "open", "due")})
    for total_of, query in units.values():
        opens(LEADER, after, query, {"tasks": total_of})


def the_events_add_up():
    prove(SERVER, AUDITOR)


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, HEAD, HANDLER, LEADER = (SERVER.login(name + "01") for name in ("issuer", "head", "handler", "leader"))
        SECURITY, SECOND = SERVER.login("secadmin01"), SERVER.login("inspector01")
        AUDITOR, SYSTEM = SERVER.login("auditadmin01"), SERVER.login("sysadmin01")
        PLAN = max((p for p in get(SERVER, ISSUER, "plans")["rows"]), key=lambda p: p["tasks"])["uid"]
        UNIT = get(SERVER, HEAD, "session")["org"]["uid"]
        run(every_figure_opens_to_its_rows, an_organisation_has_its_own, progress_stands_in_the_table, paper_is_counted, three_pages_relapses_first, wrong_parameters_are_named,
            who_may_not_read_it_may_not_have_it, a_kept_report_never_changes, a_report_is_a_workbook, a_decision_becomes_a_task,
            those_concerned_are_told, the_overview_obeys_grants, an_organisation_has_meetings, who_has_several_grants_chooses, a_divided_task_is_one_item, the_events_add_up)
