"""Workbooks as a test sees them: the cells of a sheet as texts, and cells written anew. Python's standard library only."""
import io
import re
import xml.etree.ElementTree as tree
import zipfile
from datetime import date, timedelta

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EPOCH = date(1899, 12, 30)


def letters_of(index):
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_of(ref):
    index = 0
    for letter in re.match("[A-Z]+", ref).group(0):
        index = index * 26 + ord(letter) - 64
    return index - 1


def text_of(node):
    return "".join(t.text or "" for t in node.iter(NS + "t"))


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as z:
        return {name: z.read(name) for name in z.namelist()}


def day_styles(files):
    """Which cell formats show a number as a day."""
    styles = tree.fromstring(files["xl/styles.xml"])
    formats = {int(f.get("numFmtId")): f.get("formatCode") for f in styles.iter(NS + "numFmt")}
    cells = styles.find(NS + "cellXfs")
    return [int(x.get("numFmtId")) in range(14, 18) or "yy" in formats.get(int(x.get("numFmtId")), "").lower() for x in cells]


def cells(content, sheet=1):
    """The grid of a sheet as texts: "" for nothing, days as 2026-06-30, whole numbers without a point."""
    files = parts(content)
    shared = [text_of(si) for si in tree.fromstring(files["xl/sharedStrings.xml"])] if "xl/sharedStrings.xml" in files else []
    days = day_styles(files)
    grid = []
    for row in tree.fromstring(files[f"xl/worksheets/sheet{sheet}.xml"]).iter(NS + "row"):
        at = int(row.get("r")) - 1
        grid.extend([] for _ in range(len(grid), at + 1))
        for cell in row.iter(NS + "c"):
            column = column_of(cell.get("r"))
            grid[at].extend("" for _ in range(len(grid[at]), column + 1))
            grid[at][column] = cell_text(cell, shared, days)
    width = max((len(row) for row in grid), default=0)
    return [row + [""] * (width - len(row)) for row in grid]


def cell_text(cell, shared, days):
    kind, value = cell.get("t"), cell.find(NS + "v")
    if kind == "inlineStr":
        return text_of(cell)
    if value is None or value.text is None:
        return ""
    if kind == "s":
        return shared[int(value.text)]
    if kind in ("str", "e", "b"):
        return value.text
    number = float(value.text)
    if days[int(cell.get("s") or 0)]:
        return (EPOCH + timedelta(days=int(number))).isoformat()
    return str(int(number)) if number == int(number) else value.text


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def changed(content, edits, without=(), sheet=1):
    """The workbook with {(row, column): text} written as inline texts, rows as 0-based numbers of the grid; `without`: rows that are taken out."""
    files = parts(content)
    name = f"xl/worksheets/sheet{sheet}.xml"
    xml = files[name].decode()
    for (row, column), text in edits.items():
        ref = f"{letters_of(column)}{row + 1}"
        found = re.search(rf'<c r="{ref}"( [^>]*?)?(/>|>.*?</c>)', xml, re.S)
        style = re.search(r's="\d+"', found.group(0)).group(0) if found and re.search(r's="\d+"', found.group(0)) else ""
        cell = f'<c r="{ref}" {style} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        xml = xml.replace(found.group(0), cell, 1) if found else insert(xml, row, column, cell)
    for row in without:
        xml = re.sub(rf'<row r="{row + 1}"[ >].*?</row>', "", xml, count=1, flags=re.S)
    files[name] = xml.encode()
    return packed(files)


def insert(xml, row, column, cell):
    line = re.search(rf'(<row r="{row + 1}"[^>]*>)(.*?)(</row>)', xml, re.S)
    if not line:
        return xml.replace("</sheetData>", f'<row r="{row + 1}">{cell}</row></sheetData>', 1)
    inside = re.findall(r'<c r="[A-Z]+\d+".*?(?:/>|</c>)', line.group(2), re.S)
    before = [c for c in inside if column_of(re.search(r'r="([A-Z]+)', c).group(1)) < column]
    after = inside[len(before):]
    return xml.replace(line.group(0), line.group(1) + "".join(before) + cell + "".join(after) + line.group(3), 1)


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in files.items():
            z.writestr(name, content)
    return out.getvalue()
