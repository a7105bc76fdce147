"""Whom the files of a synthetic city tell of: identity numbers, telephones and names, as the institutions send them (CSV, XLSX, FHIR, HL7)."""
import csv
import json
import os
import re
import zipfile

# What a column of names is called in any file: fields of packs that hold the name of a person, and what programs write above them.
NAMES = {"person_name", "guardian_name", "contact_name", "parent_name", "姓名", "监护人姓名", "联系人姓名", "家长姓名", "患者姓名"}
NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:[1-9]\d{16}[0-9Xx]|1[3-9]\d{9})(?![0-9A-Za-z])")
NAME = re.compile(r"[\u4e00-\u9fff·]{2,}$")
CELL = re.compile(r'<c r="([A-Z]+)\d+"[^>]*?(?:/>|>(.*?)</c>)', re.S)
TEXT = re.compile(r"<t[^>]*>([^<]*)</t>|<v>([^<]*)</v>")


def decoded(content):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            pass
    return content.decode("utf-8", "replace")


def named(rows):
    """The names of a table: what stands below a heading that says so, wherever the heading is."""
    columns = {}
    for row in rows:
        heading = {at: cell for at, cell in row.items() if cell in NAMES}
        if heading:
            columns = heading
        yield from (row[at] for at in columns if at in row and row[at] not in NAMES)


def rows_of_csv(text):
    first = text[:4000]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    return (dict(enumerate(row)) for row in csv.reader(text.splitlines(), delimiter=delimiter))


def rows_of_sheet(text):
    for row in re.findall(r"<row.*?</row>", text, re.S):
        yield {at: "".join(a or b for a, b in TEXT.findall(inside or "")) for at, inside in CELL.findall(row)}


def names_of_fhir(text):
    for line in text.splitlines():
        resource = json.loads(line)
        if resource.get("resourceType") == "Patient":
            yield from (name.get("text", "") for name in resource.get("name", ()))


def names_of_hl7(text):
    for segment in re.split(r"[\r\n]", text):
        fields = segment.split("|")
        at = {"PID": 5, "NK1": 2}.get(fields[0])
        if at and len(fields) > at:
            yield fields[at].split("^")[0]


def of_file(path):
    """(numbers, names)"""
    if path.endswith(".xlsx"):
        with zipfile.ZipFile(path) as z:
            text = "".join(z.read(name).decode() for name in z.namelist() if name.startswith("xl/worksheets/"))
        names = named(rows_of_sheet(text))
    else:
        with open(path, "rb") as file:
            text = decoded(file.read())
        names = names_of_fhir(text) if path.endswith(".ndjson") else names_of_hl7(text) if path.endswith((".hl7", ".txt")) else named(rows_of_csv(text))
    return set(NUMBER.findall(text)), {name for name in names if NAME.match(name)}


def people(folder):
    """(identity numbers and telephones, names) of all files of institutions; its own lists hold none."""
    numbers, names = set(), set()
    for where, _, files in os.walk(folder):
        for name in files if where != folder else ():
            n, m = of_file(os.path.join(where, name))
            numbers |= n
            names |= m
    return numbers, names
