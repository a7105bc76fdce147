#!/usr/bin/env python3
"""Our workbooks in a spreadsheet program, cell for cell, and what it saves back to us. Without LibreOffice it skips."""
import csv
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import client
import workbook
from lib import Demo, equal, run

PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def converted(content, to, name="a.xlsx"):
    """What the program makes of a file: {name of the file: bytes}."""
    with tempfile.TemporaryDirectory(prefix="bihuan-office-") as folder:
        path, out = os.path.join(folder, name), os.path.join(folder, "out")
        with open(path, "wb") as f:
            f.write(content)
        subprocess.run([PROGRAM, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", to, "--outdir", out, path], check=True,
                       capture_output=True, timeout=240)
        found = {}
        for one in glob.glob(os.path.join(out, "*")):
            with open(one, "rb") as f:
                found[os.path.basename(one)] = f.read()
        return found


def saved(content, name="a.xlsx"):
    return converted(content, "xlsx", name)[os.path.splitext(name)[0] + ".xlsx"]


def shown(content):
    """The program's first sheet as texts."""
    files = converted(content, AS_SHOWN)
    return list(csv.reader(files[sorted(files)[0]].decode("utf-8-sig").splitlines(keepends=True)))


def assert_same_cells(content, path):
    ours, theirs = workbook.cells(content), shown(content)
    equal(len(theirs), len(ours), path)
    for r, row in enumerate(ours):
        width = len(theirs[r])
        equal([t.replace("\r\n", "\n") for t in theirs[r]], row[:width], (path, r + 1))
        assert not any(row[width:]), (path, r + 1, row[width:])


def imported(path, session, content, **wish):
    return client.imported(SERVER, path, session, "a.xlsx", content, **wish)


def it_shows_what_we_wrote():
    plan = SERVER.get("/api/v1/plans", session=ISSUER).json["rows"][0]["uid"]
    for path, session in (("tasks.xlsx", ISSUER), ("orgs.xlsx", ISSUER), (f"plans/{plan}/steps.xlsx", ISSUER), ("documents.xlsx", ISSUER), ("events.xlsx", AUDITOR)):
        assert_same_cells(SERVER.get("/api/v1/" + path, session=session, timeout=60).body, path)


def a_report_opens_with_all_its_sheets():
    plan = SERVER.get("/api/v1/plans", session=ISSUER).json["rows"][0]["uid"]
    book = SERVER.get(f"/api/v1/reports/now/xlsx?plan={plan}&kind=weekly", session=ISSUER).body
    sheets = workbook.parts(book)
    equal(len(converted(book, AS_SHOWN)), sum(name.startswith("xl/worksheets/sheet") for name in sheets))


def what_it_saves_comes_back_without_a_change():
    result = imported("/api/v1/tasks/import", ISSUER, saved(SERVER.get("/api/v1/tasks.xlsx", session=ISSUER, timeout=60).body), apply=False)
    equal((result["new"], result["changed"], result["refused"], result["errors"]), (0, 0, 0, []))
    assert result["same"] > 50, result["same"]
    plan = SERVER.get("/api/v1/plans", session=ISSUER).json["rows"][0]["uid"]
    steps = imported(f"/api/v1/plans/{plan}/steps/import", ISSUER, saved(SERVER.get(f"/api/v1/plans/{plan}/steps.xlsx", session=ISSUER).body), apply=True)
    equal((steps["new"], steps["changed"], steps["refused"], steps["gone"]), (0, 0, 0, 0))
    orgs = imported("/api/v1/orgs/import", SYSTEM, saved(SERVER.get("/api/v1/orgs.xlsx", session=SYSTEM).body), apply=False)
    equal((orgs["new"], orgs["changed"], {e["code"] for e in orgs["errors"]}), (0, 0, {"header-unknown"}))


def a_ledger_that_it_saved_goes_out_as_it_came():
    with open(os.path.join(os.environ["SOURCE_ROOT"], "samples", "ledgers", "rectification-2026.xlsx"), "rb") as f:
        content = saved(f.read())
    first = imported("/api/v1/tasks/import", ISSUER, content, apply=True)
    equal((first["new"], first["refused"]), (6, 0))
    out = SERVER.get(f"/api/v1/tasks.xlsx?plan={first['plan']}&layout=1", session=ISSUER)
    equal(out.status, 200, out.body[:200])
    before, after = workbook.cells(content), workbook.cells(out.body)
    equal([row[:len(before[0])] for row in after], before)
    again = imported("/api/v1/tasks/import", ISSUER, saved(out.body), plan=first["plan"], apply=True)
    equal((again["new"], again["changed"], again["same"], again["refused"]), (0, 0, 6, 0))


# Merged titles, a formula, a hidden sheet before the table, days counted from 1904.
BOOK_1904 = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
 <style:style style:name="hid" style:family="table"><style:table-properties table:display="false"/></style:style>
 <number:date-style style:name="N1"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
 <style:style style:name="day" style:family="table-cell" style:data-style-name="N1"/>
</office:automatic-styles>
<office:body><office:spreadsheet><table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>
<table:table table:name="参数" table:style-name="hid"><table:table-row><table:table-cell office:value-type="string"><text:p>任务</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>牵头单位</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>完成时限</text:p></table:table-cell></table:table-row></table:table>
<table:table table:name="台账">
<table:table-row><table:table-cell table:number-columns-spanned="4" office:value-type="string"><text:p>2026年专项整改台账</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>序号</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>问题描述</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>牵头单位</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>整改时限</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>值班记录不全</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>疾病预防控制处</text:p></table:table-cell><table:table-cell table:style-name="day" office:value-type="date" office:date-value="2026-06-30"><text:p>2026-06-30</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell table:formula="of:=[.A3]+1" office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>台账更新不及时</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>医政医管处</text:p></table:table-cell><table:table-cell table:style-name="day" table:formula="of:=[.D3]+31" office:value-type="date" office:date-value="2026-07-31"><text:p>2026-07-31</text:p></table:table-cell></table:table-row>
</table:table></office:spreadsheet></office:body></office:document>"""


def merged_titles_formulas_hidden_sheets_and_1904_are_understood():
    content = saved(BOOK_1904.encode(), "b.fods")
    assert b'date1904="' in workbook.parts(content)["xl/workbook.xml"], "the file counts from 1904"
    result = imported("/api/v1/tasks/import", ISSUER, content, apply=True)
    equal((result["sheet"], result["title"], result["new"], result["refused"], result["errors"]), ("台账", "2026年专项整改台账", 2, 0, []))
    tasks = [SERVER.get(f"/api/v1/tasks/{row['task']}", session=ISSUER).json for row in result["preview"]]
    equal([(t["due"], t["problem"], t["lead"][0]["name"]) for t in tasks], [("2026-06-30", "值班记录不全", "疾病预防控制处"), ("2026-07-31", "台账更新不及时", "医政医管处")])
    again = imported("/api/v1/tasks/import", ISSUER, SERVER.get(f"/api/v1/tasks.xlsx?plan={result['plan']}&layout=1", session=ISSUER).body, plan=result["plan"], apply=True)
    equal((again["new"], again["changed"], again["same"], again["refused"]), (0, 0, 2, 0))


if __name__ == "__main__":
    if not PROGRAM:
        print("1..0 # SKIP there is no LibreOffice here")
        sys.exit(0)
    with Demo() as SERVER:
        ISSUER, AUDITOR, SYSTEM = (SERVER.login(n) for n in ("issuer01", "auditadmin01", "sysadmin01"))
        run(it_shows_what_we_wrote, a_report_opens_with_all_its_sheets, what_it_saves_comes_back_without_a_change, a_ledger_that_it_saved_goes_out_as_it_came,
            merged_titles_formulas_hidden_sheets_and_1904_are_understood)
