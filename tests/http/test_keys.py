#!/usr/bin/env python3
"""Keys rotated, and a store sealed anew with the newest: everything reads before, in the middle (the command killed), and after; then the keys between are needed by nobody. A key file that is not there, another
store's, or of before the last rotation is refused in words."""
import base64
import contextlib
import csv
import datetime
import hashlib
import hmac
import io
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import time

from client import files_with, get, upload
from lib import BINARY, ON_POSTGRES, Demo, equal, run, wait_until

API = "/api/v1"
DATASET = "immunization.vaccination"
HEADER = ["clinic", "birth_cert", "person_name", "birth", "sex", "guardian_phone", "vaccine", "dose", "given_on", "lot"]
CHANCE = random.Random(5)
ROWS = 400


class S:
    sent = []    # (uid, the file as it went)
    said = None  # all that could be read before


# --- The stage --------------------------------------------------------------------------------------------------------


def file_of(n):
    """Good rows, rows that are held, and rows without a day, each of somebody of his own."""
    out = io.StringIO()
    rows = [["990101-JC01", f"E99{n}1{i:05}", f"慕容{'甲乙丙丁戊己庚辛'[i % 8]}{n}", "2026-01-20", "1", f"139{n}{i:07}", "HepB", "1", "2026-01-15" if i % 10 == 3 else "" if i % 10 == 7 else "2026-02-03", "A01"]
            for i in range(ROWS)]
    csv.writer(out, lineterminator="\n").writerows([HEADER, *rows])
    return out.getvalue().encode()


def send(n):
    content = file_of(n)
    answer = SERVER.post(f"{API}/intakes", {"upload": upload(SERVER, S.reporter, "接种.csv", content), "dataset": DATASET}, session=S.reporter)
    equal(answer.status, 202, str(answer.body[:300]))
    uid = answer.json["intake"]["uid"]
    one = wait_until(lambda: (lambda i: i if i["state"] not in ("waiting", "checking", "applying") else None)(get(SERVER, S.reporter, f"intakes/{uid}")), 60, "the import")
    equal((one["state"], one["result"]["held"], one["result"]["rejected"]), ("done", ROWS // 10, ROWS // 10), str(one["error"]))
    S.sent.append((uid, content))


def code_of(secret, step):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def step_now():
    return int(datetime.datetime.fromisoformat(get(SERVER, S.reporter, "session")["now"]).timestamp()) // 30


def enrol(username):
    session = SERVER.login(username)
    S.secret = SERVER.post(f"{API}/session/totp", session=session).json["secret"]
    done = SERVER.post(f"{API}/session/totp/confirm", {"code": code_of(S.secret, step_now() - 1)}, session=session)
    equal(done.status, 200, str(done.body[:200]))


def start():
    SERVER.start()
    S.reporter, S.issuer = SERVER.login("reporter01"), SERVER.login("jianglinyu")


def key(*words, status=0):
    done = subprocess.run([BINARY, "key", *SERVER.store_options(), *words], capture_output=True, timeout=120)
    equal(done.returncode, status, f"key {words}: {done.stdout} {done.stderr}")
    return (done.stdout if status == 0 else done.stderr).decode()


# --- What can be read ---------------------------------------------------------------------------------------------------


def persons_shown(n):
    shown = []
    for i in range(0, ROWS, 100):
        uid = SERVER.post(f"{API}/persons/find", {"kind": "birth_cert", "value": f"E99{n}1{i:05}", "purpose": "care"}, session=S.reporter).json["rows"][0]["uid"]
        answer = SERVER.post(f"{API}/persons/{uid}/unmask", {"purpose": "care"}, session=S.issuer)
        equal(answer.status, 200, str(answer.body[:200]))
        shown.append((uid, [f["value"] for f in answer.json["fields"]]))
    return shown


def all_that_can_be_read():
    said = {}
    for n, (uid, content) in enumerate(S.sent, 1):
        original = SERVER.get(f"{API}/intakes/{uid}/original", session=S.reporter)
        equal((original.status, original.body), (200, content), f"the original of file {n}")
        errors = SERVER.get(f"{API}/intakes/{uid}/errors", session=S.reporter)
        equal(errors.status, 200, f"the error file of file {n}")
        equal(errors.body.count(b"\n"), 1 + ROWS // 5, f"the error file of file {n}")
        said[n] = (errors.body, persons_shown(n), get(SERVER, S.reporter, f"intakes/{uid}/rejects?limit=100"))
    return said


def stored():
    """How many values of the vault, rejected rows, second factors and files each key seals."""
    def rows(text):
        if ON_POSTGRES:
            out = subprocess.run(["psql", f"{os.environ['BIHUAN_TEST_PG']} options='-csearch_path={SERVER.schema}'", "-Atc", text], check=True, capture_output=True, timeout=60).stdout
            return [tuple(int(cell) for cell in line.split("|")) for line in out.decode().split()]
        with contextlib.closing(sqlite3.connect(f"file:{SERVER.data}/bihuan.db?mode=ro", uri=True)) as db:
            return db.execute(text).fetchall()
    id_of = "get_byte(raw, 3)" if ON_POSTGRES else "unicode(substr(raw, 4, 1))"
    counts = {"vault": dict(rows("SELECT key, count(*) FROM vault GROUP BY key")), "totp": dict(rows("SELECT key, count(*) FROM totp GROUP BY key"))}
    counts["reject"] = dict(rows(f"SELECT {id_of}, count(*) FROM reject GROUP BY {id_of}"))
    counts["blob"] = {}
    for parent, _, names in os.walk(os.path.join(SERVER.data, "blobs")):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                used = struct.unpack(">I", file.read(8)[4:])[0]
                counts["blob"][used] = counts["blob"].get(used, 0) + 1
    return counts


# --- The tests ------------------------------------------------------------------------------------------------------------


def each_key_seals_what_came_in_its_time():
    send(1)
    enrol("head01")
    for n in (2, 3):
        SERVER.stop()
        key("rotate")
        start()
        send(n)
    S.said = all_that_can_be_read()
    counts = stored()
    for what in ("vault", "reject", "blob"):
        equal(sorted(counts[what]), [1, 2, 3], what)
    equal(list(counts["totp"]), [1])


def a_running_server_is_not_sealed_anew():
    assert "running" in key("reseal", status=69) or "another process" in key("reseal", status=69)


def change_key(number, line):
    with open(SERVER.data + ".key", encoding="ascii") as file:
        lines = [line if text.startswith(f"key {number} ") else text for text in file.read().splitlines()]
    with open(SERVER.data + ".key", "w", encoding="ascii") as file:
        file.write("".join(text + "\n" for text in lines if text))


def another_key(number):
    """A line of this number from a key file that has nothing to do with the store."""
    path = SERVER.data + ".other"
    if not os.path.exists(path):
        for words in (["create"], ["rotate"], ["rotate"]):
            subprocess.run([BINARY, "key", "--key-path", path, *words], check=True, capture_output=True, timeout=60)
    with open(path, encoding="ascii") as file:
        return next(text for text in file.read().splitlines() if text.startswith(f"key {number} "))


def wrong_keys_are_refused_in_words():
    SERVER.stop()
    path, kept = SERVER.data + ".key", SERVER.data + ".kept"
    shutil.copy2(path, kept)
    os.remove(path)
    assert "no" in key("reseal", status=66).lower()
    for number, says in ((1, "not this store's"), (3, "lacks the key that sealed last")):
        shutil.copy2(kept, path)
        change_key(number, another_key(number))
        assert says in key("reseal", status=75), says
    shutil.copy2(kept, path)
    change_key(3, "")  # a copy of before the last rotation
    assert "lacks the key that sealed last" in key("reseal", status=75)
    shutil.copy2(kept, path)
    change_key(2, another_key(2))  # one between is wrong: what it sealed stays closed, and says so; nothing is lost
    said = key("reseal", status=70)
    assert "key 2 in the key file is not the one" in said, said
    start()
    answer = SERVER.get(f"{API}/intakes/{S.sent[1][0]}/original", session=S.reporter)
    equal((answer.status, answer.json["code"]), (500, "internal"), str(answer.body[:200]))  # the words are for the log
    logs = [os.path.join(parent, name) for parent, _, names in os.walk(SERVER.folder) for name in names if "log" in os.path.relpath(os.path.join(parent, name), SERVER.folder)]
    assert files_with(SERVER.folder, b"is damaged: the seal is broken"), logs
    SERVER.stop()
    shutil.copy2(kept, path)
    start()
    equal(all_that_can_be_read(), S.said)


def a_killed_command_leaves_all_readable_and_goes_on():
    killed = 0
    for step in range(5):
        SERVER.stop()
        working = subprocess.Popen([BINARY, "key", *SERVER.store_options(), "reseal"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        seen = [working.stdout.readline() for _ in range(min(step, 4))]  # behind each of its parts
        time.sleep(CHANCE.random() * 0.02)
        working.kill()
        killed += working.wait() != 0
        working.stdout.close()
        assert step == 0 or seen[0].startswith(b"sealing anew with key 3"), seen
        start()
        equal(all_that_can_be_read(), S.said, f"after it was killed the {step + 1}. time")
    assert killed >= 2, killed


def afterwards_the_newest_seals_all():
    SERVER.stop()
    key("reseal")
    equal({what: list(keys) for what, keys in stored().items()}, {"vault": [3], "totp": [3], "reject": [3], "blob": [3]})
    again = key("reseal")
    for what in ("second factors", "rejected rows", "vault values", "files"):
        assert any(line.split() == [*what.split(), "0"] for line in again.splitlines()), again
    start()
    equal(all_that_can_be_read(), S.said)
    answer = SERVER.post(f"{API}/session", {"username": "head01", "password": "shili-2026", "code": code_of(S.secret, step_now())}, session=None)
    equal(answer.status, 200, str(answer.body[:200]))


def keys_between_are_needed_by_nobody():
    SERVER.stop()
    change_key(2, another_key(2))
    start()
    equal(all_that_can_be_read(), S.said)
    send(4)
    equal(len(persons_shown(4)), len(range(0, ROWS, 100)))


if __name__ == "__main__":
    with Demo("--packs", os.path.join(os.environ["SOURCE_ROOT"], "packs")) as SERVER:
        S.reporter, S.issuer = SERVER.login("reporter01"), SERVER.login("jianglinyu")
        run(each_key_seals_what_came_in_its_time, a_running_server_is_not_sealed_anew, wrong_keys_are_refused_in_words, a_killed_command_leaves_all_readable_and_goes_on, afterwards_the_newest_seals_all,
            keys_between_are_needed_by_nobody)
