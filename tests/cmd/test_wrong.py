#!/usr/bin/env python3
"""What a clerk mistypes: the commands of data with a wrong option, a missing file, a wrong dataset, what is no number, or negative: each has its exit status and a sentence that says what was wrong; nothing
is made by the way."""
import os

from lib import SOURCE, Store, bihuan, equal, run

SENDER, DATASET, CENTRE = "reporter01", "immunization.vaccination", "990101-JC01"
USAGE, BAD, NOT_FOUND = 64, 65, 66


def refused(command, rows, user=None):
    for status, words, text in rows:
        done = store.try_(*command, *words, user=user)
        equal(done.status, status, str(done))
        assert text in done.complaint and "ERROR **" not in done.complaint, f"'{text}' was expected: {done}"
        assert done.complaint.startswith("bihuan " + command[0]), done


def import_says_what_is_wrong():
    a, of = store.path("a.csv"), ("--dataset", DATASET)
    refused(["import"], [
        (USAGE, [], "which file?"), (USAGE, ["--nope", a], "no option '--nope'"), (USAGE, [a, *of, *of], "given twice"),
        (NOT_FOUND, [store.path("no.csv")], "No such file"), (BAD, [store.folder], "is no file"), (BAD, [a, "--dataset", "no.such"], "no dataset 'no.such'"),
        (USAGE, [a, *of, "--header-row", "x"], "--header-row takes a number, not 'x'"), (BAD, [a, *of, "--header-row", "-3"], "from -1 to 1000"),
        (USAGE, [a, *of, "--header-row", "9" * 30], "takes a number"), (BAD, [a, *of, "--header-row", "7"], "no header"), (BAD, [a, *of, "--mode", "both"], "add or replace"),
        (BAD, [a, *of, "--mode", "replace"], "for which period"), (BAD, [a, *of, "--period", "2026-13"], "a period is written"), (BAD, [a, *of, "--mapping", "nope"], "no mapping 'nope'"),
        (USAGE, [a, *of, "--map", "x"], "--map takes COLUMN=FIELD"), (BAD, [a, *of, "--map", "x=nope"], "has no field 'nope'"), (BAD, [a, *of, "--encoding", "klingon"], "an encoding is"),
        (BAD, [a, *of, "--delimiter", ",,"], "one character"), (USAGE, [a, *of, "--delimiter", ""], "one character"), (NOT_FOUND, [a, *of, "--org", "nobody"], "'nobody'"),
        (USAGE, [a, a, "--errors", store.path("x.csv")], "of one file")], SENDER)
    refused(["import"], [(USAGE, [a], "--as USER is missing")])
    refused(["import"], [(77, [a], "password is wrong")], "nobody")


def hub_says_what_is_wrong():
    refused(["hub"], [
        (USAGE, ["nope"], "no 'nope'"), (USAGE, ["arrivals", "--limit", "x"], "not 'x'"), (USAGE, ["arrivals", "--limit", "-1"], "not '-1'"), (USAGE, ["arrivals", "--limit", "0"], "not '0'"),
        (NOT_FOUND, ["arrivals", "--org", "nobody"], "'nobody'"), (BAD, ["arrivals", "--state", "nope"], "query:state"), (USAGE, ["show"], "it needs UID"), (BAD, ["show", "nope"], "is not a uid"),
        (BAD, ["batches", "--state", "nope"], "query:state"), (BAD, ["batch", "nope"], "is not a uid"), (BAD, ["expected", "--period", "x"], "a month is written"), (BAD, ["expected", "--state", "x"], "query:state"),
        (BAD, ["quality", "--month", "x"], "a month is written"), (USAGE, ["score", "a", "b"], "it needs DATASET ORG MONTH"), (NOT_FOUND, ["score", "no.such", CENTRE, "2026-01"], "no dataset 'no.such'"),
        (NOT_FOUND, ["score", DATASET, "nobody", "2026-01"], "'nobody'"), (BAD, ["score", DATASET, CENTRE, "x"], "a month is written"), (BAD, ["owed", "--from", "x"], "is not a date"), (BAD, ["owed", "--state", "x"], "query:state"),
        (BAD, ["case", "nope"], "is not a uid"), (USAGE, ["recheck"], "it needs DATASET"), (USAGE, ["zero"], "it needs DATASET ORG PERIOD"), (BAD, ["zero", DATASET, CENTRE, "x"], "a period is written"),
        (NOT_FOUND, ["zero", DATASET, CENTRE, "2031-01"], "no such report"), (NOT_FOUND, ["zero", DATASET, "nobody", "2026-01"], "'nobody'")], SENDER)
    refused(["hub"], [(NOT_FOUND, ["recheck", "no.such"], "no dataset 'no.such'"), (USAGE, ["arrivals"], "--as USER is missing")])


def pack_says_what_is_wrong():
    refused(["pack"], [(USAGE, ["nope"], "no 'nope'"), (USAGE, ["diff"], "it needs PATH"), (NOT_FOUND, ["diff", "/nowhere"], "no folder '/nowhere'"), (USAGE, ["install"], "it needs PATH"),
                       (NOT_FOUND, ["install", "/nowhere"], "no folder '/nowhere'"), (USAGE, ["upgrade"], "it needs PATH"), (NOT_FOUND, ["upgrade", "/nowhere"], "no folder '/nowhere'"), (USAGE, ["list", "--nope"], "no option '--nope'")])
    for status, words, text in [(NOT_FOUND, ["check", "/nowhere"], "/nowhere"), (USAGE, ["check", "--nope"], "no option '--nope'"), (NOT_FOUND, ["test", "/nowhere"], "/nowhere"), (USAGE, ["new"], ""), (USAGE, ["new", "--nope"], "no option '--nope'"),
                                (BAD, ["new", "Bad Name"], "Bad Name"), (BAD, ["new", "a" * 30], "a" * 30)]:
        done = bihuan("pack", *words, cwd=store.folder)
        assert done.status in ({BAD, USAGE} if words[0] == "new" else {status}) and text in done.complaint, done
    assert not any(name.startswith(("Bad", "aaa")) for name in os.listdir(store.folder)), os.listdir(store.folder)


def key_says_what_is_wrong():
    refused(["key"], [(USAGE, [], "is expected"), (USAGE, ["nope"], "is expected"), (USAGE, ["show", "x"], "is expected"), (USAGE, ["rotate", "x"], "is expected"), (USAGE, ["show", "--nope"], "no option '--nope'")])


def demo_says_what_is_wrong_and_makes_nothing():
    data = store.path("none")
    for words, text in [(["--people", "x"], "--people takes a number above 0, not 'x'"), (["--people", "-5"], "'-5'"), (["--people", "0"], "'0'"), (["--years", "x"], "--years takes a number"), (["--years", "-1"], "'-1'"),
                        (["--institutions", "-2"], "'-2'"), (["--seed", "x"], "--seed takes a number"), (["--from", "x"], "--from"), (["--port", "x"], "'x'"), (["--port", "-1"], "'-1'"), (["--port", "99999"], "'99999'"),
                        (["--nope"], "no option '--nope'"), (["extra"], "not 'extra'")]:
        done = bihuan("demo", "--data", data, "--key-path", store.path("nokey"), "--no-serve", *words, cwd=store.folder)
        equal((done.status, text in done.complaint), (USAGE, True), str(done))
        assert not os.path.exists(data), f"a store was made by the way: {done}"


if __name__ == "__main__":
    with Store() as store:
        store.run("pack", "install", os.path.join(SOURCE, "packs"))
        store.write("a.csv", "接种单位,证件号码,姓名,疫苗,剂次,接种日期,批号\n,11010519491231002X,张样,HepB,1,2026-01-05,A01\n")
        run(import_says_what_is_wrong, hub_says_what_is_wrong, pack_says_what_is_wrong, key_says_what_is_wrong, demo_says_what_is_wrong_and_makes_nothing)
