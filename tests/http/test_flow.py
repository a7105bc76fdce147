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
            a_duty_is_done_or_excused, time_opens_misses_and_tells, what_one_was_told_is_read)
