#!/usr/bin/env python3
"""What an institution does to its data, and what its score says of it: rows are withheld, broken, made to disagree, sent twice, sent late; each moves its own measure by what is expected and no other, score and rank follow,
every figure opens to the records that it is made of, and mended it is what it was."""
import io
import os
import re
import tempfile
import zipfile

from lib import Demo, equal, problem, run, wait_until

API = "/api/v1"
VISIT, STAY, VOLUME = "worth.visit", "worth.stay", "worth.volume"
CLINICS = [f"990101-CW010{n}" for n in range(1, 6)]
OURS = CLINICS[0]
HEADER = "clinic,number,day,ward,bed,amount,left_on,card,stay\n"
N, MONTH = 40, "2026-03"
MEASURES = ("completeness", "validity", "consistency", "uniqueness", "timeliness")
WEIGHTS = {"completeness": 30, "validity": 20, "consistency": 20, "uniqueness": 10, "timeliness": 20}
PPM = 1000000
PACK = """pack: worth
version: 1.0.0
needs: bihuan 1
name: 就诊
name_en: Visits
codes:
  ward: {name: 病区, name_en: Ward, values: [{code: A, name: 甲, name_en: A}, {code: B, name: 乙, name_en: B}]}
datasets:
  stay:
    name: 住院
    name_en: Stays
    kind: event
    org: clinic
    date: day
    key: [number]
    fields:
      clinic: {name: 机构, name_en: Clinic, type: org, required: true}
      number: {name: 编号, name_en: Number, type: text, required: true}
      day: {name: 日期, name_en: Day, type: date, required: true}
  volume:
    name: 业务量
    name_en: Volume
    kind: aggregate
    org: clinic
    every: month
    key: [part]
    fields:
      clinic: {name: 机构, name_en: Clinic, type: org, required: true}
      part: {name: 部分, name_en: Part, type: text, required: true}
      visits: {name: 人次, name_en: Visits, type: integer, required: true}
  visit:
    name: 就诊
    name_en: Visits
    kind: event
    org: clinic
    date: day
    key: [number]
    reporters: {types: [clinic]}
    every: month
    due: 3 days
    fields:
      clinic: {name: 机构, name_en: Clinic, type: org, required: true}
      number: {name: 编号, name_en: Number, type: text, required: true}
      day: {name: 日期, name_en: Day, type: date, required: true}
      ward: {name: 病区, name_en: Ward, type: code, codes: ward, required: true}
      bed: {name: 床号, name_en: Bed, type: integer}
      amount: {name: 费用, name_en: Amount, type: integer, required: true}
      left_on: {name: 离院, name_en: Left, type: date}
      card: {name: 卡号, name_en: Card, type: text, required_when: "ward = 'A'"}
      stay: {name: 住院号, name_en: Stay, type: text}
    rules:
      - {id: counted, check: amount >= 0, level: warning, says: 费用为负, says_en: negative}
      - {id: later, check: left_on >= day, level: warning, says: 离院早于就诊, says_en: left before}
      - {id: once, kind: unique, by: [card, day], level: warning, says: 重复就诊, says_en: twice}
      - {id: has_stay, kind: link, to: stay, match: {stay: number}, level: warning, says: 无住院, says_en: no stay}
      - {id: declared, kind: total, received: count(visit), declared: "sum(volume, visits)", counts_for: completeness, level: warning, says: 与业务量不符, says_en: not what was declared}
      - {id: half, kind: set, weight: 0, level: warning, check: "count(visit, ward = 'A') <= 20 and max(visit, amount, ward = 'A') > 0 and count_distinct(visit, card) >= 0 and exists(stay)", says: 甲病区过半, says_en: more than half}
    quality: {line: 80}
"""
PROOF = """proof:
  - {id: negative, says: 费用为负, says_en: Negative, dataset: visit, file: n.csv, today: 2026-01-31, defects: [{row: 1, rule: counted}]}
"""
ALL = {  # what is tested and what fails of it where nothing is wrong: by measure and rule
    ("completeness", "filled"): (N * 4 + N // 2, 0), ("completeness", "declared"): (N, 0), ("completeness", "has_stay"): (10, 0),
    ("validity", "type"): (N * 6 + N // 2 + 10, 0), ("validity", "counted"): (N, 0),
    ("consistency", "later"): (N, 0), ("uniqueness", "repeated"): (N, 0), ("uniqueness", "once"): (N // 2, 0), ("timeliness", "on_time"): (N, 0),
}


def write_pack(folder):
    os.makedirs(os.path.join(folder, "worth", "tests"))
    for path, text in (("elements.yaml", "elements: {}\n"), ("worth/pack.yaml", PACK), ("worth/tests/proof.yaml", PROOF), ("worth/tests/n.csv", HEADER + "X,1,2026-01-05,A,1,-1,,c,\n")):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(text)
    return folder


def visit(n, **other):
    """The n-th, with nothing wrong: half of them with a card, ten with a stay."""
    one = {"number": f"N{n}", "day": f"{MONTH}-{n % 14 + 1:02}", "ward": "AB"[n % 2], "bed": n, "amount": 100, "left_on": f"{MONTH}-20", "card": "" if n % 2 else f"K{n}", "stay": f"S{n}" if n < 10 else ""}
    return {**one, **other}


def visits(changes=None, take=N):
    return [visit(n, **(changes or {}).get(n, {})) for n in range(take)]


def csv(clinic, rows):
    return (HEADER + "".join(",".join([clinic, *(str(v) for v in row.values())]) + "\n" for row in rows)).encode()


def send(dataset, content, query=""):
    answer = SERVER.request("POST", f"{API}/data/{dataset}?name=a.csv{query}", content, {"Content-Type": "text/csv"}, S.reporter)
    equal((answer.status, answer.json.get("state")), (201, "done"), str(answer.body[:600]))
    return answer.json["result"]


def whole(clinic, rows, query=""):
    return send(VISIT, csv(clinic, rows), f"&mode=replace&period={MONTH}{query}")


def get(path):
    answer = SERVER.get(API + path, session=S.issuer)
    equal(answer.status, 200, f"{path}: {answer.body[:300]}")
    return answer.json


def scored(clinic=OURS):
    """The month of a clinic as the API tells it, when all is computed."""
    return next(iter(get(f"/quality?dataset={VISIT}&month={MONTH}&org={S.orgs[clinic]}")["rows"]), None)


def figures(row):
    return {(m["measure"], i["rule"]): (i["tested"], i["failed"]) for m in row["measures"] for i in m["items"]}


def items_of(row):
    return {(m["measure"], i["rule"]): i for m in row["measures"] for i in m["items"]}


def ratio(tested, failed):
    return (tested - failed) * PPM // tested


def shown(ppm):
    """In points, to a tenth, without a nought at its end."""
    return f"{ppm // 10000}.{ppm // 1000 % 10}".removesuffix(".0")


def measures_of(want):
    """By the formulae of docs/quality.md; rules of weight 1."""
    of = {m: [ratio(*v) for (measure, _), v in want.items() if measure == m] for m in MEASURES}
    return {m: sum(v) // len(v) for m, v in of.items()}


def score_of(want):
    of = measures_of(want)
    return sum(WEIGHTS[m] * of[m] for m in MEASURES) // 100


def becomes(want, what):
    """Waits for exactly these figures, and holds measures and score against them."""
    last = {}

    def there():
        last["row"] = scored()
        return last["row"] and figures(last["row"]) == want and last["row"]
    try:
        row = wait_until(there, 30)
    except AssertionError:
        got = figures(last["row"]) if last["row"] else {}
        raise AssertionError(f"{what}: got {sorted(set(got.items()) - set(want.items()))}, want {sorted(set(want.items()) - set(got.items()))}") from None
    equal({m["measure"]: m["score"] for m in row["measures"]}, {m: shown(v) for m, v in measures_of(want).items()}, what)
    equal(row["score"], shown(score_of(want)), what)
    return row


def moved(want):
    return {m for m in MEASURES if measures_of(want)[m] != PPM}


def ranks(row, rank, peers=5):
    equal((row["rank"], row["peers"]), (rank, peers))
    equal([scored(c)["rank"] for c in CLINICS[1:]], [1] * 4)


def pages(path, key, limit=500):
    """All that a list holds, page by page."""
    all_of_it, cursor = [], ""
    while cursor is not None:
        page = get(f"{path}&limit={limit}{cursor}")
        all_of_it += page[key]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    return all_of_it


def count(path, key):
    return len(pages(path, key, 7))


def opened(row, of):
    """How many stand behind an item, at the place that it names."""
    what, query = items_of(row)[of]["opens"], f"org={row['org']['uid']}&from={MONTH}&to={MONTH}"
    if what["list"] == "records":
        assert what["late"], what
        return count(f"/records/{VISIT}?{query}&late=1", "rows")
    assert not what["late"], what
    return count(f"/defects?{query}&dataset={VISIT}&rule={','.join(what['rules'])}&state=found,sent,corrected", "rows")


def opens_to_its_records(row, want):
    equal(count(f"/records/{VISIT}?org={row['org']['uid']}&from={MONTH}&to={MONTH}", "rows"), row["records"])
    for of, (_, failed) in want.items():  # what was declared is one defect of the month
        equal(opened(row, of), failed > 0 if of[1] == "declared" else failed, f"records behind {of}")


def step(what, rows, measures, **changes):
    """One thing is done to the month: it is as foreseen, only these measures fell, and when it is undone all is as it was."""
    want = {**ALL, **{tuple(k.split("__")): v for k, v in changes.items()}}
    whole(OURS, rows)
    row = becomes(want, what)
    equal(moved(want), set(measures), what)
    ranks(row, 5)
    opens_to_its_records(row, want)
    equal(row["measures"] and row["grade"], "A" if score_of(want) >= 950000 else "B" if score_of(want) >= 900000 else "C", what)
    whole(OURS, visits())
    ranks(becomes(ALL, f"{what}, undone"), 1)


def all_is_well():
    S.row = becomes(ALL, "nothing is wrong")
    equal((S.row["score"], S.row["grade"], S.row["before"]), ("100", "A", None))
    S.row = wait_until(lambda: all((scored(c) or {}).get("score") == "100" and scored(c)["peers"] == 5 for c in CLINICS) and scored())
    ranks(S.row, 1)
    opens_to_its_records(S.row, ALL)


def rows_that_are_withheld_lower_completeness():
    left = visits(take=N - 8)  # the eight have no stay; four of them have a card
    fewer = {("completeness", "filled"): (32 * 4 + 16, 0), ("validity", "type"): (32 * 6 + 16 + 10, 0), ("validity", "counted"): (32, 0), ("consistency", "later"): (32, 0),
             ("uniqueness", "repeated"): (32, 0), ("uniqueness", "once"): (16, 0), ("timeliness", "on_time"): (32, 0)}
    step("eight are withheld", left, ["completeness"], completeness__declared=(N, 8), **{"__".join(k): v for k, v in fewer.items()})


def empty_cells_lower_completeness():
    rows = visits({n: {"ward": ""} for n in (1, 3, 5)})
    step("three without a ward", rows, ["completeness"], completeness__filled=(N * 4 + N // 2, 3), **{"completeness__filled:ward": (N, 3), "validity__type": (N * 6 + N // 2 + 7, 0)})


def parents_that_are_not_there_lower_completeness():
    step("two of a stay that nobody knows", visits({n: {"stay": "S99"} for n in (2, 4)}), ["completeness"], completeness__has_stay=(10, 2))


def broken_values_lower_validity():
    step("four negative", visits({n: {"amount": -5} for n in range(4)}), ["validity"], validity__counted=(N, 4))
    step("five that are no number", visits({n: {"bed": "x"} for n in range(5)}), ["validity"], validity__type=(N * 6 + N // 2 + 10, 5))
    step("six codes that are none", visits({n: {"ward": "Z"} for n in (1, 3, 5, 7, 9, 11)}), ["validity"], validity__type=(N * 6 + N // 2 + 10, 6))


def what_disagrees_lowers_consistency():
    step("six left before they came", visits({n: {"left_on": "2026-02-20"} for n in range(6)}), ["consistency"], consistency__later=(N, 6))


def what_is_there_twice_lowers_uniqueness():
    step("three of one card on one day", visits({n: {"card": "K0", "day": f"{MONTH}-01"} for n in (2, 4, 6)}), ["uniqueness"], uniqueness__once=(N // 2, 3))
    step("two lines come twice", visits() + [visit(11), visit(12)], ["uniqueness"], uniqueness__repeated=(N, 2))


def defect_of(rule):
    return wait_until(lambda: get(f"/defects?org={S.orgs[OURS]}&dataset={VISIT}&rule={rule}&state=found")["rows"], 30, f"a finding of {rule}")[0]["uid"]


def parts_of(rule):
    """What was counted; and behind each part as many records as it says, each once, page by page."""
    uid = defect_of(rule)
    parts = get(f"/defects/{uid}/parts")
    equal(parts["period"], MONTH)
    behind = []
    for n, part in enumerate(parts["rows"]):
        rows = pages(f"/defects/{uid}/parts/{n}/records?", "rows", 7)
        equal((len(rows), len({r["id"] for r in rows})), (part["records"], part["records"]), str(part))
        assert all(get(f"/records/{part['dataset']['id']}/{r['id']}")["values"] == r["values"] for r in rows[:3]), part
        behind.append(rows)
    problem(SERVER.get(f"{API}/defects/{uid}/parts/{len(parts['rows'])}/records", session=S.issuer), 404)
    problem(SERVER.get(f"{API}/defects/{uid}/parts/0/records?cursor=x.y", session=S.issuer), 400, at="query:cursor")
    return [(p["how"], p["dataset"]["id"], p["value"], p["condition"], p["answer"], p["records"], p["apart"]) for p in parts["rows"]], behind


def a_finding_about_a_month_opens_to_what_was_counted():
    """The records of each figure of its rule, as they are now; one about a record is made of none."""
    whole(OURS, visits(take=N - 8))
    parts, behind = parts_of("declared")
    equal(parts, [("count", VISIT, None, None, "32", 32, None), ("sum", VOLUME, "visits", None, "40", 1, None)])
    equal((sorted(r["values"]["number"] for r in behind[0]), behind[1][0]["values"]["visits"]), (sorted(f"N{n}" for n in range(32)), "40"))
    whole(OURS, visits({1: {"ward": "A", "card": "K1"}, 3: {"left_on": "2026-02-20"}}))
    parts, behind = parts_of("half")
    equal(parts, [("count", VISIT, None, "ward = 'A'", "21", 21, None), ("max", VISIT, "amount", "ward = 'A'", "100", 21, None), ("count_distinct", VISIT, "card", None, "21", 21, None), ("exists", STAY, None, None, "true", 10, None)])
    equal({r["values"]["ward"] for r in behind[0]}, {"A"})
    assert all(r["values"]["card"] for r in behind[2]), behind[2][:2]
    equal(get(f"/defects/{defect_of('later')}/parts"), {"period": None, "rows": []})
    problem(SERVER.get(f"{API}/defects/{defect_of('later')}/parts/0/records", session=S.issuer), 404)
    whole(OURS, visits())
    becomes(ALL, "undone")


def what_comes_late_lowers_timeliness():
    """Five are not sent by the day; a correction of what came in time is not late."""
    late = {**ALL, ("timeliness", "on_time"): (N, 5)}
    whole(OURS, visits(take=N - 5))
    SERVER.stop()
    SERVER.advance("3w")
    SERVER.start()
    log_in()
    send(VISIT, csv(OURS, [visit(n, number=f"L{n}") for n in range(N - 5, N)]))
    send(VISIT, csv(OURS, [visit(0, bed=77)]))
    row = becomes(late, "five are late")
    equal((moved(late), row["state"]), ({"timeliness"}, "in"))
    opens_to_its_records(row, late)
    query = f"org={row['org']['uid']}&from={MONTH}&to={MONTH}"
    equal({r["values"]["number"] for r in pages(f"/records/{VISIT}?{query}&late=1", "rows", 2)}, {f"L{n}" for n in range(N - 5, N)})
    equal(count(f"/records/{VISIT}?{query}&late=0", "rows"), N)
    refused = SERVER.get(f"{API}/records/{VISIT}?late=perhaps", session=S.issuer)
    equal((refused.status, refused.json["at"]), (400, "query:late"))
    equal((row["rank"], [scored(c)["rank"] for c in CLINICS[1:]]), (5, [1] * 4))
    equal(row["measures"][4]["losses"][0]["lost"], "2.5")


def who_is_silent_stands_below_all():
    silent = wait_until(lambda: [r for r in pages(f"/quality?dataset={VISIT}&month={MONTH}", "rows") if r["state"] == "silent"])
    equal({(r["score"], r["records"], r["grade"]) for r in silent}, {("0", 0, "D")})
    assert all(r["rank"] == 6 and r["peers"] == silent[0]["peers"] >= 5 + len(silent) for r in silent), silent[0]
    equal(figures(silent[0]), {("completeness", "reported"): (1, 1), ("timeliness", "on_time"): (1, 1)})
    equal({of: i["opens"]["list"] for of, i in items_of(silent[0]).items()}, {("completeness", "reported"): "expected", ("timeliness", "on_time"): "expected"})
    rows = get(f"/expected?dataset={VISIT}&org={silent[0]['org']['uid']}&period={MONTH}&state=silent")["rows"]
    equal(len(rows), 1)
    S.silent, S.zero = silent[0]["org"]["uid"], silent[1]["org"]["uid"]


def sheet(path):
    """The cells of a workbook's only sheet, row by row."""
    answer = SERVER.get(API + path, session=S.issuer)
    equal(answer.status, 200, answer.body[:300])
    with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
        text = z.read("xl/worksheets/sheet1.xml").decode()
    return ["|".join("".join(cell) for cell in re.findall(r"<t[^>]*>([^<]*)</t>|<v>([^<]*)</v>", row)) for row in re.findall(r"<row .*?</row>", text, re.S)]


def silence_and_zero_never_look_the_same():
    """Of two who sent nothing one says so: wherever the two are shown they differ."""
    said = SERVER.post(f"{API}/expected/zero", {"dataset": VISIT, "org": S.zero, "period": MONTH}, session=S.reporter)
    equal((said.status, said.json["state"]), (200, "zero"), said.body[:300])
    of = {name: get(f"/expected?dataset={VISIT}&period={MONTH}&org={uid}")["rows"][0] for name, uid in (("silent", S.silent), ("zero", S.zero))}
    equal((of["silent"]["state"], of["zero"]["state"]), ("silent", "zero"))
    counts = next(c for c in get(f"/expected/counts?dataset={VISIT}")["rows"] if c["period"] == MONTH)
    equal(counts["zero"], 1)

    def scores():
        both = [get(f"/quality?dataset={VISIT}&month={MONTH}&org={uid}")["rows"][0] for uid in (S.silent, S.zero)]
        return [b["state"] for b in both] == ["silent", "zero"] and both
    silent, zero = wait_until(scores, 30)
    assert float(zero["score"]) > float(silent["score"]) == 0 and zero["rank"] < silent["rank"], (zero, silent)
    bulletin = get(f"/quality/bulletin?month={MONTH}&dataset={VISIT}")["datasets"][0]
    listed = [org["uid"] for org in bulletin["silent"]]
    equal((S.silent in listed, S.zero in listed), (True, False))
    equal({r["org"]["uid"]: r["state"] for r in bulletin["rows"] if r["org"]["uid"] in (S.silent, S.zero)}, {S.silent: "silent", S.zero: "zero"})
    rows = {uid: next(r for r in sheet(f"/quality.xlsx?dataset={VISIT}&month={MONTH}&org={uid}")[::-1] if r) for uid in (S.silent, S.zero)}
    assert "未报" in rows[S.silent] and "零报告" in rows[S.zero], rows


def log_in():
    S.reporter, S.issuer = SERVER.login("reporter01"), SERVER.login("jianglinyu")


def begin():
    log_in()
    send(STAY, ("clinic,number,day\n" + "".join(f"{c},S{n},{MONTH}-01\n" for c in CLINICS for n in range(10))).encode())
    send(VOLUME, ("clinic,period,part,visits\n" + "".join(f"{c},{MONTH},all,{N}\n" for c in CLINICS)).encode())
    for clinic in CLINICS:
        whole(clinic, visits())
    S.orgs = {o["code"]: o["uid"] for o in pages("/orgs?kind=clinic", "rows") if o["code"] in CLINICS}


class S:
    orgs = {}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER, Demo("--packs", write_pack(FOLDER)) as SERVER:
        begin()
        run(all_is_well, rows_that_are_withheld_lower_completeness, empty_cells_lower_completeness, parents_that_are_not_there_lower_completeness, broken_values_lower_validity,
            what_disagrees_lowers_consistency, what_is_there_twice_lowers_uniqueness, a_finding_about_a_month_opens_to_what_was_counted, what_comes_late_lowers_timeliness, who_is_silent_stands_below_all, silence_and_zero_never_look_the_same)
