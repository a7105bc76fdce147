#!/usr/bin/env python3
"""What taking in files of records costs beside sqlite3's bare .import of the same file, and on PostgreSQL beside bare COPY: 20 columns with a person, 2 million of whom are known, eight rules, versions
and marks of segments kept, everything durable before it is acknowledged. Ratios of the shortest of several runs in turn, on the wall and in processor time (of PostgreSQL with its server's).

    bench/bench-import.py BUILD                    both stores; PostgreSQL in a cluster of its own, made by tests/pg.sh and thrown away
    bench/bench-import.py BUILD --only sqlite      or postgres
    bench/bench-import.py BUILD --quick            fewer rounds, 200,000 persons, growth to 16 times: some minutes become one

What it prints is what stands in docs/performance.md.
"""
import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNIT = 50000


def run(*words, env=None):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=env, timeout=3600).stdout


class Cost:
    def __init__(self, wall, cpu):
        self.wall, self.cpu = wall, cpu

    @staticmethod
    def least(costs):
        return Cost(min(c.wall for c in costs), min(c.cpu for c in costs))


def children_cpu():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def timed(*words, server=None):
    before, there, start = children_cpu(), server.cpu() if server else 0, time.perf_counter()
    run(*words)
    wall = time.perf_counter() - start
    return Cost(wall, children_cpu() - before + (server.cpu() - there if server else 0))


class Server:
    """A PostgreSQL of our own, which reaches the disk."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "pg")
        os.chmod(folder, 0o755)
        self.url = run(os.path.join(ROOT, "tests/pg.sh"), "start", self.folder).strip()
        for name, value in (("fsync", "on"), ("full_page_writes", "on"), ("shared_buffers", "'512MB'"), ("max_wal_size", "'4GB'")):
            run("psql", "-qX", self.url, "-c", f"ALTER SYSTEM SET {name} = {value}")
        ctl = [os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin") + "/pg_ctl", "-D", self.folder + "/data", "-l", self.folder + "/server.log", "-w", "restart"]
        subprocess.run((["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []) + ctl, check=True, stdout=subprocess.DEVNULL, cwd="/")
        with open(os.path.join(self.folder, "data/postmaster.pid"), encoding="ascii") as f:
            self.pid = int(f.readline())

    def cpu(self):
        """Of all its processes, those that ended too: asked until it stays, since one that ends between the two readings is in neither."""
        last = self.cpu_now()
        for _ in range(20):
            time.sleep(0.03)
            now = self.cpu_now()
            if now == last:
                break
            last = now
        return last

    def cpu_now(self):
        ticks = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                    words = f.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(pid) == self.pid or int(words[1]) == self.pid:
                ticks += sum(map(int, words[11:13])) + (sum(map(int, words[13:15])) if int(pid) == self.pid else 0)
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        subprocess.run([os.path.join(ROOT, "tests/pg.sh"), "stop", self.folder], check=False)


class Peer:
    """The engine's own way to take a file in; what starting its program takes is not counted."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        nothing = ("psql", "-qX", server.url, "-c", "SELECT 1") if server else ("sqlite3", ":memory:", "SELECT 1")
        self.start = Cost.least([timed(*nothing) for _ in range(7)])

    def take(self, path):
        cost = self.copy(path) if self.server else self.load(path)
        return Cost(max(cost.wall - self.start.wall, 1e-6), max(cost.cpu - self.start.cpu, 1e-6))

    def copy(self, path):
        with open(path, encoding="utf-8") as f:
            columns = ", ".join(f"{c} text" for c in f.readline().strip().split(","))
        run("psql", "-qX", self.server.url, "-c", "SET client_min_messages = warning", "-c", f"DROP TABLE IF EXISTS peer; CREATE TABLE peer ({columns})")
        return timed("psql", "-qX", self.server.url, "-c", f"\\copy peer FROM '{path}' CSV HEADER", server=self.server)

    def load(self, path):
        db = os.path.join(self.folder, "peer.db")
        for name in (db, db + "-journal"):
            if os.path.exists(name):
                os.remove(name)
        return timed("sqlite3", db, "-cmd", ".mode csv", f".import {path} peer")


class Ours:
    def __init__(self, build, folder, persons, server):
        self.program, self.folder, self.files, self.next, self.server = os.path.join(build, "bench/bench-import"), os.path.join(folder, "store"), folder, UNIT, server
        self.persons, self.env = str(persons), dict(os.environ)
        if server:
            run("psql", "-qX", server.url, "-c", "CREATE DATABASE ours")
            self.env["BIHUAN_BENCH_PG"] = server.url.replace("dbname=postgres", "dbname=ours")
        run(self.program, self.folder, "init", str(persons), env=self.env)

    def file(self, rows):
        path = os.path.join(self.files, f"rows-{self.next}.csv")
        run(self.program, self.folder, "csv", path, str(self.next), str(rows), self.persons)
        self.next += rows
        return path

    def changed(self, path, rows):
        first = path.rsplit("-", 1)[1].split(".")[0]
        run(self.program, self.folder, "csv", path + ".changed", first, str(rows), self.persons, "changed")
        return path + ".changed"

    def take(self, *paths):
        there = self.server.cpu() if self.server else 0
        costs = []
        for line in run(self.program, self.folder, "run", *paths, env=self.env).splitlines():
            words = line.split()
            assert words[words.index("rejected") + 1] == "0", line
            costs.append(Cost(float(words[1]), float(words[words.index("cpu") + 1])))
        for cost in costs: # what its server did is told for all of them together
            cost.cpu += (self.server.cpu() - there) / len(costs) if self.server else 0
        return costs


class Floor:
    """What PostgreSQL alone takes for the rows that the last file became, copied in binary: into a table as ours without an index, with its key, among as many others; and for a correction of all of
    them what has to be written at least: the history, with its key, the old rows deleted, the new ones with their key. Nothing is checked, looked up or marked."""

    def __init__(self, folder, ours, start):
        self.file, self.url, self.server, self.start = os.path.join(folder, "floor.bin"), ours.env["BIHUAN_BENCH_PG"], ours.server, start
        self.batch = int(run("psql", "-qXtA", self.url, "-c", "SELECT max(batch_) FROM b__visit"))
        self.rows = int(self.sql(f"\\copy (SELECT * FROM b__visit WHERE batch_ = {self.batch} ORDER BY month_, org_, key_) TO '{self.file}' BINARY", f"SELECT count(*) FROM b__visit WHERE batch_ = {self.batch}"))
        self.sql(f"\\copy (SELECT *, 0::bigint FROM b__visit WHERE batch_ = {self.batch} ORDER BY month_, org_, key_) TO '{self.file}.old' BINARY")

    def sql(self, *statements):
        return run("psql", "-qXtA", self.url, *(word for s in ("SET client_min_messages = warning",) + statements for word in ("-c", s)))

    def make(self, including):
        self.sql("DROP TABLE IF EXISTS floor_rows, floor_hist", f"CREATE TABLE floor_rows (LIKE b__visit {including})", "CREATE TABLE floor_hist (LIKE hist_b__visit INCLUDING INDEXES)",
                 f"INSERT INTO floor_rows SELECT * FROM b__visit WHERE batch_ <> {self.batch}")

    def timed(self, *statements):
        cost = timed("psql", "-qX", self.url, *(word for s in statements for word in ("-c", s)), server=self.server)
        return Cost(max(cost.wall - self.start.wall, 1e-6), max(cost.cpu - self.start.cpu, 1e-6))

    def take(self):
        copy, old = f"\\copy floor_rows FROM '{self.file}' BINARY", f"\\copy floor_hist FROM '{self.file}.old' BINARY"
        costs = [[], [], []]
        for _ in range(3):
            self.make("")
            costs[0].append(self.timed(copy))
            self.make("INCLUDING INDEXES")
            costs[1].append(self.timed(copy))
            costs[2].append(self.timed("BEGIN", old, f"DELETE FROM floor_rows WHERE batch_ = {self.batch}", copy, "COMMIT"))
        return [Cost.least(c) for c in costs]


class Table:
    def __init__(self, peer, ours, options):
        self.peer, self.ours, self.options = peer, ours, options
        print(f"| | {'COPY' if peer.server else '.import'} µs/row | ours µs/row | times it | processor time | load |\n| --- | --- | --- | --- | --- | --- |")

    def row(self, what, rows, ours, peer):
        print(f"| {what} | {peer.wall / rows * 1e6:.2f} | {ours.wall / rows * 1e6:.2f} | {ours.wall / peer.wall:.2f} | {ours.cpu / peer.cpu:.2f} | {os.getloadavg()[0]:.1f} |", flush=True)

    def sizes(self, rows, rounds):
        new, again, changed, peer = [], [], [], []
        for _ in range(rounds):
            path = self.ours.file(rows)
            peer.append(self.peer.take(path))
            other = self.ours.changed(path, rows)
            for costs, given in ((new, path), (again, path), (changed, other)):
                costs += self.ours.take(given)
            os.remove(path)
            os.remove(other)
        peer, new = Cost.least(peer), Cost.least(new)
        self.row(f"{rows:,} rows, new", rows, new, peer)
        self.row(f"the same again ({Cost.least(again).wall / new.wall:.2f} of its first time)", rows, Cost.least(again), peer)
        self.row("all corrected", rows, Cost.least(changed), peer)

    def small(self, rows, n):
        """Files one after the other in one process, each durable before the next."""
        paths = [self.ours.file(rows) for _ in range(n)]
        peer = [self.peer.take(path) for path in paths]
        ours = self.ours.take(*paths)
        middle = lambda costs: Cost(sorted(c.wall for c in costs)[n // 2], sum(c.cpu for c in costs) / n)
        self.row(f"{n} files of {rows:,} rows, each acknowledged (the middle one)", rows, middle(ours), middle(peer))
        for path in paths:
            os.remove(path)

    def floor(self, folder):
        """Behind a new file of UNIT rows; beside COPY of the same."""
        path = self.ours.file(UNIT)
        peer = Cost.least([self.peer.take(path) for _ in range(3)])
        self.row("again for the floor: new", UNIT, self.ours.take(path)[0], peer)
        floor = Floor(folder, self.ours, self.peer.start)
        for what, cost in zip(("floor: its rows, no index", "floor: its rows with their key", "floor: history, old rows deleted, new rows"), floor.take()):
            self.row(what, floor.rows, cost, Cost(peer.wall * floor.rows / UNIT, peer.cpu * floor.rows / UNIT))
        os.remove(path)

    def growth(self, times):
        """All of it grows in the same months: the files that make it, and then one of the first's size."""
        there = 0
        for n in times:
            rows = n * UNIT - there
            path = self.ours.file(rows)
            self.row(f"up to {n} × {UNIT:,}: a file of {rows:,}", rows, self.ours.take(path)[0], self.peer.take(path))
            os.remove(path)
            there = n * UNIT
            costs, peers = [], []
            for _ in range(3):
                path = self.ours.file(UNIT)
                peers.append(self.peer.take(path))
                costs += self.ours.take(path)
                os.remove(path)
            self.row(f"then one of {UNIT:,}", UNIT, Cost.least(costs), Cost.least(peers))


def measure(args, postgres):
    folder = tempfile.mkdtemp(prefix="bihuan-bench-")
    server = None
    try:
        server = Server(folder) if postgres else None
        persons = 200000 if args.quick else 2000000
        begun = time.perf_counter()
        ours = Ours(args.build, folder, persons, server)
        print(f"\n{'PostgreSQL' if postgres else 'SQLite'}, {persons:,} known persons (made in {time.perf_counter() - begun:.0f} s)")
        table = Table(Peer(folder, server), ours, args)
        rounds = 3 if args.quick else 7
        table.sizes(UNIT, rounds)
        table.small(2000, 9 if args.quick else 25)
        if not args.quick:
            table.sizes(16 * UNIT, 2)
        if server:
            table.floor(folder)
        table.growth((1, 4, 16) if args.quick else (1, 4, 16, 64))
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("build")
    args.add_argument("--only", choices=("sqlite", "postgres"))
    args.add_argument("--quick", action="store_true")
    args = args.parse_args()
    print(f"machine: {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for postgres in (False, True):
        if args.only != ("sqlite" if postgres else "postgres"):
            measure(args, postgres)


if __name__ == "__main__":
    main()
