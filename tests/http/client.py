"""What a client of the API does in several steps: files sent and taken, jobs waited for, the event log proven."""
import hashlib
import os

from lib import equal, wait_until


def upload(server, session, name, content):
    """A whole file; its uid."""
    uid = begin_upload(server, session, name, len(content))
    chunk = 8 * 1024 * 1024
    for at in range(0, len(content), chunk):
        sent = server.request("PATCH", f"/api/v1/uploads/{uid}", content[at:at + chunk], session=session, headers={"Upload-Offset": str(at)})
        equal(sent.status, 200, f"a piece of {name}: {sent.body[:200]}")
    done = server.post(f"/api/v1/uploads/{uid}/finish", {"sha256": hashlib.sha256(content).hexdigest()}, session=session)
    equal(done.status, 200, f"the end of {name}: {done.body[:200]}")
    return uid


def imported(server, path, session, name, content, **wish):
    """A file brought in at this path; what its job says in the end."""
    started = server.post(path, {"upload": upload(server, session, name, content), **wish}, session=session)
    equal(started.status, 202, started.body)
    job = {}

    def done():
        job.update(server.get(f"/api/v1/jobs/{started.json['job']['uid']}", session=session).json)
        return job["state"] in ("done", "failed")
    wait_until(done, 60, "the import")
    equal(job["state"], "done", job.get("error"))
    return job["result"]


def begin_upload(server, session, name, size):
    begun = server.post("/api/v1/uploads", {"name": name, "size": size}, session=session)
    equal(begun.status, 201, f"the beginning of {name}: {begun.body[:200]}")
    return begun.json["uid"]


def start_job(server, session, path, body=None):
    """The uid of the job that the call started."""
    answer = server.post(path, body, session=session)
    equal(answer.status, 202, f"{path}: {answer.body[:200]}")
    return answer.json["job"]["uid"]


def job_of(server, session, uid):
    return server.get(f"/api/v1/jobs/{uid}", session=session).json


def ended(server, session, uid, seconds=60):
    """The job, when it is done or failed."""
    def look():
        job = job_of(server, session, uid)
        return job if job["state"] in ("done", "failed") else None
    return wait_until(look, seconds, f"the end of job {uid}")


def read_document(server, session, name, content, **more):
    """The ended job that read it."""
    return ended(server, session, start_job(server, session, "/api/v1/documents", {"upload": upload(server, session, name, content), **more}))


def added_document(server, session, name, content):
    """The uid of the document made of it."""
    job = read_document(server, session, name, content)
    equal(job["state"], "done", f"{name}: {job['error']}")
    return job["result"]["document"]


def refused_document(server, session, name, content, code):
    """The problem for which it was refused."""
    job = read_document(server, session, name, content)
    equal((job["state"], job["result"]), ("failed", None), f"{name}: {job}")
    equal(job["error"]["code"], code, name)
    return job["error"]


def prove(server, auditor):
    """That the chain of events and the tables made of them fit."""
    job = ended(server, auditor, start_job(server, auditor, "/api/v1/audit/verify"))
    equal((job["state"], job["error"]), ("done", None), "the proof")
    equal((job["result"]["ok"], job["result"]["problems"]), (True, []), "what it found")
    return job["result"]


def act(server, session, task, verb, body=None):
    """A verb of the flow on a task as it is given; the answer."""
    return server.post(f"/api/v1/tasks/{task['uid']}/do/{verb}", body or {}, session=session, headers={"If-Match": f'"{task["version"]}"'})


def set_measure(server, session, task, measure, body):
    return server.request("PATCH", f"/api/v1/tasks/{task['uid']}/measures/{measure['uid']}", body, session=session,
                          headers={"If-Match": f'"{measure["version"]}"'})


def edit(server, session, document, *edits):
    """Corrections of a document as it is given: (path, old, new) each."""
    body = {"edits": [{"path": path, "old": old, "new": new} for path, old, new in edits]}
    return server.post(f"/api/v1/documents/{document['uid']}/edits", body, session=session, headers={"If-Match": f'"{document["version"]}"'})


def issue(server, session, uid, measures=0):
    """Confirms every item of a draft, with so many measures added to each, and makes it a plan; its tasks' first page, in order."""
    document = get(server, session, f"documents/{uid}")
    edits = [(f"/items/{i}/measures/-", None, f"第{m + 1}条措施") for i in range(len(document["items"])) for m in range(measures)]
    edits += [(f"/items/{i}/status", item["status"], "confirmed") for i, item in enumerate(document["items"]) if item["status"] != "confirmed"]
    edited = edit(server, session, document, *edits)
    equal(edited.status, 200, edited.body[:300])
    issued = server.post(f"/api/v1/documents/{uid}/issue", {}, session=session, headers={"If-Match": f'"{edited.json["version"]}"'})
    equal(issued.status, 201, issued.body[:300])
    return get(server, session, f"tasks?plan={issued.json['plan']['uid']}&order=no&limit=500")["rows"]


def get(server, session, path):
    answer = server.get(f"/api/v1/{path}", session=session)
    equal(answer.status, 200, path)
    return answer.json


def files_with(folder, *needles):
    """Which files below the folder hold one of these bytes."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
                found += [f"{path}: {needle!r}" for needle in needles if needle in content]
    return found


def pressed_plan(number, items=4):
    """The text of an invented plan."""
    lines = [f"示测发〔2025〕{number}号", f"关于印发《2026年抗压要点第{number}号》的通知", ""]
    lines += [f"{i}. 完成第{number}号文件第{i}项演练任务，覆盖率达到{50 + i % 50}%以上。（牵头处室：疾控处）" for i in range(1, items + 1)]
    return "\n".join(lines) + "\n"
