#!/usr/bin/env python3
"""Every route over what institutions send, asked for an object of another institution: an institution never reads another's, a district reads its own, the city all; and to whom an object is not open it
is not there, with the same answer as for one that never was. The routes come from /api/openapi.json: one that stands in no table here fails the test."""
import csv
import io
import json
import os
import re
import urllib.parse

import workbook
from client import begin_upload, get, upload
from lib import Demo, equal, run, wait_until

API = "/api/v1"
NOBODY = "0" * 26
DOSES, CHILDREN, REACTIONS = "immunization.vaccination", "population.child", "immunization.aefi"
DATA = re.compile(r"(/api/v1/(intakes|mappings|batches|defects|cases|records|persons|data|forms|expected|quality|owed|previews)\b|/fhir)")


class S:
    """Sessions: the reporters of two institutions of one district and of one of another district, the commissions of both districts, the city."""


class A:
    """What the first institution sent."""


class B:
    """What its neighbour sent."""


# --- The stage ----------------------------------------------------------------------------------------------------------


def org(name):
    return get(SERVER, S.city, f"orgs/resolve?name={urllib.parse.quote(name)}")["org"]["uid"]


def new_account(username, role, where, unit):
    made = SERVER.post(f"{API}/accounts", {"username": username, "person": {"name": "甲"}, "org": unit, "roles": []}, session=S.security).json
    equal(SERVER.post(f"{API}/accounts/{made['uid']}/grants", {"role": role, "where": where}, session=S.security).status, 201, username)
    session = SERVER.login(username, made["password"])
    equal(SERVER.post(f"{API}/session/password", {"old": made["password"], "new": "another-2026"}, session=session).status, 204, username)
    return session


def text_of(header, rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def send(session, dataset, header, *rows, **wish):
    """The uid of the arrival, when it is stored."""
    answer = SERVER.post(f"{API}/intakes", {"upload": upload(SERVER, session, "file.csv", text_of(header, rows)), "dataset": dataset, **wish}, session=session)
    equal(answer.status, 202, str(answer.body[:300]))
    uid = answer.json["intake"]["uid"]
    one = wait_until(lambda: (lambda i: i if i["state"] not in ("waiting", "checking", "applying") else None)(get(SERVER, session, f"intakes/{uid}")), 60, "the import")
    equal(one["state"], "done", str(one["error"]))
    return uid


DOSE = ["clinic", "birth_cert", "card_no", "birth", "sex", "vaccine", "dose", "given_on", "lot"]
CHILD = ["clinic", "home", "birth_cert", "birth", "sex", "area", "valid_from"]
REACTION = ["clinic", "birth_cert", "birth", "sex", "event_no", "vaccine", "given_on", "onset_at", "found_at", "serious", "died"]


def brought(what, session, code, n):
    """Doses (one too early, one without a day), a child in care, a reaction, two persons who may be one, a mapping; and one child that both institutions know."""
    number = lambda i: f"E99{n}0{i:05}"
    day, born = "2026-02-03", "2026-01-20"
    dose = lambda i, given=day, card="", k="1": [code, number(i), card, born, "1", "HepB", k, given, "A01"]
    what.intake = send(session, DOSES, DOSE, dose(1), dose(2, "2026-01-15"), dose(3, ""), dose(4, card=f"JZK{n}0000004"), [*dose(5)[:1], "", f"JZK{n}0000005", *dose(5)[3:]])
    send(session, DOSES, DOSE, dose(4, card=f"JZK{n}0000005", k="2"))
    send(session, DOSES, DOSE, [code, "E990999999", "", born, "1", "HepB", str(n), day, "A01"])
    send(session, CHILDREN, CHILD, [code, code, number(1), "2025-01-20", "1", "990101", "2025-01-20"])
    send(session, REACTIONS, REACTION, [code, number(6), born, "1", f"Y{n}001", "HepB", day, "2026-02-03T18:00", "2026-02-04T08:00", "false", "false"])
    send(session, "immunization.clinic_session", ["clinic", "period", "vaccine", "doses", "wasted"], [code, "2026-01", "HepB", "90", "0"])  # many more than came: a finding about a month
    what.org = get(SERVER, session, "session")["org"]["uid"]
    what.name = get(SERVER, session, "session")["org"]["name"]
    what.batch = get(SERVER, session, f"batches?intake={what.intake}")["rows"][0]["uid"]
    what.record = next(r["id"] for r in get(SERVER, session, f"records/{DOSES}?state=accepted&field=dose:1")["rows"])
    what.case = wait_until(lambda: get(SERVER, session, "cases")["rows"], 30, "the case")[0]["uid"]
    what.person = find(session, number(1))[0]
    what.defect = get(SERVER, session, "defects?rule=after_birth")["rows"][0]["uid"]
    what.mapping = SERVER.post(f"{API}/mappings", {"dataset": DOSES, "name": "HIS", "columns": [{"from": "x", "to": "clinic"}], "format": "csv"}, session=session).json["uid"]
    what.number = number


def a_night_later():
    """The jobs of a night count what persons owe and what reports are worth."""
    SERVER.stop()
    SERVER.advance("1d")
    SERVER.start()
    S.a, S.district = (SERVER.login(name) for name in ("reporter01", "jianglinyu"))
    S.b, S.c, S.elsewhere, S.city = (SERVER.login(name, "another-2026") for name in ("neighbour", "far", "elsewhere", "city"))
    for name in ("quality", "owed", "expected"):
        wait_until(lambda: {A.org, B.org} <= {org_of(r) for r in listed(S.city, name, LISTS[name])}, 60, f"{name} of both")
    for what, session in ((A, S.a), (B, S.b)):
        what.of_month = wait_until(lambda: get(SERVER, session, "defects?rule=volume_declared")["rows"], 60, "a finding about a month")[0]["uid"]


def find(session, number):
    rows = SERVER.post(f"{API}/persons/find", {"kind": "birth_cert", "value": number, "purpose": "care"}, session=session).json["rows"]
    return [r["uid"] for r in rows]


# --- The tables -----------------------------------------------------------------------------------------------------------


def objects(of):
    """Each route with an object of data in its path: (method, route) → (path of an object of this institution, a whole body). POSTs are asked by outsiders only: inside they would change something."""
    uids = {"intakes": of.intake, "batches": of.batch, "mappings": of.mapping, "defects": of.defect, "cases": of.case, "persons": of.person, "persons/pairs": of.pair}
    kept = {"dataset": DOSES, "name": "HIS 2", "columns": [{"from": "x", "to": "clinic"}], "format": "csv"}
    rows = {
        "GET intakes/{uid}": None, "GET intakes/{uid}/original": None, "GET intakes/{uid}/errors": None, "GET intakes/{uid}/rejects": None,
        "POST intakes/{uid}/again": {}, "POST intakes/{uid}/cancel": None, "POST intakes/{uid}/confirm": None,
        "GET batches/{uid}": None, "GET mappings/{uid}": None, "PATCH mappings/{uid}": kept, "DELETE mappings/{uid}": None,
        "GET defects/{uid}": None, "GET defects/{uid}/parts": None, "GET defects/{uid}/parts/{part}/records": None, "POST defects/{uid}/send": {"due": "2099-01-01", "note": "x"}, "POST defects/{uid}/answer": {"text": "x"}, "POST defects/{uid}/waive": {"reason": "x"},
        "GET cases/{uid}": None, "POST cases/{uid}/do/{step}": {"values": {}}, "GET persons/{uid}": None, "GET persons/{uid}/records": None, "GET persons/{uid}/looks": None,
        "POST persons/{uid}/unmask": {"purpose": "care"}, "POST persons/{uid}/merge": {"onto": of.person}, "POST persons/{uid}/unmerge": None, "POST persons/pairs/{uid}": {"decision": "later"},
    }
    table = {}
    for row, body in rows.items():
        method, route = row.split(" ")
        kind = "persons/pairs" if route.startswith("persons/pairs") else route.split("/")[0]
        uid = of.of_month if "{part}" in route else uids[kind]
        table[method, f"{API}/{route}"] = (f"{API}/{route.replace('{uid}', uid).replace('{step}', 'report').replace('{part}', '0')}", body)
    table["GET", API + "/records/{dataset}/{record}"] = (f"{API}/records/{DOSES}/{of.record}", None)
    table["GET", API + "/quality/{dataset}/{org}/{month}"] = (f"{API}/quality/{DOSES}/{of.org}/2026-02", None)
    return table


# Files are as they came, with all that is personal: for who sends only. Who looked is for who unmasks.
UNMASKED = ("/original", "/errors", "/looks")
# Lists: route → whether its rows name their organisation, and a query under which the first institution has rows. Their workbooks are asked, too.
LISTS = {"intakes": "", "batches": "", "mappings": "", "defects": "", "cases": "", "expected": "", "owed": "", "quality": "month=2026-02", "records/{dataset}": "", "persons/pairs": ""}
# What is counted for an organisation that is not the asker's.
COUNTS = {"defects/counts": "total", "expected/counts": "rows", "owed/counts": "rows", "cases/board": "rows", "quality/trend": "rows"}
# Bodies that name an organisation or a thing of it.
NAMED = ("expected/zero", "expected/excuse", "expected/open", "owed/excuse", "defects/send", "data/{dataset}", "forms/{dataset}/{form}", "previews", "persons/find", "intakes", "mappings")
# Open to all who read data, with what nobody's records are in; their reasons.
OPEN = {"forms": "what packs declare", "quality/bulletin": "published among institutions (design)", "/fhir/metadata": "a description"}
# Send in the name of an organisation: held below.
SENT = ("/fhir", "/fhir/{type}", "/fhir/$import")


def data_routes():
    for path, methods in SERVER.get("/api/openapi.json", session=None).json["paths"].items():
        if DATA.match(path):
            yield from ((method.upper(), path) for method in methods if method in ("get", "post", "patch", "delete"))


def ask(session, method, path, body, version='"1"'):
    return SERVER.request(method, path, body, session=session, headers={"If-Match": version} if method != "GET" else {})


def every_route_stands_in_a_table():
    known = objects(A)
    for method, path in data_routes():
        short = path.removesuffix(".xlsx").removeprefix(API + "/")
        there = (method, path.removesuffix(".xlsx")) in known or short in LISTS or short in COUNTS or short in NAMED or short in OPEN or path in SENT
        assert there, f"{method} {path} stands in no table of {os.path.basename(__file__)}"
    there = set(data_routes())
    equal([row for row in known if row not in there], [], "in the table and no route")


# --- Objects ---------------------------------------------------------------------------------------------------------------


def outsiders():
    return {"the neighbour": S.b, "an institution elsewhere": S.c, "the other district": S.elsewhere}


def to_whom_it_is_not_open_it_is_not_there():
    gone = objects(type("Gone", (), {"intake": NOBODY, "batch": NOBODY, "mapping": NOBODY, "defect": NOBODY, "of_month": NOBODY, "case": NOBODY, "person": NOBODY, "pair": NOBODY, "org": NOBODY, "record": "AAAA"}))
    for (method, route), (path, body) in objects(A).items():
        for who, session in outsiders().items():
            answer, never = ask(session, method, path, body), ask(session, method, gone[method, route][0], body)
            equal(answer.status, 404, f"{who}: {method} {path}: {answer.body[:200]}")
            equal(never.status, 404, f"{who}: {method} {gone[method, route][0]}: {never.body[:200]}")
            told = lambda said: re.sub(r"'[^']*'", "", said.json["title"])  # what was asked for stands in quotes
            equal((told(answer), answer.json["code"], answer.json["params"]), (told(never), never.json["code"], never.json["params"]), f"{who}: {method} {route}: what never was is refused in other words")


def to_whom_it_is_open_it_is_there():
    for (method, route), (path, body) in objects(A).items():
        if method != "GET":
            continue
        for who, session in {"the institution": S.a, "its district": S.district, "the city": S.city}.items():
            answer = ask(session, method, path, body)
            equal(answer.status, 403 if (who == "the institution") == route.endswith("/looks") and route.endswith(UNMASKED) else 200, f"{who}: {method} {path}: {answer.body[:200]}")


def what_hangs_on_an_object_is_no_more_open_as_a_workbook():
    for method, path in data_routes():
        if path.endswith(".xlsx") and "{uid}" in path:
            for who, session in outsiders().items():
                equal(SERVER.get(objects(A)[method, path.removesuffix(".xlsx")][0] + ".xlsx", session=session).status, 404, f"{who}: {path}")


def nothing_was_changed_by_asking():
    for path in (f"intakes/{A.intake}", f"mappings/{A.mapping}", f"defects/{A.defect}", f"cases/{A.case}", f"persons/{A.person}", f"records/{DOSES}/{A.record}"):
        equal(json.loads(SERVER.get(f"{API}/{path}", session=S.city).body), BEFORE[path], path)


# --- Lists -------------------------------------------------------------------------------------------------------------------


def listed(session, name, query):
    rows, cursor = [], ""
    while cursor is not None:
        answer = SERVER.get(f"{API}/{name.replace('{dataset}', DOSES)}?limit=200&{query}{cursor and f'&cursor={cursor}'}", session=session)
        equal(answer.status, 200, f"{name}?{query}: {answer.body[:200]}")
        page = answer.json
        rows += page["rows"]
        cursor = page["next"]
    return rows


def org_of(row):
    return row["org"]["uid"] if row.get("org") else None


def with_below(uid):
    return {uid}.union(*(with_below(one["uid"]) for one in get(SERVER, S.city, f"orgs?parent={uid}&limit=500")["rows"]))


def lists_hold_what_is_ones_own():
    reach = {"a": with_below(A.org), "b": with_below(B.org), "district": None, "elsewhere": None, "city": None}
    for name, query in LISTS.items():
        if name == "persons/pairs":
            continue
        for who, orgs in reach.items():
            got = {org_of(row) for row in listed(getattr(S, who), name, query)} - {None}
            if orgs is not None:
                equal(got - orgs, set(), f"{name} of {who}")
                assert got or name == "quality", f"{name} of {who} is empty"
            if who == "district":
                assert {A.org, B.org} <= got, f"{name} of the district lacks its institutions: {got}"
            if who == "elsewhere":
                equal(got & {A.org, B.org}, set(), f"{name} of the other district")
        asked = SERVER.get(f"{API}/{name.replace('{dataset}', DOSES)}?org={A.org}&{query}", session=S.b)
        assert asked.status in (400, 404) or asked.json["rows"] == [], f"{name}?org of the neighbour: {asked.status} {asked.body[:200]}"


def workbooks_hold_what_is_ones_own():
    seen = 0
    routes = {path for method, path in data_routes() if path.endswith(".xlsx") and "{uid}" not in path}
    for path in sorted(routes):
        short = path.removesuffix(".xlsx").removeprefix(API + "/")
        query = LISTS.get(short, "")
        for who, session in {**outsiders(), "the institution": S.a, "the city": S.city}.items():
            answer = SERVER.get(f"{path.replace('{dataset}', DOSES)}?lang=zh&{query}", session=session)
            equal(answer.status, 200, f"{who}: {path}: {answer.body[:200]}")
            told = any(A.name in text for row in workbook.cells(answer.body) for text in row)
            equal(told, session in (S.a, S.city), f"{who}: {path} names the institution")
            seen += 1
    assert seen >= 10, seen


def counts_count_what_is_ones_own():
    for name, member in COUNTS.items():
        query = f"org={A.org}&dataset={REACTIONS if 'cases' in name else DOSES}&month=2026-02"
        for who, session in outsiders().items():
            answer = SERVER.get(f"{API}/{name}?{query}", session=session)
            n = None if answer.status != 200 else answer.json.get(member, answer.json.get("states"))
            assert answer.status in (400, 404) or not n or all(not s["n"] for s in answer.json.get("states", [{"n": 1}])), f"{who}: {name}: {answer.status} {answer.body[:300]}"
    equal(get(SERVER, S.a, f"defects/counts?org={A.org}&rule=after_birth")["total"], 1)


# --- Persons of several ----------------------------------------------------------------------------------------------------------


def who_is_known_to_both_is_seen_with_ones_own_records_only():
    mine, theirs = find(S.a, "E990999999"), find(S.b, "E990999999")
    equal((len(mine), mine), (1, theirs))
    for session, orgs in ((S.a, {A.org}), (S.b, {B.org}), (S.district, {A.org, B.org}), (S.city, {A.org, B.org})):
        equal({r["org"]["uid"] for r in get(SERVER, session, f"persons/{mine[0]}/records")["rows"]}, orgs)
    equal([find(session, A.number(1)) for session in (S.b, S.c, S.elsewhere)], [[], [], []])
    equal([find(session, A.number(1)) for session in (S.a, S.district, S.city)], [[A.person]] * 3)


def pairs_are_for_who_may_decide_both():
    uids = lambda session: {p["uid"] for p in listed(session, "persons/pairs", "state=open,later,same,different")}
    equal([A.pair in uids(session) for session in (S.a, S.b, S.c, S.elsewhere, S.district, S.city)], [False, False, False, False, True, True])


# --- In the name of another ---------------------------------------------------------------------------------------------------------


def refused(answer, what):
    assert answer.status in (400, 403, 404), f"{what}: {answer.status} {answer.body[:300]}"


def nobody_sends_in_anothers_name():
    content = text_of(DOSE, [[A.name, "E990777777", "", "2026-01-20", "1", "HepB", "1", "2026-02-03", "A01"]])
    reaction = {"event_no": "Y9", "serious": "false"}
    for who, session in {"the neighbour": S.b, "an institution elsewhere": S.c}.items():
        refused(SERVER.request("POST", f"{API}/data/{DOSES}?org={A.org}", content, {"Content-Type": "text/csv"}, session), f"{who}: data")
        refused(SERVER.post(f"{API}/intakes", {"upload": upload(SERVER, session, "a.csv", content), "dataset": DOSES, "org": A.org}, session=session), f"{who}: intakes")
        refused(SERVER.post(f"{API}/intakes", {"upload": UPLOAD, "dataset": DOSES}, session=session), f"{who}: another's upload")
        refused(SERVER.post(f"{API}/previews", {"upload": UPLOAD, "dataset": DOSES}, session=session), f"{who}: a preview of another's upload")
        refused(SERVER.post(f"{API}/mappings", {"dataset": DOSES, "name": "x", "org": A.org, "columns": [{"from": "x", "to": "clinic"}], "format": "csv"}, session=session), f"{who}: mappings")
        refused(SERVER.get(f"{API}/forms/{REACTIONS}/report?org={A.org}", session=session), f"{who}: a form of another")
        refused(SERVER.post(f"{API}/forms/{REACTIONS}/report", {"org": A.org, "values": reaction}, session=session), f"{who}: a form sent for another")
        refused(SERVER.post(f"{API}/expected/zero", {"dataset": "immunization.clinic_session", "org": A.org, "period": "2026-02"}, session=session), f"{who}: a zero of another")
        for path in ("/fhir", "/fhir/Immunization", "/fhir/$import"):
            refused(SERVER.request("POST", path, b'{"resourceType":"Bundle","type":"batch","entry":[]}', {"Content-Type": "application/fhir+json", "X-Organization": A.org}, session), f"{who}: {path}")


def a_row_in_anothers_name_is_rejected():
    """In one's own file, too: a row of another's institution is none that may be stored."""
    uid = send(S.b, DOSES, DOSE, ["990101-JC01", "E990777777", "", "2026-01-20", "1", "HepB", "1", "2026-02-03", "A01"])
    equal(get(SERVER, S.b, f"intakes/{uid}")["result"]["rejected"], 1)
    equal([r["dataset"]["id"] for uid in find(S.city, "E990777777") for r in get(SERVER, S.city, f"persons/{uid}/records")["rows"]], [])


def nobody_above_another_decides_for_it():
    for who, session in {"the neighbour": S.b, "an institution elsewhere": S.c, "the other district": S.elsewhere}.items():
        for path, body in (("expected/excuse", {"dataset": "immunization.clinic_session", "org": A.org, "period": "2026-02", "reason": "x"}),
                           ("expected/open", {"dataset": "immunization.clinic_session", "org": A.org, "period": "2026-02", "reason": "x", "until": "2099-01-01"}),
                           ("owed/excuse", {"duty": "immunization.hepb1", "person": A.person, "seq": 0, "reason": "x"})):
            refused(SERVER.post(f"{API}/{path}", body, session=session), f"{who}: {path}")
        many = SERVER.post(f"{API}/defects/send", {"defects": [{"uid": A.defect, "version": 1}, {"uid": NOBODY, "version": 1}], "due": "2099-01-01"}, session=session).json
        equal((many["done"], [one["code"] for one in many["refused"]]), ([], ["not-found"] * 2), f"{who}: as if it were not there")


if __name__ == "__main__":
    with Demo("--packs", os.path.join(os.environ["SOURCE_ROOT"], "packs")) as SERVER:
        S.a, S.security = SERVER.login("reporter01"), SERVER.login("secadmin01")
        S.city = SERVER.login("issuer01")
        S.city = new_account("city", "issuer", {"kind": "all"}, get(SERVER, S.city, "session")["org"]["uid"])
        S.b, S.c = (new_account(name, "reporter", {"kind": "org", "org": org(unit)}, org(unit))
                    for name, unit in (("neighbour", "示中区例宁街道社区卫生服务中心"), ("far", "示东区例福街道社区卫生服务中心")))
        S.district = SERVER.login("jianglinyu")
        S.elsewhere = new_account("elsewhere", "issuer", {"kind": "area", "area": "990102"}, org("示东区卫生健康委员会"))
        brought(A, S.a, "990101-JC01", 1)
        brought(B, S.b, "990101-JC02", 2)
        pairs = {p["uid"]: {p["a"]["uid"], p["b"]["uid"]} for p in listed(S.city, "persons/pairs", "")}
        A.pair = next(uid for uid, both in pairs.items() if set(find(S.city, A.number(4))) & both)
        a_night_later()
        UPLOAD = begin_upload(SERVER, S.a, "a.csv", 3)
        BEFORE = {path: SERVER.get(f"{API}/{path}", session=S.city).json for path in (f"intakes/{A.intake}", f"mappings/{A.mapping}", f"defects/{A.defect}", f"cases/{A.case}", f"persons/{A.person}",
                                                                                   f"records/{DOSES}/{A.record}")}
        run(every_route_stands_in_a_table, to_whom_it_is_not_open_it_is_not_there, to_whom_it_is_open_it_is_there, what_hangs_on_an_object_is_no_more_open_as_a_workbook, nothing_was_changed_by_asking, lists_hold_what_is_ones_own,
            workbooks_hold_what_is_ones_own, counts_count_what_is_ones_own, who_is_known_to_both_is_seen_with_ones_own_records_only, pairs_are_for_who_may_decide_both, nobody_sends_in_anothers_name,
            a_row_in_anothers_name_is_rejected, nobody_above_another_decides_for_it)
