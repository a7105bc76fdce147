#!/usr/bin/env python3
"""Tasks by hand over the API: drafts, amendments, restricted ones that change no answer that others get, and rounds of looking back."""
import io
import json
import re
import zipfile

from client import get, prove, upload
from lib import Demo, equal, problem, run

OTHERS = ("handler01", "reviewer01", "inspector01", "leader01", "auditadmin01", "lichuan", "reporter01")
CHAIN = re.compile(r"<oddFooter>.*?</oddFooter>|(?<=<t>记录链)[^<]*</t></is></c><c[^>]*><is><t>[^<]*")  # what a workbook says of the chain's head
SECRET = "谈话安排甲乙丙丁"


def post(session, path, body, version=None):
    return SERVER.request("POST", f"/api/v1/{path}", body, session=session, headers={"If-Match": f'"{version}"'} if version else {})


def made(body, session=None):
    answer = post(session or ISSUER, "tasks", {"source": "instruction", "title": "一件事", **body})
    equal(answer.status, 201, answer.body[:300])
    return answer.json


def do(session, task, verb, **body):
    answer = post(session, f"tasks/{task['uid']}/do/{verb}", body, get(SERVER, session, f"tasks/{task['uid']}")["version"])
    equal(answer.status, 200, f"{verb}: {answer.body[:300]}")
    return answer.json


def closed_task():
    task = made({"lead": [UNIT], "due": "2026-05-01", "issue": True})
    do(HANDLER, task, "accept")
    paper = upload(SERVER, HANDLER, "a.txt", b"paper")
    equal(post(HANDLER, f"tasks/{task['uid']}/evidence", {"upload": paper, "kind": "other"}).status, 200)
    for session, verb in ((HEAD, "submit"), (REVIEWER, "verify"), (ISSUER, "close")):
        task = do(session, task, verb, reason="依据充分")
    return task


def a_draft_is_its_issuers_until_it_is_issued():
    task = made({"source_no": "批字3号", "source_date": "2026-03-10", "basis": "市政府批示", "measures": ["一", "二"], "lead": [UNIT], "term": "at_once",
                 "targets": [{"metric": "接种率", "op": ">=", "value": "95.0", "unit": "%"}]})
    equal((task["state"], task["source"], task["source_no"], task["source_date"], task["term"]), ("draft", "instruction", "批字3号", "2026-03-10", "at_once"))
    equal((len(task["measures_list"]), task["targets_list"][0]["value"], task["needs_incomputable"]), (2, "95", True))
    equal(task["number"][:8], "批示-2026-")
    equal(task["may"]["issue"], {"ok": False, "why": "due-missing", "params": None})
    for name in OTHERS + ("head01",):
        problem(SERVER.get(f"/api/v1/tasks/{task['uid']}", session=SESSIONS[name]), 404)
    amended = post(ISSUER, f"tasks/{task['uid']}/amend", {"set": {"due": "2026-06-30"}}, task["version"]).json
    equal((amended["amendments"], amended["marks"]), ([], ["figure"]))
    do(ISSUER, amended, "issue")
    equal(get(SERVER, HEAD, f"tasks/{task['uid']}")["state"], "issued")


def what_is_wrong_is_said_where():
    cases = [({"title": ""}, "/title", None), ({"lead": ["0" * 26]}, "/lead/0", "org-unknown"), ({"due": "tomorrow"}, "/due", None), ({"term": "soon"}, "/term", None),
             ({"stage": 3}, "/stage", "no-stage"), ({"readers": "x"}, "/readers", None), ({"nothing": 1}, "/nothing", None), ({"source": "dream"}, "/source", None),
             ({"targets": [{"metric": "x"}]}, "/targets/0", None), ({"issue": True}, "/lead", "lead-missing"), ({"leader": UIDS["handler01"]}, "/leader", "leader-unreached")]
    for body, at, code in cases:
        problem(post(ISSUER, "tasks", {"source": "other", "title": "x", **body}), 400, code, at)
    problem(post(HEAD, "tasks", {"source": "other", "title": "x"}), 403, "no-role")


def an_amendment_shows_old_and_new():
    task = made({"lead": [UNIT], "due": "2026-05-01", "issue": True})
    path = f"tasks/{task['uid']}/amend"
    problem(post(ISSUER, path, {"set": {"due": "2026-07-01"}}, task["version"]), 400, "reason-missing", "/reason")
    problem(post(ISSUER, path, {"reason": "x", "set": {"due": None}}, task["version"]), 400, "due-missing", "/set/due")
    problem(post(HEAD, path, {"reason": "x", "set": {"due": "2026-07-01"}}, task["version"]), 403, "no-role")
    amended = post(ISSUER, path, {"reason": "汛期", "set": {"due": "2026-07-01"}}, task["version"]).json
    one = amended["amendments"][0]
    equal((one["field"], one["old"], one["new"], one["reason"], one["by"]["uid"]), ("due", "2026-05-01", "2026-07-01", "汛期", UIDS["issuer01"]))
    equal(amended["marks"], ["adjusted"])
    stale = problem(post(ISSUER, path, {"reason": "x", "set": {"due": "2026-08-01"}}, task["version"]), 409, "version-stale")
    equal(stale["present"]["due"], "2026-07-01")
    named = post(HEAD, path, {"set": {"handler": UIDS["handler01"]}}, amended["version"]).json
    equal((named["handler"]["uid"], len(named["amendments"])), (UIDS["handler01"], 1))
    led = post(ISSUER, path, {"reason": "领导包案", "set": {"leader": UIDS["leader01"], "category": "急件", "reminders": "off"}}, named["version"]).json
    equal((led["leader"]["uid"], led["category"], led["quiet"], len(led["amendments"])), (UIDS["leader01"], "急件", True, 4))


# --- Restricted ------------------------------------------------------------------------------------------------------------------------

def reading_routes():
    """Every GET, with the plan or the unit in the place of a uid; what tells of the chain or the moment itself is not an answer about tasks."""
    passing = ("/healthz", "/metrics", "/api/openapi.json", "/api/v1/session", "/api/v1/audit/head", "/api/v1/audit/proof", "/api/v1/jobs", "/api/v1/sessions")
    for path, methods in SERVER.get("/api/openapi.json", session=None).json["paths"].items():
        if "get" not in methods or path in passing or "evidence" in path or "/jobs/" in path:
            continue
        if "{" not in path:
            names = {p["name"] for p in methods["get"].get("parameters", [])}
            more = "&".join(f"{n}={v}" for n, v in (("limit", 500), ("total", 1), ("kind", "weekly"), ("plan", PLAN)) if n in names and (n not in ("kind", "plan") or "reports/now" in path))
            yield path + ("?" + more if more else "")
        elif path.startswith(("/api/v1/plans/", "/api/v1/orgs/")) and path.count("{") == 1:
            yield path.replace("{uid}", PLAN if "plans" in path else UNIT)


def without_moments(value):
    if isinstance(value, dict):
        return {k: without_moments(v) for k, v in value.items() if k not in ("head", "made", "at", "now")}
    if isinstance(value, list):
        return [without_moments(v) for v in value]
    return re.sub(r"until=\d+", "", value) if isinstance(value, str) else value


def answers_of(session):
    answers = {}
    for path in reading_routes():
        got = SERVER.get(path, session=session)
        body = got.body
        if body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(body)) as book:
                parts = {name: book.read(name).decode(errors="replace") for name in book.namelist() if name.startswith("xl/")}
                answers[path] = {name: CHAIN.sub("", part) for name, part in parts.items()}
        elif got.status == 200 and body.startswith(b"{"):
            answers[path] = without_moments(json.loads(body))
        else:
            answers[path] = got.status
    return answers


def difference(before, after):
    a, b = (json.dumps(v, ensure_ascii=False, sort_keys=True) for v in (before, after))
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"{a[max(0, at - 100):at + 60]} then {b[max(0, at - 100):at + 60]}"


def a_restricted_task_changes_no_answer_that_others_get():
    before = {name: answers_of(SESSIONS[name]) for name in OTHERS}
    task = made({"title": SECRET, "lead": [UNIT], "due": "2026-03-01", "restricted": True, "issue": True, "plan": PLAN})
    for name in OTHERS:
        after = answers_of(SESSIONS[name])
        for path, answer in after.items():
            assert SECRET not in json.dumps(answer, ensure_ascii=False) and task["uid"] not in json.dumps(answer), f"{name} reads of it in {path}"
            assert answer == before[name][path], f"the answer to {name} of {path} changed: {difference(before[name][path], answer)}"
        for path, methods in SERVER.get("/api/openapi.json", session=None).json["paths"].items():
            if path.startswith("/api/v1/tasks/{uid}") and "get" in methods and path.count("{") == 1:
                problem(SERVER.get(path.replace("{uid}", task["uid"]), session=SESSIONS[name]), 404)
        problem(post(SESSIONS[name], f"tasks/{task['uid']}/comments", {"text": "x"}), 404)
        problem(post(SESSIONS[name], f"tasks/{task['uid']}/do/accept", {}, 1), 404)
    equal(get(SERVER, HEAD, f"tasks/{task['uid']}")["marks"], ["restricted"])
    assert task["uid"] in [r["uid"] for r in get(SERVER, ISSUER, f"tasks?limit=500&plan={PLAN}")["rows"]]


def whom_it_names_it_lets_in():
    task = made({"title": SECRET, "lead": [UNIT], "due": "2026-05-01", "restricted": True, "readers": [UIDS["reviewer01"]], "issue": True})
    equal([r["uid"] for r in get(SERVER, REVIEWER, f"tasks/{task['uid']}")["readers"]], [UIDS["reviewer01"]])
    post(HEAD, f"tasks/{task['uid']}/amend", {"set": {"handler": UIDS["handler01"]}}, task["version"])
    equal(get(SERVER, HANDLER, f"tasks/{task['uid']}")["handler"]["uid"], UIDS["handler01"])
    problem(SERVER.get(f"/api/v1/tasks/{task['uid']}", session=INSPECTOR), 404)


# --- Looking back ------------------------------------------------------------------------------------------------------------------------

def a_round_finds_what_fell_back():
    tasks = [closed_task() for _ in range(3)]
    plan = tasks[0]["plan"]["uid"]
    body = {"plan": plan, "title": "一季度回头看", "from": "2026-03-16", "until": "2026-03-31", "sample": "all"}
    problem(post(HEAD, "look-backs", body), 403, "no-role")
    problem(post(INSPECTOR, "look-backs", {**body, "sample": "some"}), 400, None, "/sample")
    problem(post(INSPECTOR, "look-backs", {**body, "until": "2026-03-01"}), 400, "dates-wrong", "/until")
    problem(post(INSPECTOR, "look-backs", {**body, "plan": "0" * 26}), 404)
    drawn = post(INSPECTOR, "look-backs", body)
    equal(drawn.status, 201, drawn.body[:300])
    drawn = drawn.json
    assert {t["uid"] for t in tasks} <= {r["task"]["uid"] for r in drawn["rows"]}, drawn
    may = lambda session: get(SERVER, session, f"look-backs/{drawn['uid']}")["rows"][0]["may"]
    equal((may(INSPECTOR)["record"], may(HEAD)["record"]["why"]), ({"ok": True}, "no-role"))
    path = f"look-backs/{drawn['uid']}/tasks/"
    problem(post(INSPECTOR, path + tasks[0]["uid"], {"result": "relapsed"}), 400, "reason-missing", "/note")
    found = post(INSPECTOR, path + tasks[0]["uid"], {"result": "relapsed", "note": "名册又满了"}).json
    equal((found["relapsed"], found["version"]), (1, 2))
    task = get(SERVER, HEAD, f"tasks/{tasks[0]['uid']}")
    equal((task["state"], task["relapses"], task["look_backs"][0]["result"], task["marks"]), ("reopened", 1, "relapsed", ["relapsed"]))
    held = post(INSPECTOR, path + tasks[1]["uid"], {"result": "held"})
    equal((held.status, [r["may"] for r in held.json["rows"] if r["task"]["uid"] == tasks[1]["uid"]]), (200, [{}]))
    problem(post(INSPECTOR, path + tasks[1]["uid"], {"result": "unclear"}), 409, "result-given")
    problem(post(HEAD, path + tasks[2]["uid"], {"result": "held"}), 403, "no-role")
    problem(post(INSPECTOR, path + "0" * 26, {"result": "held"}), 404)
    rows = get(SERVER, INSPECTOR, f"look-backs?plan={plan}&state=open")["rows"]
    equal([(r["uid"], r["held"], r["relapsed"]) for r in rows], [(drawn["uid"], 1, 1)])
    equal(get(SERVER, INSPECTOR, f"look-backs?plan={plan}&state=done")["rows"], [])
    assert tasks[0]["uid"] in [t["uid"] for t in get(SERVER, ISSUER, "tasks?relapsed=1&limit=500")["rows"]]
    do(ISSUER, task, "cancel", reason="不再办理")
    assert tasks[0]["uid"] in [t["uid"] for t in get(SERVER, ISSUER, "tasks?relapsed=1&limit=500")["rows"]], "a relapse was hidden by cancelling"
    post(INSPECTOR, "look-backs", {**body, "sample": "share", "share": 50})


def the_events_add_up():
    prove(SERVER, SESSIONS["auditadmin01"])


if __name__ == "__main__":
    with Demo() as SERVER:
        SESSIONS = {name: SERVER.login(name) for name in (*OTHERS, "issuer01", "head01")}
        UIDS = {name: get(SERVER, s, "session")["account"]["uid"] for name, s in SESSIONS.items()}
        ISSUER, HEAD, HANDLER, REVIEWER, INSPECTOR = (SESSIONS[n] for n in ("issuer01", "head01", "handler01", "reviewer01", "inspector01"))
        UNIT = get(SERVER, HEAD, "session")["org"]["uid"]
        PLAN = made({"lead": [UNIT], "due": "2026-05-01", "issue": True})["plan"]["uid"]
        run(a_draft_is_its_issuers_until_it_is_issued, what_is_wrong_is_said_where, an_amendment_shows_old_and_new,
            a_restricted_task_changes_no_answer_that_others_get, whom_it_names_it_lets_in, a_round_finds_what_fell_back, the_events_add_up)
