#!/usr/bin/env python3
"""A ledger of many tasks, asked as people ask it: lists, filters, search, a task's page, counts, the dispatch.

    bench/bench-lists.py BUILD TASKS [postgres] [--rate 500] [--seconds 30] [--people MINUTES] [--apart] [--data DIR]

The demo's city, filled by bench-fill; then bench-load asks at a set pace over 16 connections, each request counted from the moment when it was due. --people: 200 sessions
read and write for so long, while the server's memory is looked at. --apart: each path alone, with the processor time that it took. --data: a folder that an
earlier run filled and left (--leave). --each, --kinds: how many paths of a kind, and of which kinds, --apart takes. On PostgreSQL: the server of BIHUAN_TEST_PG, in a schema of its own."""
import contextlib
import functools
import os
import random
import sqlite3
import subprocess
import sys
import time
from urllib.parse import quote

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "http"))
os.environ.setdefault("SOURCE_ROOT", ROOT)
BUILD, TASKS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
OPTIONS = sys.argv[3:]
sys.argv = [sys.argv[0], os.path.join(BUILD, "bihuan"), *(["postgres"] if "postgres" in OPTIONS else [])]

from lib import Demo, equal  # noqa: E402


def option(name, otherwise):
    return type(otherwise)(OPTIONS[OPTIONS.index(name) + 1]) if name in OPTIONS else otherwise


def memory(server, what="VmRSS"):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what + ":")) / 1024


def fill(server):
    began = time.monotonic()
    to = [os.path.join(server.data, "bihuan.db")]
    if server.schema:
        to = ["--postgres", f"{os.environ['BIHUAN_TEST_PG']} options='-csearch_path={server.schema}'"]
    made = subprocess.run([os.path.join(BUILD, "bench/bench-fill"), *to, str(TASKS)], check=True, stdout=subprocess.PIPE)
    print(f"filled in {time.monotonic() - began:.0f} s: {made.stdout.decode().strip()}")


def line(kind, path, session, method="GET", body="", more=""):
    head = "\\r\\n".join(f"{k}: {v}" for k, v in session.items() if method != "GET" or k == "Cookie") + more
    return "\t".join((kind, method, path, head, body))


class Asked:
    """What people ask for, drawn by chance that is the same each time."""

    def __init__(self, server, sessions):
        self.server, self.sessions, self.random = server, sessions, random.Random(7)
        api = lambda path, who="issuer01": server.get("/api/v1/" + path, session=sessions[who]).json
        self.tasks = {who: [r["uid"] for order in ("due", "changed") for state in ("closed", "working", "")
                            for r in api(f"tasks?limit=200&order={order}" + (f"&state={state}" if state else ""), who)["rows"]] for who in sessions}
        self.plans = [p["uid"] for p in api("plans?limit=40")["rows"]]
        self.orgs = [o["uid"] for o in api("orgs?limit=60")["rows"]]
        self.handlers = sorted({r["handler"]["uid"] for who in sessions for r in api("tasks?limit=300&order=changed", who)["rows"] if r["handler"]})
        self.words = ["霍乱", "鼠疫", "疫苗接种", "乱防", "霍", "借用人员", "98%", "2019年", "信访 积案", "清退问题", "网络安全检查攻坚", "核查档案归档"]
        self.open_plans = [p for p in self.plans if server.get(f"/api/v1/reports/now?kind=weekly&plan={p}", session=sessions["issuer01"]).status == 200][:8]

    def draw(self):
        r, who = self.random, self.random.choice(list(self.sessions))
        org, plan, task = r.choice(self.orgs), r.choice(self.plans), r.choice(self.tasks[who])
        kind, path = r.choices([
            ("list", r.choice(["tasks", "tasks?mine=1", "tasks?order=changed", "tasks?state=issued,working,submitted,verified,returned,reopened"])),
            ("filter", r.choice([
                "tasks?light=red", "tasks?light=amber", "tasks?light=grey", "tasks?late=1&mine=1", "tasks?state=returned", "tasks?state=working,issued&role=lead&mine=1",
                f"tasks?plan={plan}", f"tasks?plan={plan}&order=no", f"tasks?plan={plan}&state=working", f"tasks?owner={org}&owner_below=1",
                f"tasks?owner={org}&role=lead&state=working", f"tasks?handler={r.choice(self.handlers)}", "tasks?relapsed=1&state=working", "tasks?source=hotline",
                "tasks?category=" + quote("党建") + "&state=submitted", "tasks?due_from=2026-03-01&due_to=2026-03-31", "tasks?silent=1", "tasks?state=suspended",
                "tasks?changed_from=2026-03-10&order=changed", "tasks?kind=rectification&light=red"])),
            ("search", "search?q=" + quote(r.choice(self.words)) + r.choice(["", "&kind=task", "&kind=document", "&kind=comment"])),
            ("list with words", "tasks?q=" + quote(r.choice(self.words))),
            ("task", f"tasks/{task}"),
            ("my work", "work"),
            ("counts", r.choice(["tasks/counts?state=issued,working,returned,reopened", f"tasks/counts?plan={plan}", "tasks/counts?light=red", "tasks/counts?mine=1&light=red"])),
            ("dispatch", f"reports/now?kind=weekly&plan={r.choice(self.open_plans)}"),
        ], weights=[20, 25, 15, 5, 25, 4, 3, 3])[0]
        return line(kind, "/api/v1/" + path, self.sessions["issuer01" if kind == "dispatch" else who])


def times_of(pid):
    """The parent of a process, the seconds of processor that it used, and those of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    used = [int(n) / os.sysconf("SC_CLK_TCK") for n in fields[11:15]]
    return int(fields[1]), used[0] + used[1], used[2] + used[3]


def processor(server):
    """Seconds of processor that the server has used."""
    return times_of(server.process.pid)[1]


@functools.cache
def postmaster():
    """PostgreSQL's first process, where that runs on this machine."""
    asked = subprocess.run(["psql", os.environ["BIHUAN_TEST_PG"], "-Atc", "SHOW data_directory"], check=True, capture_output=True, text=True).stdout.strip()
    with open(f"{asked}/postmaster.pid", encoding="utf-8") as file:
        return int(file.readline())


def processor_of_postgres(server):
    """Seconds of processor that PostgreSQL has used, for whomever; 0 on SQLite."""
    if not server.schema:
        return 0
    used = sum(times_of(postmaster())[1:])
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parent, own, _ = times_of(pid)
            used += own if parent == postmaster() else 0
    return used


def apart(server, sessions, lines):
    """Each path alone over one connection: the server's processor time, which other programs do not lengthen, and the time that it took."""
    took, connection = [], server.connect()
    paths = {}
    for kind, path in sorted({tuple(x.split("\t")[0:3:2]) for x in lines}):
        paths.setdefault(kind, []).append(path)
    each = option("--each", 20)
    only = option("--kinds", "").split(",")
    for kind, path in [(kind, path) for kind, all_of in paths.items() if only == [""] or kind in only for path in all_of[::max(1, len(all_of) // each)]]:
        for who, session in sessions.items():
            times, cpu, began = [], processor(server), time.perf_counter()
            while len(times) < 8 or (processor(server) - cpu < 0.05 and len(times) < 100):
                answer = server.get(path, session=session, connection=connection)
                times.append(time.perf_counter() - began)
                began = time.perf_counter()
            took.append((1000 * (processor(server) - cpu) / len(times), 1000 * sorted(times)[len(times) // 2], kind, who, answer.status, path))
    for kind in sorted({row[2] for row in took}):
        rows = sorted(row for row in took if row[2] == kind)
        print(f"{kind:18} processor a request: mean {sum(r[0] for r in rows) / len(rows):6.2f} ms, median {rows[len(rows) // 2][0]:6.2f}, most {rows[-1][0]:6.2f}")
    for row in sorted(took, reverse=True)[:option("--show", 15)]:
        print("%8.2f ms  (%8.2f) %-16s %-10s %d %s" % row)


PEER = """SELECT json_group_array(json_object('uid', uid, 'number', number, 'title', title, 'state', state, 'due', due, 'owners', owners)) FROM (
 SELECT t.uid, t.number, t.title, t.state, t.due,
        (SELECT json_group_array(json_object('uid', o.uid, 'name', o.name, 'role', w.role)) FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = t.id) AS owners
   FROM task_scope s JOIN task t ON t.id = s.task WHERE s.scope = 0 AND NOT s.restricted ORDER BY s.due, s.task LIMIT 50)"""


def beside_a_peer(server, session):
    """The first page of all tasks: what SQLite alone takes for as many rows as JSON, with six columns and no question of rights, and what the server takes."""
    if server.schema:
        return
    store = sqlite3.connect(f"file:{server.data}/bihuan.db?mode=ro", uri=True)
    times, connection, cpu, count = [], server.connect(), processor(server), 200
    for _ in range(count):
        began = time.process_time()
        store.execute(PEER).fetchone()
        times.append(time.process_time() - began)
        equal(server.get("/api/v1/tasks", session=session, connection=connection).status, 200)
    ours, peer = (processor(server) - cpu) / count, sorted(times)[count // 2]
    print(f"a page of 50: SQLite alone {1000 * peer:.2f} ms of processor, the server {1000 * ours:.2f} ms: {ours / peer:.1f} times")


def load(server, connections, rate, seconds, lines):
    return subprocess.run([os.path.join(BUILD, "bench/bench-load"), str(server.port), str(connections), str(rate), str(seconds)], input="\n".join(lines) + "\n",
                          text=True, stdout=subprocess.PIPE, check=False).stdout


def paced(server, sessions):
    asked = Asked(server, sessions)
    lines = [asked.draw() for _ in range(3000)]
    kinds = sorted({x.split("\t")[0] for x in lines})
    if "--apart" in OPTIONS:
        apart(server, sessions, lines)
        return
    load(server, 16, 200, 5, lines)  # caches as on a day of work
    beside_a_peer(server, sessions["issuer01"])
    print(f"{option('--rate', 500)} requests/s over 16 connections for {option('--seconds', 30)} s ({len(kinds)} kinds):")
    cpu, store = processor(server), processor_of_postgres(server)
    print(load(server, 16, option("--rate", 500), option("--seconds", 30), lines), end="")
    cpu, store = processor(server) - cpu, processor_of_postgres(server) - store
    each = 1000 / (option("--rate", 500) * option("--seconds", 30))
    print(f"processor: {cpu:.1f} s, {each * cpu:.2f} ms a request" + (f"; of PostgreSQL {store:.1f} s, {each * store:.2f} ms a request" if server.schema else ""))
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; memory {memory(server):.0f} MB")


def people(server, minutes):
    """200 sessions of 40 accounts at work: mostly reading, one in ten requests writes."""
    names = ["issuer01", "head01", "handler01", "leader01", "reviewer01"]
    sessions = {f"{name}-{i}": server.login(name) for i in range(40) for name in names}
    few = {name: sessions[f"{name}-0"] for name in names}
    asked, lines = Asked(server, few), []
    by_name = {name: [s for n, s in sessions.items() if n.startswith(name)] for name in names}
    for i in range(20000):
        if i % 10:
            kind, method, path, head, body = asked.draw().split("\t")
            who = next(n for n, s in few.items() if s["Cookie"] in head)
            lines.append(line(kind, path, asked.random.choice(by_name[who])))
        else:
            task = asked.random.choice(asked.tasks["head01"])
            lines.append(line("a comment", f"/api/v1/tasks/{task}/comments", asked.random.choice(by_name["head01"]), "POST", '{"text":"请于周五前补充材料"}',
                              "\\r\\nContent-Type: application/json"))
    seen = []
    process = subprocess.Popen([os.path.join(BUILD, "bench/bench-load"), str(server.port), "200", "0", str(minutes * 60)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    process.stdin.write("\n".join(lines) + "\n")
    process.stdin.close()
    while process.poll() is None:
        time.sleep(min(15, minutes * 6))
        seen.append(memory(server))
    print(f"200 sessions for {minutes} minutes; memory in MB: " + " ".join(f"{m:.0f}" for m in seen))
    print(process.stdout.read(), end="")


def main():
    server = Demo(data=option("--data", "") or None, start=False)
    if "--data" not in OPTIONS:
        server.start()
        server.stop()
        fill(server)
    began = time.monotonic()
    server.start()
    time.sleep(3)
    print(f"{TASKS} tasks, {'PostgreSQL' if server.schema else 'SQLite'}; started in {time.monotonic() - began - 3:.1f} s; idle: {memory(server):.0f} MB")
    with contextlib.ExitStack() as stack:
        if "--data" in OPTIONS or "--leave" in OPTIONS:
            stack.callback(server.stop)
            print("the store is in", server.folder)
        else:
            stack.enter_context(server)
        sessions = {name: server.login(name) for name in ("issuer01", "head01", "handler01", "leader01")}
        if "--people" in OPTIONS:
            people(server, option("--people", 10))
        else:
            paced(server, sessions)


if __name__ == "__main__":
    main()
