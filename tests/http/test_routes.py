#!/usr/bin/env python3
"""What the route table promises, route by route from /api/openapi.json, and what handlers are given."""
import json

import api
from api import UID
from lib import COOKIE, OTHER, Server, background, equal, problem, run



def a_wrong_method_is_told_the_right_ones():
    answer = SERVER.request("DELETE", "/api/v1/uploads/" + UID)
    problem(answer, 405, "not-allowed")
    equal(answer.headers["Allow"], "GET, HEAD, PATCH")
    equal(SERVER.request("OPTIONS", "/healthz").status, 405)
    equal(SERVER.request("PUT", "/").status, 404)
    head = SERVER.request("HEAD", "/healthz")
    equal((head.status, head.body, head.headers["Content-Length"]), (200, b"", "15"))


def unknown_addresses_are_not_found():
    for path in ("/api/v1/nothing", "/api/", "/api/v1/uploads/", "/api/v1/uploads/a/b/c/d/e/f/g/h/i/j/k/l/m/n", "/api/v1//jobs", "/nothing.js",
                 "/assets/x.js", "/../etc/passwd.txt"):
        problem(SERVER.get(path, session=None), 404, "not-found")


def a_dot_below_data_is_a_name():
    """/data/records/PACK.DATASET is a page like the others when it is loaded anew, or comes from a link."""
    whole = SERVER.get("/tasks/x", session=None)
    for path in ("/data/records/pack.dataset", "/data/records/pack.dataset/1.2"):
        answer = SERVER.get(path, session=None)
        equal((answer.status, answer.headers["Content-Type"], answer.body == whole.body), (200, whole.headers["Content-Type"], True))


def parameters_are_decoded_and_typed():
    p = SERVER.get("/test/params/ab-1/%E4%B8%AD%2Fa+b?n=5&flag=1&day=2026-02-28&kinds=a,b&q=%E6%96%87+%2B").json
    equal(p, {"word": "ab-1", "text": "中/a+b", "n": 5, "flag": True, "day": "2026-02-28", "kinds": "a,b", "q": "文 +"})
    p = SERVER.get("/test/params/a/b?&").json
    equal((p["n"], p["flag"], p["day"], p["kinds"]), (-1, False, None, None))
    for query, at in (("n=-1", "n"), ("n=9007199254740993", "n"), ("n=", "n"), ("n", "n"), ("flag=true", "flag"), ("day=2026-02-29", "day"),
                      ("id=abc", "id"), ("kinds=a,c", "kinds"), ("kinds=a,", "kinds"), ("limit=0", "limit"), ("limit=501", "limit"),
                      ("n=1&n=2", "n"), ("q=%zz", "q"), ("q=%ff", "q"), ("q=%00", "q"), ("q=%", "q")):
        problem(SERVER.get("/test/params/a/b?" + query), 400, "bad-input", f"query:{at}")
    problem(SERVER.get("/test/params/A/b"), 400, at="path:word")
    problem(SERVER.get("/test/params/a/%ff"), 400, at="path:text")
    problem(SERVER.get("/test/params/a/b?%E4%B8%AD=1"), 400, at="query")


def a_json_body_is_checked():
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    equal(SERVER.post("/test/echo", "", headers=json_type).json["got"], None)
    equal(SERVER.post("/test/echo", ' {"a":[1]} ', headers=json_type).json["got"], {"a": [1]})
    problem(SERVER.post("/test/echo", "{}", headers={"Content-Type": "text/plain"}), 400, at="header:Content-Type")
    problem(SERVER.post("/test/echo", "{}"), 400, at="header:Content-Type")
    problem(SERVER.post("/test/echo", "[1]", headers=json_type), 400, at="/")
    problem(SERVER.post("/test/echo", '{"a":', headers=json_type), 400)
    problem(SERVER.post("/test/echo", '{"a":"\xff"}'.encode("latin-1"), headers=json_type), 400)
    problem(SERVER.post("/test/echo", "[" * 100 + "]" * 100, headers=json_type), 413)
    equal(problem(SERVER.post("/test/job", {}), 400)["at"], "")
    problem(SERVER.post("/test/bulk", "{}", headers=json_type), 400)


def a_change_names_its_version():
    problem(SERVER.request("PATCH", "/test/object", {}), 428, "precondition")
    for tag in ("7", '"x"', '""', 'W/"7"', '"-7"', '"7", "8"'):
        problem(SERVER.request("PATCH", "/test/object", {}, headers={"If-Match": tag}), 400, at="header:If-Match")
    stale = problem(SERVER.request("PATCH", "/test/object", {}, headers={"If-Match": '"6"'}), 409, "version-stale")
    equal(stale["present"], 7)
    equal(SERVER.request("PATCH", "/test/object", {}, headers={"If-Match": '"7"'}).status, 200)


def our_own_mistakes_are_not_told():
    p = problem(SERVER.get("/test/fail"), 500, "internal")
    assert "secret" not in json.dumps(p), p


def jobs_of(session=COOKIE):
    return SERVER.get("/api/v1/jobs?limit=500", session=session).json["rows"]


def a_repeated_post_is_done_once():
    key = {"Idempotency-Key": "k-1"}
    before = len(jobs_of())
    first = SERVER.post("/test/job", {"kind": "test-fail"}, headers=key)
    again = SERVER.post("/test/job", {"kind": "test-fail"}, headers=key)
    equal((first.status, again.status, again.headers["Idempotency-Replayed"]), (202, 202, "true"))
    equal(again.json["job"]["uid"], first.json["job"]["uid"])
    equal(len(jobs_of()), before + 1)
    problem(SERVER.post("/test/job", {"kind": "test-steps"}, headers=key), 409, "idempotency-reused")
    equal(SERVER.post("/test/job", {"kind": "test-fail"}, headers=key, session=OTHER).status, 202, "another account's key")
    problem(SERVER.post("/test/job", {"kind": "test-fail"}, headers={"Idempotency-Key": "x" * 65}), 400, at="header:Idempotency-Key")
    problem(SERVER.post("/test/job", {}, headers={"Idempotency-Key": "k-2"}), 400)
    equal(SERVER.post("/test/job", {"kind": "test-fail"}, headers={"Idempotency-Key": "k-2"}).status, 202, "what failed may be tried again")


def a_repeated_post_at_the_same_time_is_done_once():
    before = len(jobs_of())
    threads = [background(SERVER.post, "/test/job", {"kind": "test-fail"}, headers={"Idempotency-Key": "k-3"}) for _ in range(10)]
    for t in threads:
        t.join()
    statuses = {t.result.status for t in threads}
    assert statuses <= {202, 409} and 202 in statuses, statuses
    equal(len(jobs_of()), before + 1)


def a_key_outlives_the_server():
    first = SERVER.post("/test/job", {"kind": "test-fail"}, headers={"Idempotency-Key": "k-4"}).json
    SERVER.kill()
    SERVER.start()
    again = SERVER.post("/test/job", {"kind": "test-fail"}, headers={"Idempotency-Key": "k-4"})
    equal(again.json["job"]["uid"], first["job"]["uid"])


def the_list_goes_page_by_page():
    everything = [j["uid"] for j in jobs_of()]
    assert len(everything) > 3
    seen, cursor = [], ""
    while cursor is not None:
        page = SERVER.get(f"/api/v1/jobs?limit=2&cursor={cursor}").json
        seen += [j["uid"] for j in page["rows"]]
        cursor = page["next"]
    equal(seen, everything)
    equal(SERVER.get("/api/v1/jobs?total=1&limit=1").json["total"], len(everything))
    problem(SERVER.get("/api/v1/jobs?cursor=nonsense"), 400)


def the_pages_are_served_with_history_and_cache():
    page = SERVER.get("/", session=None)
    equal((page.status, page.headers["Content-Type"], page.headers["Cache-Control"]), (200, "text/html; charset=utf-8", "no-cache"))
    equal(SERVER.get("/tasks/" + UID, session=None).body, page.body, "an address of the pages")
    known = SERVER.get("/", session=None, headers={"If-None-Match": page.headers["ETag"]})
    equal((known.status, known.body), (304, b""))
    packed = SERVER.get("/", session=None, headers={"Accept-Encoding": "gzip, br"})
    if packed.headers["Content-Encoding"]:
        import gzip
        equal(gzip.decompress(packed.body), page.body)
    assert page.headers["Vary"] == "Accept-Encoding"


def metrics_are_for_this_machine_and_name_no_values():
    SERVER.get("/test/params/a/very-private?q=secret-word")
    text = SERVER.get("/metrics", session=None).body.decode()
    assert 'route="/test/params/{word:word}/{text:text}"' in text and "secret-word" not in text and "very-private" not in text
    assert "bihuan_http_workers 4" in text
    with open(SERVER.folder + "/log", encoding="utf-8") as f:
        log = f.read()
    assert "secret-word" not in log and "very-private" not in log
    assert json.loads(log.splitlines()[-1])["event"], log


if __name__ == "__main__":
    with Server("log=1") as SERVER:
        run(*api.tests(SERVER, COOKIE), a_wrong_method_is_told_the_right_ones, unknown_addresses_are_not_found, a_dot_below_data_is_a_name, parameters_are_decoded_and_typed, a_json_body_is_checked, a_change_names_its_version,
            our_own_mistakes_are_not_told, a_repeated_post_is_done_once, a_repeated_post_at_the_same_time_is_done_once,
            a_key_outlives_the_server, the_list_goes_page_by_page, the_pages_are_served_with_history_and_cache,
            metrics_are_for_this_machine_and_name_no_values)
