#!/usr/bin/env python3
"""Calendars, duties and messages over the API, on the city of the samples."""
import hashlib

from lib import Demo, equal, problem, run, wait_until

API = "/api/v1"


def upload(session, name, content):
    made = SERVER.post(API + "/uploads", {"name": name, "size": len(content)}, session=session).json
    SERVER.request("PATCH", f"{API}/uploads/{made['uid']}", content, headers={"Upload-Offset": "0", "Content-Type": "application/octet-stream"}, session=session)
    done = SERVER.post(f"{API}/uploads/{made['uid']}/finish", {"sha256": hashlib.sha256(content).hexdigest()}, session=session)
    equal(done.status, 200, done.body[:200])
    return made["uid"]


def import_calendar(session, text, code="cn"):
    return SERVER.post(f"{API}/calendars/{code}/import", {"upload": upload(session, "a.csv", text.encode())}, session=session)


def the_calendar_came_with_the_program():
    cn = SERVER.get(API + "/calendars/cn?year=2026", session=S.head).json
    equal((cn["known"], cn["years"], cn["source"]), (True, [2025, 2026], "国办发明电〔2025〕7号"))
    days = {d["date"]: d for d in cn["days"]}
    equal(days["2026-10-01"], {"date": "2026-10-01", "working": False, "name": "国庆节"})
    equal(days["2026-10-10"]["working"], True)
    assert "2026-03-02" not in days


def an_unknown_year_says_so():
    far = SERVER.get(API + "/calendars/cn?year=2027", session=S.head).json
    equal((far["known"], far["source"], far["days"]), (False, None, []))
    other = SERVER.get(API + "/calendars/ours", session=S.head).json
    equal((other["known"], other["years"], other["year"]), (False, [], 2026))
    problem(SERVER.get(API + "/calendars/cn?year=x", session=S.head), 400)


def a_year_is_replaced_by_a_file():
    text = "日期,班休,名称,来源\n2027-01-01,休,元旦,某办〔2026〕9号\n2027-02-14,班,春节,某办〔2026〕9号\n"
    problem(import_calendar(S.issuer, text), 403, "no-role")
    for bad, code, at in ((text.replace("2027-02-14", "2027-02-15"), "day-weekday", "row 3, column 日期"), (text.replace("班,春", "x,春"), "value-unknown", "row 3, column 班休"),
                          ("a,b\n1,2\n", "header-missing", None)):
        answer = import_calendar(S.system, bad)
        problem(answer, 400, code)
        equal(answer.json.get("at"), at)
    problem(SERVER.post(API + "/calendars/cn/import", {"upload": "0" * 26}, session=S.system), 404)
    year = import_calendar(S.system, text).json
    equal((year["year"], year["known"], year["years"], len(year["days"])), (2027, True, [2025, 2026, 2027], 2))


def a_rule_says_who_owes_what():
    body = {"name": "工作周报", "owed_by": {"orgs": [S.org]}, "every": "week", "due": {"days": 1, "working": True}, "grace_days": 1}
    problem(SERVER.post(API + "/duty-rules", body, session=S.head), 403, "no-role")
    for change, at in (({"name": ""}, "/name"), ({"every": "fortnight"}, "/every"), ({"owed_by": {}}, "/owed_by"), ({"owed_by": {"orgs": []}}, "/owed_by"),
                       ({"owed_by": {"orgs": ["0" * 26]}}, "/owed_by/orgs/0"), ({"due": {"days": -1}}, "/due/days"), ({"from": "2026-13-01"}, "/from"),
                       ({"to": "2020-01-01"}, "/to"), ({"plan": "0" * 26}, "/plan"), ({"state": "perhaps"}, "/state"), ({"grace_days": 1000}, "/grace_days")):
        answer = SERVER.post(API + "/duty-rules", {**body, **change}, session=S.issuer)
        problem(answer, 400)
        equal(answer.json["at"], at, str(change))
    made = SERVER.post(API + "/duty-rules", body, session=S.issuer)
    equal(made.status, 201, made.body[:300])
    rule = S.rule = made.json
    equal((rule["owed_by"]["orgs"][0]["uid"], rule["every"], rule["due"], rule["state"], rule["may"]["edit"]["ok"]),
          (S.org, "week", {"days": 1, "working": True}, "on", True))
    rows = wait_until(lambda: SERVER.get(f"{API}/duties?rule={rule['uid']}", session=S.head).json["rows"], what="the first duty")
    equal([(d["state"], d["org"]["uid"], d["period"], d["due"], d["last"]) for d in rows], [("due", S.org, "2026W12", "2026-03-23", "2026-03-24")])
    S.duty = rows[0]["uid"]
    equal(rule["uid"] in [r["uid"] for r in SERVER.get(API + "/duty-rules", session=S.head).json["rows"]], True)
    equal(SERVER.get(API + "/duty-rules", session=S.stranger).json["rows"], [])
    problem(SERVER.get(f"{API}/duty-rules/{rule['uid']}", session=S.stranger), 404)


def a_rule_is_changed_by_whose_it_is():
    path = f"{API}/duty-rules/{S.rule['uid']}"
    problem(SERVER.request("PATCH", path, {"name": "x"}, session=S.issuer), 428)
    problem(SERVER.request("PATCH", path, {"name": "x"}, session=S.head, headers={"If-Match": '"1"'}), 403, "no-role")
    changed = SERVER.request("PATCH", path, {"name": "疾控周报", "grace_days": 2}, session=S.issuer, headers={"If-Match": '"1"'})
    equal((changed.status, changed.json["name"], changed.json["grace_days"], changed.json["version"], changed.json["owed_by"]["orgs"][0]["uid"]),
          (200, "疾控周报", 2, 2, S.org))
    stale = SERVER.request("PATCH", path, {"name": "x"}, session=S.issuer, headers={"If-Match": '"1"'})
    problem(stale, 409, "version-stale")
    equal(stale.json["present"]["name"], "疾控周报")


def a_duty_is_done_or_excused():
    path = f"{API}/duties/{S.duty}"
    problem(SERVER.get(path, session=S.stranger), 403, "not-owner")
    problem(SERVER.post(path + "/done", {}, session=S.stranger), 403, "not-owner")
    problem(SERVER.post(path + "/done", {}, session=S.issuer), 403, "no-role")
    problem(SERVER.post(path + "/excuse", {"reason": "  "}, session=S.issuer), 400, "reason-missing")
    problem(SERVER.post(path + "/done", {"zero": "x"}, session=S.head), 400)
    may = SERVER.get(path, session=S.head).json["may"]
    equal((may["done"]["ok"], may["zero"]["ok"], may["excuse"]["ok"]), (True, True, False))
    done = SERVER.post(path + "/done", {"zero": True, "note": "本周无新增"}, session=S.head)
    equal((done.status, done.json["state"], done.json["late_days"], done.json["by"]["name"], done.json["reason"]), (200, "zero", 0, "王明平", "本周无新增"))
    problem(SERVER.post(path + "/excuse", {"reason": "x"}, session=S.issuer), 409, "wrong-state")
    problem(SERVER.get(API + "/duties/" + "0" * 26, session=S.head), 404)


def time_opens_misses_and_tells():
    SERVER.stop()
    SERVER.advance("3w")
    SERVER.start()
    log_in()
    rows = SERVER.get(f"{API}/duties?mine=1&rule={S.rule['uid']}", session=S.head).json["rows"]
    equal([(d["period"], d["state"]) for d in rows], [("2026W12", "zero"), ("2026W13", "missed"), ("2026W14", "due"), ("2026W15", "due")])
    assert rows[0]["late_days"] == 0 and rows[1]["late_days"] > 0, rows
    equal([d["period"] for d in SERVER.get(f"{API}/duties?state=missed&mine=1", session=S.head).json["rows"]], ["2026W13"])
    late = SERVER.post(f"{API}/duties/{rows[1]['uid']}/done", {}, session=S.head).json
    equal((late["state"], late["late_days"] > 0), ("done", True))


def what_one_was_told_is_read():
    unread = SERVER.get(API + "/session", session=S.head).json["unread"]
    rows = SERVER.get(API + "/messages?unread=1&kind=duty", session=S.head).json["rows"]
    assert unread >= len(rows) >= 2, (unread, rows)
    equal((rows[0]["kind"], rows[0]["about"]["kind"], rows[0]["task"], rows[0]["read"]), ("duty", "duty", None, None))
    assert rows[0]["params"]["rule"] == "疾控周报", rows[0]
    answer = SERVER.post(API + "/messages/read", {"uids": [rows[0]["uid"]]}, session=S.head).json
    equal(answer["unread"], unread - 1)
    equal(SERVER.post(API + "/messages/read", {"uids": [rows[1]["uid"]]}, session=S.issuer).status, 200)
    equal(SERVER.get(API + "/session", session=S.head).json["unread"], unread - 1, "somebody else's stays unread")
    equal(SERVER.post(API + "/messages/read", {}, session=S.head).json["unread"], 0)
    problem(SERVER.post(API + "/messages/read", {"uids": 7}, session=S.head), 400)
    problem(SERVER.get(API + "/messages?kind=gossip", session=S.head), 400)


def a_plan_has_a_ladder():
    rows = SERVER.get(API + "/tasks?mine=1&role=lead&state=issued&limit=1", session=S.head).json["rows"]
    S.task, path = rows[0], f"{API}/plans/{rows[0]['plan']['uid']}"
    plan = SERVER.get(path, session=S.issuer).json
    equal([(s["days"], s["level"]) for s in plan["steps"]][:3], [(-20, "green"), (-10, "yellow"), (1, "red")])
    equal((plan["own_steps"], plan["steps"][1]["to"], plan["steps"][3]["letter"]), (False, ["handler", "deputy"], True))
    step = {"days": -7, "working": True, "level": "yellow", "to": ["head"], "letter": False}
    match = {"If-Match": f'"{plan["version"]}"'}
    problem(SERVER.post(path + "/steps", {"steps": [step]}, session=S.issuer), 428)
    problem(SERVER.post(path + "/steps", {"steps": [step]}, session=S.head, headers=match), 403, "no-role")
    for change, at in (({"days": 1000}, "/steps/0/days"), ({"level": "x"}, "/steps/0/level"), ({"to": ["x"]}, "/steps/0/to"), ({"to": []}, "/steps/0/to")):
        answer = SERVER.post(path + "/steps", {"steps": [{**step, **change}]}, session=S.issuer, headers=match)
        problem(answer, 400)
        equal(answer.json["at"], at, str(change))
    own = SERVER.post(path + "/steps", {"steps": [step]}, session=S.issuer, headers=match).json
    equal((own["steps"], own["own_steps"]), ([{"seq": 1, **step}], True))
    problem(SERVER.post(path + "/steps", {"steps": []}, session=S.issuer, headers=match), 409, "version-stale")
    back = SERVER.post(path + "/steps", {"steps": []}, session=S.issuer, headers={"If-Match": f'"{own["version"]}"'}).json
    equal((len(back["steps"]), back["own_steps"]), (7, False))


def a_reminder_by_hand_is_a_letter():
    path = f"{API}/tasks/{S.task['uid']}/reminders"
    problem(SERVER.post(path, {"level": "letter"}, session=S.head), 403, "no-role")
    problem(SERVER.post(path, {"level": "letter"}, session=S.stranger), 403)
    problem(SERVER.post(path, {"level": "purple"}, session=S.issuer), 400)
    sent = SERVER.post(path, {"level": "letter", "text": "请于周五前反馈"}, session=S.issuer)
    equal(sent.status, 201, sent.body[:300])
    reminder = sent.json["reminders"][-1]
    equal((reminder["level"], reminder["by"]["name"], reminder["text"], reminder["read"]), ("letter", "朱晓行", "请于周五前反馈", 0))
    assert "王明平" in [p["name"] for p in reminder["to"]], reminder
    equal((reminder["letters"][0]["kind"], reminder["letters"][0]["year"], reminder["letters"][0]["org"]["uid"]), ("letter", 2026, S.org))
    number = reminder["letters"][0]["number"]
    again = SERVER.post(path, {"level": "letter"}, session=S.issuer).json["reminders"][-1]
    equal(again["letters"][0]["number"], number + 1)
    task = SERVER.get(f"{API}/tasks/{S.task['uid']}", session=S.head).json
    equal((task["reminder"], [r["uid"] for r in task["reminders"]][-1]), ("letter", again["uid"]))
    row = next(t for t in SERVER.get(API + "/tasks?mine=1&limit=500", session=S.head).json["rows"] if t["uid"] == S.task["uid"])
    equal(row["reminder"], "letter")
    letters = SERVER.get(f"{API}/letters?kind=letter&year=2026&task={S.task['uid']}", session=S.head).json["rows"]
    equal([(l["number"], l["task"]["uid"], l["text"]) for l in letters], [(number + 1, S.task["uid"], None), (number, S.task["uid"], "请于周五前反馈")])
    equal(SERVER.get(f"{API}/letters?task={S.task['uid']}", session=S.stranger).json["rows"], [])
    message = SERVER.get(API + "/messages?kind=letter", session=S.head).json["rows"][0]
    equal((message["task"]["uid"], message["level"], message["by"]["name"]), (S.task["uid"], "letter", "朱晓行"))
    SERVER.post(API + "/messages/read", {}, session=S.head)
    equal(SERVER.get(path, session=S.issuer).json["reminders"][-1]["read"] >= 1, True)


def the_ladder_is_climbed_day_by_day():
    SERVER.stop()
    SERVER.advance("7m")  # to November
    SERVER.start()
    log_in()
    rows = [r for r in SERVER.get(API + "/reminders?limit=500", session=S.issuer).json["rows"] if not r["by"]]
    keys = [(r["task"]["uid"], r["due"], r["level"]) for r in rows]
    days = {(r["due"], r["level"]): r["sent"][:10] for r in rows}
    equal([days[("2026-10-31", level)] for level in ("green", "yellow", "red")], ["2026-10-10", "2026-10-21", "2026-11-02"],
          "a Saturday that was made up, a Wednesday, and the Monday behind the date")
    equal(len(keys), len(set(keys)), "each step once for a task and a due date")
    free = {d["date"] for d in SERVER.get(API + "/calendars/cn?year=2026", session=S.head).json["days"] if not d["working"]}
    assert all(r["sent"][:10] not in free and r["planned"] not in free for r in rows), rows
    level = rows[0]["level"]
    only = SERVER.get(f"{API}/reminders?level={level}&plan={S.task['plan']['uid']}&from=2026-03-01&to=2026-12-31&org={S.org}", session=S.issuer).json["rows"]
    assert all(r["level"] == level for r in only), only
    problem(SERVER.get(API + "/reminders?level=x", session=S.issuer), 400)
    equal(SERVER.get(API + "/reminders", session=S.stranger).json["rows"] and [r for r in SERVER.get(API + "/reminders", session=S.stranger).json["rows"] if not r["task"]], [])


def the_year_shows_what_is_due():
    year = SERVER.get(API + "/calendar?from=2026-10-01&to=2026-10-31", session=S.head).json
    equal((len(year["days"]), year["known"], year["days"][0]), (31, True, {"date": "2026-10-01", "working": False, "name": "国庆节"}))
    equal([d["working"] for d in year["days"] if d["date"] in ("2026-10-10", "2026-10-11", "2026-10-12")], [True, False, True])
    tasks = [e for e in year["entries"] if e["kind"] == "task"]
    mine = {t["uid"] for t in SERVER.get(API + "/tasks?due_from=2026-10-01&due_to=2026-10-31&limit=500", session=S.head).json["rows"]}
    equal({e["uid"] for e in tasks}, mine)
    assert mine and all(e["light"] in ("red", "green", "none") and e["plan"]["title"] for e in tasks), tasks
    assert any(e["kind"] == "duty" and e["n"] == 1 and e["light"] == "red" for e in year["entries"]), year["entries"][:5]
    equal([e["date"] for e in year["entries"]], sorted(e["date"] for e in year["entries"]))
    assert not [e for e in SERVER.get(f"{API}/calendar?from=2026-10-01&to=2026-10-31&org={S.org}", session=S.stranger).json["entries"] if e["uid"] in mine]
    problem(SERVER.get(API + "/calendar?from=2026-10-02&to=2026-10-01", session=S.head), 400)
    problem(SERVER.get(API + "/calendar?from=2020-01-01&to=2026-10-01", session=S.head), 400)
    problem(SERVER.get(API + "/calendar?org=" + "0" * 26, session=S.head), 400)
    equal(SERVER.get(API + "/calendar?from=2027-01-01&to=2028-01-01", session=S.head).json["known"], False)


def meetings_are_held_on_working_days():
    plan = SERVER.get(f"{API}/plans/{S.task['plan']['uid']}", session=S.issuer).json
    match = {"If-Match": f'"{plan["version"]}"'}
    changed = SERVER.request("PATCH", f"{API}/plans/{plan['uid']}", {"settings": {"weekly": {"day": 4, "hour": 9}}}, session=S.issuer, headers=match)
    equal(changed.status, 200, changed.body[:200])
    rows = SERVER.get(f"{API}/calendar?from=2026-09-28&to=2026-10-16&plan={plan['uid']}", session=S.issuer).json["entries"]
    equal([(e["date"], e["hour"]) for e in rows if e["kind"] == "meeting"], [("2026-10-08", 9), ("2026-10-15", 9)],
          "those of the holidays are held behind them, as one")


def who_is_mentioned_is_told():
    path = f"{API}/tasks/{S.task['uid']}/comments"
    head = SERVER.get(API + "/session", session=S.head).json["account"]["uid"]
    stranger = SERVER.get(API + "/session", session=S.stranger).json["account"]["uid"]
    refused = SERVER.post(path, {"text": "请看", "mentions": [head, stranger]}, session=S.issuer)
    problem(refused, 400, "cannot-read")
    equal(refused.json["at"], "/mentions/1")
    problem(SERVER.post(path, {"text": "请看", "mentions": "x"}, session=S.issuer), 400)
    equal(SERVER.post(path, {"text": "请看", "mentions": [head]}, session=S.issuer).status, 201)
    equal([p["name"] for p in SERVER.get(path, session=S.head).json["rows"][-1]["mentions"]], ["王明平"])
    told = SERVER.get(API + "/messages?kind=mention", session=S.head).json["rows"][0]
    equal((told["task"]["uid"], told["by"]["name"]), (S.task["uid"], "朱晓行"))


class S:
    pass


def log_in():
    for name, username in (("head", "head01"), ("issuer", "issuer01"), ("system", "sysadmin01"), ("stranger", "xuheshu")):
        setattr(S, name, SERVER.login(username))


if __name__ == "__main__":
    with Demo() as SERVER:
        log_in()
        S.org = SERVER.get(API + "/session", session=S.head).json["org"]["uid"]
        run(the_calendar_came_with_the_program, an_unknown_year_says_so, a_year_is_replaced_by_a_file, a_rule_says_who_owes_what, a_rule_is_changed_by_whose_it_is,
            a_duty_is_done_or_excused, time_opens_misses_and_tells, what_one_was_told_is_read, a_plan_has_a_ladder, a_reminder_by_hand_is_a_letter,
            the_ladder_is_climbed_day_by_day, the_year_shows_what_is_due, meetings_are_held_on_working_days, who_is_mentioned_is_told)
