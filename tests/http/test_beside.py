#!/usr/bin/env python3
"""Quick work beside slow work, on the program itself: told by who is done first, not by a clock. Every document here is invented."""
import os
from urllib.parse import quote

from cities import organisations
from client import ended, get, job_of, prove, read_document, start_job, upload
from lib import ON_POSTGRES, Demo, equal, run, wait_until

LONG = os.environ.get("BIHUAN_TEST_LONG")
ROWS = 200000 if LONG or not ON_POSTGRES else 40000  # each row is four round trips there
KILLED_ROWS = 200000 if LONG else 30000


def plan(number):
    return (f"示测发〔2024〕{number}号\n\n关于印发《2026年并行要点第{number}号》的通知\n\n"
            f"1. 完成第{number}号文件试验任务，覆盖率达到95%以上。（牵头处室：疾控处）\n").encode()


class Round:
    """A log-in, a page, a change and a document, one after the other."""

    def __init__(self, server, head, issuer):
        self.server, self.head, self.issuer, self.n = server, head, issuer, 0
        self.task = get(server, head, "tasks?mine=1&role=lead&limit=1")["rows"][0]["uid"]

    def go(self, with_document=True):
        self.n += 1
        self.server.login("handler01")
        equal(self.server.get(f"/api/v1/tasks/{self.task}", session=self.head).status, 200)
        equal(self.server.post(f"/api/v1/tasks/{self.task}/comments", {"text": f"第{self.n}次"}, session=self.head).status, 201)
        if with_document:
            equal(read_document(self.server, self.issuer, "a.txt", plan(self.n))["state"], "done")


def rounds_while_it_runs(server, system, job, round_):
    """How many rounds began and ended before the job did."""
    n = 0
    while job_of(server, system, job)["state"] == "running":
        round_.go()
        n += job_of(server, system, job)["state"] == "running"
    return n


def quick_work_goes_by_an_import():
    system = SERVER.login("sysadmin01")
    file = upload(SERVER, system, "orgs.csv", organisations(ROWS, "甲"))
    job = start_job(SERVER, system, "/api/v1/orgs/import", {"upload": file, "apply": True})
    wait_until(lambda: job_of(SERVER, system, job)["doing"] == "applying", 60, "the import to write")
    rounds = rounds_while_it_runs(SERVER, system, job, ROUND)
    assert rounds >= 3, f"only {rounds} rounds ended before the import did"
    done = ended(SERVER, system, job, 200)
    equal((done["state"], done["error"]), ("done", None))
    equal((done["result"]["new"], done["result"]["errors"], done["result"]["applied"]), (ROWS, [], True))
    prove(SERVER, AUDITOR)


def quick_work_goes_by_slow_documents():
    """All runners read documents of thousands of items; who logs in and works does not wait for them."""
    head = "示测发〔2024〕9{0}号\n\n关于印发《2026年大件第{0}号》的通知\n\n"
    def large(n):
        parts = (f"第{p}部分\n" + "".join(f"{i}. 完成第{n}号第{p}部分第{i}项。（牵头处室：疾控处）\n" for i in range(1, 501)) for p in range(1, 11))
        return (head.format(n) + "".join(parts)).encode()
    jobs = [start_job(SERVER, ISSUER, "/api/v1/documents", {"upload": upload(SERVER, ISSUER, f"{n}.txt", large(n))}) for n in range(6)]
    n = 0
    while job_of(SERVER, ISSUER, jobs[-1])["state"] in ("waiting", "running"):
        ROUND.go(with_document=False)
        n += job_of(SERVER, ISSUER, jobs[-1])["state"] in ("waiting", "running")
    assert n >= 1, "no round ended before the documents were read"
    for job in jobs:
        equal(ended(SERVER, ISSUER, job)["state"], "done")


def an_import_that_is_killed_goes_on_where_it_was():
    """All rows are there in the end, each once, whatever was written before."""
    system = SERVER.login("sysadmin01")
    job = start_job(SERVER, system, "/api/v1/orgs/import", {"upload": upload(SERVER, system, "orgs.csv", organisations(KILLED_ROWS, "乙")), "apply": True})
    for share in (0.5, 0.7, 0.8):
        wait_until(lambda: job_of(SERVER, system, job)["progress"] > share or job_of(SERVER, system, job)["state"] == "done", 100, f"{share} of the import")
        SERVER.kill()
        SERVER.start()
    done = ended(SERVER, system, job, 200)
    equal((done["state"], done["error"]), ("done", None))
    again = upload(SERVER, system, "orgs.csv", organisations(KILLED_ROWS, "乙"))
    same = ended(SERVER, system, start_job(SERVER, system, "/api/v1/orgs/import", {"upload": again, "apply": False}), 200)["result"]
    equal((same["new"], same["changed"], same["same"]), (0, 0, KILLED_ROWS))
    group = get(SERVER, system, f"orgs?q={quote('测试集团')}&limit=1")["rows"][0]
    unit = get(SERVER, system, f"orgs?parent={group['uid']}&limit=1")["rows"][0]
    below = get(SERVER, system, f"orgs?parent={unit['uid']}&limit=1")["rows"][0]
    equal([o["uid"] for o in get(SERVER, system, f"orgs/{below['uid']}")["path"]][:2], [group["uid"], unit["uid"]])
    prove(SERVER, AUDITOR)


if __name__ == "__main__":
    with Demo() as SERVER:
        AUDITOR, ISSUER = SERVER.login("auditadmin01"), SERVER.login("issuer01")
        ROUND = Round(SERVER, SERVER.login("head01"), ISSUER)
        run(quick_work_goes_by_an_import, quick_work_goes_by_slow_documents, an_import_that_is_killed_goes_on_where_it_was)
