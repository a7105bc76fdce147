#!/usr/bin/env python3
"""Bad input and faults, on the program itself: each gets a clear answer, and nothing that was acknowledged is lost.

Every document here is invented."""
import io
import json
import os
import sqlite3
import subprocess
import zipfile

from client import act, added_document, begin_upload, edit, ended, files_with, get, issue, prove, read_document, refused_document, set_measure, start_job, upload
from lib import ON_POSTGRES, Demo, background, equal, problem, run

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def plan(number, items=3, title="测试要点"):
    """A small plan of its own number and text."""
    lines = [f"示测发〔2026〕{number}号", f"关于印发《2026年{title}第{number}号》的通知", ""]
    lines += [f"{i}. 完成第{number}号文件第{i}项试验任务，覆盖率达到{50 + i % 50}%以上。（牵头处室：疾控处）" for i in range(1, items + 1)]
    return "\n".join(lines) + "\n"


# --- Files that are no documents --------------------------------------------------------------------------------------

def a_file_that_is_no_document_is_refused():
    refused_document(SERVER, ISSUER, "a.docx", b"MZ\x90\x00" + os.urandom(5000), "not-a-document")
    refused_document(SERVER, ISSUER, "b.pdf", b"%PDF-1.7\n" + os.urandom(5000), "not-a-document")


def an_empty_file_is_refused():
    refused_document(SERVER, ISSUER, "a.txt", b"", "empty")
    refused_document(SERVER, ISSUER, "b.txt", b" \r\n\t\n", "empty")


def binary_with_a_name_of_text_is_refused():
    refused_document(SERVER, ISSUER, "a.txt", bytes(range(256)) * 40, "not-a-document")


def docx_with(document):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        z.writestr("word/document.xml", document)
    return out.getvalue()


def a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = docx_with(b" " * (200 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024, len(bomb)
    refused_document(SERVER, ISSUER, "bomb.docx", bomb, "too-large")
    peak = next(int(line.split()[1]) for line in open(f"/proc/{SERVER.process.pid}/status") if line.startswith("VmHWM"))
    assert peak < 400 * 1024, f"the server took {peak} KB"


def an_encrypted_pdf_is_refused():
    with open(os.path.join(TESTS, "data/doc/encrypted.pdf"), "rb") as file:
        refused_document(SERVER, ISSUER, "a.pdf", file.read(), "encrypted")


def pictures_of_text_are_refused():
    with open(os.path.join(TESTS, "data/doc/scan.pdf"), "rb") as file:
        refused_document(SERVER, ISSUER, "a.pdf", file.read(), "no-text-layer")


def a_hundred_thousand_items_are_refused_with_the_limit():
    items = "".join(f"第{part}部分\n" + "".join(f"{i}. 完成第{part}部分第{i}项任务。\n" for i in range(1, 501)) for part in range(1, 201))
    refusal = refused_document(SERVER, ISSUER, "a.txt", (plan(1, 0) + items).encode(), "too-many-items")
    equal(refusal["params"].get("limit"), "5000")


def mixed_encodings_are_refused_at_their_place():
    first = plan(2).encode()
    refusal = refused_document(SERVER, ISSUER, "a.txt", first + plan(3, 30).encode("gb18030"), "mixed-encoding")
    at = int(refusal["at"].split()[1])  # the first bytes of the other encoding may be letters of the one as well
    assert len(first) <= at < len(first) + 6, f"byte {at} for byte {len(first)}"


def a_document_over_the_limit_is_refused():
    refused_document(SERVER, ISSUER, "a.txt", b"a" * (10 * 1024 * 1024 + 1), "too-large")
    refused_document(SERVER, ISSUER, "b.txt", b"a" * (32 * 1024 * 1024 + 1), "too-large")


def a_file_over_the_limit_of_uploads_is_refused_at_once():
    refusal = problem(SERVER.post("/api/v1/uploads", {"name": "a", "size": 7 * 1024**3}, session=ISSUER), 413, "too-large", "/size")
    equal(refusal["params"]["limit"], str(6 * 1024**3))


# --- A classified document ------------------------------------------------------------------------------------------------

def a_classified_document_leaves_nothing_behind():
    before = get(SERVER, AUDITOR, "events?verb=document-refused&limit=500")["rows"]
    title, name = "代号青松试验方案", "关于红杉的文件.txt"
    text = f"机密★10年\n示测密〔2026〕9号\n{title}\n1. 完成{title}第一项。（牵头处室：疾控处）\n"
    refusal = refused_document(SERVER, ISSUER, name, text.encode(), "classified")
    assert "青松" not in json.dumps(refusal, ensure_ascii=False), refusal
    after = get(SERVER, AUDITOR, "events?verb=document-refused&limit=500")["rows"]
    equal(len(after), len(before) + 1, "events of a refusal")
    equal(after[0]["data"], {"reason": "classified"})
    jobs = json.dumps(get(SERVER, ISSUER, "jobs?limit=500"), ensure_ascii=False)
    assert "青松" not in jobs and "红杉" not in jobs, "the job names it"
    needles = [word.encode(code) for word in ("青松", title) for code in ("utf-8", "gb18030")]
    equal(files_with(SERVER.folder, *needles, b"\\u9752\\u677e"), [], "files that hold a word of it")
    if ON_POSTGRES:
        dump = subprocess.run(["pg_dump", "--data-only", "--schema", SERVER.schema, os.environ["BIHUAN_TEST_PG"]], check=True, capture_output=True, timeout=60)
        assert "青松".encode() not in dump.stdout, "the database holds a word of it"
        assert "红杉".encode() not in dump.stdout, "the database holds the file's name"
    else:
        with sqlite3.connect(os.path.join(SERVER.data, "bihuan.db")) as db:
            assert "红杉" not in "\n".join(db.iterdump()), "the database holds the file's name"


# --- Documents that are ----------------------------------------------------------------------------------------------------

def the_same_document_again_is_the_one_that_is_there():
    text = plan(20)
    first = added_document(SERVER, ISSUER, "a.txt", text.encode())
    count = lambda: get(SERVER, ISSUER, "documents?total=1&limit=1")["total"]
    before = count()
    for name, content in (("a.txt", text.encode()), ("b.txt", text.encode("gb18030")), ("c.txt", text.replace("\n", "\r\n").encode("utf-8-sig"))):
        equal(read_document(SERVER, ISSUER, name, content)["result"], {"existing": first, "relations": 0}, name)
    equal(count(), before)
    again = read_document(SERVER, ISSUER, "a.txt", text.encode(), again=True)["result"]["document"]
    assert again != first
    equal(count(), before + 1)


def gb18030_with_cr_lf_is_marked_where_it_stands():
    text = plan(21).replace("测试要点", "测试🏥要点")
    uid = added_document(SERVER, ISSUER, "a.txt", text.replace("\n", "\r\n").encode("gb18030"))
    document = get(SERVER, ISSUER, f"documents/{uid}")
    equal(len(document["items"]), 3)
    for item in document["items"]:
        start, end = item["title_span"]
        assert item["title"].rstrip("。") in document["text"][start:end], (item["title"], document["text"][start:end])
        start, end = item["lead"][0]["span"]
        equal(document["text"][start:end], "疾控处")


def two_at_once_with_the_same_document_make_one():
    uploads = [upload(SERVER, s, "a.txt", plan(22).encode()) for s in (ISSUER, ISSUER2, ISSUER, ISSUER2)]
    calls = [background(start_job, SERVER, s, "/api/v1/documents", {"upload": u}) for s, u in zip((ISSUER, ISSUER2, ISSUER, ISSUER2), uploads)]
    for call in calls:
        call.join()
    results = [ended(SERVER, s, call.result)["result"] for s, call in zip((ISSUER, ISSUER2, ISSUER, ISSUER2), calls)]
    made = {r["document"] for r in results if "document" in r}
    equal(len(made), 1, results)
    equal({r["existing"] for r in results if "existing" in r}, made)


# --- Bodies -------------------------------------------------------------------------------------------------------------------

def send(body, path="/api/v1/uploads", content_type="application/json", **more):
    return SERVER.request("POST", path, body, session={**ISSUER, "Content-Type": content_type}, **more)


def a_body_that_is_no_json_is_refused_at_its_place():
    for body in (b'{"name":"a","size":}', b'{"name":"a"', b"[]", b'"a"', b'{"name":"\xff\xfe","size":1}', b'{"name":"a","size":1}x', b'{"name":"\\ud800","size":1}',
                 b'{"name":"a","name":"b","size":1}', b'{"size":1e400,"name":"a"}', b"\xef\xbb\xbf{}x", b"\x00"):
        problem(send(body), 400, "bad-input")
    refused = problem(send(b'{"name":"a","size":1,"name":"b"}'), 400)
    assert "name" in refused["title"] + refused.get("at", ""), refused


def a_body_too_deep_is_refused():
    problem(send(b'{"a":' * 65 + b"1" + b"}" * 65), 413, "too-large")
    problem(send(b'{"a":' + b"[" * 200000 + b"]" * 200000 + b"}", path=f"/api/v1/documents/{DRAFT}/edits", headers={"If-Match": '"1"'}), 413, "too-large")


def a_body_too_large_is_refused():
    problem(send(b'{"name":"' + b"a" * 5000 + b'","size":1}'), 413, "too-large")
    large = b'{"edits":[],"x":"' + b"a" * (4 * 1024 * 1024) + b'"}'
    problem(send(large, path=f"/api/v1/documents/{DRAFT}/edits", headers={"If-Match": '"1"'}), 413, "too-large")


def a_wrong_type_is_refused_at_its_place():
    for body, at in (({"name": 1, "size": 1}, "/name"), ({"name": "a", "size": "1"}, "/size"), ({"name": "a", "size": 1.5}, "/size"),
                     ({"name": "a", "size": -1}, "/size"), ({"name": None, "size": 1}, "/name")):
        problem(SERVER.post("/api/v1/uploads", body, session=ISSUER), 400, "bad-input", at)
    equal(problem(SERVER.post("/api/v1/uploads", {"name": "a"}, session=ISSUER), 400, "bad-input")["at"], "", "the object lacks it")
    task = task_of("issued")
    problem(act(SERVER, HEAD, task, "accept", {"until": "2026-02-30"}), 400, None, "/until")
    problem(act(SERVER, HEAD, task, "accept", {"note": []}), 400, None, "/note")
    problem(edit(SERVER, ISSUER, get(SERVER, ISSUER, f"documents/{DRAFT}"), ("/title", "a", "b"), (7, "a", "b")), 400, None, "/edits/1/path")


def a_version_is_needed_and_must_be_one():
    path = f"/api/v1/tasks/{task_of('issued')['uid']}/do/accept"
    problem(SERVER.post(path, {}, session=HEAD), 428, "precondition")
    for wrong in ("1", '"x"', "*", 'W/"1"', '"1","2"', '""', '"99999999999999999999"'):
        problem(SERVER.post(path, {}, session=HEAD, headers={"If-Match": wrong}), 400, None, "header:If-Match")


# --- Two at once -----------------------------------------------------------------------------------------------------------------

def task_of(state, number=0):
    rows = get(SERVER, HEAD, f"tasks?mine=1&role=lead&state={state}&limit=50")["rows"]
    return get(SERVER, HEAD, f"tasks/{rows[number]['uid']}")


def together(*calls):
    """What came of calls that began at once."""
    threads = [background(*call) for call in calls]
    for thread in threads:
        thread.join()
    return [thread.result for thread in threads]


def one_wins(answers):
    """The one that was carried out and the others, each refused with the present object."""
    equal(sorted(a.status for a in answers), [200] + [409] * (len(answers) - 1), [a.body[:200] for a in answers])
    winner = next(a for a in answers if a.status == 200)
    losers = [a for a in answers if a.status == 409]
    for loser in losers:
        equal(problem(loser, 409, "version-stale")["present"]["version"], winner.json["version"])
    return winner.json, [loser.json["present"] for loser in losers]


def two_people_who_act_on_one_task_know_of_each_other():
    task = task_of("issued")
    winner, present = one_wins(together(*[(act, SERVER, s, task, "accept") for s in (HEAD, HANDLER, HEAD, HANDLER)]))
    for shown in present:
        equal((shown["state"], shown["uid"]), ("working", task["uid"]))
        assert shown["may"], "the present task comes with what one may do"
    equal(get(SERVER, HEAD, f"tasks/{task['uid']}")["version"], winner["version"])
    verbs = [e["verb"] for e in get(SERVER, HEAD, f"tasks/{task['uid']}/events")["rows"]]
    equal(verbs.count("accept"), 1, verbs)


def two_people_who_correct_one_document_lose_nothing():
    uid = added_document(SERVER, ISSUER, "a.txt", plan(30).encode())
    document = get(SERVER, ISSUER, f"documents/{uid}")
    old = document["items"][0]["title"]
    winner, present = one_wins(together(*[(edit, SERVER, s, document, ("/items/0/title", old, f"改为{i}")) for i, s in enumerate((ISSUER, ISSUER2))]))
    equal(present[0]["items"][0]["title"], winner["items"][0]["title"])
    equal(len(present[0]["items"]), 3)
    # The one who came too late lays his correction over what is there now.
    fresh = present[0]
    equal(edit(SERVER, ISSUER2, fresh, ("/items/1/title", fresh["items"][1]["title"], "另一处")).status, 200)
    stored = get(SERVER, ISSUER, f"documents/{uid}")
    equal([stored["items"][0]["title"], stored["items"][1]["title"]], [winner["items"][0]["title"], "另一处"])
    equal(len(get(SERVER, ISSUER, f"documents/{uid}/edits")["rows"]), 2)
    # With the right version but another value in mind, nothing is done either.
    wrong = problem(edit(SERVER, ISSUER, stored, ("/items/2/title", stored["items"][2]["title"], "三"), ("/items/0/title", old, "四")), 409, "edit-stale")
    equal(wrong["present"]["version"], stored["version"])
    equal(get(SERVER, ISSUER, f"documents/{uid}")["items"], stored["items"], "all or none")


def one_measure_is_answered_by_one():
    uid = issue(SERVER, ISSUER, added_document(SERVER, ISSUER, "a.txt", plan(31).encode()), measures=2)[0]["uid"]
    equal(act(SERVER, HEAD, get(SERVER, HEAD, f"tasks/{uid}"), "accept").status, 200)
    task = get(SERVER, HEAD, f"tasks/{uid}")
    first, second = task["measures_list"][:2]
    answers = together(*[(set_measure, SERVER, s, task, first, {"state": "started", "answer": f"由{i}"}) for i, s in enumerate((HEAD, HANDLER))])
    equal(sorted(a.status for a in answers), [200, 409], [a.body[:300] for a in answers])
    winner, loser = sorted(answers, key=lambda a: a.status)
    answer_of = lambda shown, measure: next(m for m in shown["measures_list"] if m["uid"] == measure["uid"])
    equal(problem(loser, 409, "version-stale")["present"]["measures_list"], winner.json["measures_list"])
    equal(answer_of(winner.json, first)["state"], "started")
    # Another measure of the same task is no quarrel.
    equal(set_measure(SERVER, HANDLER, task, second, {"state": "started", "answer": "同时"}).status, 200)
    present = get(SERVER, HEAD, f"tasks/{task['uid']}")
    equal([answer_of(present, m)["answer"] for m in (first, second)], [answer_of(winner.json, first)["answer"], "同时"])


# --- Sessions that ended ------------------------------------------------------------------------------------------------------------

def new_issuer(username):
    org = get(SERVER, ISSUER, "session")["org"]["uid"]
    made = SERVER.post("/api/v1/accounts", {"username": username, "person": {"name": "测试员"}, "org": org, "roles": ["issuer"]}, session=SECURITY)
    equal(made.status, 201, made.body[:200])
    session = SERVER.login(username, made.json["password"])
    changed = SERVER.post("/api/v1/session/password", {"old": made.json["password"], "new": "another-2026"}, session=session)
    equal(changed.status, 204, changed.body[:200])
    return made.json["uid"], session


def a_disabled_account_is_out_at_once():
    uid, session = new_issuer("out.at.once")
    equal(SERVER.get("/api/v1/work", session=session).status, 200)
    begun = begin_upload(SERVER, session, "a.txt", 3)
    account = get(SERVER, SECURITY, f"accounts/{uid}")
    off = SERVER.request("PATCH", f"/api/v1/accounts/{uid}", {"state": "disabled"}, session=SECURITY, headers={"If-Match": f'"{account["version"]}"'})
    equal(off.status, 200, off.body[:200])
    problem(SERVER.get("/api/v1/work", session=session), 401)
    problem(SERVER.request("PATCH", f"/api/v1/uploads/{begun}", b"abc", session=session, headers={"Upload-Offset": "0"}), 401)
    problem(SERVER.post("/api/v1/session", {"username": "out.at.once", "password": "another-2026"}, session=None), 401, "bad-login")


def a_session_idle_for_too_long_has_expired():
    equal(SERVER.get("/api/v1/work", session=HEAD).status, 200)
    SERVER.stop()
    SERVER.advance("1d")
    SERVER.start()
    for session in (HEAD, SECURITY):
        problem(SERVER.get("/api/v1/work", session=session), 401, "session-expired")
    problem(SERVER.post("/api/v1/uploads", {"name": "a", "size": 1}, session=HEAD), 401, "session-expired")
    equal(SERVER.get("/api/v1/work", session=SERVER.login("head01")).status, 200)


def the_event_log_is_whole():
    assert prove(SERVER, SERVER.login("auditadmin01"))["events"] > 20


if __name__ == "__main__":
    with Demo() as SERVER:
        ISSUER, HEAD, HANDLER = SERVER.login("issuer01"), SERVER.login("head01"), SERVER.login("handler01")
        SECURITY, AUDITOR = SERVER.login("secadmin01"), SERVER.login("auditadmin01")
        DRAFT = get(SERVER, ISSUER, "documents?state=draft&limit=1")["rows"][0]["uid"]
        ISSUER2 = new_issuer("second.issuer")[1]
        run(a_file_that_is_no_document_is_refused, an_empty_file_is_refused, binary_with_a_name_of_text_is_refused, a_zip_bomb_is_refused_before_it_is_unpacked,
            an_encrypted_pdf_is_refused, pictures_of_text_are_refused, a_hundred_thousand_items_are_refused_with_the_limit,
            mixed_encodings_are_refused_at_their_place, a_document_over_the_limit_is_refused, a_file_over_the_limit_of_uploads_is_refused_at_once,
            a_classified_document_leaves_nothing_behind, the_same_document_again_is_the_one_that_is_there, gb18030_with_cr_lf_is_marked_where_it_stands,
            two_at_once_with_the_same_document_make_one, a_body_that_is_no_json_is_refused_at_its_place, a_body_too_deep_is_refused,
            a_body_too_large_is_refused, a_wrong_type_is_refused_at_its_place, a_version_is_needed_and_must_be_one,
            two_people_who_act_on_one_task_know_of_each_other, two_people_who_correct_one_document_lose_nothing, one_measure_is_answered_by_one,
            a_disabled_account_is_out_at_once, a_session_idle_for_too_long_has_expired, the_event_log_is_whole)
