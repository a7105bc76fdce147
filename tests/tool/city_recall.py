#!/usr/bin/env python3
"""How many of the synthetic city's mistakes a demo's rules found, and how much of what they found is one: recall and precision by kind of mistake.

    bihuan demo --data D --people 3000 --institutions 20 --no-serve
    bihuan demo city --out sent --people 3000 --institutions 20 --from DAY      DAY: the setting demo_city of the store says it
    tests/tool/city_recall.py D/bihuan.db sent                                  a store in SQLite

Mistakes and what was found are held against each other by institution, dataset and rule: a store keeps no numbers of lines. What was found and closed since counts. Of a mistake that several rules may find, the first
that found more than others account for counts. Files that the demo has not sent yet are left out."""
import collections
import csv
import json
import os
import sqlite3
import sys

ABOUT_A_MONTH = {"withheld"}


def read_sent(folder, until):
    """The files that were sent, by name, and all that stands in mistakes.csv about them."""
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    sent = {f["file"]: f for f in manifest["files"] if f["sent"] <= until}
    with open(os.path.join(folder, "mistakes.csv"), encoding="utf-8", newline="") as file:
        return sent, [m for m in csv.DictReader(file) if m["file"] in sent]


def wanted(mistake, org):
    """What may be found of it: (institution, dataset, rule)."""
    for one in mistake["expected"].split():
        dataset, rule = mistake["dataset"], one
        if one.count(".") == 2:
            dataset, rule = one.rsplit(".", 1)
        yield org, dataset, {"repeated": "repeated:file"}.get(rule, rule)


def read_found(store):
    """How often each rule found something, whatever became of it; rows that could not be stored are under `reject`."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        rows = db.execute("""SELECT o.code, d.name, f.rule, count(*) FROM defect f JOIN org o ON o.id = f.org JOIN dataset d ON d.id = f.dataset GROUP BY 1, 2, 3
                             UNION ALL SELECT o.code, d.name, 'reject', count(*) FROM reject r JOIN batch b ON b.id = r.batch JOIN org o ON o.id = b.org JOIN dataset d ON d.id = b.dataset GROUP BY 1, 2""")
        found = collections.Counter({(org, dataset, rule): n for org, dataset, rule, n in rows})
        until = db.execute("SELECT value FROM setting WHERE name = 'demo_sent_until'").fetchone()[0]
    return found, until


def measure(store, folder):
    """{kind: [mistakes, found]}, the mistakes that nothing found, how much of what rules of one record found is a mistake: (mistakes, found)."""
    found, until = read_found(store)
    sent, mistakes = read_sent(folder, until)
    left, table, missed = collections.Counter(found), collections.defaultdict(lambda: [0, 0]), []
    asked = collections.Counter()
    for mistake in mistakes:
        if mistake["expected"] in ("none", "missing"):
            continue
        kind, org = mistake["kind"], sent[mistake["file"]]["org"]
        table[kind][0] += 1
        hit = next((w for w in wanted(mistake, org) if left[w] > 0), None)
        if hit is None:
            missed.append(mistake)
            continue
        table[kind][1] += 1
        left[hit] -= 1
        asked[hit] += 1
    rules = {(dataset, rule) for _, dataset, rule in asked}
    told = sum(n for (_, dataset, rule), n in found.items() if (dataset, rule) in rules)
    return dict(table), missed, (sum(asked.values()), told)


def main():
    table, missed, (right, told) = measure(sys.argv[1], sys.argv[2])
    for kind, (n, found) in sorted(table.items()):
        print(f"{kind:8} {n:6} {found:6} {100 * found / n:6.1f} %")
    print(f"recall    {100 * sum(f for _, f in table.values()) / max(1, sum(n for n, _ in table.values())):.1f} %")
    print(f"precision {100 * right / max(1, told):.1f} % of {told} that the same rules found")
    for (dataset, expected), n in collections.Counter((m["dataset"], m["expected"]) for m in missed).most_common():
        print(f"  missed {n:4} {dataset} {expected}")


if __name__ == "__main__":
    main()
