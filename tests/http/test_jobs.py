#!/usr/bin/env python3
"""Jobs: run, shown, watched live, taken up again after a crash and after a stop."""
import json
import socket

from lib import OTHER, Server, equal, problem, run, wait_until


def start(server, kind, **more):
    answer = server.post("/test/job", {"kind": kind}, **more)
    equal(answer.status, 202)
    job = answer.json["job"]
    assert job["state"] in ("waiting", "running", "done", "failed"), job
    return job["uid"]


def get(server, uid, **more):
    return server.get(f"/api/v1/jobs/{uid}", **more).json


def ended(server, uid):
    return wait_until(lambda: (j := get(server, uid))["state"] in ("done", "failed") and j, what=f"job {uid}")


def watch(server, uid, cookie="one"):
    s = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    s.sendall(f"GET /api/v1/jobs/{uid}/events HTTP/1.1\r\nHost: x\r\nCookie: bihuan={cookie}\r\nConnection: close\r\n\r\n".encode())
    return s


def events(s):
    got = b""
    while piece := s.recv(65536):
        got += piece
    s.close()
    head, body = got.split(b"\r\n\r\n", 1)
    assert b"text/event-stream" in head, head
    return [json.loads(line[6:]) for line in dechunk(body).decode().split("\n") if line.startswith("data: ")]


def dechunk(body):
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        n = int(size, 16)
        out, body = out + body[:n], body[n + 2:]
        if n == 0:
            break
    return out


def a_job_runs_and_shows_its_way():
    uid = start(SERVER, "test-steps")
    states, progress = set(), []
    def look():
        j = get(SERVER, uid)
        states.add(j["state"])
        progress.append(j["progress"])
        return j["state"] == "done" and j
    job = wait_until(look)
    equal((job["result"], job["error"], job["progress"], job["doing"]), ({"attempt": 1}, None, 1, None))
    assert "running" in states and progress == sorted(progress) and len(set(progress)) > 2, (states, progress)
    equal(job["by"], {"uid": "00000000000000000000000001", "name": "somebody"})
    assert job["created"].endswith("+08:00") and job["finished"] >= job["created"]


def a_failure_is_a_problem():
    job = ended(SERVER, start(SERVER, "test-fail"))
    equal((job["state"], job["error"]["code"], job["error"]["status"], job["result"]), ("failed", "empty", 400, None))
    unknown = ended(SERVER, start(SERVER, "no-such-kind"))
    equal(unknown["error"]["code"], "internal")


def live_events_tell_each_change_to_the_end():
    uid = start(SERVER, "test-steps")
    watchers = [watch(SERVER, uid) for _ in range(3)]
    for s in watchers:
        seen = events(s)
        equal(seen[-1]["state"], "done")
        assert len(seen) >= 4, seen
        equal([e["progress"] for e in seen], sorted(e["progress"] for e in seen))
    equal(events(watch(SERVER, uid))[-1]["result"], {"attempt": 1})


def a_watcher_who_leaves_harms_nobody():
    uid = start(SERVER, "test-steps")
    gone = watch(SERVER, uid)
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    gone.close()
    equal(ended(SERVER, uid)["state"], "done")
    equal(SERVER.get("/healthz").status, 200)


def jobs_of_others_are_not_shown():
    uid = start(SERVER, "test-fail")
    problem(SERVER.get(f"/api/v1/jobs/{uid}", session=OTHER), 404)
    problem(SERVER.get(f"/api/v1/jobs/{uid}/events", session=OTHER), 404)
    mine = start(SERVER, "test-fail", session=OTHER)
    equal([j["uid"] for j in SERVER.get("/api/v1/jobs", session=OTHER).json["rows"]], [mine])
    assert mine in [j["uid"] for j in SERVER.get("/api/v1/jobs").json["rows"]], "the administrator sees all"
    ended(SERVER, mine)
    rows = SERVER.get("/api/v1/jobs?state=failed&kind=test-fail").json["rows"]
    assert rows and {(r["state"], r["kind"]) for r in rows} == {("failed", "test-fail")}


def two_run_at_a_time():
    uids = [start(SERVER, "test-steps") for _ in range(4)]
    wait_until(lambda: sum(get(SERVER, u)["state"] == "running" for u in uids) == 2)
    assert sum(get(SERVER, u)["state"] == "running" for u in uids) <= 2
    for u in uids:
        equal(ended(SERVER, u)["state"], "done")


def a_job_of_a_killed_process_is_run_again():
    with Server() as s:
        uid = start(s, "test-steps")
        wait_until(lambda: get(s, uid)["state"] == "running")
        s.kill()
        s.start()
        equal(ended(s, uid)["result"], {"attempt": 2})


def a_stop_puts_a_job_back_without_counting():
    with Server() as s:
        uid = start(s, "test-steps")
        wait_until(lambda: get(s, uid)["progress"] > 0)
        equal(s.stop(), 0)
        s.start()
        equal(ended(s, uid)["result"], {"attempt": 1})


def a_job_that_kills_the_process_fails_in_the_end():
    with Server() as s:
        try:
            s.post("/test/job", {"kind": "test-crash"})
        except OSError:
            pass  # it died before it could answer
        for _ in range(2):
            s.process.wait(10)
            s.start()
        uid = s.get("/api/v1/jobs?kind=test-crash").json["rows"][0]["uid"]
        job = ended(s, uid)
        equal((job["state"], job["error"]["code"]), ("failed", "job-crashed"))


def what_is_periodic_runs_by_itself():
    job = wait_until(lambda: [j for j in SERVER.get("/api/v1/jobs?kind=tidy").json["rows"] if j["state"] == "done"])[0]
    equal(job["by"], None)


if __name__ == "__main__":
    with Server() as SERVER:
        run(a_job_runs_and_shows_its_way, a_failure_is_a_problem, live_events_tell_each_change_to_the_end, a_watcher_who_leaves_harms_nobody,
            jobs_of_others_are_not_shown, two_run_at_a_time, a_job_of_a_killed_process_is_run_again, a_stop_puts_a_job_back_without_counting,
            a_job_that_kills_the_process_fails_in_the_end, what_is_periodic_runs_by_itself)
