#!/usr/bin/env python3
"""Bad luck, on the program itself: a full disk, and a store that is not what it should be. (A process that is killed: test_killed.py.)

What was acknowledged is there afterwards, what was not is there whole or not at all, and the event log proves it. Every document here is invented."""
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time

from client import act, added_document, begin_upload, ended, get, issue, job_of, pressed_plan as plan, prove, start_job, upload
from lib import BINARY, ON_POSTGRES, Demo, equal, problem, run, sql, wait_until

# --- A full disk --------------------------------------------------------------------------------------------------------

class Disk:
    """A small file system of its own, with a ballast that leaves no room."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bihuan-full-")
        self.ballast = os.path.join(self.folder, "ballast")
        mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", self.folder]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0

    def fill(self, left=0):
        """All room but `left` bytes is taken."""
        fd = os.open(self.ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while True:
                os.write(fd, b"x" * 4096)
        except OSError:
            os.ftruncate(fd, max(0, os.fstat(fd).st_size - left))
            os.close(fd)

    def make_room(self):
        os.unlink(self.ballast)

    def remove(self):
        if self.mounted:
            subprocess.run(["umount", self.folder], check=False)
        os.rmdir(self.folder)


def full(answer):
    refusal = problem(answer, 507, "full")
    assert "room" in refusal["title"] + refusal.get("hint", ""), refusal
    return refusal


def a_full_disk_is_said_and_loses_nothing():
    disk = Disk()
    if not disk.mounted:
        os.rmdir(disk.folder)
        return "no file system can be mounted here"
    try:
        with Demo(data=disk.folder) as server:
            on_a_full_disk(server, disk)
            server.stop()
    finally:
        disk.remove()
    return None


def on_a_full_disk(server, disk):
    issuer, head, auditor = server.login("issuer01"), server.login("head01"), server.login("auditadmin01")
    task = issue(server, issuer, added_document(server, issuer, "a.txt", plan(1).encode()), measures=1)[0]["uid"]
    equal(act(server, head, get(server, head, f"tasks/{task}"), "accept").status, 200)
    noise = os.urandom(300000)
    open_upload = begin_upload(server, head, "proofs.bin", len(noise))
    ready = upload(server, head, "evidence.bin", os.urandom(1000))
    waiting = upload(server, issuer, "plan.txt", plan(2).encode())
    before = get(server, head, f"tasks/{task}")

    disk.fill()
    full(server.post("/api/v1/uploads", {"name": "a", "size": 1024 * 1024}, session=head))
    equal(server.get(f"/api/v1/tasks/{task}", session=head).status, 200, "reading on a full disk")
    changes = [lambda: act(server, head, before, "submit", {"note": "x"}),
               lambda: server.post(f"/api/v1/tasks/{task}/comments", {"text": "x" * 15000}, session=head),
               lambda: server.post(f"/api/v1/tasks/{task}/evidence", {"upload": ready, "kind": "document", "note": "y" * 15000}, session=head),
               lambda: server.post("/api/v1/documents", {"upload": waiting}, session=issuer)]
    if not ON_POSTGRES:  # whose disk is another
        comments = 0
        while server.post(f"/api/v1/tasks/{task}/comments", {"text": "x" * 15000}, session=head).status == 201:
            comments += 1  # the write-ahead log may have had room behind its end
            assert comments < 2000
        for change in changes[1:]:
            full(change())
    sent = server.request("PATCH", f"/api/v1/uploads/{open_upload}", noise, session=head, headers={"Upload-Offset": "0"})
    assert sent.status in (200, 507), sent.body[:200]
    disk.make_room()

    if sent.status != 200:
        full(sent)
        equal(get(server, head, f"uploads/{open_upload}")["offset"], 0)
        sent = server.request("PATCH", f"/api/v1/uploads/{open_upload}", noise, session=head, headers={"Upload-Offset": "0"})
    equal(sent.json["offset"], len(noise))
    disk.fill()
    digest = {"sha256": hashlib.sha256(noise).hexdigest()}
    full(server.post(f"/api/v1/uploads/{open_upload}/finish", digest, session=head))
    disk.make_room()
    equal(server.post(f"/api/v1/uploads/{open_upload}/finish", digest, session=head).status, 200, "the end of an upload, once there is room")

    a_document_without_room(server, disk, issuer)
    for uid in (ready, open_upload):
        equal(server.post(f"/api/v1/tasks/{task}/evidence", {"upload": uid, "kind": "document"}, session=head).status, 200, "evidence, once there is room")
    equal(ended(server, issuer, start_job(server, issuer, "/api/v1/documents", {"upload": waiting}))["state"], "done", "the document, once there is room")
    shown = get(server, head, f"tasks/{task}")
    stored = server.get(f"/api/v1/tasks/{task}/evidence/{shown['evidence_list'][1]['uid']}", session=head)
    equal(hashlib.sha256(stored.body).hexdigest(), digest["sha256"])
    if not ON_POSTGRES:
        equal(len(get(server, head, f"tasks/{task}/comments")["rows"]), comments, "comments that were acknowledged")
    prove(server, auditor)
    server.kill()
    server.start()
    prove(server, auditor)


def a_document_without_room(server, disk, issuer):
    """The job fails in words and leaves no half document."""
    count = len(get(server, issuer, "documents?limit=500")["rows"])
    body = plan(3) + "".join(f"附表{random.getrandbits(256):x}\n" for _ in range(8000))
    uid = upload(server, issuer, "large.txt", body.encode())
    disk.fill(left=200 * 1024)
    started = server.post("/api/v1/documents", {"upload": uid}, session=issuer)
    if started.status == 202:
        still = 200  # not without end: how it ended may be what there is no room for
        while still and job_of(server, issuer, started.json["job"]["uid"])["state"] not in ("done", "failed"):
            still -= 1
            time.sleep(0.1)
    disk.make_room()
    if started.status != 202:
        full(started)
        return
    job = wait_until(lambda: (lambda j: j if j["state"] in ("done", "failed") else None)(job_of(server, issuer, started.json["job"]["uid"])), 60, "its end")
    equal((job["state"], (job["error"] or {}).get("code")), ("failed", "full"))
    equal(len(get(server, issuer, "documents?limit=500")["rows"]), count)


# --- Stores that are not what they should be -----------------------------------------------------------------------------------

def refusal_of(server, *more, command=None):
    """What the program says when it does not start."""
    ended_ = subprocess.run(command or [*server.command(), *more], capture_output=True, text=True, timeout=60, check=False)
    assert ended_.returncode > 0, f"exit {ended_.returncode}: {ended_.stdout}"
    return ended_.returncode, ended_.stderr


def says(refusal, status, *words):
    equal(refusal[0], status, refusal[1])
    for word in words:
        assert word in refusal[1], f"{refusal[1]!r} lacks {word!r}"


def run_sql(server, command):
    if ON_POSTGRES:
        sql(f'SET search_path = "{server.schema}"; {command}')
    else:
        with sqlite3.connect(os.path.join(server.data, "bihuan.db")) as db:
            db.execute(command)
        db.close()


def a_store_of_a_newer_version_is_refused():
    with Demo() as server:
        server.stop()
        run_sql(server, "INSERT INTO schema_version (version, name) VALUES (9999, 'from-the-future')")
        says(refusal_of(server), 75, "newer", "9999")
        run_sql(server, "DELETE FROM schema_version WHERE version = 9999")
        server.start()


def a_store_in_use_is_refused():
    with Demo() as server:
        says(refusal_of(server), 69, "another process holds the store")
        other = Demo(data=tempfile.mkdtemp(prefix="bihuan-http-"), start=False)
        try:
            if ON_POSTGRES:  # another folder, the same database
                shutil.copy(server.data + ".key", other.data + ".key")
                other.schema = server.schema
                says(refusal_of(other), 69, "another process")
        finally:
            shutil.rmtree(other.folder)
        equal(server.get("/healthz", session=None).status, 200)


def the_wrong_key_and_none_are_refused():
    with Demo() as server:
        server.stop()
        key = server.data + ".key"
        os.rename(key, key + ".kept")
        says(refusal_of(server), 66, "key")
        subprocess.run([BINARY, "key", "--key-path", key, "create"], check=True, capture_output=True, timeout=60)
        says(refusal_of(server), 75, "key", "fingerprint")
        os.rename(key + ".kept", key)
        with open(key, encoding="utf-8") as file:
            text = file.read()
        write(key, text.replace(text.split()[-2][:4], "0000" if text.split()[-2][:4] != "0000" else "1111"))
        says(refusal_of(server), 65, "key")
        write(key, text)
        os.chmod(key, 0o644)
        says(refusal_of(server), 77, "key")
        os.chmod(key, 0o600)
        server.start()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def a_damaged_database_is_said():
    if ON_POSTGRES:
        return "what is in a database file is PostgreSQL's own matter"
    with Demo() as server:
        server.stop()
        path = os.path.join(server.data, "bihuan.db")
        with open(path, "rb") as file:
            good = file.read()
        for damaged in (b"this is no database" + good[19:], good[:len(good) // 2], b"\x00" * 4096 + good[4096:]):
            with open(path, "wb") as file:
                file.write(damaged)
            code, words = refusal_of(server)
            assert code in (65, 69) and ("damaged" in words or "not a database" in words), (code, words)
        with open(path, "wb") as file:
            file.write(good)
        server.start()
        prove(server, server.login("auditadmin01"))
    return None


if __name__ == "__main__":
    run(a_full_disk_is_said_and_loses_nothing, a_store_of_a_newer_version_is_refused, a_store_in_use_is_refused,
        the_wrong_key_and_none_are_refused, a_damaged_database_is_said)
