#!/usr/bin/env python3
"""Reads the sample documents and holds what comes out against their gold.

usage: score_samples.py BIHUAN SAMPLES_DIR [--misses]

For every gold/NAME.json the document NAME.* beside it is read. Compared are items (number, label, kind, path, title, problem), owners, measures,
declared counts, targets (value, unit, comparator, due date, tense), and title, number, kind and date of the document. Prints one line a field
with precision and recall, and as TAP whether each is as good as it has been; a field may only get better.
"""
import collections
import json
import pathlib
import subprocess
import sys
import unicodedata

# The least F1 of each field.
LEAST = {"items": 0.99, "owners": 0.99, "measures": 0.97, "declared": 0.99, "targets": 0.95, "facts": 0.97}


def plain(text):
    """The text without what printing changes: widths, white space, quotation marks."""
    text = unicodedata.normalize("NFKC", str(text or ""))
    return "".join(c for c in text if not c.isspace() and c not in "“”\"'‘’")


def document_facts(doc, part):
    for field in ("kind", "title", "doc_no", "issued"):
        yield "facts", (part, field, plain(doc.get(field)))
    for count in doc.get("declared") or []:
        yield "declared", (part, count["what"], count["value"], count.get("found"))


def item_facts(item, key):
    yield "items", (key, item.get("label"), item["kind"], tuple(map(plain, item["path"])), plain(item["title"]), plain(item.get("problem")))
    for role in ("lead", "support"):
        for name in item.get(role) or []:
            yield "owners", (key, role, plain(name))
    for measure in item.get("measures") or []:
        yield "measures", (key, measure["no"], plain(measure["text"]))
    for target in item.get("targets") or []:
        numbers = tuple(None if target.get(v) is None else round(float(target[v]), 6) for v in ("value", "value2"))
        yield "targets", (key, target["op"], *numbers, plain(target.get("unit")), target.get("due"), target["tense"])


def facts(doc, part=""):
    """All that a document says, as (field, fact)."""
    yield from document_facts(doc, part)
    seen = collections.Counter()
    for item in doc.get("items") or []:
        seen[item["no"]] += 1
        yield from item_facts(item, (part, item["no"], seen[item["no"]]))
    for n, inner in enumerate(doc.get("parts") or []):
        yield from facts(inner, f"{part}{n + 1}/")


def counters(doc):
    found = collections.defaultdict(collections.Counter)
    for field, fact in facts(doc):
        found[field][fact] += 1
    return found


def read(bihuan, path):
    out = subprocess.run([bihuan, "read", str(path)], capture_output=True, timeout=60)
    if out.returncode:
        raise SystemExit(f"Bail out! {path.name}: {out.stderr.decode()}")
    return json.loads(out.stdout)


def main():
    bihuan, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    totals = collections.defaultdict(lambda: [0, 0, 0])
    for gold_file in sorted(folder.glob("gold/*.json")):
        document = next(p for p in folder.glob(gold_file.stem + ".*"))
        gold = counters(json.loads(gold_file.read_text(encoding="utf-8")))
        got = counters(read(bihuan, document))
        for field in LEAST:
            hit = sum((gold[field] & got[field]).values())
            for i, n in enumerate((hit, sum(gold[field].values()), sum(got[field].values()))):
                totals[field][i] += n
            if "--misses" in sys.argv:
                for sign, rest in (("-", gold[field] - got[field]), ("+", got[field] - gold[field])):
                    for fact in rest:
                        print("#", sign, document.name, field, fact)
    failed = 0
    print(f"1..{len(LEAST)}")
    for n, (field, least) in enumerate(LEAST.items(), 1):
        hit, wanted, read_ = totals[field]
        f1 = 2 * hit / max(1, wanted + read_)
        failed += f1 < least
        print(f"{'ok' if f1 >= least else 'not ok'} {n} - {field} F1 {f1:.3f} (at least {least}): {hit} of {wanted}, {read_} read")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
