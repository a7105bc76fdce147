#!/usr/bin/env python3
"""Lists of tasks under every filter, held against the tasks themselves; counts, search, saved views."""
from urllib.parse import quote

from lib import Demo, equal, problem, run

OPEN = ("issued", "working", "returned", "reopened")


def listed(query, session, name="tasks"):
    rows, cursor, query = [], "", quote(query, safe="=&,")
    while cursor is not None:
        page = SERVER.get(f"/api/v1/{name}?limit=7&{query}&cursor={cursor}", session=session)
        equal(page.status, 200, str(page.body[:200]))
        rows += page.json["rows"]
        cursor = page.json["next"]
    equal(len({r["uid"] for r in rows}), len(rows), "each once")
    return rows


def filters(rows):
    """A query and what it should leave, by the members of a row."""
    lead = next(r["lead"][0]["uid"] for r in rows if r["lead"])
    plan, number = rows[0]["plan"]["uid"], rows[-1]["number"]
    leads = lambda r: [o["uid"] for o in r["lead"]]
    supports = lambda r: [o["uid"] for o in r["support"]]
    yield "", lambda r: True
    yield "state=working", lambda r: r["state"] == "working"
    yield "state=working,submitted,closed", lambda r: r["state"] in ("working", "submitted", "closed")
    yield "state=nonsense", lambda r: False
    for light in ("red", "amber", "green", "grey"):
        yield f"light={light}", lambda r, light=light: r["light"] == light
    yield "late=1", lambda r: r["light"] == "red"
    yield "light=red&state=working", lambda r: r["light"] == "red" and r["state"] == "working"
    yield f"plan={plan}", lambda r: r["plan"]["uid"] == plan
    yield f"plan={plan}&state=working,issued", lambda r: r["plan"]["uid"] == plan and r["state"] in ("working", "issued")
    yield f"plan={plan}&order=no", lambda r: r["plan"]["uid"] == plan
    yield f"plan={'0' * 26}", lambda r: False
    yield f"number={number}", lambda r: r["number"] == number
    yield f"owner={lead}", lambda r: lead in leads(r) + supports(r)
    yield f"owner={lead}&role=lead", lambda r: lead in leads(r)
    yield f"owner={lead}&role=support&state=working,issued", lambda r: lead in supports(r) and r["state"] in ("working", "issued")
    yield f"parent=none", lambda r: r["parent"] is None
    yield "source=document", lambda r: True
    yield "source=hotline", lambda r: False
    yield "relapsed=1", lambda r: r["relapses"] > 0
    yield "term=at_once", lambda r: r["term"] == "at_once"
    yield "kind=rectification", lambda r: r["kind"] == "rectification"
    yield "order=changed", lambda r: True
    yield "order=no", lambda r: True
    yield f"due_from={TODAY}", lambda r: r["due"] and r["due"] >= TODAY
    yield f"due_to={TODAY}&state=working", lambda r: r["due"] and r["due"] <= TODAY and r["state"] == "working"
    yield "changed_from=2020-01-01", lambda r: True
    yield "changed_from=2100-01-01", lambda r: False
    yield "silent=1", lambda r: False


def every_filter_leaves_what_it_should():
    for session in (ISSUER, HEAD, LEADER):
        rows = listed("", session)
        for query, fits in filters(rows):
            equal({r["number"] for r in listed(query, session)}, {r["number"] for r in rows if fits(r)}, query)
            total = SERVER.get(f"/api/v1/tasks?limit=1&total=1&{quote(query, safe='=&,')}", session=session).json["total"]
            equal(total, sum(1 for r in rows if fits(r)), f"total of {query}")


def lists_come_in_their_order():
    due = [r["due"] or "9" for r in listed("order=due", ISSUER)]
    equal(due, sorted(due))
    changed = [r["changed"] for r in listed("order=changed", ISSUER)]
    equal(changed, sorted(changed, reverse=True))


def counts_are_those_of_the_list():
    for session in (ISSUER, HEAD):
        for query in ("", "state=working,issued", "light=red", "kind=task"):
            rows, counts = listed(query, session), SERVER.get(f"/api/v1/tasks/counts?{query}", session=session).json
            equal(counts["total"], len(rows), query)
            for name in ("state", "light"):
                equal(counts[name], {v: sum(1 for r in rows if r[name] == v) for v in {r[name] for r in rows}}, name)
            equal({p["uid"]: p["n"] for p in counts["plan"]}, {u: sum(1 for r in rows if r["plan"]["uid"] == u) for u in {r["plan"]["uid"] for r in rows}}, "plan")
            owners = [(o["uid"], r["light"]) for r in rows for o in r["lead"]]
            equal({o["org"]["uid"]: (o["n"], o["red"]) for o in counts["owner"]},
                  {u: (sum(1 for o in owners if o[0] == u), sum(1 for o in owners if o == (u, "red"))) for u in {o[0] for o in owners}}, "owner")
            equal({m["month"]: m["n"] for m in counts["month"]},
                  {m: sum(1 for r in rows if r["due"] and r["due"][:7] == m) for m in {r["due"][:7] for r in rows if r["due"]}}, "month")
            equal("district" in counts, False, "districts are counted only where they are asked for")


def districts_are_counted_by_their_leads():
    for query in ("", "state=working,issued"):
        rows, counts = listed(query, ISSUER), SERVER.get(f"/api/v1/tasks/counts?districts=1&{query}", session=ISSUER).json
        for one in counts["district"]:
            there = listed(f"area={one['area']}&{query}", ISSUER)
            equal(one["n"], len(there), one["org"]["name"])
            for light in ("red", "amber", "green", "grey", "none"):
                equal(one[light], sum(1 for r in there if r["light"] == light), light)
        equal([d for d in counts["district"] if d["n"] == 0 or d["n"] > len(rows)], [], "no empty district, none with more than there is")


def who_is_named_wrongly_is_told_so():
    for name in ("owner", "issuer", "handler", "leader"):
        problem(SERVER.get(f"/api/v1/tasks?{name}={'0' * 26}", session=ISSUER), 400)
    problem(SERVER.get("/api/v1/tasks?order=weight", session=ISSUER), 400)


def words_are_found_by_who_may_read_them():
    title = listed("", HEAD)[0]["title"]
    word = title[:2]
    hits = listed(f"q={word}", HEAD, "search")
    assert any(h["kind"] == "task" and h["title"] == title for h in hits), hits[:3]
    for hit in hits:
        assert "".join(p["text"] for p in hit["parts"]), hit
    assert all(any(p["hit"] for p in h["parts"]) for h in hits if h["kind"] == "task"), "hits are marked"
    seen = {r["number"] for r in listed("", HEAD)}
    assert {h["number"] for h in hits if h["kind"] == "task"} <= seen, "only what one may read"
    equal({h["number"] for h in hits if h["kind"] == "task"}, {r["number"] for r in listed(f"q={word}", HEAD)}, "the list finds the same tasks")
    equal(listed(f"q={word}", SECURITY, "search"), [], "no grant, no hit")
    assert any(h["kind"] == "document" for h in listed(f"q={word}&kind=document", ISSUER, "search")), "documents are found"
    equal(SERVER.get("/api/v1/search?q=", session=ISSUER).json["rows"], [])
    problem(SERVER.get("/api/v1/search?q=x&cursor=abc", session=ISSUER), 400)
    problem(SERVER.get("/api/v1/search?q=x", session=None), 401)


def a_comment_is_found_at_once():
    task = SERVER.get("/api/v1/tasks?mine=1&role=lead&limit=1", session=HEAD).json["rows"][0]
    equal(SERVER.post(f"/api/v1/tasks/{task['uid']}/comments", {"text": "请补充蓝环章鱼名册"}, session=HEAD).status, 201)
    hit = listed("q=章鱼", HEAD, "search")[0]
    equal((hit["kind"], hit["task"]["uid"]), ("comment", task["uid"]))
    equal([p["text"] for p in hit["parts"] if p["hit"]], ["章鱼"])


def a_view_is_kept_shared_and_forgotten():
    made = SERVER.post("/api/v1/views", {"page": "ledger", "name": "本周到期", "query": "state=working&late=1", "shared": False}, session=HEAD)
    equal(made.status, 201, str(made.body[:200]))
    view = made.json
    equal((view["name"], view["mine"], view["shared"], view["version"]), ("本周到期", True, False, 1))
    problem(SERVER.post("/api/v1/views", {"page": "ledger", "name": "本周到期", "query": ""}, session=HEAD), 409, "name-taken")
    problem(SERVER.post("/api/v1/views", {"page": "ledger", "name": " ", "query": ""}, session=HEAD), 400)
    equal([v for v in listed("page=ledger", HANDLER, "views") if v["uid"] == view["uid"]], [], "not shared")
    path, first = f"/api/v1/views/{view['uid']}", {"If-Match": '"1"'}
    equal(SERVER.request("PATCH", path, {"shared": True}, session=HEAD, headers=first).json["version"], 2)
    problem(SERVER.request("PATCH", path, {"name": "x"}, session=HEAD, headers=first), 409, "version-stale")
    problem(SERVER.request("PATCH", path, {"name": "x"}, session=HANDLER, headers={"If-Match": '"2"'}), 404)
    shared = [v for v in listed("page=ledger", HANDLER, "views") if v["uid"] == view["uid"]]
    equal([(v["mine"], v["query"]) for v in shared], [(False, "state=working&late=1")])
    problem(SERVER.request("DELETE", path, session=HANDLER), 404)
    equal(SERVER.request("DELETE", path, session=HEAD).status, 204)
    equal([v for v in listed("", HEAD, "views") if v["uid"] == view["uid"]], [])


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, HEAD, HANDLER, LEADER = (SERVER.login(n) for n in ("issuer01", "head01", "handler01", "leader01"))
        SECURITY = SERVER.login("secadmin01")
        TODAY = SERVER.get("/api/v1/session", session=ISSUER).json.get("today", "2026-03-16")[:10]
        run(every_filter_leaves_what_it_should, lists_come_in_their_order, counts_are_those_of_the_list, districts_are_counted_by_their_leads, who_is_named_wrongly_is_told_so,
            words_are_found_by_who_may_read_them, a_comment_is_found_at_once, a_view_is_kept_shared_and_forgotten)
