#!/usr/bin/env python3
"""An eighth pack that the program has never heard of (tests/packs): installed, its files imported with mistakes in them, its form filled in, a case of it led to its end, what is expected and what it is worth."""
import csv
import io
import os

from client import get, upload
from eighth import PACK, install
from lib import Demo, equal, problem, run, wait_until

SOURCE = os.environ["SOURCE_ROOT"]
CENTRE = "990101-JC01"
POINT, SAMPLE, SHUTDOWN, MONTH = (f"{PACK}.{name}" for name in ("drinking_water_point", "water_sample", "water_shutdown", "water_month"))
CASES = {}


def table(header, *rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def send(dataset, content, session=None):
    session = session or REPORTER
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(SERVER, session, "file.csv", content), "dataset": dataset}, session=session)
    equal(answer.status, 202, str(answer.body[:400]))
    uid = answer.json["intake"]["uid"]
    one = wait_until(lambda: (lambda i: i if i["state"] not in ("waiting", "checking", "applying") else None)(get(SERVER, session, f"intakes/{uid}")), 60, "the import")
    equal(one["state"], "done", str(one["error"]))
    return one


def counts(one, *names):
    return [one["result"][name] for name in names]


def take(case, step, session, values=None, note=None, version=None):
    body = {"values": values, "note": note} if values is not None or note else {}
    return SERVER.post(f"/api/v1/cases/{case['uid']}/do/{step}", body, session=session, headers={"If-Match": f'"{version or case["version"]}"'})


def again(case, session=None):
    return get(SERVER, session or REPORTER, f"cases/{case['uid']}")


def it_is_installed_beside_the_seven():
    done = install(SERVER, SYSTEM)
    equal((done.status, [r["what"] for r in done.json["rows"] if r["id"] == PACK]), (200, ["installed"]), str(done.body[:500]))
    equal(len(get(SERVER, REPORTER, "packs")["rows"]), 8)
    kinds = {d["id"]: d["kind"] for d in get(SERVER, REPORTER, f"datasets?pack={PACK}")["rows"]}
    equal(kinds, {POINT: "register", SAMPLE: "event", SHUTDOWN: "case", MONTH: "aggregate"})


def a_file_of_each_dataset_comes_in_with_what_is_wrong_in_it():
    header = ["管理机构", "点位", "位置", "滤芯等级", "安装日期", "服务人数", "管护人电话", "valid_from"]
    one = send(POINT, table(header, [CENTRE, "P1", "一楼", "精滤", "2025-09-01", "120", "13812345678", "2025-09-01"], [CENTRE, "P2", "二楼", "粗滤", "2025-09-01", "400", "", "2025-09-01"],
                            [CENTRE, "", "三楼", "粗滤", "2025-09-01", "40", "", "2025-09-01"]))
    equal(counts(one, "rows", "rejected", "held", "warned", "added"), [3, 1, 0, 1, 2], str(one["result"]))
    header = ["检测机构", "点位编号", "采样时间", "余氯", "浊度", "菌落总数", "合格", "不合格说明"]
    one = send(SAMPLE, table(header, [CENTRE, "P1", "2026-02-03 08:30", "0.30", "0.4", "3", "是", ""], [CENTRE, "P2", "2026-02-03 09:00", "25", "0.4", "3", "否", "余氯"],
                             [CENTRE, "P2", "2026-02-10 09:00", "5", "0.4", "3", "是", ""]))
    equal(counts(one, "rows", "rejected", "held", "warned"), [3, 0, 1, 1], str(one["result"]))
    found = {d["rule"] for d in get(SERVER, REPORTER, f"defects?dataset={SAMPLE}&state=found")["rows"]}
    assert {"possible", "fit_by_values"} <= found, found
    equal(counts(send(MONTH, table(["汇总机构", "period", "滤芯等级", "水样数", "不合格数"], [CENTRE, "2026-02", "精滤", "3", "1"])), "rows", "rejected", "added"), [1, 0, 1])
    header = ["报告机构", "事件编号", "点位编号", "发现日期", "原因", "修复日期"]
    one = send(SHUTDOWN, table(header, [CENTRE, "T-1", "P1", "2026-02-20", "", ""], [CENTRE, "T-2", "P2", "2026-02-21", "", "2026-02-01"]))
    equal(counts(one, "rows", "rejected", "held", "added"), [2, 0, 1, 2], str(one["result"]))


def a_case_begins_where_its_record_is_accepted():
    rows = get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}")["rows"]
    equal([(r["values"]["case_number"], r["state"]["id"], r["late"]) for r in rows], [("T-1", "found", False)], "the one that is held back has none")
    CASES["T-1"] = rows[0]
    assert rows[0]["due"] > rows[0]["since"], rows[0]
    record = get(SERVER, REPORTER, f"records/{SHUTDOWN}/{rows[0]['record']}")
    equal(record["case"]["uid"], rows[0]["uid"])
    equal(get(SERVER, REPORTER, f"records/{SHUTDOWN}?state=accepted,warned")["rows"][0]["case"], rows[0]["uid"])


def its_form_is_filled_in():
    forms = get(SERVER, REPORTER, f"forms?dataset={SHUTDOWN}")["rows"]
    path = f"/api/v1/forms/{SHUTDOWN}/{forms[0]['form']['id']}"
    values = {"case_number": "T-3", "point": "P1", "found_on": "2026-02-22", "cause": "device"}
    equal(SERVER.post(path, {"values": {**values, "mended_on": "2026-01-01"}, "check": True}, session=REPORTER).json["outcome"], "held")
    stored = SERVER.post(path, {"values": values}, session=REPORTER)
    equal(stored.status, 201, str(stored.body[:300]))
    rows = {r["values"]["case_number"]: r for r in get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&open=1")["rows"]}
    equal(sorted(rows), ["T-1", "T-3"])
    CASES.update(rows)


def a_step_that_cannot_be_taken_says_why():
    one = CASES["T-1"]
    problem(take(one, "mend", REPORTER), 409, "wrong-state")
    problem(take(one, "give_up", REPORTER), 403, "not-your-function")
    problem(take(one, "close", SUPERVISION), 403, "not-your-function")
    problem(take(one, "give_up", STRANGER), 404)
    problem(take(one, "nothing", REPORTER), 404)
    problem(take(one, "close", REPORTER, version=99), 409, "version-stale")
    equal(SERVER.post(f"/api/v1/cases/{one['uid']}/do/close", {}, session=REPORTER).status, 428)
    problem(take(one, "close", REPORTER, {"cause": "device"}), 400, "not-of-step", "/values/cause")
    problem(take(one, "close", REPORTER, note="x" * 20001), 400, "text-long", "/note")
    equal((SERVER.get(f"/api/v1/cases/{one['uid']}", session=STRANGER).status, get(SERVER, STRANGER, "cases")["rows"]), (404, []))
    shown = again(one, SUPERVISION)["may"]
    equal([shown["close"]["why"], shown["mend"]["why"], shown["give_up"]["why"]], ["not-your-function", "wrong-state", "needs-missing"])
    equal(shown["close"]["params"]["functions"], "reporter")
    equal(shown["give_up"]["params"]["fields"], "cause")
    equal(again(one)["may"]["close"]["ok"], True)


def what_a_step_needs_is_filled_in_and_checked():
    closed = take(CASES["T-1"], "close", REPORTER, note="已贴封条")
    equal((closed.status, closed.json["state"]["id"], closed.json["steps"][0]["late_ms"], closed.json["steps"][0]["note"]), (200, "closed", 0, "已贴封条"), str(closed.body[:500]))
    one = closed.json
    assert one["due"][:10] > "2026-03-28", f"ten working days: {one['due']}"
    problem(take(one, "mend", REPORTER), 409, "needs-missing")
    problem(take(one, "mend", REPORTER, {"cause": "filter"}), 400, "bad-value", "/values/cause")
    problem(take(one, "mend", REPORTER, {"cause": "device", "mended_on": "soon"}), 400, "bad-value", "/values/mended_on")
    problem(take(one, "mend", REPORTER, {"cause": "device", "mended_on": ""}), 409, "needs-missing")
    problem(take(one, "mend", REPORTER, {"cause": "device", "mended_on": "2026-03-01", "point": "P9"}), 400, "not-of-step", "/values/point")
    held = take(one, "mend", REPORTER, {"cause": "device", "mended_on": "2026-01-01"})
    problem(held, 409, "would-be-held")
    equal([(f["rule"], f["level"]) for f in held.json["findings"]], [("mended_later", "error")])
    record = get(SERVER, REPORTER, f"records/{SHUTDOWN}/{one['record']}")
    equal((len(record["history"]), record["values"]["cause"]), (1, None), "nothing of it is stored")
    done = take(one, "mend", REPORTER, {"cause": "设备", "mended_on": "2026-03-02"})
    equal((done.status, done.json["state"], done.json["due"]), (200, {"id": "mended", "name": "已修复", "name_en": "Mended", "final": True}, None), str(done.body[:500]))
    equal((done.json["values"]["cause"], done.json["values"]["mended_on"]), ("device", "2026-03-02"))
    record = get(SERVER, REPORTER, f"records/{SHUTDOWN}/{one['record']}")
    equal([(h["by"]["channel"], h["by"]["name"], h["values"]["cause"]) for h in record["history"]], [("form", "恢复", "device"), ("upload", "file.csv", None)])
    intake = get(SERVER, REPORTER, f"intakes/{done.json['steps'][-1]['intake']}")
    equal((intake["state"], intake["result"]["changed"], intake["batches"][0]["changed"]), ("done", 1, 1))
    problem(take(done.json, "give_up", SUPERVISION), 409, "wrong-state")
    equal(get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&open=1")["rows"][0]["values"]["case_number"], "T-3")


def a_condition_is_judged_with_what_is_filled_in():
    one = CASES["T-3"]
    problem(take(one, "give_up", SUPERVISION, {"cause": "unknown"}), 409, "when-not")
    equal(again(one)["values"]["cause"], "device")
    done = take(one, "give_up", SUPERVISION, {"cause": "water"})
    equal((done.status, done.json["state"]["id"], done.json["ended"] is not None), (200, "given_up", True), str(done.body[:500]))


HEADER = ["报告机构", "事件编号", "点位编号", "发现日期", "原因", "修复日期"]


def case_of(number, **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    rows = [r for r in get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}{more}")["rows"] if r["values"].get("case_number") == number]
    return rows[0] if rows else None


def a_case_goes_where_its_record_goes():
    send(SHUTDOWN, table(HEADER, [CENTRE, "T-2", "P2", "2026-02-21", "", ""]))
    one = case_of("T-2")
    equal((one["state"]["id"], one["version"]), ("found", 1), "it begins when it is mended")
    closed = take(one, "close", REPORTER).json
    send(SHUTDOWN, table(HEADER, [CENTRE, "T-2", "P2", "2026-03-01", "device", ""]))
    moved = again(one)
    equal((moved["state"]["id"], moved["record"] != one["record"], moved["values"]["found_on"], len(moved["steps"])), ("closed", True, "2026-03-01", 1))
    send(SHUTDOWN, table(HEADER, [CENTRE, "T-2", "P2", "2026-03-01", "device", "2026-02-01"]))
    problem(take(again(one), "mend", REPORTER), 409, "record-held")
    equal(again(one)["may"]["mend"]["why"], "record-held")
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(SERVER, REPORTER, "all.csv", table(HEADER, [CENTRE, "T-9", "P2", "2026-03-05", "", ""])), "dataset": SHUTDOWN, "mode": "replace",
                                             "period": "2026-03"}, session=REPORTER)
    uid = answer.json["intake"]["uid"]
    equal(wait_until(lambda: (lambda s: s if s not in ("waiting", "checking", "applying") else None)(get(SERVER, REPORTER, f"intakes/{uid}")["state"]), 60, "the import"), "asking")
    equal(SERVER.post(f"/api/v1/intakes/{uid}/confirm", {}, session=REPORTER).status, 202)
    wait_until(lambda: get(SERVER, REPORTER, f"intakes/{uid}")["state"] == "done", 60, "the import")
    gone = again(one)
    equal((gone["gone"] is not None, gone["values"], gone["may"]["mend"]["why"]), (True, {}, "wrong-state"))
    problem(take(gone, "mend", REPORTER), 409, "wrong-state")
    equal((case_of("T-2"), [r["uid"] for r in get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&gone=1")["rows"]]), (None, [one["uid"]]))
    send(SHUTDOWN, table(HEADER, [CENTRE, "T-2", "P2", "2026-03-01", "device", ""]))
    back = again(one)
    equal((back["gone"], back["state"]["id"], len(back["steps"])), (None, "closed", 1), "it goes on where it was")
    equal(case_of("T-2")["uid"], one["uid"])
    CASES["T-2"], CASES["T-9"] = back, case_of("T-9")
    assert closed["since"] == back["since"], (closed["since"], back["since"])


def lists_and_the_board_say_what_waits_for_whom():
    mine = lambda who: sorted(r["values"]["case_number"] for r in get(SERVER, who, f"cases?dataset={SHUTDOWN}&mine=1")["rows"])
    equal((mine(REPORTER), mine(SUPERVISION), mine(ISSUER)), (["T-2", "T-9"],) * 3, "the issuer's commission has a department for it")
    equal(mine(OTHER), [])
    board = get(SERVER, REPORTER, f"cases/board?dataset={SHUTDOWN}")
    equal([(s["state"]["id"], s["n"], s["late"]) for s in board["states"]], [("found", 1, 0), ("closed", 1, 0), ("mended", 1, 0), ("given_up", 1, 0)])
    problem(SERVER.get("/api/v1/cases/board", session=REPORTER), 400, None, "query:dataset")
    problem(SERVER.get(f"/api/v1/cases/board?dataset={SAMPLE}", session=REPORTER), 404)
    page, seen = get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&limit=3"), []
    while True:
        seen += [r["uid"] for r in page["rows"]]
        if not page["next"]:
            break
        page = get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&limit=3&cursor={page['next']}")
    equal((len(seen), len(set(seen))), (4, 4))
    equal([r["state"]["id"] for r in get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&state=mended,given_up&order=changed")["rows"]], ["given_up", "mended"])
    equal(get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&due_to=2026-03-16")["rows"][0]["values"]["case_number"], "T-9")
    book = SERVER.get(f"/api/v1/cases.xlsx?dataset={SHUTDOWN}", session=REPORTER)
    equal((book.status, book.body[:2]), (200, b"PK"))


def who_can_take_a_step_is_told_that_it_is_late():
    global REPORTER, SUPERVISION
    SERVER.stop()
    SERVER.advance("1d")
    SERVER.start()
    REPORTER, SUPERVISION = SERVER.login("reporter01"), SERVER.login("qianwenan")
    equal([(r["values"]["case_number"], r["late"]) for r in get(SERVER, REPORTER, f"cases?dataset={SHUTDOWN}&late=1")["rows"]], [("T-9", True)])
    told = [m for m in get(SERVER, REPORTER, "messages?limit=200")["rows"] if m["kind"] == "case" and m["params"]["dataset"] == SHUTDOWN]
    equal([(m["params"]["state"], m["params"]["n"]) for m in told], [("late", 1)], str(told))
    equal([m for m in get(SERVER, SUPERVISION, "messages?limit=200")["rows"] if m["kind"] == "case" and m["params"]["dataset"] == SHUTDOWN], [], "closing is not theirs")
    late = take(CASES["T-9"], "close", REPORTER)
    equal(late.status, 200, str(late.body[:300]))
    assert late.json["steps"][0]["late_ms"] > 3600000, late.json["steps"]


with Demo("--packs", os.path.join(SOURCE, "packs")) as SERVER:
    REPORTER, OTHER, STRANGER = SERVER.login("reporter01"), SERVER.login("zhangshuchuan"), SERVER.login("liningben")
    SYSTEM, SUPERVISION, ISSUER = SERVER.login("sysadmin01"), SERVER.login("qianwenan"), SERVER.login("jianglinyu")
    run(it_is_installed_beside_the_seven, a_file_of_each_dataset_comes_in_with_what_is_wrong_in_it, a_case_begins_where_its_record_is_accepted, its_form_is_filled_in,
        a_step_that_cannot_be_taken_says_why, what_a_step_needs_is_filled_in_and_checked, a_condition_is_judged_with_what_is_filled_in, a_case_goes_where_its_record_goes,
        lists_and_the_board_say_what_waits_for_whom, who_can_take_a_step_is_told_that_it_is_late)
