#!/usr/bin/env python3
"""How long a log-in, a task's page and a change of a task take beside nothing, and beside an import of 200,000 organisations.

    bench/bench-running.py [BUILD] [postgres] [SECONDS]     postgres: the server of BIHUAN_TEST_PG

The program itself with the city of the samples, listening on loopback only. The import runs again and again, with other names each time, until
SECONDS (20) have been measured beside it. Each request is on its own connection, one after the other, 20 ms apart."""
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = next((a for a in sys.argv[1:] if a != "postgres" and not a.isdigit()), "build")
SECONDS = next((int(a) for a in sys.argv[1:] if a.isdigit()), 20)
sys.argv = [sys.argv[0], os.path.join(BUILD, "bihuan"), *(["postgres"] if "postgres" in sys.argv[1:] else [])]
sys.path.insert(0, os.path.join(ROOT, "tests", "http"))
os.environ.setdefault("SOURCE_ROOT", ROOT)

from cities import organisations  # noqa: E402
from client import get, job_of, start_job, upload  # noqa: E402
from lib import Demo, equal, wait_until  # noqa: E402


class Bench:
    def __init__(self, server):
        self.server, self.head, self.system = server, server.login("head01"), server.login("sysadmin01")
        self.task = get(server, self.head, "tasks?mine=1&role=lead&limit=1")["rows"][0]["uid"]
        self.kinds = {"log-in": self.login, "a task's page": self.page, "a change of a task": self.change}
        self.imports = 0

    def login(self):
        equal(self.server.post("/api/v1/session", {"username": "handler01", "password": "shili-2026"}, session=None).status, 200)

    def page(self):
        equal(self.server.get(f"/api/v1/tasks/{self.task}", session=self.head).status, 200)

    def change(self):
        equal(self.server.post(f"/api/v1/tasks/{self.task}/comments", {"text": "x" * 100}, session=self.head).status, 201)

    def measure(self, took):
        for name, ask in self.kinds.items():
            began = time.perf_counter()
            ask()
            took[name].append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)

    def alone(self):
        took = {name: [] for name in self.kinds}
        for _ in range(50):
            self.measure(took)
        return took

    def begin_import(self):
        """Waits until it writes; the reading before does not touch the writer."""
        self.imports += 1
        file = upload(self.server, self.system, "orgs.csv", organisations(200000, str(self.imports)))
        job = start_job(self.server, self.system, "/api/v1/orgs/import", {"upload": file, "apply": True})
        wait_until(lambda: job_of(self.server, self.system, job)["doing"] == "applying", 120, "the import to write")
        return job

    def beside_imports(self):
        took = {name: [] for name in self.kinds}
        measured = 0
        while measured < SECONDS:
            job, began = self.begin_import(), time.perf_counter()
            while job_of(self.server, self.system, job)["state"] == "running":
                self.measure(took)
            measured += time.perf_counter() - began
            equal(job_of(self.server, self.system, job)["state"], "done")
        print(f"{self.imports} imports, {measured:.1f} s measured")
        return took


def show(title, took):
    for name, times in took.items():
        times.sort()
        at = lambda share: times[min(len(times) - 1, int(len(times) * share))]
        print(f"{title:20} {name:20} {len(times):5} times   p50 {at(0.5):7.1f} ms   p99 {at(0.99):7.1f} ms   longest {times[-1]:7.1f} ms")


if __name__ == "__main__":
    with Demo() as demo:
        bench = Bench(demo)
        show("beside nothing", bench.alone())
        show("beside an import", bench.beside_imports())
