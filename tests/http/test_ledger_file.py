#!/usr/bin/env python3
"""A ledger comes as a workbook and goes out as one; every list goes out as one."""
import io
import os
import re
import sys
import zipfile
from urllib.parse import quote

import client
import workbook
from lib import Demo, equal, problem, run

SAMPLE = os.path.join(os.environ["SOURCE_ROOT"], "samples", "ledgers", "rectification-2026.xlsx")


def imported(session, content, **wish):
    return client.imported(SERVER, "/api/v1/tasks/import", session, "台账.xlsx", content, **wish)


def counts(result):
    return [result[name] for name in ("new", "changed", "same", "refused", "gone")]


def sample():
    with open(SAMPLE, "rb") as f:
        return f.read()


def task_events():
    rows = SERVER.get("/api/v1/events?kind=task&limit=500&total=1", session=AUDITOR).json
    return rows["total"]


def sheet_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as z:
        return z.read("xl/worksheets/sheet1.xml").decode()


def it_comes_in_and_goes_out_as_it_came():
    preview = imported(ISSUER, sample(), apply=False)
    equal(counts(preview), [6, 0, 0, 0, 0])
    equal(preview["plan"], None)
    result = imported(ISSUER, sample(), apply=True)
    equal((counts(result), result["applied"]), ([6, 0, 0, 0, 0], True))
    plan = result["plan"]
    task = SERVER.get(f"/api/v1/tasks/{result['preview'][0]['task']}", session=ISSUER).json
    assert "claimed" in task["marks"] and task["state"] == "issued", task["marks"]
    equal(task["kept"]["投入资金（万元）"], "12.5")
    equal([SERVER.get(f"/api/v1/plans/{uid}", session=ISSUER).json["layout"] for uid in (plan, document_plan())], [True, False])
    out = SERVER.get(f"/api/v1/tasks.xlsx?plan={plan}&layout=1", session=ISSUER)
    equal(out.status, 200, out.body[:200])
    before, after = sheet_of(sample()), sheet_of(out.body)
    for row in re.findall(r'<row [^>]*>(.*?)</row>', before):
        for cell in re.findall(r'<c r="([A-Z]+\d+)"[^>]*?(?:/>|>.*?</c>)', row):
            pattern = rf'<c r="{cell}"[^>]*?(?:/>|>.*?</c>)'
            inside = [re.sub(r"^<c [^>]*>|</c>|<c [^>]*/>", "", re.search(pattern, sheet).group(0)) for sheet in (before, after)]
            equal(inside[0], inside[1], cell)
    head = task_events()
    equal(counts(imported(ISSUER, out.body, plan=plan, apply=True)), [0, 0, 6, 0, 0])
    equal(task_events(), head, "events of tasks")


def an_exported_list_changes_nothing():
    everything = SERVER.get("/api/v1/tasks.xlsx", session=ISSUER, timeout=60)
    equal(everything.status, 200)
    head = task_events()
    result = imported(ISSUER, everything.body, apply=True)
    equal((result["new"], result["changed"], result["refused"], result["errors"]), (0, 0, 0, []))
    assert result["same"] > 50, result["same"]
    equal(task_events(), head, "events of tasks")


def document_plan():
    return next(row["uid"] for row in SERVER.get("/api/v1/plans?limit=100", session=ISSUER).json["rows"] if row["document"])


def who_issues_nothing_imports_nothing():
    problem(SERVER.post("/api/v1/tasks/import", {"upload": "0" * 26}, session=HANDLER), 403, "no-role")
    problem(SERVER.get("/api/v1/tasks.xlsx?layout=1", session=ISSUER), 400, at="query:plan")
    problem(SERVER.get("/api/v1/tasks.xlsx?layout=1&plan=" + "0" * 26, session=ISSUER), 404)


def rows_of(content):
    """The rows of the only sheet as texts by heading."""
    table = workbook.cells(content)
    return [dict(zip(table[0], row)) for row in table[1:]]


def every_list_goes_out_with_its_rows():
    sessions = {"accounts": SECURITY, "groups": SECURITY, "events": AUDITOR}
    paths = [p for p in SERVER.get("/api/openapi.json", session=None).json["paths"] if p.endswith(".xlsx") and "{" not in p]
    assert len(paths) >= 20, paths
    for path in paths:
        name = path.rsplit("/", 1)[1][:-5]
        session = sessions.get(name, ISSUER)
        query = "?q=" + quote("卫生") if name == "search" else ""
        book = SERVER.get(path + query, session=session, timeout=60)
        equal(book.status, 200, (path, book.body[:200]))
        listed = SERVER.get(path[:-5] + query, session=session).json
        rows = len(rows_of(book.body))
        shown = len(listed["entries" if name == "calendar" else "rows"])
        assert rows == shown or (listed.get("next") and rows > shown), (path, rows, shown)
        problem(SERVER.get(path + "?nobody=1", session=session), 400)


def parts_of_objects_go_out_too():
    plan = SERVER.get("/api/v1/plans", session=ISSUER).json["rows"][0]["uid"]
    steps = rows_of(SERVER.get(f"/api/v1/plans/{plan}/steps.xlsx", session=ISSUER).body)
    shown = SERVER.get(f"/api/v1/plans/{plan}", session=ISSUER).json["steps"]
    equal([(row["距期限天数"], row["工作日"]) for row in steps], [(str(one["days"]), "是" if one["working"] else "否") for one in shown])
    for part in ("stages", "events"):
        equal(SERVER.get(f"/api/v1/plans/{plan}/{part}.xlsx", session=ISSUER).status, 200, part)
    task = SERVER.get("/api/v1/tasks", session=ISSUER).json["rows"][0]["uid"]
    for part in ("events", "comments", "progress", "reminders"):
        equal(SERVER.get(f"/api/v1/tasks/{task}/{part}.xlsx", session=ISSUER).status, 200, part)
    account = SERVER.get("/api/v1/accounts", session=SECURITY).json["rows"][0]["uid"]
    granted = rows_of(SERVER.get(f"/api/v1/accounts/{account}/grants.xlsx?lang=en", session=SECURITY).body)
    equal(len(granted), len(SERVER.get(f"/api/v1/accounts/{account}", session=SECURITY).json["grants"]))
    problem(SERVER.get(f"/api/v1/accounts/{account}/grants.xlsx", session=HANDLER), 403)
    days = rows_of(SERVER.get("/api/v1/calendars/cn/days.xlsx?year=2026", session=ISSUER).body)
    equal(len(days), len(SERVER.get("/api/v1/calendars/cn?year=2026", session=ISSUER).json["days"]))


def a_register_goes_out_by_its_fields():
    unit = SERVER.get("/api/v1/session", session=HANDLER).json["org"]["uid"]
    entry = {"org": unit, "fields": {"number": "示卫发〔2026〕77号", "title": "关于印发规范的通知", "issued": "2026-03-02"}}
    equal(SERVER.post("/api/v1/registers/documents/rows", entry, session=HANDLER).status, 201)
    register = next(r for r in SERVER.get("/api/v1/registers", session=HANDLER).json["rows"] if r["code"] == "documents")
    rows = rows_of(SERVER.get("/api/v1/registers/documents/rows.xlsx", session=HANDLER).body)
    ours = next(row for row in rows if "示卫发〔2026〕77号" in row.values())
    for field in register["fields"]:
        if field["name"] in entry["fields"]:
            equal(ours[field["label"]], entry["fields"][field["name"]], field["label"])
    only = rows_of(SERVER.get("/api/v1/registers/documents/rows.xlsx?q=" + quote("〔2026〕77号"), session=HANDLER).body)
    equal(len(only), 1)
    problem(SERVER.get("/api/v1/registers/nothing/rows.xlsx", session=HANDLER), 404)


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, HANDLER, AUDITOR, SECURITY = (SERVER.login(n) for n in ("issuer01", "handler01", "auditadmin01", "secadmin01"))
        run(it_comes_in_and_goes_out_as_it_came, an_exported_list_changes_nothing, who_issues_nothing_imports_nothing, every_list_goes_out_with_its_rows,
            parts_of_objects_go_out_too, a_register_goes_out_by_its_fields)
