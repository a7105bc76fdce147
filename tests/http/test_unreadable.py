#!/usr/bin/env python3
"""Nothing of its people can be read where a demo with its city keeps, logs and prints: not in the folder, the database, the logs, nor in what its commands say; with files that come in right, broken and cut off,
their errors read, lists taken out, persons looked for and shown, messages over MLLP, a server that is killed, and a week that passes.

By design in clear: institutions (their names, their codes of 18 places) and those who work with the program (accounts: names). Whoever is called as one of them is left out."""
import csv
import hashlib
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import zlib

from lib import BINARY, ON_POSTGRES, Demo, equal, run, wait_until

SOURCE, PROGRAM = os.environ["SOURCE_ROOT"], os.path.abspath(BINARY)
sys.path.insert(0, os.path.join(SOURCE, "tests", "tool"))
from city_people import people
from find_bytes import files_of, search

CITY = ["--people", "800", "--institutions", "4"]
PACKS = ["--packs", os.path.join(SOURCE, "packs")]
DATASET, CENTRE = "immunization.vaccination", "990101-JC01"
HEADER = ["接种单位", "身份证件号码", "预防接种证（卡）号", "姓名", "出生日期", "性别", "监护人电话号码", "疫苗代码", "剂次", "接种日期", "疫苗批号"]


class CityDemo(Demo):
    """What it prints is kept."""
    city = True

    @property
    def printed(self):
        return os.path.join(self.folder, "printed")

    def read_port(self):
        with open(self.printed, "ab") as kept:
            for line in self.process.stdout:
                kept.write(line)
                if line.startswith(b"serving http"):
                    return int(line.rsplit(b":", 1)[1].split(b"/")[0])
        return None

    def run(self, *words, status=0):
        """A command on its store; what it says is kept, too."""
        done = subprocess.run([PROGRAM, *words, *self.store_options()], capture_output=True, timeout=600, check=False, env={**os.environ, "BIHUAN_PASSWORD": "shili-2026"}, cwd=self.folder)
        with open(self.printed, "ab") as kept:
            kept.write(done.stdout + done.stderr)
        equal(done.returncode, status, done.stderr[-500:])
        return done.stdout


# --- Whom the demo tells of ---------------------------------------------------------------------------------------------------------

def resident(serial, birth):
    """An identity number that nobody has: its district is none."""
    digits = f"990101{birth.replace('-', '')}{serial:03}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights)) % 11]


MINE = [{"id": resident(901 + n, "2026-01-0%d" % (n % 9 + 1)), "name": f"慕容{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'子丑寅卯辰'[n // 10 % 5]}", "birth": "2026-01-0%d" % (n % 9 + 1),
         "phone": f"1692{n * 7919 % 10000000:07}"} for n in range(40)]


def first_day():
    query = "SELECT value FROM setting WHERE name = 'demo_city'"
    if ON_POSTGRES:
        done = subprocess.run(["psql", os.environ["BIHUAN_TEST_PG"], "-q", "-t", "-A", "-c", f'SET search_path = "{SERVER.schema}"', "-c", query], check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.split()[-1]
    with sqlite3.connect(f"file:{os.path.join(SERVER.data, 'bihuan.db')}?mode=ro", uri=True) as db:
        return db.execute(query).fetchone()[0].split()[-1]


def by_design():
    """What may be read: names and codes of institutions, names of accounts."""
    texts = []
    for name in ("organisations.csv", "people.csv"):
        with open(os.path.join(SOURCE, "samples", name), encoding="utf-8-sig", newline="") as file:
            texts += [cell for row in csv.reader(file) for cell in (row if name == "organisations.csv" else row[:2])]
    return "\n".join(texts)


def secrets():
    """The same city once more, where its files can be looked at; and whom this test adds."""
    out = os.path.join(SERVER.folder, "..", os.path.basename(SERVER.folder) + "-sent")
    try:
        subprocess.run([PROGRAM, "demo", "city", "--out", out, "--from", first_day(), "--samples", os.path.join(SOURCE, "samples"), *PACKS, *CITY], check=True, capture_output=True, timeout=300)
        numbers, names = people(out)
    finally:
        subprocess.run(["rm", "-rf", out], check=True)
    clear = by_design()
    numbers, names = {n for n in numbers if n not in clear}, {n for n in names if n not in clear}
    assert len(numbers) > 500 and len(names) > 300, (len(numbers), len(names))
    return numbers | names | {who[what] for who in MINE for what in ("id", "name", "phone")}


# --- What is done with them ---------------------------------------------------------------------------------------------------------

def row(who, given="2026-02-03", dose="1", **other):
    one = {**who, **other}
    return [CENTRE, one["id"], "", one["name"], one["birth"], "1", one["phone"], "HepB", dose, given, "A01"]


def text_of(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER, *rows])
    return out.getvalue().encode()


def upload(content, name="接种.csv", finish=True):
    uid = SERVER.post("/api/v1/uploads", {"name": name, "size": len(content)}, session=REPORTER).json["uid"]
    equal(SERVER.request("PATCH", f"/api/v1/uploads/{uid}", content if finish else content[:len(content) // 2], {"Upload-Offset": "0"}, REPORTER).status, 200)
    if finish:
        equal(SERVER.post(f"/api/v1/uploads/{uid}/finish", {"sha256": hashlib.sha256(content).hexdigest()}, session=REPORTER).status, 200)
    return uid


def send(content, name="接种.csv", **wish):
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(content, name), "dataset": DATASET, **wish}, session=REPORTER)
    if answer.status != 202:
        return answer.json
    uid = answer.json["intake"]["uid"]

    def ended():
        one = SERVER.get(f"/api/v1/intakes/{uid}", session=REPORTER).json
        if one["state"] == "asking":
            SERVER.post(f"/api/v1/intakes/{uid}/confirm", session=REPORTER)
        return one if one["state"] not in ("waiting", "checking", "asking", "applying") else None
    return wait_until(ended, 120, "the import")


def files_come_in_right_and_wrong():
    equal(send(text_of(row(who) for who in MINE[:10]))["state"], "done")
    wrong = [row(MINE[10], given="gestern"), row(MINE[11], birth="2031-99-99"), row(MINE[12], id=MINE[12]["id"][:17] + "Y"), row(MINE[13], phone=MINE[13]["phone"] + "\t"), row(MINE[14], given=""),
             row(MINE[15], dose=MINE[15]["id"] + "X"), row(MINE[16], name=MINE[16]["id"]), row(MINE[17], given=MINE[17]["phone"]), row(MINE[18], id=MINE[18]["name"]), row(MINE[35])[:2] + row(MINE[35])[3:] + [""], row(MINE[36])[:1] + [""] + row(MINE[36])[1:], row(MINE[37], given=MINE[37]["name"]),
             row(MINE[38])[:7] + [MINE[38]["name"]] + row(MINE[38])[8:], [MINE[39]["name"]] + row(MINE[39])[1:]]
    for more in ({}, {"strict": True}):
        one = send(text_of([row(MINE[19]), *wrong]), f"接种{len(more)}.csv", **more)
        uid = one["uid"]
        answer = SERVER.get(f"/api/v1/intakes/{uid}/rejects", session=REPORTER)
        equal(answer.status, 200)
        assert more or answer.json["rows"], one["result"]  # of what was refused as a whole nothing is kept but the file of errors
        errors = SERVER.get(f"/api/v1/intakes/{uid}/errors", session=REPORTER)
        assert errors.status == 200 and MINE[14]["name"] in errors.body.decode("utf-8-sig"), errors.body[:300]


def files_that_cannot_be_read():
    good = text_of(row(who) for who in MINE[20:25])
    for name, content in (("接种.csv", good.replace(b"\n", b'\n"', 3)), ("接种.csv", good + b"\0\xff\xfe" + good), ("接种.xlsx", b"PK\3\4" + good), ("接种.json", b'{"a":[' + good), ("接种.ndjson", good),
                          ("接种.csv.gz", zlib.compress(good)), ("接种.hl7", b"MSH|^~\\&|\r" + good), ("接种.csv", good.decode().encode("utf-16"))):
        assert "error" in (one := send(content, name)) or "code" in one, one
    path = os.path.join(SERVER.folder, "接种.csv")
    with open(path, "wb") as file:
        file.write(good.replace("接种日期".encode(), "别的".encode()))
    SERVER.run("import", path, "--dataset", DATASET, "--as", "reporter01", "--json")
    os.remove(path)
    upload(text_of(row(who) for who in MINE * 2000), finish=False)  # that never ends


def data_come_by_machine():
    for body, kind in ((text_of(row(who) for who in MINE[25:28]), "text/csv"), (b'[{"name":"' + MINE[28]["name"].encode() + b'"', "application/json"),
                       (json.dumps([{"id_card": MINE[28]["id"], "person_name": MINE[28]["name"]}]).encode(), "application/json")):
        SERVER.request("POST", f"/api/v1/data/{DATASET}?source=his&message_id={kind[-3:]}{len(body)}", body, {"Content-Type": kind}, REPORTER)
    for who in MINE[28:30]:
        patient = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": who["id"]}], "name": [{"text": who["name"]}], "birthDate": who["birth"], "gender": who["name"]}
        given = {"resourceType": "Immunization", "status": "completed", "patient": {"reference": "Patient/p"}, "occurrenceDateTime": who["id"]}
        entries = [{"resource": r, "request": {"method": "POST", "url": r["resourceType"]}} for r in (patient, given)]
        SERVER.request("POST", "/fhir", json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}), {"Content-Type": "application/fhir+json"}, REPORTER)


def message(n, who, given="20260203", kind="VXU^V04"):
    return "\r".join([f"MSH|^~\\&|HIS|{CENTRE}|BH|WJW|20260310080000||{kind}|M{n}|P|2.5.1", f"PID|1||{who['id']}^^^^NI||{who['name']}||{who['birth'].replace('-', '')}|M|||||{who['phone']}",
                      "ORC|RE", f"RXA|0|1|{given}||HepB|1|||||||||A01|||||CP|A", "RXR|IM|LA", "OBX|1|NM|30973-2||1", ""]).encode()


def messages_over_mllp():
    with open(os.path.join(SERVER.folder, "log"), encoding="utf-8") as log:
        port = [json.loads(line)["port"] for line in log if '"mllp-started"' in line][-1]
    answers = []
    for n, content in enumerate((message(1, MINE[30]), message(2, MINE[31], given=MINE[31]["id"]), message(3, MINE[32], kind="ZZZ^Z99"), message(4, MINE[33])[:90], b"MSH" + MINE[34]["name"].encode())):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            line.sendall(b"\x0b" + content + (b"\x1c\r" if n != 3 else b""))
            if n == 3:
                continue  # cut off
            answers.append(line.recv(4096))
    assert b"MSA|AA" in answers[0] and b"MSA|AE" in answers[1] + answers[2], answers


def persons_are_looked_for_and_shown():
    for who in MINE[:3]:
        for kind, what, more in (("id_card", who["id"], {}), ("person_name", who["name"], {"birth": who["birth"]}), ("vaccine_code", who["id"], {}), ("person_name", who["name"], {})):
            found = SERVER.post("/api/v1/persons/find", {"kind": kind, "value": what, "purpose": "follow-up", **more}, session=ISSUER)
            if kind == "id_card":
                uid = found.json["rows"][0]["uid"]
        shown = SERVER.post(f"/api/v1/persons/{uid}/unmask", {"purpose": "care"}, session=ISSUER)
        assert who["id"] in {f["value"] for f in shown.json["fields"]}, shown.body
        equal(SERVER.get(f"/api/v1/persons/{uid}/records", session=ISSUER).status, 200)
        SERVER.get(f"/api/v1/persons/{who['id']}", session=ISSUER)
        SERVER.get(f"/api/v1/records/{DATASET}?person={who['id']}&q={who['phone']}", session=ISSUER)
        SERVER.post(f"/api/v1/nothing/{who['phone']}", {"value": who["id"]}, session=ISSUER)
        SERVER.raw(f"GET /api/v1/{who['id']} HTTQ/9\r\n\r\n".encode(), timeout=1)
    equal(SERVER.get("/api/v1/defects.xlsx", session=ISSUER).status, 200)
    equal(SERVER.get(f"/api/v1/records/{DATASET}?limit=500", session=ISSUER).status, 200)


# --- And nothing of it can be read ---------------------------------------------------------------------------------------------------

def places():
    found = [*files_of(SERVER.data), os.path.join(SERVER.folder, "log"), SERVER.printed]
    if ON_POSTGRES:
        dump = os.path.join(SERVER.folder, "dump")
        with open(dump, "wb") as out:
            subprocess.run(["pg_dump", "-n", SERVER.schema, os.environ["BIHUAN_TEST_PG"]], stdout=out, check=True, timeout=300)
        found.append(dump)
    return found


def unreadable(when):
    left = search(places(), SECRETS)
    if left:
        raise AssertionError(f"{when}: " + "; ".join(f"{os.path.relpath(path, SERVER.folder)} holds {len(texts)}, among them {sorted(texts)[:3]}" for path, texts in left.items()))


def nothing_is_left_by_a_server_that_was_killed():
    SERVER.kill()
    unreadable("after a kill")


def nothing_is_left_when_it_goes_on():
    SERVER.start()
    SERVER.stop(120)
    SERVER.run("demo", "--no-serve", "--port", "0", "--advance", "1w", "--samples", os.path.join(SOURCE, "samples"), *PACKS)
    unreadable("a week later")


def it_would_be_found():
    with open(os.path.join(SERVER.data, "tmp", "left"), "wb") as file:
        file.write(b"\0" + MINE[0]["name"].encode("gb18030") + b"\1")
    with open(os.path.join(SERVER.folder, "log"), "ab") as file:
        file.write(MINE[1]["id"].encode())
    equal({os.path.basename(path): texts for path, texts in search(places(), SECRETS).items()}, {"left": {MINE[0]["name"]}, "log": {MINE[1]["id"]}})


os.environ.update(BIHUAN_MLLP_LISTEN="127.0.0.1", BIHUAN_MLLP_PORT="0")
with CityDemo(*PACKS, *CITY) as SERVER:
    REPORTER, ISSUER = (SERVER.login(name) for name in ("reporter01", "jianglinyu"))
    SECRETS = secrets()
    run(files_come_in_right_and_wrong, files_that_cannot_be_read, data_come_by_machine, messages_over_mllp, persons_are_looked_for_and_shown, nothing_is_left_by_a_server_that_was_killed,
        nothing_is_left_when_it_goes_on, it_would_be_found)
