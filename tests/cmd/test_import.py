#!/usr/bin/env python3
"""bihuan import and bihuan hub from the command line: a file is taken in, what went wrong comes back, mended it is sent again; beside a running server (`server`) and
without one, on SQLite and on PostgreSQL (`postgres`)."""
import csv
import os

from lib import SOURCE, WORDS, Store, equal, run

SENDER = "reporter01"
HEADER = "接种单位,证件号码,姓名,疫苗,剂次,接种日期,批号,奇怪的列"
ROWS = [
    ",11010519491231002X,张样,HepB,1,2026-01-05,A01,x",
    ",11010519491231002X,张样,HepB,2,2026/2/5,A02,x",
    ",11010519491231002X,张样,Nothing,3,2026-02-05,A02,x",
    ",11010519491231002X,张样,HepB,3,1940-02-05,A02,x",
]


def send(name, *words, **more):
    return store.try_("import", store.path(name), "--json", *words, user=SENDER, **more)


def result(done):
    assert done.status == 0, done
    return done.json["result"]


def without_packs_nothing_fits():
    store.write("a.csv", "\n".join([HEADER, *ROWS]) + "\n")
    equal(send("a.csv").status, 65)
    store.run("pack", "install", os.path.join(SOURCE, "packs"))
    if "server" in WORDS:
        store.serve()


def nothing_is_written_when_dry():
    store.write("a.csv", "\n".join([HEADER, *ROWS]) + "\n")
    got = result(send("a.csv", "--dry-run", "--dataset", "immunization.vaccination"))
    equal((got["rows"], got["rejected"]), (4, 1))
    equal(store.run("hub", "batches", "--json", user=SENDER).json["rows"], [])


def what_a_file_holds_is_found_and_what_is_wrong_comes_back():
    got = result(send("a.csv", "--errors", store.path("back.csv")))
    equal((got["rows"], got["accepted"], got["held"], got["rejected"], got["added"]), (4, 2, 1, 1, 3))
    equal(got["unknown"], ["奇怪的列"])
    with open(store.path("back.csv"), encoding="utf-8-sig", newline="") as f:
        lines = list(csv.reader(f))
    equal(lines[0][:8], HEADER.split(","))
    equal([line[8] for line in lines[1:]], ["line 4", "line 5"])
    assert "早于出生" in lines[2][9], lines


def what_came_back_is_mended_and_sent_again():
    with open(store.path("back.csv"), encoding="utf-8") as f:
        store.write("mended.csv", f.read().replace("Nothing", "BCG").replace("1940-02-05", "2026-03-05"))
    got = result(send("mended.csv", "--errors", store.path("none.csv")))
    equal((got["rows"], got["rejected"], got["held"]), (2, 0, 0))
    equal((got["added"] + got["changed"], bool(got["errors"])), (2, False))


def the_same_file_is_taken_in_once():
    before = len(store.run("hub", "batches", "--json", user=SENDER).json["rows"])
    result(send("mended.csv"))
    equal(len(store.run("hub", "batches", "--json", user=SENDER).json["rows"]), before)


def refusals_say_why():
    store.write("b.csv", "x,y\n1,2\n")
    done = send("b.csv", "--dataset", "immunization.vaccination")
    equal(done.status, 65)
    done = send("a.csv", "--dataset", "no.such")
    assert done.status in (65, 66) and "no.such" in done.complaint, done
    done = send("a.csv", "--mode", "replace")
    assert done.status == 65 and "period" in done.complaint, done
    done = send("missing.csv")
    equal(done.status, 66)
    store.write("strict.csv", "\n".join([HEADER, ROWS[2]]) + "\n")
    done = send("strict.csv", "--strict")
    equal(done.status, 65)
    done = store.try_("import", store.path("a.csv"), "--map", "x", user=SENDER)
    equal(done.status, 64)


def who_sends_may_be_said_by_its_code():
    dry = ("--dry-run", "--dataset", "immunization.vaccination", "--org")
    equal(result(send("a.csv", *dry, "990101-JC01"))["rows"], 4)
    done = send("a.csv", *dry, "990101-JC0")  # begins like several
    assert done.status == 66 and "990101-JC0" in done.complaint, done
    equal([org["code"] for org in store.run("org", "list", "--q", "990101-jc01", "--json", user=SENDER).json["rows"]], ["990101-JC01"])


def a_heading_alone_is_told_and_fails_when_strict():
    store.write("alone.csv", HEADER + "\n")
    done = send("alone.csv", "--dataset", "immunization.vaccination")
    equal((result(done)["rows"], [f["rule"] for f in result(done)["findings"]]), (0, ["no-rows"]))
    assert "0 rows: nothing was taken in" in done.complaint and "hub zero" in done.complaint, done
    shown = store.run("import", store.path("alone.csv"), "--dry-run", user=SENDER)
    assert "no-rows" in shown.out and "nothing was taken in" in shown.complaint, shown
    done = send("alone.csv", "--strict")
    equal(done.status, 65)
    assert "0 rows: nothing was taken in" in done.complaint and "report zero" in done.complaint, done
    for words in (("immunization.vaccination", "990101-JC01", "no-period"), ("no.such", "990101-JC01", "2026-01")):
        done = store.try_("hub", "zero", *words, user=SENDER)
        assert done.status in (65, 66), done


def a_column_that_comes_twice_is_told():
    store.write("twice.csv", HEADER + ",剂次\n" + ROWS[0] + ",9\n")
    done = send("twice.csv", "--dry-run", "--dataset", "immunization.vaccination")
    equal([(one["column"], one["used"], one["field"]) for one in result(done)["twice"]], [(9, 5, "dose")])
    assert "column 9 (剂次) was left out" in done.complaint and "column 5 (剂次)" in done.complaint, done


def rules_are_run_again():
    done = store.run("hub", "recheck", "immunization.vaccination", "--json")
    equal(done.json["result"]["changed"], 0)
    assert done.json["result"]["rows"] >= 3, done
    equal(store.try_("hub", "recheck", "no.such").status, 66)
    done = store.try_("hub", "recheck", "immunization.vaccination", user=SENDER)
    equal(done.status, 77)


def lists_show_it():
    rows = store.run("hub", "arrivals", "--json", user=SENDER).json["rows"]
    shown = store.run("hub", "show", rows[0]["uid"], user=SENDER).out
    assert "result rows" in shown, shown


if __name__ == "__main__":
    with Store() as store:
        run(without_packs_nothing_fits, nothing_is_written_when_dry, what_a_file_holds_is_found_and_what_is_wrong_comes_back, what_came_back_is_mended_and_sent_again, the_same_file_is_taken_in_once,
            refusals_say_why, who_sends_may_be_said_by_its_code, a_heading_alone_is_told_and_fails_when_strict, a_column_that_comes_twice_is_told, rules_are_run_again, lists_show_it)
