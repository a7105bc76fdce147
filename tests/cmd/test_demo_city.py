#!/usr/bin/env python3
"""A demo with a small synthetic city: what its institutions sent is there, its mistakes were found, those who should see it may, and nothing of its people can be read in its folder."""
import atexit
import csv
import os
import shutil
import sqlite3
import sys
import tempfile

from lib import SOURCE, bihuan, equal, run

sys.path.insert(0, os.path.join(SOURCE, "tests", "tool"))
from city_recall import Measured
from find_bytes import files_of, search

FOLDER = tempfile.mkdtemp(prefix="bihuan-demo-city-")
atexit.register(shutil.rmtree, FOLDER)
DATA = os.path.join(FOLDER, "data")
STORE = os.path.join(DATA, "bihuan.db")
CITY = ("--people", "1500", "--institutions", "6")
SAMPLES = ("--samples", os.path.join(SOURCE, "samples"), "--packs", os.path.join(SOURCE, "packs"))
LEAST_RECALL, LEAST_PRECISION = 0.95, 0.9


def demo(*words):
    done = bihuan("demo", "--data", DATA, "--key-path", os.path.join(FOLDER, "key"), "--port", "0", "--no-serve", *SAMPLES, *words, timeout=600)
    assert done.status == 0, done
    with open(os.path.join(FOLDER, "printed"), "a", encoding="utf-8") as file:
        file.write(done.out + done.complaint)
    return done


def ask(sql):
    with sqlite3.connect(f"file:{STORE}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def make_files():
    """The same city once more, where its files can be looked at."""
    first = ask("SELECT value FROM setting WHERE name = 'demo_city'")[0][0].split()[-1]
    out = os.path.join(FOLDER, "sent")
    done = bihuan("demo", "city", "--out", out, "--from", first, "--check", *CITY, *SAMPLES)
    assert done.status == 0, done
    return out


def a_new_demo_brings_it_and_goes_on():
    done = demo(*CITY)
    assert " files with " in done.out and "of which 0 files were not taken" in done.out, done
    sent = ask("SELECT count(*) FROM intake")[0][0]
    assert sent > 100, sent
    equal(ask("SELECT count(*) FROM intake WHERE state <> 'done'"), [(0,)])
    demo("--advance", "1w", "--still", "--people", "9")  # the number of people is that of the first time
    assert ask("SELECT count(*) FROM intake")[0][0] > sent
    assert ask("SELECT value FROM setting WHERE name = 'demo_city'")[0][0].startswith("1500 6 ")


def the_commission_is_granted_its_city():
    with open(os.path.join(SOURCE, "samples", "grants.csv"), encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found = ask(f"SELECT g.where_area FROM grant_row g JOIN account a ON a.id = g.account WHERE a.username = '{row['账号']}' AND g.role = '{row['角色']}' AND g.where_kind = 'area'")
            equal(found, [(row["区划"],)], row["账号"])


def mistakes_are_found():
    m = Measured(STORE, make_files())
    assert sum(n for n, _ in m.table.values()) > 20 and {"set", "blank"} <= set(m.table), m.table
    assert m.recall() >= LEAST_RECALL, (m.table, m.missed)
    assert m.precision() >= LEAST_PRECISION, (m.reasons, m.unexplained)
    assert sum(m.apart.values()) <= len(m.mistakes) / 10, m.apart


def people_of(folder):
    """Identity numbers, telephones and names, out of files whose headings are ids."""
    found = set()
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                head = file.readline()
                if not (name.endswith(".csv") and head.isascii() and b"id_card" in head):
                    continue
                rows = csv.DictReader(file.read().decode().splitlines(), fieldnames=head.decode().strip().split(","))
                found |= {row[field] for row in rows for field in ("id_card", "phone", "guardian_phone", "person_name") if row.get(field)}
    texts = sorted(text for text in found if len(text) > 2 and "*" not in text)
    assert len(texts) > 300, len(texts)
    return texts[::len(texts) // 150]


def nothing_of_its_people_is_readable():
    texts = people_of(os.path.join(FOLDER, "sent"))
    left = search([*files_of(DATA), os.path.join(FOLDER, "printed")], texts)
    assert not left, {path: len(found) for path, found in left.items()}


def without_one():
    data = os.path.join(FOLDER, "none")
    done = bihuan("demo", "--data", data, "--key-path", data + ".key", "--port", "0", "--no-serve", "--no-city", *SAMPLES)
    assert done.status == 0 and " files with " not in done.out, done
    with sqlite3.connect(os.path.join(data, "bihuan.db")) as db:
        equal(db.execute("SELECT (SELECT count(*) FROM intake), (SELECT count(*) > 0 FROM pack)").fetchall(), [(0, 1)])


run(a_new_demo_brings_it_and_goes_on, the_commission_is_granted_its_city, mistakes_are_found, nothing_of_its_people_is_readable, without_one)
