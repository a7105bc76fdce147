#!/usr/bin/env python3
"""Imports on a disk that is full, and on a PostgreSQL that ends connections or starts again in the middle: an error that says so, nothing half done, and all of it when there is room, or the server,
again. All tables are held against those of a twin in which nobody was disturbed. `postgres`: on PostgreSQL."""
import contextlib
import hashlib
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time

from lib import BINARY, PASSWORD, SOURCE, WORDS, Store, equal, psql, run
from twins import City, Client, Twin, ask, by_command, command_of, make_packs, print_of, prints, same, sound, TABLES

CHANCE = random.Random(20261123)
TIMES = 5 if "postgres" in WORDS and not os.environ.get("BIHUAN_TEST_LONG") else 10


def said(store):
    """What the last command printed."""
    with open(store.path("out"), encoding="utf-8") as f:
        return f.read().strip()[-300:]


class Pair:
    """A store and its twin; files that go into both, into the twin undisturbed."""

    def __init__(self):
        self.store, self.n, self.city = Store(), 0, City(random.Random(1))
        make_packs(self.store.path("packs"), 0)
        self.store.run("pack", "install", self.store.path("packs"))
        self.twin = Twin(self.store)
        self.before, self.want = None, prints(self.twin)

    def next_file(self):
        self.n += 1
        text = self.city.correct() if self.n % 3 == 0 else self.city.add()
        begun = time.monotonic()
        equal(by_command(self.twin, self.twin.write(f"v{self.n}.csv", text), "add"), 0, f"undisturbed: {said(self.twin)}")
        self.seconds = time.monotonic() - begun
        self.before, self.want = self.want, prints(self.twin)
        return self.store.write(f"v{self.n}.csv", text)

    def nothing_half_done(self, when):
        """Opened again it has the file whole or not at all."""
        self.store.serve()
        Client(self.store).settled()
        self.store.stop()
        sound(self.store, when)
        assert print_of(self.store, TABLES["records"]) in (self.before["records"], self.want["records"]), f"{when}: half of it is there"

    def completed(self, file, when):
        equal(by_command(self.store, file, "add"), 0, f"{when}: again: {said(self.store)}")
        sound(self.store, when)
        same(self.store, self.twin, self.want, when)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.twin.__exit__()
        self.store.__exit__()


def import_limited(store, file, most):
    """(exit status, what it complained of), where no file may grow beyond that many bytes."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BIHUAN_")}
    done = subprocess.run(command_of(store, file, "add"), capture_output=True, env={**clean, "BIHUAN_PASSWORD": PASSWORD}, cwd=store.folder, timeout=300, check=False, restore_signals=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    return done.returncode, done.stderr.decode()


TOLD = ("full", "too large", "disk", "room")


def check_limited(pair, i, limit, attempt):
    file = pair.next_file()
    status, complaint = attempt(pair.store, file, limit)
    when = f"file {i}, room {limit}, exit {status}: {complaint.strip()[-300:]}"
    assert status in (0, 69, 73), when
    assert status == 0 or any(word in complaint for word in TOLD), when
    pair.nothing_half_done(when)
    pair.completed(file, when)
    return status != 0


def a_file_that_may_not_grow_is_said():
    failed = 0
    with Pair() as pair:
        for i in range(6):
            there = max((os.path.getsize(os.path.join(pair.store.data, name)) for name in os.listdir(pair.store.data) if name.startswith("bihuan.db")), default=0)
            failed += check_limited(pair, i, (50000, 300000, 900000)[i] if i < 3 else int(there * CHANCE.uniform(0.2, 1.4)) + 100000, import_limited)
    print(f"# {failed} of 6 were told", flush=True)
    assert failed >= 1


@contextlib.contextmanager
def room_of(store, room):
    """Only so much room on the disk."""
    ballast = os.path.join(store.data, "..", "ballast")
    with open(ballast, "wb") as f:
        try:
            while os.statvfs(store.data).f_bavail * 4096 > room:
                os.write(f.fileno(), bytes(max(4096, min(1 << 20, os.statvfs(store.data).f_bavail * 4096 - room))))
        except OSError:
            pass  # the server was quicker: there is none
    try:
        yield
    finally:
        os.unlink(ballast)


def import_in(store, file, room):
    with room_of(store, room):
        return import_limited(store, file, resource.RLIM_INFINITY)


def a_full_disk_is_said_and_the_file_goes_in_when_there_is_room():
    failed = 0
    with Pair() as pair:
        small = pair.store.path("small")
        os.mkdir(small)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", small], check=False, capture_output=True).returncode:
            return "no file system can be mounted here"
        try:
            shutil.copytree(pair.store.data, os.path.join(small, "data"))
            pair.store.data = os.path.join(small, "data")
            for i in range(TIMES):
                failed += check_limited(pair, i, (100000, 1500000)[i] if i < 2 else int(CHANCE.uniform(0.3, 12) * 1024 * 1024), import_in)
        finally:
            subprocess.run(["umount", "-l", small], check=False)
    print(f"# {failed} of {TIMES} were told that there is no room", flush=True)
    assert failed >= (1 if pair.store.database else 2)
    return None


def terminate_all(store):
    psql(f"DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{store.database}' AND pid <> pg_backend_pid(); END $$")


def a_connection_that_is_lost_is_said_or_made_again():
    failed = 0
    with Pair() as pair:
        for i in range(TIMES):
            file = pair.next_file()
            timer = threading.Timer(CHANCE.uniform(0.1, pair.seconds), terminate_all, (pair.store,))
            timer.start()
            status = by_command(pair.store, file, "add")
            timer.join()
            with open(pair.store.path("out"), encoding="utf-8") as f:
                complaint = f.read()
            when = f"file {i}, exit {status}: {complaint.strip()[-300:]}"
            failed += status != 0
            assert status in (0, 69), when
            pair.nothing_half_done(when)
            pair.completed(file, when)
    print(f"# {failed} of {TIMES} ended with an error", flush=True)


def write(store, statement):
    """Behind the back of a server that runs."""
    if store.database:
        subprocess.run(["psql", store.url(), "-q", "-v", "ON_ERROR_STOP=1", "-c", statement], check=True, timeout=60)
        return
    db = sqlite3.connect(os.path.join(store.data, "bihuan.db"), timeout=30)
    with db:
        db.execute(statement)
    db.close()


def sent(client, name, text):
    """A file on its way into the records: its intake's uid."""
    uid = client.post("uploads", {"name": name, "size": len(text)})["uid"]
    client.request("PATCH", f"/api/v1/uploads/{uid}", text, {"Upload-Offset": "0"})
    client.post(f"uploads/{uid}/finish", {"sha256": hashlib.sha256(text).hexdigest()})
    return client.post("intakes", {"upload": uid, "dataset": "kin.visit"})["intake"]["uid"]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read().encode()


def what_nobody_carries_out_is_taken_up_by_the_server_that_runs():
    """Rows as a disk leaves them on which not even the end of a job could be written. That it ends is all that is asked: it may be taken up by whichever look comes first."""
    with Pair() as pair:
        text = read(pair.next_file())
        pair.store.serve()
        client = Client(pair.store)
        intake = sent(client, "v.csv", text)
        equal(ended(client, intake), "done")
        for job in ("running", "failed"):
            write(pair.store, f"UPDATE job SET state = '{job}', attempts = 1, finished = NULL WHERE id = (SELECT job FROM intake WHERE uid = '{intake}')")
            write(pair.store, f"UPDATE intake SET state = 'checking', finished = NULL WHERE uid = '{intake}'")
            equal(ended(client, intake), "done", f"its job says {job}")
        equal(client.request("GET", f"/api/v1/intakes/{intake}")["taken_up"], 1, "as the page says")
        write(pair.store, f"UPDATE intake SET state = 'checking', finished = NULL, job = NULL, taken_up = 5 WHERE uid = '{intake}'")
        equal(ended(client, intake), "failed", "not without end")
        equal(client.request("GET", f"/api/v1/intakes/{intake}")["error"]["code"], "broke-off")
        client.post(f"intakes/{intake}/again", {})
        equal(ended(client, intake), "done", "by hand")
        pair.store.stop()
        sound(pair.store, "taken up")
        same(pair.store, pair.twin, pair.want, "taken up")


def a_server_on_a_full_disk_goes_on_when_there_is_room():
    """Each arrival ends by itself, as done or as failed for want of room; that one is tried again by somebody."""
    ends = []
    with Pair() as pair:
        small = pair.store.path("small")
        os.mkdir(small)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", small], check=False, capture_output=True).returncode:
            return "no file system can be mounted here"
        try:
            shutil.copytree(pair.store.data, os.path.join(small, "data"))
            pair.store.data = os.path.join(small, "data")
            for i in range(4):
                text = read(pair.next_file())
                pair.store.serve()
                client = Client(pair.store)
                intake = sent(client, f"v{i}.csv", text)
                with room_of(pair.store, int(CHANCE.uniform(0, 2) * 1024 * 1024) * (i > 0)):
                    time.sleep(4)
                    attempt(client)
                ends.append(ended(client, intake))
                if ends[-1] == "failed":
                    equal(client.request("GET", f"/api/v1/intakes/{intake}")["error"]["code"], "full")
                    client.post(f"intakes/{intake}/again", {})
                equal(ended(client, intake), "done", f"file {i}")
                pair.store.stop()
                sound(pair.store, f"file {i}")
                same(pair.store, pair.twin, pair.want, f"file {i}")
        finally:
            subprocess.run(["umount", "-l", small], check=False)
    print(f"# {ends}", flush=True)
    return None


def attempt(client):
    """It answers, whatever it is."""
    try:
        client.request("GET", "/api/v1/intakes?limit=1")
    except AssertionError as e:
        assert " 50" in str(e), e


def a_server_that_starts_again_takes_up_what_waits():
    """The server goes on serving; what failed is tried again by somebody."""
    folder = tempfile.mkdtemp(prefix="bihuan-pg-")
    shared = os.environ["BIHUAN_TEST_PG"]
    script = os.path.join(SOURCE, "tests", "pg.sh")
    os.environ["BIHUAN_TEST_PG"] = subprocess.run([script, "start", folder], check=True, capture_output=True, text=True, timeout=120).stdout.strip()
    try:
        with Pair() as pair:
            for i in range(4):
                text = read(pair.next_file())
                when = f"restart {i}"
                pair.store.serve()
                client = Client(pair.store)
                intake = sent(client, f"v{i}.csv", text)
                time.sleep(CHANCE.uniform(0, pair.seconds))
                subprocess.run([script, "restart", folder], check=True, capture_output=True, timeout=120)
                state = ended(client, intake)
                print(f"# {when}: {state}", flush=True)
                assert state in ("done", "failed"), f"{when}: {state}"
                if state == "failed":
                    client.post(f"intakes/{intake}/again", {})
                    equal(ended(client, intake), "done", f"{when}: again")
                pair.store.stop()
                sound(pair.store, when)
                same(pair.store, pair.twin, pair.want, when)
    finally:
        os.environ["BIHUAN_TEST_PG"] = shared
        subprocess.run([script, "stop", folder], check=True, capture_output=True, timeout=120)
        shutil.rmtree(folder, ignore_errors=True)


def ended(client, intake):
    """How it ended; the server may have no connection for a moment."""
    for _ in range(1200):
        try:
            state = client.request("GET", f"/api/v1/intakes/{intake}")["state"]
            if state not in ("waiting", "checking", "applying"):
                return state
        except AssertionError as e:
            assert "503" in str(e), e
        time.sleep(0.1)
    return "under way after two minutes"


if __name__ == "__main__":
    assert BINARY
    DISK = (a_full_disk_is_said_and_the_file_goes_in_when_there_is_room, what_nobody_carries_out_is_taken_up_by_the_server_that_runs)
    if "postgres" in WORDS:
        run(*DISK, a_connection_that_is_lost_is_said_or_made_again, a_server_that_starts_again_takes_up_what_waits)
    else:
        run(*DISK, a_file_that_may_not_grow_is_said, a_server_on_a_full_disk_goes_on_when_there_is_room)
