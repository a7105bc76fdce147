#!/usr/bin/env python3
"""What taking in a file of records costs beside sqlite3's bare .import of the same file, or on PostgreSQL beside COPY: persons found, rules run, history and marks
kept, all durable. Ratios of the shortest of several runs, one after the other in turn; a store of its own with known persons.

    bench/bench-import.py BUILD [--persons N] [--rows N,N…] [--rounds N] [--postgres CONNINFO]
"""
import argparse
import os
import subprocess
import tempfile
import time


def run(*words, env=None):
    return subprocess.run(words, check=True, capture_output=True, text=True, env=env).stdout


def timed(*words):
    start = time.perf_counter()
    run(*words)
    return time.perf_counter() - start


class Peer:
    """The engine's own way to take a file in; what starting its program takes is not counted."""

    def __init__(self, folder, postgres):
        self.folder, self.postgres = folder, postgres
        if postgres:
            self.start = min(timed("psql", "-qX", postgres, "-c", "SELECT 1") for _ in range(5))
        else:
            self.start = min(timed("sqlite3", ":memory:", "SELECT 1") for _ in range(5))

    def take(self, path):
        if self.postgres:
            with open(path, encoding="utf-8") as f:
                columns = ", ".join(f"{c} text" for c in f.readline().strip().split(","))
            run("psql", "-qX", self.postgres, "-c", f"DROP TABLE IF EXISTS peer; CREATE TABLE peer ({columns})")
            return timed("psql", "-qX", self.postgres, "-c", f"\\copy peer FROM '{path}' CSV HEADER") - self.start
        db = os.path.join(self.folder, "peer.db")
        for name in (db, db + "-journal"):
            if os.path.exists(name):
                os.remove(name)
        return timed("sqlite3", db, "-cmd", ".mode csv", f".import {path} peer") - self.start


class Ours:
    def __init__(self, build, folder, persons, postgres):
        self.program, self.folder, self.next = os.path.join(build, "bench/bench-import"), os.path.join(folder, "store"), 1
        self.env = dict(os.environ, **({"BIHUAN_BENCH_PG": postgres} if postgres else {}))
        run(self.program, self.folder, "init", str(persons), env=self.env)

    def file(self, folder, rows):
        path = os.path.join(folder, f"rows-{self.next}.csv")
        run(self.program, self.folder, "csv", path, str(self.next), str(rows))
        self.next += rows
        return path

    def take(self, *paths):
        lines = run(self.program, self.folder, "run", *paths, env=self.env).splitlines()
        return [float(line.split()[1]) for line in lines]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("build")
    args.add_argument("--persons", type=int, default=2000000)
    args.add_argument("--rows", default="2000,50000,800000")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--postgres")
    args = args.parse_args()
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        ours, peer = Ours(args.build, folder, args.persons, args.postgres), Peer(folder, args.postgres)
        print(f"{args.persons} known persons; load {os.getloadavg()[0]:.1f}; peer: {'COPY' if args.postgres else '.import'}")
        print(f"{'rows':>8} {'peer s':>8} {'new s':>8} {'ratio':>6} {'again':>6} {'µs/row':>7}")
        for rows in map(int, args.rows.split(",")):
            rounds = args.rounds if rows < 500000 else 2
            new, again, theirs = [], [], []
            for _ in range(rounds):
                path = ours.file(folder, rows)
                theirs.append(peer.take(path))
                first, second = ours.take(path, path)
                new.append(first)
                again.append(second)
                os.remove(path)
            print(f"{rows:8} {min(theirs):8.4f} {min(new):8.4f} {min(new) / min(theirs):6.2f} {min(again) / min(new):6.2f} {min(new) / rows * 1e6:7.2f}", flush=True)


if __name__ == "__main__":
    main()
