#!/usr/bin/env python3
"""A period that is closed: what is sent for it behind its lock is refused row by row, until somebody above opens it for a time; what is corrected then is marked."""
import os
import tempfile

from lib import Demo, equal, problem, run, wait_until

API = "/api/v1"
DATASET = "locks.note"
CENTRE = "990101-JC01"
HEADER = "centre,number,day,amount\n"
PACK = """pack: locks
version: 1.0.0
needs: bihuan 1
name: 日报
name_en: Days
datasets:
  note:
    name: 日志
    name_en: Notes
    kind: event
    org: centre
    date: day
    key: [number]
    reporters: {types: [centre]}
    every: day
    due: 1 days
    lock: 2 days
    fields:
      centre: {name: 单位, name_en: Centre, type: org, required: true}
      number: {name: 编号, name_en: Number, type: text, required: true}
      day: {name: 日期, name_en: Day, type: date, required: true}
      amount: {name: 数量, name_en: Amount, type: integer, required: true}
    rules:
      - {id: counted, check: amount >= 0, level: warning, says: 数量为负, says_en: negative}
    forms:
      one:
        name: 一条
        name_en: One
        parts: [{name: 内容, name_en: What, fields: [number, day, amount]}]
    quality: {line: 80}
"""
PROOF = """proof:
  - {id: negative, says: 数量为负, says_en: Negative, dataset: note, file: n.csv, today: 2026-01-31, defects: [{row: 1, rule: counted}]}
"""


def write_pack(folder):
    os.makedirs(os.path.join(folder, "locks", "tests"))
    for path, text in (("elements.yaml", "elements: {}\n"), ("locks/pack.yaml", PACK), ("locks/tests/proof.yaml", PROOF), ("locks/tests/n.csv", HEADER + "X,1,2026-01-05,-1\n")):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(text)
    return folder


def row(n, day, amount=1):
    return f"{CENTRE},N{n},{day},{amount}\n"


def send(*rows, query="", status=201):
    answer = SERVER.request("POST", f"{API}/data/{DATASET}?name=a.csv{query}", (HEADER + "".join(rows)).encode(), {"Content-Type": "text/csv"}, S.reporter)
    equal(answer.status, status, str(answer.body[:400]))
    return answer


def report():
    rows = SERVER.get(f"{API}/expected?dataset={DATASET}&period={S.period}&limit=500", session=S.issuer).json["rows"]
    equal({one["period"] for one in rows}, {S.period})
    return next(one for one in rows if one["org"]["name"] == S.org["name"])


def own_silent():
    rows = SERVER.get(f"{API}/expected?dataset={DATASET}&org={S.org['uid']}&state=silent&limit=500", session=S.issuer).json["rows"]
    return [one for one in rows if one["lock"] and one["lock"] < S.today]


def log_in():
    S.reporter, S.issuer = SERVER.login("reporter01"), SERVER.login("jianglinyu")
    me = SERVER.get(f"{API}/session", session=S.reporter).json
    S.org, S.today = me["org"], me["today"]


def a_period_is_open_while_it_lasts():
    wait_until(lambda: SERVER.get(f"{API}/expected?dataset={DATASET}", session=S.issuer).json["rows"])
    S.period = S.today
    equal(send(row(1, S.period)).json["result"]["added"], 1)
    problem(SERVER.post(f"{API}/expected/open", grant(until=S.today), session=S.issuer), 409, "not-locked")


def grant(**more):
    return {"dataset": DATASET, "org": S.org["uid"], "period": S.period, "reason": "数量录错，经核对后更正", **more}


def behind_its_lock_its_rows_are_refused_and_others_go_in():
    SERVER.stop()
    SERVER.advance("4d")
    SERVER.start()
    log_in()
    one = report()
    assert one["lock"] < S.today and one["may"]["open"]["ok"] and one["opened"] is None, one
    result = send(row(1, S.period, 2), row(2, S.today)).json["result"]
    equal([result["rejected"], result["added"], result["changed"]], [1, 1, 0], str(result))
    equal([f["rule"] for f in result["findings"] if f["level"] == "reject"], ["period-locked"])
    equal(result["locked"], [{"dataset": DATASET, "period": S.period, "since": one["lock"], "n": 1}])
    refused = send(row(1, S.period, 2), row(3, S.today), query="&strict=1").json
    equal([refused["state"], refused["error"]["code"]], ["refused", "strict"])
    answer = send(row(1, S.period, 2), query=f"&mode=replace&period={S.period}", status=409)
    problem(answer, 409, "period-locked")
    equal([answer.json["params"]["period"], answer.json["params"]["since"]], [S.period, one["lock"]])
    form = SERVER.get(f"{API}/forms?dataset={DATASET}", session=S.reporter).json["rows"][0]["form"]["id"]
    values = {"number": "N1", "day": S.period, "amount": "2"}
    checked = SERVER.post(f"{API}/forms/{DATASET}/{form}", {"values": values, "check": True}, session=S.reporter).json
    equal([checked["outcome"], checked["findings"][0]["rule"]], ["rejected", "period-locked"], str(checked))


def of_a_closed_period_nobody_says_that_there_was_nothing():
    period = wait_until(own_silent)[0]["period"]
    zero = {"dataset": DATASET, "org": S.org["uid"], "period": period}
    problem(SERVER.post(f"{API}/expected/zero", zero, session=S.reporter), 409, "period-locked")
    equal(SERVER.post(f"{API}/expected/open", grant(period=period, until=S.today), session=S.issuer).status, 200)
    equal(SERVER.post(f"{API}/expected/zero", zero, session=S.reporter).json["state"], "zero")


def a_grant_opens_it_until_its_end_and_what_changes_is_marked():
    problem(SERVER.post(f"{API}/expected/open", grant(until=S.today), session=S.reporter), 403)
    problem(SERVER.post(f"{API}/expected/open", grant(until=S.today, reason=" "), session=S.issuer), 400, "reason-missing")
    problem(SERVER.post(f"{API}/expected/open", grant(until="2020-01-01"), session=S.issuer), 400, "grant-past")
    opened = SERVER.post(f"{API}/expected/open", grant(until=S.today), session=S.issuer)
    equal([opened.status, opened.json["opened"], opened.json["corrected"]], [200, S.today, None], str(opened.body[:300]))
    equal(send(row(1, S.period, 2)).json["result"]["changed"], 1)
    assert report()["corrected"] is not None
    scored = wait_until(lambda: [r for r in SERVER.get(f"{API}/quality?dataset={DATASET}&month={S.period[:7]}", session=S.issuer).json["rows"] if r["org"]["name"] == S.org["name"]], 60)
    assert scored[0]["corrected"] is not None, scored
    SERVER.stop()
    SERVER.advance("1d")
    SERVER.start()
    log_in()
    equal(send(row(1, S.period, 3)).json["result"]["rejected"], 1)


class S:
    pass


with tempfile.TemporaryDirectory() as FOLDER, Demo("--packs", write_pack(FOLDER)) as SERVER:
    log_in()
    run(a_period_is_open_while_it_lasts, behind_its_lock_its_rows_are_refused_and_others_go_in, of_a_closed_period_nobody_says_that_there_was_nothing, a_grant_opens_it_until_its_end_and_what_changes_is_marked)
