#!/usr/bin/env python3
"""Files as other programs write them: the same three rows as Excel, WPS, LibreOffice, pandas, POI, SheetJS, R and HIS exports put them down, and what they get wrong. Each is written here, part by
part, as those programs do; all must give the same records. `postgres`: on PostgreSQL."""
import gzip
import json
import os
import re
import shutil
import sqlite3
import subprocess
import zipfile

from lib import SOURCE, Store, equal, run

SENDER = "zhangshuchuan"
PACK = """pack: lab
version: 1.0.0
needs: bihuan 1
name: 检验
name_en: Lab
datasets:
  result:
    name: 检验结果
    name_en: Results
    kind: event
    org: hospital
    date: came_on
    key: [number]
    fields:
      hospital: {name: 医院, name_en: Hospital, type: org, required: true}
      number: {name: 就诊号, name_en: Number, type: text, required: true}
      came_on: {name: 就诊日期, name_en: Day, type: date, required: true}
      done_at: {name: 检验时间, name_en: Done at, type: time}
      count: {name: 次数, name_en: Count, type: integer}
      value: {name: 结果值, name_en: Value, type: decimal, decimals: 3}
      rate: {name: 比例, name_en: Rate, type: decimal, decimals: 4}
      share: {name: 占比, name_en: Share, type: decimal, decimals: 2, unit: "%"}
      positive: {name: 是否阳性, name_en: Positive, type: bool}
      remark: {name: 备注, name_en: Remark, type: text}
"""
PROOF = "proof:\n  - {id: plain, says: 一行, says_en: One row, dataset: result, file: r.csv, today: 2026-03-20, defects: []}\n"
HEADER = ["就诊号", "就诊日期", "检验时间", "次数", "结果值", "比例", "占比", "是否阳性", "备注"]
PLAIN = [["0001", "2026-03-01", "2026-03-01 08:05:00", "3", "1.25", "0.125", "12.5", "TRUE", "甲"], ["0002", "2026-03-02", "2026-03-02 23:59:59", "0", "-0.001", "0.0005", "0.05", "FALSE", "乙"],
         ["9007199254", "2026-03-03", "2026-03-03 00:00:00", "1234567", "1234.5", "1", "100", "TRUE", ""]]
WANT = [["0001", "2026-03-01", 1772323500000, 3, 1250, 1250, 1250, 1, "甲"], ["0002", "2026-03-02", 1772467199000, 0, -1, 5, 5, 0, "乙"],
        ["9007199254", "2026-03-03", 1772467200000, 1234567, 1234500, 10000, 10000, 1, None]]
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"


# --- What is stored -------------------------------------------------------------------------------------------------------------

def rows_of():
    query = "SELECT number, came_on, done_at, count, value, rate, share, positive, remark FROM lab__result ORDER BY number"
    if store.database:
        out = subprocess.run(["psql", store.url(), "-q", "-t", "-A", "-c", f"SELECT coalesce(json_agg(json_build_array({query[7:query.index(' FROM')]}) ORDER BY number), '[]') FROM lab__result"],
                             check=True, capture_output=True, text=True, timeout=60).stdout
        return [[int(v) if isinstance(v, bool) else v for v in row] for row in json.loads(out)]
    db = sqlite3.connect(f"file:{os.path.join(store.data, 'bihuan.db')}?mode=ro", uri=True)
    rows = [list(row) for row in db.execute(query)]
    db.close()
    return rows


def send(name, content, *words):
    with open(store.path(name), "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return store.try_("import", store.path(name), "--dataset", "lab.result", "--json", *words, user=SENDER)


def taken(name, content, *words, want=None, found=()):
    """Sent as all of the month, it gives these records and these findings."""
    done = send(name, content, "--mode", "replace", "--period", "2026-03", "--sure", *words)
    assert done.status == 0, f"{name}: {done}"
    result = done.json["result"]
    equal(sorted(f["rule"] for f in result["findings"]), sorted(found), name)
    equal(rows_of(), WANT if want is None else want, name)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refused(name, content, text, *words):
    done = send(name, content, *words)
    assert done.status == 65 and text in done.complaint, f"{name}: '{text}' was expected: {done}"


# --- Delimited text ------------------------------------------------------------------------------------------------------------

def text_of(rows=None, sep=",", end="\n", behind="", quote=""):
    return "".join(sep.join(quote + c + quote for c in row) + behind + end for row in [HEADER, *(rows or PLAIN)])


def with_cells(**cells):
    """The rows, but for some columns (`c0` …) of all of them."""
    return [[cells[f"c{i}"](cell) if f"c{i}" in cells else cell for i, cell in enumerate(row)] for row in PLAIN]


def delimited_text_of_all_kinds():
    for name, content in {
        "plain": text_of(), "semicolons": text_of(sep=";"), "tabs": text_of(sep="\t"), "bars": text_of(sep="|"), "quoted": text_of(quote='"'), "dos": text_of(end="\r\n"), "mac": text_of(end="\r"),
        "mixed": text_of().replace("\n", "\r\n", 2), "blank-lines": text_of(end="\n\n"), "trailing": text_of(behind=","), "trailing-rows": text_of(behind=",,,") + ",,,,,,,,,,,\n" * 40,
        "no-end": text_of().rstrip("\n"), "dos-end": text_of(end="\r\n") + "\x1a", "sep": "sep=;\r\n" + text_of(sep=";"), "spaces": text_of(sep=", "),
        "title": "检验结果登记表,,,,,,,,\n统计时间：2026年3月,,,,,,,,\n" + text_of(), "index": "\n".join(f"{i or ''},{line}" for i, line in enumerate(text_of().splitlines())),
    }.items():
        taken(name + ".csv", content)
    for encoding in ("utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"):
        taken(f"{encoding}.csv", text_of(sep="\t").encode(encoding))


def cells_of_all_kinds():
    for name, cells in {
        "percent": {"c5": lambda c: f"{float(c) * 100:g}%", "c6": lambda c: c + "%"}, "guarded": {"c0": lambda c: f'="{c}"'}, "apostrophe": {"c0": lambda c: "'" + c},
        "days": {"c1": lambda c: c.replace("-", "/").replace("/0", "/")}, "compact": {"c1": lambda c: c.replace("-", "")}, "chinese": {"c1": lambda c: c.replace("-", "年", 1).replace("-", "月") + "日"},
        "with-clock": {"c1": lambda c: c + " 0:00"}, "iso": {"c2": lambda c: c.replace(" ", "T") + "+08:00"}, "words": {"c7": lambda c: "是" if c == "TRUE" else "否"},
        "mysql-null": {"c8": lambda c: c or "\\N"}, "error": {"c8": lambda c: c or "#N/A"}, "exponent": {"c3": lambda c: f"{int(c):.6E}"},
    }.items():
        taken(name + ".csv", text_of(with_cells(**cells)))
    taken("groups.tsv", text_of(with_cells(c3=lambda c: f"{int(c):,}"), sep="\t"))


def what_cannot_be_read_comes_back():
    less = [WANT[0], WANT[1]]
    taken("rounded.csv", text_of().replace("9007199254", "9.00720E+09"), want=less, found=["bad-key"])
    taken("american.csv", text_of().replace(",2026-03-03,", ",03/03/2026,"), want=less, found=["bad-date"])
    taken("short.csv", text_of().replace("100,TRUE,", "100"), want=less, found=["row-short"])
    taken("quote.csv", text_of().replace("9007199254", '"9007199254" x'), want=less, found=["quote-behind"])
    taken("comma.csv", text_of(with_cells(c5=lambda c: c.replace(".", ",")), sep=";"), want=[row[:5] + [None if i < 2 else 10000] + row[6:] for i, row in enumerate(WANT)], found=["type:rate"])
    refused("nul.csv", text_of().replace("甲", "甲\0"), "control byte")
    refused("other.csv", "a,b\n1,2\n", "no column")
    for name, content, text, hint in (("page.xls", "<html><table><tr><td>就诊号</td></tr></table></html>", "web page", "save it as"), ("patient.xml", '<Bundle xmlns="http://hl7.org/fhir"/>', "XML", "save it as"),
                                      ("book.xml", '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML", "save it as"), ("paper.pdf", "%PDF-1.7\n1 0 obj", "PDF", "send the table"),
                                      ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(60), "picture", "send the table"), ("day.csv.gz", gzip.compress(text_of().encode()), "compressed", "unpack it"),
                                      ("day.zip", zip_of({"day.csv": text_of()}), "compressed", "unpack it"), ("report.docx", zip_of({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "text document", "send the table"),
                                      ("locked.xlsx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), "password", "remove the password"), ("old.xls", OLE + bytes(1200), "old Excel", "save it as .xlsx")):
        refused(name, content, text)
        refused(name, content, hint)


# --- Workbooks -------------------------------------------------------------------------------------------------------------------

SERIAL = {"2026-03-01": 46082, "2026-03-02": 46083, "2026-03-03": 46084, "08:05:00": (8 * 60 + 5) / 1440, "23:59:59": 86399 / 86400, "00:00:00": 0}
FORMATS = ["General", "yyyy\\-mm\\-dd", 'yyyy/m/d\\ h:mm;@', "0.00%"]
DAY, INSTANT, PERCENT = 1, 2, 3


def cell_xml(column, row, text, p, shared, date=0):
    """As Excel would: shared strings, serials with a format, b for yes and no."""
    at = f' r="{chr(65 + column)}{row}"'
    if not text:
        return ""
    if row > 1 and column == 1:
        return f'<{p}c{at} s="{DAY}"><{p}v>{SERIAL[text] - date}</{p}v></{p}c>'
    if row > 1 and column == 2:
        return f'<{p}c{at} s="{INSTANT}"><{p}v>{SERIAL[text[:10]] - date + SERIAL[text[11:]]!r}</{p}v></{p}c>'
    if row > 1 and column in (3, 4):
        return f'<{p}c{at}><{p}v>{text}</{p}v></{p}c>'
    if row > 1 and column in (5, 6):
        return f'<{p}c{at} s="{PERCENT}"><{p}v>{float(text) / (100 if column == 6 else 1)!r}</{p}v></{p}c>'
    if row > 1 and column == 7:
        return f'<{p}c{at} t="b"><{p}v>{int(text == "TRUE")}</{p}v></{p}c>'
    shared.append(text)
    return f'<{p}c{at} t="s"><{p}v>{len(shared) - 1}</{p}v></{p}c>'


def sheet_xml(prefix="", ns=MAIN, shared=None, date=0, rows=None, first=1, merges="", dimension="A1"):
    p, xmlns = (prefix + ":", f'xmlns:{prefix}="{ns}"') if prefix else ("", f'xmlns="{ns}"')
    shared = [] if shared is None else shared
    body = "".join(f'<{p}row r="{i}">' + "".join(cell_xml(c, i - first + 1, text, p, shared, date).replace(f'{chr(65 + c)}{i - first + 1}"', f'{chr(65 + c)}{i}"') for c, text in enumerate(row)) + f"</{p}row>"
                   for i, row in enumerate([HEADER, *(rows or PLAIN)], first))
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><{p}worksheet {xmlns}><{p}dimension ref="{dimension}"/><{p}sheetData>{body}</{p}sheetData>{merges}</{p}worksheet>', shared


def strings_xml(shared, rich=False):
    one = lambda s: f"<si><r><t>{s[:1]}</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\">{s[1:]}</t></r><rPh sb=\"0\" eb=\"1\"><t>ふりがな</t></rPh></si>" if rich else f"<si><t>{s}</t></si>"
    return f'<sst xmlns="{MAIN}">' + "".join(map(one, shared)) + "</sst>"


def styles_xml():
    return (f'<styleSheet xmlns="{MAIN}"><numFmts>' + "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{code}"/>' for i, code in enumerate(FORMATS)) + "</numFmts><cellXfs>"
            + "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(FORMATS))) + "</cellXfs></styleSheet>")


def book(sheets, strings="", rel=REL, targets="worksheets/{}", properties="", hidden=(), styles=True):
    """The parts in a zip. `sheets`: name to XML."""
    path = store.path("book.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("_rels/.rels", f'<Relationships xmlns="x"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="{"/" if targets[0] == "/" else ""}xl/workbook.xml"/></Relationships>')
        listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>' for i, name in enumerate(sheets, 1))
        z.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{rel}">{properties}<sheets>{listed}</sheets></workbook>')
        relations = "".join(f'<Relationship Id="rId{i}" Type="{rel}/worksheet" Target="{targets.format(f"sheet{i}.xml")}"/>' for i in range(1, len(sheets) + 1))
        relations += f'<Relationship Id="rId90" Type="{rel}/sharedStrings" Target="sharedStrings.xml"/>' if strings else ""
        relations += f'<Relationship Id="rId91" Type="{rel}/styles" Target="styles.xml"/>' if styles else ""
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="x">{relations}</Relationships>')
        for i, xml in enumerate(sheets.values(), 1):
            z.writestr(f"xl/worksheets/sheet{i}.xml", xml)
        if strings:
            z.writestr("xl/sharedStrings.xml", strings)
        if styles:
            z.writestr("xl/styles.xml", styles_xml())
    with open(path, "rb") as f:
        return f.read()


def workbooks_of_all_kinds():
    xml, shared = sheet_xml()
    taken("excel.xlsx", book({"数据": xml}, strings_xml(shared)))
    taken("rich.xlsx", book({"数据": xml}, strings_xml(shared, rich=True)))
    taken("absolute.xlsx", book({"数据": xml}, strings_xml(shared), targets="/xl/worksheets/{}"))
    taken("strict.xlsx", book({"数据": xml}, strings_xml(shared), rel=STRICT))
    taken("prefixed.xlsx", book({"数据": sheet_xml("x")[0]}, strings_xml(shared)))
    taken("1904.xlsx", book({"数据": sheet_xml(date=1462)[0]}, strings_xml(shared), properties='<workbookPr date1904="1"/>'))
    inline = xml
    for i, text in enumerate(shared):
        inline = inline.replace(f't="s"><v>{i}</v>', f't="inlineStr"><is><t xml:space="preserve">{text}</t></is>')
    taken("inline.xlsx", book({"数据": inline}))
    taken("no-addresses.xlsx", book({"数据": re.sub(r' r="[A-Z]*[0-9]+"', "", inline)}))
    taken("nearly-empty.xlsx", book({"数据": inline.replace("</sheetData>", '<row r="900"><c r="A900" s="1"/></row></sheetData>')}))


def sheets_of_all_kinds():
    xml, shared = sheet_xml()
    other = '<worksheet><sheetData><row><c t="str"><v>填表说明</v></c><c t="str"><v>内容</v></c></row><row><c t="str"><v>一</v></c><c t="str"><v>每行一条</v></c></row></sheetData></worksheet>'
    taken("second.xlsx", book({"填表说明": other, "数据": xml}, strings_xml(shared)))
    taken("hidden.xlsx", book({"参数": xml.replace("46082", "46000"), "数据": xml}, strings_xml(shared), hidden=("参数",)))
    xml, shared = sheet_xml(first=4, merges='<mergeCells count="1"><mergeCell ref="A1:I1"/></mergeCells>')
    title = '<row r="1"><c r="A1" t="str"><v>某市检验结果登记表</v></c></row><row r="2"><c r="A2" t="str"><v>填报单位：</v></c><c r="B2" t="str"><v>示例医院</v></c></row>'
    taken("title.xlsx", book({"数据": xml.replace("<sheetData>", "<sheetData>" + title)}, strings_xml(shared)))


def workbooks_with_faults():
    xml, shared = sheet_xml()
    strings = strings_xml(shared)
    taken("beside.xlsx", book({"数据": xml.replace("</row><row r=\"4\">", '<c r="M3" t="str"><v>备查</v></c></row><row r="4">')}, strings), found=["cell-beyond"])
    taken("formula.xlsx", book({"数据": xml.replace('<c r="D2"><v>3</v>', '<c r="D2"><f>1+2</f><v></v>')}, strings), want=[WANT[0][:3] + [None] + WANT[0][4:], *WANT[1:]], found=["formula-empty"])
    taken("formulas.xlsx", book({"数据": xml.replace('<c r="D2"><v>3</v>', '<c r="D2"><f>1+2</f><v>3</v>')}, strings))
    taken("error.xlsx", book({"数据": xml.replace('<c r="D2"><v>3</v>', '<c r="D2" t="e"><v>#DIV/0!</v>')}, strings), want=[WANT[0][:3] + [None] + WANT[0][4:], *WANT[1:]], found=["type:count"])
    taken("nan.xlsx", book({"数据": xml.replace('<c r="E2"><v>1.25</v>', '<c r="E2"><v>NaN</v>')}, strings), want=[WANT[0][:4] + [None] + WANT[0][5:], *WANT[1:]])
    number = [i for i, s in enumerate(shared) if s == "9007199254"][0]
    taken("digits.xlsx", book({"数据": xml.replace(f't="s"><v>{number}</v>', "><v>1.1010519900307123E17</v>")}, strings), want=WANT[:2], found=["bad-key"])
    taken("number.xlsx", book({"数据": xml.replace(f't="s"><v>{number}</v>', "><v>9007199254</v>")}, strings))
    merged = xml.replace('<c r="B3" s="1"><v>46083</v></c>', "").replace('<c r="B4" s="1"><v>46084</v></c>', "").replace("</worksheet>", '<mergeCells count="1"><mergeCell ref="B2:B4"/></mergeCells></worksheet>')
    taken("merged.xlsx", book({"数据": merged}, strings), want=[[row[0], "2026-03-01", *row[2:]] for row in WANT], found=["cells-merged"])
    refused("ods.xlsx", zip_of({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), "another form")


def zip_of(parts):
    with zipfile.ZipFile(store.path("any.zip"), "w") as z:
        for name, content in parts.items():
            z.writestr(name, content)
    with open(store.path("any.zip"), "rb") as f:
        return f.read()


def make_packs():
    folder = store.path("packs")
    os.makedirs(os.path.join(folder, "lab", "tests"))
    for name in os.listdir(os.path.join(SOURCE, "packs")):
        if name.endswith(".csv") or name == "elements.yaml":
            shutil.copy(os.path.join(SOURCE, "packs", name), folder)
    for name, text in (("pack.yaml", PACK), ("tests/proof.yaml", PROOF), ("tests/r.csv", "hospital,number,came_on\nA,V1,2026-03-01\n")):
        with open(os.path.join(folder, "lab", name), "w", encoding="utf-8") as f:
            f.write(text)
    store.run("pack", "install", folder)


if __name__ == "__main__":
    with Store() as store:
        make_packs()
        run(delimited_text_of_all_kinds, cells_of_all_kinds, what_cannot_be_read_comes_back, workbooks_of_all_kinds, sheets_of_all_kinds, workbooks_with_faults)
