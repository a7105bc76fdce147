#!/usr/bin/env python3
"""A case concerns those that its record names: they see it, are told of it, and take the steps of their functions; others do not know that there is one."""
import os

from client import get, upload
from lib import Demo, equal, problem, run, wait_until

SOURCE = os.environ["SOURCE_ROOT"]
DATASET = "chronic.mental_report"
CASE = {}
FILE = """hospital,case_no,id_card,birth,sex,diagnosed_on,disease,diagnosis,first_onset_on,danger,managed_by,conclusion
990101-YY01,J1,990001195605010032,1956-05-01,1,2026-02-20,bipolar,F31.100,2025-03-01,1,{},
"""


def send(session, content):
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(SERVER, session, "file.csv", content.encode()), "dataset": DATASET}, session=session)
    equal(answer.status, 202, str(answer.body[:400]))
    uid = answer.json["intake"]["uid"]
    wait_until(lambda: get(SERVER, session, f"intakes/{uid}")["state"] == "done", 60, "the import")


def seen(who):
    return [r["uid"] for r in get(SERVER, who, f"cases?dataset={DATASET}")["rows"]]


def take(step, who, values=None):
    answer = SERVER.post(f"/api/v1/cases/{CASE['uid']}/do/{step}", {"values": values or {}}, session=who, headers={"If-Match": f'"{CASE["version"]}"'})
    if answer.status == 200:
        CASE.update(answer.json)
    return answer


def nobody_else_sees_it_before_it_is_named():
    send(HOSPITAL, FILE.format(""))
    CASE.update(get(SERVER, HOSPITAL, f"cases?dataset={DATASET}")["rows"][0])
    equal((CASE["concerns"], CASE["record"] is not None), ([], True))
    equal((seen(CENTRE), seen(THIRD), SERVER.get(f"/api/v1/cases/{CASE['uid']}", session=CENTRE).status), ([], [], 404))
    equal(take("report", HOSPITAL).status, 200)


def who_is_named_by_a_step_sees_it_and_takes_his_step():
    passed = take("pass_on", CONTROL, {"managed_by": "990101-JC01"})
    equal((passed.status, [o["name"] for o in passed.json["concerns"]]), (200, ["示中区例安街道社区卫生服务中心"]), str(passed.body[:400]))
    one = get(SERVER, CENTRE, f"cases/{CASE['uid']}")
    equal((seen(CENTRE), one["record"], one["may"]["take"]["ok"], one["may"]["exclude"]["why"]), ([CASE["uid"]], None, True, "not-your-function"))
    equal([r["uid"] for r in get(SERVER, CENTRE, f"cases?dataset={DATASET}&mine=1&org={one['concerns'][0]['uid']}")["rows"]], [CASE["uid"]])
    equal(sum(s["n"] for s in get(SERVER, CENTRE, f"cases/board?dataset={DATASET}")["states"]), 1)
    equal(sum(s["n"] for s in get(SERVER, THIRD, f"cases/board?dataset={DATASET}")["states"]), 0)
    equal((seen(THIRD), SERVER.get(f"/api/v1/cases/{CASE['uid']}", session=THIRD).status), ([], 404))
    problem(take("take", THIRD), 404)
    problem(take("take", HOSPITAL), 403, "not-your-function")


def who_is_named_no_more_sees_it_no_more():
    send(HOSPITAL, FILE.format("990101-JC02"))
    equal((seen(CENTRE), seen(THIRD)), ([], [CASE["uid"]]))
    send(HOSPITAL, FILE.format("990101-JC01"))
    equal((seen(CENTRE), seen(THIRD)), ([CASE["uid"]], []))


def who_is_named_is_told_and_nobody_else():
    global HOSPITAL, CENTRE, THIRD
    SERVER.stop()
    SERVER.advance("30d")
    SERVER.start()
    HOSPITAL, CENTRE, THIRD = SERVER.login("renshi"), SERVER.login("reporter01"), SERVER.login("chenxiaoyang")
    told = {who: [m["params"]["state"] for m in get(SERVER, session, "messages?limit=200")["rows"] if m["kind"] == "case" and m["params"]["dataset"] == DATASET]
            for who, session in (("hospital", HOSPITAL), ("centre", CENTRE), ("third", THIRD))}
    equal((told["hospital"], set(told["centre"]), told["third"]), ([], {"waits", "late"}, []))
    CASE.update(get(SERVER, CENTRE, f"cases/{CASE['uid']}"))
    done = take("take", CENTRE)
    equal((done.status, done.json["state"]["id"], done.json["ended"] is not None), (200, "managed", True), str(done.body[:400]))


with Demo("--packs", os.path.join(SOURCE, "packs")) as SERVER:
    HOSPITAL, CENTRE, THIRD, CONTROL = SERVER.login("renshi"), SERVER.login("reporter01"), SERVER.login("chenxiaoyang"), SERVER.login("luyuan")
    run(nobody_else_sees_it_before_it_is_named, who_is_named_by_a_step_sees_it_and_takes_his_step, who_is_named_no_more_sees_it_no_more, who_is_named_is_told_and_nobody_else)
