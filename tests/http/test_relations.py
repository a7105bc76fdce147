#!/usr/bin/env python3
"""Later documents against earlier ones: proposed by the engine, decided by a person; and the register of documents in force."""
from client import added_document, get, issue
from lib import Demo, equal, problem, run

ITEMS = ("提升高血压患者规范管理水平", "推进家庭医生签约服务提质增效", "加强院前急救网络建设")


def plan(year, targets, due, number, day=None):
    """Without a year: rules that hold until further notice."""
    title = f"关于印发{year}年示例市基层卫生工作要点的通知" if year else "关于印发示例市基层卫生服务管理办法的通知"
    lines = [title, f"示测基〔{year or day[:4]}〕{number}号", day or f"{year}年3月1日"]
    year = year or 2026
    for i, (item, target) in enumerate(zip(ITEMS, targets), 1):
        lines.append(f"{i}. {item}。{target}（牵头处室：疾控处，完成时限：{year}年{due}月底）")
    return "\n".join(lines) + "\n"


def relations(uid, session=None):
    return get(SERVER, session or ISSUER, f"documents/{uid}/relations")


def the_demo_shows_what_its_documents_repeat():
    kinds = {r["kind"] for d in get(SERVER, ISSUER, "documents?limit=500")["rows"] for r in relations(d["uid"])["rows"] if r["state"] == "proposed"}
    assert {"repeats", "tightens"} <= kinds, kinds


def what_tightens_what_loosens_what_repeats():
    issue(SERVER, ISSUER, FIRST)
    equal(SERVER.post(f"/api/v1/documents/{SECOND}/relations/find", {}, session=ISSUER).status, 200)
    answer = relations(SECOND)
    items = {r["item"]["index"]: r for r in answer["rows"] if r["item"]}
    equal([items[i]["kind"] for i in range(3)], ["tightens", "loosens", "repeats"], str(answer["rows"]))
    equal([w["code"] for w in items[0]["why"]], ["target-higher"])
    equal(items[0]["why"][0]["params"], {"before": "65%", "now": "70%"})
    whole = [r for r in answer["rows"] if not r["item"]]
    equal([(r["kind"], r["state"], r["other"]["document"]["uid"], r["other"]["task"]) for r in whole], [("continues", "proposed", FIRST, None)])
    equal(items[0]["other"]["task"]["title"].rstrip("。"), ITEMS[0])
    assert answer["may"]["decide"]["ok"]


def found_anew_what_was_decided_stays():
    rows = relations(SECOND)["rows"]
    path = f"/api/v1/documents/{SECOND}/relations"
    first = next(r for r in rows if r["item"] and r["item"]["index"] == 0)
    decided = SERVER.post(f"{path}/{first['uid']}", {"state": "rejected"}, session=ISSUER)
    equal(decided.status, 200, decided.body[:300])
    again = SERVER.post(f"{path}/find", {}, session=ISSUER).json["rows"]
    equal(sorted((r["state"], r["kind"]) for r in again), sorted((r["state"] if r["uid"] != first["uid"] else "rejected", r["kind"]) for r in rows))
    problem(SERVER.post(f"{path}/{first['uid']}", {"state": "perhaps"}, session=ISSUER), 400, None, "/state")
    problem(SERVER.post(f"{path}/{first['uid']}", {"state": "confirmed", "kind": "likes"}, session=ISSUER), 400, None, "/kind")
    problem(SERVER.post(f"{path}/{'0' * 26}", {"state": "confirmed"}, session=ISSUER), 404)
    problem(SERVER.post(f"{path}/{first['uid']}", {"state": "confirmed"}, session=STRANGER), 403)


def a_document_that_is_replaced_is_no_longer_in_force():
    in_force = lambda: [d["uid"] for d in get(SERVER, ISSUER, "documents?in_force=1&limit=500")["rows"]]
    equal(relations(FIRST)["force"], "expired", "a plan for a year ends with it")
    old, new = (added_document(SERVER, ISSUER, name, plan(0, ("", "", ""), 11, number, day).encode()) for name, number, day in (("d.txt", 21, "2025年6月1日"), ("e.txt", 22, "2026年3月2日")))
    issue(SERVER, ISSUER, old)
    equal((relations(old)["force"], relations(new)["force"]), ("in_force", None))
    assert old in in_force() and new not in in_force()
    issue(SERVER, ISSUER, new)
    equal(SERVER.post(f"/api/v1/documents/{new}/relations/find", {}, session=ISSUER).status, 200)
    whole = next(r for r in relations(new)["rows"] if not r["item"] and r["other"]["document"]["uid"] == old)
    equal(SERVER.post(f"/api/v1/documents/{new}/relations/{whole['uid']}", {"state": "confirmed", "kind": "replaces"}, session=ISSUER).status, 200)
    now = relations(old)
    equal((now["force"], now["in_force_to"], now["replaced_by"]["uid"]), ("replaced", "2026-03-01", new))
    assert old not in in_force() and new in in_force()
    issue(SERVER, ISSUER, SECOND)


def force_is_set_with_a_reason():
    path = f"/api/v1/documents/{SECOND}/force"
    problem(SERVER.post(path, {"from": "2026-03-01", "to": "2026-12-31"}, session=ISSUER), 400, "reason-missing", "/reason")
    problem(SERVER.post(path, {"from": "2026-03-01", "to": "2026-02-01", "reason": "x"}, session=ISSUER), 400, None, "/to")
    problem(SERVER.post(path, {"from": "2026-03-01", "reason": "x"}, session=STRANGER), 403)
    set_ = SERVER.post(path, {"from": "2026-06-01", "to": None, "reason": "自六月起施行"}, session=ISSUER)
    equal((set_.status, set_.json["force"], set_.json["in_force_to"]), (200, "not_yet", None))
    draft = added_document(SERVER, ISSUER, "c.txt", plan(2024, ("", "", ""), 11, 9).encode())
    problem(SERVER.post(f"/api/v1/documents/{draft}/force", {"from": "2026-03-01", "reason": "x"}, session=ISSUER), 409, "wrong-state")


def a_relation_by_hand():
    task = get(SERVER, ISSUER, "tasks?limit=1")["rows"][0]
    document = get(SERVER, ISSUER, f"tasks/{task['uid']}")["document"]
    made = SERVER.post(f"/api/v1/documents/{SECOND}/relations", {"kind": "repeats", "item": 2, "other": {"document": document, "task": task["uid"]}}, session=ISSUER)
    equal(made.status, 201, made.body[:300])
    assert any(r["state"] == "confirmed" and (r["other"]["task"] or {}).get("uid") == task["uid"] for r in made.json["rows"])
    problem(SERVER.post(f"/api/v1/documents/{SECOND}/relations", {"kind": "repeats", "item": 2, "other": {"document": SECOND}}, session=ISSUER), 400, None, "/other")


def a_task_that_was_restricted_later_is_named_no_more():
    uid = next(r["other"]["task"]["uid"] for r in relations(SECOND)["rows"] if r["other"]["task"])
    task = get(SERVER, ISSUER, f"tasks/{uid}")
    amended = SERVER.post(f"/api/v1/tasks/{uid}/amend", {"reason": "涉及人事", "set": {"restricted": True}}, session=ISSUER, headers={"If-Match": f'"{task["version"]}"'})
    equal(amended.status, 200, amended.body[:300])
    assert uid not in str(relations(SECOND)), "the relations name it"


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, STRANGER = SERVER.login("issuer01"), SERVER.login("reporter01")
        FIRST = added_document(SERVER, ISSUER, "a.txt", plan(2025, ("规范管理率达到65%以上。", "签约率达到45%以上。", "建成急救站12个。"), 11, 3).encode())
        SECOND = added_document(SERVER, ISSUER, "b.txt", plan(2026, ("规范管理率达到70%以上。", "签约率达到40%以上。", "建成急救站12个。"), 11, 5).encode())
        run(the_demo_shows_what_its_documents_repeat, what_tightens_what_loosens_what_repeats, found_anew_what_was_decided_stays, a_document_that_is_replaced_is_no_longer_in_force,
            force_is_set_with_a_reason, a_relation_by_hand, a_task_that_was_restricted_later_is_named_no_more)
