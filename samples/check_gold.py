#!/usr/bin/env python3
"""Checks the gold of the sample documents against the documents themselves, as they were printed.

usage: check_gold.py [NAME ...]

For every documents/NAME.FORM and documents/gold/NAME.json: each label, title, name, measure and quote is found in
the text; a figure stands in its quote; items, measures and targets come in the order of the text; declared counts and
the finding of a missing or repeated number agree with the items. A pdf needs pdftotext. Last, every owner is looked up
in organisations.csv; UNKNOWN names those which are meant not to be found.
"""
import html
import csv
import json
import pathlib
import re
import subprocess
import sys
import unicodedata
import zipfile

import marked

HERE = pathlib.Path(__file__).resolve().parent / "documents"
# departments of the bureau of 2012 that no longer exist, and three bodies that nobody registered
UNKNOWN = {"农卫处", "妇社处", "规财处", "纠风办", "监察室", "信息办", "市健康产业研究会", "创卫专班",
           "区红十字会"}
FIELDS = {"no", "label", "kind", "path", "title", "problem", "lead", "support", "measures", "targets"}


def text_of(path):
    data = path.read_bytes()
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as z:
            body = z.read("word/document.xml").decode("utf-8")
        return html.unescape(re.sub("<[^>]*>", "", body.replace("</w:p>", "\n")))
    if path.suffix == ".html":
        body = re.sub("(?s)<script.*?</script>|<style.*?</style>|<!--.*?-->", "", data.decode("utf-8"))
        return html.unescape(re.sub("<[^>]*>", "", re.sub("</(p|tr|td|th|li|div)>", "\n", body)))
    if path.suffix == ".pdf":
        out = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True)
        lines = out.stdout.decode("utf-8").replace("\f", "").split("\n")
        # what stands on every page: the header line and the page number
        return "\n".join(x for x in lines if not re.fullmatch(r"\s*(— [0-9]+ —|\S+文件)\s*", x))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def squeeze(s):
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", s or ""))


def gap_before(items, number):
    """Whether some list under one heading, or the document as one list, goes on past the number without it."""
    lists = {"": []}
    for i in items:
        if i["kind"] != "narrative":
            lists[""].append(int(i["no"]))
            lists.setdefault(tuple(i["path"]), []).append(int(i["no"]))
    return any(number not in numbers and max(numbers) > number for numbers in lists.values() if numbers)


class Checker:
    def __init__(self, name, text):
        self.name, self.text, self.errors = name, squeeze(text), []
        self.counts = {"items": 0, "owners": 0, "measures": 0, "targets": 0}

    def bad(self, where, what):
        self.errors.append(f"{self.name}: item {where}: {what}")

    def find(self, where, what, words, start=0):
        at = self.text.find(squeeze(words), start)
        if at < 0:
            self.bad(where, f"{what} not in the text: {words}")
        return at

    def figure(self, where, target):
        quote, value = squeeze(target["quote"]), target["value"]
        for v in [value] + ([target["value2"]] if target["value2"] is not None else []):
            digits = re.findall(r"\d+(?:\.\d+)?", quote)
            words = [2 if w == "两" else marked.chinese_number(w) for w in re.findall("两|[一二三四五六七八九十百]+", quote)]
            if not any(float(d) == v for d in digits) and v not in words:
                self.bad(where, f"{v} not in the quote {target['quote']}")
        if (target["op"] == "range") != (target["value2"] is not None):
            self.bad(where, "range and value2 go together")
        if target["op"] not in (">=", "<=", "~", "range", "=") or target["tense"] not in ("target", "result"):
            self.bad(where, f"op {target['op']} tense {target['tense']}")
        if target["tense"] == "result" and target["due"]:
            self.bad(where, "a result has no due date")
        if target["due"] and not re.fullmatch(r"20\d\d-\d\d-\d\d", target["due"]):
            self.bad(where, f"due {target['due']}")
        unit = squeeze(target["unit"])
        if unit and unit not in quote and not re.search("分之|百分点", quote):
            self.bad(where, f"unit {unit} not in {quote}")

    def item(self, item, start, end):
        where = item["label"] or item["title"]
        if set(item) != FIELDS:
            self.bad(where, f"fields {sorted(set(item) ^ FIELDS)}")
        own = self.text[start:end]
        for what, words in [("owner", n) for n in item["lead"] + item["support"]] + [
                ("measure", m["text"]) for m in item["measures"]] + [("quote", t["quote"]) for t in item["targets"]] + (
                [("problem", item["problem"])] if item["problem"] else []):
            if squeeze(words) not in own:
                self.bad(where, f"{what} not in the item: {words}")
        ends = [own.find(squeeze(t["quote"])) + len(squeeze(t["quote"])) for t in item["targets"]]
        if ends != sorted(ends):
            self.bad(where, "targets are out of order")
        for t in item["targets"]:
            self.figure(where, t)
        for p in item["path"]:
            self.find(where, "heading", p)
        self.counts["items"] += item["kind"] != "narrative"
        self.counts["owners"] += len(item["lead"] + item["support"])
        self.counts["measures"] += len(item["measures"])
        self.counts["targets"] += len(item["targets"])

    def document(self, gold, at=0):
        starts = []
        for item in gold["items"]:
            label = squeeze(item["label"])
            found = self.find(item["label"] or "-", "label and title", label + squeeze(item["title"]), at)
            if found < 0:  # in a table the number may stand apart from the title
                found = max(self.text.find(squeeze(item["title"]), at), at)
                self.errors.pop()
                if label not in self.text[at:found] or found == at:
                    self.bad(item["label"], f"title not found after its number: {item['title']}")
            starts.append(found)
            at = found + 1
        for i, item in enumerate(gold["items"]):
            self.item(item, starts[i], starts[i + 1] if i + 1 < len(starts) else len(self.text))
        for fact in ("title", "doc_no", "issuer"):
            if gold[fact]:
                self.find("-", fact, gold[fact])
        for d in gold["declared"]:
            self.find("-", "declared", d["quote"])
            count = sum(i["kind"] != "narrative" for i in gold["items"])
            if d["what"] == "items" and d["found"] not in (None, count):
                self.bad("-", f"declared items: found {d['found']}, but there are {count}")
        for f in gold["findings"]:
            numbers = [i["no"] for i in gold["items"] if i["kind"] != "narrative"]
            if f["code"] == "duplicate-number" and numbers.count(f["at"]) < 2:
                self.bad(f["at"], "is not there twice")
            if f["code"] == "missing-number" and not gap_before(gold["items"], int(f["at"])):
                self.bad(f["at"], "is not missing")
        for part in gold["parts"]:
            at = self.document(part, at)
        return at


def owners(gold):
    for i in gold["items"]:
        yield from i["lead"] + i["support"]
    for part in gold["parts"]:
        yield from owners(part)


def known_names():
    with open(HERE.parent / "organisations.csv", encoding="utf-8-sig", newline="") as f:
        return {n for row in csv.DictReader(f) for n in [row["机构名称"], row["简称"]] + row["别名"].split("；")}


def main():
    names, bad, known, unused = sys.argv[1:], 0, known_names(), set(UNKNOWN)
    for path in sorted(HERE.glob("*.*")):
        if names and path.stem not in names:
            continue
        gold = json.loads((HERE / "gold" / f"{path.stem}.json").read_text(encoding="utf-8"))
        checker = Checker(path.name, text_of(path))
        checker.document(gold)
        for name in sorted(set(owners(gold)) - known - UNKNOWN):
            checker.bad("-", f"owner not among the organisations: {name}")
        unused -= set(owners(gold))
        print("\n".join(checker.errors + [f"{path.name}: " + ", ".join(f"{n} {w}" for w, n in checker.counts.items())]))
        bad += len(checker.errors)
    if not names and unused | (UNKNOWN & known):
        print(f"listed as unknown, but not so: {sorted(unused | (UNKNOWN & known))}")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
