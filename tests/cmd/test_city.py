#!/usr/bin/env python3
"""bihuan demo city: the files of the synthetic city, without a store."""
import atexit
import csv
import json
import os
import shutil
import tempfile

from lib import SOURCE, bihuan, equal, run

FOLDER = tempfile.mkdtemp(prefix="bihuan-city-")
atexit.register(shutil.rmtree, FOLDER)


def city(out, *more):
    return bihuan("demo", "city", "--out", os.path.join(FOLDER, out), "--samples", os.path.join(SOURCE, "samples"), "--packs", os.path.join(SOURCE, "packs"), *more)


def what_it_lists_is_there():
    done = city("a", "--people", "3000", "--years", "1", "--check")
    assert done.status == 0 and " 0 break a rule without a mistake, 0 mistakes break no rule" in done.out, done
    with open(os.path.join(FOLDER, "a", "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    files = manifest["files"]
    assert manifest["invented"] and manifest["people"] == 3000 and len(files) > 300
    equal(files, sorted(files, key=lambda f: (f["sent"], f["file"])))
    for one in files:
        equal(os.path.getsize(os.path.join(FOLDER, "a", one["file"])), one["bytes"])
    assert {f["format"] for f in files} >= {"csv", "xlsx"}
    for one in manifest["withheld"]:
        assert not os.path.exists(os.path.join(FOLDER, "a", one["file"]))
    rows_of_a_file_are_counted(files)
    mistakes_stand_where_they_are_said_to(files)


def is_plain(path):
    """Whether its first line is a heading of ids."""
    with open(path, "rb") as file:
        head = file.readline()
    return head.isascii() and b"," in head


def rows_of_a_file_are_counted(files):
    for one in files:
        path = os.path.join(FOLDER, "a", one["file"])
        if one["format"] != "csv" or not is_plain(path):
            continue
        with open(path, encoding="utf-8", newline="") as file:
            equal(len(list(csv.reader(file))) - 1, one["rows"])


def mistakes_stand_where_they_are_said_to(files):
    formats = {f["file"]: f for f in files}
    seen = 0
    with open(os.path.join(FOLDER, "a", "mistakes.csv"), encoding="utf-8", newline="") as file:
        for mistake in csv.DictReader(file):
            path = os.path.join(FOLDER, "a", mistake["file"])
            if mistake["kind"] != "blank" or formats[mistake["file"]]["format"] != "csv":
                continue
            if not is_plain(path):
                continue
            with open(path, encoding="utf-8", newline="") as data:
                row = list(csv.DictReader(data))[int(mistake["row"]) - 1]
            equal(row[mistake["field"]], "")
            seen += 1
    assert seen > 0


def wrong_arguments_are_refused():
    equal(city("a").status, 75)  # holds something
    equal(bihuan("demo", "city").status, 64)
    equal(bihuan("demo", "town", "--out", os.path.join(FOLDER, "b")).status, 64)
    for option, value in (("--people", "0"), ("--people", "many"), ("--years", "21"), ("--institutions", "5001"), ("--seed", "-1"), ("--from", "yesterday"), ("--from", "2027-01-01")):
        equal(city("b", option, value).status, 64)
    equal(bihuan("demo", "city", "--out", os.path.join(FOLDER, "b"), "--samples", os.path.join(SOURCE, "samples"), "--packs", "/nowhere").status, 66)


def a_wrong_recipe_is_told_with_its_place():
    samples = os.path.join(FOLDER, "samples")
    os.makedirs(samples)
    shutil.copy(os.path.join(SOURCE, "samples", "organisations.csv"), samples)
    shutil.copytree(os.path.join(SOURCE, "samples", "city"), os.path.join(samples, "city"))
    path = os.path.join(samples, "city", "population.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("beds_open: {expr: size}", "beds_opened: {expr: size}"))
    line = text[:text.index("beds_open: {expr: size}")].count("\n") + 1
    done = bihuan("demo", "city", "--out", os.path.join(FOLDER, "c"), "--samples", samples, "--packs", os.path.join(SOURCE, "packs"))
    equal(done.status, 65)
    assert f"{path}:{line}:7: the dataset 'population.beds' has no field 'beds_opened'; near: beds_open" in done.out, done


run(what_it_lists_is_there, wrong_arguments_are_refused, a_wrong_recipe_is_told_with_its_place)
