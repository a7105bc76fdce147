#!/usr/bin/env python3
"""Every route of the API, asked for an object just outside the asker's grants: refused, and the same object inside them: not.

The routes come from /api/openapi.json; a route that no rule below knows fails the test, so that none is added without one."""
import datetime
import re

from lib import Demo, equal, problem, run, wait_until

BODIES = {  # a complete body for a route, so that nothing but the right can refuse it
    "do": {"reason": "grounds", "note": "", "until": "2026-12-31"}, "incomputable": {"reason": "grounds"}, "measures": {"state": "started", "answer": "x"},
    "evidence": {"upload": "0" * 26, "kind": "document"}, "comments": {"text": "x"}, "edits": {"edits": [{"path": "/title", "old": "a", "new": "b"}]},
    "issue": {}, "discard": {"reason": "grounds"}, "aliases": {"alias": "x"}, "leader": {"account": None}, "grants": {"role": "handler", "where": {"kind": "all"}},
    "accounts": {"username": "new.name", "person": {"name": "x"}, "org": "0" * 26, "roles": ["handler"]}, "import": {"upload": "0" * 26},
    "rows": {"org": None, "fields": {"number": "1", "title": "x", "issued": "2026-03-16"}}, "registers": {"code": "visits", "proves": "other", "name": "x", "name_en": "x", "key": "no",
        "fields": [{"name": "no", "label": "x", "label_en": "x", "type": "text", "required": True}], "checks": [{"check": "of-owner"}]},
    "done": {}, "reminders": {"level": "red"}, "steps": {"steps": []}, "excuse": {"reason": "grounds"}, "read": {}, "duty-rules": {"name": "x"},
    "documents": {"upload": "0" * 26}, "find": {}, "force": {"from": "2026-03-01", "reason": "x"},
    "relations": {"kind": "repeats", "other": {"document": "0" * 26}, "state": "rejected"}, "plans": {"title": "x", "kind": "inspection"}, "stages": {"stages": []}, "pass": {"reason": "grounds"},
    "expand": {"reason": "grounds"}, "split": {"kind": "same", "reason": "grounds"}, "progress": {"text": "x"},
    "bulk": {"tasks": [{"uid": "0" * 26, "version": 1}], "set": {"category": "x"}, "reason": "grounds"},
    "amend": {"reason": "grounds", "set": {}}, "tasks": {"source": "other", "title": "x"},
}


def body_of(path):
    if path.endswith("/handovers"):
        own = SERVER.get("/api/v1/session", session=HEAD).json["account"]["uid"]
        return {"from": own, "to": own, "reason": "grounds"}
    for part in reversed(path.split("/")):
        if part in BODIES:
            return {**BODIES[part], "org": OTHER_ORG} if part == "rows" else BODIES[part]
    if path.endswith("/look-backs"):
        return {"plan": PLAN, "title": "x", "from": "2026-03-16", "until": "2026-03-31", "sample": "all"}
    return {"kind": "weekly", "plan": PLAN} if path.endswith("/reports") else {"state": "disabled"}


def filled(path, uid):
    """The path with its object, and anything of the right form for what hangs on it."""
    path = path.replace("{uid}", uid).replace("{verb}", "accept").replace("{code}", "documents").replace("{alias}", "x")
    return re.sub(r"\{\w+\}", "0" * 26, path)


def ask(session, method, path, uid):
    headers = {"If-Match": '"1"'} if method != "GET" else {}
    body = body_of(path) if (method, path) in WITH_BODY else None
    return SERVER.request(method, filled(path, uid), body, session=session, headers=headers)


def routes():
    for path, methods in SERVER.get("/api/openapi.json", session=None).json["paths"].items():
        for method in methods:
            if method in ("get", "post", "patch", "delete"):
                yield method.upper(), path


class Rule:
    """Routes that match: who stands just outside, who inside, of which object, and how the outside is refused."""

    def __init__(self, pattern, uid=None, outside=None, refused=(403,), inside=None, methods=None):
        self.pattern, self.uid, self.outside, self.refused, self.inside, self.methods = re.compile(pattern), uid, outside, refused, inside, methods

    def fits(self, method, path):
        listed = path.removesuffix(".xlsx")  # a list's workbook is for whom the list is
        return self.pattern.fullmatch(listed) and (not self.methods or method in self.methods)


def rules():
    api = "/api/v1"
    return [
        Rule(api + r"/look-backs/\{uid\}(/.*)?", "0" * 26, STRANGER, (404,), inside=None),
        Rule(api + "/look-backs", None, STRANGER, (403, 404), inside=None, methods=("POST",)),
        Rule(api + "/look-backs", None, methods=("GET",)),
        Rule(api + "/tasks", None, STRANGER, inside=ISSUER, methods=("POST",)),
        Rule(api + r"/tasks/\{uid\}(/.*)?", TASK, STRANGER, inside=HEAD),
        Rule(api + "/tasks/import", None, STRANGER, inside=None),
        Rule(api + "/handovers", None, STRANGER),
        Rule(api + r"/documents/\{uid\}(/.*)?", DOCUMENT, STRANGER, inside=ISSUER),
        Rule(api + "/documents", None, STRANGER, inside=ISSUER, methods=("POST",)),
        Rule(api + r"/plans/\{uid\}(/.*)?", PLAN, STRANGER, (404,), inside=ISSUER),
        Rule(api + "/plans", None, STRANGER, inside=ISSUER, methods=("POST",)),
        Rule(api + r"/accounts(/.*)?", ACCOUNT, ISSUER, inside=SECURITY),
        Rule(api + r"/groups(/\{uid\})?", GROUP, ISSUER, inside=SECURITY, methods=("POST", "PATCH")),
        Rule(api + "/plan-names", None, ISSUER, inside=SECURITY),
        Rule(api + r"/groups(/\{uid\}(/members)?)?", GROUP, None, inside=STRANGER, methods=("GET",)),
        Rule(api + r"/deputies", None, STRANGER, methods=("POST",)),
        Rule(api + r"/deputies/\{uid\}", DEPUTY, STRANGER),
        Rule(api + r"/deputies", None, None, inside=STRANGER, methods=("GET",)),
        Rule(api + r"/orgs/\{uid\}", ORG, None, inside=STRANGER, methods=("GET",)),
        Rule(api + r"/orgs/(import|\{uid\}/leader|\{uid\}/aliases.*)", ORG, ISSUER, inside=SYSTEM),
        Rule(api + "/(events|audit/.*)", None, ISSUER, inside=AUDITOR),
        Rule(api + r"/registers/\{code\}/rows", ORG, STRANGER, inside=None, methods=("POST",)),
        Rule(api + r"/registers/\{code\}/rows/\{uid\}/file", ROW, STRANGER, (403, 404), inside=None),
        Rule(api + r"/registers/\{code\}/rows/import"),  # each row by its own right
        Rule(api + r"/(duty-rules|groups|groups/\{uid\}/members|deputies|views|plans)/import"),
        Rule(api + r"/orgs/\{uid\}/meetings", ORG, None, inside=STRANGER, methods=("GET",)),
        Rule(api + r"/orgs/\{uid\}/meetings", OTHER_ORG, STRANGER, methods=("POST",)),
        Rule(api + r"/registers/\{code\}/rows/\{uid\}", ROW, STRANGER, inside=None),
        Rule(api + r"/registers/\{code\}/rows", None, methods=("GET",)),
        Rule(api + r"/registers(/\{code\})?", None, ISSUER, inside=SYSTEM, methods=("POST", "PATCH")),
        Rule(api + r"/reports/\{uid\}(/.*)?", REPORT, STRANGER, inside=ISSUER),
        Rule(api + "/reports", None, STRANGER, inside=None, methods=("POST",)),
        Rule(api + r"/jobs/\{uid\}(/.*)?", JOB, STRANGER, (404,), inside=AUDITOR),
        Rule(api + r"/uploads/\{uid\}(/.*)?", UPLOAD, STRANGER, (404,), inside=HEAD),
        Rule(api + r"/duties/\{uid\}(/.*)?", DUTY, STRANGER, inside=HEAD),
        Rule(api + r"/duty-rules/\{uid\}", DUTY_RULE, STRANGER, (404,), inside=HEAD),
        Rule(api + "/duty-rules", None, HEAD, inside=ISSUER, methods=("POST",)),
        Rule(api + r"/calendars/\{code\}(/days)?", None, None, inside=STRANGER),
        Rule(api + r"/calendars/\{code\}/import", None, ISSUER, inside=SYSTEM),
        Rule(api + "/search/index", None, ISSUER, inside=SYSTEM),
        Rule(api + r"/views/\{uid\}", VIEW, STRANGER, (404,), inside=None),
        Rule(api + r"/sessions/\{uid\}", "0" * 26, STRANGER, (404,)),
        Rule(api + r"/tokens/\{uid\}", "0" * 26, STRANGER, (404,)),
        # What institutions send: to whom their records are not open it is not there.
        Rule(api + r"/(intakes|mappings|batches|defects|cases)/\{uid\}(/.*)?", "0" * 26, STRANGER, (404,)),
        Rule(api + "/defects/send"),  # each by its own right
        Rule(api + "/mappings", None, methods=("POST",)),
        Rule(api + r"/records/\{dataset\}(/\{record\})?", None, STRANGER, (404,)),
        # A person is not there for whom no record of it is open; each list by the same right.
        Rule(api + r"/persons/\{uid\}(/.*)?", "0" * 26, STRANGER, (404,)),
        Rule(api + r"/persons/pairs/\{uid\}", "0" * 26, STRANGER, (404,)),
        Rule(api + "/persons/(find|pairs)"),
        Rule(api + r"/datasets(/\{dataset\}(/codes/\{field\})?)?"),
        Rule(api + r"/(expected|quality|owed)(/.*)?"),
        Rule(api + r"/datasets/\{dataset\}/recheck"),
        Rule(api + r"/packs(/.*)?", None, methods=("GET",)),
        Rule(api + r"/packs(/.*)?", None, ISSUER, inside=SYSTEM, methods=("POST",)),
        Rule(api + r"/data/\{dataset\}"),  # held by test_data.py, which has packs
        Rule(api + "/previews"),
        Rule(api + r"/forms(/\{dataset\}/\{form\})?"),
        Rule(r"/fhir(/.*)?"),
        # What everybody may, each for himself or only what his grants reach: lists are held against objects below.
        Rule(api + "/(session.*|tokens|people|work|tasks|tasks/bulk|tasks/counts|search|views|documents|plans|registers|orgs|orgs/resolve|jobs|uploads|reports|reports/now|reports/now/xlsx|overview|duties|duty-rules|messages(/read)?|reminders|letters|calendar|intakes|mappings|batches|defects|defects/counts|cases|cases/board)"),
        Rule("/(healthz|metrics|api/openapi.json)"),
    ]


RIGHTS = ("no-role", "not-owner", "not-your-area", "not-your-plan")  # their words name the role, and who grants it


def unnamed(value, at=""):
    """Where an answer says that a right is missing without saying which."""
    if isinstance(value, list):
        for i, one in enumerate(value):
            yield from unnamed(one, f"{at}/{i}")
    if isinstance(value, dict):
        if value.get("ok") is False and value.get("why") in RIGHTS and not (value.get("params") or {}).get("role"):
            yield f"{at}: {value}"
        for key, one in value.items():
            yield from unnamed(one, f"{at}/{key}")


def every_refusal_names_the_right_that_is_missing():
    asked = 0
    of = {"tasks": TASK, "documents": DOCUMENT, "plans": PLAN, "reports": REPORT, "duties": DUTY, "duty-rules": DUTY_RULE, "orgs": ORG, "deputies": DEPUTY}
    for name, session in (("head", HEAD), ("issuer", ISSUER), ("stranger", STRANGER), ("security", SECURITY), ("system", SYSTEM), ("auditor", AUDITOR)):
        for method, path in routes():
            uid = of.get(path.split("/")[3] if path.count("/") > 2 else "", "")
            if path.count("{") > 1 or ("{uid}" in path and not uid) or "events" in path or path.endswith((".xlsx", "/xlsx")) or (method != "GET" and name in ("issuer", "head")):
                continue
            answer = ask(session, method, path, uid)
            if answer.status == 403 and answer.json["code"] in RIGHTS:
                assert (answer.json.get("params") or {}).get("role"), f"{name}: {method} {path}: {answer.json}"
                asked += 1
            elif answer.status == 200 and answer.body.startswith(b"{"):
                nameless = list(unnamed(answer.json))
                assert not nameless, f"{name}: {method} {path}: {nameless[:3]}"
    assert asked > 10, asked


def every_route_refuses_what_is_just_outside():
    all_rules, seen = rules(), 0
    for method, path in routes():
        rule = next((r for r in all_rules if r.fits(method, path)), None)
        assert rule, f"no rule for {method} {path}"
        if not rule.outside:
            continue
        seen += 1
        answer = ask(rule.outside, method, path, rule.uid or "")
        assert answer.status in rule.refused, f"{method} {path}: {answer.status} {answer.body[:200]}"
        if answer.status == 403:
            assert answer.json["code"] not in ("forbidden", "csrf"), f"{method} {path} says not why: {answer.json}"
    assert seen >= 35, f"only {seen} routes were asked"


def every_route_lets_in_who_is_inside():
    all_rules = rules()
    for method, path in routes():
        rule = next(r for r in all_rules if r.fits(method, path))
        if rule.inside and method == "GET" and "{evidence}" not in path and not path.endswith("/events") or (rule.inside and path.endswith("audit/head")):
            answer = ask(rule.inside, method, path, rule.uid or "")
            assert answer.status == 200, f"{method} {path}: {answer.status} {answer.body[:200]}"


def lists_hold_exactly_what_may_be_opened():
    for session in (HEAD, STRANGER, ISSUER, DISTRICT):
        for name in ("tasks", "documents", "plans", "duties"):
            everything = {r["uid"] for r in listed(name, ALL_SEEING)}
            shown = {r["uid"] for r in listed(name, session)}
            for uid in sorted(everything)[:60]:
                status = SERVER.get(f"/api/v1/{name}/{uid}", session=session).status
                equal(status == 200, uid in shown, f"{name}/{uid}: {status}, in the list: {uid in shown}")


def listed(name, session):
    rows, cursor = [], ""
    while cursor is not None:
        page = SERVER.get(f"/api/v1/{name}?limit=500&cursor={cursor}", session=session).json
        rows += page["rows"]
        cursor = page["next"]
    return rows


def new_account(username, grant, org):
    made = SERVER.post("/api/v1/accounts", {"username": username, "person": {"name": "甲"}, "org": org, "roles": []}, session=SECURITY)
    equal(made.status, 201, made.body[:200])
    uid = made.json["uid"]
    equal(SERVER.post(f"/api/v1/accounts/{uid}/grants", grant, session=SECURITY).status, 201, "grant")
    session = SERVER.login(username, made.json["password"])
    equal(SERVER.post("/api/v1/session/password", {"old": made.json["password"], "new": "another-2026"}, session=session).status, 204, "password")
    return session


def day(offset):
    today = datetime.date.fromisoformat(SERVER.get("/api/v1/session", session=ISSUER).json["today"])
    return (today + datetime.timedelta(days=offset)).isoformat()


def each_part_of_a_grant_binds():
    city = SERVER.get("/api/v1/session", session=ISSUER).json["org"]["uid"]
    task = SERVER.get(f"/api/v1/tasks/{TASK}", session=HEAD).json
    lead = task["lead"][0]["uid"]
    other_plan = next(p["uid"] for p in listed("plans", ISSUER) if p["uid"] != task["plan"]["uid"])
    everywhere = {"kind": "all"}
    cases = {  # name: grant, whether it opens the task
        "all": ({"where": everywhere}, True),
        "its-plan": ({"where": everywhere, "what": {"kind": "plans", "plans": [task["plan"]["uid"]]}}, True),
        "plans": ({"where": everywhere, "what": {"kind": "plans", "plans": [other_plan, task["plan"]["uid"]]}}, True),
        "other-plan": ({"where": everywhere, "what": {"kind": "plans", "plans": [other_plan]}}, False),
        "its-group": ({"where": {"kind": "group", "group": group("its", lead)}}, True),
        "other-group": ({"where": {"kind": "group", "group": group("other", STRANGER_ORG)}}, False),
        "group-that-it-left": ({"where": {"kind": "group", "group": group("left", lead, to=day(-1))}}, False),
        "group-that-it-enters": ({"where": {"kind": "group", "group": group("enters", lead, begins=day(1))}}, False),
        "group-today": ({"where": {"kind": "group", "group": group("today", lead, day(0), day(0))}}, True),
        "other-unit": ({"where": {"kind": "org", "org": STRANGER_ORG}}, False),
        "its-unit": ({"where": {"kind": "org", "org": task["lead"][0]["uid"]}}, True),
        "other-area": ({"where": {"kind": "area", "area": "990101"}}, False),
        "its-area": ({"where": {"kind": "area", "area": "9900"}}, True),
        "until-today": ({"where": everywhere, "to": day(0)}, True),
        "until-yesterday": ({"where": everywhere, "to": day(-1)}, False),
        "from-today": ({"where": everywhere, "from": day(0)}, True),
        "from-tomorrow": ({"where": everywhere, "from": day(1)}, False),
    }
    for name, (grant, opens) in cases.items():
        session = new_account("grant-" + name, {"role": "inspector", **grant}, city)
        answer = SERVER.get(f"/api/v1/tasks/{TASK}", session=session)
        equal(answer.status, 200 if opens else 403, name)
        equal(TASK in {r["uid"] for r in listed("tasks", session)}, opens, name + " in the list")
        if not opens:
            problem(answer, 403)


def group(name, org, begins=None, to=None):
    members = [{"org": org, "from": begins, "to": to}]
    made = SERVER.post("/api/v1/groups", {"name": "group " + name, "kind": "alliance", "members": members}, session=SECURITY)
    equal(made.status, 201, made.body[:200])
    return made.json["uid"]


def what_is_the_absent_ones_is_marked(head, other):
    """The deputy's own lists hold the absent one's, and say whose they are."""
    rows = {r["uid"]: r for r in SERVER.get("/api/v1/tasks?mine=1&limit=500", session=COLLEAGUE).json["rows"]}
    equal(rows[TASK]["for"]["uid"], head, "in the ledger")
    assert all(r["for"] is None for r in SERVER.get("/api/v1/tasks?mine=1&limit=500", session=HEAD).json["rows"]), "her own are hers"
    assert TASK in {r["uid"] for r in SERVER.get("/api/v1/tasks?mine=1&order=changed&limit=500", session=COLLEAGUE).json["rows"]}, "in any order"
    work = [r for r in SERVER.get("/api/v1/work?limit=200", session=COLLEAGUE).json["rows"] if r["for"]]
    assert work and {r["for"]["uid"] for r in work} == {head}, "in my work"
    duties = SERVER.get("/api/v1/duties?mine=1&limit=500", session=COLLEAGUE).json["rows"]
    equal({d["for"]["uid"] for d in duties if d["org"]["uid"] == OTHER_ORG}, {head}, "and what is owed")
    sent = SERVER.post(f"/api/v1/tasks/{TASK}/reminders", {"level": "yellow", "text": "for whoever is there"}, session=ISSUER)
    equal(sent.status, 201, str(sent.body[:300]))
    told = [m for m in SERVER.get("/api/v1/messages?kind=reminder&limit=500", session=COLLEAGUE).json["rows"] if m["task"] and m["task"]["uid"] == TASK]
    equal([m["for"]["uid"] for m in told][:1], [head], "reminders reach who acts")
    assert all(m["for"] is None for m in SERVER.get("/api/v1/messages?limit=500", session=HEAD).json["rows"])


def a_deputy_reaches_what_the_absent_one_does_and_no_longer():
    head, other = (SERVER.get("/api/v1/session", session=s).json["account"]["uid"] for s in (HEAD, COLLEAGUE))
    seen = lambda: SERVER.get(f"/api/v1/tasks/{TASK}", session=COLLEAGUE).status  # noqa: E731
    wish = {"account": head, "deputy": other, "from": day(0), "to": day(2), "reason": "at a course"}
    equal(seen(), 403, "before")
    made = SERVER.post("/api/v1/deputies", wish, session=HEAD)
    equal(made.status, 201, made.body[:300])
    equal(seen(), 200, "as deputy")
    equal([d["state"] for d in SERVER.get("/api/v1/deputies", session=COLLEAGUE).json["rows"]], ["now"], "listed")
    said = SERVER.post(f"/api/v1/tasks/{TASK}/comments", {"text": "for her"}, session=COLLEAGUE)
    equal(said.status, 201, said.body[:200])
    event = SERVER.get(f"/api/v1/tasks/{TASK}/events?limit=500", session=HEAD).json["rows"][-1]
    equal((event["verb"], event["by"]["uid"], event["for"]["uid"]), ("comment", other, head), "for whom")
    grants = SERVER.get("/api/v1/session", session=COLLEAGUE).json["grants"]
    equal({g["for"]["uid"] for g in grants if g["for"]}, {head}, "the session says for whom")
    what_is_the_absent_ones_is_marked(head, other)
    problem(SERVER.post("/api/v1/deputies", wish, session=HEAD), 409, "deputy-known")
    problem(SERVER.request("DELETE", f"/api/v1/deputies/{made.json['uid']}", session=COLLEAGUE), 403, "deputy-only")
    equal(SERVER.request("DELETE", f"/api/v1/deputies/{made.json['uid']}", session=HEAD).status, 204, "ended")
    equal(seen(), 403, "after")
    wish.update({"from": day(1)})
    equal(SERVER.post("/api/v1/deputies", wish, session=HEAD).status, 201, "for tomorrow")
    equal(seen(), 403, "not yet")


def people_to_choose_from_are_those_one_works_with():
    names = lambda session, q="": {r["username"] for r in SERVER.get(f"/api/v1/people?limit=500&q={q}", session=session).json["rows"]}  # noqa: E731
    assert {"handler01", "issuer01", "reviewer01"} <= names(HEAD), "one's own commission"
    assert "stranger" not in names(HEAD) and "head01" not in names(STRANGER), "not those of another body"
    assert {"stranger", "head01"} <= names(SECURITY) & names(ALL_SEEING), "everybody, for who sees all"
    equal(names(HEAD, "handler01b"), {"handler01b"}, "by account")


def groups_are_whole_and_versioned():
    uid = group("versioned", STRANGER_ORG)
    path, body = f"/api/v1/groups/{uid}", {"name": "group versioned", "kind": "other", "members": []}
    problem(SERVER.request("PATCH", path, body, session=SECURITY), 428)
    changed = SERVER.request("PATCH", path, body, session=SECURITY, headers={"If-Match": '"1"'})
    equal((changed.status, changed.json["members"], changed.json["version"]), (200, [], 2), "changed")
    stale = SERVER.request("PATCH", path, body, session=SECURITY, headers={"If-Match": '"1"'})
    problem(stale, 409, "version-stale")
    equal(stale.json["present"]["version"], 2, "the present one comes with it")
    problem(SERVER.post("/api/v1/groups", {**body, "name": "group its"}, session=SECURITY), 409, "group-name-taken")
    problem(SERVER.post("/api/v1/groups", {**body, "name": "x", "kind": "club"}, session=SECURITY), 400, at="/kind")
    problem(SERVER.post("/api/v1/groups", {**body, "name": "x", "members": [{"org": "0" * 26}]}, session=SECURITY), 400, at="/members/0/org")


def three_administrators_are_three_people():
    made = SERVER.post("/api/v1/accounts", {"username": "two.hats", "person": {"name": "乙"}, "org": ORG, "roles": ["system_admin"]}, session=SECURITY).json
    problem(SERVER.post(f"/api/v1/accounts/{made['uid']}/grants", {"role": "audit_admin", "where": {"kind": "all"}}, session=SECURITY), 409, "roles-exclude")


def nobody_grants_to_himself():
    own = SERVER.get("/api/v1/session", session=SECURITY).json["account"]["uid"]
    problem(SERVER.post(f"/api/v1/accounts/{own}/grants", {"role": "issuer", "where": {"kind": "all"}}, session=SECURITY), 403, "own-grant")


if __name__ == "__main__":
    with Demo() as SERVER:
        WITH_BODY = {(m.upper(), path) for path, methods in SERVER.get("/api/openapi.json", session=None).json["paths"].items()
                     for m, operation in methods.items() if isinstance(operation, dict) and "application/json" in operation.get("requestBody", {}).get("content", {})}
        ISSUER, HEAD = SERVER.login("issuer01"), SERVER.login("head01")
        SECURITY, SYSTEM, AUDITOR = SERVER.login("secadmin01"), SERVER.login("sysadmin01"), SERVER.login("auditadmin01")
        STRANGER_ORG = next(o["uid"] for o in SERVER.get("/api/v1/orgs?kind=clinic&limit=1", session=ISSUER).json["rows"])
        STRANGER = new_account("stranger", {"role": "unit_head", "where": {"kind": "org", "org": STRANGER_ORG}}, STRANGER_ORG)
        ALL_SEEING = new_account("all.seeing", {"role": "leader", "where": {"kind": "all"}}, STRANGER_ORG)
        DISTRICT_ORG = SERVER.get("/api/v1/orgs?kind=district_commission&limit=1", session=ISSUER).json["rows"][0]["uid"]
        DISTRICT = new_account("district", {"role": "issuer", "where": {"kind": "org", "org": DISTRICT_ORG}}, DISTRICT_ORG)
        TASK = SERVER.get("/api/v1/tasks?mine=1&role=lead&limit=1", session=HEAD).json["rows"][0]["uid"]
        PLAN = SERVER.get(f"/api/v1/tasks/{TASK}", session=HEAD).json["plan"]["uid"]
        REPORT = SERVER.post("/api/v1/reports", {"kind": "weekly", "plan": PLAN}, session=ISSUER).json["uid"]
        DOCUMENT = SERVER.get("/api/v1/documents?state=draft&limit=1", session=ISSUER).json["rows"][0]["uid"]
        ACCOUNT = SERVER.get("/api/v1/accounts?limit=1", session=SECURITY).json["rows"][0]["uid"]
        ORG = STRANGER_ORG
        OTHER_ORG = SERVER.get("/api/v1/session", session=HEAD).json["org"]["uid"]
        ROW = SERVER.post("/api/v1/registers/documents/rows", {"org": OTHER_ORG, "fields": {"number": "1", "title": "x", "issued": "2026-03-16"}}, session=HEAD).json["uid"]
        own = SERVER.get("/api/v1/session", session=HEAD).json["org"]["uid"]
        DUTY_RULE = SERVER.post("/api/v1/duty-rules", {"name": "月报", "owed_by": {"orgs": [own, DISTRICT_ORG]}, "every": "month", "due": {"days": 3}},
                                session=ISSUER).json["uid"]
        DUTY = wait_until(lambda: SERVER.get("/api/v1/duties", session=HEAD).json["rows"], what="the duty")[0]["uid"]
        COLLEAGUE = new_account("colleague", {"role": "handler", "where": {"kind": "org", "org": STRANGER_ORG}},
                                SERVER.get("/api/v1/session", session=HEAD).json["org"]["uid"])
        GROUP = group("of rules", STRANGER_ORG)
        DEPUTY = SERVER.post("/api/v1/deputies", {
            "account": SERVER.get("/api/v1/session", session=ISSUER).json["account"]["uid"], "deputy": SERVER.get("/api/v1/session", session=HEAD).json["account"]["uid"],
            "from": day(3), "to": day(4), "reason": ""}, session=ISSUER).json["uid"]
        BODIES["groups"] = {"name": "x", "kind": "other", "members": []}
        BODIES["deputies"] = {"account": SERVER.get("/api/v1/session", session=ISSUER).json["account"]["uid"], "deputy": ACCOUNT, "from": day(0), "to": day(0), "reason": ""}
        JOB = SERVER.post("/api/v1/audit/verify", session=AUDITOR).json["job"]["uid"]
        UPLOAD = SERVER.post("/api/v1/uploads", {"name": "a.txt", "size": 3}, session=HEAD).json["uid"]
        VIEW = SERVER.post("/api/v1/views", {"page": "ledger", "name": "late", "query": "late=1"}, session=HEAD).json["uid"]
        run(every_route_refuses_what_is_just_outside, every_route_lets_in_who_is_inside, lists_hold_exactly_what_may_be_opened, each_part_of_a_grant_binds,
            a_deputy_reaches_what_the_absent_one_does_and_no_longer, people_to_choose_from_are_those_one_works_with, groups_are_whole_and_versioned,
            three_administrators_are_three_people, nobody_grants_to_himself,
            every_refusal_names_the_right_that_is_missing)
