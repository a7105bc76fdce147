#!/usr/bin/env python3
"""A process that is killed at random, while a whole commission works on it, and while its jobs run on days that pass: what was acknowledged is there afterwards, what was not
is there whole or not at all, nothing is there twice, and the event log proves it. BIHUAN_TEST_LONG: a hundred times. Every document here is invented."""
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from http.client import HTTPException

from client import act, added_document, begin_upload, ended, get, issue, pressed_plan, prove, set_measure, start_job, upload
from lib import BINARY, ON_POSTGRES, Demo, background, equal, run

KILLS = 100 if os.environ.get("BIHUAN_TEST_LONG") else 8
PIECE = 256 * 1024
SEED = int(os.environ.get("BIHUAN_TEST_SEED", "20261122"))
SAMPLE = os.path.join(os.environ["SOURCE_ROOT"], "samples", "ledgers", "rectification-2026.xlsx")

class Client:
    """Does one thing after the other until the server is gone, and remembers what was acknowledged and what was not."""

    def __init__(self, server, session):
        self.server, self.session, self.wrong = server, session, None

    def run(self):
        try:
            while True:
                self.step()
        except (OSError, HTTPException):
            pass
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = e


class Commenter(Client):
    """Says things about a task, each with a key of its own."""

    def __init__(self, server, session, task, name):
        super().__init__(server, session)
        self.task, self.name, self.said, self.open, self.n = task, name, [], None, 0

    def say(self, text):
        return self.server.post(f"/api/v1/tasks/{self.task}/comments", {"text": text}, session=self.session, headers={"Idempotency-Key": text})

    def step(self):
        self.n += 1
        self.open = f"{self.name}-{self.n}"
        equal(self.say(self.open).status, 201)
        self.said.append(self.open)
        self.open = None

    def check(self):
        """What was open is said again with its key: then it is there once, whether it was or not."""
        if self.open:
            again = self.say(self.open)
            assert again.status == 201 or again.json["code"] == "idempotency-done", again.body
            self.said.append(self.open)
            self.open = None
        texts = [c["text"] for c in get(self.server, self.session, f"tasks/{self.task}/comments")["rows"]]
        equal([t for t in texts if t.startswith(self.name + "-")], self.said, "comments")


class Measurer(Client):
    """Answers a measure again and again."""

    def __init__(self, server, session, task):
        super().__init__(server, session)
        self.task, self.n, self.tried, self.measure = task, 0, 0, self.look(server, session, task)

    @staticmethod
    def look(server, session, task):
        return get(server, session, f"tasks/{task}")["measures_list"][0]

    def step(self):
        self.tried = self.n + 1
        answer = set_measure(self.server, self.session, {"uid": self.task}, self.measure, {"state": "started", "answer": f"第{self.tried}次"})
        equal(answer.status, 200, answer.body[:200])
        self.measure = answer.json["measures_list"][0]
        self.n = self.tried

    def check(self):
        stored = self.look(self.server, self.session, self.task)
        n = self.n + (stored["version"] - self.measure["version"])
        assert n in (self.n, self.tried), f"the measure has answer {n}, acknowledged {self.n}, tried {self.tried}"
        if n:
            equal(stored["answer"], f"第{n}次")
        self.n, self.measure = n, stored


class Sender(Client):
    """Sends files in pieces, and finishes each."""

    def __init__(self, server, session, chance, tasks):
        super().__init__(server, session)
        self.tasks, self.uid, self.offset, self.finished, self.checks = tasks, None, 0, [], 0
        self.content = bytes(chance.getrandbits(8) for _ in range(4096)) * 768

    def step(self):
        if self.uid is None:
            self.uid, self.offset = begin_upload(self.server, self.session, "a.bin", len(self.content)), 0
        while self.offset < len(self.content):
            self.send()
        self.finish()

    def send(self):
        piece = self.content[self.offset:self.offset + PIECE]
        sent = self.server.request("PATCH", f"/api/v1/uploads/{self.uid}", piece, session=self.session, headers={"Upload-Offset": str(self.offset)})
        equal(sent.status, 200, sent.body[:200])
        self.offset = sent.json["offset"]

    def finish(self):
        done = self.server.post(f"/api/v1/uploads/{self.uid}/finish", {"sha256": hashlib.sha256(self.content).hexdigest()}, session=self.session)
        equal(done.status, 200, done.body[:200])
        self.finished.append(self.uid)
        self.uid = None

    def check(self):
        """Goes on where the server says, and ends with the right hash."""
        for uid in self.finished:
            equal(get(self.server, self.session, f"uploads/{uid}")["sha256"], hashlib.sha256(self.content).hexdigest())
        if self.uid:
            stored = get(self.server, self.session, f"uploads/{self.uid}")
            assert stored["offset"] in (self.offset, min(self.offset + PIECE, len(self.content))), (stored["offset"], self.offset)
            self.offset = stored["offset"]
            self.step()
        self.checks += 1
        for uid in self.finished:  # so that never too many are open
            path = f"/api/v1/tasks/{self.tasks[self.checks % len(self.tasks)]}/evidence"
            equal(self.server.post(path, {"upload": uid, "kind": "other"}, session=self.session).status, 200, "as evidence")
        self.finished = []


class Reader(Client):
    """Brings in documents."""

    def __init__(self, server, session, first):
        super().__init__(server, session)
        self.number, self.jobs = first, {}

    def step(self):
        self.number += 1
        uid = upload(self.server, self.session, f"{self.number}.txt", pressed_plan(self.number).encode())
        job = start_job(self.server, self.session, "/api/v1/documents", {"upload": uid})
        self.jobs[job] = self.number

    def check(self):
        """Each job that was acknowledged ends, and its document is whole."""
        for job, number in self.jobs.items():
            done = ended(self.server, self.session, job)
            equal((done["state"], done["error"]), ("done", None), f"document {number}")
            document = get(self.server, self.session, "documents/" + (done["result"].get("document") or done["result"]["existing"]))
            equal((document["doc_no"], len(document["items"])), (f"示测发〔2025〕{number}号", 4))
        self.jobs = {}


class Actor(Client):
    """Accepts tasks."""

    def __init__(self, server, session, tasks):
        super().__init__(server, session)
        self.tasks, self.done, self.open = list(tasks), [], None

    def step(self):
        if not self.tasks:
            time.sleep(0.01)
            self.server.get("/healthz", session=None)
            return
        self.open = self.tasks[0]
        equal(act(self.server, self.session, {"uid": self.open, "version": 1}, "accept").status, 200)
        self.done.append(self.tasks.pop(0))
        self.open = None

    def check(self):
        for uid in self.done:
            equal(get(self.server, self.session, f"tasks/{uid}")["state"], "working")
        if self.open:
            task = get(self.server, self.session, f"tasks/{self.open}")
            events = [e["verb"] for e in get(self.server, self.session, f"tasks/{self.open}/events")["rows"]]
            equal((task["state"], events.count("accept")), ("working", 1) if task["version"] > 1 else ("issued", 0))
            if task["state"] == "working":
                self.done.append(self.tasks.pop(0))
            self.open = None


class Worker(Client):
    """Leads tasks through the flow and back, each step by whose it is."""
    ROUND = [("accept", "handler"), ("evidence", "handler"), ("submit", "head"), ("return", "reviewer"), ("accept", "handler"), ("submit", "head"), ("incomputable", "reviewer"),
             ("verify", "reviewer"), ("close", "issuer"), ("reopen", "inspector")]
    LEADS_TO = {"accept": "working", "evidence": "working", "submit": "submitted", "return": "returned", "incomputable": "submitted", "verify": "verified",
                "close": "closed", "reopen": "reopened"}

    def __init__(self, server, people, task):
        super().__init__(server, people["handler"])
        self.people, self.at, self.known, self.open, self.steps = people, 0, get(server, people["issuer"], f"tasks/{task}"), None, 0

    def step(self):
        if self.at == len(self.ROUND):
            self.at = 0
        verb, who = self.ROUND[self.at]
        self.open = verb
        if verb == "evidence":
            uid = upload(self.server, self.people[who], "证明.txt", f"第{self.steps}份".encode())
            answer = self.server.post(f"/api/v1/tasks/{self.known['uid']}/evidence", {"upload": uid, "kind": "other"}, session=self.people[who])
        elif verb == "incomputable":
            path = f"/api/v1/tasks/{self.known['uid']}/incomputable"
            answer = self.server.post(path, {"reason": "没有口径"}, session=self.people[who], headers={"If-Match": f'"{self.known["version"]}"'})
        else:
            if verb == "submit":
                self.answer_measures()
            answer = act(self.server, self.people[who], self.known, verb, {"reason": "演练", "note": "已完成"})
        equal(answer.status, 200, f"{verb}: {answer.body[:300]}")
        self.known, self.open = answer.json, None
        self.at += 1
        self.steps += 1

    def answer_measures(self):
        for measure in self.known["measures_list"]:
            if measure["state"] != "done":
                answer = set_measure(self.server, self.people["handler"], self.known, measure, {"state": "done", "answer": "已办"})
                equal(answer.status, 200, answer.body[:300])
                self.known = answer.json

    def check(self):
        """It stands where the last answer said, or one step further."""
        now = get(self.server, self.people["issuer"], f"tasks/{self.known['uid']}")
        further = now["version"] - self.known["version"]
        assert further in (0, 1) if self.open else further == 0, f"{self.open}: version {now['version']}, acknowledged {self.known['version']}"
        if further and self.open and (self.open != "submit" or now["state"] == "submitted"):
            equal(now["state"], self.LEADS_TO[self.open], f"after {self.open}")
            self.at += 1
        elif not further:
            equal(now["state"], self.known["state"], f"before {self.open}")
        equal(now["relapses"] >= self.known["relapses"], True, "relapses are counted for good")
        self.known, self.open = now, None


class Maker(Client):
    """Makes something with a key again and again: each that was acknowledged is there once, and so is the one that was open when the same is asked again."""

    def __init__(self, server, session, name):
        super().__init__(server, session)
        self.name, self.n, self.made, self.open = name, 0, [], None

    def ask(self, n):
        raise NotImplementedError

    def there(self):
        """The uids that the server shows now."""
        raise NotImplementedError

    def step(self):
        self.n += 1
        self.open = self.n
        self.made.append(self.ask(self.n))
        self.open = None

    def post(self, path, body, n, status, **headers):
        answer = self.server.post(f"/api/v1/{path}", body, session=self.session, headers={"Idempotency-Key": f"{self.name}-{n}", **headers})
        if answer.status == 409 and answer.json["code"] == "idempotency-done":
            return None
        equal(answer.status, status, f"{path}: {answer.body[:300]}")
        return answer.json

    def check(self):
        before = self.there()
        if self.open:
            uid, self.open = self.ask(self.open), None
            new = [u for u in self.there() if u not in self.made]
            assert len(new) == 1, f"{self.name}: {new} after one was asked for twice"
            assert uid in (None, new[0]), (uid, new)
            self.made.append(new[0])
            assert len(set(before) - set(self.made)) == 0, before
        equal(sorted(self.there()), sorted(self.made), self.name)


class Issuer(Maker):
    """Makes tasks by hand and divides every one among two districts."""

    def __init__(self, server, session, plan, lead, districts):
        super().__init__(server, session, "tasks")
        self.plan, self.lead, self.districts, self.split, self.splitting = plan, lead, districts, [], None

    def ask(self, n):
        if n % 2 == 0:
            self.divide()
        made = self.post("tasks", {"source": "hotline", "plan": self.plan, "title": f"热线第{n}件", "due": "2026-12-20", "lead": [self.lead], "issue": True}, n, 201)
        return made["uid"] if made else None

    def divide(self):
        task = get(self.server, self.session, f"tasks/{self.made[-1]}") if self.made else None
        if task and not task["children"]:
            self.splitting = task["uid"]
            answer = self.server.post(f"/api/v1/tasks/{task['uid']}/split", {"kind": "same", "owners": self.districts, "reason": "分解"}, session=self.session,
                                      headers={"If-Match": f'"{task["version"]}"'})
            equal(answer.status, 200, answer.body[:300])
            self.split.append(task["uid"])
            self.splitting = None

    def there(self):
        return [t["uid"] for t in all_rows(self.server, self.session, f"tasks?plan={self.plan}&parent=none")]

    def check(self):
        self.splitting = None
        super().check()
        children = {}
        for row in all_rows(self.server, self.session, f"tasks?plan={self.plan}"):
            if row["parent"]:
                children[row["parent"]["uid"]] = children.get(row["parent"]["uid"], 0) + 1
        assert set(children.values()) <= {len(self.districts)}, children
        assert set(self.split) <= set(children), "a division that was acknowledged"


class Reporter(Maker):
    """Keeps reports."""

    def __init__(self, server, session, plan):
        super().__init__(server, session, "reports")
        self.plan = plan

    def ask(self, n):
        kept = self.post("reports", {"kind": "weekly", "plan": self.plan}, n, 201)
        return kept["uid"] if kept else None

    def there(self):
        return [r["uid"] for r in all_rows(self.server, self.session, f"reports?plan={self.plan}&kind=weekly") if r["by"]]


class Reminder(Maker):
    """Sends letters by hand."""

    def __init__(self, server, session, task):
        super().__init__(server, session, "letters")
        self.task = task

    def ask(self, n):
        sent = self.post(f"tasks/{self.task}/reminders", {"level": "letter", "text": f"第{n}次"}, n, 201)
        return sent["reminders"][-1]["uid"] if sent else None

    def there(self):
        return [r["uid"] for r in get(self.server, self.session, f"tasks/{self.task}/reminders")["reminders"] if r["by"]]


class Bulker(Client):
    """Changes many rows at once; each by its own version."""

    def __init__(self, server, session, tasks):
        super().__init__(server, session)
        self.known, self.n, self.open = {uid: (1, None) for uid in tasks}, 0, None
        for uid in tasks:
            self.known[uid] = self.look(uid)

    def look(self, uid):
        task = get(self.server, self.session, f"tasks/{uid}")
        return task["version"], task["category"]

    def step(self):
        self.n += 1
        self.open = f"第{self.n}类"
        rows = [{"uid": uid, "version": known[0]} for uid, known in self.known.items()]
        answer = self.server.post("/api/v1/tasks/bulk", {"tasks": rows, "set": {"category": self.open}, "reason": "归类"}, session=self.session)
        equal((answer.status, answer.json.get("refused")), (200, []), answer.body[:300])
        for row in answer.json["done"]:
            self.known[row["uid"]] = (row["version"], self.open)
        self.open = None

    def check(self):
        """In steps: of one that was open some rows may be changed and others not, but each whole."""
        for uid, known in self.known.items():
            now = self.look(uid)
            assert now == known or (self.open and now == (known[0] + 1, self.open)), (now, known, self.open)
            self.known[uid] = now
        self.open = None


class Importer(Client):
    """Brings in the same workbook again and again: the rows are there once."""

    def __init__(self, server, session):
        super().__init__(server, session)
        self.jobs, self.plan = [], None

    def step(self):
        with open(SAMPLE, "rb") as file:
            uid = upload(self.server, self.session, "台账.xlsx", file.read())
        job = start_job(self.server, self.session, "/api/v1/tasks/import", {"upload": uid, "apply": True, **({"plan": self.plan} if self.plan else {})})
        self.jobs.append(job)
        self.done(job)

    def done(self, job):
        end = ended(self.server, self.session, job)
        equal((end["state"], end["error"]), ("done", None), "the import")
        self.plan = self.plan or end["result"]["plan"]
        equal((end["result"]["plan"], end["result"]["refused"], end["result"]["gone"]), (self.plan, 0, 0))
        self.jobs.remove(job)

    def check(self):
        for job in list(self.jobs):
            self.done(job)
        if self.plan:
            equal(get(self.server, self.session, f"tasks?plan={self.plan}&total=1")["total"], 6, "rows of the workbook")


class Ower(Client):
    """Does what is owed as soon as it is."""

    def __init__(self, server, session):
        super().__init__(server, session)
        self.done, self.open = [], None

    def step(self):
        due = [d["uid"] for d in get(self.server, self.session, "duties?mine=1&state=due")["rows"]]
        if not due:
            time.sleep(0.02)
            return
        self.open = due[0]
        equal(self.server.post(f"/api/v1/duties/{due[0]}/done", {"zero": True}, session=self.session).status, 200)
        self.done.append(due[0])
        self.open = None

    def check(self):
        for uid in self.done[-5:]:
            equal(get(self.server, self.session, f"duties/{uid}")["state"], "zero")
        self.open = None


def all_rows(server, session, path):
    rows, cursor = [], ""
    while cursor is not None:
        page = get(server, session, f"{path}&limit=500&cursor={cursor}")
        rows += page["rows"]
        cursor = page["next"]
    return rows


# --- Nothing twice ---------------------------------------------------------------------------------------------------------

TWICE = {
    "reminders": "SELECT task, due, step FROM reminder GROUP BY task, due, step HAVING count(*) > 1",
    "receivers": "SELECT message FROM reminder_to GROUP BY message HAVING count(*) > 1",
    "letters": "SELECT issuer, kind, year FROM letter GROUP BY issuer, kind, year HAVING count(*) <> max(number)",
    "reports": "SELECT kind, plan, org, period FROM report WHERE made_by IS NULL GROUP BY kind, plan, org, period HAVING count(*) > 1",
    "messages": "SELECT account, kind, subject, params FROM message WHERE kind IN ('reminder', 'letter', 'duty', 'report')"
                " GROUP BY account, kind, level, subject, params HAVING count(*) > 1",
    "returns told": "SELECT m.subject FROM message m JOIN task t ON t.uid = m.subject WHERE m.kind = 'returned' GROUP BY m.account, m.subject, t.returns HAVING count(*) > t.returns",
    "relapses told": "SELECT m.subject FROM message m JOIN task t ON t.uid = m.subject WHERE m.kind = 'relapse' GROUP BY m.account, m.subject, t.relapses HAVING count(*) > t.relapses",
    "duties": "SELECT rule, org, subject, period FROM duty GROUP BY rule, org, subject_kind, subject, period HAVING count(*) > 1",
    "numbers": "SELECT number, plan FROM task GROUP BY number, plan HAVING count(*) > 1",
    "steps": "SELECT seq FROM task_step WHERE seq NOT IN (SELECT seq FROM event)",
}


def stored(server, query):
    if ON_POSTGRES:
        out = subprocess.run(["psql", os.environ["BIHUAN_TEST_PG"], "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", f'SET search_path = "{server.schema}"', "-c", query],
                             check=True, capture_output=True, text=True, timeout=60)
        return out.stdout.split()
    with sqlite3.connect(f"file:{os.path.join(server.data, 'bihuan.db')}?mode=ro", uri=True) as db:
        rows = db.execute(query).fetchall()
    db.close()
    return rows


def nothing_is_there_twice(server):
    for what, query in TWICE.items():
        equal(stored(server, query), [], f"{what} twice or lost")


# --- Days that pass -----------------------------------------------------------------------------------------------------------

def days_pass(server, chance):
    """The clock moves over the hours of all jobs, and the process that does it is killed, too, now and then."""
    command = [BINARY, "demo", *server.store_options(), "--no-serve", "--port", "0", "--still", "--advance", "2d"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(chance.choice((60, chance.uniform(0.05, 1.5))))
            equal(process.returncode, 0, "days that pass")
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()


# --- The whole ------------------------------------------------------------------------------------------------------------------

NAMES = {"issuer": "issuer01", "head": "head01", "handler": "handler01", "reviewer": "reviewer01", "inspector": "inspector01", "auditor": "auditadmin01"}


def log_in(server, people):
    """The same sessions go on, under new tokens: days may have passed."""
    for name, username in NAMES.items():
        people.setdefault(name, {}).update(server.login(username))


def orgs_of(server, session, *codes):
    known = {o["code"]: o["uid"] for o in all_rows(server, session, "orgs?order=rank")}
    return [known[code] for code in codes]


def crew(server, people, chance):
    """Who works at the same time."""
    issuer, head, handler = people["issuer"], people["head"], people["handler"]
    rows = issue(server, issuer, added_document(server, issuer, "a.txt", pressed_plan(1, 120).encode()), measures=1)
    tasks = [row["uid"] for row in rows]
    plan = server.post("/api/v1/plans", {"title": "热线交办", "kind": "hotline", "code": "热线", "year": 2026, "issuer": orgs_of(server, issuer, "990000-WJW")[0]}, session=issuer)
    equal(plan.status, 201, plan.body[:300])
    lead, *districts = orgs_of(server, issuer, "990000-WJW-07", "990101-WJW", "990102-WJW")
    rule = {"name": "工作周报", "owed_by": {"orgs": [lead]}, "every": "week", "due": {"days": 1, "working": True}, "grace_days": 1}
    equal(server.post("/api/v1/duty-rules", rule, session=issuer).status, 201)
    for uid in tasks[:40]:
        equal(act(server, head, get(server, head, f"tasks/{uid}"), "accept").status, 200)
    return [Commenter(server, head, tasks[0], "head"), Commenter(server, handler, tasks[0], "handler"), Measurer(server, handler, tasks[0]),
            Sender(server, head, chance, tasks[:40]), Reader(server, issuer, 100), Actor(server, head, tasks[60:]), Worker(server, people, tasks[40]), Worker(server, people, tasks[41]),
            Issuer(server, issuer, plan.json["uid"], lead, districts), Reporter(server, issuer, rows[0]["plan"]["uid"]), Reminder(server, issuer, tasks[2]),
            Bulker(server, issuer, tasks[42:52]), Importer(server, issuer), Ower(server, head)]


def killed_at_work(server, clients, chance):
    threads = [background(c.run) for c in clients]
    time.sleep(chance.uniform(0.02, 0.9))
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    for t in threads:
        t.join(60)
        assert not t.is_alive(), "a client hangs"
    for c in clients:
        if c.wrong:
            raise AssertionError(f"{type(c).__name__}: {c.wrong}") from c.wrong


def stands(server, people, clients, acknowledged, when):
    """Starts it again and looks at everything; the number of events."""
    server.start()
    log_in(server, people)
    for c in clients:
        try:
            c.check()
        except Exception as e:
            raise AssertionError(f"{when}, {type(c).__name__}: {e}") from e
    events = prove(server, people["auditor"])["events"]
    assert events >= acknowledged, f"{when}: {events} events"
    nothing_is_there_twice(server)
    return events


def a_killed_server_keeps_what_it_acknowledged():
    chance = random.Random(SEED)
    with Demo() as server:
        people = {}
        log_in(server, people)
        clients = crew(server, people, chance)
        acknowledged = 0
        for kill in range(KILLS):
            killed_at_work(server, clients, chance)
            acknowledged = stands(server, people, clients, acknowledged, f"kill {kill}")
            if kill % 2:
                server.kill()
                days_pass(server, chance)
                acknowledged = stands(server, people, clients, acknowledged, f"days after kill {kill}")
        said = {type(c).__name__: len(getattr(c, "made", getattr(c, "said", []))) or getattr(c, "steps", 0) for c in clients}
        print(f"# {KILLS} kills, {acknowledged} events, {said}", flush=True)
        assert len(clients[0].said) + len(clients[1].said) >= KILLS, "hardly anything was said"


if __name__ == "__main__":
    run(a_killed_server_keeps_what_it_acknowledged)
