#!/usr/bin/env python3
"""Persons of records through the program: found, seen masked, shown with a purpose, merged and parted; and nothing of them to be read in the folder."""
import base64
import csv
import hashlib
import io
import json
import os
import random
import sys
import tempfile

import workbook
from lib import Demo, equal, problem, run, wait_until

sys.path.insert(0, os.path.join(os.environ["SOURCE_ROOT"], "tests", "tool"))
from find_bytes import files_of, search

DATASET = "immunization.vaccination"
CENTRE = "990101-JC01"
HEADER = ["接种单位", "身份证件号码", "预防接种证（卡）号", "姓名", "出生日期", "性别", "监护人电话号码", "疫苗代码", "剂次", "接种日期", "疫苗批号"]


def resident(serial, birth, man=True):
    """An identity number that nobody has: its district is none."""
    digits = f"990101{birth.replace('-', '')}{serial:02}{1 if man else 2}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights)) % 11]


PEOPLE = [{"id": resident(n, "2026-01-0%d" % (n % 9 + 1)), "name": f"慕容{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'子丑寅卯辰'[n // 10 % 5]}", "birth": "2026-01-0%d" % (n % 9 + 1),
           "phone": f"1392{n * 7919 % 10000000:07}", "card": f"JZK{n * 104729 % 100000000:08}"} for n in range(30)]


def row(who, card=None, identity=None, given="2026-02-03", dose="1", phone=None):
    return [CENTRE, who["id"] if identity is None else identity, card or "", who["name"], who["birth"], "1", phone or who["phone"], "HepB", dose, given, "A01"]


def text_of(rows, more=()):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER + list(more), *rows])
    return out.getvalue().encode()


def upload(content, session):
    uid = SERVER.post("/api/v1/uploads", {"name": "接种.csv", "size": len(content)}, session=session).json["uid"]
    equal(SERVER.request("PATCH", f"/api/v1/uploads/{uid}", content, {"Upload-Offset": "0"}, session).status, 200)
    equal(SERVER.post(f"/api/v1/uploads/{uid}/finish", {"sha256": hashlib.sha256(content).hexdigest()}, session=session).status, 200)
    return uid


def send(rows, more=(), **wish):
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(text_of(rows, more), REPORTER), "dataset": DATASET, **wish}, session=REPORTER)
    equal(answer.status, 202, str(answer.body[:400]))
    uid = answer.json["intake"]["uid"]

    def ended():
        one = SERVER.get(f"/api/v1/intakes/{uid}", session=REPORTER).json
        return one if one["state"] not in ("waiting", "checking", "applying") else None
    one = wait_until(ended, 60, "the import")
    if one["state"] == "asking":
        equal(SERVER.post(f"/api/v1/intakes/{uid}/confirm", session=REPORTER).status, 202)
        one = wait_until(lambda: (lambda i: i if i["state"] == "done" else None)(SERVER.get(f"/api/v1/intakes/{uid}", session=REPORTER).json), 60, "the import")
    equal(one["state"], "done", json.dumps(one["error"], ensure_ascii=False))
    return one["result"]


def find(value, kind="id_card", session=None, **more):
    return SERVER.post("/api/v1/persons/find", {"kind": kind, "value": value, "purpose": "follow-up", **more}, session=session or REPORTER)


def uid_of(value, kind="id_card", **more):
    rows = find(value, kind, **more).json["rows"]
    equal(len(rows), 1, rows)
    return rows[0]["uid"]


def act(path, body=None, session=None, **headers):
    return SERVER.post(f"/api/v1/persons/{path}", body or {}, session=session or ISSUER, headers=headers)


def files_come_in():
    equal(send([row(who) for who in PEOPLE])["added"], len(PEOPLE))
    send([row(PEOPLE[0], given="2026-03-03", dose="2")])


def a_number_finds_whom_the_asker_may_know():
    who = PEOPLE[0]
    found = find(who["id"]).json["rows"]
    equal([(p["name"], p["sex"], p["birth"]) for p in found], [(who["name"][0] + "***", "1", "2026-**-**")])
    equal(find(resident(99, "2026-01-01")).json["rows"], [])
    equal(find(who["id"], session=STRANGER).json["rows"], [])
    equal(uid_of(who["name"], "person_name", birth=who["birth"]), found[0]["uid"])
    equal(find(who["name"], "person_name", birth="2025-01-01").json["rows"], [])
    problem(find(who["name"], "person_name"), 400)
    problem(find(who["id"], "vaccine_code"), 400)
    problem(find(who["id"], purpose="curiosity"), 400, "purpose-unknown")


def a_person_is_seen_masked_with_its_records():
    who = PEOPLE[0]
    uid = uid_of(who["id"])
    one = SERVER.get(f"/api/v1/persons/{uid}", session=REPORTER)
    assert who["name"].encode() not in one.body and who["id"].encode() not in one.body and who["phone"].encode() not in one.body, one.body
    equal({f["id"]: f["shown"] for f in one.json["fields"]}["guardian_phone"], who["phone"][:3] + "****" + who["phone"][-4:])
    equal(one.json["group"], [])
    rows = SERVER.get(f"/api/v1/persons/{uid}/records", session=REPORTER).json["rows"]
    equal([(r["dataset"]["id"], r["month"], r["values"]["dose"]) for r in rows], [(DATASET, "2026-03", "2"), (DATASET, "2026-02", "1")])
    first = SERVER.get(f"/api/v1/persons/{uid}/records?limit=1", session=REPORTER).json
    rest = SERVER.get(f"/api/v1/persons/{uid}/records?limit=1&cursor={first['next']}", session=REPORTER).json
    equal([r["id"] for r in first["rows"] + rest["rows"]], [r["id"] for r in rows])
    problem(SERVER.get(f"/api/v1/persons/{uid}/records?cursor=x", session=REPORTER), 400)
    equal(SERVER.get(f"/api/v1/persons/{uid}/records?dataset=population.child", session=REPORTER).json["rows"], [])
    for path in ("", "/records", "/looks"):
        problem(SERVER.get(f"/api/v1/persons/{uid}{path}", session=STRANGER), 404)
        problem(SERVER.get(f"/api/v1/persons/{'0' * 26}{path}", session=REPORTER), 404)


def records(query="", session=None):
    answer = SERVER.get(f"/api/v1/records/{DATASET}?{query}", session=session or REPORTER)
    equal(answer.status, 200, str(answer.body[:300]))
    return answer.json


def records_name_their_person_masked():
    who = PEOPLE[0]
    uid = uid_of(who["id"])
    rows = records("limit=100")["rows"]
    equal(len(rows), len(PEOPLE) + 1)
    equal([r["person"] for r in rows if r["person"]["uid"] == uid], [{"uid": uid, "name": who["name"][0] + "***", "sex": "1", "birth": "2026-**-**"}] * 2)
    one = SERVER.get(f"/api/v1/records/{DATASET}/{rows[0]['id']}", session=REPORTER)
    equal((one.json["person"], one.json["personal"], one.json["deleted"], one.json["moved"]), (rows[0]["person"], [], False, None))
    assert who["name"].encode() not in one.body and who["id"].encode() not in one.body, one.body


def records_are_filtered_by_person_and_batch():
    uid = uid_of(PEOPLE[0]["id"])
    mine = records(f"person={uid}")["rows"]
    equal([(r["month"], r["values"]["dose"]) for r in mine], [("2026-03", "2"), ("2026-02", "1")])
    first = records(f"person={uid}&limit=1")
    equal([r["id"] for r in first["rows"] + records(f"person={uid}&limit=1&cursor={first['next']}")["rows"]], [r["id"] for r in mine])
    equal([r["month"] for r in records(f"person={uid}&to=2026-02")["rows"]], ["2026-02"])
    equal([r["month"] for r in records(f"person={uid}&field=dose:2")["rows"]], ["2026-03"])
    equal(records(f"person={uid}&state=held")["rows"], [])
    equal([r["id"] for r in records(f"batch={mine[0]['batch']}")["rows"]], [mine[0]["id"]])
    equal(len(records(f"batch={mine[1]['batch']}&limit=100")["rows"]), len(PEOPLE))
    for wrong in (f"person={'0' * 26}", f"batch={'0' * 26}", f"person={uid}&cursor=x", "field=" + ",".join(["dose:1"] * 13)):
        problem(SERVER.get(f"/api/v1/records/{DATASET}?{wrong}", session=REPORTER), 400)
    equal(records("field=" + ",".join(["dose:2"] * 12))["rows"], [mine[0]])
    problem(SERVER.get(f"/api/v1/records/{DATASET}?person={uid}", session=STRANGER), 400)  # as if there were none


def a_records_history_follows_it():
    """Added, changed, moved to another month, deleted by a replace, added again: each stands in its history, and the old places lead to the new one."""
    who = PEOPLE[29]
    place = lambda: records(f"person={uid_of(who['id'])}")["rows"]
    seen = lambda record: SERVER.get(f"/api/v1/records/{DATASET}/{record}", session=REPORTER).json
    told = lambda record: [(v["month"], v["values"]["given_on"], v["values"]["lot"], v["deleted"], v["until"] is not None) for v in seen(record)["history"]]
    old = place()[0]["id"]
    equal(told(old), [("2026-02", "2026-02-03", "A01", False, False)])
    send([[*row(who)[:-1], "B02"]])
    equal(told(old), [("2026-02", "2026-02-03", "B02", False, False), ("2026-02", "2026-02-03", "A01", False, True)])
    send([row(who, given="2026-03-09")])
    new = place()[0]["id"]
    equal(len(place()), 1)
    moved = [("2026-03", "2026-03-09", "A01", False, False), ("2026-02", "2026-02-03", "B02", False, True), ("2026-02", "2026-02-03", "A01", False, True)]
    equal((told(new), told(old), seen(old)["moved"], seen(old)["deleted"], seen(new)["moved"]), (moved, moved, new, True, None))
    send([row(PEOPLE[0], given="2026-03-03", dose="2")], mode="replace", period="2026-03")
    equal(place(), [])
    gone = seen(new)
    equal((gone["deleted"], gone["moved"], gone["values"]["given_on"], gone["history"][0]["deleted"], gone["person"]["name"]), (True, None, "2026-03-09", True, who["name"][0] + "***"))
    send([row(who)])
    back = place()[0]["id"]
    equal((back, seen(back)["moved"], seen(new)["moved"]), (old, None, old))
    equal([(m, d) for m, _, _, d, _ in told(back)], [("2026-02", False), ("2026-03", True), ("2026-02", False), ("2026-02", False)])


def values_are_shown_with_a_purpose_and_the_look_is_kept():
    who = PEOPLE[0]
    uid = uid_of(who["id"])
    problem(act(f"{uid}/unmask", {"purpose": "care"}, REPORTER), 403, "no-role")
    problem(act(f"{uid}/unmask", {"purpose": "curiosity"}), 400, "purpose-unknown")
    problem(act(f"{uid}/unmask", {"purpose": "other"}), 400, "reason-missing")
    problem(act(f"{uid}/unmask", {"purpose": "care", "fields": ["card_no"]}), 400, "field-unknown")
    shown = act(f"{uid}/unmask", {"purpose": "follow-up", "reason": "催种", "fields": ["guardian_phone"]})
    equal([(f["id"], f["value"]) for f in shown.json["fields"]], [("guardian_phone", who["phone"])])
    equal({f["value"] for f in act(f"{uid}/unmask", {"purpose": "care"}).json["fields"]}, {who["id"], who["name"], who["phone"]})
    looks = SERVER.get(f"/api/v1/persons/{uid}/looks", session=AUDITOR).json["rows"]
    equal([(look["purpose"], look["reason"], look["fields"]) for look in looks][1], ("follow-up", "催种", "guardian_phone"))
    equal(len(looks), 2)
    problem(SERVER.get(f"/api/v1/persons/{uid}/looks", session=REPORTER), 403, "no-role")
    problem(SERVER.get(f"/api/v1/persons/{uid}/looks.xlsx", session=REPORTER), 403, "no-role")
    printed = workbook.cells(SERVER.get(f"/api/v1/persons/{uid}/looks.xlsx?lang=zh", session=AUDITOR).body)
    assert any("催种" in line and "guardian_phone" in line for line in printed), printed


def each_search_and_look_is_an_event():
    """Who, when, what for and by what kind of number; never the number, nor what was seen."""
    who = PEOPLE[0]
    uid = uid_of(who["id"])
    events = lambda verb: SERVER.get(f"/api/v1/events?verb={verb}&limit=500", session=AUDITOR)
    searches = [e for e in events("find-person").json["rows"] if e["object"]["uid"] == uid]
    equal((searches[-1]["data"]["kind"], searches[-1]["data"]["purpose"], searches[-1]["by"]["name"] != "", searches[-1]["at"] != ""), ("id_card", "follow-up", True, True))
    looks = [e for e in events("unmask-person").json["rows"] if e["object"]["uid"] == uid]
    equal([(e["data"]["fields"], e["data"]["purpose"]) for e in looks if e["data"]["fields"] == "guardian_phone"], [("guardian_phone", "follow-up")])
    for verb in ("find-person", "unmask-person"):
        assert not any(text.encode() in events(verb).body for text in (who["id"], who["name"], who["phone"])), verb


def two_are_merged_and_parted():
    a, b = uid_of(PEOPLE[1]["id"]), uid_of(PEOPLE[2]["id"])
    problem(act(f"{b}/merge", {"onto": a}, REPORTER), 403, "no-role")
    problem(act(f"{b}/merge", {"onto": "0" * 26}), 400)
    problem(act(f"{b}/unmerge"), 409, "person-not-merged")
    merged = act(f"{b}/merge", {"onto": a}).json
    equal((merged["root"], [g["uid"] for g in merged["group"]]), (a, [a, b]))
    problem(act(f"{a}/merge", {"onto": b}), 409, "persons-are-one")
    equal(len(SERVER.get(f"/api/v1/persons/{a}/records", session=ISSUER).json["rows"]), 2)
    parted = act(f"{b}/unmerge").json
    equal((parted["root"], parted["group"]), (b, []))
    for uid in (a, b):
        equal(len(SERVER.get(f"/api/v1/persons/{uid}/records", session=ISSUER).json["rows"]), 1)


def open_defects(rule, at_least):
    """How many are open when the run behind the last import is over."""
    def look():
        n = SERVER.get(f"/api/v1/defects/counts?rule={rule}&dataset={DATASET}&state=found", session=ISSUER).json["total"]
        return (n,) if (n > 0) == (at_least > 0) else None
    return wait_until(look, 60, f"defects of {rule}")[0]


def rules_between_records_follow_those_who_are_one():
    """Both had the same dose: who are one had it twice; parted, nobody had."""
    a, b = uid_of(PEOPLE[6]["id"]), uid_of(PEOPLE[7]["id"])
    equal(open_defects("once", 0), 0)
    equal(act(f"{b}/merge", {"onto": a}).status, 200)
    send([row(PEOPLE[8], given="2026-03-20", dose="5")])
    equal(open_defects("once", 1), 1)
    found = SERVER.get(f"/api/v1/defects?rule=once&state=found&dataset={DATASET}", session=ISSUER).json["rows"][0]
    one = SERVER.get(f"/api/v1/defects/{found['uid']}", session=ISSUER).json
    equal((one["found_how"], sorted(v["field"] for v in one["values"])), ("compare", ["dose", "vaccine"]))
    assert one["found_by"], one
    equal([len(records(f"person={uid}")["rows"]) for uid in (a, b)], [2, 2])
    equal(act(f"{b}/unmerge").status, 200)
    send([row(PEOPLE[8], given="2026-03-21", dose="6")])
    equal(open_defects("once", 0), 0)
    equal([len(records(f"person={uid}")["rows"]) for uid in (a, b)], [1, 1])
    equal(SERVER.get(f"/api/v1/defects/{found['uid']}", session=ISSUER).json["closed_how"], "compare")


def no_record_is_lost_whoever_is_one_with_whom():
    """Any merges and partings: every record is one person's, and all of them are there, after each step and when all is undone."""
    draw = random.Random(11)
    uids = [uid_of(who["id"]) for who in PEOPLE[10:18]]
    own = {uid: {r["id"] for r in records(f"person={uid}")["rows"]} for uid in uids}
    onto = {}

    def root(uid):
        return root(onto[uid]) if uid in onto else uid
    for _ in range(40):
        a, b = draw.sample(uids, 2)
        if a in onto:
            equal(act(f"{a}/unmerge").status, 200)
            del onto[a]
        elif root(a) != root(b):
            equal(act(f"{a}/merge", {"onto": b}).status, 200)
            onto[a] = root(b)
        else:
            problem(act(f"{a}/merge", {"onto": b}), 409, "persons-are-one")
        for uid in uids:
            want = set().union(*(own[other] for other in uids if root(other) == root(uid)))
            equal({r["id"] for r in records(f"person={uid}&limit=100")["rows"]}, want)
            equal({r["id"] for r in SERVER.get(f"/api/v1/persons/{uid}/records", session=ISSUER).json["rows"] if r["dataset"]["id"] == DATASET}, want)
    for uid in list(onto):
        equal(act(f"{uid}/unmerge").status, 200)
    for uid in uids:
        equal({r["id"] for r in records(f"person={uid}")["rows"]}, own[uid])


def rules_of(result):
    return {f["rule"]: f["n"] for f in result["findings"]}


def facts_are_kept_with_who_said_them():
    """The day of death is a fact of the person: any file may bring it, rules of others know it, who said it corrects it, and what was known stays beside it."""
    who = PEOPLE[20]
    uid = uid_of(who["id"])
    told = lambda: [(f["id"], f["value"], f["further"], f["org"]["uid"] is not None) for f in SERVER.get(f"/api/v1/persons/{uid}", session=REPORTER).json["facts"]]
    equal(told(), [])
    send([[*row(who, given="2026-02-03"), "2026-03-01"]], more=["死亡日期"])
    equal(told(), [("died_on", "2026-03-01", False, True)])
    result = send([row(who, given="2026-03-05", dose="3")])
    equal(rules_of(result).get("alive"), 1)
    send([[*row(who, given="2026-02-03"), "2026-03-31"]], more=["死亡日期"])
    equal(told(), [("died_on", "2026-03-31", False, True), ("died_on", "2026-03-01", True, True)])
    equal(rules_of(send([row(who, given="2026-03-05", dose="3")])).get("alive"), None)
    old = send([[*row(who, given="2026-02-03"), "2026-03-01"]], more=["死亡日期"])  # the old file again puts nothing back, and is told of
    equal((rules_of(old).get("person:conflict"), told()[0][1]), (1, "2026-03-31"))


def doubtful_pairs_wait_for_somebody():
    first, second = PEOPLE[3], PEOPLE[4]
    send([row(first, card=first["card"], given="2026-02-10", dose="2"), row(second, identity="", card=second["card"], given="2026-02-10", dose="3")])
    send([row(first, card=second["card"], given="2026-02-11", dose="4")])
    pairs = SERVER.get("/api/v1/persons/pairs?why=numbers", session=ISSUER).json["rows"]
    equal(len(pairs), 1, pairs)
    compared = {f["field"]: (f["a"], f["b"], f["same"]) for f in pairs[0]["compare"]}
    equal((compared["sex"], compared["birth"][2], compared["person_name"][2], compared["card_no"][2]), ((None, None, True), False, False, False))
    assert all(value is None or "*" in value for one in compared.values() for value in one[:2]), compared
    path, version = f"pairs/{pairs[0]['uid']}", f'"{pairs[0]["version"]}"'
    equal(SERVER.get("/api/v1/persons/pairs", session=REPORTER).json["rows"], [])
    problem(act(path, {"decision": "same"}, REPORTER, **{"If-Match": version}), 404)
    problem(act(path, {"decision": "same"}), 428)
    problem(act(path, {"decision": "perhaps"}, **{"If-Match": version}), 400)
    equal(act(path, {"decision": "later"}, **{"If-Match": version}).json["state"], "later")
    stale = act(path, {"decision": "same"}, **{"If-Match": version})
    problem(stale, 409, "version-stale")
    equal(stale.json["present"]["state"], "later")
    equal(act(path, {"decision": "same"}, **{"If-Match": f'"{stale.json["present"]["version"]}"'}).json["state"], "same")
    equal([p["state"] for p in SERVER.get("/api/v1/persons/pairs?state=same,different", session=ISSUER).json["rows"]], ["same"])


def a_pair_that_was_decided_never_comes_back():
    pair = SERVER.get("/api/v1/persons/pairs?state=same", session=ISSUER).json["rows"][0]
    path, decide = f"pairs/{pair['uid']}", lambda what: act(path, {"decision": what}, **{"If-Match": f'"{now()["version"]}"'})
    now = lambda: next(p for p in SERVER.get("/api/v1/persons/pairs?state=open,later,same,different&why=numbers", session=ISSUER).json["rows"] if p["uid"] == pair["uid"])
    problem(decide("open"), 409, "persons-are-one")
    problem(decide("later"), 409, "persons-are-one")
    merged = next(p for p in (pair["a"]["uid"], pair["b"]["uid"]) if SERVER.get(f"/api/v1/persons/{p}", session=ISSUER).json["root"] != p)
    equal(act(f"{merged}/unmerge").status, 200)
    equal((now()["state"], now()["decided"]), ("open", None))
    equal(decide("different").json["state"], "different")
    send([row(PEOPLE[3], card=PEOPLE[4]["card"], given="2026-02-12", dose="7")])  # the same doubt again
    equal((now()["state"], SERVER.get("/api/v1/persons/pairs?why=numbers", session=ISSUER).json["rows"]), ("different", []))
    undone = decide("open").json
    equal((undone["state"], undone["decided"]), ("open", None))
    equal(decide("different").json["state"], "different")


def nothing_of_them_can_be_read_in_the_folder():
    SERVER.stop()
    texts = {t for who in PEOPLE for t in (who["id"], who["name"], who["phone"], who["card"])}
    equal(search(files_of(SERVER.data), texts), {})
    with tempfile.NamedTemporaryFile(dir=SERVER.data) as file:  # that it would be found
        file.write(b"?" + base64.b64encode(b"x" + PEOPLE[0]["id"].encode()) + b"?")
        file.flush()
        equal(list(search(files_of(SERVER.data), texts).values()), [{PEOPLE[0]["id"]}])


with Demo("--packs", os.path.join(os.environ["SOURCE_ROOT"], "packs")) as SERVER:
    REPORTER, ISSUER, STRANGER, AUDITOR = (SERVER.login(name) for name in ("reporter01", "jianglinyu", "hanyuzi", "auditadmin01"))
    run(files_come_in, a_number_finds_whom_the_asker_may_know, a_person_is_seen_masked_with_its_records, records_name_their_person_masked,
        records_are_filtered_by_person_and_batch, a_records_history_follows_it, values_are_shown_with_a_purpose_and_the_look_is_kept, each_search_and_look_is_an_event, two_are_merged_and_parted, rules_between_records_follow_those_who_are_one,
        no_record_is_lost_whoever_is_one_with_whom, facts_are_kept_with_who_said_them,
        doubtful_pairs_wait_for_somebody, a_pair_that_was_decided_never_comes_back, nothing_of_them_can_be_read_in_the_folder)
