"""What tests of faults during imports share: a pack, files of a hospital, ways to send them, and all tables of a store, to be held against those of a twin. All persons are invented."""
import contextlib
import hashlib
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time

from lib import BINARY, PASSWORD, SOURCE, Store, equal, psql

ROWS, MESSAGES = 12000, 120  # more than a step of the apply has
SENDER, HOSPITAL = "zhangshuchuan", "990000-YY01"
PACK = """pack: kin
version: 1.0.{edition}
needs: bihuan 1
name: 就诊
name_en: Visits
datasets:
  visit:
    name: 就诊记录
    name_en: Visits
    kind: event
    org: clinic
    subject:
      person: {{by: [birth_cert]}}
    date: came_on
    key: [number]
    fields:
      clinic: {{name: 机构, name_en: Clinic, type: org, required: true}}
      number: {{name: 就诊号, name_en: Number, type: text, required: true}}
      came_on: {{name: 就诊日期, name_en: Day, type: date, required: true}}
      dose: {{name: 剂次, name_en: Dose, type: integer}}
      contact: {{name: 联系电话, name_en: Telephone, type: phone}}
    rules:
      - {{id: few, check: dose <= {few}, level: warning, says: 剂次过多, says_en: Many doses}}
      - {{id: not_many, check: dose <= {many}, level: error, says: 剂次不可能, says_en: Too many doses}}
    sources:
      hl7:
        message: [ADT_A01]
        fields: {{clinic: MSH-4, number: PV1-19, came_on: PV1-44, birth_cert: PID-3, dose: PV1-20}}
"""
PROOF = """proof:
  - {id: doses, says: 剂次过多, says_en: Many doses, dataset: visit, file: v.csv, today: 2026-03-20, defects: [{row: 2, rule: few}, {row: 3, rule: not_many}, {row: 3, rule: few}]}
"""
EDITIONS = [(3, 5), (4, 6)]
HEADER = "number,came_on,dose,contact,birth_cert\n"


def make_packs(folder, edition):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "kin", "tests"))
    for name in os.listdir(os.path.join(SOURCE, "packs")):
        if name.endswith(".csv") or name == "elements.yaml":
            shutil.copy(os.path.join(SOURCE, "packs", name), folder)
    few, many = EDITIONS[edition % 2]
    rows = "clinic,number,came_on,dose,birth_cert\n" + "".join(f"A,V{i},2026-03-01,{dose},E99000000{i}\n" for i, dose in enumerate((1, few + 1, many + 1)))
    for name, text in (("pack.yaml", PACK.format(edition=edition, few=few, many=many)), ("tests/proof.yaml", PROOF), ("tests/v.csv", rows)):
        with open(os.path.join(folder, "kin", name), "w", encoding="utf-8") as f:
            f.write(text)


# --- What a store holds ---------------------------------------------------------------------------------------------------------------

RECORD = "r.month_, r.org_, r.key_, r.state_, r.number, r.came_on, r.dose, v.high AS vh, v.low AS vl, t.high AS th, t.low AS tl"
JOINS = "LEFT JOIN person_token t ON t.person = r.person_ LEFT JOIN vault v ON v.id = r.contact"
# On PostgreSQL places of running keys are leaves: each key in eight bytes, its month in four.
KEYS = {
    False: "SELECT org_, key_, month_ FROM key_kin__visit",
    True: "SELECT k.org_, CAST(CAST('x' || encode(substr(k.keys_, 12 * i + 1, 8), 'hex') AS BIT(64)) AS BIGINT) AS key_, CAST(CAST('x' || encode(substr(k.keys_, 12 * i + 9, 4), 'hex') AS BIT(32)) AS INTEGER) AS month_"
          " FROM key_kin__visit k, generate_series(0, length(k.keys_) / 12 - 1) i",
}
TABLES = {
    "records": f"SELECT {RECORD} FROM kin__visit r {JOINS}",
    "history": f"SELECT {RECORD} FROM hist_kin__visit r {JOINS}",
    "keys": None, # by engine
    "segments": "SELECT org, month, rows, held, warned, CAST(loading AS INTEGER) AS l FROM segment",
    "defects": "SELECT org, month, key, rule, level, state, times FROM defect",
    "persons": "SELECT element, high, low FROM person_token",
    "known": "SELECT count(*) AS n FROM person_known",
    "vault": "SELECT type, high, low FROM vault",
}
SUMS = {
    "an apply that was not ended": "SELECT id FROM batch WHERE state <> 'done'",
    "segments against records": "SELECT s.month FROM segment s WHERE s.rows <> (SELECT count(*) FROM kin__visit r WHERE r.month_ = s.month AND r.org_ = s.org)"
                                " OR s.held <> (SELECT count(*) FROM kin__visit r WHERE r.month_ = s.month AND r.org_ = s.org AND r.state_ = 2)"
                                " OR s.warned <> (SELECT count(*) FROM kin__visit r WHERE r.month_ = s.month AND r.org_ = s.org AND r.state_ = 1)",
    "batches against their parts": "SELECT b.id FROM batch b WHERE b.added <> coalesce((SELECT sum(p.added) FROM batch_part p WHERE p.batch = b.id), 0)",
    "defects of nothing": "SELECT d.id FROM defect d WHERE d.state <> 'closed' AND NOT EXISTS (SELECT 1 FROM kin__visit r WHERE r.month_ = d.month AND r.org_ = d.org AND r.key_ = d.key AND r.state_ > 0)",
    "records without a person": "SELECT r.key_ FROM kin__visit r WHERE r.person_ IS NULL OR NOT EXISTS (SELECT 1 FROM person_known k WHERE k.id = r.person_)",
    "records of no batch": "SELECT r.key_ FROM kin__visit r WHERE NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = r.batch_)",
}


def psql_out(store, query):
    return subprocess.run(["psql", store.url(), "-q", "-t", "-A", "-c", query], check=True, capture_output=True, text=True, timeout=120).stdout


def opened(store, path=None):
    return contextlib.closing(sqlite3.connect(f"file:{path or os.path.join(store.data, 'bihuan.db')}?mode=ro", uri=True, timeout=30))


def ask(store, query):
    if store.database:
        text = psql_out(store, f"SELECT coalesce(json_agg(x), '[]') FROM ({query}) AS x")
        return sorted((tuple(row.values()) for row in json.loads(text)), key=repr)
    with opened(store) as db:
        return sorted(db.execute(query).fetchall(), key=repr)


def tables(store):
    return {name: query or KEYS[bool(store.database)] for name, query in TABLES.items()}


def ask_as_left(store, query):
    """Of a store that nobody has opened since its program was killed; it is not touched."""
    if store.database:
        return ask(store, query)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bihuan.db", "bihuan.db-wal"):
            if os.path.exists(os.path.join(store.data, name)):
                shutil.copy(os.path.join(store.data, name), folder)
        with opened(store, os.path.join(folder, "bihuan.db")) as db:
            return db.execute(query).fetchall()


def print_of(store, query):
    """How many rows, and the sum of their hashes: of the same program and engine alone are two alike."""
    if store.database:
        count, total = psql_out(store, f"SELECT count(*), coalesce(sum(hashtextextended(x::text, 0)), 0) FROM ({query}) AS x").strip().split("|")
        return int(count), int(total)
    count = total = 0
    with opened(store) as db:
        for row in db.execute(query):
            count, total = count + 1, total + hash(row)
    return count, total


def prints(store):
    return {name: print_of(store, query) for name, query in tables(store).items()}


def sound(store, when):
    for what, query in SUMS.items():
        equal(ask(store, query)[:3], [], f"{when}: {what}")
    equal(ask(store, KEYS[bool(store.database)]), ask(store, "SELECT org_, key_, month_ FROM kin__visit"), f"{when}: places against records")


def same(store, twin, want, when):
    """The store has what its twin has; `want`: the twin's prints."""
    for name, query in tables(store).items():
        if print_of(store, query) != want[name]:
            got, rows = ask(store, query), ask(twin, query)
            lost, more = list(set(rows) - set(got))[:3], list(set(got) - set(rows))[:3]
            raise AssertionError(f"{when}: {name}: {len(got)} rows, not {len(rows)}; lacks {lost}, has {more}")


# --- Files ------------------------------------------------------------------------------------------------------------------------------

class City:
    """What the hospital knows, and the files it sends: each with rows that are held, have a defect or are refused."""

    def __init__(self, chance):
        self.chance, self.n, self.known, self.messages = chance, 0, {}, 0

    def row(self, number, month):
        dose = self.chance.choices((1, 4, 5, 9), (92, 4, 2, 2))[0]
        return [f"V{number}", f"2026-0{month}-{self.chance.randint(1, 28):02}", str(dose), f"139{number % 10 ** 8:08}", f"E{number:09}"]

    def lines(self, rows):
        """One in a hundred without its day."""
        return HEADER + "".join(",".join(row if self.chance.random() > 0.01 else [row[0], "", *row[2:]]) + "\n" for row in rows)

    def add(self):
        rows = [self.row(self.n + i, self.chance.randint(1, 3)) for i in range(ROWS)]
        self.n += ROWS
        self.known.update({row[0]: row for row in rows})
        return self.lines(rows)

    def correct(self):
        """Other doses, and other days: some go into another month."""
        chosen = self.chance.sample(sorted(self.known), min(ROWS, len(self.known)))
        rows = [self.row(int(name[1:]), self.chance.randint(1, 3)) for name in chosen]
        self.known.update({row[0]: row for row in rows})
        return self.lines(rows)

    def replace(self):
        """All of February, without a third of it."""
        rows = [row for row in self.known.values() if row[1].startswith("2026-02") and self.chance.random() > 0.33]
        self.known = {name: row for name, row in self.known.items() if not row[1].startswith("2026-02")}
        self.known.update({row[0]: row for row in rows})
        return self.lines(rows)

    def hl7(self):
        made = []
        for _ in range(MESSAGES):
            number, self.n, self.messages = self.n, self.n + 1, self.messages + 1
            self.known[f"V{number}"] = [f"V{number}", "2026-03-10", "1", "", f"E{number:09}"]
            made.append("\r".join([f"MSH|^~\\&|HIS|{HOSPITAL}|BH|WJW|20260310080000||ADT^A01|M{self.messages}|P|2.5.1", f"PID|1||E{number:09}",
                                   f"PV1|1|I|||||||||||||||||V{number}|1||||||||||||||||||||||||20260310080000", ""]))
        return made


# --- Ways in ------------------------------------------------------------------------------------------------------------------------------

def command_of(store, file, mode):
    words = ["import", file, "--dataset", "kin.visit", "--as", SENDER, *(["--mode", "replace", "--period", "2026-02", "--sure"] if mode == "replace" else [])]
    return [BINARY, *(["hub", "recheck", "kin.visit"] if mode == "recheck" else words), *store.where()]


def by_command(store, file, mode, after=None):
    """Its exit status; after so many seconds it is killed."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BIHUAN_")}
    with open(store.path("out"), "wb") as out, subprocess.Popen(command_of(store, file, mode), stdout=out, stderr=out, env={**clean, "BIHUAN_PASSWORD": PASSWORD}, cwd=store.folder) as process:
        try:
            return process.wait(after or 300)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def said(store):
    """The end of what it logged."""
    with open(store.path("log"), encoding="utf-8") as log:
        return log.read()[-1500:]


class Client:
    """One session with a store that serves."""

    def __init__(self, store):
        self.store, self.session = store, {}
        answer = self.request("POST", "/api/v1/session", json.dumps({"username": SENDER, "password": PASSWORD}), {"Content-Type": "application/json"})
        self.session = {"Cookie": self.cookie}
        self.session["X-CSRF-Token"] = self.request("GET", "/api/v1/session")["csrf"]
        assert answer is not None

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.store.port, timeout=120)
        connection.request(method, path, body, {**self.session, **(headers or {})})
        answer = connection.getresponse()
        self.cookie = (answer.headers["Set-Cookie"] or "").split(";")[0]
        content = answer.read()
        connection.close()
        assert answer.status < 300, f"{path}: {answer.status} {content[:300]}"
        return json.loads(content) if content else None

    def post(self, path, body):
        return self.request("POST", "/api/v1/" + path, json.dumps(body), {"Content-Type": "application/json"})

    def settled(self):
        """No arrival is under way; those that ask are told yes."""
        for _ in range(3000):
            rows = self.request("GET", "/api/v1/intakes?limit=20")["rows"]
            for row in rows:
                if row["state"] == "asking":
                    self.post(f"intakes/{row['uid']}/confirm", {})
            if not any(row["state"] in ("waiting", "checking", "applying", "asking") for row in rows):
                return
            time.sleep(0.1)
        jobs = ask(self.store, "SELECT id, kind, state, attempts, error FROM job WHERE kind IN ('messages', 'import') ORDER BY id DESC LIMIT 6")
        raise AssertionError(f"an arrival does not end: {[row for row in rows if row['state'] != 'done'][:2]}; jobs: {jobs}; {said(self.store)}")


def by_upload(client, content, mode):
    content = content.encode()
    uid = client.post("uploads", {"name": "v.csv", "size": len(content)})["uid"]
    for at in range(0, len(content), 100000):
        client.request("PATCH", f"/api/v1/uploads/{uid}", content[at:at + 100000], {"Upload-Offset": str(at)})
    client.post(f"uploads/{uid}/finish", {"sha256": hashlib.sha256(content).hexdigest()})
    client.post("intakes", {"upload": uid, "dataset": "kin.visit", **({"mode": "replace", "period": "2026-02"} if mode == "replace" else {})})
    client.settled()


def by_api(client, content, number):
    client.request("POST", f"/api/v1/data/kin.visit?source=his&message_id=f{number}", content.encode(), {"Content-Type": "text/csv"})


# --- A twin -----------------------------------------------------------------------------------------------------------------------

class Twin(Store):
    """A store as another one is."""

    def __init__(self, other):
        super().__init__(demo=False)
        shutil.copytree(other.data, self.data)
        shutil.copy(other.key, self.key)
        if self.database:
            # By files: of a sequence that is copied through the log PostgreSQL forgets in a crash what was taken since, and gives it out again.
            psql(f'DROP DATABASE "{self.database}"', f'CREATE DATABASE "{self.database}" TEMPLATE "{other.database}" STRATEGY file_copy')
