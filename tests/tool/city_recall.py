#!/usr/bin/env python3
"""How many of the synthetic city's mistakes a demo's rules found, and what becomes of everything else that they found: recall and precision by kind of mistake.

    bihuan demo --data D --people 3000 --institutions 20 --no-serve
    bihuan demo city --out sent --people 3000 --institutions 20 --from DAY --check      DAY: the setting demo_city of the store says it
    tests/tool/city_recall.py D/bihuan.db sent                                          a store in SQLite

Mistakes and what was found are held against each other by institution, dataset and rule: a store keeps no numbers of lines. What was found and closed since counts. Of a mistake that several rules may find, the first
that found more than others account for counts. Files that the demo has not sent yet are left out.

Set apart, because no rule over records could find them: mistakes in a file of which every row was refused (it came behind its period's lock; its sender is told that), and lost rows of an institution that declared no
volume to hold them against, or lost no more than the pack's tolerance (the difference then stands in the figures, without a defect).

Each finding has one reason, the first of:
    listed       it is a mistake of the list
    same record  another rule that a mistake of the list breaks in its own record (column `also`, by --check), or the oddity of a person whose number has the mistake
    refused      a row of a file that came behind its period's lock
    same month   between records or of a month's figures, where a record of the institution's month is missing, refused, dated elsewhere or of another person by a mistake of the list, or a file was withheld or late
    other        none of these: what is false is among them"""
import collections
import csv
import json
import os
import sqlite3
import sys

REASONS = ("listed", "same record", "refused", "same month", "other")
MARKS = ("person:number", "person:unsure", "person:conflict")
# What a rule between records, or over a month, can miss because of it.
MOVES = {"lost", "digit", "twice", "blank", "text", "set", "swap"}


def read_sent(folder, until):
    """The files that were sent, by name, what stands in mistakes.csv about them, and where files were withheld."""
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    sent = {f["file"]: f for f in manifest["files"] if f["sent"] <= until}
    withheld = [f for f in manifest["withheld"] if f["sent"] <= until]
    with open(os.path.join(folder, "mistakes.csv"), encoding="utf-8", newline="") as file:
        return sent, [m for m in csv.DictReader(file) if m["file"] in sent], withheld


def wanted(mistake, org):
    """What may be found of it: (institution, dataset, rule)."""
    for one in mistake["expected"].split():
        dataset, rule = mistake["dataset"], one
        if one.count(".") == 2:
            dataset, rule = one.rsplit(".", 1)
        yield org, dataset, {"repeated": "repeated:file"}.get(rule, rule)


class Found:
    """What a store holds."""

    def __init__(self, store):
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
            self.until = db.execute("SELECT value FROM setting WHERE name = 'demo_sent_until'").fetchone()[0]
            # Of one record, or of a month or between records: those have no key, or are of datasets' rules that no file of mistakes names by row.
            self.rules = collections.Counter({row[:3]: row[3] for row in db.execute("""
                SELECT o.code, d.name, f.rule, count(*) FROM defect f JOIN org o ON o.id = f.org JOIN dataset d ON d.id = f.dataset GROUP BY 1, 2, 3
                UNION ALL SELECT o.code, d.name, CASE r.code WHEN 'period-locked' THEN 'locked' ELSE 'reject' END, count(*) FROM reject r JOIN batch b ON b.id = r.batch JOIN org o ON o.id = b.org
                            JOIN dataset d ON d.id = b.dataset GROUP BY 1, 2, 3""")})
            self.months = db.execute("SELECT o.code, d.name, f.rule, f.month FROM defect f JOIN org o ON o.id = f.org JOIN dataset d ON d.id = f.dataset").fetchall()
            # Files that were refused row by row, by what is known of them on both sides: whose, of what, under which name, how many rows.
            self.locked = set(db.execute("""SELECT o.code, d.name, i.name, b.rows FROM batch b JOIN intake i ON i.id = b.intake JOIN org o ON o.id = b.org JOIN dataset d ON d.id = b.dataset
                                             WHERE b.rows > 0 AND b.rejected = b.rows AND NOT EXISTS (SELECT 1 FROM reject r WHERE r.batch = b.id AND r.code <> 'period-locked')"""))
            self.defects = set(db.execute("""SELECT o.code, d.name, f.rule, f.month FROM defect f JOIN org o ON o.id = f.org JOIN dataset d ON d.id = f.dataset WHERE f.key IS NULL"""))


def month_of(period):
    """Months since 1970, as a store counts them; of a week or quarter the first that may be meant. None: of no month."""
    if len(period) >= 7 and period[4] == "-":
        return (int(period[:4]) - 1970) * 12 + int(period[5:7]) - 1
    if len(period) == 7 and period[4] == "W":
        return (int(period[:4]) - 1970) * 12 + min(11, (int(period[5:]) - 1) * 7 // 30)
    return None


def is_locked(found, file):
    return (file["org"], file["dataset"], os.path.basename(file["file"]), file["rows"]) in found.locked


class Measured:
    """table: {kind: [mistakes, found]}; missed: those that nothing found; apart: {reason: mistakes that no rule over records could find}; reasons: {reason: findings}; unexplained: {(dataset, rule): findings}."""

    def __init__(self, store, folder):
        self.found = Found(store)
        self.sent, self.mistakes, self.withheld = read_sent(folder, self.found.until)
        self.left = collections.Counter(self.found.rules)
        self.table, self.missed = collections.defaultdict(lambda: [0, 0]), []
        self.apart, self.reasons, self.unexplained = collections.Counter(), collections.Counter(), collections.Counter()
        self.take_listed()
        self.take_same_record()
        self.take_rest()

    def take(self, what, reason, at_most=1):
        n = min(self.left[what], at_most)
        self.left[what] -= n
        self.reasons[reason] += n
        return n

    def take_listed(self):
        for mistake in self.mistakes:
            if mistake["expected"] in ("none", "missing"):
                continue
            file = self.sent[mistake["file"]]
            hit = next((w for w in wanted(mistake, file["org"]) if self.left[w] > 0), None)
            reason = None if hit else self.why_not(mistake, file)
            if reason:
                self.apart[reason] += 1
                continue
            self.table[mistake["kind"]][0] += 1
            if hit is None:
                self.missed.append(mistake)
                continue
            self.table[mistake["kind"]][1] += 1
            self.take(hit, "listed")

    def why_not(self, mistake, file):
        if is_locked(self.found, file):
            return "in a file that was refused whole"
        if mistake["kind"] == "lost" and all(w[2] == "volume_declared" for w in wanted(mistake, file["org"])):
            return "lost, within the tolerance or with nothing declared"
        return None

    def take_same_record(self):
        for mistake in self.mistakes:
            org = self.sent[mistake["file"]]["org"]
            for rule in (mistake["also"] or "").split():
                self.take((org, mistake["dataset"], rule), "same record")
            if mistake["kind"] == "set":
                self.take((org, mistake["dataset"], "repeated:file"), "same record")  # its key became that of another record
            if mistake["kind"] == "digit":
                for mark in MARKS:
                    self.take((org, mistake["dataset"], mark), "same record")
        for what in [w for w in self.left if w[2] == "locked"]:
            self.take(what, "refused", self.left[what])

    def disturbed(self):
        """(institution, month) in which a record is missing or is not what it should be."""
        places = {(f["org"], month_of(f["period"])) for f in self.withheld}
        places |= {(f["org"], month_of(f["period"])) for f in self.sent.values() if f.get("late") or is_locked(self.found, f)}
        return places | {(self.sent[m["file"]]["org"], month_of(self.sent[m["file"]]["period"])) for m in self.mistakes if m["kind"] in MOVES}

    def take_rest(self):
        places, rest = self.disturbed(), collections.Counter()
        for org, dataset, rule, month in self.found.months:
            rest[org, dataset, rule, (org, month) in places or (month == 0 and any(p[0] == org for p in places))] += 1
        between = {(d, r) for _, d, r, _ in self.found.defects} | BETWEEN
        for what, n in list(self.left.items()):
            org, dataset, rule = what
            if n > 0 and (dataset, rule) in between:
                self.take(what, "same month", rest[org, dataset, rule, True])
            if self.left[what] > 0:
                self.unexplained[dataset, rule] += self.left[what]
                self.take(what, "other", self.left[what])

    def recall(self):
        return sum(f for _, f in self.table.values()) / max(1, sum(n for n, _ in self.table.values()))

    def precision(self):
        """Of what was found, how much is a mistake of the list or follows from one, a withheld or a late file."""
        return 1 - self.reasons["other"] / max(1, sum(self.reasons.values()))


# Rules between records (their findings are of one record): links and rules of uniqueness, as the packs have them.
BETWEEN = set()


def read_between(folder):
    """(dataset, rule) of kind link or unique, out of the packs' texts: a rule's id and kind stand on one line, or on two."""
    for pack in sorted(os.listdir(folder)):
        path = os.path.join(folder, pack, "pack.yaml")
        if not os.path.exists(path):
            continue
        dataset, datasets, rule = None, False, None
        with open(path, encoding="utf-8") as file:
            for line in file:
                if not line.startswith(" ") and ":" in line:
                    datasets = line.startswith("datasets:")
                elif datasets and line.startswith("  ") and line[2] not in " #":
                    dataset = f"{pack}.{line.strip().rstrip(':')}"
                elif "- {id: " in line or "- id: " in line:
                    rule = line.split("id: ")[1].split(",")[0].strip()
                if dataset and rule and ("kind: link" in line or "kind: unique" in line):
                    BETWEEN.add((dataset, rule))


read_between(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packs"))


def main():
    m = Measured(sys.argv[1], sys.argv[2])
    for kind, (n, found) in sorted(m.table.items()):
        print(f"{kind:8} {n:6} {found:6} {100 * found / n:6.1f} %")
    print(f"recall    {100 * m.recall():.1f} %")
    for (dataset, expected), n in collections.Counter((x["dataset"], x["expected"]) for x in m.missed).most_common():
        print(f"  missed {n:4} {dataset} {expected}")
    for reason, n in m.apart.most_common():
        print(f"  apart  {n:4} {reason}")
    total = sum(m.reasons.values())
    print(f"findings {total}")
    for reason in REASONS:
        print(f"  {m.reasons[reason]:6} {100 * m.reasons[reason] / max(1, total):5.1f} % {reason}")
    print(f"precision {100 * m.precision():.1f} %")
    for (dataset, rule), n in m.unexplained.most_common():
        print(f"  other {n:4} {dataset} {rule}")


if __name__ == "__main__":
    main()
