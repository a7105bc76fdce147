#!/usr/bin/env python3
"""A part of the year of the demo, played day by day by its invented people: nothing is refused, much happens, and the proof holds."""
import json
import os

from lib import SOURCE, Store, equal, run

ADVANCE = ("demo", "--samples", os.path.join(SOURCE, "samples"), "--no-serve", "--port", "0", "--advance")


def counts(store):
    rows = store.json("ledger", "list", user="leader01")["rows"]
    states = {}
    for row in rows:
        states[row["state"]] = states.get(row["state"], 0) + 1
    return states, sorted((r["number"], r["state"], r["version"]) for r in rows)


def weeks_are_played():
    out = STORE.run(*ADVANCE, "1w").out
    assert "things done on the way" in out and not out.split(" things")[0].endswith(" 0"), out
    out = STORE.run(*ADVANCE, "3m").out
    assert "it is now 2026-06-23" in out, out
    states, _ = counts(STORE)
    assert states.get("closed", 0) >= 3 and states.get("submitted", 0) >= 3 and states.get("working", 0) >= 30, states


def what_is_owed_is_sent_late_or_missed():
    rules = {r["name"]: r for r in STORE.json("duty", "rules", user="issuer01")["rows"]}
    equal({r["every"] for r in rules.values()}, {"week", "month", "quarter", "half", "year"})
    states = {}
    pages = STORE.run("duty", "list", "--json", "--limit", "5000", user="leader01").out.splitlines()
    for row in (row for page in pages for row in json.loads(page)["rows"]):
        states.setdefault(row["rule"]["name"], {}).setdefault(row["state"], []).append(row)
    weekly, zero = states["重点工作进展周报"], states["突发公共卫生事件月度零报告"]
    assert len(weekly["done"]) > 100 and weekly["missed"] and weekly["due"] and any(r["late_days"] for r in weekly["done"]), {k: len(v) for k, v in weekly.items()}
    assert zero["zero"] and zero["done"], {k: len(v) for k, v in zero.items()}
    assert {r["due"] for r in states["妇幼健康半年工作总结"]["due"]} == {"2026-07-14"}
    kinds = {e["kind"] for e in STORE.json("calendar", "due", user="issuer01")["entries"]}
    assert "duty" in kinds, kinds
    kept = STORE.json("report", "list", user="leader01")["rows"]
    assert any(r["org"] and r["org"]["name"] == "疾病预防控制处" for r in kept), kept


def the_same_weeks_are_the_same_again():
    with Store() as other:
        other.run(*ADVANCE, "1w")
        other.run(*ADVANCE, "3m")
        equal(counts(other)[1], counts(STORE)[1])


def what_was_played_is_proven():
    STORE.run("audit", "verify")
    STORE.run("audit", "rebuild", "--check")


def nobody_acts_when_still_or_without_a_story():
    before = counts(STORE)[1]
    assert " 0 things done" in STORE.run(*ADVANCE, "1d", "--still").out
    out = STORE.run("demo", "--samples", "/nowhere", "--no-serve", "--port", "0", "--advance", "1d").out
    assert "no story at" in out and " 0 things done" in out, out
    equal(counts(STORE)[1], before)


def a_story_that_is_none_is_refused_at_its_place():
    with open(STORE.path("story.json"), "w", encoding="utf-8") as f:
        f.write('{"answers": [')
    STORE.refused(65, "demo", "--samples", STORE.folder, "--no-serve", "--port", "0", "--advance", "1d", text="story.json")


if __name__ == "__main__":
    with Store() as STORE:
        run(weeks_are_played, what_is_owed_is_sent_late_or_missed, the_same_weeks_are_the_same_again, what_was_played_is_proven, nobody_acts_when_still_or_without_a_story,
            a_story_that_is_none_is_refused_at_its_place)
