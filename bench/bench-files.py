#!/usr/bin/env python3
"""What it takes to bring institutions' files into a store, from their bytes to records that are durable, with persons, rules, defects and marks of segments: the same visits as CSV, workbook, FHIR R4 and HL7 v2, over HTTP
to a server on SQLite, beside programs that do less with the same bytes; and what a file costs that has few rows.

    bench/bench-files.py build/bihuan [rounds]          some two minutes; a demo in a folder of its own, thrown away afterwards

Each round has visits of its own, by persons who are known after the first; the shortest counts, by the wall and by the processor's time (the server's own, without its jobs where a caller waits for an answer; a peer's with its children). Peers: sqlite3 takes the same visits as
CSV by a bare .import; jq reads the same JSON and keeps nothing; LibreOffice, where it is installed, converts the same workbook to CSV; of small files, Python writes and syncs the file and commits its rows with SQLite."""
import csv
import io
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("SOURCE_ROOT", ROOT)
ROUNDS = int(sys.argv.pop(2)) if len(sys.argv) > 2 else 3
sys.path.insert(0, os.path.join(ROOT, "tests", "http"))
import visits  # noqa: E402
from client import get, upload  # noqa: E402
from lib import Demo, equal, wait_until  # noqa: E402

API, DATASET, HOSPITAL = "/api/v1", "encounters.outpatient", "990101-JC01"
VISITS, BUNDLE, BUNDLES = 20000, 100, 30
SMALL = ((10, 100), (2000, 20))  # rows of a file, files
TICK = os.sysconf("SC_CLK_TCK")


class Clock:
    """Wall and processor of what is done within it: the server's, or that of programs that were started."""

    def __init__(self, pid=None, jobs=True):
        self.pid, self.jobs = pid, jobs

    def threads(self):
        for name in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{name}/stat", encoding="ascii") as f:
                yield f.read()

    def spent(self):
        if self.pid:
            return sum(sum(map(int, stat.rsplit(")", 1)[1].split()[11:13])) for stat in self.threads() if self.jobs or "(job)" not in stat) / TICK
        return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))

    def __enter__(self):
        self.begun = time.perf_counter(), self.spent()
        return self

    def __exit__(self, *_):
        self.took = time.perf_counter() - self.begun[0], self.spent() - self.begun[1]


def shortest(times):
    return tuple(min(column) for column in zip(*times))


def told(what, units, ours, peers):
    print(f"{what}: {units / ours[0]:,.0f} a second, {units / ours[1]:,.0f} a second of processor ({ours[0]:.2f} s, {ours[1]:.2f} s)" +
          "".join(f"; {ours[0] / peer[0]:.2f} times {name} ({ours[1] / max(peer[1], 0.01):.2f} of its processor)" for name, peer in peers.items()), flush=True)


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


# --- Large files -----------------------------------------------------------------------------------------------------------------------


def send(path, rows):
    with open(path, "rb") as file:
        content = file.read()
    with Clock(SERVER.process.pid) as clock:
        wish = {} if path.endswith((".ndjson", ".hl7")) else {"dataset": DATASET}
        answer = SERVER.post(f"{API}/intakes", {"upload": upload(SERVER, SERVER.session, os.path.basename(path), content), **wish}, session=SERVER.session)
        equal(answer.status, 202, str(answer.body[:300]))
        uid, ended = answer.json["intake"]["uid"], ("done", "refused", "failed")
        one = wait_until(lambda: (lambda i: i if i["state"] in ended else None)(get(SERVER, SERVER.session, f"intakes/{uid}")), 120, "the import")
    equal((one["state"], one["result"] and one["result"]["added"]), ("done", rows), str(one)[:600])
    time.sleep(1)  # what follows an import belongs to it, yet nobody waits for it
    return clock.took


def bare_import(path):
    db = os.path.join(FOLDER, "bare.db")
    if os.path.exists(db):
        os.unlink(db)
    run("sqlite3", db, "-cmd", "PRAGMA synchronous=FULL", f".import --csv {path} visits")


def convert(path):
    run("soffice", "--headless", f"-env:UserInstallation=file://{FOLDER}/office", "--convert-to", "csv", "--outdir", FOLDER, path)


def measured(work, *args):
    with Clock() as clock:
        work(*args)
    return clock.took


FORMATS = {  # writes it; units a visit, their name; peers beside .import of the same visits
    "csv": (visits.write_csv, 1, "rows of CSV", {}),
    "xlsx": (lambda path, rows: visits.write_xlsx(path, [visits.COLUMNS, *rows]), 1, "rows of a workbook", {"LibreOffice to CSV": ("soffice", convert)}),
    "ndjson": (visits.write_fhir, 4, "resources of FHIR NDJSON", {"jq": ("jq", lambda path: run("jq", "-c", ".id", path))}),
    "hl7": (visits.write_hl7, 1, "messages in a file of HL7 v2", {}),
}


def large_files():
    first = 0
    for ending, (write, units, name, others) in FORMATS.items():
        path, flat = os.path.join(FOLDER, "visits." + ending), os.path.join(FOLDER, "flat.csv")
        ours, peers = [], {"sqlite3 .import of the same visits": []}
        for _ in range(ROUNDS):
            rows = [visits.visit(HOSPITAL, n) for n in range(first, first + VISITS)]
            first += VISITS
            write(path, rows)
            visits.write_csv(flat, rows)
            ours.append(send(path, VISITS))
            peers["sqlite3 .import of the same visits"].append(measured(bare_import, flat))
            for peer, (program, work) in others.items():
                if shutil.which(program):
                    peers.setdefault(peer, []).append(measured(work, path))
        told(f"{name}, {os.path.getsize(path) / 1e6:.1f} MB", VISITS * units, shortest(ours), {peer: shortest(times) for peer, times in peers.items()})
    return first


# --- Answers ------------------------------------------------------------------------------------------------------------------------------


def bundles(first):
    path = os.path.join(FOLDER, "bundle.json")
    ours, peers = [], []
    for _ in range(ROUNDS):
        contents = [visits.bundle([visits.visit(HOSPITAL, first + k * BUNDLE + n) for n in range(BUNDLE)]) for k in range(BUNDLES)]
        first += BUNDLE * BUNDLES
        with Clock(SERVER.process.pid, jobs=False) as clock:
            for content in contents:
                answer = SERVER.request("POST", "/fhir", content, {"Content-Type": "application/fhir+json"}, SERVER.session, timeout=60)
                equal(answer.status, 200, str(answer.body[:600]))
        ours.append(clock.took)
        with open(path, "wb") as file:
            file.write(b"\n".join(contents))
        peers.append(measured(run, "jq", "-c", ".entry[].resource.id", path))
        time.sleep(1)
    told(f"resources in bundles of {BUNDLE * 4}, each answered", BUNDLE * BUNDLES * 4, shortest(ours), {"jq": shortest(peers)})
    return first


def keep_bare(db, content):
    kept = os.path.join(FOLDER, "kept")
    with open(kept, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    db.executemany(f"INSERT INTO v VALUES ({','.join('?' * len(visits.COLUMNS))})", list(csv.reader(io.StringIO(content.decode())))[1:])
    db.commit()


def small_files(first):
    db = sqlite3.connect(os.path.join(FOLDER, "small.db"))
    db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS v ({', '.join(visits.COLUMNS)}, PRIMARY KEY (hospital, visit_no)) WITHOUT ROWID")
    for rows, files in SMALL:
        ours, bare = [], []
        for _ in range(ROUNDS):
            contents = []
            for _ in range(files):
                path = os.path.join(FOLDER, "small.csv")
                visits.write_csv(path, (visits.visit(HOSPITAL, first + n) for n in range(rows)))
                first += rows
                with open(path, "rb") as file:
                    contents.append(file.read())
            with Clock(SERVER.process.pid, jobs=False) as clock:
                for content in contents:
                    answer = SERVER.request("POST", f"{API}/data/{DATASET}?name=a.csv", content, {"Content-Type": "text/csv"}, SERVER.session, timeout=60)
                    equal((answer.status, answer.json["result"]["added"]), (201, rows), str(answer.body[:600]))
            ours.append(clock.took)
            bare.append(measured(lambda many: [keep_bare(db, content) for content in many], contents))
        told(f"files of {rows} rows, each answered when it is durable", files, shortest(ours), {"file synced and rows committed alone": shortest(bare)})
    return first


if __name__ == "__main__":
    print(f"load {os.getloadavg()[0]:.0f}")
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-files-") as FOLDER, Demo("--packs", os.path.join(ROOT, "packs")) as SERVER:
        SERVER.session = SERVER.login("reporter01")
        small_files(bundles(large_files()))
