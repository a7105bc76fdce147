#!/usr/bin/env python3
"""The whole turn of the loop from the command line: a document goes in and comes out as tasks, which are worked on, returned, verified and closed by different
people; the history proves it. Beside a running server (`server`) and without one, on SQLite and on PostgreSQL (`postgres`)."""
import json
import os

from lib import WORDS, Store, equal, psql, run

ISSUER, HANDLER, HEAD, REVIEWER, AUDITOR = "issuer01", "handler01", "head01", "reviewer01", "auditadmin01"

PLAN = """示例市卫生健康委员会2026年疾控工作任务
示卫发〔2026〕99号

一、加强预防接种
1．提高接种率。国家免疫规划疫苗接种率达到95%以上，2026年12月底前完成。（牵头单位：疾控处；配合单位：数据治理专班）
2．完善预警机制。建立传染病多点触发预警机制，2026年10月底前完成。（牵头单位：疾控处）
3．开展联合培训。面向全市开展预警业务培训。（牵头单位：疾控处、规划发展与信息化处）
4．编印工作简报。定期编印工作简报。（牵头单位：疾控处）

示例市卫生健康委员会
2026年3月10日
"""

RECTIFICATION = """示例市卫生健康委员会关于预防接种专项检查反馈问题整改任务的通知
示卫发〔2026〕98号

各处室：

一、接种登记方面
1．接种登记不规范的问题。
整改措施：一是逐户核对接种登记。二是开展业务培训。
牵头单位：疾控处

示例市卫生健康委员会
2026年3月10日
"""


class State:
    """What one step leaves for the next."""


def rows(*words, **more):
    return STORE.json(*words, **more)["rows"]


def documents_become_drafts():
    files = [STORE.write("计划.txt", PLAN), STORE.write("整改.txt", RECTIFICATION)]
    STORE.refused(77, "plan", "add", files[0], user=HANDLER, text="may not")
    out = STORE.run("plan", "add", *files, user=ISSUER).out
    equal(len(out.split()), 6, out)
    S.documents = {r["file_name"]: r["uid"] for r in rows("plan", "documents", user=ISSUER)}
    S.plan, S.rectification = S.documents["计划.txt"], S.documents["整改.txt"]
    assert "existing" in STORE.run("plan", "add", files[0], user=ISSUER).out
    table = STORE.run("plan", "show", S.plan, user=ISSUER).out
    for word in ("示卫发〔2026〕99号", "提高接种率", "数据治理专班", "unknown-owner"):
        assert word in table, table


def what_is_no_document_is_refused():
    with open(STORE.path("binary.txt"), "wb") as f:
        f.write(bytes(range(256)) * 10)
    done = STORE.try_("plan", "add", STORE.path("binary.txt"), user=ISSUER)
    equal(done.status, 65, done)
    assert "not-a-document" in done.complaint or "mixed-encoding" in done.complaint, done
    STORE.refused(66, "plan", "add", STORE.path("nothing.txt"), user=ISSUER)
    STORE.refused(65, "plan", "add", STORE.folder, user=ISSUER, text="is no file")


def names_are_asked_not_guessed():
    STORE.refused(75, "plan", "issue", S.plan, user=ISSUER, text="items-open")
    STORE.refused(66, "plan", "resolve", S.plan, "数据治理专班", "没有这个单位", user=ISSUER, text="no organisation is called")
    STORE.refused(66, "plan", "resolve", S.plan, "没有这个名字", "疾控处", user=ISSUER, text="this document names no")
    STORE.run("plan", "resolve", S.plan, "数据治理专班", "规划发展与信息化处", user=ISSUER)
    equal(STORE.json("plan", "show", S.plan, user=ISSUER)["unresolved"], 0)


def a_draft_is_corrected_and_confirmed():
    STORE.run("plan", "edit", S.plan, "/items/0/title", "提高免疫规划接种率", user=ISSUER)
    STORE.run("plan", "edit", S.plan, "/items/1/due", "2026-10-31", user=ISSUER)
    STORE.run("plan", "edit", S.plan, "/items/0/support", '["规划发展与信息化处"]', user=ISSUER)
    STORE.refused(65, "plan", "edit", S.plan, "/items/1/due", "31.10.2026", user=ISSUER)
    STORE.refused(65, "plan", "edit", S.plan, "/items/99/title", "x", user=ISSUER)
    STORE.refused(66, "plan", "confirm", S.plan, 17, user=ISSUER, text="no such item")
    STORE.run("plan", "confirm", S.plan, 1, user=ISSUER)
    STORE.run("plan", "confirm", S.plan, "--all", user=ISSUER)
    STORE.refused(75, "plan", "confirm", S.plan, "--all", user=ISSUER, text="nothing to confirm")
    document = STORE.json("plan", "show", S.plan, user=ISSUER)
    equal([(i["title"], i["due"], i["status"]) for i in document["items"][:2]],
          [("提高免疫规划接种率", "2026-12-31", "confirmed"), ("完善预警机制", "2026-10-31", "confirmed")])
    STORE.run("plan", "original", S.plan, STORE.path("copy.txt"), user=ISSUER)
    with open(STORE.path("copy.txt"), encoding="utf-8") as f:
        equal(f.read(), PLAN)


def plans_are_issued():
    STORE.refused(77, "plan", "issue", S.plan, user=HANDLER)
    STORE.run("plan", "issue", S.plan, user=ISSUER)
    STORE.run("plan", "confirm", S.rectification, "--all", user=ISSUER)
    STORE.refused(75, "plan", "issue", S.rectification, user=ISSUER, text="no-due")
    STORE.run("plan", "edit", S.rectification, "/items/0/due", "2026-10-31", user=ISSUER)
    STORE.run("plan", "issue", S.rectification, user=ISSUER)
    STORE.refused(75, "plan", "issue", S.plan, user=ISSUER, text="wrong-state")
    plans = {r["document"]: r["uid"] for r in rows("plan", "list", user=ISSUER)}
    S.tasks = {t["title"]: t["uid"] for d in (S.plan, S.rectification) for t in rows("ledger", "list", "--plan", plans[d], user=HANDLER)}
    equal(len(S.tasks), 5, S.tasks)
    S.task = next(uid for title, uid in S.tasks.items() if "登记" in title)
    S.figure = S.tasks["提高免疫规划接种率"]


def a_task_is_worked_on():
    STORE.refused(77, "ledger", "accept", S.task, user="reporter01")
    STORE.run("ledger", "accept", S.task, user=HANDLER)
    STORE.refused(75, "ledger", "accept", S.task, user=HANDLER, text="wrong-state")
    STORE.refused(75, "ledger", "submit", S.task, user=HEAD, text="measures-unanswered")
    measures = STORE.json("ledger", "show", S.task, user=HANDLER)["measures_list"]
    equal(len(measures), 2)
    STORE.run("ledger", "measure", S.task, 1, "done", "--answer", "已逐户核对。", user=HANDLER)
    STORE.run("ledger", "measure", S.task, measures[1]["uid"], "lasting", "--answer", "已培训，长期坚持。", user=HANDLER)
    STORE.refused(66, "ledger", "measure", S.task, 9, "done", user=HANDLER, text="no measure")
    STORE.refused(65, "ledger", "measure", S.task, 1, "whatever", user=HANDLER)
    STORE.refused(75, "ledger", "submit", S.task, user=HEAD, text="evidence-missing")


def evidence_goes_in_and_out():
    path = STORE.path("佐证 材料.pdf")
    content = b"%PDF-1.4 \x00\x01" + os.urandom(20000)
    with open(path, "wb") as f:
        f.write(content)
    STORE.refused(64, "ledger", "evidence", S.task, path, user=HANDLER, text="it needs --kind KIND")
    STORE.run("ledger", "evidence", S.task, path, "--kind", "document", "--note", "核对表", user=HANDLER)
    evidence = STORE.json("ledger", "show", S.task, user=HANDLER)["evidence_list"][0]
    equal((evidence["name"], evidence["size"], evidence["note"]), ("佐证 材料.pdf", len(content), "核对表"))
    STORE.run("ledger", "fetch", S.task, evidence["uid"], STORE.path("back.pdf"), user=REVIEWER)
    with open(STORE.path("back.pdf"), "rb") as f:
        equal(f.read() == content, True, "what comes back")


def a_claim_is_returned_then_verified():
    STORE.refused(77, "ledger", "submit", S.task, user=HANDLER)
    STORE.run("ledger", "submit", S.task, "--note", "整改完成", user=HEAD)
    STORE.refused(77, "ledger", "verify", S.task, "--reason", "x", user="handler01b")  # the person who sent the evidence, by his other account
    STORE.refused(64, "ledger", "return", S.task, user=REVIEWER, text="it needs --reason TEXT")
    STORE.run("ledger", "return", S.task, "--reason", "缺少培训记录", user=REVIEWER)
    STORE.run("ledger", "accept", S.task, user=HANDLER)
    path = STORE.write("培训记录.txt", "培训记录（示例）\n")
    STORE.run("ledger", "evidence", S.task, path, "--kind", "training", user=HANDLER)
    STORE.run("ledger", "submit", S.task, "--note", "已补充", user=HEAD)
    STORE.run("ledger", "verify", S.task, "--reason", "材料齐全", user=REVIEWER)
    STORE.refused(77, "ledger", "close", S.task, user=HEAD)
    STORE.run("ledger", "close", S.task, "--reason", "同意销号", user=ISSUER)
    equal(STORE.json("ledger", "show", S.task, user=HANDLER)["state"], "closed")
    STORE.run("ledger", "reopen", S.task, "--reason", "回头看发现反弹", user="inspector01")
    equal(STORE.json("ledger", "show", S.task, user=HANDLER)["state"] != "closed", True)


def a_figure_asks_why_it_cannot_decide():
    STORE.run("ledger", "accept", S.figure, user=HANDLER)
    STORE.run("ledger", "evidence", S.figure, STORE.write("接种.txt", "接种率（示例）\n"), "--kind", "figure", user=HANDLER)
    STORE.run("ledger", "submit", S.figure, user=HEAD)
    STORE.refused(75, "ledger", "verify", S.figure, "--reason", "达到", user=REVIEWER, text="incomputable-missing")
    STORE.refused(77, "ledger", "incomputable", S.figure, "--reason", "x", user=HEAD)
    STORE.run("ledger", "incomputable", S.figure, "--reason", "接种系统尚未接入", user=REVIEWER)
    STORE.run("ledger", "verify", S.figure, "--reason", "材料齐全", user=REVIEWER)
    STORE.run("ledger", "close", S.figure, user=ISSUER)


def what_may_rest_rests():
    other = S.tasks["完善预警机制"]
    STORE.run("ledger", "suspend", other, "--reason", "等待上级文件", "--until", "2026-06-30", user=ISSUER)
    STORE.run("ledger", "resume", other, user=ISSUER)
    STORE.refused(65, "ledger", "suspend", other, "--reason", "x", "--until", "tomorrow", user=ISSUER)
    STORE.run("ledger", "cancel", other, "--reason", "并入其他任务", user=ISSUER)


def who_leads_together_confirms():
    task = S.tasks["开展联合培训"]
    STORE.run("ledger", "accept", task, user=HANDLER)
    STORE.run("ledger", "evidence", task, STORE.write("培训.txt", "培训通知（示例）\n"), "--kind", "training", user=HANDLER)
    STORE.run("ledger", "submit", task, user=HEAD)
    STORE.refused(75, "ledger", "verify", task, user=REVIEWER, text="confirmations-missing")
    other = next(u["username"] for u in rows("user", "list", "--org", "规划发展与信息化处", "--role", "unit_head"))
    STORE.run("ledger", "confirm", task, user=other)
    STORE.run("ledger", "verify", task, "--reason", "两处均已确认", user=REVIEWER)


def a_task_is_made_by_hand():
    made = STORE.json("ledger", "add", "核实群众来电反映的问题", "--source", "hotline", "--source-no", "H-07", "--source-date", "2026-03-12", "--lead", "疾控处", user=ISSUER)
    equal((made["state"], made["source_no"], made["number"][-9:]), ("draft", "H-07", "-2026-001"))
    uid = made["uid"]
    STORE.refused(77, "ledger", "add", "x", "--source", "hotline", user=HEAD, text="no-role")
    STORE.refused(75, "ledger", "issue", uid, user=ISSUER, text="due-missing")
    STORE.refused(66, "ledger", "show", uid, user=HEAD)  # a draft is its issuer's
    STORE.run("ledger", "amend", uid, "due", "2026-04-30", user=ISSUER)
    STORE.run("ledger", "issue", uid, user=ISSUER)
    STORE.refused(65, "ledger", "amend", uid, "due", "2026-05-31", user=ISSUER, text="reason-missing")
    amended = STORE.json("ledger", "amend", uid, "lead", "疾控处,规划发展与信息化处", "--reason", "需要数据支持", user=ISSUER)
    equal((amended["marks"], [o["name"] for o in amended["amendments"][0]["old"]]), (["adjusted"], ["疾病预防控制处"]))
    STORE.refused(77, "ledger", "amend", uid, "title", "x", "--reason", "x", user=HEAD)
    STORE.run("ledger", "waive", uid, "--share", "0.5", "--reason", "一半已由区里办结", user=ISSUER)
    equal(STORE.json("ledger", "show", uid, user=HEAD)["waived_share"], "0.5")
    STORE.run("ledger", "accept", uid, user=HANDLER)
    STORE.refused(77, "ledger", "overrule", uid, "--reason", "x", user=HEAD)
    equal(STORE.json("ledger", "overrule", uid, "--reason", "现场看过", user="leader01")["state"], "verified")
    gone = STORE.json("ledger", "add", "重复登记", "--source", "hotline", user=ISSUER)["uid"]
    equal(STORE.json("ledger", "discard", gone, user=ISSUER)["state"], "discarded")


def a_plan_has_stages():
    plan = STORE.json("plan", "make", "巡察整改", "--kind", "rectification", "--code", "巡改", "--issuer", "示例市卫生健康委员会", user=ISSUER)
    equal((plan["code"], plan["year"], plan["state"]), ("巡改", 2026, "open"))
    uid = plan["uid"]
    STORE.refused(77, "plan", "make", "x", "--kind", "audit", user=HEAD)
    STORE.refused(64, "plan", "make", "x", "--kind", "audit", "--year", "soon", user=ISSUER, text="whole number")
    plan = STORE.json("plan", "set", uid, "--publicity-days", "5", "--progress", "week", user=ISSUER)
    equal((plan["settings"]["publicity_days"], plan["settings"]["progress"]), (5, "week"))
    STORE.run("plan", "set-stages", uid, "整改准备:decision", "集中整改:closed=80", "评估核验", user=ISSUER)
    STORE.refused(75, "plan", "pass", uid, "1", user=ISSUER, text="gate-shut")
    equal(STORE.json("plan", "pass", uid, "1", "--reason", "会议议定", user=ISSUER)["stage"], "集中整改")
    assert "整改准备" in STORE.run("plan", "stages", uid, user=ISSUER).out
    equal(STORE.json("plan", "close", uid, user=ISSUER)["state"], "closed")
    STORE.refused(64, "plan", "reopen", uid, user=ISSUER, text="--reason")
    STORE.run("plan", "reopen", uid, "--reason", "又有任务", user=ISSUER)


def a_task_is_divided():
    made = STORE.json("ledger", "add", "开展义诊活动", "--source", "meeting", "--lead", "疾控处", "--due", "2026-06-30", "--issue", user=ISSUER)
    uid = made["uid"]
    STORE.refused(64, "ledger", "split", uid, "--owners", "疾控处", user=ISSUER, text="--reason")
    task = STORE.json("ledger", "split", uid, "--owners", "疾控处,规划发展与信息化处", "--reason", "分头办理", user=ISSUER)
    equal([c["number"] for c in task["children_list"]], [made["number"] + "-01", made["number"] + "-02"])
    equal((task["roll_up"]["total"], task["roll_up"]["closed"]), (2, 0))
    parts = STORE.run("ledger", "parts", uid, user=ISSUER).out
    assert made["number"] + "-02" in parts, parts
    child = task["children_list"][0]["uid"]
    told = STORE.json("ledger", "progress", child, "已办三场", "--percent", "30", "--next", "再办七场", user=HANDLER)
    equal((told["progress_list"][0]["text"], told["progress"]["percent"]), ("已办三场", 30))
    STORE.run("ledger", "progress", child, "--nothing-new", user=HANDLER)
    changed = STORE.json("ledger", "bulk", uid, child, "--due", "2026-05-31", "--reason", "提前完成", user=ISSUER)
    equal((len(changed["done"]), changed["refused"]), (2, []))
    handler = STORE.json("user", "show", HANDLER)["uid"]
    other = STORE.json("user", "show", "xieanzi")["uid"]
    STORE.run("ledger", "amend", child, "handler", handler, user=HEAD)
    equal(STORE.json("ledger", "hand-over", handler, other, "--reason", "轮岗", user=HEAD), {"tasks": 1})
    equal(STORE.json("ledger", "show", child, user=HEAD)["handler"]["name"], "谢安子")


def a_round_looks_back():
    plan = STORE.json("ledger", "show", S.figure, user=ISSUER)["plan"]["uid"]
    STORE.refused(64, "ledger", "draw", plan, "回头看", "--from", "2026-03-16", "--until", "2026-04-16", "--percent", "many", user="inspector01")
    round_ = STORE.json("ledger", "draw", plan, "一季度回头看", "--from", "2026-03-16", "--until", "2026-04-16", user="inspector01")
    assert S.figure in [r["task"]["uid"] for r in round_["rows"]], round_
    found = STORE.json("ledger", "found", round_["uid"], S.figure, "held", "--note", "现场仍符合", user="inspector01")
    equal(found["held"], 1)
    STORE.refused(75, "ledger", "found", round_["uid"], S.figure, "unclear", user="inspector01", text="result-given")
    assert "一季度回头看" in STORE.run("ledger", "rounds", "--plan", plan, user=ISSUER).out
    equal(STORE.json("ledger", "round", round_["uid"], user=ISSUER)["seed"], round_["seed"])


def what_cannot_be_had_is_waived():
    task = S.tasks["编印工作简报"]
    STORE.refused(64, "ledger", "waive", task, user=ISSUER, text="it needs --reason TEXT")
    STORE.run("ledger", "waive", task, "--reason", "简报已停办", user=ISSUER)
    STORE.refused(75, "ledger", "accept", task, user=HANDLER, text="wrong-state")


def a_ledger_in_a_workbook():
    """In with a preview, out in its own layout, in again without a change; an edited list changes what was edited."""
    sample, out = os.path.join(os.environ["SOURCE_ROOT"], "samples", "ledgers", "matters-2026.xlsx"), STORE.path("layout.xlsx")
    preview = STORE.run("ledger", "import", sample, "--check", "--map", "钱=category", "--json", user=ISSUER).json["result"]
    equal((preview["new"], preview["applied"]), (4, False))
    done = STORE.run("ledger", "import", sample, "--map", "钱=category", "--json", user=ISSUER).json["result"]
    equal((done["new"], done["applied"]), (4, True))
    STORE.run("ledger", "export", out, "--plan", done["plan"], "--layout", user=ISSUER)
    again = STORE.run("ledger", "import", out, "--plan", done["plan"], "--json", user=ISSUER).json["result"]
    equal((again["new"], again["changed"], again["same"], again["refused"]), (0, 0, 4, 0))


def it_is_talked_about_and_listed():
    STORE.run("ledger", "comment", S.task, "请按时报送。", user=ISSUER)
    assert "请按时报送。" in STORE.run("ledger", "comments", S.task, user=HANDLER).out
    verbs = [e["verb"] for e in rows("ledger", "events", S.task, user=ISSUER)]
    for verb in ("accept", "submit", "return", "verify", "close", "reopen"):
        assert verb in verbs, verbs
    equal({e["via"] for e in rows("ledger", "events", S.task, user=ISSUER)}, {"socket"})
    STORE.run("ledger", "export", STORE.path("tasks.xlsx"), "--mine", user=HANDLER)
    with open(STORE.path("tasks.xlsx"), "rb") as f:
        equal(f.read(2), b"PK")
    a_ledger_in_a_workbook()
    owned = rows("ledger", "list", "--owner", "疾控处", "--state", "closed", user=ISSUER)
    assert S.figure in [t["uid"] for t in owned], owned
    equal(len(rows("ledger", "list", "--limit", "3", user=ISSUER)), 3)


def lists_go_out_and_come_back():
    """Each list that comes back, saved and brought back as it is: nothing changes."""
    plan = STORE.json("ledger", "show", S.task, user=HANDLER)["plan"]["uid"]
    STORE.refused(66, "register", "export", "nothing", STORE.path("x.xlsx"), user=HANDLER)
    STORE.refused(64, "register", "export", "documents", user=HANDLER, text="OUT")
    STORE.refused(64, "org", "export", text="OUT")
    for out, back, user in ((("org", "export"), ("org", "import"), None), (("user", "export"), ("user", "import"), None),
                            (("org", "groups-export"), ("org", "groups-import"), None), (("user", "deputies-export"), ("user", "deputies-import"), "secadmin01"),
                            (("register", "export", "documents"), ("register", "import", "documents"), HANDLER), (("duty", "export"), ("duty", "import"), ISSUER),
                            (("plan", "stages-export", plan), ("plan", "stages-import", plan), ISSUER), (("plan", "ladder-export", plan), ("plan", "ladder-import", plan), ISSUER)):
        path = STORE.path("-".join(out[:2]) + ".xlsx")
        STORE.run(*out, path, user=user)
        for check in (("--check",), ()):
            result = STORE.run(*back, path, *check, "--json", user=user).json["result"]
            equal((result["new"], result["changed"], [e for e in result["errors"] if e.get("forbids", True) and e["code"] != "header-unknown"]), (0, 0, []), (out, check))
    assert "documents" in STORE.run("register", "list", user=HANDLER).out
    STORE.run("register", "entries", "documents", "--limit", "5", user=HANDLER)
    STORE.refused(65, "register", "import", "documents", STORE.write("x.csv", "a,b\n1,2\n"), user=HANDLER, text="heading")
    out = STORE.run("org", "meetings", "疾控处", "--weekly-day", "2", "--weekly-hour", "14", user=HEAD).out
    assert "weekly" in out and "14" in out, out
    STORE.refused(77, "org", "meetings", "疾控处", "--weekly-day", "3", "--weekly-hour", "14", user=HANDLER)
    STORE.refused(65, "org", "meetings", "疾控处", "--weekly-day", "9", "--weekly-hour", "14", user=HEAD)


def reports_are_shown_and_kept():
    plan = STORE.json("ledger", "show", S.task, user=HANDLER)["plan"]["uid"]
    out = STORE.run("report", "now", "--kind", "weekly", "--plan", plan, "--xlsx", STORE.path("now.xlsx"), user=ISSUER).out
    assert "relapsed: 1" in out and "疾病预防控制处" in out and "coming" in out, out
    STORE.refused(77, "report", "now", "--plan", plan, user=HANDLER)
    STORE.refused(64, "report", "keep", "--plan", plan, user=ISSUER, text="it needs --kind KIND")
    STORE.run("report", "keep", "--kind", "weekly", "--plan", plan, user=ISSUER)
    kept = rows("report", "list", "--kind", "weekly", "--plan", plan, user=ISSUER)[0]["uid"]
    assert "relapsed: 1" in STORE.run("report", "show", kept, "--xlsx", STORE.path("kept.xlsx"), user=ISSUER).out
    with open(STORE.path("kept.xlsx"), "rb") as f:
        equal(f.read(2), b"PK")
    STORE.run("report", "decide", kept, "一周内报送方案。", "--owner", "疾控处", "--due", "2036-12-01", user=ISSUER)
    task = STORE.json("report", "show", kept, user=ISSUER)["decisions"][0]["task"]["uid"]
    equal([STORE.json("ledger", "show", task, user=HEAD)[k] for k in ("source", "state")], ["meeting", "issued"])
    assert "overdue" in STORE.run("report", "overview", user="leader01").out


def every_page_of_a_list_comes():
    pages = STORE.run("org", "list", "--json", "--limit", "450").out.splitlines()
    uids = [r["uid"] for page in pages for r in json.loads(page)["rows"]]
    equal((len(pages), len(uids), len(set(uids))), (3, 450, 450))
    equal(len(STORE.run("org", "list", "--kind", "department").out.splitlines()) > 40, True)


def the_history_is_proven():
    out = STORE.run("audit", "verify").out
    assert "events, the last" in out, out
    assert "tasks held against their events" in STORE.run("audit", "rebuild", "--check").out
    equal(STORE.json("audit", "list", "--limit", "1")["rows"][0]["hash"], out.split()[-1])
    assert len(rows("audit", "list", "--object", S.task, user=AUDITOR)) > 8
    STORE.refused(77, "audit", "list", user=HANDLER)
    path = STORE.path("anchor.jsonl")
    STORE.run("audit", "anchor", "--out", path)
    STORE.run("audit", "verify", "--anchor", path)


def a_backup_is_the_same_history():
    head = STORE.run("audit", "verify").out
    backup = STORE.path("backup")
    STORE.run("backup", backup)
    STORE.refused(75, "backup", backup, text="is there already")
    S.restored = {"data": STORE.path("restored")}
    if STORE.database:
        S.restored["database"] = STORE.database + "_r"
        psql(f'CREATE DATABASE "{S.restored["database"]}"')
    try:
        STORE.run("restore", backup, **S.restored)
        equal(STORE.run("audit", "verify", **S.restored).out, head)
        STORE.run("audit", "rebuild", "--check", **S.restored)
        STORE.run("doctor", **S.restored)
        equal(STORE.json("ledger", "show", S.figure, user=HANDLER, **S.restored)["state"], "closed")
        STORE.refused(75, "restore", backup, **S.restored, text="there is a store in")
    finally:
        if STORE.database:
            psql(f'DROP DATABASE "{S.restored["database"]}" WITH (FORCE)')


def the_doctor_finds_nothing():
    out = STORE.run("doctor").out
    assert "FAIL" not in out, out
    assert ("a process serves" if "server" in WORDS else "no process serves") in out, out


if __name__ == "__main__":
    S = State()
    with Store() as STORE:
        if "server" in WORDS:
            STORE.serve()
        run(documents_become_drafts, what_is_no_document_is_refused, names_are_asked_not_guessed, a_draft_is_corrected_and_confirmed, plans_are_issued,
            a_task_is_worked_on, evidence_goes_in_and_out, a_claim_is_returned_then_verified, a_figure_asks_why_it_cannot_decide, what_may_rest_rests,
            who_leads_together_confirms, what_cannot_be_had_is_waived, a_task_is_made_by_hand, a_round_looks_back, a_plan_has_stages, a_task_is_divided, it_is_talked_about_and_listed, lists_go_out_and_come_back, reports_are_shown_and_kept, every_page_of_a_list_comes, the_history_is_proven, a_backup_is_the_same_history, the_doctor_finds_nothing)
