#!/usr/bin/env python3
"""Uploads: in pieces, broken off, killed, over the limits, on a full disk, taken once."""
import hashlib
import os
import socket
import subprocess
import tempfile
import time

from lib import Answer, COOKIE, OTHER, Server, background, equal, problem, run, wait_until

CHUNK = 8 * 1024 * 1024
TEXT = bytes(range(256)) * 40000  # 10.24 MB


def begin(server, size=len(TEXT), name="方案.docx", **more):
    answer = server.post("/api/v1/uploads", {"name": name, "size": size}, **more)
    equal(answer.status, 201)
    return answer.json["uid"]


def send(server, uid, offset, data, **more):
    return server.request("PATCH", f"/api/v1/uploads/{uid}", data, headers={"Upload-Offset": str(offset)}, **more)


def finish(server, uid, data=TEXT, **more):
    return server.post(f"/api/v1/uploads/{uid}/finish", {"sha256": hashlib.sha256(data).hexdigest()}, **more)


def offset(server, uid):
    return server.get(f"/api/v1/uploads/{uid}").json["offset"]


def tmp_files(server):
    return [f for f in os.listdir(os.path.join(server.data, "tmp")) if f.startswith("upload-")]


def a_file_comes_in_pieces_and_is_whole():
    uid = begin(SERVER)
    p = SERVER.get(f"/api/v1/uploads/{uid}").json
    equal((p["offset"], p["chunk"], p["size"], p["name"]), (0, CHUNK, len(TEXT), "方案.docx"))
    equal(send(SERVER, uid, 0, TEXT[:CHUNK]).json["offset"], CHUNK)
    problem(finish(SERVER, uid), 409, "upload-offset")
    equal(send(SERVER, uid, CHUNK, TEXT[CHUNK:]).json["offset"], len(TEXT))
    done = finish(SERVER, uid).json
    equal((done["size"], done["name"], done["sha256"]), (len(TEXT), "方案.docx", hashlib.sha256(TEXT).hexdigest()))
    equal(finish(SERVER, uid).status, 200, "finished twice")
    equal(tmp_files(SERVER), [])
    blob = SERVER.get(f"/test/blob/{done['sha256']}?size={len(TEXT)}")
    equal(hashlib.sha256(blob.body).hexdigest(), done["sha256"])
    equal(blob.headers["Content-Disposition"], "attachment; filename*=UTF-8''b%C3%A9%20%221%22.bin")
    assert "sandbox" in blob.headers["Content-Security-Policy"]
    for parent, _, files in os.walk(os.path.join(SERVER.data, "blobs")):
        for f in files:
            with open(os.path.join(parent, f), "rb") as stored:
                assert bytes(range(256)) not in stored.read(), "stored in the clear"


def wrong_offsets_are_told_the_right_one():
    uid = begin(SERVER, 100)
    equal(send(SERVER, uid, 0, b"a" * 40).status, 200)
    for wrong in (0, 39, 41, 100, 10**18):
        equal(problem(send(SERVER, uid, wrong, b"b" * 10), 409, "upload-offset")["params"]["offset"], "40")
    problem(SERVER.request("PATCH", f"/api/v1/uploads/{uid}", b"x"), 400, at="header:Upload-Offset")
    problem(send(SERVER, uid, -1, b"x"), 409, "upload-offset")
    problem(send(SERVER, uid, 40, b"c" * 61), 413, "upload-size")
    equal(send(SERVER, uid, 40, b"").json["offset"], 40)
    equal(offset(SERVER, uid), 40)


def a_wrong_hash_begins_anew():
    data = b"d" * 1000
    uid = begin(SERVER, 1000)
    send(SERVER, uid, 0, b"e" * 1000)
    problem(finish(SERVER, uid, data), 409, "upload-hash")
    equal(offset(SERVER, uid), 0)
    send(SERVER, uid, 0, data)
    equal(finish(SERVER, uid, data).status, 200)
    problem(SERVER.post(f"/api/v1/uploads/{uid}/finish", {"sha256": "zz"}), 400, at="/sha256")


def limits_are_held():
    limit = problem(SERVER.post("/api/v1/uploads", {"name": "a", "size": 6 * 1024 ** 3 + 1}), 413, "too-large", "/size")["params"]["limit"]
    equal(limit, str(6 * 1024 ** 3))
    problem(SERVER.post("/api/v1/uploads", {"name": "a", "size": -1}), 400, at="/size")
    for name in ("", "a/b", "a\nb", "名" * 201):
        problem(SERVER.post("/api/v1/uploads", {"name": name, "size": 1}), 400, at="/name")
    equal(SERVER.post("/api/v1/uploads", {"name": "名" * 200, "size": 1}).status, 201)
    uid = begin(SERVER, CHUNK + 1)
    problem(too_long(uid), 413, "too-large")
    equal(offset(SERVER, uid), 0)


def too_long(uid):
    """A piece over the limit: refused by its announcement, before it is sent."""
    c = SERVER.connect()
    c.putrequest("PATCH", f"/api/v1/uploads/{uid}")
    for name, value in {**COOKIE, "Upload-Offset": "0", "Content-Length": str(CHUNK + 1)}.items():
        c.putheader(name, value)
    c.endheaders()
    r = c.getresponse()
    return Answer(r.status, r.headers, r.read())


def an_upload_is_its_own_accounts():
    uid = begin(SERVER, 10)
    problem(SERVER.get(f"/api/v1/uploads/{uid}", session=OTHER), 404)
    problem(send(SERVER, uid, 0, b"x", session=OTHER), 404)
    problem(finish(SERVER, uid, b"x", session=OTHER), 404)


def too_many_uploads_are_refused():
    with Server() as s:
        for _ in range(50):
            begin(s, 1, session=OTHER)
        problem(s.post("/api/v1/uploads", {"name": "a", "size": 1}, session=OTHER), 429, "too-many")
        equal(len(tmp_files(s)), 50, "files of refused uploads are gone")
        begin(s, 1)


def two_writers_at_one_place_make_one_file():
    pieces = [bytes([65 + i]) * 2_000_000 for i in range(6)]
    uid = begin(SERVER, 2_000_000)
    threads = [background(send, SERVER, uid, 0, p) for p in pieces]
    for t in threads:
        t.join()
    winners = [i for i, t in enumerate(threads) if t.result.status == 200]
    equal(len(winners), 1, "winners")
    for t in threads:
        assert t.result.status in (200, 409), t.result.status
    equal(finish(SERVER, uid, pieces[winners[0]]).status, 200, "the file is the winner's")


def a_broken_connection_loses_only_its_piece():
    uid = begin(SERVER)
    send(SERVER, uid, 0, TEXT[:1000])
    s = SERVER.raw((f"PATCH /api/v1/uploads/{uid} HTTP/1.1\r\nHost: x\r\nCookie: bihuan=one\r\nX-CSRF-Token: csrf-one\r\n"
                    f"Upload-Offset: 1000\r\nContent-Length: 500000\r\n\r\n").encode() + TEXT[1000:200000], keep=True)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
    time.sleep(0.3)
    equal(offset(SERVER, uid), 1000)
    equal(send(SERVER, uid, 1000, TEXT[1000:CHUNK]).json["offset"], CHUNK)
    wait_until(lambda: "bihuan_http_body_bytes 0" in SERVER.get("/metrics").body.decode(), what="memory of the broken body given back")


def a_killed_server_goes_on_where_it_was_durable():
    with Server() as s:
        piece = 256 * 1024
        uid = begin(s)
        acknowledged, sent = 0, 0
        for round_ in range(4):
            end = time.monotonic() + 0.15
            killer = background(lambda: (time.sleep(0.12), s.process.kill()))
            try:
                while time.monotonic() < end and sent < len(TEXT):
                    answer = send(s, uid, sent, TEXT[sent:sent + piece], timeout=5)
                    if answer.status == 200:
                        acknowledged = sent = answer.json["offset"]
            except OSError:
                pass
            killer.join()
            s.process.wait()
            # what a torn write may have left behind the durable end must not matter
            with open(os.path.join(s.data, "tmp", f"upload-{uid}"), "r+b") as f:
                f.seek(0, 2)
                if f.tell() < len(TEXT):
                    f.write(b"torn")
            s.start()
            sent = offset(s, uid)
            assert sent >= acknowledged, f"round {round_}: {sent} < {acknowledged} which was acknowledged"
        while sent < len(TEXT):
            sent = send(s, uid, sent, TEXT[sent:sent + piece]).json["offset"]
        equal(finish(s, uid).status, 200)
        s.kill()
        s.start()
        equal(s.post("/test/take", {"upload": uid}).status, 201, "a finished upload outlives the server")


def a_finished_upload_is_taken_once():
    uid = begin(SERVER, 4)
    problem(SERVER.post("/test/take", {"upload": uid}), 409, "upload-unfinished")
    send(SERVER, uid, 0, b"data")
    finish(SERVER, uid, b"data")
    problem(SERVER.post("/test/take", {"upload": uid}, session=OTHER), 404)
    equal(SERVER.post("/test/take", {"upload": uid}).json, {"name": "方案.docx", "size": 4})
    problem(SERVER.post("/test/take", {"upload": uid}), 404)


def a_full_disk_is_said_and_nothing_is_lost():
    with Server(limits=["prlimit", f"--fsize={6 * 1024 * 1024}"]) as s:
        uid = begin(s)
        answer = send(s, uid, 0, TEXT[:CHUNK])
        problem(answer, 507, "full")
        equal(offset(s, uid), 0)
        equal(send(s, uid, 0, TEXT[:1000]).json["offset"], 1000)


def fill(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(fd, b"x" * 65536)
    except OSError:
        os.close(fd)


def a_full_file_system_is_said():
    folder = tempfile.mkdtemp(prefix="bihuan-full-")
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=False, capture_output=True).returncode:
        os.rmdir(folder)
        return "no file system can be mounted here"
    try:
        with Server(data=folder) as s:
            problem(s.post("/api/v1/uploads", {"name": "a", "size": 64 * 1024 * 1024}), 507, "full")
            equal(tmp_files(s), [])
            uid = begin(s)
            equal(send(s, uid, 0, TEXT[:CHUNK]).status, 200)
            fill(os.path.join(folder, "ballast"))
            full = s.post("/test/small")
            assert full.status in (204, 507), full.status
            os.unlink(os.path.join(folder, "ballast"))
            equal(s.post("/test/small").status, 204, "after room was made")
            equal(offset(s, uid), CHUNK)
            s.stop()
    finally:
        subprocess.run(["umount", folder], check=False)
    return None


if __name__ == "__main__":
    with Server() as SERVER:
        run(a_file_comes_in_pieces_and_is_whole, wrong_offsets_are_told_the_right_one, a_wrong_hash_begins_anew, limits_are_held,
            an_upload_is_its_own_accounts, too_many_uploads_are_refused, two_writers_at_one_place_make_one_file,
            a_broken_connection_loses_only_its_piece, a_killed_server_goes_on_where_it_was_durable, a_finished_upload_is_taken_once,
            a_full_disk_is_said_and_nothing_is_lost, a_full_file_system_is_said)
