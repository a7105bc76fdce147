#!/usr/bin/env python3
"""The running model: who waits for whom, by the order in which answers come, and how a server ends."""
import hashlib
import socket
import time

from lib import Server, background, equal, problem, read_all, run, wait_until


def a_slow_request_does_not_delay_a_fast_one():
    slow = [background(SERVER.get, "/test/sleep?ms=1500") for _ in range(3)]
    time.sleep(0.1)
    for path in ("/api/v1/jobs", "/healthz", "/", "/test/sleep?ms=0"):
        equal(SERVER.get(path).status, 200, path)
    assert all(t.is_alive() for t in slow), "the fast ones were answered after a slow one"
    for t in slow:
        t.join()
        equal(t.result.status, 200)


def the_pages_are_served_while_every_worker_sleeps():
    slow = [background(SERVER.get, "/test/sleep?ms=1500") for _ in range(12)]
    time.sleep(0.2)
    for path in ("/healthz", "/", "/api/openapi.json", "/nothing.js"):
        assert SERVER.get(path).status in (200, 404), path
    assert all(t.is_alive() for t in slow), "the pages were answered after a slow request"
    waiting = background(SERVER.get, "/api/v1/jobs")
    waiting.join(0.3)
    assert waiting.is_alive(), "a worker was free: the test proves nothing"
    for t in slow + [waiting]:
        t.join()
        equal(t.result.status, 200)


def a_small_write_is_done_before_a_long_one_ends():
    bulk = background(SERVER.post, "/test/bulk?ms=3000")
    time.sleep(0.3)
    for _ in range(5):
        equal(SERVER.post("/test/small").status, 204)
        equal(SERVER.get("/api/v1/jobs").status, 200)
    assert bulk.is_alive(), "the small writes waited for the end of the bulk write"
    bulk.join()
    equal(bulk.result.status, 204)


def a_slow_reader_holds_no_worker():
    data = b"z" * 8_000_000
    uid = SERVER.post("/api/v1/uploads", {"name": "z", "size": len(data)}).json["uid"]
    SERVER.request("PATCH", f"/api/v1/uploads/{uid}", data, headers={"Upload-Offset": "0"})
    sha = SERVER.post(f"/api/v1/uploads/{uid}/finish", {"sha256": hashlib.sha256(data).hexdigest()}).json["sha256"]
    request = f"GET /test/blob/{sha}?size={len(data)} HTTP/1.1\r\nHost: x\r\nCookie: bihuan=one\r\nConnection: close\r\n\r\n".encode()
    readers = [SERVER.raw(request, keep=True, timeout=20) for _ in range(8)]
    time.sleep(0.3)
    equal(SERVER.get("/api/v1/jobs").status, 200)
    for s in readers:
        got, closed = read_all(s)
        equal((closed, got.split(b"\r\n\r\n", 1)[1] == data), (True, True))


def too_many_waiting_requests_are_told_to_come_back():
    with Server("workers=1") as s:
        first = background(s.get, "/test/sleep?ms=3000")
        time.sleep(0.2)
        rest = [background(s.get, "/test/sleep?ms=1") for _ in range(70)]
        for t in rest + [first]:
            t.join()
        answers = [t.result for t in rest]
        equal({a.status for a in answers}, {200, 503})
        served = sum(a.status == 200 for a in answers)
        assert served >= 50, f"only {served} waited for one worker"  # more where some came only after the first had ended
        busy = next(a for a in answers if a.status == 503)
        equal((busy.json["code"], busy.headers["Retry-After"]), ("busy", "5"))


def bodies_together_have_a_limit():
    uid = "0123456789abcdefghjkmnpqrs"
    head = (f"PATCH /api/v1/uploads/{uid} HTTP/1.1\r\nHost: x\r\nCookie: bihuan=one\r\nX-CSRF-Token: csrf-one\r\nUpload-Offset: 0\r\n"
            f"Content-Length: {8 * 1024 * 1024}\r\n\r\n").encode()
    with Server() as s:
        held = [s.raw(head + b"x", keep=True) for _ in range(32)]
        gauge = lambda: int(s.get("/metrics").body.split(b"bihuan_http_body_bytes ")[1].split()[0])
        wait_until(lambda: gauge() == 256 * 1024 * 1024, what="all bodies counted")
        problem(s.post("/test/echo", {"a": 1}), 503, "busy")
        held.pop().close()
        wait_until(lambda: gauge() < 256 * 1024 * 1024, what="one given back")
        equal(s.post("/test/echo", {"a": 1}).status, 200)
        for h in held:
            h.close()
        wait_until(lambda: gauge() == 0, what="all given back")


def a_stop_lets_requests_end_and_takes_no_new_ones():
    with Server() as s:
        idle = s.connect()
        equal(s.get("/healthz", connection=idle).status, 200)
        slow = background(s.get, "/test/sleep?ms=1000")
        bulk = background(s.post, "/test/bulk?ms=1000")
        time.sleep(0.3)
        stopping = background(s.stop)
        time.sleep(0.3)
        try:
            socket.create_connection(("127.0.0.1", s.port), timeout=1).close()
            raise AssertionError("a new connection was taken while stopping")
        except OSError:
            pass
        late = s.get("/healthz", connection=idle)
        equal((late.status, late.headers["Connection"]), (503, "close"))
        for t in (slow, bulk, stopping):
            t.join()
        equal((slow.result.status, bulk.result.status, stopping.result), (200, 204, 0))


def a_stop_does_not_wait_for_ever():
    with Server("grace_ms=500") as s:
        half = s.raw(b"POST /test/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Type: application/json\r\n\r\n{", keep=True)
        job = s.post("/test/job", {"kind": "test-steps"}).json["job"]["uid"]
        live = s.raw(f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: x\r\nCookie: bihuan=one\r\n\r\n".encode(), keep=True)
        time.sleep(0.3)
        equal(s.stop(within=15), 0)  # the default grace is 20 s
        half.close()
        live.close()


def what_was_acknowledged_survives_a_kill():
    with Server() as s:
        acknowledged = []
        def writer():
            try:
                while True:
                    answer = s.post("/test/job", {"kind": "no-such-kind"}, timeout=5)
                    if answer.status == 202:
                        acknowledged.append(answer.json["job"]["uid"])
            except (OSError, ValueError):
                pass
        for _ in range(3):
            threads = [background(writer) for _ in range(3)]
            time.sleep(0.5)
            s.kill()
            for t in threads:
                t.join()
            s.start()
        assert len(acknowledged) > 10, len(acknowledged)
        for uid in acknowledged:
            equal(s.get(f"/api/v1/jobs/{uid}").status, 200, uid)


if __name__ == "__main__":
    with Server() as SERVER:
        run(a_slow_request_does_not_delay_a_fast_one, the_pages_are_served_while_every_worker_sleeps,
            a_small_write_is_done_before_a_long_one_ends, a_slow_reader_holds_no_worker, too_many_waiting_requests_are_told_to_come_back,
            bodies_together_have_a_limit, a_stop_lets_requests_end_and_takes_no_new_ones,
            a_stop_does_not_wait_for_ever, what_was_acknowledged_survives_a_kill)
