#!/usr/bin/env python3
"""Plans over the API: made by hand, set up, staged, passed through their gates, closed."""
from client import get, prove
from lib import Demo, equal, problem, run


def change(session, path, body, version, method="POST"):
    return SERVER.request(method, f"/api/v1/{path}", body, session=session, headers={"If-Match": f'"{version}"'})


def made(body):
    answer = SERVER.post("/api/v1/plans", body, session=ISSUER)
    equal(answer.status, 201, answer.body[:300])
    return answer.json


def a_plan_by_hand_has_a_code_and_settings():
    plan = made({"title": "12345 热线转办", "kind": "hotline", "issuer": COMMISSION, "basis": "市政务热线办 3 号单"})
    equal((plan["code"], plan["year"], plan["state"], plan["tasks"], plan["stage"]), ("热线", 2026, "open", 0, None))
    equal(plan["settings"]["holding_days"], 180)
    equal(plan["may"]["edit"], {"ok": True})
    problem(SERVER.post("/api/v1/plans", {"title": "x", "kind": "audit", "code": "热线", "issuer": COMMISSION}, session=ISSUER), 409, "code-taken", "/code")
    problem(SERVER.post("/api/v1/plans", {"title": "x", "kind": "audit", "code": "a b", "issuer": COMMISSION}, session=ISSUER), 400, "code-bad", "/code")
    problem(SERVER.post("/api/v1/plans", {"title": "x", "kind": "audit", "issuer": COMMISSION}, session=HEAD), 403, "no-role")
    listed = get(SERVER, ISSUER, f"plans?kind=hotline&year=2026&issuer={COMMISSION}&state=open&q=%E7%83%AD%E7%BA%BF")["rows"]
    equal([r["uid"] for r in listed], [plan["uid"]])
    equal(get(SERVER, ISSUER, "plans?kind=hotline&year=2025")["rows"], [])
    problem(SERVER.get(f"/api/v1/plans/{plan['uid']}", session=HEAD), 404)
    equal([e["verb"] for e in get(SERVER, ISSUER, f"plans/{plan['uid']}/events")["rows"]], ["plan-make"])


def settings_change_in_parts():
    plan = made({"title": "整改", "kind": "rectification", "issuer": COMMISSION, "code": "巡改"})
    path = f"plans/{plan['uid']}"
    body = {"settings": {"publicity_days": 5, "weekly": {"day": 1, "hour": 9}, "progress": "week", "assess": [{"measure": "on_time", "weight": 40}]}}
    answer = change(ISSUER, path, body, plan["version"], "PATCH")
    equal(answer.status, 200, answer.body[:300])
    settings = answer.json["settings"]
    equal((settings["publicity_days"], settings["weekly"], settings["monthly"], settings["holding_days"]), (5, {"day": 1, "hour": 9}, {"day": 3, "hour": 9}, 180))
    stale = problem(change(ISSUER, path, {"title": "y"}, plan["version"], "PATCH"), 409, "version-stale")
    equal(stale["present"]["version"], answer.json["version"])
    version = answer.json["version"]
    for wrong, at in (({"weekly": {"day": 8, "hour": 9}}, "/settings/weekly/day"), ({"progress": "daily"}, "/settings/progress"),
                      ({"assess": [{"measure": "smiles", "weight": 1}]}, "/settings/assess/0/measure"), ({"holding_days": -1}, "/settings/holding_days")):
        problem(change(ISSUER, path, {"settings": wrong}, version, "PATCH"), 400, at=at)
    problem(SERVER.request("PATCH", f"/api/v1/{path}", {}, session=ISSUER), 428, "precondition")
    answer = change(ISSUER, path, {"settings": {"weekly": None}}, version, "PATCH")
    equal((answer.json["settings"]["weekly"], answer.json["settings"]["progress"]), (None, "week"))


STAGES = [{"name": "整改准备", "gate": "decision"}, {"name": "集中整改", "begins": "2026-04-01", "ends": "2026-06-30", "gate": "submitted"},
          {"name": "日常监督", "gate": "closed", "share": 80}, {"name": "评估核验"}]


def gates_say_what_is_missing():
    plan = next(p for p in get(SERVER, ISSUER, "plans")["rows"] if p["tasks"] > 0)
    path = f"plans/{plan['uid']}"
    answer = change(ISSUER, path + "/stages", {"stages": STAGES}, plan["version"])
    equal(answer.status, 200, answer.body[:300])
    plan = answer.json
    equal([(s["name"], s["state"]) for s in plan["stages_list"]], [("整改准备", "current"), ("集中整改", "open"), ("日常监督", "open"), ("评估核验", "open")])
    equal((plan["stage"], plan["stages"]), ("整改准备", 4))
    refused = problem(change(ISSUER, path + "/stages/1/pass", {}, plan["version"]), 409, "gate-shut")
    equal(refused["params"], {"needs": "decision"})
    problem(change(HEAD, path + "/stages/1/pass", {"reason": "x"}, plan["version"]), 403)
    plan = change(ISSUER, path + "/stages/1/pass", {"reason": "委主任办公会议定"}, plan["version"]).json
    equal((plan["stage"], plan["stages_list"][0]["forced"], plan["stages_list"][0]["passed_by"]["name"]), ("集中整改", False, "朱晓行"))
    refused = problem(change(ISSUER, path + "/stages/2/pass", {}, plan["version"]), 409, "gate-shut")
    equal(int(refused["params"]["open"]) > 0, True)
    problem(change(ISSUER, path + "/stages/3/pass", {}, plan["version"]), 409, "wrong-state")
    problem(change(ISSUER, path + "/stages/x/pass", {}, plan["version"]), 400, at="path:seq")
    plan = change(ISSUER, path + "/stages/2/pass", {"reason": "先行转段"}, plan["version"]).json
    equal((plan["stages_list"][1]["forced"], plan["stages_list"][1]["missing"]["needs"], plan["stages_list"][1]["reason"]), (True, "submitted", "先行转段"))
    problem(change(ISSUER, path + "/stages", {"stages": STAGES[2:]}, plan["version"]), 409, "stage-passed")
    problem(change(ISSUER, path + "/stages", {"stages": STAGES[:2] + [{"name": "x", "gate": "never"}]}, plan["version"]), 400, at="/stages/2/gate")
    problem(change(ISSUER, path, {"state": "closed"}, plan["version"], "PATCH"), 409, "tasks-open")


def a_plan_without_open_tasks_can_be_closed_and_opened():
    plan = made({"title": "空", "kind": "meeting", "issuer": COMMISSION})
    path = f"plans/{plan['uid']}"
    plan = change(ISSUER, path, {"state": "closed"}, plan["version"], "PATCH").json
    equal(plan["state"], "closed")
    problem(change(ISSUER, path, {"title": "x"}, plan["version"], "PATCH"), 409, "wrong-state")
    problem(change(ISSUER, path, {"state": "open"}, plan["version"], "PATCH"), 400, "reason-missing")
    equal(change(ISSUER, path, {"state": "open", "reason": "又有任务"}, plan["version"], "PATCH").json["state"], "open")


def the_events_add_up():
    prove(SERVER, AUDITOR)


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, HEAD, AUDITOR = SERVER.login("issuer01"), SERVER.login("head01"), SERVER.login("auditadmin01")
        COMMISSION = next(o["uid"] for o in get(SERVER, ISSUER, "orgs?q=%E7%A4%BA%E4%BE%8B%E5%B8%82%E5%8D%AB%E7%94%9F%E5%81%A5%E5%BA%B7%E5%A7%94%E5%91%98%E4%BC%9A")["rows"]
                          if o["code"] == "990000-WJW")
        run(a_plan_by_hand_has_a_code_and_settings, settings_change_in_parts, gates_say_what_is_missing,
            a_plan_without_open_tasks_can_be_closed_and_opened, the_events_add_up)
