#!/usr/bin/env python3
"""The whole loop over the API: an institution withholds rows, its score falls under the pack's line, that is a task in the ledger; the institution claims it, nobody's word ends it while the score is under the line, the rows
are sent and the engine strikes it off by the figure; the next month falls again, and the task is open again as a relapse that is counted and shown."""
import os
import tempfile

from client import act, prove
from lib import Demo, equal, problem, run, wait_until

API = "/api/v1"
VISIT, VOLUME = "loop.visit", "loop.volume"
OURS = "990101-JK"
N, SENT = 40, 10
MARCH, APRIL, MAY = "2026-03", "2026-04", "2026-05"
PACK = """pack: loop
version: 1.0.0
needs: bihuan 1
name: 回环
name_en: Loop
datasets:
  volume:
    name: 业务量
    name_en: Volume
    kind: aggregate
    org: place
    every: month
    key: [part]
    fields:
      place: {name: 机构, name_en: Place, type: org, required: true}
      part: {name: 部分, name_en: Part, type: text, required: true}
      visits: {name: 人次, name_en: Visits, type: integer, required: true}
  visit:
    name: 就诊
    name_en: Visits
    kind: event
    org: place
    date: day
    key: [number]
    reporters: {types: [public_health]}
    every: month
    due: 3 days
    fields:
      place: {name: 机构, name_en: Place, type: org, required: true}
      number: {name: 编号, name_en: Number, type: text, required: true}
      day: {name: 日期, name_en: Day, type: date, required: true}
      amount: {name: 费用, name_en: Amount, type: integer, required: true}
    rules:
      - {id: counted, check: amount >= 0, level: warning, says: 费用为负, says_en: negative}
      - {id: declared, kind: total, received: count(visit), declared: "sum(volume, visits)", counts_for: completeness, level: warning, says: 与业务量不符, says_en: not what was declared}
    quality: {line: 90}
"""
PROOF = """proof:
  - {id: negative, says: 费用为负, says_en: Negative, dataset: visit, file: n.csv, today: 2026-01-31, defects: [{row: 1, rule: counted}]}
"""


def write_pack(folder):
    os.makedirs(os.path.join(folder, "loop", "tests"))
    for path, text in (("elements.yaml", "elements: {}\n"), ("loop/pack.yaml", PACK), ("loop/tests/proof.yaml", PROOF), ("loop/tests/n.csv", "place,number,day,amount\nX,1,2026-01-05,-1\n")):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(text)
    return folder


def send(dataset, text):
    answer = SERVER.request("POST", f"{API}/data/{dataset}?name=a.csv", text.encode(), {"Content-Type": "text/csv"}, S.reporter)
    equal((answer.status, answer.json.get("state")), (201, "done"), str(answer.body[:600]))


def visits(month, first, behind):
    send(VISIT, "place,number,day,amount\n" + "".join(f"{OURS},{month}-{n},{month}-{n % 14 + 1:02},100\n" for n in range(first, behind)))


def volume(month):
    send(VOLUME, f"place,period,part,visits\n{OURS},{month},all,{N}\n")


def get(path, who=None):
    answer = SERVER.get(API + path, session=who or S.issuer)
    equal(answer.status, 200, f"{path}: {answer.body[:300]}")
    return answer.json


def pages(path):
    """All that a list holds."""
    rows, cursor = [], ""
    while cursor is not None:
        page = get(f"{path}&limit=7{cursor}", S.district)
        rows += page["rows"]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    return rows


def task():
    return get(f"/tasks/{S.task}")


def log_in():
    """Who sends, who heads the institution; who reviews and issues for the city; who looks after the district's data."""
    S.reporter, S.head, S.reviewer, S.issuer, S.district = (SERVER.login(name) for name in ("yanzhihai", "qinhaili", "reviewer01", "issuer01", "jianglinyu"))


def wait_for(span):
    SERVER.stop()
    SERVER.advance(span)
    SERVER.start()
    log_in()


def scored(month, want):
    """The month's score, as a figure of the page."""
    return wait_until(lambda: next((r for r in get(f"/quality?dataset={VISIT}&month={month}&org={S.org}", S.district)["rows"] if r["score"] == want), None), 30, f"a score of {want} in {month}")


def rows_are_withheld():
    """10 of 40 declared: completeness (1 + 0.25) / 2; 30 × 0.625 + 20 + 10 + 20 of 80 are 85.9. As long as there is time to send them nobody makes a task of it."""
    S.org = next(o["uid"] for o in get("/orgs?kind=public_health&limit=500")["rows"] if o["code"] == OURS)
    volume(MARCH)
    visits(MARCH, 0, SENT)
    row = scored(MARCH, "85.9")
    equal((row["line"], row["below"]), (90, True))
    equal(get("/tasks?limit=500&source=quality")["rows"], [])


def the_score_is_a_task():
    wait_for("3w")
    ours = wait_until(lambda: [t for t in get("/tasks?limit=500&source=quality")["rows"] if S.org in [o["uid"] for o in t["lead"]]], 30)
    equal(len(ours), 1)
    S.task, S.plan = ours[0]["uid"], ours[0]["plan"]["uid"]
    equal((ours[0]["state"], ours[0]["relapses"]), ("issued", 0))
    whole = task()
    assert "85.9" in whole["text"] and "90" in whole["text"], whole["text"]
    mine = [t["uid"] for t in get("/tasks?limit=500&source=quality", S.head)["rows"]]
    equal(mine, [S.task], "the institution's own list holds its own")


def the_institution_claims_it():
    """Without papers, for the score is the proof; and no reviewer's word ends it while the score is under the line."""
    equal(act(SERVER, S.head, get(f"/tasks/{S.task}", S.head), "accept").status, 200)
    claimed = act(SERVER, S.head, get(f"/tasks/{S.task}", S.head), "submit")
    equal(claimed.status, 200, claimed.body[:300])
    equal(task()["state"], "submitted")
    problem(act(SERVER, S.reviewer, get(f"/tasks/{S.task}", S.reviewer), "verify"), 409, "score-below")
    equal(task()["state"], "submitted")


def rows_that_come_late_are_not_enough():
    """20 of 40, half of them late: 30 × 0.75 + 20 + 10 + 20 × 0.5 of 80 are 78.1; all, three quarters of them late: 81.2. The last month is not what it should have been."""
    visits(MARCH, SENT, 2 * SENT)
    scored(MARCH, "78.1")
    visits(MARCH, 2 * SENT, N)
    equal(scored(MARCH, "81.2")["below"], True)
    equal(len(pages(f"/records/{VISIT}?org={S.org}&from={MARCH}&to={MARCH}&late=1")), N - SENT)
    equal(task()["state"], "submitted")


def the_figure_ends_it():
    """The next month comes whole and in its time; what was withheld of March is there: the engine verifies and strikes off, with the figure for its reason."""
    volume(APRIL)
    visits(APRIL, 0, N)
    scored(APRIL, "100")
    equal(task()["state"], "submitted", "April is not over: nobody knows whether it is all")
    wait_for("4w")
    ended = wait_until(lambda: (lambda t: t if t["state"] == "closed" else None)(task()), 30, "the end of the task")
    verify, close = ended["verdicts"][-2:]
    equal([(v["verb"], v["by"]) for v in (verify, close)], [("verify", None), ("close", None)], "by nobody's word")
    assert "100" in verify["reason"] and "90" in verify["reason"], verify
    equal((ended["relapses"], bool(ended["holding_until"])), (0, True))
    equal(scored(MARCH, "81.2")["below"], True, "the month itself is told as it was")


def the_next_month_falls():
    """It is watched: the same task, open again, counted."""
    volume(MAY)
    visits(MAY, 0, SENT)
    wait_for("5w")
    again = wait_until(lambda: (lambda t: t if t["state"] == "reopened" else None)(task()), 30, "the relapse")
    equal(again["relapses"], 1)
    assert "85.9" in again["verdicts"][-1]["reason"] and again["verdicts"][-1]["by"] is None, again["verdicts"][-1]
    equal([t["uid"] for t in get("/tasks?limit=500&source=quality")["rows"] if S.org in [o["uid"] for o in t["lead"]]], [S.task], "no second task")
    equal([t["uid"] for t in get(f"/tasks?plan={S.plan}&relapsed=1")["rows"]], [S.task])
    figure = next(f for f in get(f"/overview?plan={S.plan}")["figures"] if f["id"] == "relapsed")
    equal((figure["value"], [t["uid"] for t in get(f"/tasks?{figure['query']}")["rows"]]), (1, [S.task]), "it is shown, and opens to the task")
    prove(SERVER, SERVER.login("auditadmin01"))


def who_has_to_report_is_told():
    """Some days before June is due, and when its day is over and nothing came: who sends, and who heads the institution; nobody is told of the months that came."""
    wait_for("5w")
    for who in (S.reporter, S.head):
        told = [m for m in get("/messages?kind=duty&limit=500", who)["rows"] if m["params"]["rule"] == "就诊"]
        equal({m["params"]["period"] for m in told}, {"2026-06"})
        soon, missed = sorted(told, key=lambda m: m["at"])
        equal([(m["level"], m["params"]["due"], m["about"]["kind"]) for m in (soon, missed)], [("green", "2026-07-03", "duty"), ("red", "2026-07-03", "duty")])
        assert "2026-06-28" < soon["at"][:10] <= "2026-07-03" < missed["at"][:10] <= "2026-07-05", (soon, missed)
    equal([d["period"] for d in get("/duties?state=missed&mine=1", S.head)["rows"] if d["rule"]["name"] == "就诊"], ["2026-06"])


class S:
    task = plan = org = None


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER, Demo("--packs", write_pack(FOLDER)) as SERVER:
        log_in()
        run(rows_are_withheld, the_score_is_a_task, the_institution_claims_it, rows_that_come_late_are_not_enough, the_figure_ends_it, the_next_month_falls, who_has_to_report_is_told)
