#!/usr/bin/env python3
"""Defects through the program: sent back in one message, corrected, found again, overdue, raised, closed by the check alone; found and closed by rules that changed."""
import csv
import io
import os
import zipfile

from client import ended as job_ended, start_job, upload
from lib import Demo, equal, problem, run, wait_until

PACKS = os.path.join(os.environ["SOURCE_ROOT"], "packs")
DATASET = "immunization.vaccination"
CENTRE = "990101-JC01"
HEADER = ["接种单位", "birth_cert", "出生日期", "性别", "疫苗代码", "剂次", "接种日期", "疫苗批号"]
GOOD, EARLY = "2026-02-03", "2026-01-15"  # before the birth


def row(n, given=GOOD, lot="A01"):
    return [CENTRE, f"E99002{n:04}", "2026-02-01", "1", "HepB", "1", given, lot]


def send(rows, header=HEADER, dataset=DATASET, **wish):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(SERVER, REPORTER, "接种.csv", out.getvalue().encode()), "dataset": dataset, **wish}, session=REPORTER)
    equal(answer.status, 202, str(answer.body[:300]))
    uid = answer.json["intake"]["uid"]

    def ended():
        one = SERVER.get(f"/api/v1/intakes/{uid}", session=REPORTER).json
        return one if one["state"] not in ("waiting", "checking", "applying") else None
    equal(wait_until(ended, 60, "the import")["state"], "done")
    return uid


def defects(query="", session=None):
    return SERVER.get(f"/api/v1/defects?limit=100&{query}", session=session or ISSUER).json["rows"]


def whole(uid, session=None):
    return SERVER.get(f"/api/v1/defects/{uid}", session=session or ISSUER).json


def act(uid, verb, body, session=None):
    version = whole(uid)["version"]
    return SERVER.post(f"/api/v1/defects/{uid}/{verb}", body, session=session or ISSUER, headers={"If-Match": f'"{version}"'})


def told(session, kind):
    return SERVER.get(f"/api/v1/messages?kind={kind}", session=session).json["rows"]


def advance(span):
    global REPORTER, ISSUER, SYSTEM, OTHER
    SERVER.stop()
    SERVER.advance(span)
    SERVER.start()
    REPORTER, ISSUER, SYSTEM, OTHER = (SERVER.login(n) for n in ACCOUNTS)


def many_are_sent_back_in_one_message():
    first = send([row(n, EARLY) for n in range(5)])
    rows = defects("state=found&rule=after_birth")
    equal(len(rows), 5)
    equal((whole(rows[0]["uid"])["found_how"], whole(rows[0]["uid"])["found_by"], whole(rows[0]["uid"])["closed_how"]), ("import", first, None))
    wish = {"defects": [{"uid": r["uid"], "version": r["version"]} for r in rows[:4]] + [{"uid": rows[4]["uid"], "version": 99}, {"uid": "0" * 26, "version": 1}], "note": "请核对出生日期"}
    problem(SERVER.post("/api/v1/defects/send", {**wish, "due": "2020-01-01"}, session=ISSUER), 400, "due-past", "/due")
    before = len(told(REPORTER, "defects"))
    sent = SERVER.post("/api/v1/defects/send", {**wish, "due": "2026-03-20"}, session=ISSUER)
    equal((sent.status, len(sent.json["done"]), sorted(r["code"] for r in sent.json["refused"])), (200, 4, ["not-found", "version-stale"]), str(sent.body[:400]))
    messages = told(REPORTER, "defects")
    equal(len(messages) - before, 1)
    equal({k: messages[0]["params"][k] for k in ("n", "due", "text")}, {"n": "4", "due": "2026-03-20", "text": "请核对出生日期"})
    equal((messages[0]["about"]["kind"], told(OTHER, "defects")), ("defects", []))
    refused = SERVER.post("/api/v1/defects/send", {"defects": [{"uid": rows[4]["uid"], "version": rows[4]["version"]}], "due": "2026-03-20"}, session=REPORTER).json
    equal((refused["done"], [r["code"] for r in refused["refused"]]), ([], ["no-role"]))
    equal(len(told(REPORTER, "defects")), len(messages))  # nobody is told of nothing
    equal(len(defects("mine=1", REPORTER)), 4)
    equal(SERVER.get("/api/v1/defects/counts?rule=after_birth", session=ISSUER).json["org"][0]["n"], 5)


def what_is_said_to_be_corrected_and_comes_again_goes_back():
    uid = next(r["uid"] for r in defects("state=sent"))
    equal(act(uid, "answer", {"text": "已改", "corrected": True}, REPORTER).json["state"], "corrected")
    send([row(n, EARLY) for n in range(5)] + [row(90)])
    again = whole(uid)
    equal((again["state"], [n["kind"] for n in again["notes"]], again["notes"][-1]["by"]), ("sent", ["send", "answer", "still"], None))


def it_is_closed_by_the_check_alone_and_says_how_often_it_came():
    uid = next(r["uid"] for r in defects("state=sent"))
    key = whole(uid)["record"]
    at = next(n for n in range(5) if key in {r["id"] for r in SERVER.get(f"/api/v1/records/{DATASET}?state=held&limit=100", session=REPORTER).json["rows"]})
    equal(at, 0)
    mended = send([row(n) for n in range(5)])
    equal({r["state"] for r in defects("rule=after_birth")}, {"closed"})
    closed = whole(uid)
    equal((closed["closed_how"], closed["closed_by"], closed["may"]["send"]["ok"]), ("import", mended, False))
    send([row(0, EARLY)])
    came = defects("rule=after_birth&state=found")
    equal([c["again"] for c in came], [1])
    send([row(0)])
    send([row(0, EARLY)])
    equal([c["again"] for c in defects("rule=after_birth&state=found")], [2])


def one_that_is_waived_keeps_the_reason_and_who_said_it():
    uid = defects("rule=after_birth&state=found")[0]["uid"]
    problem(act(uid, "waive", {"reason": "x"}, REPORTER), 403)
    waived = act(uid, "waive", {"reason": "原始登记如此"}).json
    equal((waived["state"], waived["reason"], waived["notes"][-1]["kind"], waived["notes"][-1]["by"]["name"]), ("waived", "原始登记如此", "waive", SERVER.get("/api/v1/session", session=ISSUER).json["person"]["name"]))
    send([row(0, EARLY), row(91)])
    equal(defects("rule=after_birth&state=found"), [])  # the row is what it was
    equal(whole(uid)["state"], "waived")


def its_list_goes_out_as_a_workbook():
    book = SERVER.get("/api/v1/defects.xlsx?rule=after_birth&lang=zh", session=ISSUER)
    equal(book.status, 200)
    with zipfile.ZipFile(io.BytesIO(book.body)) as z:
        sheet = "".join(z.read(n).decode() for n in z.namelist() if n.startswith("xl/"))
    assert "接种日期早于出生日期" in sheet and "原始登记如此" in sheet, sheet[:500]
    equal(SERVER.get("/api/v1/defects.xlsx", session=OTHER).status, 200)  # of his own, and nobody's


def what_is_overdue_goes_back_and_is_told_and_raised():
    send([row(n, EARLY) for n in range(20, 23)])
    rows = defects("state=found&rule=after_birth")
    today = SERVER.get("/api/v1/session", session=ISSUER).json["today"]
    equal(len(SERVER.post("/api/v1/defects/send", {"defects": [{"uid": r["uid"], "version": r["version"]} for r in rows], "due": today}, session=ISSUER).json["done"]), 3)
    equal(act(rows[0]["uid"], "answer", {"text": "已改", "corrected": True}, REPORTER).json["state"], "corrected")
    equal((told(ISSUER, "defects-late"), told(REPORTER, "defects-late")), ([], []))
    advance("2d")
    back = whole(rows[0]["uid"])
    equal((back["state"], back["notes"][-1]["kind"], back["late"]), ("sent", "overdue", True))
    equal([(m["level"], m["params"]["n"]) for m in told(REPORTER, "defects-late")], [("yellow", "3")])
    equal([(m["level"], m["params"]["n"]) for m in told(ISSUER, "defects-late")], [("yellow", "3")])  # who sent them back
    equal(SERVER.get("/api/v1/defects/counts?state=sent&rule=after_birth", session=ISSUER).json["org"][0]["late"], 3)
    advance("1w")
    equal([m["level"] for m in told(REPORTER, "defects-late")], ["yellow"])  # once
    equal([m["level"] for m in told(ISSUER, "defects-late")], ["red", "yellow"])  # and as one of those above
    advance("2d")
    equal(len(told(ISSUER, "defects-late")), 2)


RULE = """      - {id: lot_recalled, check: "lot not like 'X9%'", level: error, says: 该批号已召回, says_en: This lot was recalled, about: [lot]}\n"""


def edition(version, rule):
    """A zip of the packs with another edition of one, which has this rule, too."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for top, _, files in os.walk(PACKS):
            for name in files:
                path = os.path.relpath(os.path.join(top, name), PACKS)
                with open(os.path.join(top, name), encoding="utf-8") as file:
                    text = file.read()
                if path == "immunization/pack.yaml":
                    before = next(line for line in text.splitlines() if "id: dose_number" in line) + "\n"
                    text = text.replace("version: 1.0.0", f"version: {version}", 1).replace(before, before + rule)
                if path.split("/")[0] != "local":
                    z.writestr(path, text)
    return out.getvalue()


def upgrade(content):
    done = SERVER.post("/api/v1/packs", {"upload": upload(SERVER, SYSTEM, "packs.zip", content), "packs": ["immunization"], "upgrade": True}, session=SYSTEM)
    equal((done.status, [r["what"] for r in done.json.get("rows", []) if r["id"] == "immunization"]), (200, ["upgraded"]), str(done.body[:600]))


def recheck():
    job = job_ended(SERVER, SYSTEM, start_job(SERVER, SYSTEM, f"/api/v1/datasets/{DATASET}/recheck"))
    equal(job["state"], "done", job["error"])
    return job["result"]


def who_stands_on_one_side_of_a_comparison_is_named():
    """More reactions than doses in a month: the two of children without a dose are told from that of the child with one."""
    child = lambda n: [f"E99002{n:04}", "2025-11-01", "1"]
    send([[CENTRE, *child(60), "HepB", "1", "2025-12-03", "A01"]])
    reaction = lambda n: [CENTRE, *child(n), f"Y{n}", "HepB", "2025-12-03", "2025-12-03T18:00", "2025-12-04T08:00", "false", "false"]
    send([reaction(n) for n in (60, 61, 62)], ["clinic", "birth_cert", "birth", "sex", "event_no", "vaccine", "given_on", "onset_at", "found_at", "serious", "died"], "immunization.aefi")
    found = wait_until(lambda: defects("rule=not_more_than_doses"), 30, "the finding")[0]["uid"]
    parts = SERVER.get(f"/api/v1/defects/{found}/parts", session=ISSUER).json["rows"]
    equal([(p["dataset"]["id"], p["answer"], p["records"], p["apart"]) for p in parts], [("immunization.aefi", "3", 3, 2), (DATASET, "1", 1, 0)])
    behind = lambda n, query="": SERVER.get(f"/api/v1/defects/{found}/parts/{n}/records?{query}", session=ISSUER).json
    equal(sorted(r["values"]["event_no"] for r in behind(0, "apart=1")["rows"]), ["Y61", "Y62"])
    first = behind(0, "apart=1&limit=1")
    equal((len(first["rows"]), len(behind(0, f"apart=1&limit=1&cursor={first['next']}")["rows"]), behind(1, "apart=1")["rows"]), (1, 1, []))
    equal(len(behind(0)["rows"]), 3)


def a_new_edition_finds_and_another_closes():
    brought = send([row(40), row(41, lot="X8"), row(42, lot="X91")])
    problem(SERVER.post(f"/api/v1/datasets/{DATASET}/recheck", session=ISSUER), 403, "no-role")
    before = {r["uid"] for r in defects("rule=lot_recalled")}
    equal((before, recheck()["changed"]), (set(), 0))
    upgrade(edition("1.0.1", RULE))
    equal(recheck()["changed"], 1)
    found = defects("rule=lot_recalled")
    equal([(f["state"], f["level"]) for f in found], [("found", "error")])
    one = whole(found[0]["uid"])
    equal((one["found_how"], one["found_by"], [(v["field"], v["value"]) for v in one["values"]]), ("recheck", brought, [("lot", "X91")]))
    record = SERVER.get(f"/api/v1/records/{DATASET}/{one['record']}", session=REPORTER).json
    equal((record["state"], [(v["state"], v["by"] and v["by"]["intake"]) for v in record["history"]]), ("held", [("held", None), ("accepted", brought)]))
    equal(recheck()["changed"], 0)
    equal(act(found[0]["uid"], "send", {"due": "2026-12-31"}).status, 200)
    upgrade(edition("1.0.2", ""))
    equal(recheck()["changed"], 1)
    closed = whole(found[0]["uid"])
    equal((closed["state"], closed["closed_how"], closed["closed_by"]), ("closed", "recheck", None))
    equal(SERVER.get(f"/api/v1/records/{DATASET}/{one['record']}", session=REPORTER).json["state"], "accepted")


def a_recheck_that_was_killed_is_done_by_the_next_process():
    send([row(1000 + n, lot="X9" if n % 3 == 0 else "A01") for n in range(3000)])
    upgrade(edition("1.0.3", RULE))
    uid = start_job(SERVER, SYSTEM, f"/api/v1/datasets/{DATASET}/recheck")
    SERVER.kill()
    SERVER.start()
    session = SERVER.login("sysadmin01")
    equal(job_ended(SERVER, session, uid, 90)["state"], "done")
    counts = SERVER.get("/api/v1/defects/counts?rule=lot_recalled&state=found", session=SERVER.login("jianglinyu")).json
    equal(counts["total"], 1001)  # and the one of before


ACCOUNTS = ("reporter01", "jianglinyu", "sysadmin01", "zhangshuchuan")
with Demo("--packs", PACKS) as SERVER:
    REPORTER, ISSUER, SYSTEM, OTHER = (SERVER.login(n) for n in ACCOUNTS)
    run(many_are_sent_back_in_one_message, what_is_said_to_be_corrected_and_comes_again_goes_back, it_is_closed_by_the_check_alone_and_says_how_often_it_came,
        one_that_is_waived_keeps_the_reason_and_who_said_it, its_list_goes_out_as_a_workbook, who_stands_on_one_side_of_a_comparison_is_named, a_new_edition_finds_and_another_closes,
        a_recheck_that_was_killed_is_done_by_the_next_process, what_is_overdue_goes_back_and_is_told_and_raised)
