#!/usr/bin/env python3
"""An item of a document whose task is restricted: what it says reaches nobody who may not read the task, by no route that speaks of the document."""
import io
import json
import re
import zipfile
from urllib.parse import quote

from client import added_document, edit, get, prove
from lib import Demo, equal, problem, run

SECRET = "对某单位主要负责人开展提醒谈话"
PLACE = "谈话室每月安排"
TEXT = f"""关于印发2026年示例市卫生健康工作要点的通知
示测党〔2026〕7号
2026年3月1日
1. 提升高血压患者规范管理水平。规范管理率达到65%以上。（牵头处室：疾控处，完成时限：2026年11月底）
2. {SECRET}。{PLACE}12次。（牵头处室：疾控处，完成时限：2026年11月底）
3. 加强院前急救网络建设。建成急救站12个。（牵头处室：疾控处，完成时限：2026年11月底）
"""
OUTSIDE = ("handler01", "reviewer01", "inspector01", "leader01")  # they read the document, and not the task
INSIDE = ("issuer01", "head01")  # its issuer, and the head of the very unit that leads it


def said(answer):
    """All that an answer says, workbooks included."""
    if not answer.body.startswith(b"PK"):
        return answer.body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())


def routes():
    """Every GET: the document, its plan, its other tasks in the place of a uid."""
    open_task = next(t["uid"] for t in TASKS if t["uid"] != RESTRICTED)
    of = {"documents": DOCUMENT, "plans": PLAN, "tasks": open_task}
    for path, methods in SERVER.get("/api/openapi.json", session=None).json["paths"].items():
        kind = path.split("/")[3] if path.startswith("/api/v1/") else ""
        if "get" not in methods or path.count("{") > 1 or ("{" in path and kind not in of) or path.endswith("/jobs/{uid}/events"):
            continue
        names = {p["name"] for p in methods["get"].get("parameters", []) if p["in"] == "query"}
        query = [f"{n}={v}" for n, v in (("limit", 100), ("plan", PLAN), ("q", quote(PLACE))) if n in names and (n != "q" or "search" in path)]
        yield path.replace("{uid}", of.get(kind, "")) + ("?" + "&".join(query) if query else "")


def a_withheld_item_is_covered():
    for name in OUTSIDE:
        document = get(SERVER, SESSIONS[name], f"documents/{DOCUMENT}")
        items = document["items"]
        equal([i["withheld"] for i in items], [False, True, False], name)
        equal((items[1]["title"], items[1]["targets"], items[1]["measures"], items[1]["lead"], items[1]["due"]), ("", [], [], [], None))
        equal(items[1]["label"], items[1]["label"], "its number stays")
        assert SECRET not in document["text"] and "■" * 10 in document["text"], document["text"]
        start, end = items[2]["span"]
        assert "院前急救" in document["text"][start:end], "the places of the others stay"
        equal(sum(o["items"] for o in document["owners"]), 2)
        assert document["text_sha256"] != WHOLE["text_sha256"]
        equal(document["may"]["original"], {"ok": False, "why": "document-withheld", "params": {"n": "1"}})
        problem(SERVER.get(f"/api/v1/documents/{DOCUMENT}/original", session=SESSIONS[name]), 403, "document-withheld")
    for name in INSIDE:
        document = get(SERVER, SESSIONS[name], f"documents/{DOCUMENT}")
        equal(document["text"], WHOLE["text"], name)
        equal(document["may"]["original"]["ok"], True)
        equal(SERVER.get(f"/api/v1/documents/{DOCUMENT}/original", session=SESSIONS[name]).body, TEXT.encode())


def no_route_tells_what_it_says():
    walked = 0
    for name in OUTSIDE:
        for path in routes():
            answer = SERVER.get(path, session=SESSIONS[name])
            text = said(answer)
            assert SECRET not in text and PLACE not in text and RESTRICTED not in text, f"{name} reads of it in {path}"
            assert json.dumps(SECRET)[1:-1] not in text, f"{name} reads of it in {path}"
            walked += answer.status == 200
    assert walked > 100, walked


def it_is_found_by_nobody_else():
    for name, found in [(n, False) for n in OUTSIDE] + [(n, True) for n in INSIDE]:
        for words in (SECRET[:4], PLACE, "主要负责人 提醒"):
            hits = get(SERVER, SESSIONS[name], f"search?q={quote(words)}&kind=document")["rows"]
            equal(any(h["uid"] == DOCUMENT for h in hits), found, f"{name}: {words}")
    for name in OUTSIDE:
        hit = next(h for h in get(SERVER, SESSIONS[name], f"search?q={quote('院前急救')}&kind=document")["rows"] if h["uid"] == DOCUMENT)
        assert any(p["hit"] for p in hit["parts"]) and SECRET not in "".join(p["text"] for p in hit["parts"])
        mixed = get(SERVER, SESSIONS[name], f"search?q={quote('院前急救 提醒谈话')}&kind=document")["rows"]
        assert all(h["uid"] != DOCUMENT for h in mixed), "one word of two is in what is covered"


def its_corrections_are_not_told():
    path = f"documents/{DOCUMENT}/edits"
    assert any(re.match("/?items/1/", e["path"]) for e in get(SERVER, SESSIONS["issuer01"], path)["rows"])
    for name in OUTSIDE:
        rows = get(SERVER, SESSIONS[name], path)["rows"]
        assert rows and not any(re.match("/?items/1/", e["path"]) for e in rows), name


def who_only_leads_what_is_restricted_has_no_document():
    """That a unit leads something in a document tells of the task."""
    alone = added_document(SERVER, SESSIONS["issuer01"], "b.txt", ALONE.encode())
    task = issued(alone)[0][0]
    equal(SERVER.get(f"/api/v1/documents/{alone}", session=SESSIONS["handler01"]).status, 200)
    restrict(task)
    equal(SERVER.get(f"/api/v1/documents/{alone}", session=SESSIONS["handler01"]).status, 403)
    assert alone not in [d["uid"] for d in get(SERVER, SESSIONS["handler01"], "documents?limit=500")["rows"]]
    assert alone in [d["uid"] for d in get(SERVER, SESSIONS["head01"], "documents?limit=500")["rows"]]
    now = get(SERVER, SESSIONS["head01"], f"tasks/{task['uid']}")
    named = SERVER.post(f"/api/v1/tasks/{task['uid']}/amend", {"set": {"handler": UIDS["handler01"]}}, session=SESSIONS["head01"], headers={"If-Match": f'"{now["version"]}"'})
    equal(named.status, 200, named.body[:300])
    equal(get(SERVER, SESSIONS["handler01"], f"documents/{alone}")["items"][0]["withheld"], False, "whom it names it lets in")


def when_it_is_opened_again_all_is_there():
    restrict(next(t for t in TASKS if t["uid"] == RESTRICTED), False)
    for name in OUTSIDE:
        equal(get(SERVER, SESSIONS[name], f"documents/{DOCUMENT}")["text"], WHOLE["text"])
    prove(SERVER, SERVER.login("auditadmin01"))


def issued(uid):
    """The document's tasks and its plan; one item's title was corrected before."""
    document = get(SERVER, SESSIONS["issuer01"], f"documents/{uid}")
    edits = [(f"/items/{i}/status", item["status"], "confirmed") for i, item in enumerate(document["items"])]
    edits += [(f"/items/{i}/title", item["title"], item["title"] + "（校）") for i, item in enumerate(document["items"])]
    edited = edit(SERVER, SESSIONS["issuer01"], document, *edits)
    equal(edited.status, 200, edited.body[:300])
    answer = SERVER.post(f"/api/v1/documents/{uid}/issue", {}, session=SESSIONS["issuer01"], headers={"If-Match": f'"{edited.json["version"]}"'})
    equal(answer.status, 201, answer.body[:300])
    plan = answer.json["plan"]["uid"]
    return get(SERVER, SESSIONS["issuer01"], f"tasks?plan={plan}&order=no&limit=500")["rows"], plan


def restrict(task, restricted=True):
    now = get(SERVER, SESSIONS["issuer01"], f"tasks/{task['uid']}")
    answer = SERVER.post(f"/api/v1/tasks/{task['uid']}/amend", {"reason": "涉及人事", "set": {"restricted": restricted}}, session=SESSIONS["issuer01"],
                         headers={"If-Match": f'"{now["version"]}"'})
    equal(answer.status, 200, answer.body[:300])


ALONE = "\n".join(TEXT.splitlines()[:4]).replace("7号", "8号").replace("提升高血压患者规范管理水平", "开展廉政约谈") + "\n"

if __name__ == "__main__":
    with Demo() as SERVER:
        SESSIONS = {name: SERVER.login(name) for name in OUTSIDE + INSIDE}
        UIDS = {name: get(SERVER, s, "session")["account"]["uid"] for name, s in SESSIONS.items()}
        DOCUMENT = added_document(SERVER, SESSIONS["issuer01"], "a.txt", TEXT.encode())
        TASKS, PLAN = issued(DOCUMENT)
        WHOLE = get(SERVER, SESSIONS["issuer01"], f"documents/{DOCUMENT}")
        RESTRICTED = TASKS[1]["uid"]
        restrict(TASKS[1])
        run(a_withheld_item_is_covered, no_route_tells_what_it_says, it_is_found_by_nobody_else, its_corrections_are_not_told,
            who_only_leads_what_is_restricted_has_no_document, when_it_is_opened_again_all_is_there)
