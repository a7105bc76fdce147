#!/usr/bin/env python3
"""Registers of typed evidence: set up, entered, checked against a task, seen by whom they concern."""
from client import act, get, upload
from lib import Demo, equal, problem, run

ROWS = "/api/v1/registers/documents/rows"


def entry(number="示测发〔2026〕1号", day="2026-03-16", **more):
    return {"org": OWN, "fields": {"number": number, "title": "测试办法", "issued": day}, **more}


def the_registers_are_told_with_their_checks():
    answer = SERVER.get("/api/v1/registers", session=HANDLER).json
    equal([r["code"] for r in answer["rows"]], ["archives", "documents", "photographs", "rosters", "trainings"])
    assert {"of-owner", "emptied", "share"} <= set(answer["checks"]), answer["checks"]
    documents = answer["rows"][1]
    equal((documents["proves"], documents["key"], documents["fields"][0]["label_en"]), ("document", "number", "Document number"))


def an_entry_is_made_corrected_and_withdrawn():
    made = SERVER.post(ROWS, entry("示测发〔2026〕2号", upload=upload(SERVER, HANDLER, "文.pdf", b"%PDF-1.4 x")), session=HANDLER)
    equal(made.status, 201, made.body[:300])
    row = made.json
    equal((row["day"], row["file"], row["withdrawn"], row["may"]["edit"]), ("2026-03-16", "文.pdf", False, {"ok": True}))
    equal(SERVER.get(f"{ROWS}/{row['uid']}/file", session=HANDLER).body, b"%PDF-1.4 x")
    path = f"{ROWS}/{row['uid']}"
    problem(SERVER.request("PATCH", path, {"fields": {"title": "又一个"}}, session=HANDLER), 428, "precondition")
    changed = SERVER.request("PATCH", path, {"fields": {"title": "又一个"}}, session=HANDLER, headers={"If-Match": '"1"'})
    equal((changed.status, changed.json["fields"]["title"], changed.json["fields"]["number"], changed.json["version"]), (200, "又一个", "示测发〔2026〕2号", 2))
    problem(SERVER.request("PATCH", path, {"fields": {"title": "再一个"}}, session=HANDLER, headers={"If-Match": '"1"'}), 409, "version-stale")
    gone = SERVER.request("DELETE", path, session=HANDLER, headers={"If-Match": '"2"'})
    equal((gone.status, gone.json["withdrawn"], gone.json["may"]["edit"]["why"]), (200, True, "wrong-state"))


def what_is_no_entry_is_refused_at_its_place():
    for fields, at in (({"number": "1", "title": "x"}, "/fields/issued"), ({"number": "1", "title": "x", "issued": "昨天"}, "/fields/issued"),
                       ({"number": "1", "title": "x", "issued": "2026-03-16", "colour": "red"}, "/fields/colour"), ({"number": {}, "title": "x"}, "/fields/number")):
        problem(SERVER.post(ROWS, {"org": OWN, "fields": fields}, session=HANDLER), 400, None, at)
    problem(SERVER.post(ROWS, {"org": "0" * 26, "fields": {}}, session=HANDLER), 404, None, "/org")
    problem(SERVER.post(ROWS, {"org": OWN}, session=HANDLER), 400)
    problem(SERVER.post(ROWS, entry(), session=REVIEWER), 403, "no-role")
    problem(SERVER.get("/api/v1/registers/nothing/rows", session=HANDLER), 404)


def entries_are_seen_by_whom_they_concern():
    uid = SERVER.post(ROWS, entry("示测发〔2026〕3号"), session=HANDLER).json["uid"]
    seen = lambda session, query="": [r["uid"] for r in SERVER.get(f"{ROWS}?limit=500{query}", session=session).json["rows"]]
    assert uid in seen(HANDLER) and uid in seen(ISSUER) and uid not in seen(STRANGER)
    problem(SERVER.get(f"{ROWS}/{uid}/file", session=STRANGER), 403)
    equal(seen(HANDLER, "&q=3%E5%8F%B7"), [uid])
    equal(seen(HANDLER, "&from=2026-03-17"), [])


def a_task_is_proven_by_its_register():
    task = get(SERVER, HEAD, "tasks?mine=1&role=lead&state=issued&limit=50")["rows"]
    task = next(t for t in task if len(t["lead"]) == 1 and t["measures"] == 0)
    equal(act(SERVER, HEAD, task, "accept").status, 200)
    path = f"/api/v1/tasks/{task['uid']}/evidence"
    problem(SERVER.post(path, {"kind": "document"}, session=HANDLER), 400)
    problem(SERVER.post(path, {"kind": "document", "key": "无此文号"}, session=HANDLER), 404, "entry-missing")
    problem(SERVER.post(path, {"kind": "figure", "key": "x"}, session=HANDLER), 400, "no-register", "/kind")
    row = SERVER.post(ROWS, entry("示测发〔2026〕4号"), session=HANDLER).json
    given = SERVER.post(path, {"kind": "document", "key": "示测发[2026]4号"}, session=HANDLER)
    equal(given.status, 200, given.body[:300])
    check = given.json["evidence_list"][-1]["check"]
    equal((check["state"], check["register"], [f["code"] for f in check["facts"] if not f["ok"]]), ("failed", "documents", ["file-missing"]))
    problem(act(SERVER, HEAD, get(SERVER, HEAD, f"tasks/{task['uid']}"), "submit"), 409, "evidence-failed")
    whole = SERVER.post(ROWS, entry("示测发〔2026〕5号", upload=upload(SERVER, HANDLER, "文.pdf", b"%PDF-1.4 y")), session=HANDLER).json
    given = SERVER.post(path, {"kind": "document", "row": whole["uid"]}, session=HANDLER).json
    equal(given["evidence_list"][-1]["check"]["state"], "held")
    assert given["may"] and not SERVER.get(f"{path}/{given['evidence_list'][-1]['uid']}", session=HANDLER).status == 200, "an entry has its file in the register"
    problem(SERVER.post(path, {"kind": "training", "row": row["uid"]}, session=HANDLER), 400, None, "/row")
    equal(act(SERVER, HEAD, get(SERVER, HEAD, f"tasks/{task['uid']}"), "submit").status, 200)


def a_register_is_set_up_by_the_system():
    definition = {"code": "visits", "proves": "other", "name": "走访登记", "name_en": "Visits", "key": "no",
                  "fields": [{"name": "no", "label": "编号", "label_en": "No", "type": "text", "required": True}], "checks": [{"check": "of-owner"}]}
    problem(SERVER.post("/api/v1/registers", definition, session=HEAD), 403, "no-role")
    problem(SERVER.post("/api/v1/registers", {**definition, "checks": [{"check": "believe"}]}, session=SYSTEM), 400, None, "/checks/0/check")
    made = SERVER.post("/api/v1/registers", definition, session=SYSTEM)
    equal((made.status, made.json["name"], made.json["version"]), (201, "走访登记", 1), made.body[:300])
    changed = SERVER.request("PATCH", "/api/v1/registers/visits", {**definition, "name": "走访"}, session=SYSTEM, headers={"If-Match": '"1"'})
    equal((changed.status, changed.json["name"], changed.json["version"]), (200, "走访", 2))
    equal(SERVER.post("/api/v1/registers/visits/rows", {"org": OWN, "fields": {"no": "一"}}, session=HANDLER).status, 201)


if __name__ == "__main__":
    with Demo() as SERVER:
        HANDLER, HEAD, ISSUER, REVIEWER, SYSTEM, STRANGER = (SERVER.login(n) for n in ("handler01", "head01", "issuer01", "reviewer01", "sysadmin01", "reporter01"))
        OWN = get(SERVER, HANDLER, "session")["org"]["uid"]
        run(the_registers_are_told_with_their_checks, an_entry_is_made_corrected_and_withdrawn, what_is_no_entry_is_refused_at_its_place,
            entries_are_seen_by_whom_they_concern, a_task_is_proven_by_its_register, a_register_is_set_up_by_the_system)
