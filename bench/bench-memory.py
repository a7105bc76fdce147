#!/usr/bin/env python3
"""How much memory an import of a large file takes, from its first byte until a while after its end: the process's peak (VmHWM) and what it holds (VmRSS), by phase.

    bench/bench-memory.py BUILD FORMAT MB [--server] [--after SECONDS]

FORMAT: csv, xlsx, ndjson (FHIR) or hl7; MB: the size of the file. It is imported by `bihuan import` into a store of its own, or with --server sent over HTTP to a server that serves on; the file and
the store lie in a folder that is thrown away. Exit 1 where the peak is over 300 MB, the goal. All persons are invented. What it prints stands in docs/performance.md.
"""
import argparse
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import visits

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GOAL_MB, PASSWORD, HOSPITAL = 300, "shili-2026", "990000-YY01"
PACK = """pack: mem
version: 1.0.0
needs: bihuan 1
name: 内存
name_en: Memory
datasets:
  visit:
    name: 就诊
    name_en: Visits
    kind: event
    org: clinic
    subject:
      person: {by: [birth_cert]}
    date: came_on
    key: [number]
    fields:
      clinic: {name: 机构, name_en: Clinic, type: org, required: true}
      number: {name: 就诊号, name_en: Number, type: text, required: true}
      came_on: {name: 日期, name_en: Day, type: date, required: true}
      dose: {name: 剂次, name_en: Dose, type: integer}
      note: {name: 备注, name_en: Note, type: text}
    rules:
      - {id: few, check: dose <= 7, level: warning, says: 过多, says_en: Many}
    sources:
      hl7:
        message: [ADT_A01]
        fields: {clinic: MSH-4, number: PV1-19, came_on: PV1-44, birth_cert: PID-3, dose: PV1-20}
      fhir:
        resource: Encounter
        fields: {clinic: serviceProvider.identifier.value, number: id, came_on: period.start, birth_cert: subject.identifier.value, dose: length.value}
"""
PROOF = """proof:
  - {id: doses, says: 过多, says_en: Many, dataset: visit, file: v.csv, today: 2026-03-20, defects: [{row: 2, rule: few}]}
"""
PERSONS = 500000  # fewer than rows: most rows are of somebody who is known


# --- Files ---------------------------------------------------------------------------------------------------------------------------

def day(i):
    return f"2026-{i // 28 % 3 + 1:02}-{i % 28 + 1:02}"


def csv_row(i):
    return f"{HOSPITAL},V{i},{day(i)},{i % 9},E{i % PERSONS:09},some words of a note {i * 7919 % 1000003}\n"


def ndjson_row(i):
    return (f'{{"resourceType":"Encounter","id":"V{i}","status":"finished","class":{{"code":"AMB","system":"http://terminology.hl7.org/CodeSystem/v3-ActCode"}},"subject":{{"identifier":{{"value":"E{i % PERSONS:09}"}}}},'
            f'"period":{{"start":"{day(i)}"}},"length":{{"value":{i % 9}}},"serviceProvider":{{"identifier":{{"value":"{HOSPITAL}"}}}}}}\n')


def hl7_row(i):
    when = day(i).replace("-", "")
    return (f"MSH|^~\\&|HIS|{HOSPITAL}|BH|WJW|{when}080000||ADT^A01|M{i}|P|2.5.1\rPID|1||E{i % PERSONS:09}\rPV1|1|I|||||||||||||||||V{i}|{i % 9}||||||||||||||||||||||||{when}080000\r")


def make_lines(path, size, head, row):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(head)
        i, written = 0, len(head)
        while written < size:
            piece = "".join(row(i + k) for k in range(20000))
            i, written = i + 20000, written + len(piece)
            f.write(piece)
    return i


def make_xlsx(path, size):
    """Rows until the packed file is that large."""
    made = 0

    def rows():
        nonlocal made
        yield "clinic", "number", "came_on", "dose", "birth_cert", "note"
        while made < 1040000 and (made % 5000 or os.path.getsize(path) < size):
            yield [*csv_row(made).strip().split(",")[:5], hashlib.sha256(b"%d" % made).hexdigest() * 3]
            made += 1

    visits.write_xlsx(path, rows())
    return made


def make_file(kind, path, size):
    if kind == "xlsx":
        return make_xlsx(path, size)
    if kind == "csv":
        return make_lines(path, size, "clinic,number,came_on,dose,birth_cert,note\n", csv_row)
    return make_lines(path, size, "", ndjson_row if kind == "ndjson" else hl7_row)


# --- A process that is watched ----------------------------------------------------------------------------------------------------------

def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        rows = dict(line.split(":", 1) for line in f)
    return {k: int(rows[k].split()[0]) // 1024 for k in ("VmHWM", "VmRSS", "RssAnon", "RssFile")} if "VmHWM" in rows else None


class Watch(threading.Thread):
    """The highest it held, ever and by phase; there with what of it is its own, and what is pages of mapped files."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.last, self.phases, self.phase, self.going = pid, 0, 0, {}, "begin", True

    def run(self):
        while self.going:
            try:
                now = status(self.pid)
            except (OSError, ProcessLookupError):
                now = None
            if not now:
                return
            self.peak, self.last = max(self.peak, now["VmHWM"]), now["VmRSS"]
            self.phases[self.phase] = max(self.phases.get(self.phase, (0, 0, 0)), (now["VmRSS"], now["RssAnon"], now["RssFile"]))
            time.sleep(0.05)


def make_packs(folder):
    os.makedirs(os.path.join(folder, "mem", "tests"))
    for name in os.listdir(os.path.join(ROOT, "packs")):
        if name.endswith(".csv") or name == "elements.yaml":
            shutil.copy(os.path.join(ROOT, "packs", name), folder)
    for name, text in (("pack.yaml", PACK), ("tests/proof.yaml", PROOF), ("tests/v.csv", "clinic,number,came_on,dose,birth_cert\nA,V0,2026-03-01,1,E990000000\nA,V1,2026-03-01,8,E990000001\n")):
        with open(os.path.join(folder, "mem", name), "w", encoding="utf-8") as f:
            f.write(text)


class Bench:
    def __init__(self, options):
        self.options, self.binary = options, os.path.join(os.path.abspath(options.build), "bihuan")
        self.folder = tempfile.mkdtemp(prefix="bihuan-memory-", dir=options.folder)
        self.where = ["--data", os.path.join(self.folder, "data"), "--key-path", os.path.join(self.folder, "key")]
        make_packs(os.path.join(self.folder, "packs"))
        self.command("demo", "--samples", os.path.join(ROOT, "samples"), "--no-city", "--no-serve", "--port", "0")
        self.command("pack", "install", os.path.join(self.folder, "packs"))
        self.file = os.path.join(self.folder, "v." + {"ndjson": "ndjson", "hl7": "hl7"}.get(options.format, options.format))

    def command(self, *words):
        subprocess.run([self.binary, *words, *self.where], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "BIHUAN_PASSWORD": PASSWORD}, cwd=self.folder)

    def start(self, *words, out):
        return subprocess.Popen([self.binary, *words, *self.where], stdout=out, stderr=out if out != subprocess.PIPE else None, env={**os.environ, "BIHUAN_PASSWORD": PASSWORD}, cwd=self.folder)

    def by_command(self):
        with open(os.path.join(self.folder, "out"), "w+b") as out:
            process = self.start("import", self.file, "--dataset", "mem.visit", "--as", "zhangshuchuan", out=out)
            watch = Watch(process.pid)
            watch.start()
            code = process.wait()
            watch.going = False
            out.seek(0)
            print(out.read().decode()[-600:])
            return code, watch

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request(method, path, body, {**self.session, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 300, f"{path}: {answer.status} {content[:300]}"
        self.cookie = (answer.headers["Set-Cookie"] or "").split(";")[0]
        return json.loads(content) if content else None

    def log_in(self):
        self.session = {}
        self.request("POST", "/api/v1/session", json.dumps({"username": "zhangshuchuan", "password": PASSWORD}), {"Content-Type": "application/json"})
        self.session = {"Cookie": self.cookie}
        self.session["X-CSRF-Token"] = self.request("GET", "/api/v1/session")["csrf"]

    def send(self):
        kind, size, digest = {"Content-Type": "application/json"}, os.path.getsize(self.file), hashlib.sha256()
        uid = self.request("POST", "/api/v1/uploads", json.dumps({"name": os.path.basename(self.file), "size": size}), kind)["uid"]
        with open(self.file, "rb") as f:
            at = 0
            while piece := f.read(8 << 20):
                self.request("PATCH", f"/api/v1/uploads/{uid}", piece, {"Upload-Offset": str(at)})
                digest.update(piece)
                at += len(piece)
        self.request("POST", f"/api/v1/uploads/{uid}/finish", json.dumps({"sha256": digest.hexdigest()}), kind)
        return self.request("POST", "/api/v1/intakes", json.dumps({"upload": uid, "dataset": "mem.visit"}), kind)["intake"]["uid"]

    def by_server(self):
        with open(os.path.join(self.folder, "bihuan.conf"), "w", encoding="utf-8") as f:
            f.write("[limits]\nupload_mb = 6144\n")
        process = self.start("serve", "--port", "0", out=subprocess.PIPE)
        line = next(l for l in process.stdout if l.startswith(b"serving http"))
        self.port = int(line.rsplit(b":", 1)[1].split(b"/")[0])
        watch = Watch(process.pid)
        watch.start()
        self.log_in()
        watch.phase = "upload"
        intake = self.send()
        state = "waiting"
        while state in ("waiting", "checking", "applying"):
            time.sleep(0.5)
            row = self.request("GET", f"/api/v1/intakes/{intake}")
            job = self.request("GET", f"/api/v1/jobs/{row['job']}")
            state, watch.phase = row["state"], job["doing"] or watch.phase
        print(f"# {watch.phases}\n{state}", row["result"] and {k: row["result"][k] for k in ("rows", "added", "warned", "rejected")})
        watch.phase = "afterwards"
        end = time.monotonic() + self.options.after
        while time.monotonic() < end:
            time.sleep(5)
            print(f"# {watch.last} MB", flush=True)
        watch.phase = "at last"
        time.sleep(0.2)
        watch.going = False
        process.terminate()
        process.wait()
        return state != "done", watch

    def run(self):
        rows = make_file(self.options.format, self.file, self.options.mb * 1000000)
        size, begun = os.path.getsize(self.file), time.monotonic()
        code, watch = self.by_server() if self.options.server else self.by_command()
        print(f"{self.options.format} of {size / 1e6:.0f} MB, {rows} rows, by {'a server' if self.options.server else 'the command'}: exit {code}, {time.monotonic() - begun:.0f} s, peak {watch.peak} MB;"
              f" by phase {watch.phases}, at last {watch.last} MB")
        return 1 if code or watch.peak > GOAL_MB else 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("format", choices=("csv", "xlsx", "ndjson", "hl7"))
    parser.add_argument("mb", type=int)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--after", type=int, default=60)
    parser.add_argument("--folder", help="where file and store lie meanwhile")
    with Bench(parser.parse_args()) as bench:
        sys.exit(bench.run())
